"""The terms of an objective as a table, in text and in HTML."""

from __future__ import annotations

from collections.abc import Iterable

from porenet.config import Term
from porenet.interface import Grid
from porenet.interface.html_table import Markup, table
from porenet.interface.text_table import aligned

HEAD = ("label", "loss", "weight", "steps", "ramp", "reads", "needs", "params")


def terms_text(terms: Iterable[Term], grid: Grid) -> str:
    """One line per term below the names of the columns."""
    rows = [HEAD, *(_cells(term) for term in terms)]
    return "\n".join([f"Objective of {_grid(grid)}", *(f"  {line}" for line in aligned(rows))])


def terms_html(terms: Iterable[Term], grid: Grid) -> Markup:
    """The same as a table for notebooks."""
    return table(map(_cells, terms), HEAD, caption=f"Objective of {_grid(grid)}")


def _cells(term: Term) -> tuple[str, ...]:
    spec = term.component.spec
    name = spec.name if term.component.provider.name == "porenet" else term.component.full_name
    return (
        term.label,
        name,
        f"{term.weight:g}",
        f"{term.start} to {'the end' if term.stop is None else term.stop}",
        str(term.ramp),
        term.reads + (f", planes {term.planes}" if term.planes else ""),
        ", ".join(term.needs),
        ", ".join(f"{key}={value!r}" for key, value in term.params.items()),
    )


def _grid(grid: Grid) -> str:
    edges = " x ".join(f"{edge:g}" for edge in grid.edges_um)
    return f"{', '.join(grid.phases)}; voxels of {edges} um"
