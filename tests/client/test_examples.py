#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front ends of docs/frontend-howto.md work, are as short as it says, and stand in it as they are."""
import os
import pty
import re
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from fakebox import BIN, ROOT, SUPPORT, FakeBox, Program, check, check_equal, main  # noqa: E402

PYTHON_UI = ROOT / "examples" / "ui_lines.py"
C_UI = ROOT / "examples" / "ui-lines.c"


def test_example_in_python_tells_the_whole_story():
    with FakeBox("ask") as box, box.run(PYTHON_UI) as ui:
        check_equal(ui.wait_for("."), "Tank: Copy EOS_DIGITAL? | EOS_DIGITAL: Copy this card?",
                    "first line")
        with box.run("imgtank", "confirm") as confirm:
            check_equal(confirm.wait_end(), 0, "confirm")
        ui.wait_for("EOS_DIGITAL: Looking through the card")
        box.step("advance 8")
        ui.wait_for("Tank: Copying EOS_DIGITAL")
        box.step("advance 60")
        ui.wait_for("Tank: Safe to remove: EOS_DIGITAL")
        box.step("pull c1")
        check_equal(ui.wait_for("Ready"), "Tank: Ready", "last line")
        check_equal(ui.errors, [], "errors")


def test_example_in_python_does_not_repeat_itself():
    with FakeBox("copying") as box, box.run(PYTHON_UI) as ui:
        ui.wait_for("Looking through")
        box.step("advance 5")
        ui.wait_for("Copying")
        box.step("advance 20")
        box.step("advance 60")
        ui.wait_for("Safe to remove")
        box.step("drop")
        ui.wait_end()
        check_equal(len(ui.lines), len(set(ui.lines)), "lines")


def test_example_in_c_tells_the_whole_story():
    with FakeBox("ask") as box, box.run("imgtank-ui-lines") as ui:
        ui.wait_for(r"^\[attention\] Copy EOS_DIGITAL\?")
        ui.wait_for("Return: Copy")
        box.step("insert " + '{"card":"c2","label":"TWO"}')
        box.step("advance 2")
        ui.wait_for("TWO: Copying")
        box.step("drop")
        ui.wait_for(r"^\[starting\] No connection to imgtank")
        ui.signal(signal.SIGTERM)
        check_equal(ui.wait_end(), 0, "exit status")


def test_example_in_c_return_does_the_next_thing():
    with FakeBox("ask") as box:
        keyboard, terminal = pty.openpty()
        try:
            with box.run("imgtank-ui-lines") as without_terminal:
                without_terminal.wait_for("Return: Copy")
            with Terminal(box, terminal) as ui:
                ui.wait_for("Return: Copy")
                os.write(keyboard, b"\n")
                box.wait_for('command .*"confirm","card":"c1"')
                ui.wait_for("Looking through the card")
        finally:
            os.close(keyboard)
            os.close(terminal)


class Terminal(Program):
    """The front end with a terminal for its standard input."""

    def __init__(self, box, terminal):
        script = f"exec '{BIN}/imgtank-ui-lines' --socket '{box.socket}' <'{os.ttyname(terminal)}'"
        super().__init__(["/bin/sh", "-c", script])


def test_example_in_c_rings_when_asked_to():
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder, "state.json")
        with Program([SUPPORT / "fake_tankd.py", "--print-state", "partial"]) as made:
            check_equal(made.wait_end(), 0, "state")
        state.write_text("\n".join(made.lines))
        for args, rings in (([], False), (["--loud"], True)):
            with Program([BIN / "imgtank-ui-lines", "--render", state, *args]) as ui:
                check_equal(ui.wait_end(), 0, "exit status")
                check_equal(any("\a" in line for line in ui.lines), rings, f"bell with {args}")


def test_examples_are_as_short_as_promised():
    check(len(C_UI.read_text().splitlines()) < 100, "ui-lines.c")
    code = [line for line in PYTHON_UI.read_text().splitlines()
            if line and not line.startswith(("#", '"""'))]
    check(len(code) <= 20, f"ui_lines.py has {len(code)} lines of code")


def test_examples_stand_in_the_document_as_they_are():
    document = (ROOT / "docs" / "frontend-howto.md").read_text(encoding="utf-8")
    for language, path in (("python", PYTHON_UI), ("c", C_UI)):
        block = re.search(rf"^```{language}\n(.*?)^```$", document, re.M | re.S).group(1)
        check_equal(block, path.read_text(encoding="utf-8"), f"{path.name} in the document")


def test_every_callback_and_scenario_field_is_in_the_document():
    document = (ROOT / "docs" / "frontend-howto.md").read_text(encoding="utf-8")
    header = (ROOT / "core" / "client" / "frontend.h").read_text(encoding="utf-8")
    struct = re.search(r"^struct frontend \{(.*?)^\};", header, re.M | re.S).group(1)
    for callback in re.findall(r"\(\*(\w+)\)", struct):
        check(f"`{callback}`" in document, f"callback {callback}")


def test_every_scenario_can_be_shown():
    scenarios = sorted(path.stem for path in (SUPPORT / "scenarios").glob("*.json"))
    check(len(scenarios) > 15, str(scenarios))
    for name in scenarios:
        with Program([SUPPORT / "fake_tankd.py", "--print-state", "--at", "3", name]) as made:
            check_equal(made.wait_end(), 0, f"state of {name}: {made.errors}")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as state:
            state.write("\n".join(made.lines))
            state.flush()
            with Program([BIN / "imgtank-ui-lines", "--render", state.name]) as ui:
                check_equal(ui.wait_end(), 0, f"exit status for {name}")
                check(ui.lines and ui.lines[0].startswith("["), f"{name}: {ui.lines}")


if __name__ == "__main__":
    main([value for name, value in list(globals().items()) if name.startswith("test_")])
