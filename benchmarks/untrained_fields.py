"""What no network and no training reach: structures of fields that are fitted to electrodes, scored as a run is.

For five seeds: fields are fitted to the structures of the training, and 50 structures drawn, each with the volume
fractions of one of these and, where the nearest of eight candidates stays, its surface areas. Beside them 50 structures
of the training itself, drawn in the same order. Writes docs/results/real_electrodes.json and synthetic_fields.json, and
goes on after a kill; five minutes on one core.

    python -m benchmarks.untrained_fields
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.electrode_sets import StructureSet, real_set, synthetic_set
from benchmarks.structure_scores import Measured, described, measured
from porenet import formats
from porenet.interface import Volume
from porenet.synthetic import FittedFields, fit_skewed_fields

RESULTS = Path(__file__).parent.parent / "docs" / "results"
SEEDS = range(5)
STRUCTURES = 50
CANDIDATES = {"fields": 1, "fields_8": 8}
"""Name of a row -> structures drawn for one."""
EVALUATION = 1554199118406742183
"""Seed of the conditions of the published runs: theirs are the same for every training seed."""
FILES: Mapping[str, Mapping[str, Callable[[], StructureSet]]] = {
    "real_electrodes.json": {"": real_set},
    "synthetic_fields.json": {"": lambda: synthetic_set(32, 0.4), "_demo": lambda: synthetic_set(24, 0.3)},
}
"""File in docs/results -> what is added to the names of its rows -> the structures."""


def order_of(seed: int | Sequence[int], count: int) -> list[int]:
    """Which structures of the training the drawn ones take their conditions from; none twice."""
    return [int(place) for place in np.random.default_rng(seed).permutation(count)[:STRUCTURES]]


def drawn(fit: FittedFields, order: Sequence[int], seed: int, candidates: int) -> list[Volume]:
    """Structures with the volume fractions, and with candidates the surface areas, of those of the training."""
    return [
        fit.draw(
            1000 * seed + number,
            fractions=fit.fractions[row],
            surfaces=dict(zip(fit.phases, fit.surfaces_per_um[row], strict=True)) if candidates > 1 else None,
            candidates=candidates,
        )
        for number, row in enumerate(order)
    ]


def rows_of(structures: StructureSet, references: Mapping[str, Measured], seed: int) -> dict[str, dict[str, float]]:
    """Name of a row -> title -> number, of one seed."""
    phases, count = structures.training[0].grid.phases, len(structures.training)
    fit = fit_skewed_fields(structures.training, seed=seed)
    edge = max(fit.voxel_um)
    fitted = {f"l of {name}, voxels": length / edge for name, length in zip(phases, fit.lengths_um, strict=True)}
    fitted |= {f"c of {name}": skew for name, skew in zip(phases, fit.skews, strict=True)}
    orders = {"": order_of([EVALUATION, 0, 1], count), "_other": order_of([seed, STRUCTURES], count)}
    rows = {}
    for conditions, order in orders.items():
        sets = {name: drawn(fit, order, seed, number) for name, number in CANDIDATES.items()}
        sets["training"] = [structures.training[place] for place in order]
        for name, volumes in sets.items():
            values = measured(volumes, structures.grid_file)
            numbers = {} if name == "training" else {title: round(number, 4) for title, number in fitted.items()}
            for ending, reference in references.items():
                rows[name + conditions + ending] = described(reference, values, phases) | numbers
    return rows


def main() -> None:
    """Every set and seed."""
    for file, sets in FILES.items():
        path = RESULTS / file
        values = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for electrode, make in sets.items():
            missing = [seed for seed in SEEDS if f"training{electrode}-{seed}-0" not in values]
            if not missing:
                continue
            structures = make()
            references = {
                electrode + ending: measured(volumes, structures.grid_file)
                for ending, volumes in structures.references.items()
            }
            for seed in missing:
                rows = rows_of(structures, references, seed)
                values |= {f"{name}-{seed}-0": row for name, row in rows.items()}
                formats.write_whole(path, (json.dumps(values, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
