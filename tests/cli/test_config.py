#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""imgtank config, as a user calls it."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

IMGTANK = os.path.join(os.environ["IMGTANK_BIN"], "imgtank")


class Config(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "my.conf"

    def run_config(self, *options):
        return subprocess.run(
            [IMGTANK, "config", "--config", str(self.file), *options],
            capture_output=True, text=True, timeout=60)

    def settings(self):
        lines = self.run_config("--json").stdout.splitlines()
        return {(s["section"], s["key"]): s for s in map(json.loads, lines) if "key" in s}

    def test_what_is_printed_can_be_read_back(self):
        self.file.write_text("[tank]\npath = /srv/a b;c\nowner = me\n"
                             "[import]\ntemplate = {stem}.{ext}\n")
        before = self.settings()
        shown = self.run_config()
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.file.write_text(shown.stdout)
        after = self.settings()
        self.assertEqual({k: s["value"] for k, s in before.items()},
                         {k: s["value"] for k, s in after.items()})
        self.assertEqual(after["tank", "path"]["value"], "/srv/a b;c")
        self.assertEqual(self.run_config("--check").stdout, "")

    def test_every_value_says_where_it_comes_from(self):
        self.file.write_text("[tank]\npath = /srv/a\nowner = me\n")
        (self.folder / "my.conf.d").mkdir()
        dropin = self.folder / "my.conf.d" / "10-x.conf"
        dropin.write_text("\n[tank]\nowner = you\n")
        settings = self.settings()
        self.assertEqual([settings["tank", "path"][k] for k in ("origin", "file", "line")],
                         ["file", str(self.file), 2])
        self.assertEqual([settings["tank", "owner"][k] for k in ("origin", "file", "line")],
                         ["file", str(dropin), 3])
        self.assertEqual([settings["tank", "group"][k] for k in ("origin", "file", "line")],
                         ["default", "", 0])
        text = self.run_config().stdout
        self.assertIn(f"# from {dropin}:3\nowner         = you\n", text)
        self.assertIn("# default\nrequire-mount = auto\n", text)
        self.assertIn(f"#   {self.file}\n#   {dropin}\n", text)

    def test_one_value_can_be_asked_for(self):
        self.file.write_text("[tank]\npath = /srv/a b\n[ui-web]\nlisten = 80\nlisten = 81\n")
        for name, value in (("tank.path", "/srv/a b"), ("daemon.devices", "auto"),
                            ("tank.owner", ""), ("ui-web.listen", "81"), ("ui-web.spool", "")):
            shown = self.run_config("--get", name)
            self.assertEqual((shown.returncode, shown.stdout), (0, value + "\n"), name)
        self.file.unlink()
        shown = self.run_config("--get", "ui-web.listen")
        self.assertEqual((shown.returncode, shown.stdout), (1, ""))
        self.assertIn("this file cannot be read", shown.stderr)
        for name in ("tank", "tank.nothing", "nothing.path", "." , "a" * 100 + ".b"):
            shown = self.run_config("--get", name)
            self.assertEqual((shown.returncode, shown.stdout), (2, ""), name)

    def test_check_says_only_what_is_wrong(self):
        self.file.write_text("[tank]\npath = /srv/a\n")
        good = self.run_config("--check")
        self.assertEqual((good.returncode, good.stdout, good.stderr), (0, "", ""))
        self.file.write_text("[import]\nnameing = keep\nnaming = kepe\n")
        bad = self.run_config("--check")
        self.assertEqual(bad.returncode, 1)
        self.assertEqual(bad.stdout.splitlines(), [
            f"{self.file}:2: warning: there is no key 'nameing' in [import]; did you mean "
            "'naming'? It is not used",
            f"{self.file}:3: error: [import] naming = kepe: unique, keep or template is allowed; "
            "did you mean 'keep'? ('unique' stays in force)"])
        as_json = self.run_config("--check", "--json")
        self.assertEqual(as_json.returncode, 1)
        self.assertEqual([(p["problem"], p["line"]) for p in
                          map(json.loads, as_json.stdout.splitlines())],
                         [("warning", 2), ("error", 3)])

    def test_mistakes_do_not_hide_what_is_in_force(self):
        self.file.write_text("[tank]\npath = here\n")
        shown = self.run_config()
        self.assertEqual(shown.returncode, 0)
        self.assertIn("path          = /data\n", shown.stdout)
        self.assertIn("a path from the root is meant", shown.stderr)

    def test_a_missing_file_is_a_mistake(self):
        missing = self.run_config("--check")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("cannot be read: No such file or directory", missing.stdout)

    def test_names_and_values_are_safe_to_look_at(self):
        self.file = self.folder / "a\x1b[31mb.conf"
        self.file.write_text("[tank]\nowner = \u202e x\n")
        for options in ([], ["--check"], ["--json"]):
            result = self.run_config(*options)
            self.assertNotRegex(result.stdout + result.stderr, "[\x1b\u202e]")
            self.assertIn("a\\x1b[31mb.conf", (result.stdout + result.stderr).replace("\\\\", "\\"))

    def test_wrong_usage_is_said(self):
        for options in (["--nonsense"], ["word"], ["--config"]):
            self.assertEqual(self.run_config(*options).returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
