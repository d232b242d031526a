"""Labels of generated structures: from probabilities by the argmax, or as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from porenet.errors import InputError
from porenet.interface import Grid


def decoded_labels(field: Any, grid: Grid, *, where: str = "structures") -> NDArray[np.uint8]:
    """Labels of a batch of structures.

    Args:
        field: probabilities or logits ``(B, P, Z, Y, X)``, whose argmax over P is taken; or labels ``(B, Z, Y, X)``
            or ``(B, 1, Z, Y, X)``, integers or booleans in the order of ``grid.phases``. A tensor on any device, or an
            array. Of sections without Z, or with a Z of 1.
        grid: phases of the structures.
        where: name of the argument, for messages.

    Returns:
        ``(B, Z, Y, X)``, of sections ``(B, Y, X)``, uint8.

    Raises:
        InputError: another shape or type, NaN, or a label without a phase.
    """
    tensor = _tensor(field, where).detach()
    if grid.dims == 2 and tensor.ndim == 5 and tensor.shape[2] == 1:
        tensor = tensor.squeeze(2)  # the layer that fields of sections have in a loss
    if tensor.ndim == grid.dims + 2 and tensor.shape[1] == 1:
        tensor = tensor.squeeze(1)  # the channel that images of MONAI have
    count, shape = len(grid.phases), tuple(tensor.shape)
    of_labels = grid.dims + 1
    if 0 in shape or not (len(shape) == of_labels or (len(shape) == of_labels + 1 and shape[1] == count)):
        axes = "Y, X" if grid.dims == 2 else "Z, Y, X"
        raise InputError(
            f"shape (B, {count}, {axes}) for probabilities of {', '.join(grid.phases)}, or (B, {axes}) for labels, "
            f"was expected, not {shape}",
            where=where,
        )
    if len(shape) > of_labels:
        if tensor.isnan().any():
            raise InputError("NaN among the probabilities, which decode to no phase", where=where)
        tensor = tensor.argmax(dim=1)
    elif tensor.is_floating_point() or tensor.is_complex():
        raise InputError(
            f"labels are integers, not {tensor.dtype}",
            where=where,
            fix="Probabilities have an axis of phases, the second; those of sections a grid of two edges, "
            "voxel_um=(y, x).",
        )
    low, high = int(tensor.min()), int(tensor.max())
    if low < 0 or high >= count:
        raise InputError(
            f"label {low if low < 0 else high} has no phase",
            where=where,
            fix=f"Labels run from 0 to {count - 1} for {', '.join(grid.phases)}.",
        )
    return tensor.to(torch.uint8).cpu().numpy()


def _tensor(field: Any, where: str) -> torch.Tensor:
    if isinstance(field, torch.Tensor):
        return field
    try:
        array = np.asarray(field)
    except (TypeError, ValueError) as error:
        raise InputError(f"cannot be made an array: {error}", where=where) from error
    if array.dtype.kind not in "biuf":
        raise InputError(f"an array of numbers was expected, not of {array.dtype}", where=where)
    # A copy, of a type that torch has in every version; labels of a Volume are read-only.
    return torch.from_numpy(array.astype(np.float32 if array.dtype.kind == "f" else np.int64))
