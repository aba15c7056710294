#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""imgtankd from outside: a virtual reader, real workers, real sockets."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from box import BIN, BUSY, DEADLINE_S, Client, box, fake_engine  # noqa: E402
import e2e  # noqa: E402
from e2e import ROOT, Skip, expect, expect_equal, main  # noqa: E402

BIG_FILES, BIG_FILE_BYTES = 24, 4 << 20
BIG = e2e.scratch_root() / "big-card"


def big_card():
    """A card that takes a second or so; made once, and linked from then on."""
    dcim = BIG / "DCIM" / "100BIGCM"
    if not dcim.exists():
        dcim.mkdir(parents=True)
        for i in range(BIG_FILES):
            (dcim / f"IMG_{i:04}.JPG").write_bytes(os.urandom(BIG_FILE_BYTES))
    return BIG


def big_files():
    return {path.name: path.read_bytes() for path in sorted(BIG.rglob("*.JPG"))}


def check_whole(tank, count=BIG_FILES):
    """Every file of the big card is in the tank once; nothing half is anywhere."""
    wanted = sorted(hash(data) for data in big_files().values())
    found = sorted(hash((tank / "images" / name).read_bytes()) for name in e2e.images(tank))
    if count == BIG_FILES:
        expect_equal(found, wanted, "contents in the tank")
    expect(set(found) <= set(wanted), "something in the tank is on no card")
    expect_equal(len(found), len(set(found)), "files in the tank, each once")


def insert_and_wait_for_files(b, client):
    """The big card, and its first files are in the tank."""
    b.insert(big_card(), "BIG")
    client.wait(lambda: client.card("BIG") and client.card("BIG")["files_copied"] > 0, "files")


def test_card_is_copied_verified_and_may_be_formatted(work):
    card = work.card("mixed", name="CARD")
    with box(work.folder) as b:
        client = b.client(keep=True)
        b.insert(card.root, "EOS_DIGITAL")
        done = client.wait_card("EOS_DIGITAL", "safe-to-remove")
        expect_equal(done["verdict"], "safe-to-format", "verdict")
        expect(done["may_remove"] and done["may_format"], "it may be taken out and formatted")
        expect_equal(done["files_selected"], done["files_verified"], "files read back")
        expect(done["newest_tank_path"].startswith("images/"), "the newest file")
        tank = client.wait_tank(state="idle", is_done=True)
        expect_equal(tank["good_ends_count"], 1, "good ends")
        expect_equal(client.model["history"][0]["label"], "EOS_DIGITAL", "history")
        b.wait_for_workers()
        work.check()
        b.pull("EOS_DIGITAL")
        client.wait_gone("EOS_DIGITAL")
        check_transcript(client)


def check_transcript(client):
    """The shape of a conversation: greeting, groups that end with a sync, numbers that grow."""
    import json
    lines = [json.loads(line) for line in client.lines]
    expect_equal([line["event"] for line in lines[:3]], ["hello", "snapshot", "sync"], "greeting")
    numbers = [line["seq"] for line in lines if "seq" in line]
    expect_equal(numbers, sorted(set(numbers)), "numbers grow")
    expect_equal(lines[-1]["event"], "sync", "the last line")
    states = [line["state"] for line in lines if line.get("event") == "card"]
    order = [state for i, state in enumerate(states) if i == 0 or states[i - 1] != state]
    wanted = ["inserted", "scanning", "copying", "verifying", "safe-to-remove"]
    expect_equal([state for state in wanted if state in order], order, "states in order")
    expect_equal(order[-1], "safe-to-remove", "the last state")
    checked = subprocess.run([BIN.parent / "tests" / "protocol_check", "lines"],
                             input=b"".join(line + b"\n" for line in client.lines),
                             capture_output=True, check=False)
    expect_equal(checked.returncode, 0, checked.stdout.decode())


def test_hostile_card_gives_lines_that_anybody_can_read(work):
    card = work.path("CARD")
    (card / "DCIM").mkdir(parents=True)
    for name in (b"\x1b[2J.JPG", b"\xff\xfe.JPG", "\u202eGPJ.exe".encode(), b"new\nline.JPG"):
        with open(os.path.join(os.fsencode(card / "DCIM"), name), "wb") as out:
            out.write(b"\xff\xd8" + name)
    with box(work.folder) as b:
        client = b.client(keep=True, follow=True)
        b.insert(card, "EVIL\x1b[31m\u202e")
        client.wait(lambda: client.model["history"], "its end")
        expect("file-copied" in [event["event"] for event in client.engine], "events of files")
        expect(all(event["card"] == "c1" for event in client.engine), "named as in commands")
        text = b"".join(client.lines).decode()
        expect("\x1b" not in text and "\u202e" not in text and "\\u001b" not in text,
               "control characters came through")


def test_ask_waits_for_a_yes_and_takes_a_no(work):
    card = work.card("plain", name="CARD")
    with box(work.folder, options=("--start", "ask")) as b:
        client = b.client()
        b.insert(card.root, "ONE")
        waiting = client.wait_card("ONE", "waiting", waiting="ask")
        expect(waiting["may_remove"], "nothing is done with it yet")
        tank = client.wait_tank(state="attention")
        expect_equal((tank["next_command"], tank["next_card"]), ("confirm", "c1"), "the button")
        client.refused("not-now", "eject", card="ONE")
        client.refused("unknown-card", "confirm", card="TWO")
        client.ok("cancel", card="ONE")
        declined = client.wait_card("ONE", "safe-to-remove")
        expect(not declined["may_format"], "it was not copied")
        expect_equal(declined["verdict"], "none", "verdict")
        client.ok("retry", card="c1")
        client.wait_card("ONE", "safe-to-remove", verdict="safe-to-format")
        b.wait_for_workers()
        work.check()
        b.insert(card.root, "TWO")
        client.wait_card("TWO", "waiting", waiting="ask")
        client.ok("confirm")
        client.wait_card("TWO", "safe-to-remove", verdict="safe-to-format")


def test_off_does_nothing_until_asked(work):
    card = work.card("plain", name="CARD")
    with box(work.folder, config="start = off") as b:
        client = b.client()
        b.insert(card.root, "ONE")
        client.wait_card("ONE", "safe-to-remove", verdict="none")
        expect_equal(e2e.images(b.tank) if (b.tank / "images").exists() else [], [], "the tank")
        client.ok("retry")
        client.wait_card("ONE", "safe-to-remove", verdict="safe-to-format")


def test_folder_that_is_being_filled_is_no_card_yet(work):
    card = work.card("plain", name="CARD")
    with box(work.folder) as b:
        client = b.client()
        (b.reader / "SLOW" / "DCIM").mkdir(parents=True)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            with open(b.reader / "SLOW" / "DCIM" / "A.JPG", "ab") as out:
                out.write(b"x" * 1000)
            client.read(0.2)
            expect(not client.card("SLOW"), "it is not complete")
        client.wait_card("SLOW", "safe-to-remove", verdict="safe-to-format")
        expect_equal(client.card("SLOW")["files_selected"], 1, "files")
        del card


def folder_with_number(work, inode):
    """A new folder that has the inode of one that was removed."""
    for i in range(200):
        folder = work.path(f"again-{i}")
        folder.mkdir()
        if folder.stat().st_ino == inode:
            return folder
    raise Skip("this file system gives no number a second time")


def test_folder_with_the_name_and_number_of_one_that_is_gone_is_another_card(work):
    """Both changes happen before the daemon looks again, as on a busy machine."""
    folder = work.path("first")
    folder.mkdir()
    (folder / "A.JPG").write_bytes(os.urandom(1000))
    with box(work.folder) as b:
        client = b.client()
        folder.rename(b.reader / "UPLOAD")
        first = client.wait_card("UPLOAD", "safe-to-remove")["card"]
        b.wait_for_workers()
        b.process.send_signal(signal.SIGSTOP)
        try:
            inode = (b.reader / "UPLOAD").stat().st_ino
            shutil.rmtree(b.reader / "UPLOAD")
            folder = folder_with_number(work, inode)
            (folder / "A.JPG").write_bytes(b"another picture")
            folder.rename(b.reader / "UPLOAD")
        finally:
            b.process.send_signal(signal.SIGCONT)
        client.wait(lambda: (card := client.card("UPLOAD")) and card["card"] != first, "another card", 10)
        client.wait_card("UPLOAD", "safe-to-remove")
        expect(b"another picture" in [(b.tank / "images" / name).read_bytes() for name in e2e.images(b.tank)],
               "it was not imported")


def test_links_of_others_lead_nowhere(work):
    """The page may write into the reader's folder, but not make the daemon read for it what it may not read itself."""
    if os.geteuid() != 0:
        raise Skip("only root can make a link of somebody else's")
    card = work.card()
    with box(work.folder) as b:
        link = work.path("link")
        link.symlink_to(os.fsdecode(card.root))
        os.chown(link, 65534, 65534, follow_symlinks=False)
        link.rename(b.reader / "Upload by nobody")
        client = b.client()
        b.insert(card.root, "CARD")
        client.wait_card("CARD", "safe-to-remove")
        expect_equal(client.card("Upload by nobody"), None, "the card behind the link")


def test_cancel_keeps_what_is_finished_and_retry_copies_the_rest(work):
    with box(work.folder) as b:
        client = b.client()
        insert_and_wait_for_files(b, client)
        client.refused("busy", "poweroff")
        client.ok("cancel")
        stopped = client.wait_card("BIG", "safe-to-remove")
        expect_equal(stopped["verdict"], "cancelled", "verdict")
        expect(not stopped["may_format"], "it is not all in the tank")
        check_whole(b.tank, count=None)
        client.ok("retry", card="BIG")
        client.wait_card("BIG", "safe-to-remove", verdict="safe-to-format")
        check_whole(b.tank)


def test_pulled_card_is_told_and_resumes_when_it_is_back(work):
    with box(work.folder) as b:
        client = b.client()
        insert_and_wait_for_files(b, client)
        b.pull("BIG")
        pulled = client.wait_card("BIG", "removed-early")
        expect_equal((pulled["fault"], pulled["verdict"]), ("card-pulled", "incomplete"), "why")
        tank = client.wait_tank(state="error", next_command="ack")
        expect_equal(tank["bad_ends_count"], 1, "bad ends")
        b.put_back("BIG")
        client.wait_card("BIG", "safe-to-remove", verdict="safe-to-format")
        expect_equal(len(client.model["cards"]), 1, "the complaint is gone with it")
        client.wait_tank(state="idle")
        check_whole(b.tank)


def test_pulled_card_goes_away_when_somebody_has_seen_it(work):
    with box(work.folder) as b:
        client = b.client()
        b.insert(big_card(), "BIG")
        client.wait_card("BIG", "copying", "verifying")
        b.pull("BIG")
        client.wait_card("BIG", "removed-early")
        client.ok("ack")
        client.wait_gone("BIG")
        client.wait_tank(state="idle", errors_count=0)


def test_card_waits_for_the_tank_and_goes_on_by_itself(work):
    card = work.card("plain", name="CARD")
    with box(work.folder, tank=work.tank) as b:
        client = b.client()
        expect_equal(client.model["tank"]["fault"], "tank-missing", "the tank")
        b.insert(card.root, "ONE")
        client.wait_card("ONE", "waiting", waiting="no-tank")
        client.wait_tank(state="error", is_mounted=False)
        expect(not work.tank.exists(), "nothing may be made in the tank's place")
        work.tank.mkdir()
        client.wait_card("ONE", "safe-to-remove", verdict="safe-to-format")
        client.wait_tank(state="idle", is_mounted=True)
        b.wait_for_workers()
        work.check()


def test_tank_on_the_command_line_is_not_made_either(work):
    card = work.card("plain", name="CARD")
    with box(work.folder, tank=work.tank, options=("--tank", str(work.tank))) as b:
        client = b.client()
        b.insert(card.root, "ONE")
        client.wait_card("ONE", "waiting", waiting="no-tank")
        work.tank.mkdir()
        client.wait_card("ONE", "safe-to-remove", verdict="safe-to-format")


def test_several_cards_share_the_workers(work):
    cards = [work.card("plain", name=f"CARD{i}", seed=i) for i in range(4)]
    with box(work.folder, config="workers = 1") as b:
        client = b.client()
        b.insert(big_card(), "BIG")
        client.wait_card("BIG", *BUSY)
        for i, card in enumerate(cards):
            b.insert(card.root, f"CARD{i}")
        client.wait_card("CARD3", "waiting", waiting="turn")
        expect(len(b.workers()) <= 1, "one worker at a time")
        for i in range(4):
            client.wait_card(f"CARD{i}", "safe-to-remove", verdict="safe-to-format")
        client.wait_tank(good_ends_count=5)
        client.refused("not-now", "cancel")


def test_a_card_for_which_there_is_no_place_waits_and_is_told(work):
    """Sixteen are in the list; nobody may take the silence about another one for a yes."""
    card = work.card("plain", count=2)
    with box(work.folder) as b:
        client = b.client()
        for i in range(16):
            b.insert(card.root, f"CARD{i}")
        for i in range(16):
            client.wait_card(f"CARD{i}", "safe-to-remove", verdict="safe-to-format")
        client.wait_tank(state="idle", is_done=True)
        late = work.card("plain", name="late", seed=5, count=3)
        b.insert(late.root, "LATE")
        client.wait_tank(state="attention", unlisted_count=1, is_done=False)
        expect("Do not format it." in client.model["tank"]["detail"], client.model["tank"]["detail"])
        b.insert(late.root, "GONE")
        client.wait_tank(unlisted_count=2)
        b.pull("GONE")
        client.wait_tank(unlisted_count=1)
        b.pull("CARD7")
        client.wait_card("LATE", "safe-to-remove", verdict="safe-to-format")
        expect(client.card("LATE")["files_copied"] > 0, "nothing was copied")
        client.wait_tank(state="idle", unlisted_count=0)


def test_worker_that_dies_is_a_failed_card_and_no_more(work):
    with box(work.folder) as b:
        client = b.client()
        b.insert(big_card(), "BIG")
        client.wait_card("BIG", "copying", "verifying")
        for pid in b.workers():
            os.kill(pid, signal.SIGKILL)
        failed = client.wait_card("BIG", "safe-to-remove", verdict="failed")
        expect_equal(failed["fault"], "internal", "why")
        client.wait_tank(state="error", error_code="internal")
        client.ok("ack")
        client.wait_tank(state="idle")
        client.ok("retry")
        client.wait_card("BIG", "safe-to-remove", verdict="safe-to-format")
        check_whole(b.tank)


def test_worker_that_talks_nonsense_is_stopped(work):
    for i, script in enumerate((
            "print('hello', flush=True); time.sleep(60)\n",
            "print('x' * 100000, flush=True); time.sleep(60)\n",
            "say('card-done'); time.sleep(60)\n",  # without a verdict
            "say('new-event'); say('card-state', state='scanning'); sys.exit(9)\n",
            "os.kill(os.getpid(), 11)\n")):
        folder = work.path(f"case{i}")
        folder.mkdir()
        with box(folder, bin_dir=fake_engine(folder, script)) as b:
            client = b.client()
            b.insert(work.card("plain", name=f"CARD{i}").root, "ONE")
            failed = client.wait_card("ONE", "safe-to-remove", verdict="failed")
            expect_equal(failed["fault"], "internal", script)
            expect_equal(b.process.poll(), None, "the daemon lives")


def test_stop_during_a_copy_leaves_nothing_half_and_the_next_start_resumes(work):
    with box(work.folder) as b:
        client = b.client()
        insert_and_wait_for_files(b, client)
        workers = b.workers()
        for pid in workers:  # a quick disk would end before the daemon is asked
            os.kill(pid, signal.SIGSTOP)
        was_quicker = len(e2e.images(b.tank)) == BIG_FILES  # than this test on a busy machine
        b.process.send_signal(signal.SIGTERM)
        client.wait_tank(halting="stop")
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        expect_equal(b.process.wait(DEADLINE_S), 0, "exit status")
        check_whole(b.tank, count=None)
        temporaries = [p for p in (b.tank / ".imgtank" / "tmp").rglob("*") if p.is_file()]
        expect_equal(temporaries, [], "temporaries")
        b.start()
        client = b.client()
        client.wait_card("BIG", "safe-to-remove", verdict="safe-to-format")
        expect(client.card("BIG")["files_known"] > 0, "it resumed")
        client.wait(lambda: len(client.model["history"]) == 2, "the history of before")
        verdict = client.model["history"][1]["verdict"]
        expect(verdict == "cancelled" or (was_quicker and verdict == "safe-to-format"), f"the first import: {verdict}")
        check_whole(b.tank)


def test_killed_daemon_takes_its_workers_along_and_the_next_start_resumes(work):
    with box(work.folder) as b:
        client = b.client()
        insert_and_wait_for_files(b, client)
        workers = b.workers()
        b.kill()
        end = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in workers):
            expect(time.monotonic() < end, "the worker lives on")
            time.sleep(0.02)
        b.start()  # beside the socket that was left over
        client = b.client()
        client.wait_card("BIG", "safe-to-remove", verdict="safe-to-format")
        check_whole(b.tank)


def import_big(b, client, name):
    """Seconds for one import into a tank that is new each time."""
    began = time.monotonic()
    b.insert(big_card(), name)
    client.wait_card(name, "safe-to-remove", verdict="safe-to-format")
    return time.monotonic() - began


def crowd(path):
    """50 clients: 10 never read, 5 send garbage, the others watch and follow."""
    silent = []
    for _ in range(10):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(str(path))
        client.sendall(b'{"id":1,"command":"follow","files":true}\n')
        silent.append(client)
    return silent, [Client(path, follow=i % 2 == 0) for i in range(35)]


def send_garbage(path, garbage):
    """Five who shout; those that were let go come back."""
    for i in range(5):
        if garbage[i] is None:
            garbage[i] = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            garbage[i].setblocking(False)
            garbage[i].connect(str(path))
        try:
            garbage[i].send(os.urandom(3000) + b"\n{\"id\":}\n" + b"[" * 500 + b"\n")
            garbage[i].recv(65536)
        except BlockingIOError:
            pass
        except OSError:
            garbage[i].close()
            garbage[i] = None


def test_crowd_of_clients_costs_the_import_nothing(work):
    with box(work.folder, config="client-timeout = 2s") as b:
        alone = b.client()
        alone_s = import_big(b, alone, "FIRST")
        b.pull("FIRST")
        alone.wait_gone("FIRST")
        b.stop()
        work.tank.rename(work.path("tank1"))
        work.tank.mkdir()
        b.start()
        alone = b.client()
        silent, watchers = crowd(b.socket)
        garbage = [None] * 5
        before_kb = b.rss_kb()
        began = time.monotonic()
        b.insert(big_card(), "SECOND")
        while not (alone.card("SECOND") and alone.card("SECOND")["verdict"] != "none"):
            for client in [alone, *watchers]:
                client.read(0)
            send_garbage(b.socket, garbage)
            alone.read(0.01)
            expect(time.monotonic() - began < 60, f"the import stands still: {alone.summary()}")
        crowd_s = time.monotonic() - began
        expect_equal(alone.card("SECOND")["verdict"], "safe-to-format", "verdict")
        for client in watchers:
            client.wait_card("SECOND", "safe-to-remove")
        grown_kb = b.rss_kb() - before_kb
        print(f"# alone {alone_s:.2f} s, with a crowd {crowd_s:.2f} s, "
              f"memory {before_kb} kB and {grown_kb} kB more")
        check_whole(b.tank)
        # Other tests run beside this one; load_clients.py measures how little it costs.
        expect(crowd_s < alone_s * 3 + 10, f"{crowd_s} s instead of {alone_s} s")
        expect(grown_kb < 40000, f"the daemon has grown by {grown_kb} kB")
        for client in silent:
            client.close()
        for client in watchers:
            client.close()


def test_client_that_takes_nothing_is_let_go_and_others_are_served(work):
    script = ("say('card-state', state='scanning'); say('card-state', state='copying')\n"
              "for i in range(20000): say('file-copied', file='x' * 400, tank_path='images/x')\n"
              "time.sleep(3)\n"
              "say('card-done', verdict='copied', state='done')\n")
    folder = work.path("case")
    folder.mkdir()
    with box(folder, config="client-timeout = 1s",
             bin_dir=fake_engine(folder, script)) as b:
        stalled = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stalled.connect(str(b.socket))
        stalled.sendall(b'{"id":1,"command":"follow","files":true}\n')
        client = b.client()
        b.insert(work.card("plain", name="CARD").root, "ONE")
        client.wait_card("ONE", "safe-to-remove", verdict="copied")
        expect("takes nothing any more" in b.said(), b.said())
        stalled.close()


def test_stalled_client_does_not_keep_the_daemon_from_stopping(work):
    with box(work.folder) as b:
        stalled = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stalled.connect(str(b.socket))
        client = b.client()
        b.insert(work.card("plain", name="CARD").root, "ONE")
        client.wait_card("ONE", "safe-to-remove")
        began = time.monotonic()
        b.stop(5)
        expect(time.monotonic() - began < 5, "it took too long")
        stalled.close()


def test_poweroff_stops_work_in_order_and_runs_the_command(work):
    with box(work.folder,
             config=f"poweroff-command = touch {work.path('off')}\nreboot-command = false") as b:
        client = b.client()
        client.ok("reboot")  # this one does not work, and everything goes on
        client.wait(lambda: client.model["messages"], "a message")
        client.wait_tank(halting="none")
        b.insert(big_card(), "BIG")
        client.wait_card("BIG", "copying", "verifying")
        client.refused("busy", "poweroff")
        client.ok("poweroff", force=True)
        client.wait_tank(state="halting", halting="poweroff")
        client.refused("halting", "poweroff")
        client.wait_card("BIG", "safe-to-remove")
        end = time.monotonic() + 10
        while not work.path("off").exists():
            expect(time.monotonic() < end, "the command was not run")
            time.sleep(0.02)
        check_whole(b.tank, count=None)
        b.stop()


def last_card_out(b, client):
    """A card that goes well, and comes out."""
    b.insert(ROOT / "assets" / "demo-card", "ONE")
    client.wait_card("ONE", "safe-to-remove", may_format=True)
    b.pull("ONE")
    client.wait_gone("ONE")


def wait_message(client, words):
    client.wait(lambda: any(words in message["text"] for message in client.model["messages"]),
                f"the message '{words}'")


def test_halt_on_unplug_shuts_down_when_the_last_card_is_out(work):
    with box(work.folder, config=f"poweroff-command = touch {work.path('off')}\n"
                                 "[power]\nhalt-on-unplug = yes\ngrace = 1s") as b:
        client = b.client()
        last_card_out(b, client)
        wait_message(client, "The last card is out. The box shuts down in 1 s")
        client.wait_tank(halting="poweroff")
        end = time.monotonic() + 10
        while not work.path("off").exists():
            expect(time.monotonic() < end, "the command was not run")
            time.sleep(0.02)
        b.stop()


def test_halt_on_unplug_stays_for_a_card_and_for_somebody(work):
    with box(work.folder, config=f"poweroff-command = touch {work.path('off')}\n"
                                 "[power]\nhalt-on-unplug = yes\ngrace = 5s") as b:
        client = b.client()
        last_card_out(b, client)
        wait_message(client, "The last card is out")
        b.insert(ROOT / "assets" / "demo-card", "TWO")
        wait_message(client, "The box stays on.")
        client.wait_card("TWO", "safe-to-remove")
        b.pull("TWO")
        client.wait_gone("TWO")
        client.wait(lambda: sum("The last card is out" in message["text"] for message in
                                client.model["messages"]) == 2, "a second announcement")
        client.refused("unknown-card", "eject", card="no-such-card")  # whatever somebody does
        client.wait(lambda: sum("stays on" in message["text"] for message in
                                client.model["messages"]) == 2, "it stays on")
        time.sleep(5.3)  # longer than the grace: nothing must happen in it
        client.wait_tank(halting="none")
        expect(not work.path("off").exists(), "it was shut down")
        b.stop()


def test_power_can_be_switched_off(work):
    with box(work.folder, config="power = no") as b:
        b.client().refused("not-allowed", "poweroff")


def test_second_daemon_leaves_the_first_alone(work):
    with box(work.folder) as b:
        done = subprocess.run([BIN / "imgtankd", "--config", b.config, "--socket", b.socket,
                               "--reader", b.reader], capture_output=True, check=False, timeout=30)
        expect_equal(done.returncode, 1, "exit status")
        expect(b"already in use" in done.stderr, done.stderr)
        b.client().ok("ping")


def ready_or_ended(daemon, log):
    """Whichever comes first."""
    end = time.monotonic() + DEADLINE_S
    while daemon.poll() is None and b"ready" not in log.read_bytes():
        expect(time.monotonic() < end, f"neither: {log.read_bytes()}")
        time.sleep(0.01)
    return daemon.poll()


def test_of_two_daemons_that_start_at_once_one_stays(work):
    """Both find the socket of one that was killed; the first stands still before it removes that."""
    with box(work.folder) as b:
        b.kill()
        gate = e2e.Gate(work.path("gate"))
        held = e2e.shim_environment(f"fn=unlinkat path={b.socket} hold={gate.path}")
        daemons, logs = [], [work.path("log-1"), work.path("log-2")]
        try:
            for env, log in zip(({**held, "FAULTSHIM_PROGRAM": "imgtankd"}, e2e.environment()), logs):
                with open(log, "wb") as out:
                    daemons.append(subprocess.Popen(
                        [BIN / "imgtankd", "--config", b.config, "--socket", b.socket, "--reader", b.reader],
                        stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env))
                if len(daemons) == 1:
                    gate.wait(daemons[0])
            ready_or_ended(daemons[1], logs[1])
            gate.open()
            found = sorted(str(ready_or_ended(daemon, log)) for daemon, log in zip(daemons, logs))
            expect_equal(found, ["1", "None"], "their ends")
            b.client().ok("ping")
        finally:
            for daemon in daemons:
                daemon.kill()
                daemon.wait()


def test_wrong_usage_is_said(work):
    for args, word in ((["--start", "never"], b"never"), (["--nonsense"], b"--nonsense"),
                       (["extra"], b"extra"), (["--tank"], b"--tank")):
        done = subprocess.run([BIN / "imgtankd", *args], capture_output=True, check=False,
                              timeout=30, cwd=work.folder)
        expect_equal(done.returncode, 2, f"exit status of {args}")
        expect(word in done.stderr, done.stderr)
    help_text = subprocess.run([BIN / "imgtankd", "--help"], capture_output=True, check=True).stdout
    expect(b"--reader" in help_text, "help")


if __name__ == "__main__":
    sys.exit(main(globals()))
