"""Value of any metric against the size of the volume: `size_effect`."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from porenet.errors import InputError
from porenet.interface import Volume
from porenet.measurement.derived_volumes import Derived, Progress, measure_derived
from porenet.measurement.requests import Request
from porenet.measurement.row import Row
from porenet.measurement.size_statistics import Quantity, Representative, SizeRow, representative, size_row
from porenet.measurement.sub_boxes import MOST_BOXES, BoxSize, box_sizes, cut

TOLERANCE = 0.1

CUT = (
    "a sub-box is open along every axis that is cut, also where the volume is periodic, and what touches a face of a "
    "sub-box need not touch one of the volume: percolation, connectivity and active triple lines mean something else "
    "in it"
)


@dataclass(frozen=True)
class SizeEffect:
    """Values of metrics against the size of the box.

    Attributes:
        quantities: row of each value in the whole volume, as `measure` gives it.
        sizes: provider, metric and key -> statistics per size, in falling order, the whole volume first.
        representative: provider, metric and key -> from which size on boxes represent the volume.
        tolerance: relative, behind ``representative``.
        notes: what the reader should know.
    """

    quantities: dict[Quantity, Row]
    sizes: dict[Quantity, list[SizeRow]]
    representative: dict[Quantity, Representative]
    tolerance: float
    notes: tuple[str, ...]

    def as_data(self) -> list[dict[str, Any]]:
        """One entry per quantity, JSON-ready."""
        return [
            {
                **{name: row.get(name) for name in ("metric", "provider", "key", "unit", "params")},
                "sizes": [size.as_data() for size in self.sizes[quantity]],
                **self.representative[quantity].as_data(),
            }
            for quantity, row in self.quantities.items()
        ]


def size_effect(
    volume: Volume,
    requests: Iterable[Request | str] | str,
    *,
    boxes: int = MOST_BOXES,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
) -> SizeEffect:
    """Measure metrics in sub-boxes of decreasing size.

    The sub-boxes of a size lie side by side (`porenet.measurement.box_sizes`). Each is measured as a volume of its own:
    it is open along every axis that is cut, and its faces are the inlets, outlets and reservoirs of metrics that have
    them. Boxes in which a value is undefined are counted with the reason, and none is left out in silence.

    Args:
        volume: any labelled structure.
        requests: metrics, by name or with parameters (`Request`).
        boxes: most boxes per size; of more, this number is drawn.
        seed: of the drawing.
        tolerance: relative error at which a size counts as representative.
        progress: called with the name of each box that has been measured.

    Returns:
        Number of boxes, mean, standard deviation and coefficient of variation per size and quantity; and the smallest
        representative size (`porenet.measurement.representative`).

    Raises:
        InputError: that is not a volume, it is too small for two sizes, or a metric refuses the whole volume.
        UnknownComponent, ConfigError: a request is wrong.
        PluginError: a metric broke its contract.

    Example:
        >>> import numpy, porenet
        >>> from porenet.measurement import size_effect
        >>> labels = numpy.indices((32, 32, 32)).sum(axis=0) // 4 % 2
        >>> stripes = porenet.Volume.from_array(labels, phases=("solid", "pore"), voxel_um=0.1)
        >>> effect = size_effect(stripes, "vf")
        >>> [(size.shape[0], size.boxes) for size in effect.sizes["porenet", "vf", "pore"]]
        [(32, 1), (16, 8), (10, 27), (8, 64)]
    """
    if not isinstance(volume, Volume):
        raise InputError(f"a porenet.Volume was expected, not {type(volume).__name__}", where="size_effect.volume")
    sizes = box_sizes(volume, boxes=boxes, seed=seed)
    rows, notes = measure_derived(sub_volumes(volume, sizes), requests, progress=progress)
    return size_effect_of(rows, sizes, volume.grid.voxel_um, tolerance, notes)


def sub_volumes(volume: Volume, sizes: Sequence[BoxSize], name: str = "volume") -> list[Derived]:
    """The boxes of each size, the whole volume first, named by their shape and corner."""
    return [
        Derived(
            box_name(name, size, corner),
            functools.partial(cut, volume, corner, size.shape),
            {"source": name, "corner": list(corner[-size.dims :])},
        )
        for size in sizes
        for corner in size.corners
    ]


def box_name(name: str, size: BoxSize, corner: Sequence[int]) -> str:
    """Name of a box in a table, such as ``cube.tif: 31x31x31 at 0,31,0``; of a section ``31x31 at 31,0``."""
    return f"{name}: {'x'.join(map(str, size.sides))} at {','.join(map(str, corner[-size.dims :]))}"


def size_effect_of(
    rows: Mapping[str, Sequence[Row]],
    sizes: Sequence[BoxSize],
    voxel_um: Sequence[float],
    tolerance: float = TOLERANCE,
    notes: Sequence[str] = (),
    name: str = "volume",
) -> SizeEffect:
    """The size effect from rows of boxes.

    Args:
        rows: name of each box (`box_name`) -> its rows.
        sizes: of the boxes.
        voxel_um: voxel edges (z, y, x), um.
        tolerance: relative.
        notes: of the measurement.
        name: name of the volume, with which those of the boxes begin.
    """
    by_box = {box: {_quantity(row): row for row in box_rows} for box, box_rows in rows.items()}
    quantities = dict(by_box[box_name(name, sizes[0], sizes[0].corners[0])])
    for box in by_box.values():
        for quantity, row in box.items():
            quantities.setdefault(quantity, {**row, "value": None, "undefined": "not in the whole volume"})
    statistics = {
        quantity: [
            size_row([by_box[box_name(name, size, corner)].get(quantity) for corner in size.corners], size, voxel_um)
            for size in sizes
        ]
        for quantity in quantities
    }
    fits = {quantity: representative(per_size, tolerance) for quantity, per_size in statistics.items()}
    return SizeEffect(quantities, statistics, fits, tolerance, (*notes, CUT))


def _quantity(row: Row) -> Quantity:
    return str(row["provider"]), str(row["metric"]), str(row["key"])
