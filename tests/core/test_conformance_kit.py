"""The laws reject every loss and metric that is wrong on purpose, each by the law made for it, and no right one."""

import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from torch import nn

from porenet.interface import Grid, InputError, Spec, Undefined
from porenet.testing import Case, LawBroken, conformance, grids, laws_for, probability_fields, volumes
from porenet.testing.loss_laws import exponent_of_um

unhurried = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("unshrunk", phases=[Phase.generate])


@pytest.fixture(autouse=True)
def unshrunk():
    """Report what breaks a law as it was drawn: looking for the smallest takes seconds each time."""
    before = settings.get_current_profile_name()
    settings.load_profile("unshrunk")
    yield
    settings.load_profile(before)


def spec_of(component, **fields):
    kind = "loss" if isinstance(component, type) else "metric"
    target = f"{__name__}:{component.__qualname__}"
    common = {"name": "component", "kind": kind, "target": target, "summary": "Under test.", "unit": "1", "api": 1}
    return Spec(**(common | fields))


def case_of(component, *, twin=None, phases=("Ni", "YSZ", "pore"), params=None, targets=None, expected=None, **fields):
    """A case of a component of this module; ``fields`` are those of its Spec."""
    if twin:
        fields["twin"] = twin.__name__
    return Case(
        spec_of(component, **fields),
        params=params or {},
        phases=phases,
        targets=targets or {},
        twin=spec_of(twin) if twin else None,
        expected_failures=expected or {},
    )


class Share(nn.Module):
    """Mean probability of a phase: a right loss, and what the wrong ones spoil."""

    def __init__(self, grid, *, phase="pore"):
        super().__init__()
        self.grid, self.channel = grid, grid.index(phase)

    def descriptor(self, probabilities):
        return probabilities.mean(dim=(2, 3, 4))

    def share(self, probabilities):
        return self.descriptor(probabilities)[:, self.channel]

    def forward(self, probabilities, targets):
        return self.share(probabilities)


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


def shares(volume):
    return {phase: float((volume.labels == i).mean()) for i, phase in enumerate(volume.grid.phases)}


def pores(volume):
    return float((volume.labels == volume.grid.index("pore")).sum())


def volume_of_pores(volume):
    return {"share": pores(volume) / volume.labels.size, "volume": pores(volume) * math.prod(volume.grid.voxel_um)}


def pores_if_any(volume):
    return {"pores": pores(volume) or Undefined("there is no pore")}


def level(grid, batch):
    return torch.full((batch,), 2.0)


@conformance(
    case_of(Share),
    case_of(Share, params={"phase": "Ni"}),
    case_of(Share, params={"phase": "b"}, phases=("a", "b")),
    case_of(Share, twin=shares),
    case_of(Share, twin=shares, phases=("Ni", "YSZ", "pore", "crack")),
    case_of(ShareOfTheBatch, batchwise=True),
    case_of(ShareTimesLength, unit="um"),
    case_of(SharePerArea, unit="um^-2"),
    case_of(ShareFromTarget, needs=("level",), targets={"level": level}),
    case_of(shares),
    case_of(volume_of_pores, unit={"share": "1", "volume": "um^3"}),
    case_of(pores_if_any),
)
def test_a_right_component_obeys_every_law(check):
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
        return torch.special.entr(probabilities).mean(dim=(1, 2, 3, 4))


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
    def __init__(self, grid, *, channel):
        super().__init__(grid)
        self.channel = channel


class LosesDigits(Share):
    def forward(self, probabilities, targets):
        return (self.share(probabilities) + 1000) - 1000


class OtherDescriptor(Share):
    def descriptor(self, probabilities):
        return probabilities.square().sum(dim=(2, 3, 4)).sqrt()


class OrderOfDescriptor(Share):
    def descriptor(self, probabilities):
        return probabilities.mean(dim=(2, 3, 4)).flip(1)


class NoDescriptor(nn.Module):
    def __init__(self, grid):
        super().__init__()

    def forward(self, probabilities, targets):
        return probabilities[:, 0].mean(dim=(1, 2, 3))


WRONG_LOSSES = [
    ("one_value_a_sample", case_of(PythonNumber), "returned float, not a tensor"),
    ("one_value_a_sample", case_of(Scalar), r"returned shape \(\), not \(\d,\)"),
    ("one_value_a_sample", case_of(Column), r"returned shape \(\d, 1\), not \(\d,\)"),
    ("one_value_a_sample", case_of(Count), "returned torch.int64, not a floating-point type"),
    ("one_value_a_sample", case_of(Negative), r"is negative: \[-"),
    ("one_value_a_sample", case_of(InfiniteOnAUniformField), r"is not finite: \["),
    ("one_value_a_sample", case_of(InfiniteOnAStructure), r"is not finite: \["),
    ("one_value_a_sample", case_of(Share, batchwise=True), r"returned shape \(\d,\), not \(1,\)"),
    ("one_value_a_sample", case_of(ShareOfTheBatch), r"returned shape \(1,\), not \(\d,\)"),
    ("gradient_reaches_logits", case_of(Detached), "is detached from the field"),
    ("gradient_reaches_logits", case_of(Severed), "with a gradient of zero at the logits"),
    ("gradient_reaches_logits", case_of(Decoded), "is detached from the field"),
    ("gradient_reaches_logits", case_of(Constant), "does not depend on the field"),
    ("gradient_is_finite_everywhere", case_of(NoGradientOnAUniformField), "has a gradient that is not finite"),
    ("gradient_is_finite_everywhere", case_of(NoGradientOnAStructure), "has a gradient that is not finite"),
    ("gradient_is_right", case_of(WrongGradient), "has a wrong gradient: "),
    ("samples_are_independent", case_of(BatchMean), r"gives \[.*\] for a batch and \[.*\] for its samples one by one"),
    ("samples_are_independent", case_of(Ranked), r"gives \[.*\] for a batch and \[.*\] for its samples one by one"),
    ("inputs_are_untouched", case_of(ChangesTheField), "changes the field in place"),
    (
        "inputs_are_untouched",
        case_of(ChangesTheTarget, needs=("level",), targets={"level": level}),
        "changes the target 'level' in place",
    ),
    ("inputs_are_untouched", case_of(AddsATarget), "adds or removes targets"),
    ("half_precision_is_finite", case_of(LosesDigits), r"in bfloat16 where float64 gives"),
    ("unit_is_true", case_of(ShareTimesLength), "declares the unit 1, but voxels twice as large turn"),
    ("unit_is_true", case_of(ShareTimesLength, unit="um^-1"), r"declares the unit um\^-1, but"),
    ("unit_is_true", case_of(Share, unit="um"), "declares the unit um, but"),
    ("unit_is_true", case_of(SharePerArea, unit="um^-1"), r"declares the unit um\^-1, but"),
    (
        "descriptor_equals_twin",
        case_of(OtherDescriptor, twin=shares),
        "describes a structure as .* the metric shares as",
    ),
    ("descriptor_equals_twin", case_of(OrderOfDescriptor, twin=shares), "the metric shares as"),
    ("descriptor_equals_twin", case_of(NoDescriptor, twin=shares), "names the twin 'shares' but has no descriptor"),
    *(
        ("phases_may_be_reordered", case_of(ChannelByNumber, params={"channel": channel}), "come in another order")
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
        laws_for(case)[law]()
    assert str(caught.value).startswith(f"{case}: ")


# What is wrong in one respect only must break one law only, or the message would send its author astray.
@pytest.mark.parametrize(
    ("component", "broken"),
    [
        (Negative, {"one_value_a_sample"}),
        (Detached, {"gradient_reaches_logits", "gradient_is_right"}),
        (Severed, {"gradient_reaches_logits", "gradient_is_right"}),
        (WrongGradient, {"gradient_is_right"}),
        (NoGradientOnAStructure, {"gradient_is_finite_everywhere"}),
        (BatchMean, {"samples_are_independent"}),
        (ShareTimesLength, {"unit_is_true"}),
        (LosesDigits, {"half_precision_is_finite"}),
    ],
)
def test_a_wrong_loss_breaks_no_other_law(component, broken):
    found = set()
    for name, law in laws_for(case_of(component)).items():
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


def label_by_number(volume, *, label):
    return {"share": float((volume.labels == label).mean())}


def undefined_in_one_order(volume):
    return {"share": Undefined("no first phase") if not (volume.labels == 0).any() else 1.0}


def volume_um3(volume):
    return {"volume": math.prod(volume.grid.voxel_um)}


def key_by_size(volume):
    return {"large" if volume.grid.voxel_um[0] > 1 else "small": 1.0}


WRONG_METRICS = [
    ("named_values", case_of(numpy_number), r"gives pores = np\.float64\(.*\); a value is a finite float or Undefined"),
    ("named_values", case_of(integer), r"gives pores = \d+; a value is a finite float"),
    ("named_values", case_of(not_a_number), "gives pores = nan; a value is a finite float"),
    ("named_values", case_of(infinite), "gives tau = inf; a value is a finite float"),
    ("named_values", case_of(no_reason), r"gives tau = Undefined\(reason=''\)"),
    ("named_values", case_of(bare_number), "not a mapping with values"),
    ("named_values", case_of(nothing), "not a mapping with values"),
    ("named_values", case_of(number_for_a_key), "has a key that is not a string: 0"),
    (
        "named_values",
        case_of(volume_of_pores, unit={"share": "1"}),
        "gives 'volume', for which its Spec has no unit",
    ),
    ("same_twice", case_of(random_number), "gives different numbers for the same volume"),
    ("phases_may_be_reordered", case_of(mean_label), "come in another order"),
    *(
        ("phases_may_be_reordered", case_of(label_by_number, params={"label": label}), "come in another order")
        for label in (0, 1, 2)
    ),
    ("phases_may_be_reordered", case_of(undefined_in_one_order), "come in another order"),
    ("unit_is_true", case_of(volume_um3), "declares the unit 1, but voxels twice as large turn volume = "),
    ("unit_is_true", case_of(volume_um3, unit="um^2"), r"declares the unit um\^2, but"),
    ("unit_is_true", case_of(volume_of_pores, unit={"share": "1", "volume": "um"}), "declares the unit um, but"),
    ("unit_is_true", case_of(key_by_size), "voxels twice as large"),
]


@pytest.mark.parametrize(
    ("law", "case", "complaint"),
    WRONG_METRICS,
    ids=[f"{case.spec.target.partition(':')[2]}-{law}" for law, case, _ in WRONG_METRICS],
)
def test_a_wrong_metric_breaks_the_law_made_for_it(law, case, complaint):
    with pytest.raises(LawBroken, match=complaint) as caught:
        laws_for(case)[law]()
    assert str(caught.value).startswith(f"{case}: ")


def test_a_broken_law_fails_a_test_as_an_assertion_does():
    assert issubclass(LawBroken, AssertionError)


def test_a_declared_deviation_passes():
    case = case_of(Negative, expected={"one_value_a_sample": "it is signed"})
    laws_for(case)["one_value_a_sample"]()
    with pytest.raises(LawBroken):
        laws_for(case_of(Negative))["one_value_a_sample"]()


def test_a_declared_deviation_excuses_from_one_law_only():
    case = case_of(Negative, unit="um", expected={"unit_is_true": "lengths are to come"})
    laws_for(case)["unit_is_true"]()
    with pytest.raises(LawBroken, match="is negative"):
        laws_for(case)["one_value_a_sample"]()


@pytest.mark.parametrize(
    ("component", "law"), [(Share, "one_value_a_sample"), (Share, "gradient_is_right"), (shares, "same_twice")]
)
def test_a_deviation_that_healed_fails(component, law):
    with pytest.raises(LawBroken) as caught:
        laws_for(case_of(component, expected={law: "because"}))[law]()
    assert str(caught.value).endswith(f"obeys {law} after all; remove the expected failure (because)")


# A crash is no deviation from a law.
def test_a_declared_deviation_does_not_excuse_a_crash():
    case = case_of(ChannelByNumber, params={"channel": 7}, expected={"one_value_a_sample": "because"})
    with pytest.raises(IndexError):
        laws_for(case)["one_value_a_sample"]()


@pytest.mark.parametrize("component", [Share, shares])
def test_a_deviation_from_no_law_is_refused(component):
    case = case_of(component, expected={"unit_is_treu": "because"})
    with pytest.raises(InputError) as caught:
        laws_for(case)
    assert "no law is called 'unit_is_treu'" in str(caught.value)
    assert "unit_is_true" in caught.value.fix


def test_a_loss_that_names_a_twin_needs_its_spec():
    case = Case(spec_of(Share, twin="shares"))
    with pytest.raises(InputError, match=r"the loss names the twin 'shares'\. Give Case\(twin=Spec\)\."):
        laws_for(case)["descriptor_equals_twin"]()


def test_a_target_that_the_kit_does_not_know_must_be_given():
    case = case_of(ShareFromTarget, needs=("level",))
    with pytest.raises(InputError, match=r"no targets for the key 'level'\. Give Case\(targets=\.\.\.\)\."):
        laws_for(case)["one_value_a_sample"]()


def test_targets_are_fractions_where_the_key_is_vf():
    field = torch.zeros(2, 3, 1, 1, 1)
    found = case_of(Share, needs=("vf",)).targets_for(field)["vf"]
    assert found.dtype == field.dtype
    assert torch.allclose(found, torch.tensor([[1 / 6, 2 / 6, 3 / 6]] * 2))


def test_the_tests_are_named_after_case_and_law():
    case = case_of(Share, params={"phase": "Ni"})
    mark = conformance(case, case_of(shares))
    names = [parameter.id for parameter in mark.args[1]]
    assert mark.args[0] == "check"
    assert names == [
        *(f"loss:component(phase=Ni)-{law}" for law in laws_for(case)),
        *(f"metric:component-{law}" for law in laws_for(case_of(shares))),
    ]
    assert {"one_value_a_sample", "gradient_reaches_logits", "unit_is_true"} <= set(laws_for(case))


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


@unhurried
@given(st.integers(2, 5).flatmap(lambda phases: st.tuples(st.just(phases), probability_fields(phases))))
def test_drawn_fields_are_probabilities(drawn):
    phases, field = drawn
    assert field.ndim == 5
    assert field.shape[1] == phases
    assert field.dtype == torch.float64
    assert (field >= 0).all()
    assert torch.allclose(field.sum(dim=1), torch.ones(1, dtype=torch.float64))


@unhurried
@given(probability_fields(kinds=("generic",)))
def test_generic_fields_hold_every_phase_everywhere(field):
    assert (field > 0).all()


@unhurried
@given(probability_fields(kinds=("uniform",)))
def test_uniform_fields_are_the_same_at_every_voxel(field):
    assert torch.equal(field, field[:, :, :1, :1, :1].expand_as(field))


@unhurried
@given(probability_fields(kinds=("one_hot",)))
def test_one_hot_fields_are_structures(field):
    assert set(field.unique().tolist()) == {0.0, 1.0}


@unhurried
@given(probability_fields(kinds=("collapsed",)))
def test_collapsed_fields_hold_one_phase(field):
    assert sorted(field.mean(dim=(0, 2, 3, 4)).tolist()) == [0.0, 0.0, 1.0]


@unhurried
@given(grids())
def test_drawn_grids_have_2_to_5_phases(grid):
    assert isinstance(grid, Grid)
    assert 2 <= len(grid.phases) <= 5


@unhurried
@given(grids(("Ni", "pore")).flatmap(volumes))
def test_drawn_volumes_are_on_the_given_grid(volume):
    assert volume.grid.phases == ("Ni", "pore")
    assert volume.labels.size >= 1
