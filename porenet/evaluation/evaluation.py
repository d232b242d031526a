"""Evaluation of generators against real structures, into a folder that the same call goes on from."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.comparison import Result, compare
from porenet.config import GridFile
from porenet.errors import InputError, argument
from porenet.evaluation.conditions import Condition, conditions_of
from porenet.evaluation.grid_words import grid_words
from porenet.evaluation.measured_runs import Progress, compared_metrics, measured, requests_for_runs, structure_files
from porenet.evaluation.real_structures import RealStructures, check_sides
from porenet.evaluation.report import REAL, described
from porenet.evaluation.runs_of_generators import Source, about, runs_of
from porenet.evaluation.sample_folder import Samples, drawn_samples, sample_record
from porenet.evaluation.sample_reading import read_samples
from porenet.interface import Grid
from porenet.measurement import Job

REPORT = "evaluation.json"
MOST = 100_000
"""Most structures per run: they are in memory at the end."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Result of `evaluate`.

    Attributes:
        report: everything, JSON-ready; ``evaluation.json`` of the folder holds it too.
        result: the comparison.
        runs: name of each generator -> the names of its runs, one per repeat.
        errors: volume -> messages on why it could not be measured.
        notes: remarks for the reader.
    """

    report: dict[str, Any]
    result: Result
    runs: Mapping[str, Sequence[str]]
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Sequence[str] = ()


def evaluate(
    real: RealStructures,
    generators: Mapping[str, Source | Sequence[Source]],
    *,
    folder: Path | str,
    n: int = 50,
    seed: int = 0,
    repeats: int = 1,
    shape: Sequence[int] | None = None,
    training: RealStructures | None = None,
    conditions: Sequence[Condition] = (),
    metrics: Sequence[str] = (),
    workers: int | None = None,
    n_boot: int = 2000,
    progress: Progress = lambda *_: nullcontext(lambda _: None),
) -> Evaluation:
    """Draw structures, measure them, and compare them with real ones.

    The folder gets the structures (``NAME/``), the tables ``real.json`` and ``NAME.json``, from which `porenet.compare`
    comes to the same verdicts, and ``evaluation.json``. An interrupted evaluation goes on with the same call.

    Args:
        real: structures to compare with.
        generators: name -> a function ``generator(seed, condition)``, see `decoded`; or a folder of structures; or
            several of them, its repeats: one per seed of its training, for example. A function with an attribute
            ``about``, a mapping, has it in the report, and a folder of structures of another one is refused.
        folder: for what is written.
        n: number of structures per run; folders are taken whole.
        seed: of noise and conditions, 0 or more; repeat k has ``seed + k``.
        repeats: number of sets of structures that are drawn from each generator that is one function.
        shape: voxels (Z, Y, X) of the structures to make; default: those of the conditions.
        training: what the generators were trained on: conditions are measured on it, and copies of it are looked for;
            default: the real structures.
        conditions: what generators are asked for, in place of those of ``training``; of folders, by the names of their
            structures, unless ``conditions.json`` lies in the folder.
        metrics: further metrics to measure and compare.
        workers: number of processes that measure; default: one per core.
        n_boot: number of resamples per interval.
        progress: called with what is being done and the number of steps.

    Raises:
        InputError: an argument is out of range, a generator failed or returned no structure, the folder holds something
            else or structures of another generator, or it cannot be written.

    Example:
        >>> import tempfile
        >>> from porenet import evaluation, synthetic
        >>> def electrode(seed, shape, fractions):
        ...     return synthetic.skewed_fields(
        ...         shape, voxel_um=0.1, lengths_um=0.3, skews=0, fractions=fractions, seed=seed
        ...     )
        >>> real = [electrode(seed, (12, 12, 12), (0.36, 0.34, 0.30)) for seed in range(3)]
        >>> def generate(seed, condition):
        ...     return electrode(seed, condition.shape, list(condition.vf.values())).labels
        >>> structures, few = evaluation.RealStructures.of(real), {"n": 3, "n_boot": 100, "workers": 1}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     answer = evaluation.evaluate(structures, {"smooth": generate}, folder=folder, **few)
        >>> answer.report["without_network"]["smooth"]["pore"]["of"]
        3
    """
    for name, structures in (("real", real), ("training", real if training is None else training)):
        _refuse_other_types(structures, name)
    place = Path(folder)
    runs = runs_of(generators, repeats)
    _check(n, seed)
    n, seed = int(n), int(seed)  # of numpy they could not be written
    _claim(place)
    trained_on = training or real
    _refuse_other_grid(trained_on.grid, real, "training")
    asked = tuple(conditions) or conditions_of(trained_on.volumes, trained_on.names)
    _refuse_other_grid(asked[0].grid, real, "conditions")
    if shape is not None:
        check_sides(shape, real.grid, "shape")
        asked = tuple(dataclasses.replace(condition, shape=tuple(map(int, shape))) for condition in asked)
    requests = requests_for_runs(real, metrics)
    notes: list[str] = []
    errors: dict[str, Sequence[str]] = {}
    tables = {name: place / f"{name}.json" for name in (REAL, *(name for several in runs.values() for name in several))}
    for several in runs.values():
        for number, (name, source) in enumerate(several.items()):
            if not isinstance(source, Path) and (place / name).exists():
                sample_record(place / name, asked, seed=seed + number, source=about(source))
    job = real.job(requests) if real.files else structure_files(real, place / REAL).job(requests)
    measured(REAL, job, tables[REAL], workers, progress, notes, errors)
    _write(place, {"finished": False})  # only now: a report stays whole where the call is refused
    samples: dict[str, Samples] = {}
    for several in runs.values():
        for number, (name, source) in enumerate(several.items()):
            samples[name] = _samples(name, source, place, real, asked, n, seed + number, progress)
            notes += [f"{name} {note}" for note in samples[name].notes]
            grid_file = (
                real.grid_file if isinstance(source, Path) else GridFile(real.grid, {}, real.grid_file.reservoirs)
            )
            reading = real.reading if isinstance(source, Path) else {}
            job = Job(samples[name].files, grid_file, requests, reading, {})
            measured(name, job, tables[name], workers, progress, notes, errors)
    with progress("comparing", None) as advance:
        result = compare(
            tables[REAL], {name: tables[name] for name in samples}, metrics=compared_metrics(requests), n_boot=n_boot,
            seed=seed, progress=lambda done, total: advance(f"{done} of {total}"),
        )  # fmt: skip
    names_of = {generator: list(names) for generator, names in runs.items()}
    settings = {
        "n": n,
        "seed": seed,
        "generators": {name: about(source) for each in runs.values() for name, source in each.items()},
    }
    with progress("looking for copies", None) as advance:
        report = described(result, tables, samples, names_of, real, trained_on, settings, advance)
    report["notes"] = [*notes, *report["notes"]]
    report["errors"] += [message for messages in errors.values() for message in messages]
    _write(place, {"finished": True} | report)
    return Evaluation(report, result, names_of, errors, notes)


def _refuse_other_types(structures: object, name: str) -> None:
    if not isinstance(structures, RealStructures):
        raise InputError(
            f"RealStructures were expected, not {type(structures).__name__}",
            where=argument(name),
            fix="porenet.evaluation.RealStructures.of makes them of volumes, and read_structures of files.",
        )


def _check(n: int, seed: int) -> None:
    if not isinstance(n, Integral) or not 1 <= n <= MOST:
        raise InputError(f"a whole number from 1 to {MOST} was expected, not {n}", where=argument("n"))
    if not isinstance(seed, Integral) or seed < 0:
        raise InputError(f"a whole number, 0 or more, was expected, not {seed}", where=argument("seed"))


def _refuse_other_grid(grid: Grid, real: RealStructures, name: str) -> None:
    if grid != real.grid:
        raise InputError(
            f"{grid_words(grid)}, and the real structures have {grid_words(real.grid)}",
            where=argument(name),
            fix="State structures of the same phases and voxels.",
        )


def _claim(folder: Path) -> None:
    """Take a folder, so that nothing but an evaluation's own is replaced.

    Raises:
        InputError: something else lies in it, or it cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / REPORT).exists():
            raise InputError("holds what no evaluation wrote", where=str(folder), fix="Name another folder.")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise formats.write_error(folder, error) from error
    if not (folder / REPORT).exists():
        _write(folder, {"finished": False})


def _write(folder: Path, report: Mapping[str, Any]) -> None:
    formats.write_whole(folder / REPORT, json.dumps(report, indent=1, allow_nan=False).encode() + b"\n")


def _samples(
    name: str,
    source: Source,
    place: Path,
    real: RealStructures,
    conditions: Sequence[Condition],
    n: int,
    seed: int,
    progress: Progress,
) -> Samples:
    if isinstance(source, Path):
        with progress(f"reading {name}", None) as advance:
            return read_samples(source, real, conditions, advance)
    with progress(f"drawing {name}", n) as advance:
        return drawn_samples(place / name, source, conditions, n=n, seed=seed, source=about(source), progress=advance)
