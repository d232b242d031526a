"""What a critic is shown of a generated field."""

import pytest
import torch

from porenet.errors import InputError
from porenet.generation import critic_view, one_hot


def test_a_critic_is_shown_the_structure_with_the_gradient_of_the_probabilities():
    field = torch.rand(2, 3, 4, 4, 4).softmax(dim=1).requires_grad_()
    seen, weights = critic_view(field), torch.randn(2, 3, 4, 4, 4)
    assert torch.equal(seen, one_hot(field.argmax(dim=1).byte(), 3))
    (gradient,) = torch.autograd.grad((seen * weights).sum(), field)
    assert torch.equal(gradient, weights)


def test_real_structures_and_the_probabilities_are_shown_as_they_are():
    real = one_hot(torch.randint(3, (2, 4, 4, 4), dtype=torch.uint8), 3)
    assert torch.equal(critic_view(real), real)
    field = torch.rand(2, 3, 4, 4, 4).softmax(dim=1)
    assert critic_view(field, "soft") is field
    with pytest.raises(InputError, match="relax"):
        critic_view(field, "hard")
