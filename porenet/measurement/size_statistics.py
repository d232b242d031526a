"""Statistics of a quantity over sub-boxes of each size, and the size from which on a box is representative."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from porenet.measurement.row import Row
from porenet.measurement.sub_boxes import BoxSize

FEWEST = 8
"""Boxes of a size that its scatter is judged by: eight give a standard deviation to about a quarter of it."""
NORMAL = 1.96
"""Half of a 95 % interval, standard deviations."""
MISSING = "boxes of this size have no such value"

Quantity = tuple[str, str, str]
"""Provider, metric and key."""


@dataclass(frozen=True)
class SizeRow:
    """A quantity in the boxes of one size.

    Attributes:
        shape: of a box ``(Z, Y, X)``, of a section ``(Y, X)``, voxels.
        size_um: the same, um.
        possible: boxes of this size that fit side by side.
        boxes: boxes measured.
        undefined: why there is no value -> in how many boxes.
        mean: of the boxes that have a value; None if none has.
        sd: their standard deviation; None for fewer than two.
    """

    shape: tuple[int, ...]
    size_um: tuple[float, ...]
    possible: int
    boxes: int
    undefined: dict[str, int]
    mean: float | None
    sd: float | None

    @property
    def defined(self) -> int:
        """Boxes that have a value."""
        return self.boxes - sum(self.undefined.values())

    @property
    def edge_um(self) -> float:
        """Edge of the cube of the same volume, or of the square of the same area, um."""
        return float(math.prod(self.size_um) ** (1 / len(self.size_um)))

    @property
    def variation(self) -> float | None:
        """Coefficient of variation: standard deviation over mean, dimensionless."""
        return self.sd / abs(self.mean) if self.sd is not None and self.mean else None

    @property
    def relative_error(self) -> float | None:
        """Half of the 95 % interval of the value of one box, relative to the mean, dimensionless."""
        return None if self.variation is None else NORMAL * self.variation

    def as_data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "size_voxels": list(self.shape),
            "size_um": list(self.size_um),
            "edge_um": self.edge_um,
            "possible": self.possible,
            "boxes": self.boxes,
            "defined": self.defined,
            "undefined": self.undefined,
            "mean": self.mean,
            "sd": self.sd,
            "variation": self.variation,
            "relative_error": self.relative_error,
        }


def size_row(rows: Sequence[Row | None], size: BoxSize, voxel_um: Sequence[float]) -> SizeRow:
    """The statistics of one quantity over the boxes of one size.

    Args:
        rows: the row of each box; None for a box in which the metric has no such key.
        size: of the boxes.
        voxel_um: voxel edges (z, y, x), um.
    """
    reasons = Counter(
        MISSING if row is None else str(row["undefined"]) for row in rows if row is None or row["value"] is None
    )
    values = [float(row["value"]) for row in rows if row is not None and row["value"] is not None]
    return SizeRow(
        shape=size.sides,
        size_um=tuple(side * edge for side, edge in zip(size.sides, voxel_um[-size.dims :], strict=True)),
        possible=size.possible,
        boxes=len(rows),
        undefined=dict(reasons),
        mean=statistics.fmean(values) if values else None,
        sd=statistics.stdev(values) if len(values) > 1 else None,
    )


@dataclass(frozen=True)
class Representative:
    """From which size on boxes represent the volume.

    Attributes:
        edge_um: edge of the cube of that volume, or of the square of that area, um; None if no size does.
        reason: why no size does; else empty.
        needed_um: where only the scatter is too large: the edge at which it would do, if it falls as 1 / sqrt(volume),
            of sections as 1 / sqrt(area).
        whole_error: half of the 95 % interval of the value of the whole volume, relative to that, if the scatter of the
            largest boxes falls like that; by Student's t, for their number. None if unknown.
    """

    edge_um: float | None
    reason: str
    needed_um: float | None
    whole_error: float | None

    def as_data(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "representative_um": self.edge_um,
            "undefined": self.reason or None,
            "needed_um": self.needed_um,
            "whole_relative_error": self.whole_error,
        }


def representative(sizes: Sequence[SizeRow], tolerance: float) -> Representative:
    """The smallest size from which on boxes represent the volume.

    They do where every box has a value, their mean differs from the value of the whole volume by no more than the
    tolerance, and so does the value of a single box from their mean in 95 of 100 cases; at this size and at every
    larger one of at least `FEWEST` boxes.

    Source: T. Kanit et al., Int. J. Solids Struct. 40 (2003) 3647, https://doi.org/10.1016/S0020-7683(03)00143-4.

    Args:
        sizes: in falling order, the whole volume first.
        tolerance: relative, dimensionless.
    """
    whole, *smaller = sizes
    if whole.mean is None:
        return Representative(None, f"the whole volume has no value: {', '.join(whole.undefined)}", None, None)
    judged = [size for size in smaller if size.boxes >= FEWEST]
    if not judged:
        return Representative(None, f"no size has {FEWEST} boxes", None, None)
    smallest, reason = _smallest(judged, whole.mean, tolerance)
    edge_um = smallest.edge_um if smallest else None
    largest = judged[0]
    if largest.sd is None or largest.defined < largest.boxes or not whole.mean:
        return Representative(edge_um, reason, None, None)
    dims = len(whole.shape)  # the variance of a box falls as its volume grows, that of a section as its area does
    falls = (largest.edge_um / whole.edge_um) ** (dims / 2)
    whole_error = _student(largest.boxes) * largest.sd * falls / abs(whole.mean)
    needed_um = None
    if edge_um is None and largest.relative_error and _differs(largest, whole.mean) <= tolerance:
        needed_um = largest.edge_um * (largest.relative_error / tolerance) ** (2 / dims)
    return Representative(edge_um, reason, needed_um, whole_error)


def _student(boxes: int) -> float:
    """Half of a 95 % interval, standard deviations, where these are known from so few boxes."""
    from scipy.special import stdtrit

    return float(stdtrit(boxes - 1, 0.975))


def _smallest(judged: Sequence[SizeRow], whole: float, tolerance: float) -> tuple[SizeRow | None, str]:
    """The last of falling sizes up to which all represent the volume; or why not even the first does."""
    smallest = None
    for size in judged:
        reason = _unfit(size, whole, tolerance)
        if reason:
            return smallest, "" if smallest else reason
        smallest = size
    return smallest, ""


def _differs(size: SizeRow, whole: float) -> float:
    """Distance of the mean from the value of the whole volume, relative to that."""
    apart = abs((size.mean or 0.0) - whole)
    return apart / abs(whole) if whole else (math.inf if apart else 0.0)


def _unfit(size: SizeRow, whole: float, tolerance: float) -> str:
    """Why boxes of a size do not represent the volume; empty if they do."""
    edge = f"boxes of {size.edge_um:.3g} um"
    if size.defined < size.boxes:
        return f"{size.boxes - size.defined} of {size.boxes} {edge} have no value"
    if _differs(size, whole) > tolerance:
        return f"{edge} have the mean {size.mean:.4g}, the whole volume {whole:.4g}"
    if size.sd and (size.relative_error is None or size.relative_error > tolerance):
        error = (
            "without limit, for their mean is 0"
            if size.relative_error is None
            else f"by {100 * size.relative_error:.3g} %"
        )
        return f"{edge} scatter {error}"
    return ""
