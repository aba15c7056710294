# SPDX-License-Identifier: GPL-3.0-or-later
"""The lamps and the button."""
import time

import cards
from guest import Failure, check
from scenarios.base import scenario, wait_safe, with_tank


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


def alternating(looks):
    """Green and amber in turns, and red never: somebody is asked."""
    return not any(look["red"] or (look["green"] and look["amber"]) for look in looks) and {
        (look["green"], look["amber"]) for look in looks} >= {(True, False), (False, True)}


def red_with_amber(looks):
    """Red stays on while amber counts."""
    return all(look["red"] for look in looks) and len({look["amber"] for look in looks}) == 2


BOUNCING_PRESS = """
cd /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio11
for pull in up down up down up; do echo pull-$pull >pull; done
sleep 0.3
for pull in down up down up down; do echo pull-$pull >pull; done
"""


@scenario
def button_and_error(lab):
    """One press of a button that bounces says yes, once; a picture that cannot be read is red with counting amber."""
    folder = cards.files(lab.path("card"), 8, size_bytes=200000, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    victim = sorted(path for path in folder.rglob("*") if path.is_file())[4]
    where = image.read_bytes().find(victim.read_bytes()[100000:100512])
    with lab.guest() as guest:
        guest.sh(GPIO_SIM)
        guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[daemon]\\nstart = ask\\n[ui]\\n"
                 "frontends = pibrella\\n' >/etc/imgtank/imgtank.conf.d/lab.conf; "
                 "systemctl restart imgtankd; systemctl reload imgtank-ui")
        _, watch = with_tank(lab, guest)
        wait_lamps(guest, "ready: green", only("green"))
        guest.qmp("blockdev-add", driver="blkdebug", node_name="bad",
                  image={"driver": "file", "filename": str(image)}, **{"inject_error": [
                      {"event": "none", "iotype": "read", "sector": where // 512, "errno": 5,
                       "once": False}]})
        guest.plug(None, node="bad")
        watch.card("it asks", state="waiting", waiting="ask")
        wait_lamps(guest, "somebody is asked: green and amber in turns", alternating)
        guest.sh(BOUNCING_PRESS)
        watch.card("one file is missing in the end", verdict="incomplete", is_acknowledged=False)
        wait_lamps(guest, "trouble: red, and amber counts", red_with_amber)
        commands = guest.sh("journalctl -u imgtankd -o cat --grep \"somebody says 'confirm'\"")
        check(len(commands.strip().splitlines()) == 1, f"one press was: {commands}")
        guest.sh(BOUNCING_PRESS)
        watch.card("a press says that it was seen", is_acknowledged=True)
