"""Relaxations: the fields that the losses read in place of the probabilities.

``soft`` is the probabilities themselves, as in the published runs; a volume-fraction loss can then be met by 0.3 of
pore everywhere while the argmax has no pore. ``straight_through`` is the structure that will be decoded. ``sharpen(T)``
lies between the two; ``gumbel(T)`` is a structure drawn from the probabilities.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from porenet.errors import InputError
from porenet.interface.relaxation_name import parsed
from porenet.slopes import fold_samples, refuse_compiled_transform, unfold_samples


def soft(probabilities: Tensor) -> Tensor:
    """The probabilities, unchanged.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.
    """
    return probabilities


def straight_through(probabilities: Tensor) -> Tensor:
    """The decoded structure forward, the probabilities' own gradient backward.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.

    Returns:
        ``(B, P, Z, Y, X)``, exactly one-hot, ties to the lower phase, and zero where it is NaN; its gradient passes
        unchanged (Bengio et al. 2013, https://doi.org/10.48550/arXiv.1308.3432).
    """
    hard: Tensor = _StraightThrough.apply(probabilities)  # type: ignore[no-untyped-call]
    return hard


def sharpen(probabilities: Tensor, temperature: float) -> Tensor:
    r"""The probabilities, more decided.

    .. math:: p_c^{1/T} / \sum_k p_k^{1/T}

    A compromise: unlike under `straight_through`, the gradient is that of the field that the losses read, but a nearly
    undecided field still has fractions that its argmax does not have. At p = (0.36, 0.34, 0.30) the last phase becomes
    0.27 at T = 0.5 and 0.09 at T = 0.1, and is nowhere in the argmax.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.
        temperature: T, dimensionless, above 0; 1 changes nothing, towards 0 it becomes the argmax, as does its
            gradient: zero.

    Returns:
        ``(B, P, Z, Y, X)``, sums to 1 over P, dimensionless.
    """
    return (_logarithms(probabilities) / temperature).softmax(dim=1).to(probabilities.dtype)


def gumbel(probabilities: Tensor, temperature: float) -> Tensor:
    r"""A structure drawn from the probabilities, voxel by voxel, with the gradient of its relaxation.

    .. math:: y = \mathrm{softmax}((\log p + g) / T), \quad g = -\log(-\log u)

    Forward the argmax of y, which is phase c with probability p_c; backward the gradient of y (E. Jang, S. Gu,
    B. Poole 2017, https://doi.org/10.48550/arXiv.1611.01144). A draw holds each phase in proportion to its
    probability, so it is NOT the argmax that will be decoded: a uniform 0.3 of pore gives 30 % of scattered pore
    voxels and still meets a volume fraction. Losses on surfaces and networks do detect the scatter.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.
        temperature: T, dimensionless, above 0; affects the gradient only.

    Returns:
        ``(B, P, Z, Y, X)``, exactly one-hot; differs from call to call, drawn from torch's global generator.
    """
    logarithms = _logarithms(probabilities)
    noise = -torch.empty_like(logarithms).exponential_().log()
    drawn = ((logarithms + noise) / temperature).softmax(dim=1)
    return straight_through(drawn).to(probabilities.dtype)


def relaxed(name: str, probabilities: Tensor) -> Tensor:
    """The field in a relaxation.

    Args:
        name: ``soft``, ``straight_through``, ``sharpen(T)`` or ``gumbel(T)``, with the number in place of T.
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.

    Returns:
        ``(B, P, Z, Y, X)``, dimensionless, same dtype.

    Raises:
        InputError: there is no such relaxation.
    """
    try:
        kind, temperature = parsed(name)
    except ValueError as error:
        raise InputError(str(error), where="relax") from None
    if temperature is None:
        return soft(probabilities) if kind == "soft" else straight_through(probabilities)
    return (sharpen if kind == "sharpen" else gumbel)(probabilities, temperature)


def _logarithms(probabilities: Tensor) -> Tensor:
    dtype = torch.promote_types(probabilities.dtype, torch.float32)
    # The smallest normal number replaces 0: its logarithm is finite, and its softmax is 0 at temperatures below 1.
    return probabilities.to(dtype).clamp_min(torch.finfo(dtype).tiny).log()


class _StraightThrough(torch.autograd.Function):
    # hard + p - p.detach() would leave rounding errors, and a one-hot field must be one-hot exactly.
    @staticmethod
    def forward(probabilities: Tensor) -> Tensor:
        refuse_compiled_transform()
        # An argmax over the second axis of a contiguous field costs a CPU thirty times what these passes do.
        hard = probabilities == probabilities.amax(dim=1, keepdim=True)
        taken = hard[:, 0].clone()
        for phase in hard.unbind(dim=1)[1:]:
            phase &= ~taken
            taken |= phase
        return hard.to(probabilities.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]

    @staticmethod
    def vmap(info: Any, dims: tuple[int], probabilities: Tensor) -> tuple[Tensor, int]:
        (folded,) = fold_samples(info.batch_size, dims, (probabilities,))
        hard: Tensor = _StraightThrough.apply(folded)  # type: ignore[no-untyped-call]
        return unfold_samples(info.batch_size, hard), 0
