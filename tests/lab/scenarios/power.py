# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes."""
import hashlib
import random
import subprocess
import tempfile
import time
from pathlib import Path

import cards
import make_card
import powercut
import product
import tank_check
from guest import check
from scenarios.base import mounted, same_content, scenario, wait_safe
from scenarios.file_systems import read_exfat


def resume(folder, tank):
    """After the cut the card is put in again: then each picture is in the tank, once; nothing else."""
    with tempfile.TemporaryDirectory(prefix="imgtank-lab-both-") as both:
        Path(both, "conf").write_text("[tank]\npath = /mnt/tank\nkeep-free = 0\n", encoding="ascii")
        for source, name in ((folder, "card"), (tank, "tank")):
            Path(both, name).mkdir()
            subprocess.run(["mount", "--bind", source, Path(both, name)], check=True)
        try:
            product.must(both, "import", "--config", "/mnt/conf", "/mnt/card")
            same_content(tank, [folder])
            product.must(both, "verify", "--config", "/mnt/conf")
            # A ledger that is lost is made again from the manifests and the pictures.
            for path in Path(tank, ".imgtank").glob("ledger.db*"):
                path.unlink()
            product.must(both, "rebuild", "--config", "/mnt/conf")
            product.must(both, "verify", "--config", "/mnt/conf")
            product.must(both, "import", "--config", "/mnt/conf", "/mnt/card")
            same_content(tank, [folder])
        finally:
            for name in ("card", "tank"):
                subprocess.run(["umount", Path(both, name)], check=True)


def a_card(lab):
    """Pictures of 27 days, and 60 of one: folders that are new and one that grows."""
    folder = cards.files(lab.path("card"), 40, size_bytes=200000, seed=11, real=False)
    for number in range(60):
        Path(folder, "DCIM/100CANON", f"DSC_{number:04}.JPG").write_bytes(make_card.camera_jpeg(
            900000 + number, make_card.at(3, minute=number), size_bytes=60000, model="EX-2"))
    return folder


def cut_power(lab, kind="ext4", mount_options=None, **tank):
    """An import with its power cut behind the last word; who judges its prefixes."""
    folder = a_card(lab)
    image = cards.fat(lab.path("card.img"), folder)
    contents = {cards.digest(path) for path in Path(folder).rglob("*") if path.is_file()}
    with lab.guest() as guest:
        watch = guest.start_watch()

        def until(_):
            wait_safe(watch)
            time.sleep(1)  # for cuts after the last word, too

        def before():
            if mount_options:
                guest.sh(f"mount -o remount,{mount_options} /data")
            guest.plug(image, slow_bytes_per_s=2500000)

        original, log = powercut.record(lab, guest, powercut.WATCHER, until, before, kind, **tank)
    said = {what for _, what in log.marks()}
    check({"safe front end", "safe journal"} <= said, "nobody said that the card is safe")
    return powercut.Judge(lab, original, log, contents, kind, also=lambda tank: resume(folder, tank))


def survive_cuts(lab, cuts, seed, kind="ext4", **tank):
    judge = cut_power(lab, kind, **tank)
    judge.run(lab, cuts, seed)
    check(judge.broken == 0, f"{judge.broken} of {cuts} cuts broke a promise; {judge.first}")
    check(judge.lossy > cuts // 5, f"only {judge.lossy} of {cuts} cuts lost anything: too few")


def careless(lab, kind):
    contents = {hashlib.sha256(hashlib.sha256(str(number).encode()).digest() * 4096).hexdigest()
                for number in range(60)}
    with lab.guest() as guest:
        original, log = powercut.record(lab, guest, powercut.CARELESS,
                                        lambda process: process.wait(120), kind=kind)
    judge = powercut.Judge(lab, original, log, contents, kind, look=tank_check.pictures)
    judge.run(lab, 20, 3)
    judge.must_find(10)


@scenario
def power_cut(lab):
    """100 power cuts, part of what was not flushed lost: all that was called verified is there and whole."""
    survive_cuts(lab, 100, 1)


@scenario
def power_cut_exfat(lab):
    """100 power cuts of a tank on exFAT, repaired by fsck: all that was called verified is there and whole."""
    survive_cuts(lab, 100, 4, "exfat")


@scenario(is_long=True)
def power_cut_200(lab):
    """200 power cuts, part of what was not flushed lost: all that was called verified is there and whole."""
    survive_cuts(lab, 200, 2)


@scenario(is_long=True)
def power_cut_exfat_400(lab):
    """400 power cuts of a tank on exFAT with clusters so small that each folder and each file grows often."""
    survive_cuts(lab, 400, 5, "exfat", cluster_bytes=512)


@scenario(is_long=True)
def power_cut_resumed(lab):
    """After a cut the box starts again: it repairs the disk, goes on with the card, each picture is there once."""
    rng = random.Random(6)
    for kind, cuts, read in (("exfat", 3, read_exfat), ("ext4", 1, mounted)):
        judge = cut_power(lab, kind)
        for _ in range(cuts):
            image = lab.path("again.img")
            judge.log.replay(judge.original, image, rng.choice(judge.open_places), rng.random())
            with lab.guest() as guest:
                guest.add_tank(image)
                watch = guest.start_watch()
                guest.plug(lab.path("card.img"))
                wait_safe(watch)
                guest.shut_down()
            with read(image) as root:
                same_content(root, [lab.path("card")])


@scenario
def power_cut_without_flush(lab):
    """The same import on a disk that is never told to flush fails the same test: the marks flush nothing."""
    judge = cut_power(lab, mount_options="barrier=0")
    judge.run(lab, 30, 1)
    judge.must_find(10)


@scenario
def power_cut_careless(lab):
    """A writer that does not flush fails the same test: the test can tell."""
    careless(lab, "ext4")


@scenario
def power_cut_careless_exfat(lab):
    """A writer that does not flush fails the same test on exFAT, too."""
    careless(lab, "exfat")
