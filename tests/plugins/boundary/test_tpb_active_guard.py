"""Targets of the active-line loss: who is refused, and the guard that bounds the length of all lines."""

import pytest
import torch
from porenet_boundary.losses.tpb_active import ActiveTriplePhaseBoundary
from triple_bodies import cut, decoded, tee

from porenet.errors import AssumedTarget, InputError
from porenet.interface import Grid
from porenet.targets import Targets

GRID = Grid(("Ni", "YSZ", "pore"), (1.0, 1.0, 1.0))


def targets_at(active, total=None):
    """Targets of one structure; a guard that no structure exceeds unless the length of all lines is given."""
    return {
        "tpb_active": torch.tensor([active], dtype=torch.float64),
        "tpb_active.guard": torch.tensor([1e9 if total is None else total], dtype=torch.float64),
    }


@pytest.mark.parametrize(
    ("key", "name", "estimator"),
    [
        ("tpb_active", "edges", "triple"),
        ("tpb_active", "coarea", "triple"),
        ("tpb_active.guard", "coarea", "triple"),
        ("tpb_active.guard", "triple_1", "triple"),
        ("tpb_active", "triple_2", "coarea"),
    ],
)
def test_targets_of_another_estimator_are_refused_with_the_way_out(key, name, estimator):
    loss = ActiveTriplePhaseBoundary(GRID, estimator=estimator)
    with pytest.raises(InputError) as caught:
        loss(decoded(tee(4)), Targets(targets_at(1.0), {key: name}))
    own = "triple_2" if estimator == "triple" else "coarea"
    assert f"targets['{key}']: measured with the estimator '{name}'" in str(caught.value)
    assert f"Measure the target with '{own}', or give the loss estimator = '{name}'" in str(caught.value)


def test_targets_of_another_shape_are_refused():
    for key in ("tpb_active", "tpb_active.guard"):
        with pytest.raises(InputError, match=rf"targets\['{key}'\]: shape \(1, 1\)"):
            ActiveTriplePhaseBoundary(GRID)(decoded(tee(4)), targets_at(1.0) | {key: torch.zeros(2)})


# Active lines may be too few while there are far too many lines of all kinds: then the guard pulls.
def test_the_guard_bounds_the_length_of_all_lines_from_above():
    loss, field = ActiveTriplePhaseBoundary(GRID), decoded(cut(2, side=12, at=4))
    active_length, total = loss.descriptor(field)[0].tolist()
    for guard, excess in ((total / 2, 1.0), (total, 0.0), (2 * total, 0.0)):
        value = loss(field, targets_at(active_length, guard)).item()
        assert value == pytest.approx(excess, abs=1e-9)


def test_without_a_guard_twice_the_active_length_is_assumed():
    loss, field = ActiveTriplePhaseBoundary(GRID), decoded(tee(12))
    length = loss.descriptor(field)[0, 0].item()
    for target, expected in ((length / 2, 1.0), (length / 4, 9.0 + 1.0)):
        with pytest.warns(AssumedTarget, match="'tpb_active.guard' is missing .* 2 times 'tpb_active' is taken"):
            value = loss(field, {"tpb_active": torch.tensor([target])}).item()
        assert value == pytest.approx(expected, rel=1e-4)
