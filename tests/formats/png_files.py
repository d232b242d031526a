"""PNG files of any kind, byte by byte, for tests of the reader."""

import struct
import zlib

import numpy as np

GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def palette(*colours, alpha=b""):
    """A palette of (red, green, blue), and the alpha of its first indices."""
    return chunk(b"PLTE", bytes(np.array(colours, np.uint8).ravel())) + (chunk(b"tRNS", alpha) if alpha else b"")


def png(samples, colour, bits, *, interlaced=False, before=b"", piece=1 << 20):
    """A PNG file of samples (Y, X) or (Y, X, S), unfiltered, with chunks before its pixels, in pieces of some bytes."""
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    rows = b"".join(_rows(samples[y::dy, x::dx], bits) for x, y, dx, dy in passes if samples[y::dy, x::dx].size)
    data = zlib.compress(rows)
    size = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, colour, 0, 0, interlaced)
    pixels = b"".join(chunk(b"IDAT", data[start : start + piece]) for start in range(0, len(data), piece))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + before + pixels + chunk(b"IEND", b"")


def _rows(samples, bits):
    rows = []
    for row in samples.reshape(samples.shape[0], -1):
        if bits >= 8:
            packed = row.astype(f">u{bits // 8}").tobytes()
        else:
            packed = np.packbits(np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - bits :]).tobytes()
        rows.append(b"\0" + packed)
    return b"".join(rows)
