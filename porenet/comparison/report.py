"""A comparison as people and machines read it: table, Markdown, CSV, JSON, plot."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from porenet.comparison.comparison import Comparison, Result
from porenet.comparison.resampling import Ceiling, Interval
from porenet.comparison.samples import Quantity
from porenet.errors import InputError
from porenet.interface import Undefined

ENDINGS = (".md", ".csv", ".json")
PICTURES = (".png", ".svg", ".pdf")


def table_columns(result: Result) -> list[str]:
    """Headings of the table: one of each run, and for several runs the way from the first to the last."""
    runs = run_names(result)
    change = [f"{runs[0]} → {runs[-1]}"] if len(runs) > 1 else []
    return ["quantity", "unit", "score", *runs, *change, "ceiling", "defined"]


def table_lines(result: Result) -> list[list[str]]:
    """The table: one line a quantity and score."""
    runs = run_names(result)
    found: dict[tuple[Quantity, str], dict[str, Comparison]] = {}
    for one in result.comparisons:
        found.setdefault((one.quantity, one.score), {})[one.run] = one
    table = []
    for (quantity, score), by_run in found.items():
        cells = [_cell(by_run[run]) if run in by_run else "not measured" for run in runs]
        change = []
        if len(runs) > 1:
            first, last = by_run.get(runs[0]), by_run.get(runs[-1])
            change = [f"{_value(first)} → {_value(last)} {_arrow(first, last)}".rstrip()]
        ceilings = [one.ceiling for one in by_run.values() if isinstance(one.ceiling, Ceiling)]
        top = ", ".join(dict.fromkeys(f"{one.value:.3f}" for one in ceilings)) or "none"
        valid = ", ".join(
            dict.fromkeys(f"{one.similarity.n_valid}/{one.similarity.n_total}" for one in by_run.values())
        )
        table.append([label(quantity, result), quantity.unit, score, *cells, *change, top, valid])
    return table


def label(quantity: Quantity, result: Result) -> str:
    """Name of a quantity, with the parameters that tell it from others of the same name."""
    rivals = {one.quantity.params for one in result.comparisons if one.quantity.name == quantity.name}
    if len(rivals) == 1:
        return quantity.name
    params = json.loads(quantity.params)
    differing = [key for key in params if len({json.dumps(json.loads(one).get(key)) for one in rivals}) > 1]
    return f"{quantity.name} ({', '.join(f'{key}={params[key]}' for key in differing)})"


def run_names(result: Result) -> list[str]:
    """The runs, in the order in which they were given."""
    return [name for name in result.samples if name != "reference"]


def markdown(result: Result) -> str:
    """The table in Markdown, with what the reader must know beneath it."""
    rows = [table_columns(result), ["---"] * len(table_columns(result)), *table_lines(result)]
    text = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
    return "\n".join([text, "", *(f"- {note}" for note in footnotes(result))]) + "\n"


def footnotes(result: Result) -> list[str]:
    """Verdicts withheld, with the reason, and the notes."""
    withheld: dict[str, list[str]] = {}
    for one in result.comparisons:
        if one.verdict.label == "withheld":
            withheld.setdefault(one.verdict.reason, []).append(f"{one.quantity.name} ({one.score}, {one.run})")
    reasons = [
        f"verdict withheld ({reason}): {', '.join(names[:4])}{f' and {len(names) - 4} more' if len(names) > 4 else ''}"
        for reason, names in withheld.items()
    ]
    return [*reasons, *result.notes]


def check_places(report: Path | None, picture: Path | None, inputs: Sequence[Path]) -> None:
    """Refuse what could not be written in the end, before the resampling.

    Raises:
        InputError: an ending that is not offered, a folder that is not there, an input that would be lost.
    """
    for what, path, endings in (("a report", report, ENDINGS), ("a picture", picture, PICTURES)):
        if path is None:
            continue
        if path.suffix not in endings:
            raise InputError(f"{what} ends in {', '.join(endings)}, not {path.suffix!r}", where=str(path))
        if not path.absolute().parent.is_dir() or path.is_dir():
            raise InputError("cannot be written there", where=str(path), fix="Name a file in a folder that exists.")
        if path.resolve() in {one.resolve() for one in inputs}:
            raise InputError("is one of the tables to compare", where=str(path), fix="Choose another name.")
    if picture and importlib.util.find_spec("matplotlib") is None:
        raise InputError("matplotlib is not installed", fix="Install the extra: porenet[plot].")


def write(result: Result, path: Path) -> None:
    """Write the comparison, in the form that the ending names (`check_places`).

    Raises:
        InputError: the file cannot be written.
    """
    rows = [one.as_row() for one in result.comparisons]
    if path.suffix == ".json":
        text = json.dumps({"comparisons": rows, "notes": list(result.notes)}, indent=2) + "\n"
    elif path.suffix == ".md":
        text = markdown(result)
    else:
        text = _csv(rows)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from error


def plot(result: Result, path: Path) -> None:
    """Draw the distribution of every quantity, the reference beside the runs.

    Raises:
        InputError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    quantities = list(dict.fromkeys(one.quantity for one in result.comparisons))
    across = min(4, len(quantities))
    down = -(-len(quantities) // across)
    figure = Figure(figsize=(3.2 * across, 2.6 * down), layout="constrained")
    for number, quantity in enumerate(quantities):
        axes = figure.add_subplot(down, across, number + 1)
        groups = {name: found[quantity].values for name, found in result.samples.items() if quantity in found}
        values = [[one for one in group if not isinstance(one, Undefined)] for group in groups.values()]
        for place, group in enumerate(values, start=1):
            # A fixed jitter: points side by side, the same picture every time.
            offsets = [place + 0.25 * ((i * 0.618034) % 1 - 0.5) for i in range(len(group))]
            axes.plot(offsets, group, ".", markersize=3, alpha=0.5, color=f"C{place - 1}")
        axes.boxplot(values, widths=0.5, showfliers=False, medianprops={"color": "black"})
        axes.set_xticks(
            range(1, len(groups) + 1),
            [f"{name}\n{len(kept)}/{len(group)}" for (name, group), kept in zip(groups.items(), values, strict=True)],
            fontsize=7,
        )
        axes.set_title(label(quantity, result), fontsize=8)
        axes.set_ylabel("" if quantity.unit == "1" else quantity.unit, fontsize=7)
        axes.tick_params(axis="y", labelsize=7)
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be drawn: {error}", where=str(path)) from error


def _cell(one: Comparison) -> str:
    span = f" [{one.interval.low:.3f}, {one.interval.high:.3f}]" if isinstance(one.interval, Interval) else ""
    return f"{_value(one)}{span} {one.verdict.label}"


def _value(one: Comparison | None) -> str:
    if one is None or isinstance(one.similarity.value, Undefined):
        return "undefined"
    return f"{one.similarity.value:.3f}"


def _arrow(first: Comparison | None, last: Comparison | None) -> str:
    """Up or down where the intervals do not overlap, level where they do."""
    if first is None or last is None:
        return ""
    before, after = first.interval, last.interval
    if not isinstance(before, Interval) or not isinstance(after, Interval):
        return ""
    return "▲" if after.low > before.high else "▼" if after.high < before.low else "≈"


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    flat = [
        {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in row.items()}
        for row in rows
    ]
    writer = csv.DictWriter(text, list(flat[0]) if flat else ["run"])
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()
