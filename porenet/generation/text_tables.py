"""Tables as texts, for what a trainer prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from porenet import gradient_audit
from porenet.gradient_audit import Audit

PIPED_WIDTH = 10_000
"""Characters per line where stdout is not a terminal: whoever reads a pipe needs whole names and lines."""


def table_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as a text; folded to the terminal's width, whole where stdout is none.

    Args:
        columns: their titles.
        rows: texts of the cells.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def audit_text(audit: Audit) -> str:
    """An audit as a text: terms, groups of weights, cosines, hand-made states.

    Args:
        audit: see `porenet.audit`.
    """
    tables = [gradient_audit.term_table(audit), *gradient_audit.group_tables(audit)]
    tables += [*gradient_audit.cosine_tables(audit), *gradient_audit.state_tables(audit)]
    texts = [table_text(*table) for table in tables]
    return "\n".join([gradient_audit.heading(audit), *texts, gradient_audit.ABOUT_STATES])
