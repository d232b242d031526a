"""Targets of sections (micrographs), with the uncertainty that a part of the material leaves."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from porenet.errors import DoubtfulTarget, InputError
from porenet.interface import AXES, Grid, Volume, section_grid
from porenet.objective.sliced_loss import SlicedLoss, refuse_other_lags
from porenet.objective.targets_of_terms import labels_as_tensor, measured_targets
from porenet.targets import Targets
from porenet.targets.stereology import CHORD, PARTS, factor_of

if TYPE_CHECKING:
    from porenet.objective.objective import Objective

TILES, FEWER_TILES = 4, 3
"""Tiles along each side of a section."""
CHORDS_PER_TILE = 4
"""Mean chords along the shorter side of a tile below which there are fewer of them."""


def targets_of_sections(objective: Objective, sections: Sequence[Any], *, normal: str = "z") -> Targets:
    """Targets that sections give, by each term's own descriptor, with their standard errors.

    Of one section the error is that of the mean of 4 x 4 tiles (3 x 3 if a tile would be under 4 mean chords), the
    standard deviation of the tiles over the root of their number; of several, that of the sections. On 48 sections of a
    real electrode 95 % intervals of this error (Student's t) held the volume's value in 42 to 45. A gradient across the
    section is not in it.

    Args:
        objective: whose terms, with or without planes, tell what to measure.
        sections: a `porenet.Volume` of two dimensions each, whose phases and pixel edges are compared with the
            objective's; or labels ``(A, B)`` or ``(1, A, B)``, integers in the order of the grid's phases. One
            that is the same as one before is left out, with a warning (`porenet.errors.DoubtfulTarget`).
        normal: axis of the grid that they lie across; their sides are the other two, in their order.

    Returns:
        One row, the mean over the sections, ``dims`` 2, with ``uncertainty`` (for `Targets.interval`), and
        ``chord_voxels`` ``(1, P)`` and ``section_parts`` ``(1, 1)``, the number of tiles or sections that scattered.
        Terms with planes take it as it is, others after ``to_3d``. A key has no uncertainty if the tiles have other
        columns than the section (lags that do not fit), or lack one (NaN).

    Raises:
        InputError: no sections, other labels, phases or pixels, a term whose quantity a section does not show, or one
            whose default lags are others on sections.
        PluginError: as for `porenet.Objective`.
    """
    if isinstance(sections, Volume):
        raise InputError("a list was expected, not one Volume", where="sections", fix="Pass [section].")
    if isinstance(sections, str | Mapping) or not isinstance(sections, Iterable):
        raise InputError(f"a list of sections was expected, not {type(sections).__name__}", where="sections")
    plane = section_grid(objective.grid, normal)
    layers = [_layer(_labels(section, plane, number), number) for number, section in enumerate(sections)]
    if not layers:
        raise InputError("one section or more was expected, not none", where="sections")
    layers = _different(layers)
    terms = [term for term in objective.terms if term.needs]
    if not terms:
        raise InputError("no term of the objective reads a target", where="sections")
    losses = [SlicedLoss(term, objective.grid, normal) for term in terms]
    own = [loss for term, loss in zip(objective.terms, objective.losses, strict=True) if term.needs]
    for term, loss, of_volume in zip(terms, losses, own, strict=True):
        if objective.grid.dims == 3 and not term.planes:  # to be converted
            for key in loss.keys:
                factor_of(key, loss.target_estimators.get(key))
            both = {f"across {normal}": loss.losses[AXES.index(normal)], "of the volume": of_volume}
            refuse_other_lags(both, where="sections")
    alone = [measured_targets(terms, losses, objective.grid, layer) for layer in layers]
    phases = len(objective.grid.phases)
    chords = mean_chords([layer[0, 0] for layer in layers], phases)
    if len(layers) > 1:
        parts = alone
    else:
        tiles = tiles_of(layers[0][0, 0], float(chords.nanmean()))
        parts = [measured_targets(terms, losses, objective.grid, tile) for tile in tiles]
    means = {key: torch.cat([each[key] for each in alone]).mean(dim=0, keepdim=True) for key in alone[0]}
    errors = {key: _error([each[key] for each in parts], mean) for key, mean in means.items()}
    known = {key: error for key, error in errors.items() if error is not None}
    means |= {CHORD: chords, PARTS: torch.tensor([[float(len(parts))]])}
    return Targets(means, alone[0].estimators, dims=2, uncertainty=known)


def mean_chords(sections: Sequence[Any], phases: int) -> Tensor:
    """Mean length of the runs of each phase along both sides of sections.

    Args:
        sections: labels ``(A, B)`` each.
        phases: number of phases.

    Returns:
        ``(1, P)`` float64, voxels, the mean over the sections; NaN where a phase is absent.
    """
    each = [_mean_chords(labels_as_tensor(labels), phases) for labels in sections]
    return torch.stack(each).nanmean(dim=0, keepdim=True)


def _labels(section: Any, plane: Grid, number: int) -> Any:
    """The labels of a section, which is on the grid of the slices if it has one."""
    if not isinstance(section, Volume):
        return section
    own, where = section.grid, f"sections[{number}]"
    if own.dims != 2:
        raise InputError(
            f"a section was expected, not a volume {section.shape}",
            where=where,
            fix="Cut it with porenet.interface.section; of an image give two edges, voxel_um=(y, x).",
        )
    if own.phases != plane.phases:
        raise InputError(
            f"has the phases {', '.join(own.phases)}, and the objective {', '.join(plane.phases)}",
            where=where,
            fix="Read it with the phases in the order of the objective's.",
        )
    if not all(map(math.isclose, own.edges_um, plane.edges_um)):
        raise InputError(
            f"has pixels of {own.edges_um} um, and slices of the objective {plane.edges_um} um",
            where=where,
            fix="Resample it, or give the grid of the objective its voxel edges.",
        )
    return section.labels


def _layer(labels: Any, number: int) -> Tensor:
    """Labels of a section as ``(1, 1, A, B)``."""
    layer = labels_as_tensor(labels)
    if layer.ndim == 3 and layer.shape[0] == 1:
        layer = layer[0]
    if layer.ndim != 2 or min(layer.shape) < 2:
        raise InputError(
            f"labels (A, B) of a section, 2 voxels wide or more, were expected, not {tuple(layer.shape)}",
            where=f"sections[{number}]",
            fix="Pass a list, [labels] of one section; porenet.interface.section cuts a volume.",
        )
    return layer[None, None]


def _different(layers: list[Tensor]) -> list[Tensor]:
    """The sections without those that are the same as one before, of which a warning tells.

    Two that are the same have no scatter, so that one micrograph given twice would seem to be exact.
    """
    different, first = list[Tensor](), list[int]()
    for number, layer in enumerate(layers):
        same = next((place for place, other in zip(first, different, strict=True) if torch.equal(other, layer)), None)
        if same is None:
            different.append(layer)
            first.append(number)
        else:
            warnings.warn(
                f"sections[{number}] is the same as sections[{same}] and is left out: what is given twice says nothing "
                "new, and does not scatter.",
                DoubtfulTarget,
                stacklevel=3,
            )
    return different


def tiles_of(layer: Tensor, chord_voxels: float) -> list[Tensor]:
    """A section cut into equal tiles, each ``(1, 1, A', B')``; what is left over at the far sides is dropped.

    Args:
        layer: ``(A, B)``.
        chord_voxels: mean chord of its phases, voxels.

    Returns:
        4 x 4 tiles, or 3 x 3 where they would be under 4 mean chords; none of a section that is too small.
    """
    sides = layer.shape
    count = TILES if min(sides) // TILES >= CHORDS_PER_TILE * chord_voxels else FEWER_TILES
    if min(sides) < 2 * count:  # a tile of one pixel holds no interface, and would say that there is none
        return []
    first, second = (side // count for side in sides)
    return [
        layer[None, None, row * first : (row + 1) * first, column * second : (column + 1) * second]
        for row in range(count)
        for column in range(count)
    ]


def _error(parts: Sequence[Tensor], mean: Tensor) -> Tensor | None:
    """Standard error of the mean of the parts, ``(1, K)``.

    None if they are fewer than two, have other columns, or one lacks (NaN) what the whole has.
    """
    if len(parts) < 2 or any(part.shape != mean.shape for part in parts):
        return None
    error = torch.cat(list(parts)).std(dim=0, keepdim=True) / math.sqrt(len(parts))
    return None if bool((error.isnan() & ~mean.isnan()).any()) else error


def _mean_chords(layer: Tensor, phases: int) -> Tensor:
    """Mean length of the runs of each phase along both sides, ``(P,)``, voxels; NaN where it is absent."""
    chords = []
    for phase in range(phases):
        mask = (layer == phase).to(torch.int8)
        voxels = mask.sum(dtype=torch.float64)
        runs = sum(
            mask.select(side, 0).sum(dtype=torch.float64) + (mask.diff(dim=side) == 1).sum(dtype=torch.float64)
            for side in (0, 1)
        )
        chords.append(2 * voxels / runs)
    return torch.stack(chords)
