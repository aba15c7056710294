#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes camera cards for tests, and says beside each what must be copied from it.

Everything is generated: small baseline JPEGs with EXIF, TIFF-based RAW files,
films, sidecars. The same seed gives the same bytes. The list of what must be
copied is written down while the files are made; it does not come from the
program that is tested.

  make_card.py KIND FOLDER [--seed N] [--expect FILE.json] [--count N]
"""
import argparse
import datetime
import hashlib
import json
import os
import random
import socket
import stat
import struct
import sys

# ---- JPEG ------------------------------------------------------------------------------


class BitWriter:
    """Bits of a JPEG scan, with a zero stuffed behind each 0xff (ISO 10918-1, B.1.1.5)."""

    def __init__(self):
        self.out = bytearray()
        self.value = 0
        self.bits = 0

    def put(self, value, bits):
        for i in range(bits - 1, -1, -1):
            self.value = self.value << 1 | (value >> i & 1)
            self.bits += 1
            if self.bits == 8:
                self.out.append(self.value)
                if self.value == 0xFF:
                    self.out.append(0)
                self.value = 0
                self.bits = 0

    def finish(self):
        while self.bits:
            self.put(1, 1)
        return bytes(self.out)


def jpeg_segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg_scan(colours, columns, rows):
    """One flat 8x8 block each: only DC coefficients, 4-bit codes; AC is "end of block", 1 bit."""
    writer = BitWriter()
    last = [0, 0, 0]
    for block in range(columns * rows):
        for component in range(3):
            # quantiser 8, so DC = 8 * (level - 128) / 8
            dc = colours[block][component] - 128
            diff = dc - last[component]
            last[component] = dc
            size = abs(diff).bit_length()
            writer.put(size, 4)
            if size:
                writer.put(diff if diff > 0 else diff + (1 << size) - 1, size)
            writer.put(0, 1)
    return writer.finish()


def jpeg_body(seed, columns, rows):
    """From DQT to EOI: columns x rows blocks of 8x8 in colours that the seed decides."""
    rng = random.Random(seed)
    base = [rng.randrange(40, 216) for _ in range(3)]
    colours = []
    for y in range(rows):
        for x in range(columns):
            step = rng.randrange(-6, 7)
            colours.append([
                max(1, min(254, base[0] + (x - y) * 4 + step)),
                max(1, min(254, base[1] + x * 3)),
                max(1, min(254, base[2] + y * 3)),
            ])
    quantiser = bytes([0]) + bytes([8] * 64)
    frame = struct.pack(">BHHB", 8, rows * 8, columns * 8, 3)
    for i in (1, 2, 3):
        frame += bytes([i, 0x11, 0])
    dc_table = bytes([0x00, 0, 0, 0, 12] + [0] * 12) + bytes(range(12))
    ac_table = bytes([0x10, 1] + [0] * 15) + bytes([0])
    scan_header = bytes([3, 1, 0x00, 2, 0x00, 3, 0x00, 0, 63, 0])
    return (jpeg_segment(0xDB, quantiser) + jpeg_segment(0xC0, frame) +
            jpeg_segment(0xC4, dc_table) + jpeg_segment(0xC4, ac_table) +
            jpeg_segment(0xDA, scan_header) + jpeg_scan(colours, columns, rows) + b"\xff\xd9")


def ifd(entries, offset, tail):
    """entries: (tag, type, count, value bytes or int). Returns the bytes and the next offset."""
    entries = sorted(entries)
    size = 2 + 12 * len(entries) + 4
    extra = b""
    out = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        if isinstance(value, int):
            value = struct.pack("<I", value) if kind != 3 else struct.pack("<HH", value, 0)
        if len(value) <= 4:
            out += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
        else:
            out += struct.pack("<HHII", tag, kind, count, offset + size + len(extra))
            extra += value + b"\0" * (len(value) % 2)
    out += struct.pack("<I", tail)
    return out + extra


def text_entry(tag, text):
    raw = text.encode() + b"\0"
    return (tag, 2, len(raw), raw)


def exif_time(when):
    return when.strftime("%Y:%m:%d %H:%M:%S")


def tiff_block(when, make, model, orientation=1, thumbnail=b"", extra=b""):
    """A little-endian TIFF: IFD0, ExifIFD, IFD1 with a JPEG thumbnail, then extra bytes."""
    sub_entries = [(0x9000, 7, 4, b"0230")]
    if when:
        sub_entries += [text_entry(0x9003, exif_time(when)), text_entry(0x9004, exif_time(when))]
    first = [text_entry(0x010F, make), text_entry(0x0110, model), (0x0112, 3, 1, orientation)]
    if when:
        first.append(text_entry(0x0132, exif_time(when)))
    # sizes do not depend on the offsets' values: build twice
    sub_at = third_at = 0
    for _ in range(2):
        one = ifd(first + [(0x8769, 4, 1, sub_at)], 8, third_at if thumbnail else 0)
        sub_at = 8 + len(one)
        two = ifd(sub_entries, sub_at, 0)
        third_at = sub_at + len(two)
    out = b"II*\0" + struct.pack("<I", 8) + one + two
    if thumbnail:
        entries = [(0x0103, 3, 1, 6), (0x0201, 4, 1, 0), (0x0202, 4, 1, len(thumbnail))]
        size = len(ifd(entries, third_at, 0))
        entries[1] = (0x0201, 4, 1, third_at + size)
        out += ifd(entries, third_at, 0) + thumbnail
    return out + extra


_thumbnail_bodies = {}


def small_jpeg(seed, columns, rows):
    key = (seed % 16, columns, rows)
    if key not in _thumbnail_bodies:
        _thumbnail_bodies[key] = jpeg_body(key[0], columns, rows)
    return _thumbnail_bodies[key]


def camera_jpeg(seed, when, size_bytes=0, make="Examplecam", model="EX-1", orientation=1,
                blocks=(24, 16), thumbnail=True):
    """A valid JPEG whose content the seed makes unique; grown to size_bytes by APP segments."""
    thumb = b"\xff\xd8" + small_jpeg(seed, 20, 15) if thumbnail else b""
    exif = b"Exif\0\0" + tiff_block(when, make, model, orientation, thumb)
    unique = b"made for tests\0" + struct.pack(">Q", seed & 0xFFFFFFFFFFFFFFFF)
    head = b"\xff\xd8" + jpeg_segment(0xE1, exif) + jpeg_segment(0xEA, unique)
    body = small_jpeg(seed // 7, *blocks)
    missing = size_bytes - len(head) - len(body)
    rng = random.Random(seed)
    filler = []
    while missing > 8:
        length = min(missing - 4, 65533 - 4)
        filler.append(jpeg_segment(0xEB, rng.randbytes(length)))
        missing -= len(filler[-1])
    return head + b"".join(filler) + body + b"\0" * max(0, missing)


def jpeg_size(jpeg):
    """Width and height of a JPEG, from its frame header (ISO 10918-1, B.2.2)."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC2):
        at += 2 + struct.unpack_from(">H", jpeg, at + 2)[0]
    height, width = struct.unpack_from(">HH", jpeg, at + 5)
    return width, height


def camera_raw(seed, when, size_bytes=0, make="Examplecam", model="EX-1"):
    thumb = b"\xff\xd8" + small_jpeg(seed, 20, 15)
    block = tiff_block(when, make, model, 1, thumb, struct.pack(">Q", seed & 0xFFFFFFFFFFFFFFFF))
    return block + random.Random(seed).randbytes(max(0, size_bytes - len(block)))


def camera_film(seed, when, size_bytes=4000):
    """ftyp, mdat, moov with mvhd: seconds since 1904 (ISO 14496-12, 8.2.2)."""
    since = int((when - datetime.datetime(1904, 1, 1)).total_seconds())
    ftyp = struct.pack(">I4s4sI4s", 20, b"ftyp", b"mp42", 0, b"isom")
    mvhd = struct.pack(">IIIII", 0, since, since, 1000, 5000) + b"\0" * 80
    mvhd = struct.pack(">I4s", len(mvhd) + 8, b"mvhd") + mvhd
    moov = struct.pack(">I4s", len(mvhd) + 8, b"moov") + mvhd
    payload = random.Random(seed).randbytes(max(16, size_bytes - len(ftyp) - len(moov) - 8))
    mdat = struct.pack(">I4s", len(payload) + 8, b"mdat") + payload
    return ftyp + mdat + moov


def camera_sound(seed):
    data = random.Random(seed).randbytes(800)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def sidecar_xmp(seed):
    return (f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- {seed} -->'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>\n'
            ).encode()


# ---- a card and what must be copied from it ----------------------------------------------


class Card:
    """Writes files below root (bytes paths allowed) and remembers what must be copied."""

    def __init__(self, root, seed=1):
        self.root = os.fsencode(root)
        self.seed = seed
        self.files = []
        os.makedirs(self.root, exist_ok=True)

    def next_seed(self):
        self.seed += 1
        return self.seed

    def path(self, name):
        return os.path.join(self.root, os.fsencode(name))

    def add(self, name, content, when=None, selected=True, mode=0o644):
        """when: a datetime, or seconds; it becomes the file's mtime."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as out:
            out.write(content)
        os.chmod(path, mode)
        self.stamp(path, when)
        self.note(name, hashlib.sha256(content).hexdigest(), len(content), selected)
        return path

    def stamp(self, path, when):
        if when is None:
            return
        if isinstance(when, datetime.datetime):
            when = when.replace(tzinfo=datetime.timezone.utc).timestamp()
        ns = int(when * 1_000_000_000)
        os.utime(path, ns=(ns, ns))

    def note(self, name, sha256, size, selected):
        self.files.append({"name": os.fsdecode(name), "sha256": sha256, "size": size,
                           "selected": selected})

    def jpeg(self, name, when, size_bytes=0, seed=None, **more):
        seed = self.next_seed() if seed is None else seed
        return self.add(name, camera_jpeg(seed, when, size_bytes, **more), when)

    def selected(self):
        return [f for f in self.files if f["selected"]]

    def forget(self, name):
        self.files = [f for f in self.files if f["name"] != os.fsdecode(name)]

    def remove(self, name):
        os.unlink(self.path(name))
        self.forget(name)

    def expect(self):
        return {"files": self.files}

    def save_expect(self, path):
        with open(path, "w", encoding="ascii") as out:
            json.dump(self.expect(), out)


def at(day, hour=12, minute=0, second=0):
    """Day 0 is 2024-05-12."""
    return datetime.datetime(2024, 5, 12, hour, minute, second) + datetime.timedelta(days=day)


def make_plain(root, seed=1, count=8, size_bytes=3000):
    """A stills camera's card: JPEGs on two days, some with a RAW and a sidecar."""
    card = Card(root, seed * 1000003)
    for i in range(count):
        when = at(i * 2 // max(1, count), 9 + i % 12, i % 60)
        stem = f"DCIM/100EXMPL/IMG_{i + 1:04}"
        card.jpeg(stem + ".JPG", when, size_bytes)
        if i % 4 == 1:
            card.add(stem + ".CR2", camera_raw(card.next_seed(), when, size_bytes * 2), when)
        if i % 4 == 2:
            card.add(stem + ".XMP", sidecar_xmp(card.next_seed()), when)
    return card


def make_mixed(root, seed=1):
    """RAW+JPEG+sidecar groups, films, sounds, several makers' folders, and what is left out."""
    card = make_plain(root, seed, 6)
    film_at = at(2, 15, 4)
    card.add("DCIM/100EXMPL/MVI_0090.MP4", camera_film(card.next_seed(), film_at), film_at)
    card.jpeg("DCIM/100EXMPL/MVI_0090.THM", film_at)
    card.add("DCIM/100EXMPL/IMG_0001.WAV", camera_sound(card.next_seed()), at(0, 9))
    card.add("PRIVATE/M4ROOT/CLIP/C0001.MP4", camera_film(card.next_seed(), film_at), film_at)
    card.add("PRIVATE/M4ROOT/CLIP/C0001M01.XML", b"<NonRealTimeMeta/>\n", film_at)
    card.add("DCIM/101EXMPL/UNKNOWN1.QQQ", b"a RAW that nobody knows yet" * 9, at(3))
    card.jpeg("holiday/beach.jpeg", at(3, 8))
    card.jpeg("loose.jpg", at(3, 9))
    card.add("DCIM/100EXMPL/EMPTY.JPG", b"", at(3, 10))
    for name in (".Trashes/501/old.jpg", "System Volume Information/IndexerVolumeGuid",
                 "._loose.jpg", "DCIM/100EXMPL/._IMG_0001.JPG", ".DS_Store"):
        card.add(name, b"left by an operating system " + name.encode(), at(1), selected=False)
    card.add("notes.txt", b"not a picture\n", at(1), selected=False)
    card.add("tools/setup.exe", b"MZ\0\0 not a picture", at(1), selected=False)
    return card


def make_hostile(root, seed=1, many=2000, huge=True):
    """Names, types, sizes and dates that a card should never have."""
    card = Card(root, seed * 7000003)
    hour = iter(range(100000))
    names = [
        b"DCIM/100EVIL_/line\nbreak.jpg", b"DCIM/100EVIL_/esc\x1b[2J\x1b]0;owned\x07.jpg",
        b"DCIM/100EVIL_/tab\tand\rreturn.jpg", b"DCIM/100EVIL_/bad\xff\xfe\xc3utf8.jpg",
        b"DCIM/100EVIL_/\xc2\x9b31mC1.jpg", b"DCIM/100EVIL_/bidi\xe2\x80\xaegpj.exe.jpg",
        b"DCIM/100EVIL_/-rf", b"-rf", b"--help.jpg", b"DCIM/-rf/-n.jpg",
        b"DCIM/100EVIL_/" + b"n" * 251 + b".jpg", b"DCIM/100EVIL_/" + b"\xff" * 255,
        b"DCIM/100EVIL_/ .jpg", b"DCIM/100EVIL_/...jpg", b"DCIM/100EVIL_/..jpg",
        b"DCIM/100EVIL_/.jpg", b"DCIM/100EVIL_/a..jpg", b"DCIM/100EVIL_/CON.jpg",
        b"DCIM/100EVIL_/semi;colon&amp|$(reboot)`id`'\"*?.jpg", b"DCIM/100EVIL_/back\\slash.jpg",
        b"DCIM/100EVIL_/%s%n%x.jpg", b"DCIM/100EVIL_/{seq}{stem}.jpg",
        b"DCIM/100EVIL_/no_extension", b"DCIM/100EVIL_/dot.", b"DCIM/100EVIL_/IMG.JPG.jpg",
        b"DCIM/100EVIL_/\xf0\x9f\x93\xb7.jpg", b"DCIM/100EVIL_/a\xcc\x81.jpg",
        b"DCIM/100EVIL_/\xc3\xa1.jpg", b"DCIM/100EVIL_/CASE.JPG", b"DCIM/100EVIL_/case.jpg",
    ]
    for name in names:
        # JPEGs by their content, wherever they lie and whatever they are called
        when = at(0, 0) + datetime.timedelta(hours=next(hour))
        card.add(name, camera_jpeg(card.next_seed(), when), when)
    for i, year in enumerate((1970, 1980, 1999, 2000, 2024, 2037, 2038, 2039, 2106, 2107)):
        when = datetime.datetime(year, 1, 1 + i % 3, 0, 0, i)
        card.jpeg(f"DCIM/101DATES/Y{year}.jpg", when)
    card.add("DCIM/101DATES/nodate.jpg", camera_jpeg(card.next_seed(), None), 0)
    card.add("DCIM/102ZERO_/ZERO0001.JPG", b"", at(1))
    card.add("DCIM/102ZERO_/ZERO0002.JPG", b"", at(2))
    card.add("DCIM/102ZERO_/ONE00001.JPG", b"\xff", at(2))
    card.add("DCIM/102ZERO_/CUT00001.JPG", camera_jpeg(card.next_seed(), at(2))[:150], at(2))
    deep = "DCIM/" + "/".join(f"d{i}" for i in range(30))
    card.jpeg(deep + "/DEEP0001.JPG", at(4))
    long_part = "x" * 200
    card.jpeg("DCIM/" + "/".join([long_part] * 12) + "/LONG0001.JPG", at(4))
    os.makedirs(card.path("DCIM/104CLOSE"))
    os.chmod(card.path("DCIM/104CLOSE"), 0)
    for i in range(many):
        name = f"DCIM/105MANY_/M{i:07}.JPG"
        card.add(name, camera_jpeg(card.next_seed(), at(5), blocks=(1, 1), thumbnail=False), at(5))
    if huge:
        add_huge(card, "DCIM/106HUGE_/HUGE0001.MP4", 4 * 1024**3 + 4097)
    add_special_files(card)
    return card


def add_huge(card, name, size):
    """Sparse: a head, a hole, and a tail beyond 4 GiB."""
    path = card.path(name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    head = camera_film(card.next_seed(), at(6))
    with open(path, "xb") as out:
        out.write(head)
        out.truncate(size - 5)
        out.seek(size - 5)
        out.write(b"tail!")
    card.stamp(path, at(6))
    digest = hashlib.sha256(head)
    zeros = bytes(1 << 20)
    left = size - 5 - len(head)
    while left:
        digest.update(zeros[:min(left, len(zeros))])
        left -= min(left, len(zeros))
    digest.update(b"tail!")
    card.note(name, digest.hexdigest(), size, True)


def add_special_files(card):
    """Links out of the card, loops, FIFO, socket, device nodes: none of them is copied."""
    folder = "DCIM/103LINKS"
    os.makedirs(card.path(folder))
    outside = card.root + b".outside"
    os.makedirs(outside, exist_ok=True)
    with open(os.path.join(outside, b"secret.jpg"), "wb") as out:
        out.write(camera_jpeg(card.next_seed(), at(9), make="Outside"))
    links = [
        ("OUT00001.JPG", os.path.join(outside, b"secret.jpg")), ("OUTDIR", outside),
        ("LOOP0001", b"."), ("LOOP0002", b".."), ("SELF0001.JPG", b"SELF0001.JPG"),
        ("PASSWD01.JPG", b"/etc/passwd"), ("PROC0001", b"/proc/self"),
        ("DANGLE01.JPG", b"nowhere"), ("INSIDE01.JPG", b"../101DATES/Y2024.jpg"),
    ]
    for name, target in links:
        os.symlink(target, card.path(f"{folder}/{name}"))
    os.mkfifo(card.path(f"{folder}/FIFO0001.JPG"))
    listener = socket.socket(socket.AF_UNIX)
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(card.path(folder))
        listener.bind("SOCK0001.JPG")
    finally:
        os.fchdir(here)
        os.close(here)
        listener.close()
    if os.geteuid() == 0:
        try:
            os.mknod(card.path(f"{folder}/ZERO0001.JPG"), stat.S_IFCHR | 0o666, os.makedev(1, 5))
            os.mknod(card.path(f"{folder}/DISK0001.JPG"), stat.S_IFBLK | 0o666, os.makedev(7, 99))
        except PermissionError:
            pass  # a container may not make devices


def make_tiny(root, seed=1, count=30000):
    """Very many very small files, in DCF folders of 1000."""
    card = Card(root, seed * 9000011)
    for i in range(count):
        name = f"DCIM/{100 + i // 1000:03}TINY_/T{i % 1000:07}.JPG"
        card.add(name, camera_jpeg(card.next_seed(), at(i // 4000), blocks=(1, 1),
                                   thumbnail=False), at(i // 4000))
    return card


KINDS = {"plain": make_plain, "mixed": make_mixed, "hostile": make_hostile, "tiny": make_tiny}


def main():
    parser = argparse.ArgumentParser(description="Makes a camera card for tests.")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int)
    parser.add_argument("--expect", help="write what must be copied there (JSON)")
    args = parser.parse_args()
    more = {}
    if args.count is not None:
        more["many" if args.kind == "hostile" else "count"] = args.count
    card = KINDS[args.kind](args.folder, args.seed, **more)
    if args.expect:
        card.save_expect(args.expect)
    return 0


if __name__ == "__main__":
    sys.exit(main())
