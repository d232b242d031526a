"""The 3-D report of the front page: `porenet page` of the example volume, written when the pages are built."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

from porenet.cli import main

ROOT = Path(__file__).resolve().parents[2]
VOLUME = ROOT / "examples" / "data" / "sofc_superres_62.npz"
REPORT = "report.html"
LARGEST = 6_000_000  # bytes
GRID = """\
[grid]
phases = ["phase0", "phase1", "phase2"]
voxel_um = [0.1, 0.1, 0.1]

[grid.values]
phase0 = 0
phase1 = 1
phase2 = 2

[grid.reservoirs]
phase0 = "z_min"
phase1 = "z_max"
phase2 = "z_min"
"""


def write(page: Path) -> None:
    """Write the report.

    Args:
        page: HTML file.

    Raises:
        ExtensionError: ``porenet page`` failed, or the file is larger than `LARGEST`.
    """
    with tempfile.TemporaryDirectory() as folder:
        grid = Path(folder) / "grid.toml"
        grid.write_text(GRID, encoding="utf-8")
        arguments = ["page", str(VOLUME), "--grid", str(grid), "--title", "A real electrode", "-o", str(page)]
        result = CliRunner().invoke(main, arguments)
    if result.exit_code != 0:
        raise ExtensionError(f"porenet {' '.join(arguments)}: {result.output}")
    if page.stat().st_size > LARGEST:
        raise ExtensionError(f"{page} has {page.stat().st_size} bytes, more than {LARGEST}")


def _write_once(app: Sphinx, exception: Exception | None) -> None:
    """After the pages: unless a report of the same sources is there."""
    if exception or app.builder.format != "html":
        return
    page, note = Path(app.outdir) / REPORT, Path(app.doctreedir) / f"{REPORT}.sha256"
    stamp = _stamp()
    if page.is_file() and note.is_file() and note.read_text(encoding="utf-8") == stamp:
        return
    logging.getLogger(__name__).info("writing the 3-D report")
    write(page)
    note.write_text(stamp, encoding="utf-8")


def _stamp() -> str:
    """Over all that the report is made of: this file, the volume, and porenet's modules of the page."""
    code = sorted(path for path in (ROOT / "porenet" / "page").rglob("*") if path.suffix in (".py", ".html", ".json"))
    parts = (path.read_bytes() for path in (Path(__file__), VOLUME, *code))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("build-finished", _write_once)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
