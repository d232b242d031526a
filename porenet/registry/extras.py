"""Libraries that porenet works without, and the extras that install them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

from porenet.errors import MissingExtra

_HINTS = {"torch": "; see docs/start.md for a CPU-only build"}


def require_torch(what: str) -> None:
    """Import torch, or say in words that it is missing.

    Args:
        what: what needs it, to begin the message: ``a loss``.

    Raises:
        MissingExtra: torch is not installed, or is installed and cannot be imported.
    """
    require("torch", what, extra="torch")


def require(library: str, what: str, *, extra: str) -> Any:
    """Import a library, or say in words that it is missing.

    Args:
        library: name of its module.
        what: what needs it, to begin the message.
        extra: extra of porenet that installs it.

    Returns:
        The module.

    Raises:
        MissingExtra: the library is not installed, or is installed and cannot be imported.
    """
    if not is_installed(library):
        raise MissingExtra(
            f"{what} needs {library}, which is not installed",
            fix=f"pip install 'porenet[{extra}]'{_HINTS.get(library, '')}",
        )
    try:
        return importlib.import_module(library)
    except Exception as error:
        text = " ".join(str(error).split())
        raise MissingExtra(
            f"{what} needs {library}, which is installed, but broken: {type(error).__name__}: {text:.300}",
            fix=f"Mend that installation: python -c 'import {library}' must work.",
        ) from error


def is_installed(library: str) -> bool:
    """Whether a library can be found; it is not imported, and may be broken.

    Args:
        library: name of its module, without dots.
    """
    if sys.modules.get(library) is not None:
        return True
    spec = importlib.util.find_spec(library)
    return spec is not None and spec.origin is not None  # a folder that an uninstalled library left has no origin
