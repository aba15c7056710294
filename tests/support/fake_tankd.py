#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A daemon without cards: plays a scenario over the real protocol.

For writing and testing front ends: it behaves towards them as imgtankd does
(snapshot, changes, sync, replies), commands change its state, and the words
and lines come from the core itself (state_lines, built with the tests).

  fake_tankd.py copying                    play it at /tmp/imgtank-fake.sock
  fake_tankd.py --socket S --speed 10 ask  ten times as fast
  fake_tankd.py --print-state done         the state as JSON, for --render
  fake_tankd.py --record 20 copying        20 seconds as lines, for --replay
  fake_tankd.py --step idle                time stands still; lines on standard
                                           input say what happens:
    advance SECONDS      let time pass
    insert JSON          put in a card (as in a scenario's "cards")
    pull CARD            take a card out, whatever it is doing
    set JSON             change fields of the tank
    set-card CARD JSON   change fields of a card
    note JSON            add a message
    raw TEXT             send this line to everybody
    raw-lines JSON       send these lines to everybody, in one piece
    drop                 hang up on everybody
    deaf on|off          do not answer at all
    quit

It says "listening PATH" when it is ready, then "command ..." for each command
that it gets and "done" after each line of --step. docs/frontend-howto.md
describes scenarios; they are in tests/support/scenarios.
"""
import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICK_S = 0.1
LINE_BYTES_MAX = 64 * 1024
EPOCH_S = 1_780_315_200  # a fixed day, so that screens can be compared
TANK = {
    "is_ready": True, "path": "/data", "disk_label": "TANK", "disk_id": "5f2c-11aa",
    "is_mounted": True, "free_bytes": 812_000_000_000, "total_bytes": 1_000_000_000_000,
    "is_clock_trusted": True,
}
PLAN = {
    "files": 1204, "known": 0, "file_bytes": 9_500_000, "failing": {}, "left_out": {},
    "seconds": 40.0, "verify": True, "names": None, "full_after": None, "crash_after": None,
}
BUSY = ("inserted", "scanning", "copying", "verifying")
REPLIES = {
    "bad-json": ("This line is not a JSON object.",
                 "Send one JSON object a line, in UTF-8, nested 8 deep at most."),
    "bad-message": ("A field is missing or has the wrong type.",
                    "Send an id (a whole number from 1) and a command (text)."),
    "too-long": ("This line is too long.", "Send lines of up to 64 KiB."),
    "unknown-command": ("There is no such command.", "See protocol.md in /usr/share/doc/imgtank, or update imgtank."),
    "not-allowed": ("You may watch, but not give commands.",
                    "Become a member of the group imgtank, or use sudo."),
    "unknown-card": ("There is no such card.",
                     "It may have been taken out."),
    "which-card": ("More than one card could be meant.",
                   "Say which one is meant."),
    "not-now": ("This does not make sense at the moment.",
                "It may have changed just now: look once more."),
    "busy": ("A card is being copied.", "Wait until it is finished, cancel it, or insist."),
    "halting": ("The machine is shutting down.", "Wait until it is off."),
}


class Refused(Exception):
    """A command that gets another answer than ok."""


class Card:
    """One card: its facts as published, and what the play does with it."""

    def __init__(self, facts):
        facts = dict(facts)
        self.plan = {**PLAN, **facts.pop("plan", {})}
        self.auto = facts.pop("start", True)
        self.stays_mounted = facts.pop("stays_mounted", False)
        self.facts = {
            "card": "c1", "identity": "", "label": "EOS_DIGITAL", "camera": "Canon EOS R6",
            "slot": "sdb1", "size_bytes": 64_000_000_000, "state": "inserted",
            "waiting": "none", "is_mounted": True, **facts,
        }
        self.elapsed_s = 0.0  # in the present state
        self.events = []

    def __getitem__(self, key):
        return self.facts.get(key, 0)

    def enter(self, state, **facts):
        """Goes on to a state; what belonged to the old one alone is forgotten."""
        self.elapsed_s = 0.0
        self.facts.update(state=state, waiting="none", rate_bytes_per_s=0, file="", **facts)
        self.facts.pop("eta_s", None)

    def begin(self):
        """Imports the card from the start."""
        for key in ("errors", "errors_total", "fault", "verdict", "is_acknowledged", "left_out"):
            self.facts.pop(key, None)
        for key in [key for key in self.facts if key.startswith(("files_", "bytes_"))]:
            del self.facts[key]
        self.enter("scanning", is_mounted=True)

    def name(self, index):
        names = self.plan["names"]
        if names:
            return names[index % len(names)]
        return f"DCIM/{100 + index // 500}CANON/IMG_{index + 1:04}.{'JPG' if index % 3 else 'CR3'}"

    def scanned(self):
        plan = self.plan
        to_copy = plan["files"] - plan["known"]
        self.facts.update(
            files_selected=plan["files"], files_known=plan["known"],
            bytes_selected=plan["files"] * plan["file_bytes"],
            bytes_known=plan["known"] * plan["file_bytes"],
            bytes_to_verify=to_copy * plan["file_bytes"] if plan["verify"] else 0,
            files_left_out=sum(plan["left_out"].values()),
            left_out=[{"reason": reason, "files_count": count}
                      for reason, count in plan["left_out"].items()])
        if plan["files"] == 0:
            self.finish("empty")
        elif to_copy == 0:
            self.finish("safe-to-format")
        else:
            self.enter("copying")

    def fail_file(self, index, fault):
        errors = self.facts.setdefault("errors", [])
        self.facts["errors_total"] = self["errors_total"] + 1
        if len(errors) < 16:
            errors.append({"file": self.name(index), "fault": fault})
        self.facts["files_failed"] = self["files_failed"] + 1
        self.facts["bytes_failed"] = self["bytes_failed"] + self.plan["file_bytes"]
        self.tell("file-failed", file=self.name(index), fault=fault)

    def tell(self, event, **fields):
        self.events.append({"event": event, "time_usec": 0, "card": self["card"],
                            "label": self["label"], **fields})

    def copy_file(self, index):
        plan = self.plan
        if str(index) in plan["failing"]:
            self.fail_file(index, plan["failing"][str(index)])
            return
        self.facts["files_copied"] = self["files_copied"] + 1
        path = f"images/20260531/pimg_{index + 1:04}.{'jpg' if index % 3 else 'cr3'}"
        self.facts.update(newest_tank_path=path,
                          newest_thumbnail=path.replace("images/", "thumbnails/", 1))
        self.tell("file-copied", file=self.name(index), tank_path=path,
                  size_bytes=plan["file_bytes"], hash="0" * 32, date_is_guess=False)

    def copying(self, dt_s):
        plan = self.plan
        to_copy = plan["files"] - plan["known"]
        share = min(1.0, self.elapsed_s / plan["seconds"])
        stop = plan["full_after"] if plan["full_after"] is not None else plan["crash_after"]
        while self["files_copied"] + self["files_failed"] < int(share * to_copy):
            index = self["files_copied"] + self["files_failed"]
            if stop is not None and index >= stop:
                fault = "tank-full" if plan["full_after"] is not None else "internal"
                missing = (to_copy - index) * plan["file_bytes"] if fault == "tank-full" else 0
                self.finish("incomplete" if fault == "tank-full" else "failed", fault=fault,
                            bytes_missing=missing)
                return
            self.copy_file(index)
        done = self["files_copied"] + self["files_failed"]
        rate = int(to_copy * plan["file_bytes"] / plan["seconds"])
        self.facts.update(
            bytes_copied=int(share * to_copy * plan["file_bytes"]) - self["bytes_failed"],
            rate_bytes_per_s=rate, file=self.name(min(done, to_copy - 1)),
            eta_s=int((1 - share) * plan["seconds"] * (1.3 if plan["verify"] else 1)))
        if plan["verify"]:
            lag = max(0.0, share - 0.1)
            self.facts.update(files_verified=int(lag * self["files_copied"]),
                              bytes_verified=int(lag * self["bytes_copied"]))
        if share >= 1.0:
            self.enter("verifying") if plan["verify"] else self.finish("copied")

    def verifying(self, dt_s):
        wait_s = self.plan["seconds"] * 0.3
        share = min(1.0, 0.9 + 0.1 * self.elapsed_s / wait_s)
        self.facts.update(files_verified=int(share * self["files_copied"]),
                          bytes_verified=int(share * self["bytes_copied"]),
                          eta_s=int(max(0.0, wait_s - self.elapsed_s)))
        if share >= 1.0:
            self.finish("incomplete" if self["files_failed"] else "safe-to-format")

    def finish(self, verdict, **facts):
        state = {"incomplete": "partial", "failed": "failed", "cancelled": "cancelled"}
        if verdict == "safe-to-format":
            facts.setdefault("files_verified", self["files_selected"])
        self.enter(state.get(verdict, "done"), verdict=verdict, **facts)

    def advance(self, dt_s):
        """Lets time pass for this card."""
        self.elapsed_s += dt_s
        state = self["state"]
        if state == "inserted" and self.elapsed_s >= 0.5:
            self.begin()
        elif state == "scanning" and self.elapsed_s >= 1.0:
            self.scanned()
        elif state == "copying":
            self.copying(dt_s)
        elif state == "verifying":
            self.verifying(dt_s)
        elif state in ("done", "partial", "failed", "cancelled") and not self.stays_mounted:
            self.eject()

    def eject(self):
        self.enter("safe-to-remove", is_mounted=False)


class Tank:
    """All the state, and what commands do to it."""

    def __init__(self, scenario):
        self.may_command = scenario.get("may_command", True)
        self.facts = {**TANK, **scenario.get("tank", {})}
        self.cards = [Card(facts) for facts in scenario.get("cards", [])]
        self.messages = scenario.get("messages", [])
        self.history = scenario.get("history", [])
        self.access = scenario.get("access", {})
        self.script = sorted(scenario.get("script", []), key=lambda step: step["at_s"])
        self.time_s = 0.0
        self.halted_s = None
        self.offers = {}  # card id: commands that the core says make sense now
        self.was_over = {card["card"] for card in self.cards if card["verdict"]}

    def state(self):
        trusted = self.facts["is_clock_trusted"]
        return {"time_s": EPOCH_S + int(self.time_s) if trusted else 0, "tank": self.facts,
                "cards": [card.facts for card in self.cards], "messages": self.messages[:32],
                "history": self.history[:16]}

    def advance(self, dt_s):
        self.time_s += dt_s
        while self.script and self.script[0]["at_s"] <= self.time_s:
            self.happen(self.script.pop(0))
        if self.facts.get("halting", "none") != "none":
            return
        if not any(card["state"] in BUSY for card in self.cards):
            self.begin_next()
        for card in self.cards:
            if card.auto:
                card.advance(dt_s)
            if card["verdict"] not in (0, "none") and card["card"] not in self.was_over:
                self.note_end(card)

    def begin_next(self):
        for card in self.cards:
            if card["waiting"] == "turn":
                card.auto = True
                card.begin()
                return

    def note_end(self, card):
        """A card has ended: counters, a message, history."""
        self.was_over.add(card["card"])
        verdict = card["verdict"]
        good = verdict in ("safe-to-format", "copied", "empty")
        if verdict != "cancelled":
            key = "good_ends_count" if good else "bad_ends_count"
            self.facts[key] = self.facts.get(key, 0) + 1
        now = self.state()["time_s"]
        counts = {key: value for key, value in card.facts.items()
                  if key.startswith(("files_", "bytes_")) and key != "bytes_missing"}
        self.history.insert(0, {"time_s": now, "duration_s": int(card.plan["seconds"] * 1.3),
                                "label": card["label"], "camera": card["camera"],
                                "verdict": verdict, **counts})
        self.note("info" if good else "error",
                  f"{card['label']}: {'finished' if good else 'ended with problems'}.",
                  card["label"])

    def note(self, level, text, label=""):
        self.messages.insert(0, {"time_s": self.state()["time_s"], "level": level,
                                 "label": label, "text": text})

    def card(self, name):
        for card in self.cards:
            if name in (card["card"], card["label"]):
                return card
        raise Refused("unknown-card")

    def happen(self, step):
        """One step of a scenario's script."""
        kind = step["do"]
        if kind == "insert":
            self.cards.append(Card(step["card"]))
        elif kind == "pull":
            self.pull(step["card"])
        elif kind == "set":
            self.facts.update(step["tank"])
        elif kind == "set-card":
            self.card(step["card"]).facts.update(step["facts"])
        elif kind == "start":
            card = self.card(step["card"])
            card.auto = True
            card.begin()
        elif kind == "note":
            self.note(step["level"], step["text"], step.get("label", ""))
        else:
            raise SystemExit(f"fake_tankd: a script cannot do '{kind}'")

    def pull(self, name):
        card = self.card(name)
        self.was_over.discard(card["card"])
        if card["state"] in BUSY:
            card.enter("removed-early", is_mounted=False, fault="card-pulled", verdict="incomplete")
            self.note_end(card)
        else:
            self.cards.remove(card)

    def find_target(self, command, name):
        """The card that a command means; without a name the only one it can mean."""
        if name:
            return self.card(name)
        fits = [card for card in self.cards if self.makes_sense(command, card)]
        if len(fits) != 1:
            raise Refused("which-card" if fits else "not-now")
        return fits[0]

    def makes_sense(self, command, card):
        return command in self.offers.get(card["card"], ())

    def command(self, request):
        """Does what a client asks, or raises Refused."""
        command = request["command"]
        if command in ("ping", "follow"):
            return
        if not self.may_command:
            raise Refused("not-allowed")
        if self.facts.get("halting", "none") != "none":
            raise Refused("halting")
        if command in ("poweroff", "reboot"):
            if any(card["state"] in BUSY for card in self.cards) and not request.get("force"):
                raise Refused("busy")
            self.facts["halting"] = command
            self.halted_s = self.time_s
            return
        card = self.find_target(command, request.get("card", ""))
        if not self.makes_sense(command, card):
            raise Refused("not-now")
        self.obey(command, card)

    def obey(self, command, card):
        card.auto = True
        if command in ("confirm", "retry"):
            self.was_over.discard(card["card"])
            if command == "retry":
                card.plan["failing"], card.plan["full_after"] = {}, None
                card.plan["crash_after"] = None
            card.begin()
        elif command == "cancel":
            card.facts.pop("fault", None)
            card.finish("cancelled")
            if not card.stays_mounted:
                card.eject()
        elif command == "eject":
            card.eject()
        elif card["state"] == "removed-early":
            self.cards.remove(card)
        else:
            card.facts["is_acknowledged"] = True


class Lines:
    """The core's own encoder, fed with states."""

    def __init__(self, tool):
        self.process = subprocess.Popen([tool], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def feed(self, state):
        """Returns the lines that lead to the state, and its snapshot."""
        self.process.stdin.write(json.dumps(state).encode() + b"\n")
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline()) != b"\n":
            if not line:
                raise SystemExit("fake_tankd: the core does not take this state: "
                                 + json.dumps(state))
            lines.append(line)
        return lines, self.process.stdout.readline()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def encode(obj):
    return json.dumps(obj, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def hello(may_command):
    return encode({"event": "hello", "name": "imgtank", "protocol": "1.0", "version": "0.0-fake",
                   "may_command": may_command, "line_bytes_max": LINE_BYTES_MAX})


def sync(seq, time_usec):
    return encode({"event": "sync", "seq": seq, "time_usec": time_usec})


class Server:
    """Everybody who is connected gets the same lines."""

    def __init__(self, tank, lines, speed):
        self.tank, self.lines, self.speed = tank, lines, speed
        self.peers = {}  # writer: follows files
        self.is_deaf = False
        self.ended = asyncio.Event()
        self.seq = 0
        self.snapshot = b""
        self.feed()

    def feed(self):
        """Asks the core for words, lines and what commands make sense now."""
        changes, self.snapshot = self.lines.feed(self.tank.state())
        snapshot = json.loads(self.snapshot)
        self.tank.offers = {card["card"]: card["commands"] for card in snapshot["cards"]}
        return changes

    def numbered(self, line):
        """The line with the next number: it grows from line to line."""
        self.seq += 1
        return re.sub(rb'"seq":[0-9]+', b'"seq":%d' % self.seq, line, count=1)

    def now_usec(self):
        return time.monotonic_ns() // 1000

    def publish(self):
        """Sends what has changed since the last time."""
        began_usec = self.now_usec()
        changes = self.feed()
        events = [event for card in self.tank.cards for event in card.events]
        for card in self.tank.cards:
            card.events = []
        news = [self.numbered(encode({"event": event.pop("event"), "seq": 0, **event}))
                for event in events]
        group = [self.numbered(line) for line in changes]
        if changes:
            group.append(self.numbered(sync(0, began_usec)))
        for writer, follows in self.peers.items():
            writer.writelines([*news, *group] if follows else group)

    def advance(self, dt_s):
        while dt_s > 1e-9:
            step_s = min(TICK_S, dt_s)
            self.tank.advance(step_s)
            dt_s -= step_s
        self.publish()
        if self.tank.halted_s is not None and self.tank.time_s - self.tank.halted_s >= 3:
            self.ended.set()

    async def run_clock(self):
        last = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            self.advance((now - last) * self.speed)
            last = now

    def answer(self, line):
        """The reply to one line of a client, and whether it may be obeyed by the server."""
        request = {}
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ValueError("no object")
            number = request.get("id")
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                request["id"] = 0
                raise Refused("bad-message")
            if not isinstance(request.get("command"), str):
                raise Refused("bad-message")
            known = ("confirm", "eject", "cancel", "retry", "ack", "poweroff", "reboot", "follow",
                     "ping")
            if request["command"] not in known:
                raise Refused("unknown-command")
            self.tank.command(request)
        except Refused as refused:
            code = str(refused)
            return {"reply": request["id"], "ok": False, "code": code,
                    "sentence": REPLIES[code][0], "remedy": REPLIES[code][1]}, request
        except ValueError:
            return {"reply": 0, "ok": False, "code": "bad-json",
                    "sentence": REPLIES["bad-json"][0], "remedy": REPLIES["bad-json"][1]}, {}
        return {"reply": request["id"], "ok": True}, request

    async def serve(self, reader, writer):
        print("connected", flush=True)
        if not self.is_deaf:
            writer.writelines([hello(self.tank.may_command), self.numbered(self.snapshot),
                               self.numbered(sync(0, 0))])
        self.peers[writer] = False
        try:
            while line := await reader.readline():
                if self.is_deaf:
                    continue
                reply, request = self.answer(line)
                print("command", line.decode(errors="replace").strip(), flush=True)
                writer.write(encode(reply))
                if reply["ok"] and request["command"] == "follow":
                    self.peers[writer] = bool(request.get("files"))
                    if request.get("access"):
                        writer.writelines([self.numbered(encode(
                            {"event": "access", "seq": 0, **self.tank.access})),
                            self.numbered(sync(0, 0))])
                self.publish()
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            pass
        finally:
            self.peers.pop(writer, None)
            writer.close()

    def hear(self, line):
        """One line of --step."""
        word, _, rest = line.strip().partition(" ")
        if word == "advance":
            self.advance(float(rest))
        elif word == "insert":
            self.tank.happen({"do": "insert", "card": json.loads(rest)})
        elif word == "pull":
            self.tank.pull(rest)
        elif word == "set":
            self.tank.facts.update(json.loads(rest))
        elif word == "set-card":
            name, _, facts = rest.partition(" ")
            self.tank.card(name).facts.update(json.loads(facts))
        elif word == "note":
            self.tank.happen({"do": "note", **json.loads(rest)})
        elif word == "raw":
            for writer in self.peers:
                writer.write(rest.encode() + b"\n")
        elif word == "raw-lines":
            for writer in self.peers:
                writer.write("".join(line + "\n" for line in json.loads(rest)).encode())
        elif word == "drop":
            for writer in list(self.peers):
                writer.transport.abort()
        elif word == "deaf":
            self.is_deaf = rest == "on"
        elif word == "quit":
            self.ended.set()
        else:
            print("unknown", word, flush=True)
        if not self.is_deaf:
            self.publish()
        print("done", flush=True)

    async def run_steps(self):
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            try:
                self.hear(line.decode())
            except (Refused, ValueError, KeyError) as error:
                print("failed", repr(error), flush=True)
        self.ended.set()


async def serve(tank, lines, args):
    server = Server(tank, lines, args.speed)
    try:
        os.unlink(args.socket)
    except FileNotFoundError:
        pass
    listener = await asyncio.start_unix_server(server.serve, args.socket, limit=LINE_BYTES_MAX)
    print("listening", args.socket, flush=True)
    clock = asyncio.create_task(server.run_steps() if args.step else server.run_clock())
    ended = asyncio.create_task(server.ended.wait())
    await asyncio.wait({clock, ended}, return_when=asyncio.FIRST_COMPLETED)
    if clock.done() and clock.exception():
        raise clock.exception()
    clock.cancel()
    for writer in list(server.peers):
        writer.transport.abort()
    listener.close()
    os.unlink(args.socket)


def print_state(tank, lines, at_s):
    for _ in range(round(at_s / TICK_S)):
        tank.advance(TICK_S)
    snapshot = json.loads(lines.feed(tank.state())[1])
    if tank.access:
        snapshot["access"] = tank.access  # as a state in a file may have it
    print(json.dumps(snapshot, indent="\t", ensure_ascii=False))


def record(tank, lines, seconds):
    """Lines as if they had been recorded, with times that begin at one second."""
    out = sys.stdout.buffer
    snapshot = lines.feed(tank.state())[1]
    seq = json.loads(snapshot)["seq"]
    out.writelines([hello(tank.may_command), snapshot, sync(seq + 1, 1_000_000)])
    for tick in range(1, round(seconds / TICK_S) + 1):
        tank.advance(TICK_S)
        changes, snapshot = lines.feed(tank.state())
        if changes:
            seq = json.loads(snapshot)["seq"]
            out.writelines([*changes, sync(seq + 1, 1_000_000 + round(tick * TICK_S * 1_000_000))])


def find_tool(given):
    if given:
        return given
    if "IMGTANK_BIN" in os.environ:
        return str(Path(os.environ["IMGTANK_BIN"]).parent / "tests" / "state_lines")
    built = sorted(HERE.parent.parent.glob("build/*/tests/state_lines"),
                   key=lambda path: path.stat().st_mtime)
    if not built:
        raise SystemExit("fake_tankd: build the tests first (state_lines is missing)")
    return str(built[-1])


def load(name):
    path = Path(name)
    if not path.exists():
        path = HERE / "scenarios" / f"{name}.json"
    if not path.exists():
        names = sorted(file.stem for file in (HERE / "scenarios").glob("*.json"))
        raise SystemExit(f"fake_tankd: there is no scenario '{name}'; there are: "
                         + ", ".join(names))
    return json.loads(path.read_text(encoding="utf-8"))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", help="a name from tests/support/scenarios, or a file")
    parser.add_argument("--socket", default="/tmp/imgtank-fake.sock")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--step", action="store_true")
    parser.add_argument("--print-state", action="store_true")
    parser.add_argument("--at", type=float, default=0.0, help="seconds to let pass first")
    parser.add_argument("--record", type=float, metavar="SECONDS")
    parser.add_argument("--tool", help="state_lines, if it is not in build/")
    args = parser.parse_args()
    tank = Tank(load(args.scenario))
    lines = Lines(find_tool(args.tool))
    try:
        if args.print_state:
            print_state(tank, lines, args.at)
        elif args.record is not None:
            record(tank, lines, args.record)
        else:
            asyncio.run(serve(tank, lines, args))
    except KeyboardInterrupt:
        pass
    finally:
        lines.close()


if __name__ == "__main__":
    main()
