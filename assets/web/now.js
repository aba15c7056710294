// SPDX-License-Identifier: GPL-3.0-or-later
// Now: shows what the tank says, in its own words. Nothing about cards is decided here.
"use strict";

const SILENCE_MS = 40000; // the box sends something every 15 s
let lastHeard = 0;

async function command(name, card, force) {
	try {
		await ask("/api/command",
			{method: "POST", body: JSON.stringify({id: 1, command: name, ...(card && {card}), ...(force && {force})})});
	} catch (error) {
		toast(error.message);
	}
}

const QUESTIONS = {cancel: "askCancel", poweroff: "askPower", reboot: "askReboot"};

async function press(name, label, card, isBusy) {
	const asked = QUESTIONS[name];
	const isForced = !card && isBusy;
	if (asked && !await question(isForced ? `${W[asked]} ${W.askBusy}` : W[asked], label))
		return;
	await command(name, card, isForced);
}

// Buttons stay the same elements while they mean the same, so that focus and presses are not lost.
// next: what the tank says is the next sensible thing stands out.
function showButtons(box, names, labels, card, isBusy, next) {
	const wanted = isOwner ? names : [];
	const key = JSON.stringify([wanted, isBusy, next]);
	if (box.dataset.key === key)
		return;
	box.dataset.key = key;
	box.replaceChildren(...wanted.map((name) => make("button", {
		type: "button", textContent: labels[name], className: name === next ? "" : "plain",
		onclick: () => press(name, labels[name], card, isBusy),
	})));
}

function showMeter(meter, permille, label) {
	if (!meter.firstChild) {
		meter.append(make("div"));
		meter.setAttribute("role", "progressbar");
		meter.setAttribute("aria-valuemin", "0");
		meter.setAttribute("aria-valuemax", "100");
	}
	meter.setAttribute("aria-valuenow", String(Math.floor(permille / 10)));
	meter.setAttribute("aria-label", label);
	meter.firstChild.style.width = `${permille / 10}%`;
}

function cardNew(card) {
	const box = make("article", {className: "card"},
		make("header", {}, make("h2", {className: "label"}), make("p", {className: "camera"})),
		make("p", {className: "headline"}),
		make("p", {className: "removal"}),
		make("div", {className: "meter"}),
		make("p", {className: "numbers"}),
		make("p", {className: "detail"}),
		make("details", {className: "problems"}, make("summary"), make("ul")),
		make("p", {className: "buttons"}));
	box.dataset.card = card.card;
	return box;
}

function numbersText(card) {
	return `${Math.floor(card.progress_permille / 10)} %`
		+ (card.rate_bytes_per_s ? ` · ${W.perSecond(sizeText(card.rate_bytes_per_s))}` : "");
}

function showProblems(box, card) {
	const errors = card.errors || [];
	box.hidden = !errors.length;
	if (!errors.length)
		return;
	setText(box.querySelector("summary"), `${W.problems}: ${card.errors_total}`);
	const list = box.querySelector("ul"), key = JSON.stringify(errors);
	if (list.dataset.key === key)
		return;
	list.dataset.key = key;
	list.replaceChildren(...errors.map((error) =>
		make("li", {}, make("code", {textContent: error.file}), ` ${error.what ?? ""} ${error.remedy ?? ""}`)));
}

function showCard(box, card, tone, labels, next) {
	const isBusy = ["scanning", "copying", "verifying"].includes(card.state);
	const part = (name) => box.querySelector(`.${name}`);
	box.dataset.tone = tone;
	setText(part("label"), card.label);
	setText(part("camera"), [card.camera, card.size_bytes ? sizeText(card.size_bytes) : ""].filter(Boolean).join(" · "));
	setText(part("headline"), card.headline);
	setText(part("removal"), card.removal);
	setText(part("detail"), card.detail);
	part("meter").hidden = !isBusy;
	part("numbers").hidden = !isBusy;
	if (isBusy) {
		showMeter(part("meter"), card.progress_permille, card.label);
		setText(part("numbers"), numbersText(card));
	}
	showProblems(part("problems"), card);
	showButtons(part("buttons"), card.commands || [], labels, card.card, false, next);
}

function showCards(cards, tones, labels, tank) {
	const old = new Map([...$("cards").children].map((box) => [box.dataset.card, box]));
	cards.forEach((card, i) => {
		const box = old.get(card.card) || cardNew(card);
		old.delete(card.card);
		if ($("cards").children[i] !== box)
			$("cards").insertBefore(box, $("cards").children[i] || null);
		showCard(box, card, tones[i], labels, tank.next_card === card.card ? tank.next_command : "");
	});
	for (const box of old.values())
		box.remove();
}

function timeText(time_s) {
	return time_s ? new Date(time_s * 1000).toLocaleString(LANGUAGE, {dateStyle: "medium", timeStyle: "short"}) : "";
}

function showList(list, box, entries, entryNew) {
	const key = JSON.stringify(entries);
	box.hidden = !entries.length;
	if (list.dataset.key === key)
		return;
	list.dataset.key = key;
	list.replaceChildren(...entries.map(entryNew));
}

function showLists(state, tones) {
	showList($("messages"), $("messages-box"), state.messages || [], (message) =>
		make("li", {}, make("span", {textContent: message.text}), make("time", {textContent: timeText(message.time_s)})));
	showList($("history"), $("history-box"), state.history || [], (item, i) => {
		const verdict = make("span", {className: "verdict", textContent: W.verdicts[item.verdict] ?? item.verdict});
		verdict.dataset.tone = tones[i];
		return make("li", {}, make("span", {}, make("b", {textContent: item.label ?? item.card}), " ", verdict),
			make("time", {textContent: timeText(item.time_s)}));
	});
}

function showTank(tank, tone, connection, labels) {
	const isUp = connection === "up";
	$("state").dataset.tone = tone;
	setText($("headline"), tank.headline);
	setText($("detail"), tank.detail);
	document.title = `${tank.headline} · imgtank`;
	$("total").hidden = !(isUp && tank.busy_count > 1);
	if (tank.busy_count > 1)
		showMeter($("total"), tank.progress_permille, tank.headline);
	$("tank-box").hidden = !isUp;
	setText($("disk"), tank.total_bytes
		? W.free(tank.disk_label || W.disk, sizeText(tank.free_bytes), sizeText(tank.total_bytes)) : tank.disk_label || "");
	showButtons($("power"), tank.commands || [], labels, null, tank.busy_count > 0, "");
}

function showState(now) {
	const state = now.state;
	showTank(state.tank, now.tone, now.connection, now.labels);
	showCards(now.connection === "up" ? state.cards : [], now.card_tones, now.labels, state.tank);
	showLists(state, now.history_tones);
	galleryNews(JSON.stringify([state.tank.good_ends_count, state.tank.bad_ends_count, state.history?.[0]]),
		state.cards.reduce((sum, card) => sum + card.files_copied, 0));
}

function showLost() {
	$("state").dataset.tone = "quiet";
	setText($("headline"), W.lost);
	setText($("detail"), W.lostDetail);
	$("cards").replaceChildren();
	$("total").hidden = true;
	$("tank-box").hidden = true;
	document.title = `${W.lost} · imgtank`;
}

let events = null, listenTimer = 0;

// There is one connection, whoever wants it anew: the box has a share of them for each address.
function listen() {
	clearTimeout(listenTimer);
	if (events)
		events.close();
	const mine = events = new EventSource("/api/events");
	mine.onmessage = (event) => {
		lastHeard = Date.now();
		showState(JSON.parse(event.data));
	};
	mine.addEventListener("beat", () => { lastHeard = Date.now(); });
	mine.onerror = async () => {
		showLost();
		if (mine.readyState !== EventSource.CLOSED)
			return; // it comes back by itself
		const answer = await fetch("/api/state").catch(() => null);
		if (mine !== events)
			return;
		if (answer && answer.status === 401)
			location.replace("/login");
		else
			listenTimer = setTimeout(listen, 3000);
	};
}

// A box whose power is gone says nothing at all: what is on the screen must not look true.
function mindSilence() {
	if (Date.now() - lastHeard < SILENCE_MS)
		return;
	lastHeard = Date.now();
	showLost();
	listen();
}

function nowStart() {
	setText($("headline"), W.connecting);
	lastHeard = Date.now();
	listen();
	setInterval(mindSilence, 5000);
	// A phone that wakes up shows what was true when it fell asleep.
	document.addEventListener("visibilitychange", () => document.hidden || mindSilence());
}
