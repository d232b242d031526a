"""The law that a met loss is met by the right structure, and the adversary that looks for another one."""

import functools

import pytest
import torch
from torch import nn

from porenet.interface import Grid, InputError, Spec, Witness
from porenet.testing import Case, LawBroken, laws_for
from porenet.testing.adversary import SIDE, descend, reference, starting_logits
from porenet.testing.laws import witness

NAME = "met_means_met"
GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))


class Shares(nn.Module):
    """Squared distance of the phases' shares from a target."""

    def __init__(self, grid, *, sees: str = "all"):
        super().__init__()
        self.witness_keys = tuple(grid.phases)[:1] if sees == "first" else tuple(grid.phases)

    def descriptor(self, probabilities):
        return probabilities.mean(dim=(2, 3, 4))

    def forward(self, probabilities, targets):
        return (self.descriptor(probabilities) - targets["shares"]).square().sum(dim=1)


class NeverMet(Shares):
    def forward(self, probabilities, targets):
        return super().forward(probabilities, targets) + 1


class Undescribed(nn.Module):
    def __init__(self, grid):
        super().__init__()

    def forward(self, probabilities, targets):
        return probabilities[:, 0].mean(dim=(1, 2, 3))


def shares(volume, *, times: float = 1.0):
    """Shares of the phases; those of all but the first ``times`` larger in structures that are finer than most."""
    rough = (volume.labels[..., 1:] != volume.labels[..., :-1]).mean() > 0.4
    factors = [times if rough and i else 1.0 for i in range(len(volume.grid.phases))]
    return {phase: factors[i] * float((volume.labels == i).mean()) for i, phase in enumerate(volume.grid.phases)}


def spec_of(component, kind, **fields):
    target = f"{__name__}:{component.__qualname__}"
    return Spec(name=component.__name__.lower(), kind=kind, target=target, summary="x", unit="1", api=1, **fields)


WITNESS = spec_of(shares, "metric")


def case_of(component=Shares, *, witness=WITNESS, times=1.0, factor=1.5, phases=GRID.phases, params=None, **fields):
    fields = {"needs": ("shares",), "tolerance": 1e-4, "witness": Witness("shares", {"times": times}, factor)} | fields
    return Case(spec_of(component, "loss", **fields), params=params or {}, phases=phases, witness=witness)


def try_law(case):
    return laws_for(case, shrink=False)[NAME]()


@pytest.mark.parametrize(
    ("case", "applies"),
    [
        (case_of(), True),
        (case_of(phases=("a", "b")), True),
        (case_of(phases=("a", "b", "c", "d")), False),  # of which the kit knows no reference
        (case_of(witness=None), True),
        (Case(spec_of(Shares, "loss", needs=("shares",))), False),  # names none
        (case_of(batchwise=True), False),
        (case_of(needs=("shares", "vf")), False),
        (case_of(needs=()), False),
    ],
)
def test_it_is_a_law_of_losses_that_name_a_witness_and_read_one_target(case, applies):
    assert (NAME in laws_for(case)) is applies


def test_it_says_how_far_the_descents_came():
    words = try_law(case_of())
    noise, smooth = words.split("; ")
    assert noise.startswith("noise: met (")
    assert smooth.startswith("smooth: met (")
    assert ", witness " in noise


def test_a_loss_that_is_not_met_breaks_nothing_and_says_so(monkeypatch):
    monkeypatch.setattr(witness, "descend", functools.partial(descend, steps=5))
    words = try_law(case_of(NeverMet, times=100.0))
    assert "noise: not met (1" in words


@pytest.mark.parametrize(
    ("times", "factor", "holds"), [(1.4, 1.5, True), (1.7, 1.5, False), (1.7, 2.0, True), (0.5, 1.5, False)]
)
def test_the_witness_may_be_off_by_its_factor_either_way(times, factor, holds):
    case = case_of(times=times, factor=factor)
    if holds:
        try_law(case)
        return
    with pytest.raises(LawBroken) as caught:
        try_law(case)
    message = str(caught.value)
    assert message.startswith(f"{case}: is met (")
    assert f"whose shares by {times} is " in message
    assert f"times that of the target's; up to {factor:g} is right" in message


def test_only_what_the_loss_reads_is_asked_of_its_witness():
    try_law(case_of(times=3.0, params={"sees": "first"}))


def test_a_case_needs_the_spec_of_its_witness():
    with pytest.raises(InputError, match=r"Give Case\(witness=Spec\)"):
        try_law(case_of(witness=None))


def test_a_witness_without_a_descriptor_is_a_breach():
    with pytest.raises(LawBroken, match="names a witness and has no descriptor to measure its target with"):
        try_law(case_of(Undescribed))


def test_what_the_spec_says_it_does_not_see_is_a_declared_deviation():
    blind = {"what is fine": ("sees", "all")}
    case = case_of(times=3.0, params={"sees": "all"}, blind_when=blind)
    check = laws_for(case)[NAME]
    assert check.reason == "it does not see what is fine"
    assert check() == ""
    assert laws_for(case_of(times=3.0, params={"sees": "first"}, blind_when=blind))[NAME].reason == ""
    with pytest.raises(LawBroken, match=f"obeys {NAME} after all; remove the expected failure .it does not see what"):
        try_law(case_of(params={"sees": "all"}, blind_when=blind))


def test_the_reference_has_features_of_six_of_the_longest_edges():
    labels = reference(Grid(GRID.phases, (1.0, 0.5, 0.25)))
    assert labels.shape == (1, SIDE, 2 * SIDE, 4 * SIDE)
    fractions = torch.bincount(reference(GRID).flatten()) / SIDE**3
    assert min(fractions.tolist()) > 0.2
    assert torch.equal(reference(GRID), reference(GRID))
    assert not torch.equal(reference(GRID), reference(GRID, seed=4))


@pytest.mark.parametrize("kind", ["noise", "smooth", "checkerboard", "one_phase"])
def test_a_start_is_what_it_is_called(kind):
    labels = torch.zeros(1, 12, 12, 12, dtype=torch.int64)
    logits = starting_logits(kind, labels, 3)
    assert logits.shape == (1, 3, 12, 12, 12)
    assert torch.equal(logits, starting_logits(kind, labels, 3))
    assert not torch.equal(logits, starting_logits(kind, labels, 3, seed=1))
    decoded = logits.argmax(dim=1)
    alike = (decoded[..., 1:] == decoded[..., :-1]).double().mean().item()
    assert alike == pytest.approx({"noise": 1 / 3, "smooth": 0.77, "checkerboard": 0, "one_phase": 1}[kind], abs=0.07)


def test_a_descent_stops_some_steps_after_it_was_met_and_keeps_the_logits():
    loss, logits = Shares(GRID), starting_logits("noise", torch.zeros(1, 8, 8, 8, dtype=torch.int64), 3)
    before, wanted = logits.clone(), torch.tensor([[0.5, 0.3, 0.2]])
    end = descend(loss, {"shares": wanted}, wanted, logits, tolerance=1e-3, after=5)
    assert torch.equal(logits, before)
    assert 0 < end.met_at < 100
    assert end.steps == end.met_at + 5
    assert end.value <= 1e-3
    assert loss(torch.nn.functional.one_hot(end.labels, 3).movedim(-1, 1).float(), {"shares": wanted}) <= 1e-3
    never = descend(loss, {"shares": wanted}, wanted, logits, tolerance=-1.0, steps=7)
    assert (never.met_at, never.steps) == (None, 6)
