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


def layers_of_file(layers: LabelSlabs, memory: int | None) -> int:
    """Layers of a volume that may be in memory at a time, from `layers_at_a_time`."""
    return layers_at_a_time(
        layers.shape,
        memory,
        where=str(layers.path),
        depth=layers.chunk_depth,
        value_bytes=layers.value_bytes,
        useful=layers.shape[0] if layers.again else USUAL_LAYERS,
    )


def layers_at_a_time(
    shape: tuple[int, int, int],
    memory: int | None,
    *,
    where: str,
    depth: int = 1,
    value_bytes: int = 1,
    useful: int = USUAL_LAYERS,
    fixed_bytes: int = 0,
) -> int:
    """Layers that may be in memory at a time: a multiple of the depth of chunks, and not more than are of use.

    Args:
        shape: (Z, Y, X), voxels.
        memory: bytes that the process may take; None for no limit.
        where: the volume, for the message.
        depth: layers that are decoded together.
        value_bytes: bytes of a value in the file.
        useful: layers beyond which more gain nothing.
        fixed_bytes: bytes beside all layers.

    Raises:
        InputError: not even one layer, or one layer of chunks, fits.
    """
    layer_bytes = shape[1] * shape[2] * (LABEL_COPIES + value_bytes)
    depth = max(1, min(depth, shape[0]))
    useful = max(useful, depth)
    most = useful if memory is None else min(useful, (memory - BASE_BYTES - fixed_bytes) // layer_bytes)
    if most < depth:
        least = math.ceil((BASE_BYTES + fixed_bytes + depth * layer_bytes) / 1e6) * 1_000_000
        what = f"{depth} layers that are decoded together" if depth > 1 else "a layer"
        raise InputError(
            f"{size_text(memory or 0)} are too little for {what} of {shape[1]} x {shape[2]} voxels",
            where=where,
            fix=Wording(f"Allow {size_text(least)}: memory={least}.", f"Allow --memory {least // 1_000_000}MB."),
        )
    return most // depth * depth
