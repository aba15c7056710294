# SPDX-License-Identifier: GPL-3.0-or-later
"""How cards are taken and let go: by udev's rules, by mounts, by eject, until the power is gone."""
import re
import time

import cards
from guest import Failure, check
from scenarios.base import scenario, wait_safe, with_tank
from scenarios.lamps import GPIO_SIM, only, wait_lamps


def properties(guest, node):
    return guest.sh(f"udevadm info --query=property --name={node}").split("\n")


def check_ignored(guest, *nodes):
    for node in nodes:
        check("UDISKS_IGNORE=1" in properties(guest, node), f"desktops would mount {node}")


@scenario
def desktops_leave_cards_alone(lab):
    """Cards in readers and in the board's slot are kept from desktops, disks are not; a card starts the daemon."""
    folder = cards.files(lab.path("card"), 4, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    board = cards.fat(lab.path("sd.img"), folder, label="SDCARD", serial="CAFE0002")
    with lab.guest(boots=True, drives=["-drive", f"file={board},if=none,id=sd,format=raw",
                                       "-device", "sdhci-pci", "-device", "sd-card,drive=sd"]) as guest:
        with_tank(lab, guest)
        check_ignored(guest, "/dev/mmcblk0", "/dev/mmcblk0p1")
        for node in ("/dev/vda", "/dev/disk/by-label/TANK"):
            check("UDISKS_IGNORE=1" not in properties(guest, node), f"{node} is kept from desktops")
        guest.watch.close()
        guest.sh("systemctl stop imgtankd")
        guest.plug(image)
        guest.sh("for i in $(seq 300); do systemctl -q is-active imgtankd && exit 0; sleep 0.1; done; "
                 "exit 1")
        check_ignored(guest, "/dev/sda", "/dev/sda1")
        wait_safe(guest.start_watch(), "CANON")
        names = guest.sh("udevadm settle; cat $(for p in $(cat /sys/fs/cgroup/system.slice/"
                         "systemd-udevd.service/{,udev/}cgroup.procs 2>/dev/null); do "
                         "echo /proc/$p/comm; done) 2>/dev/null", is_checked=False).split("\n")
        others = {name for name in names if name and "udev" not in name}
        check(any("udev" in name for name in names) and not others, f"udev runs {names}")


@scenario
def pulled_card_leaves_no_mount(lab):
    """A card that is pulled while it is read: its mount and its folder are gone at once, without a restart."""
    folder = cards.files(lab.path("card"), 40, size_bytes=500000, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        _, watch = with_tank(lab, guest)
        name = guest.plug(image, slow_bytes_per_s=300000)
        watch.card("it is copied", state="copying")
        pid = guest.sh("systemctl show -P MainPID imgtankd").strip()
        mounts = f"grep -c /dev/sd /proc/{pid}/mountinfo; true"
        check(guest.sh(mounts).strip() == "1", "the daemon has mounted it")
        guest.unplug(name)
        watch.card("it says that it was pulled", state="removed-early")
        guest.sh(f"for i in $(seq 100); do grep -q /dev/sd /proc/{pid}/mountinfo || exit 0; "
                 "sleep 0.1; done; exit 1")
        guest.sh(f"for i in $(seq 100); do [ -z \"$(nsenter -m -t {pid} ls /run/imgtank/cards)\" ] && "
                 "exit 0; sleep 0.1; done; exit 1")
        check(guest.sh("systemctl show -P MainPID imgtankd").strip() == pid, "it was restarted")


@scenario
def eject_reaches_the_disk(lab):
    """'eject' of a disk on USB: opened for reading only, told to stop, and the kernel says that it was."""
    folder = cards.files(lab.path("card"), 4, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        _, watch = with_tank(lab, guest)
        guest.plug(image, removable=False)
        watch.card("it asks", state="waiting", waiting="ask")
        guest.sh("imgtank confirm")
        wait_safe(watch)
        guest.sh("strace -qq -f -e trace=openat,ioctl -o /run/eject.txt "
                 "-p $(systemctl show -P MainPID imgtankd) >/dev/null 2>&1 & "
                 "for i in $(seq 100); do grep -q 'TracerPid:.*[1-9]' "
                 "/proc/$(systemctl show -P MainPID imgtankd)/status && exit 0; sleep 0.1; done; exit 1")
        guest.sh("imgtank eject")
        watch.wait("the disk was told to stop", lambda state: all(
            "eject" not in card["commands"] for card in state["cards"].values()))
        said = guest.sh("cat /run/eject.txt")
        opened = re.findall(r'"/dev/sda", ([A-Z_|]+)', said)
        check(opened and all("O_RDONLY" in flags for flags in opened), f"opened {opened}")
        check(re.search(r"CDROMEJECT.*= 0", said), f"the disk was not told: {said[-400:]}")


# Outlives all units, as the lamps do; says what red is, and when everybody was told to end. Opens its
# terminal each time, for that is hung up meanwhile.
SAMPLER = r"""
trap '' HUP
trap 'ended=0; echo "lamp term" >/dev/ttyS0' TERM
file=$(echo /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio27/value)
while [ "${ended:-0}" -lt 40 ]; do
	echo "lamp red $(cat $file)" >/dev/ttyS0
	sleep 0.05
	[ -z "$ended" ] || ended=$((ended + 1))
done
"""


def lamp_lines(guest):
    text = (guest.folder / "console.txt").read_text(encoding="utf-8", errors="replace")
    return re.findall(r"lamp (term|red [01])", text)


@scenario
def red_blinks_to_the_end(lab):
    """At the end of a shutdown, when all were told to end and the slow ones are waited for, red still blinks."""
    with lab.guest() as guest:
        guest.sh(GPIO_SIM)
        guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[ui]\\nfrontends = pibrella\\n' "
                 ">/etc/imgtank/imgtank.conf.d/lab.conf; systemctl reload imgtank-ui")
        with_tank(lab, guest)
        wait_lamps(guest, "ready: green", only("green"))
        guest.sh("cat >/run/sampler && systemd-run -q -p DefaultDependencies=no sh /run/sampler",
                 data=SAMPLER.encode())
        guest.sh("imgtank poweroff", is_checked=False)
        deadline = time.monotonic() + 180
        while guest.process.poll() is None:
            if time.monotonic() > deadline:
                raise Failure("the machine is not off")
            time.sleep(0.5)
        said = lamp_lines(guest)
        check("term" in said, f"the end was not seen: {said[-20:]}")
        after = said[said.index("term") + 1:]
        lab.notes["looks after the end began"] = len(after)
        changes = sum(one != next_ for one, next_ in zip(after, after[1:]))
        check(len(after) >= 10 and changes >= 4, f"red stands still: {after}")
