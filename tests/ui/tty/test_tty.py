#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal's front end in a real terminal: tmux types and reads the screen."""
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from fakebox import BIN, DEADLINE_S, ROOT, FakeBox, Failure, check, check_equal, main  # noqa: E402

UI = BIN / "imgtank-ui-tty"
TERMS = ["linux", "xterm-256color", "vt100", "screen"]


class Terminal:
    """A terminal of its own, in a tmux server of its own, in which one command runs."""

    def __init__(self, command, columns=80, rows=24, term="screen-256color", env=None):
        self.folder = tempfile.TemporaryDirectory(prefix="imgtank-tmux-")
        self.socket = os.path.join(self.folder.name, "tmux")
        # A terminal that goes away in the midst of a search for leaks lets it search for ever.
        variables = {"TERM": term, "TZ": "UTC", "LC_ALL": "C.UTF-8",
                     "ASAN_OPTIONS": "detect_leaks=0", **(env or {})}
        shell = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
        # The shell stays, so that what a program leaves behind can be seen.
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  f"env PS1='ready> ' {shell} bash --norc --noprofile", check=True)
        self.type_line(command)

    def tmux(self, *args, check=False):
        done = subprocess.run(["tmux", "-S", self.socket, *args], capture_output=True, check=False,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        if check and done.returncode:
            raise Failure(f"tmux {args}: {done.stderr.decode()}")
        return done.stdout.decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")
        self.folder.cleanup()

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def type_line(self, text):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def wait_for(self, pattern, deadline_s=DEADLINE_S, is_there=True):
        """The screen, once the regular expression is (or is no longer) to be seen on it."""
        deadline = time.monotonic() + deadline_s
        while True:
            text = self.screen()
            if bool(re.search(pattern, text)) == is_there:
                return text
            if time.monotonic() > deadline:
                raise Failure(f"{'no' if is_there else 'still'} /{pattern}/ on:\n{text}")
            time.sleep(0.02)  # tmux has no event for "the screen changed"


def run_on(box, *options, **kwargs):
    command = " ".join(shlex.quote(str(word))
                       for word in [UI, "--socket", box.socket, *options])
    return Terminal(command, **kwargs)


def commands_of(box):
    return [json.loads(line.partition(" ")[2]) for line in box.lines if line.startswith("command")]


def expect_command(box, word, **fields):
    line = box.wait_for(rf'command .*"{word}"')
    request = json.loads(line.partition(" ")[2])
    for name, value in fields.items():
        check_equal(request.get(name), value, f"{word}: {name}")


def test_tty_follows_a_card_through_its_life():
    with FakeBox("ask") as box, run_on(box) as term:
        term.wait_for("EOS_DIGITAL")
        term.keys("c")
        expect_command(box, "confirm")
        box.step("advance 4")
        screen = term.wait_for(r"\d+ %.*of.*files")
        check("Do not take the card out." in screen, screen)
        for _ in range(40):
            box.step("advance 2")
            if "You may take the card out." in term.screen():
                break
        screen = term.wait_for("You may take the card out.")
        check("may be formatted" in screen or "may format" in screen, screen)


def test_tty_asks_before_it_cancels():
    with FakeBox("copying") as box, run_on(box) as term:
        box.step("advance 5")
        term.wait_for(r"\d+ of \d+ files")
        term.keys("x")
        screen = term.wait_for(r"Stop copying EOS_DIGITAL\?")
        check("Finished files stay in the tank" in screen, screen)
        term.keys("n")
        term.wait_for("Stop copying", is_there=False)
        check_equal([c["command"] for c in commands_of(box) if c["command"] == "cancel"], [],
                    "commands after No")
        term.keys("x")
        term.wait_for("Stop copying")
        term.keys("y")
        expect_command(box, "cancel")


def test_tty_power_needs_two_answers_and_insists_only_when_it_said_so():
    for scenario, force in (("idle", None), ("copying", True)):
        with FakeBox(scenario) as box, run_on(box) as term:
            box.step("advance 5")
            term.wait_for("h History")
            term.keys("p")
            term.wait_for("What shall the box do")
            term.keys("s")
            screen = term.wait_for("Shut the box down")
            check_equal("A card is being copied" in screen, bool(force), "it says what is going on")
            term.keys("y")
            expect_command(box, "poweroff", force=force)


def test_tty_power_does_not_insist_on_what_it_did_not_say():
    with FakeBox("ask") as box, run_on(box) as term:
        term.wait_for("h History")
        term.keys("p")
        term.wait_for("What shall the box do")
        term.keys("s")
        screen = term.wait_for("Shut the box down")
        check("A card is being copied" not in screen, screen)
        # Meanwhile somebody else lets the card be copied.
        subprocess.run([BIN / "imgtank", "confirm"], check=True, capture_output=True,
                       env={**os.environ, "IMGTANK_SOCKET": box.socket})
        box.step("advance 2")
        term.wait_for("Copying EOS_DIGITAL")
        term.keys("y")
        expect_command(box, "poweroff", force=None)
        term.wait_for("Copying EOS_DIGITAL")


def test_tty_the_question_goes_with_its_card():
    with FakeBox("copying") as box, run_on(box) as term:
        box.step("advance 5")
        term.wait_for("x Cancel")
        term.keys("x")
        term.wait_for(r"Stop copying EOS_DIGITAL\?")
        box.step("pull EOS_DIGITAL")
        term.wait_for("Stop copying", is_there=False)


def test_tty_refuses_in_words_what_makes_no_sense():
    with FakeBox("idle") as box, run_on(box) as term:
        term.wait_for("Ready")
        term.keys("c")
        term.wait_for("makes no sense at the moment")


def test_tty_those_who_may_only_watch_are_offered_nothing():
    with FakeBox("watch-only") as box, run_on(box) as term:
        screen = term.wait_for("q Quit")
        check(not re.search("c Copy|x Cancel|e Eject|p Power", screen), screen)


def test_tty_all_pages_open_and_close():
    with FakeBox("partial") as box, run_on(box) as term:
        term.wait_for("a Understood")
        for key, words in (("Enter", "could not be read from the card"), ("h", "Earlier imports"),
                           ("?", "What the words mean")):
            term.keys(key)
            term.wait_for(words)
            term.keys("Escape")
            term.wait_for("q Quit")


def test_tty_says_how_to_reach_the_tank_from_a_phone():
    with FakeBox("phone") as box, run_on(box, rows=24, columns=80) as term:
        term.wait_for("w Connect")
        term.keys("w")
        screen = term.wait_for("sand-dune-river-moth")
        check("Join this Wi-Fi" in screen and "▀▀▀▀▀▀▀" in screen, screen)
        term.keys("w")
        screen = term.wait_for("1234 5678")
        check("http://imgtank/" in screen and "sand-dune" not in screen, screen)
        term.keys("q")
        term.wait_for("q Quit")
    with FakeBox("idle") as box, run_on(box, rows=24, columns=80) as term:
        term.wait_for("Ready")
        term.keys("w")
        check("Connect" not in term.wait_for("makes no sense"), "a way is offered that is not there")


def test_tty_details_scroll_to_the_last_error():
    with FakeBox("partial") as box, run_on(box, rows=12, columns=50) as term:
        term.wait_for("q Quit")
        term.keys("Enter")
        screen = term.wait_for("q Back")
        check("IMG_0777" not in screen, "it is seen without scrolling:\n" + screen)
        for _ in range(12):
            term.keys("NPage")
        term.wait_for("then import")


def test_tty_cards_are_chosen_with_arrows_and_the_mouse():
    with FakeBox("three-cards") as box, run_on(box, rows=40, columns=100) as term:
        screen = term.wait_for(r"(?m)^ > \S+")
        first = re.search(r"(?m)^ > (\S+)", screen).group(1)
        term.keys("Down")
        term.wait_for(rf"(?m)^ > (?!{re.escape(first)})\S+")
        lines = term.screen().split("\n")
        row = next(i for i, line in enumerate(lines) if line.startswith(f"   {first} "))
        # A press and a release of the left button, as xterm sends them (SGR is not asked for).
        term.tmux("send-keys", "-l", f"\x1b[M {chr(32 + 6)}{chr(33 + row)}")
        term.tmux("send-keys", "-l", f"\x1b[M#{chr(32 + 6)}{chr(33 + row)}")
        term.wait_for(rf"(?m)^ > {re.escape(first)}")


def test_tty_says_no_connection_within_a_second_and_comes_back():
    with FakeBox("done") as box, run_on(box) as term:
        term.wait_for("You may take the card out")
        box.step("drop")
        screen = term.wait_for("No connection to imgtank", 6)  # by silence, it would take 8 s
        check("may take" not in screen and "Safe" not in screen, "nothing is promised:\n" + screen)
        term.wait_for("You may take the card out")


def test_tty_without_a_daemon_waits_for_one():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "imgtank.sock")
        with Terminal(f"{UI} --socket {path}") as term:
            term.wait_for("No connection to imgtank")
            with FakeBox("idle", socket=path):
                term.wait_for("Ready")


def test_tty_works_at_every_size_and_follows_a_new_one():
    with FakeBox("three-cards") as box, run_on(box, columns=80, rows=24) as term:
        term.wait_for("q Quit")
        for columns, rows in ((40, 12), (200, 60), (60, 20), (20, 5), (80, 24)):
            term.tmux("resize-window", "-x", str(columns), "-y", str(rows))
            wanted = "q Quit" if columns >= 40 else "A larger window"
            term.wait_for(wanted)
            lines = term.screen().rstrip("\n").split("\n")
            check(len(lines) <= rows, f"{columns}x{rows}: {len(lines)} lines")


def test_tty_works_on_every_terminal_with_and_without_colours():
    for term_name in TERMS:
        for env in ({}, {"NO_COLOR": "1"}, {"LC_ALL": "C"}):
            with FakeBox("partial") as box, run_on(box, term=term_name, env=env) as term:
                screen = term.wait_for("q Quit")
                check("files were not copied" in screen, f"{term_name} {env}:\n{screen}")
                if env.get("LC_ALL") == "C":
                    check(screen.isascii(), f"{term_name} in C:\n{screen}")
                coloured = bool(re.search(r"\x1b\[[0-9;]*(3[0-7]|38)", term.screen("-e")))
                check_equal(coloured, not (term_name == "vt100" or "NO_COLOR" in env),
                            f"colours on {term_name} with {env}")


def test_tty_names_do_not_steer_the_terminal():
    with FakeBox("hostile-names") as box, run_on(box, columns=100) as term:
        box.step("advance 6")
        screen = term.wait_for("pwned")
        check(r"\x1b]0;pwned" in screen, screen)
        title = term.tmux("display-message", "-p", "#{pane_title}")
        check("pwned" not in title, "the title was set: " + title)


def test_tty_two_thousand_failed_files_and_long_names():
    name = "DCIM/" + "x" * 200 + "/" + "日本語" * 20 + ".JPG"
    with FakeBox("partial") as box, run_on(box) as term:
        term.wait_for("q Quit")
        facts = {"errors_total": 2000, "label": "L" * 100, "file": name}
        box.step("set-card c1 " + json.dumps(facts))
        term.wait_for("LLLL")
        term.keys("Enter")
        term.wait_for("q Back")
        term.keys("NPage", "NPage", "NPage", "NPage")
        term.wait_for(r"and 19\d\d more\.")


def leave_and_look(term, leave, status):
    """After it ended: the prompt is back, the cursor shown, typing is seen, the keys are usual."""
    leave()
    term.wait_for(r"(?m)^ready>\s*$")
    term.type_line("echo status=$?; stty -a | grep -cE -- '-(echo|icanon|icrnl|opost)( |$)'; "
                   "echo that=all")
    screen = term.wait_for("(?m)^that=all$")
    check(re.search(rf"(?m)^status={status}", screen), "exit status: " + screen)
    check(re.search("(?m)^0$", screen), "the terminal's settings: " + screen)
    check_equal(term.tmux("display-message", "-p", "#{cursor_flag}#{alternate_on}").strip(), "10",
                "cursor shown, first screen")


def test_tty_a_setting_that_cannot_be_leaves_the_one_before():
    with tempfile.TemporaryDirectory() as folder:
        state = subprocess.run([ROOT / "tests/support/fake_tankd.py", "--print-state",
                                "copying"], capture_output=True, check=True).stdout
        config = Path(folder, "own.conf")
        config.write_text("[ui-tty]\nascii = yes\nascii = perhaps\n")
        done = subprocess.run([UI, "--config", config, "--render", "-"], input=state, check=False,
                              capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        check(b"ascii cannot be 'perhaps'" in done.stderr, done.stderr.decode())
        check(done.stdout.isascii() and b"EOS_DIGITAL" in done.stdout, done.stdout.decode())


def test_tty_gives_the_terminal_back_when_it_is_left():
    with FakeBox("copying") as box, run_on(box) as term:
        term.wait_for("q Quit")
        leave_and_look(term, lambda: term.keys("q"), 0)
        check_equal([c for c in commands_of(box) if c["command"] not in ("ping", "follow")], [],
                    "commands by leaving")


def children_of(pid):
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def screen_process(term):
    """The process that shows: the guard's child."""
    shell = int(term.tmux("display-message", "-p", "#{pane_pid}"))
    guard = children_of(shell)[0]
    return guard, children_of(guard)[0]


def test_tty_gives_the_terminal_back_however_it_is_killed():
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGHUP):
        with FakeBox("idle") as box, run_on(box) as term:
            term.wait_for("Ready")
            _, shown = screen_process(term)
            status = 0 if number in (signal.SIGTERM, signal.SIGHUP) else "1"
            leave_and_look(term, lambda: os.kill(shown, number), status)


def test_tty_ends_in_order_when_its_guard_is_killed():
    with FakeBox("idle") as box, run_on(box) as term:
        term.wait_for("Ready")
        guard, shown = screen_process(term)
        os.kill(guard, signal.SIGKILL)
        deadline = time.monotonic() + DEADLINE_S
        while Path(f"/proc/{shown}").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        check(not Path(f"/proc/{shown}").exists(), "the screen outlived its guard")
        check_equal(term.tmux("display-message", "-p", "#{alternate_on}").strip(), "0", "screen")


def test_tty_without_a_terminal_says_what_to_do():
    with FakeBox("idle") as box:
        done = subprocess.run([UI, "--socket", box.socket], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
        check_equal(done.returncode, 3, "exit status")
        check(b"ssh -t" in done.stderr, done.stderr.decode())


def test_tty_an_unknown_terminal_is_named():
    with FakeBox("idle") as box, run_on(box, term="no-such-terminal") as term:
        term.wait_for(r"does not know this terminal \(TERM=no-such-terminal\)")


def test_tty_plain_imgtank_opens_it():
    with FakeBox("idle") as box, \
            Terminal(f"IMGTANK_SOCKET={box.socket} {BIN / 'imgtank'}") as term:
        term.wait_for("Ready")
        term.keys("q")
        term.wait_for(r"(?m)^ready>\s*$")


def test_tty_is_quiet_when_nothing_happens():
    with FakeBox("idle") as box, run_on(box) as term:
        term.wait_for("Ready")
        _, shown = screen_process(term)

        def used():
            fields = Path(f"/proc/{shown}/stat").read_text(encoding="ascii").rpartition(")")[2]
            switches = Path(f"/proc/{shown}/status").read_text(encoding="ascii")
            count = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", switches, re.M).group(1)
            return sum(map(int, fields.split()[11:13])), int(count)

        before = used()
        time.sleep(2.0)  # the time in which nothing must happen
        after = used()
        check(after[1] - before[1] <= 4, f"woken {after[1] - before[1]} times in two seconds")
        check(after[0] - before[0] <= 2, f"{after[0] - before[0]} ticks of CPU in two seconds")


if __name__ == "__main__":
    main([value for key, value in list(globals().items()) if key.startswith("test_")])
