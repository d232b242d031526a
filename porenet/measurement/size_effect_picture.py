"""Picture of a size effect: the boxes' mean and standard deviation against their size, a panel per quantity."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.errors import InputError
from porenet.measurement.size_statistics import Quantity, SizeRow
from porenet.measurement.sub_volume_sizes import SizeEffect

ENDINGS = (".png", ".svg", ".pdf")
ACROSS = 3
MOST = 24
"""Panels that are drawn."""


def check_picture(path: Path) -> None:
    """Refuse a picture that cannot be written, before the measurement.

    Raises:
        InputError: unknown file ending, missing folder, or matplotlib missing.
    """
    if path.suffix not in ENDINGS:
        raise InputError(f"a picture ends in {', '.join(ENDINGS)}, not {path.suffix!r}", where=str(path))
    if not path.absolute().parent.is_dir() or path.is_dir():
        raise InputError("cannot be written there", where=str(path), fix="Name a file in a folder that exists.")
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError("matplotlib is not installed", fix="Install the extra: porenet[plot].")


def draw_size_effects(effects: Mapping[str, SizeEffect], path: Path) -> list[str]:
    """Draw the size effects of volumes, a panel per quantity with a line per volume.

    Args:
        effects: name of a volume -> its size effect.
        path: picture to write (`check_picture`).

    Returns:
        Notes: that not every quantity was drawn.

    Raises:
        InputError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    quantities = list(dict.fromkeys(quantity for effect in effects.values() for quantity in effect.sizes))
    drawn = quantities[:MOST]
    rows = -(-len(drawn) // ACROSS)
    across = min(ACROSS, len(drawn))
    figure = Figure(figsize=(3.4 * across, 2.6 * rows + 0.3), layout="constrained")
    panels = [figure.add_subplot(rows, across, number) for number in range(1, len(drawn) + 1)]
    for axes, quantity in zip(panels, drawn, strict=True):
        _draw_panel(axes, effects, quantity)
    if len(effects) > 1:
        figure.legend(*panels[0].get_legend_handles_labels(), fontsize=7, loc="outside lower center", ncols=4)
    try:
        with formats.draft_of(path.resolve()) as draft:
            figure.savefig(draft, dpi=150, format=path.suffix[1:])
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"cannot be drawn: {error}", where=str(path)) from error
    return [f"{path} shows {MOST} of {len(quantities)} quantities"] if len(quantities) > MOST else []


def _draw_panel(axes: Any, effects: Mapping[str, SizeEffect], quantity: Quantity) -> None:
    there = {name: effect for name, effect in effects.items() if quantity in effect.sizes}
    for name, effect in there.items():
        sizes = [size for size in effect.sizes[quantity] if size.mean is not None]
        edges, means = [size.edge_um for size in sizes], [size.mean for size in sizes]
        errors = [size.sd or 0.0 for size in sizes]
        colour = f"C{list(effects).index(name) % 10}"
        axes.errorbar(edges, means, errors, fmt="o-", color=colour, markersize=3, lw=1, capsize=2, label=name)
        _draw_tolerance(axes, effect, quantity, colour)
        _name_undefined(axes, effect.sizes[quantity])
    first = next(iter(there.values()))
    unit = first.quantities[quantity]["unit"]
    axes.set_xscale("log")
    axes.minorticks_off()
    edges = [size.edge_um for size in first.sizes[quantity]]
    axes.set_xticks(edges, [f"{edge:.3g}" for edge in edges])
    axes.set_title(" ".join(quantity[1:]), fontsize=8)
    axes.set_xlabel("edge of the box, um", fontsize=7)
    axes.set_ylabel("mean and sd" + ("" if unit == "1" else f", {unit}"), fontsize=7)
    axes.tick_params(labelsize=7)


def _name_undefined(axes: Any, sizes: list[SizeRow]) -> None:
    for size in sizes:
        if size.undefined:
            text = f"{1 - size.defined / size.boxes:.0%} undefined"
            place = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom"}
            axes.annotate(text, (size.edge_um, 0.02), rotation=90, fontsize=5, **place)


def _draw_tolerance(axes: Any, effect: SizeEffect, quantity: Quantity, colour: str) -> None:
    whole = effect.sizes[quantity][0].mean
    if whole is not None:
        width = effect.tolerance * abs(whole)
        axes.axhspan(whole - width, whole + width, color=colour, alpha=0.1, lw=0)
    edge_um = effect.representative[quantity].edge_um
    if edge_um is not None:
        axes.axvline(edge_um, color=colour, lw=0.8, ls=":")
