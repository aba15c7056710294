#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""No surprise duplicates, no misses: content decides, whatever names, clocks and cards do."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import (  # noqa: E402
    IMGTANK, OK, Skip, environment, expect, expect_equal, images, main, make_card, run,
    shim_environment)


def opened_files(work, card, args=()):
    """Which plain files below the card an import opens, by the shim or by strace."""
    root = os.fsdecode(card.root)
    log = work.path("calls.log")
    log.unlink(missing_ok=True)
    command = ["import", "--json", "--tank", str(work.tank), *args, root]
    try:
        env = shim_environment(log=log, path=root)
        expect_equal(run(command, env=env).status, OK, "exit status")
        text = log.read_text(errors="surrogateescape") if log.exists() else ""
        paths = [line.split("\t", 1)[1] for line in text.splitlines()
                 if line.startswith("openat\t")]
    except Skip:
        paths = traced_files(command, log, root)
    return sorted({p for p in paths if os.path.isfile(p) and p.startswith(root)})


def traced_files(command, log, root):
    if not shutil.which("strace"):
        raise Skip("neither the fault shim nor strace is here to watch what is read")
    env = environment()
    env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    traced = subprocess.run(["strace", "-f", "-y", "-qq", "-e", "trace=open,openat,openat2",
                             "-o", str(log), IMGTANK, *command], env=env, check=False,
                            capture_output=True)
    if b"Operation not permitted" in traced.stderr:
        raise Skip("strace is not allowed here")
    expect_equal(traced.returncode, OK, f"exit status\n{traced.stderr}")
    return re.findall(r"= \d+<(" + re.escape(root) + r"[^>]*)>", log.read_text())


def test_known_card_is_not_read_again(work):
    card = work.card("mixed")
    work.import_safely(card)

    opened = opened_files(work, card)

    sniffed = {os.fsdecode(card.path(f["name"])) for f in card.files if not f["selected"]}
    expect(not set(opened) - sniffed, f"files that were opened again: {opened}")
    work.check()


def test_first_import_does_open_files(work):
    """The proof above means nothing if the watch is blind."""
    card = work.card("plain", count=4)

    expect_equal(len(opened_files(work, card)), len(card.files), "opened files")


def test_reimport_finds_nothing_new(work):
    card = work.card("plain", count=12)
    first = work.import_safely(card)
    before = images(work.tank)

    again = work.import_safely(card)

    expect_equal(images(work.tank), before, "the tank's files")
    done = again.done()
    expect_equal(done["files_known"], first.done()["files_copied"], "files known")
    expect_equal((done["files_copied"], done["bytes_copied"]), (0, 0), "files copied")
    expect_equal(done["files_verified"], len(card.files), "files verified")


def test_paranoid_reads_again_and_copies_nothing(work):
    card = work.card("plain", count=6)
    work.import_safely(card)
    before = images(work.tank)

    opened = opened_files(work, card, ["--paranoid"])

    expect_equal(len(opened), len(card.files), "files read again")
    expect_equal(images(work.tank), before, "the tank's files")
    work.check()


def test_new_pictures_on_a_known_card(work):
    card = work.card("plain", count=6)
    work.import_safely(card)
    for i in range(3):
        card.jpeg(f"DCIM/100EXMPL/IMG_{100 + i:04}.JPG", make_card.at(5 + i))
    work.watch(card)

    result = work.import_safely(card)

    expect_equal(result.done()["files_copied"], 3, "files copied")


def test_card_copied_elsewhere_is_recognised(work):
    card = work.card("plain", "one", count=8)
    work.import_safely(card)
    other = work.path("other")
    subprocess.run(["cp", "-a", os.fsdecode(card.root), other], check=True)
    work.watch(card)  # cp has left its access times

    result = work.run(other)

    expect_equal(result.verdict(), "safe-to-format", f"verdict\n{result}")
    done = result.done()
    expect_equal(done["files_same_content"], len(card.files), "files recognised by content")
    expect_equal(done["files_copied"], 0, "files copied")
    work.check()


def test_what_comes_again_mends_a_copy_that_has_rotted(work):
    """Somebody sees a broken picture and brings it once more: it is not called safe for the sake of the broken one."""
    card = work.card("plain", "one", count=8)
    work.import_safely(card)
    victim = next(path for path in pathlib.Path(work.tank, "images").rglob("*.jpg"))
    content, times = victim.read_bytes(), victim.stat()
    victim.write_bytes(content[:-100] + bytes((content[-100] ^ 1,)) + content[-99:])
    os.utime(victim, ns=(times.st_atime_ns, times.st_mtime_ns))
    other = work.path("other")
    subprocess.run(["cp", "-a", os.fsdecode(card.root), other], check=True)
    work.watch(card)  # cp has left its access times

    first = work.run(other)
    expect_equal(first.verdict(), "incomplete", f"verdict over a broken copy\n{first}")
    second = work.run(other)
    expect_equal(second.verdict(), "safe-to-format", f"verdict at the second time\n{second}")
    expect_equal(second.done()["files_copied"], 1, "files copied anew")
    expect(content in [path.read_bytes() for path in pathlib.Path(work.tank, "images").rglob("*.jpg")], "it is not in the tank")


def test_renumbered_camera(work):
    """The camera starts again at 0001: same names, other pictures; and old ones renamed."""
    card = work.card("plain", count=6)
    work.import_safely(card)
    folder = os.fsdecode(card.path("DCIM/100EXMPL"))
    os.rename(folder, os.fsdecode(card.path("DCIM/101EXMPL")))
    for file in card.files:
        file["name"] = file["name"].replace("100EXMPL", "101EXMPL")
    for i in range(6):
        card.jpeg(f"DCIM/100EXMPL/IMG_{i + 1:04}.JPG", make_card.at(10), 4000)
    work.watch(card)

    result = work.import_safely(card)

    expect_equal(result.done()["files_copied"], 6, "files copied")


def test_same_name_other_content(work):
    card = work.card("plain", count=4)
    work.import_safely(card)
    name = "DCIM/100EXMPL/IMG_0001.JPG"
    size, when = os.stat(card.path(name)).st_size, make_card.at(0, 9)
    card.remove(name)
    card.jpeg(name, when, size)
    work.watch(card)

    result = work.import_safely(card)

    expect_equal(result.done()["files_copied"], 1, "files copied")
    expect_equal(len(images(work.tank)), len(card.files) + 1, "both contents are kept")


def test_same_name_size_and_mtime_other_content(work):
    """An edit in place that hides its time stamp: only the inode's change time tells."""
    card = make_card.Card(work.path("card"))
    card.jpeg("DCIM/100EXMPL/IMG_0001.JPG", make_card.at(0), 3000)
    work.watch(card)
    work.import_safely(card)
    card.remove("DCIM/100EXMPL/IMG_0001.JPG")
    card.jpeg("DCIM/100EXMPL/IMG_0001.JPG", make_card.at(0), 3000)
    work.watch(card)

    work.import_safely(card)

    expect_equal(len(images(work.tank)), 2, "both contents are kept")


def test_same_content_other_name_on_one_card(work):
    card = make_card.Card(work.path("card"))
    content = make_card.camera_jpeg(5, make_card.at(0), 5000)
    for name in ("DCIM/100EXMPL/IMG_0001.JPG", "DCIM/100EXMPL/IMG_0002.JPG",
                 "DCIM/101EXMPL/IMG_0001.JPG"):
        card.add(name, content, make_card.at(0))
    work.watch(card)

    result = work.import_safely(card)

    expect_equal(len(images(work.tank)), 1, "files in the tank")
    expect_equal(result.done()["files_same_content"], 2, "recognised by content")
    again = work.import_safely(card)
    expect_equal(again.done()["files_known"], 3, "known at the second import")


def test_clock_reset(work):
    """The camera's clock fell back to 1980: nothing is missed because it is "older"."""
    card = work.card("plain", count=4)
    work.import_safely(card)
    for i in range(4):
        when = make_card.datetime.datetime(1980, 1, 1, 0, i)
        card.jpeg(f"DCIM/100EXMPL/IMG_{i + 200:04}.JPG", when)
    work.watch(card)

    result = work.import_safely(card)

    expect_equal(result.done()["files_copied"], 4, "files copied")


def test_raw_and_jpeg_on_two_cards(work):
    """A camera that writes RAW to one slot and JPEG to the other."""
    raws, jpegs = make_card.Card(work.path("raws"), 1), make_card.Card(work.path("jpegs"), 2)
    for i in range(5):
        when = make_card.at(0, 10, i, i)
        raws.add(f"DCIM/100EXMPL/IMG_{i + 1:04}.CR2", make_card.camera_raw(100 + i, when, 9000),
                 when)
        jpegs.jpeg(f"DCIM/100EXMPL/IMG_{i + 1:04}.JPG", when, 4000)
    work.watch(raws)
    work.watch(jpegs)

    first = work.run(raws)
    second = work.run(jpegs)

    work.check()
    if any(n.get("fault") == "probe-missing" for n in first.of("notice")):
        raise Skip("imgtank-probe is not built yet: only the numbers are not checked")
    stem = {e["file"][-12:-4]: e["tank_path"][:-4] for e in first.of("file-copied")}
    for event in second.of("file-copied"):
        expect_equal(event["tank_path"][:-4], stem[event["file"][-12:-4]], event["file"])


def test_picture_deleted_from_the_tank_comes_again(work):
    """Somebody removed one in the tank: the card still has it, and must not be called safe."""
    card = work.card("plain", count=4)
    work.import_safely(card)
    gone = images(work.tank)[1]
    os.unlink(work.tank / "images" / gone)

    result = work.import_safely(card)

    expect_equal(result.done()["files_copied"], 1, "files copied")


def test_picture_cut_short_in_the_tank_comes_again(work):
    card = work.card("plain", count=4)
    work.import_safely(card)
    path = work.tank / "images" / images(work.tank)[1]
    os.chmod(path, 0o644)
    os.truncate(path, 100)
    os.chmod(path, 0o444)

    result = work.run(card)

    expect_equal(result.verdict(), "safe-to-format", f"verdict\n{result}")
    expect_equal(result.done()["files_copied"], 1, "files copied")


def test_two_tanks_do_not_mix(work):
    card = work.card("plain", count=4)
    other = work.path("other_tank")
    work.import_safely(card)

    result = run(["import", "--json", "--tank", other, card.root]).parse()

    expect_equal(result.done()["files_copied"], len(card.files), "files copied to the other")
    work.check()
    work.check(tank=other)


def test_ledger_of_another_tank_is_not_believed(work):
    """.imgtank/ledger.db carried over to an empty tank must not make its cards safe."""
    card = work.card("plain", count=4)
    other = work.path("other_tank")
    work.import_safely(card)
    run(["import", "--json", "--tank", other, work.card("plain", "small", 2, count=1).root])
    for name in os.listdir(other / ".imgtank"):
        if name.startswith("ledger.db"):
            os.unlink(other / ".imgtank" / name)
    shutil.copy(work.tank / ".imgtank/ledger.db", other / ".imgtank/ledger.db")

    result = run(["import", "--json", "--tank", other, card.root]).parse()

    expect_equal(result.verdict(), "safe-to-format", f"verdict\n{result}")
    work.check(tank=other)


def test_numbers_go_on_over_many_imports(work):
    for i in range(5):
        work.import_safely(work.card("plain", f"card{i}", i + 1, count=3))
    numbers = sorted({int(re.search(r"pimg_(\d+)", n).group(1)) for n in images(work.tank)})
    expect_equal(numbers, list(range(1, 16)), "numbers")


def test_number_of_a_deleted_picture_is_not_used_again(work):
    work.import_safely(work.card("plain", "one", 1, count=3))
    last = images(work.tank)[-1]
    os.unlink(work.tank / "images" / last)
    second = work.card("plain", "two", 2, count=3)

    result = work.run(second)

    number = re.search(r"pimg_\d+", last).group(0)
    for event in result.of("file-copied"):
        expect(number not in event["tank_path"], f"{number} was used again")


if __name__ == "__main__":
    sys.exit(main(globals()))
