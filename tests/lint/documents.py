#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the documents are those of the code: settings and options of front ends, requests
of the page, packages, how grave a finding of doctor is; and links lead somewhere."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FRONT_ENDS = {"fb": "ui-fb/settings.c", "led": "ui-led/led.c", "tty": "ui-tty/tty.c",
              "pibrella": "ui-pibrella/settings.c", "web": "ui-web/web.c"}


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def compare(findings, where, there, wanted):
    for name in sorted(wanted - there):
        findings.append(f"{where}: {name} is missing")
    for name in sorted(there - wanted):
        findings.append(f"{where}: {name} is not in the code")


def settings(path):
    """Keys of a front end's table: those of the configuration, and those of the command line only."""
    table = re.search(r"frontend_setting settings\w*\[\] = \{\n(.*?)\n\};", read(path), re.DOTALL)
    entries = re.findall(r'\{"([a-z-]+)",.*?(true|false)\}', table.group(1), re.DOTALL)
    return ({key for key, is_option in entries if is_option == "false"},
            {key for key, is_option in entries if is_option == "true"})


def options(path):
    return set(re.findall(r'\{"([a-z-]+)", (?:no|required)_argument', read(path)))


def man_items(text):
    """What the items of a manual page are about: keys, and options with their dashes."""
    items = re.findall(r"^\.It (?:Cm|Ic) (.*)$", text, re.MULTILINE)
    keys = {word for item in items if " Ns =" in item for word in
            re.findall(r"(?:^|Cm |, )([a-z][a-z-]+)(?= Ns =| ,)", item)}
    keys |= {item for item in items if re.fullmatch(r"[a-z]+", item)}  # imgtank-ui-tty(1)
    named = set(re.findall(r"^\.It Fl (?:Fl |-)([a-z-]+)", text, re.MULTILINE))
    return keys, named


def check_front_ends(findings):
    manual = read("docs/configuration.md") + "\n## "
    for name, path in FRONT_ENDS.items():
        keys, own = settings(path)
        table = re.search(rf"(?:^\| `\[ui-{name}\]`.*?\n\n|^## \[ui-{name}\].*?\n## )", manual,
                          re.DOTALL | re.MULTILINE)
        first = re.findall(r"^\| ([^|]*) \|", table.group(0), re.MULTILINE)
        there = set(re.findall(r"`([a-z-]+)`", " ".join(first)))
        compare(findings, f"docs/configuration.md, [ui-{name}]", there, keys)
        page = next((ROOT / "docs/man").glob(f"imgtank-ui-{name}.*"))
        items, named = man_items(page.read_text(encoding="utf-8"))
        if name == "tty":
            items &= keys  # its keys to press are items, too
            named -= {"render"}  # explained there once more
        compare(findings, f"docs/man/{page.name}", items, keys)
        compare(findings, f"docs/man/{page.name}, options", named, own)
    compare(findings, "docs/man/imgtank-frontend.7",
            man_items(read("docs/man/imgtank-frontend.7"))[1] | {"version"},
            options("core/client/options.c"))
    compare(findings, "docs/man/imgtankd.8", man_items(read("docs/man/imgtankd.8"))[1],
            options("core/daemon/options.c") - {"help", "version"})


def check_requests(findings):
    """/api/upload/: in the code is /api/upload/ID in the table."""
    routes = re.findall(r'\{METHOD_([A-Z]+), "(/(?:api|media)/[^"]*)"', read("ui-web/web.c"))
    table = read("docs/web.md").split("## HTTP")[1]
    there = set()
    for cell in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE):
        method = before = ""
        for text in re.findall(r"`([^`]*/[^`]*)`", cell):
            verb, _, path = text.rpartition(" ")
            method = verb or method
            path = re.sub(r"\b[A-Z]+\b", ":", path.partition("?")[0])
            if verb:
                before = path.rpartition("/")[0]
            there.add(f"{method} {path if verb else before + path}")
    compare(findings, "docs/web.md, HTTP", there, {f"{method} {path}" for method, path in routes})


def check_packages(findings):
    packages = set(re.findall(r"^Package: (\S+)", read("debian/control"), re.MULTILINE))
    table = re.findall(r"^\| `(imgtank[a-z-]*)` \|", read("docs/installing.md"), re.MULTILINE)
    compare(findings, "docs/installing.md", set(table), packages)
    packaged = re.search(r"^PACKAGED = (.*)$", read("debian/rules"), re.MULTILINE).group(1).split()
    compare(findings, "debian/rules, PACKAGED", {f"imgtank-ui-{name}" for name in packaged},
            packages - {"imgtank"})


def check_severities(findings):
    """The words themselves are compared by tests/cli/test_doctor.py."""
    source = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("core/cli/doctor_*.c"))
    found = {}
    for severity, word in re.findall(r'DOCTOR_([A-Z]+),\s*"?([A-Za-z_-]+)', source):
        word = word.removeprefix("FAULT_").lower().replace("_", "-")
        found.setdefault(word, set()).add(severity.lower())
    for word, cell in re.findall(r"^\| `([a-z0-9-]+)` \| ([^|]*) \|", read("docs/doctor.md"),
                                 re.MULTILINE):
        said = set(re.findall(r"\b(error|warning|note)\b", cell))
        if not found.get(word, set()) <= said:
            findings.append(f"docs/doctor.md: {word} is {found[word]}, not {said}")


def anchors(text):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE),
                          re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_links(findings):
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md"),
                 *ROOT.glob("bench/*.md")]:
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", text,
                                                          flags=re.DOTALL | re.MULTILINE)):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if not target.exists():
                findings.append(f"{page.name}: {link} leads nowhere")
            elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
                findings.append(f"{page.name}: {link}: there is no such heading")


def main():
    findings = []
    for check in (check_front_ends, check_requests, check_packages, check_severities, check_links):
        check(findings)
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
