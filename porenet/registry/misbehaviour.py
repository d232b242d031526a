"""Run a plugin's code so that whatever it does stays its own."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator


class Misbehaviour(Exception):
    """What a plugin raised, in one line; the original is its cause."""


@contextlib.contextmanager
def quarantine(on_print: Callable[[str], object]) -> Iterator[None]:
    """Run a plugin's code so that whatever it does stays its own.

    Any exception, ``SystemExit`` included, becomes a ``Misbehaviour``; text printed to stdout is handed to
    ``on_print`` instead of spoiling ``--json``. Ctrl-C passes.
    """
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise Misbehaviour(in_words(error)) from error
    finally:
        if printed.getvalue().strip():
            on_print(printed.getvalue().strip())


def in_words(error: BaseException) -> str:
    """What a plugin raised, in one line."""
    if isinstance(error, SystemExit):
        return f"calls sys.exit({error.code!r})"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"needs the module {error.name!r}, which is not installed"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text:.300}" if text else type(error).__name__
