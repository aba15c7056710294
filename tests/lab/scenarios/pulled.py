# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards are pulled, programs are killed."""
import random
import time

import cards
from guest import check
from scenarios.base import mounted, same_content, scenario, wait_safe, with_tank


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


@scenario
def shut_down_by_others(lab):
    """'systemctl poweroff' from elsewhere: front ends know what for before they lose the daemon."""
    with lab.guest() as guest:
        _, watch = with_tank(lab, guest)
        guest.sh("systemctl poweroff", is_checked=False)
        watch.wait("it says that the machine goes off",
                   lambda state: state["tank"].get("halting") == "poweroff", 30)
