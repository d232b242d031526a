"""What the losses of one call compute together: once, of the field as it is, and never beyond the call."""

import threading

import pytest
import torch

import porenet
from porenet.sharing import shared, sharing

GRID = porenet.Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
RUN = [
    {"loss": "tpb", "weight": 2.0},
    {"loss": "dpb", "weight": 1.0},
    {"loss": "ssa", "weight": 1.0},
    {"loss": "tpb_active", "weight": 3.0},
    *({"loss": "tortuosity", "label": phase, "weight": 2.0, "params": {"phase": phase}} for phase in GRID.phases),
    {"loss": "first_passage", "weight": 1.0, "params": {"phase": "Ni"}},
]


class Counter:
    def __init__(self):
        self.calls = 0

    def __call__(self, field, factor):
        self.calls += 1
        return field * factor


def field_of(shape=(2, 3, 8, 9, 7), seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).softmax(dim=1)


def test_within_a_call_once_and_after_it_anew():
    field, double = field_of(), Counter()
    shared(double, field, 2), shared(double, field, 2)
    assert double.calls == 2
    for calls in (3, 4):
        with sharing():
            assert shared(double, field, 2) is shared(double, field, 2)
        assert double.calls == calls
    with sharing():
        shared(double, field, 2), shared(double, field, 3), shared(double, field.clone(), 2)
        assert double.calls == 7


def interrupted(double, field):
    with sharing():
        shared(double, field, 2)
        raise InterruptedError


def test_a_call_within_a_call_and_one_that_fails_share_nothing_with_others():
    field, double = field_of(), Counter()
    with sharing():
        shared(double, field, 2)
        with pytest.raises(InterruptedError):
            interrupted(double, field)
        shared(double, field, 2)
        thread = threading.Thread(target=lambda: shared(double, field, 2))
        thread.start()
        thread.join()
    assert double.calls == 3


def test_what_was_changed_in_place_is_computed_anew():
    field, double = field_of(), Counter()
    with sharing():
        shared(double, field, 2)
        field[0] = 0
        assert torch.equal(shared(double, field, 2), field * 2)
        shared(double, field, 2).add_(1)
        assert torch.equal(shared(double, field, 2), field * 2)


def test_a_result_without_a_gradient_is_not_handed_on_where_one_is_recorded():
    field, double = field_of().requires_grad_(), Counter()
    with sharing():
        with torch.no_grad():
            assert not shared(double, field, 2).requires_grad
        assert shared(double, field, 2).requires_grad
        with torch.inference_mode():
            shared(double, field, 2)
        assert not shared(double, field, 2).is_inference()


def test_a_transform_shares_nothing():
    field, double = field_of(), Counter()
    with sharing():
        gradient = torch.func.grad(lambda field: shared(double, field, 2).sum() + shared(double, field, 2).sum())(field)
        rows = torch.func.vmap(lambda field: shared(double, field, 2))(field)
    assert torch.equal(gradient, torch.full_like(field, 4))
    assert torch.equal(rows, field * 2)
    assert double.calls == 3


def nodes_of(value, name):
    """How many nodes of a graph have a name."""
    seen, waiting = set(), [value.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [further for further, _ in node.next_functions]
    return sum(node.name().startswith(name) for node in seen)


def test_terms_that_share_have_the_values_and_gradients_of_losses_called_alone():
    objective = porenet.Objective(GRID, RUN)
    targets = objective.targets_of(field_of(seed=1).argmax(dim=1))
    together, alone = field_of().requires_grad_(), field_of().requires_grad_()
    total, _ = objective(together, targets)
    apart = objective.values(alone, targets)
    expected = sum(term.weight * apart[term.label].mean() for term in objective.terms)
    torch.testing.assert_close(total, expected, rtol=1e-6, atol=0)
    margins = [nodes_of(value, "_FirstSlopeBackward") for value in (total, expected)]
    assert margins == [4, 7]  # of the three phases decoded, for two losses, and of Ni's probabilities
    total.backward(), expected.backward()
    torch.testing.assert_close(together.grad, alone.grad, rtol=1e-5, atol=1e-7)


def test_terms_that_are_evaluated_apart_can_be_differentiated_apart():
    objective = porenet.Objective(GRID, RUN)
    targets = objective.targets_of(field_of(seed=1).argmax(dim=1))
    field = field_of().requires_grad_()
    for value in objective.values(field, targets).values():
        value.sum().backward()
    assert field.grad.isfinite().all()


def copies(monkeypatch, size):
    """Counts what makes a field of this size contiguous that was not."""
    counted, contiguous = [], torch.Tensor.contiguous

    def counting(tensor, *arguments, **named):
        if tensor.numel() == size and not tensor.is_contiguous():
            counted.append(tensor.shape)
        return contiguous(tensor, *arguments, **named)

    monkeypatch.setattr(torch.Tensor, "contiguous", counting)
    return counted


FACES = [
    {"loss": "isolation", "weight": 1.0, "params": {"phase": "pore"}},
    {"loss": "ssa", "weight": 1.0, "params": {"estimator": "faces"}},
    {"loss": "tpb", "weight": 1.0, "params": {"estimator": "coarea"}},
    {"loss": "first_passage", "weight": 1.0, "params": {"phase": "Ni"}},
]


@pytest.mark.parametrize("relax", ["soft", "straight_through"])
def test_a_field_in_channels_last_is_copied_once_by_an_objective(relax, monkeypatch):
    objective = porenet.Objective(GRID, FACES, relax=relax)
    targets = objective.targets_of(field_of(seed=1).argmax(dim=1))
    plain = field_of().requires_grad_()
    last = field_of().to(memory_format=torch.channels_last_3d).requires_grad_()
    objective(plain, targets)[0].backward()
    counted = copies(monkeypatch, last.numel())
    objective(last, targets)[0].backward()
    assert len(counted) == 1
    torch.testing.assert_close(last.grad, plain.grad, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("term", FACES[:2], ids=["isolation", "ssa"])
def test_a_field_in_channels_last_is_copied_once_by_a_loss(term, monkeypatch):
    loss = porenet.create_loss(term["loss"], GRID, **term["params"])
    last = field_of().to(memory_format=torch.channels_last_3d).requires_grad_()
    counted = copies(monkeypatch, last.numel())
    loss(last, {"ssa": torch.ones(2, 3)}).sum().backward()
    assert len(counted) == 1
