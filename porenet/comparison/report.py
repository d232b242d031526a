"""Output of a comparison: table, Markdown, CSV, JSON and plot."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.comparison.comparison import Comparison, Result
from porenet.comparison.resampling import Ceiling, Interval
from porenet.comparison.samples import Quantity
from porenet.errors import InputError
from porenet.interface import Undefined

ENDINGS = (".md", ".csv", ".json")
PICTURES = (".png", ".svg", ".pdf")


def table_columns(result: Result) -> list[str]:
    """Headings of the table: one per run; for several runs also the change from the first to the last."""
    runs = run_names(result)
    change = [f"{runs[0]} → {runs[-1]}"] if len(runs) > 1 else []
    return ["quantity", "unit", "score", *runs, *change, "ceiling", "defined"]


def table_lines(result: Result) -> list[list[str]]:
    """The table: one line per quantity and score."""
    runs = run_names(result)
    by_line: dict[tuple[Quantity, str], dict[str, Comparison]] = {}
    for comparison in result.comparisons:
        by_line.setdefault((comparison.quantity, comparison.score), {})[comparison.run] = comparison
    table = []
    for (quantity, score), by_run in by_line.items():
        cells = [_cell(by_run[run]) if run in by_run else "not measured" for run in runs]
        change = []
        if len(runs) > 1:
            first, last = by_run.get(runs[0]), by_run.get(runs[-1])
            change = [f"{_value(first)} → {_value(last)} {_arrow(first, last)}".rstrip()]
        ceilings = [row.ceiling for row in by_run.values() if isinstance(row.ceiling, Ceiling)]
        top = ", ".join(dict.fromkeys(f"{ceiling.value:.3f}" for ceiling in ceilings)) or "none"
        similarities = [row.similarity for row in by_run.values()]
        valid = ", ".join(dict.fromkeys(f"{value.n_valid}/{value.n_total}" for value in similarities))
        table.append([label(quantity, result), quantity.unit, score, *cells, *change, top, valid])
    return table


def label(quantity: Quantity, result: Result) -> str:
    """Name of a quantity, with the parameters that distinguish it from others of the same name."""
    quantities = {comparison.quantity for comparison in result.comparisons}
    rivals = {other.params for other in quantities if other.name == quantity.name}
    if len(rivals) == 1:
        return quantity.name
    params = json.loads(quantity.params)
    differing = [key for key in params if len({json.dumps(json.loads(other).get(key)) for other in rivals}) > 1]
    return f"{quantity.name} ({', '.join(f'{key}={params[key]}' for key in differing)})"


def run_names(result: Result) -> list[str]:
    """Names of the runs, in the order of the call."""
    return [name for name in result.samples if name != "reference"]


def markdown(result: Result) -> str:
    """The table in Markdown, followed by the footnotes."""
    rows = [table_columns(result), ["---"] * len(table_columns(result)), *table_lines(result)]
    text = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
    return (
        "\n".join(
            [text, "", *(f"- error: {error}" for error in result.errors), *(f"- {note}" for note in footnotes(result))]
        )
        + "\n"
    )


def footnotes(result: Result) -> list[str]:
    """Withheld verdicts with their reasons, then the notes."""
    withheld: dict[str, list[str]] = {}
    for row in result.comparisons:
        if row.verdict.label == "withheld":
            withheld.setdefault(row.verdict.reason, []).append(f"{row.quantity.name} ({row.score}, {row.run})")
    reasons = [
        f"verdict withheld ({reason}): {', '.join(names[:4])}{f' and {len(names) - 4} more' if len(names) > 4 else ''}"
        for reason, names in withheld.items()
    ]
    return [*reasons, *result.notes]


def check_places(report: Path | None, picture: Path | None, inputs: Sequence[Path]) -> None:
    """Refuse output paths that cannot be written, before the resampling.

    Raises:
        InputError: unknown file ending, missing folder, a path that would overwrite an input, or matplotlib missing.
    """
    for kind, path, endings in (("a report", report, ENDINGS), ("a picture", picture, PICTURES)):
        if path is None:
            continue
        if path.suffix not in endings:
            raise InputError(f"{kind} ends in {', '.join(endings)}, not {path.suffix!r}", where=str(path))
        if not path.absolute().parent.is_dir() or path.is_dir():
            raise InputError("cannot be written there", where=str(path), fix="Name a file in a folder that exists.")
        if path.resolve() in {table.resolve() for table in inputs}:
            raise InputError("is one of the tables to compare", where=str(path), fix="Choose another name.")
    if picture and importlib.util.find_spec("matplotlib") is None:
        raise InputError("matplotlib is not installed", fix="Install the extra: porenet[plot].")


def write(result: Result, path: Path) -> None:
    """Write the comparison in the format given by the file ending (`check_places`).

    Raises:
        InputError: the file cannot be written.
    """
    rows = [comparison.as_row() for comparison in result.comparisons]
    if path.suffix == ".json":
        text = (
            json.dumps({"comparisons": rows, "notes": list(result.notes), "errors": list(result.errors)}, indent=2)
            + "\n"
        )
    elif path.suffix == ".md":
        text = markdown(result)
    else:
        text = _csv(rows)
    formats.write_whole(path.resolve(), formats.writable(text).encode())  # a link stays a link


def plot(result: Result, path: Path) -> None:
    """Plot the distribution of every quantity, the reference beside the runs.

    Raises:
        InputError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    quantities = list(dict.fromkeys(comparison.quantity for comparison in result.comparisons))
    across = min(4, len(quantities))
    down = -(-len(quantities) // across)
    figure = Figure(figsize=(3.2 * across, 2.6 * down), layout="constrained")
    for number, quantity in enumerate(quantities):
        axes = figure.add_subplot(down, across, number + 1)
        groups = {name: table[quantity].values for name, table in result.samples.items() if quantity in table}
        values = [[value for value in group if not isinstance(value, Undefined)] for group in groups.values()]
        for place, group in enumerate(values, start=1):
            # A fixed jitter sets the points side by side and gives the same picture every time.
            offsets = [place + 0.25 * ((i * 0.618034) % 1 - 0.5) for i in range(len(group))]
            axes.plot(offsets, group, ".", markersize=3, alpha=0.5, color=f"C{place - 1}")
        axes.boxplot(values, widths=0.5, showfliers=False, medianprops={"color": "black"})
        axes.set_xticks(
            range(1, len(groups) + 1),
            [f"{name}\n{len(valid)}/{len(group)}" for (name, group), valid in zip(groups.items(), values, strict=True)],
            fontsize=7,
        )
        axes.set_title(label(quantity, result), fontsize=8)
        axes.set_ylabel("" if quantity.unit == "1" else quantity.unit, fontsize=7)
        axes.tick_params(axis="y", labelsize=7)
    try:
        with formats.draft_of(path.resolve()) as draft:
            figure.savefig(draft, dpi=150, format=path.suffix[1:])
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"cannot be drawn: {error}", where=str(path)) from error


def _cell(row: Comparison) -> str:
    span = f" [{row.interval.low:.3f}, {row.interval.high:.3f}]" if isinstance(row.interval, Interval) else ""
    return f"{_value(row)}{span} {row.verdict.label}"


def _value(row: Comparison | None) -> str:
    if row is None or isinstance(row.similarity.value, Undefined):
        return "undefined"
    return f"{row.similarity.value:.3f}"


def _arrow(first: Comparison | None, last: Comparison | None) -> str:
    """▲ or ▼ if the intervals do not overlap, ≈ if they do, empty if one is missing."""
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
