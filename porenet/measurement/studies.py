"""Studies of many volumes: each is measured in derived volumes, such as its sub-boxes, whose rows a journal keeps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from porenet import formats
from porenet.errors import InputError, PorenetError
from porenet.interface import Volume
from porenet.measurement.derived_volumes import Derived, Progress, measure_derived
from porenet.measurement.journal import Evidence, Journal
from porenet.measurement.many_volumes import Job, identity_of
from porenet.measurement.one_volume import read_volume
from porenet.measurement.row import Row

Plan = TypeVar("Plan")
RowsByName = dict[str, list[Row]]


@dataclass(frozen=True)
class Study(Generic[Plan]):
    """How each volume is studied.

    Attributes:
        description: JSON-ready; the journal of a study that is described otherwise is refused.
        plan: what is to be done with a volume; raises `InputError` where nothing can.
        derived: the volumes that a plan derives from a volume of some name, the reference first.
    """

    description: Mapping[str, Any]
    plan: Callable[[Volume], Plan]
    derived: Callable[[Volume, Plan, str], list[Derived]]


@dataclass
class StudyReport(Generic[Plan]):
    """Outcome of a study.

    Attributes:
        plans: name of a volume -> its plan, for each volume that was measured.
        rows: name of a volume -> name of each derived volume -> its rows.
        notes: name of a volume -> what the reader should know; under ``""`` of the journal.
        errors: name of a volume -> its error messages.
        count: number of rows in the table.
    """

    plans: dict[str, Plan] = field(default_factory=dict)
    rows: dict[str, RowsByName] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0


def run_study(
    job: Job,
    study: Study[Plan],
    table: Path | None,
    *,
    planned: Callable[[int], Progress] = lambda _: lambda _: None,
) -> StudyReport[Plan]:
    """Study every volume of a job, in this process; continue where a killed process stopped.

    Args:
        job: volumes and metrics.
        study: how each is studied.
        table: table of the rows of all derived volumes, ``.json`` or ``.csv``, with a journal beside it until it is
            complete; None: neither is written.
        planned: called with the number of derived volumes; what it returns is called with the name of each that has
            been measured, or was by an earlier process.

    Raises:
        InputError: the table cannot be written, is being written, or was started for another study.
    """
    report: StudyReport[Plan] = StudyReport()
    plans: dict[str, tuple[Plan, list[str], str]] = {}
    for name, path in job.volumes.items():
        try:
            volume, sha256 = _read(job, path)
        except PorenetError as error:
            report.errors[name] = [error.wording]
            continue
        try:
            plan = study.plan(volume)
        except InputError as error:
            report.errors[name] = [error.wording.after(f"{path}: ")]
            continue
        plans[name] = plan, [item.name for item in study.derived(volume, plan, name)], sha256
    stamps = {derived: sha256 for _, names, sha256 in plans.values() for derived in names}
    advance = planned(len(stamps))
    stamps |= dict.fromkeys(report.errors, "")
    with Journal(table, identity_of(job) | dict(study.description), stamps) if table else nullcontext() as journal:
        earlier = _rows_by_name(journal)
        if journal:
            for name, errors in report.errors.items():
                journal.add(name, [], errors)
        for name, (plan, names, sha256) in plans.items():
            measured = {derived: earlier[derived] for derived in names if derived in earlier}

            def keep(derived: str, rows: list[Row], sha256: str = sha256) -> None:
                if journal:
                    journal.add(derived, rows, evidence=Evidence("", sha256))

            try:
                volume = _unchanged(job, name, sha256)
                report.rows[name], report.notes[name] = measure_derived(
                    study.derived(volume, plan, name),
                    job.requests,
                    sha256=sha256,
                    measured=measured,
                    keep=keep,
                    progress=advance,
                )
                report.plans[name] = plan
            except PorenetError as error:
                report.errors[name] = [error.wording.after(f"{job.volumes[name]}: ")]
                if journal:
                    _mark_failed(journal, names, report.errors[name])
        if journal:
            report.count = journal.finish()
            report.notes[""] = list(journal.notes)
    return report


def _read(job: Job, path: Path) -> tuple[Volume, str]:
    return formats.read_with_fingerprint(
        path, lambda: read_volume(path, job.grid, job.options), file_format=job.options.get("file_format")
    )


def _unchanged(job: Job, name: str, sha256: str) -> Volume:
    volume, now = _read(job, job.volumes[name])
    if now != sha256:
        raise InputError("changed since the measurement began", fix="Start the same command again.")
    return volume


def _rows_by_name(journal: Journal | None) -> RowsByName:
    rows = journal.rows() if journal else ()
    return {str(name): list(group) for name, group in itertools.groupby(rows, key=lambda row: row["volume"])}


def _mark_failed(journal: Journal, names: list[str], errors: list[str]) -> None:
    """Keep the journal behind the table, so that the same command tries again what is missing."""
    missing = [name for name in names if name not in journal.done]
    if missing:
        journal.add(missing[0], [], errors)
