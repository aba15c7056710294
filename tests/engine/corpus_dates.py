#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the capture times that a program finds with ExifTool's.

usage: corpus_dates.py [--malformed] [--bar PERCENT] [--cost] CORPUS PROGRAM [ARG...]

CORPUS holds truth.jsonl (one object a line, made with ExifTool) and the files
it names. PROGRAM is called with file names behind its arguments and prints one
JSON object a line: file, type, capture_time and more (`imgtank probe --json`,
media_dump). Expected is ExifTool's DateTimeOriginal, else CreateDate, to the
second; values that are no dates count as absent.

--malformed  only the files that ExifTool calls damaged: the program must live
             through each of them within a second; dates are shown, not judged
--cost       prints the slowest files and the program's peak memory

Exit status: 0 good, 1 below the bar (or crashed), 77 no corpus here.
"""

import argparse
import collections
import datetime
import json
import os
import re
import resource
import subprocess
import sys

DATE = re.compile(
    r"^(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?(?!\d)")
BATCH = 64


def normalise(value):
    """ExifTool's date as YYYY-MM-DDTHH:MM:SS, or None."""
    match = DATE.match(str(value or ""))
    if not match:
        return None
    numbers = [int(group or 0) for group in match.groups()]
    try:
        return datetime.datetime(*numbers).isoformat()
    except ValueError:
        return None


def expected_time(row):
    return normalise(row.get("DateTimeOriginal")) or normalise(row.get("CreateDate"))


class Crash(Exception):
    pass


def ask(program, names):
    """One run of the program; the objects it printed, in order."""
    run = subprocess.run(program + names, stdout=subprocess.PIPE, timeout=60 + len(names))
    lines = run.stdout.decode("utf-8", "replace").splitlines()
    if run.returncode < 0 or run.returncode > 100 or len(lines) != len(names):
        raise Crash(f"status {run.returncode}, {len(lines)} lines for {len(names)} files")
    return [json.loads(line) for line in lines]


def ask_each(program, names):
    """The same, file by file, so that a crash has a name; None for each that crashed."""
    answers = []
    for name in names:
        try:
            answer = ask(program, [name])[0]
        except (Crash, ValueError, subprocess.TimeoutExpired) as error:
            print(f"CRASH {name}: {error}")
            answer = None
        answers.append(answer)
    return answers


def ask_all(program, names):
    answers = []
    for i in range(0, len(names), BATCH):
        batch = names[i:i + BATCH]
        try:
            answers += ask(program, batch)
        except (Crash, ValueError, subprocess.TimeoutExpired):
            answers += ask_each(program, batch)
    return answers


def read_truth(corpus, only_malformed):
    path = os.path.join(corpus, "truth.jsonl")
    if not os.path.isfile(path):
        print(f"The corpus of camera files is not at {corpus}: dates were not compared.")
        sys.exit(77)
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row.get("malformed") or not only_malformed]


def print_table(rows, answers):
    """Returns the numbers of dated and of equal files."""
    table = collections.OrderedDict()
    for row, answer in sorted(zip(rows, answers), key=lambda pair: pair[0]["kind"]):
        want = expected_time(row)
        got = (answer or {}).get("capture_time") or None
        line = table.setdefault(row["kind"], [0, 0, 0, 0])
        line[0] += 1
        line[1] += want is not None
        line[2] += want is not None and got == want
        line[3] += want is None and got is not None
        if want is not None and got != want:
            print(f"MISS {row['name']}: want {want}, got {got}"
                  f" ({(answer or {}).get('date_source')})")
    print(f"{'kind':8} {'files':>6} {'dated':>6} {'equal':>6} {'also':>6}")
    for kind, line in table.items():
        print(f"{kind:8} {line[0]:6} {line[1]:6} {line[2]:6} {line[3]:6}")
    dated = sum(line[1] for line in table.values())
    equal = sum(line[2] for line in table.values())
    return dated, equal


def print_cost(answers):
    timed = sorted(((a.get("usec", 0), a["file"]) for a in answers if a), reverse=True)
    for usec, name in timed[:5]:
        print(f"{usec / 1000:8.2f} ms  {name}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peak memory of the program: at most {peak / 1024:.1f} MiB")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--malformed", action="store_true")
    parser.add_argument("--bar", type=float, default=99.0)
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("corpus")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    rows = read_truth(args.corpus, args.malformed)
    names = [os.path.join(args.corpus, row["name"]) for row in rows]
    answers = ask_all(args.program, names)
    dated, equal = print_table(rows, answers)
    percent = 100.0 * equal / dated if dated else 100.0
    crashes = answers.count(None)
    slow = [a["file"] for a in answers if a and a.get("usec", 0) > 1000000]
    if args.cost:
        print_cost(answers)
    print(f"{equal} of {dated} dates equal: {percent:.2f} %; "
          f"{crashes} crashes, {len(slow)} slower than a second")
    bar = 0.0 if args.malformed else args.bar
    sys.exit(1 if crashes or slow or percent < bar else 0)


main()
