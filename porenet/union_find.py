"""Union-find over runs of one label along x: the numba kernels of `porenet.flood_fill`.

The loops over voxels hold no branch that depends on the labels: positions are written whether or not they count, and
the counter moves if they do. On blobs of 3 phases at 128^3 that takes 9 ms, where a branch a voxel took 19.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def link(labels, ids, parents, reach, wraps):
    """Number the runs and join the neighbours.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        ids: ``(Z, Y, X)`` uint32, written: the run of each voxel, counted in C order.
        parents: ``(R,)`` uint32, written: for each of the R runs an earlier run of its set, or itself.
        reach: how far along x a row sees the rows that share a face with it, and those that share only an edge: 0
            or 1 voxels, -1 not at all.
        wraps: per axis (z, y, x), whether opposite faces are neighbours.

    Returns:
        The number of sets.
    """
    depth, height, width = labels.shape
    near, far = reach
    contacts = np.empty(width, np.int64)
    flags = np.empty(width, np.uint8)
    runs = 0
    linked = 0
    for z in range(depth):
        for y in range(height):
            row, own = labels[z, y], ids[z, y]
            runs = _start_runs(row, own, parents, runs)
            if wraps[2] and row[0] == row[width - 1]:
                linked += _union(parents, own[0], own[width - 1])
            for dz, dy in ((0, -1), (-1, 0), (-1, -1), (-1, 1)):
                reached = far if dz != 0 and dy != 0 else near
                if reached >= 0 and z + dz >= 0 and 0 <= y + dy < height:
                    other, others = labels[z + dz, y + dy], ids[z + dz, y + dy]
                    linked += _join(row, own, other, others, parents, contacts, flags, reached, wraps[2])
    # Rows that are neighbours through a face of the array, once all of them have their runs.
    for z in range(depth):
        for y in range(height):
            if 0 < z < depth - 1 and 0 < y < height - 1:
                continue
            for dz, dy in ((0, -1), (-1, 0), (-1, -1), (-1, 1)):
                reached = far if dz != 0 and dy != 0 else near
                inside_z, inside_y = z + dz >= 0, 0 <= y + dy < height
                seen = (inside_z or wraps[0]) and (inside_y or wraps[1])
                if reached >= 0 and seen and not (inside_z and inside_y):
                    there = (z + dz + depth) % depth, (y + dy + height) % height
                    linked += _join(
                        labels[z, y], ids[z, y], labels[there], ids[there], parents, contacts, flags, reached, wraps[2]
                    )
    return runs - linked


@numba.njit(cache=True, nogil=True)
def number(labels, ids, parents, phases, sizes, touches):
    """Turn runs into ids and fill in the table of the K sets.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        ids: ``(Z, Y, X)`` uint32: runs, overwritten with ids in the order of first voxels.
        parents: ``(R,)`` uint32, as `link` left them; overwritten with the id of each run.
        phases: ``(K,)`` uint8, written: the label of each set.
        sizes: ``(K,)`` int64, zeros; voxels are added.
        touches: ``(K,)`` uint8, zeros; bits of the outer layers z_min, z_max, y_min, y_max, x_min, x_max are set.
    """
    depth, height, width = labels.shape
    starts = np.empty(width + 1, np.int64)
    count = 0
    for run in range(parents.size):  # a parent comes before its children
        if parents[run] == run:
            parents[run] = count
            count += 1
        else:
            parents[run] = parents[parents[run]]
    for z in range(depth):
        on_z = (1 if z == 0 else 0) | (2 if z == depth - 1 else 0)
        for y in range(height):
            on_zy = on_z | (4 if y == 0 else 0) | (8 if y == height - 1 else 0)
            row, own = labels[z, y], ids[z, y]
            starts[0] = 0
            runs = 1
            for x in range(1, width):
                starts[runs] = x
                runs += row[x] != row[x - 1]
            starts[runs] = width
            first = np.int64(own[0])
            for i in range(runs):
                found = np.uint64(parents[first + i])
                phases[found] = row[starts[i]]
                sizes[found] += starts[i + 1] - starts[i]
                touches[found] |= np.uint8(on_zy)
            for x in range(width):
                own[x] = parents[np.uint64(own[x])]
            touches[own[0]] |= np.uint8(16)
            touches[own[width - 1]] |= np.uint8(32)


@numba.njit(cache=True, nogil=True)
def select(ids, chosen, selected):
    """Look every id up in a table: ``selected[v] = chosen[ids[v]]``, on flat arrays."""
    for voxel in range(ids.size):
        selected[voxel] = chosen[ids[voxel]]


@numba.njit(cache=True, nogil=True)
def _start_runs(row, own, parents, runs):
    """Number the runs of a row, onwards from ``runs``; returns the next number."""
    run = runs
    own[0] = run
    for x in range(1, row.size):
        run += row[x] != row[x - 1]
        own[x] = run
    for started in range(runs, run + 1):
        parents[started] = started
    return run + 1


@numba.njit(cache=True, nogil=True)
def _join(row, own, other, others, parents, contacts, flags, reach, wraps):
    """Join the runs of two rows, once for each stretch of x over which the same two runs are in contact.

    Args:
        row: ``(X,)`` labels of the one row.
        own: ``(X,)`` its runs.
        other: ``(X,)`` labels of the other row.
        others: ``(X,)`` its runs.
        parents: ``(R,)``.
        contacts: ``(X,)`` int64, overwritten.
        flags: ``(X,)`` uint8, overwritten.
        reach: 0, or 1 if voxels one step apart along x are neighbours too.
        wraps: whether x is periodic.

    Returns:
        How many unions made one set of two.
    """
    width = row.size
    linked = 0
    contacts[0] = 0
    count = 1 if row[0] == other[0] else 0
    for x in range(1, width):  # apart from the next loop, so that the compiler vectorises it
        flags[x] = (row[x] == other[x]) & ((row[x] != row[x - 1]) | (row[x - 1] != other[x - 1]))
    for x in range(1, width):
        contacts[count] = x
        count += flags[x]
    for i in range(count):
        linked += _union(parents, own[contacts[i]], others[contacts[i]])
    if reach == 1:
        for x in range(1, width):
            # What one of the two rows or the loop above has joined needs no second union.
            if row[x] == other[x - 1] and row[x] != other[x] and row[x] != row[x - 1]:
                linked += _union(parents, own[x], others[x - 1])
            if row[x - 1] == other[x] and row[x - 1] != other[x - 1] and row[x - 1] != row[x]:
                linked += _union(parents, own[x - 1], others[x])
        if wraps and row[0] == other[width - 1]:
            linked += _union(parents, own[0], others[width - 1])
        if wraps and row[width - 1] == other[0]:
            linked += _union(parents, own[width - 1], others[0])
    return linked


@numba.njit(cache=True, nogil=True)
def _union(parents, first, second):
    """Make one set of two runs' sets; returns 1 if they were two."""
    a, b = _root(parents, first), _root(parents, second)
    parents[max(a, b)] = min(a, b)
    return 0 if a == b else 1


@numba.njit(cache=True, nogil=True)
def _root(parents, run):
    """The first run of a run's set, as far as known; the way to it is halved."""
    parent = parents[run]
    while parent != run:
        parents[run] = parents[parent]
        run, parent = parent, parents[parent]
    return run
