// SPDX-License-Identifier: GPL-3.0-or-later
// One picture. Arrow keys and swipes go to its neighbours, also over the end of a day.
"use strict";

let shownSection = null, shownIndex = 0, showNumber = 0;

// What a browser cannot show, the box makes a view of: until that is there, the small picture.
function isRendered(picture) {
	return !picture.shown && picture.thumb && (picture.kind === "image" || picture.kind === "raw");
}

function renderedImage(picture, path) {
	const image = make("img", {className: "rough", src: `/media/${picture.id}/thumb?v=${picture.v}`,
		alt: picture.name, draggable: false});
	const large = new Image();
	large.onload = () => {
		image.src = path;
		image.classList.remove("rough");
		if (image.isConnected) // only now: else the next one would be made before this one
			preload(shownSection, shownIndex + 1);
	};
	large.src = path;
	return image;
}

function stageOf(picture) {
	const path = `/media/${picture.id}/view?v=${picture.v}`;
	if (picture.kind === "video" && picture.shown)
		return make("video", {src: path, controls: true, autoplay: true, playsInline: true});
	if (picture.kind === "audio" && picture.shown)
		return make("audio", {src: path, controls: true});
	if (isRendered(picture))
		return renderedImage(picture, path);
	if ((picture.kind === "image" && picture.shown) || picture.thumb)
		return make("img", {src: path, alt: picture.name, draggable: false});
	return make("p", {className: "note", textContent: W.noPreview});
}

function factsOf(picture) {
	const time = picture.time ? `${dayText(picture.time.slice(0, 10))}, ${picture.time.slice(11, 16)}` : "";
	return [time, picture.guess ? W.guess : "", picture.camera, sizeText(picture.bytes), picture.card,
		picture.verified ? `✓ ${W.verified}` : W.notVerified,
		isRendered(picture) ? W.rendered : !picture.shown && picture.thumb ? W.smallOnly : ""].filter(Boolean).join(" · ");
}

function hasNeighbour(delta) {
	const at = sections.indexOf(shownSection) + delta;
	const index = shownIndex + delta;
	return (index >= 0 && index < shownSection.count) || (at >= 0 && at < sections.length);
}

function preload(section, index) {
	const picture = index >= 0 && index < section.count ? section.picture(index) : null;
	if (picture && ((picture.kind === "image" && picture.shown) || isRendered(picture)))
		new Image().src = `/media/${picture.id}/view?v=${picture.v}`;
}

async function showPicture(section, index) {
	const number = ++showNumber;
	await section.want(index);
	const picture = section.picture(index);
	if (number !== showNumber || !picture)
		return;
	shownSection = section;
	shownIndex = index;
	$("stage").replaceChildren(stageOf(picture));
	setText($("viewer-name"), picture.name);
	setText($("viewer-facts"), factsOf(picture));
	$("viewer-download").href = `/media/${picture.id}/original?v=${picture.v}`;
	$("viewer-previous").disabled = !hasNeighbour(-1);
	$("viewer-next").disabled = !hasNeighbour(1);
	if (!isRendered(picture))
		preload(section, index + 1);
}

function viewerMove(delta) {
	const index = shownIndex + delta;
	if (index >= 0 && index < shownSection.count) {
		showPicture(shownSection, index);
		return;
	}
	const section = sections[sections.indexOf(shownSection) + delta];
	if (section)
		showPicture(section, delta > 0 ? 0 : section.count - 1);
}

function viewerOpen(section, index) {
	showPicture(section, index);
	if (!$("viewer").open)
		$("viewer").showModal();
}

// Back where one was, even if that is another picture now.
function viewerClosed() {
	const cell = shownSection && shownSection.cells.get(shownIndex);
	showNumber++;
	$("stage").replaceChildren();
	if (cell)
		cell.focus();
}

const SWIPE = 50; // pixels
let swipeStart = null;

$("viewer-close").setAttribute("aria-label", W.close);
$("viewer-previous").setAttribute("aria-label", W.previous);
$("viewer-next").setAttribute("aria-label", W.next);
$("viewer-close").onclick = () => $("viewer").close();
$("viewer-previous").onclick = () => viewerMove(-1);
$("viewer-next").onclick = () => viewerMove(1);
$("viewer").addEventListener("close", viewerClosed);
$("viewer").addEventListener("keydown", (event) => {
	if (event.target.matches("video, audio"))
		return; // there the arrows wind
	if (event.key === "ArrowLeft")
		viewerMove(-1);
	else if (event.key === "ArrowRight")
		viewerMove(1);
});
$("stage").addEventListener("touchstart", (event) => {
	swipeStart = event.touches.length === 1 ? event.touches[0] : null;
}, {passive: true});
$("stage").addEventListener("touchend", (event) => {
	if (!swipeStart)
		return;
	const x = event.changedTouches[0].clientX - swipeStart.clientX;
	const y = event.changedTouches[0].clientY - swipeStart.clientY;
	swipeStart = null;
	if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y))
		viewerMove(x > 0 ? -1 : 1);
});
