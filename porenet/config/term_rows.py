"""Short ways to write the terms of an objective, and the full rows that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

from porenet.errors import InputError
from porenet.registry.messages import number_in_yaml

TERM_KEYS = ("loss", "label", "weight", "start", "stop", "ramp", "relax", "planes", "slices", "params")
"""Keys of ``[[objective.terms]]``."""


class Row(NamedTuple):
    """One term as written.

    Attributes:
        place: key path, for messages.
        written: the row, with the keys of ``[[objective.terms]]``; not validated.
        params: key path of its parameters.
    """

    place: str
    written: Any
    params: str


def term_rows(written: Any, path: str) -> list[Row]:
    """The rows of terms that are written as a list of rows or names, or as a mapping from names.

    In a mapping the value of a name is its weight, nothing, or a mapping: of parameters, or, if ``loss`` or ``weight``
    is among its keys, or ``params`` with no key but those of a term, of the keys of a term. With ``loss`` the name is
    the term's label.

    Args:
        written: plain lists and dicts.
        path: key path of the terms, for messages.

    Raises:
        InputError: it is neither a list nor a mapping, or holds no term.
    """
    if isinstance(written, str):
        raise InputError(f"must be a list, not {written!r}; a single term is written [{written!r}]", where=path)
    if not isinstance(written, list | dict):
        raise InputError(f"must be a list of terms, or a table of them by name, not {written!r:.60}", where=path)
    if not written:
        raise InputError(f"needs at least 1, not {written!r}", where=path)
    if isinstance(written, list):
        places = [f"{path}[{number}]" for number in range(len(written))]
        rows = [{"loss": entry} if isinstance(entry, str) else entry for entry in written]
        return [Row(place, row, f"{place}.params") for place, row in zip(places, rows, strict=True)]
    if isinstance(written.get("loss"), str):
        raise InputError(
            f"no loss is called 'loss'; a single term is written [{written!r}], in TOML [[{path}]]", where=path
        )
    return [_named(name, value, f"{path}.{name}") for name, value in written.items()]


def _named(name: Any, value: Any, place: str) -> Row:
    if value is None:
        return Row(place, {"loss": name}, f"{place}.params")
    if isinstance(value, Real) and not isinstance(value, bool):
        return Row(place, {"loss": name, "weight": value}, f"{place}.params")
    if not isinstance(value, Mapping):
        raise InputError(f"must be a weight, a table or nothing, not {value!r:.60}{number_in_yaml(value)}", where=place)
    of_parameters = "params" not in value or not set(value) <= set(TERM_KEYS)  # a loss may have a parameter of the name
    if of_parameters and not {"loss", "weight"} & set(value):
        return Row(place, {"loss": name, "params": dict(value)}, place)
    of_term = {"label": name, **value} if "loss" in value else {"loss": name, **value}
    return Row(place, of_term, f"{place}.params")
