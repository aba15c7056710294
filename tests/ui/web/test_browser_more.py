#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser, as it is used: a selection is downloaded, a film plays, fingers swipe, files are dropped.

One browser serves all tests; each has a box and a server of its own.
"""
import contextlib
import functools
import io
import json
import os
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from webbox import PASSWORD, web  # noqa: E402
from box import box  # noqa: E402
import chrome  # noqa: E402
from e2e import expect, expect_equal, main  # noqa: E402
from fakebox import FakeBox  # noqa: E402
from film import film as make_film  # noqa: E402
import make_card  # noqa: E402
from test_web import all_pictures, files_of, request_text, statuses_of  # noqa: E402

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
        # That one guard is for TLS only, and says so at every page. What the page before had still asked
        # its own server is told late.
        serious = [text for text in browser.complaints() if "Cross-Origin-Opener-Policy header has been ignored" not in text
                   and (f"//{FAR}:" not in text or f"//{FAR}:{server.port}/" in text)]
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


# ---- what comes from cards is text ------------------------------------------------------------

HARM = """<img src=x onerror="ran=1">'&amp;"""


def check_text(browser, where):
    """The text is there as it is, and nothing has become of it."""
    expect_equal(browser.run("return [window.ran === undefined, document.querySelectorAll('[onerror], [src=x]').length]"),
                 [True, 0], f"{where}: [no script ran, elements made of a name]")


def test_hostile_names_stay_text(work):
    work.tank.mkdir()
    card = make_card.Card(work.path("card"))
    for i in range(3):
        card.jpeg(f"DCIM/100EVIL_/{HARM}{i}.JPG", make_card.at(0, 9 + i), model=HARM)
    work.watch(card)
    text = "return document.querySelector(arguments[0]).textContent"
    with box(work.folder, tank=work.tank, config="start = ask") as b, web(b.socket) as server, page(server) as browser:
        b.insert(card.root, HARM)
        browser.wait_for("document.querySelector('.card .buttons button') !== null", "the question")
        expect_equal(browser.run(text, ".card .label"), HARM, "the label")
        browser.click(".card .buttons button")
        browser.wait_for("document.querySelector('.card').dataset.tone === 'good'", "the good end")
        expect(HARM in browser.run(text, "#history"), "the label among the earlier cards")
        check_text(browser, "now")
        show_pictures(browser, 3)
        browser.wait_for("[...document.images].every((i) => i.complete)", "the thumbnails")
        check_text(browser, "pictures")
        picture = all_pictures(server)[0]
        expect(HARM in picture["camera"] and picture["card"] == HARM, f"the box says {picture}")
        browser.click(f".cell[data-id='{picture['id']}']")
        browser.wait_for("document.querySelector('#stage img')?.complete", "the picture")
        expect_equal(browser.run(text, "#viewer-name"), picture["name"], "its name")
        facts = browser.run(text, "#viewer-facts")
        expect_equal(facts.count(HARM), 2, f"camera and card in: {facts}")
        check_text(browser, "one picture")
        browser.key("Escape")


def test_hostile_names_of_failed_files_stay_text(work):
    with FakeBox("idle") as fake, web(fake.socket) as server, page(server) as browser:
        fake.step("insert " + json.dumps({
            "card": "c9", "label": HARM, "camera": HARM, "stays_mounted": True,
            "plan": {"files": 3, "seconds": 1, "names": [f"DCIM/{HARM}.JPG"], "failing": {"1": "file-unreadable"}}}))
        fake.step("note " + json.dumps({"level": "error", "text": HARM, "label": HARM}))
        fake.step("advance 30")
        browser.wait_for("document.querySelector('.card .problems code') !== null", "the file with a problem")
        shown = browser.run("return ['.label', '.camera', '.problems code'].map((part) => "
                            "document.querySelector('.card ' + part).textContent)"
                            ".concat(document.querySelector('#messages').textContent)")
        for where, found in zip(("label", "camera", "failed file", "messages"), shown):
            expect(HARM in found, f"{where}: {found}")
        check_text(browser, "now")


def test_a_failed_file_says_why(work):
    listed = "return document.querySelector('.problems ul').textContent"
    with FakeBox("idle") as fake, web(fake.socket) as server, page(server) as browser:
        fake.step("insert " + json.dumps({
            "card": "c9", "label": "CARD", "stays_mounted": True,
            "plan": {"files": 3, "seconds": 1, "names": ["DCIM/A.JPG"], "failing": {"1": "file-unreadable"}}}))
        fake.step("advance 30")
        browser.wait_for("document.querySelector('.problems code') !== null", "the file with a problem")
        error = server.get_json("/api/state")["state"]["cards"][0]["errors"][0]
        for word in ("what", "remedy"):
            expect(error[word] in browser.run(listed), f"{word} is not said: {browser.run(listed)}")
        expect(error["fault"] not in browser.run(listed), "a word for programs is shown")
        browser.run("""
            events.close();
            return fetch('/api/state').then((answer) => answer.json()).then((now) => {
                now.state.cards[0].errors[0].file = 'DCIM/OTHER.JPG';
                showState(now);
            });""")
        expect("OTHER.JPG" in browser.run(listed), "another file, as after a second try, is not shown")


# ---- what is old -------------------------------------------------------------------------------


def test_new_pictures_are_seen(work):
    """Also by who has looked at the pictures before, and by who is looking."""
    work.tank.mkdir()
    cells = "document.querySelectorAll('.cell[data-id]').length"
    number = iter(range(60))

    def insert(name, count, day=0):
        card = make_card.Card(work.path(name))
        for _ in range(count):
            i = next(number)
            card.jpeg(f"DCIM/100EXMPL/IMG_{i:04}.JPG", make_card.at(day, 8, i), model="EX-1")
        b.insert(card.root, name)
        server.wait(lambda: any(item["label"] == name for item in
                                server.get_json("/api/state")["state"]["history"]), f"the import of {name}")

    with box(work.folder, tank=work.tank) as b, web(b.socket) as server, page(server) as browser:
        insert("ONE", 3)
        show_pictures(browser, 3)
        browser.run("location.hash = '#now'")
        insert("TWO", 4)
        browser.run("location.hash = '#pictures'")
        browser.wait_for(f"{cells} === 7", "the pictures of the second card")
        insert("THREE", 2)
        browser.wait_for(f"{cells} === 9", "those of the third, without leaving the page")
        browser.click(".cell[data-id]")
        browser.wait_for("document.getElementById('viewer').open", "one picture")
        insert("FOUR", 1)
        browser.key("ArrowRight")
        browser.wait_for("document.getElementById('viewer-name').textContent === shownSection.picture(1).name", "the next one")
        browser.key("Escape")
        browser.wait_for(f"{cells} === 10", "those of the fourth, once that was closed")
        insert("MANY", 40)
        browser.wait_for("sections[0].count === 50", "many")
        browser.size(400, 400)
        browser.wait_for("place.width === document.getElementById('days').clientWidth", "the narrow layout")
        browser.run("scrollTo(0, 500)")
        seen = ("[...document.querySelectorAll('.cell[data-id]')].find((cell) => "
                "cell.getBoundingClientRect().top > 150 && cell.getBoundingClientRect().bottom < 390)")
        browser.wait_for(f"{seen} !== undefined && scrollY > 300", "the middle")
        where = ("return document.activeElement.dataset.id && [document.activeElement.dataset.id, "
                 "Math.round(document.activeElement.getBoundingClientRect().top)]")
        browser.run(f"{seen}.focus({{preventScroll: true}})")
        before = browser.wait(lambda: browser.run(where), "its picture: it may just be filled anew")
        insert("NEWER", 3, day=2)
        browser.wait_for("sections.length === 2 && document.activeElement.dataset.id", "a newer day above")
        expect_equal(browser.run(where), before, "where one was looking, and what had the focus")


def test_who_wakes_up_sees_no_old_state(work):
    with FakeBox("idle") as fake, web(fake.socket) as server, page(server) as browser:
        fake.step("advance 1")
        headline = "document.getElementById('headline').textContent"
        browser.wait_for(f"{headline} === 'Ready'", "the state")
        expect(browser.run(f"const now = Date.now; Date.now = () => now() + 3600000;"
                           "document.dispatchEvent(new Event('visibilitychange')); Date.now = now;"
                           f"return {headline} === W.lost"), "an hour later it still shows the old state")
        browser.wait_for(f"{headline} === 'Ready'", "the state of now")


def test_a_page_has_one_live_connection(work):
    """Also after it was refused for a while, as when too many were watching."""
    with FakeBox("idle") as fake, web(fake.socket) as server, page(server) as browser:
        fake.step("advance 1")
        browser.wait_for("document.getElementById('headline').textContent === 'Ready'", "the state")
        browser.run("""
            const Real = EventSource;
            window.made = [];
            window.EventSource = class extends Real { constructor(...all) { super(...all); made.push(this); } };
            events.close();""")
        others = statuses_of(server, 16, request_text(server, "/api/events"), "127.0.0.1")[1]
        for _ in range(3):  # as the silence makes it do
            browser.run("""
                listen();
                const one = events;
                return new Promise((resolve) => one.addEventListener('error', () => setTimeout(resolve, 300)));""")
        for connection in others:
            connection.close()
        browser.wait_for("events.readyState === 1", "the connection")
        browser.run("return new Promise((resolve) => setTimeout(resolve, 3500))")  # what was planned before comes then
        expect_equal(browser.run("return made.filter((one) => one.readyState !== 2).length"), 1, "live connections")
        browser.complaints()  # of the refusals


# ---- for everybody -----------------------------------------------------------------------------


def test_the_next_picture_is_announced(work):
    work.run(work.watch(work.card("plain", count=3)))
    with gallery(work) as (_, browser):
        browser.click(".cell[data-id]")
        browser.wait_for("document.getElementById('viewer').open", "one picture")
        shown = browser.run("return document.getElementById('viewer-name').textContent")
        browser.key("ArrowRight")
        browser.wait_for(f"document.getElementById('viewer-name').textContent !== {json.dumps(shown)}", "the next one")
        expect_equal(browser.run("return document.getElementById('viewer-name').closest('[aria-live]')?.ariaLive"), "polite",
                     "how its name is told to who does not see")


def test_what_is_still_to_come_has_a_name(work):
    """While the box is slow, a screen reader meets places, not nameless buttons."""
    work.import_safely(work.card("plain", count=6))
    with box(work.folder, tank=work.tank) as b, web(b.socket) as server, page(server) as browser:
        server.wait(lambda: server.get("/api/days").status == 200, "the tank")
        browser.run("""const ask = window.fetch;
            window.fetch = (path, ...more) => path.startsWith("/api/day/") ? new Promise(() => {}) : ask(path, ...more);
            location.hash = "#pictures";""")
        browser.wait_for("document.querySelectorAll('.cell').length > 0", "the places")
        names = browser.run("return Array.from(document.querySelectorAll('.cell'), (cell) => cell.ariaLabel)")
        expect(all(" of " in (name or "") for name in names), f"places without a name: {names}")


def test_twice_as_large_on_a_small_screen(work):
    """A telephone of 320 pixels, its page enlarged to 200 %."""
    work.run(work.watch(work.card("plain", count=3)))
    with box(work.folder, tank=work.tank) as b, web(b.socket, f"--spool={b.reader}") as server, \
            page(server, 160, 284) as browser:
        for name in ("now", "upload-page", "pictures"):
            browser.run("location.hash = arguments[0]", name)
            browser.wait_for(f"document.getElementById('tab-{name.split('-')[0]}').ariaCurrent === 'page'", name)
            if name == "pictures":
                browser.wait_for("document.querySelector('.cell[data-id]') !== null", "the pictures")
            expect_equal(browser.run("""
                return [...document.querySelectorAll('main *, .bar *')].filter((element) => {
                    const box = element.getBoundingClientRect();
                    return element.checkVisibility() && box.width > 1 && box.right > innerWidth + 1;
                }).map((element) => element.outerHTML.slice(0, 80))"""), [], f"what lies outside of {name}")
            expect_equal(browser.run("""
                return [...document.querySelectorAll('.bar a, .bar button')].filter((element) => element.checkVisibility() &&
                    element.getClientRects().length && element.offsetHeight > 60).map((element) => element.textContent)"""),
                         [], "words that are cut into pieces")
        expect(browser.run("""
            const one = document.querySelector('#search-box summary').getBoundingClientRect();
            const other = document.getElementById('select').getBoundingClientRect();
            return one.right <= other.left || one.bottom <= other.top;"""), "search and select lie on each other")
        browser.click(".cell[data-id]")
        browser.wait_for("document.querySelector('#stage img')?.complete", "one picture")
        expect(browser.run("return document.querySelector('#stage img').getBoundingClientRect().height") > 100, "it is not seen")
        browser.run("document.getElementById('viewer-download').scrollIntoView()")
        expect(browser.run("const box = document.getElementById('viewer-download').getBoundingClientRect();"
                           "return box.top >= 0 && box.bottom <= innerHeight + 1"), "the download cannot be reached")
        browser.key("Escape")


# ---- fingers, films, files ---------------------------------------------------------------------


def touch(browser, kind, *points):
    browser.cdp("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y} for x, y in points])


def swipe(browser, start, end, amid=lambda: None):
    """One finger, in four steps; amid happens before it is lifted."""
    touch(browser, "touchStart", start)
    for i in range(1, 5):
        touch(browser, "touchMove", tuple(a + (b - a) * i / 4 for a, b in zip(start, end)))
    amid()
    touch(browser, "touchEnd")


def replace_image(browser):
    """As when the large picture comes in the place of the small one."""
    browser.run("const image = document.querySelector('#stage img'); image.replaceWith(image.cloneNode());")


def test_a_swipe_goes_to_the_neighbour(work):
    work.import_safely(work.card("plain", count=5))
    with gallery(work, width=390, height=800) as (_, browser):
        browser.size(390, 800, touch=True)
        browser.cdp("Emulation.setTouchEmulationEnabled", enabled=True)
        try:
            name = functools.partial(browser.run, "return document.getElementById('viewer-name').textContent")
            browser.click(".cell")
            first = browser.wait(name, "the first picture")
            browser.wait_for("document.querySelector('#stage img')?.complete", "all of it")
            swipe(browser, (300, 300), (80, 310))
            second = browser.wait(lambda: name() != first and name(), "the next one, by a swipe to the left")
            swipe(browser, (300, 300), (80, 290))
            browser.wait(lambda: name() not in (first, second), "the third")
            swipe(browser, (80, 300), (300, 310))
            browser.wait(lambda: name() == second, "the second again, by a swipe to the right")
            swipe(browser, (200, 200), (230, 500))  # up and down is no swipe, neither is a short one
            swipe(browser, (200, 300), (170, 300))
            swipe(browser, (80, 300), (300, 310))
            browser.wait(lambda: name() == first, "the first again, and nothing else between")
            browser.wait_for("document.querySelector('#stage img')?.complete", "all of it")
            swipe(browser, (300, 300), (80, 310), lambda: replace_image(browser))
            browser.wait(lambda: name() == second, "the second, by a swipe amid which the picture was replaced")
        finally:
            browser.cdp("Emulation.setTouchEmulationEnabled", enabled=False)
        browser.key("Escape")


def test_a_film_plays(work):
    """Its index is at the end, as cameras write it: only a player that gets parts can begin at once."""
    film = make_film(padding_bytes=16_000_000)
    card = make_card.Card(work.path("card"))
    card.add("DCIM/100EXMPL/MVI_0001.MP4", film, make_card.at(0))
    work.watch(card)
    work.import_safely(card)
    with gallery(work) as (_, browser):
        browser.click(".cell")
        browser.wait_for("document.querySelector('#stage video') !== null", "the player")
        video = "document.querySelector('#stage video')"
        browser.wait_for(f"{video}.error || {video}.readyState >= 1", "what the film is")
        expect_equal(browser.run(f"const v = {video}; return [v.error?.message ?? null, v.duration, v.videoWidth, v.videoHeight]"),
                     [None, 1, 32, 32], "the film")
        browser.wait_for(f"{video}.error || {video}.readyState >= 3", "its first pictures")
        # It begins by itself where all of it would come in time: 16 MB in its one second. A busy machine
        # is slower than that; then a finger begins it.
        expect(browser.run(f"const v = {video}; v.play(); return v.autoplay && v.controls"), "how it begins")
        browser.wait_for(f"{video}.ended && {video}.currentTime === 1", "the end of the film")
        browser.run(f"{video}.currentTime = 0.3")
        browser.wait_for(f"!{video}.seeking && {video}.currentTime === 0.3 && {video}.readyState >= 2", "a place in it")
        answers = browser.run("return performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'video')"
                              ".map((e) => [e.responseStatus, e.transferSize])")
        expect(any(status == 206 and sent < 100_000 for status, sent in answers),  # what it broke off has no status
               f"the index did not come as a part: {answers}")
        browser.key("Escape")


def drag(browser, selector, paths):
    """Files of this machine are dragged into the page, as from a file manager."""
    x, y = browser.run("const r = document.querySelector(arguments[0]).getBoundingClientRect();"
                       "return [r.x + r.width / 2, r.y + r.height - 8]", selector)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.cdp("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)


def test_files_are_dropped(work):
    work.tank.mkdir()
    card = work.card("plain", count=4)
    files = sorted(path for path in Path(os.fsdecode(card.root)).rglob("*") if path.suffix == ".JPG")
    with box(work.folder, tank=work.tank) as b, web(b.socket, f"--spool={b.reader}") as server, \
            page(server) as browser:
        browser.run("location.hash = '#upload-page'")
        browser.wait_for("!document.getElementById('page-upload').hidden", "the upload page")
        drag(browser, "#upload-zone", files)
        browser.wait_for("!document.getElementById('upload-start').disabled", "the files")
        said = "document.getElementById('upload-note').textContent"
        expect(browser.run(f"return {said}").startswith("4 files"), "how many are there")
        browser.run("window.begun = []; const real = fetch; window.fetch = (path, options) => {"
                    "if (path === '/api/upload') begun.push(options.body.get('bytes')); return real(path, options); };")
        browser.run("window.spoken = []; new MutationObserver(() => spoken.push(arguments[0].textContent)).observe("
                    "arguments[0], {childList: true, characterData: true, subtree: true})".replace(
                        "arguments[0]", "document.getElementById('upload-note')"))
        browser.click("#upload-start")
        browser.wait_for(f"{said} === W.uploadDone", "the end")
        server.wait(lambda: os.listdir(b.reader) == [], "an empty spool")
        expect_equal({p.read_bytes() for p in files} - set(files_of(work.tank).values()), set(), "missing files")
        expect_equal(browser.run("return begun"), [str(sum(p.stat().st_size for p in files))], "the room that is asked for")
        expect_equal(browser.run("return spoken.filter((text) => text && text !== W.uploadDone)"), [],
                     "a screen reader would not come to an end with")


def test_beginning_and_end_are_tried_again(work):
    """The question is lost, or its answer: then nobody wants to send three hundred pictures once more."""
    work.tank.mkdir()
    card = work.card("plain", count=4)
    files = sorted(path for path in Path(os.fsdecode(card.root)).rglob("*") if path.suffix == ".JPG")
    said = "document.getElementById('upload-note').textContent"
    with box(work.folder, tank=work.tank) as b, web(b.socket, f"--spool={b.reader}") as server, \
            page(server) as browser:
        browser.run("""
            const real = fetch;
            window.lost = [];
            window.fetch = async (path, options) => {
                const way = path.endsWith('/done') ? 'end' : path === '/api/upload' ? 'beginning' : '';
                const isFirst = way && !lost.includes(way), isSecond = way && lost.filter((one) => one === way).length === 1;
                if (isFirst || isSecond)
                    lost.push(way);
                if (isSecond)
                    await real(path, options);
                if (isFirst || isSecond)
                    throw new TypeError('lost');
                return real(path, options);
            };
            location.hash = '#upload-page';""")
        browser.wait_for("!document.getElementById('page-upload').hidden", "the upload page")
        drag(browser, "#upload-zone", files)
        browser.wait_for("!document.getElementById('upload-start').disabled", "the files")
        browser.click("#upload-start")
        browser.wait_for("document.getElementById('upload-note').dataset.tone !== ''", "the end")
        expect_equal(browser.run(f"return {said}"), browser.run("return W.uploadDone"), "what is said at the end")
        expect_equal(browser.run("return lost"), ["beginning", "beginning", "end", "end"], "what was lost")
        server.wait(lambda: set(files_of(work.tank).values()) >= {p.read_bytes() for p in files}, "the pictures")


def test_what_cannot_be_uploaded_is_named(work):
    """A folder, a file that is gone, notes: the pictures beside them come into the tank."""
    work.tank.mkdir()
    card = work.card("plain", count=4)
    files = sorted(path for path in Path(os.fsdecode(card.root)).rglob("*") if path.suffix == ".JPG")
    notes = Path(work.path("notes.txt"))
    notes.write_text("not a picture", encoding="utf-8")
    said = "document.getElementById('upload-note').textContent"
    with box(work.folder, tank=work.tank) as b, web(b.socket, f"--spool={b.reader}") as server, \
            page(server) as browser:
        browser.run("location.hash = '#upload-page'")
        browser.wait_for("!document.getElementById('page-upload').hidden", "the upload page")
        drag(browser, "#upload-zone", [files[0].parent, files[0], notes])
        browser.wait_for("!document.getElementById('upload-start').disabled", "the files")
        chosen = browser.run(f"return {said}")
        expect(chosen.startswith("2 files") and files[0].parent.name in chosen, f"the folder is not named: {chosen}")
        browser.click("#upload-start")
        browser.wait_for(f"{said}.startsWith('All is on the box')", "the end")
        expect("notes.txt" in browser.run(f"return {said}"), "the notes are not named")
        server.wait(lambda: os.listdir(b.reader) == [], "an empty spool")
        expect(files[0].read_bytes() in files_of(work.tank).values(), "the picture is missing")
        drag(browser, "#upload-zone", files[1:])
        browser.wait_for(f"{said}.startsWith('3 files')", "the other ones")
        files[2].unlink()
        browser.click("#upload-start")
        browser.wait_for(f"{said}.includes({json.dumps(files[2].name)})", "the name of the one that is gone")
        expect(browser.run(f"return {said} === W.uploadGone({json.dumps(files[2].name)})"), "what is said of it")


# ---- power -------------------------------------------------------------------------------------


def test_power_is_asked_for(work):
    with FakeBox("idle") as fake, web(fake.socket) as server, page(server) as browser:

        def asked():
            return [line for line in fake.lines if "poweroff" in line or "reboot" in line]

        fake.step("advance 1")
        browser.wait_for("document.querySelectorAll('#power button').length === 2", "the power buttons")
        press = ("[...document.querySelectorAll('#power button')].find((b) => b.textContent === "
                 f"{json.dumps(server.get_json('/api/state')['labels']['poweroff'])}).click()")
        for no in ("document.getElementById('question-no').click()", None):
            browser.run(press)
            browser.wait_for("document.getElementById('question').open", "the question")
            expect(browser.run("return document.getElementById('question-text').textContent === W.askPower"), "its words")
            if no:
                browser.run(no)
            else:
                browser.key("Escape")
            browser.wait_for("!document.getElementById('question').open", "the end of the question")
            fake.step("advance 1")
            expect_equal(asked(), [], "who said no was obeyed")
        browser.run(press)
        browser.wait_for("document.getElementById('question').open", "the question")
        browser.click("#question-yes")
        server.wait(asked, "the command")
        browser.wait_for("document.querySelectorAll('#power button').length === 0", "that it is shutting down")
        fake.step("advance 1")
        expect_equal(len(asked()), 1, f"one command: {asked()}")


# ---- a home screen -----------------------------------------------------------------------------


def test_the_browser_reads_the_manifest(work):
    with FakeBox("idle") as fake, web(fake.socket) as server:
        for logged_in in (True, False):
            with page(server, logged_in=logged_in) as browser:
                expect_equal(browser.run("return document.documentElement.lang"), "en", "the language")
                if not logged_in:
                    continue
                found = browser.cdp("Page.getAppManifest")
                expect(found["url"].endswith(".webmanifest") and found["data"], "no manifest is linked")
                expect_equal(found["errors"], [], "what the browser says of it")


if __name__ == "__main__":
    try:
        status = main(globals())
    finally:
        if the_browser.cache_info().currsize:
            the_browser().end()
    sys.exit(status)
