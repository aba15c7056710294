#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every handler of the real server, logged in, with requests that were good ones once.

IMGTANK_FUZZ_SECONDS (5) and IMGTANK_FUZZ_SEED (random, and said) may be set. What counts: it lives, answers
others all along, ends as it should, and no sanitizer says anything.
"""
import contextlib
import os
import random
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from webbox import web  # noqa: E402
from box import box  # noqa: E402
from e2e import expect, expect_equal, main  # noqa: E402

BODIES = {"/api/login": b"secret=wrong", "/api/command": b"command=cancel&card=c1", "/api/zip": b"ids=1,2,3",
          "/api/upload": b"by=Ann&files=2"}
STRANGE = [b"", b"\0", b"\xff\xfe", b"%00", b"%2e%2e%2f", b"../", b"-1", b"0", b"9" * 30, b"18446744073709551616",
           b"\r\n", b"\r\n\r\n", b"a" * 5000, b"bytes=0-0,2-3", b"bytes=-", b"bytes=9223372036854775807-", b"=", b"&", b"?"]


def good_requests(server, upload):
    """Method, path, headers and body of one request for each route."""
    day = server.get_json("/api/days")["days"][0]["day"]
    picture = server.get_json(f"/api/day/{day}")["pictures"][0]
    media = f"/media/{picture['id']}"
    paths = ["/", "/login", "/static/app.js", "/api/session", "/api/state", "/api/events", "/api/days",
             f"/api/days?before={day}", f"/api/day/{day}?offset=0", f"/api/picture/{picture['id']}",
             "/api/search?from=2024-01-01&to=2025-01-01&camera=e&name=1&card=c", f"/api/zip/{day}",
             f"{media}/thumb?v={picture['v']}", f"{media}/view?v={picture['v']}", f"{media}/original",
             f"/api/upload/{upload}?file=0"]
    requests = [(b"GET", path.encode(), [], b"") for path in paths]
    requests += [(b"GET", f"{media}/original".encode(), [b"Range: bytes=3-9", b"If-Range: \"x\""], b"")]
    requests += [(b"POST", path.encode(), [b"Content-Type: application/x-www-form-urlencoded"], body)
                 for path, body in BODIES.items()]
    requests += [(b"PUT", f"/api/upload/{upload}?file=0&name=a.jpg&size=5&offset=0&time=1".encode(), [], b"12345"),
                 (b"POST", f"/api/upload/{upload}/done".encode(), [], b"")]
    return requests


def spoil(chance, text):
    """A change or two somewhere in it."""
    for _ in range(chance.randrange(3)):
        at = chance.randrange(len(text) + 1)
        cut = chance.choice([0, 0, 1, 4, len(text)])
        text = text[:at] + chance.choice([*STRANGE, chance.randbytes(3)]) + text[at + cut:]
    return text


def one_request(chance, server, good):
    method, path, headers, body = chance.choice(good)
    headers = [f"Host: 127.0.0.1:{server.port}".encode(), f"Origin: {server.origin}".encode(),
               f"Cookie: imgtank={server.cookie}".encode(), *headers]
    length = len(body) if chance.random() < 0.8 else chance.choice([0, 1, 10 ** 9, 10 ** 25])
    if body:
        headers.append(b"Content-Length: %d" % length)
    part = chance.choice(["path", "path", "headers", "body", "line"])
    if part == "path":
        path = spoil(chance, path)
    elif part == "headers":
        headers = [spoil(chance, header) for header in headers]
    elif part == "body":
        body = spoil(chance, body)
    whole = b"\r\n".join([b"%s %s HTTP/1.1" % (method, path), *headers, b"", body])
    return spoil(chance, whole) if part == "line" else whole


def send(chance, port, data):
    """From many addresses: one has a few connections only, and half requests keep theirs for 20 s."""
    source = (f"127.0.5.{chance.randrange(1, 255)}", 0)
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5, source) as connection:
        connection.sendall(data)
        if chance.random() < 0.7:
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(0.05)
            connection.recv(4096)


def test_spoilt_requests_do_no_harm(work):
    seed = int(os.environ.get("IMGTANK_FUZZ_SEED", random.randrange(2 ** 32)))
    chance = random.Random(seed)
    print(f"# seed {seed}")
    work.import_safely(work.card("plain"))
    with box(work.folder, tank=work.tank) as b, web(b.socket, f"--spool={b.reader}") as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        upload = server.post("/api/upload", "by=Ann&files=2").json()["upload"]
        good = good_requests(server, upload)
        end = time.monotonic() + float(os.environ.get("IMGTANK_FUZZ_SECONDS", 5))
        count = 0
        while time.monotonic() < end:
            for _ in range(50):
                send(chance, server.port, one_request(chance, server, good))
            count += 50
            expect_equal(server.get("/login").status, 200, "another's request")
        expect(server.process.poll() is None, f"it has ended: {server.said()}")
        expect(server.rss_kb() < 400000, f"it has grown to {server.rss_kb()} kB")
        print(f"# {count} requests")


if __name__ == "__main__":
    sys.exit(main(globals()))
