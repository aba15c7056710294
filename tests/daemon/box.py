# SPDX-License-Identifier: GPL-3.0-or-later
"""A running imgtankd with a virtual reader, and clients of it."""
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from e2e import BIN, environment, expect, expect_equal  # noqa: E402

DEADLINE_S = 60
BUSY = ("scanning", "copying", "verifying")


class Client:
    """One connection; its model follows the daemon's as docs/protocol.md says."""

    def __init__(self, path, follow=False, keep=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.pending = b""
        self.model = {}
        self.replies = {}
        self.engine = []  # events of the engine
        self.access = None  # how people get to the tank, if it was asked for
        self.lines = [] if keep else None  # all that was said
        self.states = []  # (card, state, waiting), as shown at syncs
        self.last_id = 0
        self.is_synced = False
        if follow:
            self.send("follow", files=True)

    def close(self):
        self.socket.close()

    def fileno(self):
        return self.socket.fileno()

    def raw(self, data):
        self.socket.sendall(data)

    def send(self, command, **fields):
        self.last_id += 1
        request = {"id": self.last_id, "command": command, **fields}
        self.raw(json.dumps(request).encode() + b"\n")
        return self.last_id

    def command(self, command, **fields):
        """Sends it and returns its reply."""
        number = self.send(command, **fields)
        self.wait(lambda: number in self.replies, f"a reply to {command}")
        return self.replies[number]

    def ok(self, command, **fields):
        reply = self.command(command, **fields)
        expect(reply["ok"], f"{command}: {reply}")

    def refused(self, code, command, **fields):
        expect_equal(self.command(command, **fields).get("code"), code, f"reply to {command}")

    # ---- reading -------------------------------------------------------------------------------

    def read(self, timeout_s):
        """Takes what is there; False when the daemon has hung up."""
        if not select.select([self.socket], [], [], timeout_s)[0]:
            return True
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionResetError:
            return False
        *lines, self.pending = (self.pending + data).split(b"\n")
        for line in lines:
            self.take(line)
        return bool(data)

    def take(self, line):
        if self.lines is not None:
            self.lines.append(line)
        message = json.loads(line)
        if "reply" in message:
            self.replies[message["reply"]] = message
        else:
            self.apply(message)

    def apply(self, message):
        kind = message["event"]
        cards = self.model.get("cards", [])
        if kind == "snapshot":
            self.model = message
        elif kind == "tank":
            self.model["tank"] = message
        elif kind == "card":
            known = [i for i, card in enumerate(cards) if card["card"] == message["card"]]
            if known:
                cards[known[0]] = message
            else:
                cards.append(message)
        elif kind == "progress":
            self.model["tank"].update(message.pop("tank"))
            for card in cards:
                if card["card"] == message["card"]:
                    card.update(message, event="card")
        elif kind == "card-gone":
            self.model["cards"] = [card for card in cards if card["card"] != message["card"]]
        elif kind in ("message", "history"):
            self.model["messages" if kind == "message" else kind].insert(0, message)
        elif kind == "access":
            self.access = message
        elif kind == "sync":
            self.is_synced = True
            self.note_states()
        elif kind != "hello":
            self.engine.append(message)

    def note_states(self):
        for card in self.model["cards"]:
            entry = (card["card"], card["state"], card["waiting"])
            if entry not in self.states[-8:]:
                self.states.append(entry)

    def wait(self, is_true, what, timeout_s=DEADLINE_S):
        end = time.monotonic() + timeout_s
        while not (self.is_synced and is_true()):
            expect(time.monotonic() < end, f"{what} did not come; cards: {self.summary()}")
            if not self.read(0.1):
                raise AssertionError(f"the daemon hung up before {what} came")

    # ---- what it shows ---------------------------------------------------------------------------

    def summary(self):
        return [(c["card"], c["label"], c["state"], c["waiting"], c.get("fault"), c["verdict"])
                for c in self.model.get("cards", [])]

    def card(self, label):
        for card in self.model.get("cards", []):
            if label in (card["label"], card["card"]):
                return card
        return None

    def wait_card(self, label, *states, **fields):
        """Waits until the card is in one of the states, and has the fields."""
        def is_there():
            card = self.card(label)
            return (card and card["state"] in states
                    and all(card.get(key) == value for key, value in fields.items()))

        self.wait(is_there, f"{label} {states} {fields}")
        return self.card(label)

    def wait_gone(self, label):
        self.wait(lambda: not self.card(label), f"the end of {label}")

    def wait_tank(self, **fields):
        self.wait(lambda: all(self.model["tank"].get(k) == v for k, v in fields.items()),
                  f"tank {fields}")
        return self.model["tank"]


class Box:
    """imgtankd on a tank and a reader of its own."""

    def __init__(self, folder, tank=None, config="", options=(), bin_dir=BIN, prefix=(),
                 env=None):
        self.folder = Path(folder)
        self.tank = Path(tank or self.folder / "tank")
        self.reader = self.folder / "reader"
        self.socket_folder = tempfile.mkdtemp(prefix="imgtank-")  # its path must be short
        os.chmod(self.socket_folder, 0o755)
        self.socket = Path(self.socket_folder) / "s"
        self.config = self.folder / "imgtank.conf"
        self.log = self.folder / "log"
        self.options = options
        self.bin_dir = Path(bin_dir)
        self.prefix = prefix  # of the daemon's command line: what becomes it by exec
        self.env = env or {}
        self.process = None
        self.clients = []
        self.reader.mkdir(exist_ok=True)
        if tank is None:
            self.tank.mkdir(exist_ok=True)
        logind = "" if "logind" in config else "logind = no\n"
        self.config.write_text(f"[tank]\npath = {self.tank}\nrequire-mount = no\n"
                               f"[daemon]\n{logind}{config}\n", encoding="utf-8")

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, str(self.bin_dir / "imgtankd"), "--config", str(self.config),
                 "--socket", str(self.socket), "--reader", str(self.reader), "--verbose",
                 *self.options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment(**self.env), start_new_session=True)
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                client = Client(self.socket)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                expect(self.process.poll() is None, f"the daemon ended: {self.said()}")
                expect(time.monotonic() < end, "the daemon does not listen")
                time.sleep(0.01)
        client.wait_tank(is_ready=True)
        client.close()
        return self

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def client(self, **more):
        client = Client(self.socket, **more)
        self.clients.append(client)
        client.wait(lambda: True, "the snapshot")
        return client

    def insert(self, folder, name):
        """A link to the card's folder, which is there in one piece."""
        (self.reader / name).symlink_to(os.fsdecode(folder))

    def pull(self, name):
        (self.reader / name).rename(self.folder / f"pulled-{name}")

    def put_back(self, name):
        (self.folder / f"pulled-{name}").rename(self.reader / name)

    def workers(self):
        """Processes of imgtank import below the daemon."""
        found = []
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        for pid in map(int, Path(path).read_text(encoding="utf-8").split()):
            with contextlib.suppress(OSError):
                if b"import" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    found.append(pid)
        return found

    def wait_for_workers(self):
        """Until the last thumbnail is made."""
        end = time.monotonic() + DEADLINE_S
        while self.workers():
            expect(time.monotonic() < end, "a worker does not end")
            time.sleep(0.02)

    def rss_kb(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text("utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    @contextlib.contextmanager
    def held(self):
        """The workers stand still meanwhile."""
        held = self.workers()
        for pid in held:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield held
        finally:
            for pid in held:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def stop(self, timeout_s=DEADLINE_S):
        """In order; its exit status must be 0."""
        self.process.send_signal(signal.SIGTERM)
        expect_equal(self.process.wait(timeout_s), 0, f"exit status; it said {self.said()}")
        expect(not self.socket.exists(), "the socket is left over")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        for client in self.clients:
            client.close()
        if self.process and self.process.poll() is None:
            for pid in self.workers():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            self.kill()
        shutil.rmtree(self.socket_folder, ignore_errors=True)


@contextlib.contextmanager
def box(folder, **more):
    made = Box(folder, **more)
    try:
        yield made.start()
        said = made.said()
        expect("Sanitizer" not in said and "runtime error" not in said, said)
    finally:
        made.end()


def fake_engine(folder, script):
    """A bin folder with the real imgtankd and another imgtank beside it, in Python."""
    bin_dir = Path(folder) / "bin"
    bin_dir.mkdir()
    shutil.copy2(BIN / "imgtankd", bin_dir)
    engine = bin_dir / "imgtank"
    engine.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n"
                      "if sys.argv[1] == 'history':\n    sys.exit(0)\n"
                      "def say(event, **more):\n"
                      "    print(json.dumps({'event': event, 'seq': 1, 'time_usec': 1,"
                      " 'card': 'x', **more}), flush=True)\n" + script, encoding="utf-8")
    engine.chmod(0o755)
    return bin_dir
