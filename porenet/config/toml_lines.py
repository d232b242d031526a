"""Key path -> line of a TOML text, for messages.

tomllib keeps no positions, and the parsers that do are not worth a dependency. The text is known to be TOML when its
lines are asked for, so a scan that tells keys from values is enough. A key inside an inline table gets the line of the
key that holds it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import TypeVar

Line = TypeVar("Line")

_TOKEN = re.compile(
    r"""
    (?P<skip>   [ \t\r]+ | \#[^\n]* )
  | (?P<string> \"{3} (?:\\.|[^\\])*? \"{3,5} | '{3} .*? '{3,5} | \"(?:\\.|[^\"\\\n])*\" | '[^'\n]*' )
  | (?P<bare>   [A-Za-z0-9_-]+ )
  | (?P<end>    \n )
  | (?P<sign>   . )
    """,
    re.VERBOSE | re.DOTALL,
)


def key_lines(text: str) -> dict[str, int]:
    """1-based line of every table and key that starts a line, by paths such as ``objective.terms[1].weight``."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, number = "", 1
    parts: list[str] = []
    place = "start"  # of a statement; then "key", "header" or "value"
    depth = 0  # brackets open in a header or value
    array = False
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        if kind == "end" and (place != "value" or depth == 0):
            if place == "header":
                table = _table(parts, array, counts)
                lines.setdefault(table, number)
            place, parts, depth = "start", [], 0
        elif place in ("start", "key", "header") and kind in ("bare", "string"):
            parts.append(word if kind == "bare" else tomllib.loads(f"k = {word}")["k"])
            place = "key" if place == "start" else place
        elif place == "key" and word == "=":
            path = table
            for part in parts:
                path = f"{path}.{part}" if path else part
                lines.setdefault(path, number)
            place = "value"
        elif word == "[" and place == "start":
            place, array = "header", text.startswith("[[", token.start())
        elif kind == "sign" and place == "value":
            depth += (word in "[{") - (word in "]}")
        number += word.count("\n")
    if place == "header":
        lines.setdefault(_table(parts, array, counts), number)
    return lines


def line_of(path: str, lines: Mapping[str, Line]) -> Line | None:
    """The line of a key path, or of the nearest key that holds it."""
    for end in range(len(path), 0, -1):
        if (end == len(path) or path[end] in ".[") and path[:end] in lines:
            return lines[path[:end]]
    return None


def _table(parts: list[str], array: bool, counts: dict[str, int]) -> str:
    path = ""
    for position, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        if array and position == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path += f"[{counts[path]}]"
    return path
