"""Profile of the triple-phase boundary: its length in parts of the volume along an axis."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray
from porenet_estimators.layer_profiles import layered, named_parts, neighbouring_layers, part_densities

from porenet.contacts import Supply, triple_lines
from porenet.interface import Axis, Face, Phase, Undefined, Value, Volume
from porenet_boundary.activity import KINDS, POSSIBLE, SUPPLIED, Active, supply_across_one_layer, supply_marks
from porenet_boundary.phase_triple import triple_labels


def triple_phase_boundary_profile(
    volume: Volume,
    *,
    axis: Axis,
    parts: Annotated[int, Ge(1), Le(10_000)] = 4,
    phase_triple: tuple[Phase, Phase, Phase] | None = None,
    active: Active = "spanning",
    reservoirs: dict[Phase, Face] | None = None,
) -> dict[str, Value]:
    """Length of triple line per volume, and how much of it is supplied, in parts of equal thickness along an axis.

    The mean of the parts is `tpb` with its estimator ``edges``. Which lines are active is decided in the whole volume.
    A line between two layers of voxels belongs to both, half and half; a cut that falls inside a layer divides what the
    layer has in proportion. So any number of parts has an answer, on volumes of any size, and as many parts as layers
    give each layer.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: along which the volume is cut. Without it, as in `porenet measure` without ``-m``, no profile is measured.
        parts: how many parts.
        phase_triple: the three phases, required where the grid has more.
        active: ``spanning`` or ``reachable``, see `tpb`.
        reservoirs: for ``reachable``, the face that feeds each phase; by default z_min for Ni and pore, z_max for YSZ.
            Other phases may be named and are ignored.

    Returns:
        ``total.<axis><part>``, ``total.z1`` next to the face ``z_min``, and likewise ``active``, ``unknown`` and
        ``inactive``, which add up to it, um^-2, per volume of the part. 0 where a phase is absent; `Undefined` on a
        grid of two phases; all but the total where an axis of supply is one voxel thick.

    Raises:
        InputError: ``phase_triple`` is missing, repeated or unknown, or the face of a phase is not known.
    """
    names = ["total", *KINDS]
    triple = triple_labels(volume.grid, phase_triple, "tpb_profile")
    if isinstance(triple, Undefined):
        return {f"{name}.{axis}{part}": triple for name in names for part in range(1, parts + 1)}
    lengths = _layer_lengths(volume, axis, triple, supply_marks(volume, triple, active, reservoirs, "tpb_profile"))
    values = dict(named_parts(names, axis, part_densities(lengths, parts)))
    thin = supply_across_one_layer(volume.grid, volume.labels.shape, triple, active, reservoirs, "tpb_profile")
    return {key: value if thin is None or key.startswith("total.") else thin for key, value in values.items()}


def _layer_lengths(
    volume: Volume, axis: Axis, triple: tuple[int, int, int], marks: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """What each layer adds to the length per volume of all lines and of each of `KINDS`, ``(N, 4)``, um^-2."""
    grid = volume.grid
    labels, order = layered(volume, axis)
    turned = np.ascontiguousarray(marks.transpose(order))
    edge_um = [grid.voxel_um[other] for other in order]
    per_um2 = np.array(edge_um) / (np.prod(edge_um) * labels.size)
    wraps, *around = (grid.periodic[other] for other in order)
    bits = (int(SUPPLIED),) * len(grid.phases)

    def lengths(layers: list[int], directions: slice) -> NDArray[np.float64]:
        supply = Supply(turned[layers], bits, int(POSSIBLE))
        lines = triple_lines(labels[layers], [triple], supply=supply, periodic=(False, *around))  # type: ignore[arg-type]
        counts = (lines.total, lines.active, lines.possible - lines.active, lines.total - lines.possible)
        return np.array([row[0, directions] @ per_um2[directions] for row in counts])

    # Lines along the axis lie in one layer, all others between two.
    shares = np.array([lengths([layer], slice(0, 1)) for layer in range(len(labels))])
    for layer, following in neighbouring_layers(len(labels), wraps):
        half = lengths([layer, following], slice(1, 3)) / 2
        shares[layer] += half
        shares[following] += half
    return shares
