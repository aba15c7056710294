#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker itself: each kind of harm done to a card or a tank must be found."""
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import expect, images, main  # noqa: E402


def harm(work, do, word, **check):
    card = work.card("mixed")
    work.import_safely(card)
    do(card)
    try:
        work.check(**check)
    except AssertionError as found:
        expect(word in str(found), f"expected {word!r} in: {found}")
        return
    raise AssertionError(f"the checker did not see it ({word})")


def in_tank(work, number=2):
    return work.tank / "images" / images(work.tank)[number]


def test_sees_a_changed_byte(work):
    def do(_):
        path = in_tank(work)
        os.chmod(path, 0o644)
        data = bytearray(path.read_bytes())
        data[5] ^= 1
        path.write_bytes(data)
        os.chmod(path, 0o444)
    harm(work, do, "is no file of any card")


def test_sees_a_half_file_even_while_imports_run(work):
    def do(_):
        path = in_tank(work)
        os.chmod(path, 0o644)
        os.truncate(path, 60)
        os.chmod(path, 0o444)
    harm(work, do, "is no file of any card", partial=True)


def test_sees_a_missing_file(work):
    harm(work, lambda _: os.unlink(in_tank(work)), "missing in the tank")


def test_sees_a_duplicate(work):
    harm(work, lambda _: shutil.copy2(in_tank(work), work.tank / "images/again.jpg"), "2 times")


def test_sees_a_writable_file(work):
    harm(work, lambda _: os.chmod(in_tank(work), 0o644), "has mode 644")


def test_sees_a_wrong_mtime(work):
    harm(work, lambda _: os.utime(in_tank(work), (5, 5)), "mtime")


def test_sees_a_leftover_temporary(work):
    harm(work, lambda _: (work.tank / ".imgtank/tmp/x").write_text("x"), "is left over")


def test_sees_a_stranger_in_the_tanks_folder(work):
    harm(work, lambda _: (work.tank / "x").write_text("x"), "does not belong")


def test_sees_a_link_instead_of_a_picture(work):
    def do(_):
        path = in_tank(work)
        shutil.copy2(path, work.path("copy"))
        os.unlink(path)
        os.symlink(work.path("copy"), path)
    harm(work, do, "is not a plain file")


def test_sees_that_a_card_was_written_to(work):
    harm(work, lambda card: open(card.path("NEW.TXT"), "w").close(), "is new")


def test_sees_that_a_cards_file_was_touched(work):
    harm(work, lambda card: os.utime(card.path("loose.jpg"), (1, 1)), "mtime_ns was")


def test_sees_that_a_cards_file_was_read(work):
    harm(work, lambda card: os.utime(card.path("loose.jpg"), ns=(
        1, os.stat(card.path("loose.jpg")).st_mtime_ns)), "atime_ns was")


def test_sees_a_name_with_other_content_than_before(work):
    def do(_):
        one, two = in_tank(work, 2), in_tank(work, 3)
        os.rename(one, work.path("x"))
        os.rename(two, one)
        os.rename(work.path("x"), two)
    harm(work, do, "had other content", ledger=False)


def test_sees_what_the_ledger_does_not_know(work):
    def do(_):
        path = in_tank(work)
        os.rename(path, path.with_name("pimg_9999.jpg"))
    harm(work, do, "is not in the ledger")


def test_sees_a_broken_thumbnail(work):
    harm(work, lambda _: (work.tank / "thumbnails/half.jpg").write_bytes(b"\xff\xd8\xff"),
         "not a whole JPEG")


if __name__ == "__main__":
    sys.exit(main(globals()))
