#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The touch screen with a file as its frame buffer and a pipe as its touch panel."""
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from fakebox import DEADLINE_S, Failure, FakeBox, check, check_equal, main  # noqa: E402

WIDTH, HEIGHT = 800, 480
# colours of the dark theme, as XRGB8888 in the file
AMBER, GREEN, RED, QUIET, PANEL = 0xEEB04A, 0x3FB878, 0xC2382B, 0x2B3642, 0x1B222B
SIGN = (40, 240)  # somewhere in the field on the left, beside its sign
LEFT_BUTTON, RIGHT_BUTTON, ONE_BUTTON = (420, 420), (680, 420), (600, 420)
SHEET = (400, 40)  # inside a question, above its words
UPPER_BUTTON, LOWER_BUTTON = (400, 330), (400, 410)
ENVIRONMENT = {"TZ": "UTC",
               "LSAN_OPTIONS": f"suppressions={HERE}/leaks.supp:print_suppressions=0"}


class Screen:
    """imgtank-ui-fb with a box behind it, a file in front, and a finger."""

    def __init__(self, scenario, *arguments):
        self.folder = tempfile.TemporaryDirectory(prefix="imgtank-fb-")
        self.path = Path(self.folder.name) / "screen"
        self.pipe = Path(self.folder.name) / "touch"
        self.path.write_bytes(bytes(WIDTH * HEIGHT * 4))
        os.mkfifo(self.pipe)
        self.finger = os.open(self.pipe, os.O_RDWR)
        os.write(self.finger, f"A: 00 0 {WIDTH - 1} 0 0 0\nA: 01 0 {HEIGHT - 1} 0 0 0\n".encode())
        self.box = FakeBox(scenario)
        self.ui = self.box.run(
            "imgtank-ui-fb", "--config", "/dev/null", "--driver", "file", "--device", self.path,
            "--geometry", f"{WIDTH}x{HEIGHT},xrgb8888", "--touch", "text", "--touch-device", self.pipe,
            *arguments, env=ENVIRONMENT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ui.close()
        self.box.close()
        os.close(self.finger)
        self.folder.cleanup()

    def colour(self, place):
        with open(self.path, "rb") as file:
            file.seek((place[1] * WIDTH + place[0]) * 4)
            return int.from_bytes(file.read(4), sys.byteorder) & 0xFFFFFF

    def wait_for(self, place, colour, what, deadline_s=DEADLINE_S):
        deadline = time.monotonic() + deadline_s
        while self.colour(place) != colour:
            if self.ui.process.poll() is not None:
                self.ui.fail("ended")
            if time.monotonic() > deadline:
                raise Failure(f"{what}: {self.colour(place):06x} instead of {colour:06x} at {place}")
            time.sleep(0.01)

    def tap(self, place):
        lines = [(3, 0, place[0]), (3, 1, place[1]), (1, 0x14A, 1), (0, 0, 0),
                 (1, 0x14A, 0), (0, 0, 0)]
        os.write(self.finger, "".join(
            f"E: {time.monotonic():.6f} {kind:04x} {code:04x} {value}\n"
            for kind, code, value in lines).encode())

    def tap_until(self, place, is_done, what):
        """A new screen takes no touches at first, so a finger tries again, as fingers do."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            self.tap(place)
            retry = time.monotonic() + 0.5
            while time.monotonic() < retry:
                if is_done():
                    return
                time.sleep(0.01)
        raise Failure(f"touching {place} does not lead to {what}")

    def commands(self):
        return [line for line in self.box.lines if line.startswith("command")]

    def is_told(self, word):
        return any(word in line for line in self.commands())


def test_a_finger_copies_and_a_second_yes_cancels():
    with Screen("ask") as it:
        it.wait_for(SIGN, AMBER, "the question")
        it.tap_until(LEFT_BUTTON, lambda: it.is_told("confirm"), "copying")
        it.box.step("advance 5")
        it.wait_for(SIGN, PANEL, "copying")
        it.tap_until(ONE_BUTTON, lambda: it.colour(SHEET) == PANEL, "the question to stop")
        it.tap_until(UPPER_BUTTON, lambda: it.colour(SHEET) != PANEL, "going on")
        check(not it.is_told("cancel"), "nobody said stop")
        it.tap_until(ONE_BUTTON, lambda: it.colour(SHEET) == PANEL, "the question again")
        it.tap_until(LOWER_BUTTON, lambda: it.is_told("cancel"), "stopping")


def test_without_the_daemon_nothing_is_said_to_be_safe():
    with Screen("done") as it:
        it.wait_for(SIGN, GREEN, "safe to remove")
        it.box.signal(signal.SIGKILL)
        it.wait_for(SIGN, QUIET, "no connection", 6)  # by silence, it would take 8 s


def test_it_ends_in_order():
    with Screen("error") as it:
        it.wait_for(SIGN, RED, "the trouble")
        it.ui.signal(signal.SIGTERM)
        check_equal(it.ui.wait_end(), 0, "exit status")


def cpu_s(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_idle_costs_nothing():
    with Screen("idle", "--sleep", "0") as it:
        it.wait_for(SIGN, 0x10141A, "the ground")
        it.wait_for((500, 100), PANEL, "the last cards")
        before, seconds = cpu_s(it.ui.process), 3
        time.sleep(seconds)  # the measured time itself
        used = cpu_s(it.ui.process) - before
        check(used <= 0.01 * seconds, f"{used:.2f} s of CPU in {seconds} s of doing nothing")


def is_torn(before, picture, after):
    """Was it read while it was being written? Then each of its rows is of the one or of the other."""
    rows = range(0, len(picture), WIDTH * 4)
    return all(picture[at:at + WIDTH * 4] in (before[at:at + WIDTH * 4], after[at:at + WIDTH * 4])
               for at in rows)


def frames(pictures):
    """How many were drawn, of those that were read one after the other and are all different."""
    drawn = pictures[:1]
    for picture, after in zip(pictures[1:], pictures[2:] + pictures[-1:]):
        if picture == after or not is_torn(drawn[-1], picture, after):
            drawn.append(picture)
    return len(drawn)


def test_few_frames_while_copying():
    with Screen("copying") as it:
        it.wait_for(SIGN, PANEL, "the picture's place")
        pictures, seconds = [it.path.read_bytes()], 0.0
        began = time.monotonic()
        while seconds < 2 or (len(pictures) < 6 and seconds < DEADLINE_S):
            it.box.step("advance 0.02")
            now = it.path.read_bytes()
            if now != pictures[-1]:
                pictures.append(now)
            seconds = time.monotonic() - began
        count = frames(pictures)
        check(4 <= count <= 10 * seconds + 4, f"{count} pictures in {seconds:.1f} s")


if __name__ == "__main__":
    main([test for name, test in sorted(globals().items()) if name.startswith("test_")])
