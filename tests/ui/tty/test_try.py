#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/try --live: the daemon, a folder that plays a reader, and the console, in one terminal."""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from fakebox import BIN, ROOT, check, check_equal, main  # noqa: E402
from test_tty import Terminal  # noqa: E402


def pictures(folder):
    return [path for path in Path(folder, "tank", "images").rglob("*") if path.is_file()]


def test_try_live_shows_the_whole_box():
    with tempfile.TemporaryDirectory() as folder:
        live = Path(folder, "live")
        with Terminal(f"{ROOT / 'tools' / 'try'} --live", columns=100, rows=30,
                      env={"IMGTANK_BIN": str(BIN), "IMGTANK_TRY_LIVE": str(live)}) as term:
            term.wait_for("plays the card reader")
            term.keys("Enter")
            term.wait_for("You may take the card out.", 60)
            shutil.rmtree(live / "reader" / "demo-card")
            term.wait_for("Put in a card.")
            shutil.copytree(ROOT / "assets" / "demo-card", live / ".again")
            (live / ".again").rename(live / "reader" / "again")
            term.wait_for("again  .*Safe to remove")
            term.keys("q")
            term.wait_for("Your pictures are in")
            term.wait_for(r"(?m)^ready>\s*$")
        check_equal(len(pictures(live)), 8, "pictures, each once")
        check(not (live / "socket").exists(), "the socket was left behind")


def test_try_live_without_a_terminal_ends_when_the_card_is_safe():
    with tempfile.TemporaryDirectory() as folder:
        live = Path(folder, "live")
        done = subprocess.run([ROOT / "tools" / "try", "--live"], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, timeout=90,
                              env={**os.environ, "IMGTANK_BIN": str(BIN),
                                   "IMGTANK_TRY_LIVE": str(live)})
        check_equal(done.returncode, 0, "exit status: " + done.stderr.decode())
        check(b"You may take the card out." in done.stdout, done.stdout.decode())
        check_equal(len(pictures(live)), 8, "pictures")


if __name__ == "__main__":
    main([value for key, value in list(globals().items()) if key.startswith("test_")])
