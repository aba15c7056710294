# SPDX-License-Identifier: GPL-3.0-or-later
"""Scrolls the gallery as people do, and sees what that costs: frames, elements, requests, waiting."""
import json
import time
import urllib.parse

# The pace of frames, tasks of more than 50 ms, the most elements at any time, how high the page was, and which
# thumbnails somebody has seen.
WATCH = """
if (!window.watch) {
	window.watch = {};
	let last = 0;
	const look = () => {
		for (const cell of document.querySelectorAll(".cell[data-id]")) {
			const image = cell.querySelector("img");
			if (!image || !image.complete || !image.naturalWidth)
				continue;
			const place = cell.getBoundingClientRect();
			if (place.bottom > 52 && place.top < innerHeight)
				watch.seen.add(cell.dataset.id);
		}
	};
	const frame = (now) => {
		if (last)
			watch.frames.push(now - last);
		last = now;
		watch.nodes = Math.max(watch.nodes, document.getElementsByTagName("*").length);
		const height = document.documentElement.scrollHeight;
		if (height !== watch.heights[watch.heights.length - 1])
			watch.heights.push(height);
		if (watch.frames.length % 3 === 0)
			look();
		requestAnimationFrame(frame);
	};
	requestAnimationFrame(frame);
	new PerformanceObserver((list) => watch.tasks.push(...list.getEntries().map((e) => e.duration)))
		.observe({type: "longtask"});
	window.addEventListener("scroll", () => { watch.scrolled = performance.now(); }, {passive: true});
}
Object.assign(watch, {frames: [], tasks: [], nodes: 0, heights: [], seen: new Set(), scrolled: performance.now()});
"""
# True when every place of the window has its picture; there is something, and nothing more comes.
IS_SEEN = """(() => {
	const seen = [...document.querySelectorAll(".cell")].filter((cell) => {
		const place = cell.getBoundingClientRect();
		return place.bottom > 60 && place.top < innerHeight;
	});
	return seen.length > 0 && seen.every((cell) => {
		const image = cell.querySelector("img");
		return cell.dataset.id && (image ? image.complete && image.naturalWidth : cell.querySelector(".ending"));
	});
})()"""
# Milliseconds from the last movement until then; a place that is still empty keeps it waiting.
SETTLED = f"""
const done = arguments[arguments.length - 1];
let still = 0, place = scrollY;
const look = () => {{
	still = scrollY === place ? still + 1 : 0;
	place = scrollY;
	if (still > 5 && {IS_SEEN})
		done(performance.now() - watch.scrolled);
	else
		requestAnimationFrame(look);
}};
look();
"""
# Milliseconds from now until the large picture is there that was wanted last.
SEEN_LARGE = """
const began = performance.now(), done = arguments[arguments.length - 1];
let still = 0, name = "";
const look = () => {
	const image = document.querySelector("#stage img:not(.rough)"), shown = document.getElementById("viewer-name").textContent;
	still = image && image.complete && image.naturalWidth && shown === name ? still + 1 : 0;
	name = shown;
	if (still > 20)
		done(performance.now() - began);
	else
		requestAnimationFrame(look);
};
look();
"""
VIRTUAL_KEYS = {"PageDown": 34, "PageUp": 33, "End": 35, "Home": 36, "ArrowRight": 39}


def messages(browser):
    """What the network did since the last call."""
    return [json.loads(entry["message"])["message"] for entry in
            browser.call("POST", "/se/log", {"type": "performance"})]


def asked(browser):
    """The paths that were asked for since the last call, also what was broken off again."""
    return [urllib.parse.urlsplit(message["params"]["request"]["url"]).path for message in messages(browser)
            if message["method"] == "Network.requestWillBeSent"]


def wanted(browser):
    """The pictures that were seen, and those that are near the window now: what was asked for besides was in vain."""
    return set(browser.run("return [...watch.seen, ...[...document.querySelectorAll('.cell[data-id]')]"
                           ".map((cell) => cell.dataset.id)]"))


class Seen:
    """What one way of scrolling cost."""

    def __init__(self, browser, settled_ms):
        watch = browser.run("return watch")
        self.frames = sorted(watch["frames"])
        self.tasks = watch["tasks"]
        self.nodes = watch["nodes"]
        self.heights = watch["heights"]
        self.settled_ms = settled_ms
        paths = asked(browser)
        kept = wanted(browser)
        thumbs = [path for path in paths if path.endswith("/thumb")]
        self.large = sum(path.endswith("/view") for path in paths)
        self.thumbs = len(thumbs)
        self.vain = sum(path.split("/")[2] not in kept for path in thumbs)
        self.pages = sum(path.startswith(("/api/day/", "/api/search")) for path in paths)

    def frame(self, part):
        return self.frames[min(len(self.frames) - 1, int(part * len(self.frames)))] if self.frames else 0


def until(browser, script):
    return browser.call("POST", "/execute/async", {"script": script, "args": []})


def seen_while(browser, scroll, settled=SETTLED):
    browser.run(WATCH)
    asked(browser)
    scroll()
    return Seen(browser, until(browser, settled))


def press(browser, key, count=1, pause_s=0.033):
    """Held down, as the keyboard repeats it."""
    code = VIRTUAL_KEYS[key]
    for i in range(count):
        browser.cdp("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code,
                    autoRepeat=i > 0)
        if count > 1:
            time.sleep(pause_s)
    browser.cdp("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)


def fling(browser, count, pixels):
    """So many flings downwards, one after the other; sent as a wheel's, as Chromium has no touch screen here."""
    width, height = browser.run("return [innerWidth, innerHeight]")
    for _ in range(count):
        browser.cdp("Input.synthesizeScrollGesture", x=width // 2, y=height * 3 // 4, yDistance=-pixels,
                    speed=pixels * 3, gestureSourceType="mouse")


def drag(browser, part_to, steps=60, pause_s=0.02):
    """The scrollbar's thumb, with the mouse, down to so much of its way."""
    width, height, bar = browser.run("return [innerWidth, innerHeight, innerWidth - document.documentElement.clientWidth]")
    x = width - max(2, bar // 2)
    at = browser.run("return scrollY / document.documentElement.scrollHeight * innerHeight") + bar + 4
    end = height * part_to
    browser.cdp("Input.dispatchMouseEvent", type="mousePressed", x=x, y=at, button="left", buttons=1, clickCount=1)
    for i in range(steps):
        browser.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=at + (end - at) * (i + 1) / steps,
                    button="left", buttons=1)
        time.sleep(pause_s)
    browser.cdp("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=end, button="left", clickCount=1)


def swipe(browser, count, pause_s=0.1):
    """To the left, over the single picture."""
    for _ in range(count):
        for kind, x in (("touchStart", 300), ("touchMove", 200), ("touchMove", 100), ("touchEnd", None)):
            browser.cdp("Input.dispatchTouchEvent", type=kind, touchPoints=[] if x is None else [{"x": x, "y": 300}])
        time.sleep(pause_s)
