"""The tables and the picture of the second loophole in soft-and-hard.md: what meets a loss when nothing else is asked.

``python docs/generators/blind_spots.py`` searches (a quarter of an hour on one core) and writes the numbers;
``python -m docs.generators.blind_spots --picture`` draws. The tables are made from the numbers.
"""

from __future__ import annotations

import json
import math
import platform
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

import porenet
from porenet.registry.witnesses import farthest_ratio, witness_of
from porenet.testing.adversary import Start, descend, reference, starting_logits
from porenet.testing.fields import one_hot

NUMBERS = Path(__file__).parents[1] / "results" / "blind_spots.json"
PICTURE = Path(__file__).parents[1] / "pictures" / "speckle.svg"
PHASES = ("Ni", "YSZ", "pore")
STEPS = 300
CUBES: tuple[float, float, float] = (0.1, 0.1, 0.1)
BRICKS: tuple[float, float, float] = (0.1, 0.05, 0.025)
STARTS: tuple[Start, ...] = ("noise", "smooth", "checkerboard", "one_phase")
SAMPLE = (3, 4, 5, 6, 7, 8)
"""Seeds of the structures behind the targets of ``distribution``; the first is that of the others."""
Voxel = tuple[float, float, float]
Terms = Sequence[Mapping[str, Any]]
Loss = tuple[str, Mapping[str, Any]]
PORE: Mapping[str, Any] = {"phase": "pore"}
WITNESSED: tuple[tuple[Loss, ...], ...] = (
    (("ssa", {}),),
    (("ssa", {"estimator": "heat"}),),
    (("ssa", {"estimator": "tv"}),),
    (("ssa", {"estimator": "faces"}),),
    (("dpb", {}),),
    (("dpb", {"estimator": "faces"}),),
    (("tpb", {}),),
    (("tpb", {"estimator": "coarea"}),),
    (("ssa", {}), ("tpb", {})),
    (("tpb_active", {}),),
    (("tpb_active", {"estimator": "coarea"}),),
    (("distribution", {"descriptor": "ssa"}),),
    (("distribution", {"descriptor": "ssa", "params": {"estimator": "tv"}}),),
)
BY_NATURE: tuple[tuple[Loss, ...], ...] = (
    (("vf", {}),),
    (("isolation", PORE),),
    (("face_hinge", {**PORE, "target": 0.25}),),
    (("slice_floor", {**PORE, "floor": 0.2}),),
    (("first_passage", PORE),),
    (("maximin", PORE),),
    (("conductance", PORE),),
    (("tortuosity", PORE),),
)


class Asked:
    """One loss, or several added up, with what each of their witnesses says.

    Args:
        terms: of an objective.
        grid: of the structures.
        structures: behind the targets, ``(N, Z, Y, X)``; the first one is to be met.
    """

    def __init__(self, terms: Terms, grid: porenet.Grid, structures: torch.Tensor) -> None:
        objective = porenet.Objective(grid, [dict(term) for term in terms])
        self.grid, self.structures = grid, structures
        self.losses = list(zip(objective.terms, objective.losses, strict=True))
        self.targets = objective.targets_of(structures).rows(0)
        self.tolerance = sum(term.component.spec.tolerance or 0.0 for term in objective.terms)

    def __call__(self, field: torch.Tensor, targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The sum of the losses, without weights."""
        return sum((loss(field, targets) for _, loss in self.losses), torch.zeros(1))

    def testimony(self, labels: torch.Tensor) -> tuple[float | None, bool | None]:
        """The ratio of the witness that is farthest from what it believes, and whether all believe; None for none."""
        ratios = []
        for term, loss in self.losses:
            witness = witness_of(term.component, loss)
            if witness is not None:
                ratio = farthest_ratio(witness.values(labels, self.grid), witness.values(self.structures, self.grid))
                ratios.append((math.nan if ratio is None else ratio, ratio is None or witness.believes(ratio)))
        if not ratios:
            return None, None
        ratio = max((ratio for ratio, _ in ratios), key=lambda ratio: abs(math.log(ratio or 1e-9)))
        return (ratio if math.isfinite(ratio) else None), all(believed for _, believed in ratios)


def ends(name: str, terms: Terms, voxel_um: Voxel, starts: Mapping[Start, int], side: int) -> Iterator[Any]:
    """What the adversary ends with, from each start and seed."""
    grid = porenet.Grid(PHASES, voxel_um)
    seeds = SAMPLE if terms[0]["loss"] == "distribution" else SAMPLE[:1]
    structures = torch.cat([reference(grid, side=side, seed=seed) for seed in seeds])
    asked, wanted = Asked(terms, grid, structures), structures[:1]
    field = one_hot(wanted, len(PHASES)).float()
    real = _areas_and_lines(wanted, grid)
    for start, count in starts.items():
        for seed in range(count):
            logits = starting_logits(start, wanted, len(PHASES), seed)
            end = descend(
                asked, asked.targets, field.mean(dim=(2, 3, 4)), logits, tolerance=asked.tolerance, steps=STEPS
            )
            ratio, believed = asked.testimony(end.labels)
            *areas, lines = (value / of for value, of in zip(_areas_and_lines(end.labels, grid), real, strict=True))
            yield {
                "asked": name,
                "voxel_um": list(voxel_um),
                "start": start,
                "seed": seed,
                "value": end.value,
                "met_at": end.met_at,
                "witness": ratio,
                "believed": believed,
                "surface": max(areas, key=lambda area: abs(math.log(area or 1e-9))),
                "lines": lines,
            }


def _areas_and_lines(labels: torch.Tensor, grid: porenet.Grid) -> list[float]:
    """Surface of each phase by Crofton and length of all triple lines by edges of one structure."""
    volume = porenet.Volume(labels[0].numpy(), grid)
    areas = porenet.create_metric("ssa", estimator="crofton")(volume)
    return [*map(float, areas.values()), float(porenet.create_metric("tpb", estimator="edges")(volume)["total"])]


def _name(terms: Terms) -> str:
    return " and ".join(
        f"`{term['loss']}`" + "".join(f", {key} = {value}" for key, value in _flat(term.get("params", {})))
        for term in terms
    )


def _flat(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in params.items():
        yield from _flat(value) if isinstance(value, dict) else [(key, value)]


def search() -> None:
    """Run the adversary on every loss and write what it ends with."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows = []
    for name, terms, voxel_um, starts, side in _plan():
        for row in ends(name, terms, voxel_um, starts, side):
            sys.stderr.write(f"{json.dumps(row)}\n")
            rows.append(row)
    about = {"steps": STEPS, "torch": torch.__version__, "machine": f"{platform.machine()}, one thread"}
    NUMBERS.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n", encoding="utf-8")


def _plan() -> Iterator[tuple[str, Terms, Voxel, Mapping[Start, int], int]]:
    def terms_of(asked: Sequence[Loss]) -> Terms:
        return [{"loss": loss, "params": dict(params), "weight": 1} for loss, params in asked]

    for asked in WITNESSED:
        terms = terms_of(asked)
        yield _name(terms), terms, CUBES, {"noise": 3, "smooth": 3, "checkerboard": 1, "one_phase": 1}, 24
    for asked in BY_NATURE:
        terms = terms_of(asked)
        yield _name(terms), terms, CUBES, dict.fromkeys(STARTS, 1), 24
    for asked in WITNESSED[:-2]:
        terms = terms_of(asked)
        # In the smaller box hardly a line is active.
        side = 24 if asked[0][0] == "tpb_active" else 16
        yield _name(terms), terms, BRICKS, {"noise": 1, "smooth": 1}, side


def table(voxel_um: Voxel = CUBES) -> str:
    """One row per loss with a witness: whether it was met, and the witness over that of the target's structure."""
    head = "| loss | met | loss at the end | witness | surface (Crofton) | lines (edges) | verdict |"
    rows = [head, "| --- |" + " --- |" * 6]
    for name, group in _groups(voxel_um, witnessed=True):
        met = [row for row in group if row["met_at"] is not None]
        wrong = sum(not row["believed"] for row in met)
        verdict = f"**blind** ({wrong} of {len(met)})" if wrong else "met rightly" if met else "not met"
        rows.append(f"| {name} | {len(met)} of {len(group)} | {_cells(group)} | {verdict} |")
    return "\n".join(rows)


def by_nature() -> str:
    """One row per loss without a witness: what it is met by."""
    rows = ["| loss | met | loss at the end | surface (Crofton) | lines (edges) |", "| --- |" + " --- |" * 4]
    for name, group in _groups(CUBES, witnessed=False):
        met = sum(row["met_at"] is not None for row in group)
        rows.append(f"| {name} | {met} of {len(group)} | {_cells(group, witness=False)} |")
    return "\n".join(rows)


def _groups(voxel_um: Voxel, *, witnessed: bool) -> Iterator[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {}
    for row in json.loads(NUMBERS.read_text(encoding="utf-8"))["rows"]:
        if row["voxel_um"] == list(voxel_um) and (row["believed"] is not None) == witnessed:
            groups.setdefault(row["asked"], []).append(row)
    yield from groups.items()


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

    from docs.pictures import themed_svg
    from porenet.interface.phase_colours import colours_of

    themed_svg.begin()
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
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
    for place, (title, labels, words) in zip(axes, panels, strict=True):
        place.imshow(labels[0, 24], cmap=ListedColormap(colours_of(PHASES)), vmin=0, vmax=2, interpolation="none")
        place.set(title=title, xlabel=words, xticks=[], yticks=[])
    themed_svg.save(figure, PICTURE)


if __name__ == "__main__":
    picture() if "--picture" in sys.argv else search()
