"""One colour per phase: from one file, which the 3-D report is built with."""

import json
import re

from checkout import ROOT

from porenet.interface.phase_colours import COLOURS, colours_of
from porenet.page.document import APP

TABLE = json.loads(COLOURS.read_text(encoding="utf-8"))
HEX = re.compile(r"#[0-9a-f]{6}\b", re.IGNORECASE)


def test_a_phase_has_the_colour_of_its_role_by_the_first_word_of_its_name():
    roles = TABLE["roles"]
    assert colours_of(("Ni", "8YSZ dense", "Pores")) == [roles["electrons"], roles["ions"], roles["gas"]]
    assert colours_of(("nitrogen", "poreless")) == TABLE["others"][:2]


def test_the_second_phase_of_a_role_has_a_colour_of_its_own():
    assert colours_of(("void", "pore", "gas")) == [TABLE["roles"]["gas"], *TABLE["others"][:2]]


def test_the_report_is_built_with_the_same_file():
    page = APP.read_text(encoding="utf-8")
    assert all(colour in page for colour in (*TABLE["roles"].values(), *TABLE["others"]))


def test_no_other_file_states_the_colour_of_a_phase():
    mine = {*TABLE["roles"].values()}
    folders = ("porenet", "plugins", "examples", "docs/pictures", "docs/generators", "docs/extensions")
    stated = {
        str(path.relative_to(ROOT)): mine.intersection(map(str.lower, HEX.findall(path.read_text(encoding="utf-8"))))
        for folder in folders
        for suffix in ("*.py", "*.js", "*.css", "*.toml")
        for path in (ROOT / folder).rglob(suffix)
        if "node_modules" not in path.parts
    }
    assert {path: colours for path, colours in stated.items() if colours} == {}
