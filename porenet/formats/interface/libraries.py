"""Import of optional libraries."""

from __future__ import annotations

import importlib
from typing import Any

from porenet.errors import InputError


def library(name: str, *, extra: str, title: str, distribution: str = "porenet") -> Any:
    """Import an optional library.

    Args:
        name: name of its module.
        extra: extra of the distribution that installs it.
        title: format that needs it.
        distribution: the one that provides the format.

    Raises:
        InputError: the library is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"{title} needs the package {name.partition('.')[0]}, which cannot be imported ({error})",
            fix=f"pip install {distribution}[{extra}]",
        ) from error
