// SPDX-License-Identifier: GPL-3.0-or-later
// One picture. Arrow keys and swipes go to its neighbours, also over the end of a day. First the small picture, which
// is here already or soon; the large one only when somebody stays, and who goes on does not wait for it.
"use strict";

const HURRY_MS = 250; // between two pictures
const STAY_MS = 150;
let shownSection = null, shownIndex = 0, showNumber = 0, shownTime = 0, shownDelta = 1, stayTimer = 0;
let largeImage = null, aheadImage = null; // being fetched, or here

function isPicture(picture) {
	return picture.kind === "image" || picture.kind === "raw";
}

// What a browser cannot show, the box makes a view of.
function isRendered(picture) {
	return !picture.shown && picture.thumb && isPicture(picture);
}

function viewPath(picture) {
	return `/media/${picture.id}/view?v=${picture.v}`;
}

function letGo(image) {
	if (image && !image.complete)
		image.removeAttribute("src");
}

function showLarge(picture, number) {
	const image = make("img", {alt: picture.name, draggable: false, src: viewPath(picture)});
	largeImage = image;
	image.decode().then(() => {
		if (number !== showNumber)
			return;
		$("stage").replaceChildren(image);
		loadAhead(); // only now: else the next one would come before this one
	}).catch(() => {
		if (number === showNumber && !$("stage").firstChild)
			$("stage").replaceChildren(make("p", {className: "note", textContent: W.noPreview}));
	});
}

function showWhole(picture, number) {
	if (picture.kind === "video" && picture.shown)
		$("stage").replaceChildren(make("video", {src: viewPath(picture), controls: true, autoplay: true, playsInline: true}));
	else if (picture.kind === "audio" && picture.shown)
		$("stage").replaceChildren(make("audio", {src: viewPath(picture), controls: true}));
	else if ((isPicture(picture) && picture.shown) || isRendered(picture))
		showLarge(picture, number);
	else if (!picture.thumb)
		$("stage").replaceChildren(make("p", {className: "note", textContent: W.noPreview}));
}

function showStage(picture, number) {
	const isHurried = performance.now() - shownTime < HURRY_MS;
	shownTime = performance.now();
	stopStage();
	$("stage").replaceChildren(...(picture.thumb ? [make("img", {className: "rough", alt: picture.name, draggable: false,
		src: `/media/${picture.id}/thumb?v=${picture.v}`})] : []));
	if (isHurried)
		stayTimer = setTimeout(showWhole, STAY_MS, picture, number);
	else
		showWhole(picture, number);
}

function stopStage() {
	clearTimeout(stayTimer);
	letGo(largeImage);
	letGo($("stage").querySelector("img.rough"));
	largeImage = null;
}

// The one that is likely to be wanted next.
function loadAhead() {
	const next = neighbour(shownSection, shownIndex, shownDelta);
	const picture = next && next[0].picture(next[1]);
	letGo(aheadImage);
	aheadImage = picture && ((picture.kind === "image" && picture.shown) || isRendered(picture))
		? make("img", {src: viewPath(picture)}) : null;
	if (next)
		next[0].want(next[1]);
}

function factsOf(picture) {
	const time = picture.time ? `${dayText(picture.time.slice(0, 10))}, ${picture.time.slice(11, 16)}` : "";
	return [time, picture.guess ? W.guess : "", picture.camera, sizeText(picture.bytes), picture.card,
		picture.verified ? `✓ ${W.verified}` : W.notVerified,
		isRendered(picture) ? W.rendered : !picture.shown && picture.thumb ? W.smallOnly : ""].filter(Boolean).join(" · ");
}

async function showPicture(section, index) {
	const number = ++showNumber;
	shownSection = section;
	shownIndex = index;
	$("viewer-previous").disabled = !neighbour(section, index, -1);
	$("viewer-next").disabled = !neighbour(section, index, 1);
	await section.want(index);
	const picture = section.picture(index);
	if (number !== showNumber || !picture)
		return;
	showStage(picture, number);
	setText($("viewer-name"), picture.name);
	setText($("viewer-facts"), factsOf(picture));
	$("viewer-download").href = `/media/${picture.id}/original?v=${picture.v}`;
}

function viewerMove(delta) {
	const next = neighbour(shownSection, shownIndex, delta);
	shownDelta = delta;
	if (next)
		showPicture(...next);
}

// The browser's own way back, as phones have it, closes the picture, not the page.
function viewerOpen(section, index) {
	shownTime = 0;
	showPicture(section, index);
	if ($("viewer").open)
		return;
	history.pushState({isPicture: true}, "");
	$("viewer").showModal();
}

let isGoingBack = false;

// Back where one was: at the picture that was shown last.
function viewerClosed() {
	showNumber++;
	stopStage();
	letGo(aheadImage);
	aheadImage = null;
	$("stage").replaceChildren();
	if (history.state && history.state.isPicture) {
		isGoingBack = true;
		history.back();
	}
	if (shownSection && sections[shownSection.at] === shownSection)
		reveal(shownSection, shownIndex);
	galleryCatchUp();
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
window.addEventListener("popstate", () => {
	if (!isGoingBack && $("viewer").open)
		$("viewer").close();
	isGoingBack = false;
});
$("viewer").addEventListener("keydown", (event) => {
	if (event.target.matches("video, audio"))
		return; // there the arrows wind
	if (event.key === "ArrowLeft")
		viewerMove(-1);
	else if (event.key === "ArrowRight")
		viewerMove(1);
});

function swipeEnd(event) {
	if (!swipeStart)
		return;
	const x = event.changedTouches[0].clientX - swipeStart.clientX;
	const y = event.changedTouches[0].clientY - swipeStart.clientY;
	swipeStart = null;
	if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y))
		viewerMove(x > 0 ? -1 : 1);
}

// The end comes to what was touched, which may be off the stage by then: the large picture has taken its place.
$("stage").addEventListener("touchstart", (event) => {
	swipeStart = event.touches.length === 1 ? event.touches[0] : null;
	event.target.addEventListener("touchend", swipeEnd, {once: true});
}, {passive: true});
