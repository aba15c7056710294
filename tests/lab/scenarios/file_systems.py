# SPDX-License-Identifier: GPL-3.0-or-later
"""Other file systems than FAT on the card and ext4 on the tank."""
import contextlib
import subprocess
import tempfile
from pathlib import Path

import cards
from exfat import Volume
from guest import check
from scenarios.base import mounted, plug_and_wait, same_content, scenario, wait_safe, with_tank


def fill(guest, image, label, folder, kind):
    """Some file systems only the guest's kernel can fill."""
    archive = subprocess.run(["tar", "-c", "-C", folder, "."], check=True, capture_output=True).stdout
    node = guest.add_disk(image, serial="fill")
    link = f"/dev/disk/by-label/{label}"
    guest.sh(f"for i in $(seq 100); do [ -e {link} ] && break; sleep 0.1; done; "
             f"mount -t {kind} {link} /mnt && tar -x --no-same-owner -C /mnt && umount /mnt", data=archive)
    guest.remove_disk(node)
    guest.sh(f"for i in $(seq 100); do [ -e {link} ] || exit 0; sleep 0.1; done; exit 1")


@contextlib.contextmanager
def read_exfat(image):
    """An exFAT tank as a reader of our own sees it; it must be without a fault."""
    with tempfile.TemporaryDirectory(prefix="imgtank-lab-exfat-") as folder, Volume(image) as volume:
        faults = volume.extract(folder)
        check(not faults, f"the file system has faults: {faults[:3]}")
        yield Path(folder)


def exfat_card_to_exfat_tank(lab, folder, size_mb, deadline_s=240):
    image = cards.exfat(lab.path("card.img"), size_mb, label="EXCARD")
    tank = cards.exfat(lab.path("tank.img"), 512, label="TANK")
    with lab.guest() as guest:
        fill(guest, image, "EXCARD", folder, "exfat")
        before = cards.digest(image)
        guest.add_tank(tank)
        watch = guest.start_watch()
        watch.tank("the tank is ready", state="idle", is_mounted=True)
        name = guest.plug(image)
        wait_safe(watch, "EXCARD", deadline_s)
        guest.unplug(name)
        watch.no_cards()
        guest.shut_down()
    check(cards.digest(image) == before, "the card was written to")
    with read_exfat(tank) as root:
        same_content(root, [folder])


@scenario
def exfat_card_and_tank(lab):
    """A card and a tank on exFAT; the tank is read on the host by an independent program."""
    exfat_card_to_exfat_tank(lab, cards.files(lab.path("card"), 16, real=True), 64)


@scenario(is_long=True)
def many_pictures_exfat(lab):
    """A card of 512 pictures on exFAT, to a tank on exFAT."""
    folder = cards.files(lab.path("card"), 512, size_bytes=30000, seed=12, real=False)
    exfat_card_to_exfat_tank(lab, folder, 64, 400)


def configured(lab, guest):
    guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[daemon]\\nfile-systems = vfat exfat ntfs3 udf "
             "ext4 btrfs\\n' >/etc/imgtank/imgtank.conf.d/lab.conf; systemctl restart imgtankd")
    return with_tank(lab, guest)


def ntfs(path):
    path = cards.blank(path, 64)
    cards.run("mkntfs", "-q", "-F", "-Q", "-L", "NTFSCARD", path)
    return path


def udf(path):
    path = cards.blank(path, 64)
    cards.run("mkudffs", "--blocksize=512", "--label=UDFCARD", path)
    return path


def ext4(path, folder):
    path = cards.blank(path, 64)
    cards.run("mke2fs", "-q", "-F", "-t", "ext4", "-L", "EXTCARD", "-d", folder, path)
    return path


def btrfs(path, folder):
    path = cards.blank(path, 128)
    cards.run("mkfs.btrfs", "-q", "-L", "BTRFSCARD", "--rootdir", folder, path)
    return path


@scenario(is_long=True)
def cards_of_other_kinds(lab):
    """NTFS, UDF, ext4, btrfs: named as not readable here; read if so configured, and never written to."""
    folders = {label: cards.files(lab.path(label), 6, seed=seed, real=False) for seed, label in enumerate(
        ("NTFSCARD", "UDFCARD", "EXTCARD", "BTRFSCARD"), 21)}
    with lab.guest() as guest:
        images = {"NTFSCARD": ntfs(lab.path("ntfs.img")), "UDFCARD": udf(lab.path("udf.img")),
                  "EXTCARD": ext4(lab.path("ext.img"), folders["EXTCARD"]),
                  "BTRFSCARD": btrfs(lab.path("btrfs.img"), folders["BTRFSCARD"])}
        fill(guest, images["NTFSCARD"], "NTFSCARD", folders["NTFSCARD"], "ntfs3")
        fill(guest, images["UDFCARD"], "UDFCARD", folders["UDFCARD"], "udf")
        watch = guest.start_watch()
        for label, image in images.items():
            name = guest.plug(image)
            watch.card(f"{label} cannot be read here", state="waiting", waiting="unsupported")
            guest.unplug(name)
            watch.no_cards()
        watch.close()
        tank, watch = configured(lab, guest)
        for label, image in images.items():
            plug_and_wait(lab, guest, watch, image, cards.digest(image), label)
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, folders.values())


@scenario(is_long=True)
def card_with_a_journal_to_replay(lab):
    """An ext4 card that was pulled while written to: never written to, and never called safe to format."""
    folder = cards.files(lab.path("card"), 6, seed=25, real=False)
    clean = ext4(lab.path("clean.img"), folder)
    late = cards.files(lab.path("late"), 3, seed=26, real=False)
    image = lab.path("card.img")
    # Copied while it is mounted: the last pictures are known only to its journal.
    with tempfile.TemporaryDirectory(prefix="imgtank-lab-mnt-") as place:
        cards.run("mount", "-o", "loop", clean, place)
        try:
            cards.run("cp", "-r", late, Path(place, "DCIM/101LATE"))
            cards.run("sync", "-f", place)
            cards.run("cp", clean, image)
        finally:
            cards.run("umount", place)
    before = cards.digest(image)
    with lab.guest() as guest:
        _, watch = configured(lab, guest)
        guest.plug(image)
        card = watch.wait("it is told what is wrong", lambda state: next(
            (card for card in state["cards"].values() if card.get("state") in (
                "failed", "waiting", "partial", "safe-to-remove", "done")), None))
        check(not card.get("may_format"), f"it may be formatted: {card}")
        lab.notes["said"] = card.get("headline", "")
        guest.shut_down()
    check(cards.digest(image) == before, "the card was written to")
