"""Run a plugin's code so that its exceptions and its output do not reach porenet."""

from __future__ import annotations

from collections.abc import Callable

from porenet.registry.captured_output import captured_output


class Misbehaviour(Exception):
    """What a plugin does wrong, in one line; where that is an exception, the original is its cause."""

    def original(self) -> BaseException:
        """The original, to be raised where this was caught: its way back to this, and from this to it, is a ring.

        What sends exceptions between processes follows such ways, and would not end.
        """
        cause, self.__cause__, self.__context__ = self.__cause__, None, None
        return cause or self


class quarantine(captured_output):  # noqa: N801 - used as a function
    """Run a plugin's code so that its exceptions and its output do not reach porenet: ``with quarantine(on_print)``.

    Any exception, ``SystemExit`` included, becomes a ``Misbehaviour``; text printed to stdout is passed to
    ``on_print``, so that it does not corrupt ``--json``. ``KeyboardInterrupt`` passes.
    """

    __slots__ = ("_on_print",)

    def __init__(self, on_print: Callable[[str], object]) -> None:
        self._on_print = on_print

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        super().__exit__(kind, error, traceback)
        if text := self._text.getvalue().strip():
            self._on_print(text)
        if error is not None and not isinstance(error, KeyboardInterrupt | Misbehaviour):
            raise Misbehaviour(in_words(error)) from error


def in_words(error: BaseException) -> str:
    """The exception of a plugin, in one line."""
    if isinstance(error, SystemExit):
        return f"calls sys.exit({error.code!r})"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"needs the module {error.name!r}, which is not installed"
    try:
        text = " ".join(str(error).split())
    except Exception:  # an exception whose own text fails
        text = ""
    return f"{type(error).__name__}: {text:.300}" if text else type(error).__name__
