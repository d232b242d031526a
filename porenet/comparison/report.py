"""Report of a comparison: Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.comparison.comparison import Result
from porenet.comparison.decision_summary import summary
from porenet.comparison.decision_table import columns_of, decision_lines, decision_notes
from porenet.comparison.run_changes import change_columns, change_lines, change_sentence
from porenet.comparison.score_table import published_line, score_columns, score_footnotes, score_lines
from porenet.errors import InputError
from porenet.registry import require

ENDINGS = (".md", ".csv", ".json")
PICTURES = (".png", ".svg", ".pdf")


def document(result: Result) -> dict[str, Any]:
    """Everything about a comparison, JSON-ready: what ``porenet compare --json`` prints."""
    return {
        "decisions": {
            run: {"summary": summary(result, run)} | decision.as_row() for run, decision in result.decisions.items()
        },
        "files": {run: files.as_row() for run, files in result.identities.items()},
        "comparisons": [entry.as_row() for entry in result.comparisons],
        "notes": list(result.notes),
        "errors": list(result.errors),
    }


def markdown(result: Result) -> str:
    """Summary and whole table of each run, the change between runs, the scores, and the notes."""
    parts = []
    for run in result.decisions:
        parts += ["\n".join(f"- {line}" for line in summary(result, run))]
        parts += [_markdown_table(columns_of(run), decision_lines(result, run, everything=True))]
    if change_sentence(result):
        parts += [change_sentence(result), _markdown_table(change_columns(result), change_lines(result))]
    if result.comparisons or result.failures:
        parts += [_markdown_table(score_columns(result), score_lines(result))]
    notes = [*decision_notes(result), *score_footnotes(result), *filter(None, [published_line(result)])]
    parts.append("\n".join([*(f"- error: {error}" for error in result.errors), *(f"- {note}" for note in notes)]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [[heading.replace("\n", " ") for heading in columns], ["---"] * len(columns), *lines]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows) if lines else ""


def check_places(report: Path | None, picture: Path | None, inputs: Sequence[Path]) -> None:
    """Refuse output paths that cannot be written, before the resampling.

    Raises:
        InputError: unknown file ending, missing folder, or a path that would overwrite an input.
        MissingExtra: matplotlib is not installed.
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
    if picture:
        require("matplotlib", "a picture of the comparison", extra="plot")


def write(result: Result, path: Path) -> None:
    """Write the comparison in the format that the file ending names (`check_places`).

    Raises:
        InputError: the file cannot be written.
    """
    if path.suffix == ".json":
        text = json.dumps(document(result), indent=2, allow_nan=False) + "\n"
    elif path.suffix == ".md":
        text = markdown(result)
    else:
        text = _csv(_rows(result))
    formats.write_whole(path.resolve(), formats.writable(text).encode())  # a link stays a link


def _rows(result: Result) -> list[dict[str, Any]]:
    """One row per run and quantity: the decision, and beside it each score with its interval, ceiling and verdict."""
    scores: dict[tuple[str, Any], dict[str, Any]] = {}
    for entry in result.comparisons:
        row = entry.as_row()
        fields = ("value", "low", "high", "ceiling", "verdict", "reason")
        scores.setdefault((entry.run, entry.quantity), {}).update(
            {f"{entry.score}.{name}": row[name] for name in fields}
        )
    names = list(dict.fromkeys(name for row in scores.values() for name in row))
    return [
        {"run": run} | decision.as_row() | dict.fromkeys(names) | scores.get((run, quantity), {})
        for run, decisions in result.decisions.items()
        for quantity, decision in decisions.decisions.items()
    ]


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
