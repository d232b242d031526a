import math

import pytest
from electrodes import GRID, METRICS

from porenet.integrations.logged_values import logged_values
from porenet.integrations.measuring_plan import plan_of

FACES = {"estimator": "faces", "per": "volume", "sigma": 2.0}


def row(metric, key, value, params=None):
    return {"metric": metric, "key": key, "value": value, "params": params or {}}


def test_undefined_values_are_counted_and_not_dropped():
    plan = plan_of(METRICS, GRID)
    rows = [
        row("vf", "Ni", 0.2), row("vf", "Ni", 0.4), row("vf", "Ni", None), row("vf", "pore", None),
        row("ssa", "Ni", 3.0, FACES), row("ssa", "Ni", 2.0, FACES | {"estimator": "tv"}), row("tpb", "total", 1.0),
    ]  # fmt: skip
    assert logged_values(rows, {}, plan, "step_1") == {
        "structure/vf/Ni": pytest.approx(0.3),
        "structure/vf/Ni/std": pytest.approx(0.1 * math.sqrt(2)),
        "structure/vf/Ni/n_undefined": 1.0,
        "structure/vf/pore/n_undefined": 1.0,
        "structure/ssa/Ni": 3.0,
    }


def test_decisions_and_scores_of_a_report():
    plan = plan_of(["vf"], GRID)
    labels = {"Ni": "OK", "YSZ": "Fail", "pore": "withheld"}
    decisions = [
        row("vf", key, None) | {"label": label, "distance": 0.2, "spread": None} for key, label in labels.items()
    ]
    scores = [row("vf", "Ni", 0.9) | {"run": "step_1", "score": "s_value"}]
    report = {"decisions": {"step_1": {"decisions": decisions}}, "comparisons": scores}
    values = logged_values([], report, plan, "step_1")
    assert {name: value for name, value in values.items() if "verdict" in name} == {
        "structure/vf/Ni/verdict": 1.0, "structure/vf/YSZ/verdict": -1.0,
        "structure/verdicts/match": 1.0, "structure/verdicts/differs": 1.0,
        "structure/verdicts/undecided": 0.0, "structure/verdicts/withheld": 1.0,
    }  # fmt: skip
    assert values["structure/vf/Ni/s_value"] == 0.9
    assert values["structure/vf/pore/distance"] == 0.2
    assert logged_values([], report, plan, "step_2") == {}
