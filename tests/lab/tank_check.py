# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a tank after a power cut as a stranger: pictures, ledger, manifests; no code of the product.

What must be true at any moment: what was announced is there and whole, what the ledger calls durable
or verified is there and whole, and no picture has its name before it is whole.
"""
import sqlite3
from pathlib import Path

import cards
import check_tank
from guest import check


class Tank:
    """The pictures by path, hashed once."""

    def __init__(self, root):
        self.root = Path(root)
        self.digests = {str(path.relative_to(self.root)): cards.digest(path)
                        for path in sorted((self.root / "images").rglob("*")) if path.is_file()}


def of_announcements(tank, announced, contents):
    """What front ends and the journal had said: "file PATH" or "safe WHO"."""
    for what in announced:
        kind, value = what.split(" ", 1)
        if kind == "file":
            if value not in tank.digests:
                yield f"{value} is missing, and was called verified"
            elif tank.digests[value] not in contents:
                yield f"{value} is torn, and was called verified"
        elif missing := set(contents) - set(tank.digests.values()):
            yield f"{len(missing)} pictures are missing, and the {value} had said that all are safe"


def of_names(tank, contents):
    for path, digest in tank.digests.items():
        if digest not in contents:
            yield f"{path} has a name and is not whole"


def ledger_is_sound(root):
    """Is there one, with something in it, and is it whole?"""
    if not Path(root, ".imgtank/ledger.db").exists():
        return False
    try:
        return (check_tank.read_ledger(root, "PRAGMA integrity_check") == [("ok",)] and
                check_tank.read_ledger(root, "SELECT 1 FROM sqlite_schema WHERE name = 'files'") != [])
    except sqlite3.Error:
        return False


def of_ledger(tank):
    """A damaged one claims nothing: it is made again from the manifests, and they are looked at, too."""
    findings = check_tank.Findings()
    if not ledger_is_sound(tank.root):
        return
    check_tank.check_ledger(tank.root, findings, partial=True)
    yield from findings


def of_manifests(tank, announced):
    """Each picture that was announced has a line with the right checksum."""
    library = check_tank.load_xxhash()
    check(library, "libxxhash is missing")
    told = set()
    for path in sorted((tank.root / ".imgtank/manifests").glob("*")):
        for line in path.read_bytes().split(b"\n")[1:]:
            text = line[:-16]
            if b"%016x" % library.XXH3_64bits(text, len(text)) == line[-16:]:
                told.add(text.split(b"\t")[3].decode(errors="replace"))
    for what in announced:
        kind, value = what.split(" ", 1)
        if kind == "file" and value not in told:
            yield f"no manifest tells of {value}"


def pictures(root, announced, contents):
    """Each promise about pictures that is broken there, in a few words."""
    tank = Tank(root)
    return [*of_announcements(tank, announced, contents), *of_names(tank, contents)]


def faults(root, announced, contents):
    """Each promise that is broken there, in a few words."""
    tank = Tank(root)
    return [*of_announcements(tank, announced, contents), *of_names(tank, contents),
            *of_ledger(tank), *of_manifests(tank, announced)]
