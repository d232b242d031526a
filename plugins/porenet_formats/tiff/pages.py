"""The pages of a TIFF file that are slices, read from its chain of pages with every link checked.

tifffile stops with only a log line where the chain of pages is broken, so that a truncated file would give a thinner
volume, and follows a circular chain of more than 100 pages until memory ends.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED

_MOST_ENTRIES = 1 << 16
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_THUMBNAIL, _MASK, _OLD_THUMBNAIL = 1, 4, 2


def slice_pages(file: BinaryIO) -> list[int]:
    """Numbers of the pages that are full images; thumbnails and transparency masks, which are marked so, are not.

    Args:
        file: a classic or BigTIFF file open for reading.

    Raises:
        InputError: not a TIFF file, its chain of pages leaves the file or is circular, or no page is a full image.
    """
    marks = _marks(file)
    pages = [number for number, secondary in enumerate(marks) if not secondary]
    if not pages:
        raise InputError(
            f"its {len(marks)} pages are all marked as thumbnails or masks", fix="Save the slices as full images."
        )
    return pages


def _marks(file: BinaryIO) -> list[bool]:
    """Per page, whether it is a thumbnail or a mask."""
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order is None or len(start) < 8:
        raise InputError("is not a TIFF file", fix=DAMAGED)
    version = struct.unpack(f"{order}H", start[2:4])[0]
    if version == 42:
        count_format, next_format, entry = f"{order}H", f"{order}I", 12
        offset = struct.unpack(next_format, start[4:8])[0]
    elif version == 43 and len(start) == 16:
        count_format, next_format, entry = f"{order}Q", f"{order}Q", 20
        offset = struct.unpack(next_format, start[8:16])[0]
    else:
        raise InputError(f"is of TIFF version {version}, not 42 or 43", fix=DAMAGED)
    offsets: list[int] = []
    marks: list[bool] = []
    seen: set[int] = set()
    while offset:
        if offset in seen:
            raise InputError(f"its chain of pages returns to page {offsets.index(offset)}", fix=DAMAGED)
        seen.add(offset)
        offsets.append(offset)
        try:
            file.seek(offset)
            entries = struct.unpack(count_format, file.read(struct.calcsize(count_format)))[0]
            if entries > _MOST_ENTRIES:
                raise ValueError(entries)
            marks.append(_is_secondary(file.read(entries * entry), order, entry))
            offset = struct.unpack(next_format, file.read(struct.calcsize(next_format)))[0]
        except (struct.error, OSError, OverflowError, ValueError) as error:
            raise InputError(
                f"its chain of pages breaks off after page {len(offsets) - 1} (the file ends at byte {size})",
                fix=DAMAGED,
            ) from error
    if not offsets:
        raise InputError("is a TIFF file without pages", fix=DAMAGED)
    return marks


def _is_secondary(entries: bytes, order: str, size: int) -> bool:
    """Whether the entries of a page header mark it as a thumbnail or a mask."""
    for start in range(0, len(entries) - size + 1, size):
        tag, kind = struct.unpack_from(f"{order}HH", entries, start)
        if tag in (_NEW_SUBFILE_TYPE, _SUBFILE_TYPE):
            place = start + size - (size - 4) // 2  # of the value: 4 bytes in a classic file, 8 in BigTIFF
            value = struct.unpack_from(f"{order}{'H' if kind == 3 else 'I'}", entries, place)[0]
            if value & (_THUMBNAIL | _MASK) if tag == _NEW_SUBFILE_TYPE else value == _OLD_THUMBNAIL:
                return True
    return False
