import tomllib

import pytest
from electrodes import GRID, METRICS, real_table

import porenet
from porenet import registry
from porenet.errors import ConfigError, InputError, UnknownComponent
from porenet.integrations import measuring_plan
from porenet.integrations.measuring_plan import plan_of
from porenet.measurement import Request
from porenet.registry import Registry


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return real_table(tmp_path_factory.mktemp("real") / "real.json", count=2)


@pytest.mark.parametrize(
    ("metrics", "kind", "words"),
    [
        (["vff"], UnknownComponent, "did you mean 'vf'?"),
        ({"ssa": {"estimator": "fases"}}, ConfigError, "estimator"),
        ([], InputError, "no metric is named"),
        ({"vf": 3}, InputError, "name -> parameters, were expected, not 'vf': 3"),
        ([3], InputError, "were expected, not 3: {}"),
    ],
)
def test_wrong_metrics_are_refused_before_the_training(metrics, kind, words):
    with pytest.raises(kind) as caught:
        plan_of(metrics, GRID)
    assert words in str(caught.value)


def test_a_metric_that_another_process_does_not_know_is_refused(monkeypatch):
    own = Registry.installed(environ={"PORENET_PLUGINS": ""})
    for module in (registry, registry.registry):
        monkeypatch.setattr(module, "installed", lambda: own)

    def half(volume):
        return {"": 0.5}

    porenet.register(half, kind="metric", unit="1", summary="Half of anything.")
    with pytest.raises(InputError, match="another one measures"):
        plan_of(["half"], GRID)


def test_two_metrics_of_one_name_are_refused(monkeypatch):
    both = (Request("porenet:vf"), Request("porenet-other:vf"))
    monkeypatch.setattr(measuring_plan, "requests_for", lambda *_: both)
    with pytest.raises(InputError, match="vf is named twice"):
        plan_of(["porenet:vf", "porenet-other:vf"], GRID)


def test_a_reference_that_was_measured_otherwise_is_refused_before_the_training(table, tmp_path):
    plan_of(METRICS, GRID, reference=table)
    coarse = porenet.Grid(GRID.phases, (0.2, 0.2, 0.2))
    for metrics, grid, reference, words in (
        ({"ssa": {"estimator": "tv"}}, GRID, table, '"estimator": "faces"'),
        (["tpb"], GRID, table, "holds no values of tpb"),
        (METRICS, coarse, table, "at voxel edges (um) [0.1, 0.1, 0.1], and here it is [0.2, 0.2, 0.2]"),
        (METRICS, GRID, tmp_path, "porenet measure"),
        (METRICS, GRID, tmp_path / "absent.json", "absent.json"),
    ):
        with pytest.raises(InputError) as caught:
            plan_of(metrics, grid, reference=reference)
        assert words in str(caught.value)


def test_parameters_reach_the_command_as_toml(tmp_path):
    params = {"reservoirs": {"Ni": "z_min", "YSZ": "z_max", "pore": "z_min"}, "estimator": "edges", "sigma": 1.5}
    plan = plan_of({"tpb": params, "vf": None}, GRID, workers=2)
    words = plan.command(tmp_path / "step", tmp_path / "step.json", tmp_path / "report.json")
    settings = [word.partition("=") for word in words if word.startswith("porenet:tpb.")]
    written = {name.rpartition(".")[2]: tomllib.loads(f"v = {value}")["v"] for name, _, value in settings}
    assert written == params | {"active": "spanning"}
