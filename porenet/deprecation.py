"""Public names that a later version no longer has: they warn, and say what to use (docs/deprecation.md)."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

Named = TypeVar("Named", bound=Callable[..., Any])

MINOR_VERSIONS = 2
"""A name goes this many minor versions after the one that deprecates it, at the earliest."""


def deprecated(since: str, remove: str, use: str) -> Callable[[Named], Named]:
    """Mark a public function or class: a call warns with `DeprecationWarning`, at the caller's line (PEP 702).

    Args:
        since: version that deprecates it, such as ``0.3``.
        remove: version that no longer has it: two minor versions later, or a later major one.
        use: what to call instead, as its user writes it.

    Returns:
        A decorator. What it returns has the same name, signature and docstring, and ``__deprecated__``, the message.

    Raises:
        ValueError: ``remove`` comes too early.
    """
    first, last = (tuple(map(int, version.split(".")))[:2] for version in (since, remove))
    if last < (first[0], first[1] + MINOR_VERSIONS) and last[0] <= first[0]:
        raise ValueError(
            f"deprecated in {since}, a name goes in {first[0]}.{first[1] + MINOR_VERSIONS} at the earliest"
        )

    def mark(named: Named) -> Named:
        message = f"{named.__qualname__} is deprecated since porenet {since}, and {remove} will not have it. Use {use}."
        # Of a class, that of Python 3.13 hides the signature, from which porenet reads the parameters of a component.
        if sys.version_info >= (3, 13) and not isinstance(named, type):
            return warnings.deprecated(message)(named)
        return marked_by_hand(named, message)

    return mark


def marked_by_hand(named: Named, message: str) -> Named:
    """What ``warnings.deprecated`` of Python 3.13 does, for 3.11 and 3.12, and for classes.

    Args:
        named: function or class.
        message: of the warning.

    Returns:
        The class itself, whose calls warn from then on (those of its subclasses do not), or a function around it.
    """
    if isinstance(named, type):
        _warn_when_made(named, message)
        return named

    @functools.wraps(named)
    def warning(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return named(*args, **kwargs)

    warning.__deprecated__ = message  # type: ignore[attr-defined]
    return warning  # type: ignore[return-value]


def _warn_when_made(named: type[Any], message: str) -> None:
    initialise = named.__init__

    @functools.wraps(initialise)
    def warning(self: Any, *args: Any, **kwargs: Any) -> None:
        if type(self) is named:
            warnings.warn(message, DeprecationWarning, stacklevel=2)
        initialise(self, *args, **kwargs)

    named.__init__ = warning
    named.__deprecated__ = message
