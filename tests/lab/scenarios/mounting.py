# SPDX-License-Identifier: GPL-3.0-or-later
"""How cards are let go: pulled, ejected."""
import re

import cards
from guest import check
from scenarios.base import scenario, wait_safe, with_tank


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
