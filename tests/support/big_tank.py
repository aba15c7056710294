# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a tank of some pictures a large one: rows of its ledger, as imports would have written them."""
import contextlib
import datetime
import os
import sqlite3
from pathlib import Path

INSERT = ("INSERT INTO files (hash, size_bytes, mtime_ns, state, tank_path, capture_time, date_source,"
          " is_guess, make, model, stem, sequence, import_id, thumbnail)"
          " VALUES (?, ?, 0, 2, ?, ?, 'exif', 0, ?, ?, ?, 0, ?, ?)")
CAMERAS = (("Canon", "Canon EOS R6"), ("NIKON CORPORATION", "NIKON Z 6"), ("SONY", "ILCE-7M4"))
PER_DAY = 400


def ledger_of(tank):
    return contextlib.closing(sqlite3.connect(Path(tank, ".imgtank", "ledger.db")))


def add_day(tank, count, day="2030-01-02"):
    """So many more pictures of one day; they share the files of those that are there."""
    with ledger_of(tank) as ledger:
        rows = ledger.execute("SELECT tank_path, size_bytes, hash FROM files WHERE thumbnail = 1").fetchall()
        for i in range(count):
            path, size, digest = rows[i % len(rows)]
            new = f"images/{day.replace('-', '')}/many_{i:05}.jpg"
            for folder, old in (("thumbnails", path.replace("images", "thumbnails", 1)), ("images", path)):
                target = Path(tank, new.replace("images", folder, 1))
                target.parent.mkdir(exist_ok=True)
                source = Path(tank, old)
                if not source.exists():
                    source = source.with_name(source.name + ".jpg")
                os.link(source, target)
            time = f"{day} {i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}"
            ledger.execute(INSERT, (digest, size, new, time, *CAMERAS[0], f"many{i}", 1, 1))
        ledger.commit()


def add_thumbnails(tank):
    """The pictures of add_past() get small pictures too: those of the others, in turns."""
    with ledger_of(tank) as ledger:
        rows = ledger.execute("SELECT tank_path FROM files WHERE import_id = 1 AND thumbnail = 1").fetchall()
        sources = [source for row in rows for source in Path(tank, "thumbnails").glob(f"*/{Path(row[0]).name}*")]
        for i, (path,) in enumerate(ledger.execute("SELECT tank_path FROM files WHERE import_id >= 1000")):
            target = Path(tank, path.replace("images", "thumbnails", 1))
            target.parent.mkdir(exist_ok=True)
            os.link(sources[i % len(sources)], target)


def add_past(tank, count, thumbnail=1):
    """So many more pictures of years before, three cameras and ten cards; nothing but the ledger has them."""
    first_day = datetime.date(2010, 1, 1)
    with ledger_of(tank) as ledger:
        for card in range(10):
            ledger.execute("INSERT INTO cards VALUES (?, ?, ?, 'vfat', 64000000000, 0, 0)",
                           (1000 + card, f"volume:{card}", f"CARD{card}"))
            ledger.execute("INSERT INTO imports (id, card_id, started_ns) VALUES (?, ?, 0)", (1000 + card, 1000 + card))

        def files():
            for i in range(count):
                day = first_day + datetime.timedelta(days=i // PER_DAY)
                time = f"{day} {i % PER_DAY // 60:02}:{i % 60:02}:00"
                make, model = CAMERAS[i % len(CAMERAS)]
                yield (os.urandom(16), 8_000_000 + i, f"images/{day:%Y%m%d}/past_{i:06}.jpg", time, make, model,
                       f"img_{i % 10000:04}", 1000 + i // PER_DAY % 10, thumbnail)

        ledger.executemany(INSERT, files())
        ledger.execute("INSERT INTO sources SELECT import_id, printf('DCIM/%03d/IMG_%06d.JPG', import_id, id),"
                       " size_bytes, 0, 0, 0, id FROM files WHERE import_id >= 1000")
        ledger.commit()
