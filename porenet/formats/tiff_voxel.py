"""Axes and voxel edges from the descriptions in a TIFF file (ImageJ, OME, tifffile)."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from porenet.formats.stored import UNSTATED, Voxel
from porenet.formats.units import in_um

_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b([^>]*)>")
_COLOURS = 4
_ATTRIBUTE = re.compile(r"""(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def stated_voxel(tif: Any) -> Voxel:
    """Voxel edges (z, y, x), um, as far as the file states them.

    ImageJ gives pixels per unit in the resolution tags, the distance of slices as ``spacing`` (left out where it
    is 1 or unknown) and the name of the unit; OME gives all three edges. Plain resolution tags state edges in the
    plane where they count pixels per centimetre; per inch they are the print resolution of the program that wrote
    the file.
    """
    ome = _ome_pixels(tif)
    if ome:
        z, y, x = (_ome_edge(ome, axis) for axis in "ZYX")
        return z, y, x
    tags = tif.pages[0].tags
    across = [_per_pixel(tags.get(code)) for code in (283, 282)]
    metadata = tif.imagej_metadata
    if metadata is not None:
        unit = metadata.get("unit")
        factors = [in_um(_text(metadata.get(key, unit))) for key in ("zunit", "yunit", "unit")]
        edges = [metadata.get("spacing"), *across]
        z, y, x = (_times(edge, factor) for edge, factor in zip(edges, factors, strict=True))
        return z, y, x
    resolution_unit = tags.get(296)
    if resolution_unit is not None and resolution_unit.value == 3:
        return None, _times(across[0], 1e4), _times(across[1], 1e4)
    return UNSTATED


def planes_of_other_axes(tif: Any, pages: int) -> str:
    """Axes of the pages other than z, in words; empty if there are none.

    A stack over times alone, or over more channels than a colour has, is taken as z: ImageJ stores many imported
    stacks so, and tifffile every stack without stated axes.
    """
    sizes: dict[str, Any] = {}
    if tif.imagej_metadata is not None:
        names = {"channels": "channels", "slices": "slices", "frames": "times"}
        sizes = {name: tif.imagej_metadata.get(key, 1) for key, name in names.items()}
        if sizes["channels"] == pages and 1 < pages <= _COLOURS:
            return f"{pages} channels"
    elif _ome_pixels(tif):
        names = {"SizeC": "channels", "SizeZ": "slices", "SizeT": "times"}
        sizes = {name: _whole(_ome_pixels(tif).get(key, "1")) for key, name in names.items()}
        if sizes["channels"] == pages and 1 < pages <= _COLOURS:
            return f"{pages} channels"
    else:
        leading = [length for length in _described_shape(tif)[:-2] if length > 1]
        return f"axes of {' x '.join(map(str, leading))}" if len(leading) > 1 and math.prod(leading) == pages else ""
    long = [f"{size} {name}" for name, size in sizes.items() if isinstance(size, int) and size > 1]
    return " x ".join(long) if len(long) > 1 else ""


def stated_pages(tif: Any) -> int | None:
    """Number of pages that the description states; None if it states none."""
    if tif.imagej_metadata is not None:
        stated = tif.imagej_metadata.get("images")
        return int(stated) if isinstance(stated, int) and stated > 1 else None
    shape = _described_shape(tif)
    return math.prod(shape) // max(1, math.prod(tif.pages[0].shape)) if shape else None


def is_one_slice(tif: Any) -> bool:
    """Whether the description of a single page states a volume one voxel thick, not a 2-D image."""
    if tif.imagej_metadata is not None:
        return isinstance(tif.imagej_metadata.get("spacing"), int | float)
    shape = _described_shape(tif)
    return len(shape) == 3 and shape[0] == 1


def _described_shape(tif: Any) -> tuple[int, ...]:
    """Shape from a description that tifffile wrote; empty for other descriptions."""
    text = tif.pages[0].description
    if not text.startswith('{"shape":'):
        return ()
    shape = json.loads(text)["shape"]
    return tuple(int(length) for length in shape) if all(0 < int(length) < 1 << 40 for length in shape) else ()


def _ome_pixels(tif: Any) -> dict[str, str]:
    # The only tag needed, by pattern: an XML parser would also expand entities.
    text = tif.pages[0].description
    tag = _PIXELS.search(text) if "<OME" in text[:4096] else None
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(tag[1])} if tag else {}


def _ome_edge(pixels: dict[str, str], axis: str) -> float | None:
    try:
        size = float(pixels[f"PhysicalSize{axis}"])
    except (KeyError, ValueError):
        return None
    return _times(size, in_um(pixels.get(f"PhysicalSize{axis}Unit", "um")))


def _per_pixel(tag: Any) -> float | None:
    if tag is None or not isinstance(tag.value, tuple) or len(tag.value) != 2:
        return None
    pixels, units = tag.value
    return units / pixels if pixels and units else None


def _times(edge: Any, factor: float | None) -> float | None:
    if isinstance(edge, bool) or not isinstance(edge, int | float) or factor is None:
        return None
    return float(edge) * factor


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 12 else 1
