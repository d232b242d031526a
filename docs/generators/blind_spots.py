"""The tables and the picture of the second loophole in soft-and-hard.md: what meets a loss when nothing else is asked.

``python docs/generators/blind_spots.py`` searches (a quarter of an hour on one core) and writes the numbers;
``python docs/generators/blind_spots.py --picture`` draws. The tables are made from the numbers.
"""

from __future__ import annotations

import json
import math
import platform
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

import porenet
from porenet.registry import installed
from porenet.registry.witnesses import farthest_ratio, witness_of
from porenet.testing.adversary import Start, descend, reference, starting_logits
from porenet.testing.fields import one_hot

NUMBERS = Path(__file__).parents[1] / "results" / "blind_spots.json"
PICTURE = Path(__file__).parents[1] / "pictures" / "speckle.png"
PHASES = ("Ni", "YSZ", "pore")
STEPS = 300
CUBES, BRICKS = (0.1, 0.1, 0.1), (0.1, 0.05, 0.025)
STARTS: tuple[Start, ...] = ("noise", "smooth", "checkerboard", "one_phase")
PORE: Mapping[str, Any] = {"phase": "pore"}
WITNESSED: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("ssa", {}),
    ("ssa", {"estimator": "heat"}),
    ("ssa", {"estimator": "tv"}),
    ("ssa", {"estimator": "faces"}),
    ("dpb", {}),
    ("dpb", {"estimator": "faces"}),
    ("tpb", {}),
    ("tpb", {"estimator": "coarea"}),
    ("tpb_active", {}),
    ("tpb_active", {"estimator": "coarea"}),
    ("distribution", {"descriptor": "ssa"}),
    ("distribution", {"descriptor": "ssa", "params": {"estimator": "tv"}}),
)
BY_NATURE: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("vf", {}),
    ("isolation", PORE),
    ("face_hinge", {**PORE, "target": 0.25}),
    ("slice_floor", {**PORE, "floor": 0.2}),
    ("first_passage", PORE),
    ("maximin", PORE),
    ("conductance", PORE),
    ("tortuosity", PORE),
)


def ends(name: str, params: Mapping[str, Any], voxel_um: Any, starts: Mapping[Start, int], side: int) -> Iterator[Any]:
    """What the adversary ends with, from each start and seed."""
    grid = porenet.Grid(PHASES, voxel_um)
    loss: Any = porenet.create_loss(name, grid, **params)
    component = installed().find("loss", name)
    witness = witness_of(component, loss)
    surface, lines = (
        porenet.create_metric(metric, estimator=estimator)
        for metric, estimator in (("ssa", "crofton"), ("tpb", "edges"))
    )
    structures = torch.cat(
        [reference(grid, side=side, seed=seed) for seed in ((3,) if name != "distribution" else range(3, 9))]
    )
    wanted = structures[:1]
    terms = [{"loss": name, "params": dict(params), "weight": 1}]
    targets = porenet.Objective(grid, terms).targets_of(structures)
    field = one_hot(wanted, len(PHASES)).float()
    real = porenet.Volume(wanted[0].numpy(), grid)
    for start, seeds in starts.items():
        for seed in range(seeds):
            end = descend(
                loss,
                targets.rows(0),
                field.mean(dim=(2, 3, 4)),
                starting_logits(start, wanted, len(PHASES), seed),
                tolerance=component.spec.tolerance or 0.0,
                steps=STEPS,
            )
            volume = porenet.Volume(end.labels[0].numpy(), grid)
            areas = [surface(volume)[phase] / surface(real)[phase] for phase in PHASES]
            ratio = (
                None
                if witness is None
                else farthest_ratio(witness.values(end.labels, grid), witness.values(structures, grid))
            )
            yield {
                "loss": name,
                "params": dict(params),
                "voxel_um": list(voxel_um),
                "start": start,
                "seed": seed,
                "value": end.value,
                "met_at": end.met_at,
                "witness": None if ratio is None or math.isinf(ratio) else ratio,
                "factor": None if witness is None else witness.factor,
                "surface": max(areas, key=lambda area: abs(math.log(area or 1e-9))),
                "lines": lines(volume)["total"] / lines(real)["total"],
            }


def search() -> None:
    """Run the adversary on every loss and write what it ends with."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows = []
    seeds: Mapping[Start, int] = {"noise": 3, "smooth": 3, "checkerboard": 1, "one_phase": 1}
    few: Mapping[Start, int] = {"noise": 1, "smooth": 1}
    plan = [(loss, CUBES, seeds, 24) for loss in WITNESSED] + [
        (loss, CUBES, dict.fromkeys(STARTS, 1), 24) for loss in BY_NATURE
    ]
    plan += [(loss, BRICKS, few, 16) for loss in WITNESSED if "params" not in loss[1]]
    for (name, params), voxel_um, starts, side in plan:
        for row in ends(name, params, voxel_um, starts, side):
            sys.stderr.write(f"{json.dumps(row)}\n")
            rows.append(row)
    about = {"steps": STEPS, "torch": torch.__version__, "machine": f"{platform.machine()}, one thread"}
    NUMBERS.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n", encoding="utf-8")


def table(voxel_um: Any = CUBES) -> str:
    """One row per loss with a witness: whether it was met, and the witness over that of the target's structure."""
    head = "| loss | met | loss at the end | witness | surface (Crofton) | lines (edges) | verdict |"
    rows = [head, "| --- |" + " --- |" * 6]
    for name, group in _groups(voxel_um, witnessed=True):
        met = [row for row in group if row["met_at"] is not None]
        wrong = [row for row in met if not 1 / row["factor"] <= (row["witness"] or math.inf) <= row["factor"]]
        verdict = f"**blind** ({len(wrong)} of {len(met)})" if wrong else "met rightly" if met else "not met"
        rows.append(f"| {name} | {len(met)} of {len(group)} | {_cells(group)} | {verdict} |")
    return "\n".join(rows)


def by_nature() -> str:
    """One row per loss without a witness: what it is met by."""
    rows = ["| loss | met | loss at the end | surface (Crofton) | lines (edges) |", "| --- |" + " --- |" * 4]
    for name, group in _groups(CUBES, witnessed=False):
        met = sum(row["met_at"] is not None for row in group)
        rows.append(f"| {name} | {met} of {len(group)} | {_cells(group, witness=False)} |")
    return "\n".join(rows)


def _groups(voxel_um: Any, *, witnessed: bool) -> Iterator[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {}
    for row in json.loads(NUMBERS.read_text(encoding="utf-8"))["rows"]:
        if row["voxel_um"] == list(voxel_um) and (row["factor"] is not None) == witnessed:
            params = ", ".join(f"{key}={value}" for key, value in _flat(row["params"]))
            groups.setdefault(f"`{row['loss']}`{f' {params}' if params else ''}", []).append(row)
    yield from groups.items()


def _flat(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in params.items():
        yield from _flat(value) if isinstance(value, dict) else [(key, value)]


def _cells(group: list[Any], *, witness: bool = True) -> str:
    columns = ("value", "witness", "surface", "lines") if witness else ("value", "surface", "lines")
    return " | ".join(_range([row[column] for row in group]) for column in columns)


def _range(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    low, high = (f"{value:.0f}" if value >= 10 else f"{value:.2g}" for value in (min(known), max(known)))
    return low if low == high else f"{low} to {high}"


def picture() -> None:
    """The structure of the target, and what meets ``tv`` and the default from the same noise."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import ListedColormap

    torch.set_num_threads(1)
    grid = porenet.Grid(PHASES, CUBES)
    wanted = reference(grid, side=48)
    field = one_hot(wanted, 3).float()
    surface = porenet.create_metric("ssa", estimator="crofton")
    real = surface(porenet.Volume(wanted[0].numpy(), grid))["pore"]
    panels = [("the target's structure", wanted, "")]
    for title, params in (("met: estimator = 'tv'", {"estimator": "tv"}), ("the default, 'guarded'", {})):
        loss: Any = porenet.create_loss("ssa", grid, **params)
        targets = porenet.Objective(grid, [{"loss": "ssa", "params": params}]).targets_of(wanted)
        start = starting_logits("noise", wanted, 3)
        end = descend(loss, targets, field.mean(dim=(2, 3, 4)), start, tolerance=2.5e-3, steps=STEPS)
        times = surface(porenet.Volume(end.labels[0].numpy(), grid))["pore"] / real
        panels.append((title, end.labels, f"ssa = {end.value:.2g}, pore surface {times:.2f} times"))
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), facecolor="white", layout="constrained")
    for place, (title, labels, words) in zip(axes, panels, strict=True):
        place.imshow(labels[0, 24], cmap=ListedColormap(["#5b5b63", "#dccfb0", "#1d7fb8"]), vmin=0, vmax=2)
        place.set(title=title, xlabel=words, xticks=[], yticks=[])
    figure.savefig(PICTURE, dpi=150, metadata={"Software": None})


if __name__ == "__main__":
    picture() if "--picture" in sys.argv else search()
