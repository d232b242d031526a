"""Files and folders that appear whole or not at all: written under another name, renamed when they are complete."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def draft_of(place: Path, *, durable: bool = False) -> Iterator[Path]:
    """Context manager that gives the path to write instead of ``place``, in the same folder.

    What was written there becomes ``place`` at the end of the block; if the block raises, it is removed and ``place``
    stays as it was. A file replaces an older one; a folder does not, because slices of two volumes must not mix.

    Args:
        place: file or folder to make; the folder above it must exist.
        durable: whether the file is on disk, under its name, when the block ends: then it survives a power cut.
    """
    draft = place.with_name(f".{place.name}.{os.getpid()}.draft")
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
    finally:
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


def write_whole(place: Path, content: bytes) -> None:
    """Write a file so that it is on disk whole or not at all, even if the process or the machine is killed.

    Args:
        place: the file; an older one is replaced.
        content: its bytes.
    """
    with draft_of(place, durable=True) as draft:
        draft.write_bytes(content)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on disk; where folders cannot be opened (Windows), do not."""
    try:
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except OSError:
        if path.is_dir():
            return
        raise
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
