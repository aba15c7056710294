#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""imgtank probe, as a user calls it."""
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

IMGTANK = os.path.join(os.environ["IMGTANK_BIN"], "imgtank")

# 24 x 16 grey pixels, baseline.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300100b0c0e0c0a100e0d0e1211101318281a1816"
    "1616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c65"
    "6763ffc0000b080010001801011100ffc4001500010100000000000000000000000000000607ffc400161000"
    "030000000000000000000000000000000541ffda0008010100003f0020ba0a17414ae84b974142e8295d0fff"
    "d9")
KEYS = ["file", "type", "capture_time", "subsec", "utc_offset", "date_source", "make", "model",
        "orientation", "thumbnail"]


def picture(date="2024:05:12 13:14:15", make="ACME", orientation=6, model=""):
    """The JPEG with an EXIF block in front."""
    texts = [make.encode() + b"\0", date.encode() + b"\0", model.encode() + b"\0"]
    count = 4 if model else 3
    start = 8 + 2 + count * 12 + 4
    ifd = struct.pack("<H", count)
    ifd += struct.pack("<HHII", 0x010F, 2, len(texts[0]), start)
    if model:
        ifd += struct.pack("<HHII", 0x0110, 2, len(texts[2]), start + len(texts[0]) + len(texts[1]))
    ifd += struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    ifd += struct.pack("<HHII", 0x0132, 2, len(texts[1]), start + len(texts[0]))
    tiff = b"II*\0" + struct.pack("<I", 8) + ifd + struct.pack("<I", 0) + b"".join(texts)
    block = b"Exif\0\0" + tiff
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + JPEG[2:]


class Probe(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "IMG_0001.JPG"
        self.file.write_bytes(picture())

    def run_probe(self, *arguments, env=None):
        return subprocess.run([IMGTANK, "probe", *map(str, arguments)], capture_output=True,
                              text=True, timeout=60, env={**os.environ, **(env or {})})

    def read(self, *files):
        return [json.loads(line) for line in self.run_probe("--json", *files).stdout.splitlines()]

    def test_json_has_its_fields_and_null_for_what_is_not_known(self):
        empty = self.folder / "empty.txt"
        empty.write_bytes(b"")
        first, second = self.read(self.file, empty)
        self.assertEqual(list(first), KEYS)
        self.assertEqual(first, {
            "file": str(self.file), "type": "JPEG", "capture_time": "2024-05-12T13:14:15",
            "subsec": None, "utc_offset": None, "date_source": "exif-modified", "make": "ACME",
            "model": None, "orientation": 6,
            "thumbnail": {"width": 16, "height": 24, "source": "decoded"}})
        self.assertEqual(list(second), KEYS)
        self.assertEqual(set(second.values()), {str(empty), None})

    def test_failures_are_named_and_the_rest_goes_on(self):
        fifo, link = self.folder / "fifo", self.folder / "link"
        os.mkfifo(fifo)
        link.symlink_to(self.file)
        failing = [fifo, link, self.folder, self.folder / "gone"]
        result = self.run_probe("--json", *failing, self.file)
        self.assertEqual(result.returncode, 3)
        objects = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([o["error"]["word"] for o in objects[:-1]],
                         ["not-a-file", "not-a-file", "not-a-file", "missing"])
        self.assertEqual(list(objects[0]), KEYS[:-1] + ["error"])
        self.assertEqual(list(objects[0]["error"]), ["word", "what", "remedy", "errno"])
        self.assertEqual(objects[-1]["make"], "ACME")
        for path in failing:
            self.assertIn(f"imgtank probe: {path}: ", result.stderr)

    def test_text_is_readable(self):
        result = self.run_probe(self.file)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, f"{self.file}\n"
                         "  type         JPEG\n"
                         "  taken        2024-05-12 13:14:15 (exif-modified)\n"
                         "  camera       ACME\n"
                         "  orientation  6\n"
                         "  thumbnail    16 x 24, decoded\n")

    def test_a_maker_in_the_model_is_said_once(self):
        self.file.write_bytes(picture(make="Canon", model="Canon EOS R5"))
        self.assertIn("\n  camera       Canon EOS R5\n", self.run_probe(self.file).stdout)

    def test_hostile_names_are_safe_to_look_at(self):
        bad = os.fsencode(self.folder) + b"/\x1b[2J\xff\n.jpg"
        pathlib.Path(os.fsdecode(bad)).write_bytes(picture(make="\x1b[31m"))
        result = subprocess.run([IMGTANK, "probe", bad], capture_output=True, timeout=60)
        self.assertEqual(result.returncode, 0)
        self.assertNotIn(b"\x1b", result.stdout)
        self.assertIn(rb"/\x1b[2J\xff\x0a.jpg", result.stdout)
        self.assertIn(rb"\x1b[31m", result.stdout)

    def test_thumbnails_are_saved_and_nothing_is_replaced(self):
        out = self.folder / "out"
        out.mkdir()
        self.assertEqual(self.run_probe("--thumbnail", out, self.file).returncode, 0)
        saved = out / "IMG_0001.JPG.jpg"
        before = saved.read_bytes()
        self.assertEqual((before[:2], before[-2:]), (b"\xff\xd8", b"\xff\xd9"))
        again = self.run_probe("--thumbnail", out, self.file)
        self.assertEqual(again.returncode, 3)
        self.assertIn("nothing was replaced", again.stderr)
        self.assertEqual(saved.read_bytes(), before)

    def test_wrong_calls_say_so(self):
        for arguments in ([], ["--nonsense"], ["--thumbnail"], ["--sandbox", self.file],
                          ["--thumbnail", self.folder / "none", self.file]):
            result = self.run_probe(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(result.stdout, "")
            self.assertIn("imgtank probe --help", result.stderr)

    def test_the_missing_program_is_said(self):
        result = self.run_probe(self.file, env={"IMGTANK_PROBE": str(self.folder / "none")})
        self.assertEqual(result.returncode, 1)
        self.assertIn("imgtank-probe, is missing", result.stderr)
        self.assertEqual(result.stdout, "")

    def test_the_sandbox_is_told(self):
        result = self.run_probe("--sandbox")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^seccomp .*rlimits.*descriptors")

    def test_help_names_every_option(self):
        text = self.run_probe("--help").stdout
        for option in ("--json", "--thumbnail DIR", "--sandbox", "Exit status"):
            self.assertIn(option, text)


if __name__ == "__main__":
    unittest.main()
