"""Structures from a trained generator, and tables of what is measured on them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from porenet import Volume, formats, measure
from porenet.config import GridFile
from porenet.errors import InputError
from porenet.generation import (
    SAMPLES,
    Structures,
    argmax_labels,
    batch_index,
    descriptor_conditions,
    sampled_labels,
    seed_of,
)
from porenet.measurement import Request, Row, Source, requests_for, write_table

from .networks import Generator
from .settings import EvaluateTable, Settings

COMPARED = ("vf", "ssa", "connectivity", "tpb", "tortuosity")
"""Metrics whose distributions are compared; `percolates` is a share, and reported as one."""

Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Structures from one run.

    Attributes:
        labels: ``(N, Z, Y, X)`` uint8, the argmax of the probabilities.
        soft: ``(N, P)``: mean probability of each phase, dimensionless.
        joined: ``(N,)`` voxels whose phase is another one because networks are held, or None where they are not.
        asked: ``(N, Z, Y, X)`` uint8, the training structure whose condition each was made for.
    """

    labels: Tensor
    soft: Tensor
    joined: Tensor | None
    asked: Tensor


def draw(
    settings: Settings, generator: Generator, structures: Structures, table: EvaluateTable, device: str, tell: Tell
) -> Drawn:
    """Structures conditioned like training ones, in a seeded order, none twice while there are others.

    Batch norm takes its running statistics, as the published code does for its samples: a structure is then a function
    of its own noise and condition, and not of what it was generated with.

    Args:
        settings: of the run.
        generator: trained.
        structures: that it was trained on.
        table: number, seed and edge (voxels; that of the training cubes unless given) of the structures.
        device: ``cpu`` or ``cuda``.
        tell: called once a structure with a word on it.

    Raises:
        InputError: they are too large for the memory.
    """
    condition = descriptor_conditions(structures.grid, structures.training.to(device), settings.network.condition)
    index = batch_index(seed_of(table.seed, 1, SAMPLES), 0, table.n, len(condition))
    soft: list[Tensor] = []
    joined: list[Tensor] = []

    def look(_: object, __: object, field: Tensor) -> None:
        soft.append(field.mean(dim=(2, 3, 4)).cpu())
        for _ in field:
            tell("")

    def count(_: object, given: tuple[Tensor], made: Tensor) -> None:
        joined.append((argmax_labels(given[0]) != argmax_labels(made)).sum(dim=(1, 2, 3)).cpu())

    size = table.size or settings.data.size
    hooks = [generator.to(device).register_forward_hook(look)]
    if generator.joins is not None:
        hooks.append(generator.joins.register_forward_hook(count))
    at_once = max(1, int(8 * (settings.data.size / size) ** 3))
    try:
        labels = sampled_labels(
            generator, condition[index.to(device)], (size,) * 3, seed=seed_of(table.seed, 0, SAMPLES), at_once=at_once
        )
    except RuntimeError as error:  # a GPU has an error of its own for it, a CPU has not
        if not isinstance(error, torch.OutOfMemoryError) and not any(w in str(error) for w in ("memory", "overflow")):
            raise
        raise InputError(
            f"structures of {size}^3 voxels do not fit into memory", where="size", fix="Lower it."
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
    return Drawn(labels, torch.cat(soft), torch.cat(joined) if joined else None, structures.training[index])


def condition_misses(drawn: Drawn, structures: Structures) -> dict[str, dict[str, float]]:
    """How far the structures are from what they were asked for: mean over mean, less 1.

    Args:
        drawn: the structures.
        structures: that the run was trained on, for their grid.

    Returns:
        For ``vf`` and ``ssa`` (the metrics, at their defaults) of each phase, dimensionless; a phase that no structure
        was asked for is left out.
    """

    def means(labels: Tensor) -> dict[tuple[str, str], float]:
        found: dict[tuple[str, str], list[float]] = {}
        for one in labels.numpy():
            for row in measure(Volume(one, structures.grid), ("vf", "ssa")):
                if row["key"] in structures.grid.phases:
                    found.setdefault((row["metric"], row["key"]), []).append(row["value"])
        return {key: statistics.fmean(values) for key, values in found.items()}

    made, asked = means(drawn.labels), means(drawn.asked)
    return {
        metric: {
            phase: made[metric, phase] / asked[metric, phase] - 1
            for phase in structures.grid.phases
            if asked[metric, phase]
        }
        for metric in ("vf", "ssa")
    }


def requests_of(settings: Settings) -> tuple[Request, ...]:
    """What is measured on every structure; the triple-phase boundary where there are three phases."""
    run = settings.run
    names = [name for name in (*COMPARED, "percolates") if name != "tpb" or len(run.grid.phases) == 3]
    return requests_for(names, {}, GridFile(run.grid, run.values, run.reservoirs))


def tabulate(
    table: Path,
    labels: Tensor,
    names: Sequence[str],
    structures: Structures,
    requests: Iterable[Request],
    tell: Tell,
    *,
    files: Sequence[Path] = (),
    origins: Sequence[dict[str, Any]] = (),
) -> None:
    """Measure structures into a table for ``porenet compare``.

    Args:
        table: to write, ``.json``.
        labels: ``(N, Z, Y, X)`` uint8.
        names: of the structures.
        structures: that the run was trained on, for their grid.
        requests: what to measure.
        tell: called with the name of each structure that is done.
        files: that hold the structures, if any do.
        origins: where they were cut from, in voxels of the cubes, if they were.
    """

    def rows() -> Iterator[Row]:
        for number, name in enumerate(names):
            sha256 = formats.fingerprint(files[number]) if files else None
            source = Source(name, sha256, origins[number] if origins else None)
            yield from measure(Volume(labels[number].numpy(), structures.grid), requests, source=source)
            tell(name)

    write_table(table, rows())


def reference(structures: Structures, settings: Settings, against: str) -> tuple[Tensor, list[dict[str, Any]]]:
    """The structures to compare with, and where each was cut from, in voxels of the cubes."""
    held_out = against == "held_out"
    labels = structures.held_out if held_out else structures.training
    origins = structures.held_out_origins if held_out else structures.training_origins
    # The trainer tells corners in voxels of the file; blocks are made of boxes of the cube's shape.
    coarsen = getattr(settings.data, "coarsen", 1)
    return labels, [one | {"corner": [at // coarsen for at in one["corner"]]} for one in origins]
