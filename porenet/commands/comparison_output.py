"""Output of `compare` for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from porenet.commands.comparison_inputs import Tables
from porenet.commands.console import PAGE_WIDTH, echo, echo_folded, echo_table, secho, table_of
from porenet.errors import command_wording

if TYPE_CHECKING:
    from porenet.comparison import Result

NAME_WIDTH = 14
"""Characters of a run's name per line of a heading, as many as its numbers take."""


def echo_measurement(tables: Tables, errors: Mapping[str, Sequence[str]]) -> None:
    """Print what there is to know of the measurement of folders: notes, errors by volume, the tables that are kept."""
    for note in tables.notes:
        secho(f"note: {command_wording(note)}", fg="yellow", err=True)
    for messages in errors.values():
        for message in messages:
            secho(f"error: {message}", fg="red", err=True)
    if tables.saved:
        for table in tables.sources:
            echo(f"Measured into {table}.")


def echo_result(result: Result, scores: Sequence[str], *, everything: bool) -> None:
    """Print summary and table of each run, the change between runs, the scores asked for, and the notes.

    Args:
        result: of `porenet.compare`.
        scores: names of the scores whose table is shown.
        everything: whether the tables list what matches too.
    """
    from porenet.comparison import decision_table, run_changes, score_table
    from porenet.comparison.decision_summary import summary

    for run in result.decisions:
        for line in summary(result, run):
            echo_folded(line)
        lines = decision_table.decision_lines(result, run, everything=everything)
        if lines:
            echo_table(table_of(decision_table.columns_of(run, width=NAME_WIDTH), lines, foldable=0), width=PAGE_WIDTH)
        if not everything and (match := decision_table.matching_line(result, run)):
            echo_folded(f"{match} (--all lists all)")
        echo()
    if change := run_changes.change_sentence(result):
        echo_folded(change)
        if lines := run_changes.change_lines(result):
            echo_table(
                table_of(run_changes.change_columns(result, width=NAME_WIDTH), lines, foldable=0), width=PAGE_WIDTH
            )
    if scores:
        echo_table(table_of(score_table.score_columns(result), score_table.score_lines(result, scores)))
    for error in result.errors:
        secho(f"error: {error}", fg="red", err=True)
    notes = decision_table.decision_notes(result)
    if scores:
        notes += score_table.score_footnotes(result, scores)
    for note in notes:
        echo_folded(f"note: {note}")
    if line := score_table.published_line(result):
        echo_folded(line)
