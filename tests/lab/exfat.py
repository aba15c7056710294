# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an exFAT file system's image without mounting it, and finds its faults.

After Microsoft's "exFAT file system specification" (version 1.00, published in 2019); the numbers of
its sections stand beside each part. Nothing of Linux's driver or of the product is in it.
"""
import calendar
import datetime
import os
import struct
from pathlib import Path

FIRST_CLUSTER = 2
LAST_OF_CHAIN = 0xffffffff
ENTRY = 32
END, BITMAP, FILE, STREAM, NAME = 0x00, 0x81, 0x85, 0xc0, 0xc1
IS_FOLDER, NO_FAT_CHAIN = 0x10, 0x02
DEPTH_MAX = 16


def checksum(entries):
    """Of a directory entry set, without the field that holds it (6.3.3)."""
    value = 0
    for at, byte in enumerate(entries):
        if at not in (2, 3):
            value = ((value & 1) << 15 | value >> 1) + byte & 0xffff
    return value


class Entry:
    """A file or a folder, as its entry set says (7.4, 7.6, 7.7)."""

    def __init__(self, raw):
        self.is_folder = bool(struct.unpack_from("<H", raw, 4)[0] & IS_FOLDER)
        stamp, = struct.unpack_from("<I", raw, 12)
        self.mtime_ns = time_of(stamp, raw[21], raw[23])
        stream = raw[ENTRY:2 * ENTRY]
        self.is_contiguous = bool(stream[1] & NO_FAT_CHAIN)
        self.valid_bytes, = struct.unpack_from("<Q", stream, 8)
        self.cluster, self.size_bytes = struct.unpack_from("<IQ", stream, 20)
        names = b"".join(raw[at + 2:at + ENTRY] for at in range(2 * ENTRY, len(raw), ENTRY)
                         if raw[at] == NAME)
        self.name = names[:stream[3] * 2].decode("utf-16-le", errors="replace")
        self.has_all_of_name = len(names) >= stream[3] * 2 > 0


def time_of(stamp, hundredths, offset):
    """Nanoseconds since 1970 (7.4.8 to 7.4.10)."""
    try:
        when = datetime.datetime(1980 + (stamp >> 25), stamp >> 21 & 15, stamp >> 16 & 31,
                                 stamp >> 11 & 31, stamp >> 5 & 63, (stamp & 31) * 2)
    except ValueError:
        return 0
    quarters = (offset & 0x7f) - (offset & 0x40) * 2 if offset & 0x80 else 0
    seconds = calendar.timegm(when.timetuple()) - quarters * 900
    return seconds * 1000000000 + hundredths * 10000000


class Volume:
    """faults: what the specification forbids, in the parts that were looked at."""

    def __init__(self, path):
        self.file = open(path, "rb")
        self.faults = []
        boot = self.file.read(512)  # 3.1
        if boot[3:11] != b"EXFAT   " or boot[510:] != b"\x55\xaa":
            raise ValueError("this is no exFAT file system")
        fat_at, fat_length, heap_at, self.clusters, self.root = struct.unpack_from("<5I", boot, 80)
        self.sector = 1 << boot[108]
        self.cluster_bytes = self.sector << boot[109]
        self.heap = heap_at * self.sector
        self.file.seek(fat_at * self.sector)
        self.fat = struct.unpack(f"<{self.clusters + FIRST_CLUSTER}I",
                                 self.file.read(fat_length * self.sector)[:(self.clusters + 2) * 4])
        self.bitmap_at = (0, 0)
        self.owner = {}  # of each cluster that something uses

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def fault(self, path, what):
        self.faults.append(f"{path or '/'}: {what}")

    def chain(self, path, first, count, is_contiguous):
        """The clusters of a file or folder; count None: as the FAT says (4.1)."""
        chain, cluster = [], first
        while count is None or len(chain) < count:
            if not FIRST_CLUSTER <= cluster < self.clusters + FIRST_CLUSTER:
                if count is not None or cluster != LAST_OF_CHAIN:
                    self.fault(path, f"its chain leads to {cluster:#x} behind {len(chain)} clusters")
                break
            if cluster in self.owner:
                self.fault(path, f"cluster {cluster} belongs to {self.owner[cluster]}, too")
                break
            self.owner[cluster] = path or "/"
            chain.append(cluster)
            cluster = cluster + 1 if is_contiguous else self.fat[cluster]
        return chain

    def read_clusters(self, chain):
        parts = []
        for cluster in chain:
            self.file.seek(self.heap + (cluster - FIRST_CLUSTER) * self.cluster_bytes)
            parts.append(self.file.read(self.cluster_bytes))
        return b"".join(parts)

    def content(self, path, entry):
        """All of a file; behind its valid length there are zeros (7.6.5)."""
        count = -(-entry.size_bytes // self.cluster_bytes)
        data = self.read_clusters(self.chain(path, entry.cluster, count, entry.is_contiguous))
        return data[:entry.valid_bytes].ljust(entry.size_bytes, b"\0")[:entry.size_bytes]

    def entries(self, path, data):
        """The files and folders of a folder (6, 7)."""
        at = 0
        while at + ENTRY <= len(data) and data[at] != END:
            if data[at] == BITMAP and not path:
                self.bitmap_at = struct.unpack_from("<IQ", data, at + 20)
            if data[at] != FILE:
                if data[at] in (STREAM, NAME):
                    self.fault(path, "part of an entry set without its beginning")
                at += ENTRY
                continue
            raw = data[at:at + ENTRY * (1 + data[at + 1])]
            at += ENTRY
            kinds = raw[::ENTRY]
            if len(raw) < 3 * ENTRY or kinds[1] != STREAM or kinds[2] != NAME:
                self.fault(path, "an entry set that is not whole")
                continue
            at += len(raw) - ENTRY
            entry = Entry(raw)
            if checksum(raw) != struct.unpack_from("<H", raw, 2)[0]:
                self.fault(f"{path}/{entry.name}", "its entry set has a wrong checksum")
                continue
            if not entry.has_all_of_name:
                self.fault(path, "a name that is not whole")
                continue
            yield entry

    def walk(self, path="", chain=None, depth=0):
        """(path without a slash in front, entry) of all that there is."""
        if chain is None:
            chain = self.chain("", self.root, None, False)
        for entry in list(self.entries(path, self.read_clusters(chain))):
            inner = f"{path}/{entry.name}"
            yield inner[1:], entry
            if entry.is_folder and depth < DEPTH_MAX:
                count = -(-entry.size_bytes // self.cluster_bytes)
                yield from self.walk(inner, self.chain(inner, entry.cluster, count,
                                                       entry.is_contiguous), depth + 1)

    def check_bitmap(self):
        """Each cluster that is in use is marked so: else it would be given to another file (7.1)."""
        cluster, size_bytes = self.bitmap_at
        count = -(-size_bytes // self.cluster_bytes)
        bits = self.read_clusters(self.chain("the bitmap", cluster, count, False))
        for used, owner in self.owner.items():
            if not bits[(used - FIRST_CLUSTER) >> 3] >> ((used - FIRST_CLUSTER) & 7) & 1:
                self.fault(owner, f"its cluster {used} is not marked as used")

    def extract(self, folder):
        """Writes all that there is into a folder, with the times that the files have."""
        for path, entry in self.walk():
            target = Path(folder, path)
            if entry.is_folder:
                target.mkdir()
            else:
                target.write_bytes(self.content(path, entry))
                os.utime(target, ns=(entry.mtime_ns, entry.mtime_ns))
        self.check_bitmap()
        return self.faults
