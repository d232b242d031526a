"""A real browser for the tests of the page: headless Chromium from the system's packages, with no network."""

from __future__ import annotations

import base64
import gzip
import io
import itertools
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.page.document import document_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox"]
GRID = """[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]

[grid.reservoirs]
Ni = "z_min"
YSZ = "z_max"
pore = "z_min"
"""


def launched(arguments=()):
    """Playwright and a browser of it, or a skip with the reason."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("needs Chromium from the system's packages (apt-get install chromium)")
    running = playwright.sync_playwright().start()
    return running, running.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments])


@pytest.fixture(scope="session")
def browser():
    running, chromium = launched()
    yield chromium
    chromium.close()
    running.stop()


@dataclass
class Tab:
    """A page that is open, what it said on its console, and what it asked of the network."""

    page: object
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def run(self, code):
        """The value of JavaScript in which P is the page's handle; waits for a frame of what it did."""
        return self.page.evaluate(
            "async () => { const P = window.porenet;"
            f" const value = await (async () => {{ {code} }})(); await P.frame(); return value; }}"
        )

    def value(self, expression):
        return self.page.evaluate(f"() => {{ const P = window.porenet; return {expression}; }}")

    def pixels(self):
        """The canvas, (height, width, RGBA) 0 to 255, transparent where nothing is drawn."""
        images = pytest.importorskip("PIL.Image")
        told = self.run("await P.frame(); return document.getElementById('view').toDataURL('image/png');")
        return np.asarray(images.open(io.BytesIO(base64.b64decode(told.partition(",")[2]))).convert("RGBA")).astype(int)

    def texts(self, selector):
        return self.page.locator(selector).all_inner_texts()


@pytest.fixture
def show(browser, tmp_path):
    """Opens a page from its bytes: ``show(html, width=..., ...)``. What it complains of fails the test."""
    tabs, numbers = [], itertools.count()

    def opened(html, *, chromium=browser, complains=False, script=None, size=(960, 600), **options):
        path = tmp_path / f"page_{next(numbers)}.html"
        path.write_bytes(html)
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        page = context.new_page()
        tab = Tab(page)
        page.on("console", lambda said: said.type in ("error", "warning") and tab.complaints.append(said.text))
        page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        page.on("request", lambda request: tab.requests.append(request.url))
        if script:
            page.add_init_script(script)
        page.goto(path.as_uri())
        page.evaluate("window.porenet.settled")
        tabs.append((tab, context, complains, path.as_uri()))
        return tab

    yield opened
    for tab, context, complains, address in tabs:
        context.close()
        assert complains or tab.complaints == []
        assert [one for one in tab.requests if one != address and not one.startswith(("data:", "blob:"))] == []


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
