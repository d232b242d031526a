"""The loops behind distances from a lattice of points to the voxels of other phases, one axis at a time.

Every voxel has an owner, the label of its phase, and a point of a lattice has the owner of all voxels around it. A
point between voxels of several phases is `MIXED`: its distance to another phase is 0. So all phases take one pass.
Places along an axis count half voxels: voxel i reaches from 2 i to 2 i + 2, its centre is 2 i + 1.

A voxel is closed: one of its two ends is its nearest point to every place but its own centre.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg"
# ruff: noqa: ARG001 - an intrinsic is given types; the values come to what it returns

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from porenet.kernels import inner, kernel

MIXED = 255
"""Owner of a point between voxels of several phases; a grid has at most 255 phases, labels 0 to 254."""

LINES = 64
"""Lines that are taken together, so that one instruction of the machine works on all of them."""

LINE_BYTES = 4 * LINES

STRIDE = 4
"""Steps away from a place between two looks at whether farther voxels can matter."""


@kernel(error_model="numpy")
def first_axis(owners, half, wraps, corners, run, squares):
    """Squared distances along the first axis alone: one sweep there counts voxels of one owner, one comes back.

    Args:
        owners: ``(Z, columns)`` uint8, of each voxel.
        half: half a voxel edge.
        wraps: whether the last voxel and the first are neighbours.
        corners: whether the places are the ends of the voxels, instead of their centres.
        run: ``(columns,)`` float32, scratch: voxels of one owner up to a voxel, infinite from an open end on.
        squares: ``(places, columns)`` float32, written: infinite where the axis has no obstacle.
    """
    depth, places = len(owners), len(squares)
    for way in (1, -1):
        for x in range(len(run)):
            run[x] = np.inf
        for i in range(-depth if wraps else 0, places):
            place = i if way > 0 else places - 1 - i
            voxel = place - 1 if corners and way > 0 else place
            if wraps or (0 <= voxel < depth and 0 <= voxel - way < depth):
                _count(owners[(voxel - way) % depth], owners[voxel % depth], run)
            if i >= 0 and way > 0:
                for x in range(len(run)):
                    squares[place, x] = run[x]
            elif i >= 0:
                before = place - 1 if corners else place
                after = place % depth if wraps else place if place < depth else depth - 1
                before = before % depth if wraps else before if before > 0 else 0
                _meet(owners[before], owners[after], run, half, corners, squares[place])


@inner(inline="always")
def _count(before, here, run):
    """Count voxels of one owner, from a layer to the next."""
    for x in range(len(run)):
        run[x] = (run[x] if here[x] == before[x] else np.float32(0)) + np.float32(1)


@inner(inline="always")
def _meet(before, after, run, half, corners, squares):
    """Squares of the places between two layers of voxels, or in one: the nearer of both ends counts."""
    area, first = half * half, 0.0 if corners else 1.0
    for x in range(len(run)):
        halves = 2.0 * (squares[x] if squares[x] < run[x] else run[x]) - first
        squares[x] = area * (halves * halves) if before[x] == after[x] else 0.0


@kernel(error_model="numpy")
def add_axis(owners, squares, shape, places, gaps, corners, names, lines, least, starts, new_squares):
    """Squared distances over one more axis.

    From each place the voxels of its line are tried, nearest first, until none that is farther can be nearer. That is
    work in proportion to the distances, but 16 lines at a time and without a branch: of phases whose widest place is
    below some hundred voxels it takes a third of the time of lower envelopes of parabolas. The first voxel of another
    owner is an obstacle, and nothing behind it is nearer: so it does not matter whose voxels those are.

    Args:
        owners: uint8, of each voxel, flat.
        squares: likewise float32: squared distance to the nearest obstacle of its layer across the axis; infinite if
            none, 0 where the owner is `MIXED`.
        shape: blocks, voxels, columns: the axis is in the middle.
        places: of a line.
        gaps: float32, squared distance to the nearer end of the voxel so many steps away; see `scratch` for these.
        corners: whether the places are the ends of the voxels, instead of their centres.
        names: ``(rows, LINES)`` uint8, scratch; more rows than voxels where a line goes on round the box.
        lines: ``(3, rows + 2 STRIDE, LINES)`` float32, infinite, scratch: of some lines the squares, and those as seen
            from before and from behind; beyond a line nothing is seen, for as many steps as are taken at once.
        least: ``(LINES,)`` float32, scratch.
        starts: ``(2, LINES)`` int64, scratch.
        new_squares: of ``(blocks, places, columns)`` float32, flat, written.
    """
    blocks, voxels, columns = shape
    rows, first = len(names), 0 if corners else 1
    beyond = (rows - voxels) // 2
    of_lines, forth, back = lines[0], lines[1], lines[2]
    begins, ends = starts[0], starts[1]
    beside = columns >= LINES  # lines that are read and written as a whole, the last of a block twice if need be
    groups = -(-columns // LINES)
    for group in range(blocks * groups if beside else -(-blocks * columns // LINES)):
        for i in range(LINES):
            if beside:
                block, column = group // groups, group % groups * LINES
                column = (column if column < columns - LINES else columns - LINES) + i
            else:
                line = group * LINES + i if group * LINES + i < blocks * columns else blocks * columns - 1
                block, column = line // columns, line % columns
            begins[i], ends[i] = block * voxels * columns + column, block * places * columns + column
        for row in range(rows):
            shift = (row - beyond) % voxels * columns
            _fetch(owners, begins, shift, beside, names[row])
            _fetch(squares, begins, shift, beside, of_lines[row])
        for row in range(rows):
            _face(names[row - 1 if row > 0 else 0], names[row], of_lines[row], forth[row + STRIDE])
            _face(names[row + 1 if row < rows - 1 else row], names[row], of_lines[row], back[row + STRIDE])
        for place in range(places):
            row = place + beyond
            for i in range(LINES):
                least[i] = np.inf if corners else of_lines[row, i]
            before, after, step = row + STRIDE - 1, row + STRIDE + first, first
            more = True
            while more and (before >= STRIDE or after < rows + STRIDE):
                more = _lower(
                    least.ctypes.data, forth.ctypes.data + after * LINE_BYTES, back.ctypes.data + before * LINE_BYTES,
                    gaps.ctypes.data + step * 4,
                )  # fmt: skip
                before = before - STRIDE if before > 2 * STRIDE - 1 else STRIDE - 1
                after = after + STRIDE if after < rows else rows + STRIDE
                step += STRIDE
            _put(least, ends, place * columns, beside, new_squares)


@inner(inline="always")
def _fetch(values, starts, shift, beside, line):
    """Read one voxel of each line. Unsigned places are not looked at for negative ones."""
    if beside:
        first = np.uint64(starts[0] + shift)
        for i in range(np.uint64(LINES)):
            line[i] = values[first + i]
    else:
        for i in range(LINES):
            line[i] = values[np.uint64(starts[i] + shift)]


@inner(inline="always")
def _put(line, ends, shift, beside, values):
    """Write one place of each line."""
    if beside:
        first = np.uint64(ends[0] + shift)
        for i in range(np.uint64(LINES)):
            values[first + i] = line[i]
    else:
        for i in range(LINES):
            values[np.uint64(ends[i] + shift)] = line[i]


@inner(inline="always")
def _face(beside, own, squares, seen):
    """Squares of voxels as seen from those beside them: an obstacle if the owner is another."""
    for i in range(LINES):
        seen[i] = squares[i] if own[i] == beside[i] else np.float32(0)


@intrinsic
def _lower(_context, least, forth, back, gaps):
    """Lower `LINES` squares by `STRIDE` rows on both sides; whether farther ones can matter: ``(intp x 4) -> bool``."""
    single, wide = ir.FloatType(), ir.VectorType(ir.FloatType(), LINES)

    def compiled(_, builder, __, arguments):
        def load(address, kind):
            return builder.load(builder.inttoptr(address, kind.as_pointer()), align=4)

        def gap(step):
            lane = load(builder.add(arguments[3], ir.Constant(address, 4 * step)), single)
            vector = builder.insert_element(ir.Constant(wide, ir.Undefined), lane, ir.Constant(ir.IntType(32), 0))
            everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LINES), [0] * LINES)
            return builder.shuffle_vector(vector, ir.Constant(wide, ir.Undefined), everywhere)

        address = arguments[0].type
        squares = load(arguments[0], wide)
        for step in range(STRIDE):
            apart, rows = gap(step), ir.Constant(address, LINE_BYTES * step)
            for row in (builder.add(arguments[1], rows), builder.sub(arguments[2], rows)):
                height = builder.fadd(load(row, wide), apart)
                squares = builder.select(builder.fcmp_ordered("<", height, squares), height, squares)
        builder.store(squares, builder.inttoptr(arguments[0], wide.as_pointer()), align=4)
        farther = builder.bitcast(builder.fcmp_ordered(">", squares, gap(STRIDE)), ir.IntType(LINES))
        return builder.icmp_unsigned("!=", farther, ir.Constant(ir.IntType(LINES), 0))

    return types.boolean(types.intp, types.intp, types.intp, types.intp), compiled


def scratch(voxels: int, half: float, *, wraps: bool, corners: bool) -> tuple[NDArray[Any], ...]:
    """What `add_axis` needs of arrays: gaps, names, lines, least, starts; half a turn more at both ends if it wraps.

    Args:
        voxels: of a line.
        half: half a voxel edge.
        wraps: whether the last voxel and the first are neighbours.
        corners: whether the places are the ends of the voxels, instead of their centres.
    """
    rows = voxels + 2 * (voxels // 2 + 1 if wraps else 0)
    gaps = half * half * (2 * np.arange(rows + 2 * STRIDE + 1) - (0 if corners else 1)) ** 2
    lines = np.full((3, rows + 2 * STRIDE, LINES), np.float32(np.inf))
    names, least, starts = (
        np.empty((rows, LINES), np.uint8),
        np.empty(LINES, np.float32),
        np.empty((2, LINES), np.int64),
    )
    return gaps.astype(np.float32), names, lines, least, starts
