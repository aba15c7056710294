# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of cards and of tanks' disks, made on the host without mounting anything."""
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import make_card  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "assets" / "demo-card"
START_SECTOR = 2048
SECTOR = 512


def run(*argv, **more):
    subprocess.run([str(word) for word in argv], check=True, capture_output=True,
                   env={**os.environ, "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}, **more)


def files(folder, count=32, size_bytes=300000, seed=1, real=True):
    """A card's files in a folder: real ones of cameras, and made ones up to count pictures."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    made = folder / "DCIM" / "100CANON"
    made.mkdir(parents=True)
    have = 0
    if real:
        for path in sorted(DEMO.rglob("*")):
            if path.is_file() and path.name != "SOURCES":
                target = folder / path.relative_to(DEMO)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                have += 1
    for number in range(have, count):
        data = make_card.camera_jpeg(seed * 10000 + number, make_card.at(1 + number % 27, number % 24),
                                     size_bytes=size_bytes)
        (made / f"IMG_{number:04}.JPG").write_bytes(data)
    for path in folder.rglob("*"):
        if path.is_file():  # FAT counts in steps of two seconds
            os.utime(path, (1715500000 + have * 2, 1715500000 + have * 2))
    return folder


def blank(path, size_mb):
    path = Path(path)
    path.unlink(missing_ok=True)
    with open(path, "wb") as file:
        file.truncate(size_mb << 20)
    return path


def fat(path, folder, size_mb=64, label="CANON", serial="CAFE1234", has_table=True):
    """A FAT card with (or without) a partition table, filled from a folder."""
    path = blank(path, size_mb)
    offset = START_SECTOR if has_table else 0
    if has_table:
        run("sfdisk", "-q", path, input=f"label: dos\nstart={START_SECTOR}, type=c\n".encode())
    run("mkfs.vfat", "-F", "32", "-n", label, "-i", serial, "--offset", offset, path,
        (size_mb * 1024) - offset // 2)
    if folder is not None:
        where = f"{path}@@{offset * SECTOR}"
        run("mcopy", "-i", where, "-s", "-m", "-Q", *sorted(Path(folder).iterdir()), "::")
    return path


def many(path, folder, count, size_mb=4):
    """A card with many partitions, each with a file system of its own and the same files."""
    path = blank(path, 2 + count * size_mb)
    starts = [START_SECTOR + index * (size_mb << 20) // SECTOR for index in range(count)]
    rows = "".join(f"start={start}, size={(size_mb << 20) // SECTOR}, type=linux\n" for start in starts)
    run("sfdisk", "-q", path, input=f"label: gpt\n{rows}".encode())
    for number, start in enumerate(starts):
        run("mkfs.vfat", "-n", f"PART{number}", "-i", f"AAAA{number:04}", "--offset", start, path,
            size_mb * 1024)
        run("mcopy", "-i", f"{path}@@{start * SECTOR}", "-s", "-m", "-Q", *sorted(Path(folder).iterdir()),
            "::")
    return path


def ext4(path, size_mb=512, label="TANK"):
    """A tank's disk."""
    path = blank(path, size_mb)
    run("mke2fs", "-q", "-F", "-t", "ext4", "-L", label, path)
    return path


def exfat(path, size_mb=512, label="TANK", cluster_bytes=0):
    path = blank(path, size_mb)
    run("mkfs.exfat", "-L", label, *(["-c", cluster_bytes] if cluster_bytes else []), path)
    return path


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()
