"""What a listing costs: ``porenet list-plugins`` beside the imports that it cannot do without.

Run as ``python -m benchmarks.list_plugins``. Bar: at most 2.5 times the wall time of the imports, median of 10.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

BAR = 2.5
RUNS = 10
RESULT = Path(__file__).parent / "results" / "list_plugins.json"
FLOOR = [sys.executable, "-c", "import click, pluggy, importlib.metadata"]


def main() -> None:
    """Time both in turn, print the ratio, write the result."""
    porenet = shutil.which("porenet", path=str(Path(sys.executable).parent))
    if porenet is None:
        sys.exit("porenet is not installed beside this Python")
    pairs = [(_seconds([porenet, "list-plugins"]), _seconds(FLOOR)) for _ in range(RUNS + 1)][1:]  # the first warms
    listing, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
    result = {
        "what": "wall seconds of a whole process, median of 10, run in turn",
        "list_plugins_s": round(listing, 4),
        "imports_s": round(floor, 4),
        "ratio": round(statistics.median(one / other for one, other in pairs), 3),
        "bar": BAR,
        "components": len(json.loads(_output([porenet, "list-plugins", "--json"]))["components"]),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in ("porenet", "click", "pluggy", "rich")},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(f"porenet list-plugins {listing * 1e3:.0f} ms, imports {floor * 1e3:.0f} ms: {result['ratio']} (bar {BAR})")


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
