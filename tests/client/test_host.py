#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host of front ends, seen by one that writes down each call."""
import json
import os
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from fakebox import BIN, FakeBox, Program, check, check_equal, main  # noqa: E402

UI = "imgtank-ui-record"
SILENCE_S = 5.0  # after that, a daemon that says nothing is none; what is noticed at once is far quicker


def test_host_opens_shows_and_closes_in_order():
    with FakeBox("done") as box, box.run(UI) as ui:
        ui.wait_for("connection=up tank=idle")
        ui.signal(signal.SIGTERM)
        check_equal(ui.wait_end(), 0, "exit status")
        check_equal(ui.lines[0], "open", "first call")
        check_equal(ui.lines[-1], "close", "last call")
        check("changed=connection,tank,cards,progress,messages,history" in ui.lines[1],
              "the first show tells of everything: " + ui.lines[1])
        check("may-remove may-format" in ui.lines[2], "the card: " + ui.lines[2])


def test_host_ends_in_order_on_each_ending_signal():
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        with FakeBox("idle") as box, box.run(UI) as ui:
            ui.wait_for("connection=up")
            ui.signal(number)
            check_equal(ui.wait_end(), 0, f"exit status after {number}")
            check_equal(ui.lines[-1], "close", f"last call after {number}")


def test_host_says_no_connection_at_once_and_comes_back():
    with FakeBox("idle") as box, box.run(UI) as ui:
        ui.wait_for("connection=up")
        began = time.monotonic()
        box.step("drop")
        line = ui.wait_for("connection=none")
        check(time.monotonic() - began < SILENCE_S, "it was not said at once")
        check("tank=starting" in line and "No connection to imgtank" in line, line)
        line = ui.wait_for("connection=up")
        check("Ready" in line, line)


def test_host_without_daemon_waits_for_it():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "imgtank.sock")
        with Program([BIN / UI, "--socket", path]) as ui:
            ui.wait_for("connection=none")
            with FakeBox("idle", socket=path):
                ui.wait_for("connection=up")


def test_host_a_silent_daemon_is_no_connection():
    with FakeBox("idle") as box, box.run(UI) as ui:
        ui.wait_for("connection=up")
        began = time.monotonic()
        box.step("deaf on")
        ui.wait_for("connection=none")
        took_s = time.monotonic() - began
        check(took_s > SILENCE_S, f"it was noticed after {took_s:.1f} s")
        box.step("deaf off")
        ui.wait_for("connection=up")


def test_host_shows_only_whole_groups():
    with FakeBox("idle") as box, box.run(UI) as ui:
        ui.wait_for("connection=up")
        box.step('raw {"event":"tank","seq":900,"state":"busy","headline":"Half"}')
        box.step('raw {"event":"card","seq":901,"card":"c9","label":"HALF","headline":"Half"}')
        box.step('raw {"event":"sync","seq":902,"time_usec":0}')
        line = ui.wait_for("Half")
        check("tank=busy" in line, line)
        check("changed=tank,cards,progress" in line, line)
        check_equal(len([one for one in ui.lines if one.startswith("show") and "Half" in one]), 1,
                    "shows of the group")


def test_host_waits_for_the_rest_of_a_group():
    """A whole group and the beginning of the next one in one piece: nothing half is shown."""
    with FakeBox("idle") as box, box.run(UI) as ui:
        ui.wait_for("connection=up")
        box.step("raw-lines " + json.dumps([
            '{"event":"message","seq":900,"level":"info","text":"One"}',
            '{"event":"sync","seq":901,"time_usec":0}',
            '{"event":"tank","seq":902,"state":"busy","headline":"Two"}']))
        box.step("raw-lines " + json.dumps([
            '{"event":"card","seq":903,"card":"c9","label":"NINE","headline":"Two"}',
            '{"event":"sync","seq":904,"time_usec":0}']))
        line = ui.wait_for("Two")
        check("changed=tank,cards,progress,messages" in line, line)
        check("card c9 NINE" in ui.wait_for("."), str(ui.lines))


def test_host_passes_commands_and_replies():
    with FakeBox("ask") as box, box.run(UI, "--input") as ui:
        ui.wait_for("next=confirm:c1")
        ui.send("confirm c1")
        ui.wait_for("^reply . ok")
        ui.wait_for("card c1 .* scanning")
        ui.send("poweroff")
        line = ui.wait_for("^reply . busy")
        check("A card is being copied." in line, line)
        ui.send("eject c7")
        ui.wait_for("^reply . unknown-card")
        ui.send("poweroff force")
        ui.wait_for("tank=halting")


def test_host_passes_events_of_files():
    with FakeBox("failing-files") as box, box.run(UI) as ui:
        box.wait_for("command .*follow")
        box.step("advance 2")
        ui.wait_for("tank=busy .*Copying")
        box.step("advance 8")
        ui.wait_for("^event file-copied c1 DCIM/")
        ui.wait_for("^event file-failed c1 DCIM/")


def test_host_offers_no_commands_to_those_who_may_only_watch():
    with FakeBox("watch-only") as box, box.run(UI, "--input") as ui:
        line = ui.wait_for("tank=attention")
        check("next=" not in line, line)
        ui.send("confirm c1")
        ui.wait_for("^reply . not-allowed")


def test_host_wakes_for_timers_and_signals():
    with FakeBox("idle") as box, box.run(UI, "--input") as ui:
        ui.wait_for("connection=up")
        ui.send("timer 3 50")
        ui.wait_for("^tick 3")
        ui.send("timer 3 20")
        ui.wait_for("^tick 3")
        ui.send("watch-signal")
        ui.send("timer 1 0")
        ui.wait_for("^tick 1")
        ui.signal(signal.SIGWINCH)
        ui.wait_for("^signal WINCH")


def test_host_command_without_connection_is_refused():
    with Program([BIN / UI, "--socket", "/nonexistent/imgtank.sock", "--input"]) as ui:
        ui.wait_for("connection=none")
        ui.send("ack")
        ui.wait_for("^command ack -107")


def test_host_quits_with_the_status_of_the_front_end():
    with FakeBox("idle") as box, box.run(UI, "--input") as ui:
        ui.wait_for("connection=up")
        ui.send("quit 7")
        check_equal(ui.wait_end(), 7, "exit status")
        check_equal(ui.lines[-1], "close", "last call")


def test_host_missing_hardware_is_status_3_and_closed():
    with FakeBox("idle") as box, box.run(UI, "--pretend", "missing") as ui:
        check_equal(ui.wait_end(), 3, "exit status")
        check_equal(ui.lines, ["open", "close"], "calls")
        check("the hardware of record is not here" in ui.errors[-1], str(ui.errors))


def test_host_broken_hardware_is_status_1_and_closed():
    with FakeBox("idle") as box, box.run(UI, "--pretend", "broken") as ui:
        check_equal(ui.wait_end(), 1, "exit status")
        check_equal(ui.lines, ["open", "close"], "calls")
        check("Input/output error" in "".join(ui.errors), str(ui.errors))


def test_host_probe_opens_and_closes():
    with Program([BIN / UI, "--probe"]) as ui:
        check_equal(ui.wait_end(), 0, "exit status")
        check_equal(ui.lines, ["open", "close"], "calls")
    with Program([BIN / UI, "--probe", "--pretend=missing"]) as ui:
        check_equal(ui.wait_end(), 3, "exit status")
        check_equal(ui.errors, [], "a probe complains of nothing")


def test_host_crash_leaves_nothing_behind():
    with FakeBox("idle") as box, box.run(UI, "--input") as ui:
        ui.wait_for("connection=up")
        ui.send("abort")
        check_equal(ui.wait_end(), -signal.SIGABRT, "exit status")
        check_equal(ui.lines[-1], "crash", "last line")


def test_host_bad_lines_of_a_daemon_end_the_connection_only():
    for line in ("this is no JSON", '{"event":"card","card":"../../etc"}', "[" * 1000,
                 '{"event":"tank","state":7}'):
        with FakeBox("idle") as box, box.run(UI) as ui:
            ui.wait_for("connection=up")
            box.step("raw " + line)
            ui.wait_for("connection=none")
            check(ui.process.poll() is None, "it ended because of " + line)


class Stranger:
    """A socket on which somebody says one thing to everybody and counts the calls."""

    def __init__(self, path, words):
        self.words, self.calls = words, 0
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
                self.calls += 1
                peer.sendall(self.words)
            except OSError:
                return


def test_host_leaves_strangers_alone():
    """Another version, or no daemon at all, is told once and not called ten times a second."""
    for words, said in ((b'{"event":"hello","name":"imgtank","protocol":"2.0","version":"9"}\n',
                         "speaks protocol 2"),
                        (b"220 mail.example.org ESMTP\r\n", "sent a line that is none"),
                        (b'{"event":"sync","seq":1}\n', None),
                        (b"", None)):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "sock")
            stranger, began = Stranger(path, words), time.monotonic()
            with Program([BIN / UI, "--socket", path, "--input"]) as ui:
                ui.wait_for("connection=none")
                ui.send("timer 0 2000")
                ui.wait_for("^tick 0")
                calls, seconds = stranger.calls, time.monotonic() - began
                check(calls <= 1 + seconds, f"{calls} calls in {seconds:.1f} s after {words}")
                check("up" not in "".join(ui.lines), str(ui.lines))
                if said:
                    check(said in "\n".join(ui.errors), str(ui.errors))
            stranger.socket.close()


def test_host_takes_settings_from_its_section_and_the_command_line_wins():
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "imgtank.conf")
        config.write_text("[ui-other]\npretend = broken\n\n[ui-record]\npretend = missing\n")
        with Program([BIN / UI, "--config", config]) as ui:
            check_equal(ui.wait_end(), 3, "exit status: missing")
        with Program([BIN / UI, "--config", config, "--name", "other"]) as ui:
            check_equal(ui.wait_end(), 1, "exit status: broken")
        dropins = Path(folder, "imgtank.conf.d")
        dropins.mkdir()
        Path(dropins, "50-local.conf").write_text("[ui-record]\npretend = maybe\nspin = 7\n"
                                                  "output = /etc/passwd\n")
        with Program([BIN / UI, "--config", config]) as ui:
            check_equal(ui.wait_end(), 3, "exit status: what is wrong is not used")
            said = "\n".join(ui.errors)
            check("50-local.conf:2: pretend cannot be 'maybe'" in said, said)
            check("50-local.conf:3: there is no key 'spin'" in said, said)
            check("50-local.conf:4: there is no key 'output'" in said, said)
        Path(dropins, "60-back.conf").write_text("[ui-record]\npretend =\n")
        with Program([BIN / UI, "--config", config, "--probe"]) as ui:
            check_equal(ui.wait_end(), 0, "exit status: nothing behind the = is the default")
            check("pretend" not in "\n".join(ui.errors), f"what was taken back: {ui.errors}")
        Path(dropins, "70-again.conf").write_text("[ui-record]\npretend = broken\n")
        with Program([BIN / UI, "--config", config, "--probe"]) as ui:
            check_equal(ui.wait_end(), 1, "exit status: what comes after that counts")
        with Program([BIN / UI, "--config", config, "--pretend", "maybe"]) as ui:
            check_equal(ui.wait_end(), 2, "exit status: usage")
            check("--pretend cannot be 'maybe'" in "\n".join(ui.errors), str(ui.errors))


def test_host_says_what_is_wrong_with_its_options():
    for args, said in ((["--spin"], "there is no option '--spin'"),
                       (["--socket"], "a value is missing behind '--socket'"),
                       (["x\x1b"], "this is not an option: 'x\\x1b'"),
                       (["--speed", "fast"], "--speed takes a number"),
                       (["--render", "/nonexistent"], "is not a state of the tank"),
                       (["--config", "/nonexistent"], "the configuration cannot be read")):
        with Program([BIN / UI, *args]) as ui:
            check_equal(ui.wait_end(), 2, f"exit status of {args}")
            check(said in ui.errors[0], f"{args}: {ui.errors}")


def test_host_help_names_options_and_settings():
    with Program([BIN / UI, "--help"]) as ui:
        check_equal(ui.wait_end(), 0, "exit status")
        text = "\n".join(ui.lines)
        for word in ("--socket PATH", "--render FILE", "--replay FILE", "--pretend WHAT",
                     "(command line only)"):
            check(word in text, f"{word} is not in {text}")


def test_host_stays_quick_under_many_changes():
    """From the daemon's sync to show(): the promise is 20 ms in the middle, 100 ms at the 99th."""
    with FakeBox("many-cards", step=False, speed=5) as box, box.run(UI, "--latency") as ui:
        for _ in range(60):
            ui.wait_for("^latency_usec")
    took_ms = sorted(int(line.split()[1]) / 1000 for line in ui.lines
                     if line.startswith("latency_usec"))[:-1]
    middle = statistics.median(took_ms)
    worst = took_ms[int(len(took_ms) * 0.99)]
    print(f"  sync to show: median {middle:.1f} ms, 99th {worst:.1f} ms of {len(took_ms)}")
    # The fake daemon is Python and the machine may be busy: this finds a host that waits for
    # something, not one that is a little slow.
    check(middle < 500, f"median {middle} ms")


if __name__ == "__main__":
    main([value for name, value in list(globals().items()) if name.startswith("test_")])
