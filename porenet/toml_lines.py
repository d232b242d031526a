"""Key path -> line of a TOML text, for messages.

tomllib keeps no positions, and the parsers that do are not worth a dependency: only the common layout is followed
(table headers, ``key = value`` at the start of a line). A key inside an inline table gets the line of the key that
holds it.
"""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_STRINGS = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'|#.*""")


def key_lines(text: str) -> dict[str, int]:
    """1-based line of every table and key that starts a line, by paths such as ``objective.terms[1].weight``."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    depth = 0  # of brackets left open by a value
    fence = ""  # of a multi-line string
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            fence = "" if line.count(fence) % 2 else fence
            continue
        if depth == 0:
            header, key = _HEADER.match(line), _KEY.match(line)
            if header:
                table = _table(_parts(header[2]), header[1] == "[[", counts)
                lines.setdefault(table, number)
            elif key:
                path = table
                for part in _parts(key[1]):
                    path = f"{path}.{part}" if path else part
                    lines.setdefault(path, number)
        for quotes in ('"""', "'''"):
            if line.count(quotes) % 2:
                fence = quotes
        if not fence and not _HEADER.match(line):
            bare = _STRINGS.sub("", line)
            depth = max(0, depth + sum(map(bare.count, "[{")) - sum(map(bare.count, "]}")))
    return lines


def line_of(path: str, lines: dict[str, int]) -> int | None:
    """The line of a key path, or of the nearest key that holds it."""
    while path:
        if path in lines:
            return lines[path]
        path = re.sub(r"(\.[^.\[\]]+|\[\d+\]|^[^.\[\]]+)$", "", path)
    return None


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _table(parts: list[str], array: bool, counts: dict[str, int]) -> str:
    path = ""
    for position, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        if array and position == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path += f"[{counts[path]}]"
    return path
