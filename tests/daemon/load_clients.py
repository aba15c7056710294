#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a crowd of clients cost the import anything?

load_clients.py [--size 400M] [--rounds 3] [--bar 1.35] [--folder DIR]

Each round copies the same card twice into a new tank: with nobody but one watcher, and with 50
clients, of which 10 never read, 5 send garbage and half of the others follow every file. Which
comes first alternates. The import's time must stay the same within noise (the median ratio of the
rounds, at most --bar), and the daemon's memory must be flat. The long form is --size 5G.
"""
import argparse
import os
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from box import Client, box  # noqa: E402
from e2e import expect, expect_equal, scratch_root  # noqa: E402

FILE_BYTES = 8 << 20
SILENT, SHOUTING, READING = 10, 5, 35
GARBAGE = os.urandom(3000) + b"\n{\"id\":}\n" + b"[" * 500 + b"\n"
# Memory that a crowd may take: what the daemon holds for those who do not read (256 KiB each),
# and the allocator's slack. It must not grow with what is copied.
CROWD_KB_MAX, GROWTH_KB_MAX = 16384, 2048


def parse_size(text):
    units = {"K": 10, "M": 20, "G": 30}
    return int(text[:-1]) << units[text[-1]] if text[-1] in units else int(text)


def make_card(folder, size_bytes):
    """Files that all differ, made as fast as the disk takes them."""
    dcim = Path(folder) / "DCIM" / "100LOAD"
    dcim.mkdir(parents=True)
    block = os.urandom(FILE_BYTES)
    count = max(1, size_bytes // FILE_BYTES)
    for i in range(count):
        with open(dcim / f"IMG_{i:04}.JPG", "wb") as out:
            out.write(i.to_bytes(8, "big"))
            out.write(block[8:])
    return count


# ---- the crowd, in a process of its own --------------------------------------------------------


class Silent:
    """Asks for everything and takes nothing; comes back when it is let go."""

    def __init__(self, path):
        self.path, self.socket = path, None

    def turn(self):
        if self.socket and not select.select([self.socket], [], [], 0)[0]:
            return
        if self.socket and self.socket.recv(1, socket.MSG_PEEK):
            return
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(self.path)
        self.socket.sendall(b'{"id":1,"command":"follow","files":true}\n')


class Shouting:
    def __init__(self, path):
        self.path, self.socket = path, None

    def turn(self):
        try:
            if not self.socket:
                self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self.socket.setblocking(False)
                self.socket.connect(self.path)
            self.socket.send(GARBAGE)
            self.socket.recv(65536)
        except BlockingIOError:
            pass
        except OSError:
            self.socket.close()
            self.socket = None


def be_a_crowd(path):
    """Until it is killed. What clients cost themselves is not the question: hence nice."""
    os.nice(19)
    readers = [Client(path, follow=i % 2 == 0) for i in range(READING)]
    noisy = [Silent(path) for _ in range(SILENT)] + [Shouting(path) for _ in range(SHOUTING)]
    for one in noisy:
        one.turn()
    print("here", flush=True)
    while True:
        for reader in readers:
            reader.engine.clear()
            reader.states.clear()
            if not reader.read(0):
                sys.exit("the daemon has let a reader go")
        for one in noisy:
            try:
                one.turn()
            except OSError:
                one.socket = None
        time.sleep(0.02)


# ---- measuring ---------------------------------------------------------------------------------


def import_once(folder, card, count, has_crowd):
    """(seconds, the daemon's resident kB all along)"""
    with tempfile.TemporaryDirectory(dir=folder) as place, \
            box(place, config="client-timeout = 5s\n[thumbnails]\nenabled = no") as b:
        client = b.client()
        crowd = None
        if has_crowd:
            crowd = subprocess.Popen([sys.executable, __file__, "--crowd", str(b.socket)],
                                     stdout=subprocess.PIPE)
            expect_equal(crowd.stdout.readline(), b"here\n", "the crowd")
        try:
            memory_kb, next_look = [b.rss_kb()], 0
            began = time.monotonic()
            b.insert(card, "CARD")
            while not (client.card("CARD") and client.card("CARD")["verdict"] != "none"):
                expect(client.read(0.2), "the daemon hung up")
                if time.monotonic() >= next_look:
                    memory_kb.append(b.rss_kb())
                    next_look = time.monotonic() + 0.2
            took_s = time.monotonic() - began
            expect_equal(client.card("CARD")["verdict"], "safe-to-format", "verdict")
            expect_equal(client.card("CARD")["files_verified"], count, "files verified")
            expect(crowd is None or crowd.poll() is None, "the crowd has gone away")
            return took_s, memory_kb + [b.rss_kb()]
        finally:
            if crowd:
                crowd.kill()
                crowd.wait()
                crowd.stdout.close()


def measure(folder, size_bytes, rounds):
    card = Path(folder) / "card"
    count = make_card(card, size_bytes)
    import_once(folder, card, count, False)  # caches, and the disk's first allocation
    ratios, memory = [], []
    for i in range(rounds):
        took_s = {}
        for has_crowd in (bool(i % 2), not i % 2):
            took_s[has_crowd], memory_kb = import_once(folder, card, count, has_crowd)
            if has_crowd:
                memory.append(memory_kb)
        ratios.append(took_s[True] / took_s[False])
        print(f"round {i + 1}: alone {took_s[False]:.2f} s, with a crowd {took_s[True]:.2f} s, "
              f"ratio {ratios[-1]:.2f}; memory {memory[-1][0]} kB at first, "
              f"{max(memory[-1])} kB at most, {memory[-1][-1]} kB at last", flush=True)
    return ratios, memory


def judge(ratios, memory, bar):
    ratio = statistics.median(ratios)
    print(f"median ratio {ratio:.2f} (bar {bar})")
    expect(ratio <= bar, f"the import takes {ratio:.2f} times as long with a crowd")
    for memory_kb in memory:
        half = len(memory_kb) // 2
        growth_kb = max(memory_kb[half:]) - max(memory_kb[:half])
        expect(max(memory_kb) - memory_kb[0] <= CROWD_KB_MAX, f"memory: {memory_kb} kB")
        expect(growth_kb <= GROWTH_KB_MAX, f"memory grows as the copy goes on: {memory_kb} kB")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=parse_size, default="400M")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bar", type=float, default=1.35)
    parser.add_argument("--folder", default=str(scratch_root()))
    parser.add_argument("--crowd", metavar="SOCKET", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.crowd:
        be_a_crowd(args.crowd)
    folder = tempfile.mkdtemp(prefix="load-", dir=args.folder)
    try:
        judge(*measure(folder, args.size, args.rounds), args.bar)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
