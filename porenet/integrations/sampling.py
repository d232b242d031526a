"""Draw structures from a model in training, and leave no trace of it in the training."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from porenet.integrations.decoded import decoded_labels
from porenet.interface import Grid


def sampled_labels(module: nn.Module, sample: Callable[[Any, int], Any], n: int, grid: Grid) -> NDArray[np.uint8]:
    """Structures from a model, drawn in evaluation mode, without gradients and from generators that are set back.

    Args:
        module: the model; each of its modules is in its own mode again afterwards.
        sample: called as ``sample(module, n)``; returns probabilities or logits ``(n, P, Z, Y, X)``, or labels
            ``(n, Z, Y, X)``.
        n: number of structures to ask for.
        grid: phases of the structures.

    Returns:
        ``(n, Z, Y, X)`` uint8.

    Raises:
        InputError: ``sample`` returned something else.
    """
    with _evaluating(module), _generators_set_back(module), torch.no_grad():
        return decoded_labels(sample(module, n), grid, where="sample(module, n)")


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    # module.train() would also wake what its author keeps in evaluation mode, such as a frozen estimator.
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


@contextmanager
def _generators_set_back(module: nn.Module) -> Iterator[None]:
    """The generators of torch (CPU, CUDA), numpy and Python draw on as if nothing had been drawn."""
    # Only the model's own devices: to touch another one would take memory of it for every rank.
    devices = sorted({tensor.device.index for tensor in module.parameters() if tensor.device.type == "cuda"})
    own, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 - training code may draw from it
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        random.setstate(own)
        np.random.set_state(legacy)  # noqa: NPY002
