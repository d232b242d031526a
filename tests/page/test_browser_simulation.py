"""The particles of the page: they walk shortest ways of their phase, react at active sites, and get stuck elsewhere."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from porenet.synthetic import plurigaussian

NI, YSZ, PORE = range(3)
NAMES = ("Ni", "YSZ", "pore")
FACE = {"Ni": 0, "YSZ": -1, "pore": 0}
SHAPE = (14, 16, 18)


@pytest.fixture(scope="module")
def electrode():
    volume, _ = plurigaussian(SHAPE, voxel_um=(0.1, 0.1, 0.1), length_um=0.35, fractions=(0.33, 0.34, 0.33), seed=5)
    return np.array(volume.labels)


@pytest.fixture(scope="module")
def html(page_of, electrode):
    return page_of({"electrode": electrode})


@pytest.fixture
def tab(show_again, html):
    return show_again(html, size=(640, 480))


def columns():
    """Pore and Ni columns that a wall of YSZ keeps apart everywhere: no boundary of three phases, nothing can react.

    The pore reaches layer 6 of 10, Ni layer 9, and YSZ both ends.
    """
    labels = np.full((10, 4, 9), YSZ)
    labels[:7, :, :3] = PORE
    labels[:, :, 6:] = NI
    return labels


def steps_from_face(labels, phase, wraps=(False, False, False)):
    """Steps from the phase's face to every voxel of it, by Dijkstra on the graph of neighbours; inf where none lead."""
    numbers = np.arange(labels.size).reshape(labels.shape)
    inside = labels == NAMES.index(phase)
    links = []
    for axis in range(3):
        low = tuple(slice(None, -1) if one == axis else slice(None) for one in range(3))
        high = tuple(slice(1, None) if one == axis else slice(None) for one in range(3))
        joined = inside[low] & inside[high]
        links.append(np.stack([numbers[low][joined], numbers[high][joined]]))
        if wraps[axis]:
            ends = [
                np.take(numbers, end, axis)[np.take(inside, 0, axis) & np.take(inside, -1, axis)] for end in (0, -1)
            ]
            links.append(np.stack(ends))
    source = np.full(labels.size, False)
    source[numbers[FACE[phase]][inside[FACE[phase]]]] = True
    rows = np.concatenate([*(pair[0] for pair in links), np.full(source.sum(), labels.size)])
    columns = np.concatenate([*(pair[1] for pair in links), np.flatnonzero(source)])
    graph = sparse.coo_matrix((np.ones(rows.size), (rows, columns)), shape=(labels.size + 1,) * 2)
    return dijkstra(graph, directed=False, unweighted=True, indices=labels.size)[:-1].reshape(labels.shape) - 1


def check_path(labels, particle, steps, wraps=(False, False, False)):
    """One step between voxels of the particle's phase at a time, from or to its face, and no shorter way there."""
    path = np.array(particle["path"])
    phase = particle["phase"]
    assert (labels[tuple(path.T)] == NAMES.index(phase)).all()
    moved = np.abs(np.diff(path, axis=0))
    assert (np.where(wraps, np.minimum(moved, labels.shape - moved), moved).sum(axis=1) == 1).all()
    face = FACE[phase] % labels.shape[0]
    ends = [path[0], path[-1]]
    assert face in (ends[0][0], ends[1][0])
    assert len(path) - 1 == max(steps[phase][tuple(end)] for end in ends)
    assert particle["voxel"] in particle["path"]


@pytest.mark.parametrize(("mode", "coming", "leaving"), [
    ("fuel cell", {("pore", "fuel"), ("YSZ", "ion")}, {("pore", "steam"), ("Ni", "electron")}),
    ("electrolysis", {("pore", "steam"), ("Ni", "electron")}, {("pore", "fuel"), ("YSZ", "ion")}),
])  # fmt: skip
def test_particles_walk_shortest_ways_of_their_phase(tab, electrode, mode, coming, leaving):
    tab.run(f"P.mode('{mode}'); P.step(150);")
    particles = tab.value("P.particles()")
    assert {(one["phase"], one["species"]) for one in particles} == coming | leaving
    steps = {phase: steps_from_face(electrode, phase) for phase in NAMES}
    for particle in particles:
        check_path(electrode, particle, steps)
        start, end = particle["path"][0], particle["path"][-1]
        way_in = (particle["phase"], particle["species"]) in coming
        at_face = start if way_in else end
        assert at_face[0] == FACE[particle["phase"]] % SHAPE[0]


def active_voxels(structure, unpacked):
    """Voxels round the active edges of a scene's structure."""
    shape = structure["shape"]
    field = unpacked(structure["tpb"]["sites"], np.uint8).reshape(shape)
    found = set()
    for axis in range(3):
        for place in np.argwhere(field >> 2 * axis & 3 == 1):
            for step in np.ndindex(2, 2, 2):
                if step[axis] == 0:
                    found.add(tuple(((place - step) % shape).tolist()))
    return found


def test_they_end_beside_active_sites_and_react_there(tab, electrode, html, scene_of_page, unpacked):
    beside = active_voxels(scene_of_page(html)["structures"][0], unpacked)
    tab.run("P.step(400);")
    counts = tab.value("P.counts()")
    assert counts["reacted"] > 0
    for particle in tab.value("P.particles()"):
        incoming = (particle["phase"], particle["species"]) in {("pore", "fuel"), ("YSZ", "ion")}
        end = particle["path"][-1 if incoming else 0]
        if particle["state"] == "stuck":
            assert tuple(end) not in beside
        else:
            assert tuple(end) in beside


def test_ways_go_round_periodic_sides_and_not_along_the_axis_of_supply(show, page_of):
    labels = np.random.default_rng(4).integers(0, 3, (9, 8, 7))
    labels[:, :4][labels[:, :4] == NI] = PORE  # the pores of one half, joined round y as well as in the middle
    grid = (
        '[grid]\nphases = ["Ni", "YSZ", "pore"]\nvoxel_um = [0.1, 0.1, 0.1]\nperiodic = [true, true, false]\n'
        '[grid.reservoirs]\nNi = "z_min"\nYSZ = "z_max"\npore = "z_min"\n'
    )
    tab = show(page_of({"periodic": labels}, grid=grid), size=(640, 480))
    wraps = (False, True, False)  # z is where they come in
    tab.run("P.step(400);")
    tab.pixels()
    particles = tab.value("P.particles()")
    steps = {phase: steps_from_face(labels, phase, wraps) for phase in NAMES}
    for particle in particles:
        check_path(labels, particle, steps, wraps)
    leaps = [np.abs(np.diff(one["path"], axis=0)).max(axis=0, initial=0) for one in particles]
    assert np.max(leaps, axis=0).tolist() == [1, 7, 1]


def test_what_goes_in_is_under_way_reacted_or_stuck(tab):
    for _ in range(5):
        tab.run("P.step(60);")
        counts, particles = tab.value("P.counts()"), tab.value("P.particles()")
        by = counts["bySpecies"]
        for species, number in (("fuel", 1), ("ion", 1)):
            moving = sum(one["species"] == species and one["state"] in ("moving", "waiting") for one in particles)
            came = by[f"in:{species}"]
            assert came["in"] == moving + came["stuck"] + number * counts["reacted"]
        for species, number in (("steam", 1), ("electron", 2)):
            moving = sum(one["species"] == species for one in particles)
            assert by[f"out:{species}"]["out"] + moving == number * counts["reacted"]
        assert tab.page.inner_text("[data-count=reacted]") == str(counts["reacted"])
        assert tab.page.locator("[data-count=stuck]").first.inner_text() == str(counts["stuck"])
        assert f"{counts['reacted']} reactions" in tab.page.inner_text("#view-counts")


def test_where_nothing_can_react_all_are_stuck_at_the_end_of_their_way(show, page_of):
    labels = columns()
    tab = show(page_of({"columns": labels}), size=(640, 480))
    tab.run("P.step(600);")
    counts, particles = tab.value("P.counts()"), tab.value("P.particles()")
    assert counts["reacted"] == 0
    stuck = [one for one in particles if one["state"] == "stuck"]
    assert len(stuck) == counts["stuck"] > 50
    for one in stuck:
        assert one["voxel"] == one["path"][-1]
        assert one["voxel"][0] == {"pore": 6, "YSZ": 0}[one["phase"]]
        assert one["path"][0][0] == FACE[one["phase"]] % 10
    assert tab.page.locator("[data-count=reacted]").inner_text() == "0"
    steps = {phase: steps_from_face(labels, phase) for phase in NAMES}
    for one in particles:
        check_path(labels, one, steps)


def test_play_and_pause_and_the_particles_are_seen(tab):
    tab.run("P.preset('flow');")
    empty = tab.pixels()
    tab.page.locator("#play").click()
    # Asked again and again: the page lets nobody evaluate text, which wait_for_function would.
    tab.page.evaluate(
        "async () => { while (window.porenet.particles().length < 7) await new Promise((go) => setTimeout(go, 30)); }"
    )
    tab.page.locator("#play").click()
    assert tab.value("P.state().playing") is False
    moved = tab.value("P.particles().length")
    assert moved > 0
    assert (np.abs(tab.pixels() - empty).max(axis=-1) > 40).sum() > 20
    tab.page.wait_for_timeout(300)
    assert tab.value("P.particles().length") == moved


def test_playing_makes_the_solids_faint_and_nothing_moves_by_itself(show, html):
    tab = show(html, size=(640, 480), reduced_motion="reduce")
    assert tab.value("P.state().playing") is False
    assert tab.value("P.particles()") == []
    tab.page.locator("#view-play").click()
    assert tab.value("P.state().preset") == "flow"
    tab.page.locator("#view-play").click()


def test_flow_and_speed_are_obeyed(tab):
    tab.page.get_by_label("Flow").fill("60")
    tab.page.get_by_label("Speed").fill("4")
    tab.run("P.step(30);")  # one second
    led = tab.value("P.counts().bySpecies")["in:fuel"]["in"]
    assert led == 60
    # The first came in the first tick: 30 ticks at 4 voxels a second are 4 voxels, less what a short way has.
    assert all(len(one["path"]) >= one["path"].index(one["voxel"]) for one in tab.value("P.particles()"))
    farthest = max(one["path"].index(one["voxel"]) for one in tab.value("P.particles()"))
    assert farthest == 4


def test_two_phases_have_no_sites_and_cross(show, page_of):
    labels = np.zeros((8, 5, 5))
    labels[:, 2:, :] = 1
    grid = '[grid]\nphases = ["solid", "pore"]\nvoxel_um = [0.1, 0.1, 0.1]\n[grid.reservoirs]\npore = "z_min"\n'
    tab = show(page_of({"two": labels}, grid=grid), size=(640, 480))
    tab.run("P.step(300);")
    counts = tab.value("P.counts()")
    assert counts["out"] > 10
    assert counts["stuck"] == 0
    assert "cross" in tab.page.inner_text("#simulation-note")


def test_the_same_page_moves_the_same(show, html):
    told = []
    for _ in range(2):
        tab = show(html, size=(640, 480))
        tab.run("P.step(90);")
        told.append(tab.value("P.particles()"))
    assert told[0] == told[1]
