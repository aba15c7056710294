#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line against the real daemon: every command, when it works and when it does not."""
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from box import BIN, box, fake_engine  # noqa: E402
from e2e import environment, expect, expect_equal, main  # noqa: E402

HANGING = ("say('card-state', state='scanning'); say('card-state', state='copying')\n"
           "time.sleep(600)\n")


def call(b, *args, status=0):
    done = subprocess.run([BIN / "imgtank", *args], capture_output=True, text=True, timeout=30,
                          env=environment(IMGTANK_SOCKET=str(b.socket)), check=False)
    expect_equal(done.returncode, status, f"status of {args}: {done.stdout}{done.stderr}")
    expect("?." not in done.stdout and ".." not in done.stdout, done.stdout)
    return done.stdout if status == 0 else done.stderr


def refused(b, *args, word):
    """What happened, what is safe, what to do: three lines, and the same as JSON."""
    said = call(b, *args, status=1)
    lines = said.splitlines()
    expect_equal(len(lines), 3, f"lines of {said}")
    expect(word in lines[0], f"{word} is not in {said}")
    expect_equal(lines[1], "  Nothing was changed.", "what is safe")
    expect(len(lines[2]) > 20, f"no remedy in {said}")
    done = subprocess.run([BIN / "imgtank", *args, "--json"], capture_output=True, text=True,
                          timeout=30, env=environment(IMGTANK_SOCKET=str(b.socket)), check=False)
    reply = json.loads(done.stdout)
    expect(not reply["ok"] and reply["sentence"] in lines[0] and reply["remedy"] in lines[2],
           f"{reply} is not {said}")


def cards(b):
    return [json.loads(line) for line in call(b, "cards", "--json").splitlines()]


def test_commands_without_a_card_say_so(work):
    with box(work.folder) as b:
        expect("No card is in" in call(b, "cards"), "cards")
        expect_equal(json.loads(call(b, "status", "--json"))["state"], "idle", "status")
        for command, word in (("confirm", "yes"), ("eject", "ejected"), ("cancel", "copied"),
                              ("retry", "try again"), ("ack", "problem")):
            refused(b, command, word=word)
            refused(b, command, "NOSUCH", word="no such card")


def test_commands_while_a_card_waits(work):
    card = work.card("plain", name="CARD")
    with box(work.folder, config="start = ask") as b:
        client = b.client()
        b.insert(card.root, "EOS")
        client.wait_card("EOS", "waiting", waiting="ask")
        expect("imgtank confirm c1" in call(b, "cards"), "cards says what can be done")
        for command, word in (("eject", "ejected"), ("retry", "try again"), ("ack", "problem")):
            refused(b, command, "EOS", word=word)
        call(b, "cancel", "EOS")
        client.wait_card("EOS", "safe-to-remove", verdict="none")
        expect("not copied" in call(b, "cards"), "it says that nothing was copied")
        call(b, "retry")
        client.wait_card("EOS", "safe-to-remove", verdict="safe-to-format")
        expect("safe-to-format" in call(b, "history", "--config", str(b.config)), "history")
        said = json.loads(call(b, "history", "--json", "--config", str(b.config)))
        expect_equal(said["verdict"], "safe-to-format", "history as JSON")


def test_commands_while_a_card_is_copied(work):
    work.path("CARD").mkdir()
    engine = work.path("engine")
    engine.mkdir()
    with box(work.folder, bin_dir=fake_engine(engine, HANGING)) as b:
        client = b.client()
        b.insert(work.path("CARD"), "EOS")
        client.wait_card("EOS", "copying")
        for command, word in (("confirm", "yes"), ("eject", "ejected"), ("retry", "try again"),
                              ("ack", "problem")):
            refused(b, command, word=word)
        refused(b, "poweroff", word="")
        refused(b, "reboot", word="")
        expect("Do not take" in call(b, "status"), "status")
        call(b, "cancel")
        client.wait_card("EOS", "safe-to-remove")
        expect(not cards(b)[0]["may_format"], "it was not copied")


def test_commands_name_the_card_when_there_are_several(work):
    first, second = work.card("plain", name="A"), work.card("plain", name="B", seed=2)
    with box(work.folder, config="start = ask") as b:
        client = b.client()
        b.insert(first.root, "ONE")
        b.insert(second.root, "TWO")
        client.wait_card("ONE", "waiting")
        client.wait_card("TWO", "waiting")
        refused(b, "confirm", word="")
        call(b, "confirm", "TWO")
        client.wait_card("TWO", "safe-to-remove", verdict="safe-to-format")
        expect_equal(client.card("ONE")["state"], "waiting", "the other one waits on")


def test_commands_without_a_daemon_say_what_to_do(work):
    with box(work.folder) as b:
        b.stop()
        for args in (("status",), ("cards",), ("watch",), ("eject",), ("poweroff",)):
            said = call(b, *args, status=1)
            expect("no connection" in said and "systemctl status imgtankd" in said, said)


if __name__ == "__main__":
    sys.exit(main(globals()))
