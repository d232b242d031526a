"""Distribution matching: quantiles against an oracle, a batch against a sample, and what few values cannot hold."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_statistics.losses.distribution import Distribution, quantile_means
from scipy.stats import norm

import porenet
from porenet.errors import ConfigError, InputError, UnknownComponent
from porenet.interface import Grid
from porenet.targets import Targets

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
NAN = float("nan")
LOSS = Distribution(GRID, descriptor="vf")


def rows(*samples):
    return torch.tensor(samples, dtype=torch.float64)


def flat(*samples, size=(2, 3, 4)):
    """A batch of fields that are the same at every voxel, one row of phase probabilities a sample."""
    shares = rows(*samples)
    return shares.view(*shares.shape, 1, 1, 1).expand(*shares.shape, *size).clone()


def generic(batch, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((batch, 3, 3, 4, 5), generator=generator, dtype=torch.float64).softmax(dim=1)


def oracle(column, bins):
    """Bin means by exact fractions: each value holds 1/N of the probability, each bin takes what overlaps it."""
    ordered = np.sort(column[np.isfinite(column)])
    size = len(ordered)
    means = []
    for i in range(bins):
        low, high = Fraction(i, bins), Fraction(i + 1, bins)
        shares = [max(Fraction(0), min(high, Fraction(j + 1, size)) - max(low, Fraction(j, size))) for j in range(size)]
        means.append(sum(float(share * bins) * value for share, value in zip(shares, ordered, strict=True)))
    return np.array(means)


@st.composite
def samples(draw):
    """``(N, K)`` with undefined entries, and a number of bins."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31 - 1)))
    sample = rng.normal(draw(st.sampled_from([0, 1, 1e4])), 1, (draw(st.integers(1, 30)), draw(st.integers(1, 3))))
    sample = np.where(rng.random(sample.shape) < draw(st.sampled_from([0, 0.4])), rng.choice([np.nan, np.inf]), sample)
    return sample * draw(st.sampled_from([1e-3, 1, 1e3])), draw(st.integers(1, 40))


@given(samples())
def test_means_within_bins_are_those_of_the_oracle(drawn):
    sample, bins = drawn
    means, mean, spread = quantile_means(torch.tensor(sample), bins)
    for column, found, centre, width in zip(sample.T, means.T, mean, spread, strict=True):
        known = column[np.isfinite(column)]
        if not len(known):
            assert found.tolist() == [0.0] * bins
            assert (centre, width) == (0, 0)
            continue
        scale = np.abs(known).max()
        assert centre.item() == pytest.approx(known.mean(), rel=1e-12, abs=1e-12 * scale)
        assert width.item() == pytest.approx(known.std(), rel=1e-6, abs=1e-12 * scale)
        assert found.numpy() + known.mean() == pytest.approx(oracle(column, bins), rel=1e-9, abs=1e-11 * scale)


def test_means_within_bins_by_hand():
    means, mean, spread = quantile_means(rows([4.0], [1.0], [7.0], [0.0]), 2)
    assert (mean.item(), spread.item()) == (3.0, pytest.approx(math.sqrt((9 + 4 + 1 + 16) / 4)))
    assert means.flatten().tolist() == [0.5 - 3, 5.5 - 3]
    # Three bins of four values: 0 and a third of 1; two thirds of each of 1 and 4; a third of 4 and 7.
    means, _, _ = quantile_means(rows([4.0], [1.0], [7.0], [0.0]), 3)
    assert (means.flatten() + 3).tolist() == pytest.approx([0.25, 2.5, (4 / 3 + 7) / (4 / 3)])


def test_the_loss_by_hand():
    # Reference of Ni: bins (0.1, 0.2), (0.3, 0.4) with the means 0.15 and 0.35, variance 0.0125. YSZ is constant, 0.5;
    # pore is undefined.
    reference = rows([0.3, 0.5, NAN], [0.1, 0.5, NAN], [0.4, 0.5, NAN], [0.2, 0.5, NAN])
    field = flat([0.45, 0.5, 0.05], [0.05, 0.6, 0.35])
    of_ni = ((0.05 - 0.15) ** 2 + (0.45 - 0.35) ** 2) / 2 / 0.0125
    of_ysz = (0.0**2 + 0.1**2) / 2 / 0.5**2
    value = LOSS(field, {"distribution": reference})
    assert value.shape == (1,)
    assert value.item() == pytest.approx((of_ni + of_ysz) / 2)


def test_a_batch_that_is_the_reference_meets_it():
    field = generic(6)
    reference = LOSS.descriptor(field)
    assert LOSS(field, {"distribution": reference}).item() == pytest.approx(0, abs=1e-20)
    assert LOSS(field, {"distribution": reference.repeat(3, 1)}).item() == pytest.approx(0, abs=1e-20)
    mixed = field[torch.tensor([3, 0, 5, 1, 4, 2])]
    assert LOSS(mixed, {"distribution": reference}).item() == pytest.approx(0, abs=1e-20)


def test_a_collapsed_batch_is_a_variance_away():
    reference = LOSS.descriptor(generic(64))
    mean = reference.mean(dim=0).tolist()
    # All at the mean: short of the spread that the bins' means have, 0.97^2 of the reference's for a normal one.
    assert LOSS(flat(*[mean] * 8), {"distribution": reference}).item() == pytest.approx(0.945, abs=0.03)


@pytest.mark.parametrize(("batch", "documented"), [(4, 0.928), (8, 0.972), (16, 0.989), (64, 0.998)])
def test_a_small_batch_aims_at_a_narrower_normal_distribution(batch, documented):
    edges = norm.pdf(norm.ppf(np.linspace(0, 1, batch + 1)))
    closed_form = batch * (edges[:-1] - edges[1:])  # mean of a normal variable between two quantiles
    assert np.sqrt((closed_form**2).mean()) == pytest.approx(documented, abs=5e-4)
    sample = torch.tensor(norm.ppf((np.arange(200_000) + 0.5) / 200_000))[:, None]
    means, _, _ = quantile_means(sample, batch)
    assert means.flatten().tolist() == pytest.approx(closed_form.tolist(), abs=2e-4)


def test_it_spreads_a_batch_where_a_target_of_the_mean_would_not():
    quantiles = norm.ppf((np.arange(50) + 0.5) / 50)
    reference = rows(*[[0.4 + 0.05 * z, 0.6 - 0.05 * z] for z in quantiles])
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn((8, 2, 1, 1, 1), generator=generator, dtype=torch.float64)
    logits = (0.01 * logits.expand(8, 2, 2, 3, 4)).clone().requires_grad_()
    loss = Distribution(Grid(("solid", "pore"), GRID.voxel_um), descriptor="vf")
    optimiser = torch.optim.Adam([logits], lr=0.02)
    for _ in range(100):
        optimiser.zero_grad()
        loss(logits.softmax(dim=1), {"distribution": reference}).sum().backward()
        optimiser.step()
    reached = loss.descriptor(logits.softmax(dim=1)).detach()
    assert reached.mean(dim=0).tolist() == pytest.approx([0.4, 0.6], abs=0.001)
    assert reached.std(dim=0, correction=0).tolist() == pytest.approx([0.972 * 0.05] * 2, rel=0.02)


@given(st.integers(0, 2**31 - 1), st.integers(1, 6), st.integers(1, 9))
def test_the_unit_and_the_order_of_the_reference_do_not_matter(seed, batch, size):
    generator = torch.Generator().manual_seed(seed)
    field = torch.randn((batch, 3, 3, 3, 3), generator=generator, dtype=torch.float64).softmax(dim=1)
    found = []
    for edge in (0.1, 7.0):
        loss = Distribution(Grid(GRID.phases, (edge,) * 3), descriptor="ssa", params={"estimator": "faces"})
        reference = torch.rand((size, 3), generator=torch.Generator().manual_seed(seed), dtype=torch.float64) / edge
        found.append(loss(field, {"distribution": reference}).item())
        assert loss(field, {"distribution": reference.flip(0)}).item() == pytest.approx(found[-1], rel=1e-9)
    assert found[0] == pytest.approx(found[1], rel=1e-6)


# A reference of rounding errors alone is one of 0, which the scale measures: 1 for a volume fraction.
@pytest.mark.parametrize(("level", "size"), [(0.3, 0.3), (1e-3, 1e-3), (1e-12, 1.0)])
def test_a_constant_reference_is_measured_by_its_size(level, size):
    reference = torch.full((5, 3), level)
    reference[1] *= 1 + 1e-7  # rounding errors are no spread
    field = flat([0.6, 0.3, 0.1]).float()
    expected = np.mean([((share - level) / size) ** 2 for share in (0.6, 0.3, 0.1)])
    assert LOSS(field, {"distribution": reference}).item() == pytest.approx(expected, rel=1e-4)


def test_a_reference_of_0_is_measured_by_the_scale_of_the_descriptor():
    areas = Distribution(Grid(("a", "b"), (1.0, 2.0, 4.0)), descriptor="ssa", params={"estimator": "faces"})
    field = torch.tensor([0.0, 1, 1, 0], dtype=torch.float64).view(1, 1, 1, 1, 4)
    field = torch.cat([1 - field, field], dim=1)  # two faces of 2 um^2 in 32 um^3, and a mean edge of 2 um
    assert areas(field, {"distribution": torch.zeros(3, 2)}).item() == pytest.approx((0.125 * 2) ** 2)
    assert LOSS(flat([0.6, 0.3, 0.1]), {"distribution": torch.zeros(3, 3)}).item() == pytest.approx(0.46 / 3)


def test_an_undefined_reference_counts_for_nothing():
    field = generic(3).requires_grad_()
    values = LOSS(field, {"distribution": torch.full((4, 3), NAN)})
    values.sum().backward()
    assert values.tolist() == [0.0]
    assert not field.grad.any()
    assert field.grad.isfinite().all()


@pytest.mark.parametrize("batch", [1, 2, 5, 12])
def test_the_gradient_agrees_with_differences(batch):
    reference = LOSS.descriptor(generic(7, seed=1))
    reference[2, 1] = NAN
    field = generic(batch).requires_grad_()
    assert torch.autograd.gradcheck(lambda one: LOSS(one, {"distribution": reference}), field)


def test_it_speaks_for_its_descriptor():
    loss = Distribution(GRID, descriptor="ssa", params={"estimator": "faces", "phase_subset": ("pore",)})
    assert loss.twin_params == {"estimator": "faces", "per": "volume"}
    assert loss.twin_keys == ("pore",)
    field = generic(2)
    assert torch.equal(loss.descriptor(field), loss.inner.descriptor(field))
    one_column = torch.tensor([3.0, 4.0, 5.0])
    assert torch.equal(
        loss(field, {"distribution": one_column}), loss(field, {"distribution": one_column.unsqueeze(1)})
    )


def test_targets_measured_on_structures_are_its_reference():
    params = {"descriptor": "ssa", "params": {"estimator": "faces"}}
    objective = porenet.Objective(GRID, [{"loss": "distribution", "params": params}])
    labels = torch.tensor(np.random.default_rng(3).integers(0, 3, (4, 5, 6, 7)))
    targets = objective.targets_of(labels)
    assert targets["distribution"].shape == (4, 3)
    assert targets.estimators == {"distribution": "faces"}
    field = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).float()
    assert objective.values(field, targets)["distribution"].item() == pytest.approx(0, abs=1e-9)
    total, _ = objective(generic(3).float(), targets)
    assert total.isfinite()


def test_a_reference_of_another_estimator_is_refused():
    loss = Distribution(GRID, descriptor="ssa", params={"estimator": "tv"})
    with pytest.raises(InputError, match="measured with the estimator 'faces', and the loss measures with 'tv'"):
        loss(generic(2), Targets({"distribution": torch.ones(5, 3)}, {"distribution": "faces"}))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5, 2), "shape (5, 3), one row per sample, or (3,) for all of them was expected, not (5, 2)"),
        ((5,), "shape (5, 3), one row per sample, or (3,) for all of them was expected, not (5,)"),
        ((0, 3), "a reference sample (N, K) of K = 3 quantities was expected, not (0, 3)"),
        ((), "a reference sample (N, K) of K = 3 quantities was expected, not ()"),
        ((2, 3, 1), "a reference sample (N, K) of K = 3 quantities was expected, not (2, 3, 1)"),
    ],
)
def test_a_reference_of_another_shape_is_refused(shape, message):
    with pytest.raises(InputError) as caught:
        LOSS(generic(2), {"distribution": torch.zeros(shape)})
    assert str(caught.value) == f"targets['distribution']: {message}"


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (
            {"descriptor": "isolation", "params": {"phase": "pore"}},
            InputError,
            "the loss 'isolation' has no descriptor",
        ),
        ({"descriptor": "sssa"}, UnknownComponent, "sssa"),
        ({"descriptor": "ssa", "params": {"estimate": "tv"}}, ConfigError, "ssa.estimate"),
        ({}, ConfigError, "descriptor"),
    ],
)
def test_wrong_parameters_are_refused(params, error, message):
    with pytest.raises(error) as caught:
        porenet.create_loss("distribution", GRID, **params)
    assert message in str(caught.value)


def test_it_compiles_in_one_graph_at_any_batch():
    compiled = torch.compile(LOSS, backend="eager", fullgraph=True)
    reference = LOSS.descriptor(generic(7, seed=1))
    reference[2, 1] = NAN
    for batch in (1, 4, 9):
        field = generic(batch).requires_grad_()
        plain, graph = (loss(field, {"distribution": reference}) for loss in (LOSS, compiled))
        assert torch.allclose(plain, graph, rtol=1e-12)
        (expected,), (found,) = (torch.autograd.grad(value.sum(), field) for value in (plain, graph))
        assert torch.allclose(expected, found, rtol=1e-12)


def test_it_ignores_the_default_device():
    field, targets = generic(3), {"distribution": LOSS.descriptor(generic(7, seed=1))}
    with torch.device("meta"):
        found = Distribution(GRID, descriptor="vf")(field, targets)
    assert found.device.type == "cpu"
    assert torch.equal(found, LOSS(field, targets))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_the_value_is_at_least_single_precision(dtype):
    found = LOSS(generic(3).to(dtype), {"distribution": LOSS.descriptor(generic(7, seed=1))})
    assert found.dtype == torch.float32
    assert found.isfinite().all()
