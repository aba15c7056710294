// SPDX-License-Identifier: GPL-3.0-or-later
// Every word of the page that does not come from the tank. Another language is another table.
"use strict";

const WORDS = {
	en: {
		skip: "Skip to the content",
		pages: "Pages",
		now: "Now",
		pictures: "Pictures",
		login: "Log in",
		logout: "Log out",
		messages: "Messages",
		history: "Earlier cards",
		tank: "Tank",
		from: "From",
		to: "To",
		camera: "Camera",
		name: "Name",
		card: "Card",
		search: "Search",
		clear: "Clear",
		no: "No, go back",
		download: "Download the original",
		password: "Password",
		code: "Code from the box",
		codeHint: "Whoever looks after the box finds it there. It is good for one log-in.",
		connecting: "Connecting",
		lost: "No connection to the box",
		lostDetail: "What was shown here may be old. It is tried again all the time.",
		disk: "Disk",
		free: (disk, free, total) => `${disk}: ${free} free of ${total}`,
		perSecond: (size) => `${size}/s`,
		askCancel: "Stop copying? Finished files stay in the tank.",
		askPower: "Shut the box down?",
		askReboot: "Restart the box?",
		askBusy: "A card is being copied. It is stopped in order and goes on next time.",
		count: (n) => n === 1 ? "1 picture" : `${numberText(n)} pictures`,
		place: (n, all) => `${numberText(n)} of ${numberText(all)}`,
		nothing: "There are no pictures yet.",
		nothingFound: "Nothing was found.",
		found: (n, more) => `${numberText(n)}${more ? " or more" : ""} found`,
		searching: "Searching …",
		zip: "Download all",
		select: "Select",
		selectEnd: "End selecting",
		downloadSelected: (n) => `Download ${numberText(n)}`,
		verified: "read back and equal",
		kinds: {video: "film", audio: "sound", raw: "RAW"},
		notVerified: "not read back yet",
		guess: "date is a guess",
		noPreview: "This kind of file cannot be shown here.",
		rendered: "This is a view of it; the original can be downloaded.",
		smallOnly: "This is the small picture; the original can be downloaded.",
		close: "Close",
		previous: "Previous picture",
		next: "Next picture",
		upload: "Upload",
		uploadBy: "Your name",
		uploadFiles: "Pictures and films",
		uploadDrop: "They can also be dropped here.",
		uploadStart: "Upload",
		uploadNobody: "somebody",
		uploadProgress: (n, all, here, total) => `File ${n} of ${all}, ${here} of ${total}`,
		uploadWaits: "The connection is broken. It goes on by itself when it is back.",
		uploadBroken: "The connection stayed broken. Nothing was lost: begin again.",
		uploadDone: "All is on the box. It is being filed now: see Now.",
		uploadLeftOut: (names) => `All is on the box, but what is no picture, film or sound: ${names}. It is being filed now: see Now.`,
		uploadUnreadable: (names) => `Not among them, for they are folders or cannot be read on this device: ${names}.`,
		uploadGone: (name) => `${name} cannot be read on this device any more. Nothing was lost: choose the files again.`,
		more: (n) => `${numberText(n)} more`,
		files: (n) => n === 1 ? "1 file" : `${numberText(n)} files`,
		problems: "Files with a problem",
		failed: "This did not work.",
		verdicts: {
			"safe-to-format": "safe to format", copied: "copied", incomplete: "incomplete",
			cancelled: "cancelled", failed: "failed", empty: "nothing to copy", none: "",
		},
	},
};

const LANGUAGE = (navigator.languages || ["en"]).map((l) => l.slice(0, 2)).find((l) => WORDS[l]) || "en";
const W = WORDS[LANGUAGE];

document.documentElement.lang = LANGUAGE;
for (const element of document.querySelectorAll("[data-word]"))
	element.textContent = W[element.dataset.word];
for (const element of document.querySelectorAll("[data-word-label]"))
	element.setAttribute("aria-label", W[element.dataset.wordLabel]);

function sizeText(bytes) {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let i = 0;
	while (bytes >= 1000 && i < units.length - 1) {
		bytes /= 1000;
		i++;
	}
	return `${i > 1 && bytes < 100 ? bytes.toFixed(1) : Math.round(bytes)} ${units[i]}`;
}

// Made once: making them takes longer than using them.
const NUMBERS = new Intl.NumberFormat(LANGUAGE);
const DAYS = new Intl.DateTimeFormat(LANGUAGE,
	{weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC"});

function numberText(n) {
	return NUMBERS.format(n);
}

// The tank tells times as they were on the camera's clock: no zone is applied.
function dayText(day) {
	const date = new Date(`${day}T12:00:00Z`);
	return isNaN(date) ? day : DAYS.format(date);
}
