// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures: days (or what a search has found) as grids. Only what is near the screen exists as
// elements, and only those pages of a day are asked for: 10,000 pictures cost as much as 50.
"use strict";

const PAGE = 200; // as the box pages a day
const GAP = 6;
const sections = []; // in the order of the page
let daysEnd = false, daysLoading = false, galleryIsOn = false;

// A grid of count pictures; load(page) gives PAGE of them.
class Section {
	constructor(title, count, load) {
		this.count = count;
		this.load = load;
		this.pages = new Map();
		this.cells = new Map();
		this.heading = make("h2", {textContent: title});
		this.facts = make("p", {className: "facts"});
		this.grid = make("div", {className: "grid"});
		this.box = make("section", {className: "day"}, make("header", {}, this.heading, this.facts), this.grid);
	}

	picture(index) {
		const page = this.pages.get(Math.floor(index / PAGE));
		return Array.isArray(page) ? page[index % PAGE] : undefined;
	}

	// Resolves when the page with this picture is here.
	async want(index) {
		const number = Math.floor(index / PAGE);
		if (!this.pages.has(number))
			this.pages.set(number, this.load(number).then((pictures) => {
				this.pages.set(number, pictures);
				planDraw();
			}).catch((error) => {
				this.pages.delete(number);
				toast(error.message);
			}));
		await this.pages.get(number);
	}

	layout() {
		const width = this.grid.clientWidth || document.documentElement.clientWidth - 24;
		const wanted = width < 520 ? 92 : width < 1200 ? 168 : 208;
		this.columns = Math.max(2, Math.floor((width + GAP) / (wanted + GAP)));
		this.size = (width - GAP * (this.columns - 1)) / this.columns;
		this.grid.style.height = `${Math.ceil(this.count / this.columns) * (this.size + GAP)}px`;
	}

	draw() {
		const top = this.grid.getBoundingClientRect().top;
		const spare = window.innerHeight;
		const pitch = this.size + GAP;
		const first = Math.max(0, Math.floor((-top - spare) / pitch)) * this.columns;
		const last = Math.min(this.count, Math.ceil((window.innerHeight + spare - top) / pitch) * this.columns);
		for (const [index, cell] of this.cells)
			if (index < first || index >= last) {
				cell.remove();
				this.cells.delete(index);
			}
		for (let index = first; index < last; index++)
			this.drawCell(index);
	}

	drawCell(index) {
		const picture = this.picture(index);
		let cell = this.cells.get(index);
		if (!picture)
			this.want(index);
		if (!cell) {
			cell = make("button", {type: "button", className: "cell", onclick: () => pressCell(this, index)});
			cell.dataset.index = index;
			this.cells.set(index, cell);
			this.place(index, cell);
		}
		cell.style.width = cell.style.height = `${this.size}px`;
		cell.style.left = `${(index % this.columns) * (this.size + GAP)}px`;
		cell.style.top = `${Math.floor(index / this.columns) * (this.size + GAP)}px`;
		if (picture && cell.dataset.id !== String(picture.id))
			fillCell(cell, picture);
	}

	// In order, for those who go through them with the keyboard.
	place(index, cell) {
		for (let next = index + 1; next <= index + this.columns; next++)
			if (this.cells.has(next)) {
				this.grid.insertBefore(cell, this.cells.get(next));
				return;
			}
		const before = this.cells.get(index - 1);
		this.grid.insertBefore(cell, before ? before.nextSibling : null);
	}
}

const KIND_SIGNS = {video: "▶", audio: "♪", raw: "RAW"};

function fillCell(cell, picture) {
	const sign = KIND_SIGNS[picture.kind];
	cell.dataset.id = picture.id;
	markCell(cell);
	cell.setAttribute("aria-label", [picture.name, picture.time.slice(11, 16), W.kinds[picture.kind]].filter(Boolean).join(", "));
	cell.replaceChildren(picture.thumb
		? make("img", {src: `/media/${picture.id}/thumb?v=${picture.v}`, alt: "", decoding: "async"})
		: make("span", {className: "ending", textContent: picture.name.split(".").pop().toUpperCase()}));
	if (sign && (picture.thumb || sign !== "RAW"))
		cell.append(make("span", {className: "sign", textContent: sign, ariaHidden: "true"}));
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

// IntersectionObserver says which grids are near; only those are drawn while one scrolls.
const near = new Set();
const observer = new IntersectionObserver((entries) => {
	for (const entry of entries)
		if (entry.isIntersecting)
			near.add(entry.target);
		else
			near.delete(entry.target);
	planDraw();
}, {rootMargin: "100% 0px"});

function drawGallery() {
	if ($("page-pictures").hidden)
		return;
	for (const section of sections)
		if (near.has(section.grid))
			section.draw();
		else if (section.cells.size) {
			section.grid.replaceChildren();
			section.cells.clear();
		}
	const last = $("days").lastElementChild;
	if (!last || last.getBoundingClientRect().top < window.innerHeight * 3)
		loadMore();
}

function layoutGallery() {
	for (const section of sections)
		section.layout();
	planDraw();
}

function addSection(section) {
	sections.push(section);
	$("days").append(section.box);
	section.layout();
	observer.observe(section.grid);
}

function clearGallery() {
	observer.disconnect();
	near.clear();
	sections.length = 0;
	$("days").replaceChildren();
}

function note(text) {
	$("gallery-note").hidden = !text;
	setText($("gallery-note"), text);
}

// --- days ---

let loadMore = () => {};

function daySection(day) {
	const section = new Section(dayText(day.day), day.count, async (page) =>
		(await ask(`/api/day/${day.day}?offset=${page * PAGE}`)).pictures);
	section.facts.append(`${W.count(day.count)} · ${sizeText(day.bytes)} · `,
		make("a", {href: `/api/zip/${day.day}`, textContent: W.zip, ariaLabel: `${W.zip}, ${dayText(day.day)}`}));
	return section;
}

async function loadDays() {
	if (daysEnd || daysLoading)
		return;
	daysLoading = true;
	try {
		const last = sections.length ? `?before=${sections[sections.length - 1].day}` : "";
		const answer = await ask(`/api/days${last}`);
		daysEnd = answer.end;
		for (const day of answer.days) {
			const section = daySection(day);
			section.day = day.day;
			addSection(section);
		}
		note(sections.length ? "" : W.nothing);
	} catch (error) {
		daysEnd = true; // not again and again: reloading does
		note(error.message);
	}
	daysLoading = false;
	planDraw();
}

function showDays() {
	clearGallery();
	daysEnd = daysLoading = false;
	loadMore = loadDays;
	loadDays();
}

// --- search ---

let searchNumber = 0;

function showFound(form) {
	const number = ++searchNumber;
	const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
	const found = [];
	const section = new Section("", 0, async (page) => found.slice(page * PAGE, (page + 1) * PAGE));
	let isEnd = false, isLoading = false;

	clearGallery();
	addSection(section);
	note(W.searching);
	loadMore = async () => {
		if (isEnd || isLoading || number !== searchNumber)
			return;
		isLoading = true;
		try {
			const answer = await ask(`/api/search?${query}`);
			if (number !== searchNumber)
				return;
			found.push(...answer.pictures);
			isEnd = answer.end;
			query.set("after_time", answer.after_time);
			query.set("after_id", answer.after_id);
			section.count = found.length;
			section.pages.clear();
			section.layout();
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
		return;
	}
	galleryIsOn = true;
	$("search").addEventListener("submit", (event) => {
		event.preventDefault();
		showFound($("search"));
	});
	$("search").addEventListener("reset", () => {
		searchNumber++;
		showDays();
	});
	$("select").onclick = () => {
		isSelecting = !isSelecting;
		selected.clear();
		showSelection();
	};
	$("search-box").open = window.innerWidth >= 900;
	showSelection();
	window.addEventListener("scroll", planDraw, {passive: true});
	window.addEventListener("resize", layoutGallery);
	showDays();
}
