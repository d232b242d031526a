"""Generators to evaluate, and the runs of each: one per repeat."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

from porenet.errors import InputError, argument
from porenet.evaluation.drawing import Generator
from porenet.evaluation.report import REAL

Source = Generator | Path
"""A generator, or a folder of structures that it has made."""
RESERVED = {REAL, "reference", "evaluation"}
"""Names that files of the folder and the comparison have."""
MOST = 1000
"""Most repeats."""
_NAME = re.compile(r"[\w+][\w.+-]*")


def about(source: Source) -> dict[str, Any]:
    """What is known of a generator, JSON-ready: its attribute ``about``, else its name; of a folder its path."""
    if isinstance(source, Path):
        return {"folder": str(source)}
    stated = stated_about(source)
    if stated:
        return stated
    name = getattr(source, "__qualname__", type(source).__qualname__)
    return {"function": f"{getattr(source, '__module__', '')}.{name}"}


def stated_about(function: object) -> dict[str, Any]:
    """The attribute ``about`` of a generator; empty where it has none, or has a method of that name.

    Raises:
        InputError: it is not a mapping that JSON can hold.
    """
    stated = getattr(function, "about", None)
    if stated is None or callable(stated):
        return {}
    try:
        if not isinstance(stated, Mapping):
            raise TypeError(f"{type(stated).__name__} is not a mapping")
        plain: dict[str, Any] = json.loads(json.dumps(dict(stated), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"its attribute about cannot be kept in a report: {error}",
            where=getattr(function, "__qualname__", type(function).__qualname__),
            fix='Let it be a mapping of texts, finite numbers, lists and mappings, such as {"step": 300}.',
        ) from error
    return plain


def runs_of(generators: Mapping[str, Source | Sequence[Source]], repeats: int) -> dict[str, dict[str, Source]]:
    """Name of each generator -> name of each of its runs -> its source.

    Args:
        generators: name -> a function, a folder, or several of them, its repeats.
        repeats: number of sets that are drawn from a generator that is one function.

    Raises:
        InputError: no generator, a name that is taken or cannot name a folder, or different numbers of repeats.
    """
    if not isinstance(generators, Mapping) or not all(isinstance(name, str) for name in generators):
        raise InputError(
            f"a mapping of names to generators was expected, not {generators!r:.60}",
            where="generators",
            fix='Write {"mine": generate}.',
        )
    if not generators:
        raise InputError("at least one generator was expected", where="generators")
    if not isinstance(repeats, Integral) or not 1 <= repeats <= MOST:
        raise InputError(f"a whole number from 1 to {MOST} was expected, not {repeats}", where=argument("repeats"))
    sources: dict[str, list[Source]] = {}
    for name, of_name in generators.items():
        several = list(of_name) if isinstance(of_name, Sequence) and not isinstance(of_name, str) else [of_name]
        sources[name] = several * int(repeats) if len(several) == 1 and not isinstance(several[0], Path) else several
    for name, several in sources.items():
        for source in several:
            if not callable(source) and not isinstance(source, Path):
                raise InputError(
                    f"a function of seed and condition or the path of a folder was expected, not {source!r:.60}",
                    where=f"generators[{name!r}]",
                )
            about(source)
    counts = {name: len(several) for name, several in sources.items()}
    if len(set(counts.values())) > 1 or 0 in counts.values():
        text = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise InputError(
            f"generators are compared repeat by repeat, and have different numbers of them: {text}",
            where="generators",
            fix="Name as many runs of each; a generator that is one function is drawn anew for each repeat.",
        )
    runs = {
        name: {(name if len(several) == 1 else f"{name}-{number}"): source for number, source in enumerate(several, 1)}
        for name, several in sources.items()
    }
    _check_names([name for several in runs.values() for name in several])
    return runs


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if name in RESERVED or not _NAME.fullmatch(name) or names.count(name) > 1:
            raise InputError(
                f"a generator cannot be named {name!r}",
                where="generators",
                fix="Name each by letters, digits, - and _, none twice, and none real, reference or evaluation.",
            )
