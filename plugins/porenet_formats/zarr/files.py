"""The files of a zarr store: a folder, or a ZIP archive of one; links are never followed."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from porenet.errors import InputError

MARKS = ("zarr.json", ".zarray", ".zgroup")
"""Files that describe an array or a group."""

Read = Callable[[str, int, int], bytes]
"""Function that reads a file of a store: name, first byte, most bytes."""


@dataclass(frozen=True, slots=True)
class StoreFiles:
    """The files of a store.

    Attributes:
        path: the folder, or the archive.
        sizes: bytes of each file by its name, with folders: ``0/c/0/0/0``.
        folders: names of the folders.
    """

    path: Path
    sizes: dict[str, int]
    folders: frozenset[str]

    @classmethod
    def listed(cls, path: Path) -> StoreFiles:
        """List a store.

        Raises:
            InputError: a link, a pipe or a device in it; or an archive with two files of one name.
        """
        return cls(path, *(_listed_folder(path) if path.is_dir() else _listed_archive(path)))

    @contextmanager
    def reading(self) -> Iterator[Read]:
        """Context manager that gives the function that reads its files."""
        if self.path.is_dir():
            yield self._read_file
            return
        with zipfile.ZipFile(self.path) as archive:

            def read(name: str, start: int, most: int) -> bytes:
                with archive.open(name) as member:
                    member.seek(start)
                    return member.read(most)

            yield read

    def _read_file(self, name: str, start: int, most: int) -> bytes:
        with (self.path / name).open("rb") as file:
            file.seek(start)
            return file.read(most)


def paths_of(folder: Path) -> tuple[Path, ...]:
    """The files of a store that is a folder, in the order of their names.

    Raises:
        InputError: a link, a pipe or a device in it.
    """
    sizes, _ = _listed_folder(folder)
    return tuple(folder / name for name in sorted(sizes))


def _listed_folder(root: Path) -> tuple[dict[str, int], frozenset[str]]:
    sizes: dict[str, int] = {}
    folders: set[str] = set()
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(root / prefix) as entries:
            for entry in entries:
                name = prefix + entry.name
                if entry.is_symlink():
                    raise InputError(
                        f"{name!r} is a link, and links in a zarr store are not followed",
                        fix="Put the files themselves in the place of the links.",
                    )
                if entry.is_dir(follow_symlinks=False):
                    folders.add(name)
                    pending.append(f"{name}/")
                elif entry.is_file(follow_symlinks=False):
                    sizes[name] = entry.stat(follow_symlinks=False).st_size
                else:
                    raise InputError(f"{name!r} is neither a file nor a folder", fix="Remove it from the store.")
    return sizes, frozenset(folders)


def _listed_archive(path: Path) -> tuple[dict[str, int], frozenset[str]]:
    sizes: dict[str, int] = {}
    folders: set[str] = set()
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            name = entry.filename
            folders.update(name[:place] for place, letter in enumerate(name) if letter == "/")
            if entry.is_dir():
                continue
            if name in sizes:
                raise InputError(f"holds two files called {name!r}", fix="Write the archive again.")
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
                raise InputError(
                    f"{name!r} is encrypted, or compressed other than by deflate",
                    fix="Unpack it, or zip it without compression.",
                )
            sizes[name] = entry.file_size
    return sizes, frozenset(folders)
