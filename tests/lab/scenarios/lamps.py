# SPDX-License-Identifier: GPL-3.0-or-later
"""The lamps and the button."""
import re
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


SAMPLER = """
import glob, os, time
base = glob.glob("/sys/devices/platform/gpio-sim.0/gpiochip*")[0]
out = os.open("/dev/ttyS0", os.O_WRONLY | os.O_NOCTTY)
last, said = "", 0.0
while True:
    now = time.monotonic()
    look = "".join(open(f"{base}/sim_gpio{pin}/value").read(1) for pin in (4, 17, 27))
    if look != last or now - said > 0.5:
        os.write(out, f"\\nLAMPS {now:.2f} {look}\\n".encode())
        last, said = look, now
    time.sleep(0.03)
"""
# A chip whose button is down from the beginning; somebody who looks at the lamps until the power is gone
# (systemd spares a name with an @); and a process that takes a while to end at the end of a shutdown.
BOOT_UNITS = {
    "lab-chip": ("After=systemd-udevd.service\nBefore=imgtank-ui.service", "Type=oneshot\nRemainAfterExit=yes\n"
                 "ExecStart=/bin/sh /opt/chip.sh"),
    "lab-lamps": ("After=lab-chip.service\nRequires=lab-chip.service\nBefore=imgtank-ui.service",
                  "ExecStart=@/usr/bin/python3 @lamps /opt/lamps.py"),
    "lab-slow": ("", "ExecStart=/bin/sh -c 'trap \"sleep 6; exit 0\" TERM; while :; do sleep 1; done'"),
}


def install_boot_units(guest):
    for name, (unit, service) in BOOT_UNITS.items():
        text = (f"[Unit]\nDefaultDependencies=no\nAfter=local-fs.target\n{unit}\n[Service]\n{service}\n"
                "[Install]\nWantedBy=sysinit.target\n")
        guest.sh(f"cat >/etc/systemd/system/{name}.service", data=text.encode())
    guest.sh("cat >/opt/chip.sh", data=(
        "modprobe gpio-sim\n" + GPIO_SIM.replace("exit 0;", "break;").replace("exit 1\n", "") +
        "echo pull-up >$(echo /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio11/pull)\n"
        "for i in $(seq 100); do [ $(stat -c %G /dev/gpiochip0) = gpio ] && exit 0; sleep 0.1; done\n"
        ).encode())
    guest.sh("cat >/opt/lamps.py", data=SAMPLER.encode())
    guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d /etc/systemd/system/imgtankd.service.d; "
             "printf '[ui]\\nfrontends = pibrella\\n' >/etc/imgtank/imgtank.conf.d/lab.conf; "
             "cat >/etc/systemd/system/imgtankd.service.d/lab.conf; "
             "systemctl -q mask serial-getty@ttyS0; "  # it would hang up who writes there
             f"systemctl -q enable {' '.join(BOOT_UNITS)}; sync",
             data=b"[Service]\nExecStartPre=+/bin/sh -c 'for i in $$(seq 60); do systemctl is-active -q "
             b"imgtank-ui@pibrella && break; sleep 0.5; done; sleep 3'\n")


def looks_on_console(guest):
    """[(seconds since the guest's kernel began, is green, is amber, is red)]"""
    text = (guest.folder / "console.txt").read_text(encoding="utf-8", errors="replace")
    return [(float(at), *(digit == "1" for digit in look))
            for at, look in re.findall(r"LAMPS ([\d.]+) ([01]{3})\b", text)]


def red_phases(looks):
    """How long red was on or off each time, in seconds: whole phases only."""
    turns = [now[0] for before, now in zip(looks, looks[1:]) if before[3] != now[3]]
    return [later - earlier for earlier, later in zip(turns, turns[1:])]


def boot_with_button_down(guest):
    """From the guest's own disk, as it is now with those units. What the lamps said until the first news."""
    install_boot_units(guest)
    guest.stop()
    guest.boots, guest.make_disk = True, lambda: None
    guest.start()
    wait_lamps(guest, "no tank: red, and amber counts", red_with_amber)
    looks = looks_on_console(guest)
    return looks[:next((i for i, look in enumerate(looks) if look[1] or look[2]), len(looks))]


@scenario(is_long=True)
def lamps_at_boot(lab):
    """Red blinks evenly from the front end's start until the daemon is there."""
    with lab.guest() as guest:
        phases = red_phases(boot_with_button_down(guest))
        check(len(phases) >= 6 and sum(phase < 0.6 for phase in phases) > len(phases) * 0.8,
              f"starting: red was on or off for {[round(phase, 2) for phase in phases]} s")


@scenario(is_long=True)
def lamps_until_off(lab):
    """A button that is down all through the boot does nothing; held later, red blinks until the power is gone."""
    with lab.guest() as guest:
        boot_with_button_down(guest)
        _, watch = with_tank(lab, guest)
        wait_lamps(guest, "ready: green", only("green"))
        time.sleep(8)  # longer than any hold that means something
        check(watch.state["tank"]["state"] == "idle", f"the button did something: {watch.summary()}")
        button = "$(echo /sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio11/pull)"
        guest.sh(f"echo pull-down >{button}; sleep 1; ! journalctl -b -u imgtankd -o cat | "
                 "grep 'somebody says'")
        began = float(guest.sh(f"cut -d' ' -f1 /proc/uptime; echo pull-up >{button}"))
        watch.tank("now it is held", state="halting", deadline_s=30)
        guest.process.wait(150)
        looks = [look for look in looks_on_console(guest) if look[0] > began + 3]
        check(not any(look[1] or look[2] for look in looks), "halting: something but red was on")
        phases, last = red_phases(looks), looks[-1][0]
        lab.notes["blinks_until_off"] = len(phases)
        check(len(phases) >= 10 and max(phases) < 1, f"halting: red was on or off for {phases}")
        still = last - max(now[0] for before, now in zip(looks, looks[1:]) if before[3] != now[3])
        lab.notes["still_s"] = round(still, 1)
        check(still < 3, f"the lamps stood still for {still:.1f} s before the power was gone")
