"""Differentiable flood fill: cheapest paths through a field, and the level at which it connects two faces.

Voxels are joined across their faces (6-connectivity), and a path costs the sum of the costs of its voxels, both ends
counted: first-passage percolation (J. M. Hammersley, D. J. A. Welsh 1965). Its gradient is exact: by the envelope
theorem it is 1 at every voxel of the cheapest path. On a CPU compiled loops (`porenet.passage.kernels`) settle each
voxel once; on any other device, and with ``PORENET_FUSED=0`` in the environment, it is torch
(`porenet.passage.sweeps`), with the same values.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from porenet.errors import InputError
from porenet.interface import FACES, Face, axis_of, opened
from porenet.passage import operators
from porenet.passage.margins import in_loops, margin_in_loops, margin_in_torch

LARGEST = 2**30
"""Voxels of a volume: with the layer around it, int32 numbers them."""


def margin_of(probabilities: Tensor, channel: int) -> Tensor:
    """Lead of a phase over the strongest other one: above 0 only where it is decoded, 0 at a tie.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, P >= 2, dimensionless.
        channel: channel of the phase, 0 to P - 1.

    Returns:
        ``(B, Z, Y, X)``, p_c minus the largest of the other phases, -1 to 1, at least float32. Its gradient is 1 on p_c
        and -1 on the strongest rival, shared evenly among rivals that are equal.

    Raises:
        InputError: another shape, or no such channel.
    """
    if probabilities.ndim != 5 or probabilities.shape[1] < 2:
        raise InputError(
            f"(B, P, Z, Y, X) with two phases or more was expected, not {tuple(probabilities.shape)}",
            where="probabilities",
        )
    phases = probabilities.shape[1]
    if isinstance(channel, bool) or not isinstance(channel, int) or not 0 <= channel < phases:
        raise InputError(f"a channel from 0 to {phases - 1} was expected, not {channel!r}", where="channel")
    field = _wide(probabilities)
    return (margin_in_loops if in_loops(field) else margin_in_torch)(field, channel)


def passage_cost(margin: Tensor, delta: float) -> Tensor:
    r"""Cost of passing a voxel.

    .. math:: \mathrm{ReLU}(\delta - m) / (1 + \delta)

    Args:
        margin: any shape, -1 to 1, dimensionless.
        delta: the lead that makes a voxel free, 0 to 1, dimensionless.

    Returns:
        Same shape, 0 where the margin is delta or more, 1 where it is -1: on a decided field a path costs the number of
        its voxels that are of another phase. At least float32.

    Raises:
        InputError: delta is not in 0 to 1.
    """
    if not 0 <= delta <= 1:
        raise InputError(f"a lead from 0 to 1 was expected, not {delta!r}", where="delta")
    return torch.relu(delta - _wide(margin)) / (1 + delta)


def travel(cost: Tensor, inlet: Face, *, periodic: tuple[bool, bool, bool]) -> Tensor:
    """Cheapest total cost from a face to each voxel.

    Its gradient is summed down the tree of cheapest paths; of paths that cost the same it takes one, always the same.

    Args:
        cost: ``(B, Z, Y, X)``, cost of passing each voxel, >= 0, finite. On a CPU this is checked; elsewhere, where a
            check would wait for the device, a negative cost counts as 0, and NaN spreads.
        inlet: the face where paths begin; its axis is taken as open.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.

    Returns:
        ``(B, Z, Y, X)``, unit of the cost, both ends of the path counted, at least float32. It can be differentiated
        once.

    Raises:
        InputError: a field, face or boundary is not as described.
    """
    (start,), wraps = _check(cost, "cost", periodic, {"inlet": inlet})
    return operators.travel(_wide(cost), start, wraps)


def crossing(cost: Tensor, inlet: Face, outlet: Face, *, periodic: tuple[bool, bool, bool]) -> Tensor:
    """Cheapest total cost of a path between two faces: the least of `travel` on the outlet.

    Args:
        cost: ``(B, Z, Y, X)``, as for `travel`.
        inlet: the face where paths begin; its axis is taken as open.
        outlet: another face, where they end; likewise.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.

    Returns:
        ``(B,)``, unit of the cost, at least float32. Its gradient is 1 at every voxel of the cheapest path; of paths
        that cost the same it takes one, always the same. It can be differentiated once.

    Raises:
        InputError: a field, face or boundary is not as described.
    """
    (start, end), wraps = _check(cost, "cost", periodic, {"inlet": inlet, "outlet": outlet})
    return operators.cross(_wide(cost), start, end, wraps, False)


def cheapest_path(cost: Tensor, inlet: Face, outlet: Face, *, periodic: tuple[bool, bool, bool]) -> Tensor:
    """The path whose cost `crossing` returns: the voxels where its gradient is 1.

    Args:
        cost: ``(B, Z, Y, X)``, as for `travel`.
        inlet: the face where paths begin; its axis is taken as open.
        outlet: another face, where they end; likewise.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.

    Returns:
        ``(B, Z, Y, X)`` bool: the voxels of one cheapest path, always the same; no gradient.

    Raises:
        InputError: a field, face or boundary is not as described.
    """
    (start, end), wraps = _check(cost, "cost", periodic, {"inlet": inlet, "outlet": outlet})
    return operators.path(_wide(cost.detach()), start, end, wraps)


def connecting_level(field: Tensor, inlet: Face, outlet: Face, *, periodic: tuple[bool, bool, bool]) -> Tensor:
    """The highest level at which a field connects two faces: over all paths, the largest least value.

    Above a threshold exactly if the voxels above it join the faces.

    Args:
        field: ``(B, Z, Y, X)``, finite (checked on a CPU only), any unit.
        inlet: a face; its axis is taken as open.
        outlet: another face; likewise.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.

    Returns:
        ``(B,)``, unit of the field, at least float32. Its gradient is 1 at the bottleneck; of several it takes one,
        always the same. It can be differentiated once.

    Raises:
        InputError: a field, face or boundary is not as described.
    """
    (start, end), wraps = _check(field, "field", periodic, {"inlet": inlet, "outlet": outlet})
    return operators.cross(_wide(field), start, end, wraps, True)


def _wide(field: Tensor) -> Tensor:
    return field.to(torch.promote_types(field.dtype, torch.float32))


def _check(field: Any, where: str, periodic: Any, faces: dict[str, Any]) -> tuple[list[int], tuple[bool, ...]]:
    """Numbers of the faces, and the axes that wrap."""
    if not isinstance(field, Tensor) or field.ndim != 4 or 0 in field.shape[1:] or field.is_complex():
        kind = f"{field.dtype} {tuple(field.shape)}" if isinstance(field, Tensor) else type(field).__name__
        raise InputError(f"a tensor (B, Z, Y, X) with one voxel or more was expected, not {kind}", where=where)
    if field.shape[1:].numel() > LARGEST:
        raise InputError(f"at most {LARGEST} voxels were expected, not {field.shape[1:].numel()}", where=where)
    # A tuple of types: a union of them is not compiled by torch 2.6.
    if not isinstance(periodic, (tuple, list)) or [type(wraps) for wraps in periodic] != [bool] * 3:
        raise InputError(f"three booleans (z, y, x) were expected, not {periodic!r}", where="periodic")
    for name, face in faces.items():
        if face not in FACES:
            raise InputError(f"a face is one of {', '.join(FACES)}, not {face!r}", where=name)
    numbers = [FACES.index(face) for face in faces.values()]
    if len(set(numbers)) < len(numbers):
        raise InputError(f"a face other than the inlet, {faces['inlet']!r}, was expected", where="outlet")
    return numbers, opened(periodic, *map(axis_of, faces.values()))
