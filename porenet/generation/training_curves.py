"""The log of a training as curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.generation.training_log import read_log

APART = ("step", "seconds", "objective")
"""Numbers of a line of the log that are not curves beside those of the networks; nor are norms of gradients."""


def draw_curves(folder: Path) -> str:
    """Draw the log as ``curves.png``.

    The networks' values in one picture, the volume fractions of probabilities and structure in another, and one picture
    per term: on the field that it reads, on the probabilities and on their argmax.

    Args:
        folder: of the run.

    Returns:
        What to tell the user; empty if all went well.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return "no curves.png: matplotlib is not installed (pip install 'porenet[plot]')"
    records = read_log(folder)
    looks = [record for record in records if "gaps" in record]
    if not looks:
        return ""
    labels = list(looks[-1]["gaps"])
    rows = 1 + (len(labels) + 1) // 2
    figure = Figure(figsize=(12, 3.2 * rows), layout="constrained")  # no pyplot: it keeps global state
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 2, squeeze=False)
    _draw_networks(axes[0, 0], records)
    _draw_fractions(axes[0, 1], looks)
    for place, label in zip(axes[1:].flat, labels, strict=False):
        _draw_term(place, looks, label)
    for place in axes.flat:
        place.legend(fontsize="small") if place.lines else place.set_axis_off()
    with formats.draft_of(folder / "curves.png") as draft:
        figure.savefig(draft, dpi=110, format="png")
    return ""


def _draw_networks(place: Any, records: Sequence[Mapping[str, Any]]) -> None:
    steps = [record["step"] for record in records]
    for name, value in records[-1].items():
        if isinstance(value, float) and name not in APART and not name.endswith("_norm"):
            place.plot(steps, [record.get(name, math.nan) for record in records], label=name, linewidth=0.8)
    place.set(title="networks", xlabel="step")


def _draw_fractions(place: Any, looks: Sequence[Mapping[str, Any]]) -> None:
    steps = [record["step"] for record in looks]
    for number, phase in enumerate(looks[-1]["soft"]):
        for kind, style in (("soft", "--"), ("hard", "-")):
            values = [record[kind][phase] for record in looks]
            place.plot(steps, values, style, color=f"C{number}", label=f"{phase} {kind}", linewidth=1)
    place.set(title="volume fraction: probabilities (soft), argmax (hard)", xlabel="step")


def _draw_term(place: Any, looks: Sequence[Mapping[str, Any]], label: str) -> None:
    steps, gaps = [record["step"] for record in looks], [record["gaps"][label] for record in looks]
    for kind, style in (("read", ":"), ("soft", "--"), ("hard", "-")):
        place.plot(steps, [gap[kind] for gap in gaps], style, label=kind, linewidth=1)
    witness = [gap.get("witness") for gap in gaps]
    if any(ratio is not None for ratio in witness):
        beside = place.twinx()
        beside.plot(steps, [math.nan if ratio is None else ratio for ratio in witness], color="C3", linewidth=0.8)
        beside.set_ylabel("witness over that of the targets", color="C3", fontsize="small")
        beside.set_yscale("log")
    place.set(title=label, xlabel="step")
    place.set_yscale("symlog", linthresh=1e-4)
