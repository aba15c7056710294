#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tank of 200,000 pictures is as quick as a small one, and no request walks through folders."""
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from webbox import web  # noqa: E402
from big_tank import add_day, add_past  # noqa: E402
from box import box  # noqa: E402
from e2e import Skip, Work, expect, expect_equal, main  # noqa: E402

DAY = "2030-01-02"
ROUNDS = 3
RATIO_MAX = 3
NOISE_MS = 3


@contextlib.contextmanager
def tank_of(folder, past):
    os.mkdir(folder, 0o755)
    work = Work(folder)
    work.import_safely(work.card("plain"))
    add_day(work.tank, 1000, DAY)
    add_past(work.tank, past)
    with box(work.folder, tank=work.tank) as b, web(b.socket) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        yield server


def questions(server):
    last = server.get_json(f"/api/day/{DAY}?offset=800")["pictures"][-1]
    return ["/api/days", "/api/days?before=2011-01-01", f"/api/day/{DAY}", f"/api/day/{DAY}?offset=800",
            "/api/day/2010-01-03", "/api/search?camera=nikon", "/api/search?card=card3",
            "/api/search?name=past_000123", "/api/search?from=2010-01-02&to=2010-01-03",
            f"/api/picture/{last['id']}", f"/media/{last['id']}/thumb", f"/media/{last['id']}/view", f"/api/zip/{DAY}"]


@contextlib.contextmanager
def watched(process):
    """Its calls that read folders; the list is filled at the end."""
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    calls = []
    with tempfile.NamedTemporaryFile("r") as log:
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-e", "trace=getdents,getdents64,openat", "-o", log.name,
                                   "-p", str(process.pid)])
        end = time.monotonic() + 20
        while f"TracerPid:\t{tracer.pid}\n" not in Path(f"/proc/{process.pid}/status").read_text("utf-8"):
            expect(tracer.poll() is None and time.monotonic() < end, "strace cannot attach itself")
            time.sleep(0.02)
        try:
            yield calls
        finally:
            tracer.terminate()
            tracer.wait()
        calls.extend(log.read().splitlines())


def test_a_large_tank_is_as_quick_as_a_small_one(work):
    with tank_of(os.path.join(work.folder, "small"), 20000) as small, \
            tank_of(os.path.join(work.folder, "large"), 200000) as large:
        asked = list(zip(questions(small), questions(large)))
        for pair in asked:
            small.begin(pair[0])
            large.begin(pair[1])
        before = large.rss_kb()
        for of_small, of_large in asked:
            rounds = [(small.begin(of_small), large.begin(of_large)) for _ in range(ROUNDS)]
            a, b = (statistics.median(side) for side in zip(*rounds))
            expect(b < RATIO_MAX * a + NOISE_MS, f"{of_large}: {b:.1f} ms, in a small tank {a:.1f} ms")
        expect(large.rss_kb() - before < 6000, f"memory grew by {large.rss_kb() - before} kB")


def test_no_request_walks_through_folders(work):
    with tank_of(os.path.join(work.folder, "small"), 2000) as server:
        asked = questions(server)
        with watched(server.process) as calls:
            for path in asked:
                server.begin(path)
        expect(any("openat" in call for call in calls), "strace has seen nothing")
        walks = [call for call in calls if "getdents" in call]
        expect_equal(walks, [], "folders that were read")


if __name__ == "__main__":
    sys.exit(main(globals()))
