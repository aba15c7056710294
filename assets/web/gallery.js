// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures: days (or what a search has found) as grids. Where each one stands is reckoned, not laid out by the
// browser: so the page has its whole height from the start, and only what is near the window exists as elements.
"use strict";

const PAGE = 200; // as the box pages a day
const PAGES_KEPT = 60; // of lists, in memory
const THUMBS_AT_ONCE = 12; // so that those which are passed by were mostly not asked for yet
const GAP = 6, DAY_GAP = 22;
const RUSH_MS = 100; // who passes by a whole window in less sees no picture, and none is fetched
const REST_MS = 100; // after a rush
const STAY_AHEAD_MS = 300; // after a rush, for what is not in the window yet
const sections = []; // in the order of the page
const drawn = new Set(); // those of them that have elements
let galleryIsOn = false;

// --- where everything is; pixels, from the top of the first day ---

const place = {width: 0, columns: 1, cellWidth: 0, cellHeight: 0, pitch: 1, header: 0, bar: 0, generation: 0};

// The cells' height is whole, for the pattern behind them that stands for those which are not there yet.
function measure(width) {
	const wanted = width < 520 ? 92 : width < 1200 ? 168 : width < 2400 ? 208 : 250; // a small picture has 256
	const sample = make("section", {className: "day"}, headerOf("x", ["x"]));
	$("days").append(sample);
	place.header = Math.ceil(sample.firstChild.getBoundingClientRect().height);
	sample.remove();
	place.width = width;
	place.columns = Math.max(2, Math.floor((width + GAP) / (wanted + GAP)));
	place.cellWidth = (width - GAP * (place.columns - 1)) / place.columns;
	place.cellHeight = Math.round(place.cellWidth);
	place.pitch = place.cellHeight + GAP;
	place.bar = document.querySelector(".bar").offsetHeight;
	place.generation++;
	const style = $("days").style;
	style.setProperty("--bar", `${place.bar}px`);
	style.setProperty("--cell-width", `${place.cellWidth}px`);
	style.setProperty("--cell-height", `${place.cellHeight}px`);
}

function rowsOf(count) {
	return Math.ceil(count / place.columns);
}

// From this section on: they follow each other.
function stack(first) {
	for (let i = first; i < sections.length; i++) {
		const section = sections[i], before = sections[i - 1];
		section.at = i;
		section.top = before ? before.top + before.height + DAY_GAP : 0;
		section.height = section.header() + rowsOf(section.count) * place.pitch;
	}
	const last = sections[sections.length - 1];
	$("days").style.height = `${last ? last.top + last.height : 0}px`;
}

// The first section that ends below there.
function sectionAt(top) {
	let low = 0, high = sections.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (sections[middle].top + sections[middle].height <= top)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

function viewTop() {
	return -$("days").getBoundingClientRect().top;
}

// --- lists of pictures, a page at a time ---

const pagesKept = new Map(); // page: how to forget it; the one that was needed last is last
const pagesComing = new Set();

function keepPage(page, forget) {
	pagesKept.delete(page);
	pagesKept.set(page, forget);
	for (const [old, forgetOld] of pagesKept) {
		if (pagesKept.size <= PAGES_KEPT)
			break;
		if (old.pictures) {
			pagesKept.delete(old);
			forgetOld();
		}
	}
}

function leavePages(needed) {
	for (const page of pagesComing)
		if (!needed.has(page))
			page.abort.abort();
}

// --- a day ---

function headerOf(title, facts) {
	return make("header", {}, make("h2", {textContent: title}), make("p", {className: "facts"}, ...facts));
}

// A grid of count pictures; load(page, signal) gives PAGE of them.
class Section {
	constructor(title, count, load, facts = () => []) {
		Object.assign(this, {title, count, load, facts, top: 0, height: 0, at: 0, current: 0, box: null, grid: null, stop: null});
		this.pages = new Map();
		this.cells = new Map();
	}

	header() {
		return this.title ? place.header : 0;
	}

	topOf(index) {
		return this.top + this.header() + Math.floor(index / place.columns) * place.pitch;
	}

	picture(index) {
		const page = this.pages.get(Math.floor(index / PAGE));
		return page && page.pictures ? page.pictures[index % PAGE] : undefined;
	}

	page(number) {
		let page = this.pages.get(number);
		if (!page) {
			page = {pictures: null, abort: new AbortController(), coming: null};
			page.coming = this.fetchPage(number, page);
			this.pages.set(number, page);
		}
		keepPage(page, () => this.pages.delete(number));
		return page;
	}

	async fetchPage(number, page) {
		pagesComing.add(page);
		try {
			page.pictures = await this.load(number, page.abort.signal);
			planDraw();
		} catch (error) {
			if (this.pages.get(number) === page)
				this.pages.delete(number);
			pagesKept.delete(page);
			if (!page.abort.signal.aborted)
				toast(error.message);
		}
		pagesComing.delete(page);
	}

	// Resolves when the page with this picture is here.
	async want(index) {
		await this.page(Math.floor(index / PAGE)).coming;
	}

	show() {
		if (!this.box)
			this.makeBox();
		const key = `${this.top} ${this.height} ${sections.length}`;
		if (this.box.dataset.key === key)
			return;
		this.box.dataset.key = key;
		this.box.style.top = `${this.top}px`;
		this.box.style.height = `${this.height}px`;
		this.box.setAttribute("aria-posinset", this.at + 1);
		this.box.setAttribute("aria-setsize", sections.length);
		// The pattern ends where the last row may be half empty: its cells come soon.
		this.grid.style.setProperty("--rows", `${Math.floor(this.count / place.columns) * place.pitch}px`);
	}

	makeBox() {
		this.grid = make("div", {className: "grid"});
		this.box = make("section", {className: "day"}, ...(this.title ? [headerOf(this.title, this.facts())] : []), this.grid);
		this.box.setAttribute("role", "listitem");
		if (this.title)
			this.box.setAttribute("aria-label", this.title);
		const after = [...drawn].filter((other) => other.at > this.at).sort((a, b) => a.at - b.at)[0];
		$("days").insertBefore(this.box, after ? after.box : null);
		drawn.add(this);
	}

	hide() {
		for (const cell of this.cells.values())
			dropThumb(cell);
		this.cells.clear();
		this.box.remove();
		this.box = this.grid = null;
		drawn.delete(this);
	}

	hasFocus() {
		return this.box.contains(document.activeElement);
	}

	// What lies between from and to; the picture that has the focus stays wherever it is.
	draw(from, to, needed) {
		const top = this.top + this.header();
		const first = Math.max(0, Math.floor((from - top) / place.pitch)) * place.columns;
		const last = Math.min(this.count, Math.max(0, Math.ceil((to - top) / place.pitch)) * place.columns);
		for (const [index, cell] of this.cells)
			if ((index < first || index >= last) && cell !== document.activeElement) {
				dropThumb(cell);
				cell.remove();
				this.cells.delete(index);
			}
		for (let number = Math.floor(first / PAGE); number * PAGE < last; number++)
			needed.add(this.page(number));
		for (let index = first; index < last; index++)
			this.drawCell(index);
		this.drawStop(first, last, Math.ceil((from + window.innerHeight + place.bar - this.top) / place.pitch) * place.columns);
	}

	drawCell(index) {
		const picture = this.picture(index);
		let cell = this.cells.get(index);
		if (!cell) {
			cell = make("button", {type: "button", className: "cell", tabIndex: -1,
				ariaLabel: W.place(index + 1, this.count)}); // until it has its picture
			Object.assign(cell, {section: this, index, thumb: "", image: null, generation: 0});
			this.insert(cell);
			this.cells.set(index, cell);
		}
		if (cell.generation !== place.generation) {
			cell.generation = place.generation;
			cell.style.left = `${(index % place.columns) * (place.cellWidth + GAP)}px`;
			cell.style.top = `${Math.floor(index / place.columns) * place.pitch}px`;
		}
		if (picture && cell.dataset.id !== String(picture.id))
			fillCell(cell, picture);
	}

	// In order, for those who hear them.
	insert(cell) {
		const before = this.cells.get(cell.index - 1);
		let after = before || this.grid.lastElementChild;
		while (!before && after && after.index > cell.index)
			after = after.previousElementSibling;
		this.grid.insertBefore(cell, after ? after.nextSibling : this.grid.firstChild);
	}

	// Tab stops once in a day, at the picture that had the focus last, else at the first one in the window.
	drawStop(first, last, seen) {
		const isThere = this.current >= first && this.current < last;
		const stop = this.cells.get(isThere ? this.current : seen >= first && seen < last ? seen : first);
		if (this.stop && this.stop !== stop)
			this.stop.tabIndex = -1;
		if (stop)
			stop.tabIndex = 0;
		this.stop = stop;
	}
}

const KIND_SIGNS = {video: "▶", audio: "♪", raw: "RAW"};

function fillCell(cell, picture) {
	const sign = KIND_SIGNS[picture.kind];
	dropThumb(cell);
	cell.dataset.id = picture.id;
	markCell(cell);
	cell.setAttribute("aria-label", [picture.name, picture.time.slice(11, 16), W.kinds[picture.kind],
		W.place(cell.index + 1, cell.section.count)].filter(Boolean).join(", "));
	cell.thumb = picture.thumb ? `/media/${picture.id}/thumb?v=${picture.v}` : "";
	cell.replaceChildren();
	if (!cell.thumb)
		showEnding(cell);
	if (sign && (picture.thumb || sign !== "RAW"))
		cell.append(make("span", {className: "sign", textContent: sign, ariaHidden: "true"}));
}

function showEnding(cell) {
	const name = cell.section.picture(cell.index)?.name ?? "";
	cell.prepend(make("span", {className: "ending", textContent: name.split(".").pop().toUpperCase()}));
}

// --- thumbnails: what is in the window comes first, and only some at a time ---

const thumbsLoading = new Set(); // cells
let thumbsWaiting = []; // cells, the first one last

// Who has just come from far may go on: then only what is in the window.
function planThumbs(top) {
	const bottom = top + window.innerHeight;
	const hasJustCome = performance.now() - pace.rushed < STAY_AHEAD_MS;
	const waiting = [];
	for (const section of drawn)
		for (const cell of section.cells.values())
			if (cell.thumb && !cell.image) {
				const at = section.topOf(cell.index);
				const away = at >= bottom ? at - bottom + 1 : Math.max(0, (top - at - place.pitch) * 2);
				if (!away || !hasJustCome)
					waiting.push([away, at, cell]);
			}
	waiting.sort((a, b) => b[0] - a[0] || b[1] - a[1] || b[2].index - a[2].index);
	thumbsWaiting = waiting.map(([, , cell]) => cell);
	loadThumbs();
	if (hasJustCome)
		pace.timer = setTimeout(planDraw, STAY_AHEAD_MS);
}

// Those that are out of the window again.
function leaveThumbs(top) {
	thumbsWaiting = [];
	for (const cell of thumbsLoading) {
		const at = cell.section.topOf(cell.index) - top;
		if (at + place.pitch < 0 || at > window.innerHeight) {
			dropThumb(cell);
			cell.image.remove();
			cell.image = null;
		}
	}
}

function loadThumbs() {
	while (thumbsWaiting.length && thumbsLoading.size < THUMBS_AT_ONCE) {
		const cell = thumbsWaiting.pop();
		if (cell.isConnected && cell.thumb && !cell.image)
			loadThumb(cell);
	}
}

function loadThumb(cell) {
	const image = make("img", {alt: "", decoding: "async"});
	const isOver = () => {
		thumbsLoading.delete(cell);
		loadThumbs();
	};
	cell.image = image;
	thumbsLoading.add(cell);
	image.onload = isOver;
	image.onerror = () => {
		image.remove();
		showEnding(cell);
		isOver();
	};
	image.src = cell.thumb;
	cell.prepend(image);
}

// Without its address an image is not fetched any longer.
function dropThumb(cell) {
	if (!thumbsLoading.delete(cell))
		return;
	cell.image.onload = cell.image.onerror = null;
	cell.image.removeAttribute("src");
}

// --- selecting ---

const selected = new Set();
let isSelecting = false;

function markCell(cell) {
	if (isSelecting)
		cell.setAttribute("aria-pressed", String(selected.has(cell.dataset.id)));
	else
		cell.removeAttribute("aria-pressed");
}

function showSelection() {
	setText($("select"), isSelecting ? W.selectEnd : W.select);
	$("select").setAttribute("aria-pressed", String(isSelecting));
	$("zip").hidden = !selected.size;
	setText($("zip-button"), W.downloadSelected(selected.size));
	$("zip-ids").value = [...selected].join(",");
	document.querySelectorAll(".cell[data-id]").forEach(markCell);
}

function pressCell(section, index) {
	const picture = section.picture(index);
	if (!isSelecting) {
		viewerOpen(section, index);
		return;
	}
	if (!picture)
		return;
	const id = String(picture.id);
	if (!selected.delete(id))
		selected.add(id);
	showSelection();
}

// --- drawing ---

const pace = {y: 0, time: 0, isRushing: false, rushed: -Infinity, timer: 0, top: 0};

// A single jump is none, only who is on the way.
function isRushing() {
	const now = performance.now(), y = window.scrollY, elapsed = now - pace.time;
	if (y !== pace.y) {
		pace.isRushing = elapsed < 3 * RUSH_MS && Math.abs(y - pace.y) * RUSH_MS > elapsed * window.innerHeight;
		pace.y = y;
		pace.time = now;
	} else if (elapsed >= REST_MS) {
		pace.isRushing = false;
	}
	clearTimeout(pace.timer);
	if (pace.isRushing) {
		pace.rushed = now;
		pace.timer = setTimeout(planDraw, REST_MS);
	}
	return pace.isRushing;
}

let isDrawPlanned = false;
function planDraw() {
	if (isDrawPlanned)
		return;
	isDrawPlanned = true;
	requestAnimationFrame(() => {
		isDrawPlanned = false;
		drawGallery();
	});
}

// In a rush there are the days and the pattern of their grids, and nothing is fetched.
function drawGallery() {
	if ($("page-pictures").hidden || !place.width)
		return;
	const top = viewTop(), height = window.innerHeight;
	const from = top - height, to = top + 2 * height;
	const near = [];
	pace.top = top;
	for (let i = sectionAt(from); i < sections.length && sections[i].top < to; i++)
		near.push(sections[i]);
	for (const section of [...drawn])
		if (!near.includes(section) && !section.hasFocus())
			section.hide();
	near.forEach((section) => section.show());
	if (isRushing()) {
		leaveThumbs(top);
		return;
	}
	const needed = new Set();
	for (const section of drawn)
		section.draw(from, to, needed);
	if (!$("viewer").open)
		leavePages(needed);
	planThumbs(top);
	const last = sections[sections.length - 1];
	if (!last || last.top + last.height < top + 3 * height)
		loadMore();
}

// What was at the top of the window stays there.
function layoutGallery() {
	const width = $("days").clientWidth;
	if (!width || width === place.width) {
		planDraw();
		return;
	}
	const section = place.width ? sections[sectionAt(pace.top)] : null;
	const rows = section ? (pace.top - section.top - section.header()) / place.pitch : 0;
	const index = Math.round(Math.max(0, rows) * place.columns);
	measure(width);
	stack(0);
	if (section && pace.top > 0)
		window.scrollBy(0, section.topOf(index) + Math.min(0, rows) * place.pitch - viewTop());
	drawGallery();
}

function addSections(more) {
	const first = sections.length;
	sections.push(...more);
	stack(first);
	planDraw();
}

function clearGallery() {
	for (const section of [...drawn])
		section.hide();
	leavePages(new Set());
	pagesKept.clear();
	thumbsWaiting = [];
	sections.length = 0;
	stack(0);
}

function note(text) {
	$("gallery-note").hidden = !text;
	setText($("gallery-note"), text);
}

// --- from picture to picture ---

// [section, index] of the picture so many further on, also over the end of a day; undefined: there is none.
function neighbour(section, index, delta) {
	const to = index + delta;
	if (to >= 0 && to < section.count)
		return [section, to];
	const isRow = Math.abs(delta) > 1;
	if (delta > 0 && isRow && rowsOf(index + 1) < rowsOf(section.count))
		return [section, section.count - 1]; // the last row is shorter
	const next = sections[section.at + Math.sign(delta)];
	if (!next || !next.count)
		return undefined;
	if (!isRow)
		return [next, delta > 0 ? 0 : next.count - 1];
	const row = delta > 0 ? 0 : (rowsOf(next.count) - 1) * place.columns;
	return [next, Math.min(next.count - 1, row + index % place.columns)];
}

// Gives the picture the focus; the page moves no more than it must.
function reveal(section, index) {
	const at = section.topOf(index), top = viewTop(), height = window.innerHeight;
	const high = at - place.bar - section.header() - GAP, low = at + place.pitch + GAP - height;
	if (top > high || top < low)
		window.scrollBy(0, (Math.abs(at - top) > 2 * height ? (high + low) / 2 : top > high ? high : low) - top);
	section.current = index;
	pace.time = 0; // a jump, no rush
	drawGallery();
	section.cells.get(index)?.focus({preventScroll: true});
}

function galleryKey(event) {
	const cell = event.target.closest(".cell");
	const delta = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -place.columns, ArrowDown: place.columns}[event.key];
	if (!cell || !delta || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey)
		return;
	const next = neighbour(cell.section, cell.index, delta);
	event.preventDefault();
	if (next)
		reveal(...next);
}

// --- days ---

const TRY_AGAIN_MS = 10000;
let loadMore = () => {};
let listNumber = 0; // of what is listed now

function daySection(day) {
	const section = new Section(dayText(day.day), day.count,
		async (page, signal) => (await ask(`/api/day/${day.day}?offset=${page * PAGE}`, {signal})).pictures,
		() => [make("span", {textContent: `${W.count(day.count)} · ${sizeText(day.bytes)}`}),
			make("a", {href: `/api/zip/${day.day}`, textContent: W.zip, ariaLabel: `${W.zip}, ${dayText(day.day)}`})]);
	section.day = day.day;
	return section;
}

// The next ones in the list, which are earlier.
function askDaysAfter(days) {
	return ask(days.length ? `/api/days?before=${days[days.length - 1].day}` : "/api/days");
}

// All of them, one answer after the other: then the page is as high as it will be.
async function loadDays(number) {
	for (let isEnd = false; !isEnd && number === listNumber;) {
		try {
			const answer = await askDaysAfter(sections);
			if (number !== listNumber)
				return;
			isEnd = answer.end;
			addSections(answer.days.map(daySection));
			note(sections.length ? "" : W.nothing);
		} catch (error) {
			if (number !== listNumber)
				return;
			note(error.message);
			await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
		}
	}
}

function showDays() {
	clearGallery();
	loadMore = () => {};
	isSearch = false;
	listedNews = toldNews;
	loadDays(++listNumber);
}

// --- what has come since ---

let toldNews = ["", 0]; // what the tank said last: of the imports that have ended, and how many files were copied
let listedNews = toldNews; // and when the days were listed
let isSearch = false, isCatchingUp = false;

// Who looks at the pictures sees new ones when an import has ended, not while it goes on.
function galleryNews(ends, copied) {
	toldNews = [ends, copied];
	if (!listedNews[0])
		listedNews = toldNews; // the first that is told
	if (ends !== listedNews[0])
		galleryCatchUp();
}

async function galleryCatchUp() {
	if (!galleryIsOn || isCatchingUp || isSearch || String(toldNews) === String(listedNews)
		|| $("page-pictures").hidden || $("viewer").open)
		return;
	const news = toldNews, number = ++listNumber, days = [];
	isCatchingUp = true;
	try {
		for (let isEnd = false; !isEnd && number === listNumber;) {
			const answer = await askDaysAfter(days);
			isEnd = answer.end;
			days.push(...answer.days);
		}
		if (number === listNumber && !$("viewer").open) {
			listedNews = news;
			replaceDays(days);
		}
	} catch {
		await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
	}
	isCatchingUp = false;
	if (toldNews[0] !== listedNews[0])
		galleryCatchUp(); // one more has ended by now
}

// What was at the top of the window stays there, and who has the focus keeps it.
function replaceDays(days) {
	const top = viewTop(), anchor = top > 0 ? sections[sectionAt(top)] : null;
	const focused = document.activeElement.closest(".cell");
	const old = new Map(sections.map((section) => [section.day, section]));
	clearGallery();
	addSections(days.map(daySection));
	for (const section of sections)
		section.current = Math.min(old.get(section.day)?.current ?? 0, section.count - 1);
	note(sections.length ? "" : W.nothing);
	const again = anchor && sections.find((section) => section.day === anchor.day);
	if (again)
		window.scrollBy(0, again.top + top - anchor.top - viewTop());
	pace.time = 0; // a jump, no rush
	drawGallery();
	const same = focused && sections.find((section) => section.day === focused.section.day);
	if (same)
		reveal(same, Math.min(focused.index, same.count - 1));
}

// --- search ---

function showFound(form) {
	const number = ++listNumber;
	isSearch = true;
	const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
	const found = [];
	const section = new Section("", 0, async (page) => found.slice(page * PAGE, (page + 1) * PAGE));
	let isEnd = false, isLoading = false;

	clearGallery();
	addSections([section]);
	note(W.searching);
	loadMore = async () => {
		if (isEnd || isLoading || number !== listNumber)
			return;
		isLoading = true;
		try {
			const answer = await ask(`/api/search?${query}`);
			if (number !== listNumber)
				return;
			found.push(...answer.pictures);
			isEnd = answer.end;
			query.set("after_time", answer.after_time);
			query.set("after_id", answer.after_id);
			section.count = found.length;
			section.pages.clear();
			stack(0);
			note(found.length ? W.found(found.length, !isEnd) : isEnd ? W.nothingFound : W.searching);
		} catch (error) {
			isEnd = true;
			note(error.message);
		}
		isLoading = false;
		planDraw();
	};
	loadMore();
}

function galleryStart() {
	if (galleryIsOn) {
		layoutGallery();
		galleryCatchUp();
		return;
	}
	galleryIsOn = true;
	$("search").addEventListener("submit", (event) => {
		event.preventDefault();
		showFound($("search"));
	});
	$("search").addEventListener("reset", showDays);
	$("select").onclick = () => {
		isSelecting = !isSelecting;
		selected.clear();
		showSelection();
	};
	$("days").addEventListener("click", (event) => {
		const cell = event.target.closest(".cell");
		if (cell)
			pressCell(cell.section, cell.index);
	});
	$("days").addEventListener("focusin", (event) => {
		if (event.target.matches(".cell"))
			event.target.section.current = event.target.index;
	});
	$("days").addEventListener("keydown", galleryKey);
	$("search-box").open = window.innerWidth >= 900;
	showSelection();
	window.addEventListener("scroll", planDraw, {passive: true});
	window.addEventListener("resize", planDraw);
	new ResizeObserver(layoutGallery).observe($("days")); // also when a scrollbar comes
	layoutGallery();
	showDays();
}
