#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares cards and a tank, and knows nothing of the program that copied.

What it holds the tank to: the card is as it was, to the last time stamp; every
file that must be copied is in the tank exactly once per content, whole,
read-only and with its mtime; nothing else is in images/; no temporaries are
left; a name never changes its content and a number is never used again.

  check_tank.py snapshot CARD OUT.json
  check_tank.py card CARD BEFORE.json
  check_tank.py tank TANK [--expect CARD EXPECT.json]... [--history FILE]
                     [--partial] [--ledger] [--mtime-tolerance SECONDS]
"""
import argparse
import ctypes
import ctypes.util
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import sys
import tempfile

NUMBER = re.compile(r"pimg_(\d+)([^/]*)$")


class Findings(list):
    def say(self, text):
        self.append(text)


# ---- reading without leaving a trace -------------------------------------------------------


def open_quietly(path, flags=os.O_RDONLY):
    try:
        return os.open(path, flags | os.O_NOATIME | os.O_CLOEXEC)
    except PermissionError:
        return os.open(path, flags | os.O_CLOEXEC)


def data_ranges(fd, size):
    """(is data, bytes) pieces of a file; holes need not be read to be known as zeros."""
    at = 0
    while at < size:
        try:
            data = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:  # ENXIO: a hole up to the end
            data = size
        if data > at:
            yield False, data - at
            at = data
            continue
        end = os.lseek(fd, at, os.SEEK_HOLE)
        os.lseek(fd, at, os.SEEK_SET)
        yield True, end - at
        at = end


ZEROS = bytes(1 << 20)


def hash_range(fd, digest, is_data, left):
    while left:
        want = min(left, len(ZEROS))
        block = os.read(fd, want) if is_data else ZEROS[:want]
        if not block:
            return
        digest.update(block)
        left -= len(block)


def hash_file(path):
    digest = hashlib.sha256()
    fd = open_quietly(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        for is_data, size in data_ranges(fd, os.fstat(fd).st_size):
            hash_range(fd, digest, is_data, size)
        return digest.hexdigest()
    finally:
        os.close(fd)


def list_folder(path):
    """Names below one folder as bytes; the folder's own access time is left alone."""
    fd = open_quietly(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return sorted(os.fsencode(name) for name in os.listdir(fd))
    finally:
        os.close(fd)


def describe(path):
    st = os.lstat(path)
    fact = {"mode": st.st_mode, "uid": st.st_uid, "gid": st.st_gid, "mtime_ns": st.st_mtime_ns,
            "atime_ns": st.st_atime_ns, "ctime_ns": st.st_ctime_ns, "ino": st.st_ino,
            "nlink": st.st_nlink}
    if stat.S_ISREG(st.st_mode):
        fact["size"] = st.st_size
        try:
            fact["sha256"] = hash_file(path)
        except OSError as error:
            fact["unreadable"] = error.errno
    elif stat.S_ISLNK(st.st_mode):
        fact["target"] = os.fsdecode(os.readlink(path))
        del fact["atime_ns"]  # this very look changes it
    elif stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        fact["rdev"] = st.st_rdev
    return fact


def walk(root):
    """Every path below root, relative, as bytes; "" is root itself."""
    todo = [b""]
    while todo:
        relative = todo.pop()
        yield relative
        path = os.path.join(root, relative)
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            continue
        try:
            names = list_folder(path)
        except OSError:
            continue
        todo.extend(os.path.join(relative, name) for name in names)


def snapshot(card):
    root = os.fsencode(card)
    return {os.fsdecode(path): describe(os.path.join(root, path)) for path in walk(root)}


def check_card(card, before, findings):
    """Byte for byte, name for name, time for time: nobody wrote to it, nobody even read visibly."""
    after = snapshot(card)
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            findings.say(f"card: {path!r} is gone")
        elif path not in before:
            findings.say(f"card: {path!r} is new")
        elif before[path] != after[path]:
            for key in sorted(before[path].keys() | after[path].keys()):
                was, now = before[path].get(key), after[path].get(key)
                if was != now:
                    findings.say(f"card: {path!r}: {key} was {was}, is {now}")


# ---- the tank ------------------------------------------------------------------------------


class Expected:
    """What the cards so far must have put into the tank: content -> allowed mtimes and names."""

    def __init__(self):
        self.contents = {}

    def add(self, card, files):
        root = os.fsencode(card)
        for file in files:
            if not file["selected"]:
                continue
            path = os.path.join(root, os.fsencode(file["name"]))
            entry = self.contents.setdefault(
                file["sha256"], {"size": file["size"], "mtimes": set(), "names": []})
            entry["names"].append(file["name"])
            try:
                entry["mtimes"].add(os.lstat(path).st_mtime_ns)
            except FileNotFoundError:
                pass  # the card may have been changed on purpose since


def tank_files(tank):
    """Relative path (str) -> stat, of everything below images/ that is not a folder."""
    root = os.fsencode(os.path.join(tank, "images"))
    found = {}
    if not os.path.isdir(root):
        return found
    for relative in walk(root):
        st = os.lstat(os.path.join(root, relative))
        if not stat.S_ISDIR(st.st_mode):
            found[os.fsdecode(relative)] = st
    return found


def check_image(tank, name, st, expected, tolerance, findings):
    """Returns the content's hash, or None if it is not a plain file."""
    path = os.path.join(tank, "images", name)
    if not stat.S_ISREG(st.st_mode):
        findings.say(f"images/{name!r} is not a plain file: mode {st.st_mode:o}")
        return None
    digest = hash_file(path)
    wanted = expected.contents.get(digest) if expected else None
    if expected and not wanted:
        findings.say(f"images/{name!r} ({st.st_size} bytes) is no file of any card: "
                     "half-written, changed or a leftover")
    if st.st_mode & 0o222 or stat.S_IMODE(st.st_mode) != 0o444:
        findings.say(f"images/{name!r} has mode {stat.S_IMODE(st.st_mode):o}, not 444")
    if wanted and wanted["mtimes"] and not any(
            abs(st.st_mtime_ns - ns) <= tolerance * 1e9 for ns in wanted["mtimes"]):
        findings.say(f"images/{name!r}: mtime {st.st_mtime_ns} is none of its sources': "
                     f"{sorted(wanted['mtimes'])}")
    if st.st_nlink != 1:
        findings.say(f"images/{name!r} has {st.st_nlink} links")
    return digest


def check_images(tank, expected, findings, partial=False, tolerance=0):
    """Returns name -> sha256 of what is there."""
    names = {}
    for name, st in sorted(tank_files(tank).items()):
        digest = check_image(tank, name, st, expected, tolerance, findings)
        if digest:
            names[name] = digest
    by_content = {}
    for name, digest in names.items():
        by_content.setdefault(digest, []).append(name)
    for digest, same in sorted(by_content.items()):
        if len(same) > 1:
            findings.say(f"the same content is in the tank {len(same)} times: {same}")
    if expected and not partial:
        for digest, wanted in expected.contents.items():
            if digest not in by_content:
                findings.say(f"missing in the tank: {wanted['names'][0]!r} "
                             f"({wanted['size']} bytes)")
    return names


def check_history(names, history, findings):
    """history: {"names": {path: sha256}}, grown here. Names and numbers keep their content."""
    seen = history.setdefault("names", {})
    for name, digest in names.items():
        if seen.get(name, digest) != digest:
            findings.say(f"images/{name!r} had other content in an earlier run")
        seen[name] = digest
    numbers = {}
    for name, digest in seen.items():
        match = NUMBER.search(name)
        if not match:
            continue
        key = (int(match.group(1)), match.group(2))
        if numbers.setdefault(key, digest) != digest:
            findings.say(f"number {key[0]} with {key[1]!r} was used for two contents ({name!r})")


def check_no_leftovers(tank, findings, damaged=False):
    """damaged: copies that did not match may have been set aside."""
    allowed = {b"images", b"thumbnails", b".imgtank"}
    root = os.fsencode(tank)
    for name in list_folder(root):
        if name not in allowed:
            findings.say(f"{os.fsdecode(name)!r} does not belong into the tank's folder")
    for folder in (b"tmp",) if damaged else (b"tmp", b"damaged"):
        path = os.path.join(root, b".imgtank", folder)
        if os.path.isdir(path):
            for name in list_folder(path):
                findings.say(f".imgtank/{folder.decode()}/{os.fsdecode(name)!r} is left over")


def check_thumbnails(tank, findings, partial=False):
    """Each a whole JPEG of a picture that is there, under its path."""
    root = os.fsencode(os.path.join(tank, "thumbnails"))
    if not os.path.isdir(root):
        return 0
    count = 0
    for relative in walk(root):
        path = os.path.join(root, relative)
        st = os.lstat(path)
        if stat.S_ISDIR(st.st_mode):
            continue
        count += 1
        name = os.fsdecode(relative)
        with open(path, "rb") as file:
            data = file.read()
        if data[:3] != b"\xff\xd8\xff" or data[-2:] != b"\xff\xd9":
            findings.say(f"thumbnails/{name!r} is not a whole JPEG ({len(data)} bytes)")
        pictures = [name, name[:-4] if name.endswith(".jpg") else name]
        if not partial and not any(
                os.path.lexists(os.path.join(tank, "images", p)) for p in pictures):
            findings.say(f"thumbnails/{name!r} belongs to no picture")
    return count


# ---- what the ledger claims ------------------------------------------------------------------


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def load_xxhash():
    name = ctypes.util.find_library("xxhash")
    if not name:
        return None
    library = ctypes.CDLL(name)
    library.XXH3_128bits.restype = Hash128
    library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    library.XXH3_64bits.restype = ctypes.c_uint64
    library.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return library


def unescape(text):
    """The ledger keeps a name's unsafe bytes as \\xNN, and a backslash as two."""
    return re.sub(rb"\\(?:x([0-9a-f]{2})|\\)",
                  lambda m: bytes([int(m.group(1), 16)]) if m.group(1) else b"\\",
                  os.fsencode(text))


def read_ledger(tank, query):
    """Rows from a copy, so that nothing in the tank is touched."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            source = os.path.join(tank, ".imgtank", "ledger.db" + suffix)
            if os.path.exists(source):
                shutil.copyfile(source, os.path.join(folder, "ledger.db" + suffix))
        with sqlite3.connect(os.path.join(folder, "ledger.db")) as db:
            db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
            return db.execute(query).fetchall()


STATE_DURABLE, STATE_VERIFIED = 1, 2


def check_ledger(tank, findings, partial=False):
    """Everything the ledger calls durable or verified exists, whole. Returns the count."""
    try:
        rows = read_ledger(tank, "SELECT tank_path, size_bytes, hash, state FROM files")
    except sqlite3.Error as error:
        findings.say(f"the ledger cannot be read: {error}")
        return 0
    library = load_xxhash()
    claimed = set()
    for tank_path, size, digest, state in rows:
        if state not in (STATE_DURABLE, STATE_VERIFIED):
            continue
        path = os.path.join(os.fsencode(tank), unescape(tank_path))
        claimed.add(os.fsdecode(unescape(tank_path)))
        try:
            st = os.lstat(path)
        except OSError:
            findings.say(f"the ledger says that {tank_path!r} is there, and it is not")
            continue
        if st.st_size != size:
            findings.say(f"{tank_path!r}: {size} bytes in the ledger, {st.st_size} on the disk")
        elif library and size < 64 << 20:
            with open(path, "rb") as file:
                data = file.read()
            found = library.XXH3_128bits(data, len(data))
            if digest != found.high.to_bytes(8, "big") + found.low.to_bytes(8, "big"):
                findings.say(f"{tank_path!r}: the ledger's hash is another one")
    if not partial:
        for name in tank_files(tank):
            if "images/" + name not in claimed:
                findings.say(f"images/{name!r} is not in the ledger")
    return len(claimed)


def check_tank(tank, expected=None, history=None, partial=False, ledger=True, tolerance=0,
               damaged=False):
    """All of it; returns the list of findings, empty if all is well."""
    findings = Findings()
    names = check_images(tank, expected, findings, partial, tolerance)
    if history is not None:
        check_history(names, history, findings)
    if not partial:
        check_no_leftovers(tank, findings, damaged)
    check_thumbnails(tank, findings, partial)
    if ledger and not partial:
        check_ledger(tank, findings)
    return findings


# ---- command line ------------------------------------------------------------------------------


def load(path):
    with open(path, encoding="ascii") as file:
        return json.load(file)


def command_tank(args):
    expected = Expected() if args.expect else None
    for card, path in args.expect or []:
        expected.add(card, load(path)["files"])
    history = None
    if args.history:
        history = load(args.history) if os.path.exists(args.history) else {}
    findings = check_tank(args.tank, expected, history, args.partial, args.ledger,
                          args.mtime_tolerance)
    if args.history:
        with open(args.history, "w", encoding="ascii") as out:
            json.dump(history, out)
    return findings


def parse_arguments():
    parser = argparse.ArgumentParser(description="Compares cards and a tank.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("snapshot")
    one.add_argument("card")
    one.add_argument("out")
    two = commands.add_parser("card")
    two.add_argument("card")
    two.add_argument("before")
    three = commands.add_parser("tank")
    three.add_argument("tank")
    three.add_argument("--expect", nargs=2, action="append", metavar=("CARD", "FILE"))
    three.add_argument("--history")
    three.add_argument("--partial", action="store_true")
    three.add_argument("--ledger", action="store_true")
    three.add_argument("--mtime-tolerance", type=float, default=0)
    return parser.parse_args()


def main():
    args = parse_arguments()
    findings = Findings()
    if args.command == "snapshot":
        with open(args.out, "w", encoding="ascii") as out:
            json.dump(snapshot(args.card), out)
    elif args.command == "card":
        check_card(args.card, load(args.before), findings)
    else:
        findings = command_tank(args)
    for finding in findings:
        print(finding.encode("ascii", "backslashreplace").decode())
    if findings:
        print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
