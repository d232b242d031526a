"""The loss of `examples/third_party/porenet-persistence` with CubicalRipser, which finds the components alone.

gudhi works out loops and cavities as well, which the loss does not read. `pip install cripser`.
"""

from __future__ import annotations

import cripser
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def surplus(phase: Tensor) -> Tensor:
    """Sum of the squared persistence of all components but the one that never dies.

    Args:
        phase: ``(B, Z, Y, X)``, probability of one phase, dimensionless; open on all sides.

    Returns:
        ``(B,)``, dimensionless.
    """
    fields = phase.detach().double().numpy()
    return torch.stack([_surplus(sample, -field) for sample, field in zip(phase.flatten(1), fields, strict=True)])


def _surplus(sample: Tensor, falling: NDArray[np.float64]) -> Tensor:
    pairs = cripser.computePH(falling, maxdim=0)
    pairs = pairs[pairs[:, 6] >= 0]  # all but the component of the highest voxel, which dies nowhere
    birth, death = (
        torch.from_numpy(np.ravel_multi_index(pairs[:, columns].astype(np.intp).T, falling.shape))
        for columns in (slice(3, 6), slice(6, 9))
    )
    return (sample[birth] - sample[death]).square().sum()
