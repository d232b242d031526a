"""What each command costs beside its work: CPU seconds of a process that does next to nothing, and what it imports.

Run as ``python -m benchmarks.command_starts``, two minutes. Each run is a process of its own; its kernels are kept in a
folder that is new for the first one, so that the first run compiles what it needs and the others do not. Bytecode of
porenet is there, as pip writes it when it installs.
"""

from __future__ import annotations

import compileall
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.side_by_side import conditions, significant

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "command_starts.json"
RUNS = 5
BARS_S = {"show": 0.3, "measure, one metric": 0.6, "measure, the default": 8.0}
"""Of the first run of the last, which compiles; of later runs of the others."""
HEAVY = ("torch", "numba", "scipy.linalg", "scipy.ndimage", "pydantic", "numpy", "rich", "multiprocessing")
_READ = ("volume.npy", "--phases", "Ni=0,YSZ=1,pore=2", "--voxel-um", "0.1")
_PLAIN = frozenset({"numpy", "pydantic", "rich"})
_KERNELS = _PLAIN | {"numba"}
_ALL = frozenset(HEAVY)

Command = tuple[tuple[str, ...], frozenset[str]]
COMMANDS: Mapping[str, Command] = {
    "--help": (("--help",), frozenset()),
    "list-plugins": (("list-plugins", "--json"), frozenset()),
    "init": (("init", "run.toml"), frozenset()),
    "new-plugin": (("new-plugin", "porenet-x"), frozenset()),
    "show": (("show", "tpb"), frozenset({"pydantic", "rich"})),
    "synthesize": (("synthesize", "made", "--shape", "8,8,8"), frozenset({"numpy", "rich"})),
    "convert": (("convert", *_READ[:1], "volume.npz", *_READ[1:]), _PLAIN),
    "compare": (("compare", "--plan"), _PLAIN),
    "evaluate": (("evaluate", "--help"), frozenset()),
    "measure, one metric": (("measure", *_READ, "-m", "tpb"), _KERNELS),
    "measure, the default": (("measure", *_READ), _KERNELS),
    "page": (("page", *_READ, "-o", "page.html"), _KERNELS),
    "validate": (("validate", "run.toml"), _ALL),
    "audit": (("audit", "run.toml"), _ALL),
    "check": (("check", "vf", "--kind", "metric"), _ALL),
    "reconstruct": (("reconstruct", "--help"), frozenset()),
}
"""Title of a row -> the command, and which of the heavy libraries it may import."""
WRITTEN = {
    "init": ["run.toml"], "new-plugin": ["porenet-x"], "synthesize": ["made"], "convert": ["volume.npz"],
    "page": ["page.html"],
}  # fmt: skip
PROGRAM = """
import sys
from porenet.cli import main
main(sys.argv[1:], prog_name="porenet", standalone_mode=False)
print(*[library for library in {heavy} if library in sys.modules], file=sys.stderr)
"""


def main() -> None:
    """Run the commands one after the other, print a row each, write the result."""
    rows = []
    for package in (ROOT / "porenet", *(ROOT / "plugins").iterdir()):
        compileall.compile_dir(package, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        _write_volume(Path(folder))
        for title, (command, _) in COMMANDS.items():
            rows.append(_row(title, command, Path(folder)))
            print(json.dumps(rows[-1]))
    result = {
        "what": "CPU seconds of a process, start of Python included, on a volume of 64^3: the first, which compiles "
        f"what it needs, and the least of {RUNS} later ones, since other work on the machine only adds to it",
        "rows": rows,
        "bars_s": BARS_S,
        **conditions(("scipy", "click")),
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


def _write_volume(folder: Path) -> None:
    import numpy as np

    from benchmarks.structures import structure

    np.save(folder / "volume.npy", structure("blobs", 64))


def _row(title: str, command: tuple[str, ...], folder: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as cache:
        runs = [_run(command, folder, cache) for _ in range(1 + RUNS)]
    return {
        "command": title,
        "first_s": significant(runs[0][0]),
        "s": significant(min(seconds for seconds, _ in runs[1:])),
        "imports": runs[-1][1],
    }


def _run(command: tuple[str, ...], folder: Path, cache: str) -> tuple[float, list[str]]:
    """CPU seconds of a process, and the heavy libraries that it imported."""
    for written in WRITTEN.get(command[0], ()):
        shutil.rmtree(folder / written) if (folder / written).is_dir() else (folder / written).unlink(missing_ok=True)
    before = _seconds_of_children()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY), *command],
        cwd=folder,
        env={**os.environ, "NUMBA_CACHE_DIR": cache, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return _seconds_of_children() - before, done.stderr.splitlines()[-1].split()


def _seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
