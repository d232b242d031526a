"""Gradients of an objective and of another loss, balanced at the field."""

import copy
import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from porenet.errors import InputError, NonFiniteTerm
from porenet.interface import Grid
from porenet.objective import Objective, VoteWarner, is_outvoted

pytestmark = pytest.mark.usefixtures("fakes")

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
NAN, INF = float("nan"), float("inf")
TARGETS = {"level": torch.tensor([0.25, 0.1], dtype=torch.float64)}


def soft(**options):
    return Objective(GRID, [{"loss": "mean", "weight": 1000}, {"loss": "squared"}], relax="soft", **options)


def drawn(seed, *, shape=(2, 3, 2, 3, 4), dtype=torch.float64):
    """Logits and the field of a generator."""
    source = torch.Generator().manual_seed(seed)
    logits = torch.randn(shape, generator=source, dtype=torch.float64).to(dtype).requires_grad_()
    return logits, logits.softmax(dim=1)


def critic(field, size=1.0):
    return size * field.square().flatten(1).sum(dim=1).mean()


@pytest.fixture
def balancing():
    """An objective; building one takes longer than all that it does here."""
    return soft()


@given(share=st.floats(0.01, 0.99), size=st.floats(1e-6, 1e6), seed=st.integers(0, 2**31))
@settings(max_examples=10)
def test_law_the_objective_gets_its_share_whatever_the_sizes(balancing, share, size, seed):
    objective = balancing
    objective.running_norms.sums.zero_()
    logits, field = drawn(seed)
    balance = objective.balanced(field, critic(field, size), TARGETS, share=share)
    leaf = field.detach().requires_grad_()
    (others,) = torch.autograd.grad(critic(leaf, size), leaf)
    total, terms = objective(leaf, TARGETS)
    (own,) = torch.autograd.grad(total, leaf)
    factor = share / (1 - share) * others.norm() / own.norm()
    assert balance.other_norm.item() == pytest.approx(others.norm().item(), rel=1e-6)
    assert balance.objective_norm.item() == pytest.approx(own.norm().item(), rel=1e-6)
    assert balance.scale.item() == pytest.approx(factor.item(), rel=1e-5)
    assert torch.allclose(balance.gradient, others + factor * own, rtol=1e-4, atol=1e-6 * float(others.norm()))
    assert balance.total.item() == total.item()
    assert balance.terms == terms
    field.backward(balance.gradient)  # the generator's graph is whole
    assert logits.grad.abs().sum() > 0


def sizes_of(objective, steps, **options):
    """The scaled norm of the objective over that of the other, for other losses of given sizes."""
    ratios = []
    for number, size in enumerate(steps):
        _, field = drawn(7)
        balance = objective.balanced(field, critic(field, size), TARGETS, number, **options)
        ratios.append((balance.scale * balance.objective_norm / balance.other_norm).item())
    return ratios


def test_the_norms_are_running_means():
    # By hand: after 1 and 3 with a memory of 0.5 the mean of the other is (0.25 x 1 + 0.5 x 3) / 0.75 = 7/3.
    assert sizes_of(soft(), [1, 3], memory=0.5) == pytest.approx([1, 7 / 9], rel=1e-5)
    assert sizes_of(soft(), [1, 3, 0.2], memory=0) == pytest.approx([1, 1, 1], rel=1e-5)


def test_a_single_step_never_gets_more_than_its_share():
    objective, (_, field) = soft(), drawn(7)
    for number, weight in enumerate((1.0, 1.0, 1e6)):  # an objective that wakes up
        object.__setattr__(objective.terms[0], "weight", weight)
        _, field = drawn(7)
        balance = objective.balanced(field, critic(field), TARGETS, number)
    assert (balance.scale * balance.objective_norm / balance.other_norm).item() == pytest.approx(1, rel=1e-5)


def test_a_resumed_run_is_bit_equal():
    whole = soft()
    expected = sizes_of(whole, [1, 0.3, 5, 2, 0.7])
    first = soft()
    sizes_of(first, [1, 0.3, 5])
    saved = io.BytesIO()
    torch.save(first.state_dict(), saved)
    saved.seek(0)
    second = soft()
    second.load_state_dict(torch.load(saved, weights_only=True))
    assert sizes_of(second, [2, 0.7]) == expected[3:]
    assert sizes_of(copy.deepcopy(first), [2, 0.7]) == expected[3:]
    assert sizes_of(soft(), [2, 0.7]) != expected[3:]


def saved_and_read(module):
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.mark.parametrize(
    ("grid", "terms", "words"),
    [
        (
            GRID,
            [{"loss": "mean", "weight": 500}, {"loss": "squared"}],
            r": terms\.mean\.weight was 1000\.0, now 500\.0\. ",
        ),
        (GRID, [{"loss": "mean", "weight": 1000}], r"terms\.squared\.\w+ was .*, now nothing; and \d+ more changes"),
        (Grid(GRID.phases, 0.2), ["mean", "squared"], r"grid\.voxel_um\.0 was 0\.1, now 0\.2"),
    ],
)
def test_running_norms_of_another_objective_are_refused(grid, terms, words):
    used, other = soft(), Objective(grid, terms, relax="soft")
    never = saved_and_read(used)
    sizes_of(used, [1, 2])
    with pytest.raises(InputError, match=f"running norms of the state are those of another objective.*{words}"):
        other.load_state_dict(saved_and_read(used))
    with pytest.raises(InputError, match="another objective"):  # as a part of a model
        torch.nn.ModuleDict({"loss": other}).load_state_dict(saved_and_read(torch.nn.ModuleDict({"loss": used})))
    assert not other.running_norms.sums.any()
    other.load_state_dict(never)  # nothing was balanced, so nothing depends on it
    other.load_state_dict(dict(used.state_dict()))  # a plain dict does not say what it is of
    assert torch.equal(other.running_norms.sums, used.running_norms.sums)


@pytest.mark.parametrize(
    "sums", [[NAN, 1, 1], [1, NAN, 1], [1, 1, NAN], [INF, 1, 1], [-1, 1, 1], [1, 1, 2], [1, 1, 0], [0, 1, 0.5]]
)
def test_running_norms_that_no_step_leaves_are_refused_in_whatever_way_a_state_was_copied(balancing, sums):
    """A NaN stayed in the means, and in every gradient after it."""
    before = balancing.running_norms.sums.clone()
    state = balancing.state_dict() | {"running_norms.sums": torch.tensor(sums, dtype=torch.float32)}
    for copied in (state, dict(state)):
        with pytest.raises(InputError, match=r"running norms of the state are \[.*Leave out running_norms\.sums"):
            balancing.load_state_dict(copied)
    assert torch.equal(balancing.running_norms.sums, before)


def test_a_state_that_holds_no_tensor_is_refused_by_torch(balancing):
    state = balancing.state_dict()
    for value in ([1, 1, 1], None, torch.ones(2)):
        state["running_norms.sums"] = value
        with pytest.raises(RuntimeError, match=r"running_norms\.sums"):
            balancing.load_state_dict(state)


def test_a_state_of_before_is_that_of_an_objective_never_balanced():
    used, fresh = soft(), soft()
    sizes_of(used, [1, 2])
    state = used.state_dict()
    del state["running_norms.sums"]
    used.load_state_dict(state)
    assert torch.equal(used.running_norms.sums, fresh.running_norms.sums)
    assert sizes_of(used, [3, 1]) == sizes_of(fresh, [3, 1])


def test_norms_stay_in_single_precision_where_the_objective_is_halved():
    objective = soft().half()
    assert sizes_of(objective, [1e5, 1e5]) == sizes_of(soft(), [1e5, 1e5])
    assert objective.running_norms.sums.dtype == torch.float32


def test_another_loss_that_was_followed_already_is_named():
    _, field = drawn(1)
    other = critic(field)
    other.backward(retain_graph=False)
    with pytest.raises(InputError, match="its graph is gone"):
        soft().balanced(field, other, TARGETS)


def test_without_a_gradient_of_the_other_the_objective_goes_on():
    objective = soft()
    _, field = drawn(1)
    alone = objective.balanced(field, critic(field, 0.0), TARGETS)
    assert (alone.other_norm.item(), alone.scale.item()) == (0, 1)
    _, field = drawn(1)
    before = objective.balanced(field, critic(field), TARGETS)
    _, field = drawn(1)
    after = objective.balanced(field, critic(field, 0.0), TARGETS)
    assert after.scale.item() == before.scale.item()
    assert after.gradient.norm() > 0


def test_without_a_gradient_of_the_objective_the_other_goes_on_and_the_means_stay():
    objective = Objective(GRID, [{"loss": "mean", "weight": 1000, "stop": 1}], relax="soft")
    ratios, means = [], []
    for number in range(3):
        _, field = drawn(1)
        balance = objective.balanced(field, critic(field), None, number)
        ratios.append(balance.objective_norm.item())
        means.append(objective.running_norms.sums.clone())
    assert ratios[0] > 0
    assert ratios[1:] == [0, 0]
    assert torch.equal(means[0], means[2])
    (others,) = torch.autograd.grad(critic(leaf := field.detach().requires_grad_()), leaf)
    assert torch.equal(balance.gradient, others)


def test_a_gradient_that_is_not_finite_is_named_and_leaves_the_means_alone():
    objective = soft()
    sizes_of(objective, [1])
    before = objective.running_norms.sums.clone()
    _, field = drawn(1)
    with pytest.raises(NonFiniteTerm, match="the gradient of the other loss at the field is not finite at step 3"):
        objective.balanced(field, critic(field, float("inf")), TARGETS, 3)
    assert torch.equal(objective.running_norms.sums, before)
    unchecked = soft(check_every=0)
    _, field = drawn(1)
    balance = unchecked.balanced(field, critic(field, float("nan")), TARGETS, 3)
    assert balance.gradient.isnan().any()  # as a scaler of gradients expects it
    assert not unchecked.running_norms.sums.any()


def test_the_other_may_be_a_gradient():
    _, field = drawn(1)
    by_loss = soft().balanced(field, critic(field), TARGETS)
    (gradient,) = torch.autograd.grad(critic(leaf := field.detach().requires_grad_()), leaf)
    by_gradient = soft().balanced(field, gradient, TARGETS)
    assert torch.equal(by_gradient.gradient, by_loss.gradient)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_norms_are_taken_in_single_precision_at_least(dtype):
    _, field = drawn(1, dtype=dtype)
    balance = soft().balanced(field, critic(field), TARGETS)
    assert balance.gradient.dtype == dtype
    assert balance.other_norm.dtype == torch.float32
    assert (balance.scale * balance.objective_norm / balance.other_norm).item() == pytest.approx(1, rel=1e-4)


def test_sections_are_balanced_in_their_own_shape(site, use):
    site.add(
        "sections",
        """
        @hookimpl
        def porenet_specs():
            yield spec("flat", weight=1.0, dims=(2, 3))
    """,
    )
    use(site.registry())
    grid = Grid(GRID.phases, GRID.voxel_um, dims=2)
    _, field = drawn(1, shape=(2, 3, 5, 4))
    flat = Objective(grid, [{"loss": "flat"}], relax="soft")
    balance = flat.balanced(field, critic(field))
    assert balance.gradient.shape == field.shape
    assert (balance.scale * balance.objective_norm / balance.other_norm).item() == pytest.approx(1, rel=1e-5)


FIELD = "balanced.field: it carries no gradient"
SHAPE = "balanced.other: a real scalar, or a gradient of the field's shape (2, 3, 2, 3, 4), was expected, not "
APART = "balanced.other: it does not depend on the field"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda field: {"field": field.detach()}, FIELD),
        (lambda field: {"field": field[:, :2]}, "probabilities: shape (B, 3, Z, Y, X)"),
        (lambda field: {"other": field.sum(dim=(1, 2, 3, 4))}, f"{SHAPE}(2,)"),
        (lambda field: {"other": 0.5}, f"{SHAPE}float"),
        (lambda field: {"other": critic(field).detach()}, APART),
        (lambda field: {"other": critic(drawn(3)[1])}, APART),
        (lambda field: {"other": field * 2}, APART),  # one value per voxel is no loss
        (lambda _: {"share": 0.0}, "balanced.share: a number above 0 and below 1 was expected, not 0.0"),
        (lambda _: {"share": 1}, "balanced.share: a number above 0 and below 1 was expected, not 1"),
        (lambda _: {"share": float("nan")}, "balanced.share: a number above 0 and below 1 was expected, not nan"),
        (lambda _: {"share": "half"}, "balanced.share: a number above 0 and below 1 was expected, not 'half'"),
        (lambda _: {"memory": 1.0}, "balanced.memory: a number 0 or more and below 1 was expected, not 1.0"),
        (lambda _: {"memory": -0.1}, "balanced.memory: a number 0 or more and below 1 was expected, not -0.1"),
        (lambda _: {"targets": {}}, "targets: the target 'level' is missing"),
    ],
)
def test_what_cannot_be_balanced_is_refused(change, complaint):
    _, field = drawn(1)
    arguments = {"field": field, "other": critic(field), "targets": TARGETS}
    with pytest.raises(InputError) as caught:
        soft().balanced(**(arguments | change(field)))
    assert complaint in str(caught.value)


def test_under_no_grad_there_is_nothing_to_balance():
    _, field = drawn(1)
    other = critic(field)
    with torch.no_grad(), pytest.raises(InputError, match="it carries no gradient"):
        soft().balanced(field, other, TARGETS)


def test_without_a_share_both_are_added_by_their_weights_and_measured():
    objective = soft()
    _, field = drawn(1)
    balance = objective.balanced(field, critic(field, 3.0), TARGETS, share=None)
    leaf = field.detach().requires_grad_()
    (expected,) = torch.autograd.grad(critic(leaf, 3.0) + objective(leaf, TARGETS)[0], leaf)
    assert torch.allclose(balance.gradient, expected, rtol=1e-9)
    assert balance.scale.item() == 1
    assert balance.objective_norm > balance.other_norm > 0


def test_who_is_outvoted_is_said_when_it_begins():
    votes = VoteWarner()
    assert votes.text(1.0, 29.9) == ""
    assert votes.text(1.0, 30.1).startswith("the critic is outvoted: its gradient at the field has a norm of 1,")
    assert votes.text(1.0, 400.0) == ""  # said already
    assert votes.text(1.0, 400.0, scale=0.0025) == ""  # balanced
    assert votes.text(1.0, 400.0) != ""
    assert votes.text(1.0, 0.01).startswith("the objective is outvoted")
    assert votes.text(1.0, 0.0) == ""  # nothing is asked for: met
    assert votes.text(0.0, 0.0) == ""
    assert votes.text(0.0, 1.0).startswith("the critic is outvoted: its gradient at the field has a norm of 0,")
    assert not is_outvoted(0.0, 1.0)
