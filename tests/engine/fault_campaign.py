#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file-system call of an import fails once, in every way that matters.

A clean run under the shim counts the calls. Then, for every function and every
n, the nth call fails; the import must end with an honest status, the checker
must find no half file, and a clean run must make everything whole.

  fault_campaign.py [--full] [--seconds N] [--seed N] [--start TANK] [--only FUNCTION] [--match TEXT] [-v]

Without --full: a seeded sample within the time given (default 40 s).
"""
import argparse
import os
import pathlib
import random
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import (  # noqa: E402
    SKIPPED, Skip, Work, check_tank, expect, import_json, make_card, scratch, shim_environment)

EINTR, EIO, ENOSPC, EROFS, EDQUOT, EMFILE, ENOMEM = 4, 5, 28, 30, 122, 24, 12
EOPNOTSUPP, EINVAL, EACCES, ENOENT, ENOSYS = 95, 22, 13, 2, 38

WRITES = [f"errno={ENOSPC}", f"errno={EIO}", f"errno={EROFS}", f"errno={EDQUOT}", "short=1",
          "short=511", f"errno={EINTR}"]
META = [f"errno={EIO}", f"errno={ENOSPC}", f"errno={EROFS}", f"errno={EACCES}"]
SYNCS = [f"errno={EIO}", f"errno={ENOSPC}"]

# function -> ways in which a call on the tank fails
TANK_FAULTS = {
    "write": WRITES, "pwrite": WRITES, "pwritev": WRITES,
    "openat": META + [f"errno={EMFILE}"],
    "tmpfile": META + [f"errno={EOPNOTSUPP}", f"errno={EMFILE}"],
    "linkat": META, "renameat": META, "renameat2": META + [f"errno={EINVAL}", f"errno={ENOSYS}"],
    "unlinkat": [f"errno={EIO}", f"errno={EROFS}"], "mkdirat": META,
    "fsync": SYNCS, "fdatasync": SYNCS, "syncfs": SYNCS, "sync_file_range": SYNCS,
    "futimens": [f"errno={EIO}", f"errno={EROFS}"], "fchmod": [f"errno={EIO}", f"errno={EROFS}"],
    "fchown": [f"errno={EIO}"], "fstatvfs": [f"errno={EIO}"], "ftruncate": META,
    "fallocate": META, "copy_file_range": WRITES, "flock": [f"errno={EINTR}", f"errno={EIO}"],
    "read": [f"errno={EIO}", f"errno={EINTR}", "short=1", "zero"],
    "pread": [f"errno={EIO}", f"errno={EINTR}", "short=1", "zero"],
    "getdents": [f"errno={EIO}"], "statx": [f"errno={EIO}", f"errno={ENOMEM}"],
}
CARD_FAULTS = {
    "openat": [f"errno={EIO}", f"errno={ENOENT}", f"errno={EACCES}", f"errno={EMFILE}"],
    "read": [f"errno={EIO}", "short=1", f"errno={EINTR}", "zero"],
    "pread": [f"errno={EIO}", "short=1", f"errno={EINTR}", "zero"],
    "preadv": [f"errno={EIO}", "short=1"],
    "getdents": [f"errno={EIO}"], "statx": [f"errno={EIO}", f"errno={ENOENT}"],
}
# what the import finds in the tank
STARTS = ("empty", "known", "damaged-ledger")
# once, and from there on: a disk that is full or gone stays so
TIMES = (1, 0)


def make_small_card(root):
    card = make_card.Card(root, 77)
    for i in range(3):
        when = make_card.at(i, 9)
        card.jpeg(f"DCIM/100EXMPL/IMG_{i + 1:04}.JPG", when, 2500)
    card.add("DCIM/100EXMPL/IMG_0001.CR2", make_card.camera_raw(9, make_card.at(0, 9), 5000),
             make_card.at(0, 9))
    card.add("DCIM/100EXMPL/IMG_0002.XMP", make_card.sidecar_xmp(4), make_card.at(1, 9))
    card.jpeg("DCIM/101EXMPL/IMG_0004.JPG", make_card.at(3), 1_200_000)
    card.add("DCIM/101EXMPL/COPY0001.JPG", make_card.camera_jpeg(1, make_card.at(4)),
             make_card.at(4))
    card.add("DCIM/101EXMPL/COPY0002.JPG", make_card.camera_jpeg(1, make_card.at(4)),
             make_card.at(4))
    card.add("DCIM/101EXMPL/EMPTY001.JPG", b"", make_card.at(5))
    return card


class Campaign:
    def __init__(self, folder, verbose):
        self.work = Work(folder)
        self.card = make_small_card(self.work.path("card"))
        self.make_template()
        self.work.watch(self.card)
        self.verbose = verbose
        self.runs = self.failed_runs = 0
        self.bad = []
        self.shapes = {}

    def places(self):
        return {"tank": (str(self.work.tank), TANK_FAULTS),
                "card": (os.fsdecode(self.card.root), CARD_FAULTS)}

    def fresh_tank(self, start):
        """Empty, or with an earlier import, so that known files and a ledger are met too."""
        shutil.rmtree(self.work.tank, ignore_errors=True)
        self.work.histories.clear()
        if start != "empty":
            shutil.copytree(self.work.path("template"), self.work.tank, symlinks=True)
        if start == "damaged-ledger":
            (self.work.tank / ".imgtank/ledger.db").write_bytes(b"no ledger any more " * 1000)

    def make_template(self):
        """An earlier import of half of the card's content, from another card."""
        old = make_card.Card(self.work.path("old"), 5)
        for file in self.card.files[:3]:
            with open(self.card.path(file["name"]), "rb") as source:
                old.add(file["name"], source.read(), make_card.at(0))
        old.jpeg("DCIM/100EXMPL/OLD00001.JPG", make_card.at(8), 2000)
        self.work.watch(old)
        result = import_json(self.work.path("template"), old.root)
        expect(result.verdict() == "safe-to-format", f"the template import failed\n{result}")

    def count_calls(self, start):
        shape = {}
        for name, (path, faults) in self.places().items():
            counts = self.work.path("counts")
            counts.unlink(missing_ok=True)
            self.fresh_tank(start)
            result = self.work.run(self.card, env=shim_environment(counts=counts, path=path))
            expect(result.verdict() == "safe-to-format", f"the clean run failed\n{result}")
            text = counts.read_text()
            for at in range(0, len(text) - 31, 32):
                function, count = text[at:at + 31].split()
                if function in faults and int(count.rstrip("\0")):
                    shape[name, function] = int(count.rstrip("\0"))
        self.shapes[start] = shape
        return shape

    def cases(self, starts, only):
        for start in starts:
            shape = self.count_calls(start)
            for (place, function), count in sorted(shape.items()):
                if only and function != only:
                    continue
                for n in range(1, count + 1):
                    for action in self.places()[place][1][function]:
                        for times in TIMES if action != f"errno={EINTR}" else (1,):
                            yield start, place, function, n, action, times

    def judge(self, result):
        """Is what it said true? Returns the trouble, or None."""
        done = result.done()
        if result.status not in (0, 3, 4, 5):
            return f"exit status {result.status}"
        safe = done["verdict"] == "safe-to-format"
        if safe != (result.status == 0):
            return f"verdict {done['verdict']} with exit status {result.status}"
        findings = check_tank.Findings()
        check_tank.check_images(str(self.work.tank), self.work.expected, findings,
                                partial=not safe)
        wanted = {f["sha256"] for f in self.card.files}
        missing = [f for f in findings if not f.startswith("missing")]
        if safe:
            there = set(check_tank.check_images(str(self.work.tank), None,
                                                check_tank.Findings()).values())
            if wanted - there:
                return f"safe to format, but {len(wanted - there)} contents are not in the tank"
        if missing:
            return "; ".join(missing[:3])
        if not safe and not (done.get("fault") or result.of("file-failed") or
                             done["folders_failed"] or result.of("notice")):
            return f"verdict {done['verdict']} without a reason"
        return None

    def heal(self):
        """A clean run, and everything must be whole."""
        result = self.work.run(self.card)
        if result.verdict() == "incomplete":  # a damaged copy was found: the next run heals it
            result = self.work.run(self.card)
        if result.verdict() != "safe-to-format":
            return f"the clean run ended {result.verdict()}: {result.done().get('fault')} " \
                   f"{[e.get('fault') for e in result.of('file-failed')]}"
        findings = check_tank.Findings()
        tank = str(self.work.tank)
        there = check_tank.check_images(tank, self.work.expected, findings, partial=True)
        for digest in {f["sha256"] for f in self.card.files} - set(there.values()):
            findings.say(f"missing after the clean run: {digest[:12]}")
        check_tank.check_history(there, self.work.histories.setdefault(tank, {}), findings)
        check_tank.check_no_leftovers(tank, findings, damaged=True)
        check_tank.check_ledger(tank, findings)
        for root, before in self.work.snapshots.items():
            check_tank.check_card(root, before, findings)
        return "; ".join(findings[:4]) if findings else None

    def plan(self, case):
        _, place, function, n, action, times = case
        return f"fn={function} path={self.places()[place][0]} nth={n} times={times} {action}"

    def run_case(self, case):
        start = case[0]
        plan = self.plan(case)
        self.fresh_tank(start)
        self.runs += 1
        try:
            result = self.work.run(self.card, env=shim_environment(plan=plan), timeout=60)
            self.failed_runs += result.status != 0
            trouble = self.judge(result)
            names = check_tank.check_images(str(self.work.tank), None, check_tank.Findings())
            check_tank.check_history(names, self.work.histories.setdefault(
                str(self.work.tank), {}), check_tank.Findings())
            trouble = trouble or self.heal()
        except AssertionError as error:
            trouble = str(error)[:400]
        if self.verbose or trouble:
            print(f"{'BAD' if trouble else 'ok '} start={start} {plan}"
                  f"{': ' + trouble if trouble else ''}", flush=True)
        if trouble:
            self.bad.append(case)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Every file-system call fails once.")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--seed", type=int, default=int(time.time()) // 86400)
    parser.add_argument("--start", choices=STARTS, help="only with a tank that begins so")
    parser.add_argument("--only", help="only this function")
    parser.add_argument("--match", default="", help="only cases with this in their plan")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


def run_campaign(args, folder):
    shim_environment()  # or it is skipped
    campaign = Campaign(folder, args.verbose)
    cases = [c for c in campaign.cases([args.start] if args.start else STARTS, args.only) if args.match in campaign.plan(c)]
    if not args.full:
        random.Random(args.seed).shuffle(cases)
    end = time.monotonic() + args.seconds
    for case in cases:
        if not args.full and time.monotonic() > end:
            break
        campaign.run_case(case)
    print(f"{campaign.runs} of {len(cases)} faults tried (seed {args.seed}), "
          f"{campaign.failed_runs} imports failed by them, {len(campaign.bad)} bad ends")
    for start, shape in campaign.shapes.items():
        print(f"calls, {start}: " +
              ", ".join(f"{place}:{f} {n}" for (place, f), n in sorted(shape.items())))
    return 1 if campaign.bad else 0


def main():
    args = parse_arguments()
    try:
        with scratch("faults") as folder:
            return run_campaign(args, folder)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED


if __name__ == "__main__":
    sys.exit(main())
