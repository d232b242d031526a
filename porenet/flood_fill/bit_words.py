"""64 voxels of a row in one word: comparisons packed to bits, and bits unpacked to bytes.

Bit i of a word stands for voxel i of the 64. LLVM compiles the comparison of 64 bytes to one or a few vector
instructions, so that packing runs at the speed of memory. Rows need not be a multiple of 64 long: what is read past the
end of a row belongs to the next one and is masked off by the caller; only the end of the array is read voxel by voxel.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, assignment"
# ruff: noqa: ARG001 - an intrinsic is given types; the values come to what it returns

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from porenet.kernels import kernel

WORD = 64
SPREAD = 16
NONE = np.uint64(0)
ONE = np.uint64(1)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)

_BYTES = ir.VectorType(ir.IntType(8), WORD)
_BITS = ir.VectorType(ir.IntType(1), WORD)


@intrinsic
def equal(_context, first, second):
    """Which of 64 bytes at one address equal those at another: ``(intp, intp) -> uint64``."""

    def compiled(_, builder, __, arguments):
        a, b = (_vector(builder, address) for address in arguments)
        return builder.bitcast(builder.icmp_unsigned("==", a, b), ir.IntType(64))

    return types.uint64(types.intp, types.intp), compiled


@intrinsic
def equal_to(_context, address, value):
    """Which of 64 bytes at an address equal a value: ``(intp, uint8) -> uint64``."""

    def compiled(_, builder, __, arguments):
        voxels, value = _vector(builder, arguments[0]), _filled(builder, arguments[1], _BYTES)
        return builder.bitcast(builder.icmp_unsigned("==", voxels, value), ir.IntType(64))

    return types.uint64(types.intp, types.uint8), compiled


@intrinsic
def equal_in(_context, address, mask, value):
    """Which of 64 bytes at an address have a value in the bits of a mask: ``(intp, uint8, uint8) -> uint64``."""

    def compiled(_, builder, __, arguments):
        bits = builder.and_(_vector(builder, arguments[0]), _filled(builder, arguments[1], _BYTES))
        return builder.bitcast(
            builder.icmp_unsigned("==", bits, _filled(builder, arguments[2], _BYTES)), ir.IntType(64)
        )

    return types.uint64(types.intp, types.uint8, types.uint8), compiled


@intrinsic
def byte(_context, address):
    """The byte at an address: ``intp -> uint8``."""

    def compiled(_, builder, __, arguments):
        return builder.load(_pointer(builder, arguments[0], ir.IntType(8)))

    return types.uint8(types.intp), compiled


@intrinsic
def unpack(_context, address, word):
    """Write the bits of a word as 64 bytes of 0 and 1: ``(intp, uint64) -> none``."""

    def compiled(context, builder, _, arguments):
        voxels = builder.zext(builder.bitcast(arguments[1], _BITS), _BYTES)
        builder.store(voxels, _pointer(builder, arguments[0], _BYTES), align=1)
        return context.get_dummy_value()

    return types.none(types.intp, types.uint64), compiled


@intrinsic
def spread(_context, address, value):
    """Write a value `SPREAD` times: ``(intp, unsigned) -> none``."""
    vector = ir.VectorType(ir.IntType(value.bitwidth), SPREAD)

    def compiled(context, builder, _, arguments):
        builder.store(_filled(builder, arguments[1], vector), _pointer(builder, arguments[0], vector), align=1)
        return context.get_dummy_value()

    return types.none(types.intp, value), compiled


@intrinsic
def count(_context, word):
    """How many bits are set: ``uint64 -> uint64``."""

    def compiled(_, builder, __, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), compiled


@intrinsic
def lowest(_context, word):
    """Position of the lowest set bit, 64 if there is none: ``uint64 -> int64``."""

    def compiled(_, builder, __, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), compiled


def _pointer(builder, address, kind):
    return builder.inttoptr(address, kind.as_pointer())


def _vector(builder, address):
    return builder.load(_pointer(builder, address, _BYTES), align=1)


def _filled(builder, value, vector):
    lane = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(lane, ir.Constant(vector, ir.Undefined), everywhere)


@kernel()
def inside(width, word):
    """The bits of a word of a row that are voxels: all but in the last word of a row."""
    left = width - word * WORD
    if left <= 0:  # the result of a shift by 64 depends on the processor
        return NONE
    return ALL if left >= WORD else ALL >> np.uint64(WORD - left)


@kernel()
def equal_within(labels, first, second):
    """`equal` of 64 voxels from two flat positions on; those that are not in the array are not equal to any."""
    address, size = labels.ctypes.data, labels.size
    if first >= 0 and second >= 0 and first + WORD <= size and second + WORD <= size:
        return equal(address + first, address + second)
    bits = NONE
    for i in range(WORD):
        a, b = first + i, second + i
        if 0 <= a < size and 0 <= b < size and byte(address + a) == byte(address + b):
            bits |= ONE << np.uint64(i)
    return bits


@kernel()
def equal_to_within(labels, first, value):
    """`equal_to` of 64 voxels from a flat position on; those that are not in the array are not equal to any."""
    address = labels.ctypes.data + first
    if first + WORD <= labels.size:
        return equal_to(address, value)
    bits = NONE
    for i in range(labels.size - first):
        if byte(address + i) == value:
            bits |= ONE << np.uint64(i)
    return bits


@kernel()
def pack(labels, phase, masks):
    """Write where a phase is: ``(Z, Y, X)`` uint8 labels to ``(Z, Y, W)`` uint64, bits past the end of a row 0."""
    depth, height, width = labels.shape
    words = masks.shape[2]
    # The address is taken once: numba counts references where it takes one, 10 ns that a word has not.
    address, last = labels.ctypes.data, labels.size - WORD
    for z in range(depth):
        for y in range(height):
            for w in range(words):
                voxel = (z * height + y) * width + w * WORD
                bits = equal_to(address + voxel, phase) if voxel <= last else equal_to_within(labels, voxel, phase)
                masks[z, y, w] = bits & inside(width, w)
