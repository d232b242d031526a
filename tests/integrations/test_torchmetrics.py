import json
import math
import pickle

import pytest
import torch
from electrodes import GRID, METRICS, fields, real_table
from scripts import run_script

from porenet.comparison import ceiling, load_samples
from porenet.errors import ConfigError, InputError, UnknownComponent

pytest.importorskip("torchmetrics")

from torchmetrics import MetricCollection

from porenet.integrations.torchmetrics import ScoreMetric, StructureMetric

RANKS = """
    import json, os, sys, torch
    from electrodes import GRID, fields
    from porenet.integrations.torchmetrics import StructureMetric

    batches = json.loads(sys.argv[1])
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if world > 1:
        torch.distributed.init_process_group("gloo", rank=rank, world_size=world)
    metric = StructureMetric("tortuosity", "pore.tortuosity_factor", GRID)
    for number in batches[rank]:
        metric.update(fields(2, seed=number))
    print(json.dumps({name: float(value) for name, value in metric.compute().items()}))
    if world > 1:
        torch.distributed.destroy_process_group()
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return real_table(tmp_path_factory.mktemp("real") / "real.json")


def numbers(metric) -> dict[str, float]:
    return {name: float(value) for name, value in metric.compute().items()}


def test_mean_and_deviation_of_probabilities_and_of_labels():
    field = fields(5)
    shares = (field.argmax(dim=1) == 0).double().mean(dim=(1, 2, 3))
    for structures in (field, field.argmax(dim=1), field.argmax(dim=1).numpy()):
        metric = StructureMetric("vf", "Ni", GRID)
        metric.update(structures[:2])
        metric(structures[2:])  # through forward, which keeps states apart for a while
        expected = {"mean": shares.mean(), "std": shares.std(), "n": 5.0, "n_undefined": 0.0}
        assert numbers(metric) == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-12)
        assert metric.values.dtype == torch.float64


def test_an_undefined_value_is_counted_and_not_dropped():
    dense = torch.zeros(1, 4, 4, 4, dtype=torch.uint8)  # no pore
    metric = StructureMetric("tortuosity", "pore.tortuosity_factor", GRID)
    metric.update(dense)
    values = numbers(metric)
    assert (values["n"], values["n_undefined"]) == (1, 1)
    assert math.isnan(values["mean"])
    metric.update(torch.full_like(dense, 2))
    values = numbers(metric)
    assert (values["mean"], values["n"], values["n_undefined"]) == (pytest.approx(1), 2, 1)


def test_parameters_and_options_find_their_way():
    field = fields(1)
    metric = StructureMetric("ssa", "Ni", GRID, estimator="tv", compute_on_cpu=True)
    metric.update(field)
    other = StructureMetric("ssa", "Ni", GRID, estimator="faces")
    other.update(field)
    assert metric.compute_on_cpu
    assert numbers(metric)["mean"] != pytest.approx(numbers(other)["mean"], rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (("vff", "Ni", GRID), UnknownComponent, "did you mean 'vf'?"),
        (("vf", "Ni", "grid"), InputError, "a porenet.Grid was expected"),
    ],
)
def test_wrong_arguments_are_refused_at_once(arguments, kind, words):
    with pytest.raises(kind) as caught:
        StructureMetric(*arguments)
    assert words in str(caught.value)
    with pytest.raises(ConfigError, match="estimator"):
        StructureMetric("vf", "Ni", GRID, estimator="faces")


def test_a_key_that_the_metric_does_not_have_is_refused_with_those_it_has():
    with pytest.raises(InputError, match=r"no value 'nickel'.*It has Ni, YSZ, pore"):
        StructureMetric("vf", "nickel", GRID).update(fields(1))


def test_equal_first_batches_do_not_make_two_metrics_one():
    # A MetricCollection would share their states, and report the first one's values for both from then on.
    collection = MetricCollection({key: StructureMetric("vf", key, GRID) for key in ("Ni", "YSZ")})
    halves = torch.tensor([0, 1], dtype=torch.uint8).repeat(32).view(1, 4, 4, 4)
    collection.update(halves)
    collection.update(torch.zeros_like(halves))
    means = {name: float(value) for name, value in collection.compute().items() if name.endswith("mean")}
    assert means == {"Ni_mean": 0.75, "YSZ_mean": 0.25}


def test_a_metric_is_pickled_cloned_and_reset():
    metric = StructureMetric("vf", "Ni", GRID)
    metric.update(fields(3))
    for copy in (pickle.loads(pickle.dumps(metric)), metric.clone()):
        assert numbers(copy) == numbers(metric)
    metric.reset()
    assert metric.values.shape == (0,)


def test_a_score_measures_as_the_reference_was_measured(table):
    metric = ScoreMetric("s_value_scaled", "ssa", "pore", table)
    metric.update(fields(10, seed=1))
    metric.update(fields(10, seed=2))
    values = numbers(metric)
    assert (values["n"], values["n_undefined"]) == (20, 0)
    sample = next(sample for quantity, sample in load_samples(table).items() if quantity.name == "ssa pore")
    assert values["ceiling"] == pytest.approx(ceiling(metric._score, sample.values, 20).value)
    assert values["value"] == pytest.approx(metric._score(sample.values, metric.values.tolist()).value)
    assert 0 < values["value"] <= 1
    assert metric.request.params["estimator"] == METRICS["ssa"]["estimator"]
    assert pickle.loads(pickle.dumps(metric)).compute().keys() == metric.compute().keys()


def test_a_quantity_that_the_reference_does_not_hold_is_refused(table, tmp_path):
    for arguments, words in (
        (("s_value", "vf", "Nii", table), "did you mean 'Ni'?"),
        (("s_value", "tpb", "total", table), "holds no values of tpb"),
        (("s_value", "vf", "Ni", tmp_path / "no.json"), "no.json"),
    ):
        with pytest.raises(InputError) as caught:
            ScoreMetric(*arguments)
        assert words in str(caught.value)
    with pytest.raises(InputError, match="holds ssa Ni 0 times"):
        ScoreMetric("s_value", "ssa", "Ni", table, estimator="tv")


@pytest.mark.slow
@pytest.mark.parametrize("batches", [[[0, 1], [2]], [[0, 1, 2], []]])
def test_two_ranks_equal_one_process(tmp_path, batches):
    (alone,) = run_script(tmp_path / "alone.py", RANKS, json.dumps([[0, 1, 2]]))
    both = run_script(tmp_path / "both.py", RANKS, json.dumps(batches), ranks=2)
    expected = json.loads(alone)
    assert expected["n"] == 6
    assert 1 <= expected["n_undefined"] <= 5
    for printed in both:
        assert json.loads(printed) == pytest.approx(expected, rel=1e-12, nan_ok=True)
