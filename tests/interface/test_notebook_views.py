"""What notebooks show: no name is markup, the picture is the middle section, every fact is there."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

import porenet
from porenet.interface.html_table import MOST_ROWS, table
from porenet.interface.phase_colours import colours_of
from porenet.interface.slice_picture import MOST_PIXELS, png_of
from porenet.measurement import Rows
from porenet.targets import Targets

GRID = porenet.Grid(("<b>", "YSZ", "pore & more"), (0.1, 0.2, 0.25), (True, False, True))
LABELS = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6) % 3


class Text(HTMLParser):
    """The text of a page, and its tags."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def shown(thing):
    page = Text(thing._repr_html_())
    assert not {"b", "script"} & set(page.tags)
    return " | ".join(page.texts)


def test_a_grid_and_a_volume_tell_their_facts_and_escape_names():
    assert shown(GRID) == (
        "Grid | phases | <b>, YSZ, pore & more | voxel (z, y, x) um | 0.1 x 0.2 x 0.25 | periodic | z, x"
    )
    volume = porenet.Volume(LABELS, GRID)
    text = shown(volume)
    assert "shape (z, y, x) | 4 x 5 x 6" in text
    assert "box (um) | 0.4 x 1 x 1.5" in text
    assert "z = 2" in text
    assert text.count("<b>") == 2, "in the facts and in the legend"
    assert repr(volume) == f"Volume(shape=(4, 5, 6), grid={GRID!r})"
    assert shown(porenet.Grid(("a", "b"), (1, 1, 1))).endswith("periodic | no axis")


def test_the_picture_is_the_middle_section():
    image = pytest.importorskip("PIL.Image")
    source = re.search(r"data:image/png;base64,([^\"]+)", porenet.Volume(LABELS, GRID)._repr_html_())[1]
    with image.open(io.BytesIO(base64.b64decode(source))) as picture:
        assert picture.mode == "P"
        assert np.array_equal(np.asarray(picture), LABELS[2])
        colours = np.asarray(picture.convert("RGB"))
    expected = [tuple(bytes.fromhex(colour[1:])) for colour in colours_of(GRID.phases)]
    assert tuple(colours[0, 0]) == expected[LABELS[2, 0, 0]]


def test_a_large_section_is_thinned_out_and_small_in_bytes():
    image = pytest.importorskip("PIL.Image")
    section = (np.indices((40, 3000)).sum(axis=0) // 50 % 3).astype(np.uint8)
    data = png_of(section, colours_of(("Ni", "YSZ", "pore")))
    with image.open(io.BytesIO(data)) as picture:
        assert max(picture.size) <= MOST_PIXELS
        assert np.array_equal(np.asarray(picture), section[::6, ::6])
    assert len(data) < 4000


def test_a_known_phase_has_one_colour_and_255_phases_have_some():
    assert colours_of(("pore", "Ni"))[::-1] == colours_of(("Ni", "pore"))
    assert len(set(colours_of(("a", "b", "pore", "c")))) == 4
    assert len(colours_of([str(number) for number in range(255)])) == 255


def test_targets_tell_key_shape_estimator_and_mean():
    nan = float("nan")
    targets = Targets(
        {"ssa": torch.tensor([[1.0, nan], [3.0, nan]]), "<b>": torch.ones(12, 9), "tpb": torch.tensor(2)},
        {"ssa": "tv"},
        {"<b>"},
        {"<i>": torch.ones(2, 1)},
    )
    text = shown(targets)
    assert text.startswith("Targets; witnesses: <i> | key | shape | estimator | rows | mean | ssa | (2, 2) | tv")
    assert "per sample | 2, nan | <b> | (12, 9) | reference sample | 1, 1, 1, 1, 1, 1, 1, 1, ... (9)" in text
    assert text.endswith("tpb | () | per sample | 2")
    assert "ssa | (0, 3) | per sample" in shown(Targets({"ssa": torch.ones(0, 3)}))


def test_an_objective_tells_its_terms_in_text_and_html():
    pytest.importorskip("porenet_topology")
    grid = porenet.Grid(("<b>", "pore"), (0.1, 0.2, 0.25))
    terms = [
        {"loss": "vf", "weight": 1000, "ramp": 5},
        {"loss": "isolation", "label": "<b>", "stop": 7, "params": {"phase": "<b>"}},
    ]
    objective = porenet.Objective(grid, terms, relax="soft")
    assert repr(objective) == (
        "Objective of <b>, pore; voxels of 0.1 x 0.2 x 0.25 um\n"
        "  label  loss       weight  steps         ramp  reads  needs  params\n"
        "  vf     vf         1000    0 to the end  5     soft   vf\n"
        "  <b>    isolation  50      0 to 7        0     soft          phase='<b>', boundary='zero'"
    )
    text = shown(objective)
    for cell in ("0 to the end | 5 | soft | vf", "<b> | isolation | 50 | 0 to 7"):
        assert cell in text


def test_rows_show_their_values_and_what_is_wide_all_columns():
    row = {"volume": "<b>", "metric": "vf", "key": "Ni", "value": 0.5, "unit": "1", "params": {}, "shape": [1, 1, 1]}
    assert shown(Rows([row])) == "1 row | volume | metric | key | value | unit | <b> | vf | Ni | 0.5 | 1"
    assert shown(Rows([row]).wide()) == "1 row | volume | vf.Ni | <b> | 0.5"
    assert shown(Rows()) == "0 rows"
    assert str(Rows([row])) == "volume  metric  key  value  unit\n<b>     vf      Ni   0.5    1"
    absent = row | {"value": None, "undefined": "absent"}
    assert str(Rows([absent, row])) == (
        "volume  metric  key  value  undefined  unit\n"
        "<b>     vf      Ni          absent     1\n"
        "<b>     vf      Ni   0.5               1"
    )
    assert str(Rows()) == "no rows"
    assert "and 5 more" in table([(number,) for number in range(MOST_ROWS + 5)], ("number",))


def test_a_real_number_has_six_digits_and_a_whole_one_all():
    assert '<td style="text-align: left">0.333333</td>' in table([[1 / 3, 12345678]], ["a", "b"])
    assert "12345678" in table([[1 / 3, 12345678]], ["a", "b"])
