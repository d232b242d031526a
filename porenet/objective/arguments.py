"""Arguments of an objective, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from porenet.config import Term, build_terms
from porenet.errors import InputError
from porenet.interface import Grid


def terms_of(written: Any, relax: str, grid: Grid) -> tuple[Term, ...]:
    """The terms of an objective, as `porenet.objective.Objective` takes them.

    Raises:
        InputError: terms of a loaded run stand beside others, or there is nothing to take terms from.
        ConfigError: a term is wrong; all problems at once.
    """
    if isinstance(written, str | Mapping):
        return build_terms(written, relax, grid)
    if not isinstance(written, Iterable) or isinstance(written, set | frozenset | bytes):
        raise InputError(
            f"a list of terms, or a mapping from names of losses, was expected, not {type(written).__name__}",
            where="Objective",
        )
    entries = list(written)
    read = tuple(entry for entry in entries if isinstance(entry, Term))
    if read and len(read) < len(entries):
        raise InputError("terms of a loaded run cannot be mixed with mappings", where="Objective")
    return read or build_terms(entries, relax, grid)


def refuse_arguments(grid: object, check_every: object, gather: object) -> None:
    """Check the type of the grid, of the number of steps between two checks, and of ``gather``.

    Raises:
        InputError: one of them is something else; names it.
    """
    if not isinstance(grid, Grid):
        raise InputError(f"a porenet.Grid was expected, not {type(grid).__name__}", where="Objective")
    if check_every is not None and (type(check_every) is not int or check_every < 0):
        raise InputError(
            f"a number of steps, or 0 for no check, was expected, not {check_every!r}", where="check_every"
        )
    if not isinstance(gather, bool):
        raise InputError(f"True or False was expected, not {gather!r}", where="gather")
