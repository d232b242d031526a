"""Standard input, output and error: a command that cannot print says so and ends, whatever is wrong with them."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator

from porenet.errors import InputError


def prepare() -> None:
    """Make the standard streams safe to use, before anything is opened.

    Closed ones are opened on the null device: else the next file that is opened would take their place and receive
    what is printed. Characters that the encoding of the output lacks are written out (``\\u2192``).

    Raises:
        InputError: standard output is closed, so that no result could be printed.
    """
    streams = sys.stdin, sys.stdout, sys.stderr
    if None in streams:
        _fill_closed()
    for stream in streams[1:]:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if sys.stdout is None:
        raise InputError("is closed", where="standard output", fix="Send it to a file, or to /dev/null.")


@contextlib.contextmanager
def printing() -> Iterator[None]:
    """Context manager for printing; a reader that has gone away is not its concern.

    Raises:
        InputError: the system refuses to write: the disk of a redirected output is full, ...
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon()
        raise InputError(f"cannot be written: {error.strerror or error}", where="standard output") from error


def abandon() -> None:
    """Send what a failing output still holds to the null device: Python writes it again at its end, and would fail."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        try:
            sys.stdout.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)
            sys.stdout.flush()


def _fill_closed() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number that is free
