"""Rows of float32 voxels, `COUNT` at a time: a vector type for compiled loops, whose values stay in registers.

A loop over the taps of a filter keeps its sums in registers only if it is the inner one; LLVM makes vectors of the
inner loop alone. So the vectors are written out here: loads and stores at any place of a flat array, arithmetic, and
the sum. LLVM splits a vector into whatever registers the processor has.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, misc"
# ruff: noqa: ARG001 - an intrinsic is given types; the values come to what it returns

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core.cgutils import get_or_insert_function
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

COUNT = 32
FLAGS = ("contract", "nsz")

_VECTOR = ir.VectorType(ir.FloatType(), COUNT)
_DOUBLES = ir.VectorType(ir.DoubleType(), COUNT)
_BITS = ir.VectorType(ir.IntType(1), COUNT)


class Lanes(types.Type):
    """`COUNT` float32 numbers."""

    def __init__(self) -> None:
        super().__init__(name=f"float32 x {COUNT}")


LANES = Lanes()


@register_model(Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, _VECTOR)


class _Binary(ConcreteTemplate):
    cases = [signature(LANES, LANES, LANES)]  # noqa: RUF012 - numba reads it of the class


for _operator, _instruction in (
    (operator.add, "fadd"), (operator.iadd, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):  # fmt: skip
    infer_global(_operator)(type(_Binary.__name__, (_Binary,), {}))

    def _lowered(_, builder, __, arguments, instruction=_instruction):
        return getattr(builder, instruction)(*arguments, flags=FLAGS)

    lower_builtin(_operator, LANES, LANES)(_lowered)


@intrinsic
def load(_context, flat, place):
    """The lanes from a place of a flat array on: ``(float32[:], intp) -> lanes``."""

    def compiled(context, builder, signature, arguments):
        return builder.load(_address(context, builder, signature, arguments), align=4)

    return LANES(flat, types.intp), compiled


@intrinsic
def store(_context, flat, place, lanes):
    """Write lanes from a place of a flat array on: ``(float32[:], intp, lanes) -> none``."""

    def compiled(context, builder, signature, arguments):
        builder.store(arguments[2], _address(context, builder, signature, arguments), align=4)
        return context.get_dummy_value()

    return types.none(flat, types.intp, LANES), compiled


@intrinsic
def filled(_context, number):
    """A number in every lane: ``float32 -> lanes``."""

    def compiled(_, builder, __, arguments):
        none, zero = ir.Constant(_VECTOR, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        lane = builder.insert_element(none, arguments[0], zero)
        return builder.shuffle_vector(lane, none, ir.Constant(ir.VectorType(ir.IntType(32), COUNT), [0] * COUNT))

    return LANES(types.float32), compiled


@intrinsic
def root(_context, lanes):
    """The square root of each lane."""

    def compiled(_, builder, __, arguments):
        roots = _declared(builder, ir.FunctionType(_VECTOR, [_VECTOR]), f"llvm.sqrt.v{COUNT}f32")
        return builder.call(roots, arguments)

    return LANES(LANES), compiled


@intrinsic
def least_where(_context, lanes, others, bits):
    """The smaller of each two lanes where a bit is set, elsewhere the first's: ``(lanes, lanes, uint32) -> lanes``."""

    def compiled(_, builder, __, arguments):
        lanes, others, bits = arguments
        least = builder.select(builder.fcmp_ordered("<", others, lanes), others, lanes)
        return builder.select(builder.bitcast(bits, _BITS), least, lanes)

    return LANES(LANES, LANES, types.uint32), compiled


@intrinsic
def any_below(_context, lanes, others):
    """Whether any lane is below the other's: ``(lanes, lanes) -> bool``."""

    def compiled(_, builder, __, arguments):
        word = ir.IntType(COUNT)
        below = builder.bitcast(builder.fcmp_ordered("<", *arguments), word)
        return builder.icmp_unsigned("!=", below, ir.Constant(word, 0))

    return types.boolean(LANES, LANES), compiled


@intrinsic
def at_least(_context, lanes, floor):
    """Each lane, or the floor's where it is smaller; NaN stays."""

    def compiled(_, builder, __, arguments):
        return builder.select(builder.fcmp_ordered("<", *arguments), arguments[1], arguments[0])

    return LANES(LANES, LANES), compiled


@intrinsic
def unless_below(_context, lanes, floor):
    """Each lane, or 0 where it is below the floor's; NaN stays."""

    def compiled(_, builder, __, arguments):
        none = ir.Constant(_VECTOR, [0.0] * COUNT)
        return builder.select(builder.fcmp_ordered("<", *arguments), none, arguments[0])

    return LANES(LANES, LANES), compiled


@intrinsic
def blended(_context, count, lanes, others):
    """The first lanes, as many as the count says, and the others' after them: ``(intp, lanes, lanes) -> lanes``."""

    def compiled(_, builder, __, arguments):
        number, none, zero = ir.VectorType(ir.IntType(64), COUNT), ir.Undefined, ir.Constant(ir.IntType(32), 0)
        counts = builder.insert_element(ir.Constant(number, none), arguments[0], zero)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), COUNT), [0] * COUNT)
        counts = builder.shuffle_vector(counts, ir.Constant(number, none), everywhere)
        early = builder.icmp_signed("<", ir.Constant(number, list(range(COUNT))), counts)
        return builder.select(early, arguments[1], arguments[2])

    return LANES(types.intp, LANES, LANES), compiled


@intrinsic
def total(_context, lanes):
    """The sum of the lanes, in double precision: ``lanes -> float64``."""

    def compiled(_, builder, __, arguments):
        kind = ir.FunctionType(ir.DoubleType(), [ir.DoubleType(), _DOUBLES])
        added = _declared(builder, kind, f"llvm.vector.reduce.fadd.v{COUNT}f64")
        doubles = builder.fpext(arguments[0], _DOUBLES)
        return builder.call(added, [ir.Constant(ir.DoubleType(), 0.0), doubles], fastmath=("reassoc",))

    return types.float64(LANES), compiled


def _declared(builder, kind, name):
    return get_or_insert_function(builder.module, kind, name)


def _address(context, builder, signature, arguments):
    flat = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.bitcast(builder.gep(flat.data, [arguments[1]]), _VECTOR.as_pointer())
