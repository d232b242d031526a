"""Lead of a phase over the strongest other one, in a compiled loop for fields on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor

from porenet.fused import in_threads, loops_run_on
from porenet.slopes import with_first_slope

GRAIN = 2**16
"""Voxels below which a thread of its own costs more than it saves."""


def in_loops(field: Tensor) -> bool:
    """Whether a field goes through the loop."""
    floats = field.dtype in (torch.float32, torch.float64)
    return floats and loops_run_on(field.device.type) and 0 not in field.shape


def margin_in_torch(field: Tensor, channel: int) -> Tensor:
    """The value of a channel less the largest of the others.

    Args:
        field: ``(B, P, Z, Y, X)``, P >= 2.
        channel: 0 to P - 1.

    Returns:
        ``(B, Z, Y, X)``; its gradient is 1 on the channel and -1 on the largest of the others, shared evenly among
        those that are equal.
    """
    parts = [part for part in (field[:, :channel], field[:, channel + 1 :]) if part.shape[1]]
    rivals = parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
    return field[:, channel] - rivals.amax(dim=1)


def _lead(field: Tensor, channel: int) -> Tensor:
    from porenet.passage import margin_kernels

    values = field.detach().contiguous()
    margin = values.new_empty(values.shape[:1] + values.shape[2:])
    of_voxels, out = values.flatten(2).numpy(), margin.flatten(1).numpy()

    def run(start: int, stop: int) -> None:
        margin_kernels.lead(of_voxels, channel, start, stop, out)

    in_threads(run, len(values), voxels=margin.numel(), grain=GRAIN, threads=torch.get_num_threads())
    return margin


def _sent_back(gradient: Tensor, field: Tensor, channel: int) -> Tensor:
    from porenet.passage import margin_kernels

    values, of_margin = field.detach().contiguous(), gradient.contiguous()
    back = torch.empty_like(values)
    arrays = values.flatten(2).numpy(), of_margin.flatten(1).numpy(), back.flatten(2).numpy()

    def run(start: int, stop: int) -> None:
        margin_kernels.send_back(*arrays[:2], channel, start, stop, arrays[2])

    in_threads(run, len(values), voxels=gradient.numel(), grain=GRAIN, threads=torch.get_num_threads())
    return back


# What torch does for it, a copy of the rivals, their amax and a comparison of each with it, costs eight passes.
margin_in_loops = with_first_slope(margin_in_torch, _lead, _sent_back)
"""As `margin_in_torch`, and its gradient in one pass as well."""
