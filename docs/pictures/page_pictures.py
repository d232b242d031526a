"""The pictures of the page: an electrode that the gas passes through, and the same with its inlet walled off.

The second has a collector of Ni and pores under its inlet, and below that a film of dense Ni: the gas meets no YSZ, and
so no active site, before it is stuck.

Needs Chromium and playwright. Run it after the page has changed: python -m docs.pictures.page_pictures
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from docs.extensions import live_report
from porenet.cli import main
from porenet.synthetic import plurigaussian

HERE = Path(__file__).parent
NI, YSZ, PORE = range(3)
COLLECTOR, FILM = 18, 2  # voxels of 0.1 um
GRID = """[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]
[grid.reservoirs]
Ni = "z_min"
YSZ = "z_max"
pore = "z_min"
"""
SHOTS = {
    "page_percolating": ("light", "P.preset('tpb'); P.step(420);"),
    "page_blocked": ("light", "P.preset('tpb'); await P.select(1); P.step(900);"),
    "page_beside": ("dark", "P.preset('percolating'); await P.beside(1); P.step(300);"),
}
STILLS = Path(__file__).parents[1] / "_static"
BROWSER = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox"]


def written(folder: Path) -> Path:
    """The page of both electrodes."""
    (folder / "grid.toml").write_text(GRID)
    volume, _ = plurigaussian((64, 64, 64), voxel_um=(0.1,) * 3, length_um=0.5, fractions=(0.30, 0.37, 0.33), seed=3)
    blocked = np.array(volume.labels)
    collector = blocked[:COLLECTOR]
    collector[collector == YSZ] = NI
    blocked[COLLECTOR : COLLECTOR + FILM] = NI
    paths = []
    for name, labels in (("percolating", volume.labels), ("blocked", blocked)):
        paths.append(str(folder / f"{name}.npz"))
        np.savez(paths[-1], labels=labels)
    page = folder / "page.html"
    arguments = ["page", *paths, "--grid", str(folder / "grid.toml"), "--title", "Two electrodes", "-o", str(page)]
    CliRunner().invoke(main, arguments, catch_exceptions=False)
    return page


def stills(browser: Browser, folder: Path) -> None:
    """The report of the front page as it opens, which stands there until the report itself does."""
    live_report.write(folder / "report.html")
    for scheme in ("light", "dark"):
        page = browser.new_page(viewport={"width": 980, "height": 690}, color_scheme=scheme)
        page.goto((folder / "report.html").as_uri())
        page.evaluate("window.porenet.settled")
        page.evaluate("async () => { await window.porenet.frame(); }")
        still = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        still.save(STILLS / f"report_{scheme}.webp", quality=80)
        page.close()


with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
    address = written(Path(folder)).as_uri()
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=BROWSER)
    for name, (scheme, act) in SHOTS.items():
        page = browser.new_page(viewport={"width": 1280, "height": 830}, color_scheme=scheme)
        page.goto(address)
        page.evaluate("window.porenet.settled")
        page.evaluate(f"async () => {{ const P = window.porenet; {act} await P.frame(); }}")
        # In full colour: a palette loses either the particles, some pixels each, or the background.
        Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(HERE / f"{name}.png", optimize=True)
        page.close()
    stills(browser, Path(folder))
    browser.close()
