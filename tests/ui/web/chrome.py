# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, driven over the W3C WebDriver protocol by chromedriver. Standard library only."""
import base64
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from e2e import Skip, expect

DEADLINE_S = 30


def need():
    for program in ("chromium", "chromedriver"):
        if not shutil.which(program):
            raise Skip(f"{program} is not installed")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Chrome:
    def __init__(self, dark=False, network=False, scrollbars=False, more_args=()):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="imgtank-chrome-", ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            ["chromedriver", f"--port={self.port}", "--silent"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env=dict(os.environ, HOME=self.folder.name))
        self.session = None
        args = ["--headless=new", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--lang=en-GB", f"--user-data-dir={self.folder.name}/p", *more_args]
        if dark:
            args.append("--force-dark-mode")
        if not scrollbars:
            args.append("--hide-scrollbars")
        options = {"args": args, **({} if not scrollbars else {"excludeSwitches": ["hide-scrollbars"]})}
        logs = {"browser": "ALL", **({"performance": "ALL"} if network else {})}
        self.wait(self.is_ready, "chromedriver")
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:loggingPrefs": logs,
            "goog:chromeOptions": options}}})
        self.session = made["sessionId"]

    def is_ready(self):
        with contextlib.suppress(OSError):
            return self.call("GET", "/status")["ready"]
        return False

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        prefix = f"/session/{self.session}" if self.session else ""
        connection.request(method, prefix + path, None if body is None else json.dumps(body))
        answer = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(f"{path}: {answer['error']}: {answer['message'][:300]}")
        return answer

    def cdp(self, command, **params):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def size(self, width, height, touch=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=touch)

    def dark(self, is_dark):
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])

    def go(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *args):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def wait(self, condition, what):
        end = time.monotonic() + DEADLINE_S
        while not (found := condition()):
            expect(time.monotonic() < end, f"{what} did not come")
            time.sleep(0.05)
        return found

    def wait_for(self, expression, what):
        """Until the JavaScript expression is true."""
        return self.wait(lambda: self.run(f"return {expression};"), what)

    def click(self, selector):
        self.run("document.querySelector(arguments[0]).click();", selector)

    def type(self, selector, text):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        self.call("POST", f"/element/{next(iter(found.values()))}/value", {"text": text})

    def offline(self, is_offline):
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=is_offline, latency=0,
                 downloadThroughput=-1, uploadThroughput=2_000_000)

    def key(self, key):
        for kind in ("keyDown", "keyUp"):
            self.cdp("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                     windowsVirtualKeyCode={"Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}[key])

    def shot(self, path):
        with open(path, "wb") as out:
            out.write(base64.b64decode(self.call("GET", "/screenshot")))

    def complaints(self):
        """What the browser itself found wrong: refused scripts, errors."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})
                if entry["level"] == "SEVERE"]

    def end(self):
        with contextlib.suppress(OSError, AssertionError):
            self.call("DELETE", "")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # with the browser: it may write its last in there
        self.process.wait()
        self.folder.cleanup()


@contextlib.contextmanager
def chrome(**more):
    need()
    made = Chrome(**more)
    try:
        yield made
    finally:
        made.end()
