"""The drawings of flood-fill.md, made by the kernels themselves, so that they cannot say what the code does not do."""

import numpy as np

from porenet.flood_fill import components
from porenet.flood_fill.arguments import frozen
from porenet.flood_fill.phase_flood_kernels import flood, pack
from porenet.flood_fill.run_kernels import mark

LETTERS = "N.Y"
ROW_ABOVE = "NNNNNN....YYYYYYYYYY.....NNNNNNNN..YYYYY"
ROW = "NNN......YYYYY...YYYYY...NNNN..NNN....YY"


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


def carry() -> str:
    """One word of a flood: the phase, two seeds, the sum whose carries run up the runs, and what is reached."""
    phase, seeds = "..####..######..###..#####..", "....#.....#..#..........#..."
    width = len(phase)
    labels = frozen(np.array([[[voxel == "#" for voxel in phase]]], np.uint8))
    masks = np.zeros((1, 1, 1), np.uint64)
    pack(labels, np.uint8(1), masks)
    mask, seed = int(masks[0, 0, 0]), sum(1 << x for x, voxel in enumerate(seeds) if voxel == "#")
    total = mask + seed
    up = (mask & ~total) | seed
    reached = np.full((1, 1, 1), seed, np.uint64)
    flood(masks[0, 0], reached[0, 0], (1, 1, 1), np.empty(1, np.uint8), np.empty(2, np.uint32), np.zeros(1, np.uint64))
    return "\n".join(
        [
            _line("m, the phase", _bits(masks[0, 0, 0], width)),
            _line("s, reached so far", _bits(np.uint64(seed), width)),
            _line("m + s", _bits(np.uint64(total), width)),
            _line("(m & ~(m + s)) | s", _bits(np.uint64(up), width)),
            _line("and down, six shifts", _bits(reached[0, 0, 0], width)),
        ]
    )
