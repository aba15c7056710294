#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards on real file systems, mounted as the daemon does it: private, and never written to."""
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from e2e import BIN, Skip, expect, expect_equal, main, make_image, mounted, need_root  # noqa: E402
from fakebox import Program  # noqa: E402

PROGRAM = BIN.parent / "tests" / "mount_card"
PICTURE = b"\xff\xd8 a picture, or so it says \xff\xd9" * 1000


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@contextlib.contextmanager
def loop(image):
    """A block device like a reader's: it can be written to, if somebody does."""
    need_root()
    made = subprocess.run(["losetup", "--find", "--show", image], check=False, capture_output=True,
                          text=True)
    if made.returncode != 0:
        raise Skip(f"no loop device: {made.stderr.strip()}")
    device = made.stdout.strip()
    try:
        yield device
    finally:
        subprocess.run(["blockdev", "--setrw", device], check=False)
        subprocess.run(["losetup", "--detach", device], check=True)


def is_read_only(device):
    said = subprocess.run(["blockdev", "--getro", device], check=True, capture_output=True)
    return said.stdout.strip() == b"1"


class Holder(Program):
    """A process that has a card mounted where only it sees it."""

    def __init__(self, device, kind, folder):
        self.folder = Path(folder)
        super().__init__([PROGRAM, device, kind, folder])

    def says(self, line):
        expect_equal(self.wait_for("."), line, f"it says ({self.errors})")
        return self

    def ask(self, word, answer):
        self.send(word)
        self.says(answer)

    def mounts(self):
        """The lines of its mountinfo that are about the card."""
        text = Path(f"/proc/{self.process.pid}/mountinfo").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if line.split()[4] == str(self.folder)]

    def inside(self, name):
        """A path of the card, seen with its eyes."""
        return Path(f"/proc/{self.process.pid}/root{self.folder}") / name


def pulled_while_written(work, kind, size_mb):
    """A card whose journal has something to replay: as it stands on the disk in mid-write."""
    image, card = work.path("whole.img"), work.path("card.img")
    make_image(image, kind, size_mb)
    with mounted(image, work.path("mnt")) as disk:
        (disk / "DCIM").mkdir()
        (disk / "DCIM" / "ONE.JPG").write_bytes(PICTURE)
    with mounted(image, work.path("mnt")) as disk:
        with open(disk / "DCIM" / "TWO.JPG", "xb") as file:
            file.write(PICTURE)
            file.flush()
            os.fsync(file.fileno())  # in the journal only
            shutil.copyfile(image, card)
    image.unlink()
    return card


def check_replays_nothing(work, kind, size_mb):
    """What only the journal knows would be missing, and nobody would know: it is not mounted at all."""
    need_root()
    card = pulled_while_written(work, kind, size_mb)
    before = digest(card)
    with loop(card) as device, Holder(device, kind, work.path("cards") / "c1") as holder:
        holder.says("mounted: ENOTRECOVERABLE")
    expect_equal(digest(card), before, "the card after it was looked at")
    # Was there anything to replay? Somebody who mounts it read-only in the usual way writes to it.
    with loop(card) as device, mounted(device, work.path("mnt"), "ro"):
        pass
    expect(digest(card) != before, "this card has no journal to replay, so nothing was tested")
    # And now there is nothing any more.
    before = digest(card)
    with loop(card) as device, Holder(device, kind, work.path("cards") / "c1") as holder:
        holder.says("mounted")
        expect_equal(holder.inside("DCIM/TWO.JPG").read_bytes(), PICTURE, "what it reads")
        holder.ask("unmount", "unmounted")
    expect_equal(digest(card), before, "the card after it was mounted")


def test_ext4_is_not_replayed(work):
    check_replays_nothing(work, "ext4", 32)


def test_btrfs_is_not_replayed(work):
    check_replays_nothing(work, "btrfs", 128)


def plain_card(work):
    need_root()
    image = work.path("card.img")
    make_image(image, "ext4", 16)
    return image


def test_mount_is_private_read_only_and_gone_with_its_process(work):
    image, folder = plain_card(work), work.path("cards") / "c1"
    with loop(image) as device:
        with Holder(device, "ext4", folder) as holder:
            holder.says("mounted")
            mounts = holder.mounts()
            expect_equal(len(mounts), 1, f"mounts: {mounts}")
            options = set(mounts[0].split()[5].split(","))
            expect({"ro", "nosuid", "nodev", "noexec"} <= options, f"mounted {options}")
            expect(device not in Path("/proc/self/mountinfo").read_text(encoding="utf-8"),
                   "others see it")
            expect(is_read_only(device), "the device's own switch is not set")
            try:
                holder.inside("new").touch()
            except OSError:
                pass
            else:
                raise AssertionError("it could be written to")
        # Killed: nobody has unmounted it, and nobody has to.
        with open(device, "rb", opener=lambda path, flags: os.open(path, flags | os.O_EXCL)):
            pass


def test_mount_leaves_a_disk_alone_that_the_host_uses(work):
    image = plain_card(work)
    with loop(image) as device, mounted(device, work.path("mnt"), "rw") as disk:
        with Holder(device, "ext4", work.path("cards") / "c1") as holder:
            holder.says("mounted: EBUSY")
        expect(not is_read_only(device), "the host cannot write to its disk any more")
        (disk / "still").write_bytes(b"writable")


def test_unmount_waits_for_who_uses_it_unless_the_card_is_gone(work):
    image = plain_card(work)
    with loop(image) as device, Holder(device, "ext4", work.path("cards") / "c1") as holder:
        holder.says("mounted")
        with contextlib.ExitStack() as stack:
            in_use = os.open(holder.inside("lost+found"), os.O_RDONLY)
            stack.callback(os.close, in_use)
            holder.ask("unmount", "unmounted: EBUSY")
            expect_equal(len(holder.mounts()), 1, "mounts while somebody uses it")
            holder.ask("lazy", "unmounted")
            expect_equal(holder.mounts(), [], "mounts after a lazy one")
        expect(not holder.folder.exists(), "its folder is left")


if __name__ == "__main__":
    sys.exit(main(globals()))
