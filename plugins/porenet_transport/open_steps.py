"""The straight steps of a path from voxel to voxel, and from which voxels each of them stays in its phase, as bits.

A bit says of a voxel that a step from it is open; 32 voxels of a row are a word, lowest bit first. Whole planes of
words are compared, shifted and joined at a time, for all phases at once: a step joins voxels of one phase.
"""

from __future__ import annotations

import itertools
import math
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Neighbours = Literal[26, 98]
Step = tuple[int, int, int]
Words = NDArray[np.uint32]
Scalar = TypeVar("Scalar", bound=np.generic)

WORD = 32
LAYERS = 64
"""Layers whose steps to voxels two away are worked out at a time, so that shifted planes stay few and near."""
SPACE = 16
"""Words between planes: planes whose distance is a power of two would share few lines of the cache."""

_MOVES = range(-2, 3)
_ALL: list[Step] = [(z, y, x) for z in _MOVES for y in _MOVES for x in _MOVES if math.gcd(z, y, x) == 1]
NEAR = [step for step in _ALL if max(map(abs, step)) == 1]


def steps_to(neighbours: Neighbours) -> list[Step]:
    """The steps to 26 or 98 neighbours as moves along (z, y, x), those of one row together and the own row's last."""
    return sorted(NEAR if neighbours == 26 else _ALL, key=lambda step: (step[:2] == (0, 0), step))


def open_steps(labels: NDArray[np.uint8], steps: list[Step], wraps: tuple[bool, bool]) -> Words:
    """From which voxels each step is open.

    A step to one of the 26 neighbours is open if voxels of the phase that share faces lead there by moves along the
    axes that it goes along: a step across an edge touches that edge, one across a corner that corner, and two voxels
    that meet there only are not joined. A step of two voxels along some axes and one along the others is a move along
    the former, one along the latter, and the first again, all of them open: through the middle of what is between.

    Args:
        labels: ``(Z, Y, X)``.
        steps: as `steps_to` returns them, K.
        wraps: of axes 1 and 2, whether opposite sides are neighbours; axis 0 is open.

    Returns:
        ``(Z, K, Y W + SPACE)``, with W words per row; bits past the end of a row are 0, words past the rows anything.
    """
    depth, height, width = labels.shape
    words = -(-width // WORD)
    near = _open_to_neighbours(_same_as_neighbours(labels, wraps), wraps)
    masks = np.empty((depth, len(steps), height * words + SPACE), np.uint32)
    for first in range(0, depth, LAYERS):
        planes = {step: plane[first : first + LAYERS + 2] for step, plane in near.items()}
        turned = {
            (step, shift): plane if shift == 0 else _shifted(plane, shift, width, wraps[1])
            for step, plane in planes.items()
            for shift in ((0,) if len(steps) == len(NEAR) else (-1, 0, 1))
        }
        for number, step in enumerate(steps):
            layers = masks[first : first + LAYERS, number, : height * words]
            _stay(turned, step, layers.reshape(len(layers), height, words))
    return masks


def _stay(planes: dict[tuple[Step, int], Words], step: Step, out: Words) -> None:
    """Write where all moves of a step are open, of planes as they are seen from a voxel to the side."""
    first: Step = tuple(int(move / 2) for move in step)  # type: ignore[assignment]
    if not any(first):
        out[...] = _beyond(planes[step, 0], (0, 0))
        return
    second: Step = tuple(move - 2 * half for move, half in zip(step, first, strict=True))  # type: ignore[assignment]
    between = [half + rest for half, rest in zip(first, second, strict=True)]
    np.bitwise_and(_beyond(planes[first, 0], (0, 0)), _beyond(planes[second, first[2]], first[:2]), out=out)
    out &= _beyond(planes[first, between[2]], (between[0], between[1]))


def _same_as_neighbours(labels: NDArray[np.uint8], wraps: tuple[bool, bool]) -> dict[Step, Words]:
    """Which voxels have the label of each neighbour, each ``(Z, Y, W)``."""
    depth, height, width = labels.shape
    words = -(-width // WORD)
    turned = {}
    for shift in (-1, 0, 1):
        padded = np.zeros((depth + 2, height + 2, words * WORD), np.uint8)
        padded[1:-1, 1:-1, :width] = np.roll(labels, -shift, axis=2)
        turned[shift] = _with_sides(padded, wraps[0])
    same: dict[Step, Words] = {}
    for step in NEAR[len(NEAR) // 2 :]:
        equal = _beyond(turned[0], (0, 0)) == _beyond(turned[step[2]], step[:2])
        if step[0]:
            equal[-1] = False
        if step[1] and not wraps[0]:
            equal[:, -1 if step[1] > 0 else 0] = False
        if step[2] and not wraps[1]:
            equal[:, :, width - 1 if step[2] > 0 else 0] = False
        equal[:, :, width:] = False
        same[step] = np.packbits(equal.reshape(-1), bitorder="little").view("<u4").reshape(depth, height, words)
        back: Step = (-step[0], -step[1], -step[2])
        same[back] = _beyond(_shifted(_ghosted(same[step], wraps[0]), back[2], width, wraps[1]), back[:2])
    return same


def _open_to_neighbours(same: dict[Step, Words], wraps: tuple[bool, bool]) -> dict[Step, Words]:
    """Where moves across faces lead to each neighbour in some order, each with ghosts, ``(Z + 2, Y + 2, W)``."""
    near = {}
    for step in NEAR:
        leads = np.zeros_like(same[step])
        for order in itertools.permutations([axis for axis in range(3) if step[axis]]):
            way, place = same[step], [0, 0, 0]
            for axis in order[:-1]:
                place[axis] = step[axis]
                way = way & same[place[0], place[1], place[2]]
            leads |= way
        near[step] = _ghosted(leads, wraps[0])
    return near


def _ghosted(words: Words, wraps: bool) -> Words:
    return _with_sides(np.pad(words, ((1, 1), (1, 1), (0, 0))), wraps)


def _with_sides(padded: NDArray[Scalar], wraps: bool) -> NDArray[Scalar]:
    """Fill the ghosts of axis 1 with the rows of the other side, if it wraps."""
    if wraps:
        padded[:, 0], padded[:, -1] = padded[:, -2], padded[:, 1]
    return padded


def _beyond(padded: NDArray[Scalar], move: tuple[int, int]) -> NDArray[Scalar]:
    """What lies a move along axes 0 and 1 from each voxel."""
    layers, rows = (slice(1 + by, size - 1 + by) for by, size in zip(move, padded.shape[:2], strict=True))
    return padded[layers, rows]


def _shifted(words: Words, shift: int, width: int, wraps: bool) -> Words:
    """Rows as they are seen from one voxel to the side: bits of x + shift at x, shift -1, 0 or 1."""
    if shift == 0:
        return words
    word, bit = (width - 1) // WORD, np.uint32((width - 1) % WORD)
    one, carry = np.uint32(1), np.uint32(WORD - 1)
    if shift > 0:
        turned = words >> one
        turned[..., :-1] |= words[..., 1:] << carry
        if wraps:
            turned[..., word] |= (words[..., 0] & one) << bit
        return turned
    turned = words << one
    turned[..., 1:] |= words[..., :-1] >> carry
    if wraps:
        turned[..., 0] |= words[..., word] >> bit & one
    turned[..., word] &= np.uint32(0xFFFFFFFF) >> (carry - bit)
    return turned
