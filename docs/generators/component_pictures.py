"""The picture on the page of a component: what it says of five structures, and where a loss pulls.

``python docs/generators/component_pictures.py [NAME ...]`` draws docs/pictures/components/KIND-NAME.svg.
"""

from __future__ import annotations

import base64
import html
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from component_cases import GRID, PHASES, SIDE, number, params_of, structures, telling_key
from numpy.typing import NDArray

import porenet
from porenet.interface import Undefined
from porenet.interface.phase_colours import colours_of
from porenet.interface.slice_picture import png_of
from porenet.registry import Component, Registry

FOLDER = Path(__file__).parents[1] / "pictures" / "components"
TILE, GAP, LINE = 118, 12, 17  # CSS pixels
HEAT = ["#20242b", "#3a3230", "#5d4131", "#855132", "#b06433", "#d97b36", "#f79a43", "#ffc27a", "#ffe6bd"]
STYLE = "<style>@media (prefers-color-scheme: dark) { svg { color: #ced6dd } }</style>"


def picture(component: Component) -> str:
    """The SVG of a component."""
    if component.spec.kind == "score":
        return _of_a_score(component)
    if component.spec.kind == "metric":
        return _of_a_metric(component)
    return _of_a_loss(component)


def _of_a_metric(component: Component) -> str:
    values = {title: component.load()(volume, **params_of(component)) for title, volume in structures().items()}
    key = telling_key(values["an electrode"])
    units = component.spec.unit
    unit = "" if units == "1" or not isinstance(units, str) else f" {units}"
    return _drawing(f"{component.spec.name}, {key}{unit}", [table[key] for table in values.values()], ())


def _of_a_loss(component: Component) -> str:
    """Its value at each structure, with the electrode as the target, and the size of its gradient in the section."""
    loss = getattr(porenet.losses, component.spec.name)(GRID, **params_of(component))
    real = torch.tensor(structures()["an electrode"].labels)[None]
    values, slopes = [], []
    for volume in structures().values():
        sure = 0.9 * torch.nn.functional.one_hot(torch.tensor(volume.labels).long(), 3).movedim(-1, 0)[None] + 0.1 / 3
        field = sure.requires_grad_()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = loss(field, real) if component.spec.needs else loss(field)
            value.backward()
        values.append(value.item())
        slope = torch.zeros_like(field) if field.grad is None else field.grad
        slopes.append(slope[0].norm(dim=0).numpy())
    return _drawing(f"{component.spec.name}, loss", values, slopes)


def _of_a_score(component: Component) -> str:
    rng = np.random.default_rng(0)
    real = rng.normal(1.0, 0.1, 50)
    samples = {
        "the same sample": real,
        "another draw": rng.normal(1.0, 0.1, 50),
        "half a sd higher": rng.normal(1.05, 0.1, 50),
        "two sd higher": rng.normal(1.2, 0.1, 50),
        "collapsed": np.full(50, real.mean()) + rng.normal(0, 0.002, 50),
    }
    score = component.load()
    strips = [_strip(real, sample) for sample in samples.values()]
    values = [score(real, sample).value for sample in samples.values()]
    heads = ["above: 50 real values", "below: 50 generated values"]
    return _page(list(samples), strips, f"{component.spec.name}", values, [], TILE // 2, heads)


def _drawing(name: str, values: Sequence[float | Undefined], slopes: Sequence[NDArray[Any]]) -> str:
    layer = _telling_layer(slopes)
    sections = [_image(volume.labels[:, layer], colours_of(PHASES)) for volume in structures().values()]
    steepest = max((float(slope.max()) for slope in slopes), default=0.0) or 1.0
    levels = [np.sqrt(slope[:, layer] / steepest) * (len(HEAT) - 1) for slope in slopes]
    maps = [_image(level.round().astype(np.uint8), HEAT) for level in levels]
    return _page(list(structures()), sections, name, values, maps, TILE, [])


def _telling_layer(slopes: Sequence[NDArray[Any]]) -> int:
    """The middle section; where a gradient is at few voxels, and none of them is there, the section of the steepest."""
    middle = SIDE // 2
    if not slopes:
        return middle
    steepest = np.max([slope.max(axis=(0, 2)) for slope in slopes], axis=0)  # per layer along y
    return middle if steepest[middle] > 0.1 * steepest.max() else int(steepest.argmax())


def _page(
    titles: Sequence[str],
    tiles: Sequence[str],
    name: str,
    values: Sequence[float | Undefined],
    maps: Sequence[str],
    height: int,
    heads: Sequence[str],
) -> str:
    """Titles, tiles, the value with a bar below each tile, maps below that, and what the colours mean."""
    width = len(tiles) * (TILE + GAP) - GAP
    numbers = [None if isinstance(value, Undefined) or value != value else abs(value) for value in values]
    largest = max((size for size in numbers if size is not None), default=0.0) or 1.0
    below = LINE + height
    foot = below + 3 * LINE + (TILE + LINE if maps else 0)
    parts = []
    for column, (title, tile, value, size) in enumerate(zip(titles, tiles, values, numbers, strict=True)):
        left = column * (TILE + GAP)
        parts.append(_text(left, 12, title))
        parts.append(f'<g transform="translate({left} {LINE})">{tile}</g>')
        parts.append(_text(left, below + 15, number(value), weight="bold"))
        bar = 0 if size is None else TILE * size / largest
        parts.append(f'<rect x="{left}" y="{below + 20}" width="{bar:.1f}" height="4" fill="currentColor"/>')
        if maps:
            parts.append(f'<g transform="translate({left} {below + 2 * LINE + 10})">{maps[column]}</g>')
    if maps:
        parts.append(_text(0, below + 2 * LINE + 4, "size of the gradient in the section: bright where the loss pulls"))
    parts.append(_text(width, foot, f"bold: {name}", anchor="end"))
    if heads:
        parts += [_text(0, foot, ", ".join(heads))]
    else:
        parts += _key(foot)
    box = f'viewBox="0 0 {width} {foot + 6}" width="{width}" height="{foot + 6}"'
    body = "\n".join(parts)
    font = 'font-family="sans-serif" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} {font}>{STYLE}\n{body}\n</svg>\n'


def _key(foot: float) -> list[str]:
    """The colours of the phases with their names, and how the sections lie, in the last line."""
    parts = []
    for place, (phase, colour) in enumerate(zip(PHASES, colours_of(PHASES), strict=True)):
        parts.append(f'<rect x="{place * 58}" y="{foot - 10}" width="11" height="11" fill="{colour}"/>')
        parts.append(_text(place * 58 + 15, foot, phase))
    return [*parts, _text(len(PHASES) * 58, foot, "sections of z (down) and x")]


def _text(x: float, y: float, words: str, *, weight: str = "normal", anchor: str = "start") -> str:
    words = html.escape(words, quote=False)
    return f'<text x="{x}" y="{y}" fill="currentColor" font-weight="{weight}" text-anchor="{anchor}">{words}</text>'


def _image(section: NDArray[np.uint8], colours: Sequence[str]) -> str:
    data = base64.b64encode(png_of(section, colours)).decode()
    style = 'style="image-rendering: pixelated"'
    return f'<image {style} width="{TILE}" height="{TILE}" href="data:image/png;base64,{data}"/>'


def _strip(real: NDArray[Any], generated: NDArray[Any]) -> str:
    """Two rows of ticks, one per value, from 0.7 to 1.5."""
    rows = []
    for top, sample in ((4, real), (34, generated)):
        places = [(value - 0.7) / 0.8 * TILE for value in sample]
        ticks = "".join(f"M{place:.1f} {top}v20" for place in places)
        rows.append(f'<path d="{ticks}" stroke="currentColor" stroke-opacity="0.55"/>')
    return "".join(rows)


def main(names: Sequence[str]) -> None:
    """Draw the pictures of these components, or of all."""
    FOLDER.mkdir(exist_ok=True)
    for component in Registry.installed(environ={"PORENET_PLUGINS": ""}).components:
        spec = component.spec
        if spec.kind != "format" and (not names or spec.name in names):
            (FOLDER / f"{spec.kind}-{spec.name}.svg").write_text(picture(component), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
