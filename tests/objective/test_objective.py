"""Named losses, one sum: weights, schedules, relaxation, and what is refused on the way."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from porenet.config import Term, build_terms, load_run
from porenet.errors import ConfigError, InputError, NonFiniteTerm, PluginError, PorenetError
from porenet.interface import Grid, Spec
from porenet.objective import Objective, weight_at
from porenet.registry import Component, Provider

pytestmark = pytest.mark.usefixtures("fakes")

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
LEVEL = {"level": torch.tensor([0.25, 0.1], dtype=torch.float64)}

RUN = """\
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]

[objective]
relax = "soft"
check_every = 7

[[objective.terms]]
loss = "mean"
label = "mean.of Ni"
weight = 5
start = 10
params = { phase = "Ni" }

[[objective.terms]]
loss = "squared"
"""
ROWS = [
    {"loss": "mean", "label": "mean.of Ni", "weight": 5, "start": 10, "params": {"phase": "Ni"}},
    {"loss": "squared"},
]


def field(*samples, dtype=torch.float64):
    """A batch of uniform fields, one row of phase probabilities a sample."""
    rows = torch.tensor(samples, dtype=dtype)
    return rows.view(*rows.shape, 1, 1, 1).expand(*rows.shape, 2, 3, 4).clone()


TWO = field([0.5, 0.2, 0.3], [0.1, 0.2, 0.7])


# By hand, soft: mean of pore (0.3 + 0.7) / 2; squared ((0.5 - 0.25)^2 + (0.1 - 0.1)^2) / 2.
# Decoded, the samples are all Ni and all pore: (0 + 1) / 2 and ((1 - 0.25)^2 + (0 - 0.1)^2) / 2.
@pytest.mark.parametrize(("relax", "mean", "squared"), [("soft", 0.5, 0.03125), ("straight_through", 0.5, 0.28625)])
def test_the_total_is_the_weighted_sum_of_the_batch_means(relax, mean, squared):
    objective = Objective(GRID, [{"loss": "mean"}, {"loss": "squared", "weight": 10}], relax=relax)
    total, terms = objective(TWO, LEVEL)
    assert {label: value.item() for label, value in terms.items()} == pytest.approx({"mean": mean, "squared": squared})
    assert total.item() == pytest.approx(2 * mean + 10 * squared)
    assert total.shape == ()


def test_the_fields_are_shown_decoded_unless_told_otherwise():
    _, terms = Objective(GRID, [{"loss": "mean"}])(field([0.36, 0.34, 0.30]), {})
    assert terms["mean"].item() == 0.0


def test_terms_are_detached_and_without_their_weight():
    logits = torch.zeros_like(TWO).requires_grad_()
    _, terms = Objective(GRID, [{"loss": "mean", "weight": 1000}], relax="soft")(logits.softmax(dim=1), {})
    assert not terms["mean"].requires_grad
    assert terms["mean"].item() == pytest.approx(1 / 3)


def test_terms_come_in_the_order_they_were_written():
    rows = [{"loss": "squared", "label": "b"}, {"loss": "mean", "label": "c"}, {"loss": "mean", "label": "a"}]
    _, terms = Objective(GRID, rows)(TWO, LEVEL)
    assert list(terms) == ["b", "c", "a"]


def test_a_label_may_hold_dots():
    objective = Objective(GRID, [{"loss": "mean", "label": "mean.of.pore"}])
    _, terms = objective(TWO, {})
    assert list(terms) == ["mean.of.pore"]


def test_two_terms_of_one_loss_keep_their_parameters():
    rows = [{"loss": "mean", "label": phase, "params": {"phase": phase}} for phase in GRID.phases]
    _, terms = Objective(GRID, rows, relax="soft")(field([0.5, 0.2, 0.3]), {})
    assert {label: value.item() for label, value in terms.items()} == pytest.approx(
        {"Ni": 0.5, "YSZ": 0.2, "pore": 0.3}
    )


def term(**schedule):
    """A term that is only looked at."""
    spec = Spec(name="mean", kind="loss", target="m:a", summary="s", unit="1", api=1)
    fields = {"weight": 8.0, "start": 0, "stop": None, "ramp": 0} | schedule
    return Term("mean", Component(spec, Provider("porenet", "1")), {}, reads="soft", **fields)


@pytest.mark.parametrize(
    ("schedule", "weights"),
    [
        ({}, {0: 8, 1: 8, 10**9: 8}),
        ({"start": 10}, {0: 0, 9: 0, 10: 8, 11: 8}),
        ({"stop": 10}, {0: 8, 9: 8, 10: 0, 11: 0}),
        ({"start": 10, "stop": 11}, {9: 0, 10: 8, 11: 0}),
        ({"ramp": 4}, {0: 2, 1: 4, 2: 6, 3: 8, 4: 8}),
        ({"ramp": 1}, {0: 8, 1: 8}),
        ({"start": 10, "stop": 20, "ramp": 4}, {9: 0, 10: 2, 11: 4, 12: 6, 13: 8, 19: 8, 20: 0}),
        ({"start": 10, "stop": 12, "ramp": 4}, {9: 0, 10: 2, 11: 4, 12: 0}),
    ],
)
def test_the_weight_at_a_step(schedule, weights):
    assert {step: weight_at(term(**schedule), step) for step in weights} == weights


SCHEDULES = st.builds(
    lambda weight, start, length, ramp: term(
        weight=weight, start=start, stop=None if length is None else start + length, ramp=ramp
    ),
    weight=st.floats(1e-6, 1e6),
    start=st.integers(0, 50),
    length=st.none() | st.integers(1, 50),
    ramp=st.integers(0, 50),
)


@given(SCHEDULES, st.integers(0, 200))
def test_a_weight_is_never_negative_and_never_above_the_full(schedule, step):
    assert 0 <= weight_at(schedule, step) <= schedule.weight


@given(SCHEDULES, st.integers(0, 200))
def test_a_term_counts_exactly_within_its_schedule(schedule, step):
    inside = schedule.start <= step < (float("inf") if schedule.stop is None else schedule.stop)
    assert (weight_at(schedule, step) > 0) == inside


@given(SCHEDULES, st.integers(0, 200))
def test_a_weight_does_not_fall_before_the_term_stops(schedule, step):
    later = step + 1
    if schedule.stop is None or later < schedule.stop:
        assert weight_at(schedule, later) >= weight_at(schedule, step)


@given(SCHEDULES)
def test_a_ramp_ends_at_the_full_weight(schedule):
    last = schedule.start + max(schedule.ramp, 1) - 1
    if schedule.stop is None or last < schedule.stop:
        assert weight_at(schedule, last) == schedule.weight


def test_the_schedule_weighs_the_term_and_not_its_report():
    objective = Objective(GRID, [{"loss": "mean", "weight": 8, "start": 10, "ramp": 4}], relax="soft")
    total, terms = objective(TWO, {}, step=11)
    assert total.item() == pytest.approx(4 * 0.5)
    assert terms["mean"].item() == pytest.approx(0.5)


def test_a_term_outside_its_schedule_is_not_evaluated():
    objective = Objective(GRID, [{"loss": "mean"}, {"loss": "broken", "start": 5, "stop": 6}])
    for step in (0, 4, 6):
        assert list(objective(TWO, {}, step)[1]) == ["mean"]
    with pytest.raises(NonFiniteTerm):
        objective(TWO, {}, 5)


def test_a_total_of_no_terms_is_zero_and_can_still_be_trained_on():
    logits = torch.randn(2, 3, 2, 2, 2, dtype=torch.float64, requires_grad=True)
    total, terms = Objective(GRID, [{"loss": "mean", "start": 5}])(logits.softmax(dim=1), {}, step=4)
    assert terms == {}
    assert total.item() == 0.0
    total.backward()
    assert torch.equal(logits.grad, torch.zeros_like(logits))


# By hand: the mean over the batch of a mean over the voxels, times the weight.
@pytest.mark.parametrize("relax", ["soft", "straight_through"])
def test_the_gradient_at_the_field_is_the_weight_over_the_number_of_voxels(relax):
    probabilities = TWO.clone().requires_grad_()
    Objective(GRID, [{"loss": "mean", "weight": 96}], relax=relax)(probabilities, {})[0].backward()
    expected = torch.zeros_like(TWO)
    expected[:, 2] = 96 / (2 * 2 * 3 * 4)
    assert torch.allclose(probabilities.grad, expected, rtol=1e-12)


def test_the_gradient_reaches_the_logits_of_a_phase_that_no_voxel_decodes_to():
    logits = field([0.36, 0.34, 0.30]).log().requires_grad_()
    total, _ = Objective(GRID, [{"loss": "mean"}])(logits.softmax(dim=1), {})
    total.backward()
    assert total.item() == 0.0
    assert logits.grad.isfinite().all()
    assert (logits.grad[:, 2] > 0).all()


def test_a_loss_that_reads_the_soft_field_sees_it_whatever_the_run_says():
    rows = [{"loss": "soft_only", "weight": 1}, {"loss": "mean"}]
    _, terms = Objective(GRID, rows, relax="straight_through")(field([0.36, 0.34, 0.30]), {})
    assert terms["soft_only"].item() == pytest.approx(0.30)
    assert terms["mean"].item() == 0.0


@pytest.mark.parametrize(("run", "other"), [("soft", "straight_through"), ("straight_through", "soft")])
def test_a_term_may_be_relaxed_otherwise_than_the_run(run, other):
    rows = [{"loss": "mean", "label": "as the run"}, {"loss": "mean", "label": "otherwise", "relax": other}]
    _, terms = Objective(GRID, rows, relax=run)(field([0.36, 0.34, 0.30]), {})
    soft, hard = ("as the run", "otherwise") if run == "soft" else ("otherwise", "as the run")
    assert terms[soft].item() == pytest.approx(0.30)
    assert terms[hard].item() == 0.0


def test_needs_names_the_terms_that_read_each_target():
    rows = [{"loss": "squared"}, {"loss": "mean"}, {"loss": "squared", "label": "again"}]
    assert Objective(GRID, rows).needs == {"level": ("squared", "again")}


@pytest.mark.parametrize(
    ("targets", "given_keys"), [({}, "Given: none."), ({"levels": 1, "vf": 2}, "Given: levels, vf.")]
)
def test_a_missing_target_is_named_with_the_terms_that_need_it(targets, given_keys):
    rows = [{"loss": "squared"}, {"loss": "mean"}, {"loss": "squared", "label": "again"}]
    with pytest.raises(InputError) as caught:
        Objective(GRID, rows)(TWO, targets)
    assert caught.value.where == "targets"
    assert "the target 'level' is missing" in str(caught.value)
    assert "squared, again" in str(caught.value)
    assert str(caught.value).endswith(given_keys)


@pytest.mark.parametrize(
    "shape", [(3, 4, 4, 4), (2, 2, 4, 4, 4), (2, 4, 4, 4, 4), (0, 3, 4, 4, 4), (2, 3, 4, 0, 4), (3,), ()]
)
def test_a_field_of_another_shape_is_refused(shape):
    with pytest.raises(InputError) as caught:
        Objective(GRID, [{"loss": "mean"}])(torch.zeros(shape), {})
    assert str(caught.value) == (
        f"probabilities: shape (B, 3, Z, Y, X) for the phases Ni, YSZ, pore was expected, not {tuple(shape)}"
    )


@pytest.mark.parametrize("batch", [1, 2])
def test_a_loss_that_averages_by_itself_is_the_plugins_fault(batch):
    objective = Objective(GRID, [{"loss": "averaged", "label": "mine"}])
    with pytest.raises(PluginError) as caught:
        objective(TWO[:batch], {})
    assert str(caught.value) == (
        f"term mine (porenet:averaged): the loss returned () where ({batch},) was expected. "
        "A loss returns one value per sample and leaves the averaging to the objective."
    )


MORE_LOSSES = """
import torch

class Odd(torch.nn.Module):
    def __init__(self, grid, *, gives: str = "number"):
        super().__init__()
        self.gives = gives

    def forward(self, probabilities, targets):
        each = probabilities[:, 0].mean(dim=(1, 2, 3))
        return {"number": 0.5, "column": each[:, None], "none": None, "one": each.mean().view(1)}[self.gives]

class Buffered(torch.nn.Module):
    def __init__(self, grid):
        super().__init__()
        self.register_buffer("scale", torch.tensor(3.0))
        self.factor = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, probabilities, targets):
        return probabilities[:, 0].mean(dim=(1, 2, 3)) * self.scale * self.factor

class Unbuildable(torch.nn.Module):
    def __init__(self, grid):
        raise RuntimeError("no licence")
"""


@pytest.fixture
def more(site, use):
    (site.folder / "more_losses.py").write_text(MORE_LOSSES)
    source = """
        @hookimpl
        def porenet_specs():
            yield spec("odd", target="more_losses:Odd", weight=1.0)
            yield spec("batch", target="more_losses:Odd", weight=1.0, batchwise=True)
            yield spec("buffered", target="more_losses:Buffered", weight=1.0)
            yield spec("unbuildable", target="more_losses:Unbuildable", weight=1.0)
    """
    site.add("more", source)
    return use(site.registry())


@pytest.mark.parametrize(
    ("gives", "got"), [("number", "float"), ("column", "(2, 1)"), ("none", "NoneType"), ("one", "(1,)")]
)
def test_a_loss_that_returns_something_else_is_the_plugins_fault(more, gives, got):
    objective = Objective(GRID, [{"loss": "odd", "params": {"gives": gives}}])
    with pytest.raises(PluginError, match=r"^term odd \(more:odd\): ") as caught:
        objective(TWO, {})
    assert f"the loss returned {got} where (2,) was expected" in str(caught.value)


def test_a_batchwise_loss_is_one_value_of_the_batch(more):
    objective = Objective(GRID, [{"loss": "batch", "params": {"gives": "one"}}], relax="soft")
    total, terms = objective(TWO, {})
    assert total.item() == terms["batch"].item() == pytest.approx(0.3)


def test_a_batchwise_loss_that_gives_one_value_a_sample_is_the_plugins_fault(more):
    objective = Objective(GRID, [{"loss": "batch", "params": {"gives": "column"}}])
    with pytest.raises(PluginError, match=r"returned \(2, 1\) where \(1,\) was expected"):
        objective(TWO, {})


def test_a_loss_that_cannot_be_built_is_the_plugins_fault(more):
    with pytest.raises(PluginError) as caught:
        Objective(GRID, [{"loss": "unbuildable"}])
    assert "more:unbuildable" in str(caught.value)
    assert "cannot be built: RuntimeError: no licence" in str(caught.value)


def test_a_term_that_is_not_finite_is_named():
    objective = Objective(GRID, [{"loss": "mean"}, {"loss": "broken", "label": "mine"}])
    with pytest.raises(NonFiniteTerm) as caught:
        objective(TWO, {}, step=12)
    assert "not finite at step 12: mine = nan" in str(caught.value)
    assert "mean" not in str(caught.value)
    assert "probabilities themselves" not in str(caught.value)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
@pytest.mark.parametrize("relax", ["soft", "straight_through"])
def test_a_field_that_is_not_finite_is_noticed(relax, wrong):
    probabilities = TWO.clone()
    probabilities[0, 2, 0, 0, 0] = wrong
    with pytest.raises(NonFiniteTerm, match="the probabilities themselves are not finite"):
        Objective(GRID, [{"loss": "mean"}], relax=relax)(probabilities, {})


@pytest.mark.parametrize(
    ("every", "noticed"), [(None, [0, 1, 2, 3, 4, 5, 6]), (1, [0, 1, 2, 3, 4, 5, 6]), (3, [0, 3, 6])]
)
def test_terms_are_checked_at_every_so_many_steps(every, noticed):
    objective = Objective(GRID, [{"loss": "broken"}], check_every=every)
    found = []
    for step in range(7):
        try:
            total, _ = objective(TWO, {}, step)
        except NonFiniteTerm:
            found.append(step)
        else:
            assert total.isnan()
    assert found == noticed


@pytest.mark.parametrize("every", [-1, 1.5, "3", True])
def test_check_every_must_be_a_number_of_steps(every):
    with pytest.raises(PorenetError, match="check_every"):
        Objective(GRID, [{"loss": "mean"}], check_every=every)


def test_a_run_file_makes_the_objective_that_python_makes(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(RUN)
    written, read = Objective(GRID, ROWS, relax="soft", check_every=7), Objective.from_run(path)
    assert read.grid == written.grid
    assert read.terms == written.terms
    assert read.check_every == written.check_every == 7
    for step in (0, 10):
        ours, theirs = written(TWO, LEVEL, step), read(TWO, LEVEL, step)
        assert torch.equal(ours[0], theirs[0])
        assert ours[1] == theirs[1]


def test_a_run_may_be_a_path_a_string_or_a_run(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(RUN)
    terms = Objective.from_run(path).terms
    assert [one.label for one in terms] == ["mean.of Ni", "squared"]
    assert Objective.from_run(str(path)).terms == terms
    assert Objective.from_run(load_run(path)).terms == terms


def test_a_broken_run_is_refused_with_its_name(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(RUN.replace("squared", "sqaured"))
    with pytest.raises(ConfigError, match=r"run\.toml: line 17, .* did you mean 'squared'"):
        Objective.from_run(path)


@pytest.mark.parametrize(
    ("rows", "options", "complaint"),
    [
        ([], {}, "objective.terms: needs at least 1, not []"),
        ([{"loss": "men"}], {}, "objective.terms[0].loss: no loss is called 'men'; did you mean 'mean'?"),
        (
            [{"loss": "mean"}],
            {"relax": "hard"},
            "objective.relax: must be 'soft', 'straight_through', 'sharpen(T)' or 'gumbel(T)', not 'hard'",
        ),
        ([{"loss": "mean"}] * 2, {}, "objective.terms[1].label: 'mean' is already the label of terms[0]"),
        ([{"loss": "mean", "params": {"phase": "por"}}], {}, "must be a phase of the grid (Ni, YSZ, pore), not 'por'"),
        ([{"los": "mean"}], {}, "objective.terms[0].los: unknown key; did you mean 'loss'?"),
        ([7], {}, "objective.terms[0]: must be a table of keys and values, not 7"),
    ],
)
def test_wrong_terms_are_refused(rows, options, complaint):
    with pytest.raises(ConfigError) as caught:
        Objective(GRID, rows, **options)
    assert complaint in str(caught.value)


def test_a_grid_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"a porenet\.Grid was expected, not tuple"):
        Objective(("Ni", "YSZ", "pore"), [{"loss": "mean"}])


def test_terms_that_were_read_and_terms_that_are_written_are_never_lost_when_mixed():
    read = build_terms([{"loss": "mean"}], "soft", GRID)
    try:
        objective = Objective(GRID, [*read, {"loss": "squared"}])
    except PorenetError:
        return
    assert [one.label for one in objective.terms] == ["mean", "squared"]


def test_terms_may_come_from_a_generator():
    assert [one.label for one in Objective(GRID, (row for row in ROWS)).terms] == ["mean.of Ni", "squared"]
    read = build_terms(ROWS, "soft", GRID)
    assert Objective(GRID, (one for one in read)).terms == read


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_half_precision_field_gives_a_finite_total_and_gradient(dtype):
    probabilities = TWO.to(dtype).requires_grad_()
    total, terms = Objective(GRID, [{"loss": "mean", "weight": 1000}], relax="soft")(probabilities, {})
    total.backward()
    assert total.item() == pytest.approx(500, rel=0.01)
    assert terms["mean"].item() == pytest.approx(0.5, rel=0.01)
    assert probabilities.grad.dtype == dtype
    assert probabilities.grad.isfinite().all()


def test_the_losses_are_parts_of_the_module(more):
    objective = Objective(GRID, [{"loss": "buffered", "label": "with.dots"}], relax="soft")
    assert sorted(objective.state_dict()) == ["losses.0.factor", "losses.0.scale", "running_norms.sums"]
    other = Objective(GRID, [{"loss": "buffered"}], relax="soft")
    state = {name: value * 2 for name, value in objective.state_dict().items()}
    other.load_state_dict(state)
    assert other(TWO, {})[0].item() == pytest.approx(4 * objective(TWO, {})[0].item())


def test_the_losses_move_with_the_module(more):
    objective = Objective(GRID, [{"loss": "buffered"}]).to(torch.float64)
    assert {value.dtype for value in objective.state_dict().values()} == {torch.float64}
    assert objective(TWO, {})[0].dtype == torch.float64
    assert {value.device.type for value in objective.to("meta").state_dict().values()} == {"meta"}


def test_an_objective_can_be_copied():
    objective = Objective(GRID, ROWS, relax="soft")
    again = copy.deepcopy(objective)
    assert again.terms == objective.terms
    assert torch.equal(again(TWO, LEVEL, 10)[0], objective(TWO, LEVEL, 10)[0])


@pytest.mark.parametrize(("first", "second"), [(1, 1), (1000, 0.001), (0.5, 50)])
def test_each_term_counts_with_its_own_weight(first, second):
    rows = [
        {"loss": "mean", "label": "Ni", "weight": first, "params": {"phase": "Ni"}},
        {"loss": "mean", "label": "pore", "weight": second},
    ]
    total, _ = Objective(GRID, rows, relax="soft")(TWO, {})
    assert total.item() == pytest.approx(first * 0.3 + second * 0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("probabilities", "complaint"),
    [
        (TWO.numpy(), "probabilities: a tensor of floating-point numbers was expected, not ndarray"),
        (TWO.long(), "probabilities: a tensor of floating-point numbers was expected, not torch.int64"),
        (3 * TWO, "probabilities: the phases of a voxel add up to 3 to 3, not to 1, in 48 of 48 voxels."),
    ],
)
def test_what_is_no_field_of_probabilities(probabilities, complaint):
    with pytest.raises(InputError) as caught:
        Objective(GRID, [{"loss": "mean"}])(probabilities, {})
    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize(
    ("targets", "complaint"),
    [
        ("level", "targets: a mapping from keys to tensors was expected, not str"),
        (torch.zeros(2), "targets: a mapping from keys to tensors was expected, not Tensor"),
        ({"level": [0.25, 0.1]}, "targets['level']: a tensor of real numbers was expected, not list"),
        ({"level": LEVEL["level"].numpy()}, "targets['level']: a tensor of real numbers was expected, not ndarray"),
        (
            {"level": LEVEL["level"] + 1j},
            "targets['level']: a tensor of real numbers was expected, not torch.complex128",
        ),
    ],
)
def test_targets_that_are_none(targets, complaint):
    with pytest.raises(InputError) as caught:
        Objective(GRID, [{"loss": "squared"}])(TWO, targets)
    assert str(caught.value).startswith(complaint)
