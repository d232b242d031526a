"""Some rows of the tables in what a command printed, folded to a width."""

from __future__ import annotations

import re
from collections.abc import Sequence

from porenet.commands.console import table_of

RULE = "───"
GAP = re.compile(r"(?<=  )(?=\S)")
"""Where a column begins in the headings of a table that is not folded."""


def with_rows(text: str, pattern: str, width: int) -> str:
    """The text, of its tables only the rows that hold a pattern; others become one row of dots.

    Args:
        text: what a command printed where tables are not folded: one line of headings, a rule, and a line per row.
        pattern: a regular expression, looked for in lines.
        width: of the tables, characters.
    """
    wanted, lines = re.compile(pattern), text.splitlines()
    parts: list[str] = []
    while lines:
        line = lines.pop(0)
        if lines and lines[0].startswith(RULE):
            rule, rows = lines.pop(0), []
            while lines and not _ends(lines):
                rows.append(lines.pop(0))
            held = any(map(wanted.search, rows))
            parts.append(_table(line, rows, wanted, width) if held else f"{line}\n{RULE[0] * len(rule)}\n...")
        else:
            parts.append(line)
    return "\n".join(parts)


def _ends(lines: Sequence[str]) -> bool:
    """Whether the rows of a table end before these lines: at a blank line, a remark, or another table's headings."""
    if not lines[0].strip() or lines[0].startswith(("note: ", "error: ", "Wrote ", "Published ")):
        return True
    return len(lines) > 1 and lines[1].startswith(RULE)


def _table(headings: str, rows: list[str], wanted: re.Pattern[str], width: int) -> str:
    from rich.console import Console

    starts = [0, *(place.start() for place in GAP.finditer(headings))]
    ends = [*starts[1:], None]
    cells = [[line[start:end].strip() for start, end in zip(starts, ends, strict=True)] for line in (headings, *rows)]
    kept: list[list[str]] = []
    for line, row in zip(rows, cells[1:], strict=True):
        if wanted.search(line):
            kept.append(row)
        elif not kept or kept[-1][0] != "...":
            kept.append(["..."] + [""] * (len(starts) - 1))
    console = Console(width=width, color_system=None, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(table_of(cells[0], kept))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
