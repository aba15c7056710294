#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""imgtank is killed, with all its processes, at every moment that can be had.

Random: SIGKILL after a random time. Exact: the shim kills at the nth call of a
function, before or after it is done. Two at once: two imports into one tank die
together. After each death the checker must find no half file under a final
name; now and then a clean run must make everything whole, and the history of
names must show no number used twice.

  crash_campaign.py [--full] [--seconds N] [--seed N] [-v]
"""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import (  # noqa: E402
    SHIM, Skip, Work, check_tank, expect, kill_group, scratch, shim_environment, start)

CALLS = ("pwrite", "write", "linkat", "renameat2", "renameat", "unlinkat", "mkdirat", "fsync",
         "fdatasync", "syncfs", "openat", "tmpfile", "futimens", "fchmod", "ftruncate", "flock")


class Campaign:
    def __init__(self, folder, args):
        self.work = Work(folder)
        self.random = random.Random(args.seed)
        self.verbose = args.verbose
        self.cards = [self.work.card("mixed", "one", 1),
                      self.work.card("plain", "two", 2, count=40, size_bytes=60_000),
                      self.work.card("plain", "three", 3, count=6, size_bytes=2_500_000)]
        self.deaths = {"random": 0, "exact": 0, "two at once": 0}
        self.alive = self.heals = 0
        self.bad = []
        self.duration_s = self.measure()

    def measure(self):
        """How long an import takes, and how many calls of each kind it makes."""
        self.calls = self.count_calls() if os.path.exists(SHIM) else {}
        self.new_tank()
        started = time.monotonic()
        for card in self.cards:
            expect(self.work.run(card).verdict() == "safe-to-format", "the clean run failed")
        self.work.check()
        self.new_tank()
        return max(0.1, (time.monotonic() - started) / len(self.cards))

    def count_calls(self):
        counts = self.work.path("counts")
        self.work.run(self.cards[0], env=shim_environment(counts=counts, path=self.work.tank))
        text = counts.read_text()
        lines = [text[at:at + 31].strip("\0").split() for at in range(0, len(text) - 31, 32)]
        return {name: int(count) for name, count in lines if name in CALLS and int(count)}

    def new_tank(self):
        shutil.rmtree(self.work.tank, ignore_errors=True)
        self.work.histories.clear()

    def command(self, card):
        args = ["import", "--json", "--tank", self.work.tank]
        if self.random.random() < 0.2:
            args.append("--no-verify")
        return [*args, card.root]

    def wait(self, process):
        """True if it died by the kill, False if it had ended by itself."""
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            kill_group(process)
            process.communicate()
            raise AssertionError("it hung") from None
        return process.returncode < 0

    def die_at_random(self):
        process = start(self.command(self.random.choice(self.cards)))
        time.sleep(self.random.random() ** 2 * self.duration_s * 1.2)
        kill_group(process)
        return "random", self.wait(process)

    def die_at_a_call(self):
        call = self.random.choice(sorted(self.calls))
        nth = self.random.randrange(1, self.calls[call] + 1)
        when = self.random.choice(("before", "after"))
        plan = f"fn={call} path={self.work.tank} nth={nth} times=0 kill={when}"
        process = start(self.command(self.random.choice(self.cards)),
                        env=shim_environment(plan=plan))
        return "exact", self.wait(process)

    def die_together(self):
        two = self.random.sample(self.cards, 2)
        running = [start(self.command(card)) for card in two]
        time.sleep(self.random.random() ** 2 * self.duration_s * 2)
        for process in running:
            kill_group(process)
        return "two at once", any([self.wait(process) for process in running])

    def one(self):
        ways = [self.die_at_random, self.die_together]
        if self.calls:
            ways += [self.die_at_a_call] * 3
        kind, has_died = self.random.choice(ways)()
        self.deaths[kind] += has_died
        self.alive += not has_died
        self.check("after " + kind, partial=True)

    def check(self, when, partial):
        findings = check_tank.Findings()
        tank = str(self.work.tank)
        names = check_tank.check_images(tank, self.work.expected, findings, partial)
        check_tank.check_history(names, self.work.histories.setdefault(tank, {}), findings)
        if not partial:
            check_tank.check_no_leftovers(tank, findings)
            check_tank.check_thumbnails(tank, findings)
            check_tank.check_ledger(tank, findings)
            for root, before in self.work.snapshots.items():
                check_tank.check_card(root, before, findings)
        if findings:
            self.bad.append(when)
            print(f"BAD {when}:\n  " + "\n  ".join(findings[:8]), flush=True)
            keep = os.environ.get("IMGTANK_KEEP_BAD")
            if keep:
                shutil.copytree(tank, os.path.join(keep, f"tank{len(self.bad)}"))
            self.new_tank()

    def heal(self):
        self.heals += 1
        for card in self.cards:
            result = self.work.run(card)
            if result.verdict() != "safe-to-format":
                self.bad.append("heal")
                print(f"BAD clean run: {result}", flush=True)
        self.check("after a clean run", partial=False)

    def round(self):
        """Some deaths on one tank, a clean run, and now and then a new tank."""
        for _ in range(self.random.randrange(2, 7)):
            self.one()
        self.heal()
        if self.verbose:
            print(f"deaths {self.deaths}, clean runs {self.heals}, bad {len(self.bad)}",
                  flush=True)
        if self.random.random() < 0.8:
            self.new_tank()


def main():
    parser = argparse.ArgumentParser(description="Kills imports and looks what is left.")
    parser.add_argument("--full", action="store_true", help="an hour, if --seconds is not given")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=int(time.time()) // 86400)
    parser.add_argument("-v", "--verbose", action="store_true")
    args = parser.parse_args()
    end = time.monotonic() + (args.seconds or (3600 if args.full else 35))
    try:
        with scratch("crash") as folder:
            campaign = Campaign(folder, args)
            while time.monotonic() < end:
                campaign.round()
    except Skip as reason:
        print(f"skipped: {reason}")
        return 77
    print(f"{sum(campaign.deaths.values())} deaths ({campaign.deaths}), {campaign.alive} ended "
          f"before the kill, {campaign.heals} clean runs, {len(campaign.bad)} bad "
          f"(seed {args.seed})")
    return 1 if campaign.bad else 0


if __name__ == "__main__":
    sys.exit(main())
