#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: log-in, now during a real import, a day of 10,000 pictures, one picture.

With IMGTANK_SHOTS=FOLDER it leaves its screenshots there.
"""
import contextlib
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from webbox import PASSWORD, web  # noqa: E402
from big_tank import add_day, add_past  # noqa: E402
from box import box  # noqa: E402
from chrome import chrome  # noqa: E402
from test_preview import fill, preview, raw  # noqa: E402
import axe  # noqa: E402
import scrolling  # noqa: E402
from e2e import expect, expect_equal, main  # noqa: E402
from fakebox import FakeBox  # noqa: E402

WIDTHS = (320, 768, 1920)
SHOTS = os.environ.get("IMGTANK_SHOTS")


def log_in(browser, server):
    browser.go(server.origin + "/login")
    browser.type("#secret", PASSWORD)
    browser.click("button[type=submit]")
    browser.wait_for("location.pathname === '/' && document.readyState === 'complete'", "the page")


def shots(browser, name):
    """At each width nothing is wider than the screen, and every button can be hit by a finger."""
    for width in WIDTHS:
        browser.size(width, 1080 if width > 500 else 700, width < 500)
        browser.wait_for("document.readyState === 'complete'", "the layout")
        expect(browser.run("return document.documentElement.scrollWidth") <= width,
               f"{name} is wider than {width} pixels")
        cut = browser.run(
            "return [...document.querySelectorAll('.day h2, .day .facts, .day .facts span')]"
            ".filter((e) => e.scrollWidth > Math.ceil(e.getBoundingClientRect().width)).map((e) => e.textContent)")
        expect_equal(cut, [], f"{name} at {width}: cut off")
        small = browser.run(
            "return [...document.querySelectorAll('button:not(.cell)')].filter((b) => b.offsetParent && "
            "(b.offsetHeight < 44 || b.offsetWidth < 44)).map((b) => b.textContent || b.id)")
        expect_equal(small, [], f"{name} at {width}: buttons too small for a finger")
        if SHOTS:
            browser.wait_for("[...document.images].every((i) => i.complete)", "the pictures")
            browser.shot(Path(SHOTS) / f"{name}-{width}.png")


def no_complaints(browser):
    expect_equal(browser.complaints(), [], "the browser complains")


def test_logging_in(work):
    with FakeBox("three-cards") as fake, chrome() as browser, \
            web(fake.socket, logged_in=False) as server:
        fake.step("advance 12")
        browser.go(server.origin + "/")
        browser.wait_for("location.pathname === '/login'", "the log-in page")
        shots(browser, "login")
        browser.type("#secret", "something else")
        browser.click("button[type=submit]")
        browser.wait_for("document.getElementById('trouble').textContent !== ''", "the refusal")
        log_in(browser, server)
        browser.wait_for("document.querySelectorAll('.card').length === 3", "three cards")
        shots(browser, "now")
        browser.dark(True)
        shots(browser, "now-dark")
        browser.click("#logout")
        browser.wait_for("location.pathname === '/login'", "the log-in page again")


def test_now_during_an_import(work):
    card = work.card("plain", count=150)
    with box(work.folder, config="start = ask") as b, chrome() as browser, web(b.socket) as server:
        log_in(browser, server)
        b.insert(card.root, "EOS")
        browser.wait_for("document.querySelector('.card .buttons button') !== null", "the question")
        headline = browser.run("return document.querySelector('.card .headline').textContent")
        expect(headline, "the card says nothing")
        browser.click(".card .buttons button")
        browser.wait_for("document.querySelector('.card').dataset.tone === 'good'", "the good end")
        state = server.get_json("/api/state")["state"]
        shown = browser.run("return [document.getElementById('headline').textContent, "
                            "document.querySelector('.card .removal').textContent]")
        expect_equal(shown, [state["tank"]["headline"], state["cards"][0]["removal"]], "its own words")
        no_complaints(browser)
        b.kill()
        browser.wait_for("document.querySelectorAll('.card').length === 0", "the lost connection")


def test_ten_thousand_pictures_of_a_day(work):
    work.import_safely(work.card("plain"))
    add_day(work.tank, 10000)
    with box(work.folder, tank=work.tank) as b, chrome() as browser, web(b.socket) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        log_in(browser, server)
        browser.size(1920, 1080)
        began = time.monotonic()
        browser.run("location.hash = '#pictures'")
        browser.wait_for("document.querySelectorAll('.cell img').length > 20", "thumbnails")
        browser.wait_for("[...document.images].every((i) => i.complete && i.naturalWidth)", "all of them")
        expect(time.monotonic() - began < 25, "the first screen took too long")
        shots(browser, "pictures")
        browser.size(1920, 1080)
        for part in (0.3, 0.6, 0.95):
            browser.run("const g = document.querySelector('.grid');"
                        "window.scrollTo(0, g.offsetTop + g.offsetHeight * arguments[0])", part)
            browser.wait_for("(() => { const on = [...document.querySelectorAll('.cell')].filter((c) => {"
                             "const r = c.getBoundingClientRect(); return r.bottom > 0 && r.top < innerHeight; });"
                             "return on.length > 20 && on.every((c) => c.dataset.id); })()", f"the cells at {part}")
            cells = browser.run("return document.querySelectorAll('.cell').length")
            expect(cells < 600, f"{cells} elements for what is near the screen")
        no_complaints(browser)


# What a cell has to do with the window: the index of the last one in it, and whether all in it have their pictures.
LAST_SEEN = """return Math.max(...[...document.querySelectorAll('.cell')].filter((cell) => {
	const place = cell.getBoundingClientRect();
	return place.bottom > 0 && place.top < innerHeight;
}).map((cell) => cell.index))"""
# A window and a half in each frame, until the day is over: nobody sees anything on the way.
RUSH = """
const done = arguments[arguments.length - 1];
let number = 0;
const step = () => {
	scrollBy(0, innerHeight * 1.5);
	if (++number < 120)
		requestAnimationFrame(step);
	else
		done(scrollY);
};
step();
"""
# Fifty times the arrow: each picture is there when the next one is wanted.
DASH = """
const done = arguments[arguments.length - 1], viewer = document.getElementById("viewer");
let number = 0;
const step = () => {
	if (number++ === 50)
		return done();
	viewer.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
	return requestAnimationFrame(step);
};
step();
"""
FOCUS = "return document.activeElement.index ?? null"


@contextlib.contextmanager
def long_day(work):
    """The gallery of a tank whose last day has 10,000 pictures; a hundred days stand before it."""
    work.import_safely(work.card("plain"))
    add_day(work.tank, 10000, "2001-01-02")
    add_past(work.tank, 40000, thumbnail=0)
    with box(work.folder, tank=work.tank) as b, chrome(network=True) as browser, web(b.socket) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        log_in(browser, server)
        browser.size(1920, 1080)
        browser.run("location.hash = '#pictures'")
        browser.wait_for("sections.length > 100 && sections[sections.length - 1].day === '2001-01-02'", "all days")
        yield browser


def expect_smooth(seen, thumbs_max, what):
    """Bounds that a busy machine keeps; bench/web_scroll has the figures."""
    expect_equal(len(seen.heights), 1, f"{what}: heights of the page, {seen.heights}")
    expect(seen.nodes < 600, f"{what}: {seen.nodes} elements")
    expect(seen.thumbs <= thumbs_max, f"{what}: {seen.thumbs} thumbnails were asked for, {seen.vain} in vain")
    expect(max(seen.tasks, default=0) < 1500, f"{what}: nothing else went on for {max(seen.tasks, default=0)} ms")


def test_scrolling_through_a_long_day(work):
    """The page has its height from the start, few elements, and fetches what somebody stays at."""
    with long_day(work) as browser:
        expect_smooth(scrolling.seen_while(browser, lambda: scrolling.press(browser, "End")), 250, "the End key")
        expect_equal(browser.run(LAST_SEEN), 9999, "the last picture")
        browser.run("scrollTo(0, sections[sections.length - 1].top)")
        seen = scrolling.seen_while(browser, lambda: scrolling.until(browser, RUSH))
        expect(1000 < browser.run(LAST_SEEN), "the rush did not get anywhere")
        expect_smooth(seen, 600, "a rush")
        seen = scrolling.seen_while(browser, lambda: scrolling.press(browser, "PageUp", 5, 0.1))
        expect(seen.thumbs > 0, "what is seen on the way back is not fetched")
        expect_smooth(seen, 900, "five pages back")
        no_complaints(browser)


def test_the_place_is_kept(work):
    """Back from one picture, by its button, by the browser's way back, after many others; and in another window."""
    def still():
        scrolling.until(browser, scrolling.WATCH + scrolling.SETTLED)
        return browser.run("return scrollY")

    def open_and(leave):
        browser.click(".cell[tabindex='0']")
        browser.wait_for("document.getElementById('viewer').open && document.querySelector('#stage *') !== null", "a picture")
        leave()
        browser.wait_for("!document.getElementById('viewer').open && !history.state", "the gallery")

    def dash():
        """Fifty times the arrow, faster than anybody looks."""
        scrolling.asked(browser)
        scrolling.until(browser, DASH)
        browser.wait_for("document.getElementById('viewer-name').textContent === "
                         "shownSection.picture(shownIndex).name && document.querySelector('#stage img:not(.rough)')",
                         "the picture fifty further on")
        large = [path for path in scrolling.asked(browser) if path.endswith("/view")]
        expect(len(large) <= 20, f"{len(large)} large pictures were fetched for those two at which somebody stayed")
        browser.key("Escape")

    with long_day(work) as browser:
        browser.run("scrollTo(0, sections[sections.length - 1].top + 100000)")
        place = still()
        open_and(lambda: browser.key("Escape"))
        expect_equal(still(), place, "the place after Escape")
        at = browser.run(FOCUS)
        open_and(lambda: browser.run("history.back()"))
        expect_equal([still(), browser.run("return location.hash"), browser.run(FOCUS)], [place, "#pictures", at],
                     "the place after the way back")
        open_and(dash)
        still()
        expect_equal(browser.run(FOCUS), at + 50, "the picture that was shown last")
        columns = browser.run("return place.columns")
        for key, delta in (("ArrowRight", 1), ("ArrowDown", columns), ("ArrowLeft", -1), ("ArrowUp", -columns)):
            before = browser.run(FOCUS)
            browser.key(key)
            expect_equal(browser.run(FOCUS), before + delta, f"the focus after {key}")
        browser.run("scrollBy(0, -40000)")
        still()
        browser.key("ArrowRight")
        still()
        expect_equal(browser.run(FOCUS), at + 51, "the focus was lost on the way")
        seen = browser.run(LAST_SEEN)
        browser.size(700, 1080)
        still()
        expect(abs(browser.run(LAST_SEEN) - seen) < 200, "a narrower window shows other pictures")
        place = still()
        for page in ("now", "pictures"):
            browser.run("location.hash = arguments[0]", page)
            browser.wait_for(f"!document.getElementById('page-{page}').hidden", page)
        expect_equal(still(), place, "the place after another page")
        no_complaints(browser)


def test_one_picture(work):
    work.import_safely(work.card("plain"))
    with box(work.folder, tank=work.tank) as b, chrome() as browser, web(b.socket) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        log_in(browser, server)
        browser.run("location.hash = '#pictures'")
        browser.wait_for("document.querySelectorAll('.cell[data-id]').length > 3", "pictures")
        browser.click(".cell")
        name = "return document.getElementById('viewer-name').textContent"
        browser.wait_for("document.getElementById('viewer').open && document.querySelector('#stage *') !== null",
                         "the picture")
        first = browser.run(name)
        browser.key("ArrowRight")
        browser.wait(lambda: browser.run(name) != first, "the next one")
        browser.key("ArrowLeft")
        browser.wait(lambda: browser.run(name) == first, "the first again")
        scrolling.swipe(browser, 1)
        browser.wait(lambda: browser.run(name) != first, "the next one by a swipe")
        shots(browser, "picture")
        browser.key("Escape")
        browser.wait_for("!document.getElementById('viewer').open", "the end")
        browser.click("#select")
        browser.click(".cell")
        browser.wait_for("!document.getElementById('zip').hidden", "the download of a selection")
        browser.run("document.getElementById('search-box').open = true")
        browser.type("input[name=name]", "nosuchpicture")
        browser.click("#search button[type=submit]")
        browser.wait_for("document.querySelectorAll('.cell').length === 0 && "
                         "!document.getElementById('gallery-note').hidden", "nothing was found")
        no_complaints(browser)


def test_a_raw_file_is_seen_large(work):
    """First the small picture, then what the box makes of it; and the next one is made meanwhile."""
    fill(work, {f"N{i}.NEF": raw(preview(256, 144), 1, i) + b"x" * i for i in (1, 2)})
    with box(work.folder, tank=work.tank) as b, chrome() as browser, web(b.socket) as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        log_in(browser, server)
        browser.size(1920, 1080)
        browser.run("location.hash = '#pictures'")
        browser.wait_for("document.querySelectorAll('.cell[data-id]').length === 2", "pictures")
        browser.click(".cell")
        for _ in range(2):
            browser.wait_for("document.querySelector('#stage img:not(.rough)')?.naturalWidth === 1600", "the large view")
            expect(browser.run("return document.getElementById('viewer-facts').textContent.includes(W.rendered)"),
                   "nothing says that it is not the original")
            browser.key("ArrowRight")
        no_complaints(browser)


def test_fifty_uploads_with_the_connection_cut(work):
    work.tank.mkdir()
    card = work.card("plain", count=60)
    files = sorted(p for p in Path(os.fsdecode(card.root)).rglob("*") if p.suffix.lower() == ".jpg")[:50]
    expect_equal(len(files), 50, "files of the card")
    files[20].write_bytes(files[20].read_bytes() + os.urandom(6_000_000))
    contents = {path.read_bytes() for path in files}
    with box(work.folder, tank=work.tank) as b, chrome() as browser, \
            web(b.socket, f"--spool={b.reader}") as server:
        log_in(browser, server)
        browser.run("location.hash = '#upload-page'")
        browser.wait_for("!document.getElementById('page-upload').hidden", "the upload page")
        shots(browser, "upload")
        browser.type("#upload-by", "Ann")
        browser.type("#upload-files", "\n".join(map(str, files)))
        browser.wait_for("!document.getElementById('upload-start').disabled", "the files")
        browser.offline(False)
        browser.click("#upload-start")
        said = "document.getElementById('upload-note').textContent"
        browser.wait_for("document.getElementById('upload-progress').textContent.includes('File 2')", "the half of it")
        browser.offline(True)
        browser.wait_for(f"{said} === W.uploadWaits", "the broken connection")
        browser.offline(False)
        browser.wait_for(f"{said} === W.uploadDone", "the end")
        server.wait(lambda: os.listdir(b.reader) == [], "an empty spool")
        tank = {path.read_bytes() for path in Path(work.tank, "images").rglob("*") if path.is_file()}
        expect(tank >= contents, f"{len(contents - tank)} files are missing")


def test_nobody_is_kept_out(work):
    """axe-core finds nothing serious on any page, small and large, in light and dark."""
    script = axe.source()
    work.import_safely(work.card("plain"))
    another = work.card("plain", "another", 2)
    with box(work.folder, tank=work.tank, config="start = ask") as b, chrome() as browser, \
            web(b.socket, f"--spool={b.reader}") as server:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")

        def look(name):
            for width in (320, 1920):
                browser.size(width, 1080 if width > 500 else 700, width < 500)
                for is_dark in (False, True):
                    browser.dark(is_dark)
                    expect_equal(axe.findings(browser, script), [], f"{name}, {width} pixels, dark: {is_dark}")
                    if SHOTS and is_dark:
                        browser.shot(Path(SHOTS) / f"{name}-dark-{width}.png")

        browser.go(server.origin + "/login")
        browser.wait_for("document.readyState === 'complete'", "the log-in page")
        look("login")
        log_in(browser, server)
        b.insert(another.root, "EOS")
        browser.wait_for("document.querySelector('.card .buttons button') !== null", "the question")
        look("now")
        browser.run("location.hash = '#pictures'")
        browser.wait_for("document.querySelectorAll('.cell[data-id]').length > 3", "pictures")
        browser.run("document.getElementById('search-box').open = true")
        look("pictures")
        browser.click("#select")
        browser.click(".cell")
        browser.wait_for("!document.getElementById('zip').hidden", "the selection")
        look("selection")
        browser.click("#select")
        browser.click(".cell")
        browser.wait_for("document.getElementById('viewer').open && document.querySelector('#stage *') !== null",
                         "the picture")
        look("picture")
        browser.key("Escape")
        browser.wait_for("!document.getElementById('viewer').open", "the end")
        browser.run("location.hash = '#upload-page'")
        browser.wait_for("!document.getElementById('page-upload').hidden", "the upload page")
        look("upload")


if __name__ == "__main__":
    sys.exit(main(globals()))
