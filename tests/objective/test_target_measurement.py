"""Targets from real structures, and which term gets which."""

import pytest
import torch

from porenet.errors import InputError
from porenet.interface import Grid
from porenet.objective import Objective
from porenet.targets import Targets

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
LOSSES = """
import torch
from porenet.targets import target_like

class Share(torch.nn.Module):
    def __init__(self, grid, *, power: int = 1, estimator: str = "plain"):
        super().__init__()
        self.power, self.twin_params = power, {"estimator": estimator}

    def descriptor(self, probabilities):
        return probabilities[:, :1].mean(dim=(2, 3, 4)) ** self.power

    def forward(self, probabilities, targets):
        found = self.descriptor(probabilities)
        target = target_like(targets, "share", found, estimator=self.twin_params["estimator"])
        return (found - target).square().sum(dim=1)

class Whole(Share):
    def forward(self, probabilities, targets):
        return (self.descriptor(probabilities).mean() - targets["sample"].mean()).square().view(1)

class Perhaps(Share):
    def __init__(self, grid, *, target: str = "none"):
        super().__init__(grid)
        self.target = target

    def forward(self, probabilities, targets):
        found = self.descriptor(probabilities).squeeze(1)
        return found if self.target == "none" else (found - targets["share"].squeeze(1)).square()

class Wider(Share):
    def target_of(self, probabilities):
        return torch.cat([self.descriptor(probabilities), torch.ones(len(probabilities), 1)], dim=1)

class Parted(Share):
    # With a part that is optional: 9 without it.

    def __init__(self, grid, *, power: int = 1):
        super().__init__(grid, power=power)
        self.target_estimators = {"whole": "plain", "whole.most": "plain"}

    def target_of(self, probabilities):
        found = self.descriptor(probabilities)
        return {"whole": found, "whole.most": 2 * found}

    def forward(self, probabilities, targets):
        found, most = self.descriptor(probabilities), targets.get("whole.most")
        excess = 9.0 if most is None else (2 * found - most).relu()
        return ((found - targets["whole"]).square() + excess).sum(dim=1)

class Undescribed(torch.nn.Module):
    def __init__(self, grid):
        super().__init__()

    def forward(self, probabilities, targets):
        return probabilities[:, 0].mean(dim=(1, 2, 3))
"""
# Shares of the first phase: 1/2, 0, 1.
LABELS = torch.tensor([[0, 1], [1, 2], [0, 0]]).view(3, 1, 1, 2)


@pytest.fixture(autouse=True)
def plugin(site, use):
    (site.folder / "aimed_losses.py").write_text(LOSSES)
    site.add(
        "aimed",
        """
        @hookimpl
        def porenet_specs():
            yield spec("share", target="aimed_losses:Share", needs=("share",), weight=1.0)
            yield spec("whole", target="aimed_losses:Whole", needs=("sample",), weight=1.0, batchwise=True)
            yield spec(
                "perhaps", target="aimed_losses:Perhaps", needs=("share",), weight=1.0,
                needs_when={"share": ("target", "given")},
            )
            yield spec("wider", target="aimed_losses:Wider", needs=("wide",), weight=1.0)
            yield spec(
                "parted", target="aimed_losses:Parted", needs=("whole",), optional=("whole.most",), weight=1.0
            )
            yield spec("undescribed", target="aimed_losses:Undescribed", needs=("what",), weight=1.0)
            yield spec("two", target="aimed_losses:Share", needs=("a", "b"), weight=1.0)
            yield spec("free", target="aimed_losses:Undescribed", weight=1.0)
        """,
    )
    use(site.registry())


def test_a_structure_meets_the_targets_measured_on_it():
    objective = Objective(GRID, [{"loss": "share"}, {"loss": "whole"}, {"loss": "free"}])
    targets = objective.targets_of(LABELS)
    assert targets["share"].tolist() == [[0.5], [0.0], [1.0]]
    assert targets["sample"].tolist() == [[0.5], [0.0], [1.0]]
    assert targets.estimators == {"share": "plain", "sample": "plain"}
    assert targets.whole == {"sample"}
    batch = targets.rows(torch.tensor([2, 0]))
    field = torch.nn.functional.one_hot(LABELS[[2, 0]], 3).movedim(-1, 1).float()
    _, terms = objective(field, batch)
    assert terms["share"].item() == 0
    assert terms["whole"].item() == pytest.approx((0.75 - 0.5) ** 2)


def test_many_structures_are_measured_a_few_at_a_time():
    labels = torch.randint(0, 3, (21, 2, 3, 4), generator=torch.Generator().manual_seed(0))
    found = Objective(GRID, [{"loss": "share"}]).targets_of(labels)["share"]
    assert torch.allclose(found[:, 0], (labels == 0).float().mean(dim=(1, 2, 3)))


def test_a_loss_may_say_itself_what_a_structure_is_a_target_for():
    assert Objective(GRID, [{"loss": "wider"}]).targets_of(LABELS)["wide"].tolist() == [[0.5, 1], [0, 1], [1, 1]]


def test_a_term_that_measures_otherwise_gets_a_target_of_its_own():
    rows = [
        {"loss": "share"},
        {"loss": "share", "label": "again"},
        {"loss": "share", "label": "squared", "params": {"power": 2}},
        {"loss": "share", "label": "other", "params": {"estimator": "fancy"}},
    ]
    objective = Objective(GRID, rows)
    targets = objective.targets_of(LABELS)
    assert sorted(targets) == ["other", "share", "squared"]
    assert targets["squared"].tolist() == [[0.25], [0.0], [1.0]]
    assert targets.estimators == {"share": "plain", "squared": "plain", "other": "fancy"}
    field = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1).float()
    _, terms = objective(field, targets)
    assert set(terms.values()) == {torch.tensor(0.0)} or all(value == 0 for value in terms.values())


def test_a_target_under_a_label_is_for_that_term_alone():
    objective = Objective(GRID, [{"loss": "share", "label": "low"}, {"loss": "share", "label": "high"}])
    field = torch.nn.functional.one_hot(LABELS[:1], 3).movedim(-1, 1).float()
    _, terms = objective(field, {"low": torch.tensor([[0.1]]), "high": torch.tensor([[0.9]])})
    assert [round(value.item(), 6) for value in terms.values()] == [0.16, 0.16]
    _, terms = objective(field, {"low": torch.tensor([[0.1]]), "share": torch.tensor([[0.5]])})
    assert [round(value.item(), 6) for value in terms.values()] == [0.16, 0.0]
    with pytest.raises(InputError, match="the target 'share' is missing, needed by high"):
        objective(field, {"low": torch.tensor([[0.1]])})


def test_the_estimator_of_a_target_under_a_label_is_looked_at_too():
    objective = Objective(GRID, [{"loss": "share", "label": "mine"}])
    field = torch.full((1, 3, 2, 2, 2), 1 / 3)
    with pytest.raises(InputError, match="measured with the estimator 'tv'"):
        objective(field, Targets({"mine": torch.tensor([[0.5]])}, {"mine": "tv"}))


def test_a_label_that_is_another_terms_key_stands_for_nothing():
    objective = Objective(GRID, [{"loss": "share", "label": "sample"}, {"loss": "whole"}])
    with pytest.raises(InputError, match="the target 'share' is missing, needed by sample"):
        objective(torch.full((1, 3, 2, 2, 2), 1 / 3), {"sample": torch.zeros(1, 1)})


def test_so_is_a_label_that_is_a_part_of_another_terms_target():
    objective = Objective(GRID, [{"loss": "parted"}, {"loss": "share", "label": "whole.most"}])
    targets = objective.targets_of(LABELS)
    assert {key: targets[key].flatten().tolist() for key in targets} == {
        "whole": [0.5, 0.0, 1.0],
        "whole.most": [1.0, 0.0, 2.0],
        "share": [0.5, 0.0, 1.0],
    }
    field = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1).float()
    assert [values.tolist() for values in objective.values(field, targets).values()] == [[0.0] * 3] * 2


def test_parts_of_a_target_stand_under_the_label_too():
    objective = Objective(GRID, [{"loss": "parted"}, {"loss": "parted", "label": "mine", "params": {"power": 2}}])
    targets = objective.targets_of(LABELS)
    assert set(targets) == {"whole", "whole.most", "mine", "mine.most"}
    assert targets["mine.most"].flatten().tolist() == [0.5, 0.0, 2.0]
    assert targets.estimators == dict.fromkeys(("whole", "whole.most", "mine", "mine.most"), "plain")
    field = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1).float()
    assert [values.tolist() for values in objective.values(field, targets).values()] == [[0.0] * 3] * 2
    # Without its own part a term takes none, not that of another.
    partly = {key: value for key, value in targets.items() if key != "mine.most"}
    assert objective.values(field, partly)["mine"].tolist() == [9.0] * 3


def test_a_part_that_is_no_tensor_is_refused_by_its_name():
    objective = Objective(GRID, [{"loss": "parted", "label": "mine"}])
    field = torch.full((1, 3, 2, 2, 2), 1 / 3)
    for part in ("whole.most", "mine.most"):
        with pytest.raises(InputError, match=rf"targets\['{part}'\]: a tensor of real numbers was expected, not list"):
            objective(field, {"whole": torch.zeros(1, 1), "mine": torch.zeros(1, 1), part: [1.0]})


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([{"loss": "undescribed"}], "term undescribed (aimed:undescribed): the target 'what' cannot be measured"),
        ([{"loss": "two"}], "the loss needs several"),
        (
            [{"loss": "share"}, {"loss": "share", "label": "sample", "params": {"power": 2}}, {"loss": "whole"}],
            "Give the term a label that is not a target key",
        ),
    ],
)
def test_what_cannot_be_measured(rows, complaint):
    with pytest.raises(InputError) as caught:
        Objective(GRID, rows).targets_of(LABELS)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        (LABELS[0], "labels: a tensor of shape (N, Z, Y, X) was expected, not (1, 1, 2)"),
        (LABELS.numpy(), "labels: a tensor of shape (N, Z, Y, X) was expected, not ndarray"),
        (LABELS[:0], "not (0, 1, 1, 2)"),
        (LABELS.float(), "labels: integers were expected, not torch.float32"),
        (LABELS + 1, "labels from 1 to 3; the grid has the phases Ni, YSZ, pore, labels 0 to 2"),
        (LABELS - 1, "labels from -1 to 1"),
    ],
)
def test_labels_that_are_none(labels, complaint):
    with pytest.raises(InputError) as caught:
        Objective(GRID, [{"loss": "share"}]).targets_of(labels)
    assert complaint in str(caught.value)


def test_a_target_that_a_parameter_asks_for_is_needed_only_then():
    free = Objective(GRID, [{"loss": "perhaps"}], relax="soft")
    asked = Objective(GRID, [{"loss": "perhaps", "params": {"target": "given"}}], relax="soft")
    field = torch.full((3, 3, 1, 1, 2), 1 / 3)
    assert free.needs == {}
    assert dict(free.targets_of(LABELS)) == {}
    assert free(field, {})[0].item() == pytest.approx(1 / 3)
    assert asked.needs == {"share": ("perhaps",)}
    targets = asked.targets_of(LABELS)
    assert targets["share"].flatten().tolist() == [0.5, 0.0, 1.0]
    with pytest.raises(InputError, match="the target 'share' is missing, needed by perhaps"):
        asked(field, {})
