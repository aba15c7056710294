#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify, rebuild, history; and a ledger that is damaged or gone: pictures go first."""
import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import (  # noqa: E402
    DEADLINE_S, INTERRUPTED, OK, SOME_FAILED, TANK_UNUSABLE, USAGE, Gate, expect, expect_equal,
    images, main, run, shim_environment, start)


def ledger(work):
    return work.tank / ".imgtank" / "ledger.db"


def verify(work):
    return run(["verify", "--tank", work.tank, "--json"])


def findings(result):
    found = {}
    for line in result.out.splitlines():
        record = json.loads(line)
        if "finding" in record:
            found.setdefault(record["finding"], []).append(record["tank_path"])
    return found


def overwrite(path, change):
    mode = os.stat(path).st_mode
    times = os.stat(path)
    os.chmod(path, 0o644)
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    os.chmod(path, mode)


def flip_a_bit(data):
    data[len(data) // 2] ^= 1


# ---- verify ----------------------------------------------------------------------------------


def test_verify_of_a_good_tank(work):
    card = work.card("mixed")
    work.import_safely(card)

    result = verify(work)

    expect_equal(result.status, OK, f"exit status\n{result}")
    last = json.loads(result.out.splitlines()[-1])
    expect_equal(last["files_good"], len(images(work.tank)), "files good")
    expect_equal(findings(result), {}, "findings")
    work.check()


def test_verify_finds_one_flipped_bit(work):
    work.import_safely(work.card("plain", count=8))
    name = images(work.tank)[3]
    overwrite(work.tank / "images" / name, flip_a_bit)

    result = verify(work)

    expect_equal(result.status, SOME_FAILED, f"exit status\n{result}")
    expect_equal(findings(result), {"changed": ["images/" + name]}, "findings")


def test_verify_finds_missing_cut_and_unknown(work):
    work.import_safely(work.card("plain", count=8))
    names = images(work.tank)
    os.unlink(work.tank / "images" / names[0])
    overwrite(work.tank / "images" / names[1], lambda data: data.__delitem__(slice(99, None)))
    (work.tank / "images/20240512/stranger.jpg").write_bytes(b"not ours")

    result = verify(work)

    expect_equal(result.status, SOME_FAILED, f"exit status\n{result}")
    expect_equal(findings(result), {"missing": ["images/" + names[0]],
                                    "changed": ["images/" + names[1]],
                                    "unknown": ["images/20240512/stranger.jpg"]}, "findings")


def test_verify_does_not_follow_links(work):
    work.import_safely(work.card("plain", count=3))
    name = work.tank / "images" / images(work.tank)[0]
    copy = work.path("copy.jpg")
    shutil.copy2(name, copy)
    os.unlink(name)
    os.symlink(copy, name)

    expect_equal(verify(work).status, SOME_FAILED, "exit status")


def test_damaged_picture_comes_again_from_the_card(work):
    """verify says it; the next import of the card copies it again under a new name."""
    card = work.card("plain", count=6)
    work.import_safely(card)
    name = images(work.tank)[2]
    overwrite(work.tank / "images" / name, flip_a_bit)
    verify(work)

    result = work.run(card)

    expect_equal(result.verdict(), "safe-to-format", f"verdict\n{result}")
    expect_equal(result.done()["files_copied"], 1, "files copied")
    names = {e["tank_path"] for e in result.of("file-copied")}
    expect("images/" + name not in names, "the damaged file's name was used again")


def test_verify_without_a_tank(work):
    expect_equal(run(["verify", "--tank", work.path("none")]).status, TANK_UNUSABLE, "status")
    expect_equal(run(["verify", "too", "many"]).status, USAGE, "status")


# ---- history ---------------------------------------------------------------------------------


def test_history_shows_imports_newest_first(work):
    work.import_safely(work.card("plain", "one", 1, count=3))
    work.import_safely(work.card("plain", "two", 2, count=4))

    result = run(["history", "--tank", work.tank, "--json"])

    expect_equal(result.status, OK, f"exit status\n{result}")
    records = [json.loads(line) for line in result.out.splitlines()]
    expect_equal([r["label"] for r in records], ["two", "one"], "labels")
    expect_equal([r["verdict"] for r in records], ["safe-to-format"] * 2, "verdicts")
    expect("two" in run(["history", "--tank", work.tank]).out, "plain history names no card")


def test_history_without_a_tank(work):
    expect_equal(run(["history", "--tank", work.path("none")]).status, TANK_UNUSABLE, "status")


# ---- rebuild ---------------------------------------------------------------------------------


def drop_ledger(work):
    for name in os.listdir(work.tank / ".imgtank"):
        if name.startswith("ledger.db"):
            os.unlink(work.tank / ".imgtank" / name)


def rebuild_and_reimport(work, card, *args):
    before = images(work.tank)
    result = run(["rebuild", "--tank", work.tank, *args])
    expect_equal(result.status, OK, f"exit status of rebuild\n{result}")
    again = work.import_safely(card)
    expect_equal(images(work.tank), before, "the tank's files after the rebuild")
    expect_equal(again.done()["files_copied"], 0, "files copied after the rebuild")


def test_rebuild_of_a_lost_ledger(work):
    card = work.card("mixed")
    work.import_safely(card)
    drop_ledger(work)
    rebuild_and_reimport(work, card)


def test_rebuild_begins_the_list_of_imports_anew(work):
    """And history does not say that there was none."""
    work.import_safely(work.card("mixed"))
    expect_equal(run(["rebuild", "--tank", work.tank]).status, OK, "exit status of rebuild")
    said = run(["history", "--tank", work.tank])
    expect_equal(said.status, OK, f"exit status\n{said}")
    expect("made again" in said.out and "was imported yet" not in said.out, f"history: {said}")


def test_rebuild_without_manifests(work):
    card = work.card("mixed")
    work.import_safely(card)
    drop_ledger(work)
    shutil.rmtree(work.tank / ".imgtank/manifests")
    rebuild_and_reimport(work, card)


def test_each_ledger_that_is_set_aside_is_kept(work):
    """Also when several are within one second."""
    card = work.card("plain", count=2)
    work.import_safely(card)
    for _ in range(4):
        expect_equal(run(["rebuild", "--tank", work.tank]).status, OK, "exit status of rebuild")
    kept = list((work.tank / ".imgtank").glob("damaged-*-ledger.db"))
    expect_equal(len(kept), 4, "ledgers that were set aside")


def test_rebuild_full_believes_no_manifest(work):
    card = work.card("plain", count=6)
    work.import_safely(card)
    rebuild_and_reimport(work, card, "--full")


def test_rebuild_passes_over_damaged_manifest_lines(work):
    card = work.card("plain", count=8)
    work.import_safely(card)
    for name in os.listdir(work.tank / ".imgtank/manifests"):
        path = work.tank / ".imgtank/manifests" / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0x55
        path.write_bytes(data[:-20])
    drop_ledger(work)
    rebuild_and_reimport(work, card)


def test_rebuild_does_not_call_anything_verified(work):
    """A picture that rotted before the rebuild must not become "verified" by it."""
    card = work.card("plain", count=5)
    work.import_safely(card)
    name = images(work.tank)[2]
    overwrite(work.tank / "images" / name, flip_a_bit)
    expect_equal(run(["rebuild", "--tank", work.tank]).status, OK, "exit status")

    result = work.run(card)

    good = result.verdict() == "safe-to-format"
    digests = {hashlib.sha256((work.tank / "images" / n).read_bytes()).hexdigest()
               for n in images(work.tank)}
    wanted = {f["sha256"] for f in card.files}
    expect(not good or wanted <= digests,
           "safe to format was said although the tank has not every picture")


def ledgers(work):
    """Name and content's digest of everything in the tank's memory that is a ledger."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (work.tank / ".imgtank").iterdir()
            if "ledger" in path.name}


def test_a_cancelled_rebuild_leaves_the_ledger_as_it_was(work):
    work.import_safely(work.card("plain", count=6))
    settle_wal(ledger(work))
    drop_wal(ledger(work))
    before = ledgers(work)
    gate = Gate(work.path("gate"))
    plan = f"fn=openat path={work.tank}/.imgtank/manifests nth=2 times=1 hold={gate.path}"
    process = start(["rebuild", "--tank", work.tank], env=shim_environment(plan=plan))
    gate.wait(process)
    process.send_signal(signal.SIGINT)
    gate.open()

    out, err = process.communicate(timeout=DEADLINE_S)

    expect_equal(process.returncode, INTERRUPTED, f"exit status: {out} {err}")
    expect_equal(ledgers(work), before, "the ledger, and nothing beside it")


def test_a_killed_rebuild_is_not_believed(work):
    """Killed before each of its writes: the next import copies nothing that is there."""
    card = work.card("plain", count=4)
    work.import_safely(card)
    before, kills = images(work.tank), 0
    for nth in itertools.count(1, 3):
        ledger(work).write_bytes(b"no ledger any more " * 500)
        plan = f"fn=pwrite,renameat,unlinkat path={work.tank}/.imgtank nth={nth} times=1 kill=before"
        result = work.run(card, env=shim_environment(plan=plan))
        kills += result.status < 0
        work.import_safely(card)
        expect_equal(images(work.tank), before, f"the tank's files, killed at {nth}")
        if result.status >= 0:
            break
    expect(kills > 5, f"the import was killed {kills} times only")


def test_a_disk_that_cannot_be_read_makes_no_ledger(work):
    """It says "the end" everywhere: that must not become a ledger without pictures."""
    card = work.card("plain", count=4)
    work.import_safely(card)
    before = images(work.tank)
    plan = f"fn=pread,read path={work.tank} nth=4 times=0 zero"

    result = work.run(card, env=shim_environment(plan=plan))

    expect(result.status != OK, f"exit status\n{result}")
    again = work.import_safely(card)
    expect_equal(again.done()["files_copied"], 0, "files copied")
    expect_equal(images(work.tank), before, "the tank's files")


def test_numbers_are_not_used_again_after_a_rebuild(work):
    card = work.card("plain", count=5)
    work.import_safely(card)
    drop_ledger(work)
    shutil.rmtree(work.tank / ".imgtank/manifests")
    run(["rebuild", "--tank", work.tank])

    work.import_safely(card)
    work.import_safely(work.card("plain", "two", 2, count=5))


# ---- damage ------------------------------------------------------------------------------------


def damage_and_import(work, damage):
    """The damaged ledger never stops pictures from being saved, and nothing is copied twice."""
    old = work.card("plain", "old", 1, count=8)
    work.import_safely(old)
    damage(ledger(work))
    new = work.card("plain", "new", 2, count=8)

    result = work.import_safely(new)
    expect_equal(result.done()["files_copied"], len(new.files), "files copied")
    again = work.import_safely(old)
    expect_equal(again.done()["files_copied"], 0, "files copied again")
    return result


def settle_wal(path):
    """Takes the write-ahead log into the file, so that the damage hits what counts."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def drop_wal(path):
    for suffix in ("-wal", "-shm"):
        pathlib.Path(str(path) + suffix).unlink(missing_ok=True)


def test_truncated_ledger(work):
    def damage(path):
        settle_wal(path)
        drop_wal(path)
        os.truncate(path, os.stat(path).st_size // 2)
    result = damage_and_import(work, damage)
    faults = [n.get("fault") for n in result.of("notice")]
    expect("ledger-damaged" in faults, f"the damage was not said: {faults}")


def test_ledger_full_of_garbage(work):
    def damage(path):
        drop_wal(path)
        path.write_bytes(random.Random(1).randbytes(os.stat(path).st_size))
    result = damage_and_import(work, damage)
    faults = [n.get("fault") for n in result.of("notice")]
    expect("ledger-damaged" in faults, f"the damage was not said: {faults}")


def test_ledger_with_garbage_in_the_middle(work):
    def damage(path):
        settle_wal(path)
        drop_wal(path)
        data = bytearray(path.read_bytes())
        data[4096:] = random.Random(2).randbytes(len(data) - 4096)
        path.write_bytes(data)
    damage_and_import(work, damage)


def test_empty_ledger_file(work):
    def damage(path):
        drop_wal(path)
        os.truncate(path, 0)
    damage_and_import(work, damage)


def test_deleted_ledger(work):
    damage_and_import(work, lambda path: drop_ledger(work))


def test_deleted_ledger_and_manifests(work):
    """As a power cut leaves them: the pictures themselves say what is there."""
    def damage(_):
        drop_ledger(work)
        for path in (work.tank / ".imgtank/manifests").iterdir():
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(lines[:3]) + lines[3][:40])
    damage_and_import(work, damage)


def test_ledger_of_yesterday(work):
    """Whole, but without what came last, as a log that was cut off leaves it behind a power cut."""
    def forget(path):
        settle_wal(path)
        drop_wal(path)
        path.write_bytes(kept)
        dead = work.tank / ".imgtank/tmp/1-0123456789abcdef"
        dead.mkdir()
        (dead / "lock").touch()
    work.import_safely(work.card("plain", "first", 3, count=2))
    settle_wal(ledger(work))
    kept = ledger(work).read_bytes()
    damage_and_import(work, forget)
    numbers = [path.name for path in (work.tank / "images").rglob("*.jpg")]
    expect_equal(len(numbers), len(set(numbers)), "numbers that were given once")


def test_garbage_in_the_write_ahead_log(work):
    def damage(path):
        pathlib.Path(str(path) + "-wal").write_bytes(random.Random(3).randbytes(50000))
        pathlib.Path(str(path) + "-shm").unlink(missing_ok=True)
    damage_and_import(work, damage)


def test_ledger_that_is_a_folder_or_a_link(work):
    card = work.card("plain", count=3)
    target = work.path("elsewhere.db")
    work.tank.mkdir()
    (work.tank / ".imgtank").mkdir()
    os.symlink(target, ledger(work))

    result = work.run(card)

    expect(result.status in (OK, TANK_UNUSABLE), f"exit status\n{result}")
    if result.status == OK:
        work.check(ledger=False)
    expect(not target.exists(), "the ledger was made where a link led to")


def test_ledger_of_a_newer_imgtank_is_left_alone(work):
    card = work.card("plain", count=3)
    work.import_safely(card)
    settle_wal(ledger(work))
    with contextlib.closing(sqlite3.connect(ledger(work))) as db:
        db.execute("PRAGMA user_version = 9999")
    before = ledger(work).read_bytes()

    result = work.run(work.card("plain", "two", 2, count=2))

    expect_equal(result.status, TANK_UNUSABLE, f"exit status\n{result}")
    expect_equal(result.done().get("fault"), "tank-newer", "fault")
    expect_equal(ledger(work).read_bytes(), before, "the newer ledger")


def test_lost_tank_id_mixes_nothing(work):
    card = work.card("plain", count=4)
    work.import_safely(card)
    os.unlink(work.tank / ".imgtank/id")

    result = work.import_safely(card)

    expect_equal(result.done()["files_copied"], 0, "files copied")


if __name__ == "__main__":
    sys.exit(main(globals()))
