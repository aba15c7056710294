# SPDX-License-Identifier: GPL-3.0-or-later
"""axe-core, which looks through a page for what keeps people out. Debian has no package of it."""
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from e2e import BIN, Skip, expect

VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
NPM_S = 60


def fetch(path):
    """By npm, once for a build folder."""
    with tempfile.TemporaryDirectory(prefix="imgtank-axe-") as folder:
        try:
            done = subprocess.run(["npm", "pack", "--silent", "--fetch-retries=1", f"axe-core@{VERSION}"], check=False,
                                  cwd=folder, capture_output=True, text=True, timeout=NPM_S,
                                  env=dict(os.environ, npm_config_update_notifier="false"))
            said = done.stderr.strip().splitlines()[:1]
        except subprocess.TimeoutExpired:
            said = [f"no answer within {NPM_S} s"]
        packed = list(Path(folder).glob("axe-core-*.tgz"))
        if not packed:
            raise Missing(f"npm cannot fetch axe-core: {' '.join(said)}")
        with tarfile.open(fileobj=io.BytesIO(packed[0].read_bytes())) as archive:
            content = archive.extractfile("package/axe.min.js").read()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".new").write_bytes(content)
    path.with_suffix(".new").rename(path)


class Missing(Exception):
    pass


def source():
    """The script. Skips without npm or a network; with IMGTANK_NEED_AXE that is a failure."""
    path = BIN.parent / "axe-core" / VERSION / "axe.min.js"
    try:
        if not path.exists() and not shutil.which("npm"):
            raise Missing("axe-core: npm is not installed")
        if not path.exists():
            fetch(path)
    except Missing as missing:
        expect(not os.environ.get("IMGTANK_NEED_AXE"), str(missing))
        raise Skip(str(missing)) from missing
    content = path.read_bytes()
    expect(hashlib.sha256(content).hexdigest() == SHA256, f"{path} is not axe-core {VERSION}")
    return content.decode()


def findings(browser, script):
    """What is serious on this page, each with its rule and the elements."""
    browser.run(script)
    browser.run("window.found = null; axe.run().then((r) => { window.found = r.violations.map((v) => "
                "[v.impact, v.id, v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3)]); });")
    found = browser.wait(lambda: (f := browser.run("return window.found")) is not None and [f], "axe")[0]
    return [one for one in found if one[0] in ("serious", "critical")]
