#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several cards at once into one tank: every name once, every content once."""
import contextlib
import fcntl
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import (  # noqa: E402
    DEADLINE_S, IMGTANK, INTERRUPTED, OK, Gate, Result, environment, expect, expect_equal,
    kill_group, main, make_card, run, shim_environment, start)


def import_at_once(work, cards, args=()):
    running = [start(["import", "--json", "--tank", work.tank, *args, c.root]) for c in cards]
    results = []
    for process in running:
        try:
            out, err = process.communicate(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            for each in running:
                kill_group(each)
            raise AssertionError("imports at the same time block each other") from None
        results.append(Result(process.returncode, out, err).parse())
    return results


def assert_all_safe(results):
    for result in results:
        expect_equal(result.status, OK, f"exit status\n{result}")
        expect_equal(result.verdict(), "safe-to-format", "verdict")


def test_four_cards_into_a_new_tank_at_once(work):
    cards = [work.card("plain", f"card{i}", i + 1, count=60) for i in range(4)]

    assert_all_safe(import_at_once(work, cards))

    work.check()


def test_the_same_card_twice_at_once(work):
    """The content may be copied by either, but it is in the tank once."""
    card = work.card("plain", count=150)

    assert_all_safe(import_at_once(work, [card, card]))

    work.check()


def test_same_pictures_on_two_cards_at_once(work):
    one = make_card.make_plain(work.path("one"), 1, 80)
    two = make_card.make_plain(work.path("two"), 1, 80)
    work.watch(one)
    work.watch(two)

    assert_all_safe(import_at_once(work, [one, two]))

    work.check()


def test_a_tank_that_is_just_being_made_is_not_taken_for_the_cards_folder(work):
    """The card lies beside the tank; the tank comes and goes while the two are compared."""
    card = work.card("plain", count=1)
    away = work.path("away")
    os.mkdir(away)
    done = threading.Event()

    def come_and_go():
        while not done.is_set():
            os.rename(away, work.tank)
            os.rename(work.tank, away)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(40):
            result = run(["import", "--json", "--dry-run", "--tank", work.tank, card.root])
            expect("card-is-tank" not in result.out, f"refused\n{result}")
    finally:
        done.set()
        thread.join()


def hold(work, args, plan):
    """Starts imgtank with these arguments, and returns it and its gate when it stands at the call of the plan."""
    gate = Gate(work.path("gate"))
    process = start(args, shim_environment(f"{plan} hold={gate.path}"))
    gate.wait(process)
    return process, gate


def let_go(process, gate):
    gate.open()
    out, err = process.communicate(timeout=DEADLINE_S)
    return Result(process.returncode, out, err).parse()


def test_a_ledger_that_was_just_made_is_not_taken_for_a_lost_one(work):
    """Another import makes it, and brings pictures, between the looks for the one and for the other."""
    late = work.card("plain", "late", 2, count=2)
    process, gate = hold(work, ["import", "--json", "--tank", work.tank, late.root],
                         f"fn=openat path={work.tank}/.imgtank/manifests")

    expect_equal(work.run(work.card("plain", "first", 1, count=2)).verdict(), "safe-to-format", "the first")
    result = let_go(process, gate)

    assert_all_safe([result])
    expect_equal([event["fault"] for event in result.of("notice")], [], "notices")
    work.check()


def test_a_ledger_that_is_just_being_made_has_no_history_yet(work):
    card = work.card("plain", count=2)
    process, gate = hold(work, ["import", "--json", "--tank", work.tank, card.root],
                         f"fn=pwrite path={work.tank}/.imgtank/ledger.db-wal")

    history = run(["history", "--json", "--tank", work.tank])

    assert_all_safe([let_go(process, gate)])
    expect_equal((history.status, history.out), (OK, ""), f"history\n{history}")


def test_a_run_that_is_just_ending_is_not_taken_for_a_dead_one(work):
    """After a death the whole tank is looked through, and pictures that nobody knows are taken up."""
    work.import_safely(work.card("plain", "first", 1, count=2))
    foreign = work.tank / "images" / "foreign.jpg"
    foreign.write_bytes(b"put there by hand")
    ending = work.card("plain", "ending", 2, count=2)
    for when, plan in (("before its folder goes", "fn=unlinkat nth=2"), ("amid", "fn=unlinkat")):
        process, gate = hold(work, ["import", "--json", "--tank", work.tank, ending.root],
                             f"{plan} path={work.tank}/.imgtank/tmp")
        other = work.run(ending)
        assert_all_safe([let_go(process, gate), other])
        os.unlink(gate.path)
        expect_equal(paths_in_ledger(work.tank, "images/foreign.jpg"), 0, f"{when}: pictures taken up")
        expect_equal(os.listdir(work.tank / ".imgtank" / "tmp"), [], f"{when}: what is left of runs")


def killed_import(work, plan):
    """An import that dies at the call of the plan."""
    card = work.card("plain", "killed", 3, count=2)
    dead = run(["import", "--json", "--tank", work.tank, card.root], shim_environment(plan))
    expect_equal(dead.status, -signal.SIGKILL, "it was to be killed")
    return card


def expect_others_can_write(tank):
    """At once: who waits for long gives up in the end, and its import with it."""
    with contextlib.closing(sqlite3.connect(tank / ".imgtank" / "ledger.db", timeout=0)) as ledger:
        ledger.execute("BEGIN IMMEDIATE")
        ledger.execute("ROLLBACK")


def test_others_can_write_while_what_a_dead_run_has_left_is_read(work):
    """A long film may take minutes."""
    work.import_safely(work.card("plain", "first", 1, count=2))
    card = killed_import(work, f"fn=linkat path={work.tank}/images kill=after")
    process, gate = hold(work, ["import", "--json", "--tank", work.tank, card.root],
                         f"fn=pread path={work.tank}/images")

    expect_others_can_write(work.tank)

    assert_all_safe([let_go(process, gate)])
    work.check()


def test_others_can_write_while_forgotten_pictures_are_looked_for(work):
    work.import_safely(work.card("plain", "first", 1, count=2))
    (work.tank / "images" / "foreign.jpg").write_bytes(b"put there by hand")
    for place, plan in (("manifest", f"fn=openat path={work.tank}/.imgtank/manifests"),
                        ("picture", f"fn=pread path={work.tank}/images/foreign.jpg")):
        shutil.rmtree(work.path("killed"), ignore_errors=True)
        card = killed_import(work, f"fn=syncfs path={work.tank} kill=before")
        process, gate = hold(work, ["import", "--json", "--tank", work.tank, card.root], plan)
        try:
            expect_others_can_write(work.tank)
        except sqlite3.OperationalError as error:
            raise AssertionError(f"while a {place} is read: {error}") from None
        assert_all_safe([let_go(process, gate)])
        os.unlink(gate.path)
        with contextlib.closing(sqlite3.connect(work.tank / ".imgtank" / "ledger.db")) as ledger:
            ledger.execute("DELETE FROM files WHERE tank_path = 'images/foreign.jpg'")
            ledger.commit()


def set_state(tank, state):
    with contextlib.closing(sqlite3.connect(tank / ".imgtank" / "ledger.db")) as ledger:
        ledger.execute("UPDATE files SET state = ?", (state,))
        ledger.commit()


def test_what_others_have_found_damaged_is_not_called_verified(work):
    """One was read back well, and before that is written down imgtank verify finds it changed."""
    durable, damaged = 1, 3
    card = work.card("plain", count=2)
    work.import_safely(card, args=["--no-thumbnails"])
    set_state(work.tank, durable)
    process, gate = hold(work, ["import", "--json", "--tank", work.tank, card.root],
                         f"fn=pread nth=2 path={work.tank}/images")
    set_state(work.tank, damaged)
    let_go(process, gate)

    with contextlib.closing(sqlite3.connect(work.tank / ".imgtank" / "ledger.db")) as ledger:
        states = ledger.execute("SELECT DISTINCT state FROM files").fetchall()
    expect_equal(states, [(damaged,)], "their states")


LOG_READERS = 123, 5  # sqlite.org/walformat.html: the bytes of the shared file that readers lock
HOLDER = """import fcntl, sys
with open(sys.argv[1], "r+b") as shared:
    fcntl.lockf(shared, fcntl.LOCK_EX, int(sys.argv[3]), int(sys.argv[2]))
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_another_program_that_stands_still_in_the_ledger_is_waited_for(work):
    """SQLite itself gives up after ten seconds, and says something that sounds like a broken disk."""
    work.import_safely(work.card("plain", "first", 1, count=2))
    card = work.card("plain", "second", 2, count=2)
    with contextlib.closing(sqlite3.connect(work.tank / ".imgtank" / "ledger.db")) as ledger:
        ledger.execute("SELECT count(*) FROM files").fetchall()  # so that the shared file is there
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, work.tank / ".imgtank" / "ledger.db-shm",
                                   *map(str, LOG_READERS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        expect_equal(holder.stdout.readline(), b"locked\n", "the holder")
        importing = start(["import", "--json", "--tank", work.tank, card.root])
        with contextlib.suppress(subprocess.TimeoutExpired):
            importing.wait(11)
        holder.communicate()
        out, err = importing.communicate(timeout=DEADLINE_S)
    assert_all_safe([Result(importing.returncode, out, err).parse()])
    work.check()


def paths_in_ledger(tank, path):
    with contextlib.closing(sqlite3.connect(tank / ".imgtank" / "ledger.db")) as ledger:
        return ledger.execute("SELECT count(*) FROM files WHERE tank_path = ?", (path,)).fetchone()[0]


def test_same_names_on_two_cards_at_once_with_keep(work):
    cards = [work.card("plain", f"card{i}", i + 1, count=80) for i in range(2)]

    assert_all_safe(import_at_once(work, cards, ["--naming", "keep"]))

    work.check()


def test_verify_while_importing(work):
    first = work.card("plain", "first", 1, count=50)
    work.import_safely(first)
    second = work.card("plain", "second", 2, count=100)
    importing = start(["import", "--json", "--tank", work.tank, second.root])

    checked = subprocess.run([IMGTANK, "verify", "--tank", work.tank], env=environment(),
                             check=False, capture_output=True, timeout=DEADLINE_S)
    out, err = importing.communicate(timeout=DEADLINE_S)

    assert_all_safe([Result(importing.returncode, out, err).parse()])
    expect_equal(checked.returncode, OK, f"verify: {checked.stdout} {checked.stderr}")
    work.check()


def test_rebuild_while_importing_loses_nothing(work):
    first = work.card("plain", "first", 1, count=50)
    work.import_safely(first)
    second = work.card("plain", "second", 2, count=200, size_bytes=50_000)
    importing = start(["import", "--json", "--tank", work.tank, second.root])

    rebuilt = subprocess.run([IMGTANK, "rebuild", "--tank", work.tank], env=environment(),
                             check=False, capture_output=True, timeout=DEADLINE_S)
    out, err = importing.communicate(timeout=DEADLINE_S)

    expect(rebuilt.returncode in (OK, 5), f"rebuild: {rebuilt.stdout} {rebuilt.stderr}")
    assert_all_safe([Result(importing.returncode, out, err).parse()])
    work.import_safely(first)
    expect(os.path.exists(work.tank / ".imgtank/ledger.db"), "the ledger is gone")


def wait_until_open(process, path):
    end = time.monotonic() + DEADLINE_S
    while str(path) not in (os.path.realpath(fd) for fd in
                            pathlib.Path(f"/proc/{process.pid}/fd").iterdir()):
        expect(process.poll() is None, "it has ended and did not wait")
        expect(time.monotonic() < end, f"{path} is not opened")
        time.sleep(0.005)


def test_who_waits_for_a_rebuild_can_be_cancelled(work):
    """The tank belongs to a rebuild, which may take hours; nobody need wait, and nothing is wrong."""
    card = work.card("plain", count=3)
    work.import_safely(card)
    path = work.tank / ".imgtank/lock"
    with open(path, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for args in (["import", "--json", "--tank", work.tank, card.root],
                     ["verify", "--tank", work.tank], ["rebuild", "--tank", work.tank]):
            process = start(args)
            wait_until_open(process, path)
            process.send_signal(signal.SIGINT)
            try:
                out, err = process.communicate(timeout=DEADLINE_S)
            except subprocess.TimeoutExpired:
                kill_group(process)
                raise AssertionError(f"{args[0]} still waits") from None
            expect_equal(process.returncode, INTERRUPTED, f"{args[0]}: {out} {err}")
            if args[0] == "import":
                done = Result(process.returncode, out, err).parse().done()
                expect_equal((done["verdict"], done.get("fault")), ("cancelled", None), "its end")
    work.import_safely(card)


if __name__ == "__main__":
    sys.exit(main(globals()))
