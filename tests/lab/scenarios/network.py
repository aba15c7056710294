# SPDX-License-Identifier: GPL-3.0-or-later
"""The tank on the network: shares, a Wi-Fi of the box's own, and how all of it is taken back."""
import re
import shutil
import subprocess
import time

import cards
from guest import Failure, check, free_port
from scenarios.base import (mounted, plug_and_wait, same_content, scenario, wait_was_safe,
                            with_tank)

PASSWORD = "right horse 42"
# What a system is made of, as far as set-up touches it: files with owner and mode, accounts, units,
# what runs, rules for packets.
PICTURE = r"""
find /etc -xdev \( -type f -o -type l -o -type d \) ! -name '*-' ! -name resolv.conf \
	-printf '%m %u:%g %y %p %l\n' | sort
find /etc -xdev -type f ! -name '*-' ! -name resolv.conf -exec sha256sum {} + | sort -k2
systemctl list-unit-files --no-legend --no-pager --plain | awk '{ print $1, $2 }' | sort
systemctl list-units --no-legend --no-pager --plain --state=active --type=service | awk '{ print $1 }' |
	grep -v '^user\|^session\|imgtank-restart\|^systemd-\|^nm-' | sort
nft list ruleset 2>/dev/null
pdbedit -L 2>/dev/null | sort
cat /proc/sys/net/ipv4/ip_forward
ls -ld /var/spool/imgtank/drop 2>/dev/null | cut -d' ' -f1-4
true
"""
RADIOS = """
modprobe mac80211_hwsim radios=2
for i in $(seq 100); do [ -e /sys/class/net/wlan1 ] && break; sleep 0.1; done
ip netns add sta
iw phy $(cat /sys/class/net/wlan1/phy80211/name) set netns name sta
ip netns exec sta ip link set lo up
"""
# A phone: joins, gets an address, asks the box for names.
DHCP_SCRIPT = """#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip address add "$ip/24" dev "$interface"
mkdir -p /etc/netns/sta
printf 'nameserver %s\\n' $dns >/etc/netns/sta/resolv.conf
"""
SUPPLICANT = "ip netns exec sta wpa_supplicant -i wlan1 -D nl80211 -c /run/sta.conf -f /run/sta.log"


def differences(before, after):
    """Lines of one picture only."""
    old, new = before.splitlines(), after.splitlines()
    return [f"-{line}" for line in old if line not in new] + [
        f"+{line}" for line in new if line not in old]


def taken_back(guest, before, what):
    """The system is as it was; what systemd and Samba still put away gets a moment."""
    deadline = time.monotonic() + 20
    while (left := differences(before, guest.sh(PICTURE, 60))) and time.monotonic() < deadline:
        time.sleep(0.5)
    check(not left, f"{what} is not as it was: {left[:6]}")


def forward(guest, port):
    """A port of this machine that leads to one of the guest's."""
    here = free_port()
    answer = guest.qmp("human-monitor-command", command_line=f"hostfwd_add n0 tcp:127.0.0.1:{here}-:{port}")
    check(not answer.strip(), answer)
    return here


def smb(lab, port, share, commands, secret=PASSWORD):
    done = subprocess.run(
        ["smbclient", "-p", str(port), "-U", f"imgtank-share%{secret}", "-c", commands,
         f"//127.0.0.1/{share}"], capture_output=True, text=True, check=False, timeout=120, cwd=lab.folder)
    return done.returncode, done.stdout + done.stderr


@scenario
def network_shares(lab):
    """Samba by 'imgtank setup samba': read from here, never written; what is dropped is imported; undo."""
    folder = cards.files(lab.path("card"), 6)
    image = cards.fat(lab.path("card.img"), folder)
    dropped = cards.files(lab.path("more"), 3, seed=31, real=False)
    with lab.guest() as guest:
        tank, watch = with_tank(lab, guest)
        plug_and_wait(lab, guest, watch, image, cards.digest(image))
        before = guest.sh(PICTURE, 60)
        watch.close()
        pid = guest.sh("systemctl show -P MainPID imgtankd").strip()
        guest.sh("umask 077; cat >/run/share; imgtank setup samba --password-file /run/share", 240,
                 data=PASSWORD.encode())
        guest.sh(f"for i in $(seq 300); do new=$(systemctl show -P MainPID imgtankd); [ $new != 0 ] && "
                 f"[ $new != {pid} ] && imgtank status >/dev/null && exit 0; sleep 0.1; done; exit 1")
        watch = guest.start_watch()  # the daemon was told of the folder by a new start
        port = forward(guest, 445)
        picture = guest.sh("cd /data/images && find . -type f | sort | head -n 1").strip()[2:]
        status, said = smb(lab, port, "pictures", f"get {picture} got".replace("/", "\\"))
        check(status == 0, f"reading: {said}")
        wanted = guest.sh(f"sha256sum </data/images/{picture}").split()[0]
        check(cards.digest(lab.path("got")) == wanted, "what was read is something else")
        for what in ("put got new.jpg", f"rm {picture}".replace("/", "\\"), "mkdir new"):
            _, said = smb(lab, port, "pictures", what)
            check(re.search("ACCESS_DENIED|MEDIA_WRITE_PROTECTED", said), f"{what}: {said}")
        for secret in ("", "wrong horse"):
            status, said = smb(lab, port, "pictures", "ls", secret)
            check(status != 0, f"with the password '{secret}': {said}")
        for path in sorted(dropped.rglob("*.JPG")):
            status, said = smb(lab, port, "drop", f"put {path} {path.name}")
            check(status == 0, f"dropping: {said}")
        _, said = smb(lab, port, "drop", "ls")
        check("ACCESS_DENIED" in said, f"listing what was dropped: {said}")
        upload = wait_was_safe(watch, "Upload by")
        lab.notes["shown as"] = upload["label"]
        guest.sh("for i in $(seq 300); do [ -z \"$(find /var/spool/imgtank -type f)\" ] && exit 0; "
                 "sleep 0.1; done; find /var/spool/imgtank; exit 1")
        guest.sh("imgtank setup samba --undo", 120)
        taken_back(guest, before, "what Samba was set up with")
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder, dropped])


def join(guest, ssid, passphrase):
    """A phone tries to join; true if it is in."""
    guest.sh("pkill -F /run/sta.pid 2>/dev/null; rm -f /run/sta.log; umask 077; cat >/run/sta.conf",
             data=(f'network={{\n\tssid="{ssid}"\n\tpsk="{passphrase}"\n\tscan_ssid=1\n}}\n').encode())
    guest.sh(f"{SUPPLICANT} -B -P /run/sta.pid")
    said = guest.sh("for i in $(seq 600); do grep -m1 -o 'CTRL-EVENT-CONNECTED\\|WRONG_KEY' /run/sta.log "
                    "&& exit 0; sleep 0.1; done; tail -n 5 /run/sta.log; exit 1", 120)
    return "CONNECTED" in said


def read_screen(guest, name):
    """What a phone's camera reads from the box's own screen."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        guest.screen(name)
        done = subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable",
                               guest.folder / f"{name}.png"], capture_output=True, text=True, check=False)
        if done.stdout.strip():
            return done.stdout.strip()
        time.sleep(0.5)
    raise Failure("there is no code on the screen that could be read")


def phone_fetches(guest, url):
    return guest.sh(f"ip netns exec sta curl -sS --max-time 20 -o /run/page -w '%{{http_code}}' {url}", 60)


@scenario
def access_point(lab):
    """A Wi-Fi of the box's own: the code on its screen lets a phone in, with an address, a name and the page."""
    if not shutil.which("zbarimg"):
        raise Failure("zbarimg (zbar-tools) is missing")
    folder = cards.files(lab.path("card"), 4, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    with lab.guest() as guest:
        guest.sh(RADIOS)
        tank, watch = with_tank(lab, guest)
        plug_and_wait(lab, guest, watch, image, cards.digest(image))
        before = guest.sh(PICTURE, 60)
        guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[ui]\\nfrontends = fb web\\n' "
                 ">/etc/imgtank/imgtank.conf.d/lab.conf; systemctl reload imgtank-ui")
        guest.sh("imgtank setup ap --country DE --interface wlan0", 240)
        # A finger on the phone at the top of the screen.
        time.sleep(3)  # the daemon looks every two seconds
        width, height, _ = guest.screen()
        guest.touch(690, 26, width, height)
        code = read_screen(guest, "network")
        found = re.fullmatch(r"WIFI:T:WPA;S:([^;]+);P:([^;]+);;", code)
        check(found, f"the screen says {code}")
        ssid, passphrase = found.groups()
        check(not join(guest, ssid, passphrase[:-1] + "#"), "in with a wrong pass phrase")
        check(join(guest, ssid, passphrase), "not in with the right one")
        guest.sh("cat >/run/dhcp.sh; chmod +x /run/dhcp.sh; ip netns exec sta busybox udhcpc -i wlan1 "
                 "-f -q -n -t 20 -T 1 -s /run/dhcp.sh", 60, data=DHCP_SCRIPT.encode())
        # And on the button to the page, with the code for logging in.
        guest.touch(610, 420, width, height)
        time.sleep(1)
        page = read_screen(guest, "page")
        check(re.fullmatch(r"http://imgtank(:\d+)?/login#\d{8}", page), f"the screen says {page}")
        url, secret = page.split("login#")
        check(phone_fetches(guest, f"{url}login") == "200", "the page, by its name")
        answer = phone_fetches(guest, f"-c /run/jar -H 'Origin: {url.rstrip('/')}' -d secret={secret} {url}api/login")
        check(answer == "200", f"logging in with the code from the screen: {answer}")
        check(phone_fetches(guest, f"-b /run/jar {url}api/days") == "200", "the gallery")
        check('"date"' in guest.sh("cat /run/page") or "2024" in guest.sh("cat /run/page"), "days")
        guest.sh("pkill -F /run/sta.pid; imgtank setup ap --undo; rm /etc/imgtank/imgtank.conf.d/lab.conf; "
                 "rmdir --ignore-fail-on-non-empty /etc/imgtank/imgtank.conf.d; rm -rf /etc/netns; "
                 "systemctl reload imgtank-ui", 120)
        taken_back(guest, before, "the radio")


@scenario
def setup_and_undo(lab):
    """A disk becomes the tank only by its name said twice; front ends and announcements; all is taken back."""
    folder = cards.files(lab.path("card"), 6, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    disk = cards.blank(lab.path("new.img"), 256)
    with lab.guest() as guest:
        guest.add_disk(disk, serial="new")
        guest.sh("for i in $(seq 100); do [ -b /dev/vdb ] && exit 0; sleep 0.1; done; exit 1")
        before = guest.sh(PICTURE, 60)
        for wrong in ("--disk vdb", "--disk vdb --erase vda", "--disk vda --erase vda"):
            said = guest.sh(f"imgtank setup tank {wrong} && echo DONE", 60, is_checked=False)
            check("DONE" not in said, f"setup tank {wrong}: {said}")
        check(guest.sh("head -c 4M /dev/vdb | tr -d '\\0' | wc -c").strip() == "0", "the disk was written to")
        guest.sh("imgtank setup tank --disk vdb --erase vdb --mount /pictures", 180)
        fstab = guest.sh("cat /etc/fstab")
        check(re.search(r"^UUID=\S+ /pictures .*nofail", fstab, re.MULTILINE), fstab)
        guest.sh("imgtank setup ui fb; imgtank setup mdns", 180)
        found = guest.sh("avahi-browse -rpt _http._tcp", 60)
        check(re.search(r"Pictures.*;lab\.local;10\.0\.2\.15;80;", found), f"announced: {found}")
        guest.sh("for i in $(seq 100); do imgtank status >/dev/null && exit 0; sleep 0.2; done; exit 1")
        watch = guest.start_watch()
        watch.tank("the new tank is ready", state="idle", is_mounted=True, path="/pictures")
        plug_and_wait(lab, guest, watch, image, cards.digest(image))
        watch.close()
        wanted = {cards.digest(path) for path in folder.rglob("*") if path.is_file()}
        there = set(guest.sh("find /pictures/images -type f -exec sha256sum {} + | cut -c1-64").split())
        check(there == wanted, f"{len(there & wanted)} of {len(wanted)} pictures are on the new disk")
        guest.sh("imgtank setup mdns --undo && imgtank setup ui --undo && imgtank setup tank --undo", 180)
        taken_back(guest, before, "the box")
        check("IMGTANK" in guest.sh("blkid /dev/vdb"), "the disk with the pictures was touched by undo")
