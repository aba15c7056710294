# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest of the laboratory: a Debian in QEMU (no KVM needed), driven from outside.

The guest is booted once, with the daemon up and without a tank, and kept as a snapshot; each
scenario goes on from a copy of that. Disks and cards come and go over QMP, commands over ssh, and
what the daemon says over `imgtank watch --json`. Every wait has a deadline.
"""
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("IMGTANK_LAB_CACHE", ROOT / "build" / "lab-cache")).resolve()
DEADLINE_S = 180.0
MEMORY_MB = 768
APPEND = "console=ttyS0 quiet panic=-1 nokaslr mitigations=off audit=0 apparmor=0 random.trust_cpu=on"


class Failure(Exception):
    """What was promised and was not so."""


def check(condition, why):
    if not condition:
        raise Failure(why)


class Qmp:
    """QEMU's own protocol: docs/interop/qmp-spec in QEMU's sources."""

    def __init__(self, path, deadline):
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Failure("QEMU does not answer") from error
                time.sleep(0.05)
        self.socket.settimeout(120)
        self.stream = self.socket.makefile("rw")
        json.loads(self.stream.readline())
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        request = {"execute": command}
        if arguments:
            request["arguments"] = {key.replace("_", "-"): value
                                    for key, value in arguments.items()}
        self.stream.write(json.dumps(request) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "event" in answer:
                continue
            if "error" in answer:
                raise Failure(f"QEMU: {command}: {answer['error']['desc']}")
            return answer["return"]


class Watch:
    """What the daemon tells, mirrored, with the time at which it came here."""

    def __init__(self, guest):
        self.lines = []  # (host's time, the line as an object)
        self.state = {"tank": {}, "cards": {}}
        self.changed = threading.Condition()
        self.process = guest.popen("exec imgtank watch --json")
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            with self.changed:
                self.lines.append((time.monotonic(), event))
                self.apply(event)
                self.changed.notify_all()
        with self.changed:
            self.lines.append((time.monotonic(), {"event": "end"}))
            self.changed.notify_all()

    def apply(self, event):
        kind, cards = event.get("event"), self.state["cards"]
        if kind == "snapshot":
            self.state["tank"] = event["tank"]
            cards.clear()
            cards.update({card["card"]: card for card in event["cards"]})
        elif kind == "tank":
            self.state["tank"] = event
        elif kind == "card":
            cards[event["card"]] = event
        elif kind == "progress" and event.get("card") in cards:
            cards[event["card"]].update({k: v for k, v in event.items() if k != "event"})
        elif kind == "card-gone":
            cards.pop(event["card"], None)

    def wait(self, what, is_true, deadline_s=DEADLINE_S):
        """Until is_true(state); returns what that gave."""
        deadline = time.monotonic() + deadline_s
        with self.changed:
            while True:
                found = is_true(self.state)
                if found:
                    return found
                if self.lines and self.lines[-1][1].get("event") == "end":
                    raise Failure(f"the daemon's lines ended before: {what}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Failure(f"not within {deadline_s:.0f} s: {what}; "
                                  f"there is {self.summary()}")
                self.changed.wait(left)

    def card(self, what, deadline_s=DEADLINE_S, **fields):
        """Until a card has these fields."""
        return self.wait(what, lambda state: next(
            (card for card in state["cards"].values()
             if all(card.get(key) == value for key, value in fields.items())), None), deadline_s)

    def no_cards(self, deadline_s=DEADLINE_S):
        self.wait("no cards", lambda state: not state["cards"], deadline_s)

    def tank(self, what, deadline_s=DEADLINE_S, **fields):
        return self.wait(what, lambda state: all(
            state["tank"].get(key) == value for key, value in fields.items()) and state["tank"],
            deadline_s)

    def summary(self):
        return {"tank": self.state["tank"].get("headline"),
                "cards": [(card.get("label"), card.get("state"), card.get("headline"),
                           card.get("verdict")) for card in self.state["cards"].values()]}

    def close(self):
        self.process.kill()
        self.process.wait()
        self.thread.join(10)


class Guest:
    usb_bus = "xhci.0"
    boot_deadline_s = DEADLINE_S

    def __init__(self, name, artefacts, boots=False, drives=()):
        """boots: a start of its own, instead of from the snapshot; drives: more of QEMU's options."""
        self.name = name
        self.folder = Path(artefacts) / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.run = Path("/tmp") / f"imgtank-lab-{os.getpid()}-{name}"
        shutil.rmtree(self.run, ignore_errors=True)
        self.run.mkdir()
        self.disk = self.run / "root.qcow2"
        self.boots = boots
        self.drives = list(drives)
        self.port = free_port()
        self.process = self.qmp = self.watch = None
        self.numbers = 0

    # --- its life ---

    def __enter__(self):
        try:
            self.start()
        except BaseException:  # nobody else ends a QEMU whose guest never answered
            self.stop()
            shutil.rmtree(self.run, ignore_errors=True)
            raise
        return self

    def __exit__(self, kind, *_):
        if self.process and self.process.poll() is None:
            try:
                self.collect()
            except Exception as error:  # what went wrong before is what matters
                print(f"        (no journal: {error})")
        self.stop()
        shutil.rmtree(self.run, ignore_errors=True)

    def make_disk(self):
        if self.boots:
            overlay(CACHE / "root.qcow2", "qcow2", self.disk)
        else:
            subprocess.run(["cp", "--reflink=auto", CACHE / "ready.qcow2", self.disk], check=True)

    def machine(self):
        """QEMU and its options: the machine itself, its first disk, its network."""
        argv = ["qemu-system-x86_64", "-M", "pc", "-smp", "2", "-m", str(MEMORY_MB),
                "-kernel", CACHE / "vmlinuz", "-initrd", CACHE / "initramfs", "-append", APPEND,
                "-drive", f"file={self.disk},if=none,id=root,format=qcow2,cache=unsafe",
                "-device", "virtio-blk-pci,drive=root,serial=root",
                "-netdev", f"user,id=n0,hostfwd=tcp:127.0.0.1:{self.port}-:22",
                "-device", "virtio-net-pci,netdev=n0", "-device", "virtio-rng-pci",
                "-device", "qemu-xhci,id=xhci", "-device", "virtio-vga,xres=800,yres=480",
                "-device", "virtio-tablet-pci", "-serial", f"file:{self.folder / 'console.txt'}"]
        return argv if self.boots else argv + ["-loadvm", "ready"]

    def start(self):
        self.make_disk()
        argv = [*self.machine(), "-no-reboot", "-accel", "tcg,thread=multi", "-nodefaults",
                "-display", "none", "-qmp", f"unix:{self.run / 'qmp'},server=on,wait=off",
                *self.drives]
        self.process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL,
                                        stderr=open(self.folder / "qemu.txt", "wb"))
        self.qmp = Qmp(str(self.run / "qmp"), time.monotonic() + 60)
        self.wait_for_ssh()
        if self.boots:
            self.sh("systemctl is-system-running --wait || true; udevadm settle", 240)

    def stop(self):
        """As if the plug was pulled."""
        if self.watch:
            self.watch.close()
            self.watch = None
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def shut_down(self):
        """In order, so that its disks can be read on the host."""
        self.collect()
        if self.watch:
            self.watch.close()
            self.watch = None
        self.sh("systemctl stop imgtankd; umount /data; sync", is_checked=False)
        self.stop()

    def collect(self):
        for name, command in (("journal.txt", "journalctl -b --no-pager -o short-monotonic"),
                              ("dmesg.txt", "dmesg"), ("status.json", "imgtank status --json")):
            (self.folder / name).write_text(self.sh(command, is_checked=False), encoding="utf-8")
        if self.watch:
            with self.watch.changed:
                lines = list(self.watch.lines)
            (self.folder / "events.jsonl").write_text(
                "".join(json.dumps({"at_s": round(at, 3), **line}) + "\n" for at, line in lines),
                encoding="utf-8")

    def start_watch(self):
        self.watch = Watch(self)
        self.watch.wait("a first snapshot", lambda state: state["tank"])
        return self.watch

    # --- commands ---

    def ssh(self):
        return ["ssh", "-q", "-i", str(CACHE / "id"), "-p", str(self.port),
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=15",
                "-o", f"ControlPath={self.run / 'ssh'}", "-o", "ControlMaster=auto",
                "-o", "ControlPersist=600", "root@127.0.0.1"]

    def sh(self, command, deadline_s=120, is_checked=True, data=None):
        done = subprocess.run([*self.ssh(), command], input=data, capture_output=True,
                              timeout=deadline_s, check=False)
        if is_checked and done.returncode:
            raise Failure(f"in the guest: {command}: status {done.returncode}: "
                          f"{(done.stderr + done.stdout).decode(errors='replace')[-600:]}")
        return done.stdout.decode(errors="replace")

    def popen(self, command):
        return subprocess.Popen([*self.ssh(), command], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                encoding="utf-8", errors="replace")

    def wait_for_ssh(self):
        deadline = time.monotonic() + self.boot_deadline_s
        while time.monotonic() < deadline:
            check(self.process.poll() is None, "QEMU ended: "
                  + (self.folder / "qemu.txt").read_text(errors="replace")[-500:])
            done = subprocess.run([*self.ssh(), "true"], capture_output=True, check=False,
                                  timeout=60)
            if done.returncode == 0:
                return
            time.sleep(0.2)
        raise Failure("the guest does not answer")

    # --- disks and cards ---

    def number(self, what):
        self.numbers += 1
        return f"{what}{self.numbers}"

    def add_disk(self, image, serial="tank"):
        """A disk that stays, such as the tank's."""
        node = self.number("disk")
        self.qmp("blockdev-add", driver="raw", node_name=node,
                 file={"driver": "file", "filename": str(image)})
        self.qmp("device_add", driver="virtio-blk-pci", id=f"dev-{node}", drive=node,
                 serial=serial)
        return node

    def remove_disk(self, node):
        self.qmp("device_del", id=f"dev-{node}")

    def plug(self, image, read_only=False, node=None, slow_bytes_per_s=0):
        """A reader with a card in it, plugged in. node: a block node that is there already."""
        name = self.number("card")
        if node is None:
            node = name
            self.qmp("blockdev-add", driver="raw", node_name=node, read_only=read_only,
                     file={"driver": "file", "filename": str(image), "read-only": read_only})
        if slow_bytes_per_s:
            self.qmp("object-add", qom_type="throttle-group", id=f"tg-{name}",
                     limits={"bps-total": slow_bytes_per_s})
            self.qmp("blockdev-add", driver="throttle", node_name=f"slow-{name}",
                     throttle_group=f"tg-{name}", file=node)
            node = f"slow-{name}"
        self.qmp("device_add", driver="usb-storage", id=f"dev-{name}", bus=self.usb_bus, drive=node,
                 removable=True, serial=name.upper())
        return name

    def unplug(self, name):
        self.qmp("device_del", id=f"dev-{name}")

    # --- the screen ---

    def screen(self, name=None):
        """(width, height, bytes of red green blue); name: also kept as a picture."""
        path = self.run / "screen.ppm"
        self.qmp("screendump", filename=str(path))
        data = path.read_bytes()
        fields = data.split(None, 4)[:4]
        width, height = int(fields[1]), int(fields[2])
        if name:
            self.qmp("screendump", filename=str(self.folder / f"{name}.png"), format="png")
        return width, height, data[-width * height * 3:]

    def touch(self, x, y, width, height):
        """A finger (QEMU's tablet) goes down and up again at a place of the screen."""
        scale = 0x7fff
        place = [{"type": "abs", "data": {"axis": axis, "value": value * scale // size}}
                 for axis, value, size in (("x", x, width), ("y", y, height))]
        self.qmp("input-send-event", events=place)
        for is_down in (True, False):
            self.qmp("input-send-event",
                     events=[{"type": "btn", "data": {"button": "left", "down": is_down}}])
            time.sleep(0.15)  # a finger is not quicker

    # --- the tank ---

    def add_tank(self, image):
        """Plugs the tank's disk; systemd mounts it as /etc/fstab says. Returns its node."""
        node = self.add_disk(image)
        self.sh("for i in $(seq 200); do mountpoint -q /data && exit 0; "
                "[ -e /dev/disk/by-label/TANK ] && systemctl start data.mount; sleep 0.1; done; "
                "exit 1")
        return node


def overlay(base, kind, path):
    """A disk that starts as base and leaves it as it is."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", kind, path],
                   check=True)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def make_snapshot(artefacts):
    """Boots the guest once, until the daemon is up, and keeps it as it is then."""
    key = (CACHE / "guest.key").read_text()
    kept = CACHE / "ready.key"
    if kept.exists() and kept.read_text() == key and (CACHE / "ready.qcow2").exists():
        return 0.0
    began = time.monotonic()
    with Guest("boot", artefacts, boots=True) as guest:
        guest.sh("systemctl is-active imgtankd")
        # What scenarios need later is loaded now, once.
        guest.sh("modprobe -a usb-storage gpio-sim sd_mod vfat nls_cp437 nls_iso8859-1 nls_utf8 exfat ext4; "
                 "udevadm settle; sync; echo 3 >/proc/sys/vm/drop_caches", 240)
        subprocess.run([*guest.ssh(), "-O", "exit"], capture_output=True, check=False)
        guest.qmp("human-monitor-command", command_line="savevm ready")
        guest.qmp("quit")
        guest.process.wait()
        # The snapshot's memory lives in the overlay; its base stays where it is.
        shutil.copyfile(guest.disk, CACHE / "ready.qcow2")
        guest.process = None
    kept.write_text(key)
    return time.monotonic() - began
