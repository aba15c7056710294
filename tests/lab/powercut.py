# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts: all that a guest wrote to its tank's disk is recorded, and the disk is made again as it would
have been at any moment, without a random part of what the disk had not been told to flush yet.

QEMU's blklogwrites records in the format of Linux's dm-log-writes (Documentation/admin-guide/
device-mapper/log-writes.rst). The disk has two partitions' worth of room: the tank, and a place for
marks. Each time something was called verified, the guest writes a mark there; so the log itself says,
for every moment, what had been announced by then.
"""
import random
import struct
import subprocess
import tempfile
from pathlib import Path

import cards
from guest import Failure, check

SECTOR = 512
TANK_SECTORS = 96 << 11  # 96 MiB, from the second MiB on
START = 2048
MARKS = START + TANK_SECTORS
MARKS_SECTORS = 2048
MAGIC = 0x6a736677736872
FLUSH, FUA, DISCARD = 1, 2, 4

# In the guest: copies each announcement into a sector of its own, on the disk at once.
ANNOUNCER = r"""
import json, os, subprocess
fd = os.open("/dev/disk/by-partlabel/MARKS", os.O_RDWR | os.O_DSYNC)
count = 0
def mark(path):
    global count
    os.pwrite(fd, ("MARK %d %s" % (count, path)).encode().ljust(512, b"\0"), count * 512)
    count += 1
"""
WATCHER = ANNOUNCER + r"""
watch = subprocess.Popen(["imgtank", "watch", "--json", "--files"], stdout=subprocess.PIPE, text=True)
for line in watch.stdout:
    event = json.loads(line)
    if event.get("event") == "file-verified":
        mark(event["tank_path"])
"""
# A writer as one should not be: says that a file is there as soon as it was written.
CARELESS = ANNOUNCER + r"""
import hashlib
os.makedirs("/data/images", exist_ok=True)
for number in range(60):
    data = hashlib.sha256(str(number).encode()).digest() * 4096
    with open("/data/images/%03d.jpg" % number, "wb") as file:
        file.write(data)
    mark("images/%03d.jpg" % number)
"""


def make_disk(path):
    """A disk with the tank's file system and the place for marks."""
    path = cards.blank(path, 128)
    table = (f"label: gpt\nstart={START}, size={TANK_SECTORS}, name=TANKPART\n"
             f"start={MARKS}, size={MARKS_SECTORS}, name=MARKS\n")
    cards.run("sfdisk", "-q", path, input=table.encode())
    part = cards.ext4(str(path) + ".part", TANK_SECTORS >> 11)
    cards.run("dd", f"if={part}", f"of={path}", "bs=1M", f"seek={START >> 11}", "conv=notrunc,sparse")
    return path


class Log:
    """The recorded writes: (sector, sectors, flags, where the data is)."""

    def __init__(self, path):
        self.file = open(path, "rb")
        magic, _, _, size = struct.unpack("<QQQI", self.file.read(28))
        check(magic == MAGIC and size == SECTOR, "the log is not one of blklogwrites")
        self.entries = []
        self.file.seek(0, 2)
        end, at = self.file.tell(), SECTOR
        while at + SECTOR <= end:
            self.file.seek(at)
            sector, count, flags, _ = struct.unpack("<QQQQ", self.file.read(32))
            at += SECTOR
            length = 0 if flags & DISCARD else count * SECTOR
            if at + length > end:
                break
            self.entries.append((sector, count, flags, at))
            at += length

    def data(self, entry):
        self.file.seek(entry[3])
        return self.file.read(entry[1] * SECTOR)

    def marks(self):
        """[(index in the log, what was announced)]; a write may have older ones in it, too."""
        found, known = [], set()
        for index, entry in enumerate(self.entries):
            if not MARKS <= entry[0] < MARKS + MARKS_SECTORS or entry[2] & DISCARD:
                continue
            data = self.data(entry)
            for at in range(0, len(data), SECTOR):
                text = data[at:at + SECTOR].rstrip(b"\0").decode(errors="replace")
                if text.startswith("MARK ") and text not in known:
                    known.add(text)
                    found.append((index, text.split(" ", 2)[2]))
        return found

    def replay(self, original, out, cut, seed):
        """The tank's file system as a cut behind entry number cut leaves it; how many writes were lost."""
        rng = random.Random(seed)
        subprocess.run(["cp", "--sparse=always", original, out], check=True)
        flushed = max((i for i in range(cut) if self.entries[i][2] & FLUSH), default=-1)
        lost = 0
        with open(out, "r+b") as file:
            for index in range(cut):
                sector, count, flags, _ = entry = self.entries[index]
                if count == 0 or not START <= sector < START + TANK_SECTORS:
                    continue
                if index > flushed and not flags & FUA and rng.random() < 0.5:
                    lost += 1
                    continue
                file.seek((sector - START) * SECTOR)
                file.write(bytes(count * SECTOR) if flags & DISCARD else self.data(entry))
        return lost


def violations(image, announced, contents):
    """What had been announced and is not there, or not whole."""
    # The journal is replayed by mounting; then the file system must be without a fault.
    folder = tempfile.mkdtemp(prefix="imgtank-lab-cut-")
    done = subprocess.run(["mount", "-t", "ext4", "-o", "loop", image, folder], capture_output=True,
                          check=False)
    if done.returncode:
        raise Failure(f"the file system cannot be mounted: {done.stderr.decode()}")
    bad = []
    try:
        for path in announced:
            file = Path(folder, path)
            if not file.is_file():
                bad.append(f"{path} is missing")
            elif cards.digest(file) not in contents:
                bad.append(f"{path} is torn")
        for file in Path(folder, "images").rglob("*"):
            if file.is_file() and cards.digest(file) not in contents:
                bad.append(f"{file.relative_to(folder)} has a name and is not whole")
    finally:
        subprocess.run(["umount", folder], check=True)
        Path(folder).rmdir()
    checked = subprocess.run(["e2fsck", "-f", "-n", image], capture_output=True, check=False)
    if checked.returncode:
        bad.append("the file system has faults: " + checked.stdout.decode()[-200:])
    return bad


def record(lab, guest, program, until, before=None):
    """Runs program in the guest on a recorded disk until until() says so, then cuts the power."""
    disk = make_disk(lab.path("tank.img"))
    log = lab.path("tank.log")
    log.touch()
    node = guest.number("cut")
    guest.qmp("blockdev-add", driver="blklogwrites", node_name=node, log_sector_size=SECTOR,
              file={"driver": "file", "filename": str(disk)},
              log={"driver": "file", "filename": str(log)})
    guest.qmp("device_add", driver="virtio-blk-pci", id=f"dev-{node}", drive=node, serial="tank",
              **{"write-cache": "on"})
    guest.sh("for i in $(seq 300); do mountpoint -q /data && [ -e /dev/disk/by-partlabel/MARKS ] && "
             "exit 0; sleep 0.1; done; exit 1")
    guest.sh("cat >/run/announce.py", data=program.encode())
    process = guest.popen("exec python3 /run/announce.py")
    try:
        if before:
            before()
        until(process)
    finally:
        guest.stop()
        process.kill()
        process.wait()
    return str(disk) + ".part", Log(log)


def judge(lab, original, log, contents, cuts, seed):
    """(number of cuts with a violation, the first of them, cuts at which writes were lost)"""
    rng = random.Random(seed)
    marks = log.marks()
    check(len(marks) >= 10, f"only {len(marks)} announcements were recorded")
    image = lab.path("cut.img")
    broken, first, lossy = 0, "", 0
    for number in range(cuts):
        # Where something was announced just now it matters most; else anywhere.
        at = rng.choice(marks)[0] + rng.randint(0, 3) if number % 2 else rng.randrange(
            len(log.entries))
        cut = min(max(at, 1), len(log.entries))
        announced = [path for index, path in marks if index < cut]
        lossy += log.replay(original, image, cut, rng.random()) > 0
        bad = violations(image, announced, contents)
        if bad:
            broken += 1
            first = first or f"cut behind write {cut} of {len(log.entries)}: {bad[:3]}"
    return broken, first, lossy


def notes_of(log, cuts, lossy):
    return {"writes": len(log.entries), "announcements": len(log.marks()), "cuts": cuts,
            "with lost writes": lossy}

