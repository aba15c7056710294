#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real program on a fake /sys/class/leds."""
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from fakebox import BIN, FakeBox, Program, check, check_equal, main  # noqa: E402

UI = "imgtank-ui-led"


class Lamp:
    """A folder like the kernel's; "trigger" holds what was written last."""

    def __init__(self, triggers="none [mmc0] timer pattern", name="ACT", brightness="0"):
        self.tmp = tempfile.TemporaryDirectory(prefix="imgtank-")
        self.root = self.tmp.name
        self.folder = Path(self.root, "class/leds", name)
        self.folder.mkdir(parents=True)
        for file, text in (("trigger", triggers), ("brightness", brightness),
                           ("max_brightness", "255"), ("delay_on", ""), ("delay_off", ""),
                           ("pattern", "")):
            self.write(file, text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmp.cleanup()

    def write(self, file, text):
        (self.folder / file).write_text(text, encoding="ascii")

    def read(self, file):
        return (self.folder / file).read_text(encoding="ascii")

    def wait(self, file, text, deadline_s=10):
        deadline = time.monotonic() + deadline_s
        while self.read(file) != text and time.monotonic() < deadline:
            time.sleep(0.005)
        check_equal(self.read(file), text, file)

    def run(self, box, *args):
        return box.run(UI, "--sysfs", self.root, *args)


def end(ui):
    ui.signal(signal.SIGTERM)
    check_equal(ui.wait_end(), 0, "exit status")


def test_the_kernel_blinks_and_the_trigger_comes_back():
    with Lamp() as lamp, FakeBox("copying") as box, lamp.run(box) as ui:
        lamp.wait("delay_off", "800")
        check_equal((lamp.read("trigger"), lamp.read("delay_on")), ("timer", "800"), "busy")
        end(ui)
        check_equal(lamp.read("trigger"), "mmc0", "trigger at the end")


def test_longer_rhythms_are_the_pattern_trigger():
    with Lamp() as lamp, FakeBox("ask") as box, lamp.run(box):
        lamp.wait("pattern", "255 150 255 0 0 200 0 0 255 600 255 0 0 600 0 0")
        check_equal(lamp.read("trigger"), "pattern", "trigger")


def test_without_such_triggers_it_blinks_itself():
    with Lamp("[none] mmc0", brightness="7") as lamp, FakeBox("starting") as box, \
            lamp.run(box) as ui:
        seen = []
        deadline = time.monotonic() + 10
        while len(seen) < 6 and time.monotonic() < deadline:
            value = lamp.read("brightness")
            if value and (not seen or seen[-1] != value):
                seen.append(value)
            time.sleep(0.005)
        check_equal(sorted(set(seen[1:])), ["0", "255"], "brightness")
        end(ui)
        check_equal((lamp.read("trigger"), lamp.read("brightness")), ("none", "7"), "the end")


def test_inverted():
    with Lamp() as lamp, FakeBox("idle") as box, lamp.run(box, "--invert", "yes"):
        lamp.wait("delay_off", "2700")
        check_equal(lamp.read("delay_on"), "300", "idle")


def test_crash_gives_the_lamp_back():
    with Lamp() as lamp, FakeBox("idle") as box, lamp.run(box) as ui:
        lamp.wait("delay_on", "2700")
        ui.signal(signal.SIGABRT)
        check_equal(ui.wait_end(), -signal.SIGABRT, "exit status")
        check_equal(lamp.read("trigger"), "mmc0", "trigger after the crash")


def test_after_a_kill_the_usual_trigger_is_known():
    with Lamp("none mmc0 [timer] pattern") as lamp, FakeBox("idle") as box, lamp.run(box) as ui:
        lamp.wait("delay_on", "2700")
        end(ui)
        check_equal(lamp.read("trigger"), "mmc0", "trigger at the end")


def test_while_the_power_goes_the_kernel_blinks_on():
    with Lamp() as lamp, FakeBox("copying") as box, lamp.run(box) as ui:
        lamp.wait("delay_on", "800")  # starting looks like halting: now it is past that
        box.step('set {"halting": "poweroff"}')
        lamp.wait("delay_off", "200")
        time_out = time.monotonic() + 10
        while lamp.read("trigger") != "timer" and time.monotonic() < time_out:
            time.sleep(0.005)
        box.step("advance 1")
        end(ui)
        check_equal(lamp.read("trigger"), "timer", "trigger at the end")


def test_older_kernels_name_it_led0():
    with Lamp(name="led0") as lamp, FakeBox("copying") as box, lamp.run(box):
        lamp.wait("delay_on", "800")


def test_probe_and_no_lamp():
    with Lamp() as lamp:
        for args, status in (((), 0), (("--lamp", "PWR"), 3)):
            with Program([BIN / UI, "--sysfs", lamp.root, "--probe", *args]) as ui:
                check_equal(ui.wait_end(), status, f"probe {args}")
        check_equal(lamp.read("trigger"), "none [mmc0] timer pattern", "untouched")
        with Program([BIN / UI, "--sysfs", lamp.root, "--lamp", "../x"]) as ui:
            check_equal(ui.wait_end(), 2, "a path is no name")
            check("--lamp cannot be" in "\n".join(ui.errors), "and it says so")


if __name__ == "__main__":
    main([value for name, value in list(globals().items()) if name.startswith("test_")])
