# SPDX-License-Identifier: GPL-3.0-or-later
"""What all scenarios work with: the list of them, their folder, a tank that is looked at on the host."""
import contextlib
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import cards
from guest import Failure, Guest, check


SCENARIOS = []


def scenario(function=None, *, is_long=False):
    """Puts a function into the list. is_long: not in the short set."""
    def add(fn):
        SCENARIOS.append((fn.__name__, fn, is_long))
        return fn
    return add(function) if function else add


class Lab:
    """Where a scenario works: its folder, and where its artefacts are kept."""

    def __init__(self, name, artefacts):
        self.name, self.artefacts = name, artefacts
        self.folder = Path(tempfile.mkdtemp(prefix="imgtank-lab-"))
        self.notes = {}  # figures for the report

    def path(self, name):
        return self.folder / name

    def guest(self, **more):
        return Guest(self.name, self.artefacts, **more)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def mounted(image, kind="ext4"):
    """A tank's disk, read on the host; its journal is replayed into a copy, not into the image."""
    copy = Path(str(image) + ".read")
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", image, copy], check=True)
    folder = tempfile.mkdtemp(prefix="imgtank-lab-mnt-")
    subprocess.run(["mount", "-t", kind, "-o", "loop", copy, folder], check=True)
    try:
        yield Path(folder)
    finally:
        subprocess.run(["umount", folder], check=True)
        Path(folder).rmdir()
        copy.unlink()


def same_content(tank, folders, missing=()):
    """The tank holds each content of the cards exactly once, whole, and nothing else."""
    wanted = {cards.digest(path) for folder in folders for path in Path(folder).rglob("*")
              if path.is_file() and path.name not in missing}
    found = {}
    for path in (Path(tank) / "images").rglob("*"):
        if path.is_file():
            found.setdefault(cards.digest(path), []).append(path)
    doubles = {key: paths for key, paths in found.items() if len(paths) > 1}
    check(not doubles, f"content that is there twice: {list(doubles.values())[:3]}")
    check(not wanted - set(found), f"{len(wanted - set(found))} of {len(wanted)} files are missing")
    check(not set(found) - wanted, f"{len(set(found) - wanted)} files that no card had")
    leftovers = [path for path in (Path(tank) / ".imgtank" / "tmp").rglob("*") if path.is_file()
                 and path.name != "lock"]
    check(not leftovers, f"left over: {leftovers[:3]}")


def is_safe(card):
    return card.get("state") == "safe-to-remove" and card.get("verdict") == "safe-to-format"


def wait_safe(watch, label=None, deadline_s=240):
    def look(state):
        return next((card for card in state["cards"].values()
                     if is_safe(card) and (label is None or card["label"] == label)), None)
    return watch.wait(f"{label or 'the card'} is safe", look, deadline_s)


def wait_was_safe(watch, label, deadline_s=240):
    """A card that goes by itself, as uploads do: it may be gone again before anybody looks."""
    def look(_):
        return next((event for _, event in watch.lines if event.get("event") == "card"
                     and event["label"].startswith(label) and is_safe(event)), None)
    return watch.wait(f"{label} was safe", look, deadline_s)


def with_tank(lab, guest, size_mb=512):
    image = cards.ext4(lab.path("tank.img"), size_mb)
    guest.add_tank(image)
    watch = guest.start_watch()
    watch.tank("the tank is ready", state="idle", is_mounted=True)
    return image, watch


def plug_and_wait(lab, guest, watch, image, before, label=None):
    name = guest.plug(image)
    card = wait_safe(watch, label)
    guest.unplug(name)
    watch.no_cards()
    check(cards.digest(image) == before, "the card was written to")
    return card


def run_one(name, function, artefacts):
    """(result, seconds, notes, why)"""
    lab = Lab(name, artefacts)
    began = time.monotonic()
    try:
        function(lab)
        return "ok", time.monotonic() - began, lab.notes, ""
    except Failure as failure:
        return "FAILED", time.monotonic() - began, lab.notes, str(failure)
    except (subprocess.SubprocessError, OSError, ValueError, KeyError) as error:
        return "FAILED", time.monotonic() - began, lab.notes, f"{type(error).__name__}: {error}"
    finally:
        lab.close()
