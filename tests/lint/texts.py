#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users read: each fault says what happened, what is safe and what to do, in plain words, and
no answer to a button speaks of commands."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
JARGON = re.compile(r"\b(errno|fd|inode|SQLite|NULL|EIO|ENOSPC|syscall|daemon|process|stdout|mutex"
                    r"|segfault|descriptor|struct)\b", re.IGNORECASE)
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
SENTENCE_MAX = 160


def faults():
    text = (ROOT / "core/faults.def").read_text(encoding="utf-8")
    body = text.split("*/")[-1]
    for entry in re.split(r"^FAULT\(", body, flags=re.MULTILINE)[1:]:
        yield entry.split(",", 1)[0].strip(), LITERAL.findall(re.sub(r'"\s*\n\s*"', "", entry))


def check_fault(symbol, literals, words, findings):
    if len(literals) != 4:
        findings.append(f"{symbol}: a word and three texts are wanted, there are {len(literals)}")
        return
    word = literals[0]
    if word != symbol.removeprefix("FAULT_").lower().replace("_", "-"):
        findings.append(f"{symbol}: its word is {word!r}")
    if word in words:
        findings.append(f"{symbol}: {word!r} is there twice")
    words.add(word)
    for name, text in zip(("what happened", "what is safe", "what to do"), literals[1:]):
        if not text.endswith(".") or not text[:1].isupper() and not text.startswith("imgtank"):
            findings.append(f"{symbol}, {name}: not a sentence: {text!r}")
        if len(text) > SENTENCE_MAX:
            findings.append(f"{symbol}, {name}: {len(text)} characters, {SENTENCE_MAX} at most")
        if JARGON.search(text):
            findings.append(f"{symbol}, {name}: {JARGON.search(text).group(0)!r} is no user's word")


# Of the answers to commands these are shown to whoever pressed a button, on any front end.
PRESSED = {"unknown-card", "which-card", "not-now", "busy", "halting", "failed"}


def check_replies(findings):
    text = (ROOT / "core/protocol/message.h").read_text(encoding="utf-8")
    block = re.search(r"#define REPLY_CODES\(X\).*?\n\n", text, re.DOTALL).group(0).replace("\\\n", "")
    replies = re.findall(r'X\(\w+, "([a-z-]+)",\s*"([^"]*)",\s*"([^"]*)"\)', block)
    missing = PRESSED - {word for word, _, _ in replies}
    if missing:
        findings.append(f"core/protocol/message.h: not found: {sorted(missing)}")
    for word, *sentences in replies:
        for sentence in sentences:
            if word in PRESSED and ("'imgtank" in sentence or JARGON.search(sentence)):
                findings.append(f"reply {word}: a button's user cannot use this: {sentence!r}")


def main():
    findings, words = [], set()
    check_replies(findings)
    for symbol, literals in faults():
        check_fault(symbol, literals, words, findings)
    if len(words) < 10:
        findings.append(f"only {len(words)} faults were found in core/faults.def")
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
