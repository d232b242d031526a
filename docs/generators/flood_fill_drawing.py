"""The drawings of flood-fill.md, made by the kernels themselves, so that they cannot say what the code does not do."""
# mypy: disable-error-code="untyped-decorator, call-arg, type-var, var-annotated"

import numba
import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill import bit_blocks, components
from porenet.flood_fill.arguments import frozen
from porenet.flood_fill.run_kernels import mark

LETTERS = "N.Y"
ROW_ABOVE = "NNNNNN....YYYYYYYYYY.....NNNNNNNN..YYYYY"
ROW = "NNN......YYYYY...YYYYY...NNNN..NNN....YY"


DRAWN = (1, 2, 5, 9)
"""Steps of a flood; the last one is drawn too."""


def _line(name: str, voxels: str) -> str:
    return f"{name:<22}{voxels}".rstrip()


def _bits(word: np.uint64, width: int) -> str:
    return "".join("1" if int(word) >> x & 1 else "." for x in range(width))


def runs() -> str:
    """Two rows of three phases: where runs start, where the rows agree, one union for each stretch, the sets."""
    labels = frozen(np.array([[[LETTERS.index(voxel) for voxel in row] for row in (ROW_ABOVE, ROW)]], np.uint8))
    _, height, width = labels.shape
    starts = np.zeros((height, 1), np.uint64)
    mark(labels, starts, 0, height)
    owners = ["".join(chr(ord("a") + component) for component in row) for row in components(labels).ids[0]]
    same = labels[0, 1] == labels[0, 0]
    begins = same & (np.array([int(starts[1, 0]) >> x & 1 for x in range(width)], bool) | ~np.r_[False, same[:-1]])
    return "\n".join(
        [
            _line("row y - 1", ROW_ABOVE),
            _line("  runs start", _bits(starts[0, 0], width)),
            _line("row y", ROW),
            _line("  runs start", _bits(starts[1, 0], width)),
            _line("rows agree", "".join("1" if bit else "." for bit in same)),
            _line("  one union each", "".join("^" if bit else " " for bit in begins)),
            _line("sets, row y - 1", owners[0]),
            _line("sets, row y", owners[1]),
        ]
    )


@numba.njit
def _step(words: NDArray[np.uint64]) -> None:
    """A step of a flood: words of the phase, then of what is reached."""
    phase, reached = words.ctypes.data, words.ctypes.data + 64
    further = bit_blocks.grown(bit_blocks.load(phase), bit_blocks.load(reached))
    bit_blocks.store(reached, further)


def block() -> str:
    """One layer of a block: the phase, a seed, and what is reached after each step of a flood."""
    phase = ["######..", ".....#..", ".###.#..", ".#.#.#..", ".#.###..", ".#......", ".######.", "......#."]
    words = np.zeros((2, 8), np.uint64)
    words[0, 0] = sum(1 << 8 * y + x for y, row in enumerate(phase) for x, voxel in enumerate(row) if voxel == "#")
    words[1, 0] = 1 << 2
    panels = {"phase": _layer(words[0, 0]), "seed": _layer(words[1, 0])}
    steps = 0
    while words[0, 0] != words[1, 0]:
        _step(words)
        steps += 1
        if steps in DRAWN or words[0, 0] == words[1, 0]:
            panels[f"step {steps}"] = _layer(words[1, 0])
    lines = ["  ".join(f"{name:<8}" for name in panels)]
    lines += ["  ".join(rows) for rows in zip(*panels.values(), strict=True)]
    return "\n".join(line.rstrip() for line in lines)


def _layer(word: np.uint64) -> list[str]:
    return ["".join("#" if int(word) >> 8 * y + x & 1 else "." for x in range(8)) for y in range(8)]
