"""Structures from a generator in evaluation mode."""

import pytest
import torch
from torch import nn

from porenet.generation import sampled_labels


class Noise(nn.Module):
    """A generator without parameters."""

    def noise_shape(self, size):
        return 1, *size

    def forward(self, noise, conditions, size):
        if not conditions.isfinite().all():
            raise ArithmeticError
        return torch.cat([noise, -noise], dim=1)


def test_a_generator_without_parameters_or_structures():
    assert sampled_labels(Noise(), torch.zeros(3, 1), (2, 3, 4), seed=0, at_once=2).shape == (3, 2, 3, 4)
    none = sampled_labels(Noise(), torch.zeros(0, 1), (2, 3, 4), seed=0)
    assert (none.shape, none.dtype) == ((0, 2, 3, 4), torch.uint8)


def test_a_generator_that_fails_is_left_in_the_mode_it_was_in():
    generator = Noise().train()
    with pytest.raises(ArithmeticError):
        sampled_labels(generator, torch.full((1, 1), torch.nan), (2, 2, 2), seed=0)
    assert generator.training
