"""The queue of a search on a CPU: voxels that wait for their turn by the value of the cheapest path to them.

The first neighbour to be settled gives a voxel its final value, so that each is queued exactly once, never corrected,
and the queue can be lists threaded through the voxels. A voxel waits in one of many buckets ahead, each of an even
stretch of values (R. Dial 1969, https://doi.org/10.1145/363269.363610); there are as many as voxels, so that most that
hold any hold one, which is settled without being compared. The voxels of a fuller bucket, and those that belong to the
one that is being emptied, go through a radix heap (R. K. Ahuja, K. Mehlhorn, J. B. Orlin, R. E. Tarjan 1990,
https://doi.org/10.1145/77600.77615) on the bits of the values: a voxel waits in a list by the highest digit in which it
differs from the last value settled, and by its own digit there. So uneven costs, however large a few of them are, take
no longer than by the heap. Compared to that alone, buckets take two thirds of the time at 24^3 voxels and half at 64^3.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, var-annotated"

from __future__ import annotations

import numpy as np
from numba import types
from numba.extending import intrinsic

from porenet.kernels import inner

DIGIT = 5
"""Bits of a digit of the heap. With single bits it took twice as long."""
LEAST, MOST = 64, 2**20
"""Buckets; bits of theirs fill whole words."""


@intrinsic
def _bits(_typing, number):
    """The bits of a float as an unsigned integer, its sign foremost."""
    narrow = number == types.float32

    def generate(context, builder, _signature, arguments):
        own, wide = (context.get_value_type(each) for each in (types.uint32 if narrow else types.uint64, types.uint64))
        bits = builder.zext(builder.bitcast(arguments[0], own), wide) if narrow else builder.bitcast(arguments[0], own)
        return builder.shl(bits, context.get_constant(types.uint64, 32)) if narrow else bits

    return types.uint64(number), generate


@intrinsic
def zeros_before(_typing, number):
    """Zeros before the highest bit of an unsigned integer that is set."""

    def generate(context, builder, _signature, arguments):
        return builder.ctlz(arguments[0], context.get_constant(types.boolean, False))

    return number(number), generate


@intrinsic
def zeros_behind(_typing, number):
    """Zeros behind the lowest bit of an unsigned integer that is set."""

    def generate(context, builder, _signature, arguments):
        return builder.cttz(arguments[0], context.get_constant(types.boolean, False))

    return number(number), generate


@inner()
def key_of(number):
    """An unsigned integer in the order of the numbers."""
    bits, sign = _bits(number), np.uint64(1 << 63)
    return ~bits if bits & sign else bits | sign


@inner()
def buckets_for(shape):
    """How many buckets a search has, a power of two: at least as many as voxels, if not too many."""
    count = LEAST
    while count < MOST and count < shape[0] * shape[1] * shape[2]:
        count *= 2
    return count


@inner()
def lists_of(count):
    """An empty queue: heads of buckets, their bits, heads of the heap's lists, and bits of each of its levels."""
    levels = 64 // DIGIT + 1
    heads = np.zeros((levels, 2**DIGIT), np.int32)
    return np.zeros(count, np.int32), np.zeros(count // 64, np.uint64), heads, np.zeros(levels, np.uint64)


@inner()
def defer(voxel, place, lists, links):
    """Let a voxel wait in a bucket ahead; buckets lie in a circle."""
    buckets, filled = lists[0], lists[1]
    bucket = place & (len(buckets) - 1)
    links[voxel] = buckets[bucket]
    buckets[bucket] = voxel
    filled[bucket >> 6] |= np.uint64(1) << np.uint64(bucket & 63)


@inner()
def next_bucket(place, lists):
    """Take the voxels out of the next bucket that holds any, from a place on.

    Returns:
        Its place and the first voxel of its list; no voxel, 0, if all are empty.
    """
    buckets, filled = lists[0], lists[1]
    word, words = (place >> 6) & (len(filled) - 1), len(filled)
    bits = filled[word] >> np.uint64(place & 63) << np.uint64(place & 63)
    for _ in range(words + 1):
        if bits:
            bit = np.int64(zeros_behind(bits))
            filled[word] &= ~(np.uint64(1) << np.uint64(bit))
            bucket = word << 6 | bit
            first = buckets[bucket]
            buckets[bucket] = 0
            return place + ((bucket - place) & (len(buckets) - 1)), first
        word = (word + 1) & (words - 1)
        bits = filled[word]
    return place, np.int32(0)


@inner()
def put(voxel, key, last, lists, links):
    """Let a voxel wait in the heap, its key above the last one settled; returns the bit of the level it waits at."""
    heads, masks = lists[2], lists[3]
    level = np.int64(63 - np.int64(zeros_before(key ^ last))) // DIGIT
    digit = np.int64(key >> np.uint64(DIGIT * level)) & (2**DIGIT - 1)
    links[voxel] = heads[level, digit]
    heads[level, digit] = voxel
    masks[level] |= np.uint64(1) << np.uint64(digit)
    return np.uint64(1) << np.uint64(level)


@inner()
def lowest_list(waiting, lists):
    """Take the list of the lowest values out of the heap; its first voxel, and the levels that others wait at."""
    heads, masks = lists[2], lists[3]
    level = np.int64(zeros_behind(waiting))
    digit = np.int64(zeros_behind(masks[level]))
    masks[level] &= masks[level] - np.uint64(1)
    if masks[level] == 0:
        waiting &= waiting - np.uint64(1)
    first = heads[level, digit]
    heads[level, digit] = 0
    return first, waiting


@inner()
def sort_out(first, waiting, work, order, write, lists, links):
    """Append the voxels of a list that have its least value to the order; let the others wait in the heap.

    Returns:
        Their key, the levels that voxels wait at, and the length of the order.
    """
    last = key_of(work[first])
    voxel = links[first]
    while voxel:
        last = min(last, key_of(work[voxel]))
        voxel = links[voxel]
    voxel = first
    while voxel:
        after = links[voxel]
        key = key_of(work[voxel])
        if key == last:
            order[write] = voxel
            write += 1
        else:
            waiting |= put(voxel, key, last, lists, links)
        voxel = after
    return last, waiting, write
