"""Reading a volume together with its hash: whatever the files go through meanwhile, the two belong together."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from porenet.errors import InputError
from porenet.formats.file_guard import guard
from porenet.formats.label_slabs import LabelSlabs
from porenet.formats.volume_files import files_of, fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from porenet.interface import Grid

COARSE_NS = 2_000_000_000
"""Coarsest time stamp of a file system, ns (FAT): a file younger than that may change without a new time."""

Result = TypeVar("Result")
States = dict[Path, tuple[int, int, int, int, int]]
"""Per file: device, inode, bytes, times of the last change of content and of inode (ns)."""


def read_with_fingerprint(
    path: str | os.PathLike[str], step: Callable[[], Result], *, file_format: str | None = None
) -> tuple[Result, str]:
    """Read a volume and hash it; files that change meanwhile, or are exchanged for others, are refused.

    The files are compared before and after by inode, size and times. Times are coarse, so files written within the last
    two seconds are also hashed before and after.

    Args:
        path: a file, a folder of slices, or a zarr store.
        step: reads it.
        file_format: name of the format, where it is not known by suffix and first bytes.

    Returns:
        The result of the step, and the `fingerprint` of the bytes that it read.

    Raises:
        InputError: the step raised it, or a file changed; then the message says that, whatever the step made of it.
    """
    place = Path(path)
    now, before = time.time_ns(), states_of(place, file_format=file_format)
    fresh = any(max(state[-2:]) > now - COARSE_NS for state in before.values())
    first = fingerprint(place, file_format=file_format) if fresh else None
    failure: InputError | None = None
    try:
        result = step()
        last = fingerprint(place, file_format=file_format)
    except InputError as error:
        failure = error
    try:
        changed = _changed(before, states_of(place, file_format=file_format))
    except InputError as error:
        failure, changed = failure or error, place.name
    if not changed and not failure and first not in (None, last):
        changed = place.name
    if changed:
        raise _change_error(changed, place, "Measure") from failure
    if failure:
        raise failure
    return result, last


def read_unchanged(
    path: str | os.PathLike[str], step: Callable[[], Result], *, file_format: str | None = None
) -> Result:
    """Read a volume several times; files that change meanwhile, or are exchanged for others, are refused.

    Args:
        path: a file, a folder of slices, or a zarr store.
        step: reads it.
        file_format: name of the format, where it is not known by suffix and first bytes.

    Returns:
        The result of the step.

    Raises:
        InputError: the step raised it, or a file changed; then the message says that, whatever the step made of it.
    """
    place = Path(path)
    before, failure = states_of(place, file_format=file_format), None
    try:
        result = step()
    except InputError as error:
        failure = error
    changed = _changed(before, states_of(place, file_format=file_format))
    if changed:
        raise _change_error(changed, place, "Read") from failure
    if failure:
        raise failure
    return result


class UnchangedLayers:
    """The layers of a volume, the last of which is given only if its files are those of the beginning."""

    def __init__(self, layers: LabelSlabs, *, file_format: str | None = None) -> None:
        self._layers, self._format = layers, file_format
        self._before = states_of(layers.path, file_format=file_format)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X), voxels."""
        return self._layers.shape

    @property
    def grid(self) -> Grid:
        """Phases, voxel edges (um) and boundaries."""
        return self._layers.grid

    def read(self, z0: int, z1: int) -> NDArray[np.uint8]:
        """Labels of the layers from ``z0`` to before ``z1``.

        Raises:
            InputError: they cannot be read, or a file changed.
        """
        labels = self._layers.read(z0, z1)
        if z1 == self.shape[0]:
            changed = _changed(self._before, states_of(self._layers.path, file_format=self._format))
            if changed:
                raise _change_error(changed, self._layers.path, "Convert")
        return labels


def _change_error(name: str, path: Path, verb: str) -> InputError:
    return InputError(
        f"{name} changed while it was read", where=str(path), fix=f"{verb} it again when nothing writes to it."
    )


def states_of(path: Path, *, file_format: str | None = None) -> States:
    """The files of a volume with their inodes, sizes and times.

    Raises:
        InputError: the path is not a volume, or one of its files cannot be found.
    """
    files = files_of(path, file_format=file_format)
    return guard(path, "", lambda: {file: _state(file) for file in files})


def _state(file: Path) -> tuple[int, int, int, int, int]:
    status = file.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _changed(before: States, after: States) -> str:
    """Name of the first file that is new, gone or another; empty if none is."""
    differing = [file.name for file in before | after if before.get(file) != after.get(file)]
    return differing[0] if differing else ""
