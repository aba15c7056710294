#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long from a worker's event to a client that shows it, by CLOCK_MONOTONIC in every event.

measure_latency.py [CLIENTS]  an engine that says ten progresses a second and stamps them;
CLIENTS more connections follow every file meanwhile (default 49).
"""
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from box import box, fake_engine  # noqa: E402

EVENTS = 100
SCRIPT = f"""
say('card-state', state='scanning'); say('card-state', state='copying')
for i in range({EVENTS}):
    for j in range(20):
        say('file-copied', file='x' * 60, tank_path='images/x')
    say('card-progress', state='copying', files_selected=1000, files_copied=i,
        file=str(time.monotonic_ns()))
    time.sleep(0.1)
say('card-done', verdict='copied', state='done')
"""


def measure(clients):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "CARD").mkdir()
        with box(folder, bin_dir=fake_engine(folder, SCRIPT)) as b:
            client = b.client()
            others = [b.client(follow=True) for _ in range(clients)]
            delays, last = [], ""
            b.insert(Path(folder) / "CARD", "ONE")
            while not (client.card("ONE") and client.card("ONE")["verdict"] != "none"):
                client.read(0.05)
                now = time.monotonic_ns()
                stamp = client.card("ONE")["file"] if client.card("ONE") else ""
                if stamp and stamp != last:
                    delays.append((now - int(stamp)) / 1e6)
                    last = stamp
                for other in others[len(delays) % 7::7]:
                    other.read(0)
            return delays


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 49
    found = sorted(measure(count))
    print(f"{len(found)} of {EVENTS} events, {count} other clients: median "
          f"{statistics.median(found):.2f} ms, 99 % {found[int(len(found) * 0.99) - 1]:.2f} ms, "
          f"longest {found[-1]:.2f} ms")
