"""What formats warn of while a volume is read, as notes of it: so they come home from workers, and each once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reading_notes() -> Iterator[list[str]]:
    """Collect the warnings of formats in this thread, instead of logging them.

    Yields:
        The list of them, each once, which grows inside the block.
    """
    log, thread, notes = logging.getLogger("porenet.formats"), threading.get_ident(), list[str]()

    def collect(record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or threading.get_ident() != thread:
            return True
        text = record.getMessage()
        if text not in notes:
            notes.append(text)
        return False

    log.addFilter(collect)
    try:
        yield notes
    finally:
        log.removeFilter(collect)
