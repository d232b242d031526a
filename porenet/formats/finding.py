"""Search for volumes below a folder, and fingerprints of their bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from porenet.errors import InputError
from porenet.formats import gan_ph
from porenet.formats.families import FAMILIES, SLICE_SUFFIXES, SLICES, ZARR, DetachedReader, family_of, suffix_of
from porenet.formats.grid_toml import FILE as GRID_FILE
from porenet.formats.reading import guard
from porenet.formats.slice_names import natural, slice_files
from porenet.formats.stored import Options
from porenet.formats.text_files import check_regular
from porenet.formats.zarr_files import MARKS, SUFFIX, is_store, paths_of

_HEADERS = (".nhdr", ".nrrd", ".mhd", ".mha")
"""Suffixes of files whose voxels may be in other files."""

_VOLUME_SUFFIXES = frozenset(suffix for family in FAMILIES for suffix in family.suffixes)


@dataclass(frozen=True, slots=True)
class Listing:
    """Volumes and other files below a path.

    Attributes:
        volumes: files, and folders of slices, in natural order: structure_9 before structure_10.
        unknown: files that neither are volumes nor belong to one, and folders that cannot be listed; same order.
        messages: why those folders cannot be listed, in words.
    """

    volumes: tuple[Path, ...]
    unknown: tuple[Path, ...]
    messages: tuple[str, ...] = ()


def find(path: str | os.PathLike[str], *, progress: Callable[[str], object] | None = None) -> Listing:
    """Find volumes: a file is its own volume, a folder is searched with all folders below it, however many.

    A folder of PNG or BMP files, or of TIFF files of one page, is one volume with its ``grid.toml``, and so is a zarr
    store; other files are
    volumes by their suffix. Hidden files are skipped; so are the data files of an ``.nhdr`` or ``.mhd`` and the
    ``results.dat`` of a GAN-PH data set. Nothing but the first TIFF file of a folder and each ``.nhdr`` and ``.mhd`` is
    opened.

    Args:
        path: a file or a folder.
        progress: called with each folder, before it is listed.

    Raises:
        InputError: the path does not exist, or the folder cannot be listed.
    """
    place = Path(path)
    if not guard(place, None, place.exists):
        raise InputError("there is no such file or folder", where=str(place))
    if not place.is_dir() or is_store(place):
        return Listing((place,), ())
    return _search(place, progress or (lambda _: None))


def files_of(path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """The files that one volume is read from, in order.

    Args:
        path: a file, a folder of slices, or a zarr store; of a folder of slices, all images count, also those that a
            pattern passes over, and the ``grid.toml`` in it.

    Raises:
        InputError: the path is not a volume, or one of its files does not exist, or is a pipe or a device.
    """
    place = Path(path)
    check_regular(place)
    if place.is_dir() and is_store(place):
        return guard(place, ZARR, lambda: paths_of(place))
    if place.is_dir():
        grid_file = place / GRID_FILE
        files = guard(place, SLICES, lambda: slice_files(place))
        return (*files, grid_file) if grid_file.is_file() else files
    if not place.exists():
        raise InputError("there is no such file or folder", where=str(place))
    if place.suffix.lower() in _HEADERS:
        family = family_of(place, Options())
        reader = cast(DetachedReader, family.reader())
        files = guard(place, family, lambda: reader.files(place))
        for file in files:
            check_regular(file)
        return files
    return (place,)


def fingerprint(path: str | os.PathLike[str]) -> str:
    """SHA-256 of the files that a volume is read from, in hexadecimal.

    For one file it is what ``sha256sum`` prints; for several, the SHA-256 of their concatenated digests, which does
    not depend on the names of the files. Names in a zarr store say where voxels are, so there each stands, with a zero
    byte behind it, before the digest of its file.

    Args:
        path: a file, a folder of slices, or a zarr store.

    Raises:
        InputError: a file cannot be read.
    """
    place = Path(path)
    files = files_of(place)
    digests = guard(place, None, lambda: [_digest(file) for file in files])
    if len(digests) == 1 and not place.is_dir():
        return digests[0].hex()
    if place.is_dir() and is_store(place):
        names = [os.fsencode(file.relative_to(place).as_posix()) for file in files]
        digests = [name + b"\0" + digest for name, digest in zip(names, digests, strict=True)]
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _search(root: Path, progress: Callable[[str], object]) -> Listing:
    volumes: list[Path] = []
    unknown: list[Path] = []
    messages: list[str] = []
    seen: set[tuple[int, int]] = set()
    pending: list[tuple[Path, str]] = [(root, "folder")]  # no recursion: folders may be nested a thousand deep
    while pending:
        path, kind = pending.pop()
        if kind == "folder":
            progress(str(path))
            try:
                pending += reversed(_contents(path, seen))
            except InputError as error:  # it cannot be listed; the others can
                if path == root:
                    raise
                unknown.append(path)
                messages.append(str(error))
        else:
            (volumes if kind == "volume" else unknown).append(path)
    return Listing(tuple(volumes), tuple(unknown), tuple(messages))


def _contents(folder: Path, seen: set[tuple[int, int]]) -> list[tuple[Path, str]]:
    """Paths below a folder, each a ``folder``, a ``volume`` or ``unknown``; the folder itself where it is a stack."""
    state = guard(folder, None, folder.stat)
    if (state.st_dev, state.st_ino) in seen:  # a link back up
        return []
    seen.add((state.st_dev, state.st_ino))
    # scandir and plain names: a data set holds a million slices, and a Path for each takes seven times as long
    listed = guard(folder, None, lambda: list(os.scandir(folder)))
    if any(entry.name in MARKS for entry in listed):
        return [(folder, "volume")]
    entries = [entry for entry in listed if not entry.name.startswith(".")]
    folders = {entry.name for entry in entries if _is(entry.is_dir)}
    files = {entry.name for entry in entries if _is(entry.is_file)}
    taken = {name for name in files if suffix_of(name) in SLICE_SUFFIXES}
    contents: list[tuple[Path, str]] = []
    if taken and _is_stack(folder, taken):
        contents.append((folder, "volume"))
        taken |= files & {GRID_FILE}
    else:
        taken = set()
    taken |= _data_files(folder, files)
    if any(name.startswith("structure_") for name in folders):
        taken.add(gan_ph.RESULTS)
    for name in sorted({entry.name for entry in entries} - taken, key=natural):
        suffix = suffix_of(name)
        is_volume = suffix == SUFFIX if name in folders else name in files and suffix in _VOLUME_SUFFIXES
        contents.append((folder / name, "volume" if is_volume else "folder" if name in folders else "unknown"))
    return contents


def _is(question: Callable[[], bool]) -> bool:
    """What the system answers; no, where it cannot tell: a link to itself, a folder that went away."""
    try:
        return question()
    except OSError:
        return False


def _is_stack(folder: Path, images: set[str]) -> bool:
    """Whether images are slices: PNG and BMP always, TIFF if the first file holds one page."""
    if any(suffix_of(name) in (".png", ".bmp") for name in images):
        return True
    from porenet.formats import tiff

    return tiff.is_slice(folder / min(images, key=natural))


def _data_files(folder: Path, files: set[str]) -> set[str]:
    data_files: set[str] = set()
    for header in (name for name in files if suffix_of(name) in (".nhdr", ".mhd")):
        try:
            data_files.update(path.name for path in files_of(folder / header)[1:])
        except InputError:
            continue  # reading the header says what is wrong with it
    return data_files
