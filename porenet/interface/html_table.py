"""Tables of HTML for notebooks, from which no name of a phase or a term can escape."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from porenet.interface.text_table import cell_text

MOST_ROWS = 60
"""Most rows that a notebook shows."""


class Markup(str):
    """A text that is HTML already."""


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = (), caption: str = "") -> Markup:
    """A table whose cells are escaped; beyond `MOST_ROWS` rows it says how many there are more.

    Args:
        rows: cells; None is an empty one.
        head: names of the columns; without them, the first cell of each row is its name.
        caption: line above the table.
    """
    listed = list(rows)
    lines = [_row(cells, 0 if head else 1) for cells in listed[:MOST_ROWS]]
    if len(listed) > MOST_ROWS:
        lines.append(f'<tr><td colspan="{len(listed[0])}">and {len(listed) - MOST_ROWS} more</td></tr>')
    above = f"<thead>{_row(head, len(head))}</thead>" if head else ""
    title = f'<caption style="text-align: left">{escaped(caption)}</caption>' if caption else ""
    return Markup(f"<table>{title}{above}<tbody>{''.join(lines)}</tbody></table>")


def _row(cells: Sequence[object], headings: int) -> str:
    tags = ["th"] * headings + ["td"] * (len(cells) - headings)
    style = ' style="text-align: left"'
    written = (f"<{tag}{style}>{escaped(cell)}</{tag}>" for tag, cell in zip(tags, cells, strict=True))
    return f"<tr>{''.join(written)}</tr>"


def escaped(cell: object) -> str:
    """A cell as text that no browser takes for markup; a real number with six digits."""
    if isinstance(cell, Markup):
        return cell
    return html.escape(cell_text(cell))
