"""The soft-hard gap: what a term is told beside what the decoded structure would tell it."""

import warnings

import pytest
import torch

from porenet.errors import FooledTerm, InputError, NonFiniteTerm
from porenet.interface import Grid
from porenet.objective import Objective
from porenet.objective.soft_hard_gap import is_fooled

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
LOSSES = """
import torch

class Fraction(torch.nn.Module):
    def __init__(self, grid):
        super().__init__()

    def descriptor(self, probabilities):
        return probabilities.mean(dim=(2, 3, 4))

    def forward(self, probabilities, targets):
        return (self.descriptor(probabilities) - targets["vf"]).square().sum(dim=1)
"""


@pytest.fixture(autouse=True)
def plugin(site, use):
    (site.folder / "gap_losses.py").write_text(LOSSES)
    site.add(
        "gapped",
        """
        @hookimpl
        def porenet_specs():
            about = dict(target="gap_losses:Fraction", needs=("vf",), weight=1.0)
            yield spec("fraction", tolerance=1e-3, **about)
            yield spec("untold", **about)
            yield spec("blind", tolerance=1e-3, reads="soft", **about)
        """,
    )
    use(site.registry())


def loophole(batch=2):
    return torch.tensor([0.36, 0.34, 0.30]).view(1, 3, 1, 1, 1).expand(batch, 3, 4, 4, 4)


TARGETS = {"vf": torch.tensor([[0.36, 0.34, 0.30]] * 2)}
HARD = (1 - 0.36) ** 2 + 0.34**2 + 0.30**2


def test_the_three_readings_by_hand():
    objective = Objective(GRID, [{"loss": "fraction"}], relax="soft")
    with pytest.warns(FooledTerm):
        gap = objective.gaps(loophole(), TARGETS)["fraction"]
    assert gap.read == gap.soft == pytest.approx(0, abs=1e-12)
    assert gap.hard == pytest.approx(HARD)
    assert gap.gap == gap.hard - gap.soft
    assert gap.fooled


def test_the_warning_says_what_and_what_to_do():
    with pytest.warns(FooledTerm) as caught:
        Objective(GRID, [{"loss": "fraction"}], relax="soft").gaps(loophole(), TARGETS)
    text = str(caught[0].message)
    assert text.startswith("fraction is met on the field that it reads (soft: ")
    assert "not on the structure that is decoded from it (0.615)" in text
    assert text.endswith('relax = "straight_through".')


def test_a_loss_that_always_reads_the_soft_field_gets_other_advice():
    with pytest.warns(FooledTerm, match="blind always reads the soft field; add a term that reads the structure"):
        Objective(GRID, [{"loss": "blind"}]).gaps(loophole(), TARGETS)


def test_a_term_that_reads_the_structure_is_not_fooled_and_shows_its_gap_all_the_same():
    gap = Objective(GRID, [{"loss": "fraction"}]).gaps(loophole(), TARGETS)["fraction"]
    assert (gap.read, gap.soft) == (pytest.approx(HARD), pytest.approx(0, abs=1e-12))
    assert not gap.fooled


def test_a_term_without_a_tolerance_is_not_judged():
    assert not Objective(GRID, [{"loss": "untold"}], relax="soft").gaps(loophole(), TARGETS)["untold"].fooled


@pytest.mark.parametrize(
    ("read", "hard", "expected"),
    [
        (1e-4, 0.5, True),
        (1e-3, 0.01, True),  # at the tolerance it is met
        (1e-3, 0.009, False),  # nine times as much: both lie about the tolerance
        (0.0, 2e-3, True),
        (0.0, 1e-3, False),  # met on the argmax, too
        (2e-3, 0.5, False),  # met nowhere
        (None, 0.5, False),
        (0.0, None, False),
    ],
)
def test_fooled_is_met_as_read_and_tenfold_on_the_argmax(read, hard, expected):
    assert is_fooled(1e-3, read, hard) is expected


def test_what_is_near_the_tolerance_on_both_is_not_fooled():
    # Met at 0.001 by the probabilities, missed by the argmax, which is four times as far off: not ten.
    field = torch.tensor([0.98, 0.02, 0.0]).view(1, 3, 1, 1, 1).expand(2, 3, 4, 4, 4)
    targets = {"vf": torch.tensor([[0.96, 0.04, 0.0]] * 2)}  # read: 2 x 0.02^2 = 0.0008; on the argmax 2 x 0.04^2
    gap = Objective(GRID, [{"loss": "fraction"}], relax="soft").gaps(field, targets)["fraction"]
    assert (gap.read, gap.hard) == (pytest.approx(0.0008, rel=1e-3), pytest.approx(0.0032, rel=1e-3))
    assert not gap.fooled


def test_a_decided_field_has_no_gap():
    field = torch.zeros(2, 3, 4, 4, 4)
    field[:, 0] = 1
    gap = Objective(GRID, [{"loss": "fraction"}], relax="soft").gaps(field, TARGETS)["fraction"]
    assert gap.soft == gap.hard
    assert gap.gap == 0


def test_it_warns_when_a_term_begins_to_be_fooled_and_not_at_every_step():
    objective = Objective(GRID, [{"loss": "fraction"}], relax="soft")
    with pytest.warns(FooledTerm):
        objective.gaps(loophole(), TARGETS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        objective.gaps(loophole(), TARGETS)
        honest = torch.zeros(2, 3, 4, 4, 4)
        honest[:, 0] = 1
        objective.gaps(honest, TARGETS)
    with pytest.warns(FooledTerm):
        objective.gaps(loophole(), TARGETS)


def test_each_relaxation_is_read_as_it_is_shown():
    # 0.0936 of the last phase is shown at T = 0.1: by hand, 0.30^10 / (0.36^10 + 0.34^10 + 0.30^10).
    gap = Objective(GRID, [{"loss": "fraction"}], relax="sharpen(0.1)").gaps(loophole(), TARGETS)["fraction"]
    powers = [p**10 for p in (0.36, 0.34, 0.30)]
    shown = [power / sum(powers) for power in powers]
    assert gap.read == pytest.approx(
        sum((s - t) ** 2 for s, t in zip(shown, (0.36, 0.34, 0.30), strict=True)), rel=1e-4
    )
    assert gap.soft < gap.read < gap.hard


def test_it_is_about_every_term_whatever_its_schedule():
    rows = [{"loss": "fraction", "start": 100}, {"loss": "blind", "stop": 1}]
    with pytest.warns(FooledTerm):
        assert list(Objective(GRID, rows, relax="soft").gaps(loophole(), TARGETS)) == ["fraction", "blind"]


def test_it_leaves_no_graph_behind():
    logits = torch.zeros(2, 3, 4, 4, 4, requires_grad=True)
    objective = Objective(GRID, [{"loss": "fraction"}])
    gap = objective.gaps(logits.softmax(dim=1), TARGETS)["fraction"]
    assert isinstance(gap.hard, float)
    assert objective.values(logits.softmax(dim=1), TARGETS)["fraction"].grad_fn is not None


def test_values_are_those_of_each_sample():
    objective = Objective(GRID, [{"loss": "fraction", "weight": 7, "start": 5}])
    targets = {"vf": torch.tensor([[0.36, 0.34, 0.30], [1.0, 0.0, 0.0]])}
    assert objective.values(loophole(), targets)["fraction"].tolist() == pytest.approx([HARD, 0])
    assert objective.values(loophole(), targets, as_read="soft")["fraction"][0].item() == pytest.approx(0, abs=1e-12)


def test_a_missing_target_is_refused_there_too():
    with pytest.raises(InputError, match="the target 'vf' is missing"):
        Objective(GRID, [{"loss": "fraction"}]).gaps(loophole(), {})


def test_a_look_draws_nothing_from_the_generator_of_the_training():
    objective = Objective(GRID, [{"loss": "fraction", "relax": "gumbel(1)"}])
    draws = []
    for look in (False, True):
        torch.manual_seed(0)
        if look:
            objective.gaps(loophole(), TARGETS)
        draws.append(objective(loophole(), TARGETS)[0].item())
    assert draws[0] == draws[1]


def test_a_field_that_is_not_finite_has_no_gap():
    field = loophole().clone()
    field[0, 0, 0, 0, 0] = float("nan")
    with pytest.raises(NonFiniteTerm, match="the probabilities themselves are not finite"):
        Objective(GRID, [{"loss": "fraction"}]).gaps(field, TARGETS)
