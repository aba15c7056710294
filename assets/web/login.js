// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";

const secret = document.getElementById("secret");
const trouble = document.getElementById("trouble");

// Who has scanned the code at the box comes with it: "/login#12345678".
function useScannedCode() {
	const code = location.hash.slice(1);
	if (!/^\d{8}$/.test(code))
		return;
	history.replaceState(null, "", location.pathname); // it is good once
	secret.value = code;
	document.getElementById("form").requestSubmit();
}

async function start() {
	const session = await (await fetch("/api/session")).json();
	if (session.role === "owner")
		location.replace("/");
	if (session.secret === "code") {
		document.getElementById("label").textContent = W.code;
		document.getElementById("hint").textContent = W.codeHint;
		secret.type = "text";
		secret.inputMode = "numeric";
		secret.autocomplete = "one-time-code";
		useScannedCode();
	}
}

document.getElementById("form").addEventListener("submit", async (event) => {
	event.preventDefault();
	trouble.textContent = "";
	try {
		const answer = await fetch("/api/login",
			{method: "POST", body: new URLSearchParams({secret: secret.value})});
		if (answer.ok) {
			location.replace("/");
			return;
		}
		const said = await answer.json();
		trouble.textContent = `${said.sentence} ${said.remedy}`;
	} catch {
		trouble.textContent = W.lost;
	}
	secret.select();
});

start().catch(() => { trouble.textContent = W.lost; });
