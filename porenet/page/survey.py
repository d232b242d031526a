"""Survey of a run: its structures measured, shown or not, for its shares and for the choice of those shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from porenet.config import GridFile
from porenet.errors import InputError, counted
from porenet.measurement.opened_volume import opened_volume
from porenet.page.counters import measure_rows
from porenet.page.structure import StructureOptions
from porenet.page.supply import Supply
from porenet.page.typical import Values, typical_first, worst_first

Choice = Literal["typical", "worst", "first"]
CHOICES: tuple[Choice, ...] = get_args(Choice)

SLOW = ("tortuosity",)
"""Metrics of the page that a survey leaves out: a second for each structure of 64^3."""


@dataclass(frozen=True)
class Survey:
    """What was measured of a run.

    Attributes:
        structures: name of each structure that was measured -> its values.
        shares: sentences on the run, each with a ``tone``: ``good`` or ``bad``; none of sections.
        notes: remarks for the reader.
    """

    structures: Mapping[str, Values]
    shares: Sequence[Mapping[str, str]]
    notes: Sequence[str]


def survey_of(
    volumes: Mapping[str, Path],
    grid: GridFile,
    reading: Mapping[str, Any],
    options: StructureOptions,
    progress: Callable[[str], object] = lambda _: None,
) -> Survey:
    """Measure structures of a run.

    Args:
        volumes: name -> file or folder, in natural order.
        grid: phases, file values, voxel edges (um), boundaries, reservoirs.
        reading: further keywords of `porenet.formats.read`.
        options: supply of the phases, the metrics, and the memory that the process may take.
        progress: called with the name of each structure once it is measured.

    Raises:
        InputError: none of them can be read.
    """
    requests = [request for request in options.requests if request.name.rpartition(":")[2] not in SLOW]
    structures: dict[str, Values] = {}
    refusals: dict[str, InputError] = {}
    for name, path in volumes.items():
        try:
            volume = opened_volume(path, grid, reading, options.memory)
            rows = measure_rows(volume, requests, lambda _: None, memory=options.memory)
        except InputError as error:
            refusals[name] = error
        else:
            structures[name] = {(row["metric"], row["key"]): row["value"] for row in rows}
        progress(name)
    if not structures:
        raise next(iter(refusals.values()))
    notes = [f"{name} cannot be read and is left out: {error.what}" for name, error in refusals.items()]
    shares = shares_of(structures, options.supply, grid.grid.phases) if grid.grid.dims == 3 else []
    return Survey(structures, shares, notes)


def order_of(survey: Survey, choice: Choice, supply: Supply, phases: Sequence[str]) -> list[str]:
    """Names of the structures of a survey in the order in which they are to be shown."""
    if choice == "typical":
        return typical_first(survey.structures)
    if choice == "worst":
        return worst_first(survey.structures, supply, phases)
    return list(survey.structures)


def shares_of(structures: Mapping[str, Values], supply: Supply, phases: Sequence[str]) -> list[dict[str, str]]:
    """How many structures of a run are stopped in which phase, and in how many nothing can react.

    Args:
        structures: name -> values.
        supply: roles of the phases; where none is known, every phase counts.
        phases: phases of the grid.

    Returns:
        Sentences with their ``tone``, the bad ones first.
    """
    watched = [phase for phase in phases if phase in supply.roles] or list(phases)
    total, sentences, sound = len(structures), [], []
    for phase in sorted(watched, key=lambda phase: supply.roles.get(phase) != "gas"):
        stopped = sum(values.get(("percolates", f"{phase}.z")) == 0 for values in structures.values())
        if stopped:
            way = "channel" if supply.roles.get(phase) == "gas" else "network"
            have = "has" if stopped == 1 else "have"
            sentences.append(
                f"{stopped} of {counted(total, 'structure')} {have} no {phase} {way} from z = 0 to z = max"
            )
        else:
            sound.append(phase)
    dead = sum(values.get(("tpb", "active")) == 0 for values in structures.values())
    if dead:
        sentences.append(f"in {dead} of {total} nothing can react: no triple-phase boundary is active")
    everywhere = f"all {total} structures" if total > 1 else "the structure"
    good = [f"{', '.join(sound)}: a network from z = 0 to z = max in {everywhere}"] if sound else []
    return [
        *({"text": text, "tone": "bad"} for text in sentences),
        *({"text": text, "tone": "good"} for text in good),
    ]
