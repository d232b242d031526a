"""Axes of the pages of a TIFF file, from the descriptions of ImageJ, OME and tifffile."""

from __future__ import annotations

import html
import json
import math
import re
from typing import Any

from porenet.errors import InputError

_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b([^>]*)>")
_TIFF_DATA = re.compile(r"<(?:\w+:)?TiffData\b([^>]*)>")
_ATTRIBUTE = re.compile(r"""(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_COLOURS = 4


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
    elif ome_pixels(tif):
        names = {"SizeC": "channels", "SizeZ": "slices", "SizeT": "times"}
        sizes = {name: _whole(ome_pixels(tif).get(key, "1")) for key, name in names.items()}
        if sizes["channels"] == pages and 1 < pages <= _COLOURS:
            return f"{pages} channels"
    else:
        leading = [length for length in described_shape(tif)[:-2] if length > 1]
        return f"axes of {' x '.join(map(str, leading))}" if len(leading) > 1 and math.prod(leading) == pages else ""
    long = [f"{size} {name}" for name, size in sizes.items() if isinstance(size, int) and size > 1]
    return " x ".join(long) if len(long) > 1 else ""


def stated_pages(tif: Any, page: Any) -> int | None:
    """Number of pages that the description states; None if it states none.

    Args:
        tif: the file.
        page: the first page that is a slice.

    Raises:
        InputError: an OME header orders the pages otherwise than by z.
    """
    if tif.imagej_metadata is not None:
        stated = tif.imagej_metadata.get("images")
        return int(stated) if isinstance(stated, int) and stated > 1 else None
    ome = ome_pixels(tif)
    if ome:
        _refuse_other_order(tif)
        samples = page.samplesperpixel
        channels = _whole(ome.get("SizeC", "1"))
        channels = channels // samples if channels % samples == 0 else channels
        return _whole(ome.get("SizeZ", "1")) * _whole(ome.get("SizeT", "1")) * channels
    shape = described_shape(tif)
    return math.prod(shape) // max(1, math.prod(page.shape)) if shape else None


def _refuse_other_order(tif: Any) -> None:
    for tag in _TIFF_DATA.findall(tif.pages[0].description):
        place = _attributes(tag)
        steps = [place.get(f"First{axis}", "0") for axis in "ZCT"]
        if place.get("IFD", "").isdecimal() and int(place["IFD"]) != sum(map(_whole_or_zero, steps)):
            raise InputError(
                f"its OME header puts page {place['IFD']} at z = {steps[0]}, channel {steps[1]}, time {steps[2]}",
                fix="Save its pages in the order of z.",
            )


def is_one_slice(tif: Any) -> bool:
    """Whether the description of a single page states a volume one voxel thick, not a 2-D image."""
    if tif.imagej_metadata is not None:
        return isinstance(tif.imagej_metadata.get("spacing"), int | float)
    shape = described_shape(tif)
    return len(shape) == 3 and shape[0] == 1


def described_shape(tif: Any) -> tuple[int, ...]:
    """Shape from a description that tifffile wrote; empty for other descriptions."""
    text = tif.pages[0].description
    if not text.startswith('{"shape":'):
        return ()
    shape = json.loads(text)["shape"]
    return tuple(int(length) for length in shape) if all(0 < int(length) < 1 << 40 for length in shape) else ()


def ome_pixels(tif: Any) -> dict[str, str]:
    """Attributes of the first ``Pixels`` of an OME header; empty without one."""
    # The only tags needed, by pattern: an XML parser would also expand entities.
    text = tif.pages[0].description
    tag = _PIXELS.search(text) if "<OME" in text[:4096] else None
    return _attributes(tag[1]) if tag else {}


def _attributes(tag: str) -> dict[str, str]:
    return {name: html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(tag)}


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 1


def _whole_or_zero(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 0
