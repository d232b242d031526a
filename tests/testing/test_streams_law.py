"""The law of slabs is broken by each error that joins of slabs are known to make, and by a metric that makes one."""

import dataclasses

import numpy as np
import pytest

from porenet.contacts import Lines, Part
from porenet.interface import InputError, Spec
from porenet.slabs import Need, Slab, Summary, in_memory, parts
from porenet.slabs.census import LOW, Census
from porenet.slabs.second_reading import Trail
from porenet.testing import Case, LawBroken
from porenet.testing.laws import streaming
from porenet.testing.laws.streaming import streams


class SpreadOfPairs:
    """Unlike pairs along z, extended at open ends."""

    STEP = (1, 0, 0)

    def need(self, grid, shape, params):
        return Need(pairs=frozenset({(self.STEP, True)}), voxels=True)

    def finish(self, state, about, params):
        return {"pairs": float(state.pairs([self.STEP], extended=True).sum()), "voxels": float(state.voxels.sum())}


class SpanningVoxels:
    """Voxels of components that span z, and lines whose phases do."""

    def need(self, grid, shape, params):
        from porenet.slabs import Supplied

        self.ends = Supplied.by_faces((0, 1, 2), (("z_min", "z_max"),) * 3, grid.periodic)
        return Need(components=frozenset({self.ends.wraps}), supplies=frozenset({self.ends}))

    def finish(self, state, about, params):
        fold = state.folds[self.ends.wraps]
        return {
            "spanning": float(fold[:, np.arange(64) & 3 == 3].sum()),
            "all": float(fold.sum()),
            "lines": float(state.supplied_lines(self.ends).active.sum()),
        }


class Layers:
    """A state of its own: the layers in which the first phase is, and the voxels of the phase."""

    def need(self, grid, shape, params):
        return Need()

    def leaf(self, slab, params):
        return {"voxels": np.int64((slab.owned == 0).sum())}

    def join(self, first, second):
        return {"voxels": first["voxels"] + second["voxels"]}

    def finish(self, state, about, params):
        return {"voxels": float(state["voxels"])}


class Hoarder(Layers):
    def leaf(self, slab, params):
        return super().leaf(slab, params) | {"seen": slab.owned.astype(np.int64)}

    def join(self, first, second):
        return super().join(first, second) | {"seen": np.concatenate([first["seen"], second["seen"]])}


class Greedy(Layers):
    """Counts the layer that two slabs share twice."""

    def leaf(self, slab, params):
        return {"voxels": np.int64((slab.labels == 0).sum())}


class Choosy(Greedy):
    """Refuses the first volumes of the law, and counts the others wrong."""

    def need(self, grid, shape, params):
        if not grid.periodic[2]:
            raise InputError("only of tubes")
        return Need()


class Reaching(Layers):
    """Voxels whose component reaches both ends of z, counted in a second reading, and pairs across the seam."""

    def need(self, grid, shape, params):
        return Need(reached=frozenset({(False, *grid.periodic[1:])}))

    def leaf(self, slab, params):
        marks = slab.reached((False, *slab.grid.periodic[1:]))
        both = marks & 3 == 3
        return {
            "voxels": np.int64(both[slab.shared :].sum()),
            "between": np.int64((both[1:] & both[:-1]).sum()),
        }

    def join(self, first, second):
        return {name: first[name] + second[name] for name in first}

    def finish(self, state, about, params):
        return {"voxels": float(state["voxels"]), "between": float(state["between"])}


class Halves:
    """Voxels of the first phase in the two halves of the box along x and along y, each read by itself."""

    def need(self, grid, shape, params):
        return Need(parts=4)

    def parts(self, about, params):
        depth, height, width = about.shape
        for cut in (height // 2, height):
            yield (0, depth), (cut // 2, cut), (0, width)
        for cut in (depth // 2, depth):
            yield (cut // 2, cut), (0, height), (0, width)

    def part(self, labels, number, about, params):
        return {"voxels": np.int64((labels == 0).sum() * (number + 1))}

    def finish(self, state, about, params):
        return {str(number): float(value) for number, value in enumerate(state["voxels"])}


PAIRS, SPANNING, LAYERS, HOARDER, GREEDY = SpreadOfPairs(), SpanningVoxels(), Layers(), Hoarder(), Greedy()
CHOOSY = Choosy()
REACHING, HALVES = Reaching(), Halves()


def measured_pairs(volume):
    return in_memory(PAIRS, volume)


def measured_spanning(volume):
    return in_memory(SPANNING, volume)


def measured_layers(volume):
    return {"voxels": float((volume.labels == 0).sum())}


def measured_reaching(volume):
    return in_memory(REACHING, volume)


def measured_halves(volume):
    return in_memory(HALVES, volume)


FUNCTION = {
    "PAIRS": "measured_pairs", "SPANNING": "measured_spanning", "REACHING": "measured_reaching",
    "HALVES": "measured_halves",
}  # fmt: skip


def case(name):
    spec = Spec(
        api=1, kind="metric", name="own", target=f"{__name__}:{FUNCTION.get(name, 'measured_layers')}",
        summary="Own.", unit="1", streamed=f"{__name__}:{name}",
    )  # fmt: skip
    return Case(spec)


@pytest.mark.parametrize("name", ["PAIRS", "SPANNING", "LAYERS", "REACHING", "HALVES"])
def test_sound_metrics_keep_the_law(name):
    assert streams(case(name)) is None


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("GREEDY", "in memory and .* by slabs"),
        ("CHOOSY", "in memory and .* by slabs"),
        ("HOARDER", "keeps .* bytes of 180000 voxels"),
    ],
)
def test_a_metric_that_counts_or_keeps_too_much_breaks_it(name, complaint):
    with pytest.raises(LawBroken, match=complaint):
        streams(case(name))


def own_components_of_both(self, supplied):
    """Lines where the two components of a phase together touch what one of them must."""
    touched = self.keys[:, :3].copy()
    for k in range(3):
        doubled = self.keys[:, 3] >> np.uint32(30) == k + 1
        touched[doubled, k] |= self.keys[doubled, 3] & LOW
    active = ((touched & 3) == 3).all(axis=1)
    return Lines(*(self.counts[rows].sum(axis=0)[None] for rows in (slice(None), slice(None), active)))


DEFECTS = {
    "the shared layer is counted twice": ("PAIRS", Slab, "part", property(
        lambda slab: dataclasses.replace(PART.fget(slab), shared=0))),
    "the first pair of layers is forgotten where a slab of one layer comes first": ("PAIRS", Slab, "part", property(
        lambda slab: Part(slab.shared, *slab.open_ends))),
    "touches of two components of a phase are put together": ("SPANNING", Census, "lines", own_components_of_both),
    "an inner slab touches the ends of the box": ("SPANNING", Slab, "first", property(lambda slab: True)),
    "layers that differ are joined": ("PAIRS", Summary, "join", lambda self, other: dataclasses.replace(
        self, voxels=self.voxels + other.voxels, eighths=self.eighths + other.eighths, last_layer=other.last_layer)),
    "a second reading knows what a slab reaches by itself": ("REACHING", Trail, "_faces", lambda self, codes, later:
        np.where(codes < 64, codes, 0)),
    "parts are stacked in the wrong order": ("HALVES", streaming, "added_part", lambda states, job, state: {
        **states, job[0]: {"voxels": np.append(state["voxels"], states.get(job[0], {}).get("voxels", []))}}),
    "a part that is read by layers begins at the first layer": ("HALVES", parts, "_read",
        lambda layers, bounds, *_: layers.read(0, bounds[0][1] - bounds[0][0])[:, slice(*bounds[1])]),
}  # fmt: skip
PART = Slab.part


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_known_defect_of_a_join_breaks_it(monkeypatch, defect):
    name, owner, attribute, replacement = DEFECTS[defect]
    monkeypatch.setattr(owner, attribute, replacement)
    with pytest.raises(LawBroken):
        streams(case(name))
