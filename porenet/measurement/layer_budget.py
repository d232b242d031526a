"""How many layers of a volume are in memory at a time while it is copied or coarsened."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from porenet.errors import InputError, Wording
from porenet.measurement.slab_plan import BASE_BYTES, USUAL_LAYERS, size_text

if TYPE_CHECKING:
    from porenet.formats import LabelSlabs

LABEL_COPIES = 3
"""Bytes per voxel beside the values: labels, the bytes to write, and a mask or a count."""


def layers_at_a_time(layers: LabelSlabs, memory: int | None) -> int:
    """Layers that may be in memory at a time: a multiple of the depth of chunks, and not more than are of use.

    Args:
        layers: the volume.
        memory: bytes that the process may take; None for no limit.

    Raises:
        InputError: not even one layer, or one layer of chunks, fits.
    """
    shape = layers.shape
    layer_bytes = shape[1] * shape[2] * (LABEL_COPIES + layers.value_bytes)
    depth = min(layers.chunk_depth, shape[0])
    useful = shape[0] if layers.again else max(USUAL_LAYERS, depth)
    most = useful if memory is None else min(useful, (memory - BASE_BYTES) // layer_bytes)
    if most < depth:
        least = math.ceil((BASE_BYTES + depth * layer_bytes) / 1e6) * 1_000_000
        what = f"{depth} layers that are decoded together" if depth > 1 else "a layer"
        raise InputError(
            f"{size_text(memory or 0)} are too little for {what} of {shape[1]} x {shape[2]} voxels",
            where=str(layers.path),
            fix=Wording(f"Allow {size_text(least)}: memory={least}.", f"Allow --memory {least // 1_000_000}MB."),
        )
    return most // depth * depth
