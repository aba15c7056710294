# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts: all that a guest wrote to its tank's disk is recorded, and the disk is made again as it would
have been at any moment, without a random part of what the disk had not been told to flush yet.

QEMU's blklogwrites records in the format of Linux's dm-log-writes (Documentation/admin-guide/
device-mapper/log-writes.rst). The disk has two partitions' worth of room: the tank, and a place for
marks. Each time something was called verified, the guest writes a mark there; so the log itself says,
for every moment, what had been announced by then. Writes are lost as a disk loses them: all of one,
or some of its sectors.
"""
import contextlib
import random
import struct
import subprocess
import tempfile
from pathlib import Path

import cards
import tank_check
from exfat import Volume
from guest import Failure, check

SECTOR = 512
TANK_SECTORS = 128 << 11  # from the second MiB on; of 96 MiB an import that was cut found too little free
START = 2048
MARKS = START + TANK_SECTORS
MARKS_SECTORS = 2048
MAGIC = 0x6a736677736872
FLUSH, FUA, DISCARD = 1, 2, 4

# In the guest: copies each announcement into a sector of its own, on the disk at once. Past the page
# cache, and without any sync: that would flush the disk, and so hide that the announcer did not.
ANNOUNCER = r"""
import json, os, subprocess, threading
marks = subprocess.Popen(["dd", "of=/dev/disk/by-partlabel/MARKS", "bs=512", "iflag=fullblock",
                          "oflag=direct", "conv=notrunc", "status=none"], stdin=subprocess.PIPE)
count = 0
turn = threading.Lock()
def mark(what):
    global count
    with turn:
        marks.stdin.write(("MARK %d %s" % (count, what)).encode().ljust(512, b"\0"))
        marks.stdin.flush()
        count += 1
"""
# What front ends are told, and what the journal says.
WATCHER = ANNOUNCER + r"""
def read_journal():
    journal = subprocess.Popen(["journalctl", "-f", "-n", "0", "-o", "json", "-t", "imgtank"],
                               stdout=subprocess.PIPE, text=True)
    for line in journal.stdout:
        if json.loads(line).get("IMGTANK_VERDICT") == "safe-to-format":
            mark("safe journal")
threading.Thread(target=read_journal, daemon=True).start()
watch = subprocess.Popen(["imgtank", "watch", "--json", "--files"], stdout=subprocess.PIPE, text=True)
for line in watch.stdout:
    event = json.loads(line)
    if event.get("event") == "file-verified":
        mark("file " + event["tank_path"])
    elif event.get("event") == "card" and event.get("verdict") == "safe-to-format":
        mark("safe front end")
"""
# A writer as one should not be: says that a file is there as soon as it was written.
CARELESS = ANNOUNCER + r"""
import hashlib
os.makedirs("/data/images", exist_ok=True)
for number in range(60):
    data = hashlib.sha256(str(number).encode()).digest() * 4096
    with open("/data/images/%03d.jpg" % number, "wb") as file:
        file.write(data)
    mark("file images/%03d.jpg" % number)
marks.stdin.close()
marks.wait()
"""


def make_disk(path, kind, **tank):
    """A disk with the tank's file system (ext4 or exfat, made as tank says) and the place for marks."""
    path = cards.blank(path, (TANK_SECTORS >> 11) + 32)
    table = (f"label: gpt\nstart={START}, size={TANK_SECTORS}, name=TANKPART\n"
             f"start={MARKS}, size={MARKS_SECTORS}, name=MARKS\n")
    cards.run("sfdisk", "-q", path, input=table.encode())
    part = getattr(cards, kind)(str(path) + ".part", TANK_SECTORS >> 11, **tank)
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

    def open_places(self):
        """Behind which entries there are at least two writes to the tank that no flush followed."""
        found, count = [], 0
        for index, (sector, sectors, flags, _) in enumerate(self.entries):
            if flags & FLUSH:
                count = 0
            count += bool(sectors and START <= sector < START + TANK_SECTORS)
            if count >= 2:
                found.append(index + 1)
        return found

    def replay(self, original, out, cut, seed):
        """The tank's file system as a cut behind entry number cut leaves it; how many writes were lost.

        Of those that no flush followed a half is there, a quarter is not, of a quarter some sectors are.
        """
        rng = random.Random(seed)
        subprocess.run(["cp", "--sparse=always", original, out], check=True)
        flushed = max((i for i in range(cut) if self.entries[i][2] & FLUSH), default=-1)
        lost = 0
        with open(out, "r+b") as file:
            for index in range(cut):
                sector, count, flags, _ = entry = self.entries[index]
                if count == 0 or not START <= sector < START + TANK_SECTORS:
                    continue
                data = bytes(count * SECTOR) if flags & DISCARD else self.data(entry)
                luck = rng.random() if index > flushed and not flags & FUA else 0
                lost += luck >= 0.5
                if luck >= 0.75:
                    continue
                file.seek((sector - START) * SECTOR)
                if luck < 0.5:
                    file.write(data)
                    continue
                for at in range(0, len(data), SECTOR):
                    if rng.random() < 0.5:
                        file.write(data[at:at + SECTOR])
                    else:
                        file.seek(SECTOR, 1)
        return lost


def fsck(*argv):
    """What a file system's own checker says to an image: (its status, its words)."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")[-300:]


@contextlib.contextmanager
def repaired_ext4(image, bad):
    """Repaired by e2fsck as a box does when it starts; then there must be no fault, also after its use.

    A superblock of which half was written is not repaired unasked: the administrator says yes.
    """
    if fsck("e2fsck", "-p", image)[0] > 1:
        fsck("e2fsck", "-y", image)
    with tempfile.TemporaryDirectory(prefix="imgtank-lab-cut-") as folder:
        done = subprocess.run(["mount", "-t", "ext4", "-o", "loop", image, folder],
                              capture_output=True, check=False)
        if done.returncode:
            bad.append(f"the file system cannot be mounted: {done.stderr.decode()}")
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)
    status, words = fsck("e2fsck", "-f", "-n", image)
    if status:
        bad.append("the file system has faults: " + words)


@contextlib.contextmanager
def repaired_exfat(image, bad):
    """Repaired by fsck.exfat as a box does when it starts; then read by a reader of our own."""
    fsck("fsck.exfat", "-p", image)
    status, words = fsck("fsck.exfat", "-n", image)
    if status:
        bad.append("fsck.exfat leaves faults: " + words)
    with tempfile.TemporaryDirectory(prefix="imgtank-lab-cut-") as folder:
        try:
            with Volume(image) as volume:
                bad += [f"the file system has faults: {fault}" for fault in volume.extract(folder)]
        except (OSError, ValueError) as error:
            bad.append(f"the file system cannot be read: {error}")
        yield Path(folder)


REPAIRED = {"ext4": repaired_ext4, "exfat": repaired_exfat}


def record(lab, guest, program, until, before=None, kind="ext4", **tank):
    """Runs program in the guest on a recorded disk until until() says so, then cuts the power."""
    disk = make_disk(lab.path("tank.img"), kind, **tank)
    log = lab.path("tank.log")
    log.unlink(missing_ok=True)
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


def violations(image, kind, look, also):
    """Each promise that is broken in the tank there; also: one more look, or None."""
    bad = []
    with REPAIRED[kind](image, bad) as tank:
        if tank is None:
            return bad
        try:
            bad += look(tank)
            if also and not bad:
                also(tank)
        except OSError as error:
            bad.append(f"the file system cannot be read: {error}")
        except Failure as failure:
            bad.append(str(failure))
    return bad


class Judge:
    """Cuts a recorded run at many places, and looks at what is left.

    contents: what a whole picture is. look(tank, announced, contents): what is wrong in a repaired
    tank; also(tank): what the program makes of it, at each tenth cut.
    """

    def __init__(self, lab, original, log, contents, kind="ext4", look=tank_check.faults, also=None):
        self.original, self.log, self.contents, self.kind = original, log, contents, kind
        self.look, self.also = look, also
        self.kept = lab.artefacts / lab.name / "cut.img"  # the first that broke a promise
        self.image = lab.path("cut.img")
        self.marks = log.marks()
        self.open_places = log.open_places() or [len(log.entries)]
        self.cuts = self.broken = self.lossy = 0
        self.first = ""  # of the broken ones
        check(len(self.marks) >= 10, f"only {len(self.marks)} announcements were recorded")

    def place(self, rng):
        """Where the disk had something to lose; where something was announced just now; anywhere."""
        at = (rng.choice(self.open_places), rng.choice(self.marks)[0] + rng.randint(0, 3),
              rng.randrange(len(self.log.entries)))[self.cuts % 3]
        return min(max(at, 1), len(self.log.entries))

    def cut(self, rng):
        cut = self.place(rng)
        announced = [what for index, what in self.marks if index < cut]
        seed = rng.random()
        self.lossy += self.log.replay(self.original, self.image, cut, seed) > 0
        bad = violations(self.image, self.kind,
                         lambda tank: self.look(tank, announced, self.contents),
                         self.also if self.cuts % 10 == 9 else None)
        self.cuts += 1
        self.broken += bool(bad)
        if bad and not self.first:
            self.log.replay(self.original, self.kept, cut, seed)
            self.first = f"cut behind write {cut} of {len(self.log.entries)}: {bad[:3]}"

    def run(self, lab, cuts, seed):
        rng = random.Random(seed)
        for _ in range(cuts):
            self.cut(rng)
        lab.notes.update({"writes": len(self.log.entries), "announcements": len(self.marks),
                          "cuts": cuts, "with lost writes": self.lossy})

    def must_find(self, at_least):
        check(self.broken >= at_least, f"only {self.broken} of {self.cuts} cuts were found to break a "
              f"promise; {self.first}")
