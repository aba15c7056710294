#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser, as it is used: a selection is downloaded, a film plays, fingers swipe, files are dropped.

One browser serves all tests; each has a box and a server of its own.
"""
import contextlib
import functools
import io
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from webbox import PASSWORD, web  # noqa: E402
from box import box  # noqa: E402
import chrome  # noqa: E402
from e2e import expect, expect_equal, main  # noqa: E402
from test_web import all_pictures, files_of  # noqa: E402

# To the browser an address as any in a home's network (RFC 5737 keeps it free); it leads to this machine.
# Only there it is as in life: at loopback a browser says more of where a request comes from.
FAR = "192.0.2.7"


@functools.cache
def the_browser():
    chrome.need()
    return chrome.Chrome(more_args=(f"--host-resolver-rules=MAP {FAR} 127.0.0.1",))


@contextlib.contextmanager
def page(server, width=1024, height=768, logged_in=True):
    """The page of this server, as somebody sees it who comes for the first time."""
    browser = the_browser()
    browser.cdp("Network.clearBrowserCookies")
    browser.size(width, height)
    browser.complaints()
    browser.go(f"http://{FAR}:{server.port}/login")
    if logged_in:
        browser.type("#secret", PASSWORD)
        browser.click("button[type=submit]")
        browser.wait_for("location.pathname === '/' && document.readyState === 'complete'", "the page")
        expect(not browser.run("return isSecureContext"), "the browser takes this for the same machine")
    try:
        yield browser
        # That one guard is for TLS only, and says so at every page.
        serious = [text for text in browser.complaints() if "Cross-Origin-Opener-Policy header has been ignored" not in text]
        expect_equal(serious, [], "the browser complains")
    finally:
        browser.go("about:blank")


@contextlib.contextmanager
def gallery(work, *options, **more):
    """The pictures of the tank, in the browser."""
    with box(work.folder, tank=work.tank) as b, web(b.socket, *options) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        with page(server, **more) as browser:
            show_pictures(browser, len(all_pictures(server)))
            yield server, browser


def show_pictures(browser, count):
    browser.run("location.hash = '#pictures'")
    browser.wait_for(f"document.querySelectorAll('.cell[data-id]').length === {count}", "the pictures")


def download(browser, folder, selector):
    """Clicks, and returns the file that comes."""
    folder.mkdir()
    browser.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    browser.click(selector)
    return browser.wait(lambda: [p for p in folder.iterdir() if p.suffix == ".zip"], "the download")[0]


def test_a_selection_is_downloaded(work):
    work.import_safely(work.card("plain"))
    with gallery(work) as (server, browser):
        chosen = browser.run("document.getElementById('select').click();"
                             "const cells = [...document.querySelectorAll('.cell')].filter((c, i) => i % 2);"
                             "cells.forEach((cell) => cell.click());"
                             "return cells.map((cell) => Number(cell.dataset.id))")
        expect(len(chosen) > 3, "too few pictures for a selection")
        names = {picture["name"] for picture in all_pictures(server) if picture["id"] in chosen}
        wanted = {path: content for path, content in files_of(work.tank).items() if Path(path).name in names}
        expect_equal(len(wanted), len(chosen), "names")
        archive = zipfile.ZipFile(io.BytesIO(download(browser, work.path("downloads"), "#zip-button").read_bytes()))
        found = {info.filename: archive.read(info) for info in archive.infolist()}
        expect(found == wanted, f"the archive holds {sorted(found)} in place of {sorted(wanted)}")


if __name__ == "__main__":
    try:
        status = main(globals())
    finally:
        if the_browser.cache_info().currsize:
            the_browser().end()
    sys.exit(status)
