"""Offsets of the pages of a TIFF file, read from its chain of pages with every link checked.

tifffile stops with only a log line where the chain of pages is broken, so that a truncated file would give a thinner
volume, and follows a circular chain of more than 100 pages until memory ends.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from porenet.errors import InputError

_DAMAGED = "It is truncated or damaged; copy it again."


def page_offsets(file: BinaryIO) -> list[int]:
    """Offsets of all page headers, classic or BigTIFF.

    Args:
        file: a file open for reading.

    Returns:
        One offset per page, bytes.

    Raises:
        InputError: not a TIFF file, or its chain of pages leaves the file or is circular.
    """
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order is None or len(start) < 8:
        raise InputError("is not a TIFF file", fix=_DAMAGED)
    version = struct.unpack(f"{order}H", start[2:4])[0]
    if version == 42:
        count_format, next_format, entry = f"{order}H", f"{order}I", 12
        offset = struct.unpack(next_format, start[4:8])[0]
    elif version == 43 and len(start) == 16:
        count_format, next_format, entry = f"{order}Q", f"{order}Q", 20
        offset = struct.unpack(next_format, start[8:16])[0]
    else:
        raise InputError(f"is of TIFF version {version}, not 42 or 43", fix=_DAMAGED)
    offsets: list[int] = []
    seen: set[int] = set()
    while offset:
        if offset in seen:
            raise InputError(f"its chain of pages returns to page {offsets.index(offset)}", fix=_DAMAGED)
        seen.add(offset)
        offsets.append(offset)
        try:
            file.seek(offset)
            entries = struct.unpack(count_format, file.read(struct.calcsize(count_format)))[0]
            file.seek(entries * entry, 1)
            offset = struct.unpack(next_format, file.read(struct.calcsize(next_format)))[0]
        except (struct.error, OSError, OverflowError, ValueError) as error:
            raise InputError(
                f"its chain of pages breaks off after page {len(offsets) - 1} (the file ends at byte {size})",
                fix=_DAMAGED,
            ) from error
    if not offsets:
        raise InputError("is a TIFF file without pages", fix=_DAMAGED)
    return offsets
