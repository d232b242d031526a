"""Voxel edges from the descriptions and the resolution of a TIFF file (ImageJ, OME)."""

from __future__ import annotations

from typing import Any

from porenet.formats.interface import UNSTATED, Voxel, in_um, unknown_units
from porenet_formats.tiff.axes import ome_pixels


def stated_voxel(tif: Any) -> Voxel:
    """Voxel edges (z, y, x), um, as far as the file states them.

    ImageJ gives pixels per unit in the resolution tags, the distance of slices as ``spacing`` (left out where it
    is 1 or unknown) and the name of the unit; OME gives all three edges. Plain resolution tags state edges in the
    plane where they count pixels per centimetre; per inch they are the print resolution of the program that wrote
    the file.
    """
    ome = ome_pixels(tif)
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


def unit_note(tif: Any) -> str:
    """In words, which units of the file are not known units of length; empty if all are, or none is stated."""
    ome = ome_pixels(tif)
    if ome:
        return unknown_units([ome.get(f"PhysicalSize{axis}Unit", "um") for axis in "ZYX"])
    metadata = tif.imagej_metadata or {}
    return unknown_units([unit for unit in map(_text, map(metadata.get, ("zunit", "yunit", "unit"))) if unit])


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
