"""From volumes to cubes: coarsened, parted into training and held-out behind a guard, cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.errors import InputError, argument
from porenet.interface import AXES, Volume

Labels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class CubeRules:
    """How cubes are cut from volumes.

    Attributes:
        size: edge of the cubes after coarsening, voxels.
        stride: from one training cube to the next, voxels; ``size`` (no overlap) unless given. Held-out cubes never
            overlap: they are counted, not trained on.
        coarsen: n^3 voxels become one by majority.
        split: axis along which the far end is held out, or ``volumes``: whole volumes, the last ones.
        held_out: share of that axis, or of the volumes.
        guard: layers between the two parts that belong to neither, voxels after coarsening.

    Raises:
        InputError: a number is out of its range, or there is no such split.
    """

    size: int
    stride: int | None = None
    coarsen: int = 1
    split: str = "x"
    held_out: float = 0.3
    guard: int = 8

    def __post_init__(self) -> None:
        for name in ("size", "stride", "coarsen", "guard"):
            number = getattr(self, name)
            if not (name == "stride" and number is None) and (
                isinstance(number, bool) or not isinstance(number, Integral)
            ):
                raise InputError(f"must be a whole number, not {number!r}", where=argument(name))
        wrong = {
            "size": self.size < 2 and "2 voxels or more",
            "stride": self.stride is not None and self.stride < 1 and "1 voxel or more",
            "coarsen": not 1 <= self.coarsen <= 16 and "1 to 16",
            "split": self.split not in (*AXES, "volumes") and "z, y, x or volumes",
            "held_out": not 0 < self.held_out < 1 and "a share between 0 and 1",
            "guard": self.guard < 0 and "0 voxels or more",
        }
        for name, range_in_words in wrong.items():
            if range_in_words:
                raise InputError(f"must be {range_in_words}, not {getattr(self, name)!r}", where=argument(name))


@dataclass(slots=True)
class Cubes:
    """Cubes of one set, in the order in which they were cut.

    Attributes:
        labels: ``(Z, Y, X)`` uint8 each.
        origins: where each was cut from: ``{"source": name, "corner": [z, y, x]}``, voxels of the volume.
        disjoint: how many do not overlap: the independent ones at best.
    """

    labels: list[Labels] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)
    disjoint: int = 0

    def add(self, part: Labels, first: Sequence[int], name: str, rules: CubeRules, stride: int) -> None:
        """Cut a part of a volume; ``first``: its corner in the coarsened volume, voxels."""
        for corner in _corners(part.shape, rules.size, stride):
            self.labels.append(part[tuple(slice(at, at + rules.size) for at in corner)])
            place = [(at + start) * rules.coarsen for at, start in zip(corner, first, strict=True)]
            self.origins.append({"source": name, "corner": place})
        self.disjoint += int(np.prod([length // rules.size for length in part.shape]))


def cut_cubes(volumes: Iterable[Volume], names: Sequence[str], rules: CubeRules) -> tuple[Cubes, Cubes]:
    """Training and held-out cubes of volumes.

    Args:
        volumes: of one grid, open on all sides; read one at a time.
        names: of the volumes, for messages and origins.
        rules: how they are cut.

    Raises:
        InputError: there is no volume, their phases differ, one wraps, or one is too small.
    """
    if not names:
        raise InputError("there is no volume to cut", where=argument("volumes"))
    whole = rules.split == "volumes"
    if whole and len(names) < 2:
        raise InputError(
            "split = 'volumes' needs two volumes or more, and there is one", where=names[0],
            fix="Set split to an axis.",
        )  # fmt: skip
    reserved = max(1, round(rules.held_out * len(names)))
    sets, first_grid = (Cubes(), Cubes()), None
    for number, (name, volume) in enumerate(zip(names, volumes, strict=True)):
        first_grid = first_grid or volume.grid
        _refuse_volume(volume, first_grid.phases, name)
        labels = coarsened(volume.labels, rules.coarsen, len(volume.grid.phases))
        _refuse_size(labels.shape, rules, name)
        if whole:
            boxes: dict[int, tuple[slice, ...]] = {int(number >= len(names) - reserved): (slice(None),) * 3}
        else:
            boxes = dict(enumerate(_parted(labels.shape, rules, name)))
        for which, box in boxes.items():
            stride = rules.size if which else rules.stride or rules.size
            sets[which].add(labels[box], [side.start or 0 for side in box], name, rules, stride)
    return sets


def coarsened(labels: Labels, factor: int, phases: int) -> Labels:
    """Blocks of factor^3 voxels become one by majority, ties to the lower label; what is left over is cut off.

    Args:
        labels: ``(Z, Y, X)`` uint8.
        factor: edge of a block, voxels.
        phases: number of labels.

    Returns:
        ``(Z // factor, Y // factor, X // factor)`` uint8; the labels themselves if the factor is 1.
    """
    if factor == 1:
        return labels
    z, y, x = (length // factor for length in labels.shape)
    blocks = labels[: z * factor, : y * factor, : x * factor].reshape(z, factor, y, factor, x, factor)
    best, most = np.zeros((z, y, x), np.uint8), np.zeros((z, y, x), np.int16)
    for label in range(phases):
        count = (blocks == label).sum(axis=(1, 3, 5), dtype=np.int16)  # at most 16^3
        better = count > most
        best[better], most[better] = label, count[better]
    return best


def _refuse_volume(volume: Volume, phases: tuple[str, ...], name: str) -> None:
    if volume.grid.dims != 3 or any(volume.grid.periodic):
        what = "is a section" if volume.grid.dims != 3 else "wraps, and cubes cut from it do not"
        raise InputError(what, where=name, fix="Give volumes that are open on all sides.")
    if volume.grid.phases != phases:
        raise InputError(f"its phases are {', '.join(volume.grid.phases)}, not {', '.join(phases)}", where=name)


def _refuse_size(shape: tuple[int, ...], rules: CubeRules, name: str) -> None:
    if min(shape) < rules.size:
        raise InputError(
            f"{' x '.join(map(str, shape))} voxels (z, y, x){' after coarsening' if rules.coarsen > 1 else ''}, too "
            f"small for cubes of {rules.size}^3",
            where=name,
            fix="Lower size, or coarsen.",
        )


def _parted(shape: tuple[int, ...], rules: CubeRules, name: str) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """The training part of a volume, and the held-out one behind the guard."""
    axis = AXES.index(rules.split)
    length = shape[axis]
    reserved = max(rules.size, round(rules.held_out * length))
    until = length - reserved - rules.guard
    if until < rules.size:
        raise InputError(
            f"{length} voxels along {rules.split} do not hold two cubes of {rules.size} and a guard of {rules.guard}",
            where=name,
            fix="Lower size or guard, or set split to 'volumes' if there are several.",
        )
    training, held_out = [slice(None)] * 3, [slice(None)] * 3
    training[axis], held_out[axis] = slice(0, until), slice(length - reserved, length)
    return tuple(training), tuple(held_out)


def _corners(shape: tuple[int, ...], size: int, stride: int) -> Iterator[tuple[int, ...]]:
    counts = [(length - size) // stride + 1 for length in shape]
    for steps in np.ndindex(*counts):
        yield tuple(step * stride for step in steps)
