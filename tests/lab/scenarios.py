# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in the laboratory: each scenario a function, with what it proves in its first line."""
import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import cards  # noqa: E402
import powercut  # noqa: E402
from guest import Failure, Guest, check  # noqa: E402

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


# --- cards come and go ---


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


# --- things are pulled and killed ---


def yank(lab, times, seed):
    rng = random.Random(seed)
    folder = cards.files(lab.path("card"), 48, size_bytes=400000, seed=7, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    before = cards.digest(image)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        for number in range(times):
            name = guest.plug(image, slow_bytes_per_s=3000000)
            watch.wait("a card is there", lambda state: state["cards"])
            time.sleep(rng.uniform(0, 6))  # the moment itself is what is random
            guest.unplug(name)
            watch.wait("it is gone", lambda state: not state["cards"] or all(
                card.get("state") == "removed-early" for card in state["cards"].values()))
            for card_id in list(watch.state["cards"]):
                guest.sh(f"imgtank ack {card_id}", is_checked=False)
            watch.no_cards()
            lab.notes["pulled"] = number + 1
        name = guest.plug(image)
        card = wait_safe(watch)
        lab.notes["known at the end"] = card.get("files_known")
        guest.unplug(name)
        watch.no_cards()
        guest.shut_down()
    check(cards.digest(image) == before, "the card was written to")
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def yanked(lab):
    """The card pulled at three random moments, then left in: it goes on, and nothing is lost."""
    yank(lab, 3, 1)


@scenario(is_long=True)
def yanked_ten_times(lab):
    """The card pulled at ten random moments, then left in: it goes on, and nothing is lost."""
    yank(lab, 10, 2)


@scenario
def killed(lab):
    """Worker and daemon killed in the midst of a copy: each comes back, and nothing is lost."""
    folder = cards.files(lab.path("card"), 40, size_bytes=400000, seed=8, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        name = guest.plug(image, slow_bytes_per_s=1500000)
        watch.card("it is copied", state="copying")
        guest.sh("pkill -KILL -f 'imgtank import'")
        watch.card("the worker's death is told", state="failed")
        guest.sh("imgtank retry")
        watch.card("it is copied again", state="copying")
        guest.sh("systemctl kill -s KILL --kill-whom=main imgtankd")
        watch.close()
        guest.sh("for i in $(seq 300); do imgtank status >/dev/null 2>&1 && exit 0; sleep 0.1; done; "
                 "exit 1")
        watch = guest.start_watch()
        wait_safe(watch)
        guest.unplug(name)
        watch.no_cards()
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder])


# --- the power goes ---


def cut_power(lab, cuts, seed, mount_options=None):
    """(cuts that broke a promise, the first of them, cuts that lost a write)"""
    folder = cards.files(lab.path("card"), 60, size_bytes=250000, seed=11, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    contents = {cards.digest(path) for path in Path(folder).rglob("*") if path.is_file()}
    with lab.guest() as guest:
        watch = guest.start_watch()

        def until(_):
            watch.wait("enough was announced", lambda state: any(
                card.get("files_verified", 0) >= 45 for card in state["cards"].values()), 240)

        def before():
            if mount_options:
                guest.sh(f"mount -o remount,{mount_options} /data")
            guest.plug(image, slow_bytes_per_s=2500000)

        original, log = powercut.record(lab, guest, powercut.WATCHER, until, before)
    broken, first, lossy = powercut.judge(lab, original, log, contents, cuts, seed)
    lab.notes.update(powercut.notes_of(log, cuts, lossy))
    return broken, first, lossy


def survive_cuts(lab, cuts, seed):
    broken, first, lossy = cut_power(lab, cuts, seed)
    check(broken == 0, f"{broken} of {cuts} cuts broke a promise; {first}")
    check(lossy > cuts // 5, f"only {lossy} of {cuts} cuts lost anything: too few to mean something")


@scenario
def power_cut(lab):
    """100 power cuts, part of what was not flushed lost: all that was called verified is there and whole."""
    survive_cuts(lab, 100, 1)


@scenario(is_long=True)
def power_cut_200(lab):
    """200 power cuts, part of what was not flushed lost: all that was called verified is there and whole."""
    survive_cuts(lab, 200, 2)


@scenario
def power_cut_without_flush(lab):
    """The same import on a disk that is never told to flush fails the same test: the marks flush nothing."""
    broken, first, _ = cut_power(lab, 30, 1, mount_options="barrier=0")
    check(broken >= 10, f"only {broken} of 30 cuts were found to break a promise; {first}")


@scenario
def power_cut_careless(lab):
    """A writer that does not flush fails the same test: the test can tell."""
    import hashlib
    contents = {hashlib.sha256(hashlib.sha256(str(number).encode()).digest() * 4096).hexdigest()
                for number in range(60)}
    with lab.guest() as guest:
        original, log = powercut.record(lab, guest, powercut.CARELESS,
                                        lambda process: process.wait(120))
    broken, first, lossy = powercut.judge(lab, original, log, contents, 20, 3)
    lab.notes.update(powercut.notes_of(log, 20, lossy))
    check(broken >= 10, f"only {broken} of 20 cuts were found to break a promise; {first}")


# --- other file systems ---


@scenario
def exfat_card_and_tank(lab):
    """A card and a tank on exFAT."""
    folder = cards.files(lab.path("card"), 16, real=True)
    image = cards.exfat(lab.path("card.img"), 64, label="EXCARD")
    tank = cards.exfat(lab.path("tank.img"), 512, label="TANK")
    archive = subprocess.run(["tar", "-c", "-C", folder, "."], check=True, capture_output=True).stdout
    with lab.guest() as guest:
        # Only the guest's kernel can fill an exFAT card.
        node = guest.add_disk(image, serial="fill")
        guest.sh("for i in $(seq 100); do [ -e /dev/disk/by-label/EXCARD ] && break; sleep 0.1; done; "
                 "mount /dev/disk/by-label/EXCARD /mnt && tar -x --no-same-owner -C /mnt && "
                 "umount /mnt", data=archive)
        guest.remove_disk(node)
        guest.sh("for i in $(seq 100); do [ -e /dev/disk/by-label/EXCARD ] || exit 0; sleep 0.1; "
                 "done; exit 1")
        before = cards.digest(image)
        guest.add_tank(tank)
        watch = guest.start_watch()
        watch.tank("the tank is ready", state="idle", is_mounted=True)
        name = guest.plug(image)
        wait_safe(watch, "EXCARD")
        guest.unplug(name)
        watch.no_cards()
        check(cards.digest(image) == before, "the card was written to")
        content = lab.path("content")
        content.mkdir()
        packed = subprocess.run([*guest.ssh(), "tar -c -C /data images .imgtank"], check=True,
                                capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", content, "--no-same-owner"], input=packed, check=True)
        same_content(content, [folder])


# --- what people see ---


def box_of(screen, is_wanted):
    """(centre x, centre y, pixels) of all pixels of a kind, or None: there are hardly any."""
    width, height, data = screen
    xs, ys = [], []
    for y in range(0, height, 2):
        for x in range(0, width, 2):
            at = (y * width + x) * 3
            if is_wanted(data[at], data[at + 1], data[at + 2]):
                xs.append(x)
                ys.append(y)
    if len(xs) < 200:
        return None
    return sorted(xs)[len(xs) // 2], sorted(ys)[len(ys) // 2], len(xs) * 4


def is_blue(red, green, blue):  # the button for the sensible next thing
    return blue > 130 and red < 80 and green < 140


def is_green(red, green, blue):
    return green > 150 and red < 120 and blue < 160


def is_amber(red, green, blue):
    return red > 200 and 140 < green < 210 and blue < 120


def wait_screen(guest, what, is_wanted, deadline_s=90):
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        found = box_of(guest.screen(), is_wanted)
        if found:
            return found
        time.sleep(0.3)
    guest.screen("not-seen")
    raise Failure(f"not on the screen: {what}")


@scenario
def screen_and_finger(lab):
    """The touch screen, run as its unit on a real KMS device: asks, is touched, copies, says safe."""
    folder = cards.files(lab.path("card"), 16, size_bytes=300000, real=True)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[daemon]\\nstart = ask\\n' "
                 ">/etc/imgtank/imgtank.conf.d/lab.conf; systemctl restart imgtankd")
        guest.sh("for i in $(seq 100); do systemctl is-active -q imgtank-ui@fb && exit 0; sleep 0.2; "
                 "done; echo 'frontends = auto did not find the screen'; exit 1")
        tank, watch = with_tank(lab, guest)
        guest.screen("1-idle")
        guest.plug(image, slow_bytes_per_s=1500000)
        watch.card("it asks", state="waiting", waiting="ask")
        wait_screen(guest, "the question", is_amber)
        x, y, _ = wait_screen(guest, "the button Copy", is_blue)
        guest.screen("2-ask")
        width, height, _ = guest.screen()
        guest.touch(x, y, width, height)
        watch.card("a finger began it", state="copying", deadline_s=30)
        time.sleep(1.5)
        guest.screen("3-copying")
        wait_safe(watch)
        wait_screen(guest, "safe, in green", is_green)
        guest.screen("4-safe")
        guest.sh("systemctl kill -s KILL imgtank-ui@fb")
        wait_screen(guest, "it is back after it was killed", is_green)
        guest.sh("systemctl stop imgtankd")
        deadline = time.monotonic() + 20
        while box_of(guest.screen(), is_green) and time.monotonic() < deadline:
            time.sleep(0.2)
        check(not box_of(guest.screen("5-no-connection"), is_green), "green without a daemon")
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def frame_buffer(lab):
    """The same screen through /dev/fb0, chosen by configuration while a copy runs."""
    folder = cards.files(lab.path("card"), 16, size_bytes=300000, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        _, watch = with_tank(lab, guest)
        guest.plug(image, slow_bytes_per_s=800000)
        watch.card("it is copied", state="copying")
        guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[ui-fb]\\ndriver = fbdev\\n' "
                 ">/etc/imgtank/imgtank.conf.d/lab.conf; systemctl reload imgtank-ui; "
                 "for i in $(seq 100); do ls -l /proc/$(systemctl show -P MainPID imgtank-ui@fb)/fd "
                 "2>/dev/null | grep -q /dev/fb0 && exit 0; sleep 0.2; done; exit 1")
        watch.card("the copy goes on", state="copying", deadline_s=5)
        wait_safe(watch)
        wait_screen(guest, "safe, in green", is_green)
        guest.screen("safe-on-fb0")


UPGRADE = """
set -e
for file in /debs/*.deb; do
	rm -rf /tmp/next
	dpkg-deb -R $file /tmp/next
	sed -i 's/^Version: .*/&+next/; s/\\(imgtank (= [^)]*\\))/\\1+next)/' /tmp/next/DEBIAN/control
	mkdir -p /tmp/debs
	dpkg-deb -Znone --root-owner-group -b /tmp/next /tmp/debs/$(basename $file) >/dev/null
done
"""


@scenario(is_long=True)
def upgrade_and_purge(lab):
    """An upgrade in the midst of a copy waits for it; a purge leaves the pictures alone."""
    folder = cards.files(lab.path("card"), 24, size_bytes=300000, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        guest.sh(UPGRADE, 240)
        pid = guest.sh("systemctl show -P MainPID imgtankd").strip()
        name = guest.plug(image, slow_bytes_per_s=250000)
        watch.card("it is copied", state="copying")
        guest.sh("DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i /tmp/debs/imgtank*.deb", 240)
        check(guest.sh("systemctl show -P MainPID imgtankd").strip() == pid,
              "the daemon was restarted in the midst of a copy")
        watch.card("the copy goes on", state="copying", deadline_s=5)
        wait_safe(watch)
        guest.sh(f"for i in $(seq 600); do new=$(systemctl show -P MainPID imgtankd); [ $new != 0 ] && "
                 f"[ $new != {pid} ] && exit 0; sleep 0.1; done; exit 1")
        check("+next" in guest.sh("dpkg-query -W -f '${Version}' imgtank"), "the next version is there")
        guest.unplug(name)
        guest.sh("for i in $(seq 100); do imgtank status && exit 0; sleep 0.2; done; exit 1")
        guest.sh("DEBIAN_FRONTEND=noninteractive dpkg --purge $(dpkg-query -W -f '${Package}\\n' "
                 "'imgtank*')", 240)
        check(guest.sh("ls /usr/bin/imgtank* /etc/imgtank 2>/dev/null || true").strip() == "",
              "something of the program is left")
        check("Main PID" not in guest.sh("systemctl status imgtankd", is_checked=False), "it runs")
        guest.sh("umount /data; sync")
        guest.stop()
    with mounted(tank) as root:
        same_content(root, [folder])


@scenario
def console_over_ssh(lab):
    """ssh -tt guest imgtank, in a terminal on the host, shows a copy as it goes."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ui" / "tty"))
    from test_tty import Terminal  # only here: it wants tmux
    folder = cards.files(lab.path("card"), 24, size_bytes=300000, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        _, watch = with_tank(lab, guest)
        words = " ".join(guest.ssh())
        with Terminal(f"{words} -tt TERM=screen-256color imgtank", columns=100, rows=30) as term:
            term.wait_for("Ready", 60)
            guest.plug(image, slow_bytes_per_s=1000000)
            screen = term.wait_for(r"\d+ %.*of 24 files", 60)
            check("Do not take the card out." in screen, screen)
            (guest.folder / "copying.txt").write_text(screen, encoding="utf-8")
            wait_safe(watch)
            screen = term.wait_for("You may take the card out.", 60)
            (guest.folder / "safe.txt").write_text(screen, encoding="utf-8")
            term.keys("q")
            term.wait_for(r"(?m)^ready>\s*$", 60)


GPIO_SIM = """
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
cd /sys/kernel/config/gpio-sim
mkdir -p pi/bank0
echo 54 >pi/bank0/num_lines
echo pinctrl-bcm2835 >pi/bank0/label
echo 1 >pi/live
for i in $(seq 50); do gpiodetect | grep -q pinctrl-bcm2835 && exit 0; sleep 0.1; done
exit 1
"""
LINES = {"green": 4, "amber": 17, "red": 27}


def lamps(guest, samples=1, pause_s=0.1):
    """Which lamps were seen on, of so many looks in the guest."""
    names = " ".join(f"/sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio{pin}/value"
                     for pin in LINES.values())
    # While the machine goes down the answer may end in the midst.
    text = guest.sh(f"for i in $(seq {samples}); do cat {names} | tr -d '\\n'; echo; "
                    f"sleep {pause_s}; done", 60, is_checked=False)
    looks = [look for look in text.split() if len(look) == len(LINES)]
    return [dict(zip(LINES, (digit == "1" for digit in look))) for look in looks]


def wait_lamps(guest, what, is_true, deadline_s=40):
    deadline = time.monotonic() + deadline_s
    looks = []
    while time.monotonic() < deadline:
        looks = lamps(guest, 12)
        if is_true(looks):
            return looks
    raise Failure(f"the lamps do not say: {what}; they were {looks}")


def only(name):
    return lambda looks: all(look == {lamp: lamp == name for lamp in LINES} for look in looks)


def moving(name):
    """This lamp was seen on and off, and the others off."""
    return lambda looks: len({look[name] for look in looks}) == 2 and not any(
        look[lamp] for look in looks for lamp in LINES if lamp != name)


@scenario
def pibrella_on_gpio_sim(lab):
    """The lamps of a Pibrella on a pretended chip, through an import, and the held button's power-off."""
    folder = cards.files(lab.path("card"), 24, size_bytes=300000, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        guest.sh(GPIO_SIM)
        guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[ui]\\nfrontends = fb pibrella\\n' "
                 ">/etc/imgtank/imgtank.conf.d/lab.conf; systemctl reload imgtank-ui")
        _, watch = with_tank(lab, guest)
        wait_lamps(guest, "ready: green", only("green"))
        name = guest.plug(image, slow_bytes_per_s=200000)
        watch.card("it is copied", state="copying")
        wait_lamps(guest, "busy: amber pulses", moving("amber"))
        guest.sh("printf '[ui]\\nfrontends = pibrella\\n' >/etc/imgtank/imgtank.conf.d/lab.conf; "
                 "systemctl reload imgtank-ui")
        watch.card("the copy goes on while front ends change", state="copying", deadline_s=5)
        check("imgtank-ui@fb" not in guest.sh("systemctl list-units --plain --no-legend "
                                              "--state=active 'imgtank-ui@*'"), "fb was stopped")
        wait_safe(watch)
        wait_lamps(guest, "safe: green", only("green"))
        guest.unplug(name)
        watch.no_cards()
        button = "$(echo /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio11/pull)"
        guest.sh(f"echo pull-up >{button}")
        watch.tank("the held button shuts down", state="halting", deadline_s=30)
        looks = lamps(guest, 15)
        check(looks and moving("red")(looks), f"halting: red blinks; the lamps were {looks}")
        deadline = time.monotonic() + 120
        while guest.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.5)
        check(guest.process.poll() is not None, "the machine is not off")


# --- it is as fast as a shell script ---




@scenario
def quick(lab):
    """From plug to the first byte, and from the last byte to "safe", against blkid; mount; ls; umount."""
    folder = cards.files(lab.path("card"), 8, size_bytes=200000, seed=9, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        # What a shell script needs for the same reader.
        guest.sh("systemctl stop imgtankd")
        began = time.monotonic()
        name = guest.plug(image)
        guest.sh("while [ ! -e /dev/sda1 ]; do sleep 0.05; done; blkid /dev/sda1; "
                 "mount -o ro /dev/sda1 /mnt; ls -lR /mnt >/dev/null; head -c1 /mnt/DCIM/*/*0.JPG")
        shell_first = time.monotonic() - began
        began = time.monotonic()
        guest.sh("umount /mnt")
        shell_last = time.monotonic() - began
        guest.unplug(name)
        guest.sh("while [ -e /dev/sda ]; do sleep 0.05; done; systemctl start imgtankd")
        _, watch = with_tank(lab, guest)
        began = time.monotonic()
        guest.plug(image)
        watch.wait("the first byte", lambda state: any(
            card.get("bytes_copied", 0) > 0 for card in state["cards"].values()), 60)
        first = time.monotonic() - began
        last = watch.wait("the last byte", lambda state: any(
            card.get("bytes_copied", 0) >= card.get("bytes_selected", 1) and
            card.get("bytes_selected", 0) > 0 for card in state["cards"].values())
            and time.monotonic(), 60)
        wait_safe(watch)
        safe = time.monotonic() - last
    lab.notes.update({"shell first s": round(shell_first, 2), "first byte s": round(first, 2),
                      "shell umount s": round(shell_last, 2), "last byte to safe s": round(safe, 2)})
    check(first - shell_first <= 1.5, f"the first byte came {first - shell_first:.2f} s later")
    check(safe - shell_last <= 1.0, f"'safe' came {safe - shell_last:.2f} s later")


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
