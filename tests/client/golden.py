#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of the protocol stay readable and show the same for ever.

golden.py          compares what a front end shows of each recording in tests/data/protocol
golden.py --update writes what it shows now beside it; look at the difference before you commit
golden.py --record records the scenarios anew, for a new first number of the protocol
"""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from fakebox import BIN, ROOT, SUPPORT, check_equal, main  # noqa: E402

DATA = ROOT / "tests" / "data" / "protocol"
SECONDS = {"import": 7, "failures": 6, "disk-comes-late": 5}


def show(recording):
    return subprocess.run([BIN / "imgtank-ui-record", "--replay", recording, "--speed", "0"],
                          capture_output=True, check=True).stdout.decode()


def test_golden_recordings_show_what_they_showed():
    recordings = sorted(DATA.glob("*.jsonl"))
    check_equal([path.stem for path in recordings], sorted(SECONDS), "recordings")
    for recording in recordings:
        expected = recording.with_suffix(".expected").read_text(encoding="utf-8").split("\n")
        for number, (got, wanted) in enumerate(zip(show(recording).split("\n"), expected), 1):
            check_equal(got, wanted, f"{recording.stem}: line {number}")


def test_golden_recordings_are_what_the_core_writes_today():
    for name, seconds in SECONDS.items():
        made = subprocess.run([SUPPORT / "fake_tankd.py", "--record", str(seconds),
                               DATA / f"{name}.scenario.json"], capture_output=True, check=True)
        lines = made.stdout.decode().split("\n")
        kept = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
        for number, (got, wanted) in enumerate(zip(lines, kept), 1):
            check_equal(got, wanted, f"{name}: line {number}")
        check_equal(len(lines), len(kept), f"{name}: lines")


def test_golden_recordings_pass_the_decoder():
    for recording in DATA.glob("*.jsonl"):
        done = subprocess.run([BIN.parent / "tests" / "protocol_check", "lines"],
                              stdin=recording.open("rb"), capture_output=True, check=False)
        check_equal(done.returncode, 0, f"{recording.stem}: {done.stdout.decode()}")


def update():
    for recording in DATA.glob("*.jsonl"):
        recording.with_suffix(".expected").write_text(show(recording), encoding="utf-8")


def record():
    for name, seconds in SECONDS.items():
        with (DATA / f"{name}.jsonl").open("wb") as out:
            subprocess.run([SUPPORT / "fake_tankd.py", "--record", str(seconds),
                            DATA / f"{name}.scenario.json"], stdout=out, check=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--record"]:
        record()
    elif sys.argv[1:] == ["--update"]:
        update()
    else:
        main([value for name, value in list(globals().items()) if name.startswith("test_")])
