"""Union-find over runs of one label along x: the numba kernels of `runs`.

A row is cut into words of 64 voxels, see `bit_words`. One bit per voxel marks the start of a run; with the number of
runs before each word, the run of a voxel is that number plus a count of bits. One more word marks where two rows hold
the same label, and one union serves a whole stretch of contact. Parents come before their children, so one pass forward
flattens them. docs/flood-fill.md draws it.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, assignment"

from __future__ import annotations

import numpy as np

from porenet.flood_fill import bit_words
from porenet.flood_fill.bit_words import NONE, ONE, WORD
from porenet.kernels import inner, kernel

LAST = np.uint64(WORD - 1)
FEW = 16
"""Runs that start in a word, up to which their first contacts are not sought beforehand."""


@kernel()
def link(labels, starts, before, parents, above, first_slice, last_slice, run):
    """Join the runs that share a face, within some slices and within the box.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        starts: ``(Z * Y, W)`` uint64, see `run_kernels.mark`.
        before: ``(Z * Y, W)`` uint32, written: number of runs that start before each word.
        parents: ``(R,)`` uint32, each run its own parent, written: an earlier run of its set, or itself.
        above: ``(Y, W)`` uint64, zeros, scratch: where a row equals the one of the slice before.
        first_slice: first slice to be done.
        last_slice: the slice after the last one.
        run: number of runs that start before these slices.
    """
    _, height, width = labels.shape
    words, address, last = starts.shape[1], labels.ctypes.data, labels.size - WORD
    for z in range(first_slice, last_slice):
        for y in range(height):
            row = z * height + y
            in_y = in_z = NONE  # bit 0: whether the voxel before the word is in contact
            for w in range(words):
                begun, inside = starts[row, w], bit_words.inside(width, w)
                before[row, w] = run
                own = np.uint64(run - 1)  # and with a count of bits, the run of a voxel
                run += np.int64(bit_words.count(begun))
                voxel = row * width + w * WORD
                rows = slices = corner = NONE  # contacts with the row before, and with that of the slice before
                if y > 0:
                    if voxel <= last:
                        same = bit_words.equal(address + voxel, address + voxel - width) & inside
                    else:
                        same = bit_words.equal_within(labels, voxel, voxel - width) & inside
                    corner = same & above[y - 1, w]
                    rows = same & (begun | ~((same << ONE) | in_y))
                    in_y = same >> LAST
                if z > first_slice:
                    if voxel <= last:
                        same = bit_words.equal(address + voxel, address + voxel - height * width) & inside
                    else:
                        same = bit_words.equal_within(labels, voxel, voxel - height * width) & inside
                    above[y, w] = same
                    # A stretch of contact is joined at its last voxel. It needs no union if somewhere along it all
                    # four rows round the edge agree, since they are joined the other way: the carry of a sum runs
                    # from there to the end of the stretch. Nor does what goes on from the word before.
                    ends = same & ((begun >> ONE) | ~(same >> ONE))
                    known = same & (corner | (in_z & ~begun))
                    in_z = same >> LAST
                    stretch = same & ~ends
                    slices = ends & ~((stretch + (known & stretch)) | known)
                if y > 0:
                    theirs, other = starts[row - 1, w], np.uint64(before[row - 1, w]) - ONE
                if z > first_slice:
                    over, others = starts[row - height, w], np.uint64(before[row - height, w]) - ONE
                first = NONE
                if bit_words.count(begun) > FEW:
                    # A run that begins here has no set yet: its first contact is its parent, and nothing is looked for.
                    goes_on = ~begun
                    beyond = ((rows | slices) << ONE) & goes_on  # and a carry from there to the end of the run
                    beyond |= goes_on & ~(goes_on + beyond)
                    first = (rows | slices) & ~beyond & ~(goes_on & (begun - ONE))
                    if y > 0:
                        _copy(parents, begun, own, theirs, other, rows & first)
                    if z > first_slice:
                        _copy(parents, begun, own, over, others, slices & first & ~rows)
                if y > 0:
                    _unite(parents, begun, own, theirs, other, rows & ~first)
                if z > first_slice:
                    _unite(parents, begun, own, over, others, slices & (rows | ~first))


@inner()
def _copy(parents, begun, own, theirs, other, contacts):
    """Give runs of a word the parents of those that they are in contact with in another.

    Args:
        parents: ``(R,)`` uint32.
        begun: where runs start in the word.
        own: number of the runs that start before it, less 1.
        theirs: where runs start in the other word.
        other: number of the runs that start before that, less 1.
        contacts: bit of a contact of each run.
    """
    while contacts != NONE:
        upto = contacts ^ (contacts - ONE)
        contacts &= contacts - ONE
        parents[own + bit_words.count(begun & upto)] = parents[other + bit_words.count(theirs & upto)]


@inner()
def _unite(parents, begun, own, theirs, other, contacts):
    """Join the runs of two words at some contacts; arguments as of `_copy`."""
    while contacts != NONE:
        upto = contacts ^ (contacts - ONE)
        contacts &= contacts - ONE
        a, b = own + bit_words.count(begun & upto), other + bit_words.count(theirs & upto)
        if parents[a] == a:  # it has no set either
            parents[a] = parents[b]
        else:
            _union(parents, a, b)


@kernel()
def link_across(labels, starts, before, parents, offset, slices, rows, wraps):
    """Join the runs whose voxels are one offset apart: through the faces of the box, across edges or corners.

    Args:
        labels: ``(Z, Y, X)`` uint8, C order, read-only.
        starts: ``(Z * Y, W)`` uint64.
        before: ``(Z * Y, W)`` uint32.
        parents: ``(R,)`` uint32, as `link` left them.
        offset: step (z, y, x) to the neighbour, each -1, 0 or 1.
        slices: first, and the one after the last, of the voxels whose neighbours are looked at.
        rows: first, and the one after the last, in each slice.
        wraps: per axis (z, y, x), whether opposite faces are neighbours.
    """
    depth, height, width = labels.shape
    dz, dy, dx = offset
    for z in range(slices[0], slices[1]):
        if not (0 <= z + dz < depth or wraps[0]):
            continue
        for y in range(rows[0], rows[1]):
            if not (0 <= y + dy < height or wraps[1]):
                continue
            row = z * height + y
            other = (z + dz + depth) % depth * height + (y + dy + height) % height
            before_it = NONE
            for w in range(starts.shape[1]):
                x = w * WORD
                valid = bit_words.inside(width - dx if dx > 0 else width, w)
                if x + dx < 0:
                    valid &= ~ONE
                same = bit_words.equal_within(labels, row * width + x, other * width + x + dx) & valid
                contacts = same & (starts[row, w] | ~((same << ONE) | before_it))
                before_it = same >> LAST
                while contacts != NONE:
                    at = x + np.int64(bit_words.lowest(contacts))
                    contacts &= contacts - ONE
                    _union(parents, _run(starts, before, row, at), _run(starts, before, other, at + dx))
            if dx != 0 and wraps[2]:
                own, far = (0, width - 1) if dx < 0 else (width - 1, 0)
                if labels[z, y, own] == labels[other // height, other % height, far]:
                    _union(parents, _run(starts, before, row, own), _run(starts, before, other, far))


@kernel()
def link_pairs(parents, first, second, offset):
    """Join the sets of pairs of members.

    Args:
        parents: ``(R,)`` uint32, each member its own parent, or as `link` left them.
        first: ``(N,)`` uint32, members.
        second: ``(N,)`` uint32, members less ``offset``.
        offset: added to ``second``.
    """
    for pair in range(first.size):
        _union(parents, np.uint64(first[pair]), np.uint64(second[pair] + offset))


@kernel()
def flatten(parents):
    """Turn ``(R,)`` parents into ids, in the order of the first runs of the sets; returns the number of sets."""
    sets = np.uint32(0)
    for run in range(parents.size):  # a parent comes before its children
        parent = parents[run]
        parents[run] = sets  # which a run that is its own parent reads back: a branch would be wrong too often
        parents[run] = parents[np.uint64(parent)]
        sets += np.uint32(parent == np.uint32(run))
    return sets


@inner()
def _run(starts, before, row, x):
    """The run of a voxel."""
    w = x // WORD
    upto = bit_words.ALL >> np.uint64(WORD - 1 - x % WORD)
    return np.uint64(before[row, w]) + bit_words.count(starts[row, w] & upto) - ONE


@inner()
def _union(parents, first, second):
    """Make one set of two runs' sets."""
    a, b = _root(parents, first), _root(parents, second)
    if a < b:
        parents[b] = a
    else:
        parents[a] = b


@inner()
def _root(parents, run):
    """The first run of a run's set, as far as known; the way to it is halved."""
    parent = np.uint64(parents[run])
    while parent != run:
        grand = np.uint64(parents[parent])
        parents[run] = grand
        run, parent = grand, np.uint64(parents[grand])
    return run
