"""The files that one volume is read from, and the fingerprint of their bytes."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from porenet.errors import InputError
from porenet.formats.contract import checked_files
from porenet.formats.file_guard import guard
from porenet.formats.installed_formats import InstalledFormats
from porenet.formats.interface import Options
from porenet.formats.recognition import format_of, is_one_volume
from porenet.formats.text_files import check_regular

BLOCKS_ABOVE = 10**12
"""Bytes of a file above which the digests of its blocks are computed beside each other."""
BLOCK = 1 << 30
_PIECE = 1 << 20


def files_of(path: str | os.PathLike[str], *, file_format: str | None = None) -> tuple[Path, ...]:
    """The files that one volume is read from, in order.

    Args:
        path: a file, a folder of slices, or a zarr store; of a folder of slices, all images count, also those that a
            pattern passes over, and the ``grid.toml`` in it.
        file_format: name of the format, where it is not known by suffix and first bytes.

    Raises:
        InputError: the path is not a volume, or one of its files does not exist, or is a pipe or a device.
    """
    place = Path(path)
    check_regular(place)
    if not guard(place, "", place.exists):
        raise InputError("there is no such file or folder", where=str(place))
    formats = InstalledFormats.now()
    headers = {suffix for entry in formats for suffix in entry.storage.headers}
    if not (place.is_dir() or file_format or formats.suffix_of(place.name) in headers):
        return (place,)
    choice = guard(place, "", lambda: format_of(place, Options(), file_format))
    if not (place.is_dir() or choice.storage.headers):
        return (place,)
    name = choice.component.full_name
    files = guard(place, choice.title, lambda: checked_files(choice.detached.files(place), choice.title, name))
    for file in files if not place.is_dir() else ():
        check_regular(file)
    return files


def fingerprint(path: str | os.PathLike[str], *, file_format: str | None = None) -> str:
    """SHA-256 of the files that a volume is read from, in hexadecimal.

    For one file it is what ``sha256sum`` prints; for several, the SHA-256 of their concatenated digests, which does
    not depend on the names of the files. Names in a zarr store say where voxels are, so there each stands, with a zero
    byte behind it, before the digest of its file. The digest of a file above `BLOCKS_ABOVE` is the SHA-256 of the
    concatenated digests of its blocks of 1 GiB, computed beside each other, for the plain one of 4 TB takes three
    quarters of an hour. Then ``blocks:`` stands before the whole.

    Args:
        path: a file, a folder of slices, or a zarr store.
        file_format: as for `files_of`.

    Raises:
        InputError: a file cannot be read.
    """
    place = Path(path)
    files = files_of(place, file_format=file_format)
    kind = "blocks:" if guard(place, "", lambda: any(map(_is_hashed_in_blocks, files))) else ""
    digests = guard(place, "", lambda: [_digest(file) for file in files])
    if len(digests) == 1 and not place.is_dir():
        return kind + digests[0].hex()
    if place.is_dir() and is_one_volume(place, InstalledFormats.now()):
        names = [os.fsencode(file.relative_to(place).as_posix()) for file in files]
        digests = [name + b"\0" + digest for name, digest in zip(names, digests, strict=True)]
    return kind + hashlib.sha256(b"".join(digests)).hexdigest()


def _is_hashed_in_blocks(path: Path) -> bool:
    return path.stat().st_size > BLOCKS_ABOVE


def _digest(path: Path) -> bytes:
    if _is_hashed_in_blocks(path):
        return _digest_of_blocks(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _digest_of_blocks(path: Path) -> bytes:
    starts = range(0, path.stat().st_size, BLOCK)
    with ThreadPoolExecutor() as pool:  # hashing releases the interpreter
        return hashlib.sha256(b"".join(pool.map(lambda start: _digest_of_block(path, start), starts))).digest()


def _digest_of_block(path: Path, start: int) -> bytes:
    digest, left = hashlib.sha256(), BLOCK
    with path.open("rb") as file:
        file.seek(start)
        while left and (piece := file.read(min(left, _PIECE))):
            digest.update(piece)
            left -= len(piece)
    return digest.digest()
