# SPDX-License-Identifier: GPL-3.0-or-later
"""It is as fast as a shell script."""
import time

import cards
from guest import check
from scenarios.base import scenario, wait_safe, with_tank


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
