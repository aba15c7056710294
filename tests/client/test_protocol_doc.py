#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/protocol.md says what is so: its lines decode, it knows every word, its transcript happens."""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import transcript  # noqa: E402
from fakebox import BIN, ROOT, check, check_equal, main  # noqa: E402

DOCUMENT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
TOOL = BIN.parent / "tests" / "protocol_check"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.M | re.S)


def test_doc_every_example_line_is_one_of_the_protocol():
    lines = "".join(blocks("json"))
    check(lines.count("\n") > 12, "the examples are there")
    done = subprocess.run([TOOL, "lines"], input=lines, capture_output=True, text=True,
                          check=False)
    check_equal(done.returncode, 0, done.stdout)


def test_doc_knows_every_field_and_word():
    words = subprocess.run([TOOL, "words"], capture_output=True, text=True, check=True).stdout
    engine = (ROOT / "core" / "protocol" / "event_json.c").read_text(encoding="utf-8")
    fields = re.findall(r'set_[a-z]+\(object, "([a-z_]+)"', engine)
    check(len(fields) > 15, f"fields of the engine's events were found: {fields}")
    known = set(re.findall(r"`([a-z0-9_-]+)`", DOCUMENT))
    missing = sorted({*words.split(), *fields} - known)
    check(not missing, f"not in docs/protocol.md: {missing}")


def test_doc_limits_are_those_of_the_code():
    header = "".join((ROOT / "core" / path).read_text(encoding="utf-8")
                     for path in ("protocol/message.h", "daemon/server.h"))
    for name, value, words in (
            ("MESSAGE_COMMAND_BYTES_MAX", "(64 * 1024)", "| 64 KiB"),
            ("MESSAGE_EVENT_BYTES_MAX", "(1024 * 1024)", "| 1 MiB |"),
            ("MESSAGE_DEPTH_MAX", "8", "inside each other | 8 |"),
            ("MESSAGE_COMMANDS_PER_S", "50", "50 a second"),
            ("MESSAGE_COMMANDS_BURST", "100", "100 at once"),
            ("SERVER_PEERS_MAX", "128", "| 128, of one user 64"),
            ("SERVER_PEERS_PER_USER_MAX", "64", "| 128, of one user 64")):
        check(f"#define {name} {value}" in header, f"{name} is not {value}")
        check(words in DOCUMENT, f"'{words}' is not in the document")


def test_doc_transcript_is_what_happens():
    written = blocks("text")[-1].rstrip("\n").split("\n")
    made = transcript.make()
    for number, (line, real) in enumerate(zip(written, made), 1):
        check_equal(line, real, f"line {number} of the transcript (tests/client/transcript.py)")
    check_equal(len(written), len(made), "lines of the transcript")
    done = subprocess.run([TOOL, "lines"], input="".join(line[2:] + "\n" for line in made),
                          capture_output=True, text=True, check=False)
    check_equal(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    main([value for name, value in list(globals().items()) if name.startswith("test_")])
