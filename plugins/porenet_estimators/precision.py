"""Fields and their products in single precision at least."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from porenet.sharing import shared


def channels_in_full(field: Tensor, channels: Sequence[int]) -> Tensor:
    """Some channels of a field.

    Args:
        field: ``(B, P, Z, Y, X)``, any floating type and unit.
        channels: K of them.

    Returns:
        ``(B, K, Z, Y, X)`` in their order, at least float32.
    """
    dtype = torch.promote_types(field.dtype, torch.float32)
    if tuple(channels) == tuple(range(field.shape[1])) and field.dtype == dtype:
        return field
    return shared(_stacked, field, tuple(channels), dtype)


def _stacked(field: Tensor, channels: Sequence[int], dtype: torch.dtype) -> Tensor:
    # One by one: an index tensor would be made on the default device, and autocast refuses to stack some halves.
    return torch.stack([field[:, channel].to(dtype) for channel in channels], dim=1)


def full_precision(field: Tensor) -> AbstractContextManager[object]:
    """Keeps autocast from multiplying matrices in half precision, in which slopes and counts drown.

    Args:
        field: on the device in question; one without data (``meta``) has no autocast to switch off.
    """
    device = field.device.type
    if device == "meta":  # asked by name: torch 2.6 cannot ask `is_autocast_available` in a compiled graph
        return contextlib.nullcontext()
    return torch.autocast(device, enabled=False)
