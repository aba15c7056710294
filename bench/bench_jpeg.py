# SPDX-License-Identifier: GPL-3.0-or-later
"""Big JPEGs that cost a decoder what a camera's cost, made quickly.

One strip of 8 pixel rows, full of random coefficients, is entropy-coded in Python; pictures
put strips together, with a restart marker between them (ISO 10918-1, B.2.4.4), which sets the
DC prediction back, so that strips fit in any order.
"""
import random
import struct

from make_card import jpeg_segment, small_jpeg, tiff_block

# AC symbols (zero run << 4 | size) with their code lengths: end of block 2 bits, the commonest
# seven 4 bits, eighteen others 6 bits. Every decoder rebuilds the codes from this (C.2).
AC_LENGTHS = ([(0x00, 2)] + [(s, 4) for s in (0x01, 0x02, 0x03, 0x11, 0x12, 0x04, 0x21)] +
              [(s, 6) for s in (0x05, 0x06, 0x13, 0x14, 0x22, 0x23, 0x31, 0x32, 0x41, 0x42, 0x51,
                                0x61, 0x71, 0x81, 0x91, 0xA1, 0xB1, 0xF0)])


def canonical_codes(lengths):
    codes, code, last = {}, 0, lengths[0][1]
    for symbol, length in lengths:
        code <<= length - last
        last = length
        codes[symbol] = (code, length)
        code += 1
    return codes


AC_CODES = canonical_codes(AC_LENGTHS)
RUNS = {size: sorted(s >> 4 for s in AC_CODES if s & 15 == size) for size in range(1, 7)}


class Bits:
    def __init__(self):
        self.value, self.length = 0, 0

    def put(self, value, length):
        self.value = self.value << length | value
        self.length += length

    def finish(self):
        pad = -self.length % 8
        raw = (self.value << pad | (1 << pad) - 1).to_bytes((self.length + pad) // 8, "big")
        return raw.replace(b"\xff", b"\xff\x00")


def put_number(bits, value, size):
    if size:
        bits.put(value if value > 0 else value + (1 << size) - 1, size)


def encode_block(rng, bits, diff, coefficients):
    size = abs(diff).bit_length()
    bits.put(size, 4)
    put_number(bits, diff, size)
    at = 1
    for _ in range(coefficients):
        size = min(6, 1 + int(rng.expovariate(0.9)))
        run = min(rng.choice(RUNS[size]), int(rng.expovariate(0.7)))
        while run not in RUNS[size]:
            run -= 1
        if at + run > 62:
            break
        bits.put(*AC_CODES[run << 4 | size])
        value = rng.randrange(1 << (size - 1), 1 << size)
        put_number(bits, value if rng.random() < 0.5 else -value, size)
        at += run + 1
    bits.put(*AC_CODES[0])


def encode_row(seed, columns, coefficients):
    """One row of 8x8 blocks, three components each."""
    rng = random.Random(seed)
    pieces, level = [], [0, 0, 0]
    for first in range(0, columns, 64):
        bits = Bits()
        for _ in range(min(64, columns - first)):
            for component in range(3):
                target = max(-100, min(100, level[component] + rng.randrange(-20, 21)))
                count = int(coefficients) + (rng.random() < coefficients % 1)
                encode_block(rng, bits, target - level[component], count)
                level[component] = target
        pieces.append(bits)
    whole = Bits()
    for bits in pieces:
        whole.put(bits.value, bits.length)
    return whole.finish()


def encode_strip(seed, columns, bytes_wanted):
    """A row of about that many bytes, found by trying."""
    low, high = 0.0, 40.0
    for _ in range(7):
        middle = (low + high) / 2
        strip = encode_row(seed, columns, middle)
        low, high = (middle, high) if len(strip) < bytes_wanted else (low, middle)
    return strip


class DenseJpeg:
    STRIPS = 8

    def __init__(self, width, height, size_bytes):
        self.columns, self.rows = (width + 7) // 8, (height + 7) // 8
        self.width, self.height = width, height
        self.strips = [encode_strip(i, self.columns, size_bytes // self.rows)
                       for i in range(self.STRIPS)]

    def tables(self):
        counts = [0] * 16
        for _, length in AC_LENGTHS:
            counts[length - 1] += 1
        quantiser = bytes([0, 8] + [min(40, 6 + i // 2) for i in range(1, 64)])
        frame = struct.pack(">BHHB", 8, self.height, self.width, 3)
        frame += b"".join(bytes([i, 0x11, 0]) for i in (1, 2, 3))
        return (jpeg_segment(0xDB, quantiser) + jpeg_segment(0xC0, frame) +
                jpeg_segment(0xC4, bytes([0x00, 0, 0, 0, 12] + [0] * 12) + bytes(range(12))) +
                jpeg_segment(0xC4, bytes([0x10] + counts) + bytes(s for s, _ in AC_LENGTHS)) +
                jpeg_segment(0xDD, struct.pack(">H", self.columns)) +
                jpeg_segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0])))

    def picture(self, number, when):
        rng = random.Random(number)
        thumbnail = b"\xff\xd8" + small_jpeg(number, 20, 15)
        exif = b"Exif\0\0" + tiff_block(when, "Examplecam", "EX-1", 1, thumbnail)
        parts = [b"\xff\xd8", jpeg_segment(0xE1, exif),
                 jpeg_segment(0xEA, b"bench\0" + struct.pack(">Q", number)), self.tables()]
        for row in range(self.rows):
            if row:
                parts.append(bytes([0xFF, 0xD0 + (row - 1) % 8]))
            parts.append(rng.choice(self.strips))
        return b"".join(parts) + b"\xff\xd9"
