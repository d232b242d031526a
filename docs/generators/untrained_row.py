"""The row "fields, untrained" of the demo: structures of fields that are fitted to its training structures."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.electrode_sets import synthetic_set
from benchmarks.structure_scores import described, measured
from benchmarks.untrained_fields import EVALUATION, STRUCTURES, drawn, order_of
from porenet.synthetic import fit_skewed_fields

SIZE, LENGTH_UM = 24, 0.3
"""Of the demo's data: edge, voxels, and correlation length, um."""


@dataclass(frozen=True, slots=True)
class UntrainedRow:
    """What 50 structures of fitted fields are like.

    Attributes:
        blocked: how many have no pore network from z = 0 to z = max.
        pore: mean volume fraction of pore.
        score: mean of the five S-values against the held-out structures.
        seconds: of the fit and the structures, wall time.
    """

    blocked: int
    pore: float
    score: float
    seconds: float

    def __str__(self) -> str:
        """As a line of the demo's table."""
        return (
            f"  fields {self.blocked:>2} of {STRUCTURES}   pore {self.pore:.2f} in the structures; "
            f"fitted in {self.seconds:.0f} s, not trained; S {self.score:.2f}"
        )


def untrained_row(seed: int) -> UntrainedRow:
    """Fit, draw, best of 8, and measure.

    Args:
        seed: of fit and structures.
    """
    structures = synthetic_set(SIZE, LENGTH_UM)
    began = time.perf_counter()
    fit = fit_skewed_fields(structures.training, seed=seed)
    volumes = drawn(fit, order_of([EVALUATION, 0, 1], len(structures.training)), seed, candidates=8)
    seconds = time.perf_counter() - began
    values = measured(volumes, structures.grid_file)
    reference = measured(structures.references[""], structures.grid_file)
    numbers = described(reference, values, structures.training[0].grid.phases)
    blocked = round(numbers["without a pore network"] * STRUCTURES)
    pore = sum(float(share) for share in values["vf", "pore"] if isinstance(share, float)) / STRUCTURES
    return UntrainedRow(blocked, pore, numbers["mean of the five S"], seconds)
