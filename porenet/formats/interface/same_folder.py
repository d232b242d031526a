"""Data files that a header names: opened only in the folder of the header."""

from __future__ import annotations

from pathlib import Path

from porenet.errors import InputError

_FIX = "Put both files into one folder and name the data file without a folder."


def beside(header: Path, name: str) -> Path:
    """The file of a name in the folder of a header.

    Args:
        header: the header.
        name: what the header says, without a folder.

    Raises:
        InputError: the name leads out of the folder, or there is no such file.
    """
    plain = name.removeprefix("./")
    place = header.parent / plain
    outside = not plain or "\0" in plain or "\\" in plain or Path(plain).name != plain
    if outside or place.resolve().parent != header.parent.resolve():
        raise InputError(f"its voxels are in {name[:100]!r}, outside of its own folder, which is not opened", fix=_FIX)
    if not place.is_file():
        raise InputError(f"its data file {name[:100]!r} is missing", fix=_FIX)
    return place
