"""The structures of a training as `porenet.evaluation` takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from torch import Tensor

from porenet.evaluation import Condition, RealStructures, Scorer
from porenet.generation.samples import sampled_labels
from porenet.generation.structures import Structures
from porenet.interface import Volume


def real_structures(
    structures: Structures,
    part: Literal["training", "held_out"],
    *,
    reservoirs: Mapping[str, Any] | None = None,
    coarsen: int = 1,
) -> RealStructures:
    """One of the two sets of structures, to compare a generator with.

    Args:
        structures: of the training.
        part: which set.
        reservoirs: face that feeds each phase, see `porenet.config.GridFile`.
        coarsen: edge of the blocks of the file that became one voxel; corners are in voxels of the file.
    """
    labels = getattr(structures, part)
    origins = structures.training_origins if part == "training" else structures.held_out_origins
    return RealStructures.of(
        [Volume(cube.numpy(), structures.grid) for cube in labels],
        names=[f"{part}_{number:04d}" for number in range(1, len(labels) + 1)],
        origins=[origin | {"corner": [at // coarsen for at in origin["corner"]]} for origin in origins],
        name=f"{part.replace('_', '-')} structures of {structures.name}",
        reservoirs=reservoirs,
    )


def training_scorer(
    generator: Any,
    conditions: Tensor,
    structures: Structures,
    *,
    reservoirs: Mapping[str, Any] | None = None,
    n: int = 50,
    seed: int = 0,
) -> Callable[[], float]:
    """What scores a generator as it is: the mean of the published S-values against the training structures.

    Args:
        generator: see `sampled_labels`.
        conditions: ``(N, C)`` of the training structures.
        structures: of the training.
        reservoirs: face that feeds each phase, see `porenet.config.GridFile`.
        n: number of structures to draw, each for the condition of a training structure.
        seed: of their noise; another one than an evaluation has.
    """
    volumes = [Volume(labels.numpy(), structures.grid) for labels in structures.training]
    rows = {f"training_{number}": row for number, row in enumerate(conditions)}
    scorer = Scorer(RealStructures.of(volumes, names=list(rows), reservoirs=reservoirs))

    def generate(seed: int, condition: Condition) -> Tensor:
        return sampled_labels(generator, rows[condition.name][None], structures.size, seed=seed)[0]

    return lambda: scorer.scores_of(generate, n=n, seed=seed).s_value
