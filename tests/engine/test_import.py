#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""imgtank import, as the manual says: names, selection, options, exit statuses."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from e2e import (  # noqa: E402
    IMGTANK, INTERRUPTED, OK, ROOT, SOME_FAILED, SOURCE_UNUSABLE, TANK_UNUSABLE, USAGE, Gate, Skip,
    environment, expect, expect_equal, images, kill_group, main, make_card, mounted, make_image, need_root,
    run, shim_environment, start)


def test_plain_card_is_copied_verified_and_safe(work):
    card = work.card("plain", count=12)

    result = work.import_safely(card)

    done = result.done()
    expect_equal(done["files_copied"], len(card.files), "files copied")
    expect_equal(done["files_verified"], len(card.files), "files verified")
    expect_equal(done["files_failed"], 0, "files failed")
    expect_equal(len(result.of("file-copied")), len(card.files), "file-copied events")
    expect_equal(len(result.of("file-verified")), len(card.files), "file-verified events")


def test_unique_names_have_date_number_and_lower_case(work):
    card = work.card("plain", count=4)

    result = work.import_safely(card)

    by_file = {e["file"]: e["tank_path"] for e in result.of("file-copied")}
    expect_equal(by_file["DCIM/100EXMPL/IMG_0001.JPG"], "images/20240512/pimg_0001.jpg", "first")
    jpeg, raw = (by_file[f"DCIM/100EXMPL/IMG_0002.{e}"] for e in ("JPG", "CR2"))
    expect_equal(raw, jpeg.replace(".jpg", ".cr2"), "RAW and JPEG of one shot")
    expect_equal(by_file["DCIM/100EXMPL/IMG_0004.JPG"].split("/")[1], "20240513", "day")


def test_capture_time_beats_the_files_time(work):
    card = make_card.Card(work.path("card"))
    card.add("DCIM/100EXMPL/IMG_0001.JPG", make_card.camera_jpeg(1, make_card.at(0)),
             make_card.at(400))
    work.watch(card)

    result = work.import_safely(card)

    event = result.of("file-copied")[0]
    if any(n.get("fault") == "probe-missing" for n in result.of("notice")):
        raise Skip("imgtank-probe is not built yet")
    expect_equal(event["capture_time"], "2024-05-12T12:00:00", "capture time")
    expect_equal(event["tank_path"], "images/20240512/pimg_0001.jpg", "tank path")
    expect_equal(event["date_is_guess"], False, "is it a guess")


def test_demo_card_of_real_cameras(work):
    """The card that tools/try shows: each file under the day on which it was taken."""
    card = ROOT / "assets/demo-card"

    result = work.run(card)

    expect_equal(result.verdict(), "safe-to-format", f"verdict\n{result}")
    days = {e["file"].split("/")[-1]: e["tank_path"].split("/")[1]
            for e in result.of("file-copied")}
    expect_equal(days, {
        "IMG_0307.JPG": "20220120", "IMG_1908.JPG": "20210923", "_MG_9382.JPG": "20200305",
        "MVI_0121.AVI": "20210326", "DSCN0138.JPG": "20210725", "P1000238.JPG": "20231021",
        "P003912.KDC": "19940102", "IMG_8565.HEIC": "20210927"}, "days")
    thumbnails = list((work.tank / "thumbnails").rglob("*.jpg"))
    expect(len(thumbnails) >= 6, f"thumbnails: {thumbnails}")


def test_implausible_date_is_a_guess(work):
    card = make_card.Card(work.path("card"))
    card.add("DCIM/100EXMPL/IMG_0001.JPG",
             make_card.camera_jpeg(1, make_card.datetime.datetime(1980, 1, 1)), make_card.at(3))
    work.watch(card)

    result = work.import_safely(card)

    expect_equal(result.of("file-copied")[0]["date_is_guess"], True, "is it a guess")


def test_mixed_card_leaves_out_only_what_is_no_picture(work):
    card = work.card("mixed")

    result = work.import_safely(card)

    left_out = {e["file"]: e["reason"] for e in result.of("file-left-out")}
    expect_equal(left_out.get("notes.txt"), "not-a-picture", "notes.txt")
    expect_equal(left_out.get("._loose.jpg"), "system", "._loose.jpg")
    expect_equal(result.done()["files_left_out"], len(left_out), "count of left out")


def test_everything_takes_other_files_too(work):
    card = make_card.make_mixed(work.path("card"))
    for file in card.files:
        if file["name"] in ("notes.txt", "tools/setup.exe"):
            file["selected"] = True
    work.watch(card)

    work.import_safely(card, args=["--select", "everything"])


def test_keep_keeps_the_cameras_names(work):
    card = work.card("plain", count=4)

    result = work.import_safely(card, args=["--naming", "keep"])

    names = {pathlib.PurePath(e["tank_path"]).name for e in result.of("file-copied")}
    expect("IMG_0001.JPG" in names, f"names {names}")


def test_keep_gives_a_suffix_and_loses_nothing(work):
    card = make_card.Card(work.path("card"))
    for folder in ("100EXMPL", "101EXMPL", "102EXMPL"):
        card.jpeg(f"DCIM/{folder}/IMG_0001.JPG", make_card.at(0))
    work.watch(card)

    work.import_safely(card, args=["--naming", "keep"])

    expect_equal(len(images(work.tank)), 3, "files of one name in the tank")


def test_template_names(work):
    card = work.card("plain", count=4)
    template = "%Y/%Y-%m-%d/{stem}_{seq:04}.{ext}"

    result = work.import_safely(card, args=["--naming", "template", "--template", template])

    path = {e["file"]: e["tank_path"] for e in result.of("file-copied")}
    expect(path["DCIM/100EXMPL/IMG_0001.JPG"].lower() ==
           "images/2024/2024-05-12/img_0001_0001.jpg", f"{path}")


def test_template_without_anything_unique_loses_nothing(work):
    card = work.card("plain", count=6)

    work.import_safely(card, args=["--naming", "template", "--template", "all/picture.{ext}"])


def test_files_keep_mtime_and_are_read_only(work):
    card = work.card("plain", count=3)

    work.import_safely(card)

    for name in images(work.tank):
        st = os.stat(work.tank / "images" / name)
        expect_equal(st.st_mode & 0o777, 0o444, f"mode of {name}")
        expect(st.st_mtime < time.time() - 86400, f"mtime of {name} is new")


def test_dry_run_changes_nothing(work):
    card = work.card("plain", count=5)

    result = work.run(card, args=["--dry-run"])

    expect_equal(result.status, OK, f"exit status\n{result}")
    expect_equal(len(result.of("file-planned")), len(card.files), "planned")
    expect(not os.path.exists(work.tank / "images") or images(work.tank) == [],
           "a dry run has made files")
    expect(result.verdict() != "safe-to-format", "a dry run called the card safe to format")


def test_dry_run_makes_no_tank(work):
    card = work.card("plain", count=2)

    work.run(card, args=["--dry-run"])

    expect(not os.path.exists(work.tank), f"{os.listdir(work.folder)}: the tank was made")


def test_no_verify_is_not_called_safe(work):
    card = work.card("plain", count=5)

    result = work.run(card, args=["--no-verify"])

    expect_equal(result.status, OK, f"exit status\n{result}")
    expect_equal(result.verdict(), "copied", "verdict")
    expect_equal(result.done()["files_verified"], 0, "files verified")
    work.check()


def test_verifying_later_makes_it_safe(work):
    card = work.card("plain", count=5)
    work.run(card, args=["--no-verify"])

    result = work.run(card)

    expect_equal(result.verdict(), "safe-to-format", "verdict")
    expect_equal(result.done()["files_copied"], 0, "files copied")
    expect_equal(result.done()["files_verified"], len(card.files), "files verified")
    work.check()


def test_two_sources_in_one_call(work):
    first = work.card("plain", "one", 1, count=4)
    second = work.card("plain", "two", 2, count=4)

    result = work.run(first, second)

    expect_equal(result.status, OK, f"exit status\n{result}")
    expect_equal([d["verdict"] for d in result.of("card-done")], ["safe-to-format"] * 2,
                 "verdicts")
    work.check()


def test_one_missing_source_does_not_stop_the_other(work):
    card = work.card("plain", "one", count=4)

    result = work.run(work.path("nowhere"), card)

    expect_equal(result.status, SOURCE_UNUSABLE, f"exit status\n{result}")
    expect_equal(result.verdict(), "safe-to-format", "verdict of the good card")
    work.check()


def test_empty_card_is_called_empty(work):
    os.mkdir(work.path("card"))

    result = work.run(work.path("card"))

    expect_equal(result.verdict(), "empty", "verdict")
    expect_equal(result.status, OK, "exit status")


def test_usage_errors(work):
    card = work.card("plain", count=1)
    for args in (["import"], ["import", "--naming", "odd", card.root],
                 ["import", "--select", "some", card.root], ["import", "--no-such", card.root],
                 ["import", "--tank"], ["imporrt", card.root], [],
                 ["import", "--template", "{nonsense}", card.root],
                 ["import", "--template", "../{stem}", card.root]):
        result = run(args)
        expect_equal(result.status, USAGE, f"exit status of imgtank {args}\n{result}")
        expect(result.err.strip(), f"imgtank {args} said nothing on standard error")


def test_unusable_sources(work):
    path = work.path("file.txt")
    path.write_text("no folder")
    for source in (work.path("missing"), path):
        result = work.run(source)
        expect_equal(result.status, SOURCE_UNUSABLE, f"exit status for {source}\n{result}")
        expect_equal(result.verdict(), "failed", "verdict")


def test_tank_inside_source_and_source_inside_tank_are_refused(work):
    card = work.card("plain", count=2)
    inside = pathlib.Path(os.fsdecode(card.root)) / "tank"

    result = run(["import", "--json", "--tank", inside, card.root]).parse()
    expect_equal(result.status, SOURCE_UNUSABLE, f"tank in the card\n{result}")
    expect_equal(result.done().get("fault"), "card-is-tank", "fault")
    work.check(partial=True, ledger=False)

    work.run(card)
    result = run(["import", "--json", "--tank", work.tank, work.tank / "images"]).parse()
    expect_equal(result.status, SOURCE_UNUSABLE, f"card in the tank\n{result}")


def test_unusable_tanks(work):
    card = work.card("plain", count=2)
    file = work.path("file")
    file.write_text("no folder")
    for tank in (file, work.path("a/b/c"), file / "below"):
        result = run(["import", "--json", "--tank", tank, card.root]).parse()
        expect_equal(result.status, TANK_UNUSABLE, f"exit status for {tank}\n{result}")
        expect(result.done().get("remedy"), "no remedy is said")


def test_read_only_tank(work):
    need_root()
    card = work.card("plain", count=2)
    make_image(work.path("tank.img"), "ext4", 64)
    with mounted(work.path("tank.img"), work.path("mnt"), "loop,ro") as tank:
        result = run(["import", "--json", "--tank", tank, card.root]).parse()
    expect_equal(result.status, TANK_UNUSABLE, f"exit status\n{result}")
    expect_equal(result.done().get("fault"), "tank-read-only", "fault")


def drop_rights():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def test_tank_without_rights_to_write(work):
    need_root()
    card = work.card("plain", count=2)
    work.tank.mkdir(mode=0o755)
    os.chmod(work.folder, 0o755)

    result = work.run(card, preexec_fn=drop_rights)

    if b"Permission denied" in result.raw_err and not result.events:
        raise Skip("the build folder cannot be reached by another user")
    expect_equal(result.status, TANK_UNUSABLE, f"exit status\n{result}")
    expect_equal(result.done().get("fault"), "tank-denied", "fault")


def test_unreadable_file_and_folder_are_named_and_the_rest_goes_on(work):
    need_root()
    card = make_card.make_plain(work.path("card"), count=4)
    os.chmod(work.folder, 0o755)
    for name in ("DCIM/100EXMPL/DENIED01.JPG", "DCIM/101CLOSE/HIDDEN01.JPG"):
        card.jpeg(name, make_card.at(1))
    os.chmod(card.path("DCIM/100EXMPL/DENIED01.JPG"), 0)
    os.chmod(card.path("DCIM/101CLOSE"), 0)
    for name in ("DCIM/100EXMPL/DENIED01.JPG", "DCIM/101CLOSE/HIDDEN01.JPG"):
        card.forget(name)
    work.tank.mkdir()
    os.chown(work.tank, 65534, 65534)
    work.expected.add(card.root, card.files)

    result = work.run(card, preexec_fn=drop_rights)

    expect_equal(result.status, SOME_FAILED, f"exit status\n{result}")
    expect_equal(result.verdict(), "incomplete", "verdict")
    named = " ".join(e["file"] for e in result.of("file-failed") + result.of("notice")
                     if "file" in e)
    expect("DENIED01.JPG" in named, f"the unreadable file is not named: {named}")
    expect("101CLOSE" in named, f"the unreadable folder is not named: {named}")
    work.check(tolerance=0)


def test_events_are_numbered_and_counted(work):
    card = work.card("plain", count=6)

    result = work.import_safely(card)

    numbers = [event["seq"] for event in result.events]
    expect_equal(numbers, list(range(1, len(numbers) + 1)), "seq")
    times = [event["time_usec"] for event in result.events]
    expect_equal(times, sorted(times), "time_usec")
    states = [e["state"] for e in result.of("card-state")]
    expect(states[0] == "scanning" and states[-1] == "done", f"states {states}")
    done = result.done()
    expect_equal(done["bytes_copied"], sum(f["size"] for f in card.files), "bytes copied")


def test_plain_output_is_lines_without_control_characters(work):
    card = work.card("plain", count=6)

    result = run(["import", "--tank", work.tank, card.root])

    expect_equal(result.status, OK, f"exit status\n{result}")
    for char in result.raw_out:
        expect(char == 10 or char >= 32, f"control character {char} in {result.out!r}")
    expect("format" in result.out.lower(), f"the card's verdict is not said: {result.out}")


def test_failed_import_tells_what_is_safe_and_what_to_do(work):
    result = run(["import", "--tank", work.tank, work.path("missing")])

    said = result.out + result.err
    expect_equal(result.status, SOURCE_UNUSABLE, "exit status")
    expect("Nothing was changed." in said and "Check the name" in said, f"said: {said}")


def interrupt(work, delay_s, *signal_numbers):
    process = start(["import", "--json", "--tank", work.tank, work.path("card")])
    first = os.read(process.stdout.fileno(), 1)  # it is at work: its first event begins
    time.sleep(delay_s)
    for number in signal_numbers:
        os.kill(process.pid, number)
    try:
        out, err = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        kill_group(process)
        raise AssertionError("did not end within 30 s after the signal") from None
    return process.returncode, first + out, err


def test_ctrl_c_ends_in_order(work):
    card = work.card("plain", count=300, size_bytes=200_000)
    statuses = set()
    for delay_s in (0, 0.02, 0.1, 0.3):
        status, out, err = interrupt(work, delay_s, signal.SIGINT)
        statuses.add(status)
        expect(status in (INTERRUPTED, OK), f"status {status}: {err}")
        if status == INTERRUPTED:
            last = json.loads(out.decode().splitlines()[-1])
            expect_equal(last["event"], "card-done", "last event")
            expect_equal(last["verdict"], "cancelled", "verdict")
            tmp = work.tank / ".imgtank" / "tmp"
            expect(not tmp.exists() or not os.listdir(tmp), "temporaries stayed")
            work.check(partial=True)
    expect(INTERRUPTED in statuses, f"no run was interrupted: {statuses}")
    work.import_safely(card)


def test_a_terminal_that_is_closed_ends_it_in_order(work):
    """The kernel says so, and the shell says it once more, and systemd; that is nobody who insists."""
    card = work.card("plain", count=300, size_bytes=200_000)
    status, out, err = interrupt(work, 0.1, signal.SIGHUP, signal.SIGTERM, signal.SIGHUP)
    expect(status in (INTERRUPTED, OK), f"status {status}: {err}")
    last = json.loads(out.decode().splitlines()[-1])
    expect_equal(last["event"], "card-done", "last event")
    expect_equal(os.listdir(work.tank / ".imgtank" / "tmp"), [], "temporaries")
    work.import_safely(card)


def test_ctrl_c_once_more_ends_it_at_once(work):
    """Somebody insists while the card does not answer."""
    card = work.card("plain", count=3)
    gate = Gate(work.path("gate"))
    process = start(["import", "--json", "--tank", work.tank, card.root],
                    shim_environment(f"fn=pread path={os.fsdecode(card.root)} hold={gate.path}"))
    gate.wait(process)
    end = time.monotonic() + 30
    while process.poll() is None:
        expect(time.monotonic() < end, "it does not end")
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.05)
    gate.open()
    process.communicate()
    expect_equal(process.returncode, INTERRUPTED, "exit status")
    work.import_safely(card)


def test_sigterm_ends_in_order(work):
    card = work.card("plain", count=300, size_bytes=200_000)
    status, _, err = interrupt(work, 0.2, signal.SIGTERM)
    expect(status in (INTERRUPTED, OK, 143), f"status {status}: {err}")
    work.check(partial=True)
    work.import_safely(card)


def test_full_output_pipe_that_nobody_reads_does_not_lose_pictures(work):
    """Whoever watches may go away: the import's result does not change."""
    card = work.card("plain", count=60)
    process = subprocess.Popen(
        f"'{IMGTANK}' import --json --tank '{work.tank}' "
        f"'{os.fsdecode(card.root)}' | true", shell=True, env=environment(),
        start_new_session=True, stdout=subprocess.DEVNULL)
    process.wait(timeout=60)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and len(images(work.tank)) < len(card.files):
        time.sleep(0.05)
    kill_group(process)

    work.import_safely(card)


def test_commands_have_help(work):
    listed = run(["--help"]).out
    for command in ("import", "verify", "rebuild", "history", "probe", "config"):
        expect(command in listed, f"{command} is not in imgtank --help")
        result = run([command, "--help"])
        expect_equal(result.status, OK, f"imgtank {command} --help")
        expect(len(result.out) > 80, f"imgtank {command} --help says nothing")


if __name__ == "__main__":
    sys.exit(main(globals()))
