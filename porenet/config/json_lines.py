"""Tables of a JSON text, and key path -> line of it, for messages: Python's parser keeps no positions."""

from __future__ import annotations

import json
import re
from typing import Any

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|\n|[^\s{}\[\],:"]+')


def read_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError, RecursionError: it is not JSON, or a table has a key twice.
    """
    return json.loads(text, object_pairs_hook=_table)


def json_lines(text: str) -> dict[str, int]:
    """1-based line of every key and list entry, by paths such as ``objective.terms[1].weight``; the text is JSON."""
    lines: dict[str, int] = {}
    places: list[str | int] = []  # the key or number of what stands now in each open table or list
    number, awaiting_key = 1, False
    for token in _TOKEN.findall(text):
        if token == "\n":
            number += 1
        elif token in ("}", "]"):
            places.pop()
        elif token == ",":
            place = places[-1]
            awaiting_key = isinstance(place, str)
            places[-1] = "" if isinstance(place, str) else place + 1
        elif awaiting_key:
            places[-1], awaiting_key = json.loads(token), False
            lines.setdefault(_path(places), number)
        elif token != ":":
            if places and isinstance(places[-1], int):
                lines.setdefault(_path(places), number)
            if token in ("{", "["):
                places.append("" if token == "{" else 0)
                awaiting_key = token == "{"
    return lines


def _path(places: list[str | int]) -> str:
    return "".join(f"[{place}]" if isinstance(place, int) else f".{place}" for place in places).removeprefix(".")


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise ValueError(f"the key {key!r} is there twice")
        table[key] = value
    return table
