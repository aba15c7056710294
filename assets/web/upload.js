// SPDX-License-Identifier: GPL-3.0-or-later
// Upload: pieces of each file, one after the other. After a broken connection the box is asked how
// much it has, and the rest follows. Only when all is there the box begins to copy.
"use strict";

const PIECE = 4 * 1024 * 1024;
const RETRIES = 30; // of one request, with growing pauses: some minutes
const NAMED = 3; // of files that are not uploaded
let uploadFiles = [], unreadable = [], isUploading = false;
let chooseNumber = 0;

function pause(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

class Refused extends Error {}

// The answer's JSON; throws Refused for what trying again does not mend.
async function askBox(path, options) {
	const answer = await fetch(path, options);
	const said = await answer.json().catch(() => ({}));
	if (answer.ok || (answer.status === 409 && said.offset !== undefined))
		return said;
	throw new Refused(`${said.sentence || W.failed} ${said.remedy || ""}`);
}

// Read first: else a file that is gone looks like a connection that is.
async function readPiece(file, offset) {
	try {
		return await file.slice(offset, offset + PIECE).arrayBuffer();
	} catch {
		throw new Refused(W.uploadGone(file.name));
	}
}

async function sendPiece(id, index, file, offset) {
	const query = new URLSearchParams(
		{file: index, name: file.name, size: file.size, time: file.lastModified, offset});
	const body = await readPiece(file, offset);
	return (await askBox(`/api/upload/${id}?${query}`, {method: "PUT", body})).offset;
}

// Until it has worked, or the box has refused it. attempt: is told whether it was tried before.
async function patiently(attempt) {
	for (let tries = 1;; tries++) {
		try {
			return await attempt(tries > 1);
		} catch (error) {
			if (error instanceof Refused || tries > RETRIES)
				throw error;
			uploadNote(W.uploadWaits);
			await pause(Math.min(10000, 300 * 2 ** tries));
		}
	}
}

async function sendFile(id, index, file, progress) {
	let offset = 0;
	do {
		offset = await patiently(async (isAgain) => {
			if (isAgain)
				offset = (await askBox(`/api/upload/${id}?file=${index}`)).offset;
			return sendPiece(id, index, file, offset);
		});
		progress(offset);
	} while (offset < file.size);
}

// The first names of so many.
function namesText(names, count) {
	const named = names.slice(0, NAMED);
	return [...named, ...(count > named.length ? [W.more(count - named.length)] : [])].join(", ");
}

// The note is read out by screen readers, how far it is only where one looks.
function uploadNote(text, tone) {
	setText($("upload-note"), text);
	$("upload-note").dataset.tone = tone || "";
}

async function upload(files) {
	const total = files.reduce((sum, file) => sum + file.size, 0);
	let before = 0;
	const by = $("upload-by").value.trim() || W.uploadNobody;
	const begun = await patiently(() => askBox("/api/upload",
		{method: "POST", body: new URLSearchParams({by, files: files.length, bytes: total})}));
	for (const [index, file] of files.entries()) {
		await sendFile(begun.upload, index, file, (offset) => {
			const permille = total ? Math.floor((before + offset) * 1000 / total) : 1000;
			showMeter($("upload-meter"), permille, W.upload);
			setText($("upload-progress"),
				W.uploadProgress(index + 1, files.length, sizeText(before + offset), sizeText(total)));
			uploadNote("");
		});
		before += file.size;
	}
	return patiently(() => askBox(`/api/upload/${begun.upload}/done`, {method: "POST"}));
}

function showChosen() {
	const bytes = uploadFiles.reduce((sum, file) => sum + file.size, 0);
	$("upload-start").disabled = !uploadFiles.length || isUploading;
	uploadNote([uploadFiles.length ? `${W.files(uploadFiles.length)} · ${sizeText(bytes)}.` : "",
		unreadable.length ? W.uploadUnreadable(namesText(unreadable, unreadable.length)) : ""].filter(Boolean).join(" "));
}

// A folder, or a picture that is only in a cloud, looks like a file until it is read.
async function choose(list) {
	const files = [...list], number = ++chooseNumber;
	if (isUploading)
		return;
	$("upload-start").disabled = true;
	const isRead = await Promise.all(files.map((file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false)));
	if (number !== chooseNumber || isUploading)
		return;
	uploadFiles = files.filter((file, i) => isRead[i]);
	unreadable = files.filter((file, i) => !isRead[i]).map((file) => file.name);
	showChosen();
}

async function startUpload(event) {
	event.preventDefault();
	if (isUploading || !uploadFiles.length)
		return;
	isUploading = true;
	$("upload-start").disabled = true;
	$("upload-meter").hidden = false;
	localStorage.setItem("by", $("upload-by").value.trim());
	try {
		const end = await upload(uploadFiles);
		uploadFiles = [];
		$("upload-files").value = "";
		uploadNote(end.left_out_count ? W.uploadLeftOut(namesText(end.left_out, end.left_out_count)) : W.uploadDone, "good");
	} catch (error) {
		uploadNote(error instanceof Refused ? error.message : W.uploadBroken, "bad");
	}
	isUploading = false;
	$("upload-meter").hidden = true;
	setText($("upload-progress"), "");
	$("upload-start").disabled = !uploadFiles.length;
}

function uploadSetUp() {
	const zone = $("upload-zone");
	$("upload-by").value = localStorage.getItem("by") || "";
	$("upload-files").addEventListener("change", () => choose($("upload-files").files));
	$("upload").addEventListener("submit", startUpload);
	zone.addEventListener("dragover", (event) => {
		event.preventDefault();
		zone.classList.add("over");
	});
	zone.addEventListener("dragleave", () => zone.classList.remove("over"));
	zone.addEventListener("drop", (event) => {
		event.preventDefault();
		zone.classList.remove("over");
		choose(event.dataTransfer.files);
	});
	window.addEventListener("beforeunload", (event) => {
		if (isUploading)
			event.preventDefault();
	});
}

uploadSetUp();
