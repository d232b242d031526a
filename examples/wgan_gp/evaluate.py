"""Sample trained runs, measure the structures, and compare them with real ones.

    python -m examples.wgan_gp.evaluate runs/a runs/b --n 50

Each run folder gets a folder ``evaluation``: the structures (``NAME/``), the tables ``real.json`` and ``NAME.json``,
from which ``porenet compare`` comes to the same verdicts, and ``evaluation.json``, which is what ``--json`` prints.

Exit codes: 0 evaluated, 1 a metric failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from porenet import comparison
from porenet.comparison import Result
from porenet.config import Findings
from porenet.errors import InputError, PluginError, PorenetError
from porenet.generation import RunFolder, Structures, load_structures, write_structures

from .evaluation_report import described, progress_bar, show
from .networks import Generator, trained_generator
from .sampling import COMPARED, condition_misses, draw, reference, requests_of, tabulate
from .settings import EvaluateTable, Settings

REPORT = "evaluation.json"
RESERVED = {"real", "reference", "evaluation"}
"""Names of files and columns that are taken."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A run to evaluate.

    Attributes:
        folder: of the run.
        settings: of the run.
        generator: trained.
        step: number of steps it was trained for.
        data: name and fingerprint of the structures it was trained on.
        asked: number, seed and edge of the structures to make.
        place: folder for what is written.
    """

    folder: Path
    settings: Settings
    generator: Generator
    step: int
    data: Mapping[str, str]
    asked: EvaluateTable
    place: Path

    def described(self) -> dict[str, Any]:
        """JSON-ready."""
        size = self.asked.size or self.settings.data.size
        return {
            "folder": str(self.folder),
            "structures": str(self.place),
            "step": self.step,
            "training_seed": self.settings.train.seed,
            "n": self.asked.n,
            "seed": self.asked.seed,
            "size": size,
            "other_size": size != self.settings.data.size,
        }


def evaluate(
    folders: Sequence[Path],
    *,
    changes: Mapping[str, int] | None = None,
    against: str = "held_out",
    device: str = "cpu",
    out: Path | None = None,
) -> tuple[dict[str, Any], Result]:
    """Sample, measure and compare.

    Args:
        folders: of the runs, all trained on the same data.
        changes: ``n``, ``seed`` or ``size``, in place of what ``[evaluate]`` of the runs says.
        against: ``held_out`` or ``training``: the real structures to compare with.
        device: ``cpu`` or ``cuda``.
        out: folder for all runs together, in place of ``evaluation`` in each run folder.

    Returns:
        Everything, JSON-ready; the comparison.

    Raises:
        PorenetError: a folder, its data or an argument is not fit for it.
    """
    runs = {name: _trained(folder, changes or {}, out) for name, folder in _named(folders).items()}
    structures = _structures(list(runs.values()))
    first = next(iter(runs.values()))
    places = list(dict.fromkeys(one.place for one in runs.values()))
    for place in places:
        _claim(place)
    requests = requests_of(first.settings)
    labels, origins = reference(structures, first.settings, against)
    names = [f"{against}_{number:04d}" for number in range(1, len(labels) + 1)]
    tables = {"real": first.place / "real.json"}
    with progress_bar("measuring real structures", len(names)) as tell:
        tabulate(tables["real"], labels, names, structures, requests, tell, origins=origins)
    for place in places[1:]:
        shutil.copyfile(tables["real"], place / "real.json")
    soft, misses, joined = {}, {}, {}
    for name, run in runs.items():
        with progress_bar(f"sampling {name}", run.asked.n) as tell:
            drawn = draw(run.settings, run.generator, structures, run.asked, device, tell)
        misses[name] = condition_misses(drawn, structures)
        if drawn.joined is not None:
            joined[name] = drawn.joined.tolist()
        soft[name], files = drawn.soft, write_structures(run.place / name, drawn.labels, structures.grid)
        tables[name] = run.place / f"{name}.json"
        with progress_bar(f"measuring {name}", len(files)) as tell:
            names = [path.name for path in files]
            tabulate(tables[name], drawn.labels, names, structures, requests, tell, files=files)
    metrics = [name for name in COMPARED if any(one.name.rpartition(":")[2] == name for one in requests)]
    with progress_bar("comparing", None) as tell:
        result = comparison.compare(
            tables["real"], {name: tables[name] for name in runs}, metrics=metrics,
            progress=lambda done, total: tell(f"{done} of {total}"),
        )  # fmt: skip
    descriptions = {name: run.described() for name, run in runs.items()}
    report = described(result, tables, descriptions, soft, misses, joined, structures, against)
    for place in places:
        RunFolder(place).write_json(REPORT, report)
    return report, result


def _named(folders: Sequence[Path]) -> dict[str, Path]:
    """Each folder by its own name, with as many of those above it as distinguish them."""
    paths = [one.resolve() for one in folders]
    for depth in range(1, max(len(one.parts) for one in paths)):
        names = ["_".join(one.parts[-depth:]) for one in paths]
        if len(set(names)) == len(names) and not RESERVED & set(names):
            return dict(zip(names, folders, strict=True))
    raise InputError("one folder is named twice", where=", ".join(map(str, folders)))


def _trained(folder: Path, changes: Mapping[str, int], out: Path | None) -> Trained:
    try:
        settings, generator, step = trained_generator(folder)
        data = json.loads((folder / "resolved.json").read_text(encoding="utf-8"))["data"]
        trained_on = {name: str(data[name]) for name in ("name", "fingerprint")}
    except PorenetError:
        raise
    except (OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:150]
        raise InputError(f"is no whole run folder ({type(error).__name__}: {reason})", where=str(folder)) from error
    findings = Findings()
    asked = findings.table(EvaluateTable, settings.evaluate.model_dump() | dict(changes), "evaluate")
    if asked is None or findings.problems:
        raise findings.refusal("")
    return Trained(folder, settings, generator, step, trained_on, asked, out or folder / "evaluation")


def _structures(runs: Sequence[Trained]) -> Structures:
    """What all runs were trained on.

    Raises:
        InputError: they were trained on different data, or it has changed since.
    """
    first = runs[0]
    for other in runs[1:]:
        if other.data["fingerprint"] != first.data["fingerprint"]:
            raise InputError(
                f"they were trained on different data: {_data_name(**first.data)} and {_data_name(**other.data)}",
                where=f"{first.folder}, {other.folder}",
                fix="Evaluate them one by one.",
            )
    found = load_structures(first.settings.data, first.settings.run)
    if found.fingerprint != first.data["fingerprint"]:
        raise InputError(
            f"the data has changed since it was trained: then {_data_name(**first.data)}, now "
            f"{_data_name(found.name, found.fingerprint)}",
            where=str(first.folder),
            fix="Put the data back, or train anew.",
        )
    return found


def _data_name(name: str, fingerprint: str) -> str:
    return f"{name} (sha256 {fingerprint[:12]})"


def _claim(place: Path) -> None:
    """Take a folder; structures of an earlier evaluation in it are replaced, nothing else is.

    Raises:
        InputError: something else lies in it, or it cannot be written.
    """
    try:
        if place.exists() and any(place.iterdir()) and not (place / REPORT).exists():
            raise InputError("holds what no evaluation wrote", where=str(place), fix="Name another folder (-o).")
        place.mkdir(parents=True, exist_ok=True)
        RunFolder(place).write_json(REPORT, {"finished": False})
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(place)) from error


def _device(name: str) -> str:
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device is there", where="--device", fix="Use --device cpu, or auto.")
    return name if name != "auto" else "cuda" if torch.cuda.is_available() else "cpu"


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m examples.wgan_gp.evaluate", description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN_DIR", help="a folder that train.py wrote")
    parser.add_argument("--n", type=int, help="number of structures, in place of evaluate.n")
    parser.add_argument("--seed", type=int, help="of their noise and conditions, in place of evaluate.seed")
    parser.add_argument("--size", type=int, help="their edge in voxels, in place of evaluate.size; that of training")
    parser.add_argument("--against", choices=["held_out", "training"], default="held_out", help="real structures")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--json", action="store_true", dest="as_json", help="for machines")
    parser.add_argument("-o", "--out", type=Path, help="folder for all; by default RUN_DIR/evaluation for each")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = options_of(argv)
    changes = {name: getattr(options, name) for name in ("n", "seed", "size") if getattr(options, name) is not None}
    try:
        report, result = evaluate(
            options.runs, changes=changes, against=options.against, device=_device(options.device), out=options.out
        )
    except PorenetError as error:
        if options.debug:
            raise
        failed = isinstance(error, PluginError) or getattr(error, "broken_plugin", False)
        print(f"error: {error}", file=sys.stderr)
        return 1 if failed else 2
    if options.as_json:
        print(json.dumps(report, indent=1))
    else:
        show(report, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
