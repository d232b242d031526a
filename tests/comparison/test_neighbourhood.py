"""Coverage, precision and near copies: definitions, by hand, and what each of them sees."""

import itertools

import numpy as np
import pytest

from porenet.comparison.evidence.neighbourhood import neighbourhood, shares
from porenet.comparison.evidence.structures import Blocks
from porenet.comparison.evidence.vectors import vectors

RNG = np.random.default_rng(4)


def by_hand(rows, real):
    """The three shares by their definitions."""
    between = np.linalg.norm(rows[:, None] - rows[None], axis=2).round(9)
    np.fill_diagonal(between, np.inf)
    radius = {i: np.sort(between[i, real])[4] for i in np.flatnonzero(real)}
    made = np.flatnonzero(~real)
    limit = np.quantile([between[i, real].min() for i in radius], 0.05) / 2
    return [
        np.mean([any(between[i, j] <= reach for j in made) for i, reach in radius.items()]),
        np.mean([any(between[i, j] <= reach for i, reach in radius.items()) for j in made]),
        np.mean([between[j, real].min() < limit for j in made]),
    ]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("reach", [None, 12])
def test_the_shares_are_their_definitions_under_any_labels(reach, ties):
    rows = RNG.normal(size=(16, 2))
    if ties:
        rows = rows.round()
    rows[12:] = rows[:4] + 0.01 * (not ties)  # copies
    deals = [set(range(12)), *itertools.islice(itertools.combinations(range(16), 12), 0, 1820, 97)]
    labels = np.array([[row in deal for deal in deals] for row in range(16)])
    measured = shares(rows, labels, reach)
    for at, real in enumerate(labels.T):
        assert measured[:, at] == pytest.approx(by_hand(rows, real), abs=1e-9)


def judged(x, y):
    blocks = Blocks.of(range(len(x)), range(len(y)), 0)
    columns = list(np.concatenate([x, y]).T)
    return neighbourhood(
        vectors(columns, scaled_by=slice(len(x))), vectors(columns), blocks.ids, blocks.permutations(199),
        blocks.members(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "low"),
    [
        (lambda x, y: (np.r_[x[:35], x[35:] + 4], y), "coverage"),
        (lambda x, y: (x, np.r_[y[:35], y[35:] + 4]), "precision"),
        (lambda x, y: (x, np.r_[y[:25], x[:25] + 0.01]), "copies"),
        (lambda x, y: (x, y), "none"),
    ],
)
def test_each_share_sees_its_own_fault(change, low):
    x, y = np.random.default_rng(6).normal(size=(2, 50, 6))
    (coverage, precision, copies), p_values = judged(*change(x, y))
    faults = dict(zip(("coverage", "precision", "copies"), p_values, strict=True))
    assert faults.get(low, 0.005) == 0.005  # the smallest of 200
    assert low != "none" or min(p_values) > 0.05
    assert copies == (0.5 if low == "copies" else 0)
    assert (faults["copies"] == 1) == (low != "copies")
    assert (coverage < 0.8) == (low == "coverage")
    assert (precision < 0.8) == (low == "precision")
