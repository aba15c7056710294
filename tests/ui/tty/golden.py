#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the terminal shows of each scenario, at each size, as text.

golden.py          compares with tests/data/ui-tty
golden.py --update writes anew; look at the difference before you commit it
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from fakebox import BIN, ROOT, SUPPORT, Failure, check_equal, main  # noqa: E402

DATA = ROOT / "tests" / "data" / "ui-tty"
SIZES = ["40x12", "80x24", "120x40"]
PAGES = [("card", "partial", "80x24"), ("history", "idle", "80x24"), ("help", "idle", "60x20"),
         ("power", "copying", "80x24"), ("power", "idle", "40x12"), ("card", "partial", "40x12"),
         ("main", "partial", "200x60"), ("no-connection", "done", "80x24"),
         ("connect", "phone", "80x24"), ("connect", "phone", "40x12"), ("page", "phone", "80x24"),
         ("page", "phone-page", "120x40"), ("connect", "phone-long", "80x24"), ("help", "phone", "60x20")]
CODES = [("connect", "phone", "80x24"), ("page", "phone", "80x24"), ("page", "phone-page", "120x40"),
         ("connect", "phone-long", "120x40")]
ENV = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def scenarios():
    return sorted(path.stem for path in (SUPPORT / "scenarios").glob("*.json"))


def state_of(scenario, folder):
    """The state that a scenario has when it has gone on for a while."""
    path = Path(folder) / f"{scenario}.json"
    if not path.exists():
        path.write_bytes(subprocess.run(
            [SUPPORT / "fake_tankd.py", "--tool", BIN.parent / "tests" / "state_lines",
             "--print-state", "--at", "6", scenario], check=True, capture_output=True).stdout)
    return path


def render(state, size, page="main", *more):
    done = subprocess.run([BIN / "imgtank-ui-tty", "--render", state, "--size", size,
                           "--page", page, *more], env=ENV, capture_output=True, check=False)
    if done.returncode:
        raise Failure(f"{state} {size} {page}: {done.stderr.decode()}")
    return done.stdout.decode()


def all_screens(folder):
    """(name of the file, what is to be seen)"""
    for scenario in scenarios():
        state = state_of(scenario, folder)
        text = "".join(f"=== {size}\n{render(state, size)}" for size in SIZES)
        yield f"{scenario}.txt", text
    for page, scenario, size in PAGES:
        yield f"{page}-{scenario}-{size}.txt", render(state_of(scenario, folder), size, page)


def test_tty_screens_are_as_they_were_looked_at():
    with tempfile.TemporaryDirectory() as folder:
        seen = set()
        for name, text in all_screens(folder):
            seen.add(name)
            wanted = (DATA / name).read_text(encoding="utf-8") if (DATA / name).exists() else ""
            for number, (got, line) in enumerate(zip(text.split("\n"), wanted.split("\n")), 1):
                check_equal(got, line, f"{name}: line {number}")
            check_equal(text.count("\n"), wanted.count("\n"), f"{name}: lines")
        check_equal({path.name for path in DATA.glob("*.txt")}, seen, "screens that are kept")


def read_code(text):
    """What a real reader reads from the screen: dark letters on a light ground, all else dark."""
    rows = []
    for line in text.split("\n"):
        rows += ["".join(" X"[sign in above] for sign in line.ljust(200)) for above in ("▀█", "▄█")]
    first = next(i for i, row in enumerate(rows) if "XXXXXXX" in row)
    last = max(i for i, row in enumerate(rows) if "X" in row)
    left = rows[first].index("X")
    right = rows[first].rindex("X")
    code = [row[left:right + 1] for row in rows[first:last + 1]]
    pixels = [[0] * (len(code[0]) + 8)] * 2 + [[0] * 2 + [255] * (len(code[0]) + 4) + [0] * 2] * 2
    pixels += [[0, 0, 255, 255, *(0 if sign == "X" else 255 for sign in row), 255, 255, 0, 0]
               for row in code] + pixels[3:1:-1] + pixels[:2]
    scaled = [[value for value in row for _ in range(4)] for row in pixels for _ in range(4)]
    head = f"P5 {len(scaled[0])} {len(scaled)} 255\n".encode()
    with tempfile.NamedTemporaryFile(suffix=".pgm") as file:
        file.write(head + b"".join(bytes(row) for row in scaled))
        file.flush()
        return subprocess.run(["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", file.name],
                              capture_output=True, text=True, check=False).stdout.strip()


def test_tty_codes_can_be_read():
    with tempfile.TemporaryDirectory() as folder:
        for page, scenario, size in CODES:
            state = state_of(scenario, folder)
            access = json.loads(state.read_text(encoding="utf-8"))["access"]
            wanted = access["wifi"] if page == "connect" else access["network_url"] or access["url"]
            if page == "page" and access["code"]:
                wanted += "login#" + access["code"].replace(" ", "")
            check_equal(read_code(render(state, size, page)), wanted, f"{scenario} {page} {size}")


def test_tty_ascii_screens_are_ascii():
    with tempfile.TemporaryDirectory() as folder:
        for scenario in scenarios():
            text = render(state_of(scenario, folder), "80x24", "main", "--ascii")
            check_equal(text.isascii(), True, f"{scenario} with --ascii")


def test_tty_no_line_is_longer_than_the_screen():
    with tempfile.TemporaryDirectory() as folder:
        for scenario in scenarios():
            for size in SIZES:
                columns, rows = map(int, size.split("x"))
                lines = render(state_of(scenario, folder), size, "main", "--ascii").split("\n")
                check_equal(len(lines), rows + 1, f"{scenario} {size}: rows")
                check_equal(max(map(len, lines)) <= columns, True, f"{scenario} {size}: columns")


def test_tty_picture_is_whole():
    with tempfile.TemporaryDirectory() as folder:
        svg = render(state_of("hostile-names", folder), "80x24", "main", "--svg")
        subprocess.run([sys.executable, "-c", "import sys, xml.dom.minidom as m; "
                        "m.parse(sys.stdin)"], input=svg.encode(), check=True)


def update():
    DATA.mkdir(parents=True, exist_ok=True)
    for path in DATA.glob("*.txt"):
        path.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in all_screens(folder):
            (DATA / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        main([value for key, value in list(globals().items()) if key.startswith("test_")])
