#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drop folder: what others put there comes into the tank, once, whole, and nothing is lost."""
import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from box import box  # noqa: E402
import e2e  # noqa: E402
from e2e import Skip, expect, expect_equal, main  # noqa: E402
from make_card import at, camera_film, camera_jpeg, camera_raw, sidecar_xmp  # noqa: E402

DEADLINE_S = 30
SETTLE_S = 0.3
NOBODY, OTHER = 65534, 64321


class Drop:
    """A box with a drop folder, and what must be in its tank in the end."""

    def __init__(self, work, b, folder):
        self.work, self.box = work, b
        self.folder = folder
        self.batches = folder.with_name(folder.name + ".importing")
        self.client = b.client()
        self.seed = 100

    def jpeg(self, size_bytes=3000):
        self.seed += 1
        return camera_jpeg(self.seed, at(self.seed % 5), size_bytes)

    def put(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def wait(self, is_true, what):
        end = time.monotonic() + DEADLINE_S
        while not is_true():
            expect(time.monotonic() < end, f"{what} did not come; {self.box.said()}")
            self.client.read(0.02)

    def wait_gone(self, *paths):
        self.wait(lambda: not any(os.path.lexists(p) for p in paths), f"the taking of {paths}")

    def wait_empty(self):
        """Everything that was taken is in the tank, and is removed."""
        self.wait(lambda: self.batches.is_dir() and not list(self.batches.iterdir()),
                  "the removal of what is in the tank")

    def ends(self):
        return [(entry["label"], entry["verdict"]) for entry in self.client.model["history"]]

    def wait_said(self, text):
        self.wait(lambda: any(text in m["text"] for m in self.client.model["messages"]),
                  f"the message '{text}'")

    def settle(self):
        """As long as it takes to see that something is not taken: several looks."""
        end = time.monotonic() + SETTLE_S * 4
        while time.monotonic() < end:
            self.client.read(0.05)

    def tank(self):
        return sorted(digest((self.work.tank / "images" / name).read_bytes())
                      for name in e2e.images(self.work.tank))

    def expect_tank(self, *contents):
        expect_equal(self.tank(), sorted(map(digest, contents)), "contents in the tank")


def is_running(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def digest(data):
    return hashlib.sha256(data).hexdigest()[:12]


@contextlib.contextmanager
def dropping(work, more="", folder=None, settle_s=SETTLE_S, is_there=True,
             prefix=()):
    folder = Path(folder or work.path("drop"))
    if is_there:
        folder.mkdir(exist_ok=True)
    config = f"[drop]\npath = {folder}\nsettle = {int(settle_s * 1000)}ms\n{more}"
    with box(work.folder, config=config, prefix=prefix) as b:
        yield Drop(work, b, folder)


def test_dropped_files_come_into_the_tank_and_leave_the_folder(work):
    with dropping(work) as d:
        one, raw = d.jpeg(), camera_raw(7, at(1), 5000)
        d.put("IMG_1.JPG", one)
        d.put("IMG_1.CR2", raw)
        d.put("IMG_1.XMP", sidecar_xmp(1))
        d.wait_gone(*(d.folder / f"IMG_1.{end}" for end in ("JPG", "CR2", "XMP")))
        d.wait(d.ends, "its end")
        d.wait_empty()
        d.expect_tank(one, raw, sidecar_xmp(1))
        expect_equal(len({Path(n).stem for n in e2e.images(work.tank)}), 1, "stems of the group")
        (label, verdict), = d.ends()
        expect(label.startswith("Upload by "), label)
        expect_equal(verdict, "safe-to-format", "verdict")
        d.wait(lambda: not d.client.model["cards"], "the end of the card")
        d.box.wait_for_workers()
        findings = e2e.check_tank.check_tank(str(work.tank))
        expect(not findings, findings)


def test_a_file_that_is_being_written_is_left_alone(work):
    with dropping(work) as d:
        data = d.jpeg(20000)
        with open(d.folder / "SLOW.JPG", "wb", buffering=0) as out:
            out.write(data)  # whole by its content: only the open file says that it is not
            d.settle()
            expect((d.folder / "SLOW.JPG").exists(), "it was taken while somebody had it open")
            out.write(b"more")
        d.wait_gone(d.folder / "SLOW.JPG")
        d.wait(d.ends, "its end")
        d.wait_empty()
        d.expect_tank(data + b"more")


def test_a_transfer_that_broke_off_stays_until_it_is_whole(work):
    with dropping(work) as d:
        data, film = d.jpeg(30000), camera_film(5, at(1), 20000)
        d.put("HALF.JPG", data[:17000])
        d.put("HALF.MP4", film[:9000])
        d.put("IMG_2.JPG.filepart", d.jpeg())
        d.put(".IMG_3.JPG.Xb12zQ", d.jpeg())  # as rsync does
        d.put("EMPTY.JPG", b"")
        d.wait_said("stays in the drop folder")
        d.settle()
        expect_equal(sorted(p.name for p in d.folder.iterdir()),
                     [".IMG_3.JPG.Xb12zQ", "EMPTY.JPG", "HALF.JPG", "HALF.MP4",
                      "IMG_2.JPG.filepart"], "what stays")
        expect_equal(d.ends(), [], "imports")
        with open(d.folder / "HALF.JPG", "ab") as out:  # the transfer goes on
            out.write(data[17000:])
        d.wait_gone(d.folder / "HALF.JPG")
        whole = d.jpeg()
        d.put("IMG_2.JPG.filepart", whole).rename(d.folder / "IMG_2.JPG")
        d.wait_gone(d.folder / "IMG_2.JPG")
        d.wait(lambda: len(d.ends()) == 2, "two imports")
        d.wait_empty()
        d.expect_tank(data, whole)


def test_folders_and_files_moved_in(work):
    with dropping(work, settle_s=0.1) as d:
        contents = [d.jpeg() for _ in range(4)]
        for i, data in enumerate(contents):
            path = work.path("elsewhere") / "DCIM" / f"10{i % 2}CANON" / f"IMG_{i}.JPG"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (work.path("elsewhere") / "DCIM").rename(d.folder / "DCIM")
        d.wait_gone(*(d.folder / "DCIM" / f"10{i % 2}CANON" / f"IMG_{i}.JPG" for i in range(4)))
        d.wait(d.ends, "its end")
        d.wait_empty()
        d.expect_tank(*contents)
        d.wait_gone(d.folder / "DCIM" / "100CANON")  # empty folders go, later


def test_what_is_no_picture_or_hostile_stays_where_it_is(work):
    secret = work.path("secret.jpg")
    secret.write_bytes(camera_jpeg(1, at(1)))
    with dropping(work) as d:
        d.put("letter.txt", b"Dear Ann")
        d.put(".DS_Store", b"left by an operating system")
        os.symlink(secret, d.folder / "LINK.JPG")
        os.symlink(work.folder, d.folder / "DIR")
        os.link(secret, d.folder / "HARD.JPG")
        os.mkfifo(d.folder / "FIFO.JPG")
        good = d.jpeg()
        d.put("GOOD.JPG", good)
        d.put("unnamed", good2 := d.jpeg())  # a picture, by its first bytes
        d.wait_gone(d.folder / "GOOD.JPG", d.folder / "unnamed")
        d.wait(d.ends, "its end")
        d.wait_empty()
        d.wait_said("stays in the drop folder")
        d.expect_tank(good, good2)
        expect_equal(sorted(p.name for p in d.folder.iterdir()),
                     [".DS_Store", "DIR", "FIFO.JPG", "HARD.JPG", "LINK.JPG", "letter.txt"],
                     "what stays")
        expect_equal(secret.stat().st_nlink, 2, "names of the linked file")
        d.box.stop()


def test_many_names_that_should_not_be(work):
    with dropping(work) as d:
        names = [b"new\nline.jpg", b"\xff\xfe.jpg", b"esc\x1b[2J.jpg", b"-rf.jpg", b"n" * 251 + b".jpg"]
        contents = [d.jpeg() for _ in names]
        for name, data in zip(names, contents):
            with open(os.path.join(os.fsencode(d.folder), name), "wb") as out:
                out.write(data)
        d.wait(lambda: not os.listdir(d.folder), "the taking")
        d.wait(d.ends, "its end")
        d.wait_empty()
        d.expect_tank(*contents)


def test_a_heap_of_things_does_not_hide_a_picture(work):
    """More than one list holds; no matter where in the folder the picture comes."""
    with dropping(work) as d:
        for i in range(17000):
            (d.folder / f"heap-{i:05d}.txt").touch()
        contents = {f"picture-{i}.jpg": d.jpeg() for i in range(8)}
        for name, data in contents.items():
            (d.folder / name).write_bytes(data)
        d.wait(lambda: not any((d.folder / name).exists() for name in contents), "the taking of all")
        d.wait(d.ends, "its end")
        d.expect_tank(*contents.values())


def test_owners_are_named_and_kept_apart(work):
    if os.geteuid() != 0:
        raise Skip("other owners need root")
    with dropping(work) as d:
        os.chmod(d.folder, 0o1777)
        contents = []
        for name, owner in (("A.JPG", NOBODY), ("B.JPG", OTHER), ("C.JPG", NOBODY)):
            contents.append(d.jpeg())
            os.chown(d.put(name, contents[-1]), owner, owner)
        d.wait(lambda: len(d.ends()) == 2, "two imports")
        d.wait_empty()
        expect_equal(sorted(d.ends()), [("Upload by guest", "safe-to-format"),
                                        (f"Upload by user {OTHER}", "safe-to-format")], "cards")
        d.expect_tank(*contents)


def test_who_has_it_open_for_reading_cannot_change_it_any_more(work):
    """Through /proc a file can be opened again, by its rights: those are taken."""
    if os.geteuid() != 0:
        raise Skip("becoming somebody else needs root")
    with tempfile.TemporaryDirectory(prefix="imgtank-") as top, \
            dropping(work, "[daemon]\nstart = ask\n", folder=f"{top}/drop") as d:
        os.chmod(top, 0o755)
        path = d.put("OPEN.JPG", d.jpeg())
        path.chmod(0o666)
        os.chown(path, OTHER, OTHER)
        code = ("import os,sys\nos.setgid({0}); os.setuid({0})\nf = os.open(sys.argv[1], os.O_RDONLY)\n"
                "print('open', flush=True); sys.stdin.readline()\n"
                "try:\n os.open(f'/proc/self/fd/{{f}}', os.O_WRONLY); print('written')\n"
                "except PermissionError:\n print('refused')\n").format(OTHER)
        with subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as other:
            expect_equal(other.stdout.readline(), "open\n", "the other one")
            d.wait_gone(path)
            expect_equal(other.communicate("\n")[0], "refused\n", "the second opening")


def test_with_the_rights_that_its_unit_has(work):
    """Files of others, with the capabilities of the service and no more."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        raise Skip("needs root and setpriv")
    unit = (e2e.ROOT / "systemd/imgtankd.service.in").read_text(encoding="utf-8")
    rights = re.search(r"^CapabilityBoundingSet=(.*)$", unit, re.MULTILINE).group(1).split()
    bounds = "-all," + ",".join("+" + right.removeprefix("CAP_").lower() for right in rights)
    with dropping(work, prefix=("setpriv", f"--bounding-set={bounds}")) as d:
        data = d.jpeg()
        path = d.put("A.JPG.part", data)
        os.chown(path, OTHER, OTHER)
        path.chmod(0o600)
        path.rename(d.folder / "A.JPG")
        d.wait_gone(d.folder / "A.JPG")
        d.wait(d.ends, "its end")
        d.wait_empty()
        d.expect_tank(data)


def test_killed_at_any_moment_nothing_is_lost(work):
    """Also half-way through the taking and the removal: those are renames and unlinks of files."""
    contents = []
    work.path("drop").mkdir()
    for i in range(4):
        with dropping(work) as d:
            d.seed = 1000 + i * 100
            for j in range(3):
                contents.append(d.jpeg(200000))
                d.put(f"K{i}_{j}.JPG", contents[-1])
            if i % 2:
                d.wait_gone(d.folder / f"K{i}_0.JPG")
            time.sleep(i * 0.1)  # another moment each time
            workers = d.box.workers()
            for pid in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            d.box.kill()
            d.wait(lambda: not any(map(is_running, workers)), "the end of the workers")
            here = [p.read_bytes() for p in [*d.folder.rglob("*"), *d.batches.rglob("*"),
                                             *(work.tank / "images").rglob("*")] if p.is_file()]
            missing = set(map(digest, contents)) - set(map(digest, here))
            expect(not missing, f"round {i}: {missing} are nowhere")
    with dropping(work) as d:
        d.wait(lambda: not list(d.folder.iterdir()), "the taking")
        d.wait_empty()
        d.expect_tank(*contents)


def test_nothing_is_removed_that_is_not_verified(work):
    with dropping(work, "[import]\nverify = no\n") as d:
        data = d.jpeg()
        d.put("A.JPG", data)
        d.wait(d.ends, "its end")
        expect_equal(d.ends()[0][1], "copied", "verdict")
        d.settle()
        kept, = (p for p in d.batches.rglob("*") if p.is_file())
        expect_equal(kept.read_bytes(), data, "what is kept")
        d.box.stop()
    with dropping(work) as d:  # verified now: found by its content, read back, and removed
        d.wait_empty()
        d.expect_tank(data)


def test_what_was_changed_behind_our_back_is_kept(work):
    with dropping(work, "[daemon]\nstart = ask\n") as d:
        d.put("A.JPG", d.jpeg())
        card = d.client.wait_card("c1", "waiting", waiting="ask")
        extra = d.batches / card["slot"] / "EXTRA.txt"
        extra.write_bytes(b"put here by root")
        d.client.ok("confirm", card="c1")
        d.wait(d.ends, "its end")
        d.settle()
        expect(extra.exists(), "what nobody had counted was removed")


def test_the_folder_may_come_later(work):
    with dropping(work, is_there=False) as d:
        d.wait(lambda: "cannot be used" in d.box.said(), "the warning")
        d.folder.mkdir()
        data = d.jpeg()
        d.put("A.JPG", data)
        d.wait_gone(d.folder / "A.JPG")
        d.wait(d.ends, "its end")
        d.wait_empty()
        d.expect_tank(data)


def test_a_box_that_halts_when_the_last_card_is_out_stays_on(work):
    off = work.path("off")
    with dropping(work, f"[daemon]\npoweroff-command = touch {off}\n"
                        "[power]\nhalt-on-unplug = yes\ngrace = 1s\n") as d:
        d.put("A.JPG", d.jpeg())
        d.wait(d.ends, "its end")
        d.wait_empty()
        d.wait(lambda: not d.client.model["cards"], "the end of the card")
        d.settle()
        said = [m["text"] for m in d.client.model["messages"]]
        expect(not any("shuts down" in text for text in said), said)
        expect(not off.exists(), "the box was switched off")


def test_others_may_not_prepare_the_second_folder(work):
    if os.geteuid() != 0:
        raise Skip("another owner needs root")
    work.path("drop.importing").mkdir()
    os.chown(work.path("drop.importing"), OTHER, OTHER)
    with dropping(work) as d:
        d.put("A.JPG", d.jpeg())
        d.wait(lambda: "others may write into" in d.box.said(), "the warning")
        d.settle()
        expect((d.folder / "A.JPG").exists(), "it was put where others may write")


if __name__ == "__main__":
    sys.exit(main(globals()))
