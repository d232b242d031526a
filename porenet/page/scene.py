"""The scene: everything that the page shows, as JSON-ready data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.config import GridFile
from porenet.interface import Volume
from porenet.measurement.opened_volume import opened_volume
from porenet.measurement.whole_volume import notes_of_large_section
from porenet.page.comparison_table import comparison_table
from porenet.page.counters import METRICS
from porenet.page.run_record import RunRecord, record_of
from porenet.page.sources import Source, names_of
from porenet.page.structure import StructureOptions
from porenet.page.supply import Role, parse_roles
from porenet.page.survey import Choice, order_of, survey_of
from porenet.page.views import View, view_of

FORMAT = 4
"""Version of the scene's format; the page refuses others."""

WORDS: Mapping[Choice, str] = {
    "typical": "those nearest to the median of all",
    "worst": "the worst: those in which most is stopped",
    "first": "the first by name",
}


@dataclass(frozen=True, slots=True)
class PageInput:
    """One argument of the page, and how its volumes are read.

    Attributes:
        source: the run or volumes that it names.
        grid: phases, file values, voxel edges (um), boundaries, reservoirs.
        reading: further keywords of `porenet.formats.read`.
    """

    source: Source
    grid: GridFile
    reading: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageOptions:
    """The user's options for the page.

    Attributes:
        title: page title; empty: the names of the arguments.
        triple: the three phases of the triple-phase boundary; None: those of a grid of three phases.
        roles: role of each phase (``electrons``, ``ions``, ``gas``), in addition to the roles known by name.
        max_edge: largest number of voxels drawn per axis; None: that of the view.
        comparison: comparison to show (JSON), or None.
        structures: largest number of structures shown per run or folder.
        choice: which of them: the ``typical`` ones, the ``worst``, or the ``first`` by name.
        survey: largest number of structures measured per run or folder for its shares and the choice; 0: none.
        memory: bytes that the process may take; a larger volume is read layer by layer; None: half of what is free.
    """

    title: str = ""
    triple: tuple[str, str, str] | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    max_edge: int | None = None
    comparison: Path | None = None
    structures: int = 2
    choice: Choice = "typical"
    survey: int = 100
    memory: int | None = None


def steps_of(inputs: Sequence[PageInput], options: PageOptions) -> int:
    """Largest number of calls of ``progress`` by `scene_of`."""
    counts = [len(page_input.source.volumes) for page_input in inputs]
    of_structures = sum(min(count, options.structures) for count in counts) * (len(METRICS) + 2)
    return of_structures + sum(min(count, options.survey) for count in counts if count > 1)


def scene_of(
    inputs: Sequence[PageInput], options: PageOptions, progress: Callable[[str], object] = lambda _: None
) -> dict[str, Any]:
    """Measure the structures and collect everything that the page shows.

    Args:
        inputs: the arguments of the page.
        options: the user's options.
        progress: called with a short text on each finished part.

    Returns:
        The scene, JSON-ready.

    Raises:
        InputError, ConfigError, PluginError: a volume, a run, an option or a metric is wrong.
    """
    table = comparison_table(options.comparison) if options.comparison else None
    roles = parse_roles(options.roles, [phase for page_input in inputs for phase in page_input.grid.grid.phases])
    names = names_of(page_input.source for page_input in inputs)
    grids = [page_input.grid for page_input in inputs]
    view = view_of(list(zip(names, grids, strict=True)), options.choice, options.max_edge)
    structures: list[dict[str, Any]] = []
    runs: list[dict[str, Any]] = []
    notes: dict[str, list[str]] = {}
    for name, page_input in zip(names, inputs, strict=True):
        own_structures, shares, structure_notes = _structures(name, page_input, options, roles, view, progress)
        run, run_notes = _run(name, page_input.source)
        numbers = range(len(structures), len(structures) + len(own_structures))
        structures += [structure | {"run": len(runs)} for structure in own_structures]
        runs.append(run | {"structures": list(numbers), "shares": shares})
        for note in (*structure_notes, *run_notes):
            notes.setdefault(note, []).append(name)
    absent = [run for run in table["columns"] if run not in names] if table else []
    if absent:
        notes.setdefault(f"no structures of {', '.join(absent)} are on this page", []).append("scores")
    return {
        "format": FORMAT,
        "title": options.title or f"porenet: {', '.join(names)}",
        "made_with": f"porenet {version('porenet')}",
        "runs": runs,
        "structures": structures,
        "comparison": table,
        "notes": [f"{', '.join(concerned)}: {note}" for note, concerned in notes.items()],
    }


def _structures(
    name: str,
    page_input: PageInput,
    options: PageOptions,
    roles: Mapping[str, Role],
    view: View,
    progress: Callable[[str], object],
) -> tuple[list[dict[str, Any]], list[dict[str, str]], list[str]]:
    """The structures of an argument that are shown, the shares of all, and the notes on them."""
    source, supply = page_input.source, view.supply_of(page_input.grid, options.triple, roles)
    requests = view.requests_of(page_input.grid, supply)
    structure_options = StructureOptions(supply, requests, options.max_edge or view.max_edge, options.memory)
    chosen, shares, choice_notes = _chosen(name, page_input, options, structure_options, progress)
    notes = [*supply.notes, *choice_notes]
    structures = []
    for title in chosen:
        path = source.volumes[title]
        volume = opened_volume(
            path, page_input.grid, page_input.reading, options.memory, whole=page_input.grid.grid.dims == 3
        )
        progress(title)
        step = partial(view.structure_of, volume, structure_options, _metric_progress(f"{name} {title}", progress))
        if isinstance(volume, Volume):
            notes += notes_of_large_section(volume, title, options.memory)
            structure = step()
        else:
            structure = formats.read_unchanged(path, step, file_format=page_input.reading.get("file_format"))
        inside = path.relative_to(source.path).as_posix() if path != source.path else ""
        structures.append({"name": title, "source": f"{source.display_path}/{inside}".rstrip("/")} | structure)
        if structure["coarsened"]:
            size = " x ".join(map(str, volume.shape))
            kind = "pixels" if volume.grid.dims == 2 else "voxels"
            notes.append(f"{title} has {size} {kind}, too many to draw; {structure['coarsened']['note']}")
    return structures, shares, notes


def _chosen(
    name: str,
    page_input: PageInput,
    options: PageOptions,
    measured: StructureOptions,
    progress: Callable[[str], object],
) -> tuple[list[str], list[dict[str, str]], list[str]]:
    """Names of the structures to show, the shares of all that were looked at, and notes on the choice."""
    volumes, most = page_input.source.volumes, options.structures
    first, count = list(volumes)[:most], len(volumes)
    if count == 1 or not options.survey:
        notes = [f"only the first {len(first)} of {count} structures (by name) are shown"] if count > most else []
        return first, [], notes
    looked_at = dict(list(volumes.items())[: options.survey])
    survey = survey_of(
        looked_at, page_input.grid, page_input.reading, measured, lambda title: progress(f"{name} {title}: survey")
    )
    chosen = order_of(survey, options.choice, measured.supply, page_input.grid.grid.phases)[:most]
    notes = list(survey.notes)
    if len(looked_at) < count:
        notes.append(f"only the first {len(looked_at)} of {count} structures (by name) were looked at (--survey)")
    if len(chosen) < len(survey.structures):
        notes.append(f"{len(chosen)} of {len(survey.structures)} structures are shown: {WORDS[options.choice]}")
    return chosen, [dict(share) for share in survey.shares], notes


def _run(name: str, source: Source) -> tuple[dict[str, Any], list[str]]:
    """The run entry of an argument, and notes on what could not be read."""
    record = record_of(source.path) if source.is_run else RunRecord(None, [], None, [])
    entry = {
        "name": name,
        "kind": "run" if source.is_run else "volumes",
        "source": source.display_path,
        "steps": record.steps,
        "losses": record.losses,
        "curves": record.curves,
    }
    return entry, record.notes


def _metric_progress(structure: str, progress: Callable[[str], object]) -> Callable[[str], object]:
    """A callback that reports a metric together with the name of the structure."""
    return lambda metric: progress(f"{structure}: {metric}")
