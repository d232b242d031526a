"""Search for volumes below a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from porenet.errors import InputError, PluginError
from porenet.formats import gan_ph
from porenet.formats.file_guard import guard
from porenet.formats.installed_formats import InstalledFormat, InstalledFormats
from porenet.formats.interface import natural
from porenet.formats.recognition import is_one_volume
from porenet.formats.volume_files import files_of


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
    store; other files are volumes by their suffix. Hidden files are skipped; so are the data files of an ``.nhdr`` or
    ``.mhd`` and the ``results.dat`` of a GAN-PH data set. Nothing but the first TIFF file of a folder, and files whose
    voxels may be in others, is opened.

    Args:
        path: a file or a folder.
        progress: called with each folder, before it is listed.

    Raises:
        InputError: the path does not exist, or the folder cannot be listed.
    """
    place = Path(path)
    if not guard(place, "", place.exists):
        raise InputError("there is no such file or folder", where=str(place))
    formats = InstalledFormats.now()
    if not place.is_dir() or is_one_volume(place, formats):
        return Listing((place,), ())
    return _search(place, formats, progress or (lambda _: None))


def _search(root: Path, formats: InstalledFormats, progress: Callable[[str], object]) -> Listing:
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
                pending += reversed(_contents(path, formats, seen))
            except (InputError, PluginError) as error:  # it cannot be listed; the others can
                if path == root:
                    raise
                unknown.append(path)
                messages.append(str(error))
        else:
            (volumes if kind == "volume" else unknown).append(path)
    return Listing(tuple(volumes), tuple(unknown), tuple(messages))


def _contents(folder: Path, formats: InstalledFormats, seen: set[tuple[int, int]]) -> list[tuple[Path, str]]:
    """Paths below a folder, each a ``folder``, a ``volume`` or ``unknown``; the folder itself where it is a stack."""
    state = guard(folder, "", folder.stat)
    if (state.st_dev, state.st_ino) in seen:  # a link back up
        return []
    seen.add((state.st_dev, state.st_ino))
    # scandir and plain names: a data set holds a million slices, and a Path for each takes seven times as long
    listed = guard(folder, "", lambda: list(os.scandir(folder)))
    if formats.with_mark(entry.name for entry in listed):
        return [(folder, "volume")]
    entries = [entry for entry in listed if not entry.name.startswith(".")]
    folders = {entry.name for entry in entries if _is(entry.is_dir)}
    files = {entry.name for entry in entries if _is(entry.is_file)}
    taken = _stack(folder, sorted(files), formats)
    contents = [(folder, "volume")] if taken else []
    taken |= _data_files(folder, files, formats)
    if any(name.startswith("structure_") for name in folders):
        taken.add(gan_ph.RESULTS)
    of_files = set(formats.suffixes)
    of_folders = {suffix for entry in formats if entry.storage.marks for suffix in entry.storage.suffixes}
    for name in sorted({entry.name for entry in entries} - taken, key=natural):
        suffix = formats.suffix_of(name)
        is_volume = suffix in of_folders if name in folders else name in files and suffix in of_files
        contents.append((folder / name, "volume" if is_volume else "folder" if name in folders else "unknown"))
    return contents


def _is(question: Callable[[], bool]) -> bool:
    """What the system answers; no, where it cannot tell: a link to itself, a folder that went away."""
    try:
        return question()
    except OSError:
        return False


def _stack(folder: Path, names: Sequence[str], formats: InstalledFormats) -> set[str]:
    """Names of the files of a folder that is one volume of slices; empty if it is not one."""
    for entry in formats:
        slices = [name for name in names if formats.suffix_of(name) in entry.storage.slices]
        if slices and _is_volume(entry, folder, slices):
            return {path.name for path in _files(entry, folder)}
    return set()


def _files(entry: InstalledFormat, folder: Path) -> tuple[Path, ...]:
    return guard(folder, entry.title, lambda: entry.detached.files(folder))


def _is_volume(entry: InstalledFormat, folder: Path, slices: Sequence[str]) -> bool:
    return guard(folder, entry.title, lambda: entry.of_slices.is_volume(folder, slices))


def _data_files(folder: Path, files: set[str], formats: InstalledFormats) -> set[str]:
    """Names of the files that others of the folder say hold their voxels."""
    headers = {suffix for entry in formats for suffix in entry.storage.headers}
    data_files: set[str] = set()
    for header in (name for name in files if formats.suffix_of(name) in headers):
        try:
            data_files.update(path.name for path in files_of(folder / header)[1:])
        except (InputError, PluginError):
            continue  # reading the header says what is wrong with it
    return data_files
