"""Where the pages of a TIFF file lie, found without trusting it.

tifffile stops in silence (a log line) where the chain of pages is broken, so that a truncated file would give a
thinner volume, and follows a chain of more than 100 pages that bites its tail until memory ends.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from porenet.errors import InputError

_DAMAGED = "It is truncated or damaged; copy it again."


def page_offsets(file: BinaryIO) -> list[int]:
    """Offsets of all page headers, classic or BigTIFF.

    Args:
        file: open for reading.

    Raises:
        InputError: not a TIFF file, or its chain of pages leaves the file or returns to itself.
    """
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order is None or len(start) < 8:
        raise InputError("not a TIFF file", fix=_DAMAGED)
    version = struct.unpack(f"{order}H", start[2:4])[0]
    if version == 42:
        count_format, next_format, entry = f"{order}H", f"{order}I", 12
        offset = struct.unpack(next_format, start[4:8])[0]
    elif version == 43 and len(start) == 16:
        count_format, next_format, entry = f"{order}Q", f"{order}Q", 20
        offset = struct.unpack(next_format, start[8:16])[0]
    else:
        raise InputError(f"TIFF version {version}, not 42 or 43", fix=_DAMAGED)
    found: list[int] = []
    seen: set[int] = set()
    while offset:
        if offset in seen:
            raise InputError(f"its chain of pages returns to page {found.index(offset)}", fix=_DAMAGED)
        seen.add(offset)
        found.append(offset)
        try:
            file.seek(offset)
            entries = struct.unpack(count_format, file.read(struct.calcsize(count_format)))[0]
            file.seek(entries * entry, 1)
            offset = struct.unpack(next_format, file.read(struct.calcsize(next_format)))[0]
        except (struct.error, OSError, OverflowError, ValueError) as error:
            raise InputError(
                f"its chain of pages breaks off after page {len(found) - 1} (the file ends at byte {size})",
                fix=_DAMAGED,
            ) from error
    if not found:
        raise InputError("a TIFF file without pages", fix=_DAMAGED)
    return found
