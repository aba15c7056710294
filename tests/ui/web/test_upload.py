#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploads to the real front end go through the real daemon into the tank, and the spool is empty then."""
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent))
from webbox import web  # noqa: E402
from box import box  # noqa: E402
from fakebox import FakeBox  # noqa: E402
from e2e import Skip, expect, expect_equal, main  # noqa: E402


@contextlib.contextmanager
def boxes(work):
    with box(work.folder, tank=work.tank) as b, web(b.socket, f"--spool={b.reader}") as server:
        yield b, server


def card_files(work, count=12):
    work.tank.mkdir(exist_ok=True)
    card = work.card("plain", count=count)
    return sorted(path for path in Path(os.fsdecode(card.root)).rglob("*")
                  if path.suffix.lower() in (".jpg", ".cr2"))


def begin(server, count, by="Ann"):
    answer = server.post("/api/upload", urlencode({"by": by, "files": count}))
    expect_equal(answer.status, 200, f"begin: {answer.body}")
    return answer.json()["upload"]


def put_path(upload, index, name, size, offset=0):
    return f"/api/upload/{upload}?" + urlencode(
        {"file": index, "name": name, "size": size, "offset": offset, "time": 1715500000000})


def put(server, upload, index, name, content, offset=0, size=None):
    return server.request("PUT", put_path(upload, index, name, len(content) if size is None else size,
                                          offset), content[offset:], {"Origin": server.origin})


def done(server, upload):
    return server.post(f"/api/upload/{upload}/done")


def spool(b):
    return sorted(os.listdir(b.reader))


def tank_contents(work):
    return {path.read_bytes() for path in Path(work.tank, "images").rglob("*") if path.is_file()}


def test_an_upload_becomes_a_card_and_then_nothing(work):
    files = card_files(work)
    with boxes(work) as (b, server):
        expect_equal(server.get_json("/api/session")["upload"], True, "it is offered")
        upload = begin(server, len(files))
        for index, path in enumerate(files):
            expect_equal(put(server, upload, index, path.name, path.read_bytes()).status, 200, path.name)
            expect(all(name.startswith(".") for name in spool(b)), f"it shows already: {spool(b)}")
        client = b.client()
        expect_equal(done(server, upload).status, 200, "the end")
        server.wait(lambda: spool(b) == [], "an empty spool")
        expect(tank_contents(work) >= {path.read_bytes() for path in files}, "the tank lacks something")
        history = server.wait(lambda: server.get_json("/api/state")["state"]["history"], "the history")
        expect_equal(history[0]["verdict"], "safe-to-format", "verdict")
        client.close()


def test_a_broken_connection_goes_on(work):
    path = card_files(work)[0]
    content = path.read_bytes() + os.urandom(3_000_000)
    with boxes(work) as (b, server):
        upload = begin(server, 1)
        cut = socket.create_connection(("127.0.0.1", server.port))
        head = (f"PUT {put_path(upload, 0, path.name, len(content))} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                f"Origin: {server.origin}\r\nCookie: imgtank={server.cookie}\r\nContent-Length: {len(content)}\r\n\r\n")
        cut.sendall(head.encode() + content[:1_000_000])
        server.wait(lambda: offset_of(server, upload) > 100_000, "the first part")
        second = put(server, upload, 0, path.name, content[:10], size=len(content))
        expect_equal(second.status, 409, "two at once")
        cut.close()
        offset = server.wait(lambda: (o := offset_of(server, upload)) and o >= 1_000_000 and o, "all that was sent")
        expect_equal(done(server, upload).status, 409, "the end before the end")
        answer = put(server, upload, 0, path.name, content, offset)
        expect_equal(answer.json()["offset"], len(content), "how much is here")
        expect_equal(done(server, upload).status, 200, "the end")
        server.wait(lambda: spool(b) == [], "an empty spool")
        expect(content in tank_contents(work), "the file is not the same")


def offset_of(server, upload):
    return server.get_json(f"/api/upload/{upload}?file=0")["offset"]


def test_the_end_can_be_asked_for_again(work):
    """Its answer may have been lost."""
    path = card_files(work)[0]
    with boxes(work) as (b, server):
        upload = begin(server, 2)
        put(server, upload, 0, path.name, path.read_bytes())
        put(server, upload, 1, "notes.txt", b"not a picture")
        first, again = done(server, upload), done(server, upload)
        expect_equal((first.status, again.status), (200, 200), "twice")
        expect_equal(again.json(), first.json(), "what is said the second time")
        server.wait(lambda: spool(b) == [], "an empty spool")
        expect_equal(len(server.get_json("/api/state")["state"]["history"]), 1, "imports")


def test_same_names_stay_two_pictures(work):
    first, second = card_files(work)[:2]
    with boxes(work) as (b, server):
        upload = begin(server, 2)
        for index, path in enumerate((first, second)):
            expect_equal(put(server, upload, index, "IMG_0001.JPG", path.read_bytes()).status, 200, "put")
        expect_equal(done(server, upload).status, 200, "the end")
        server.wait(lambda: spool(b) == [], "an empty spool")
        expect(tank_contents(work) >= {first.read_bytes(), second.read_bytes()}, "one is missing")


def test_what_was_not_copied_stays(work):
    path = card_files(work)[0]
    with boxes(work) as (b, server):
        folder = Path(work.folder) / "begun"
        folder.mkdir()
        (folder / path.name).write_bytes(path.read_bytes())
        (folder / "notes.xyz").write_bytes(b"not a picture")
        client = b.client()
        folder.rename(b.reader / "Upload by Ann")
        card = client.wait_card("Upload by Ann", "safe-to-remove")
        expect_equal(card["files_left_out"], 1, "left out")
        server.wait(lambda: server.get_json("/api/state")["state"]["cards"][0]["state"] == "safe-to-remove",
                    "the same in the front end")
        expect_equal(server.get("/api/state").status, 200, "a turn of the loop")
        expect_equal(spool(b), ["Upload by Ann"], "the spool")
        expect_equal((b.reader / "Upload by Ann" / "notes.xyz").read_bytes(), b"not a picture", "the file")


def test_what_is_no_picture_is_left_out(work):
    """Else its card would never be done, and sixteen of them would leave no place for one from a camera."""
    path = card_files(work)[0]
    with boxes(work) as (b, server):
        upload = begin(server, 4)
        put(server, upload, 0, path.name, path.read_bytes())
        put(server, upload, 1, "notes.txt", b"not a picture")
        put(server, upload, 2, "Thumbs.db", b"of an operating system")
        put(server, upload, 3, "picture", path.read_bytes() + b"another one, without an ending")
        answer = done(server, upload)
        expect_equal(answer.status, 200, "the end")
        expect_equal(answer.json(), {"ok": True, "left_out": ["notes.txt", "Thumbs.db"], "left_out_count": 2}, "what is said")
        server.wait(lambda: spool(b) == [], "an empty spool")
        expect(path.read_bytes() in tank_contents(work), "the picture is missing")
        expect_equal(len(tank_contents(work)), 2, "files in the tank")
        upload = begin(server, 1)
        put(server, upload, 0, "notes.txt", b"not a picture")
        answer = done(server, upload)
        expect_equal(answer.status, 415, "none is a picture")
        expect_equal(spool(b), [], "the spool")
    with box(work.folder, tank=work.tank, config="[import]\nselect = everything") as b, \
            web(b.socket, f"--spool={b.reader}", config="[import]\nselect = everything\n") as server:
        upload = begin(server, 1)
        put(server, upload, 0, "notes.txt", b"not a picture")
        expect_equal(done(server, upload).json()["left_out_count"], 0, "left out, where everything is wanted")
        server.wait(lambda: spool(b) == [], "an empty spool")
        expect(b"not a picture" in tank_contents(work), "the notes are missing")


def test_what_is_wanted_is_taken_back_by_nothing(work):
    """As for the import: nothing behind the = is the default, which takes pictures only."""
    taken_back = "[import]\nselect = everything\nselect =\n"
    with box(work.folder, tank=work.tank, config=taken_back) as b, \
            web(b.socket, f"--spool={b.reader}", config=taken_back) as server:
        upload = begin(server, 1)
        put(server, upload, 0, "notes.txt", b"not a picture")
        expect_equal(done(server, upload).status, 415, "none is a picture")


def test_pairs_of_the_same_names_stay_pairs(work):
    """Two phones count alike; what a phone wrote together keeps one name in the tank."""
    picture = card_files(work)[0].read_bytes()
    pairs = [[picture + b"%d %s" % (phone, kind) for kind in (b"heic", b"mov")] for phone in range(3)]
    with boxes(work) as (b, server):
        upload = begin(server, 6)
        for phone, pair in enumerate(pairs):
            for index, ending in enumerate(("HEIC", "MOV")):
                expect_equal(put(server, upload, phone * 2 + index, f"IMG_0001.{ending}", pair[index]).status, 200, "put")
        expect_equal(done(server, upload).status, 200, "the end")
        server.wait(lambda: spool(b) == [], "an empty spool")
        names = {path.read_bytes(): path.stem for path in Path(work.tank, "images").rglob("*") if path.is_file()}
        for pair in pairs:
            expect_equal(names[pair[0]], names[pair[1]], "the names of a pair")


def test_folders_may_be_named_as_files_are(work):
    picture = card_files(work)[0].read_bytes()
    names = ("2", "2", "A.JPG", "A.JPG", "3", "3", "A.JPG")
    with boxes(work) as (b, server):
        upload = begin(server, len(names))
        for index, name in enumerate(names):
            expect_equal(put(server, upload, index, name, picture + b"%d" % index).status, 200, f"{index}: {name}")
        expect_equal(done(server, upload).status, 200, "the end")
        server.wait(lambda: spool(b) == [], "an empty spool")
        expect_equal(tank_contents(work), {picture + b"%d" % index for index in range(len(names))}, "the tank")


def test_what_others_have_put_in_stays(work):
    files = card_files(work)[:3]
    with boxes(work) as (b, server):
        foreign = Path(work.folder) / "foreign"
        foreign.mkdir()
        for path in files:
            (foreign / path.name).write_bytes(path.read_bytes())
        foreign.chmod(0o775)
        client = b.client()
        foreign.rename(b.reader / "Upload by Eve")
        client.wait_card("Upload by Eve", "safe-to-remove")
        server.wait(lambda: "stays in the spool" in server.said(), "the reason why it stays")
        expect_equal(len(os.listdir(b.reader / "Upload by Eve")), 3, "files of somebody else")


def identity_of(folder):
    """As the daemon says it."""
    asked = subprocess.run(["stat", "-c", "%Hd %Ld %i %.9W", str(folder)], check=True, capture_output=True, text=True)
    major, minor, inode, born = asked.stdout.split()
    return f"folder:{int(major):x}:{int(minor):x}:{int(inode):x}:{int(born.replace('.', '')):x}"


def upload_one(server, content):
    upload = begin(server, 1)
    expect_equal(put(server, upload, 0, "A.JPG", content).status, 200, "the file")
    expect_equal(done(server, upload).status, 200, "the end")


def test_a_new_upload_is_not_taken_for_the_one_before(work):
    """Its folder gets the name that has just become free, while the daemon's card is still the old one."""
    spool_folder = work.path("spool")
    spool_folder.mkdir()
    ann = spool_folder / "Upload by Ann"
    with FakeBox("idle") as fake, web(fake.socket, f"--spool={spool_folder}") as server:
        upload_one(server, b"first picture")
        card = {"card": "c7", "identity": identity_of(ann), "label": "Upload by Ann", "slot": "Upload by Ann",
                "state": "safe-to-remove", "start": False, "verdict": "safe-to-format", "is_mounted": False,
                "files_selected": 1, "files_copied": 1, "files_verified": 1, "bytes_selected": 13}
        fake.step("insert " + json.dumps(card))
        server.wait(lambda: not ann.exists(), "an empty spool")
        upload_one(server, b"other picture")
        fake.step('set {"disk_label": "OTHER"}')
        server.wait(lambda: server.get_json("/api/state")["state"]["tank"]["disk_label"] == "OTHER", "a change")
        expect_equal((ann / "A.JPG").read_bytes(), b"other picture", "what was not imported yet")


def test_an_upload_mends_a_copy_that_has_rotted(work):
    content = card_files(work)[0].read_bytes()
    with boxes(work) as (b, server):
        upload_one(server, content)
        server.wait(lambda: spool(b) == [], "an empty spool")
        copy = next(path for path in Path(work.tank, "images").rglob("*") if path.is_file())
        times = copy.stat()
        copy.write_bytes(content[:-100] + bytes((content[-100] ^ 1,)) + content[-99:])
        os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
        client = b.client()
        upload_one(server, content)
        client.wait(lambda: [card for card in client.model["cards"] if "retry" in card["commands"]], "its bad end")
        expect_equal(spool(b), ["Upload by Ann"], "the spool, which has the only good one")
        client.ok("retry", card=client.model["cards"][0]["card"])
        server.wait(lambda: spool(b) == [], "an empty spool")
        expect(content in tank_contents(work), "it is not in the tank")


def test_a_second_page_leaves_the_uploads_of_the_first_alone(work):
    """As somebody starts it by hand who wants to see what it says."""
    path = card_files(work)[0]
    with boxes(work) as (b, server):
        upload = begin(server, 1)
        expect_equal(put(server, upload, 0, path.name, path.read_bytes()).status, 200, "the file")
        with web(b.socket, f"--spool={b.reader}"):
            pass
        expect_equal(done(server, upload).status, 200, "the end")
        server.wait(lambda: path.read_bytes() in tank_contents(work), "the picture in the tank")


def test_nothing_strange_gets_in(work):
    card_files(work)
    with boxes(work) as (b, server):
        upload = begin(server, 1)
        for name in ("", ".", "..", ".hidden", "a/../..", "a\\b", "x" * 300, "a\nb", "a\x7f", "\udcff", "/"):
            raw = urlencode({"file": 0, "size": 1, "offset": 0, "name": name}, errors="surrogateescape")
            answer = server.request("PUT", f"/api/upload/{upload}?{raw}", b"x", {"Origin": server.origin})
            expect_equal(answer.status, 400, f"name {name[:20]!r}")
        for query in ("file=1&name=a&size=1&offset=0", "file=0&name=a&size=1&offset=2", "name=a",
                      "file=-1&name=a&size=1&offset=0", f"file=0&name=a&size={1 << 60}&offset=0"):
            answer = server.request("PUT", f"/api/upload/{upload}?{query}", b"x", {"Origin": server.origin})
            expect_equal(answer.status, 400, query)
        expect_equal(put(server, upload, 0, "a.jpg", b"too much", size=3).status, 400, "more than promised")
        expect_equal(put(server, "0" * 32, 0, "a.jpg", b"x").status, 404, "an unknown upload")
        expect_equal(put(server, "..", 0, "a.jpg", b"x").status, 404, "a path")
        for by in ("", "../x", "a/b", "\n", "y" * 80):
            expect_equal(server.post("/api/upload", urlencode({"by": by, "files": 1})).status, 400, f"by {by[:9]!r}")
        for count in ("0", "-1", "5001", "x"):
            expect_equal(server.post("/api/upload", f"by=a&files={count}").status, 400, count)
        for _ in range(7):
            begin(server, 1)
        expect_equal(server.post("/api/upload", "by=a&files=1").status, 503, "the ninth")
        expect_equal(server.request("PUT", put_path(upload, 0, "a.jpg", 1), b"x").status, 403, "another page")
        expect_equal(server.post("/api/upload", "by=a&files=1", cookie=False).status, 401, "a stranger")
        expect(all(name.startswith(".upload-") for name in spool(b)), "something shows")
        outside = [path for path in Path(work.folder).rglob("*") if path.name in ("a.jpg", "x", "b")
                   and b.reader not in path.parents]
        expect_equal(outside, [], "outside of the spool")
    expect_equal(spool(b), [], "unfinished uploads are left over")


def test_what_is_being_sent_counts_as_taken_room(work):
    """Several at once do not fill the disk that others need."""
    spool_folder = work.path("small-disk")
    spool_folder.mkdir()
    if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=534m", "tmpfs", str(spool_folder)]):
        raise Skip("tmpfs cannot be mounted here")
    try:
        with FakeBox("copying") as fake, web(fake.socket, f"--spool={spool_folder}") as server:
            size, sending, statuses = 8 << 20, [], []
            for i in range(4):
                upload = begin(server, 1, f"Ann {i}")
                connection = socket.create_connection(("127.0.0.1", server.port))
                connection.settimeout(60)
                connection.sendall((f"PUT {put_path(upload, 0, 'a.jpg', size)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                    f"Origin: {server.origin}\r\nSec-Fetch-Site: same-origin\r\n"
                                    f"Cookie: imgtank={server.cookie}\r\nContent-Length: {size}\r\n\r\n").encode())
                sending.append(connection)
                server.wait(lambda number=i: len(list(spool_folder.glob(".upload-*/*"))) == min(number + 1, 2),
                            "its beginning, or the refusal")
            for connection in sending:
                with contextlib.suppress(OSError):
                    connection.sendall(b"x" * size)
                statuses.append(connection.recv(100).split()[1])
                connection.close()
            expect_equal(statuses, [b"200", b"200", b"507", b"507"], "two have room")
            room = os.statvfs(spool_folder)
            expect(room.f_bavail * room.f_frsize >= 512 << 20, "the others' room was used")
            answer = server.post("/api/upload", urlencode({"by": "Ann", "files": 1000, "bytes": 100 << 20}))
            expect_equal(answer.status, 507, "what has no room as a whole is not begun")
            expect("fewer" in answer.json()["remedy"], f"what to do: {answer.body}")
            answer = server.post("/api/upload", urlencode({"by": "Ann", "files": 1000, "bytes": 1 << 20}))
            expect_equal(answer.status, 200, "what has")
    finally:
        subprocess.call(["umount", "-l", str(spool_folder)])


def test_a_time_that_cannot_be_is_not_taken(work):
    files = card_files(work)
    with boxes(work) as (b, server):
        upload = begin(server, 1)
        content = files[0].read_bytes()
        path = put_path(upload, 0, "A.JPG", len(content)).replace("1715500000000", "9223372036854775807")
        expect_equal(server.request("PUT", path, content, {"Origin": server.origin}).status, 200, "the file")
        there = next(Path(b.reader).glob(".upload-*/A.JPG")).stat().st_mtime
        expect(abs(there - time.time()) < 3600, f"its time is {there}")


def test_without_a_spool_there_are_no_uploads(work):
    card_files(work)
    with box(work.folder, tank=work.tank) as b, web(b.socket) as server:
        expect_equal(server.get_json("/api/session")["upload"], False, "it is not offered")
        expect_equal(server.post("/api/upload", "by=a&files=1").status, 404, "begin")
        expect_equal(put(server, "0" * 32, 0, "a.jpg", b"x").status, 404, "put")


if __name__ == "__main__":
    sys.exit(main(globals()))
