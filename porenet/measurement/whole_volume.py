"""What needs the whole volume in memory: metrics, which are refused where that is too much, and sections."""

from __future__ import annotations

import math

from porenet import registry
from porenet.errors import InputError, Wording
from porenet.interface import Volume
from porenet.measurement.requests import Request, prepared
from porenet.measurement.slab_plan import BASE_BYTES, MOST_BYTES, WHOLE_BYTES, fits, size_text


def refuse_larger(request: Request, volume: Volume, memory: int | None) -> None:
    """Refuse a metric that may take more than is allowed; those that can be measured by slabs take little.

    Args:
        request: a metric, checked.
        volume: any labelled structure.
        memory: bytes that the process may take; None for no limit.

    Raises:
        InputError: the metric needs the whole volume, and that is too large.
    """
    depth, height, width = volume.labels.shape
    shape = (depth, height, width)
    if fits(shape, memory, MOST_BYTES):
        return
    component, params = prepared(request, volume.grid)
    stream = component.load_stream()
    if stream is not None:
        try:
            stream.need(volume.grid, shape, params)
        except InputError:  # with these parameters it needs the whole volume, or measuring it says what is wrong
            pass
        else:
            return
    raise needs_it_whole(shape, component.spec.name if request.explicit else "", memory)


def notes_of_large_section(volume: Volume, where: str, memory: int | None) -> list[str]:
    """What to say of a section that may take more than is allowed: it has no layers to be read by.

    Args:
        volume: any labelled structure, in memory.
        where: its name.
        memory: bytes that the process may take; None for no limit.
    """
    if memory is None or volume.grid.dims == 3 or fits(volume.shape, memory):
        return []
    needed = size_text(BASE_BYTES + volume.labels.size * WHOLE_BYTES)
    return [f"{where}: a section is read whole, which takes up to {needed}, and {size_text(memory)} are allowed"]


def needs_it_whole(shape: tuple[int, int, int], name: str, memory: int | None) -> InputError:
    """The refusal of a metric, which names others of the same family if it was asked for by name.

    Args:
        shape: (Z, Y, X), voxels.
        name: of the metric if it was asked for, else empty.
        memory: bytes that are allowed; None to leave them out.
    """
    needed = size_text(math.prod(shape) * MOST_BYTES)
    allowed = "" if memory is None else f", and {size_text(memory)} are allowed"
    able = [
        component.spec.name
        for component in registry.installed().components
        if component.spec.kind == "metric" and component.spec.streamed
    ]
    near = [other for other in able if name and other.startswith(f"{name}_")]  # tortuosity_bounds of tortuosity
    instead = f"{', '.join(near)} can be measured instead. " if near else ""
    return InputError(
        f"needs the whole volume in memory, up to {needed}{allowed}",
        fix=Wording(
            f"{instead}Read it with porenet.formats.read. Metrics by slabs: {', '.join(able)}.",
            f"{instead}Allow more with --memory. Metrics by slabs: {', '.join(able)}.",
        ),
    )
