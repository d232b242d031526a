"""How a field of probabilities is shown to the losses.

``soft`` shows the probabilities themselves: what the published runs saw, and how a volume-fraction loss can be met by
0.3 of pore everywhere while the argmax holds none. ``straight_through`` shows the structure that will be decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor


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
        ``(B, P, Z, Y, X)``, exactly one-hot, ties to the lower phase; its gradient passes unchanged
        (Bengio et al. 2013, https://doi.org/10.48550/arXiv.1308.3432).
    """
    hard: Tensor = _StraightThrough.apply(probabilities)  # type: ignore[no-untyped-call]
    return hard


RELAXATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {"soft": soft, "straight_through": straight_through}


class _StraightThrough(torch.autograd.Function):
    # hard + p - p.detach() would leave rounding errors, and a one-hot field must be one-hot exactly.
    @staticmethod
    def forward(ctx: Any, probabilities: Tensor) -> Tensor:
        winner = probabilities.argmax(dim=1, keepdim=True)
        return torch.zeros_like(probabilities).scatter_(1, winner, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]
