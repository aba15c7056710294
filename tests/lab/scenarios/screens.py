# SPDX-License-Identifier: GPL-3.0-or-later
"""What people see and touch: the screen, the console over ssh."""
import sys
import time
from pathlib import Path

import cards
from guest import Failure, check
from scenarios.base import mounted, same_content, scenario, wait_safe, with_tank


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


@scenario
def console_over_ssh(lab):
    """ssh -tt guest imgtank, in a terminal on the host, shows a copy as it goes."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ui" / "tty"))
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
