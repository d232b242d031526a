"""8 x 8 x 8 voxels as the bits of one value: what the flood of a phase computes with.

A block is eight words of 64 bits, one for each layer z; bit 8 y + x of a word stands for voxel (z, y, x). One step of a
flood goes to all six neighbours of all 512 voxels at once; LLVM compiles it to a dozen instructions on vectors of 512
bits, or to more on narrower ones.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, misc"
# ruff: noqa: ARG001 - an intrinsic is given types; the values come to what it returns

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

from porenet.flood_fill.bit_words import WORD

SIDE = 8

_LANE, _INDEX = ir.IntType(64), ir.IntType(32)
_LANES = ir.VectorType(_LANE, SIDE)
_ROWS = ir.VectorType(ir.IntType(8), WORD)
_NOTHING = ir.Constant(_LANES, [0] * SIDE)
_FIRST_X, _LAST_X = 0x0101010101010101, 0x8080808080808080


class Block(types.Type):
    """The type of a block in a kernel; it lives in registers."""

    def __init__(self) -> None:
        super().__init__(name="porenet.Block")


block = Block()


@register_model(Block)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind) -> None:
        super().__init__(manager, kind, _LANES)


@intrinsic
def load(_context, address):
    """The block at an address: ``intp -> block``."""

    def compiled(_, builder, __, arguments):
        return builder.load(builder.inttoptr(arguments[0], _LANES.as_pointer()), align=8)

    return block(types.intp), compiled


@intrinsic
def store(_context, address, bits):
    """Write a block to an address: ``(intp, block) -> none``."""

    def compiled(context, builder, _, arguments):
        builder.store(arguments[1], builder.inttoptr(arguments[0], _LANES.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.none(types.intp, block), compiled


@intrinsic
def gather(_context, address, stride):
    """Eight words, some bytes apart: ``(intp, intp) -> block``."""

    def compiled(_, builder, __, arguments):
        bits = ir.Constant(_LANES, ir.Undefined)
        for lane in range(SIDE):
            word = builder.load(_lane(builder, arguments[0], arguments[1], lane), align=8)
            bits = builder.insert_element(bits, word, ir.Constant(_INDEX, lane))
        return bits

    return block(types.intp, types.intp), compiled


@intrinsic
def scatter(_context, address, stride, bits):
    """Write eight words, some bytes apart: ``(intp, intp, block) -> none``."""

    def compiled(context, builder, _, arguments):
        for lane in range(SIDE):
            word = builder.extract_element(arguments[2], ir.Constant(_INDEX, lane))
            builder.store(word, _lane(builder, arguments[0], arguments[1], lane), align=8)
        return context.get_dummy_value()

    return types.none(types.intp, types.intp, block), compiled


@intrinsic
def transposed(_context, bits):
    """Byte i of word j becomes byte j of word i: ``block -> block``."""
    places = [SIDE * (i % SIDE) + i // SIDE for i in range(WORD)]

    def compiled(_, builder, __, arguments):
        rows = builder.bitcast(arguments[0], _ROWS)
        turned = builder.shuffle_vector(rows, rows, ir.Constant(ir.VectorType(_INDEX, WORD), places))
        return builder.bitcast(turned, _LANES)

    return block(block), compiled


@intrinsic
def some(_context, bits):
    """Whether any bit is set: ``block -> bool``."""

    def compiled(_, builder, __, arguments):
        words = builder.bitcast(builder.icmp_unsigned("!=", arguments[0], _NOTHING), ir.IntType(SIDE))
        return builder.icmp_unsigned("!=", words, ir.Constant(ir.IntType(SIDE), 0))

    return types.boolean(block), compiled


def _of_two(build):
    @intrinsic
    def combined(_context, first, second):
        def compiled(_, builder, __, arguments):
            return build(builder, *arguments)

        return block(block, block), compiled

    return combined


both = _of_two(lambda builder, a, b: builder.and_(a, b))
either = _of_two(lambda builder, a, b: builder.or_(a, b))
without = _of_two(lambda builder, a, b: builder.and_(a, builder.not_(b)))


@_of_two
def grown(builder, mask, bits):
    """Bits and those of the mask beside them, along x up to the end of the run: ``(block, block) -> block``."""
    # Added to its run, a bit clears the run from there on; eight rows of a word are added side by side.
    total = builder.add(builder.bitcast(mask, _ROWS), builder.bitcast(bits, _ROWS))
    bits = builder.or_(bits, builder.and_(mask, builder.not_(builder.bitcast(total, _LANES))))
    down = builder.and_(_shifted(builder, bits, -1), _filled(~_LAST_X))
    bits = builder.or_(bits, builder.and_(mask, down))
    for beside in (
        builder.or_(_shifted(builder, bits, SIDE), _shifted(builder, bits, -SIDE)),
        builder.or_(_up(builder, bits), _down(builder, bits)),
    ):
        bits = builder.or_(bits, builder.and_(mask, beside))
    return bits


def _of_one(build):
    @intrinsic
    def turned(_context, bits):
        def compiled(_, builder, __, arguments):
            return build(builder, arguments[0])

        return block(block), compiled

    return turned


def _beside(builder, bits):
    up = builder.and_(_shifted(builder, bits, 1), _filled(~_FIRST_X))
    down = builder.and_(_shifted(builder, bits, -1), _filled(~_LAST_X))
    for more in (
        *(_shifted(builder, bits, SIDE), _shifted(builder, bits, -SIDE)),
        *(_up(builder, bits), _down(builder, bits), down),
    ):
        up = builder.or_(up, more)
    return up


beside = _of_one(_beside)
"""The voxels of the block beside those whose bits are set."""

# What the layer of a block at one of its faces is to the block beyond that face.
to_z_before = _of_one(lambda builder, bits: _permuted(builder, bits, [SIDE] * (SIDE - 1) + [0]))
to_z_after = _of_one(lambda builder, bits: _permuted(builder, bits, [SIDE - 1] + [SIDE] * (SIDE - 1)))
to_y_before = _of_one(lambda builder, bits: _shifted(builder, bits, WORD - SIDE))
to_y_after = _of_one(lambda builder, bits: _shifted(builder, bits, SIDE - WORD))
to_x_before = _of_one(lambda builder, bits: builder.and_(_shifted(builder, bits, SIDE - 1), _filled(_LAST_X)))
to_x_after = _of_one(lambda builder, bits: builder.and_(_shifted(builder, bits, 1 - SIDE), _filled(_FIRST_X)))


def _lane(builder, address, stride, lane):
    place = builder.add(address, builder.mul(stride, ir.Constant(_LANE, lane)))
    return builder.inttoptr(place, _LANE.as_pointer())


def _filled(word):
    return ir.Constant(_LANES, [word & (1 << WORD) - 1] * SIDE)


def _shifted(builder, bits, by):
    return builder.shl(bits, _filled(by)) if by > 0 else builder.lshr(bits, _filled(-by))


def _up(builder, bits):
    return _permuted(builder, bits, [SIDE, *range(SIDE - 1)])


def _down(builder, bits):
    return _permuted(builder, bits, [*range(1, SIDE), SIDE])


def _permuted(builder, bits, lanes):
    """Words of a block; number 8 is an empty one."""
    return builder.shuffle_vector(bits, _NOTHING, ir.Constant(ir.VectorType(_INDEX, SIDE), lanes))
