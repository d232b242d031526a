"""Tables as a text in TOML: the standard library reads it and does not write it."""

from __future__ import annotations

import datetime
import json
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from porenet.errors import InputError

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(tables: Mapping[str, Any]) -> str:
    """The tables as a text in TOML, each table under a heading of its own.

    Args:
        tables: of strings, numbers, booleans, dates, lists and tables. TOML has no null: a key without a value is left
            out, but for one of ``objective.terms``, a term without parameters, which becomes an empty table.

    Raises:
        InputError: a value of another kind, or a null in a list.
    """
    return "\n".join(_lines(tables, "")).lstrip("\n") + "\n"


def toml_path(parts: Iterable[str]) -> str:
    """A key path as TOML writes it: a key with a dot in quotes."""
    return ".".join(map(_key, parts))


def parts_of(path: str) -> tuple[str, ...]:
    """The keys of a path that TOML writes; none if TOML would not read it."""
    try:
        table = tomllib.loads(f"{path} = 0")
    except ValueError:
        return ()
    parts = []
    while isinstance(table, dict):
        if len(table) != 1:
            return ()
        ((key, table),) = table.items()
        parts.append(key)
    return tuple(parts)


def _lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    in_order = path == "objective.terms"  # the order of terms is that of their sum
    if in_order:
        table = {key: {} if value is None else value for key, value in table.items()}
    below = {} if in_order else {key: value for key, value in table.items() if _is_below(value)}
    for key, value in table.items():
        if value is not None and key not in below:
            yield f"{_key(key)} = {_value(value, f'{path}.{key}')}"
    for key, value in below.items():
        heading = f"{path}.{_key(key)}" if path else _key(key)
        for entry in value if isinstance(value, list) else [value]:
            yield f"\n[[{heading}]]" if isinstance(value, list) else f"\n[{heading}]"
            yield from _lines(entry, heading)


def _is_below(value: Any) -> bool:
    """Whether a value is written under a heading of its own: a table, or a list of nothing but tables."""
    of_tables = isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)
    return isinstance(value, Mapping) or of_tables


def _key(key: Any) -> str:
    text = str(key)
    return text if _BARE.fullmatch(text) else _string(text)


def _value(value: Any, path: str) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _string(value)
        case float():
            return repr(value) if math.isfinite(value) else {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")
        case int():
            return str(value)
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(_value(entry, path) for entry in value)}]"
        case Mapping():
            entries = (f"{_key(key)} = {_value(entry, path)}" for key, entry in value.items() if entry is not None)
            return f"{{ {', '.join(entries)} }}"
        case _:
            raise InputError(f"TOML has no way to write {value!r:.60}", where=path)


def _string(text: str) -> str:
    # JSON escapes as TOML does, but for delete, and writes characters beyond the basic plane as two halves.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
