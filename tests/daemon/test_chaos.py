#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Front ends, workers and the daemon are killed at random moments of imports.

test_chaos.py [--seconds N] [--seed N]

Whatever was killed: the others live on, a front end says "no connection" within a second and shows
what is right within a second of the daemon being back, nobody says "may be formatted" of a card that
is not whole in the tank, and in the end everything is in the tank once. The checker knows nothing
of the program.
"""
import argparse
import contextlib
import os
import random
import re
import signal
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))
from box import BIN, BUSY, box  # noqa: E402
from e2e import Work, expect, expect_equal, scratch  # noqa: E402
from fakebox import Program  # noqa: E402

CARD_LINE = re.compile(r"^  card (\S+) (\S+) (\S+)(.*)")
FRONT_ENDS = 3
FILES, FILE_BYTES = 160, 300000
# The promise is one second. A machine that is busy with other tests, and sanitizers, take theirs.
PROMISE_S, PATIENCE_S = 1.0, 20.0


class FrontEnd(Program):
    """A real mirror. shown(): label -> (state, the words behind it) of the last whole show()."""

    def __init__(self, path):
        super().__init__([BIN / "imgtank-ui-record", "--socket", str(path)])

    def shown(self):
        lines = list(self.lines)
        last = max((i for i, line in enumerate(lines) if line.startswith("show ")), default=None)
        if last is None:
            return None, {}
        cards = {}
        for line in lines[last + 1:]:
            match = CARD_LINE.match(line)
            if not match:
                break
            cards[match.group(2)] = (match.group(3), match.group(4))
        return re.search(r"connection=(\S+)", lines[last]).group(1), cards

    def claims_format(self):
        return any(" may-format" in words for _, words in self.shown()[1].values())


def wait_until(is_true, what, took_s=None):
    """Waits for it; notes how long that took."""
    began = time.monotonic()
    while not is_true():
        expect(time.monotonic() - began < PATIENCE_S, what())
        time.sleep(0.005)
    if took_s is not None:
        took_s.append(time.monotonic() - began)


class Chaos:
    def __init__(self, work, b, seed):
        self.work, self.box = work, b
        self.random = random.Random(seed)
        self.card = work.card("plain", name="CARD", count=FILES, size_bytes=FILE_BYTES)
        self.front_ends = [FrontEnd(b.socket) for _ in range(FRONT_ENDS)]
        self.client = b.client()
        self.counts = {}
        self.lost_s, self.back_s = [], []

    def close(self):
        for front_end in self.front_ends:
            front_end.close()

    # ---- what is right --------------------------------------------------------------------------

    def truth(self):
        self.client.read(0)
        return {card["label"]: card["state"] for card in self.client.model["cards"]}

    def is_right(self, front_end):
        connection, cards = front_end.shown()
        return connection == "up" and {label: card[0] for label, card in cards.items()} \
            == self.truth()

    def wait_until_all_are_right(self, took_s=None):
        for front_end in self.front_ends:
            wait_until(lambda f=front_end: self.is_right(f),
                       lambda f=front_end: f"shown {f.shown()} instead of {self.truth()}", took_s)

    def check_claims(self):
        """Nobody says "may be formatted" before it is so; then the checker must agree."""
        claims = [front_end.claims_format() for front_end in self.front_ends]
        if any(claims):
            self.box.wait_for_workers()
            self.work.check(partial=True)
            missing = self.missing()
            expect(not missing, f"a front end says may-format, but {missing} are missing")

    def missing(self):
        import check_tank
        findings = check_tank.Findings()
        check_tank.check_images(str(self.work.tank), self.work.expected, findings)
        return list(findings)

    # ---- what is done to it -----------------------------------------------------------------------

    def kill_front_end(self):
        i = self.random.randrange(FRONT_ENDS)
        self.front_ends[i].signal(self.random.choice((signal.SIGKILL, signal.SIGTERM)))
        self.front_ends[i].wait_end()
        self.front_ends[i].close()
        self.front_ends[i] = FrontEnd(self.box.socket)

    def kill_worker(self):
        for pid in self.box.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self.random.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGABRT)))

    def kill_daemon(self):
        self.box.process.send_signal(self.random.choice((signal.SIGKILL, signal.SIGTERM)))
        self.box.process.wait(60)
        for front_end in self.front_ends:
            wait_until(lambda f=front_end: f.shown()[0] == "none",
                       lambda f=front_end: f"a dead daemon is not noticed: {f.shown()}",
                       self.lost_s)
        time.sleep(self.random.random() * 0.4)
        self.client.close()
        self.box.start()
        self.client = self.box.client()
        self.wait_until_all_are_right(self.back_s)

    def pull_card(self):
        if self.box.reader.joinpath("CARD").is_symlink():
            self.box.pull("CARD")
            self.box.put_back("CARD")

    def stop_for_a_moment(self):
        """A front end that hangs: everybody else goes on."""
        front_end = self.random.choice(self.front_ends)
        front_end.signal(signal.SIGSTOP)
        time.sleep(self.random.random() * 0.2)
        front_end.signal(signal.SIGCONT)

    # ---- the whole ---------------------------------------------------------------------------------

    def ask_again(self):
        """An import that was ended goes on only when it is asked for."""
        self.client.read(0)
        card = self.client.card("CARD")
        if card and "retry" in card["commands"]:
            self.client.command("retry", card="CARD")

    def forget_tank_when_done(self):
        """So that the next import has something to copy: a new card in the old one's place."""
        self.client.read(0)
        card = self.client.card("CARD")
        if not card or card["verdict"] != "safe-to-format":
            return
        self.check_claims()
        number = self.counts["imports"] = self.counts.get("imports", 0) + 1
        self.box.reader.joinpath("CARD").unlink()
        self.client.wait_gone("CARD")
        self.card = self.work.card("plain", name=f"CARD{number}", seed=number + 1, count=FILES,
                                   size_bytes=FILE_BYTES)
        self.box.insert(self.card.root, "CARD")

    def run(self, seconds):
        deeds = (self.kill_front_end, self.kill_worker, self.kill_daemon, self.pull_card,
                 self.stop_for_a_moment)
        self.box.insert(self.card.root, "CARD")
        end = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < end or turn < len(deeds):
            self.wait_a_moment_of_the_import()
            deed = deeds[turn] if turn < len(deeds) else self.random.choice(deeds)
            turn += 1
            deed()
            self.counts[deed.__name__] = self.counts.get(deed.__name__, 0) + 1
            expect_equal(self.box.process.poll(), None, f"the daemon lives after {deed.__name__}")
            for front_end in self.front_ends:
                expect_equal(front_end.process.poll(), None, "the front end lives")
            self.check_claims()
            self.ask_again()
            self.forget_tank_when_done()

    def wait_a_moment_of_the_import(self):
        """Into the work, a random time deep; not for ever if it is over."""
        end = time.monotonic() + 2
        while not any(state in BUSY for state in self.truth().values()) and time.monotonic() < end:
            self.ask_again()
            self.client.read(0.02)
        time.sleep(self.random.random() * 0.25)

    def finish(self):
        end = time.monotonic() + 60
        while not (self.client.card("CARD") and
                   self.client.card("CARD")["verdict"] == "safe-to-format" and
                   self.client.card("CARD")["state"] == "safe-to-remove"):
            expect(time.monotonic() < end, f"it does not come to an end: {self.client.summary()}")
            self.ask_again()
            self.client.read(0.1)
        self.wait_until_all_are_right()
        expect(all(front_end.claims_format() for front_end in self.front_ends), "all say so")
        self.box.wait_for_workers()
        self.box.stop()
        self.work.check()


def late(took_s):
    return sum(1 for each in took_s if each > PROMISE_S)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with scratch("chaos") as folder:
        work = Work(folder)
        with box(work.folder) as b:
            chaos = Chaos(work, b, args.seed)
            try:
                chaos.run(args.seconds)
                chaos.finish()
            finally:
                chaos.close()
        print(f"seed {args.seed}: {chaos.counts}; loss shown after at most "
              f"{max(chaos.lost_s):.2f} s, right again after at most {max(chaos.back_s):.2f} s "
              f"({len(chaos.back_s)} times, {late(chaos.lost_s + chaos.back_s)} over {PROMISE_S} s)")
        for took_s in (chaos.lost_s, chaos.back_s):
            expect(median(took_s) < PROMISE_S, "more than one second is no exception")


if __name__ == "__main__":
    main()
