# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests of front ends: a fake daemon, and programs whose lines are waited for.

    with FakeBox("ask") as box, box.run("imgtank-ui-record") as ui:
        ui.wait_for("tank=attention")
        box.step("advance 3")

Nothing here sleeps: every wait ends with what is waited for, or fails after a deadline.
"""
import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
ROOT = SUPPORT.parent.parent
BIN = Path(os.environ.get("IMGTANK_BIN", ROOT / "build" / "dev" / "bin"))
DEADLINE_S = 20.0


class Failure(AssertionError):
    """A wait that did not end well; its text says what was there instead."""


class Program:
    """A process whose standard output is read line by line."""

    def __init__(self, argv, env=None, merge_stderr=False):
        self.argv = [str(arg) for arg in argv]
        self.process = subprocess.Popen(
            self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge_stderr else subprocess.PIPE,
            env={**os.environ, **(env or {})}, text=True, encoding="utf-8", errors="replace",
            start_new_session=True)
        self.lines = []  # all so far
        self.errors = []
        self.fresh = queue.Queue()
        self.readers = [threading.Thread(target=self.read_lines, daemon=True)]
        if not merge_stderr:
            self.readers.append(threading.Thread(target=self.read_errors, daemon=True))
        for reader in self.readers:
            reader.start()

    def read_lines(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self.fresh.put(line.rstrip("\n"))
        self.fresh.put(None)

    def read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends it and what it has started: a child that holds the pipe would hold up the test."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for reader in self.readers:
            reader.join(DEADLINE_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                if stream:
                    stream.close()
            except BrokenPipeError:
                pass

    def fail(self, why):
        shown = "\n".join(self.lines[-30:] + ["--- standard error:"] + self.errors[-30:])
        raise Failure(f"{self.argv[0]}: {why}; its last lines:\n{shown}")

    def next_line(self, deadline):
        try:
            return self.fresh.get(timeout=max(0.01, deadline - time.monotonic()))
        except queue.Empty:
            return ""

    def wait_for(self, pattern, deadline_s=DEADLINE_S):
        """The next line in which the regular expression is found."""
        deadline = time.monotonic() + deadline_s
        while time.monotonic() < deadline:
            line = self.next_line(deadline)
            if line is None:
                self.fail(f"ended before /{pattern}/")
            if re.search(pattern, line):
                return line
        return self.fail(f"no /{pattern}/ within {deadline_s} s")

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def signal(self, number):
        self.process.send_signal(number)

    def wait_end(self, deadline_s=DEADLINE_S):
        """The exit status, once it has ended and all its lines are here."""
        try:
            status = self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.fail("does not end")
        for reader in self.readers:
            reader.join(DEADLINE_S)
        return status


class FakeBox(Program):
    """fake_tankd.py in steps; time passes only by step("advance ...")."""

    def __init__(self, scenario, step=True, speed=1.0, socket=None):
        self.folder = tempfile.TemporaryDirectory(prefix="imgtank-")
        self.socket = socket or os.path.join(self.folder.name, "imgtank.sock")
        argv = [sys.executable, SUPPORT / "fake_tankd.py", "--socket", self.socket,
                "--tool", BIN.parent / "tests" / "state_lines", "--speed", str(speed)]
        super().__init__(argv + (["--step"] if step else []) + [scenario])
        self.wait_for("^listening")

    def close(self):
        super().close()
        self.folder.cleanup()

    def step(self, line):
        """Makes something happen, and returns when it has been published."""
        self.send(line)
        answer = self.wait_for("^(done|failed|unknown)")
        if answer != "done":
            self.fail(f"cannot do '{line}': {answer}")

    def run(self, program, *args, env=None, merge_stderr=False):
        """Starts one of our programs with this box as its daemon."""
        path = program if os.path.isabs(str(program)) else BIN / program
        return Program([path, *args], {"IMGTANK_SOCKET": self.socket, **(env or {})}, merge_stderr)


def check(condition, why):
    if not condition:
        raise Failure(why)


def check_equal(got, expected, what):
    if got != expected:
        raise Failure(f"{what}: got {got!r} instead of {expected!r}")


def main(tests):
    """Runs test functions (all, or those named on the command line) and says what became of them."""
    chosen = [test for test in tests if len(sys.argv) < 2 or test.__name__ in sys.argv[1:]]
    failed = 0
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for test in chosen:
        began = time.monotonic()
        try:
            test()
            print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except Failure as failure:
            failed += 1
            print(f"FAILED {test.__name__}: {failure}", flush=True)
    print(f"{len(chosen)} tests, {failed} failed")
    sys.exit(1 if failed or not chosen else 0)
