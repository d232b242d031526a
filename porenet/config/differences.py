"""What differs between two sets of tables: of a training and the one that it is to go on with, of two generators."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any


def config_changes(
    then: Mapping[str, Any], now: Mapping[str, Any], *, free: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Key path, and change in words, of all that differs between two configs.

    Args:
        then: JSON-ready tables.
        now: likewise.
        free: key paths that may differ, with what they hold.
    """
    flat_then, flat_now = dict(_flat(then)), dict(_flat(now))
    for key in sorted(flat_then.keys() | flat_now.keys()):
        before, after = flat_then.get(key, "nothing"), flat_now.get(key, "nothing")
        both_nan = before != before and after != after  # JSON holds what is not a number, which equals nothing
        if before != after and not both_nan and not any(key == path or key.startswith(f"{path}.") for path in free):
            yield key, f"{key} was {before}, now {after}"


def _flat(table: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    items = table.items() if isinstance(table, Mapping) else enumerate(table) if isinstance(table, list) else None
    if items is None:
        yield path, table
        return
    for key, value in items:
        yield from _flat(value, f"{path}.{key}" if path else str(key))
