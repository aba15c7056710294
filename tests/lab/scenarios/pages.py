# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes and goes over the network: the page and the drop folder, with the real units."""
import datetime
import http.client
import json
import re
import ssl
from urllib.parse import urlencode

import cards
import make_card
from guest import check
from scenarios.base import mounted, plug_and_wait, same_content, scenario, wait_was_safe, with_tank
from scenarios.network import PASSWORD, PICTURE, forward, taken_back

DROP = """
useradd --create-home ann
install -d -m 3777 /srv/drop
mkdir -p /etc/imgtank/imgtank.conf.d
printf '[drop]\\npath = /srv/drop\\nsettle = 2s\\n' >/etc/imgtank/imgtank.conf.d/60-drop.conf
systemctl restart imgtankd
"""

IS_DONE = """
for i in $(seq 600); do
	[ -z "$(ls -A /srv/drop /srv/drop.importing/ | grep -v :)" ] && exit 0
	sleep 0.2
done
ls -lR /srv
journalctl -u imgtankd | tail
exit 1
"""


@scenario
def page_and_drop_folder(lab):
    """The page on port 80 is set up, logged into and taken back; what another user drops is imported."""
    folder = cards.files(lab.path("card"), 6, real=False)
    pictures = sorted(path for path in folder.rglob("*") if path.is_file())
    with lab.guest() as guest:
        guest.sh(DROP)
        tank, _ = with_tank(lab, guest)
        guest.sh("install -d -m 0755 /data/images")
        said = guest.sh("imgtank setup web --code", 240)
        check("Checked: the page is there, logging in works" in said, said)
        check("http://localhost" not in said and ":80/" not in said, said)
        rights = guest.sh("grep CapPrm /proc/$(systemctl show -P MainPID imgtank-ui@web)/status")
        check(int(rights.split()[1], 16) == 0, f"the page keeps {rights}")
        for path in pictures:
            guest.sh(f"runuser -u ann -- sh -c 'cat >/srv/drop/{path.name}'", data=path.read_bytes())
        guest.sh(IS_DONE, 240)
        history = guest.sh("imgtank history --json")
        check("Upload by ann" in history and "safe-to-format" in history, history)
        wrong = guest.sh("imgtank doctor --json", is_checked=False)
        check('"drop-' not in wrong and '"web-' not in wrong, wrong)
        guest.sh("imgtank setup web --undo", 240)
        check("web" not in guest.sh("ls /etc/imgtank /etc/imgtank/imgtank.conf.d"), "it left something")
        check("inactive" in guest.sh("systemctl is-active imgtank-ui@web", is_checked=False), "it runs")
        guest.sh("systemctl stop imgtankd; umount /data; sync")
        guest.stop()
    with mounted(tank) as root:
        same_content(root, [folder])


# A laptop in the box's network: a name, an address and an Avahi of its own.
LAPTOP = """
ip netns add laptop
ip link add cable type veth peer name eth7 netns laptop
ip address add 10.77.0.1/24 dev cable
ip link set cable up
ip -n laptop address add 10.77.0.2/24 dev eth7
ip -n laptop link set lo up
ip -n laptop link set eth7 up
cat >/run/laptop.sh
"""
# Finds what anybody announces: one line for each service, with host, address and port.
BROWSE = """
hostname laptop
mount -t tmpfs none /run
mount -t tmpfs none /etc/avahi/services
mkdir -p /run/dbus
dbus-daemon --system --fork --nopidfile --print-pid=3 3>/run/bus.pid
avahi-daemon --daemonize
for i in $(seq "$1"); do
	found=$(timeout 20 avahi-browse --resolve --parsable --no-db-lookup --terminate --all | grep '^=;eth7;IPv4;')
	[ "$(printf '%s\\n' "$found" | grep -c '_http._tcp;\\|_smb._tcp;')" = 2 ] && break
	sleep 0.5
done
printf '%s\\n' "$found"
avahi-daemon --kill
kill $(cat /run/bus.pid)
"""

# The page; the daemon, which takes uploads from now on, is started anew as soon as no card is copied.
SET_UP = """
umask 077
cat >/run/secret
before=$(systemctl show -P MainPID imgtankd)
imgtank setup web --password-file /run/secret || exit 1
for i in $(seq 300); do
	now=$(systemctl show -P MainPID imgtankd)
	[ "$now" != 0 ] && [ "$now" != "$before" ] && imgtank status && exit 0
	sleep 0.1
done
echo "the daemon was not started anew"
exit 1
"""


class Browser:
    """Somebody's browser on another machine: one cookie, and the page's own origin."""

    def __init__(self, port, tls=None):
        self.port, self.cookie, self.tls = port, "", tls

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method, path, body=None, cookie=True):
        connection = self.connect()
        headers = {"Origin": f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"}
        if cookie and self.cookie:
            headers["Cookie"] = self.cookie
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            if "Set-Cookie" in answer.headers:
                self.cookie = answer.headers["Set-Cookie"].split(";")[0]
            return answer.status, answer.read()
        finally:
            connection.close()

    def need(self, method, path, body=None):
        status, said = self.ask(method, path, body)
        check(status == 200, f"{method} {path}: {status} {said[:200]}")
        return said

    def get_json(self, path):
        return json.loads(self.need("GET", path))


def closed_to_strangers(browser):
    """Without logging in there is nothing to be seen, and nothing to be done."""
    for method, path, body in (("GET", "/api/state", None), ("GET", "/api/days", None),
                               ("GET", "/media/1/original", None),
                               ("POST", "/api/upload", "by=Eve&files=1"),
                               ("POST", "/api/command", '{"id":1,"command":"poweroff"}')):
        status, said = browser.ask(method, path, body)
        check(status == 401, f"without logging in, {method} {path}: {status} {said[:200]}")
    status, said = browser.ask("POST", "/api/login", urlencode({"secret": PASSWORD + "x"}))
    check(status != 200 and not browser.cookie, f"in with a wrong password: {status} {said[:200]}")


def upload(browser, files):
    """As the page does it, in two pieces each."""
    job = json.loads(browser.need("POST", "/api/upload", urlencode({"by": "Ann", "files": len(files)})))
    for index, path in enumerate(files):
        content = path.read_bytes()
        half = len(content) // 2
        for offset, piece in ((0, content[:half]), (half, content[half:])):
            browser.need("PUT", f"/api/upload/{job['upload']}?" + urlencode(
                {"file": index, "name": path.name, "size": len(content), "offset": offset,
                 "time": 1715500000000}), piece)
    browser.need("POST", f"/api/upload/{job['upload']}/done")


def a_raw():
    """As a camera's: a preview of 2048 x 1152 and a look at its time are all that can be read of it."""
    preview = b"\xff\xd8" + make_card.jpeg_body(1, 256, 144)
    return make_card.tiff_block(datetime.datetime(2024, 5, 12, 10, 0), "Examplecam", "EX-1", 1, preview)


def shows_large(guest, browser, picture):
    """A RAW file's preview, made by a process of the unit's own, within its sandbox."""
    jpeg = browser.need("GET", f"/media/{picture['id']}/view")
    check(jpeg[:3] == b"\xff\xd8\xff", f"what is shown of a RAW file begins with {jpeg[:16]}")
    check(make_card.jpeg_size(jpeg) == (1600, 900), f"it is shown in {make_card.jpeg_size(jpeg)}")
    probe = guest.sh("grep -lax imgtank-probe $(cat /sys/fs/cgroup/$(systemctl show -P ControlGroup imgtank-ui@web)/"
                     "cgroup.procs | sed 's|.*|/proc/&/comm|')", is_checked=False)
    check(probe.strip(), "the process that made it is not one of the unit's")


def findings(guest):
    """What 'imgtank doctor' finds wrong: errors and warnings by their names, and what they are about."""
    said = guest.sh("imgtank doctor --json", 120, is_checked=False)
    found = [json.loads(line) for line in said.splitlines()]
    check(found, "doctor says nothing")
    return {f"{one['finding']} {one['about']}" for one in found if one.get("severity", "note") != "note"}


@scenario
def page_as_its_unit(lab):
    """The page from elsewhere: logging in, gallery, a RAW large, upload; strangers; doctor sees a lost tank."""
    folder = cards.files(lab.path("card"), 6)
    raw = folder / "DCIM" / "100CANON" / "IMG_9000.NEF"
    raw.write_bytes(a_raw())
    image = cards.fat(lab.path("card.img"), folder)
    more = sorted(path for path in cards.files(lab.path("more"), 3, seed=47, real=False).rglob("*")
                  if path.is_file())
    with lab.guest() as guest:
        tank = cards.ext4(lab.path("tank.img"), 512)
        node = guest.add_tank(tank)
        guest.sh(SET_UP, 240, data=PASSWORD.encode())
        watch = guest.start_watch()
        watch.tank("the tank is ready", state="idle", is_mounted=True)
        plug_and_wait(lab, guest, watch, image, cards.digest(image))
        browser = Browser(forward(guest, 80))
        closed_to_strangers(browser)
        browser.need("POST", "/api/login", urlencode({"secret": PASSWORD}))
        wanted = {cards.digest(path) for path in folder.rglob("*") if path.is_file()}
        shown = [picture for day in browser.get_json("/api/days")["days"]
                 for picture in browser.get_json(f"/api/day/{day['day']}")["pictures"]]
        check(len(shown) == len(wanted), f"{len(shown)} of {len(wanted)} in the gallery")
        for picture in shown:
            lab.path("got").write_bytes(browser.need("GET", f"/media/{picture['id']}/original"))
            check(cards.digest(lab.path("got")) in wanted, f"another content: {picture}")
        shows_large(guest, browser, next(picture for picture in shown if picture["bytes"] == raw.stat().st_size))
        upload(browser, more)
        lab.notes["shown as"] = wait_was_safe(watch, "Upload by Ann")["label"]
        guest.sh("for i in $(seq 300); do [ -z \"$(find /var/lib/imgtank-web -type f)\" ] && exit 0; "
                 "sleep 0.1; done; find /var/lib/imgtank-web; exit 1")
        said = guest.sh("journalctl -u imgtank-ui@web --no-pager -o cat -p warning; journalctl -u "
                        "imgtank-ui@web --no-pager -o cat | grep -i 'microhttpd\\|sanitizer\\|fatal' || :")
        check(re.fullmatch(r"a log-in from 10\.0\.2\.2 was refused", said.strip()), f"the page complains: {said}")
        wrong = findings(guest)
        check(not wrong, f"doctor finds in a healthy box: {wrong}")
        guest.sh("sync")
        guest.remove_disk(node)
        guest.sh("for i in $(seq 100); do [ -e /dev/disk/by-label/TANK ] || exit 0; sleep 0.1; done; exit 1")
        wrong = findings(guest)
        check(any(name.startswith("tank-") for name in wrong), f"doctor does not miss the tank's disk: {wrong}")
        check("unacknowledged " not in wrong, "doctor calls that a problem of a card")
        guest.shut_down()
    with mounted(tank) as root:
        same_content(root, [folder, lab.path("more")])


# The certificate as it will be one day: of the same key, and about to end.
ENDS_SOON = """
openssl req -x509 -key /etc/imgtank/web-key.pem -days 20 -subj /CN=imgtank -addext subjectAltName=IP:127.0.0.1 \\
	-out /run/old.pem && cat /run/old.pem >/etc/imgtank/web-certificate.pem && systemctl restart imgtank-ui@web
for i in $(seq 100); do
	curl -sS --cacert /run/old.pem -o /dev/null https://127.0.0.1/login && exit 0
	sleep 0.2
done
exit 1
"""
# As a phone in the box's own Wi-Fi, where it is called so: from http:// to the page.
FROM_HTTP = """
curl -sS --location --max-time 20 --cacert /etc/imgtank/web-certificate.pem -o /dev/null \\
	--resolve imgtank:80:127.0.0.1 --resolve imgtank:443:127.0.0.1 -w '%{http_code} %{url_effective}' http://imgtank/login
"""


def trusting(lab, guest):
    """A browser that knows the box's certificate, and looks at name and time as all do."""
    lab.path("page.pem").write_text(guest.sh("cat /etc/imgtank/web-certificate.pem"), encoding="ascii")
    return ssl.create_default_context(cafile=lab.path("page.pem"))


def leads_nowhere_else(port):
    """Without TLS, from elsewhere: the way to the page by the box's names, and nothing besides."""
    for method, host, wanted in (("GET", "imgtank", (308, "https://imgtank/api/days")),
                                 ("GET", "evil.example", (421, None)), ("POST", "imgtank", (405, None))):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request(method, "/api/days", headers={"Host": host})
        answer = connection.getresponse()
        said = answer.status, answer.headers["Location"]
        check(said == wanted and not answer.headers["Set-Cookie"], f"{method} of {host} without TLS: {said}")
        connection.close()


@scenario
def page_over_tls(lab):
    """'setup web --tls': http:// leads to it, log-in from elsewhere, a certificate that ends is made anew; undo."""
    with lab.guest() as guest:
        with_tank(lab, guest)
        guest.sh("install -d -m 0755 /data/images")
        before = guest.sh(PICTURE, 60)
        said = guest.sh(SET_UP.replace("setup web", "setup web --tls"), 240, data=PASSWORD.encode())
        check("Checked: the page is there, logging in works" in said, said)
        check("Who types http:// is led there." in said and "https://lab/" in said, said)
        rights = guest.sh("grep CapPrm /proc/$(systemctl show -P MainPID imgtank-ui@web)/status")
        check(int(rights.split()[1], 16) == 0, f"the page keeps {rights}")
        led = guest.sh(FROM_HTTP)
        check(led == "200 https://imgtank/login", f"http://imgtank/login leads to {led}")
        leads_nowhere_else(forward(guest, 80))
        port = forward(guest, 443)
        browser = Browser(port, trusting(lab, guest))
        closed_to_strangers(browser)
        browser.need("POST", "/api/login", urlencode({"secret": PASSWORD}))
        check(browser.get_json("/api/session")["role"] == "owner", "not logged in")
        browser.get_json("/api/state")
        wrong = findings(guest)
        check(not wrong, f"doctor finds in a healthy box: {wrong}")
        guest.sh(ENDS_SOON, 120)
        wrong = findings(guest)
        check(wrong == {"web-certificate-expires /etc/imgtank/web-certificate.pem"}, f"doctor finds {wrong}")
        said = guest.sh("imgtank setup web </dev/null", 240)
        check("Making a certificate" in said, said)
        browser = Browser(port, trusting(lab, guest))
        browser.need("POST", "/api/login", urlencode({"secret": PASSWORD}))
        wrong = findings(guest)
        check(not wrong, f"doctor finds, with the new certificate: {wrong}")
        guest.sh("imgtank setup web --undo", 240)
        taken_back(guest, before, "the system")
        left = guest.sh("ss -Hltn 'sport = :80 or sport = :443'")
        check(not left.strip(), f"somebody still listens: {left}")
        guest.stop()


def browse(guest, tries):
    """[(type, name, host, address, port)] as a laptop finds them."""
    said = guest.sh(f"ip netns exec laptop unshare --uts sh /run/laptop.sh {tries}", 240)
    return [(kind, name, host, address, port) for _, _, _, name, kind, _, host, address, port, *_ in
            (line.split(";") for line in said.splitlines() if line.startswith("="))]


@scenario
def found_by_itself(lab):
    """A laptop finds page and shares by mDNS and gets in there; setup and undo leave the system as it was."""
    with lab.guest() as guest:
        guest.sh(LAPTOP, data=BROWSE.encode())
        with_tank(lab, guest)
        guest.sh("install -d -m 0755 /data/images")
        before = guest.sh(PICTURE, 60)
        guest.sh("umask 077; cat >/run/secret; imgtank setup samba --password-file /run/secret; "
                 "imgtank setup web --password-file /run/secret", 240, data=PASSWORD.encode())
        said = guest.sh("imgtank setup mdns", 120)
        check("Checked: the box's page is announced" in said, said)
        found = {kind: rest for kind, *rest in browse(guest, 30)}
        check({"_http._tcp", "_smb._tcp"} <= set(found), f"the laptop finds {found}")
        for kind, (name, host, address, port) in found.items():
            check(host == "lab.local" and address == "10.77.0.1", f"{kind}: {name} is at {host}, {address}")
            check(kind != "_http._tcp" or name == r"Pictures\032on\032lab", f"the page is called {name}")
        _, _, address, port = found["_http._tcp"]
        page = guest.sh(f"ip netns exec laptop curl -sSL --max-time 20 http://{address}:{port}/", 60)
        check(re.search("<title>.*</title>", page), f"there is no page: {page[:200]}")
        _, _, address, port = found["_smb._tcp"]
        said = guest.sh(f"ip netns exec laptop smbclient -p {port} -U 'imgtank-share%{PASSWORD}' -c ls "
                        f"//{address}/pictures", 60)
        check("blocks" in said, f"there is no share: {said}")
        guest.sh("imgtank setup mdns --undo", 60)
        left = [one for one in browse(guest, 1) if one[0] == "_http._tcp"]
        check(not left, f"after undo the laptop still finds {left}")
        guest.sh("imgtank setup web --undo; imgtank setup samba --undo", 240)
        taken_back(guest, before, "the system")
