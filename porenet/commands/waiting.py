"""What keeps the start of a command waiting: the collector of garbage, and kernels that must be compiled first."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from porenet.commands.console import secho

COMPILER = "porenet.kernels"
"""Name of the logger that says what is compiled."""
OBJECTS = 100_000
"""New objects from which on garbage is looked for; Python's 700 cost a command a tenth of its start, for imports."""


@contextmanager
def short_start() -> Iterator[None]:
    """Context manager: garbage is looked for less often."""
    limits = gc.get_threshold()
    gc.set_threshold(OBJECTS, *limits[1:])
    try:
        yield
    finally:
        gc.set_threshold(*limits)


@contextmanager
def compiling_named() -> Iterator[None]:
    """Context manager: where standard error is a terminal, a line there says that kernels are compiled."""
    if not (sys.stderr and sys.stderr.isatty()):
        yield
        return
    log, handler = logging.getLogger(COMPILER), _OnTerminal()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


class _OnTerminal(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        secho(f"{record.getMessage()} ...", dim=True, err=True)
