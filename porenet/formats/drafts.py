"""Files and folders that appear whole or not at all: written under another name, renamed when they are complete."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def draft_of(place: Path) -> Iterator[Path]:
    """Context manager that gives the path to write instead of ``place``, in the same folder.

    What was written there becomes ``place`` at the end of the block; if the block raises, it is removed and ``place``
    stays as it was. A file replaces an older one; a folder does not, because slices of two volumes must not mix.

    Args:
        place: file or folder to write; the folder above it must exist.
    """
    draft = place.with_name(f".{place.name}.{os.getpid()}.draft")
    try:
        yield draft
        if draft.is_dir():
            draft.rename(place)
        else:
            draft.replace(place)
    finally:
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        draft.unlink(missing_ok=True)


def write_whole(place: Path, content: bytes) -> None:
    """Write a file so that it is on disk whole or not at all, even if the process or the machine is killed.

    Args:
        place: the file; an older one is replaced.
        content: its bytes.
    """
    with draft_of(place) as draft, draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
