"""Files of measured volumes: whether they are still those whose rows a journal keeps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from porenet import formats
from porenet.errors import InputError, PluginError
from porenet.measurement.journal import Evidence


class FileState(NamedTuple):
    """State of the files of a volume, from what the system says without reading them.

    Attributes:
        stamp: changes with the path, the origin, and the size and time of any file; then the rows do not hold.
        inode: changes if a file is exchanged or written to, whatever its size and time, but also if it is copied, or
            seen from another machine; then its hash says whether the rows hold.
    """

    stamp: str
    inode: str


def state_of(path: Path, origin: Any = None, *, file_format: str | None = None) -> FileState:
    """State of the files of a volume.

    Args:
        path: a file, or a folder of slices.
        origin: the place it was cut from, which its rows state.
        file_format: name of its format, where it is not known by suffix and first bytes.
    """
    try:
        states = formats.states_of(path, file_format=file_format)
    except (InputError, PluginError):  # reading it says why
        states = {}
    inodes = [(inode, ctime) for _, inode, _, _, ctime in states.values()]  # a device gets another number as it mounts
    return FileState(_digest([str(path.resolve()), origin, _contents(states)]), _digest(inodes))


def contents_stamp(path: Path, *, file_format: str | None = None) -> str:
    """What changes with name, size and time of any file of a volume; the same on every machine that sees them.

    Args:
        path: as for `state_of`.
        file_format: likewise.

    Raises:
        InputError: the path is not a volume, or one of its files cannot be found.
    """
    return _digest(_contents(formats.states_of(path, file_format=file_format)))


def _contents(states: Mapping[Path, tuple[int, int, int, int, int]]) -> list[tuple[str, int, int]]:
    return [(file.name, size, mtime) for file, (_, _, size, mtime, _) in states.items()]


def outdated(
    measured: Mapping[str, Evidence],
    volumes: Mapping[str, Path],
    states: Mapping[str, FileState],
    *,
    rehash: bool,
    file_format: str | None = None,
) -> list[str]:
    """Names of the volumes whose files are not those that were measured.

    Args:
        measured: name -> what its rows were measured on; the stamps agree.
        volumes: name -> path.
        states: name -> state of its files now.
        rehash: whether to read every file, not only those of another inode.
        file_format: as for `state_of`.
    """
    doubtful = [name for name, evidence in measured.items() if rehash or evidence.inode != states[name].inode]
    with ThreadPoolExecutor() as pool:  # hashing releases the interpreter
        hashes = pool.map(lambda name: _fingerprint(volumes[name], file_format), doubtful)
        return [name for name, sha256 in zip(doubtful, hashes, strict=True) if sha256 != measured[name].sha256]


def _fingerprint(path: Path, file_format: str | None) -> str:
    try:
        return formats.fingerprint(path, file_format=file_format)
    except (InputError, PluginError):  # reading it says why
        return ""


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()[:16]
