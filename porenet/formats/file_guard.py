"""Whatever goes wrong with a file becomes one error that names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from porenet.errors import InputError, PluginError, UnknownComponent

Result = TypeVar("Result")


def guard(path: Path, title: str, step: Callable[[], Result]) -> Result:
    """Run a step on a file; whatever it raises becomes one InputError that names the file.

    Args:
        path: the file or folder, as messages name it.
        title: of the format, as the message names it; empty for none.
        step: function to run.

    Returns:
        The result of the step.

    Raises:
        InputError: the step raised.
    """
    try:
        return step()
    except InputError as error:
        if error.where:
            raise
        raise InputError(error.what, where=str(path), fix=error.fix) from error
    except (PluginError, UnknownComponent):  # about the format, not about the file
        raise
    except MemoryError as error:
        raise InputError(
            "does not fit into memory", where=str(path), fix="Crop it, or use a larger machine."
        ) from error
    except OSError as error:
        if error.errno is not None and error.strerror:
            raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
        raise _damage_error(path, title, error) from error
    except (Exception, SystemExit) as error:  # libraries raise exceptions of many types on a damaged file
        raise _damage_error(path, title, error) from error


def _damage_error(path: Path, title: str, error: BaseException) -> InputError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    kind = f" as {title}" if title else ""
    return InputError(
        f"cannot be read{kind}: {reason}",
        where=str(path),
        fix="It is truncated or damaged, or its suffix is wrong; copy it again.",
    )
