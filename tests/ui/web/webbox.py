# SPDX-License-Identifier: GPL-3.0-or-later
"""imgtank-ui-web for tests: on a port of its own, in front of a real or a fake daemon."""
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
sys.path[:0] = [str(HERE.parent.parent / "support"), str(HERE.parent.parent / "daemon")]
from e2e import BIN, environment, expect, expect_equal  # noqa: E402

DEADLINE_S = 20
PASSWORD = "correct horse battery"
# What was freed is to be seen as freed, also with AddressSanitizer.
SMALL_QUARANTINE = {"ASAN_OPTIONS": ":".join(filter(None, (
    os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1", "thread_local_quarantine_size_kb=64")))}


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Web:
    """The server, given its listening socket as systemd does; and a browser with one cookie."""

    def __init__(self, socket_path, *options, password=PASSWORD, prefix=(),
                 open_password=False, config=""):
        self.folder = tempfile.TemporaryDirectory(prefix="imgtank-web-")
        self.code_file = Path(self.folder.name) / "code"
        self.cookie = None
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = listener.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        config_path = Path(self.folder.name) / "imgtank.conf"
        config_path.write_text(config, encoding="utf-8")
        argv = [*prefix, str(BIN / "imgtank-ui-web"), "--config", str(config_path), "--socket",
                str(socket_path), f"--assets={ROOT / 'assets' / 'web'}",
                f"--code-file={self.code_file}", *options]
        if password:
            argv.append(f"--password-file={self.make_password(password)}")
        if open_password:  # to a user who is not this one, and to nobody else
            os.chmod(self.folder.name, 0o755)
            os.chown(Path(self.folder.name) / "password", 65534, 65534)
        self.log_path = Path(self.folder.name) / "log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", f'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&{listener.fileno()}',
                 "bash", *argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(listener.fileno(),), env=environment(**SMALL_QUARANTINE))
        listener.close()

    def make_password(self, password):
        path = Path(self.folder.name) / "password"
        done = subprocess.run([BIN / "imgtank-ui-web", "--set-password", path], check=False,
                              input=password + "\n", text=True, capture_output=True)
        expect_equal(done.returncode, 0, f"--set-password: {done.stderr}")
        return path

    def said(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def connect(self, source=None, timeout=DEADLINE_S):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout,
                                          source_address=source and (source, 0))

    def request(self, method, path, body=None, headers=None, cookie=True, source=None):
        """Raw: the path is sent as it is."""
        connection = self.connect(source)
        sent = dict(headers or {})
        if cookie and self.cookie:
            sent.setdefault("Cookie", f"imgtank={self.cookie}")
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body="", headers=None, **more):
        return self.request("POST", path, body, {"Origin": self.origin, **(headers or {})}, **more)

    def get_json(self, path):
        answer = self.get(path)
        expect_equal(answer.status, 200, f"status of {path}: {answer.body}")
        return answer.json()

    def log_in(self, secret=PASSWORD, source=None):
        answer = self.post("/api/login", "secret=" + secret.replace(" ", "+"), source=source)
        if answer.status == 200:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0].split("=")[1]
        return answer

    def wait(self, condition, what):
        end = time.monotonic() + DEADLINE_S
        while not (found := condition()):
            expect(time.monotonic() < end, f"{what} did not come; the server said {self.said()}")
            time.sleep(0.02)
        return found

    def rss_kb(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text("utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def cpu_ms(self):
        """Its time on a processor so far: other programs do not lengthen it."""
        nanoseconds = Path(f"/proc/{self.process.pid}/schedstat").read_text("utf-8").split()[0]
        return int(nanoseconds) / 1e6

    def begin(self, path):
        """Its milliseconds on a processor for this answer; of a ZIP, which is sent as it is made, to its first byte."""
        connection = self.connect()
        before = self.cpu_ms()
        connection.request("GET", path, headers={"Cookie": f"imgtank={self.cookie}"})
        answer = connection.getresponse()
        answer.read(*([1] if "/zip/" in path else []))
        took = self.cpu_ms() - before
        connection.close()
        expect_equal(answer.status, 200, path)
        return took

    def stop(self):
        self.process.terminate()
        status = self.process.wait(DEADLINE_S)
        expect_equal(status, 0, f"exit status; it said {self.said()}")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.folder.cleanup()


@contextlib.contextmanager
def web(socket_path, *options, logged_in=True, **more):
    server = Web(socket_path, *options, **more)
    try:
        if logged_in:
            answer = server.log_in()
            expect_equal(answer.status, 200, f"log-in: {answer.body}")
        yield server
        server.stop()
        said = server.said()
        expect("Sanitizer" not in said and "runtime error" not in said, said)
    finally:
        server.end()


def unused_socket(folder):
    """Where no daemon is."""
    return os.path.join(folder, "no-daemon")
