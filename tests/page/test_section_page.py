"""`porenet page` of sections: the numbers of `porenet measure`, an image for the view, and no mix with volumes."""

import base64
import io
import json
import tracemalloc

import numpy as np
import pytest
from click.testing import CliRunner

from porenet import formats
from porenet.cli import main
from porenet.config import GridFile
from porenet.interface import Grid, Volume
from porenet.measurement import slab_plan
from porenet.page import coarsening
from porenet.page.coarsening import coarsen
from porenet.page.counters import measure_rows
from porenet.page.section_counters import section_counters_of, section_requests
from porenet.page.section_structure import section_structure_of, spanning_axes
from porenet.page.structure import StructureOptions
from porenet.page.supply import supply_of_section
from porenet.page.triple_sites import triple_sites

PHASES = ("Ni", "YSZ", "pore")
GRID = '[grid]\nphases = ["Ni", "YSZ", "pore"]\nvoxel_um = [0.1, 0.2]\n'
QUARTERS = np.kron([[0, 1], [2, 2]], np.ones((6, 8), int))
"""Ni and YSZ above, pore below; one triple point in the middle, and pore joins both ends of x."""


def invoked(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid.toml").write_text(GRID)
    (tmp_path / "cube.toml").write_text(GRID.replace("[0.1", "[0.1, 0.1"))
    np.save(tmp_path / "section.npy", QUARTERS)
    np.save(tmp_path / "cube.npy", QUARTERS[None].repeat(4, axis=0))
    return tmp_path


def test_numbers_are_those_of_measure_with_units_of_sections(place):
    page = invoked("page", "section.npy", "--grid", "grid.toml", "--json")
    assert page.exit_code == 0, page.output
    (structure,) = json.loads(page.stdout)["structures"]
    counters = {counter["id"]: counter for counter in structure["counters"]}
    names = [part for name in ("vf", "ssa", "tpb", "percolates", "tortuosity", "connectivity") for part in ("-m", name)]
    measured = invoked("measure", "section.npy", "--grid", "grid.toml", *names, "-p", "connectivity.axis=all", "--json")
    rows = {f"{row['metric']}.{row['key']}": row for row in json.loads(measured.stdout)["rows"]}
    of_metrics = [name for name in counters if name != "tpb.points"]
    assert len(of_metrics) == 3 + 3 + 1 + 6 + 6 + 6
    for name in of_metrics:
        assert (counters[name]["value"], counters[name]["unit"]) == (rows[name]["value"], rows[name]["unit"])
    assert counters["tpb.total"]["text"] == "0.26 µm⁻²"  # 1 point in 1.2 x 3.2 um
    assert counters["tpb.points"]["text"] == "1"
    assert counters["percolates.pore.x"]["text"] == "yes"
    assert not any(word in name for name in counters for word in ("active", "inlet", ".z", "length"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cube.npy", "section.npy", "--grid", "grid.toml"], "cube.npy: is a volume, and two voxel edges"),
        (["section.npy", "--grid", "grid.toml", "--show", "worst"], "--show: the worst are those in which most"),
        (["section.npy", "--grid", "grid.toml", "--max-edge", "9999"], "--max-edge: at most 4096 for sections"),
        (["cube.npy", "--grid", "cube.toml", "--max-edge", "513"], "--max-edge: at most 512 for volumes"),
        (["flat", "solid"], "sections and volumes do not share a page: the grid of flat has two dimensions"),
    ],
)
def test_what_a_page_of_sections_refuses(place, arguments, message):
    for name, shape in (("flat", (6, 8)), ("solid", (4, 6, 8))):
        volume = Volume(np.indices(shape).sum(0) % 3, Grid(PHASES, 0.1, dims=len(shape)))
        (place / name / "samples").mkdir(parents=True)
        formats.write(volume, place / name / "samples" / "a.npz")
        (place / name / "log.jsonl").touch()
    done = invoked("page", *arguments)
    assert done.exit_code == 2, done.output
    assert message in " ".join(done.stderr.split())
    assert not (place / "page.html").exists()


def test_a_folder_of_sections_is_surveyed_and_a_volume_in_it_left_out(place):
    folder = place / "micrographs"
    folder.mkdir()
    for number in range(3):
        np.save(folder / f"{number}.npy", np.roll(QUARTERS, number, axis=1))
    np.save(folder / "body.npy", QUARTERS[None].repeat(4, axis=0))
    grid = (place / "reservoirs.toml").write_text(GRID + '[grid.reservoirs]\npore = "y_min"\n')
    done = invoked("page", folder, "--grid", "reservoirs.toml", "--json")
    assert (grid, done.exit_code) == (grid, 0), done.output
    report = json.loads(done.stdout)
    assert len(report["structures"]) == 2
    assert any("body cannot be read and is left out" in note for note in report["notes"])
    assert any("the reservoirs of the grid are left out" in note for note in report["notes"])


def test_a_large_section_is_drawn_coarser_and_stays_one():
    section = Volume(QUARTERS.repeat(2, axis=0), Grid(PHASES, (0.1, 0.2), (True, False)))
    drawn = coarsen(section, 8)
    assert drawn.factor == 3
    assert drawn.volume.shape == (8, 6)
    assert drawn.volume.grid.dims == 2
    assert drawn.volume.grid.wraps == (True, False)
    assert np.multiply(drawn.volume.shape, drawn.volume.grid.edges_um) == pytest.approx([2.4, 3.2])


def options_of(grid, **options):
    file = GridFile(grid, {}, {})
    supply = supply_of_section(file, None, {})
    return StructureOptions(supply, section_requests(file, supply), **options)


@pytest.mark.parametrize("wraps", [(False, False), (True, False)])
@pytest.mark.parametrize("shape", [(1, 9), (2, 2), (13, 17)])
def test_triple_points_are_counted_by_the_metric_of_the_full_section(shape, wraps):
    grid = Grid(PHASES, (0.07, 0.31), wraps)
    section = Volume(np.random.default_rng(0).integers(0, 3, shape).astype(np.uint8), grid)
    options = options_of(grid, max_edge=2048)
    requests = [request for request in options.requests if not request.name.endswith("tortuosity")]
    rows = measure_rows(section, requests, lambda _: None)
    rows += [
        {"metric": "tortuosity", "key": f"{phase}.{key}", "value": None, "unit": "1", "undefined": "left out"}
        for phase in PHASES
        for key in ("tortuosity_factor", "relative_diffusivity")
    ]
    points = {counter["id"]: counter["value"] for counter in section_counters_of(rows, section)}["tpb.points"]
    assert points == triple_sites(section, options.supply, PHASES).points()


@pytest.mark.parametrize("stated", [True, False])
def test_a_section_is_drawn_in_little_more_memory_than_measuring_it_takes(monkeypatch, stated):
    monkeypatch.setattr(coarsening, "BAND", 1 << 16)
    grid, size = Grid(PHASES, 0.1, dims=2), 1500
    section = Volume(np.kron(np.indices((6, 6)).sum(0) % 3, np.ones((250, 250), int)).astype(np.uint8), grid)
    allowed = slab_plan.BASE_BYTES + slab_plan.WHOLE_BYTES * size**2
    monkeypatch.setattr(slab_plan, "free_bytes", lambda: allowed - slab_plan.BASE_BYTES)
    options = options_of(grid, max_edge=100, memory=allowed if stated else None)
    section_structure_of(Volume(QUARTERS, grid), options, lambda _: None)  # loads what is loaded once
    tracemalloc.start()
    try:
        structure = section_structure_of(section, options, lambda _: None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < (slab_plan.WHOLE_BYTES - 1) * size**2  # the labels themselves take a byte per pixel
    texts = {counter["id"]: counter["text"] for counter in structure["counters"]}
    assert texts["tortuosity.Ni.tortuosity_factor"] == "undefined: it needs up to 101 MB of memory (--memory)"
    assert texts["vf.Ni"] == "33.3 %"


def test_a_section_that_may_take_more_than_is_stated_is_read_and_says_so(place, monkeypatch):
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", 10**7)
    for command in ("page", "measure"):
        done = invoked(command, "section.npy", "--grid", "grid.toml", "--memory", "400MB")
        assert done.exit_code == 0, done.output
        text = " ".join(done.stderr.split())
        assert "section is read whole, which takes up to" in text
        assert "and 400 MB are allowed" in text


def test_the_shape_of_a_section_in_a_file_has_two_axes(place):
    assert formats.shape_of("section.npy") == (12, 16)
    assert formats.shape_of("cube.npy") == (4, 12, 16)


def test_networks_of_the_picture_are_those_in_the_plane():
    bits = spanning_axes(Volume(QUARTERS, Grid(PHASES, 0.1, dims=2)))[0]
    assert (bits[6:] == 2).all()
    assert (bits[:6] == 0).all()


@pytest.fixture(scope="module")
def flat_page(page_of):
    return page_of({"quarters": QUARTERS, "turned": QUARTERS[::-1]}, grid=GRID)


@pytest.fixture
def tab(show, flat_page):
    return show(flat_page, size=(900, 700))


def colours_at(tab, places):
    """RGBA of the first canvas at fractions (y, x) of it."""
    images = pytest.importorskip("PIL.Image")
    address = tab.value("document.querySelector('canvas.flat-view').toDataURL('image/png')")
    image = images.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGBA")
    return [list(image.getpixel((round(x * image.width), round(y * image.height)))) for y, x in places]


def test_a_section_is_drawn_as_an_image_with_its_colours_and_a_scale_bar(tab):
    assert tab.page.locator("#view, #simulation, #presets, #view-play").count() == 0
    nickel, ceramic, pore, edge = colours_at(tab, [[0.25, 0.25], [0.25, 0.75], [0.6, 0.5], [0.6, 0.02]])
    assert [nickel[:3], ceramic[:3], pore[:3]] == [[201, 162, 74], [69, 119, 184], [99, 191, 174]]
    assert edge == pore
    bar, width = tab.value("P.bar()"), tab.value("document.querySelector('canvas.flat-view').clientWidth")
    assert bar["text"] == "500 nm"
    assert bar["length"] == pytest.approx(0.5 / 3.2 * width, rel=1e-2)  # 16 pixels of 0.2 um fill the width
    assert "12 \u00d7 16 pixels" in tab.page.inner_text("#size")
    assert "a section does not show" in tab.page.inner_text("#headline")


@pytest.mark.slow
def test_phases_parts_and_triple_points_are_chosen(tab):
    tab.page.click("#phases [data-phase=pore] input")
    assert colours_at(tab, [[0.6, 0.5]])[0][3] == 0
    tab.page.click("#phases [data-phase=pore] input")
    tab.page.click("#part [data-value=x]")
    greyed, joined = colours_at(tab, [[0.25, 0.25], [0.6, 0.75]])
    assert joined[:3] == [99, 191, 174]
    assert max(np.abs(np.array(greyed[:3]) - [150, 154, 160])) < 30
    tab.page.click("#points")
    assert colours_at(tab, [[0.5, 0.5]])[0][:3] == [17, 21, 25]
    tab.run("P.nearer(4); P.move(-1, -1);")
    assert tab.value("P.state().centre") == pytest.approx([0.125, 0.125])
    assert tab.value("P.bar().text") == "100 nm"
    tab.run("P.nearer(0); await P.beside(1);")
    assert tab.page.locator("canvas.flat-view").count() == 2
    assert tab.run("return (await P.save()).size") > 3000


@pytest.mark.slow
def test_sections_beside_volumes_in_a_scene_say_so(show, rewritten, scene_of_page, flat_page):
    scene = scene_of_page(flat_page)
    del scene["structures"][1]["dims"]
    tab = show(rewritten(scene), size=(640, 480))
    assert "do not share a page" in tab.page.inner_text("#message")
