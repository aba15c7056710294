# SPDX-License-Identifier: GPL-3.0-or-later
"""The tank on the network: shares, a Wi-Fi of the box's own, and how all of it is taken back."""
import re
import shutil
import socket
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
	grep -v '^user\|^session\|imgtank-restart\|^systemd-\|^nm-\|^NetworkManager-dispatcher' | sort
nft list ruleset 2>/dev/null
pdbedit -L 2>/dev/null | sort
cat /proc/sys/net/ipv4/ip_forward
ls -ld /var/spool/imgtank/drop 2>/dev/null | cut -d' ' -f1-4
true
"""
# wlan0 is the box's radio; a phone has wlan1, and another Wi-Fi wlan2, in networks of their own.
RADIOS = """
modprobe mac80211_hwsim radios=3
for i in $(seq 100); do [ -e /sys/class/net/wlan2 ] && break; sleep 0.1; done
for one in sta/wlan1 home/wlan2; do
	ip netns add ${one%/*}
	iw phy $(cat /sys/class/net/${one#*/}/phy80211/name) set netns name ${one%/*}
	ip netns exec ${one%/*} ip link set lo up
done
printf '%s\\n' 'right horse; "42" x\\' >/run/secret
"""
BOX = "192.168.100.1"
PASSPHRASE = 'right horse; "42" x\\'
SET_UP_AP = "imgtank setup ap --country DE"
# NetworkManager has all radios, and is in a Wi-Fi that starts by itself.
HOME = """
printf '%s\\n' interface=wlan2 driver=nl80211 ssid=home hw_mode=g channel=1 wpa=2 wpa_key_mgmt=WPA-PSK \\
	rsn_pairwise=CCMP wpa_passphrase=atmyhome >/run/home.conf
ip netns exec home hostapd -B /run/home.conf
systemctl unmask NetworkManager
systemctl start NetworkManager
for i in $(seq 100); do nmcli device wifi list --rescan yes | grep -w home && break; sleep 0.2; done
nmcli connection add type wifi ifname wlan0 con-name home ssid home wifi-sec.key-mgmt wpa-psk wifi-sec.psk atmyhome \\
	ipv4.method manual ipv4.addresses 10.88.0.2/24 || exit 1
for i in $(seq 5); do nmcli connection up home && exit 0; done
exit 1
"""
# What NetworkManager was told, and what it has made of it.
CONNECTIONS = """
nmcli --terse --fields NAME,ACTIVE,DEVICE connection show | sort
nmcli --terse --fields DEVICE,STATE,CONNECTION device | sort
nmcli radio wifi
ip -4 -oneline address show dev wlan0 | awk '{ print $4 }'
"""
IS_ON_AIR = """
for i in $(seq 300); do
	[ "$(nmcli -g GENERAL.STATE connection show imgtank-ap)" = activated ] && exit 0
	sleep 0.1
done
nmcli device
exit 1
"""
DHCP_SCRIPT = """#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip address add "$ip/24" dev "$interface"
[ -z "$router" ] || ip route add default via "$router"
echo $router >/run/lease
mkdir -p /etc/netns/sta
printf 'nameserver %s\\n' $dns >/etc/netns/sta/resolv.conf
"""
SUPPLICANT = "ip netns exec sta wpa_supplicant -i wlan1 -D nl80211 -c /run/sta.conf -f /run/sta.log"


def differences(before, after):
    """Lines of one picture only."""
    old, new = before.splitlines(), after.splitlines()
    return [f"-{line}" for line in old if line not in new] + [
        f"+{line}" for line in new if line not in old]


def taken_back(guest, before, what, picture=PICTURE):
    """The system is as it was; what systemd and Samba still put away gets a moment."""
    deadline = time.monotonic() + 20
    while (left := differences(before, guest.sh(picture, 60))) and time.monotonic() < deadline:
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


class Phone:
    """A phone in the box's Wi-Fi: joins, gets an address, asks the box for names."""

    def __init__(self, guest):
        self.guest = guest

    def inside(self, command, deadline_s=60, is_checked=True):
        return self.guest.sh(f"ip netns exec sta {command}", deadline_s, is_checked)

    def leaves(self):
        self.guest.sh("pkill -F /run/sta.pid 2>/dev/null; rm -f /run/sta.log /run/lease; "
                      "ip -n sta address flush dev wlan1; ip -n sta route flush table main")

    def tries(self, ssid, passphrase, more=""):
        """True if it is in. more: of wpa_supplicant's settings."""
        self.leaves()
        self.guest.sh("umask 077; cat >/run/sta.conf", data=(
            f'network={{\n\tssid="{ssid}"\n\tpsk="{passphrase}"\n\tscan_ssid=1\n{more}}}\n').encode())
        self.guest.sh(f"{SUPPLICANT} -B -P /run/sta.pid")
        said = self.guest.sh("for i in $(seq 600); do grep -m1 -o 'CTRL-EVENT-CONNECTED\\|WRONG_KEY' /run/sta.log "
                             "&& exit 0; sleep 0.1; done; tail -n 5 /run/sta.log; exit 1", 120)
        return "CONNECTED" in said

    def joins(self, ssid, passphrase, more=""):
        """Returns the way out that it is told of, or nothing."""
        check(self.tries(ssid, passphrase, more), "not in with the right pass phrase")
        self.guest.sh("cat >/run/dhcp.sh; chmod +x /run/dhcp.sh", data=DHCP_SCRIPT.encode())
        self.inside("busybox udhcpc -i wlan1 -f -q -n -t 20 -T 1 -s /run/dhcp.sh")
        return self.guest.sh("cat /run/lease").strip()

    def fetches(self, url):
        return self.inside(f"curl -sS --max-time 20 -o /run/page -w '%{{http_code}}' {url}")

    def gets_beyond(self, box=None):
        """Does it reach this machine, which is in the box's other network? box: takes this way unasked."""
        if box:
            self.inside(f"ip route replace default via {box}")
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.inside(f"curl -sS --max-time 5 http://10.0.2.2:{port}/", is_checked=False)
            server.settimeout(1)
            try:
                server.accept()[0].close()
            except TimeoutError:
                return False
        return True


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


def with_gallery(lab, guest):
    """Some pictures in the tank; what set-up works on comes next."""
    if not shutil.which("zbarimg"):
        raise Failure("zbarimg (zbar-tools) is missing")
    image = cards.fat(lab.path("card.img"), cards.files(lab.path("card"), 4, real=False))
    _, watch = with_tank(lab, guest)
    plug_and_wait(lab, guest, watch, image, cards.digest(image))


def in_by_the_screen(guest):
    """A phone gets in with what the box's screen shows, and into the page. (the phone, Wi-Fi, pass phrase, way out)"""
    guest.sh("mkdir -p /etc/imgtank/imgtank.conf.d; printf '[ui]\\nfrontends = fb web\\n' "
             ">/etc/imgtank/imgtank.conf.d/lab.conf; systemctl reload imgtank-ui")
    # A finger on the phone at the top of the screen.
    time.sleep(3)  # the daemon looks every two seconds
    width, height, _ = guest.screen()
    guest.touch(690, 26, width, height)
    code = read_screen(guest, "network")
    found = re.fullmatch(r"WIFI:T:WPA;S:([^;]+);P:([^;]+);;", code)
    check(found, f"the screen says {code}")
    ssid, passphrase = found.groups()
    phone = Phone(guest)
    check(not phone.tries(ssid, passphrase[:-1] + "#"), "in with a wrong pass phrase")
    router = phone.joins(ssid, passphrase)
    # And on the button to the page, with the code for logging in.
    guest.touch(610, 420, width, height)
    time.sleep(1)
    page = read_screen(guest, "page")
    check(re.fullmatch(r"http://imgtank(:\d+)?/login#\d{8}", page), f"the screen says {page}")
    url, secret = page.split("login#")
    check(phone.fetches(f"{url}login") == "200", "the page, by its name")
    answer = phone.fetches(f"-c /run/jar -H 'Origin: {url.rstrip('/')}' -d secret={secret} {url}api/login")
    check(answer == "200", f"logging in with the code from the screen: {answer}")
    check(phone.fetches(f"-b /run/jar {url}api/days") == "200", "the gallery")
    check('"date"' in guest.sh("cat /run/page") or "2024" in guest.sh("cat /run/page"), "days")
    return phone, ssid, passphrase, router


def stays_inside(phone, router):
    """Without the uplink: no way out is told, and there is none."""
    check(not router, f"a way out is told: {router}")
    check(not phone.gets_beyond(BOX), "a phone that tries gets on to the uplink")


def gets_on(phone, ssid, more=""):
    """With the uplink, and a pass phrase that programs might misread."""
    router = phone.joins(ssid, PASSPHRASE, more)
    check(router == BOX, f"told as the way out: {router}")
    check(phone.fetches("http://imgtank/login") == "200", "the page, by its name, with the uplink")
    check(phone.gets_beyond(), "no way to the uplink")


def no_front_ends(guest):
    guest.sh("rm /etc/imgtank/imgtank.conf.d/lab.conf; rmdir --ignore-fail-on-non-empty "
             "/etc/imgtank/imgtank.conf.d; rm -rf /etc/netns; systemctl reload imgtank-ui", 120)


@scenario
def access_point(lab):
    """A Wi-Fi of the box's own: the code on its screen lets a phone in, with an address, a name and the page."""
    with lab.guest() as guest:
        guest.sh(RADIOS)
        with_gallery(lab, guest)
        before = guest.sh(PICTURE, 60)
        guest.sh(f"{SET_UP_AP} --interface wlan0", 240)
        phone, ssid, _, router = in_by_the_screen(guest)
        stays_inside(phone, router)
        guest.sh(f"{SET_UP_AP} --share-uplink --password-file /run/secret", 240)
        gets_on(phone, ssid)
        guest.sh(f"{SET_UP_AP} --password-file /run/secret", 240)
        stays_inside(phone, phone.joins(ssid, PASSPHRASE))
        phone.leaves()
        guest.sh("imgtank setup ap --undo", 120)
        no_front_ends(guest)
        taken_back(guest, before, "the radio")


@scenario
def access_point_by_networkmanager(lab):
    """The same by NetworkManager: back after its restart, uplink, WPA3; undo gives back the Wi-Fi before."""
    with lab.guest() as guest:
        guest.sh(RADIOS + HOME, 120)
        with_gallery(lab, guest)
        before = guest.sh(PICTURE + CONNECTIONS, 60)
        check("home:yes:wlan0" in before, f"the box is not in the Wi-Fi at home: {before[-300:]}")
        guest.sh(SET_UP_AP, 240)
        check("imgtank-ap" in guest.sh("nmcli connection show --active"), "NetworkManager was not chosen")
        phone, ssid, passphrase, router = in_by_the_screen(guest)
        stays_inside(phone, router)
        guest.sh(f"systemctl restart NetworkManager; {IS_ON_AIR}", 120)
        phone.joins(ssid, passphrase)
        check(phone.fetches("http://imgtank/login") == "200", "the page, after NetworkManager's restart")
        guest.sh(f"{SET_UP_AP} --share-uplink --sae --password-file /run/secret", 240)
        gets_on(phone, ssid, "\tkey_mgmt=SAE\n\tieee80211w=2\n")
        guest.sh(f"{SET_UP_AP} --password-file /run/secret", 240)
        stays_inside(phone, phone.joins(ssid, PASSPHRASE))
        phone.leaves()
        guest.sh("imgtank setup ap --undo", 120)
        no_front_ends(guest)
        taken_back(guest, before, "the Wi-Fi at home", PICTURE + CONNECTIONS)
        # As Raspberry Pi OS comes: nobody has allowed the radio yet.
        guest.sh("nmcli radio wifi off")
        before = guest.sh(PICTURE + CONNECTIONS, 60)
        guest.sh(f"{SET_UP_AP} --password-file /run/secret", 240)
        check(phone.tries(ssid, PASSPHRASE), "not in, where the radio was off before")
        phone.leaves()
        guest.sh("imgtank setup ap --undo", 120)
        taken_back(guest, before, "the radio", PICTURE + CONNECTIONS)


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
