# SPDX-License-Identifier: GPL-3.0-or-later
"""A film that browsers play, made without an encoder: H.264 whose blocks are plain samples, in MP4.

As cameras write it, the index is at the end: to begin, a player must ask for a part of the file.
ITU-T H.264, 7.3 (syntax) and ISO 14496-12 and -15 (boxes).
"""
import struct

SIDE = 2  # blocks of 16 pixels, across and down
FRAMES = 10
FRAMES_PER_S = 10
TIMESCALE = 1000


class Bits:
    def __init__(self):
        self.text = ""

    def put(self, value, width):
        self.text += f"{value:0{width}b}"
        return self

    def ue(self, *values):
        """Exponential-Golomb codes (9.1)."""
        for value in values:
            code = f"{value + 1:b}"
            self.text += "0" * (len(code) - 1) + code
        return self

    def align(self):
        self.text += "0" * (-len(self.text) % 8)
        return self

    def raw(self, data):
        self.text += "".join(f"{byte:08b}" for byte in data)
        return self

    def unit(self, header):
        """A NAL unit; nothing in it needs an emulation prevention byte."""
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        return bytes([header]) + int(text, 2).to_bytes(len(text) // 8, "big")


def parameter_sets():
    sequence = Bits().put(66, 8).put(0xC0, 8).put(30, 8)  # baseline profile, level 3
    # id 0, 16 frame numbers, order as coded; then no gaps, the size, whole frames
    sequence.ue(0, 0, 2, 1).put(0, 1).ue(SIDE - 1, SIDE - 1).put(0b1100, 4)
    picture = Bits().ue(0, 0).put(0, 2).ue(0, 0, 0).put(0, 3).ue(0, 0, 0).put(0, 3)
    return sequence.unit(0x67), picture.unit(0x68)


def frame(number):
    """All by itself (IDR): block type 25 is samples as they are."""
    slice_bits = Bits().ue(0, 7, 0).put(0, 4).ue(number % 2).put(0, 2).ue(0)
    for block in range(SIDE * SIDE):
        grey = 40 + (number * 8 + block * 30) % 180
        slice_bits.ue(25).align().raw(bytes([grey]) * 256 + bytes([100 + block]) * 64 + bytes([140]) * 64)
    unit = slice_bits.unit(0x65)
    return struct.pack(">I", len(unit)) + unit


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full(kind, flags, layout, *values):
    return box(kind, struct.pack(">I", flags), struct.pack(">" + layout, *values))


MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def sample_table(sizes, first_at):
    sequence, picture = parameter_sets()
    avcc = box(b"avcC", bytes([1]) + sequence[1:4] + b"\xff\xe1", struct.pack(">H", len(sequence)), sequence,
               b"\x01", struct.pack(">H", len(picture)), picture)
    avc1 = box(b"avc1", struct.pack(">6xH16xHHIIIH32xHh", 1, SIDE * 16, SIDE * 16, 72 << 16, 72 << 16, 0, 1, 24, -1), avcc)
    return box(b"stbl", box(b"stsd", struct.pack(">II", 0, 1), avc1),
               full(b"stts", 0, "III", 1, len(sizes), TIMESCALE // FRAMES_PER_S),
               full(b"stsc", 0, "IIII", 1, 1, len(sizes), 1),
               full(b"stsz", 0, f"II{len(sizes)}I", 0, len(sizes), *sizes),
               full(b"stco", 0, "II", 1, first_at))


def index(sizes, first_at):
    length = len(sizes) * TIMESCALE // FRAMES_PER_S
    media = box(b"minf", full(b"vmhd", 1, "HHHH", 0, 0, 0, 0),
                box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), full(b"url ", 1, ""))),
                sample_table(sizes, first_at))
    return box(b"moov",
               box(b"mvhd", struct.pack(">IIIIIIH10x", 0, 0, 0, TIMESCALE, length, 0x10000, 0x100), MATRIX,
                   struct.pack(">24xI", 2)),
               box(b"trak",
                   box(b"tkhd", struct.pack(">IIIIII16x", 3, 0, 0, 1, 0, length), MATRIX,
                       struct.pack(">II", SIDE * 16 << 16, SIDE * 16 << 16)),
                   box(b"mdia", full(b"mdhd", 0, "IIIIHH", 0, 0, TIMESCALE, length, 0x55C4, 0),
                       box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"vide"), b"\0"), media)))


def film(padding_bytes=0):
    """One second, with so many bytes between the frames and the index."""
    frames = [frame(number) for number in range(FRAMES)]
    head = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomavc1mp41")
    return head + box(b"mdat", *frames, b"\x55" * padding_bytes) + index([len(f) for f in frames], len(head) + 8)
