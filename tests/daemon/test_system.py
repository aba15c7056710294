#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""imgtankd and the system around it: systemd, logind, the journal, other users, absent daemons."""
import contextlib
import grp
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from box import BIN, Box, box, fake_engine  # noqa: E402
from e2e import Skip, environment, expect, expect_equal, main  # noqa: E402
from fakebox import Program  # noqa: E402

NOBODY, OTHER = 65534, 65533
DEADLINE_S = 30
COPYING = "say('card-state', state='scanning'); say('card-state', state='copying')\n"
DONE = "say('card-done', verdict='copied', state='done')\n"


def wait_for_file(path):
    """In the engine's script: until the test makes it."""
    return f"while not os.path.exists({str(path)!r}): time.sleep(0.01)\n"


def need_root():
    if os.geteuid() != 0:
        raise Skip("becoming somebody else needs root")


# ---- systemd -----------------------------------------------------------------------------------


@contextlib.contextmanager
def datagrams(folder, name):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(os.path.join(folder, name))
        os.chmod(os.path.join(folder, name), 0o777)
        receiver.settimeout(DEADLINE_S)
        yield receiver


def wait_for_line(receiver, wanted, seen):
    """Reads datagrams until one has a line that begins so."""
    end = time.monotonic() + DEADLINE_S
    while not any(line.startswith(wanted) for line in seen):
        expect(time.monotonic() < end, f"{wanted} did not come, but {seen}")
        seen += receiver.recv(65536).decode().splitlines()


def test_systemd_is_told_ready_status_alive_and_stopping(work):
    with tempfile.TemporaryDirectory(prefix="imgtank-") as folder, \
            datagrams(folder, "n") as notify:
        env = {"NOTIFY_SOCKET": f"{folder}/n", "WATCHDOG_USEC": "400000"}
        engine = work.path("engine")
        engine.mkdir()
        script = COPYING + wait_for_file(work.path("go")) + DONE
        with box(work.folder, env=env, bin_dir=fake_engine(engine, script)) as b:
            seen = []
            wait_for_line(notify, "READY=1", seen)
            wait_for_line(notify, "STATUS=Ready", seen)
            for _ in range(3):
                wait_for_line(notify, "WATCHDOG=1", seen)
                expect("STOPPING=1" not in seen, "it stops by itself")
                seen.clear()
            client = b.client()
            (work.path("CARD")).mkdir()
            b.insert(work.path("CARD"), "ONE")
            client.wait_card("ONE", "copying")
            wait_for_line(notify, "STATUS=Copying", seen)
            work.path("go").touch()
            client.wait_card("ONE", "safe-to-remove")
            b.stop()
            wait_for_line(notify, "STOPPING=1", seen)


def test_systemd_socket_is_taken_over_and_left_there(work):
    with tempfile.TemporaryDirectory(prefix="imgtank-") as folder, \
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        path = f"{folder}/s"
        listener.bind(path)
        listener.listen(8)
        made = Box(work.folder)
        code = ("import os, sys; os.dup2(int(sys.argv[1]), 3); os.set_inheritable(3, True); "
                "os.environ['LISTEN_PID'] = str(os.getpid()); os.environ['LISTEN_FDS'] = '1'; "
                "os.execv(sys.argv[2], sys.argv[2:])")
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(listener.fileno()), str(BIN / "imgtankd"), "--config",
             str(made.config), "--reader", str(made.reader)], pass_fds=[listener.fileno()],
            env=environment(), stderr=subprocess.DEVNULL)
        try:
            made.socket = Path(path)
            made.client().ok("ping")
            process.send_signal(signal.SIGTERM)
            expect_equal(process.wait(DEADLINE_S), 0, "exit status")
            expect(os.path.exists(path), "systemd's socket is not ours to remove")
        finally:
            process.kill()
            process.wait()
            made.end()


# ---- logind ------------------------------------------------------------------------------------


@contextlib.contextmanager
def private_bus(folder, *args):
    """A bus of our own with a fake logind on it."""
    if not shutil.which("dbus-daemon"):
        raise Skip("dbus-daemon is not installed")
    path = f"{folder}/bus"
    config = Path(folder) / "bus.conf"
    config.write_text(
        "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' "
        "'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'><busconfig>"
        f"<type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>"
        "<policy context='default'><allow send_destination='*'/><allow receive_sender='*'/>"
        "<allow own='*'/></policy></busconfig>", encoding="utf-8")
    bus = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork",
                            "--print-address"], stdout=subprocess.PIPE)
    env = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={path}"}
    try:
        bus.stdout.readline()
        with Program([BIN.parent / "tests" / "fake_logind", *args], env) as logind:
            logind.wait_for("^ready")
            yield env, logind
    finally:
        bus.kill()
        bus.wait()
        bus.stdout.close()


def test_logind_is_asked_to_wait_while_a_card_is_copied(work):
    engine = work.path("engine")
    engine.mkdir()
    work.path("CARD").mkdir()
    script = COPYING + wait_for_file(work.path("go")) + DONE
    with tempfile.TemporaryDirectory(prefix="imgtank-") as folder, \
            private_bus(folder) as (env, logind), \
            box(work.folder, env=env, config="logind = yes",
                bin_dir=fake_engine(engine, script)) as b:
        client = b.client()
        expect("inhibit" not in " ".join(logind.lines), "nothing is to be kept from anything yet")
        b.insert(work.path("CARD"), "ONE")
        expect_equal(logind.wait_for("^inhibit"), "inhibit shutdown:sleep imgtank block", "asked")
        client.wait_card("ONE", "copying")
        expect("released" not in logind.lines, "it is held as long as it is copied")
        work.path("go").touch()
        client.wait_card("ONE", "safe-to-remove")
        logind.wait_for("^released")
        client.ok("poweroff")
        expect_equal(logind.wait_for("^PowerOff"), "PowerOff 0", "asked to power off")
        client.wait_tank(halting="poweroff")


def test_logind_that_refuses_stops_no_copy_and_is_told(work):
    card = work.card("plain", name="CARD")
    with tempfile.TemporaryDirectory(prefix="imgtank-") as folder, \
            private_bus(folder, "refuse") as (env, logind), \
            box(work.folder, env=env, config="logind = yes") as b:
        client = b.client()
        b.insert(card.root, "ONE")
        client.wait_card("ONE", "safe-to-remove", verdict="safe-to-format")
        client.ok("reboot")
        logind.wait_for("^Reboot 0")
        client.wait(lambda: any("could not be shut down" in m["text"]
                                for m in client.model["messages"]), "a message")
        client.wait_tank(halting="none")
        client.ok("ping")


def tell_until_heard(logind, number, client, halting):
    """Nothing says when the bus knows that the daemon listens: so it is told again."""
    end = time.monotonic() + DEADLINE_S
    while client.model["tank"]["halting"] != halting:
        expect(time.monotonic() < end, f"halting: {halting} is not heard")
        logind.process.send_signal(number)
        logind.wait_for("^told")
        heard = time.monotonic() + 0.5
        while client.model["tank"]["halting"] != halting and time.monotonic() < heard:
            client.read(0.1)


def test_logind_that_is_asked_by_somebody_else_is_heard(work):
    with tempfile.TemporaryDirectory(prefix="imgtank-") as folder, \
            private_bus(folder) as (env, logind), \
            box(work.folder, env=env, config="logind = yes") as b:
        client = b.client()
        client.wait_tank(halting="none")
        for number, halting in ((signal.SIGUSR1, "poweroff"), (signal.SIGHUP, "none"),
                                (signal.SIGUSR2, "reboot")):
            tell_until_heard(logind, number, client, halting)
        b.process.send_signal(signal.SIGTERM)
        while client.read(DEADLINE_S):
            pass
        expect_equal(client.model["tank"]["halting"], "reboot", "what front ends go on showing")


# ---- the journal -------------------------------------------------------------------------------

IN_FAKE_JOURNAL = ("mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && "
                   "mount --bind \"$0\" /run/systemd/journal && exec \"$@\"")


def test_journal_gets_fields_of_each_card(work):
    need_root()
    card = work.card("plain", name="CARD")
    with tempfile.TemporaryDirectory(prefix="imgtank-") as folder, \
            datagrams(folder, "socket") as journal:
        prefix = ["unshare", "--mount", "sh", "-c", IN_FAKE_JOURNAL, folder]
        if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode != 0:
            raise Skip("no mount namespace can be made here")
        with box(work.folder, prefix=prefix, env={"JOURNAL_STREAM": "8:1"}) as b:
            client = b.client()
            b.insert(card.root, "EOS")
            number = client.wait_card("EOS", "safe-to-remove")["card"]
            seen, entry = [], []
            while "IMGTANK_VERDICT=safe-to-format" not in entry:
                entry = journal.recv(65536).decode().splitlines()
                seen.append(entry)
            for wanted in ("SYSLOG_IDENTIFIER=imgtank", f"IMGTANK_CARD={number}",
                           "IMGTANK_LABEL=EOS", "IMGTANK_FAULT=none", "PRIORITY=5"):
                expect(wanted in entry, f"{wanted} is not in {entry}")
            expect(any("IMGTANK_STATE=copying" in each for each in seen), f"states in {seen}")
            expect("EOS: put in" not in b.said(), "said twice: to the journal and to stderr")


def test_without_a_journal_it_is_said_on_standard_error(work):
    card = work.card("plain", name="CARD")
    with box(work.folder) as b:
        client = b.client()
        b.insert(card.root, "EOS")
        client.wait_card("EOS", "safe-to-remove")
        expect("EOS: put in" in b.said() and "safe-to-format" in b.said(), b.said())


# ---- who may ------------------------------------------------------------------------------------

ASK = """
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect(sys.argv[1])
s.settimeout(10)
data = b""
try:
    s.sendall(b'{"id":1,"command":"ping"}\\n{"id":2,"command":"eject"}\\n')
except BrokenPipeError:
    pass  # refused already; the line that says so can still be read
while data.count(b'"reply"') < 2:
    try:
        more = s.recv(65536)
    except ConnectionResetError:
        break
    if not more:
        break
    data += more
sys.stdout.buffer.write(data)
"""


def ask_as(b, user, group, *groups, ask=ASK):
    """What is said to a process with these numbers; "eject" is not for now, if it may ask at all."""
    python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    more = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    return subprocess.run(["setpriv", f"--reuid={user}", f"--regid={group}", *more, python, "-c",
                           ask, str(b.socket)], check=True, capture_output=True, cwd="/",
                          timeout=DEADLINE_S).stdout.decode()


def may_command(said):
    expect("not-now" in said or "not-allowed" in said, said)
    expect_equal('"may_command":true' in said, "not-now" in said, f"hello and deed: {said}")
    if "not-allowed" in said:
        expect("remedy" in said, f"no remedy: {said}")
    return "not-now" in said


def test_rights_root_and_members_of_the_group_command_others_watch(work):
    need_root()
    games = grp.getgrnam("games").gr_gid
    with box(work.folder, config="group = games") as b:
        expect(may_command(ask_as(b, 0, 0)), "root")
        expect(may_command(ask_as(b, NOBODY, games)), "the group is its first one")
        expect(may_command(ask_as(b, NOBODY, NOBODY, OTHER, games)), "... one of its others")
        expect(not may_command(ask_as(b, NOBODY, NOBODY, OTHER)), "a member of other groups")
        expect(not may_command(ask_as(b, NOBODY, NOBODY)), "nobody")
        expect("snapshot" in ask_as(b, NOBODY, NOBODY), "it may watch")


def test_rights_watchers_are_members_only_if_so_configured(work):
    need_root()
    games = grp.getgrnam("games").gr_gid
    with box(work.folder, config="group = games\nwatchers = group") as b:
        expect(may_command(ask_as(b, NOBODY, NOBODY, games)), "a member")
        said = ask_as(b, NOBODY, NOBODY, OTHER)
        expect("snapshot" not in said and "hello" not in said, f"a stranger sees {said}")
        expect('"not-allowed"' in said and "remedy" in said, said)
    folder = work.path("nobody")
    folder.mkdir()
    with box(folder, config="group = no-such-group-here") as b:
        expect(not may_command(ask_as(b, NOBODY, NOBODY, games)), "no group, no members")


def test_rights_how_to_get_to_the_tank_is_for_who_asks_and_may_know(work):
    need_root()
    ap, web = work.path("etc/imgtank/ap"), work.path("run/imgtank-web")
    ap.mkdir(parents=True)
    web.mkdir(parents=True)
    (ap / "ap.json").write_text('{"name": "imgtank", "password": "sand-dune", "wifi": "WIFI:S:x;;", '
                                '"url": "http://imgtank/"}\n', encoding="utf-8")
    (web / "code").write_text("1234 5678\nhttp 8080\n", encoding="utf-8")
    with box(work.folder, env={"IMGTANK_ACCESS_ROOT": str(work.folder)}) as b:
        silent, client = b.client(keep=True), b.client()
        client.ok("follow", access=True)
        client.wait(lambda: client.access, "how to get to the tank")
        expect_equal((client.access["network"], client.access["password"], client.access["code"]),
                     ("imgtank", "sand-dune", "1234 5678"), "what stands at the box")
        (web / "new").write_text("8765 4321\nhttp 8080\n", encoding="utf-8")
        (web / "new").rename(web / "code")
        client.wait(lambda: client.access["code"] == "8765 4321", "the next code")
        (web / "code").unlink()
        (web / "code").symlink_to(ap / "ap.json")
        client.wait(lambda: not client.access["code"], "no link is followed")
        silent.ok("ping")
        expect(not any(b"sand-dune" in line or b"8765" in line for line in silent.lines),
               "told to somebody who did not ask")
        said = ask_as(b, NOBODY, NOBODY, ask=ASK.replace('"eject"', '"follow","access":true'))
        expect("not-allowed" in said and "sand-dune" not in said, said)


def test_rights_the_users_of_the_daemon_may_command(work):
    need_root()
    with tempfile.TemporaryDirectory(prefix="imgtank-") as folder:
        os.chmod(folder, 0o777)
        bin_dir = Path(folder) / "bin"
        shutil.copytree(BIN, bin_dir)
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        made = Box(folder, config="group =", bin_dir=bin_dir, prefix=prefix)
        for path in (made.socket_folder, made.tank, made.reader):
            os.chmod(path, 0o777)
        try:
            made.start()
            expect(may_command(ask_as(made, NOBODY, NOBODY)), "the daemon's own user")
            expect(may_command(ask_as(made, 0, 0)), "root")
            expect(not may_command(ask_as(made, OTHER, OTHER)), "somebody else")
        finally:
            made.end()


# ---- absent and hanging --------------------------------------------------------------------------


def test_front_end_is_right_at_once_after_a_long_absence(work):
    card = work.card("plain", name="CARD")
    with box(work.folder) as b, \
            Program([BIN / "imgtank-ui-record", "--socket", b.socket]) as ui:
        ui.wait_for("connection=up")
        began = time.monotonic()
        b.kill()
        line = ui.wait_for("connection=none")
        expect(time.monotonic() - began < 4, "the loss took too long to be shown")
        expect("No connection" in line, line)
        time.sleep(3.2)  # long enough for tries that have become rare
        b.insert(card.root, "ONE")
        b.start()
        began = time.monotonic()
        ui.wait_for("connection=up")
        took_s = time.monotonic() - began
        expect(took_s < 4, f"it was back after {took_s:.1f} s")
        ui.wait_for("card c1 ONE safe-to-remove")


def test_worker_that_hangs_is_killed_when_it_is_cancelled_or_pulled(work):
    """It does not even hear SIGTERM; the daemon and other cards go on meanwhile."""
    engine = work.path("engine")
    engine.mkdir()
    script = ("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + COPYING +
              "if 'HANGS' in sys.argv[-1]:\n    time.sleep(600)\n" + DONE)
    for name in ("HANGS", "WORKS"):
        work.path(name).mkdir()
    with box(work.folder, bin_dir=fake_engine(engine, script)) as b:
        client = b.client()
        b.insert(work.path("HANGS"), "HANGS")
        client.wait_card("HANGS", "copying")
        hanging = b.workers()
        client.ok("cancel", card="HANGS")
        b.insert(work.path("WORKS"), "WORKS")
        client.wait_card("WORKS", "safe-to-remove", verdict="copied")
        expect_equal(client.card("HANGS")["state"], "copying", "still being stopped")
        expect(not client.card("HANGS")["may_remove"], "it is not safe as long as it is read")
        os.kill(hanging[0], signal.SIGKILL)  # what the daemon does after its 30 s
        client.wait_card("HANGS", "safe-to-remove", verdict="failed")
        expect(not client.card("HANGS")["may_format"], "nothing is known of it")


if __name__ == "__main__":
    sys.exit(main(globals()))
