#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every screen at every size: nothing is cut off, and it looks as it did.

test_screens.py [--few | --accept]
                   --few: two sizes only, for builds that are ten times as slow; --accept: the pictures of
                   today become the golden ones (they are made smaller with ImageMagick's convert);
                   look at them before.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BIN = pathlib.Path(os.environ.get("IMGTANK_BIN", ROOT / "build/dev/bin"))
CHECK = BIN.parent / "tests/fb_check"
GOLDEN = ROOT / "tests/data/ui-fb"
SIZES = ["128x64", "240x240", "320x240", "480x320", "800x480", "1280x720"]
SIZES_FEW = ["128x64", "480x320"]
# name: scenario, seconds to let pass, dialog above it
SCREENS = {
    "starting": ("starting", 0, None),
    "idle": ("idle", 0, None),
    "ask": ("ask", 0, None),
    "copying": ("copying", 12, None),
    "done": ("done", 0, None),
    "eject": ("finished-mounted", 0, None),
    "partial": ("partial", 0, None),
    "full": ("full", 0, None),
    "no-tank": ("no-tank", 0, None),
    "three-cards": ("three-cards", 10, None),
    "halting": ("halting", 0, None),
    "no-connection": ("idle", 0, "no-connection"),
    "power": ("idle", 0, "power"),
    "cancel": ("copying", 12, "cancel"),
    "detail": ("full", 0, "detail"),
    "phone": ("phone", 0, None),
    "network": ("phone", 0, "network"),
    "page": ("phone", 0, "page"),
    "page-password": ("phone-page", 0, "page"),
}
FEW = {name: ["320x240", "800x480"] for name in ("phone", "network", "page", "page-password")}
CODES = [("phone", "network"), ("phone", "page"), ("phone-page", "page"), ("phone-long", "network")]
MOVING = ["copying", "failing-files", "hostile-names", "many-cards", "three-cards", "verifying"]
# fontconfig keeps what it has read until the process ends
ENVIRONMENT = {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8",
               "LSAN_OPTIONS": f"suppressions={HERE}/leaks.supp:print_suppressions=0"}


def state_of(scenario, seconds, folder):
    path = folder / f"{scenario}-{seconds}.json"
    if not path.exists():
        text = subprocess.run(
            [ROOT / "tests/support/fake_tankd.py", "--print-state", "--at", str(seconds),
             "--tool", BIN.parent / "tests/state_lines", scenario],
            check=True, capture_output=True, text=True).stdout
        state = json.loads(text)
        state["tank"]["path"] = str(GOLDEN)
        for card in state["cards"]:
            if card.get("newest_thumbnail"):
                card["newest_thumbnail"] = "mountains.jpg"
        path.write_text(json.dumps(state), encoding="utf-8")
    return path


def render(state, size, out, rotation=0, dialog=None):
    subprocess.run(
        [BIN / "imgtank-ui-fb", "--config", "/dev/null", "--render", state, "--size", size, "--out", out,
         "--rotate", str(rotation), *(["--dialog", dialog] if dialog else [])],
        check=True, env=ENVIRONMENT)


def ask(*arguments):
    """What fb_check has to complain about, or ''."""
    done = subprocess.run([CHECK, *map(str, arguments)], capture_output=True, text=True,
                          env=ENVIRONMENT, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr or "it failed"


def check_words(folder):
    states = [state_of(scenario.stem, 0, folder)
              for scenario in sorted((ROOT / "tests/support/scenarios").glob("*.json"))]
    states += [state_of(scenario, 12, folder) for scenario in MOVING]
    problem = ask("scenes", *states)
    if problem:
        yield problem


def check_picture(folder, name, size, is_accepting):
    scenario, seconds, dialog = SCREENS[name]
    golden, out = GOLDEN / f"{name}-{size}.png", folder / f"{name}-{size}.png"
    render(state_of(scenario, seconds, folder), size, out, dialog=dialog)
    if is_accepting:
        subprocess.run(["convert", out, "+dither", "-colors", "32", "-strip", f"png8:{golden}"],
                       check=True)
    problem = ask("compare", golden, out)
    if not problem:
        return None
    kept = pathlib.Path(tempfile.gettempdir()) / f"fb-{name}-{size}.png"
    shutil.copy(out, kept)
    return f"{name} {size} is not as it was: {problem.strip()}; see {kept}"


def check_code(folder, scenario, size, dialog):
    """A real reader reads from the screen what a phone is to read."""
    if not shutil.which("zbarimg"):
        return "zbarimg (zbar-tools) is missing"
    out = folder / f"code-{scenario}-{dialog}-{size}.png"
    state = state_of(scenario, 0, folder)
    render(state, size, out, dialog=dialog)
    access = json.loads(state.read_text(encoding="utf-8"))["access"]
    wanted = access["wifi"] if dialog == "network" else access["network_url"] or access["url"]
    if dialog == "page" and access["code"]:
        wanted += "login#" + access["code"].replace(" ", "")
    read = subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", out],
                          capture_output=True, text=True, check=False).stdout.strip()
    return None if read == wanted else f"{scenario} {dialog} {size}: read {read!r}, not {wanted!r}"


def check_rotations(folder, name, size):
    """A panel that hangs on its side shows the upright design of the size that is seen."""
    scenario, seconds, dialog = SCREENS[name]
    state = state_of(scenario, seconds, folder)
    on_its_side = folder / f"{name}-{size}-on-its-side.png"
    render(state, "x".join(reversed(size.split("x"))), on_its_side, dialog=dialog)
    for rotation in (90, 180, 270):
        upright = on_its_side if rotation % 180 else folder / f"{name}-{size}.png"
        out = folder / f"{name}-{size}-{rotation}.png"
        render(state, size, out, rotation, dialog)
        problem = ask("turned", upright, out, rotation)
        if problem:
            return f"{name} {size} turned by {rotation}: {problem.strip()}"
    return None


def main():
    is_accepting = "--accept" in sys.argv
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        problems = [*check_words(folder)]
        for scenario, seconds, _ in SCREENS.values():
            state_of(scenario, seconds, folder)
        sizes = SIZES_FEW if "--few" in sys.argv else SIZES
        all_sizes = [(name, size) for name in SCREENS for size in FEW.get(name, sizes) if size in sizes]
        turned = [(name, size) for name, size in all_sizes if name == "copying" or (size == "480x320" and sizes is SIZES)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            problems += pool.map(lambda one: check_picture(folder, *one, is_accepting), all_sizes)
            problems += pool.map(lambda one: check_rotations(folder, *one), turned)
            problems += pool.map(lambda one: check_code(folder, *one), [
                (scenario, size, dialog) for size in sizes[1:] for scenario, dialog in CODES])
        problems = [problem for problem in problems if problem]
    print("\n".join(problems) or "all screens are well")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
