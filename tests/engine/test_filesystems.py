#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards and tanks on real file systems in loop devices, and tanks that run full."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import (  # noqa: E402
    OK, TANK_UNUSABLE, Skip, expect, expect_equal, images, main, make_card, make_image, mounted,
    need_root, run)


def import_into(work, tank, card, args=()):
    source = card.root if isinstance(card, make_card.Card) else card
    return run(["import", "--json", "--tank", tank, *args, source]).parse()


def tank_on(work, kind, size_mb=160, tolerance=0, safe="safe-to-format"):
    """A mixed card into a tank on its own file system; remounted; imported again."""
    need_root()
    card = work.card("mixed")
    image = work.path("tank.img")
    make_image(image, kind, size_mb)
    with mounted(image, work.path("mnt")) as disk:
        result = import_into(work, disk / "tank", card)
        expect_equal(result.status, OK, f"exit status on {kind}\n{result}")
        expect_equal(result.verdict(), safe, f"verdict on {kind}")
        work.check(tank=disk / "tank", tolerance=tolerance)
    with mounted(image, work.path("mnt")) as disk:
        again = import_into(work, disk / "tank", card)
        expect_equal(again.done()["files_copied"], 0, "files copied again after a remount")
        expect_equal(again.verdict(), safe, "verdict after a remount")
        work.check(tank=disk / "tank", tolerance=tolerance)


def test_tank_on_ext4(work):
    tank_on(work, "ext4")


def test_tank_on_xfs(work):
    tank_on(work, "xfs", 400)


def test_tank_on_btrfs(work):
    tank_on(work, "btrfs", 400)


def test_tank_on_vfat(work):
    tank_on(work, "vfat", 160, tolerance=2)


def test_tank_on_exfat(work):
    tank_on(work, "exfat", 160, tolerance=2)


def test_tank_without_a_disk_is_not_called_safe(work):
    """tmpfs has nothing to read back from."""
    need_root()
    card = work.card("plain", count=4)
    with mounted("tmpfs", work.path("mnt"), "size=200m") as disk:
        if subprocess.run(["stat", "-f", "-c", "%T", disk], capture_output=True, text=True,
                          check=True).stdout.strip() != "tmpfs":
            raise Skip("no tmpfs here")
        result = import_into(work, disk / "tank", card)
        expect_equal(result.verdict(), "copied", f"verdict\n{result}")
        expect(result.status != OK, "exit status 0 although nothing was verified")
        work.check(tank=disk / "tank")


def whole_image_hash(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_only_card(work, kind, options):
    need_root()
    card = make_card.make_mixed(work.path("template"))
    image = work.path("card.img")
    make_image(image, kind, 64, None)
    with mounted(image, work.path("card")) as folder:
        subprocess.run(["cp", "-a", os.fsdecode(card.root) + "/.", folder], check=True)
    before = whole_image_hash(image)
    with mounted(image, work.path("card"), options) as folder:
        made = make_card.Card(folder)
        made.files = card.files
        work.watch(made)
        for _ in range(2):
            result = work.run(made)
            expect_equal(result.status, OK, f"exit status\n{result}")
            expect_equal(result.verdict(), "safe-to-format", "verdict")
            work.check()
        expect_equal(result.done()["files_copied"], 0, "files copied again")
    expect_equal(whole_image_hash(image), before, "the card's image")


def test_read_only_ext4_card_is_unchanged_to_the_last_bit(work):
    read_only_card(work, "ext4", "loop,ro,noload")


def test_writable_ext4_card_is_not_written(work):
    """Even where the kernel would let it: files, folders and times stay."""
    need_root()
    card = make_card.make_mixed(work.path("template"))
    make_image(work.path("card.img"), "ext4", 64, None)
    with mounted(work.path("card.img"), work.path("card"), "loop,strictatime") as folder:
        subprocess.run(["cp", "-a", os.fsdecode(card.root) + "/.", folder], check=True)
        made = make_card.Card(folder)
        made.files = card.files
        work.watch(made)
        work.import_safely(made)


def test_card_is_known_after_it_was_plugged_again(work):
    need_root()
    card = make_card.make_plain(work.path("template"), count=6)
    image = work.path("card.img")
    make_image(image, "ext4", 64, os.fsdecode(card.root))
    counts = []
    for folder in ("one", "two"):
        with mounted(image, work.path(folder), "loop,ro,noload") as place:
            counts.append(import_into(work, work.tank, place).done()["files_copied"])
    expect_equal(counts, [len(card.files), 0], "files copied")


def test_another_disk_inside_the_card_is_not_entered(work):
    need_root()
    card = make_card.make_plain(work.path("card"), count=3)
    with mounted("tmpfs", os.fsdecode(card.path("DCIM/200OTHER")), "size=1m") as other:
        (other / "OTHER001.JPG").write_bytes(make_card.camera_jpeg(999, make_card.at(0)))
        work.expected.add(card.root, card.files)
        result = work.run(card)
        expect_equal(result.verdict(), "safe-to-format", f"verdict\n{result}")
        faults = [n.get("fault") for n in result.of("notice")]
        expect("foreign-mount" in faults, f"the other disk is not named: {faults}")
        work.check()


# ---- full ------------------------------------------------------------------------------------


def used_up(disk, left_mb, ballast):
    """Fills the disk until left_mb are free for imgtank (which keeps 64 MiB to itself)."""
    st = os.statvfs(disk)
    size = st.f_bavail * st.f_frsize - ((left_mb + 64) << 20)
    subprocess.run(["fallocate", "-l", str(size), disk / ballast], check=True)


def test_full_tank_says_how_much_is_missing_and_goes_on(work):
    need_root()
    card = work.card("plain", count=40, size_bytes=500_000)
    make_image(work.path("tank.img"), "ext4", 300)
    with mounted(work.path("tank.img"), work.path("mnt")) as disk:
        used_up(disk, 8, "ballast")
        first = import_into(work, disk / "tank", card)
        expect_equal(first.status, TANK_UNUSABLE, f"exit status\n{first}")
        expect_equal(first.done().get("fault"), "tank-full", "fault")
        missing = first.done()["bytes_missing"]
        in_tank = sum(os.stat(disk / "tank/images" / n).st_size
                      for n in images(disk / "tank"))
        left = sum(f["size"] for f in card.files) - in_tank
        free = os.statvfs(disk)
        free = max(0, free.f_bavail * free.f_frsize - (64 << 20))
        expect(abs(missing - (left - free)) <= 2 << 20,
               f"{missing} bytes are said to be missing; {left} are left, {free} free")
        expect(in_tank > 2 << 20, f"only {in_tank} bytes were copied into 8 MiB of room")
        work.check(partial=True, tank=disk / "tank")

        os.unlink(disk / "ballast")
        second = import_into(work, disk / "tank", card)
        expect_equal(second.verdict(), "safe-to-format", f"verdict\n{second}")
        expect(second.done()["files_known"] > 0, "nothing of the first run was used")
        work.check(tank=disk / "tank")


def test_too_little_room_is_said_before_the_start(work):
    need_root()
    card = work.card("plain", count=40, size_bytes=500_000)
    make_image(work.path("tank.img"), "ext4", 300)
    with mounted(work.path("tank.img"), work.path("mnt")) as disk:
        used_up(disk, 8, "ballast")
        result = import_into(work, disk / "tank", card)
    notices = [n for n in result.of("notice") if n.get("fault") == "tank-space-ahead"]
    expect(notices and notices[0]["bytes_missing"] > 1 << 20, f"{notices}")
    states = [e["event"] for e in result.events]
    expect(states.index("notice") < states.index("file-copied"), "it was said too late")


def test_tank_without_any_room(work):
    """Not even for the ledger: an orderly end, and it goes on when there is room."""
    need_root()
    card = work.card("plain", count=5)
    make_image(work.path("tank.img"), "ext4", 100)
    with mounted(work.path("tank.img"), work.path("mnt")) as disk:
        with open(disk / "ballast", "wb") as out:
            try:
                while True:
                    out.write(bytes(1 << 16))
                    out.flush()
            except OSError:
                pass
        result = import_into(work, disk / "tank", card)
        expect_equal(result.status, TANK_UNUSABLE, f"exit status\n{result}")
        expect_equal(result.done().get("fault"), "tank-full", "fault")
        os.unlink(disk / "ballast")
        second = import_into(work, disk / "tank", card)
        expect_equal(second.verdict(), "safe-to-format", f"verdict\n{second}")
        work.check(tank=disk / "tank")


def test_disk_without_inodes_is_an_orderly_stop(work):
    need_root()
    card = work.card("plain", count=400)
    if not shutil.which("mkfs.ext4"):
        raise Skip("mkfs.ext4 is not installed")
    image = work.path("tank.img")
    with open(image, "xb") as out:
        out.truncate(120 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-N", "64", image], check=True)
    with mounted(image, work.path("mnt")) as disk:
        expect(os.statvfs(disk).f_ffree < len(card.files), "there are enough inodes")
        result = import_into(work, disk / "tank", card)
        expect_equal(result.status, TANK_UNUSABLE, f"exit status\n{result}")
        expect(result.verdict() not in ("safe-to-format", "copied"), "verdict")
        work.check(partial=True, tank=disk / "tank")


if __name__ == "__main__":
    sys.exit(main(globals()))
