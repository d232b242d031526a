"""PNG files: their chunks, read with every checksum verified, and their samples at full depth.

Pillow skips the checksums of pixels, keeps only the high byte of 16-bit colours and refuses large images that
`porenet.formats.read` admits; so the file is taken apart here, and Pillow's decoder inflates the pixels.
Source: PNG (third edition), https://www.w3.org/TR/png-3/.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, library

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
"""Colour types."""

_ORIENTATION = 274
_RAW_MODES = {
    (GREY, 1): ("1", "1"),
    (GREY, 2): ("L", "L;2"),
    (GREY, 4): ("L", "L;4"),
    (GREY, 8): ("L", "L"),
    (GREY, 16): ("I;16", "I;16B"),
    (INDEXED, 1): ("P", "P;1"),
    (INDEXED, 2): ("P", "P;2"),
    (INDEXED, 4): ("P", "P;4"),
    (INDEXED, 8): ("P", "P"),
    (RGB, 8): ("RGB", "RGB"),
    (RGB, 16): ("RGB", "RGB;16B"),
    (GREY_ALPHA, 8): ("LA", "LA"),
    (GREY_ALPHA, 16): ("RGBA", "RGBA"),  # its four bytes a pixel
    (RGBA, 8): ("RGBA", "RGBA"),
    (RGBA, 16): ("RGBA", "RGBA;16B"),
}
"""(Colour type, bits) -> mode and raw mode of Pillow's decoder."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the chunks before the pixels say.

    Attributes:
        shape: (Y, X), pixels.
        bits: bits per sample.
        colour: colour type.
        interlaced: 1 if the pixels come in seven passes, else 0.
        palette: (N, 4) red, green, blue and alpha of each index; None without a palette.
    """

    shape: tuple[int, int]
    bits: int
    colour: int
    interlaced: int
    palette: NDArray[np.uint8] | None


def read_header(path: Path) -> Header:
    """Read the chunks before the pixels.

    Raises:
        InputError: the file is damaged, animated, or turned by EXIF.
    """
    with path.open("rb") as file:
        return _header(_chunks(file, pixels=False))


def text_of(path: Path, keyword: str) -> str | None:
    """The text that a chunk before the pixels holds under a keyword; None if the file is not PNG, or has no such chunk.

    Raises:
        InputError: as in `read_header`.
    """
    with path.open("rb") as file:
        if not file.read(len(SIGNATURE)).startswith(SIGNATURE):
            return None
        file.seek(0)
        for kind, content in _chunks(file, pixels=False):
            name, zero, text = content.partition(b"\0")
            if kind == b"tEXt" and zero and name == keyword.encode("latin-1"):
                return text.decode("latin-1")
    return None


def read_samples(path: Path) -> NDArray[Any]:
    """Samples of all pixels: bool for one bit, uint16 for 16 bits, else uint8.

    Returns:
        ``(Y, X)``, or ``(Y, X, S)`` for colours and alpha.

    Raises:
        InputError: as in `read_header`, or a checksum does not agree.
    """
    with path.open("rb") as file:
        chunks = list(_chunks(file, pixels=True))
    header = _header(iter(chunks))
    data = b"".join(content for kind, content in chunks if kind == b"IDAT")
    mode, raw_mode = _RAW_MODES[header.colour, header.bits]
    if header.bits < 16 or header.colour == GREY:
        return _decode(header, data, mode, raw_mode)
    if header.colour == GREY_ALPHA:
        pairs = _decode(header, data, mode, raw_mode)
        return np.ascontiguousarray(pairs).view(">u2").astype(np.uint16)
    high = _decode(header, data, mode, raw_mode).astype(np.uint16)
    low = _decode(header, data, mode, raw_mode.replace(";16B", ";16L"))  # the other byte of each pair
    return np.asarray(high << 8 | low)


def _decode(header: Header, data: bytes, mode: str, raw_mode: str) -> NDArray[Any]:
    pillow = library("PIL.Image", extra="images", title="an image slice")
    size = (header.shape[1], header.shape[0])
    return np.asarray(pillow.frombytes(mode, size, data, "zip", raw_mode, header.interlaced))


def _chunks(file: BinaryIO, *, pixels: bool) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk, to the last one or to the first pixels."""
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise InputError("is not a PNG file", fix=DAMAGED)
    while True:
        start = file.read(8)
        length, kind = int.from_bytes(start[:4], "big"), start[4:]
        if not pixels and kind == b"IDAT":
            return
        content = file.read(length)
        checksum = file.read(4)
        if len(checksum) < 4:
            raise InputError("ends before its last chunk", fix=DAMAGED)
        if zlib.crc32(kind + content) != int.from_bytes(checksum, "big"):
            raise InputError(f"the checksum of its chunk {kind.decode('latin-1')!r} does not agree", fix=DAMAGED)
        yield kind, content
        if kind == b"IEND":
            return


def _header(chunks: Iterator[tuple[bytes, bytes]]) -> Header:
    contents: dict[bytes, bytes] = {}
    for kind, content in chunks:
        contents.setdefault(kind, content)
    first = contents.get(b"IHDR", b"")
    if len(first) != 13:
        raise InputError("is a PNG file without a header", fix=DAMAGED)
    width, height = int.from_bytes(first[:4], "big"), int.from_bytes(first[4:8], "big")
    bits, colour, interlaced = first[8], first[9], first[12]
    if (colour, bits) not in _RAW_MODES or first[10:12] != b"\0\0" or interlaced > 1:
        raise InputError(f"is a PNG file of colour type {colour} with {bits} bits", fix=DAMAGED)
    if b"acTL" in contents:
        raise InputError("is an animation, not one image", fix="Save one PNG file per slice.")
    if b"eXIf" in contents:
        exif = library("PIL.Image", extra="images", title="an image slice").Exif()
        exif.load(b"Exif\0\0" + contents[b"eXIf"])
        if exif.get(_ORIENTATION, 1) != 1:
            raise InputError(
                f"is turned or mirrored by its EXIF orientation {exif[_ORIENTATION]}",
                fix="Save its pixels upright, without EXIF.",
            )
    return Header((height, width), bits, colour, interlaced, _palette(contents) if colour == INDEXED else None)


def _palette(contents: dict[bytes, bytes]) -> NDArray[np.uint8]:
    colours = contents.get(b"PLTE", b"")
    count = len(colours) // 3
    if not 0 < count <= 256 or len(colours) % 3:
        raise InputError("has indices, but no palette for them", fix=DAMAGED)
    palette = np.full((count, 4), 255, np.uint8)
    palette[:, :3] = np.frombuffer(colours, np.uint8).reshape(-1, 3)
    alpha = contents.get(b"tRNS", b"")[:count]
    palette[: len(alpha), 3] = np.frombuffer(alpha, np.uint8)
    return palette
