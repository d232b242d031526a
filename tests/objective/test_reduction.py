"""Sample weights, values per sample, and the objective as a criterion."""

import pytest
import torch

from porenet.errors import ConfigError, InputError, NonFiniteTerm
from porenet.interface import Grid
from porenet.objective import Objective

pytestmark = pytest.mark.usefixtures("fakes")

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
LEVEL = {"level": torch.tensor([0.25, 0.1], dtype=torch.float64)}
ROWS = [{"loss": "mean", "weight": 1}, {"loss": "squared", "weight": 10}]
# By hand, soft: the mean of pore is 0.3 and 0.7, squared is (0.5 - 0.25)^2 = 0.0625 and 0.
VALUES = [0.3, 0.7], [0.0625, 0.0]
FIELD = torch.tensor([[0.5, 0.2, 0.3], [0.1, 0.2, 0.7]], dtype=torch.float64).view(2, 3, 1, 1, 1).expand(2, 3, 2, 3, 4)


def soft(rows=ROWS, **options):
    return Objective(GRID, rows, relax="soft", **options)


def test_without_a_reduction_there_is_a_value_per_sample():
    leaf = FIELD.clone().requires_grad_()
    mean, _ = soft()(leaf, LEVEL)
    total, each = soft()(leaf, LEVEL, reduction="none")
    assert total.tolist() == pytest.approx([0.3 + 0.625, 0.7])
    assert {label: value.tolist() for label, value in each.items()} == {
        "mean": pytest.approx(VALUES[0]), "squared": pytest.approx(VALUES[1], abs=1e-12),
    }  # fmt: skip
    assert total.mean().item() == pytest.approx(mean.item(), rel=1e-12)
    assert [value.requires_grad for value in each.values()] == [False, False]
    gradients = [torch.autograd.grad(each, leaf)[0] for each in (mean, total.mean())]
    assert torch.allclose(*gradients, rtol=1e-12)


def test_an_objective_with_every_term_off_has_a_zero_per_sample():
    total, terms = soft([{"loss": "mean", "start": 5}])(FIELD.clone().requires_grad_(), None, 0, reduction="none")
    assert (total.tolist(), terms) == ([0.0, 0.0], {})
    total.sum().backward()


def test_weights_of_samples_multiply_values_and_are_not_normalised():
    weights = torch.tensor([2.0, 0.5])
    total, terms = soft()(FIELD, LEVEL, sample_weights=weights)
    assert terms["mean"].item() == pytest.approx((2 * 0.3 + 0.5 * 0.7) / 2)
    assert total.item() == pytest.approx((2 * (0.3 + 0.625) + 0.5 * 0.7) / 2)
    each, _ = soft()(FIELD, LEVEL, sample_weights=weights, reduction="none")
    assert each.tolist() == pytest.approx([2 * (0.3 + 0.625), 0.5 * 0.7])


@pytest.mark.parametrize(
    ("weights", "complaint"),
    [
        ([1.0, 2.0], "a tensor of shape (2,), one weight per sample, was expected, not list"),
        (torch.ones(3), "a tensor of shape (2,), one weight per sample, was expected, not (3,)"),
        (torch.ones(2, 1), "a tensor of shape (2,), one weight per sample, was expected, not (2, 1)"),
        (torch.tensor([1.0, -2.0]), "weights are finite and not negative, and these from -2 to 1"),
        (torch.tensor([1.0, float("inf")]), "weights are finite and not negative, and these from 1 to inf"),
    ],
)
def test_weights_that_are_refused(weights, complaint):
    with pytest.raises(InputError) as caught:
        soft()(FIELD, LEVEL, sample_weights=weights)
    assert str(caught.value) == f"sample_weights: {complaint}"


def test_a_reduction_of_another_name():
    with pytest.raises(InputError, match=r"reduction: 'mean' or 'none' was expected, not 'sum'"):
        soft()(FIELD, LEVEL, reduction="sum")


@pytest.fixture
def batchwise(site, use):
    (site.folder / "batch_losses.py").write_text("""
import torch

class Level(torch.nn.Module):
    def __init__(self, grid):
        super().__init__()

    def forward(self, probabilities, targets):
        return probabilities[:, 0].mean().view(1)
""")
    source = """
        @hookimpl
        def porenet_specs():
            yield spec("batch", target="batch_losses:Level", weight=1.0, batchwise=True)
    """
    site.add("batches", source)
    return use(site.registry())


def test_a_batchwise_term_stands_in_every_row_and_has_no_weights(batchwise):
    objective = soft(["batch", "mean"])
    total, terms = objective(FIELD, reduction="none")
    assert terms["batch"].tolist() == pytest.approx([0.3, 0.3])
    assert total.mean().item() == pytest.approx(objective(FIELD)[0].item())
    with pytest.raises(InputError, match=r"^sample_weights: batch has one value per batch"):
        objective(FIELD, sample_weights=torch.ones(2))


def test_targets_may_be_left_out_where_none_are_needed():
    assert soft(["mean"])(FIELD)[0].item() == pytest.approx(2 * 0.5)
    with pytest.raises(InputError, match="the target 'level' is missing, needed by squared"):
        soft()(FIELD)


def test_nothing_is_checked_with_check_every_0():
    broken = soft(["broken"], check_every=0)
    assert all(broken(FIELD, {}, step)[0].isnan() for step in range(3))
    logits = 5 * FIELD
    assert soft(check_every=0)(logits, LEVEL)[0].isfinite()
    with pytest.raises(InputError, match="add up to"):
        soft()(logits, LEVEL)
    with pytest.raises(InputError, match=r"shape \(B, 3, Z, Y, X\)"):
        soft(check_every=0)(FIELD[:, :2], LEVEL)
    with pytest.raises(NonFiniteTerm):
        soft(["broken"])(FIELD)


def test_a_criterion_refuses_schedules_and_other_targets():
    assert soft().criterion(FIELD, LEVEL).item() == pytest.approx(soft()(FIELD, LEVEL)[0].item())
    with pytest.raises(
        InputError, match=r"^criterion: a criterion does not know the step, and mean ramps over 9 steps\. "
    ):
        _ = soft([{"loss": "mean", "ramp": 9}]).criterion
    for target in (torch.zeros(2, 2, 3, 4), [1, 2], None):
        with pytest.raises(InputError, match=r"^target: labels \(integers\) or targets by key were expected"):
            soft().criterion(FIELD, target)


@pytest.mark.parametrize("gather", [1, None, "no"])
def test_gather_is_true_or_false(gather):
    with pytest.raises(InputError, match=r"gather: True or False was expected"):
        soft(gather=gather)


@pytest.mark.parametrize("step", ["3", 2.5, [1], True + 0.0])
def test_a_step_is_a_whole_number(step):
    with pytest.raises(InputError, match=r"^step: a whole number was expected"):
        soft()(FIELD, LEVEL, step)
    with pytest.raises(InputError, match=r"^step: a whole number was expected"):
        soft().labels_at(step)
    assert soft()(FIELD, LEVEL, torch.tensor(3))[0] == soft()(FIELD, LEVEL, 3)[0]


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        (7, InputError),
        (None, InputError),
        ({"mean", "squared"}, InputError),
        (b"mean", InputError),
        ("mean", ConfigError),
    ],
)
def test_terms_of_another_type(terms, error):
    with pytest.raises(error, match="list"):
        Objective(GRID, terms)
