#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""imgtank doctor: each fault that is planted is found, with its remedy; a well box is called well.

The daemon, the tank and the configuration are real; /sys, /proc and /run of the machine are a
folder of the test's own.
"""
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("support", "daemon")]
from box import Box  # noqa: E402
from e2e import (  # noqa: E402
    OK, USAGE, Skip, environment, expect, expect_equal, main, make_image, mounted, run)

NOTES = {"sandbox-landlock", "daemon-watch-only"}  # true or not, according to the machine


class Doctor:
    """A box on which all is well, until a test plants a fault."""

    def __init__(self, work, box):
        self.work, self.box, self.prefix = work, box, ()
        self.root = work.path("root")
        self.programs = work.path("programs")
        self.programs.mkdir()
        self.put("run/systemd/timesync/synchronized", "")
        self.add_frontend("lampe", 0)
        self.put("proc/77/cmdline", "/usr/libexec/imgtank/ui/imgtank-ui-lampe\0--socket=x\0")

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def add_frontend(self, name, status):
        program = self.programs / f"imgtank-ui-{name}"
        program.write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
        program.chmod(0o755)

    def configure(self, section, *lines):
        with open(self.box.config, "a", encoding="utf-8") as config:
            config.write("\n".join([f"[{section}]", *lines, ""]))

    def run(self, *args, **env):
        env = {"IMGTANK_DOCTOR_ROOT": str(self.root), "IMGTANK_UI_DIR": str(self.programs),
               "IMGTANK_SOCKET": str(self.box.socket), **env}
        return run(["doctor", "--config", self.box.config, *args], env=environment(**env), prefix=self.prefix)

    def findings(self, *args, **env):
        """Each word with its remedy; the end and the exit status must go with them."""
        result = self.run("--json", *args, **env)
        *found, end = map(json.loads, result.out.splitlines())
        found = [f for f in found if f["finding"] not in NOTES and "looked_at" not in f]
        if shutil.disk_usage(self.work.folder).free < self.nearly_full():
            found = [f for f in found if f["finding"] != "tank-nearly-full"]
        is_well = end["errors"] + end["warnings"] == 0
        expect_equal(end["end"], "well" if is_well else "to-do", "the end")
        expect_equal(result.status, 0 if is_well else 1, f"exit status\n{result}")
        expect_equal(result.err, "", "standard error")
        return {f["finding"]: f for f in found}

    def nearly_full(self):
        return shutil.disk_usage(self.work.folder).total * 6 // 100

    def expect_only(self, word, remedy, *args, **env):
        found = self.findings(*args, **env)
        expect_equal(sorted(found), [word], "what is found")
        finding = found[word]
        expect(remedy in finding["remedy"], f"the remedy of {word} is {finding['remedy']!r}")
        expect(finding["text"].endswith(".") and finding["safe"].endswith("."), finding)
        return finding


@contextlib.contextmanager
def well(work):
    """Everything runs and is as it should be."""
    work.import_safely(work.card())
    box = Box(work.folder, work.tank, config="[ui]\nfrontends = lampe")
    try:
        box.start().client().wait_tank(is_mounted=True)
        yield Doctor(work, box)
    finally:
        box.end()


def test_doctor_a_well_box(work):
    with well(work) as doctor:
        expect_equal(doctor.findings(), {}, "findings")
        result = doctor.run("--verbose")
    if "nearly full" not in result.out:
        expect(result.out.endswith("All is well.\n"), result)
        expect_equal(result.status, OK, "exit status")
    for thing in (str(work.tank), "imgtankd at", "front end lampe", "imgtank-probe", "clock",
                  "imgtank.conf"):
        expect(thing in result.out, f"{thing} was not looked at: {result}")


def test_doctor_tank_missing(work):
    with well(work) as doctor:
        doctor.configure("tank", f"path = {work.path('nowhere')}")
        doctor.expect_only("tank-missing", "Plug in the tank's disk")


def test_doctor_tank_not_mounted(work):
    with well(work) as doctor:  # the tank is on the disk of root/
        doctor.configure("tank", "require-mount = yes")
        doctor.expect_only("tank-not-mounted", "set require-mount = no")


def test_doctor_tank_full(work):
    with well(work) as doctor:
        doctor.configure("tank", "keep-free = 1024T")
        doctor.expect_only("tank-full", "Make room")


def test_doctor_tank_read_only(work):
    image = work.path("disk")
    make_image(image, "ext4", 256)
    with well(work) as doctor, mounted(image, work.path("disk-mounted"), "loop,ro") as folder:
        doctor.configure("tank", f"path = {folder}")
        doctor.expect_only("tank-read-only", "Check the disk")


def test_doctor_tank_limited(work):
    image = work.path("disk")
    make_image(image, "vfat", 256)
    with well(work) as doctor, mounted(image, work.path("disk-mounted")) as folder:
        doctor.configure("tank", f"path = {folder}")
        doctor.expect_only("tank-limited", "ext4 or exFAT")


def test_doctor_tank_rights(work):
    with well(work) as doctor:
        (work.tank / "images").chmod(0o555)
        doctor.expect_only("tank-rights", "chmod u+rwx")
        (work.tank / "images").chmod(0o755)


def test_doctor_tank_owner(work):
    with well(work) as doctor:
        doctor.configure("tank", "owner = 4242")
        doctor.expect_only("tank-owner", "chown")


def test_doctor_tank_disk_with_errors(work):
    with well(work) as doctor:
        device = os.stat(work.tank).st_dev
        link = doctor.root / "sys/dev/block" / f"{os.major(device)}:{os.minor(device)}"
        link.parent.mkdir(parents=True)
        link.symlink_to("../../devices/somewhere/sdz/sdz1")
        doctor.put("sys/fs/ext4/sdz1/errors_count", "3\n")
        doctor.expect_only("tank-errors", "e2fsck")
        doctor.put("sys/fs/ext4/sdz1/errors_count", "0\n")
        expect_equal(doctor.findings(), {}, "findings without errors")


def test_doctor_ledger_damaged(work):
    with well(work) as doctor:
        ledger = work.tank / ".imgtank/ledger.db"
        doctor.box.stop()  # it may hold the file
        data = bytearray(ledger.read_bytes())
        data[-4096:] = b"\xa5" * 4096  # not needed to open it: only reading through finds that
        ledger.write_bytes(data)
        found = doctor.findings()
        expect_equal(sorted(found), ["daemon-not-running", "ledger-damaged"], "findings")
        expect("imgtank rebuild" in found["ledger-damaged"]["remedy"], found)


def test_doctor_damaged_copies(work):
    with well(work) as doctor:
        aside = work.tank / ".imgtank/damaged"
        aside.mkdir(exist_ok=True)
        (aside / "pimg_0001.jpg").write_text("not a picture")
        doctor.expect_only("damaged-copies", "Check the disk and its cable")


def test_doctor_configuration(work):
    with well(work) as doctor:
        doctor.configure("import", "naming = kepe")
        finding = doctor.expect_only("config-error", "did you mean 'keep'")
        expect(f"{doctor.box.config}:" in finding["about"], finding)
        expect("do not start" in finding["safe"], finding)


def test_doctor_daemon_not_running(work):
    with well(work) as doctor:
        doctor.box.stop()
        doctor.expect_only("daemon-not-running", "systemctl enable --now imgtankd")


def test_doctor_daemon_of_another_version(work):
    from fakebox import FakeBox  # says that it is 0.0-fake

    with well(work) as doctor, FakeBox("idle") as fake:
        doctor.expect_only("daemon-version", "restart imgtankd", "--socket", fake.socket)


def test_doctor_a_problem_that_nobody_has_seen(work):
    from fakebox import FakeBox

    with well(work) as doctor, FakeBox("partial") as fake:
        found = doctor.findings("--socket", fake.socket)
        expect("imgtank ack" in found["unacknowledged"]["remedy"], found)


def test_doctor_a_tank_that_is_missing_is_no_problem_of_a_card(work):
    from fakebox import FakeBox

    with well(work) as doctor, FakeBox("no-tank") as fake:
        found = doctor.findings("--socket", fake.socket)
        expect("tank-not-mounted" in found and "unacknowledged" not in found, found)


def drop_folder(doctor, folder):
    folder.mkdir(exist_ok=True)
    folder.chmod(0o1777)
    doctor.configure("drop", f"path = {folder}")
    return folder


def test_doctor_drop_folder_missing(work):
    with well(work) as doctor:
        doctor.configure("drop", f"path = {work.path('drop')}")
        doctor.expect_only("drop-missing", "imgtank setup samba")


def test_doctor_drop_folder_with_wrong_rights(work):
    with well(work) as doctor:
        drop = drop_folder(doctor, work.path("drop"))
        expect_equal(doctor.findings(), {}, "findings")
        drop.chmod(0o777)
        doctor.expect_only("drop-rights", "chmod +t")
        drop.chmod(0o1777)
        work.path("drop.importing").mkdir()
        work.path("drop.importing").chmod(0o777)
        doctor.expect_only("drop-rights", "remove it")


def test_doctor_drop_folder_is_a_disk(work):
    image = work.path("disk")
    make_image(image, "ext4", 64)
    with well(work) as doctor, mounted(image, work.path("drop")) as folder:
        drop_folder(doctor, Path(folder))
        shutil.rmtree(Path(folder) / "lost+found")
        work.path("drop.importing").mkdir(mode=0o700)
        doctor.expect_only("drop-two-disks", "a folder on that disk")
        (Path(folder) / "inner").mkdir(mode=0o1777)
        drop_folder(doctor, Path(folder) / "inner")
        expect_equal(doctor.findings(), {}, "findings")
        with contextlib.suppress(OSError), open(Path(folder) / "big", "wb") as big:
            while True:
                big.write(bytes(1 << 20))
        found = doctor.expect_only("drop-disk-full", "Make room")
        expect("full" in found["text"], found)


def test_doctor_what_stays_in_the_drop_folder(work):
    with well(work) as doctor:
        drop = drop_folder(doctor, work.path("drop"))
        (drop / ".DS_Store").write_bytes(b"of no interest")
        (drop / "IMG_1.JPG.part").write_bytes(b"may still come to its end")
        expect_equal(doctor.findings(), {}, "findings")
        (drop / "letter.txt").write_text("Dear Ann", encoding="utf-8")
        (drop / "report.txt").write_text("Dear Bob", encoding="utf-8")
        found = doctor.expect_only("drop-stays", "select = everything")
        expect("2 files stay" in found["text"], found)
        (drop / "letter.txt").unlink()
        (drop / "report.txt").unlink()
        card = work.card("plain", name="other", seed=9, count=1)
        whole = Path(os.fsdecode(card.root)) / "DCIM/100EXMPL/IMG_0001.JPG"
        (drop / "HALF.JPG").write_bytes(whole.read_bytes()[:2000])
        found = doctor.expect_only("drop-stays", "Send it again")
        expect("ends too early" in found["text"] and "HALF.JPG" in found["about"], found)
        (drop / "HALF.JPG").unlink()
        (drop / "LINK.JPG").symlink_to(whole)
        doctor.expect_only("drop-stays", "Put a copy there")


def test_doctor_frontends(work):
    with well(work) as doctor:
        doctor.configure("ui", "frontends = lampe, nemo")
        doctor.expect_only("frontend-missing", "Install imgtank-ui-nemo")
        doctor.configure("ui", "frontends = lampe, Nemo!")
        doctor.expect_only("frontend-missing", "imgtank ui --list")
        doctor.add_frontend("kaputt", 3)
        doctor.configure("ui", "frontends = lampe kaputt")
        doctor.expect_only("frontend-no-hardware", "imgtank-ui-kaputt(8)")
        doctor.configure("ui", "frontends = auto")
        expect_equal(doctor.findings(), {}, "with what is here")
        (doctor.root / "proc/77/cmdline").write_text("vi\0imgtank-ui-lampe\0", encoding="utf-8")
        doctor.expect_only("frontend-not-running", "systemctl enable --now imgtank-ui")


def test_doctor_port_of_the_page_is_taken(work):
    table = ("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
             "   0: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
             "   1: 00000000:{:04X} 00000000:0000 {} 00000000:00000000 00:00000000 00000000     0\n")
    with well(work) as doctor:
        doctor.add_frontend("web", 3)  # as the real one says, because of "auto"
        doctor.configure("ui", "frontends = lampe web")
        doctor.put("proc/net/tcp", table.format(80, "01"))  # a connection is no server
        doctor.expect_only("frontend-not-running", "imgtank-ui@web")
        doctor.put("proc/net/tcp", table.format(80, "0A"))
        found = doctor.expect_only("web-port-taken", "imgtank setup web --port 8080")
        expect_equal(found["about"], "port 80", "which port")
        doctor.configure("ui-web", "listen = [::]:8080")
        doctor.expect_only("frontend-not-running", "imgtank-ui@web")
        doctor.put("proc/net/tcp6", table.format(8080, "0A").replace("00000000:1F90", "0" * 32 + ":1F90"))
        doctor.expect_only("web-port-taken", "ss -ltnp")
        doctor.put("proc/78/cmdline", "/usr/libexec/imgtank/ui/imgtank-ui-web\0")
        expect_equal(doctor.findings(), {}, "it is the page itself")


OPENSSL_CA = """
[ca]
default_ca = it
[it]
database = {folder}/index
new_certs_dir = {folder}
policy = any
unique_subject = no
rand_serial = yes
default_md = sha256
[any]
commonName = supplied
"""


class Certificate:
    """A page with one, good from now on for 60 days, until a test makes another."""

    def __init__(self, doctor):
        self.doctor, self.folder = doctor, doctor.work.path("tls")
        self.folder.mkdir()
        self.pem, self.key = self.folder / "page.pem", self.folder / "page.key"
        (self.folder / "index").write_text("", encoding="utf-8")
        (self.folder / "ca.conf").write_text(OPENSSL_CA.format(folder=self.folder), encoding="utf-8")
        doctor.add_frontend("web", 3)
        doctor.put("proc/78/cmdline", "/usr/libexec/imgtank/ui/imgtank-ui-web\0")
        doctor.configure("ui", "frontends = lampe web")
        doctor.configure("ui-web", f"tls-certificate = {self.pem}", f"tls-key = {self.key}")
        self.make_key()
        self.make(-1, 60)

    def openssl(self, *args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def make_key(self):
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key)

    def make(self, first_day, last_day):
        """From and to so many days from now."""
        first, last = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + day * 86400))
                       for day in (first_day, last_day))
        request = self.folder / "request"
        self.openssl("req", "-new", "-key", self.key, "-subj", "/CN=tank", "-out", request)
        self.openssl("ca", "-batch", "-selfsign", "-notext", "-config", self.folder / "ca.conf", "-keyfile", self.key,
                     "-in", request, "-startdate", first, "-enddate", last, "-out", self.pem)


@contextlib.contextmanager
def with_certificate(work):
    if not shutil.which("openssl"):
        raise Skip("openssl is not installed")
    with well(work) as doctor:
        yield doctor, Certificate(doctor)


def test_doctor_certificate_and_its_time(work):
    with with_certificate(work) as (doctor, certificate):
        expect_equal(doctor.findings(), {}, "with a good one")
        expect(f"the page's certificate {certificate.pem}" in doctor.run("--verbose").out, "it was not looked at")
        certificate.make(-60, 29)
        found = doctor.expect_only("web-certificate-expires", "restart imgtank-ui@web")
        expect_equal((found["severity"], found["about"]), ("warning", str(certificate.pem)), "how grave, and of what")
        certificate.make(-60, -1)
        doctor.expect_only("web-certificate-expired", "Put another one")
        certificate.make(1, 60)
        doctor.expect_only("web-certificate-early", "Is the clock right")
        certificate.make(-60, 31)
        expect_equal(doctor.findings(), {}, "with more than 30 days to go")


def test_doctor_certificate_and_its_key(work):
    with with_certificate(work) as (doctor, certificate):
        certificate.make_key()
        found = doctor.expect_only("web-certificate-no-pair", "Put another one and its key")
        expect_equal(found["about"], str(certificate.key), "which file")
        certificate.make(-1, 60)
        expect_equal(doctor.findings(), {}, "with its own key")
        kept = certificate.key.read_text("ascii")
        certificate.openssl("pkey", "-in", certificate.key, "-aes256", "-passout", "pass:x", "-out", f"{certificate.key}.new")
        os.replace(f"{certificate.key}.new", certificate.key)
        doctor.expect_only("web-certificate-damaged", "without a password")
        certificate.key.write_text(kept, encoding="ascii")
        certificate.pem.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n", encoding="ascii")
        doctor.expect_only("web-certificate-damaged", "PEM")
        certificate.pem.unlink()
        doctor.expect_only("web-certificate-unreadable", "Put another one")
        os.mkfifo(certificate.pem)  # nobody writes to it: the doctor does not wait for that
        doctor.expect_only("web-certificate-damaged", "PEM")


def test_doctor_without_openssl_blames_no_certificate(work):
    with with_certificate(work) as (doctor, certificate):
        certificate.make(-60, -1)
        found = doctor.expect_only("web-certificate-not-checked", "apt-get install openssl", PATH=str(work.path("none")))
        expect_equal(found["severity"], "note", "how grave")
        hangs = work.path("hangs")
        hangs.mkdir()
        (hangs / "openssl").write_text("#!/bin/sh\nexec /bin/sleep 600\n", encoding="utf-8")
        (hangs / "openssl").chmod(0o755)
        began = time.monotonic()
        doctor.expect_only("web-certificate-not-checked", "openssl", PATH=str(hangs))
        expect(time.monotonic() - began < 60, "it waited for an openssl that hangs")


# A machine with a user for the page, for as long as a command runs.
AS_PACKAGED = r"""
cp /etc/passwd /etc/group "$1"
sed -i '/^imgtank-ui:/d' "$1/passwd" "$1/group"
echo 'imgtank-ui:x:64123:64123::/:/bin/false' >>"$1/passwd"
echo 'imgtank-ui:x:64123:' >>"$1/group"
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
shift
exec "$@"
"""


def test_doctor_certificate_that_the_page_may_not_read(work):
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        raise Skip("needs root, for a user of the test's own")
    with with_certificate(work) as (doctor, certificate):
        doctor.prefix = ["unshare", "--mount", "sh", "-ec", AS_PACKAGED, "sh", str(certificate.folder)]
        for folder in (certificate.folder, *certificate.folder.parents):
            if folder.stat().st_mode & 0o005 != 0o005:
                if not folder.is_relative_to(work.folder):
                    raise Skip(f"{folder} is not open to the page's user")
                folder.chmod(0o755)
        certificate.key.chmod(0o600)
        found = doctor.expect_only("web-certificate-unreadable", f"chgrp imgtank-ui {certificate.key}; chmod 0640")
        expect_equal(found["about"], str(certificate.key), "which file")
        os.chown(certificate.key, 0, 64123)
        certificate.key.chmod(0o640)
        expect_equal(doctor.findings(), {}, "as its group")
        certificate.folder.chmod(0o700)
        doctor.expect_only("web-certificate-unreadable", "be let into its folder")


def test_doctor_clock(work):
    with well(work) as doctor:
        (doctor.root / "run/systemd/timesync/synchronized").unlink()
        doctor.expect_only("clock-not-set", "date -s")
        doctor.put("sys/class/rtc/rtc0/since_epoch", "97\n")
        doctor.expect_only("clock-not-set", "date -s")
        doctor.put("sys/class/rtc/rtc0/since_epoch", f"{int(time.time())}\n")
        expect_equal(doctor.findings(), {}, "with a clock chip that agrees")


def test_doctor_power_and_heat(work):
    with well(work) as doctor:
        doctor.put("sys/class/hwmon/hwmon2/name", "rpi_volt\n")
        doctor.put("sys/class/hwmon/hwmon2/in0_lcrit_alarm", "1\n")
        doctor.expect_only("under-voltage", "power supply")
        doctor.put("sys/class/hwmon/hwmon2/in0_lcrit_alarm", "0\n")
        doctor.put("sys/class/thermal/thermal_zone0/temp", "84512\n")
        doctor.expect_only("too-hot", "It has 84 °C")


def test_doctor_slow_reader(work):
    def plug(doctor, speed, version):
        for name, text in (("speed", speed), ("version", version), ("product", "Reader\x1b[31m")):
            doctor.put(f"sys/bus/usb/devices/1-2/{name}", text + "\n")
        doctor.put("sys/bus/usb/devices/1-2:1.0/bInterfaceClass", "08\n")

    with well(work) as doctor:
        doctor.put("sys/bus/usb/devices/usb1/speed", "480\n")
        plug(doctor, "480", " 2.10")
        expect_equal(doctor.findings(), {}, "on a machine without USB 3")
        doctor.put("sys/bus/usb/devices/usb2/speed", "5000\n")
        finding = doctor.expect_only("reader-slow", "USB 3 socket")
        expect_equal(finding["about"], "Reader\\x1b[31m (1-2)", "its name")
        plug(doctor, "480", " 2.00")
        expect_equal(doctor.findings(), {}, "a reader that is USB 2 itself")
        plug(doctor, "5000", " 3.20")
        expect_equal(doctor.findings(), {}, "a fast one")
        plug(doctor, "12", " 2.00")
        doctor.expect_only("reader-slow", "another reader")


def test_doctor_is_documented(work):
    """docs/doctor.md knows every word, and no other."""
    root = Path(__file__).resolve().parents[2]
    source = "".join(path.read_text(encoding="utf-8") for path in root.glob("core/cli/doctor_*.c"))
    words = set(re.findall(r'DOCTOR_[A-Z]+,\s*"([a-z0-9-]+)"', source))
    words |= {name.removeprefix("FAULT_").lower().replace("_", "-") for name in
              re.findall(r"DOCTOR_[A-Z]+,\s*(FAULT_[A-Z_]+)", source)}
    words |= {"config-error", "config-unknown"}
    page = (root / "docs/doctor.md").read_text(encoding="utf-8")
    expect_equal(set(re.findall(r"^\| `([a-z0-9-]+)`", page, re.MULTILINE)), words, "words")
    del work


def test_doctor_wrong_usage(work):
    for args in (["--nonsense"], ["word"], ["--config"]):
        expect_equal(run(["doctor", *args]).status, USAGE, f"exit status of {args}")
    del work


if __name__ == "__main__":
    sys.exit(main(globals()))
