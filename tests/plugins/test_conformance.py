"""Every component of porenet's own plugins obeys the laws that bind strangers."""

import pytest
import torch

from porenet import registry
from porenet.registry import OWN
from porenet.testing import checks, conformance
from porenet.testing.casebook import casebook
from porenet.testing.fields import flat

BOOK = casebook(OWN)
LOSSES = [case for _, case in BOOK.cases if case.spec.kind == "loss"]


def test_every_component_has_a_case():
    assert BOOK.faults == ()
    own = {(one.spec.kind, one.spec.name) for one in registry.installed().components if one.provider.name == OWN}
    assert {(case.spec.kind, case.spec.name) for _, case in BOOK.cases} == own


SEARCHED = ("flips_change_nothing", "rolls_change_nothing")
"""Laws whose declared breach is rare where most small volumes are too fine for an estimator: the search takes 6 s."""


SIBLINGS = ("loss:s2(", "loss:lineal_path", "metric:s2(directions=", "metric:lineal_path")
"""Beginnings of cases whose tests beside the laws are thorough, or of which a sibling is among the quick ones."""


def quick(parameter):
    """Whether a law takes less than a second: to descend takes up to four, but for a loss that is soon met."""
    (check,) = parameter.values
    name, case = getattr(check, "name", ""), str(getattr(check, "case", ""))
    if case.startswith(SIBLINGS):
        return False
    if name in SEARCHED and "estimator=coarea" in case:
        return False
    return name != "met_means_met" or case == "loss:ssa(estimator=tv)"


@pytest.mark.parametrize("check", list(filter(quick, conformance(OWN).args[1])))
def test_conformance(check, monkeypatch):
    monkeypatch.setattr(checks, "EXAMPLES", 6)  # on more below
    check()


@pytest.mark.slow
@conformance(OWN)
def test_conformance_on_more_examples(check, monkeypatch):
    monkeypatch.setattr(checks, "EXAMPLES", 15)
    check()


@pytest.mark.slow
@pytest.mark.parametrize("case", LOSSES, ids=str)
def test_a_compiled_loss_gives_the_same(case):
    generator = torch.Generator().manual_seed(0)
    field = torch.randn((2, len(case.phases), 6, 5, 4), generator=generator, dtype=torch.float64).softmax(dim=1)
    grid = case.grid((0.1, 0.2, 0.1))
    loss = case.loss(grid)
    torch._dynamo.reset()
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    for shown in (field, flat([1 / len(case.phases)] * len(case.phases), (6, 5, 4), batch=2)):
        gradients = []
        for run in (loss, compiled):
            leaf = shown.clone().requires_grad_()
            values = run(leaf, case.targets_for(shown, grid))
            gradients.append((values.detach(), torch.autograd.grad(values.sum(), leaf, allow_unused=True)[0]))
        (value, gradient), (other, again) = gradients
        torch.testing.assert_close(other, value)
        torch.testing.assert_close(again, gradient)
