# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes."""
import hashlib
from pathlib import Path

import cards
import powercut
from guest import check
from scenarios.base import scenario


def cut_power(lab, cuts, seed, mount_options=None):
    """(cuts that broke a promise, the first of them, cuts that lost a write)"""
    folder = cards.files(lab.path("card"), 60, size_bytes=250000, seed=11, real=False)
    image = cards.fat(lab.path("card.img"), folder)
    contents = {cards.digest(path) for path in Path(folder).rglob("*") if path.is_file()}
    with lab.guest() as guest:
        watch = guest.start_watch()

        def until(_):
            watch.wait("enough was announced", lambda state: any(
                card.get("files_verified", 0) >= 45 for card in state["cards"].values()), 240)

        def before():
            if mount_options:
                guest.sh(f"mount -o remount,{mount_options} /data")
            guest.plug(image, slow_bytes_per_s=2500000)

        original, log = powercut.record(lab, guest, powercut.WATCHER, until, before)
    broken, first, lossy = powercut.judge(lab, original, log, contents, cuts, seed)
    lab.notes.update(powercut.notes_of(log, cuts, lossy))
    return broken, first, lossy


def survive_cuts(lab, cuts, seed):
    broken, first, lossy = cut_power(lab, cuts, seed)
    check(broken == 0, f"{broken} of {cuts} cuts broke a promise; {first}")
    check(lossy > cuts // 5, f"only {lossy} of {cuts} cuts lost anything: too few to mean something")


@scenario
def power_cut(lab):
    """100 power cuts, part of what was not flushed lost: all that was called verified is there and whole."""
    survive_cuts(lab, 100, 1)


@scenario(is_long=True)
def power_cut_200(lab):
    """200 power cuts, part of what was not flushed lost: all that was called verified is there and whole."""
    survive_cuts(lab, 200, 2)


@scenario
def power_cut_without_flush(lab):
    """The same import on a disk that is never told to flush fails the same test: the marks flush nothing."""
    broken, first, _ = cut_power(lab, 30, 1, mount_options="barrier=0")
    check(broken >= 10, f"only {broken} of 30 cuts were found to break a promise; {first}")


@scenario
def power_cut_careless(lab):
    """A writer that does not flush fails the same test: the test can tell."""
    contents = {hashlib.sha256(hashlib.sha256(str(number).encode()).digest() * 4096).hexdigest()
                for number in range(60)}
    with lab.guest() as guest:
        original, log = powercut.record(lab, guest, powercut.CARELESS,
                                        lambda process: process.wait(120))
    broken, first, lossy = powercut.judge(lab, original, log, contents, 20, 3)
    lab.notes.update(powercut.notes_of(log, 20, lossy))
    check(broken >= 10, f"only {broken} of 20 cuts were found to break a promise; {first}")
