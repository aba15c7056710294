// SPDX-License-Identifier: GPL-3.0-or-later
// What the pages share: making elements, asking the box, the question, the toast, who is here.
"use strict";

const $ = (id) => document.getElementById(id);
let isOwner = false, mayUpload = false;

function make(tag, properties = {}, ...children) {
	const element = Object.assign(document.createElement(tag), properties);
	element.append(...children);
	return element;
}

// Writing the same again would make screen readers say it again.
function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

let toastTimer = 0;
function toast(text) {
	$("toast").textContent = text;
	$("toast").hidden = false;
	clearTimeout(toastTimer);
	toastTimer = setTimeout(() => { $("toast").hidden = true; }, 8000);
}

async function ask(path, options) {
	let answer;
	try {
		answer = await fetch(path, options);
	} catch {
		throw new Error(W.lost);
	}
	if (answer.status === 401)
		location.replace("/login");
	const said = await answer.json().catch(() => ({sentence: W.failed, remedy: ""}));
	if (!answer.ok)
		throw new Error(`${said.sentence} ${said.remedy}`);
	return said;
}

// True when the answer was yes.
function question(text, yes) {
	return new Promise((resolve) => {
		const dialog = $("question");
		$("question-text").textContent = text;
		$("question-yes").textContent = yes;
		$("question-yes").onclick = () => dialog.close("yes");
		$("question-no").onclick = () => dialog.close("no");
		dialog.returnValue = "no";
		// The end of an earlier question may be told only after this one has been shown.
		dialog.onclose = () => dialog.open || resolve(dialog.returnValue === "yes");
		dialog.showModal();
		$("question-no").focus();
	});
}

const places = {}; // how far each page was scrolled
let shownPage = "";

function showPage() {
	const wanted = {"#pictures": "pictures", "#upload-page": mayUpload ? "upload" : "now"}[location.hash] || "now";
	if (wanted === shownPage)
		return;
	places[shownPage] = window.scrollY;
	shownPage = wanted;
	for (const name of ["now", "pictures", "upload"]) {
		$(`page-${name}`).hidden = name !== wanted;
		if (name === wanted)
			$(`tab-${name}`).setAttribute("aria-current", "page");
		else
			$(`tab-${name}`).removeAttribute("aria-current");
	}
	if (wanted === "pictures")
		galleryStart();
	window.scrollTo(0, places[wanted] || 0);
}

async function startApp() {
	const session = await ask("/api/session");
	isOwner = session.role === "owner";
	mayUpload = session.upload;
	$("tab-upload").hidden = !mayUpload;
	$("login").hidden = isOwner;
	$("logout").hidden = !isOwner;
	$("logout").onclick = async () => {
		await ask("/api/logout", {method: "POST"}).catch((error) => toast(error.message));
		location.replace("/login");
	};
	history.scrollRestoration = "manual"; // a page's height is known only when it is shown
	window.addEventListener("hashchange", showPage);
	document.querySelector(".skip").onclick = (event) => {
		event.preventDefault(); // its address is none of a page
		$("main").focus();
	};
	showPage();
	nowStart();
}

document.addEventListener("DOMContentLoaded", () => startApp().catch((error) => toast(error.message)));
