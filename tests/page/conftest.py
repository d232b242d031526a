"""Pages and their tabs in a real browser, with no network."""

from __future__ import annotations

import base64
import gzip
import io
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from chromium import PATIENCE
from click.testing import CliRunner

from porenet.cli import main
from porenet.page.document import document_of

GRID = """[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]

[grid.reservoirs]
Ni = "z_min"
YSZ = "z_max"
pore = "z_min"
"""
STATE = "(({visible, opacity, preset, ...rest}) => ({preset, ...rest}))(P.state())"
BACK = """
P.pause(); P.reset(); P.beside(null); P.mode("fuel cell"); await P.select(0); P.restart();
P.preset(document.querySelector("#presets button").dataset.value);
document.querySelector("#theme [data-value=system]").click();
for (const [name, value] of [["Speed", 24], ["Flow", 12]]) {
  const input = document.querySelector(`#simulation input[aria-label=${name}]`);
  input.value = value;
  input.dispatchEvent(new Event("input"));
}
"""


def pytest_collection_modifyitems(items):
    """One worker opens the tabs of a module: ``show_again`` has one tab for all tests of it."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


@dataclass
class Tab:
    """A page that is open, what it said on its console, and what it asked of the network."""

    page: object
    address: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def run(self, code):
        """The value of JavaScript in which P is the page's handle; waits for what it selected."""
        return self.page.evaluate(
            "async () => { const P = window.porenet;"
            f" const value = await (async () => {{ {code} }})(); await P.loaded(); return value; }}"
        )

    def check(self, *, complains=False):
        """It said nothing on its console, and asked nothing of a network."""
        assert complains or self.complaints == []
        assert [one for one in self.requests if one != self.address and not one.startswith(("data:", "blob:"))] == []

    def value(self, expression):
        return self.page.evaluate(f"() => {{ const P = window.porenet; return {expression}; }}")

    def pixels(self):
        """The canvas, (height, width, RGBA) 0 to 255, transparent where nothing is drawn."""
        images = pytest.importorskip("PIL.Image")
        told = self.run("await P.frame(); return document.getElementById('view').toDataURL('image/png');")
        return np.asarray(images.open(io.BytesIO(base64.b64decode(told.partition(",")[2]))).convert("RGBA")).astype(int)

    def texts(self, selector):
        return self.page.locator(selector).all_inner_texts()


def opened(chromium, path, html, script=None, size=(960, 600), **options):
    """A tab with a page, once it is settled."""
    path.write_bytes(html)
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    tab = Tab(page, address=path.as_uri())
    page.on("console", lambda said: said.type in ("error", "warning") and tab.complaints.append(said.text))
    page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    page.on("request", lambda request: tab.requests.append(request.url))
    if script:
        page.add_init_script(script)
    page.goto(tab.address)
    page.evaluate("window.porenet.settled")
    return tab


@pytest.fixture
def show(browser, tmp_path):
    """Opens a page from its bytes: ``show(html, width=..., ...)``. What it complains of fails the test."""
    tabs, numbers = [], itertools.count()

    def made(html, *, chromium=browser, complains=False, **options):
        tab = opened(chromium, tmp_path / f"page_{next(numbers)}.html", html, **options)
        tabs.append((tab, complains))
        return tab

    yield made
    for tab, complains in tabs:
        tab.page.context.close()
        tab.check(complains=complains)


@pytest.fixture(scope="module")
def kept_tabs(browser, tmp_path_factory):
    tabs = {}
    yield tabs
    for tab, _ in tabs.values():
        tab.page.context.close()


@pytest.fixture
def show_again(browser, kept_tabs, tmp_path_factory):
    """As ``show``, with one tab a module, put back as it was: opening one takes a second, of which there are dozens."""
    used = []

    def made(html, **options):
        key = (hash(html), *options.items())
        if key not in kept_tabs:
            tab = opened(browser, tmp_path_factory.mktemp("kept") / "page.html", html, **options)
            kept_tabs[key] = tab, tab.value(STATE)
        tab, first = kept_tabs[key]
        tab.run(BACK)
        assert tab.value(STATE) == first
        used.append(tab)
        return tab

    yield made
    for tab in used:
        tab.check()


def scene_in(html):
    """The scene of a page that was written, and a function that writes the page with another one."""
    start = html.index(b'<script type="application/json" id="scene">')
    data = html[start:].partition(b">")[2].partition(b"</script>")[0]
    return json.loads(data)


@pytest.fixture(scope="session")
def page_of(tmp_path_factory):
    """``page_of({name: labels}, grid=...)``: the page that the command writes of volumes, as bytes."""

    def made(volumes, *options, grid=GRID):
        folder = tmp_path_factory.mktemp("page")
        paths = []
        for name, labels in volumes.items():
            paths.append(folder / f"{name}.npz")
            np.savez(paths[-1], labels=np.asarray(labels, np.uint8))
        (folder / "grid.toml").write_text(grid)
        out = Path(folder / "page.html")
        arguments = ["page", *map(str, paths), "--grid", str(folder / "grid.toml"), "-o", str(out), *options]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return out.read_bytes()

    return made


@pytest.fixture(scope="session")
def scene_of_page():
    return scene_in


@pytest.fixture(scope="session")
def rewritten():
    """``rewritten(scene)``: the page with another scene."""
    return document_of


@pytest.fixture(scope="session")
def unpacked():
    """``unpacked(text, dtype)``: an array of a scene, flat."""

    def array(text, dtype):
        return np.frombuffer(gzip.decompress(base64.b64decode(text)), dtype)

    return array
