#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the conversation that docs/protocol.md ends with, by having it."""
import json
import re
import socket
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from fakebox import FakeBox  # noqa: E402

SCENARIO = {
    "tank": {"free_bytes": 812000000000},
    "cards": [{
        "card": "c1", "identity": "vfat-3A5C-1B2D", "label": "EOS_DIGITAL",
        "camera": "Canon EOS R6", "slot": "sdb1", "state": "waiting", "waiting": "ask",
        "is_mounted": False, "start": False,
        "plan": {"files": 2, "file_bytes": 9500000, "seconds": 1, "left_out": {"system": 1}},
    }],
}


class Talk:
    """A client that writes down both sides."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.file = self.socket.makefile(encoding="utf-8")
        self.lines = []

    def read_group(self):
        """All up to the next sync. Times differ from run to run; these are fixed."""
        line = ""
        while '"event":"sync"' not in line:
            line = re.sub(r'"time_usec":[1-9][0-9]*', '"time_usec":81726354433',
                          self.file.readline().rstrip("\n"))
            if not line:
                raise SystemExit("the daemon has hung up")
            self.lines.append("< " + line)

    def say(self, **command):
        line = json.dumps(command, separators=(",", ":"))
        self.lines.append("> " + line)
        self.socket.sendall(line.encode() + b"\n")
        self.read_group()

    def close(self):
        self.file.close()
        self.socket.close()


def make():
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder, "scenario.json")
        scenario.write_text(json.dumps(SCENARIO))
        with FakeBox(str(scenario)) as box:
            talk = Talk(box.socket)
            talk.read_group()
            talk.say(id=1, command="confirm", card="c1")
            for pause_s in (1.1, 0.5, 0.6, 0.6):
                box.step(f"advance {pause_s}")
                talk.read_group()
            box.send("pull c1")
            talk.read_group()
            talk.close()
    return talk.lines


if __name__ == "__main__":
    print("\n".join(make()))
