"""Targets that the kit makes: never of rounding errors, with all their parts, by the longest edge of a voxel."""

import pytest
import torch
from torch import nn

from porenet.interface import Grid, Spec
from porenet.testing import Case
from porenet.testing.known_targets import FACTOR, KNOWN

PHASES = ("Ni", "YSZ", "pore")


class Guarded(nn.Module):
    """Reads a target and a guard of it; a wide filter sees ``level`` of a structure as fine as the kit's."""

    def __init__(self, grid, *, level: float = 1.0):
        super().__init__()
        self.level = level

    def target_of(self, probabilities):
        shares = probabilities.mean(dim=(2, 3, 4))
        return {"ssa": self.level * shares, "ssa.guard": 2 * shares}

    def forward(self, probabilities, targets):
        return (probabilities.mean(dim=(2, 3, 4)) - targets["ssa"]).square().sum(dim=1)


def case_of(level, **targets):
    spec = Spec(
        name="guarded", kind="loss", target=f"{__name__}:Guarded", summary="x", unit="1", api=1,
        needs=("ssa",), optional=("ssa.guard",),
    )  # fmt: skip
    return Case(spec, params={"level": level}, targets=targets)


def targets_of(case):
    return case.targets_for(torch.full((2, 3, 2, 2, 2), 1 / 3, dtype=torch.float64))


@pytest.mark.parametrize("level", [1.0, 1e-9])
def test_what_is_measured_as_next_to_nothing_is_replaced_and_its_parts_stay(level):
    targets = targets_of(case_of(level))
    assert set(targets) == {"ssa", "ssa.guard"}
    assert targets["ssa.guard"][0].sum().item() == pytest.approx(2 * FACTOR)
    if level == 1.0:
        torch.testing.assert_close(targets["ssa"], targets["ssa.guard"] / 2)
    else:
        torch.testing.assert_close(targets["ssa"], KNOWN["ssa"](PHASES, case_of(level).grid(), 2))


def test_what_a_case_gives_goes_before_what_is_measured():
    targets = targets_of(case_of(1.0, ssa=lambda grid, batch: torch.full((batch, 3), 7.0)))
    assert targets["ssa"].unique().tolist() == [7.0]
    assert targets["ssa.guard"][0].sum().item() == pytest.approx(2 * FACTOR)


# By the shortest edge a filter as wide as the longest would never come near: its gradient would look like none.
@pytest.mark.parametrize("key", ["ssa", "dpb", "tpb"])
def test_lengths_are_those_of_the_longest_edge(key):
    needle, cube, large = (Grid(PHASES, edges) for edges in ((1.0, 0.05, 0.1), (1.0,) * 3, (2.0,) * 3))
    assert torch.equal(KNOWN[key](PHASES, needle, 2), KNOWN[key](PHASES, cube, 2))
    power = 2 if key == "tpb" else 1
    torch.testing.assert_close(KNOWN[key](PHASES, cube, 2), 2**power * KNOWN[key](PHASES, large, 2))
