# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: the real executable, real file systems, a checker.

A test is a function test_NAME(work), given a Work: a fresh folder with cards and tanks. It
fails with an exception. Skip says in one sentence what this machine lacks.
"""
import contextlib
import errno
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_tank  # noqa: E402
import make_card  # noqa: E402,F401  (the tests take it from here)

SKIPPED = 77
ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("IMGTANK_BIN", ROOT / "build/release/bin")).resolve()
IMGTANK = str(BIN / "imgtank")
SHIM = os.environ.get("IMGTANK_FAULTSHIM", str(BIN.parent / "tests" / "faultshim.so"))
DEADLINE_S = 120

OK, TROUBLE, USAGE, SOME_FAILED, SOURCE_UNUSABLE, TANK_UNUSABLE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


class Skip(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def expect_equal(found, wanted, what):
    expect(found == wanted, f"{what}: expected {wanted!r}, found {found!r}")


# ---- running imgtank -------------------------------------------------------------------------


class Result:
    def __init__(self, status, out, err):
        self.status = status
        self.raw_out = out
        self.raw_err = err
        self.out = out.decode("utf-8", "replace")
        self.err = err.decode("utf-8", "replace")
        self.events = []

    def parse(self):
        for line in self.raw_out.decode("utf-8").splitlines():  # strict: JSON is UTF-8
            self.events.append(json.loads(line))
        return self

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]

    def done(self):
        """The last event of the (last) card."""
        expect(self.events, f"no events; standard error: {self.err}")
        expect_equal(self.events[-1]["event"], "card-done", "last event")
        return self.events[-1]

    def verdict(self):
        return self.done()["verdict"]

    def __str__(self):
        return f"status {self.status}\n{self.out[-3000:]}\n{self.err[-3000:]}"


def environment(**more):
    env = dict(os.environ, LC_ALL="C.UTF-8", TERM="dumb", **more)
    env.pop("XDG_CONFIG_HOME", None)
    return env


def run(args, env=None, timeout=DEADLINE_S, prefix=(), **popen):
    """Runs imgtank with args in a process group of its own; nothing of it outlives the call."""
    process = subprocess.Popen([*prefix, IMGTANK, *map(str_arg, args)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                               env=env or environment(), start_new_session=True, **popen)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        kill_group(process)
        process.communicate()
        raise AssertionError(f"imgtank {args} did not end within {timeout} s") from None
    return Result(process.returncode, out, err)


def str_arg(arg):
    return arg if isinstance(arg, (str, bytes)) else str(arg)


def start(args, env=None, **popen):
    """Starts it and returns at once; the caller ends it with kill_group()."""
    return subprocess.Popen([IMGTANK, *map(str_arg, args)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                            env=env or environment(), start_new_session=True, **popen)


def kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def import_json(tank, *sources, args=(), **more):
    return run(["import", "--json", "--tank", tank, *args, *sources], **more).parse()


def need_shim():
    if not os.path.exists(SHIM):
        raise Skip("the fault shim is not built (sanitizers do not go with a preloaded library)")


def shim_environment(plan=None, counts=None, path=None, log=None):
    need_shim()
    env = environment(LD_PRELOAD=SHIM)
    for key, value in (("PLAN", plan), ("COUNTS", counts), ("PATH", path), ("LOG", log)):
        if value is not None:
            env["FAULTSHIM_" + key] = str(value)
    return env


class Gate:
    """Where a process stands still at a call (the shim's hold=) until it is opened."""

    def __init__(self, path):
        self.path = path
        self.fd = -1
        os.mkfifo(path)

    def wait(self, process):
        """Until the process stands there."""
        end = time.monotonic() + DEADLINE_S
        while self.fd < 0:
            expect(process.poll() is None, "it has ended and never came to the call")
            expect(time.monotonic() < end, "it does not come to the call")
            try:
                self.fd = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nobody waits there yet
                    raise
                time.sleep(0.005)

    def open(self):
        os.close(self.fd)
        self.fd = -1


def run_in_terminal(args, columns=80, rows=24, timeout=DEADLINE_S, send=None):
    """On a pseudo-terminal: returns (status, every byte that the terminal got)."""
    pid, fd = pty.fork()
    if pid == 0:
        try:
            import fcntl
            import struct
            import termios
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            env = environment()
            env["TERM"] = "xterm-256color"
            os.execve(IMGTANK, [IMGTANK, *map(str_arg, args)], env)
        finally:
            os._exit(127)
    seen = bytearray()
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        ready, _, _ = select.select([fd], [], [], 0.2)
        if not ready:
            continue
        try:
            block = os.read(fd, 65536)
        except OSError:
            break
        if not block:
            break
        seen += block
        if send and send[0] in seen:
            os.write(fd, send[1])
            send = None
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), bytes(seen)


# ---- file systems ------------------------------------------------------------------------------


def need_root():
    if os.geteuid() != 0:
        raise Skip("mounting a loop device needs root")


def make_image(path, kind, size_mb, source=None):
    """A file with a file system in it, filled from the folder source if the maker can."""
    maker = {"ext4": "mkfs.ext4", "xfs": "mkfs.xfs", "btrfs": "mkfs.btrfs",
             "vfat": "mkfs.vfat", "exfat": "mkfs.exfat"}[kind]
    quiet = [] if kind in ("vfat", "exfat") else ["-q"]
    if not shutil.which(maker):
        raise Skip(f"{maker} is not installed")
    with open(path, "xb") as out:
        out.truncate(size_mb << 20)
    command = [maker, *quiet, path]
    if source:
        command[1:1] = ["-d", str(source)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def mounted(image, folder, options="loop"):
    """Mounts image at folder for the time of the block."""
    need_root()
    os.makedirs(folder, exist_ok=True)
    kind = ["-t", "tmpfs"] if image == "tmpfs" else []
    made = subprocess.run(["mount", *kind, "-o", options, str(image), str(folder)], check=False,
                          capture_output=True, text=True)
    if made.returncode != 0:
        reason = made.stderr.strip().splitlines()[0].split(": ", 1)[-1]
        raise Skip(f"it cannot be mounted here: {reason}")
    try:
        yield pathlib.Path(folder)
    finally:
        if subprocess.run(["umount", str(folder)], check=False).returncode != 0:
            subprocess.run(["umount", "-l", str(folder)], check=False)


# ---- one test's place ------------------------------------------------------------------------


class Work:
    """A fresh folder; keeps what its cards promise and what its tanks have shown."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.tank = self.folder / "tank"
        self.expected = check_tank.Expected()
        self.snapshots = {}
        self.histories = {}

    def path(self, name):
        return self.folder / name

    def card(self, kind="plain", name="card", seed=1, **more):
        made = make_card.KINDS[kind](self.folder / name, seed, **more)
        self.watch(made)
        return made

    def watch(self, card):
        """From now on the card must stay as it is, and the tank must come to have it."""
        self.snapshots[card.root] = check_tank.snapshot(card.root)
        self.expected.add(card.root, card.files)
        return card

    def run(self, *cards, args=(), **more):
        sources = [c.root if isinstance(c, make_card.Card) else c for c in cards]
        return import_json(self.tank, *sources, args=args, **more)

    def check(self, partial=False, tolerance=0, ledger=True, tank=None, cards=True,
              damaged=False):
        tank = str(tank or self.tank)
        history = self.histories.setdefault(tank, {})
        findings = check_tank.check_tank(tank, self.expected, history, partial, ledger,
                                         tolerance, damaged)
        for root, before in self.snapshots.items():
            if cards:
                check_tank.check_card(root, before, findings)
        expect(not findings, "the checker says:\n  " + "\n  ".join(findings[:20]))

    def import_safely(self, *cards, args=(), **more):
        """The usual case: everything goes well, and the checker agrees."""
        result = self.run(*cards, args=args, **more)
        expect_equal(result.status, OK, f"exit status\n{result}")
        expect_equal(result.verdict(), "safe-to-format", "verdict")
        self.check()
        return result


def images(tank):
    root = pathlib.Path(tank) / "images"
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir())


# ---- the runner --------------------------------------------------------------------------------


def scratch_root():
    """On the build's disk: /tmp may be no disk at all, and nothing is verified there."""
    root = pathlib.Path(os.environ.get("IMGTANK_TEST_DIR", BIN.parent / "e2e"))
    root.mkdir(parents=True, exist_ok=True)
    return root


@contextlib.contextmanager
def scratch(prefix):
    folder = tempfile.mkdtemp(prefix=prefix + "-", dir=scratch_root())
    try:
        yield folder
    finally:
        if not os.environ.get("IMGTANK_TEST_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def run_one(function):
    with scratch(function.__name__) as folder:
        function(Work(folder))


def run_and_tell(number, function):
    """"ok", "not ok" or "skip"; the reasons go to standard output."""
    started = time.monotonic()
    try:
        run_one(function)
    except Skip as reason:
        print(f"ok {number} - {function.__name__} # SKIP {reason}", flush=True)
        return "skip"
    except Exception:  # noqa: BLE001 - a test may fail in any way
        print(f"not ok {number} - {function.__name__}")
        for line in traceback.format_exc().splitlines():
            print("# " + line.encode("utf-8", "backslashreplace").decode())
        sys.stdout.flush()
        return "not ok"
    print(f"ok {number} - {function.__name__} # {time.monotonic() - started:.1f} s", flush=True)
    return "ok"


def main(namespace):
    """Runs every test_ function of a module, or those named on the command line."""
    wanted = sys.argv[1:]
    tests = [f for name, f in namespace.items() if name.startswith("test_") and callable(f)]
    if wanted:
        tests = [f for f in tests if any(word in f.__name__ for word in wanted)]
    if not os.path.exists(IMGTANK):
        print(f"{IMGTANK} is not built", file=sys.stderr)
        return 1
    print(f"1..{len(tests)}")
    results = [run_and_tell(i + 1, test) for i, test in enumerate(tests)]
    if "not ok" in results:
        return 1
    return SKIPPED if results and all(r == "skip" for r in results) else 0
