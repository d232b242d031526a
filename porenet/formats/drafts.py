"""Files and folders that appear whole or not at all: written under another name, renamed when they are complete."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from porenet.errors import InputError

_MORE_SPACE = "Free some space, or choose another place."
_OTHER_PLACE = "Choose a place where you may write."
_REMEDIES = {
    errno.ENOSPC: _MORE_SPACE,
    errno.EDQUOT: _MORE_SPACE,
    errno.EFBIG: "Raise the limit on the size of files (ulimit -f), or choose another place.",
    errno.EROFS: _OTHER_PLACE,
    errno.EACCES: _OTHER_PLACE,
    errno.EPERM: _OTHER_PLACE,
    errno.EIO: "The disk is failing, or the network to it: choose another place.",
    errno.ENOENT: "Make the folder above it first.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}
_LONGEST_NAME = 200
"""Bytes of a file name up to which the name of its draft stays below the 255 bytes that systems allow."""


def write_error(place: Path, error: OSError, *, fix: str = "") -> InputError:
    """The error to raise when the system refuses to write: what it says, where, and what helps.

    Args:
        place: file or folder that was to be written.
        error: what the system raised.
        fix: what else the user should know or do.
    """
    remedy = _REMEDIES.get(error.errno or 0, "")
    return InputError(f"cannot be written: {error.strerror or error}", where=str(place), fix=f"{remedy} {fix}".strip())


@contextlib.contextmanager
def draft_of(place: Path, *, durable: bool = False) -> Iterator[Path]:
    """Context manager that gives the path to write instead of ``place``, in the same folder.

    What was written there becomes ``place`` at the end of the block; if the block raises, it is removed and ``place``
    stays as it was. A file replaces an older one; a folder does not, because slices of two volumes must not mix.

    Args:
        place: file or folder to make; the folder above it must exist.
        durable: whether the file is on disk, under its name, when the block ends: then it survives a power cut.

    Raises:
        InputError: the system refuses to write (disk full, no permission, ...), in the block or at its end.
    """
    draft = place.with_name(f"{_stem(place)}{os.getpid()}.draft")
    try:
        yield draft
        if draft.is_dir():
            draft.rename(place)
            return
        if durable:
            _sync(draft)
        draft.replace(place)
        if durable:
            _sync(place.parent)
    except OSError as error:
        raise write_error(place, error) from error
    finally:
        _remove(draft)


def write_whole(place: Path, content: bytes) -> None:
    """Write a file so that it is on disk whole or not at all, even if the process or the machine is killed.

    Args:
        place: the file; an older one is replaced.
        content: its bytes.

    Raises:
        InputError: the system refuses to write.
    """
    with draft_of(place, durable=True) as draft:
        draft.write_bytes(content)


def remove_abandoned(place: Path) -> None:
    """Remove the drafts of a place that processes of this machine left when they were killed.

    Those of other machines stay, which may share the folder, and those whose number another process has by now.

    Args:
        place: file or folder that is to be written.
    """
    if os.name != "posix":  # elsewhere the question whether a process lives may end it
        return
    pattern = re.compile(re.escape(_stem(place)) + r"([0-9]{1,9})\.draft")
    with contextlib.suppress(OSError):
        for name in os.listdir(place.parent):
            match = pattern.fullmatch(name)
            if match and not _lives(int(match[1])):
                _remove(place.with_name(name))


def _stem(place: Path) -> str:
    """What the names of all drafts of a place on this machine begin with."""
    name = place.name
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    machine = hashlib.sha256(platform.node().encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f".{name}.{machine}."


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True


def _remove(draft: Path) -> None:
    with contextlib.suppress(OSError):  # a disk that fails or became read-only keeps the draft
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk; not all systems can do so for folders."""
    try:
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        if not path.is_dir():
            raise
