#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes and numbers that need a while: a file above 4 GiB, 50,000 files in a folder."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import Skip, expect_equal, main, make_card  # noqa: E402


def free_gib(path):
    st = os.statvfs(path)
    return st.f_bavail * st.f_frsize / 2**30


def test_file_above_4_gib(work):
    if free_gib(work.folder) < 12:
        raise Skip("less than 12 GiB free for a file above 4 GiB")
    card = make_card.Card(work.path("card"))
    make_card.add_huge(card, "DCIM/106HUGE_/HUGE0001.MP4", 4 * 1024**3 + 4097)
    work.watch(card)

    work.import_safely(card)


def test_many_files_in_one_folder(work):
    """50,000 of them; the checker reads each."""
    card = make_card.Card(work.path("card"))
    for i in range(50000):
        card.add(f"DCIM/100MANY_/M{i:07}.JPG", b"\xff\xd8\xff%d" % i, make_card.at(i // 9000))
    work.watch(card)

    result = work.run(card, args=["--no-thumbnails"], timeout=300)

    expect_equal(result.verdict(), "safe-to-format", f"verdict\n{result.err}")
    work.check()


if __name__ == "__main__":
    sys.exit(main(globals()))
