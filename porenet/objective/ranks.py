"""Batchwise terms over the ranks of a distributed run: each rank sees the batches of all.

Each rank computes the value of the whole batch. The gradient of its own part is added up over the ranks, so that the
mean over the ranks, which ``DistributedDataParallel`` takes, is the gradient of a single process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, distributed, nn

from porenet.errors import InputError


def world_size() -> int:
    """Number of ranks; 1 without a process group."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def value_over_ranks(loss: nn.Module, field: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
    """Value of a batchwise loss for the batches of all ranks together.

    Its descriptors are gathered if it has the method ``from_descriptor(values, targets)``; otherwise the fields are,
    which takes the memory of all batches on each rank.

    Args:
        loss: the loss.
        field: of this rank, ``(B, P, Z, Y, X)``, the same B on each.
        targets: as the term sees them; a reference sample, the same on each rank.

    Returns:
        ``(1,)``, the same on each rank.
    """
    from_descriptor: Any = getattr(loss, "from_descriptor", None)
    if from_descriptor is None:
        return cast(Tensor, loss(gathered(field), targets))
    describe: Any = loss.descriptor
    return cast(Tensor, from_descriptor(gathered(describe(field)), targets))


def gathered(values: Tensor) -> Tensor:
    """The values of all ranks, one below the other, in the order of the ranks; differentiable.

    Args:
        values: ``(B, ...)``, the same shape on each rank.
    """
    parts: Tensor = _Gathered.apply(values)  # type: ignore[no-untyped-call]
    return parts


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(values: Tensor) -> Tensor:
        parts = [torch.empty_like(values, memory_format=torch.contiguous_format) for _ in range(world_size())]
        distributed.all_gather(parts, values.contiguous())
        return torch.cat(parts)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.batch = len(inputs[0])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        summed = gradients[0].clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(summed)  # each rank has a value of its own of the whole batch
        return summed.narrow(0, distributed.get_rank() * ctx.batch, ctx.batch)


def refuse_unequal_batches(batch: int, device: torch.device) -> None:
    """Check that each rank has the same number of samples.

    Args:
        batch: of this rank.
        device: of the field.

    Raises:
        InputError: on each rank, if they differ; says what to do.
    """
    sizes = [torch.zeros(1, dtype=torch.int64, device=device) for _ in range(world_size())]
    distributed.all_gather(sizes, torch.tensor([batch], device=device))
    counts = [int(size) for size in sizes]
    if len(set(counts)) > 1:
        raise InputError(
            f"batches of {', '.join(map(str, counts))} samples on ranks 0 to {len(counts) - 1}: a term that reads the "
            "whole batch needs the same number on each",
            where="probabilities",
            fix="Drop the last, smaller batch (drop_last=True), or pass gather=False to Objective.",
        )
