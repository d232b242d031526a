"""Structures from a trained generator, each a function of its own noise and condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


@torch.no_grad()
def sampled_labels(generator: Any, conditions: Tensor, size: Sequence[int], *, seed: int, at_once: int = 8) -> Tensor:
    """Structures decoded by argmax, ties to the lower label.

    The generator is in evaluation mode meanwhile: batch norm takes its running statistics, so that no structure depends
    on the others that are made with it. Noise is drawn structure by structure, so neither does it depend on how many.

    Args:
        generator: a module, called as ``generator(noise, conditions, size)`` for probabilities ``(B, P, Z, Y, X)``;
            its method ``noise_shape(size)`` gives the shape of the noise of one structure. Its device is used.
        conditions: ``(N, C)``, one per structure.
        size: (Z, Y, X), voxels; may exceed that of training.
        seed: of the noise.
        at_once: structures in memory at a time.

    Returns:
        ``(N, Z, Y, X)`` uint8 labels on the CPU.
    """
    held = [*generator.parameters(), *generator.buffers()]
    device = held[0].device if held else torch.device("cpu")
    source = torch.Generator().manual_seed(seed)
    was_training = generator.training
    generator.eval()
    structures = [torch.empty((0, *size), dtype=torch.uint8)]
    try:
        for first in range(0, len(conditions), at_once):
            rows = conditions[first : first + at_once]
            noise = torch.stack([torch.randn(generator.noise_shape(size), generator=source) for _ in rows])
            field = generator(noise.to(device), rows.to(device), size)
            structures.append(field.argmax(dim=1).to("cpu", torch.uint8))
    finally:
        generator.train(was_training)
    return torch.cat(structures)
