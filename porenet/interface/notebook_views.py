"""What a notebook shows of a grid, a volume and targets."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from porenet.interface.html_table import Markup, escaped, table

if TYPE_CHECKING:
    from porenet.interface.grid import Grid
    from porenet.interface.volume import Volume

WIDTH = 240
"""Width of a picture, CSS pixels."""


def grid_html(grid: Grid) -> Markup:
    """Phases, voxel edges and periodic axes."""
    return table(_grid_rows(grid), caption="Grid")


def volume_html(volume: Volume) -> Markup:
    """The facts of a volume beside its middle section z = Z // 2, y downwards."""
    from porenet.interface.phase_colours import colours_of
    from porenet.interface.slice_picture import png_of

    phases, grid, middle = volume.grid.phases, volume.grid, len(volume.labels) // 2
    colours = colours_of(phases)
    box_um = " x ".join(f"{edge * side:g}" for edge, side in zip(grid.edges_um, volume.shape, strict=True))
    size = " x ".join(map(str, volume.shape))
    facts = table(
        [(f"shape ({', '.join(grid.axes)})", size), ("box (um)", box_um), *_grid_rows(grid)],
        caption="Volume" if grid.dims == 3 else "Section",
    )
    place = f"z = {middle}" if grid.dims == 3 else "the section"
    picture = base64.b64encode(png_of(volume.labels[middle], colours)).decode()
    keys = " ".join(
        f'<span><span style="color: {colour}">&#9632;</span> {escaped(phase)}</span>'
        for phase, colour in zip(phases, colours, strict=True)
    )
    return Markup(
        f'<div style="display: flex; gap: 1em">{facts}<figure style="margin: 0">'
        f'<img style="width: {WIDTH}px; image-rendering: pixelated" alt="{place}" '
        f'src="data:image/png;base64,{picture}"><figcaption>{place}: {keys}</figcaption></figure></div>'
    )


def targets_html(targets: Any) -> Markup:
    """Each target with its shape, estimator and the mean of its columns; NaN is left out of means."""
    rows = [
        (
            key,
            tuple(value.shape),
            targets.estimators.get(key),
            "reference sample" if key in targets.whole else "per sample",
            _means(value),
        )
        for key, value in targets.items()
    ]
    witnessed = f"; witnesses: {', '.join(targets.witnesses)}" if targets.witnesses else ""
    return table(rows, ("key", "shape", "estimator", "rows", "mean"), caption=f"Targets{witnessed}")


MOST_MEANS = 8


def _means(value: Any) -> str:
    if not value.numel():
        return ""
    columns = value.detach().double().reshape(len(value) if value.ndim else 1, -1).nanmean(dim=0).tolist()
    more = f", ... ({len(columns)})" if len(columns) > MOST_MEANS else ""
    return ", ".join(f"{mean:.4g}" for mean in columns[:MOST_MEANS]) + more


def _grid_rows(grid: Grid) -> list[tuple[str, object]]:
    wrapping = [axis for axis, wraps in zip(grid.axes, grid.wraps, strict=True) if wraps]
    return [
        ("phases", ", ".join(grid.phases)),
        (f"voxel ({', '.join(grid.axes)}) um", " x ".join(f"{edge:g}" for edge in grid.edges_um)),
        ("periodic", ", ".join(wrapping) or "no axis"),
    ]
