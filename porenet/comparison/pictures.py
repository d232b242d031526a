"""Picture of a comparison: distances with their intervals, and the distributions behind the largest ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from porenet import formats
from porenet.comparison.comparison import Result
from porenet.comparison.decision import Decision, Label
from porenet.comparison.decision_table import defined_values
from porenet.comparison.quantity_labels import label, run_names
from porenet.comparison.samples import Quantity
from porenet.errors import InputError

WORST = 6
"""Quantities whose distributions are drawn."""
ACROSS = 3
MARKS: dict[Label, str] = {"OK": "o", "Fail": "s", "undecided": "D", "withheld": "x"}
"""A mark per verdict, so that the picture can be read without its colours, which tell the runs."""


def draw(result: Result, path: Path) -> None:
    """Draw the distance of every quantity, the largest first, and the distributions behind the first few.

    Args:
        result: of `compare`.
        path: picture to write, ``.png``, ``.svg`` or ``.pdf``.

    Raises:
        InputError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    quantities = _by_distance(result)
    worst = quantities[:WORST]
    rows = -(-len(worst) // ACROSS)
    height = 1.2 + 0.22 * len(quantities) * max(1, len(run_names(result)) / 2)
    figure = Figure(figsize=(10, height + 2.6 * rows), layout="constrained")
    grid = figure.add_gridspec(1 + rows, ACROSS, height_ratios=[height, *[2.6] * rows])
    _draw_distances(figure.add_subplot(grid[0, :]), result, quantities)
    for number, quantity in enumerate(worst):
        _draw_distributions(figure.add_subplot(grid[1 + number // ACROSS, number % ACROSS]), result, quantity)
    try:
        with formats.draft_of(path.resolve()) as draft:
            figure.savefig(draft, dpi=150, format=path.suffix[1:])
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"cannot be drawn: {error}", where=str(path)) from error


def _by_distance(result: Result) -> list[Quantity]:
    """The quantities: those that differ in any run first, then by their largest distance."""
    rows = [row for decision in result.decisions.values() for row in decision.decisions.values()]
    largest: dict[Quantity, tuple[bool, float]] = {}
    for row in rows:
        largest[row.quantity] = max(largest.get(row.quantity, (False, -1.0)), (row.label == "Fail", row.distance))
    return sorted(largest, key=lambda quantity: largest[quantity], reverse=True)


def _draw_distances(axes: Any, result: Result, quantities: list[Quantity]) -> None:
    runs, seen = run_names(result), set()
    for number, run in enumerate(runs):
        offset = (number - (len(runs) - 1) / 2) * 0.7 / len(runs)
        for place, quantity in enumerate(quantities):
            row = result.decisions[run].decisions.get(quantity)
            if row is None:
                continue
            _draw_distance(axes, row, place + offset, f"C{number + 1}")
            seen.add(row.word)
        axes.plot([], [], "o", color=f"C{number + 1}", label=run)
    for name, mark in MARKS.items():
        words = {row.word for decision in result.decisions.values() for row in decision.labelled(name)}
        for word in words & seen:
            axes.plot([], [], mark, color="grey", label=word)
    tolerance = next(iter(result.decisions.values())).tolerance if result.decisions else 0.0
    axes.axvspan(0, tolerance, color="C2", alpha=0.12, lw=0)
    axes.set_yticks(range(len(quantities)), [label(quantity, result) for quantity in quantities], fontsize=7)
    axes.set_ylim(len(quantities) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel(
        f"distance with 90 % interval, standard deviations of the real structures (shaded: tolerance {tolerance:g})",
        fontsize=8,
    )
    axes.tick_params(axis="x", labelsize=7)
    axes.legend(fontsize=7, loc="lower right")


def _draw_distance(axes: Any, row: Decision, height: float, colour: str) -> None:
    axes.plot([row.lower, row.upper], [height, height], "-", color=colour, lw=1)
    filled = colour if row.label in ("Fail", "withheld") else "white"
    axes.plot(row.distance, height, MARKS[row.label], color=colour, markerfacecolor=filled, markersize=4)


def _draw_distributions(axes: Any, result: Result, quantity: Quantity) -> None:
    groups = {
        "real" if name == "reference" else name: table[quantity]
        for name, table in result.samples.items()
        if quantity in table
    }
    values = [defined_values(sample) for sample in groups.values()]
    for place, group in enumerate(values, start=1):
        # A fixed jitter sets the points side by side and gives the same picture every time.
        offsets = [place + 0.25 * ((i * 0.618034) % 1 - 0.5) for i in range(len(group))]
        axes.plot(offsets, group, ".", markersize=3, alpha=0.5, color=f"C{place - 1}")
    axes.boxplot(values, widths=0.5, showfliers=False, medianprops={"color": "black"})
    sizes = (f"{len(valid)}/{len(sample.values)}" for sample, valid in zip(groups.values(), values, strict=True))
    ticks = [f"{name}\n{size}" for name, size in zip(groups, sizes, strict=True)]
    axes.set_xticks(range(1, len(groups) + 1), ticks, fontsize=7)
    axes.set_title(label(quantity, result), fontsize=8)
    axes.set_ylabel("" if quantity.unit == "1" else quantity.unit, fontsize=7)
    axes.tick_params(axis="y", labelsize=7)
