"""Everything that the page shows, as JSON-ready data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from porenet.config import GridFile
from porenet.measurement import read_volume
from porenet.page.comparison_table import comparison_table
from porenet.page.counters import METRICS, requests_of
from porenet.page.run_record import RunRecord, record_of
from porenet.page.sources import Source, names_of
from porenet.page.structure import Look, structure_of
from porenet.page.supply import Role, checked_roles, supply_of

FORMAT = 2
"""Of the data; the page refuses others."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One argument, and how its volumes are read.

    Attributes:
        source: what it names.
        grid: phases, file values, voxel edges (um), boundaries, reservoirs.
        reading: further keywords of `porenet.formats.read`.
    """

    source: Source
    grid: GridFile
    reading: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asks of the page.

    Attributes:
        title: of the page; made of the names if empty.
        triple: the three phases of the triple-phase boundary; None where there is no choice.
        roles: what phases carry (``electrons``, ``ions``, ``gas``), beside what their names say.
        max_edge: voxels an axis that are drawn at most.
        comparison: a comparison to show (JSON), if any.
    """

    title: str = ""
    triple: tuple[str, str, str] | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    max_edge: int = 128
    comparison: Path | None = None


def steps_of(shots: Sequence[Shot]) -> int:
    """How often `scene_of` calls ``tell`` at most."""
    return sum(len(shot.source.volumes) for shot in shots) * (len(METRICS) + 2)


def scene_of(shots: Sequence[Shot], wishes: Wishes, tell: Callable[[str], object] = lambda _: None) -> dict[str, Any]:
    """Measure the structures and gather all that is told of them.

    Args:
        shots: the arguments.
        wishes: of the user.
        tell: called with a word on each part that is done.

    Raises:
        InputError, ConfigError, PluginError: a volume, a run, an option or a metric is wrong.
    """
    table = comparison_table(wishes.comparison) if wishes.comparison else None
    roles = checked_roles(wishes.roles, [phase for shot in shots for phase in shot.grid.grid.phases])
    names = names_of(shot.source for shot in shots)
    structures: list[dict[str, Any]] = []
    runs: list[dict[str, Any]] = []
    notes: dict[str, list[str]] = {}
    for name, shot in zip(names, shots, strict=True):
        made, told = _structures(name, shot, wishes, roles, tell)
        run, missing = _run(name, shot.source)
        places = range(len(structures), len(structures) + len(made))
        structures += [one | {"run": len(runs)} for one in made]
        runs.append(run | {"structures": list(places)})
        for note in (*told, *missing):
            notes.setdefault(note, []).append(name)
    strangers = [run for run in table["columns"] if run not in names] if table else []
    if strangers:
        notes.setdefault(f"no structures of {', '.join(strangers)} are on this page", []).append("scores")
    return {
        "format": FORMAT,
        "title": wishes.title or f"porenet: {', '.join(names)}",
        "made_with": f"porenet {version('porenet')}",
        "runs": runs,
        "structures": structures,
        "comparison": table,
        "notes": [f"{', '.join(concerned)}: {note}" for note, concerned in notes.items()],
    }


def _structures(
    name: str, shot: Shot, wishes: Wishes, roles: Mapping[str, Role], tell: Callable[[str], object]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The structures of an argument, and what is to be told of them."""
    source, supply = shot.source, supply_of(shot.grid, wishes.triple, roles)
    look = Look(supply, requests_of(shot.grid, supply), wishes.max_edge)
    notes = list(supply.notes)
    if len(source.volumes) < source.count:
        notes.append(f"the first {len(source.volumes)} of {source.count} structures, by name")
    made = []
    for title, path in source.volumes.items():
        volume = read_volume(path, shot.grid, shot.reading)
        tell(title)
        found = structure_of(volume, look, _told_of(f"{name} {title}", tell))
        inside = path.relative_to(source.path).as_posix() if path != source.path else ""
        made.append({"name": title, "source": f"{source.shown}/{inside}".rstrip("/")} | found)
        if found["coarsened"]:
            size = " x ".join(map(str, volume.labels.shape))
            notes.append(f"{title} has {size} voxels, too many to draw; {found['coarsened']['note']}")
    return made, notes


def _run(name: str, source: Source) -> tuple[dict[str, Any], list[str]]:
    """What is told of an argument beside its structures, and what could not be read of it."""
    record = record_of(source.path) if source.is_run else RunRecord(None, [], None, [])
    told = {
        "name": name,
        "kind": "run" if source.is_run else "volumes",
        "source": source.shown,
        "steps": record.steps,
        "losses": record.losses,
        "curves": record.curves,
    }
    return told, record.notes


def _told_of(what: str, tell: Callable[[str], object]) -> Callable[[str], object]:
    """Tells of something that it is at a metric."""
    return lambda metric: tell(f"{what}: {metric}")
