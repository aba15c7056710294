#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of imgtank(1) that talk to the daemon."""
import json
import os
import signal
import stat
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from fakebox import BIN, FakeBox, Program, check, check_equal, main  # noqa: E402


def call(box, *args, status=0, env=None):
    """Runs imgtank with arguments to its end; returns what it printed and what it complained."""
    with box.run("imgtank", *args, env=env) as program:
        check_equal(program.wait_end(), status, f"exit status of {args} {program.errors}")
        return program.lines, program.errors


def test_remote_status_answers_in_words():
    with FakeBox("done") as box:
        lines, _ = call(box, "status")
    check_equal(lines[0], "Safe to remove: EOS_DIGITAL", "first line")
    check("You may format the card." in lines[1], lines[1])
    check_equal(lines[2], "Tank: /data on TANK, 812 GB of 1.0 TB free.", "the disk")
    check_equal(lines[3], "c1   EOS_DIGITAL (Canon EOS R6): Safe to remove. "
                "You may take the card out.", "the card")


def test_remote_status_as_json():
    with FakeBox("partial") as box:
        lines, _ = call(box, "status", "--json")
    tank = json.loads(lines[0])
    check_equal((len(lines), tank["state"], tank["error_code"], tank["errors_count"]),
                (1, "error", "files", 1), "the tank")


def test_remote_cards_lists_errors_and_what_can_be_done():
    with FakeBox("partial") as box:
        lines, _ = call(box, "cards")
    text = "\n".join(lines)
    for words in ("3 files were not copied", "DCIM/100CANON/IMG_0042.CR3: This file could not be "
                  "read from the card.", "imgtank ack c1", "imgtank retry c1"):
        check(words in text, f"'{words}' is not in {text}")


def test_remote_cards_as_json():
    with FakeBox("three-cards") as box:
        lines, _ = call(box, "cards", "--json")
    cards = [json.loads(line) for line in lines]
    check_equal([card["card"] for card in cards], ["c1", "c2", "c3"], "ids")
    check_equal([card["may_remove"] for card in cards], [False, True, True], "may_remove")
    check_equal([card["may_format"] for card in cards], [False, False, True], "may_format")


def test_remote_cards_without_cards():
    with FakeBox("idle") as box:
        check_equal(call(box, "cards")[0], ["No card is in."], "words")
        check_equal(call(box, "cards", "--json")[0], [], "JSON")


def test_remote_confirm_begins_to_copy():
    with FakeBox("ask") as box:
        lines, _ = call(box, "confirm")
        check("Looking through" in lines[0], lines[0])
        box.wait_for('command .*"confirm"')
        box.step("advance 2")
        check("Copying EOS_DIGITAL" in call(box, "status")[0][0], "the tank copies")


def test_remote_eject_makes_it_safe():
    with FakeBox("finished-mounted") as box:
        lines, _ = call(box, "eject", "c1")
        check_equal(lines, ["c1   EOS_DIGITAL (Canon EOS R6): Safe to remove. "
                            "You may take the card out."], "what is said")


def test_remote_cancel_stops():
    with FakeBox("copying") as box:
        box.step("advance 8")
        lines, _ = call(box, "cancel", "EOS_DIGITAL")
        check("Cancelled" in lines[0], lines[0])


def test_remote_retry_imports_again():
    with FakeBox("partial") as box:
        check("Looking through" in call(box, "retry", "c1")[0][0], "scanning")
        box.step("advance 60")
        check_equal(call(box, "status")[0][0], "Safe to remove: EOS_DIGITAL", "in the end")


def test_remote_ack_calms_down():
    with FakeBox("partial") as box:
        call(box, "ack")
        tank = json.loads(call(box, "status", "--json")[0][0])
        card = json.loads(call(box, "cards", "--json")[0][0])
    check_equal((tank["state"], card["may_format"], card["needs_somebody"]),
                ("idle", False, False), "after it")


def test_remote_poweroff_and_reboot():
    for command, headline in (("poweroff", "Shutting down"), ("reboot", "Restarting")):
        with FakeBox("idle") as box:
            check(headline in call(box, command)[0][0], command)


def test_remote_poweroff_while_copying_needs_force():
    with FakeBox("copying") as box:
        box.step("advance 8")
        _, errors = call(box, "poweroff", status=1)
        check_equal(errors, ["imgtank: A card is being copied.", "  Nothing was changed.",
                             "  Wait until it is finished, cancel it, or insist. To insist: "
                             "--force."], "refusal")
        call(box, "poweroff", "--force")
        check_equal(call(box, "status")[0][0], "Shutting down", "in the end")


def test_remote_refusals_have_reason_and_remedy():
    with FakeBox("many-cards") as box:
        for args, reason in ((("cancel",), "More than one card could be meant."),
                             (("cancel", "c99"), "There is no such card."),
                             (("confirm", "c1"), "This does not make sense at the moment.")):
            _, errors = call(box, *args, status=1)
            check("'imgtank cards'" in errors[2], f"what to do in a terminal: {errors}")
            check_equal(errors[0], "imgtank: " + reason, f"{args}")
            check_equal(len(errors), 3, f"sentences of {args}")


def test_remote_replies_as_json():
    with FakeBox("watch-only") as box:
        lines, _ = call(box, "confirm", "--json", status=1)
        reply = json.loads(lines[0])
        check_equal((reply["ok"], reply["code"]), (False, "not-allowed"), "reply")
    with FakeBox("ask") as box:
        check_equal(json.loads(call(box, "confirm", "--json")[0][0]), {"reply": 1, "ok": True},
                    "reply")


def test_remote_watch_tells_what_happens():
    with FakeBox("copying") as box, box.run("imgtank", "watch") as watch:
        watch.wait_for(r"^\[busy\] Looking through EOS_DIGITAL")
        box.step("advance 2")
        watch.wait_for(r"^\[busy\] Copying EOS_DIGITAL")
        box.step("advance 20")
        watch.wait_for("Copying, [0-9]+ %")
        box.step("advance 60")
        watch.wait_for("Safe to remove: EOS_DIGITAL")
        box.step("drop")
        check_equal(watch.wait_end(), 1, "exit status when the daemon goes")
        check("connection to the daemon was lost" in watch.errors[0], str(watch.errors))


def test_remote_watch_tells_of_files_and_messages():
    with FakeBox("copying") as box, box.run("imgtank", "watch", "--files") as watch:
        box.wait_for("command .*follow")
        box.step("advance 10")
        watch.wait_for("^file-copied: DCIM/100CANON/")
        box.step('note {"level":"warning","text":"It rains."}')
        watch.wait_for("^warning: It rains.")


def test_remote_watch_as_json_can_be_replayed():
    with tempfile.TemporaryDirectory() as folder, FakeBox("copying") as box:
        with box.run("imgtank", "watch", "--json") as watch:
            watch.wait_for('"event":"sync"')
            box.step("advance 70")
            watch.wait_for("safe-to-remove")
            box.step("drop")
            watch.wait_end()
        record = Path(folder, "record.jsonl")
        record.write_text("\n".join(watch.lines) + "\n")
        with Program([BIN / "imgtank-ui-record", "--replay", record, "--speed", "0"]) as ui:
            check_equal(ui.wait_end(), 0, "exit status of the replay")
        check("Safe to remove: EOS_DIGITAL" in "\n".join(ui.lines), "\n".join(ui.lines[-4:]))


def test_remote_hostile_names_do_no_harm():
    with FakeBox("hostile-names") as box:
        box.step("advance 20")
        for args in (("status",), ("cards",), ("cards", "--json")):
            text = "\n".join(call(box, *args)[0])
            bad = [char for char in text if char != "\n" and (ord(char) < 32 or
                   0x7f <= ord(char) < 0xa0 or char in "\u202e\u2028\u2066")]
            check(not bad, f"{args} printed {bad}")


def test_remote_without_daemon_says_so():
    with Program([BIN / "imgtank", "status", "--socket", "/nonexistent/x.sock"]) as program:
        check_equal(program.wait_end(), 1, "exit status")
        check_equal(program.errors[:2],
                    ["imgtank: There is no connection to the daemon at /nonexistent/x.sock.",
                     "  Nothing was changed."], "words")


def test_remote_wrong_calls_say_what_is_wrong():
    for args, words in ((("status", "x"), "'x' is one word too many"),
                        (("status", "--force"), "there is no option --force"),
                        (("eject", "--files"), "there is no option --files"),
                        (("eject", "a", "b"), "'b' is one word too many"),
                        (("watch", "--socket"), "option --socket needs a value"),
                        (("ui", "../x"), "'../x' is not the name of a front end"),
                        (("ui", "a", "b", "--", "--x"), "needs one front end")):
        with Program([BIN / "imgtank", *args]) as program:
            check_equal(program.wait_end(), 2, f"exit status of {args}")
            check(words in program.errors[0], f"{args}: {program.errors}")


def fake_ui(folder, name, script):
    path = Path(folder, "imgtank-ui-" + name)
    path.write_text("#!/bin/sh\n" + script + "\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_ui_one_takes_the_place_of_the_command():
    with FakeBox("done") as box, box.run("imgtank", "ui", "record", "--", "--output",
                                         "/dev/stdout") as ui:
        ui.wait_for("connection=up")
        ui.signal(signal.SIGTERM)
        check_equal(ui.wait_end(), 0, "exit status")
        check_equal(ui.lines[-1], "close", "last call")


def test_ui_one_that_fails_harms_no_other():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        fake_ui(folder, "broken", "exit 1")
        fake_ui(folder, "absent", "exit 3")
        fake_ui(folder, "crash", "kill -SEGV $$")
        env = {"IMGTANK_UI_DIR": folder}
        with box.run("imgtank", "ui", "broken", "record", "absent", "crash", "nosuch",
                     env=env, merge_stderr=True) as ui:
            ui.wait_for("connection=up")
            while not all(any(words in line for line in ui.lines) for words in (
                    "front end broken ended with status 1", "hardware of absent is not here",
                    "crash was ended by signal 11 (SEGV)", "There is no front end nosuch here")):
                ui.wait_for(".")
            box.step("insert {}")
            ui.wait_for("Looking through EOS_DIGITAL")
            ui.signal(signal.SIGTERM)
            check_equal(ui.wait_end(), 1, "exit status")
            check("close" in ui.lines, "record was closed: " + str(ui.lines[-5:]))


def test_ui_takes_names_from_the_configuration():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        config = Path(folder, "own.conf")
        config.write_text("[ui]\nfrontends = ../../bin/sh nosuch record\n")
        with box.run("imgtank", "ui", "--config", config, merge_stderr=True) as ui:
            ui.wait_for("'../../bin/sh' is not the name of a front end")
            ui.wait_for("There is no front end nosuch here")
            ui.wait_for("connection=up")
            ui.signal(signal.SIGTERM)
            check_equal(ui.wait_end(), 0, "exit status")
            check("close" in ui.lines, "record was closed: " + str(ui.lines[-5:]))
        lines, _ = call(box, "ui", "--config", str(config), "--names")
        check_equal(lines, ["nosuch", "record"], "--names")


def test_ui_auto_runs_what_has_its_hardware_here():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        config = Path(folder, "own.conf")
        config.write_text("[ui]\nfrontends = auto\n")
        fake_ui(folder, "here", 'test "$3" = --probe && exit 0; echo here runs; exit 0')
        fake_ui(folder, "gone", 'test "$3" = --probe && exit 3; echo gone runs; exit 0')
        with box.run("imgtank", "ui", "--config", config, "--socket", box.socket,
                     env={"IMGTANK_UI_DIR": folder}) as ui:
            ui.wait_for("here runs")
            ui.signal(signal.SIGTERM)
            check_equal(ui.wait_end(), 0, "exit status")
            check("gone runs" not in ui.lines, str(ui.lines))


def test_ui_auto_is_what_a_configuration_means_that_says_nothing():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        config, env = Path(folder, "own.conf"), {"IMGTANK_UI_DIR": folder}
        fake_ui(folder, "here", 'test "$2" = --probe && exit 0; echo here runs; exit 0')
        fake_ui(folder, "gone", 'test "$2" = --probe && exit 3; echo gone runs; exit 0')
        for text in ("", "[ui]\nfrontends =\n"):
            config.write_text(text)
            lines, _ = call(box, "ui", "--config", str(config), "--names", env=env)
            check("here" in lines and "gone" not in lines, f"--names of {text!r}: {lines}")
        config.write_text("[ui]\nfrontends = none\n")
        check_equal(call(box, "ui", "--config", str(config), "--names", env=env)[0], [], "none")
        config.write_text("[ui]\nfrontends = gone\n")
        with box.run("imgtank", "ui", "--config", config, env=env) as ui:
            ui.wait_for("gone runs")
            config.write_text("")
            ui.signal(signal.SIGHUP)
            ui.wait_for("here runs")
            ui.signal(signal.SIGTERM)
            check_equal(ui.wait_end(), 0, "exit status")


def test_ui_auto_does_not_wait_for_one_that_never_says():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        config = Path(folder, "own.conf")
        config.write_text("[ui]\nfrontends = auto\n")
        fake_ui(folder, "deaf", 'test "$2" = --probe && exec sleep 600')
        fake_ui(folder, "here", 'test "$2" = --probe && exit 0')
        with box.run("imgtank", "ui", "--config", config, "--names",
                     env={"IMGTANK_UI_DIR": folder}) as ui:
            check_equal(ui.wait_end(40), 0, "exit status")
            check("here" in ui.lines and "deaf" not in ui.lines, str(ui.lines))
            check("deaf does not say whether its hardware is here" in "\n".join(ui.errors),
                  str(ui.errors))


def test_ui_another_configuration_changes_only_what_is_different():
    """Each writes its number, so that a restart would be seen."""
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        config = Path(folder, "own.conf")
        for name in ("one", "two", "three"):
            fake_ui(folder, name, f"trap 'echo {name} ends; exit 0' TERM; echo {name} runs $$; "
                                  "while :; do sleep 0.05; done")
        config.write_text("[ui]\nfrontends = one two\n[ui-two]\nbright = no\n")
        with box.run("imgtank", "ui", "--config", config,
                     env={"IMGTANK_UI_DIR": folder}) as ui:
            ui.wait_for("(one|two) runs")  # before that, a signal finds a shell without its trap
            ui.wait_for("(one|two) runs")
            config.write_text("[ui]\nfrontends = two three\n[ui-two]\nbright = no\n")
            ui.signal(signal.SIGHUP)
            ui.wait_for("three runs")
            while "one ends" not in ui.lines:
                ui.wait_for(".")
            check_equal(len([line for line in ui.lines if line.startswith("two")]), 1,
                        f"two was left alone: {ui.lines}")
            config.write_text("[ui]\nfrontends = two three\n[ui-two]\nbright = yes\n")
            ui.signal(signal.SIGHUP)
            ui.wait_for("two ends")
            ui.wait_for("two runs")
            config.write_text("[ui]\nfrontends = none\n")
            ui.signal(signal.SIGHUP)
            ui.wait_for("(two|three) ends")
            ui.wait_for("(two|three) ends")
            config.write_text("[ui]\nfrontends = one\n")
            ui.signal(signal.SIGHUP)
            ui.wait_for("one runs")
            ui.signal(signal.SIGTERM)
            check_equal(ui.wait_end(), 0, "exit status")
            check_equal(ui.lines[-1], "one ends", "last line")


def test_ui_who_crashes_comes_back_and_who_is_misplaced_does_not():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        config = Path(folder, "own.conf")
        fake_ui(folder, "crash", "echo crash runs; kill -SEGV $$")
        fake_ui(folder, "absent", "echo absent runs; exit 3")
        config.write_text("[ui]\nfrontends = absent crash record\n")
        with box.run("imgtank", "ui", "--config", config, env={"IMGTANK_UI_DIR": folder},
                     merge_stderr=True) as ui:
            for _ in range(3):
                ui.wait_for("crash runs")
            check_equal(ui.lines.count("absent runs"), 1, "how often the absent one was tried")
            check_equal(ui.lines.count("open"), 1, "how often the good one was started")
            ui.signal(signal.SIGTERM)
            check_equal(ui.wait_end(), 0, "exit status")


def test_ui_one_that_does_not_end_is_ended():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        config = Path(folder, "own.conf")
        fake_ui(folder, "deaf", "trap '' TERM; echo deaf runs; while :; do sleep 0.1; done")
        config.write_text("[ui]\nfrontends = deaf\n")
        with box.run("imgtank", "ui", "--config", config, env={"IMGTANK_UI_DIR": folder}) as ui:
            ui.wait_for("deaf runs")
            ui.signal(signal.SIGTERM)
            check_equal(ui.wait_end(), 0, "exit status")


FAKE_SYSTEMCTL = """#!/bin/bash
echo "$*" >>"$FAKE_LOG"
case $1 in
list-units) for name in $FAKE_RUNNING; do echo "imgtank-ui@$name.service loaded active running x"; done ;;
*) [[ $3 != *broken* ]] ;;
esac
"""


def apply(box, folder, config, running, status=0):
    """The calls of systemctl that `imgtank ui --apply` makes, but for the first: it asks."""
    log = Path(folder, "log")
    log.write_text("")
    env = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "FAKE_LOG": str(log),
           "FAKE_RUNNING": running, "IMGTANK_UI_DIR": folder, "RUNTIME_DIRECTORY": f"{folder}/run"}
    _, errors = call(box, "ui", "--config", str(config), "--apply", status=status, env=env)
    lines = log.read_text().splitlines()
    check(lines[0].startswith("list-units"), str(lines))
    return [line.removeprefix("--no-block ").removesuffix(".service")
            .replace("imgtank-ui@", "") for line in lines[1:]], errors


def test_ui_apply_makes_systemd_s_instances_what_is_configured():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        config = Path(folder, "own.conf")
        Path(folder, "bin").mkdir()
        Path(folder, "run").mkdir()
        Path(folder, "bin", "systemctl").write_text(FAKE_SYSTEMCTL)
        Path(folder, "bin", "systemctl").chmod(0o755)
        for name in ("one", "two", "broken"):
            fake_ui(folder, name, "exit 0")
        config.write_text("[ui]\nfrontends = one two\n")
        check_equal(apply(box, folder, config, "")[0], ["start one", "start two"], "both")
        check_equal(apply(box, folder, config, "one two")[0], [], "nothing is to do")
        config.write_text("[ui]\nfrontends = two\n[ui-two]\nbright = yes\n")
        check_equal(apply(box, folder, config, "one two")[0], ["stop one", "restart two"],
                    "one gone, the other's settings changed")
        check_equal(apply(box, folder, config, "two")[0], [], "the new settings are known")
        config.write_text("[ui]\nfrontends = broken nosuch two\n")
        calls, errors = apply(box, folder, config, "", status=1)
        check_equal(calls, ["start broken", "start two"], "those that can")
        check("systemd could not start the front end broken" in " ".join(errors), str(errors))
        check("There is no front end nosuch" in " ".join(errors), str(errors))


def test_ui_without_names_says_what_to_do():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        config = Path(folder, "own.conf")
        config.write_text("")
        _, errors = call(box, "ui", "--config", str(config), status=2)
        check("No front end is configured" in errors[0], str(errors))


def test_ui_list_names_them():
    with tempfile.TemporaryDirectory() as folder, FakeBox("idle") as box:
        fake_ui(folder, "zoo", "exit 0")
        lines, _ = call(box, "ui", "--list", env={"IMGTANK_UI_DIR": folder})
        check("zoo" in lines and "record" in lines and lines == sorted(lines), str(lines))


if __name__ == "__main__":
    os.environ.pop("IMGTANK_SOCKET", None)
    main([value for name, value in list(globals().items()) if name.startswith("test_")])
