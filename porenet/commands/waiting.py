"""What keeps a command waiting beside its work: the collector of garbage, and kernels that must be compiled first."""

from __future__ import annotations

import atexit
import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from porenet.commands.console import secho

COMPILER = "porenet.kernels"
"""Name of the logger that says what is compiled."""
OBJECTS = 250_000
"""New objects from which on garbage is looked for: more than the imports of a measurement make. Python's 700 cost a
command a tenth of its start."""


@contextmanager
def short_start() -> Iterator[None]:
    """Context manager: garbage is looked for less often."""
    limits = gc.get_threshold()
    gc.set_threshold(OBJECTS, *limits[1:])
    try:
        yield
    finally:
        gc.set_threshold(*limits)


def short_end() -> None:
    """Let the process end without a last search for garbage, which takes a third of a short measurement's CPU time.

    What numba and torch leave behind is all linked in cycles, and would be freed object by object; the system takes it
    back at once. All else that Python does at its end is done.
    """
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


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
