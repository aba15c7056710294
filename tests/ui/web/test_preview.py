#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Large views of what a browser cannot show: made by the process without rights, when somebody looks."""
import contextlib
import datetime
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
from webbox import DEADLINE_S, web  # noqa: E402
from box import box  # noqa: E402
from e2e import ROOT, expect, expect_equal, main  # noqa: E402
import make_card  # noqa: E402
from make_card import jpeg_size as size_of  # noqa: E402

WHEN = datetime.datetime(2024, 5, 12, 10, 0)
_previews = {}


def preview(columns, rows, seed=1):
    """A JPEG of so many blocks of 8 pixels; slow to make, so once each."""
    key = (columns, rows, seed)
    if key not in _previews:
        _previews[key] = b"\xff\xd8" + make_card.jpeg_body(seed, columns, rows)
    return _previews[key]


def raw(jpeg, orientation=1, seed=1):
    """A RAW file, as a reader of TIFF sees it, with this preview in it."""
    unique = struct.pack(">Q", seed)
    return make_card.tiff_block(WHEN, "Examplecam", "EX-1", orientation, jpeg, unique)


def fill(work, files):
    source = work.path("card")
    for name, content in files.items():
        path = source / "DCIM" / "100EXMPL" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    expect_equal(work.run(source).verdict(), "safe-to-format", "the import")


@contextlib.contextmanager
def gallery(work, files, *options, **more):
    """The server and the pictures by their cameras' names."""
    fill(work, files)
    with box(work.folder, tank=work.tank) as b, web(b.socket, *options, **more) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        found = {}
        for day in server.get_json("/api/days")["days"]:
            for picture in server.get_json(f"/api/day/{day['day']}")["pictures"]:
                found[picture["bytes"]] = picture
        yield server, {name: found[len(content)] for name, content in files.items()}


def view(server, picture):
    return server.get(f"/media/{picture['id']}/view?v={picture['v']}")


def children(server, name="imgtank-probe"):
    """Processes of this name below the server."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            stat = entry.read_text(encoding="utf-8", errors="replace")
            if f"({name[:15]})" in stat and int(stat.rsplit(")", 1)[1].split()[1]) == server.process.pid:
                found.append(int(entry.parent.name))
    return found


def state_of(pid):
    """A letter, as ps shows it; Z also when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    return "Z"


def halt(pid):
    """Stopped for sure: before that it could still take a question."""
    os.kill(pid, signal.SIGSTOP)
    end = time.monotonic() + DEADLINE_S
    while state_of(pid) != "T":
        expect(time.monotonic() < end, "it does not stop")
        time.sleep(0.01)


def is_asked(pid):
    """Does a message wait in the socket of this process, which is stopped?"""
    said = subprocess.run(["ss", "-xanp"], check=True, capture_output=True, text=True).stdout
    return any(f"pid={pid},fd=3" in line and int(line.split()[2]) > 0 for line in said.splitlines())


def view_all(server, pictures):
    """Each by a thread of its own: the threads, and where their answers come."""
    answers = []
    readers = [threading.Thread(target=lambda one=one: answers.append(view(server, one))) for one in pictures]
    for reader in readers:
        reader.start()
    return readers, answers


def test_a_raw_is_shown_large_and_upright(work):
    files = {"WIDE.NEF": raw(preview(256, 144), 1, 1), "TALL.NEF": raw(preview(256, 144), 6, 22) + b"x",
             "LITTLE.NEF": raw(preview(60, 40), 1, 3)}
    with gallery(work, files) as (server, pictures):
        for name, wanted in (("WIDE.NEF", (1600, 900)), ("TALL.NEF", (900, 1600)), ("LITTLE.NEF", (480, 320))):
            picture = pictures[name]
            expect(picture["thumb"] and not picture["shown"], f"{name}: {picture}")
            answer = view(server, picture)
            expect_equal((answer.status, answer.headers["Content-Type"]), (200, "image/jpeg"), name)
            expect("immutable" in answer.headers["Cache-Control"], f"{name} is not kept by the browser")
            expect("default-src 'none'" in answer.headers["Content-Security-Policy"], "guards")
            expect_equal(size_of(answer.body), wanted, name)
            thumb = server.get(f"/media/{picture['id']}/thumb?v={picture['v']}").body
            expect(max(size_of(thumb)) <= 256, "the thumbnail has become larger")
        head = server.request("HEAD", f"/media/{pictures['WIDE.NEF']['id']}/view")
        expect_equal((head.status, head.body), (200, b""), "HEAD")


def test_a_telephone_s_picture_is_decoded(work):
    content = (ROOT / "assets/demo-card/DCIM/104APPLE/IMG_8565.HEIC").read_bytes()
    with gallery(work, {"IMG_8565.HEIC": content}) as (server, pictures):
        answer = view(server, pictures["IMG_8565.HEIC"])
        expect_equal(answer.status, 200, "the view")
        width, height = size_of(answer.body)
        expect(256 < max(width, height) <= 1600 and height > width, f"{width}x{height}")


def test_the_process_without_rights_makes_it(work):
    """And when that process dies, the page shows the small picture, and goes on."""
    files = {f"N{i}.NEF": raw(preview(256, 144), 1, i) + b"x" * i for i in range(1, 4)}
    with gallery(work, files) as (server, pictures):
        expect_equal(children(server), [], "processes before anybody looked")
        expect(max(size_of(view(server, pictures["N1.NEF"]).body)) == 1600, "the first")
        made_by = children(server)
        expect_equal(len(made_by), 1, "processes")
        status = Path(f"/proc/{made_by[0]}/status").read_text(encoding="utf-8")
        expect("Seccomp:\t2" in status and "NoNewPrivs:\t1" in status, status)
        nice = int(Path(f"/proc/{made_by[0]}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[16])
        expect(nice >= 10, f"niceness {nice}")
        halt(made_by[0])
        (reader,), answers = view_all(server, [pictures["N2.NEF"]])
        server.wait(lambda: is_asked(made_by[0]), "the question")
        os.kill(made_by[0], signal.SIGKILL)
        reader.join()
        stuck = answers[0]
        expect(stuck.status == 200 and max(size_of(stuck.body)) <= 256, "the thumbnail in its place")
        expect("immutable" not in stuck.headers["Cache-Control"], "the thumbnail would stay for good")
        thumb = server.get(f"/media/{pictures['N2.NEF']['id']}/thumb?v={pictures['N2.NEF']['v']}")
        expect("immutable" in thumb.headers["Cache-Control"], "but as a thumbnail it may")
        expect(max(size_of(view(server, pictures["N3.NEF"]).body)) == 1600, "another process")
        expect(made_by[0] not in children(server), "the one that died is still there")


def test_others_are_served_meanwhile(work):
    """The loop does not wait; many who want one picture get one picture made."""
    files = {f"N{i}.NEF": raw(preview(256, 144), 1, i) + b"x" * i for i in range(1, 3)}
    with gallery(work, files) as (server, pictures):
        view(server, pictures["N1.NEF"])
        probe = children(server)[0]
        halt(probe)
        readers, answers = view_all(server, [pictures["N2.NEF"]] * 20)
        for _ in range(20):
            began = time.monotonic()
            expect_equal(server.get("/api/state").status, 200, "the state")
            expect(time.monotonic() - began < 5, "the state had to wait")
        expect(not answers, "an answer without a process")
        os.kill(probe, signal.SIGCONT)
        for reader in readers:
            reader.join()
        expect_equal([(a.status, max(size_of(a.body))) for a in answers], [(200, 1600)] * 20, "answers")
        expect_equal(len({a.body for a in answers}), 1, "contents")


def test_what_gives_none_is_its_thumbnail(work):
    """Also more wishes at once than are taken; and a file that has changed is not looked into."""
    files = {f"N{i}.NEF": raw(preview(60, 40), 1, i) + b"x" * i for i in range(1, 13)}
    with gallery(work, files) as (server, pictures):
        view(server, pictures["N1.NEF"])
        probe = children(server)[0]
        halt(probe)
        readers, answers = view_all(server, [one for name, one in pictures.items() if name != "N1.NEF"])
        server.wait(lambda: len(answers) == len(readers) - 6, "the answers to those who need not wait")
        expect(all(a.status == 200 and max(size_of(a.body)) <= 256 for a in answers), "thumbnails")
        os.kill(probe, signal.SIGCONT)
        for reader in readers:
            reader.join()
        expect_equal(sum(max(size_of(a.body)) == 480 for a in answers), 6, "the others")
        changed = next(p for p in Path(work.tank, "images").rglob("*") if p.stat().st_size == len(files["N1.NEF"]))
        content = changed.read_bytes()
        server.wait(lambda: max(size_of(view(server, pictures["N1.NEF"]).body)) == 480, "N1")
        for i in range(2, 13):  # so that N1 is not kept any more
            view(server, pictures[f"N{i}.NEF"])
        changed.write_bytes(content + b"more")
        expect(max(size_of(view(server, pictures["N1.NEF"]).body)) <= 256, "of a file that is not what was imported")
        changed.write_bytes(content)


def test_ending_does_not_wait_long(work):
    files = {"N1.NEF": raw(preview(256, 144), 1, 1), "N2.NEF": raw(preview(256, 144), 1, 2) + b"x"}
    with gallery(work, files) as (server, pictures):
        view(server, pictures["N1.NEF"])
        probe = children(server)[0]
        halt(probe)
        connection = server.connect()
        connection.request("GET", f"/media/{pictures['N2.NEF']['id']}/view",
                           headers={"Cookie": f"imgtank={server.cookie}"})
        server.get("/api/state")
        began = time.monotonic()
        server.stop()
        expect(time.monotonic() - began < 5, "longer than systemd waits")
        server.wait(lambda: state_of(probe) == "Z", "the end of the process")
        connection.close()


def test_without_the_process_it_goes_on(work):
    fill(work, {"N1.NEF": raw(preview(60, 40), 1, 1)})
    with box(work.folder, tank=work.tank) as b, \
            mock.patch.dict(os.environ, IMGTANK_PROBE=str(work.path("no-such-program"))), web(b.socket) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        day = server.get_json("/api/days")["days"][0]["day"]
        answer = view(server, server.get_json(f"/api/day/{day}")["pictures"][0])
        expect(answer.status == 200 and max(size_of(answer.body)) <= 256, "the thumbnail")
        expect("imgtank-probe is missing" in server.said(), server.said())


if __name__ == "__main__":
    sys.exit(main(globals()))
