"""clDice, the loss of segmentation that looks at skeletons, as its paper writes it down: a baseline, not shipped.

S. Shit et al. 2021, https://arxiv.org/abs/2003.07311. It compares a field with a mask that is known: the skeleton of
each is to lie within the other. A generator has no such mask.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

LINES = ((3, 1, 1), (1, 3, 1), (1, 1, 3))
ITERATIONS = 4
"""Erosions after which the thickest part, 8 voxels wide in the tasks of docs/percolation.md, is gone."""


def eroded(phase: Tensor) -> Tensor:
    """Least probability of a voxel and its six face neighbours."""
    least = [-functional.max_pool3d(-phase, line, 1, tuple(width // 2 for width in line)) for line in LINES]
    return torch.stack(least).amin(dim=0)


def soft_skeleton(phase: Tensor, iterations: int = ITERATIONS) -> Tensor:
    """What an opening takes away, gathered over ever more erosions; ``(B, 1, Z, Y, X)`` in and out.

    Each erosion serves as the first half of an opening and as the next field, which halves the work.
    """
    skeleton = torch.zeros_like(phase)
    for _ in range(iterations + 1):
        smaller = eroded(phase)
        lost = functional.relu(phase - functional.max_pool3d(smaller, 3, 1, 1))
        skeleton = skeleton + (1 - skeleton) * lost
        phase = smaller
    return skeleton


def soft_cldice(phase: Tensor, mask: Tensor, iterations: int = ITERATIONS, smooth: float = 1.0) -> Tensor:
    """1 - clDice, ``(B,)``, of a phase's probability and a mask, both ``(B, Z, Y, X)``."""
    phase, mask = phase[:, None], mask[:, None].to(phase.dtype)
    inner = soft_skeleton(phase, iterations)
    with torch.no_grad():
        wanted = soft_skeleton(mask, iterations)
    precision, recall = (
        ((skeleton * of).sum(dim=(1, 2, 3, 4)) + smooth) / (skeleton.sum(dim=(1, 2, 3, 4)) + smooth)
        for skeleton, of in ((inner, mask), (wanted, phase))
    )
    return 1 - 2 * precision * recall / (precision + recall)
