"""How sure a number is: `measure --rev` and `measure --sensitivity`."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porenet.commands.console import PAGE_WIDTH, echo, echo_folded, echo_json, echo_table, progress_bar, secho
from porenet.commands.problems import partial_failures
from porenet.commands.sureness_options import Sureness
from porenet.commands.sureness_tables import effect_table, fit_table, sensitivity_table
from porenet.errors import command_wording

if TYPE_CHECKING:
    from porenet.measurement import Job, SensitivityRow, SizeEffect
    from porenet.measurement.derived_volumes import Progress
    from porenet.measurement.studies import Study, StudyReport


def study_volumes(
    job: Job, sureness: Sureness, output: Path | None, *, notes: Sequence[str], unknown: Sequence[Path], as_json: bool
) -> None:
    """Measure the derived volumes of each volume, and print what they say; ends the command.

    Args:
        job: volumes and metrics.
        sureness: what was asked for.
        output: table of the derived volumes; None for none.
        notes: of the search for volumes.
        unknown: files that are not volumes.
        as_json: whether to print JSON.
    """
    study = _size_study(sureness) if sureness.rev else _shift_study()
    report = _run(job, study, output)
    effects: dict[str, SizeEffect] = _effects(report, job) if sureness.rev else {}
    shifts: dict[str, list[SensitivityRow]] = {} if sureness.rev else _sensitivities(report)
    general = [*notes, *report.notes.pop("", [])]
    if sureness.plot and effects:
        from porenet.measurement.size_effect_picture import draw_size_effects

        general += draw_size_effects(effects, sureness.plot)
    if as_json:
        result = (
            {"rev": {name: effect.as_data() for name, effect in effects.items()}}
            if sureness.rev
            else {"sensitivity": {name: [row.as_data() for row in rows] for name, rows in shifts.items()}}
        )
        about = {
            "output": output,
            "plot": sureness.plot if effects else None,
            "count": report.count,
            "errors": _errors(report),
        }
        volume_notes = {name: list(map(command_wording, texts)) for name, texts in report.notes.items() if texts}
        texts = {"notes": list(map(command_wording, general)), "volume_notes": volume_notes, "unknown": list(unknown)}
        _echo_messages([], report)
        echo_json({**result, **about, **texts}, partial_failures(_errors(report)))
    else:
        for name in report.rows:
            _echo_volume(name, effects.get(name), shifts.get(name, []), report.notes.get(name, []))
        _echo_messages(general, report)
        for path in filter(None, (output, sureness.plot if effects else None)):
            echo(f"Wrote {path}.")
    click.get_current_context().exit(1 if report.errors else 0)


def _size_study(sureness: Sureness) -> Study[Any]:
    from porenet.measurement.studies import Study
    from porenet.measurement.sub_boxes import box_sizes
    from porenet.measurement.sub_volume_sizes import sub_volumes

    return Study(
        {"study": "size effect", "boxes": sureness.boxes, "seed": sureness.seed},
        functools.partial(box_sizes, boxes=sureness.boxes, seed=sureness.seed),
        sub_volumes,
    )


def _shift_study() -> Study[Any]:
    from porenet.measurement.sensitivities import moved_phases, shifted_volumes
    from porenet.measurement.studies import Study

    return Study(
        {"study": "sensitivity"}, moved_phases, lambda volume, plan, name: shifted_volumes(volume, plan[0], name)
    )


def _run(job: Job, study: Study[Any], output: Path | None) -> StudyReport[Any]:
    from porenet.measurement.studies import run_study

    with ExitStack() as stack:

        def planned(count: int) -> Progress:
            return stack.enter_context(progress_bar("measuring", count))

        try:
            return run_study(job, study, output, planned=planned)
        except KeyboardInterrupt:
            if output:
                echo(f"\nStopped. The values so far are in {output}.partial; the same command continues.", err=True)
            raise


def _effects(report: StudyReport[Any], job: Job) -> dict[str, SizeEffect]:
    from porenet.measurement.sub_volume_sizes import size_effect_of

    return {
        name: size_effect_of(rows, report.plans[name], job.grid.grid.voxel_um, notes=report.notes[name], name=name)
        for name, rows in report.rows.items()
    }


def _sensitivities(report: StudyReport[Any]) -> dict[str, list[SensitivityRow]]:
    from porenet.measurement.sensitivities import sensitivity_of

    for name in report.rows:
        report.notes[name] = [*report.plans[name][1], *report.notes[name]]
    return {name: sensitivity_of(rows, report.plans[name][0], name) for name, rows in report.rows.items()}


def _errors(report: StudyReport[Any]) -> dict[str, list[str]]:
    return {name: list(map(command_wording, messages)) for name, messages in report.errors.items()}


def _echo_messages(notes: Sequence[str], report: StudyReport[Any]) -> None:
    for note in notes:
        secho(f"note: {command_wording(note)}", fg="yellow", err=True)
    for message in itertools.chain(*_errors(report).values()):
        secho(f"error: {message}", fg="red", err=True)


def _echo_volume(name: str, effect: SizeEffect | None, shifts: Sequence[SensitivityRow], notes: Sequence[str]) -> None:
    echo(name)
    echo()
    if effect is not None:
        echo_table(effect_table(effect))
        echo()
        echo_table(fit_table(effect), width=PAGE_WIDTH)
    else:
        echo_table(sensitivity_table(shifts))
    echo()
    for note in [*_undefined(effect, shifts), *notes, *(_LEGEND_OF_SIZES if effect else _LEGEND_OF_SHIFTS)]:
        echo_folded(command_wording(note))
    echo()


def _undefined(effect: SizeEffect | None, shifts: Sequence[SensitivityRow]) -> Iterator[str]:
    """Why values are undefined, each reason once."""
    if effect is not None:
        for (_, metric, key), sizes in effect.sizes.items():
            reasons = dict.fromkeys(reason for size in sizes for reason in size.undefined)
            if reasons:
                yield f"{metric} {key}, undefined: {'; '.join(reasons)}."
    by_reason: dict[str, dict[str, None]] = {}
    for row in shifts:
        for value, reason in (row.doubled, *row.shifts.values()):
            if value is None:
                by_reason.setdefault(reason, {})[f"{row.measured['metric']} {row.measured['key']}"] = None
    for reason, quantities in by_reason.items():
        yield f"undefined: {reason} ({', '.join(quantities)})."


_LEGEND_OF_SIZES = (
    "boxes: measured, of those that fit side by side; a box is open where it is cut, and percolation, connectivity and "
    "active triple lines refer to its own faces.",
    "error: half of the 95 % interval of the value of one box, relative to the mean. Of the whole volume it is that of "
    "the largest boxes, falling as 1 / sqrt(volume), of sections as 1 / sqrt(area), by Student's t for their number.",
    "representative: the edge from which on every box has a value, the mean is that of the whole volume within 10 %, "
    "and the error is at most 10 %.",
)
_LEGEND_OF_SHIFTS = (
    "moves: the phase that grows by so many voxels (below 0: shrinks) at the expense of its neighbours, on a grid of "
    "twice the resolution, whose unmoved value is under 0: a metric that depends on the resolution differs there.",
    "per voxel: change between -0.5 and +0.5, of what cannot be measured there twice the change of the one side.",
)
