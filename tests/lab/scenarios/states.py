# SPDX-License-Identifier: GPL-3.0-or-later
"""Each state as the box's screen really shows it, against a drawing of that state, pixel by pixel.

What the drawings themselves should look like is in tests/data/ui-fb; here it is about the way from the
daemon over the socket, the unit and KMS to the panel.
"""
import subprocess
import time
import zlib

import cards
from guest import Failure, check
from scenarios.base import scenario, wait_safe, with_tank

# The snapshot with which every conversation begins.
TELL = ("exec 3< <(exec imgtank watch --json 2>/dev/null); grep -m1 '\"event\":\"snapshot\"' <&3 "
        ">/run/state.json; kill $!; ")
DRAW = ("/usr/libexec/imgtank/ui/imgtank-ui-fb --config /dev/null --render /run/state.json --size 800x480 "
        "--out /run/drawn.png {} && cat /run/drawn.png")
LEVELS = 3  # of 255: the edge of a line is rounded in another way when only a part is drawn anew
POWER = (782, 26)  # the sign at the top right


def pixels_of_png(data):
    """(width, height, red green blue ...) of a PNG with 8 bits a channel: RFC 2083."""
    at, parts, width, height, channels = 8, b"", 0, 0, 3
    while at < len(data):
        length, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
            channels = {2: 3, 6: 4}[body[9]]
        elif kind == b"IDAT":
            parts += body
        at += 12 + length
    raw, stride = zlib.decompress(parts), width * channels
    above, out = bytearray(stride), bytearray()
    for y in range(height):
        start = y * (stride + 1)
        row = unfilter(raw[start], bytearray(raw[start + 1:start + 1 + stride]), above, channels)
        above = row
        out += row if channels == 3 else b"".join(row[x:x + 3] for x in range(0, stride, 4))
    return width, height, bytes(out)


def unfilter(kind, row, above, channels):
    for i, value in enumerate(row):
        left = row[i - channels] if i >= channels else 0
        corner = above[i - channels] if i >= channels else 0
        if kind == 1:
            add = left
        elif kind == 2:
            add = above[i]
        elif kind == 3:
            add = (left + above[i]) // 2
        elif kind == 4:
            guess = left + above[i] - corner
            add = min((left, above[i], corner), key=lambda one, to=guess: abs(to - one))
        else:
            return row
        row[i] = (value + add) & 255
    return row


def is_as_drawn(guest, name, options="", is_told=True, deadline_s=60):
    """The panel shows what the guest's own program draws of the state that the daemon tells, or told last."""
    deadline, different = time.monotonic() + deadline_s, 0
    while time.monotonic() < deadline:
        command = (TELL if is_told else "") + DRAW.format(options)
        done = subprocess.run([*guest.ssh(), command], capture_output=True, check=True, timeout=60)
        width, height, drawn = pixels_of_png(done.stdout)
        seen = guest.screen(name)
        check((width, height) == seen[:2], f"{name}: the panel has {seen[:2]}")
        different = sum(abs(one - other) > LEVELS for one, other in zip(drawn, seen[2]))
        if not different:
            return
        time.sleep(0.5)  # a minute has passed, or the news is on its way
    (guest.folder / f"{name}-drawn.png").write_bytes(done.stdout)
    raise Failure(f"{name}: {different} places are not as drawn")


@scenario
def every_screen(lab):
    """No tank, ready, asking, safe, empty, unreadable, pulled, several cards, the power menu, no connection."""
    first, second = (cards.files(lab.path(f"card{n}"), 4, seed=n, real=False) for n in (41, 42))
    images = [cards.fat(lab.path(f"card{n}.img"), folder, label=f"CARD{n}", serial=f"EEEE000{n}")
              for n, folder in enumerate((first, second), 1)]
    slow = cards.fat(lab.path("slow.img"), cards.files(lab.path("slow"), 12, seed=43, real=False),
                     label="SLOW", serial="EEEE0009")
    empty = cards.fat(lab.path("empty.img"), None, label="EMPTY")
    garbage = cards.blank(lab.path("garbage.img"), 16)
    with lab.guest() as guest:
        guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[daemon]\\nstart = ask\\n' "
                 ">/etc/imgtank/imgtank.conf.d/lab.conf; systemctl restart imgtankd")
        is_as_drawn(guest, "no-tank")
        _, watch = with_tank(lab, guest)
        is_as_drawn(guest, "ready")
        guest.touch(*POWER, 800, 480)
        is_as_drawn(guest, "power", "--dialog power")
        guest.sh("systemctl restart imgtank-ui@fb")
        is_as_drawn(guest, "ready-again")
        name = guest.plug(images[0])
        watch.card("it asks", state="waiting", waiting="ask")
        is_as_drawn(guest, "ask")
        guest.sh("imgtank confirm")
        wait_safe(watch, "CARD1")
        is_as_drawn(guest, "safe")
        other = guest.plug(images[1])
        watch.card("it asks as well", label="CARD2", waiting="ask")
        is_as_drawn(guest, "two-cards")
        guest.unplug(name)
        watch.wait("one is left", lambda state: len(state["cards"]) == 1)
        guest.sh("imgtank confirm")
        wait_safe(watch, "CARD2")
        guest.unplug(other)
        watch.no_cards()
        for image, what in ((empty, "empty"), (garbage, "unreadable")):
            name = guest.plug(image)
            watch.wait(what, lambda state: state["cards"])
            if what == "empty":
                guest.sh("imgtank confirm")
                watch.card("it is empty", verdict="empty", state="safe-to-remove")
            is_as_drawn(guest, what)
            guest.unplug(name)
            watch.no_cards()
        name = guest.plug(slow, slow_bytes_per_s=200000)
        watch.card("it asks once more", waiting="ask")
        guest.sh("imgtank confirm")
        watch.card("it is copied", state="copying")
        guest.unplug(name)
        watch.card("it was pulled", state="removed-early")
        is_as_drawn(guest, "pulled")
        guest.sh("systemctl stop imgtankd")
        is_as_drawn(guest, "no-connection", "--dialog no-connection", is_told=False)
