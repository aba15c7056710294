#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real web front end: a real daemon with a tank that a real import has filled, or a fake daemon."""
import contextlib
import http.client
import io
import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent))
from webbox import DEADLINE_S, PASSWORD, unused_socket, web  # noqa: E402
from box import box  # noqa: E402
from e2e import BIN, ROOT, Skip, expect, expect_equal, main  # noqa: E402
from fakebox import FakeBox  # noqa: E402
import make_card  # noqa: E402


def fill(work):
    """The tank's pictures by id, as the page lists them."""
    work.import_safely(work.card("plain"))
    return work


def all_pictures(server):
    found = []
    for day in server.get_json("/api/days")["days"]:
        of_day = server.get_json(f"/api/day/{day['day']}")["pictures"]
        expect_equal(len(of_day), day["count"], f"pictures of {day['day']}")
        found += of_day
    return found


def files_of(tank):
    """Content by path below images/."""
    root = Path(tank) / "images"
    return {str(path.relative_to(root)): path.read_bytes()
            for path in root.rglob("*") if path.is_file()}


@contextlib.contextmanager
def gallery(work, *options, **more):
    fill(work)
    with box(work.folder, tank=work.tank) as b, web(b.socket, *options, **more) as server:
        if more.get("logged_in", True):
            server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        yield server


# ---- who may ------------------------------------------------------------------------------------


def test_strangers_see_the_login_page_only(work):
    with FakeBox("copying") as fake, web(fake.socket, logged_in=False) as server:
        answer = server.get("/")
        expect_equal((answer.status, answer.headers["Location"]), (303, "/login"), "the start page")
        for path in ("/api/state", "/api/events", "/api/days", "/api/day/2024-05-12", "/api/search",
                     "/api/picture/1", "/api/zip/2024-05-12", "/media/1/thumb", "/media/1/view",
                     "/media/1/original"):
            expect_equal(server.get(path).status, 401, path)
        expect_equal(server.post("/api/command", '{"id":1,"command":"eject"}').status, 401, "command")
        expect_equal(server.post("/api/zip", "ids=1").status, 401, "zip")
        expect_equal(server.get("/login").status, 200, "login")
        expect_equal(server.get_json("/api/session"), {"role": "none", "upload": False, "secret": "password"},
                     "who")


def test_a_password_opens_and_logging_out_closes(work):
    with FakeBox("copying") as fake, web(fake.socket, logged_in=False) as server:
        expect_equal(server.log_in("something else").status, 403, "a wrong password")
        answer = server.log_in()
        expect_equal(answer.status, 200, "the right one")
        cookie = answer.headers["Set-Cookie"]
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            expect(word in cookie, f"{word} is not in {cookie}")
        expect_equal(server.get("/api/state").status, 200, "logged in")
        expect(PASSWORD not in server.said() and server.cookie not in server.said(), "a secret is logged")
        expect_equal(server.post("/api/logout").status, 200, "logging out")
        expect_equal(server.get("/api/state").status, 401, "the old cookie")


def test_a_code_is_good_once(work):
    with FakeBox("copying") as fake, web(fake.socket, password=None, logged_in=False) as server:
        code = server.wait(lambda: server.code_file.exists() and server.code_file.read_text("ascii"),
                           "the code").splitlines()[0]
        expect_equal(len(code), 9, f"two groups of four digits: {code}")
        expect_equal(server.code_file.stat().st_mode & 0o007, 0, "rights of others")
        expect_equal(server.get_json("/api/session")["secret"], "code", "what is asked for")
        expect_equal(server.log_in(code).status, 200, "the code")
        expect(server.code_file.read_text("ascii").splitlines()[0] != code, "the code stayed")
        expect_equal(server.code_file.read_text("ascii").splitlines()[1], f"http {server.port}", "where")
        expect_equal(server.log_in(code).status, 403, "the same again")
    expect(not server.code_file.exists(), "the code is left over")


def test_guests_may_look_only(work):
    with FakeBox("copying") as fake, web(fake.socket, "--guests=read", logged_in=False) as server:
        expect_equal(server.get("/").status, 200, "the page")
        expect_equal(server.get("/api/state").status, 200, "the state")
        expect_equal(server.get_json("/api/session")["role"], "guest", "role")
        for command in ("eject", "cancel", "poweroff", "reboot"):
            body = json.dumps({"id": 1, "command": command})
            expect_equal(server.post("/api/command", body).status, 401, command)
        expect(not any("command" in line for line in fake.lines), "the daemon was asked")


def test_guests_have_the_pictures_and_bring_none(work):
    fill(work)
    with box(work.folder, tank=work.tank) as b, \
            web(b.socket, "--guests=read", f"--spool={b.reader}", logged_in=False) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        owner = server.log_in()
        expect_equal(owner.status, 200, "log-in")
        begun = server.post("/api/upload", "by=Ann&files=1").json()["upload"]
        put = f"/api/upload/{begun}?file=0&name=a.jpg&size=1&offset=0&time=1715500000000"
        before = sorted(str(path) for path in b.reader.rglob("*"))
        server.cookie = None  # from here on a guest
        expect_equal(server.get_json("/api/session")["upload"], False, "it is offered")
        pictures, files = all_pictures(server), files_of(work.tank)
        expect_equal({server.get(f"/media/{p['id']}/original").body for p in pictures}, set(files.values()), "originals")
        thumb = next(p for p in pictures if p["thumb"])
        expect_equal(server.get(f"/media/{thumb['id']}/thumb").status, 200, "a thumbnail")
        day = zipfile.ZipFile(io.BytesIO(server.get(f"/api/zip/{pictures[0]['time'][:10]}").body))
        expect(set(day.namelist()) <= set(files) and day.namelist(), f"a day: {day.namelist()}")
        some = server.post("/api/zip", f"ids={pictures[0]['id']}")
        expect_equal((some.status, len(zipfile.ZipFile(io.BytesIO(some.body)).namelist())), (200, 1), "a selection")
        for method, path, body in (("POST", "/api/upload", "by=Eve&files=1"), ("PUT", put, b"x"),
                                   ("GET", f"/api/upload/{begun}?file=0", None),
                                   ("POST", f"/api/upload/{begun}/done", ""),
                                   *(("POST", "/api/command", json.dumps({"id": 1, "command": command, "force": True}))
                                     for command in ("confirm", "eject", "cancel", "retry", "poweroff", "reboot"))):
            answer = server.request(method, path, body, {"Origin": server.origin})
            expect_equal(answer.status, 401, f"{method} {path} {body}")
        expect_equal(sorted(str(path) for path in b.reader.rglob("*")), before, "the spool")
        expect_equal(files_of(work.tank), files, "the tank")


def test_trying_passwords_is_slowed_down(work):
    with FakeBox("copying") as fake, web(fake.socket, logged_in=False) as server:
        answers = [server.log_in("guess") for _ in range(7)]
        expect_equal([a.status for a in answers], [403] * 5 + [429] * 2, "seven guesses")
        expect("Wait" in answers[-1].json()["remedy"], "how long")
        expect_equal(server.log_in().status, 429, "the right one must wait as well")
        expect_equal(server.log_in(source="127.0.0.9").status, 200, "another address need not")


def test_other_pages_cannot_act_for_the_user(work):
    with FakeBox("copying") as fake, web(fake.socket) as server:
        body = '{"id":1,"command":"cancel"}'
        for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"},
                        {"Origin": server.origin, "Sec-Fetch-Site": "cross-site"},
                        {"Sec-Fetch-Site": "same-site"}, {"Origin": server.origin + ".evil"}):
            answer = server.request("POST", "/api/command", body, headers)
            expect_equal(answer.status, 403, f"with {headers}")
        expect(not any("cancel" in line for line in fake.lines), "the daemon was asked")
        server.wait(lambda: server.get_json("/api/state")["connection"] == "up", "the daemon")
        expect_equal(server.post("/api/command", body).status, 200, "our own page")


def test_without_rights_it_shows_and_changes_nothing(work):
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        raise Skip("only root can run it as somebody else")
    fill(work)
    os.chmod(work.folder, 0o755)
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs")
    with box(work.folder, tank=work.tank) as b:
        before = files_of(work.tank)
        with web(b.socket, "--code-file=/dev/null/code", "--guests=read", logged_in=False, prefix=nobody,
                 open_password=True) as server:
            server.wait(lambda: server.get("/api/days").status == 200, "the tank")
            expect_equal(server.log_in().status, 200, "the password")
            pictures = all_pictures(server)
            expect_equal(len(pictures), len(files_of(work.tank)), "pictures")
            expect_equal(server.get(f"/media/{pictures[0]['id']}/original").status, 200, "an original")
            refused = server.post("/api/command", '{"id":1,"command":"poweroff"}')
            expect_equal((refused.status, refused.json()["code"]), (409, "not-allowed"), "a command")
        expect(files_of(work.tank) == before, "the tank's files have changed")
        expect_equal([p for p in Path(work.tank).rglob("*") if p.stat().st_uid == 65534], [], "its files")


def agrees_on_tls(port, *options):
    """With a browser that would take anything itself."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options], input=b"",
                          timeout=DEADLINE_S, check=False, capture_output=True)
    return done.returncode == 0 and b"Cipher is (NONE)" not in done.stdout


def make_certificate(work):
    if not shutil.which("openssl"):
        raise Skip("openssl is not installed")
    certificate, key = work.path("cert.pem"), work.path("key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tank",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def test_tls(work):
    certificate, key = make_certificate(work)
    with FakeBox("copying") as fake, \
            web(fake.socket, f"--tls-certificate={certificate}", f"--tls-key={key}", logged_in=False) as server:
        context = ssl.create_default_context(cafile=str(certificate))
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=DEADLINE_S, context=context)
        connection.request("POST", "/api/login", "secret=" + PASSWORD.replace(" ", "+"),
                           {"Origin": f"https://127.0.0.1:{server.port}"})
        answer = connection.getresponse()
        expect_equal(answer.status, 200, "log-in")
        expect("; Secure" in answer.headers["Set-Cookie"], "the cookie goes out without TLS, too")
        # A browser that was told so once does not let its user past a certificate that it does not know.
        expect_equal(answer.headers["Strict-Transport-Security"], None, "HSTS")
        connection.close()
        for good in (("-tls1_3",), ("-tls1_2",), ("-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305")):
            expect(agrees_on_tls(server.port, *good), f"refused: {good}")
        for bad in (("-tls1_1", "-cipher", "ALL@SECLEVEL=0"), ("-tls1", "-cipher", "ALL@SECLEVEL=0"),
                    ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA@SECLEVEL=0"),
                    ("-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384@SECLEVEL=0"),
                    ("-tls1_2", "-cipher", "AES128-GCM-SHA256@SECLEVEL=0")):
            expect(not agrees_on_tls(server.port, *bad), f"accepted: {bad}")


# ---- from http to https -------------------------------------------------------------------------


class Plain:
    """The port of a page with TLS where only the way to it is told."""

    def __init__(self, server, port):
        self.server, self.port = server, port

    def send(self, data, source=None):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S,
                                         source_address=source and (source, 0))
        plain.sendall(data)
        return plain

    def ask(self, head, source=None):
        """Status, headers and body, to the end of the connection: it is never kept."""
        with self.send(head.encode("latin-1"), source) as plain:
            answer = plain.makefile("rb").read()
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        return int(first.split()[1]), {name.lower(): value for name, value in
                                       (line.split(": ", 1) for line in lines)}, body

    def get(self, target, host="127.0.0.1", method="GET", more="", **how):
        return self.ask(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n", **how)

    def page_is_well(self):
        """Somebody who comes with TLS is served."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        page = http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=DEADLINE_S, context=context)
        page.request("GET", "/login")
        expect_equal(page.getresponse().status, 200, "the page with TLS")
        page.close()


@contextlib.contextmanager
def redirecting(work, *options):
    certificate, key = make_certificate(work)
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    with FakeBox("copying") as fake, \
            web(fake.socket, f"--tls-certificate={certificate}", f"--tls-key={key}", f"--redirect=127.0.0.1:{port}",
                *options, logged_in=False) as server:
        plain = Plain(server, port)
        server.wait(lambda: can_connect(port), "the port without TLS")
        yield plain


def can_connect(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S):
        return True
    return False


def test_who_comes_without_tls_is_led_to_the_page(work):
    with redirecting(work, "--names=pictures.example") as plain:
        to = plain.server.port
        for target, host, wanted in (
                ("/", "127.0.0.1", f"https://127.0.0.1:{to}/"), ("/", f"imgtank:{plain.port}", f"https://imgtank:{to}/"),
                ("/login?a=b%20c&d", "pictures.example", f"https://pictures.example:{to}/login?a=b%20c&d"),
                ("/media/1/view", "[::1]:80", f"https://[::1]:{to}/media/1/view"),
                ("//evil.example/", "imgtank", f"https://imgtank:{to}//evil.example/"),
                ("http://evil.example/", "imgtank", f"https://imgtank:{to}/")):
            for method in ("GET", "HEAD"):
                status, headers, body = plain.get(target, host, method)
                expect_equal((status, headers["location"], body), (308, wanted, b""), f"{method} {target} of {host}")
                # Tomorrow the box may be without TLS: neither cookie nor memory ties a browser to it.
                expect_equal(headers["cache-control"], "no-store", "kept for how long")
                expect("set-cookie" not in headers and "strict-transport-security" not in headers, headers)
                expect("default-src 'none'" in headers["content-security-policy"], "guards")
        plain.page_is_well()


def test_nothing_else_is_to_be_had_without_tls(work):
    with redirecting(work) as plain:
        secret = "secret=" + PASSWORD.replace(" ", "+")
        more = f"Content-Length: {len(secret)}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
            status, headers, body = plain.ask(f"{method} /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                              f"Origin: http://127.0.0.1:{plain.port}\r\n{more}\r\n{secret}")
            expect_equal(status, 405, method)
            expect("location" not in headers and "set-cookie" not in headers, f"{method}: {headers}")
            expect(b"https://" in body, f"no remedy: {body}")
        # A body that never comes keeps nobody waiting.
        status, _, _ = plain.get("/", method="POST", more="Content-Length: 1000000\r\n")
        expect_equal(status, 405, "a POST without its body")
        status, _, _ = plain.get("/" + "a" * 3000)
        expect_equal(status, 414, "a long one")


def test_nobody_is_led_to_a_foreign_host(work):
    with redirecting(work) as plain:
        for host in ("evil.example", f"evil.example:{plain.port}", "127.0.0.1.evil.example", "imgtank.evil.example",
                     "imgtank@evil.example", "imgtank/evil.example", "[::1", "[::1]evil.example", "", "imgtank evil"):
            for path in ("/", "/login"):
                status, headers, body = plain.get(path, host)
                expect(status in (400, 421), f"{path} of {host!r}: {status}")
                expect("location" not in headers, f"{path} of {host!r}: {headers}")
                expect(b"<" not in body, body)
        for head in ("GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
                     "GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: imgtank\r\n\r\n",
                     "GET http://imgtank/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"):
            status, headers, _ = plain.ask(head)
            expect(status in (400, 421) and "location" not in headers, f"{head!r}: {status} {headers}")


def test_a_redirect_carries_no_other_header(work):
    with redirecting(work) as plain:
        for target in ("/%0d%0aX-Evil:1", "/%0D%0A%0D%0A<b>x", "/?a=%0d%0aSet-Cookie:%20a=b", "/\rX-Evil:1",
                       "/\x0bX-Evil:1", "/\xe5\x98\x8aX-Evil:1", "/%00X-Evil", "/a\tX-Evil:1", "/<b>\"'\\"):
            status, headers, body = plain.get(target)
            expect(status in (308, 400), f"{target!r}: {status}")
            expect("x-evil" not in headers and "set-cookie" not in headers and b"<b>" not in body, f"{target!r}: {headers}")
            if status == 308:
                expect(re.fullmatch(rf"https://127\.0\.0\.1:{plain.server.port}/[!$-;=?-Z_a-z~]*", headers["location"]),
                       f"{target!r} leads to {headers['location']!r}")


def test_slow_clients_without_tls_hurt_nobody(work):
    with redirecting(work) as plain:
        began = time.monotonic()
        # All that one address may have, and each sends half a request: it is full for that address only.
        slow = [plain.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ") for _ in range(80)]
        ended = threading.Event()

        def drip():
            while not ended.wait(1):
                for one in slow:
                    with contextlib.suppress(OSError):
                        one.send(b"X")

        sender = threading.Thread(target=drip)
        sender.start()
        try:
            plain.page_is_well()
            expect_equal(plain.get("/", source="127.0.0.9")[0], 308, "another address")
            slow[0].settimeout(60)
            with contextlib.suppress(ConnectionError):
                expect_equal(slow[0].recv(4096), b"", "an answer to half a request")
            took = time.monotonic() - began
            expect(took < 40, f"a sender that drips was kept for {took:.0f} s")
            plain.server.wait(lambda: with_patience(plain), "a place for that address")
        finally:
            ended.set()
            sender.join()
            for one in slow:
                one.close()
        plain.page_is_well()


def with_patience(plain):
    """None while its address has no place."""
    with contextlib.suppress(OSError, IndexError):
        return plain.get("/")[0] == 308
    return None


def test_a_page_without_that_port_is_still_there(work):
    certificate, key = make_certificate(work)
    tls = (f"--tls-certificate={certificate}", f"--tls-key={key}")
    with socket.create_server(("127.0.0.1", 0)) as other, FakeBox("copying") as fake:
        port = other.getsockname()[1]
        with web(fake.socket, *tls, f"--redirect=127.0.0.1:{port}", logged_in=False) as server:
            Plain(server, port).page_is_well()
            expect("is not led to the page" in server.said(), server.said())
        with web(fake.socket, f"--redirect={port}", logged_in=False) as server:
            expect_equal(server.get("/login").status, 200, "without TLS")
            expect("only with tls-certificate" in server.said(), server.said())
        for bad in ("", ":80", "80:80:80", "[::]:99999", "::1:80"):
            done = subprocess.run([BIN / "imgtank-ui-web", "--config", "/dev/null", "--socket", fake.socket, *tls,
                                   f"--redirect={bad}"], check=False, capture_output=True, text=True,
                                  timeout=DEADLINE_S)
            expect(done.returncode == 2 and "redirect" in done.stderr, f"--redirect={bad}: {done}")


# ---- now ------------------------------------------------------------------------------------------


def test_commands_and_their_answers(work):
    with FakeBox("ask") as fake, web(fake.socket) as server:
        fake.step("advance 3")
        state = server.wait(lambda: (s := server.get_json("/api/state")["state"])["cards"] and s, "a card")
        card = state["cards"][0]["card"]
        refused = server.post("/api/command", json.dumps({"id": 1, "command": "retry", "card": card}))
        expect_equal(refused.status, 409, "retry before anything")
        expect(refused.json()["sentence"] and refused.json()["remedy"], "words")
        for bad in ("", "[]", "{", '{"id":1,"command":"follow"}', '{"id":1,"command":"nonsense"}',
                    '{"id":1}', '{"command":"eject"}'):
            expect_equal(server.post("/api/command", bad).status, 400, f"body {bad}")
        done = server.post("/api/command", json.dumps({"id": 1, "command": "confirm", "card": card}))
        expect_equal(done.json()["ok"], True, "confirm")
        fake.wait_for('command.*"confirm"')


def read_event(response):
    """The next state, or None at the end; beats are passed over, but not for ever."""
    data = b""
    end = time.monotonic() + DEADLINE_S
    while line := response.readline():
        expect(time.monotonic() < end, "only beats came")
        if line == b"\n":
            if data:
                return json.loads(data)
        elif line.startswith(b"data:"):
            data += line[5:].strip()
    return None


def test_events_follow_the_daemon(work):
    with FakeBox("copying") as fake, web(fake.socket) as server:
        connection = server.connect()
        connection.request("GET", "/api/events", headers={"Cookie": f"imgtank={server.cookie}"})
        response = connection.getresponse()
        expect_equal(response.headers["Content-Type"], "text/event-stream", "type")
        expect(read_event(response)["connection"] in ("connecting", "up"), "the first state")
        fake.step("advance 10")
        end = time.monotonic() + DEADLINE_S
        while not (event := read_event(response))["state"]["cards"]:
            expect(time.monotonic() < end, "no card came")
        expect_equal(len(event["card_tones"]), len(event["state"]["cards"]), "tones")
        fake.close()
        while read_event(response)["connection"] != "none":
            expect(time.monotonic() < end, "the lost connection was not told")
        server.post("/api/logout")
        expect_equal(read_event(response), None, "what is sent to somebody who has logged out")
        connection.close()


def test_slow_readers_cost_nothing(work):
    with FakeBox("three-cards") as fake, web(fake.socket) as server:
        readers = []
        for _ in range(30):
            reader = socket.create_connection(("127.0.0.1", server.port))
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.sendall(f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: imgtank={server.cookie}\r\n\r\n".encode())
            readers.append(reader)
        fake.step("advance 1")
        server.wait(lambda: server.get("/api/state").status == 200, "an answer")
        before = server.rss_kb()
        for _ in range(40):
            fake.step("advance 0.5")
        expect_equal(server.get("/api/state").status, 200, "others are served")
        grown = server.rss_kb() - before
        expect(grown < 20000, f"memory grew by {grown} kB")
        for reader in readers:
            reader.close()


def test_without_a_daemon_it_says_so(work):
    with web(unused_socket(work.folder)) as server:
        state = server.get_json("/api/state")
        expect(state["connection"] in ("connecting", "none"), state["connection"])
        expect_equal(state["tone"], "quiet", "tone")
        expect_equal(server.get("/api/days").status, 503, "pictures")
        expect_equal(server.post("/api/command", '{"id":1,"command":"poweroff"}').status, 503, "command")


# ---- pictures -------------------------------------------------------------------------------------


def test_originals_are_those_of_the_tank(work):
    with gallery(work) as server:
        pictures = all_pictures(server)
        files = files_of(work.tank)
        expect_equal(len(pictures), len(files), "pictures")
        contents = set()
        for picture in pictures:
            answer = server.get(f"/media/{picture['id']}/original?v={picture['v']}")
            expect_equal(answer.status, 200, picture["name"])
            expect_equal(len(answer.body), picture["bytes"], f"size of {picture['name']}")
            expect(f'filename="{picture["name"]}"' in answer.headers["Content-Disposition"], "its name")
            contents.add(answer.body)
            expect(picture["verified"], f"{picture['name']} is not verified")
        expect_equal(contents, set(files.values()), "contents")
        small = [picture for picture in pictures if picture["thumb"]]
        expect(small, "no thumbnails")
        for picture in small:
            answer = server.get(f"/media/{picture['id']}/thumb?v={picture['v']}")
            expect_equal((answer.status, answer.body[:2]), (200, b"\xff\xd8"), "a JPEG")
            expect("immutable" in answer.headers["Cache-Control"], "cached")


def test_ranges_and_conditions(work):
    with gallery(work) as server:
        picture = max(all_pictures(server), key=lambda one: one["bytes"])
        path = f"/media/{picture['id']}/view?v={picture['v']}"
        if not picture["shown"]:
            path = path.replace("view", "original")
        whole = server.get(path)
        size = len(whole.body)

        def ranged(text, **more):
            return server.get(path, headers={"Range": text, **more})

        for text, first, last in (("bytes=0-9", 0, 9), (f"bytes=5-{size * 2}", 5, size - 1),
                                  ("bytes=-7", size - 7, size - 1), (f"bytes={size - 1}-", size - 1, size - 1)):
            answer = ranged(text)
            expect_equal(answer.status, 206, text)
            expect_equal(answer.body, whole.body[first:last + 1], text)
            expect_equal(answer.headers["Content-Range"], f"bytes {first}-{last}/{size}", text)
        for text in (f"bytes={size}-", "bytes=9-5", "bytes=0-1,3-4", "bytes=-0", "bytes=x"):
            answer = ranged(text)
            expect_equal(answer.status, 416, text)
            expect_equal(answer.headers["Content-Range"], f"bytes */{size}", text)
        expect_equal(ranged("lines=1-2").status, 200, "another unit")
        etag = whole.headers["ETag"]
        expect_equal(server.get(path, headers={"If-None-Match": etag}).status, 304, "the same")
        expect_equal(server.get(path, headers={"If-None-Match": '"other"'}).status, 200, "another")
        expect_equal(ranged("bytes=0-9", **{"If-Range": etag}).status, 206, "If-Range, the same")
        expect_equal(ranged("bytes=0-9", **{"If-Range": '"other"'}).status, 200, "If-Range, another")
        answer = server.request("HEAD", path)
        expect_equal((answer.status, answer.body, int(answer.headers["Content-Length"])), (200, b"", size), "HEAD")
        expect_equal(server.get(path.split("?")[0] + "?v=0000000000000000").status, 404, "another content")


def test_a_large_file_is_the_same(work):
    small = next(Path(os.fsdecode(work.card("plain").root)).rglob("*.[jJ][pP][gG]"))
    source = work.path("large")
    source.mkdir()
    content = small.read_bytes() + os.urandom(3_000_000)
    (source / "LARGE.JPG").write_bytes(content)
    expect_equal(work.run(source).verdict(), "safe-to-format", "the import")
    with box(work.folder, tank=work.tank) as b, web(b.socket) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        picture = all_pictures(server)[0]
        path = f"/media/{picture['id']}/view?v={picture['v']}"
        expect(server.get(path).body == content, "the whole")
        part = server.get(path, headers={"Range": "bytes=100000-2000000"})
        expect(part.status == 206 and part.body == content[100000:2000001], "a part")


def test_search(work):
    with gallery(work) as server:
        pictures = all_pictures(server)
        one = pictures[0]
        found = server.get_json(f"/api/search?name={one['name']}")["pictures"]
        expect(one["id"] in [picture["id"] for picture in found], "by name")
        day = one["time"][:10]
        found = server.get_json(f"/api/search?from={day}&to={day}")["pictures"]
        expect_equal(sorted(p["id"] for p in found),
                     sorted(p["id"] for p in pictures if p["time"][:10] == day), "by day")
        expect_equal(server.get_json("/api/search?name=nosuchpicture")["pictures"], [], "nothing")
        expect_equal(server.get_json("/api/search?camera=nosuchcamera")["pictures"], [], "no camera")
        for bad in ("from=yesterday", "after_time=2024-01-01", "after_id=-1&after_time=x", "to=2024-13-01"):
            expect_equal(server.get(f"/api/search?{bad}").status, 400, bad)


def test_search_by_camera_and_card(work):
    """Two cards, three cameras: each question finds its pictures, all of them and no others."""
    for name, cameras in (("AUTUMN", ("EX-1", "EX-22")), ("WINTER", ("EX-1", "Z%_6"))):
        card = make_card.Card(work.path(name), len(work.snapshots) * 1000)
        for i in range(6):
            card.jpeg(f"DCIM/100EXMPL/IMG_{i:04}.JPG", make_card.at(i, 10), model=cameras[i % 2])
        work.watch(card)
        work.import_safely(card)
    with box(work.folder, tank=work.tank) as b, web(b.socket) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        pictures = all_pictures(server)
        expect_equal(len(pictures), 12, "pictures")

        def check(count, has, **question):
            wanted = sorted(p["id"] for p in pictures if has(p))
            expect_equal(len(wanted), count, f"pictures that fit to {question}")
            found = server.get_json("/api/search?" + urlencode(question))["pictures"]
            expect_equal(sorted(p["id"] for p in found), wanted, f"found by {question}")

        check(6, lambda p: p["camera"].endswith("EX-1"), camera="ex-1")
        check(3, lambda p: p["camera"].endswith("EX-22"), camera="EX-22")
        check(3, lambda p: p["camera"].endswith("Z%_6"), camera="%_")
        check(12, lambda p: p["camera"].startswith("Examplecam"), camera="examplecam")
        check(6, lambda p: p["card"] == "AUTUMN", card="autumn")
        check(6, lambda p: p["card"] == "WINTER", card="WINTER")
        check(3, lambda p: p["card"] == "WINTER" and p["camera"].endswith("EX-1"), card="winter", camera="EX-1")
        check(0, lambda p: False, card="AUTUMN", camera="Z%_6")


def test_a_day_as_zip_is_the_tank(work):
    with gallery(work) as server:
        files, seen = files_of(work.tank), {}
        for day in server.get_json("/api/days")["days"]:
            answer = server.get(f"/api/zip/{day['day']}")
            expect_equal(answer.status, 200, day["day"])
            archive = zipfile.ZipFile(io.BytesIO(answer.body))
            expect_equal(archive.testzip(), None, "checksums")
            for info in archive.infolist():
                expect(info.filename not in seen, f"{info.filename} is there twice")
                seen[info.filename] = archive.read(info)
        expect_equal(seen, files, "contents")
        ids = [picture["id"] for picture in all_pictures(server)][:3]
        answer = server.post("/api/zip", "ids=" + ",".join(map(str, ids)))
        expect_equal(len(zipfile.ZipFile(io.BytesIO(answer.body)).namelist()), 3, "a selection")
        for bad in ("", "ids=", "ids=1,,2", "ids=1;2", "ids=-1", "ids=../../etc"):
            expect_equal(server.post("/api/zip", bad).status, 400, bad)


def test_a_zip_names_what_it_lacks(work):
    with gallery(work) as server:
        pictures = all_pictures(server)
        paths = sorted(Path(work.tank, "images").rglob("*.*"))
        gone = paths[0]
        gone.rename(Path(work.folder) / "gone")
        short = paths[1]
        content = short.read_bytes()
        short.write_bytes(content[:-1])
        try:
            answer = server.post("/api/zip", "ids=" + ",".join(str(p["id"]) for p in pictures))
            archive = zipfile.ZipFile(io.BytesIO(answer.body))
            expect_equal(archive.testzip(), None, "checksums")
            expect_equal(len(archive.namelist()), len(pictures) - 2 + 1, "files")
            text = archive.read("NOT-IN-THIS-ARCHIVE.txt").decode()
            expect(gone.name in text and short.name in text, text)
            ids = {picture["name"]: picture["id"] for picture in pictures}
            expect_equal(server.get(f"/media/{ids[gone.name]}/original").status, 404, "the lost one")
            expect_equal(server.get(f"/media/{ids[short.name]}/original").status, 409, "the short one")
        finally:
            (Path(work.folder) / "gone").rename(gone)
            short.write_bytes(content)


# ---- the hostile network --------------------------------------------------------------------------


def test_no_path_leaves_the_tank(work):
    with gallery(work) as server:
        outside = Path(work.folder) / "secret.txt"
        outside.write_text("secret", encoding="utf-8")
        for path in ("/../secret.txt", "/static/../../secret.txt", "/static/..%2f..%2fsecret.txt",
                     "/static/%2e%2e/secret.txt", "/static//etc/passwd", "/media/../secret.txt/view",
                     "/media/1%00/view", "/media/0/view", "/media/-1/view", "/media/1x/view",
                     "/media/99999999999999999999/view", "/media/9223372036854775807/view", "//etc/passwd",
                     "/media/%2e%2e%2f/original", "/static/index.html", "/static/", "/api/day/../../x",
                     "/api/zip/..", "/" + "a/" * 2000):
            answer = server.get(path)
            expect(answer.status in (400, 404, 414), f"{path[:60]}: {answer.status}")
            expect(b"secret" not in answer.body and b"root:" not in answer.body, path[:60])
        picture = next(p for p in all_pictures(server))
        target = next(Path(work.tank, "images").rglob(picture["name"]))
        kept = target.rename(Path(work.folder) / "kept")
        target.symlink_to(outside)
        try:
            answer = server.get(f"/media/{picture['id']}/original")
            expect(answer.status >= 400 and b"secret\n" not in answer.body, "a link was followed")
        finally:
            target.unlink()
            kept.rename(target)


def test_headers_cannot_be_injected(work):
    with FakeBox("copying") as fake, web(fake.socket) as server:
        for path in ("/login%0d%0aSet-Cookie:%20a=b", "/static/%0d%0aX-Evil:1", "/api/day/%0aX-Evil:1",
                     "/api/zip/2024-05-12%0d%0aX-Evil:%201"):
            answer = server.get(path)
            expect("X-Evil" not in answer.headers and "Set-Cookie" not in answer.headers, path)
        for headers in ({"Range": "bytes=0-" + "9" * 4000}, {"Cookie": "imgtank=" + "f" * 6000},
                        {"Cookie": f"imgtank={server.cookie}; imgtank=x"}, {"If-None-Match": '"' * 3000},
                        {"Cookie": "imgtank="}, {"Cookie": ";;;=;imgtank"}):
            expect(server.get("/api/state", headers=headers).status in (200, 401, 413, 431), str(headers)[:50])
        huge = server.get("/", headers={"X-Long": "x" * 40000}).status
        expect(huge in (413, 431), f"40 kB of header: {huge}")


def test_every_answer_has_its_guards(work):
    with FakeBox("copying") as fake, web(fake.socket) as server:
        for path in ("/", "/login", "/api/state", "/static/app.js", "/nosuch", "/media/1/view"):
            headers = server.get(path).headers
            expect("default-src 'none'" in headers["Content-Security-Policy"], path)
            expect("frame-ancestors 'none'" in headers["Content-Security-Policy"], path)
            expect("unsafe" not in headers["Content-Security-Policy"], path)
            expect_equal(headers["X-Content-Type-Options"], "nosniff", path)
            expect_equal(headers["Referrer-Policy"], "same-origin", path)
            expect(headers["Cache-Control"], path)
        expect_equal(server.request("DELETE", "/api/state").status, 405, "DELETE")
        expect_equal(server.request("GET", "/api/command").status, 405, "GET of a command")
        expect_equal(server.post("/api/command", "x" * 70000).status, 413, "a large body")


def test_it_can_be_put_on_a_home_screen(work):
    with FakeBox("copying") as fake, web(fake.socket, logged_in=False) as server:
        link = re.search(r'<link rel="manifest" href="([^"]+)"', (ROOT / "assets/web/index.html").read_text("utf-8"))
        answer = server.get(link[1])
        expect_equal((answer.status, answer.headers["Content-Type"].split(";")[0]), (200, "application/manifest+json"),
                     "the manifest")
        manifest = answer.json()
        for key in ("name", "short_name", "start_url", "display", "background_color", "theme_color"):
            expect(manifest[key], key)
        sizes = set()
        for icon in manifest["icons"]:
            shown = server.get(icon["src"])
            expect_equal((shown.status, shown.headers["Content-Type"]), (200, icon["type"]), icon["src"])
            if icon["type"] == "image/png":
                width, height = struct.unpack_from(">II", shown.body, 16)
                expect_equal(f"{width}x{height}", icon["sizes"], icon["src"])
            sizes.add(icon["sizes"])
        expect(sizes >= {"192x192", "any"} or sizes >= {"192x192", "512x512"}, f"icons of {sizes}")


def test_a_name_server_that_lies_gains_nothing(work):
    machine = socket.gethostname()
    with gallery(work, "--guests=read", "--names=pictures.example nas", logged_in=False) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        thumb = f"/media/{all_pictures(server)[0]['id']}/thumb"
        for host in ("127.0.0.1", "192.168.1.9:80", "[::1]:8080", "localhost", machine, "imgtank", "imgtank.local",
                     machine.split(".")[0] + ".local", "pictures.example", "NAS:8080"):
            expect_equal(server.get("/api/state", headers={"Host": host}).status, 200, host)
        for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example", "imgtank.evil.example",
                     "[::1", "<b>evil</b>", ""):
            for path in ("/", "/login", "/static/app.js", "/api/state", "/api/days", "/api/session", thumb, "/nosuch"):
                answer = server.get(path, headers={"Host": host})
                expect_equal(answer.status, 421, f"{path} of {host!r}")
                expect(b"names = " in answer.body and b"[ui-web]" in answer.body, f"no remedy: {answer.body}")
                expect(answer.headers["Content-Type"].startswith("text/plain") and b"<b>" not in answer.body, host)
                expect(answer.headers["Content-Security-Policy"], "guards")
        log_in = server.request("POST", "/api/login", "secret=" + PASSWORD.replace(" ", "+"),
                                {"Host": "evil.example", "Origin": "http://evil.example"})
        expect_equal((log_in.status, log_in.headers["Set-Cookie"]), (421, None), "a log-in by another name")
        bare = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
        bare.sendall(b"GET /api/state HTTP/1.0\r\n\r\n")
        expect(b" 421 " in bare.makefile("rb").readline(), "without a name")
        bare.close()
    with FakeBox("copying") as fake:
        for names in ("", "http://nas", "nas:8080", "*"):
            done = subprocess.run([BIN / "imgtank-ui-web", "--config", "/dev/null", "--socket", fake.socket,
                                   f"--names={names}"], check=False, capture_output=True, text=True,
                                  timeout=DEADLINE_S)
            expect(done.returncode == 2 and "names" in done.stderr, f"--names={names}: {done}")


def test_slow_senders_are_let_go(work):
    with FakeBox("copying") as fake, web(fake.socket) as server:
        slow = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        began = time.monotonic()
        slow.sendall(b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        ended = threading.Event()

        def drip():
            with contextlib.suppress(OSError):
                while not ended.wait(1):
                    slow.sendall(b"X")

        sender = threading.Thread(target=drip)
        sender.start()
        try:
            expect_equal(server.get("/api/state").status, 200, "others are served meanwhile")
            with contextlib.suppress(ConnectionError):
                expect_equal(slow.recv(4096), b"", "an answer to half a request")
            took = time.monotonic() - began
        finally:
            ended.set()
            sender.join()
            slow.close()
        expect(10 < took < 30, f"it took {took:.1f} s")
        expect_equal(server.get("/api/state").status, 200, "others are served")


def test_idle_connections_leave_room(work):
    with FakeBox("copying") as fake, web(fake.socket) as server:
        server.get("/api/state")
        before = server.rss_kb()
        idle = []
        for address in ("127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"):
            for _ in range(60):
                idle.append(socket.create_connection(("127.0.0.1", server.port), source_address=(address, 0)))
        for _ in range(50):
            expect_equal(server.get("/api/state").status, 200, "with 240 idle connections")
        expect(server.rss_kb() - before < 40000, f"memory grew by {server.rss_kb() - before} kB")
        for connection in idle:
            connection.close()


def test_one_address_cannot_take_all(work):
    with FakeBox("copying") as fake, web(fake.socket) as server:
        server.get("/login")
        greedy = [socket.create_connection(("127.0.0.1", server.port), source_address=("127.0.2.1", 0))
                  for _ in range(150)]
        expect_equal(server.get("/api/state").status, 200, "another address")
        for connection in greedy:
            connection.close()


def test_many_addresses_cannot_take_all_from_who_is_logged_in(work):
    with FakeBox("copying") as fake, web(fake.socket) as server:
        server.get("/api/state")
        greedy = [socket.create_connection(("127.0.0.1", server.port), source_address=(f"127.0.3.{1 + i // 64}", 0))
                  for i in range(640)]
        expect_equal(server.get("/api/state").status, 200, "who is logged in")
        for connection in greedy:
            connection.close()


def request_text(server, path, cookie=True, method="GET", body=""):
    session = f"Cookie: imgtank={server.cookie}\r\n" if cookie else ""
    return (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.origin}\r\n{session}"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def statuses_of(server, count, request, address):
    """What so many readers of one address are answered, who then read no further; and their connections."""
    readers = []
    for _ in range(count):
        reader = socket.create_connection(("127.0.0.1", server.port), source_address=(address, 0))
        reader.settimeout(DEADLINE_S)
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(request)
        readers.append(reader)
    return [int(reader.recv(12).split()[1]) for reader in readers], readers


def test_one_address_has_its_share_of_live_pages(work):
    with FakeBox("copying") as fake, web(fake.socket, "--guests=read") as server:
        got, greedy = statuses_of(server, 20, request_text(server, "/api/events", cookie=False), "127.0.4.1")
        expect_equal((got.count(200), got.count(503)), (16, 4), "of one address")
        got, more = statuses_of(server, 16, request_text(server, "/api/events", cookie=False), "127.0.4.2")
        expect_equal(got.count(200), 16, "of a second one")
        got, guests = statuses_of(server, 1, request_text(server, "/api/events", cookie=False), "127.0.4.3")
        expect_equal(got, [503], "guests have half")
        got, owner = statuses_of(server, 1, request_text(server, "/api/events"), "127.0.0.1")
        expect_equal(got, [200], "who is logged in")
        for connection in greedy + more + guests + owner:
            connection.close()


def test_one_address_has_its_share_of_downloads(work):
    content = os.urandom(30_000_000)
    source = work.path("big") / "DCIM" / "100EXMPL"
    source.mkdir(parents=True)
    (source / "IMG_0001.JPG").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + content)
    expect_equal(work.run(work.path("big")).verdict(), "safe-to-format", "the import")
    with box(work.folder, tank=work.tank) as b, web(b.socket, "--guests=read") as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        big = max(all_pictures(server), key=lambda picture: picture["bytes"])
        zip_as_guest = request_text(server, "/api/zip", False, "POST", f"ids={big['id']}")
        got, greedy = statuses_of(server, 5, zip_as_guest, "127.0.4.1")
        expect_equal((got.count(200), got.count(503)), (3, 2), "of one address")
        got, guests = statuses_of(server, 2, zip_as_guest, "127.0.4.2")
        expect_equal(got, [200, 503], "guests have half")
        got, owner = statuses_of(server, 1, request_text(server, "/api/zip", True, "POST", f"ids={big['id']}"),
                                 "127.0.0.1")
        expect_equal(got, [200], "who is logged in")
        for connection in greedy + guests + owner:
            connection.close()


def test_a_zip_of_nothing_keeps_nobody_waiting(work):
    """Its pictures are looked up some at a time: the others' requests come in between."""
    with gallery(work) as server:
        zip_request = request_text(server, "/api/zip", True, "POST", "ids=" + ",".join(["999"] * 16000))
        reader = socket.create_connection(("127.0.0.1", server.port))
        reader.settimeout(DEADLINE_S)
        reader.sendall(zip_request)
        expect(reader.recv(12).startswith(b"HTTP/1.1 200"), "the beginning")
        answered = 0
        other = server.connect()
        reader.setblocking(False)
        is_over = False
        while not is_over:
            other.request("GET", "/api/session", headers={"Cookie": f"imgtank={server.cookie}"})
            expect_equal(other.getresponse().read()[:1], b"{", "another request")
            answered += 1
            with contextlib.suppress(BlockingIOError):
                while not is_over:
                    piece = reader.recv(65536)
                    is_over = not piece or b"PK\x05\x06" in piece
        expect(answered >= 20, f"{answered} others were answered meanwhile")
        reader.close()
        other.close()


def test_a_new_password_ends_what_the_old_one_has_opened(work):
    with FakeBox("copying") as fake, web(fake.socket) as server:
        expect_equal(server.get("/api/state").status, 200, "before")
        server.make_password("another password 9")
        server.wait(lambda: server.get("/api/state").status == 401, "the end of the session")
        expect_equal(server.log_in("another password 9").status, 200, "the new one")
        expect_equal(server.get("/api/state").status, 200, "after")
        earlier = server.cookie
        server.make_password("a third password 9")
        expect_equal(server.log_in("a third password 9").status, 200, "the third one, at once")
        expect_equal(server.get("/api/state").status, 200, "it is not taken for an earlier one")
        server.cookie = earlier
        expect_equal(server.get("/api/state").status, 401, "the one before")


def test_a_thumbnail_that_is_sent_again_is_guarded_as_before(work):
    with gallery(work) as server:
        picture = next(picture for picture in all_pictures(server) if picture["thumb"])
        path = f"/media/{picture['id']}/thumb?v={picture['v']}"
        first, again = server.get(path), server.get(path)
        expect_equal(first.status, 200, "status")
        expect_equal(again.body, first.body, "the same picture")
        for name in ("Content-Security-Policy", "X-Content-Type-Options", "Cache-Control", "ETag", "Content-Type"):
            expect(first.headers[name], name)
            expect_equal(again.headers.get_all(name), first.headers.get_all(name), name)
        head = server.request("HEAD", path)
        expect_equal((head.status, head.body, head.headers["Content-Length"]), (200, b"", str(len(first.body))), "HEAD")
        expect_equal(server.get(path, cookie=False).status, 401, "a stranger")
        expect_equal(server.get(path + "0").status, 404, "another content")
        expect_equal(server.get(path, headers={"Range": "bytes=0-1"}).body, first.body[:2], "a part")
        expect_equal(server.get(path, headers={"If-None-Match": first.headers["ETag"]}).status, 304, "known")
        server.post("/api/logout")
        expect_equal(server.get(path).status, 401, "after logging out")


def test_another_tank_in_the_same_place_is_seen(work):
    """What was read ahead is good for a second."""
    with gallery(work) as server:
        pictures = [picture for picture in all_pictures(server) if picture["thumb"]]
        path, other = [f"/media/{picture['id']}/original?v={picture['v']}" for picture in pictures[:2]]
        expect_equal(server.get(path).status, 200, "status")
        shutil.move(work.tank, f"{work.tank}.old")
        shutil.copytree(f"{work.tank}.old", work.tank)
        for file in (Path(work.tank) / "images").rglob(pictures[0]["name"]):
            file.unlink()
        server.wait(lambda: server.get(path).status == 404, "that it is gone")
        expect_equal(server.get(other).status, 200, "another picture")


def test_it_stands_back_behind_an_import(work):
    with web(unused_socket(work.folder)) as server:
        expect_equal(os.getpriority(os.PRIO_PROCESS, server.process.pid), 15, "nice")


def test_memory_stays_flat(work):
    with gallery(work) as server:
        pictures = [picture for picture in all_pictures(server) if picture["thumb"]]
        connection = server.connect()

        def read(times):
            for i in range(times):
                picture = pictures[i % len(pictures)]
                connection.request("GET", f"/media/{picture['id']}/thumb?v={picture['v']}",
                                   headers={"Cookie": f"imgtank={server.cookie}"})
                expect_equal(connection.getresponse().read()[:2], b"\xff\xd8", "a JPEG")

        read(200)
        before = server.rss_kb()
        read(600)
        connection.close()
        expect(server.rss_kb() - before < 6000, f"memory grew by {server.rss_kb() - before} kB")
        fds = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        expect(fds < 40, f"{fds} descriptors are open")


if __name__ == "__main__":
    sys.exit(main(globals()))
