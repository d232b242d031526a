import random

import numpy as np
import pytest
import torch
from electrodes import GRID
from torch import nn

from porenet.integrations.sampling import sampled_labels


@pytest.fixture
def model() -> nn.Module:
    """A generator in training, a part of which its author keeps in evaluation mode."""
    model = nn.Sequential(nn.Conv3d(4, 3, 1), nn.BatchNorm3d(3), nn.Dropout(0.5)).train()
    model[1].eval()
    return model


def draws() -> list[float]:
    return [random.random(), float(np.random.rand()), float(torch.rand(()))]  # noqa: NPY002


def test_a_sample_leaves_no_trace_in_the_training(model):
    seen = []

    def sample(module, n):
        seen.append((module.training, module[2].training, torch.is_grad_enabled()))
        draws()
        return module(torch.randn(n, 4, 6, 6, 6))

    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(5)
    expected = draws()
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(5)
    labels = sampled_labels(model, sample, 2, GRID)
    assert labels.shape == (2, 6, 6, 6)
    assert draws() == expected
    assert seen == [(False, False, False)]
    assert [part.training for part in model.modules()] == [True, True, False, True]
    assert torch.is_grad_enabled()


def test_a_sample_that_fails_leaves_no_trace_either(model):
    torch.manual_seed(5)
    before = torch.get_rng_state()

    def sample(_module, _n):
        torch.rand(3)
        raise ValueError("no such layer")

    with pytest.raises(ValueError, match="no such layer"):
        sampled_labels(model, sample, 2, GRID)
    assert [part.training for part in model.modules()] == [True, True, False, True]
    assert torch.equal(torch.get_rng_state(), before)
