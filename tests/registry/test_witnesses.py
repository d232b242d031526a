"""Witnesses of losses: which metric is asked, what it answers, and ratios of what it answers."""

import math

import pytest
import torch

from porenet import registry
from porenet.errors import PluginError
from porenet.interface import Grid
from porenet.registry import create_loss
from porenet.registry.witnesses import farthest_ratio, witness_of

GRID = Grid(("a", "b"), (0.1, 0.1, 0.1))
LABELS = torch.tensor([[0, 0, 1, 1], [0, 1, 1, 1]]).view(2, 1, 1, 4)
COMPONENTS = """
import torch
from porenet.errors import InputError


class Blank(torch.nn.Module):
    def __init__(self, grid, *, keys: str = "b"):
        super().__init__()
        if keys:
            self.witness_keys = tuple(keys)
        self.witness_range = (0.5, 2.0)

    def forward(self, probabilities, targets):
        return probabilities[:, 0].mean(dim=(1, 2, 3))


def counts(volume, *, per: float = 1.0):
    return {phase: float((volume.labels == i).sum()) / per for i, phase in enumerate(volume.grid.phases)}


def others(volume, *, per: float = 1.0):
    return {phase: 100.0 for phase in volume.grid.phases}


def refuses(volume):
    raise InputError("too flat", where="counts")


def fails(volume):
    return 1 / 0
"""
LOSS = 'yield spec("{name}", target="answers:Blank", witness=Witness("{metric}", {params}, 1.5))'
METRIC = 'yield spec("{name}", kind="metric", target="answers:{target}")'


@pytest.fixture
def install(site, use):
    (site.folder / "answers.py").write_text(COMPONENTS)

    def installed(**plugins):
        for name, lines in plugins.items():
            body = "".join(f"\n    {line}" for line in lines)
            site.add(name, f"from porenet.interface import Witness\n\n@hookimpl\ndef porenet_specs():{body}\n")
        return use(site.registry())

    return installed


def loss_line(metric="counts", params=None, name="blank"):
    return LOSS.format(name=name, metric=metric, params=params or {})


def metric_line(target="counts", name=None):
    return METRIC.format(name=name or target, target=target)


def asked(name="blank", **params):
    component = registry.installed().find("loss", name)
    return witness_of(component, create_loss(name, GRID, **params))


def test_it_counts_the_keys_that_the_loss_names(install):
    install(mine=[loss_line(), metric_line()])
    witness = asked()
    assert (witness.name, witness.factor, witness.usual) == ("counts", 1.5, (0.5, 2.0))
    assert witness.values(LABELS, GRID).tolist() == [[2.0], [3.0]]
    assert witness.values(LABELS, GRID).dtype == torch.float64
    assert asked(keys="ba").values(LABELS, GRID).tolist() == [[2.0, 2.0], [3.0, 1.0]]
    assert asked(keys="").values(LABELS, GRID).tolist() == [[2.0, 2.0], [1.0, 3.0]]


def test_it_is_named_after_its_parameters(install):
    install(mine=[loss_line(params={"per": 2.0}), metric_line()])
    assert asked().name == "counts by 2.0"
    assert asked().values(LABELS, GRID).tolist() == [[1.0], [1.5]]


def test_the_metric_of_the_same_plugin_goes_before_others(install):
    install(mine=[loss_line(), metric_line()], another=[metric_line("others", "counts")])
    assert asked().values(LABELS, GRID).tolist() == [[2.0], [3.0]]


def test_else_any_other_serves(install):
    install(mine=[loss_line()], another=[metric_line("others", "counts")])
    assert asked().values(LABELS, GRID).tolist() == [[100.0], [100.0]]


@pytest.mark.parametrize(
    "line", [loss_line("gone"), loss_line(params={"pro": 1.0}), 'yield spec("blank", target="answers:Blank")']
)
def test_without_a_metric_that_can_be_asked_there_is_no_witness(install, line):
    install(mine=[line, metric_line()])
    assert asked() is None


def test_a_metric_that_refuses_a_structure_leaves_it_undefined(install):
    install(mine=[loss_line("refuses"), metric_line("refuses")])
    assert asked(keys="ab").values(LABELS, GRID).isnan().tolist() == [[True, True]] * 2
    assert asked(keys="").values(LABELS, GRID).isnan().all()


@pytest.mark.parametrize(
    ("metric", "keys", "words"),
    [
        ("fails", "b", "witness fails: fails on a structure: ZeroDivisionError: "),
        (
            "counts",
            "bc",
            r"witness counts: has no \['c'\], which the loss names as its witness_keys; it has \['a', 'b'\]",
        ),
    ],
)
def test_a_metric_that_fails_is_a_fault_of_its_plugin(install, metric, keys, words):
    install(mine=[loss_line(metric), metric_line(metric)])
    with pytest.raises(PluginError, match=words):
        asked(keys=keys).values(LABELS, GRID)


@pytest.mark.parametrize(("ratio", "believed"), [(1, True), (1.5, True), (1 / 1.5, True), (1.51, False), (0.66, False)])
def test_a_ratio_is_believed_up_to_the_factor_either_way(install, ratio, believed):
    install(mine=[loss_line(), metric_line()])
    assert asked().believes(ratio) is believed
    assert not asked().believes(math.inf)
    assert not asked().believes(0.0)


@pytest.mark.parametrize(
    ("values", "reference", "ratio"),
    [
        ([[2.0, 3.0]], [[1.0, 4.0]], 2.0),
        ([[2.0, 1.0]], [[1.0, 4.0]], 0.25),  # a quarter is farther than twice
        ([[1.0], [3.0]], [[1.0], [1.0], [1.0]], 2.0),  # of the means
        ([[math.nan, 3.0]], [[1.0, 2.0]], 1.5),
        ([[math.nan], [3.0]], [[1.0], [math.nan]], 3.0),
        ([[math.nan]], [[1.0]], None),
        ([[0.0]], [[0.0]], 1.0),
        ([[0.0, 9.0]], [[1.0, 1.0]], 0.0),
        ([[1.0, 9.0]], [[0.0, 1.0]], math.inf),
    ],
)
def test_the_ratio_that_is_farthest_from_one(values, reference, ratio):
    assert farthest_ratio(torch.tensor(values), torch.tensor(reference)) == ratio
