"""What changes a tortuosity factor and what does not: fields of equal two-point statistics, and cubes of an electrode.

Structures of 36^3 voxels of 73.6 nm with the volume fractions of 50 cubes of Ni-YSZ: skewed fields of several skews of
Ni, and the cubes themselves; each as it is, smoothed, and roughened; and made at half the voxel edge and coarsened.
Writes docs/results/necks.json and goes on after a kill; some minutes on one core.

    python -m benchmarks.necks
"""

from __future__ import annotations

import functools
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.electrode_sets import FINE_UM, PHASES, SIZE, fine_labels, real_set
from benchmarks.real_volumes import coarsened
from benchmarks.untrained_fields import EVALUATION, order_of
from porenet import formats
from porenet.config import GridFile
from porenet.interface import Grid, Volume
from porenet.measurement import measure, requests_for
from porenet.synthetic import skewed_fields
from porenet.synthetic.held_fractions import held_labels

RESULTS = Path(__file__).parent.parent / "docs" / "results" / "necks.json"
SEEDS = range(5)
EDGE_UM = 2 * FINE_UM
FIELDS = {
    "l = 5, c = 0": ((5.0, 5.0, 5.0), (0.0, 0.0, 0.0)),
    "c = 0": ((6.0, 5.0, 6.0), (0.0, 0.0, 0.8)),
    "c = 1": ((6.0, 5.0, 6.0), (1.0, 0.0, 0.8)),
    "c = 4": ((6.5, 5.0, 6.0), (4.0, 0.0, 1.0)),
}
"""Lengths of Ni, YSZ and pore, voxels of 73.6 nm, and their skews."""
LAGS = (4, 8)
SMOOTHING = 1.0
"""Voxels: width of the Gaussian that smooths the phases."""
ROUGHNESS = 0.25
"""Standard deviation of the noise that is added to the smoothed phases, of 0 to 1."""
METRICS = {
    "vf": {},
    "ssa": {"estimator": "faces"},
    "s2": {"lags_um": tuple(lag * EDGE_UM for lag in LAGS)},
    "chord_length": {},
    "connectivity": {},
    "tortuosity": {},
    "breakthrough_diameter": {},
    "euler_number": {},
}
Labels = NDArray[np.uint8]
Row = dict[str, dict[str, float]]


def smoothed(labels: Labels, rng: np.random.Generator, roughness: float = 0.0) -> Labels:
    """The phases smoothed, and with a roughness noisy, their volume fractions held."""
    parts = [ndimage.gaussian_filter((labels == phase).astype(np.float32), SMOOTHING) for phase in range(len(PHASES))]
    noisy = [part + roughness * rng.standard_normal(part.shape, np.float32) for part in parts]
    return held_labels(noisy, np.bincount(labels.ravel(), minlength=len(PHASES)) / labels.size)


def of_fields(name: str, fractions: Sequence[Sequence[float]], seed: int, finer: int = 1) -> list[Labels]:
    """A structure for each set of volume fractions."""
    lengths, skews = FIELDS[name]
    return [
        skewed_fields(
            (SIZE * finer,) * 3,
            voxel_um=EDGE_UM / finer,
            lengths_um=[length * EDGE_UM for length in lengths],
            skews=skews,
            fractions=list(each),
            seed=1000 * seed + number,
            phases=PHASES,
        ).labels
        for number, each in enumerate(fractions)
    ]


def row_of(structures: Sequence[Labels], edge_um: float = EDGE_UM) -> Row:
    """Phase -> title -> number of a set of structures: means, and medians of tortuosity and of necks."""
    values: dict[tuple[str, str], list[float]] = {}
    grid = Grid(PHASES, edge_um)
    requests = requests_for(list(METRICS), METRICS, GridFile(grid, {}, {}))
    for labels in structures:
        for result in measure(Volume(labels, grid), requests):
            if result["value"] is not None:
                values.setdefault((result["metric"], result["key"]), []).append(result["value"])
    return {phase: _of_phase(values, phase) for phase in PHASES}


def _of_phase(values: Mapping[tuple[str, str], Sequence[float]], phase: str) -> dict[str, float]:
    mean, median = statistics.fmean, statistics.median
    numbers = {
        "surface, um^-1": mean(values["ssa", phase]),
        "chord, um": mean(values["chord_length", f"{phase}.mean"]),
        "joined": mean(values["connectivity", phase]),
        "tortuosity factor": median(values["tortuosity", f"{phase}.tortuosity_factor"]),
        "breakthrough diameter, um": median(values["breakthrough_diameter", f"{phase}.breakthrough_diameter"]),
        "Euler number, um^-3": mean(values["euler_number", phase]),
    }
    fractions = np.array(values["vf", phase])
    for lag in LAGS:
        both = np.array(values["s2", f"{phase}@{lag * EDGE_UM:g}um"])
        numbers[f"autocovariance, {lag} voxels"] = float(np.mean((both - fractions**2) / (fractions - fractions**2)))
    return {title: round(number, 4) for title, number in numbers.items()}


def sets_of(seed: int, fractions: Sequence[Sequence[float]], real: Sequence[Labels]) -> dict[str, Callable[[], Row]]:
    """Name of each set of one seed -> what measures it; the real cubes are the same for all seeds."""
    rng = np.random.default_rng(seed)
    originals: dict[str, Callable[[], Sequence[Labels]]] = {
        name: functools.partial(of_fields, name, fractions, seed) for name in FIELDS
    }
    if seed == 0:
        originals["real"] = lambda: real
    rows: dict[str, Callable[[], Row]] = {}
    for name, make in originals.items():
        rows[name] = lambda make=make: row_of(make())
        if name in ("real", "c = 0", "c = 1"):
            rows[f"{name}, smoothed"] = lambda make=make: row_of([smoothed(labels, rng) for labels in make()])
            rows[f"{name}, roughened"] = lambda make=make: row_of(
                [smoothed(labels, rng, ROUGHNESS) for labels in make()]
            )
    return rows


def resolutions(fractions: Sequence[Sequence[float]]) -> dict[str, Row]:
    """Name -> row of structures at half the voxel edge, and coarsened to the whole: disjoint real cubes, and fields."""
    fine = fine_labels()[..., : 4 * SIZE]
    corners = np.ndindex(*(length // (2 * SIZE) for length in fine.shape))
    cubes = [
        np.ascontiguousarray(fine[tuple(slice(2 * SIZE * at, 2 * SIZE * (at + 1)) for at in corner)])
        for corner in corners
    ]
    fields = of_fields("c = 1", fractions[: len(cubes)], 0, finer=2)
    rows = {}
    for name, structures in {"real": cubes, "c = 1": fields}.items():
        rows[f"{name}, 36.8 nm"] = row_of(structures, FINE_UM)
        rows[f"{name}, coarsened"] = row_of([coarsened(labels) for labels in structures])
    return rows


def main() -> None:
    """Every set that is not there."""
    values: dict[str, Row] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    training = real_set().training
    real = [training[place].labels for place in order_of([EVALUATION, 0, 1], len(training))]
    fractions = [(np.bincount(labels.ravel(), minlength=len(PHASES)) / labels.size).tolist() for labels in real]
    for seed in SEEDS:
        for name, row in sets_of(seed, fractions, real).items():
            if f"{name}-{seed}" not in values:
                values[f"{name}-{seed}"] = row()
                formats.write_whole(RESULTS, (json.dumps(values, indent=1) + "\n").encode())
    if "real, 36.8 nm-0" not in values:
        values |= {f"{name}-0": row for name, row in resolutions(fractions).items()}
        formats.write_whole(RESULTS, (json.dumps(values, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
