"""What a witness says of a met term: ratios by hand, who is believed, one warning a term, and its words."""

import math
import warnings

import pytest
import torch

from porenet.errors import BlindTerm
from porenet.interface import Grid
from porenet.objective import Objective
from porenet.targets import Targets

GRID = Grid(("a", "b"), (1.0, 1.0, 1.0))
COMPONENTS = """
import torch
from porenet.interface import Undefined


class Share(torch.nn.Module):
    witness_keys = ("a",)

    def __init__(self, grid, *, estimator: str = "fine"):
        super().__init__()

    def descriptor(self, probabilities):
        return probabilities[:, :1].mean(dim=(2, 3, 4))

    def forward(self, probabilities, targets):
        return (self.descriptor(probabilities) - targets["share"]).abs().squeeze(1)


class Ranged(Share):
    witness_range = (0.5, 3.0)


class Both(Share):
    witness_keys = ("a", "b")


class Every(Share):
    @property
    def witness_keys(self):
        raise AttributeError


class Scaled(Share):
    def __init__(self, grid, *, per: float = 2.0):
        super().__init__(grid)
        self.witness_params = {"per": per}


class Borrowed(Share):
    witness_as = "share"


def walls(volume, *, per: float = 1.0, side: str = "x"):
    changes = float((volume.labels[..., 1:] != volume.labels[..., :-1]).sum()) / per
    return {"a": changes, "b": 5.0}


def nowhere(volume):
    return {"a": Undefined("never")}
"""
# Along x: one wall, and five, with the same share of a.
ONE_WALL = torch.tensor([0, 0, 0, 1, 1, 1]).view(1, 1, 1, 6)
FIVE_WALLS = torch.tensor([0, 1, 0, 1, 0, 1]).view(1, 1, 1, 6)


@pytest.fixture(autouse=True)
def plugin(site, use):
    (site.folder / "witnessed.py").write_text(COMPONENTS)
    site.add(
        "seen",
        """
        from porenet.interface import Witness

        def loss(name, target, **fields):
            fields = {"tolerance": 0.01, "needs": ("share",), "weight": 1.0, "witness": Witness("walls")} | fields
            return spec(name, target="witnessed:" + target, **fields)

        @hookimpl
        def porenet_specs():
            yield loss("share", "Share")
            yield loss("wide", "Share", witness=Witness("walls", {}, 6.0))
            yield loss("by_side", "Share", witness=Witness("walls", {"side": "x"}, 1.5))
            yield loss("both", "Both")
            yield loss("every", "Every")
            yield loss("ranged", "Ranged")
            yield loss("scaled", "Scaled")
            yield loss("borrowed", "Borrowed", witness=None)
            yield loss("no_witness", "Share", witness=None)
            yield loss("no_tolerance", "Share", tolerance=None)
            yield loss("not_installed", "Share", witness=Witness("gone"))
            yield loss("undefined", "Share", witness=Witness("nowhere"))
            yield spec("walls", kind="metric", target="witnessed:walls")
            yield spec("nowhere", kind="metric", target="witnessed:nowhere")
        """,
    )
    use(site.registry())


def field_of(labels):
    return torch.nn.functional.one_hot(labels, 2).movedim(-1, 1).float()


def gap_of(loss, labels=FIVE_WALLS, reference=ONE_WALL, **params):
    objective = Objective(GRID, [{"loss": loss, "params": params}])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BlindTerm)
        return objective.gaps(field_of(labels), objective.targets_of(reference))[loss]


def test_a_term_met_by_what_its_witness_doubts_is_blind():
    gap = gap_of("share")
    assert gap.hard == pytest.approx(0, abs=1e-7)
    assert (gap.witness, gap.blind, gap.fooled) == (5.0, True, False)
    assert gap_of("share", labels=ONE_WALL) == gap_of("share", labels=ONE_WALL.flip(3))
    assert (gap_of("share", labels=ONE_WALL).witness, gap_of("share", labels=ONE_WALL).blind) == (1.0, False)


def test_too_little_is_doubted_as_too_much_is():
    gap = gap_of("share", labels=ONE_WALL, reference=FIVE_WALLS)
    assert gap.witness == pytest.approx(0.2)
    assert gap.blind


def test_what_is_not_met_is_not_blind_whatever_its_witness_says():
    gap = gap_of("share", labels=torch.tensor([0, 1, 0, 1, 0, 0]).view(1, 1, 1, 6))
    assert gap.hard == pytest.approx(1 / 6)
    assert (gap.witness, gap.blind) == (4.0, False)


def test_the_factor_is_that_of_the_spec():
    assert (gap_of("wide").witness, gap_of("wide").blind) == (5.0, False)


def test_the_result_that_is_farthest_off_counts():
    # b has 5 in both structures, and a is at 5 times and at a fifth.
    assert gap_of("both").witness == 5.0
    assert gap_of("both", labels=ONE_WALL, reference=FIVE_WALLS).witness == pytest.approx(0.2)
    assert gap_of("every").witness == 5.0  # no keys: all of the metric's


def test_parameters_of_the_loss_reach_its_witness():
    objective = Objective(GRID, [{"loss": "scaled", "params": {"per": 4.0}}])
    assert objective.targets_of(FIVE_WALLS).witnesses["scaled"].tolist() == [[5 / 4]]


def test_the_witness_of_another_loss_may_be_taken():
    assert gap_of("borrowed").witness == 5.0


@pytest.mark.parametrize("loss", ["no_witness", "no_tolerance", "not_installed", "undefined"])
def test_without_a_witness_that_can_speak_nothing_is_blind(loss):
    gap = gap_of(loss)
    assert (gap.witness, gap.blind) == (None, False)


def test_means_of_the_batch_are_compared_with_those_of_its_targets():
    objective = Objective(GRID, [{"loss": "share"}])
    targets = objective.targets_of(torch.cat([ONE_WALL, FIVE_WALLS, ONE_WALL]))
    assert targets.witnesses["share"].flatten().tolist() == [1.0, 5.0, 1.0]
    field = field_of(torch.cat([FIVE_WALLS, ONE_WALL]))
    assert objective.gaps(field, targets.rows(torch.tensor([0, 1])))["share"].witness == 1.0  # 6 walls of 6
    with pytest.warns(BlindTerm):
        assert objective.gaps(field, targets.rows(torch.tensor([0, 2])))["share"].witness == 3.0


@pytest.mark.parametrize(
    ("wanted", "ratio", "blind"),
    [([[0.0]], math.inf, True), ([[math.nan]], None, False), ([[math.nan], [5.0]], 1.0, 0)],
)
def test_nothing_and_the_undefined(wanted, ratio, blind):
    objective = Objective(GRID, [{"loss": "share"}])
    wanted = torch.tensor(wanted, dtype=torch.float64)
    targets = Targets({"share": torch.full((len(wanted), 1), 0.5)}, witnesses={"share": wanted})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BlindTerm)
        gap = objective.gaps(field_of(FIVE_WALLS.expand(len(wanted), -1, -1, -1)), targets)["share"]
    assert (gap.witness, gap.blind) == (ratio, bool(blind))
    solid = objective.gaps(
        torch.full((1, 2, 1, 1, 6), 0.5), Targets({"share": torch.ones(1, 1)}, witnesses={"share": torch.zeros(1, 1)})
    )
    assert solid["share"].witness == 1.0  # nothing, as wanted


# Without the witness of real structures the loss's own reading stands for them, where it says how they compare.
@pytest.mark.parametrize(("loss", "labels", "blind"), [("ranged", FIVE_WALLS, True), ("ranged", ONE_WALL, False)])
def test_without_a_reference_the_witness_is_compared_with_the_reading(loss, labels, blind):
    objective = Objective(GRID, [{"loss": loss}])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gap = objective.gaps(field_of(labels), {"share": torch.tensor([[0.5]])})[loss]
    assert (gap.witness, gap.blind) == (None, blind)
    assert [warning.category for warning in caught] == [BlindTerm] * blind
    if blind:  # five walls, and a share of a half
        assert "whose walls is 10 times what the term reads, which no real structure has" in str(caught[0].message)


def test_without_a_reference_and_a_range_nothing_is_blind():
    objective = Objective(GRID, [{"loss": "share"}])
    gap = objective.gaps(field_of(FIVE_WALLS), {"share": torch.tensor([[0.5]])})["share"]
    assert (gap.witness, gap.blind) == (None, False)


def test_a_blind_term_is_said_once():
    objective = Objective(GRID, [{"loss": "share"}, {"loss": "share", "label": "again"}])
    targets = objective.targets_of(ONE_WALL)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for labels in (FIVE_WALLS, ONE_WALL, FIVE_WALLS):
            objective.gaps(field_of(labels), targets)
    assert [str(warning.message).split()[0] for warning in caught] == ["share", "again"]
    assert {warning.category for warning in caught} == {BlindTerm}
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("loss", "params", "name", "advice"),
    [
        ("share", {}, "walls", "Add a term that sees it, or stop the run before it drifts."),
        ("share", {"estimator": "coarse"}, "walls", "Leave out estimator = 'coarse': the default, 'fine', sees it."),
        ("by_side", {}, "walls by x", "Add a term that sees it, or stop the run before it drifts."),
    ],
)
def test_the_warning_names_the_witness_the_ratio_and_what_to_do(loss, params, name, advice):
    objective = Objective(GRID, [{"loss": loss, "label": "mine", "params": params}])
    with pytest.warns(BlindTerm) as caught:
        objective.gaps(field_of(FIVE_WALLS), objective.targets_of(ONE_WALL))
    assert str(caught[0].message) == (
        f"mine is met (0, counts as met at 0.01) by a structure whose {name} is 5 times that of the structures behind "
        f"its targets: the term does not see what differs. {advice}"
    )
