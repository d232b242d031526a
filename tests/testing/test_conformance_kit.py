"""The laws reject every loss and metric that is wrong on purpose, each by the law made for it, and no right one."""

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import find, given
from hypothesis import strategies as st
from torch import nn

from porenet.interface import Grid, InputError, Spec, Undefined, Witness, one_layer
from porenet.registry.field_guard import check_field
from porenet.slabs import Need
from porenet.testing import (
    Answer,
    Body,
    Case,
    LawBroken,
    bodies,
    checks,
    conformance,
    grids,
    laws_for,
    probability_fields,
    volumes,
)
from porenet.testing.exact_bodies import BRICKS, CUBIC, PHASES
from porenet.testing.fields import DEAD_STATES, KINDS, SMALLEST, undecoded
from porenet.testing.laws.loss import LAWS
from porenet.testing.laws.metric import LAWS as METRIC_LAWS
from porenet.testing.laws.units import exponent_of_um


def try_law(case, law):
    """Try one law; what breaks it is reported as it was drawn, for looking for the smallest takes seconds each time."""
    laws_for(case, shrink=False)[law]()


@pytest.fixture
def few_examples(monkeypatch):
    """For tests that a law holds, of which there are hundreds; wrong components are searched for as strangers do."""
    monkeypatch.setattr(checks, "EXAMPLES", 8)


def spec_of(component, **fields):
    kind = "loss" if isinstance(component, type) else "metric"
    target = f"{__name__}:{component.__qualname__}"
    common = {"name": "component", "kind": kind, "target": target, "summary": "Under test.", "unit": "1", "api": 1}
    return Spec(**(common | fields))


def case_of(
    component,
    *,
    twin=None,
    phases=("Ni", "YSZ", "pore"),
    params=None,
    targets=None,
    expected=None,
    known=(),
    percolates=None,
    witness=None,
    **fields,
):
    """A case of a component of this module; ``fields`` are those of its Spec."""
    if twin:
        fields["twin"] = twin.__name__
    if witness:
        fields["witness"] = Witness(witness.__name__)
    return Case(
        spec_of(component, **fields),
        params=params or {},
        phases=phases,
        targets=targets or {},
        twin=spec_of(twin) if twin else None,
        witness=spec_of(witness) if witness else None,
        expected_failures=expected or {},
        bodies=known,
        percolates=percolates,
    )


class Share(nn.Module):
    """Mean probability of a phase: a right loss, and what the wrong ones spoil."""

    def __init__(self, grid, *, phase: str = "pore"):
        super().__init__()
        self.grid, self.channel = grid, grid.index(phase)

    def descriptor(self, probabilities):
        dtype = torch.promote_types(probabilities.dtype, torch.float32)
        return probabilities.mean(dim=(2, 3, 4), dtype=dtype)

    def share(self, probabilities):
        return self.descriptor(probabilities)[:, self.channel]

    def forward(self, probabilities, targets):
        return self.share(probabilities)


class Unguarded:
    """No module, so that nothing looks at its fields before it does."""

    def __init__(self, grid, *, phase: str = "pore"):
        self.channel = grid.index(phase)

    def __call__(self, probabilities, targets):
        return probabilities[:, self.channel].double().mean(dim=(1, 2, 3))


class AcceptsAnyField(Unguarded):
    def __call__(self, probabilities, targets):
        return probabilities[:, -1].double().flatten(1).mean(dim=1)


class UnguardedDescriptor(Unguarded):
    """Looks at the fields that it is called with, but not at those that its other methods are."""

    def __init__(self, grid, *, phase: str = "pore"):
        super().__init__(grid, phase=phase)
        self.phases = grid.phases

    def __call__(self, probabilities, targets):
        check_field(probabilities, self.phases)
        return super().__call__(probabilities, targets)

    def descriptor(self, probabilities):
        return probabilities.double().mean(dim=(2, 3, 4))


class ByMemory(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities) * (1 if probabilities.is_contiguous() else 2)


class ShareOfTheBatch(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities).mean().view(1)


class ShareTimesLength(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities) * self.grid.voxel_um[0]


class SharePerArea(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities) / self.grid.voxel_um[0] ** 2


class ShareFromTarget(Share):
    def forward(self, probabilities, targets):
        return (self.share(probabilities) - targets["level"]).square()


class SharesFromTargets(Share):
    """A loss whose target the kit measures with its descriptor; reads the twin's keys the other way round."""

    def __init__(self, grid, *, per: float = 1.0):
        super().__init__(grid)
        self.per, self.twin_params, self.twin_keys = per, {"per": per}, grid.phases[::-1]

    def descriptor(self, probabilities):
        return super().descriptor(probabilities).flip(1) / self.per / self.grid.voxel_um[0]

    def forward(self, probabilities, targets):
        return (self.descriptor(probabilities) / targets["densities"] - 1).square().sum(dim=1)


class SharesAsWanted(Share):
    """Met by every structure with the fractions, however fine it is: what its witness makes of that is the matter."""

    def forward(self, probabilities, targets):
        return (self.descriptor(probabilities) - targets["shares"]).square().sum(dim=1)


AS_WANTED = {"needs": ("shares",), "reads": "straight_through", "tolerance": 1e-4}


class Lack(Share):
    def forward(self, probabilities, targets):
        return 1 - self.share(probabilities)


class Spread(Share):
    """Alive wherever the field is not flat."""

    def forward(self, probabilities, targets):
        dtype = torch.promote_types(probabilities.dtype, torch.float32)
        return 1 - probabilities.to(dtype).var(dim=(2, 3, 4), correction=0).mean(dim=1)


class MeanOfBatchSpread(Spread):
    def forward(self, probabilities, targets):
        return super().forward(probabilities, targets).mean().view(1)


def shares(volume):
    return {phase: float((volume.labels == i).mean()) for i, phase in enumerate(volume.grid.phases)}


def shares_of_what_crosses(volume):
    thin = one_layer(volume, ("z",))
    return shares(volume) if thin is None else dict.fromkeys(volume.grid.phases, thin)


def walls(volume):
    """Unlike pairs along x, per phase and per volume: of noise many times those of a structure."""
    labels = volume.labels
    unlike = labels[..., 1:] != labels[..., :-1]
    touched = [(labels[..., 1:] == i) | (labels[..., :-1] == i) for i in range(len(volume.grid.phases))]
    return {
        phase: float((unlike & each).mean()) / volume.grid.voxel_um[2]
        for phase, each in zip(volume.grid.phases, touched, strict=True)
    }


def pores(volume):
    return float((volume.labels == volume.grid.index("pore")).sum())


def densities(volume, *, per: float = 1.0):
    return {
        phase: float((volume.labels == i).mean()) / per / volume.grid.voxel_um[0]
        for i, phase in enumerate(volume.grid.phases)
    }


class SharedLayersTwice:
    """Pores by slabs, those of the layer that two slabs share counted in both."""

    def need(self, grid, shape, params):
        return Need()

    def leaf(self, slab, params):
        return {"pores": (slab.labels == slab.grid.index("pore")).sum()}

    def join(self, first, second):
        return {"pores": first["pores"] + second["pores"]}

    def finish(self, state, about, params):
        return {"pores": float(state["pores"])}


SHARED_LAYERS_TWICE = SharedLayersTwice()


def volume_of_pores(volume):
    return {"share": pores(volume) / volume.labels.size, "volume": pores(volume) * math.prod(volume.grid.voxel_um)}


def pores_if_any(volume):
    return {"pores": pores(volume) or Undefined("there is no pore")}


def pores_at_the_top(volume):
    """Knows z and asks for nothing else."""
    return {"share": float((volume.labels[0] == volume.grid.index("pore")).mean())}


def level(grid, batch):
    return torch.full((batch,), 2.0)


NI = {"phase": "Ni"}


RIGHT = conformance(
    case_of(Share),
    case_of(Share, params={"phase": "Ni"}),
    case_of(Share, params={"phase": "b"}, phases=("a", "b")),
    case_of(Share, twin=shares),
    case_of(Share, twin=shares, phases=("Ni", "YSZ", "pore", "crack")),
    case_of(ShareOfTheBatch, batchwise=True),
    case_of(ShareTimesLength, unit="um"),
    case_of(SharePerArea, unit="um^-2"),
    case_of(ShareFromTarget, needs=("level",), targets={"level": level}),
    case_of(SharesFromTargets, needs=("densities",), params={"per": 2.0}, twin=densities),
    case_of(Spread, dead_states={"flat": "there is nothing to spread"}),
    case_of(MeanOfBatchSpread, batchwise=True, dead_states={"flat": "there is nothing to spread"}),
    case_of(Lack, reads="straight_through"),
    case_of(SharesAsWanted, witness=shares, **AS_WANTED),
    case_of(SharesAsWanted, witness=walls, blind_when={"what is fine": ("phase", "Ni")}, **AS_WANTED, params=NI),
    case_of(volume_of_pores, unit={"share": "1", "volume": "um^3"}),
    case_of(pores_if_any),
    case_of(
        pores_at_the_top,
        expected={"flips_change_nothing": "it looks at one end", "rolls_change_nothing": "it looks at one end"},
    ),
    case_of(shares, name="vf"),
)

UNHURRIED = {"compiled_is_right_or_refused", "exported_is_right_or_refused"}
"""Laws that take half a second whatever the loss; all of porenet's own are tried by the slow tests."""


@pytest.mark.parametrize("check", [each for each in RIGHT.args[1] if each.values[0].name not in UNHURRIED])
def test_a_right_component_obeys_every_law(check, few_examples):
    check()


class PythonNumber(Share):
    def forward(self, probabilities, targets):
        return float(self.share(probabilities.detach()).mean())


class Scalar(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities).mean()


class Column(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities)[:, None]


class Count(Share):
    def forward(self, probabilities, targets):
        return (probabilities[:, self.channel] > 0.5).sum(dim=(1, 2, 3))


class Negative(Share):
    def forward(self, probabilities, targets):
        return -self.share(probabilities)


class InfiniteOnAUniformField(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities) / probabilities[:, self.channel].std(dim=(1, 2, 3), correction=0)


class NoGradientOnAUniformField(Share):
    """Its value is 0 there and its gradient 0 times infinity."""

    def forward(self, probabilities, targets):
        return probabilities[:, self.channel].var(dim=(1, 2, 3), correction=0).sqrt()


class InfiniteOnAStructure(Share):
    """0 times the logarithm of 0."""

    def forward(self, probabilities, targets):
        return -(probabilities * probabilities.log()).mean(dim=(1, 2, 3, 4))


class NoGradientOnAStructure(Share):
    def forward(self, probabilities, targets):
        each = torch.special.entr(probabilities[:, self.channel])
        return each.mean(dim=(1, 2, 3), dtype=self.share(probabilities).dtype)


class Detached(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities.detach())


class Severed(Share):
    """As published once: it requires a gradient, and none arrives."""

    def forward(self, probabilities, targets):
        return self.share(probabilities.detach()) + 0 * self.share(probabilities)


class Decoded(Share):
    def forward(self, probabilities, targets):
        return (probabilities.argmax(dim=1) == self.channel).double().mean(dim=(1, 2, 3))


class Constant(Share):
    def __init__(self, grid):
        super().__init__(grid)
        self.level = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))

    def forward(self, probabilities, targets):
        return self.level.expand(len(probabilities))


class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values):
        return values.clone()

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient


class WrongGradient(Share):
    def forward(self, probabilities, targets):
        return Twice.apply(self.share(probabilities))


class Uphill(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values):
        return values.clone()

    @staticmethod
    def backward(ctx, gradient):
        return -gradient


class WrongSign(Share):
    def forward(self, probabilities, targets):
        return Uphill.apply(self.share(probabilities))


class Squared(torch.autograd.Function):
    """Its gradient is right, and taken for a constant."""

    @staticmethod
    def forward(ctx, values):
        ctx.values = values.detach()
        return values.square()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2 * ctx.values


class PartialSecond(Share):
    def forward(self, probabilities, targets):
        return Squared.apply(probabilities[:, self.channel]).mean(dim=(1, 2, 3))


class Tied(torch.autograd.Function):
    asked = 0

    @staticmethod
    def forward(ctx, gradient, field):
        return gradient.clone()

    @staticmethod
    def backward(ctx, gradient):
        Tied.asked += 1
        if Tied.asked % 2:
            raise RuntimeError("not twice")
        return gradient, torch.zeros_like(gradient)


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, field):
        ctx.save_for_backward(field)
        return field.square()

    @staticmethod
    def backward(ctx, gradient):
        return Tied.apply(2 * gradient * ctx.saved_tensors[0].detach(), ctx.saved_tensors[0])


class RefusesEveryOtherTime(Share):
    def forward(self, probabilities, targets):
        return Once.apply(probabilities[:, self.channel]).mean(dim=(1, 2, 3))


class SecondByHalf(Share):
    def forward(self, probabilities, targets):
        share = self.share(probabilities)
        return Squared.apply(share) + share.square()


class OtherInTransforms(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities) * (2 if torch._C._functorch.is_functorch_wrapped_tensor(probabilities) else 1)


class OtherWhenCompiled(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities) * (2 if torch.compiler.is_dynamo_compiling() else 1)


class OtherWhenExported(Share):
    def forward(self, probabilities, targets):
        exporting = getattr(torch.compiler, "is_exporting", torch.compiler.is_compiling)  # torch 2.6 lacks the former
        return self.share(probabilities) * (2 if exporting() else 1)


class EqualForAllPhases(Share):
    """Its gradient is there at the field, the same for every phase, and the softmax makes nothing of it."""

    def forward(self, probabilities, targets):
        return probabilities.sum(dim=1).square().mean(dim=(1, 2, 3)).to(self.share(probabilities).dtype)


class MetWithoutPore(Share):
    """As published: 0.3 everywhere is enough."""

    def forward(self, probabilities, targets):
        return torch.relu(0.3 - self.share(probabilities))


class MetByFractions(Share):
    def forward(self, probabilities, targets):
        return (self.descriptor(probabilities) - targets["vf"]).square().sum(dim=1)


class WeighedByPlace(Share):
    """One value of the batch, in which the first sample counts for most."""

    def forward(self, probabilities, targets):
        values = self.share(probabilities)
        weights = torch.arange(len(values), 0, -1, device=values.device) / len(values)
        return (values * weights).mean().view(1)


class ByPlace(Share):
    def forward(self, probabilities, targets):
        values = self.share(probabilities)
        return values * torch.arange(1, len(values) + 1, device=values.device)


class Remembers(Share):
    def forward(self, probabilities, targets):
        self.seen = getattr(self, "seen", 0) + 1
        return self.share(probabilities) * self.seen


class RemembersTheFirst(Share):
    def forward(self, probabilities, targets):
        if not hasattr(self, "first"):
            self.first = self.share(probabilities.detach())[:1]
        return self.share(probabilities) + self.first


class Noisy(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities + 1e-3 * torch.rand_like(probabilities))


class DrawsAndDropsIt(Share):
    def __init__(self, grid):
        super().__init__(grid)
        self.layer = nn.Linear(1, 1)


class Shuffles(Share):
    def forward(self, probabilities, targets):
        random.random()
        return self.share(probabilities)


class SeedsNumpy(Share):
    def forward(self, probabilities, targets):
        np.random.seed(1)  # noqa: NPY002
        return self.share(probabilities)


class HalfBack(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities).to(torch.promote_types(probabilities.dtype, torch.bfloat16)).bfloat16()


class AlwaysSingle(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities).float()


class OnTheDefaultDevice(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities) * torch.ones(len(probabilities), dtype=probabilities.dtype)


class LeftOnTheDefaultDevice(Share):
    def forward(self, probabilities, targets):
        found = torch.empty(len(probabilities), dtype=probabilities.dtype)
        return found if found.is_meta else self.share(probabilities)


class Unannotated(Share):
    def __init__(self, grid, *, power=1):
        super().__init__(grid)


class TakesASet(Share):
    def __init__(self, grid, *, chosen: frozenset[str] = frozenset()):
        super().__init__(grid)


class TakesAnything(Share):
    """A tuple comes back from a config as a list, and here it matters."""

    def __init__(self, grid, *, chosen: object = ()):
        super().__init__(grid)
        self.factor = 1.0 if isinstance(chosen, tuple) else 2.0

    def forward(self, probabilities, targets):
        return self.share(probabilities) * self.factor


class BatchMean(Share):
    def forward(self, probabilities, targets):
        return self.share(probabilities).mean().expand(len(probabilities))


class Ranked(Share):
    def forward(self, probabilities, targets):
        values = self.share(probabilities)
        return values - values.min()


class ChangesTheField(Share):
    def forward(self, probabilities, targets):
        with torch.no_grad():
            probabilities.mul_(0.5)
        return self.share(probabilities)


class ChangesTheTarget(ShareFromTarget):
    def forward(self, probabilities, targets):
        targets["level"].clamp_(max=1)
        return super().forward(probabilities, targets)


class AddsATarget(Share):
    def forward(self, probabilities, targets):
        targets["mine"] = self.share(probabilities)
        return self.share(probabilities)


class ChannelByNumber(Share):
    def __init__(self, grid, *, channel: int):
        super().__init__(grid)
        self.channel = channel


class LosesDigits(Share):
    def forward(self, probabilities, targets):
        share = self.share(probabilities)
        return (share.to(probabilities.dtype) + 100 - 100).to(share.dtype)


class LosesMoreDigits(Share):
    def forward(self, probabilities, targets):
        return (self.share(probabilities) + 1e6) - 1e6


class OtherDescriptor(Share):
    def descriptor(self, probabilities):
        return probabilities.square().sum(dim=(2, 3, 4)).sqrt()


class OrderOfDescriptor(Share):
    def descriptor(self, probabilities):
        return probabilities.mean(dim=(2, 3, 4)).flip(1)


class UnknownKeys(Share):
    twin_keys = ("Ni", "gravel")


class TooFewKeys(Share):
    twin_keys = ("Ni",)


class OtherParams(Share):
    twin_params: dict = {"per": 2.0}  # noqa: RUF012


class CrossesZ(Share):
    crossed_axes = ("z",)


class NoDescriptor(nn.Module):
    def __init__(self, grid):
        super().__init__()

    def forward(self, probabilities, targets):
        return probabilities[:, 0].mean(dim=(1, 2, 3))


LEVEL = {"needs": ("level",), "targets": {"level": level}}
APART = r"gives \[.*\] for a batch and \[.*\] for its samples one by one"
ELSEWHERE = "if the default device is not that of the field: "

WRONG_LOSSES = [
    ("one_value_per_sample", case_of(PythonNumber), "returned float, not a tensor"),
    ("one_value_per_sample", case_of(Scalar), r"returned shape \(\), not \(\d,\)"),
    ("one_value_per_sample", case_of(Column), r"returned shape \(\d, 1\), not \(\d,\)"),
    ("one_value_per_sample", case_of(Count), "returned torch.int64, not a floating-point type"),
    ("one_value_per_sample", case_of(Negative), r"is negative: \[-"),
    ("one_value_per_sample", case_of(InfiniteOnAUniformField), r"is not finite: \["),
    ("one_value_per_sample", case_of(InfiniteOnAStructure), r"is not finite: \["),
    ("one_value_per_sample", case_of(Share, batchwise=True), r"returned shape \(\d,\), not \(1,\)"),
    ("one_value_per_sample", case_of(ShareOfTheBatch), r"returned shape \(1,\), not \(\d,\)"),
    ("not_met_by_flat_probabilities", case_of(MetWithoutPore), "of which the argmax holds no pore"),
    (
        "not_met_by_flat_probabilities",
        case_of(MetWithoutPore, params={"phase": "Ni"}),
        "of which the argmax holds no Ni",
    ),
    ("not_met_by_flat_probabilities", case_of(MetByFractions, needs=("vf",)), "by the same undecided probabilities"),
    (
        "not_met_by_flat_probabilities",
        case_of(MetByFractions, needs=("vf",), phases=tuple("ab"), params={"phase": "b"}),
        "holds no b",
    ),
    ("not_met_by_flat_probabilities", case_of(Share, tolerance=0.31), r"is met \(\[0.3.*, at most 0.31\)"),
    (
        "met_only_if_the_argmax_percolates",
        case_of(MetWithoutPore, percolates=("pore", "z_min", "z_max")),
        "whose argmax has no pore that joins z_min to z_max",
    ),
    ("gradient_reaches_logits", case_of(Detached), "is detached from the field"),
    ("gradient_reaches_logits", case_of(Severed), "with a gradient of zero at the logits"),
    ("gradient_reaches_logits", case_of(Decoded), "is detached from the field"),
    ("gradient_reaches_logits", case_of(Constant), "does not depend on the field"),
    ("gradient_reaches_logits", case_of(EqualForAllPhases), "with a gradient of zero at the logits"),
    ("gradient_reaches_logits", case_of(Spread), "with a gradient of zero at the logits .* that is flat"),
    ("gradient_reaches_logits", case_of(Spread, dead_states={"half": "why"}), "zero at the logits .* that is flat"),
    ("gradient_reaches_logits", case_of(MeanOfBatchSpread, batchwise=True), "with a gradient of zero at the logits"),
    ("gradient_reaches_logits", case_of(Detached, dead_states={"flat": "why"}), "is detached from the field"),
    *(
        (
            "declared_dead_states_are_dead",
            case_of(Share, dead_states={state: "why"}),
            f"is {state}, but a gradient reaches",
        )
        for state in DEAD_STATES
    ),
    ("second_derivative_is_right_or_refused", case_of(PartialSecond), "has a wrong second derivative: .* norm is 0,"),
    ("second_derivative_is_right_or_refused", case_of(RefusesEveryOtherTime), "in autograd.grad, and not in backward"),
    ("second_derivative_is_right_or_refused", case_of(SecondByHalf), "has a wrong second derivative"),
    ("func_grad_is_right_or_refused", case_of(OtherInTransforms), "gives another result by func.grad: it differs by"),
    ("vmap_is_right_or_refused", case_of(OtherInTransforms), "gives another result by vmap: it differs by"),
    ("compiled_is_right_or_refused", case_of(OtherWhenCompiled), r"another result by compile\(fullgraph=True\)"),
    ("exported_is_right_or_refused", case_of(OtherWhenExported), "gives another result by export"),
    ("gradient_is_finite_everywhere", case_of(NoGradientOnAUniformField), "has a gradient that is not finite"),
    ("gradient_is_finite_everywhere", case_of(NoGradientOnAStructure), "has a gradient that is not finite"),
    ("gradient_matches_finite_differences", case_of(WrongGradient), "has a wrong gradient: "),
    ("gradient_matches_finite_differences", case_of(WrongSign), "has a wrong gradient: "),
    ("samples_are_independent", case_of(BatchMean), APART),
    ("samples_are_independent", case_of(Ranked), APART),
    ("batch_may_be_reordered", case_of(ByPlace), "for the samples in that order"),
    ("batch_may_be_reordered", case_of(WeighedByPlace, batchwise=True), "for the samples in that order"),
    ("inputs_are_untouched", case_of(ChangesTheField), "changes the field in place"),
    ("inputs_are_untouched", case_of(ChangesTheTarget, **LEVEL), "changes the target 'level' in place"),
    ("inputs_are_untouched", case_of(AddsATarget), "adds or removes targets"),
    ("same_input_gives_same_result", case_of(Remembers), "for the same field"),
    ("same_input_gives_same_result", case_of(RemembersTheFirst), "for the same field"),
    ("same_input_gives_same_result", case_of(Noisy), "for the same field"),
    ("random_state_is_untouched", case_of(Noisy), "global random generator of torch"),
    ("random_state_is_untouched", case_of(DrawsAndDropsIt), "global random generator of torch"),
    ("random_state_is_untouched", case_of(Shuffles), "global random generator of Python"),
    ("random_state_is_untouched", case_of(SeedsNumpy), "global random generator of numpy"),
    ("memory_layout_does_not_matter", case_of(ByMemory), "for the same field in order"),
    ("other_fields_are_refused", case_of(Unguarded), "raises IndexError, not InputError, for a field without its last"),
    ("other_fields_are_refused", case_of(AcceptsAnyField), r"returns tensor\(.* for a field without its last phase"),
    ("other_fields_are_refused", case_of(UnguardedDescriptor), r"for a field without its last phase by its descriptor"),
    ("float32_is_close", case_of(HalfBack), "returned torch.bfloat16 for a float32 field"),
    ("float32_is_close", case_of(AlwaysSingle), "returned torch.float32 for a float64 field"),
    ("half_precision_is_finite", case_of(LosesDigits), r"in bfloat16 where float64 gives"),
    ("float32_is_close", case_of(LosesMoreDigits), r"in float32 where float64 gives"),
    ("half_precision_is_finite", case_of(HalfBack), "returned torch.bfloat16 for a bfloat16 field"),
    ("device_of_the_field_is_used", case_of(OnTheDefaultDevice), ELSEWHERE),
    ("device_of_the_field_is_used", case_of(LeftOnTheDefaultDevice), "returned a value on meta for a field on the CPU"),
    ("value_scales_with_its_unit", case_of(ShareTimesLength), "declares the unit 1, but voxels twice as large turn"),
    ("value_scales_with_its_unit", case_of(ShareTimesLength, unit="um^-1"), r"declares the unit um\^-1, but"),
    ("value_scales_with_its_unit", case_of(Share, unit="um"), "declares the unit um, but"),
    ("value_scales_with_its_unit", case_of(SharePerArea, unit="um^-1"), r"declares the unit um\^-1, but"),
    ("descriptor_equals_twin", case_of(OtherDescriptor, twin=shares), "describes a structure as .* the metric shares"),
    ("descriptor_equals_twin", case_of(OrderOfDescriptor, twin=shares), "the metric shares as"),
    ("descriptor_equals_twin", case_of(NoDescriptor, twin=shares), "names the twin 'shares' but has no descriptor"),
    ("descriptor_equals_twin", case_of(UnknownKeys, twin=shares), r"the metric shares has no \['gravel'\]"),
    ("descriptor_equals_twin", case_of(TooFewKeys, twin=shares), r"a sample in shape \(3,\), not \(1,\)"),
    ("descriptor_equals_twin", case_of(OtherParams, twin=densities), "the metric densities as"),
    (
        "single_layers_are_refused_where_the_twin_is_undefined",
        case_of(Share, twin=shares_of_what_crosses),
        r"single layer along z, of which .* says 'one voxel thick along z'; set self.crossed_axes = \('z',\)",
    ),
    (
        "met_means_met",
        case_of(SharesAsWanted, witness=walls, **AS_WANTED),
        r"is met \(.*, at most 0.0001, after \d+ steps from noise\) by a structure whose walls is .* times that of the "
        r"target's; up to 1.5 is right",
    ),
    ("params_survive_toml_and_json", case_of(Unannotated), "parameter 'power' has no annotation"),
    ("params_survive_toml_and_json", case_of(TakesASet, params={"chosen": frozenset("a")}), "do not pass through TOML"),
    (
        "params_survive_toml_and_json",
        case_of(TakesAnything, params={"chosen": ("a",)}),
        "its parameters written as TOML",
    ),
    *(
        (
            "phases_may_be_reordered",
            case_of(ChannelByNumber, params={"channel": channel}),
            "for another order of the phases",
        )
        for channel in (0, 1, 2)
    ),
]


@pytest.mark.parametrize(
    ("law", "case", "complaint"),
    WRONG_LOSSES,
    ids=[f"{case.spec.target.partition(':')[2]}-{law}" for law, case, _ in WRONG_LOSSES],
)
def test_a_wrong_loss_breaks_the_law_made_for_it(law, case, complaint):
    with pytest.raises(LawBroken, match=complaint) as caught:
        try_law(case, law)
    assert str(caught.value).startswith(f"{case}: ")


def test_a_loss_that_says_what_it_crosses_obeys_the_laws_of_its_twin():
    for law in ("single_layers_are_refused_where_the_twin_is_undefined", "descriptor_equals_twin"):
        try_law(case_of(CrossesZ, twin=shares_of_what_crosses), law)


def test_a_loss_is_told_which_transforms_it_lacks():
    laws = laws_for(case_of(PartialSecond))  # an autograd.Function of the old kind
    for law, transform in (("func_grad_is_right_or_refused", "func.grad"), ("vmap_is_right_or_refused", "vmap")):
        assert laws[law]().startswith(f"has no {transform} (RuntimeError: In order to use an autograd.Function with")


def test_every_law_of_losses_rejects_something():
    of_sections = {"sections_are_read_in_their_plane", "slices_are_compared_by_their_mean"}  # in test_section_laws.py
    assert {law.__name__ for law in LAWS} - of_sections == {law for law, _, _ in WRONG_LOSSES}


# What is wrong in one respect only must break one law only, or the message would send its author astray.
@pytest.mark.parametrize(
    ("component", "broken"),
    [
        (Negative, {"one_value_per_sample"}),
        (Detached, {"gradient_reaches_logits", "gradient_matches_finite_differences"}),
        (Severed, {"gradient_reaches_logits", "gradient_matches_finite_differences"}),
        (EqualForAllPhases, {"gradient_reaches_logits"}),
        (Spread, {"gradient_reaches_logits"}),
        (WrongGradient, {"gradient_matches_finite_differences"}),
        (WrongSign, {"gradient_matches_finite_differences"}),
        (NoGradientOnAStructure, {"gradient_is_finite_everywhere"}),
        (MetWithoutPore, {"not_met_by_flat_probabilities"}),
        (BatchMean, {"samples_are_independent"}),
        (ByPlace, {"samples_are_independent", "batch_may_be_reordered"}),
        (ShareTimesLength, {"value_scales_with_its_unit"}),
        (LosesDigits, {"half_precision_is_finite"}),
        (DrawsAndDropsIt, {"random_state_is_untouched"}),
        (OnTheDefaultDevice, {"device_of_the_field_is_used"}),
        (case_of(SharesAsWanted, witness=walls, **AS_WANTED), {"met_means_met"}),
        (Unannotated, {"params_survive_toml_and_json"}),
    ],
)
def test_a_wrong_loss_breaks_no_other_law(component, broken, few_examples):
    found = set()
    case = component if isinstance(component, Case) else case_of(component)
    for name, law in laws_for(case, shrink=False).items():
        if name in UNHURRIED:
            continue
        try:
            law()
        except LawBroken:
            found.add(name)
    assert found == broken


def numpy_number(volume):
    return {"pores": np.float64(pores(volume))}


def integer(volume):
    return {"pores": int(pores(volume))}


def not_a_number(volume):
    return {"pores": float("nan")}


def infinite(volume):
    return {"tau": float("inf")}


def no_reason(volume):
    return {"tau": Undefined("")}


def bare_number(volume):
    return pores(volume)


def nothing(volume):
    return {}


def number_for_a_key(volume):
    return {0: pores(volume)}


def random_number(volume):
    return {"pores": float(np.random.default_rng().random())}


def mean_label(volume):
    return {"mean": float(volume.labels.mean())}


def label_by_number(volume, *, label: int):
    return {"share": float((volume.labels == label).mean())}


def undefined_in_one_order(volume):
    return {"share": Undefined("no first phase") if not (volume.labels == 0).any() else 1.0}


def volume_um3(volume):
    return {"volume": math.prod(volume.grid.voxel_um)}


def key_by_size(volume):
    return {"large" if volume.grid.voxel_um[0] > 1 else "small": 1.0}


def overwriting(volume):
    volume.labels.base[:] = 0
    return {"pores": pores(volume)}


def stirring(volume):
    random.random()
    return {"pores": pores(volume)}


def pores_of_both_faces(volume):
    """The same from either end, and not wherever the volume is cut."""
    faces = volume.labels[0], volume.labels[-1]
    return {"pores": sum(float((face == volume.grid.index("pore")).sum()) for face in faces)}


def open_memory(volume):
    return {"pores": float(volume.labels.base.flags.writeable)}


def other_shares(volume):
    return {phase: 1 - share for phase, share in shares(volume).items()}


def surfaces(volume, *, estimator: str = "crofton", per: str = "volume"):
    return dict.fromkeys(volume.grid.phases, 0.0)


def pore_voxels(volume):
    return {"pores": pores(volume)}


def unnamed_options(volume, **options):
    return {"pores": pores(volume) ** options["power"]}


SLAB = bodies(CUBIC)[0]
KNOWN = Body("slab again", SLAB.volume, (Answer("pore_voxels", {"pores": 81.0}),))
UNKNOWN_KEY = Body("slab again", SLAB.volume, (Answer("pore_voxels", {"holes": 80.0}),))

WRONG_METRICS = [
    (
        "values_are_finite_or_undefined",
        case_of(numpy_number),
        r"gives pores = .* \(float64\); a value is a finite float or Undefined",
    ),
    ("values_are_finite_or_undefined", case_of(integer), r"gives pores = \d+ \(int\); a value is a finite float"),
    (
        "values_are_finite_or_undefined",
        case_of(not_a_number),
        r"gives pores = nan \(float\); a value is a finite",
    ),
    ("values_are_finite_or_undefined", case_of(infinite), r"gives tau = inf \(float\); a value is a finite float"),
    ("values_are_finite_or_undefined", case_of(no_reason), r"gives tau = Undefined\(reason=''\)"),
    ("values_are_finite_or_undefined", case_of(bare_number), "not a mapping with values"),
    ("values_are_finite_or_undefined", case_of(nothing), "not a mapping with values"),
    ("values_are_finite_or_undefined", case_of(number_for_a_key), "has a key that is not a string: 0"),
    (
        "values_are_finite_or_undefined",
        case_of(volume_of_pores, unit={"share": "1"}),
        "gives 'volume', for which its Spec has no unit",
    ),
    ("same_input_gives_same_result", case_of(random_number), "gives different numbers for the same volume"),
    ("phases_may_be_reordered", case_of(mean_label), "for another order of the labels"),
    *(
        (
            "phases_may_be_reordered",
            case_of(label_by_number, params={"label": label}),
            "for another order of the labels",
        )
        for label in (0, 1, 2)
    ),
    ("phases_may_be_reordered", case_of(undefined_in_one_order), "for another order of the labels"),
    (
        "value_scales_with_its_unit",
        case_of(volume_um3),
        "declares the unit 1, but voxels twice as large turn volume = ",
    ),
    ("value_scales_with_its_unit", case_of(volume_um3, unit="um^2"), r"declares the unit um\^2, but"),
    (
        "value_scales_with_its_unit",
        case_of(volume_of_pores, unit={"share": "1", "volume": "um"}),
        "declares the unit um, but",
    ),
    ("value_scales_with_its_unit", case_of(key_by_size), "voxels twice as large"),
    ("same_input_gives_same_result", case_of(stirring), "global random generator of Python"),
    ("inputs_are_untouched", case_of(overwriting), "changes the labels in place"),
    ("flips_change_nothing", case_of(pores_at_the_top), "once the volume is flipped along z"),
    ("rolls_change_nothing", case_of(pores_of_both_faces), "once a periodic volume is rolled along z"),
    ("memory_layout_does_not_matter", case_of(open_memory), "for the same labels read-only"),
    ("exact_bodies_have_exact_values", case_of(other_shares, name="vf"), r"gives Ni = 1.0 for the slab .* must be 0$"),
    (
        "exact_bodies_have_exact_values",
        case_of(surfaces, name="ssa", unit="um^-1", params={"estimator": "faces"}),
        "gives YSZ = 0.0 for the slab of voxels 0.5 x 0.25 x 1 um; it must be 0.666667",
    ),
    (
        "exact_bodies_have_exact_values",
        case_of(pore_voxels, name="pore_voxels", known=(KNOWN,)),
        "gives pores = 80.0 for the slab again",
    ),
    (
        "exact_bodies_have_exact_values",
        case_of(pore_voxels, name="pore_voxels", known=(UNKNOWN_KEY,)),
        "has no 'holes' for the slab again",
    ),
    ("streams", case_of(pore_voxels, streamed=f"{__name__}:SHARED_LAYERS_TWICE"), "in memory and .* by slabs"),
    ("params_survive_toml_and_json", case_of(unnamed_options, params={"power": 2}), "options must be knowable"),
]


@pytest.mark.parametrize(
    ("law", "case", "complaint"),
    WRONG_METRICS,
    ids=[f"{case.spec.target.partition(':')[2]}-{law}" for law, case, _ in WRONG_METRICS],
)
def test_a_wrong_metric_breaks_the_law_made_for_it(law, case, complaint):
    with pytest.raises(LawBroken, match=complaint) as caught:
        try_law(case, law)
    assert str(caught.value).startswith(f"{case}: ")


@pytest.mark.parametrize(
    ("law", "case"),
    [
        ("rolls_change_nothing", case_of(pores_of_both_faces)),
        ("gradient_is_finite_everywhere", case_of(NoGradientOnAStructure)),
    ],
)
def test_what_no_draw_hits_is_tried_on_one_generic_example(law, case, monkeypatch):
    """What hypothesis draws depends on its version: 6.100 drew nothing that broke these two laws."""
    monkeypatch.setattr(checks, "EXAMPLES", 1)
    with pytest.raises(LawBroken):
        try_law(case, law)


def test_every_law_of_metrics_rejects_something():
    of_sections = {"sections_are_measured_in_their_plane"}  # in test_section_laws.py
    assert {law.__name__ for law in METRIC_LAWS} - of_sections == {law for law, _, _ in WRONG_METRICS}


# What is measured with other parameters has other answers, and most metrics have none.
@pytest.mark.parametrize(
    "case",
    [
        case_of(shares),
        case_of(surfaces, name="ssa"),
        case_of(surfaces, name="ssa", params={"estimator": "faces", "per": "phase"}),
    ],
)
def test_a_metric_without_an_answer_by_hand_is_not_asked_for_one(case):
    assert "exact_bodies_have_exact_values" not in laws_for(case)


def test_a_broken_law_fails_a_test_as_an_assertion_does():
    assert issubclass(LawBroken, AssertionError)


def test_a_declared_deviation_passes():
    case = case_of(Negative, expected={"one_value_per_sample": "it is signed"})
    try_law(case, "one_value_per_sample")
    with pytest.raises(LawBroken):
        try_law(case_of(Negative), "one_value_per_sample")


def test_a_declared_deviation_excuses_from_one_law_only():
    case = case_of(Negative, unit="um", expected={"value_scales_with_its_unit": "lengths are to come"})
    try_law(case, "value_scales_with_its_unit")
    with pytest.raises(LawBroken, match="is negative"):
        try_law(case, "one_value_per_sample")


@pytest.mark.parametrize(
    ("component", "law"),
    [
        (Share, "one_value_per_sample"),
        (Share, "gradient_matches_finite_differences"),
        (shares, "same_input_gives_same_result"),
    ],
)
def test_a_deviation_that_healed_fails(component, law):
    with pytest.raises(LawBroken) as caught:
        try_law(case_of(component, expected={law: "because"}), law)
    assert str(caught.value).endswith(f"obeys {law} after all; remove the expected failure (because)")


# A crash is no deviation from a law.
def test_a_declared_deviation_does_not_excuse_a_crash():
    case = case_of(ChannelByNumber, params={"channel": 7}, expected={"one_value_per_sample": "because"})
    with pytest.raises(IndexError):
        try_law(case, "one_value_per_sample")


@pytest.mark.parametrize("component", [Share, shares])
def test_a_deviation_from_no_law_is_refused(component):
    case = case_of(component, expected={"value_scales_with_its_unti": "because"})
    with pytest.raises(InputError) as caught:
        laws_for(case)
    assert "no law is called 'value_scales_with_its_unti'" in str(caught.value)
    assert "value_scales_with_its_unit" in caught.value.fix


def test_a_loss_that_names_a_twin_needs_its_spec():
    case = Case(spec_of(Share, twin="shares"))
    with pytest.raises(InputError, match=r"the loss names the twin 'shares'\. Give Case\(twin=Spec\)\."):
        try_law(case, "descriptor_equals_twin")


def test_a_target_that_the_kit_does_not_know_must_be_given():
    case = case_of(NoDescriptor, needs=("level",))
    with pytest.raises(InputError, match=r"no targets for the key 'level'\. Give Case\(targets=\.\.\.\)\."):
        try_law(case, "one_value_per_sample")


def test_targets_are_fractions_where_the_key_is_vf():
    field = torch.zeros(2, 3, 1, 1, 1)
    case = case_of(Share, needs=("vf",))
    found = case.targets_for(field)["vf"]
    assert found.dtype == field.dtype
    assert torch.allclose(found.sum(dim=1), torch.ones(2))
    assert not torch.equal(found[0], found[1])
    turned = case.targets_for(field, Grid(("pore", "Ni", "YSZ"), (1, 1, 1)))["vf"]
    assert torch.equal(turned, found[:, [2, 0, 1]])


def test_a_target_is_measured_where_the_loss_has_a_descriptor():
    case = case_of(SharesFromTargets, needs=("densities",))
    field = torch.zeros(2, 3, 1, 1, 1)
    found = [case.targets_for(field, case.grid((edge,) * 3))["densities"] for edge in (1.0, 2.0)]
    assert found[0].shape == (2, 3)
    assert torch.allclose(found[0], 2 * found[1])  # um^-1
    assert torch.allclose(found[0][1], 1.1 * found[0][0])


# Whoever writes a target by hand writes it for the phases of the case, in their order.
def test_a_target_that_is_given_follows_its_phases():
    def given(grid, batch):
        return torch.tensor([[1.0, 2.0, 3.0]]).expand(batch, -1)

    case = case_of(Share, needs=("vf",), targets={"vf": given})
    turned = Grid(("pore", "Ni", "YSZ"), (1, 1, 1))
    assert case.targets_for(torch.zeros(1, 3, 1, 1, 1), turned)["vf"].tolist() == [[3.0, 1.0, 2.0]]


def test_the_tests_are_named_after_case_and_law():
    case = case_of(Share, params={"phase": "Ni"})
    mark = conformance(case, case_of(shares))
    names = [parameter.id for parameter in mark.args[1]]
    assert mark.args[0] == "check"
    assert names == [
        *(f"loss:component(phase=Ni)-{law}" for law in laws_for(case)),
        *(f"metric:component-{law}" for law in laws_for(case_of(shares))),
    ]
    assert {"one_value_per_sample", "gradient_reaches_logits", "value_scales_with_its_unit"} <= set(laws_for(case))


@pytest.mark.parametrize(
    ("unit", "exponent"),
    [
        ("1", 0),
        ("%", 0),
        ("um", 1),
        ("um^-1", -1),
        ("um^-2", -2),
        ("um^3", 3),
        ("um um^-3", -2),
        ("S um^-1", -1),
        ("S m^-1", 0),
        ("mum", 0),
    ],
)
def test_the_power_of_um_in_a_unit(unit, exponent):
    assert exponent_of_um(unit) == exponent


@given(st.integers(2, 5).flatmap(lambda phases: st.tuples(st.just(phases), probability_fields(phases))))
def test_drawn_fields_are_probabilities(drawn):
    phases, field = drawn
    assert field.ndim == 5
    assert field.shape[1] == phases
    assert field.dtype == torch.float64
    assert (field >= 0).all()
    assert torch.allclose(field.sum(dim=1), torch.ones(1, dtype=torch.float64))


@given(probability_fields(kinds=("generic", "near_one_hot")))
def test_generic_fields_hold_every_phase_everywhere(field):
    assert (field > 0).all()


@given(probability_fields(kinds=("flat", "half", "collapsed")))
def test_flat_fields_are_the_same_at_every_voxel(field):
    assert torch.equal(field, field[:, :, :1, :1, :1].expand_as(field))


@given(probability_fields(kinds=("one_hot",)))
def test_one_hot_fields_are_structures(field):
    assert set(field.unique().tolist()) == {0.0, 1.0}


@given(st.integers(2, 5).flatmap(lambda phases: probability_fields(phases, kinds=("half",))))
def test_half_fields_have_a_phase_at_half(field):
    assert all(DEAD_STATES["half"](sample) and DEAD_STATES["flat"](sample) for sample in field)


@given(probability_fields(kinds=("generic", "near_one_hot"), min_side=3))
def test_what_varies_is_not_taken_for_flat(field):
    assert not any(DEAD_STATES["half"](sample) or DEAD_STATES["flat"](sample) for sample in field)


@given(probability_fields())
def test_a_state_is_recognised_after_its_way_through_the_logits(field):
    shown = field.clamp_min(SMALLEST).log().softmax(dim=1)
    for state, matches in DEAD_STATES.items():
        for before, after in zip(field, shown, strict=True):
            if matches(before):
                assert matches(after), state


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_field_is_drawn(kind):
    found = find(probability_fields(kinds=(kind,)), lambda _: True)
    assert found.shape[1] == 3


def test_the_fixture_is_the_published_one():
    assert undecoded(3, 2) == pytest.approx([0.36, 0.34, 0.30])


@pytest.mark.parametrize("phases", range(2, 7))
def test_the_fixture_is_never_the_lowest_phase(phases):
    for lowest in range(phases):
        shares = undecoded(phases, lowest)
        assert sum(shares) == pytest.approx(1)
        assert min(shares) == shares[lowest]
        assert sorted(shares)[0] < sorted(shares)[1]


@given(probability_fields(kinds=("collapsed",)))
def test_collapsed_fields_hold_one_phase(field):
    assert sorted(field.mean(dim=(0, 2, 3, 4)).tolist()) == [0.0, 0.0, 1.0]


@given(grids())
def test_drawn_grids_have_2_to_5_phases(grid):
    assert isinstance(grid, Grid)
    assert 2 <= len(grid.phases) <= 5


@given(grids(("Ni", "pore")).flatmap(volumes))
def test_drawn_volumes_are_on_the_given_grid(volume):
    assert volume.grid.phases == ("Ni", "pore")
    assert volume.labels.size >= 1


def counted(volume):
    """Fractions and areas of unlike faces, voxel by voxel."""
    labels, edges = volume.labels, volume.grid.voxel_um
    box = math.prod(size * edge for size, edge in zip(labels.shape, edges, strict=True))
    areas = dict.fromkeys(((0, 1), (0, 2), (1, 2)), 0.0)
    for place in np.ndindex(labels.shape):
        for axis in range(3):
            beside = tuple(at + (axis == one) for one, at in enumerate(place))
            if beside[axis] < labels.shape[axis] and labels[beside] != labels[place]:
                pair = tuple(sorted((int(labels[place]), int(labels[beside]))))
                areas[pair] += math.prod(edges) / edges[axis] / box
    between = {f"{PHASES[one]}-{PHASES[two]}": area for (one, two), area in areas.items()}
    surface = {phase: sum(area for pair, area in between.items() if phase in pair.split("-")) for phase in PHASES}
    return {"vf": shares(volume), "dpb": between, "ssa": surface}


@pytest.mark.parametrize("body", [*bodies(BRICKS), *bodies(CUBIC)], ids=str)
def test_bodies_hold_what_they_say(body):
    found = counted(body.volume)
    asked = {answer.metric: answer.values for answer in body.answers if answer.metric in found}
    assert set(asked) == set(found)
    for metric, values in asked.items():
        assert values == pytest.approx(found[metric]), metric


@pytest.mark.parametrize("body", bodies(), ids=str)
def test_bodies_are_joined_as_they_say(body):
    (connected,) = (answer.values for answer in body.answers if answer.metric == "connectivity")
    for phase in {"Ni", "YSZ", "pore"} & set(connected):
        mask = body.volume.mask(phase)
        share = body.volume.spanning(phase, "z").sum() / mask.sum() if mask.any() else 0
        assert connected[phase] == pytest.approx(share)
