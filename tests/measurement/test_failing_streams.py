"""A metric that fails while a volume is read by slabs costs its own rows, and no others: as in memory."""

import numpy as np
import pytest

from porenet.config import GridFile
from porenet.errors import PluginError
from porenet.formats import open_slabs
from porenet.interface import Grid
from porenet.measurement import Request, Source, cluster_tasks, kept_states, measure, measure_source, slab_plan
from porenet.measurement.cluster_tasks import SharedVolume, joined_arrays, stretch_arrays, summed_rows
from porenet.measurement.kept_states import KeptStates, StatePlace
from porenet.slabs.fold import finish
from porenet.slabs.stored import folded_of, row_states_of

GRID = GridFile(Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1)), {"Ni": 0, "YSZ": 1, "pore": 2}, {})
SHAPE = (12, 5, 7)

PLUGIN = """
import numpy as np
from porenet.interface import InputError
from porenet.slabs import Need, in_memory

class Voxels:
    def __init__(self, place=None, wrong=None):
        self.place, self.wrong = place, wrong

    def step(self, place, result):
        if place != self.place:
            return result
        if isinstance(self.wrong, BaseException):
            raise self.wrong
        return self.wrong

    def need(self, grid, shape, params):
        return self.step("need", Need(rows=True))

    def leaf(self, slab, params):
        return self.step("leaf" if slab.last else "", {"voxels": (slab.owned == 0).sum()})

    def join(self, first, second):
        return self.step("join", {"voxels": first["voxels"] + second["voxels"]})

    def rows(self, labels, about, params):
        return self.step("rows", {"again": (labels == 0).sum()})

    def finish(self, state, about, params):
        return self.step("finish", {"first": float(state["voxels"]), "again": float(state["again"])})


class Parts:
    def need(self, grid, shape, params):
        return Need(parts=3)

    def parts(self, about, params):
        return [((z, z + 2), (0, about.shape[1]), (0, about.shape[2])) for z in (0, 2, 4)]

    def part(self, labels, number, about, params):
        if number == 1:
            raise ValueError("no such part")
        return {"voxels": np.int64((labels == 0).sum())}

    def finish(self, state, about, params):
        return {"first": float(state["voxels"].sum())}


STREAMS = {
    "good": Voxels(), "parts": Parts(),
    "need": Voxels("need", ValueError("boom")), "no_need": Voxels("need", 3),
    "leaf": Voxels("leaf", ValueError("boom")), "leaf_exits": Voxels("leaf", SystemExit(3)),
    "leaf_list": Voxels("leaf", [1]), "leaf_object": Voxels("leaf", {"voxels": object()}),
    "leaf_refuses": Voxels("leaf", InputError("too dull a volume", where="leaf_refuses", fix="Take another.")),
    "join": Voxels("join", ValueError("boom")), "rows": Voxels("rows", ValueError("boom")),
    "finish": Voxels("finish", ValueError("boom")), "finish_number": Voxels("finish", 3),
    "finish_refuses": Voxels("finish", InputError("too dull a volume", where="finish_refuses")),
}

def measured(name):
    return lambda volume: in_memory(STREAMS[name], volume)

for name in STREAMS:
    globals()[name], globals()[f"BY_{name}"] = measured(name), STREAMS[name]

@hookimpl
def porenet_specs():
    for name in STREAMS:
        yield spec(name, "metric", target=f"poor_plugin:{name}", streamed=f"poor_plugin:BY_{name}")
"""

WORDS = {
    "parts": "metric poor:parts: failed: ValueError: no such part",
    "need": "metric poor:need: failed: ValueError: boom",
    "no_need": "metric poor:no_need: its need is 3, not a Need",
    "leaf": "metric poor:leaf: failed: ValueError: boom",
    "leaf_exits": "metric poor:leaf_exits: failed: calls sys.exit(3)",
    "leaf_list": "metric poor:leaf_list: its state is [1], not arrays and numbers by name",
    "leaf_object": "metric poor:leaf_object: its state has voxels = ",
    "leaf_refuses": "poor:leaf_refuses: leaf_refuses: too dull a volume. Take another.",
    "join": "metric poor:join: failed: ValueError: boom",
    "rows": "metric poor:rows: failed: ValueError: boom",
    "finish": "metric poor:finish: failed: ValueError: boom",
    "finish_number": "metric poor:finish_number: returned 3, not a mapping with values",
    "finish_refuses": "poor:finish_refuses: finish_refuses: too dull a volume",
}


@pytest.fixture
def volume(site, use, tmp_path, monkeypatch):
    """A volume that counts as larger than memory, read in slabs of 3 layers."""
    site.add("poor", PLUGIN)
    use(site.registry())
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", 10**9)
    monkeypatch.setattr(slab_plan, "USUAL_LAYERS", 3)
    np.save(tmp_path / "a.npy", np.random.default_rng(0).integers(3, size=SHAPE, dtype=np.uint8))
    return tmp_path / "a.npy"


def requests(*names, explicit=True):
    return [Request(f"poor:{name}", explicit=explicit) for name in names]


def outcome(volume, *names, place=None, explicit=True):
    return measure_source(Source("a"), volume, GRID, requests(*names, explicit=explicit), {}, 10**9, place)


def test_the_others_are_measured_and_each_failure_is_one_line(volume):
    measured = outcome(volume, *WORDS, "good")
    assert {row["metric"]: row["value"] for row in measured.rows} == {"good": outcome(volume, "good").rows[0]["value"]}
    assert [row["key"] for row in measured.rows] == ["first", "again"]
    assert len(measured.errors) == len(WORDS)
    for words in WORDS.values():
        (error,) = [error for error in measured.errors if f"{volume}: {words}" in error]
        assert error.count("\n") == 0


def test_a_metric_that_was_not_asked_for_is_noted_where_it_refuses(volume):
    measured = outcome(volume, "finish_refuses", "good", explicit=False)
    assert not measured.errors
    assert "left out: finish_refuses: finish_refuses: too dull a volume" in measured.notes


def test_in_python_the_failure_is_raised(volume):
    layers = open_slabs(volume, phases=GRID.values, voxel_um=0.1)
    with pytest.raises(PluginError, match="metric poor:finish: failed: ValueError: boom"):
        measure(layers, ["good", "finish"])


def test_a_state_with_a_failure_is_not_kept(volume, monkeypatch, tmp_path):
    """What an earlier process kept must not hold a failure that was mended meanwhile."""
    monkeypatch.setattr(kept_states, "PERIOD_S", 0.0)
    monkeypatch.setattr(kept_states, "MOST_SHARE", np.inf)
    monkeypatch.setattr("os.fsync", lambda _: None)
    place = StatePlace.beside(tmp_path / "t.json", "a", ["identity"])
    assert outcome(volume, "good", "leaf", place=place).errors
    kept = [layers for layers, _ in KeptStates(place, "state").read(lambda arrays: arrays)]
    assert kept == [(9,)]  # before the last slab, in which it fails


def test_on_a_cluster_a_failure_travels_with_the_states(volume, monkeypatch):
    shared = SharedVolume.seen_here(volume, GRID, requests("good", "leaf", "join", "rows", "finish"), {})
    monkeypatch.setattr(cluster_tasks, "_CHECKED", {(shared.path, shared.stamp)})
    stretches = stretch_arrays(shared, 0, 6, 3), stretch_arrays(shared, 6, 12, 3)
    _, asked = shared.opened()
    folded = folded_of(joined_arrays(shared, *stretches, 6), asked.about, asked.need)
    measured = asked.measured(finish(folded, asked.tasks, row_states_of(summed_rows(shared, 0, 5, 2))), "")
    assert [request.name for request, _ in measured.values] == ["poor:good"]
    assert [str(error) for _, error in measured.refused] == [WORDS[name] for name in ("leaf", "join", "rows", "finish")]
