#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A card that fails or changes under the reading hands: what can be saved is saved, and said."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import (  # noqa: E402
    OK, SOME_FAILED, expect, expect_equal, images, main, make_card, need_shim, shim_environment)

EIO, EINTR, ENOENT, ENODEV = 5, 4, 2, 19
READS = "read,pread,preadv"


def bad_file_card(work, size_bytes=300_000):
    need_shim()
    return work.card("plain", count=8, size_bytes=size_bytes), "DCIM/100EXMPL/IMG_0004.JPG"


def run_with(work, card, plan):
    return work.run(card, env=shim_environment(plan=plan))


def path_of(card, name):
    return os.fsdecode(card.path(name))


def assert_only_this_failed(work, card, result, name, fault):
    expect_equal(result.status, SOME_FAILED, f"exit status\n{result}")
    expect_equal(result.verdict(), "incomplete", "verdict")
    failed = result.of("file-failed")
    expect_equal([e["file"] for e in failed], [name], "files that failed")
    expect_equal(failed[0]["fault"], fault, "fault")
    expect(failed[0]["what"] and failed[0]["safe"] and failed[0]["remedy"], "words")
    expect_equal(result.done()["files_failed"], 1, "count of failed files")
    expect_equal(result.done()["files_copied"], len(card.files) - 1, "files copied")
    work.check(partial=True)
    again = work.import_safely(card)
    expect_equal(again.done()["files_copied"], 1, "files copied by the next import")


def test_file_that_cannot_be_read_fails_alone(work):
    card, name = bad_file_card(work)
    plan = f"fn={READS} path={path_of(card, name)} nth=1 times=0 errno={EIO}"

    result = run_with(work, card, plan)

    assert_only_this_failed(work, card, result, name, "file-unreadable")


def test_file_that_fails_in_its_middle_fails_alone(work):
    card, name = bad_file_card(work, 5_000_000)
    plan = f"fn={READS} path={path_of(card, name)} nth=3 times=0 errno={EIO}"

    result = run_with(work, card, plan)

    assert_only_this_failed(work, card, result, name, "file-unreadable")


def test_passing_read_error_is_tried_again(work):
    card, name = bad_file_card(work)
    plan = f"fn={READS} path={path_of(card, name)} nth=1 times=1 errno={EIO}"

    result = run_with(work, card, plan)

    expect_equal(result.status, OK, f"exit status\n{result}")
    expect_equal(result.verdict(), "safe-to-format", "verdict")
    work.check()


def test_interrupted_and_short_reads_lose_nothing(work):
    card, _ = bad_file_card(work)
    for action in (f"errno={EINTR} times=3", "short=1 times=40", "short=4095 times=0"):
        result = run_with(work, card, f"fn={READS} path={os.fsdecode(card.root)} {action}")
        expect_equal(result.verdict(), "safe-to-format", f"verdict with {action}\n{result}")
        work.check()


def test_read_that_ends_too_early_is_noticed(work):
    card, name = bad_file_card(work, 3_000_000)
    plan = f"fn={READS} path={path_of(card, name)} nth=2 times=0 zero"

    result = run_with(work, card, plan)

    expect(result.verdict() == "incomplete", f"verdict {result.verdict()}\n{result}")
    work.check(partial=True)
    work.import_safely(card)


def test_file_that_cannot_be_opened_fails_alone(work):
    for error, fault in ((EIO, "file-unreadable"), (ENOENT, "file-vanished"),
                         (13, "file-denied")):
        card = work.card("plain", f"card{error}", error, count=4)
        name = "DCIM/100EXMPL/IMG_0001.JPG"
        result = run_with(work, card, f"fn=openat path={path_of(card, name)} times=0 errno={error}")
        expect_equal(result.status, SOME_FAILED, f"exit status\n{result}")
        expect_equal([(e["file"], e["fault"]) for e in result.of("file-failed")],
                     [(name, fault)], "failed")
        work.check(partial=True)
        work.run(card)
    work.check()


def test_folder_that_cannot_be_read_is_named(work):
    card, _ = bad_file_card(work)
    folder = path_of(card, "DCIM/100EXMPL")

    result = run_with(work, card, f"fn=getdents path={folder} times=0 errno={EIO}")

    expect_equal(result.status, SOME_FAILED, f"exit status\n{result}")
    expect(result.verdict() == "incomplete", "verdict")
    expect(result.done()["folders_failed"] == 1, "folders failed")
    work.import_safely(card)


def test_folder_that_fails_in_its_middle_is_named(work):
    """Half a listing must not pass for the whole."""
    card, _ = bad_file_card(work)
    folder = path_of(card, "DCIM/100EXMPL")

    result = run_with(work, card, f"fn=getdents path={folder} nth=5 times=0 errno={EIO}")

    expect_equal(result.verdict(), "incomplete", f"verdict\n{result}")
    work.import_safely(card)


def test_file_that_grows_without_end_does_not_hold_up_the_rest(work):
    """A camera that records while its card is read: no later than at its end the copy stops."""
    card = make_card.make_plain(work.path("card"), count=4, size_bytes=100_000)
    need_shim()
    work.expected.add(card.root, card.files)
    path = path_of(card, "DCIM/100EXMPL/IMG_0001.JPG")
    plan = f"fn={READS} path={path} nth=1 times=0 touch={path}"

    result = work.run(card, env=shim_environment(plan=plan), timeout=20)

    expect_equal([e["fault"] for e in result.of("file-failed")], ["file-changed"], "faults")
    work.check(partial=True)


def test_file_that_changes_once_is_read_again(work):
    card = make_card.make_plain(work.path("card"), count=4, size_bytes=3_000_000)
    need_shim()
    path = path_of(card, "DCIM/100EXMPL/IMG_0001.JPG")

    result = run_with(work, card, f"fn={READS} path={path} nth=2 times=1 touch={path}")

    expect_equal(result.verdict(), "safe-to-format", f"verdict\n{result}")
    changed = card.files[0]
    with open(path, "rb") as file:
        content = file.read()
    changed["sha256"] = make_card.hashlib.sha256(content).hexdigest()
    changed["size"] = len(content)
    work.expected.add(card.root, card.files)
    work.check()


def test_copy_that_the_disk_spoiled_is_found(work):
    """Bytes that change behind the copy are seen when it is read back; the next import heals it."""
    card, _ = bad_file_card(work)
    work.run(card, args=["--no-verify"])
    victim = work.tank / "images" / images(work.tank)[2]
    st = os.stat(victim)
    os.chmod(victim, 0o644)
    data = bytearray(victim.read_bytes())
    data[1000] ^= 4
    victim.write_bytes(data)
    os.utime(victim, ns=(st.st_atime_ns, st.st_mtime_ns))
    os.chmod(victim, 0o444)

    result = work.run(card)

    expect(result.verdict() != "safe-to-format" or result.done()["files_copied"] == 1,
           f"a spoiled copy was called safe\n{result}")
    for _ in range(2):
        result = work.run(card)
    expect_equal(result.verdict(), "safe-to-format", "verdict in the end")


def test_read_back_error_is_not_called_safe(work):
    card, _ = bad_file_card(work)
    plan = f"fn={READS} path={work.tank}/images nth=3 times=0 errno={EIO}"

    result = run_with(work, card, plan)

    expect_equal(result.status in (SOME_FAILED, 5), True, f"exit status\n{result}")
    expect(result.verdict() not in ("safe-to-format",), "verdict")
    faults = {e.get("fault") for e in result.of("file-failed")} | {result.done().get("fault")}
    expect(faults & {"verify-unreadable", "tank-failing"}, f"faults {faults}")
    result = work.run(card)
    expect_equal(result.verdict(), "safe-to-format", f"verdict\n{result}")
    work.check(damaged=True)


if __name__ == "__main__":
    sys.exit(main(globals()))
