"""Every component of porenet's own plugins obeys the laws that bind strangers."""

import pytest

from porenet import registry
from porenet.registry import OWN
from porenet.testing import checks, conformance, laws_for
from porenet.testing.casebook import casebook
from porenet.testing.laws import transforms

BOOK = casebook(OWN)
LOSSES = [case for _, case in BOOK.cases if case.spec.kind == "loss"]
TRANSFORMS = [law.__name__ for law in transforms.LAWS]
UNHURRIED = {"compiled_is_right_or_refused", "exported_is_right_or_refused"}
FIRST = list({case.spec.name: case for case in reversed(LOSSES)}.values())
"""One case per loss, its first."""


def test_every_component_has_a_case():
    assert BOOK.faults == ()
    own = {(one.spec.kind, one.spec.name) for one in registry.installed().components if one.provider.name == OWN}
    assert {(case.spec.kind, case.spec.name) for _, case in BOOK.cases} == own


SEARCHED = ("flips_change_nothing", "rolls_change_nothing")
"""Laws whose declared breach is rare where most small volumes are too fine for an estimator: the search takes 6 s."""


SIBLINGS = (
    "loss:s2(", "loss:lineal_path", "metric:s2(directions=", "metric:lineal_path",
    "metric:tortuosity(tolerance=1e-06,axis=all", "metric:permeability_katz_thompson(axis",
    "metric:geodesic_tortuosity(axis", "metric:conductivity_tensor(tolerance=1e-06,conductivities={'solid'",
    "metric:effective_conductivity(tolerance=1e-06,conductivities={'Ni': 4.0, 'YSZ': 2.0, 'pore': 0.5})",
)  # fmt: skip
"""Beginnings of cases whose tests beside the laws are thorough, or of which a sibling is among the quick ones."""


def quick(parameter):
    """Whether a law takes less than a second: to descend takes up to four, but for a loss that is soon met."""
    (check,) = parameter.values
    name, case = getattr(check, "name", ""), str(getattr(check, "case", ""))
    if case.startswith(SIBLINGS) or name in TRANSFORMS:  # more of these below
        return False
    if name in SEARCHED and "estimator=coarea" in case:
        return False
    return name != "met_means_met" or case == "loss:ssa(estimator=tv)"


@pytest.mark.parametrize("check", list(filter(quick, conformance(OWN).args[1])))
def test_conformance(check, monkeypatch):
    monkeypatch.setattr(checks, "EXAMPLES", 6)  # on more below
    check()


@pytest.mark.slow
@pytest.mark.parametrize("check", [each for each in conformance(OWN).args[1] if each.values[0].name not in TRANSFORMS])
def test_conformance_on_more_examples(check, monkeypatch):
    monkeypatch.setattr(checks, "EXAMPLES", 15)
    check()


# As the docs say (docs/write-a-loss.md): all of them have all transforms.
@pytest.mark.parametrize("law", [law for law in TRANSFORMS if law not in UNHURRIED])
@pytest.mark.parametrize("case", FIRST, ids=str)
def test_no_loss_lacks_a_transform(case, law):
    assert laws_for(case)[law]() == ""


@pytest.mark.slow
@pytest.mark.parametrize("law", TRANSFORMS)
@pytest.mark.parametrize("case", LOSSES, ids=str)
def test_no_case_of_a_loss_lacks_a_transform(case, law):
    assert laws_for(case)[law]() == ""
