# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of other kinds: several slots in one, the slot of the board itself, one that is pulled."""
import time

import cards
from guest import check
from scenarios.base import mounted, same_content, scenario, wait_safe, with_tank


def two_slot_reader(images):
    """One USB device with two units, each with its card.

    A card that is put into QEMU's second unit is noticed by the guest's kernel only when somebody opens
    the device, whatever imgtank does: cards come and go in the first.
    """
    drives = ["-device", "usb-bot,id=reader,bus=xhci.0"]
    for unit, image in enumerate(images):
        drives += ["-drive", f"file={image},if=none,id=slot{unit},format=raw", "-device",
                   f"scsi-hd,bus=reader.0,scsi-id=0,lun={unit},drive=slot{unit},removable=on"]
    return drives


def put_in(guest, slot, image):
    guest.qmp("blockdev-change-medium", device=slot, filename=str(image), format="raw")


def take_out(guest, slot):
    guest.qmp("eject", device=slot, force=True)


def make_cards(lab, numbers, count=8):
    folders = {n: cards.files(lab.path(f"card{n}"), count, seed=n, real=False) for n in numbers}
    return folders, {n: cards.fat(lab.path(f"card{n}.img"), folder, label=f"CARD{n}",
                                  serial=f"EEEE00{n}") for n, folder in folders.items()}


@scenario(is_long=True)
def two_slots(lab):
    """A reader with two slots: two cards, one comes out and another goes in; the other stays as it is."""
    folders, images = make_cards(lab, (31, 32, 33))
    with lab.guest(drives=two_slot_reader([images[31], images[32]]), boots=True) as guest:
        tank, watch = with_tank(lab, guest)
        for label in ("CARD31", "CARD32"):
            wait_safe(watch, label)
        take_out(guest, "slot0")
        watch.wait("one is gone, the other stays", lambda state: [
            card["label"] for card in state["cards"].values()] == ["CARD32"])
        put_in(guest, "slot0", images[33])
        wait_safe(watch, "CARD33")
        wait_safe(watch, "CARD32", 5)
        guest.qmp("device_del", id="reader")
        watch.no_cards()
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, folders.values())


@scenario(is_long=True)
def more_cards_than_places(lab):
    """A card with too many partitions: some have no place, which is said; another card has one."""
    folder = cards.files(lab.path("card"), 2, size_bytes=100000, seed=61, real=False)
    crafted = cards.many(lab.path("crafted.img"), folder, 20)
    late = cards.files(lab.path("late"), 4, seed=62, real=False)
    image = cards.fat(lab.path("late.img"), late, label="LATE", serial="EEEE0062")
    before = cards.digest(image)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        first = guest.plug(crafted)
        watch.tank("eight have no place", unlisted_count=8)
        guest.plug(image)
        wait_safe(watch, "LATE")
        watch.wait("all others are done", lambda state: len(state["cards"]) == 13 and all(
            card["state"] == "safe-to-remove" for card in state["cards"].values()))
        watch.tank("it is not all over", state="attention", is_done=False, unlisted_count=8)
        guest.unplug(first)
        watch.tank("they are out", state="idle", unlisted_count=0)
        guest.shut_down()
    check(cards.digest(image) == before, "the card was written to")
    with mounted(tank) as root:
        same_content(root, (folder, late))


@scenario
def reader_pulled(lab):
    """The reader pulled at once, while its card is copied, and when all is done: told as it is, each time."""
    folder = cards.files(lab.path("card"), 24, size_bytes=300000, seed=34, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    before = cards.digest(image)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        # Before anybody could mount it: at some moment between the first sign of it and the mount.
        for delay_s in (0, 0.3, 1.0):
            name = guest.plug(image, slow_bytes_per_s=400000)
            time.sleep(delay_s)
            guest.unplug(name)
            guest.sh("udevadm settle; for i in $(seq 100); do [ -e /dev/sda ] || exit 0; sleep 0.1; done; "
                     "exit 1")
            forget(guest, watch)
        name = guest.plug(image, slow_bytes_per_s=1000000)
        watch.card("it is copied", state="copying")
        guest.unplug(name)
        card = watch.card("it was pulled too early", state="removed-early")
        check(not card.get("may_format"), "it may be formatted")
        forget(guest, watch)
        name = guest.plug(image)
        wait_safe(watch)
        guest.unplug(name)
        watch.no_cards()  # nothing is wrong with that: nobody need say that he has seen it
        check(watch.state["tank"]["state"] == "idle", f"the tank: {watch.state['tank']}")
        guest.shut_down()
    check(cards.digest(image) == before, "the card was written to")
    with mounted(tank) as root:
        same_content(root, [folder])


def forget(guest, watch):
    """Somebody has seen that a card was pulled too early."""
    watch.wait("it is gone", lambda state: all(
        card.get("state") == "removed-early" for card in state["cards"].values()))
    for card in list(watch.state["cards"]):
        guest.sh(f"imgtank ack {card}", is_checked=False)
    watch.no_cards()


@scenario(is_long=True)
def slot_of_the_board(lab):
    """An SD card in a slot that is no USB (/dev/mmcblk0) is a card."""
    folders, _ = make_cards(lab, (35,))
    image = cards.fat(lab.path("sd.img"), folders[35], label="SDCARD")  # 64 MB: a power of two
    before = cards.digest(image)
    with lab.guest(boots=True, drives=["-drive", f"file={image},if=none,id=sd,format=raw",
                                       "-device", "sdhci-pci", "-device", "sd-card,drive=sd"]) as guest:
        check(guest.sh("ls /dev/mmcblk0p1").strip(), "there is no /dev/mmcblk0p1")
        tank, watch = with_tank(lab, guest)
        wait_safe(watch, "SDCARD")
        guest.shut_down()
    check(cards.digest(image) == before, "the card was written to")
    with mounted(tank) as root:
        same_content(root, folders.values())
