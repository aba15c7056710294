#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A card that means harm: it costs nothing but its own files' dates."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import (  # noqa: E402
    OK, check_tank, expect, expect_equal, main, make_card, run, run_in_terminal)


def hostile(work, many=300, huge=False):
    return work.watch(make_card.make_hostile(work.path("card"), 1, many, huge))


def assert_safe_to_look_at(raw, what):
    """Valid UTF-8; no control characters but newline, carriage return and our own colours."""
    text = raw.decode("utf-8")
    i = 0
    while i < len(text):
        char = text[i]
        if char == "\x1b":
            end = i + 1
            expect(text[end:end + 1] == "[", f"{what}: a raw escape at {text[i:i + 20]!r}")
            end += 1
            while text[end] in "0123456789;?":
                end += 1
            expect(text[end] in "mKAFhlJGBCD", f"{what}: escape sequence {text[i:end + 1]!r}")
            expect(text[i:end + 1] != "\x1b[2J", f"{what}: a file's name cleared the screen")
            i = end + 1
            continue
        code = ord(char)
        expect(code >= 32 and not 0x7F <= code <= 0x9F or char in "\n\r",
               f"{what}: control character {code:#x} near {text[max(0, i - 30):i + 10]!r}")
        expect(not 0x202A <= code <= 0x202E and not 0x2066 <= code <= 0x2069,
               f"{what}: a character that turns the line around")
        i += 1


def test_hostile_card_is_copied_whole_and_nothing_else_is(work):
    card = hostile(work)

    result = work.run(card)

    expect_equal(result.status, OK, f"exit status\n{result}")
    expect_equal(result.verdict(), "safe-to-format", "verdict")
    work.check()
    outside = check_tank.snapshot(card.root + b".outside")
    expect_equal(len(outside), 2, "files outside the card")


def test_links_and_special_files_are_named_as_left_out(work):
    card = hostile(work, many=1)

    result = work.run(card)

    reasons = {e["file"]: e["reason"] for e in result.of("file-left-out")}
    for name in ("OUT00001.JPG", "OUTDIR", "LOOP0001", "SELF0001.JPG", "DANGLE01.JPG"):
        expect_equal(reasons.get("DCIM/103LINKS/" + name), "link", name)
    for name in ("FIFO0001.JPG", "SOCK0001.JPG"):
        expect_equal(reasons.get("DCIM/103LINKS/" + name), "special", name)


def test_hostile_names_keep_and_template(work):
    card = hostile(work, many=1)
    for i, args in enumerate((["--naming", "keep"], ["--naming", "template", "--template",
                             "%Y/{card}_{stem}.{ext}"], ["--select", "everything"])):
        tank = work.path(f"tank{i}")

        result = run(["import", "--json", "--tank", tank, *args, card.root]).parse()

        expect_equal(result.status, OK, f"exit status of {args}\n{result}")
        work.check(tank=tank)
        for folder, _, names in os.walk(os.fsencode(tank)):
            expect(b".." not in folder.split(b"/"), f"{folder}")
            for name in names:
                name.decode("utf-8")
                expect(all(c >= 32 for c in name), f"control character in {name!r}")
                expect(not name.startswith(b"-"), f"{name!r} looks like an option")


def test_terminal_output_is_safe_to_look_at(work):
    card = hostile(work, many=50)

    status, seen = run_in_terminal(["import", "--tank", work.tank, card.root])

    expect_equal(status, OK, f"exit status; {seen[-500:]!r}")
    assert_safe_to_look_at(seen, "terminal")


def test_failures_in_a_terminal_are_safe_to_look_at(work):
    """Every name appears: a source that does not exist, named as badly as can be."""
    name = os.fsencode(work.path("x")) + b"\x1b[2J\n\xff\xe2\x80\xaegone"
    _, seen = run_in_terminal(["import", "--tank", work.tank, name])
    assert_safe_to_look_at(seen, "missing source")
    _, seen = run_in_terminal(["import", "--naming", name, "."])
    assert_safe_to_look_at(seen, "bad option value")
    _, seen = run_in_terminal([name])
    assert_safe_to_look_at(seen, "bad command")
    _, seen = run_in_terminal(["import", "--\x1b[2J", "."])
    assert_safe_to_look_at(seen, "bad option")


def test_plain_output_is_safe_to_look_at(work):
    card = hostile(work, many=5)

    result = run(["import", "--tank", work.tank, card.root])

    assert_safe_to_look_at(result.raw_out, "standard output")
    assert_safe_to_look_at(result.raw_err, "standard error")
    expect(b"\x1b" not in result.raw_out, "escape sequences without a terminal")


def test_hostile_card_label(work):
    card = make_card.make_plain(work.path("card\x1b[2Jname\n"), count=2)
    work.watch(card)

    result = run(["import", "--tank", work.tank, card.root])

    assert_safe_to_look_at(result.raw_out, "standard output")
    result = run(["history", "--tank", work.tank])
    assert_safe_to_look_at(result.raw_out, "history")


def test_folders_too_deep_are_said(work):
    card = make_card.make_plain(work.path("card"), count=2)
    deep = "DCIM/" + "/".join("d" for _ in range(300))
    os.makedirs(card.path(deep))
    path = card.path(deep + "/DEEP0001.JPG")
    with open(path, "wb") as out:
        out.write(make_card.camera_jpeg(1, make_card.at(0)))
    work.expected.add(card.root, card.files)

    result = work.run(card)

    done = result.done()
    if done["verdict"] == "safe-to-format":  # then it must have been copied
        expect_equal(done["files_copied"], 3, "files copied")
    else:
        expect_equal(done["verdict"], "incomplete", "verdict")
        expect(done["folders_failed"] > 0, "no folder is said to have failed")
        work.check()


if __name__ == "__main__":
    sys.exit(main(globals()))
