#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real program on a fake board: the time line of its lines, against the table."""
import functools
import json
import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from fakebox import BIN, DEADLINE_S, ROOT, Failure, FakeBox, Program, check, check_equal, main  # noqa: E402

UI = "imgtank-ui-pibrella"
LINE = re.compile(r"^(\d+\.\d+) (\w+) ([01])$")


def start(box, *args, sound="no"):
    return box.run(UI, "--fake", "-", "--sound", sound, *args)


def changes(lines):
    """(seconds, line, value) for each line of the fake board."""
    found = [LINE.match(line) for line in lines]
    return [(float(m[1]), m[2], int(m[3])) for m in found if m]


def lit(lines):
    """What is on after these changes."""
    now = {}
    for _, line, value in changes(lines):
        now[line] = value
    return {line for line, value in now.items() if value}


def durations(lines, name):
    """(value, seconds that it stayed) of one line."""
    own = [(at, value) for at, line, value in changes(lines) if line == name]
    return [(value, later - at) for (at, value), (later, _) in zip(own, own[1:])]


def is_rhythm(got, expected):
    return len(got) == len(expected) and all(
        value == want and least - 0.03 < seconds < least + 0.1
        for (value, seconds), (want, least) in zip(got, expected))


def wait_rhythm(ui, name, expected, since=0):
    """A busy machine is late now and then; what keeps a wrong time never keeps the right one."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        got = durations(ui.lines[since:], name)
        if any(is_rhythm(got[at:at + len(expected)], expected) for at in range(len(got))):
            return
        check(time.monotonic() < deadline, f"{name}: {got} instead of {expected}")
        ui.wait_for(f" {name} ")


def thrice(test):
    """For flashes and tones of milliseconds: a busy machine spoils one, but not each of three."""
    @functools.wraps(test)
    def tried():
        for _ in range(2):
            try:
                return test()
            except Failure as failure:
                print(f"  again: {failure}")
        return test()
    return tried


def wait_changes(ui, name, count):
    for _ in range(count):
        ui.wait_for(f" {name} ")


def test_idle_is_green_and_nothing_moves():
    with FakeBox("idle") as box, start(box) as ui:
        ui.wait_for("green 1")
        count = len(ui.lines)
        box.step("advance 5")
        ui.signal(signal.SIGTERM)
        check_equal(ui.wait_end(), 0, "exit status")
        check_equal([line.split(" ", 1)[1] for line in ui.lines[count:]], ["green 0"],
                    "only the lamp going off at the end")
        check_equal(lit(ui.lines), set(), "lamps at the end")


def test_starting_blinks_red():
    with FakeBox("starting") as box, start(box) as ui:
        wait_rhythm(ui, "red", [(0, .2), (1, .2), (0, .2), (1, .2)])
        check_equal(lit(ui.lines) - {"red"}, set(), "others")


@thrice
def test_busy_pulses_amber():
    with FakeBox("copying") as box, start(box) as ui:
        ui.wait_for("amber 1")
        start_s = time.monotonic()
        while time.monotonic() - start_s < 2.6:
            ui.wait_for("amber")
        on = [seconds for value, seconds in durations(ui.lines, "amber") if value]
        check(100 < len(on), f"a ramp has many short flashes, not {len(on)}")
        check(max(on) > 0.28, "it stays fully on for a while")
        # One alone may be late, or cut short by one that was.
        check(median(on[:10]) < median(on[20:30]) < 0.012, f"flashes grow: {on[:30]}")
        check_equal(lit(ui.lines) - {"amber"}, set(), "others")


def test_attention_alternates_and_a_press_confirms():
    with FakeBox("ask") as box, start(box) as ui:
        wait_rhythm(ui, "amber", [(1, .5), (0, .5)])
        for at, line, value in changes(ui.lines)[:-1]:  # what comes with the last is not here yet
            if line == "amber":
                check(any(abs(at - other) < .25 and name == "green" and was != value
                          for other, name, was in changes(ui.lines)), "green goes the other way")
        ui.send("down")
        ui.send("up")  # too short: a spike
        deadline = time.monotonic() + DEADLINE_S
        while not any(line.startswith("command ") for line in box.lines):
            check(time.monotonic() < deadline, "a press is not noticed")
            ui.send("down")
            time.sleep(0.1)  # how long a finger stays; on a busy machine it may look like a spike, too
            ui.send("up")
            time.sleep(0.5)
        check("confirm" in box.wait_for("^command "), "a press confirms")


@thrice
def test_done_is_green_with_a_rising_sound():
    with FakeBox("copying") as box, start(box, sound="yes") as ui:
        ui.wait_for("amber 1")
        box.step("advance 200")
        ui.wait_for("green 1")
        ui.wait_for("buzzer 1")
        wait_changes(ui, "buzzer", 600)
        buzz = [at for at, line, value in changes(ui.lines) if line == "buzzer" and value]
        early = [b - a for a, b in zip(buzz[:45], buzz[1:46])]
        late = [b - a for a, b in zip(buzz[-60:], buzz[-59:])]
        check(median(late) < median(early), "the tone rises")
        check(abs(1 / median(early) - 440) < 20, f"begins at 440 Hz: {1 / median(early)}")


def test_partial_is_red_and_blinks_the_number():
    with FakeBox("partial") as box, start(box) as ui:
        ui.wait_for("red 1")
        wait_rhythm(ui, "amber", [(1, .3), (0, 1.5), (1, .3), (0, 1.5)])  # one blink, a pause
        check("red" in lit(ui.lines), "red stays on")
        check("green" not in lit(ui.lines), "green is off")


def test_no_connection_winks_red():
    with FakeBox("idle") as box, start(box) as ui:
        ui.wait_for("green 1")
        box.signal(signal.SIGKILL)
        ui.wait_for("green 0")
        wait_rhythm(ui, "red", [(1, .1), (0, 1.9)])


def test_held_button_shuts_down_with_a_sound():
    with FakeBox("idle") as box, start(box, sound="yes") as ui:
        ui.wait_for("green 1")
        ui.send("down")
        began = time.monotonic()
        check('"poweroff"' in box.wait_for("^command "), "a held button shuts down")
        check(1.9 < time.monotonic() - began < 5, "after two seconds")
        ui.wait_for("buzzer 1")
        ui.send("up")
        ui.wait_for("red 1")


def heirs(ui):
    """Processes that go on after it has ended: those with its command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
        except OSError:
            continue
        if words == ui.argv and int(folder.name) != ui.process.pid:
            found.append(int(folder.name))
    return found


def test_red_blinks_until_the_power_is_gone_and_holds_up_nobody():
    with FakeBox("halting") as box, start(box) as ui:
        wait_changes(ui, "red", 4)
        ui.signal(signal.SIGTERM)
        check_equal(ui.process.wait(5), 0, "exit status")
        children = heirs(ui)
        try:
            check_equal(len(children), 1, "who goes on blinking")
            count = len(ui.lines)
            os.kill(children[0], signal.SIGTERM)  # for all; only the power ends it
            wait_rhythm(ui, "red", [(0, .2), (1, .2), (0, .2), (1, .2)], count)
            check_equal(heirs(ui), children, "it is still there")
        finally:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
        check_equal(lit(ui.lines) - {"red"}, set(), "others")


def test_held_button_is_refused_while_copying_unless_it_insists():
    with FakeBox("copying") as box, start(box, sound="yes") as ui:
        ui.wait_for("amber 1")
        ui.send("down")
        began = time.monotonic()
        check("force" not in box.wait_for("^command "), "not by force at first")
        ui.wait_for("buzzer 1")
        line = box.wait_for("^command ")
        check(5.9 < time.monotonic() - began < 15, "after six seconds")
        check(json.loads(line.split(" ", 1)[1]).get("force") is True, "by force: " + line)
        ui.wait_for("red 1")


def test_crash_leaves_the_lamps_off():
    with FakeBox("idle") as box, start(box) as ui:
        ui.wait_for("green 1")
        ui.signal(signal.SIGABRT)
        check_equal(ui.wait_end(), -signal.SIGABRT, "exit status")
        check_equal(lit(ui.lines), set(), "lamps after the crash")


def test_one_lamp_speaks_by_rhythm():
    args = ("--green", "none", "--red", "none")
    with FakeBox("idle") as box, start(box, *args) as ui:
        ui.wait_for("amber 1")
        box.step('insert {"card": "c9"}')
        wait_rhythm(ui, "amber", [(1, .8), (0, .8)])
        check_equal({line for _, line, _ in changes(ui.lines)}, {"amber"}, "lamps used")


def test_auto_takes_it_only_when_it_is_said_to_be_there():
    for fitted, status in (("no", 3), ("yes", 0)):
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "imgtank.conf")
            config.write_text(f"[ui-pibrella]\nfitted = {fitted}\n", encoding="utf-8")
            with Program([BIN / UI, "--config", config, "--probe", "--fake", "-"]) as ui:
                check_equal(ui.wait_end(), status, f"fitted = {fitted}")


def test_without_a_chip_it_says_so():
    with Program([BIN / UI, "--chip", "no-such-chip"]) as ui:
        check_equal(ui.wait_end(), 3, "exit status")


def test_buzzer_pwm():
    with tempfile.TemporaryDirectory() as folder, FakeBox("copying") as box:
        pwm = Path(folder, "class/pwm/pwmchip0/pwm2")
        pwm.mkdir(parents=True)
        for name in ("enable", "period", "duty_cycle"):
            (pwm / name).write_text("", encoding="utf-8")
        with start(box, "--sysfs", folder, "--buzzer-pwm", "0:2", sound="yes") as ui:
            ui.wait_for("amber 1")
            box.step("advance 200")
            ui.wait_for("green 1")
            deadline = time.monotonic() + DEADLINE_S
            while (pwm / "enable").read_text() != "1" and time.monotonic() < deadline:
                time.sleep(0.005)
            check_equal((pwm / "enable").read_text(), "1", "the PWM plays")
            check(1_700_000 <= int((pwm / "period").read_text()) <= 2_272_728, "440 to 587 Hz")
            ui.signal(signal.SIGTERM)
            check_equal(ui.wait_end(), 0, "exit status")
            check_equal((pwm / "enable").read_text(), "0", "it is quiet at the end")


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_pulse_burns_little():
    with tempfile.TemporaryDirectory() as folder, FakeBox("copying") as box:
        out = Path(folder, "line")
        with box.run(UI, "--fake", out) as ui:
            deadline = time.monotonic() + DEADLINE_S
            while (not out.exists() or "amber 1" not in out.read_text()) and \
                    time.monotonic() < deadline:
                time.sleep(0.02)
            before, began = cpu_s(ui.process.pid), time.monotonic()
            time.sleep(4.8)  # two rounds: this is what is measured
            share = (cpu_s(ui.process.pid) - before) / (time.monotonic() - began)
            print(f"  pulse: {share * 100:.2f} % of one processor")
            check(share < 0.10, f"{share * 100:.1f} %: even with sanitizers that is too much")


def test_picture_is_as_the_code_draws_it():
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder, "states.svg")
        with Program([ROOT / "tools/states-picture", "--build", BIN.parent, "--out", drawn]) as tool:
            check_equal(tool.wait_end(), 0, "exit status of states-picture")
        check_equal(drawn.read_text(encoding="utf-8"),
                    (ROOT / "assets/states-lamps.svg").read_text(encoding="utf-8"),
                    "assets/states-lamps.svg is old: run tools/states-picture")


if __name__ == "__main__":
    main([value for name, value in list(globals().items()) if name.startswith("test_")])
