# SPDX-License-Identifier: GPL-3.0-or-later
"""Other file systems than FAT on the card and ext4 on the tank."""
import subprocess

import cards
from guest import check
from scenarios.base import same_content, scenario, wait_safe


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
