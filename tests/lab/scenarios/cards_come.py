# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards and tanks come and go."""
import shutil
import subprocess
import time
from pathlib import Path

import cards
from guest import check
from scenarios.base import mounted, plug_and_wait, same_content, scenario, wait_safe, with_tank


@scenario
def hot_plug(lab):
    """A USB reader with a FAT32 card of 32 pictures: copied, read back, safe to format; card untouched."""
    folder = cards.files(lab.path("card"), 32)
    image = cards.fat(lab.path("card.img"), folder)
    before = cards.digest(image)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        began = time.monotonic()
        name = guest.plug(image)
        watch.card("the card is seen", label="CANON")
        lab.notes["seen after s"] = round(time.monotonic() - began, 2)
        wait_safe(watch, "CANON")
        lab.notes["safe after s"] = round(time.monotonic() - began, 2)
        card = watch.state["cards"][next(iter(watch.state["cards"]))]
        check(card.get("may_format") and card.get("may_remove"), f"it says so: {card}")
        check("/dev/sd" not in guest.sh("cat /proc/mounts"), "the card is mounted for all to see")
        guest.unplug(name)
        watch.no_cards()
        guest.shut_down()
    check(cards.digest(image) == before, "the card was written to")
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario(is_long=True)
def many_pictures(lab):
    """A card of 512 pictures."""
    folder = cards.files(lab.path("card"), 512, size_bytes=30000, seed=12, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        guest.plug(image)
        card = wait_safe(watch, deadline_s=400)
        check(card["files_copied"] == 512, f"copied: {card['files_copied']}")
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder])


# Files of real cameras, as large collections have them; not part of the sources.
CORPUS = cards.ROOT.parent / "shared" / "corpus" / "files"


@scenario(is_long=True)
def real_camera_files(lab):
    """Hundreds of files of real cameras, of some forty kinds, on one card: each is copied, whole."""
    folder = cards.files(lab.path("card"), 0, real=True)
    found = sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.stat().st_size
                   and not set(path.name) & set('"*/:<>?\\|')) if CORPUS.is_dir() else []
    for number, path in enumerate(found):
        target = folder / "DCIM" / f"{101 + number // 200}REAL" / path.name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
    lab.notes["files"] = len(found) or "only those of the demo card: the others are not here"
    image = cards.fat(lab.path("card.img"), folder, size_mb=128)
    before = cards.digest(image)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        plug_and_wait(lab, guest, watch, image, before)
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def mount_is_private_and_read_only(lab):
    """While it is copied: mounted where only the daemon sees it, ro,nodev,nosuid,noexec; gone with it."""
    folder = cards.files(lab.path("card"), 40, size_bytes=500000, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        _, watch = with_tank(lab, guest)
        guest.plug(image, slow_bytes_per_s=300000)
        watch.card("it is copied", state="copying")
        host = guest.sh("cat /proc/1/mountinfo")
        own = guest.sh("cat /proc/$(systemctl show -P MainPID imgtankd)/mountinfo")
        check("/dev/sd" not in host, "the host sees the card: " + host)
        lines = [line for line in own.splitlines() if "/dev/sd" in line]
        check(len(lines) == 1, f"the daemon sees it once: {lines}")
        options = set(lines[0].split()[5].split(","))
        check({"ro", "nodev", "nosuid", "noexec"} <= options, f"mounted {options}")
        check(guest.sh("cat /sys/block/sda/ro").strip() == "1" or
              guest.sh("blockdev --getro /dev/sda1").strip() == "1", "the device may be written")
        guest.sh("systemctl kill -s KILL imgtankd")
        guest.sh("for i in $(seq 100); do grep -q /dev/sd /proc/*/mountinfo 2>/dev/null || exit 0; "
                 "systemctl stop imgtankd; sleep 0.1; done; exit 1")


@scenario
def media_change(lab):
    """A reader that stays while cards change: each is seen, copied, and gone when it is out."""
    first, second = (cards.files(lab.path(f"card{n}"), 8, seed=n, real=False) for n in (1, 2))
    images = [cards.fat(lab.path(f"card{n}.img"), folder, serial=f"AAAA000{n}", label=f"CARD{n}")
              for n, folder in ((1, first), (2, second))]
    with lab.guest(drives=["-drive", "if=none,id=slot0", "-device",
                           "usb-storage,id=reader,bus=xhci.0,drive=slot0,removable=true"],
                   boots=True) as guest:
        tank, watch = with_tank(lab, guest)
        check(not watch.state["cards"], "an empty slot is no card")
        for image, label in zip(images, ("CARD1", "CARD2")):
            guest.qmp("blockdev-change-medium", device="slot0", filename=str(image), format="raw")
            wait_safe(watch, label)
            guest.qmp("eject", device="slot0", force=True)
            watch.no_cards()
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [first, second])


@scenario
def no_partition_table(lab):
    """A card without a partition table, and one that cannot be written, are copied all the same."""
    plain, locked = (cards.files(lab.path(f"card{n}"), 6, seed=n, real=False) for n in (3, 4))
    plain_image = cards.fat(lab.path("plain.img"), plain, label="PLAIN", has_table=False)
    locked_image = cards.fat(lab.path("locked.img"), locked, label="LOCKED", serial="BBBB0001")
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        name = guest.plug(plain_image)
        wait_safe(watch, "PLAIN")
        guest.unplug(name)
        watch.no_cards()
        guest.plug(locked_image, read_only=True)
        wait_safe(watch, "LOCKED")
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [plain, locked])


@scenario
def same_card_again(lab):
    """The same card again: nothing is copied twice, and it may be formatted at once."""
    folder = cards.files(lab.path("card"), 16, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    before = cards.digest(image)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        plug_and_wait(lab, guest, watch, image, before)
        card = plug_and_wait(lab, guest, watch, image, before)
        check(card["files_copied"] == 0 and card["files_known"] == card["files_selected"],
              f"known: {card}")
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def two_at_once(lab):
    """Two cards in two readers at the same time."""
    folders = [cards.files(lab.path(f"card{n}"), 12, seed=n, real=False) for n in (5, 6)]
    images = [cards.fat(lab.path(f"card{n}.img"), folder, label=f"CARD{n}", serial=f"CCCC000{n}")
              for n, folder in enumerate(folders, 5)]
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        for image in images:
            guest.plug(image)
        for label in ("CARD5", "CARD6"):
            wait_safe(watch, label)
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, folders)


@scenario
def odd_cards(lab):
    """An empty card and one that cannot be read are named as what they are, and block nobody."""
    empty = cards.fat(lab.path("empty.img"), None, label="EMPTY")
    garbage = cards.blank(lab.path("garbage.img"), 16)
    good_folder = cards.files(lab.path("good"), 4, real=False)
    good = cards.fat(lab.path("good.img"), good_folder, label="GOOD", serial="DDDD0001")
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        name = guest.plug(empty)
        watch.card("it is empty", verdict="empty", state="safe-to-remove")
        guest.unplug(name)
        watch.no_cards()
        guest.plug(garbage)
        watch.card("it cannot be read here", state="waiting", waiting="unsupported")
        guest.plug(good)
        wait_safe(watch, "GOOD")
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [good_folder])


@scenario
def there_at_boot(lab):
    """A card that sits in its reader when the box is switched on, and a tank that is there too."""
    folder = cards.files(lab.path("card"), 8, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    tank = cards.ext4(lab.path("tank.img"))
    with lab.guest(boots=True, drives=[
            "-drive", f"file={image},if=none,id=c0,format=raw,read-only=on",
            "-device", "usb-storage,bus=xhci.0,drive=c0,removable=true",
            "-drive", f"file={tank},if=none,id=t0,format=raw",
            "-device", "virtio-blk-pci,drive=t0,serial=tank"]) as guest:
        watch = guest.start_watch()
        wait_safe(watch)
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def tank_comes_later(lab):
    """Without the tank's disk nothing is copied anywhere; when it comes, copying begins by itself."""
    folder = cards.files(lab.path("card"), 8, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    tank = cards.ext4(lab.path("tank.img"))
    with lab.guest() as guest:
        watch = guest.start_watch()
        guest.plug(image)
        watch.card("it waits for the tank", state="waiting", waiting="no-tank")
        check(guest.sh("find /data -mindepth 1").strip() == "", "something lies below /data")
        guest.add_disk(tank)
        wait_safe(watch)
        check("mountpoint" in guest.sh("mountpoint /data"), "the tank's disk is mounted")
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def tank_pulled_while_idle(lab):
    """The tank's disk pulled while nothing is copied: it is said within seconds; when it is back, all goes on."""
    folder = cards.files(lab.path("card"), 6, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    tank = cards.ext4(lab.path("tank.img"))
    with lab.guest() as guest:
        node = guest.add_tank(tank)
        watch = guest.start_watch()
        watch.tank("the tank is ready", state="idle", is_mounted=True)
        began = time.monotonic()
        guest.remove_disk(node)
        watch.tank("it says that its disk is gone", is_mounted=False, fault="tank-not-mounted")
        lab.notes["said after s"] = round(time.monotonic() - began, 1)
        guest.plug(image)
        watch.card("a card waits for the tank", state="waiting", waiting="no-tank")
        guest.add_disk(tank, serial="again")
        wait_safe(watch)
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def usb_disk_is_asked_about(lab):
    """A disk on USB that says it stays (or a CFexpress reader): nothing is read before somebody says yes."""
    folder = cards.files(lab.path("card"), 8, real=False)
    image = cards.fat(lab.path("card.img"), folder, label="CFEXPRESS")
    before = cards.digest(image)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        guest.plug(image, removable=False)
        watch.card("it asks", state="waiting", waiting="ask", label="CFEXPRESS")
        guest.sh("imgtank confirm")
        wait_safe(watch, "CFEXPRESS")
        guest.sh("imgtank eject")
        watch.wait("the disk was told to stop", lambda state: all(
            "eject" not in card["commands"] for card in state["cards"].values()))
        guest.shut_down()
    check(cards.digest(image) == before, "it was written to")
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def tank_on_a_stick(lab):
    """A tank on a removable exFAT stick, there at boot: never taken for a card, and cards go onto it."""
    folder = cards.files(lab.path("card"), 8, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    tank = cards.exfat(lab.path("tank.img"), 256)
    with lab.guest(boots=True, drives=[
            "-drive", f"file={tank},if=none,id=t0,format=raw",
            "-device", "usb-storage,bus=xhci.0,drive=t0,removable=true"]) as guest:
        watch = guest.start_watch()
        watch.tank("the tank is ready", state="idle", is_mounted=True)
        guest.plug(image)
        wait_safe(watch, "CANON")
        told = {event.get("label") for _, event in watch.lines if event.get("event") == "card"}
        check(told == {"CANON"}, f"told as cards: {told}")
        packed = subprocess.run([*guest.ssh(), "tar -c -C /data images .imgtank"], check=True,
                                capture_output=True).stdout
        guest.shut_down()
    content = lab.path("content")
    content.mkdir()
    subprocess.run(["tar", "-x", "-C", content, "--no-same-owner"], input=packed, check=True)
    same_content(content, [folder])


@scenario
def full_tank(lab):
    """A tank without enough room: an orderly stop that says how much is missing; what is there is whole."""
    folder = cards.files(lab.path("card"), 40, size_bytes=3000000, real=False)
    image = cards.fat(lab.path("card.img"), folder, size_mb=160)
    with lab.guest() as guest:
        guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[tank]\\nkeep-free = 8M\\n' "
                 ">/etc/imgtank/imgtank.conf.d/lab.conf; systemctl restart imgtankd")
        tank, watch = with_tank(lab, guest, size_mb=96)
        guest.plug(image)
        card = watch.wait("it says that the tank is full", lambda state: next(
            (card for card in state["cards"].values() if card.get("fault") == "tank-full"
             and card.get("state") in ("partial", "failed", "safe-to-remove", "waiting")), None), 240)
        check(card.get("bytes_missing", 0) > 0, f"how much is missing: {card}")
        check(not card.get("may_format"), "it may be formatted")
        guest.shut_down()
    wanted = {cards.digest(path) for path in Path(folder).rglob("*") if path.is_file()}
    with mounted(tank) as root:
        for path in (root / "images").rglob("*"):
            check(not path.is_file() or cards.digest(path) in wanted, f"{path} is not whole")


@scenario
def bad_sector(lab):
    """A bad sector in the middle of a picture: that one is named as failed, all others are copied."""
    folder = cards.files(lab.path("card"), 12, size_bytes=400000, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    victim = sorted(path for path in Path(folder).rglob("*") if path.is_file())[5]
    content = victim.read_bytes()
    where = Path(image).read_bytes().find(content[200000:200512])
    check(where > 0, "the picture is found in the image")
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        guest.qmp("blockdev-add", driver="blkdebug", node_name="bad",
                  image={"driver": "file", "filename": str(image)}, **{"inject_error": [
                      {"event": "none", "iotype": "read", "sector": where // 512, "errno": 5,
                       "once": False}]})
        guest.plug(None, node="bad")
        card = watch.wait("it ended", lambda state: next(
            (card for card in state["cards"].values() if card.get("verdict") == "incomplete"
             and card.get("state") in ("partial", "safe-to-remove")), None), 300)
        names = [error.get("file", "") for error in card.get("errors", [])]
        check(len(names) == 1 and names[0].endswith(victim.name), f"named: {names}")
        check(not card.get("may_format"), "it may be formatted")
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder], missing={victim.name})
