"""Output of `evaluate` for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from porenet.commands.comparison_output import echo_result
from porenet.commands.console import echo, echo_folded, echo_table, secho, table_of
from porenet.errors import command_wording, counted

if TYPE_CHECKING:
    from porenet.evaluation import Evaluation


def echo_evaluation(answer: Evaluation, *, everything: bool) -> None:
    """Print what is decided of each run, and what its structures are like; of several repeats, medians.

    Args:
        answer: of `porenet.evaluation.evaluate`.
        everything: whether the tables of `compare` are printed too, with what matches.
    """
    from porenet.comparison import summary
    from porenet.evaluation import report_lines

    for note in answer.notes:
        secho(f"note: {command_wording(note)}", fg="yellow", err=True)
    for messages in answer.errors.values():
        for message in messages:
            secho(f"error: {command_wording(message)}", fg="red", err=True)
    reference = answer.report["reference"]
    structures = counted(reference["count"], "structure")
    echo_folded(f"real: {reference['data']}; {structures}, {reference['independent']} independent")
    if everything:
        echo_result(answer.result, (), everything=True)
    else:
        for run in answer.report["runs"]:
            for line in summary(answer.result, run):
                echo_folded(line)
    echo()
    columns, lines = (
        (report_lines.repeat_columns, report_lines.repeat_lines)
        if answer.report["repeats"]
        else (report_lines.run_columns, report_lines.run_lines)
    )
    echo_table(table_of(columns(answer.report), lines(answer.report)))
