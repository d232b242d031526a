"""Profile of the triple-phase boundary: its length in parts of the volume along an axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le
from porenet_estimators.layer_profiles import joined, layer_shares, named_parts, part_densities
from porenet_estimators.turned_slab import State, lines_by_layer

from porenet.interface import AXES, Axis, Face, Grid, Phase, Undefined, Value, Volume
from porenet.slabs import About, Need, Slab, Supplied, in_memory
from porenet_boundary.activity import KINDS, Active, supplied_lines, supply_across_one_layer
from porenet_boundary.phase_triple import triple_labels

WHERE = "tpb_profile"


def triple_phase_boundary_profile(
    volume: Volume,
    *,
    axis: Axis,
    parts: Annotated[int, Ge(1), Le(10_000)] = 4,
    phase_triple: tuple[Phase, Phase, Phase] | None = None,
    active: Active = "spanning",
    reservoirs: dict[Phase, Face] | None = None,
) -> dict[str, Value]:
    r"""Length of triple line per volume, and how much of it is supplied, in parts of equal thickness along an axis.

    .. math::
        L_{V,i} = \frac{1}{V_i} \int_{a \cap b \cap c \, \cap \, V_i} d\ell, \qquad
        L_V = \frac{1}{n} \sum_{i=1}^n L_{V,i}

    The mean of the n parts is `tpb` with its estimator ``edges``. Which lines are active is decided in the whole
    volume. A line between two layers of voxels belongs to both, half and half; a cut that falls inside a layer divides
    what the layer has in proportion. So any number of parts has an answer, on volumes of any size, and as many parts as
    layers give each layer.

    Known defects. Those of ``edges`` in `tpb`. A thin part holds few lines: what differs between parts of one layer is
    mostly scatter.

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
    return in_memory(
        BY_SLABS, volume, axis=axis, parts=parts, phase_triple=phase_triple, active=active, reservoirs=reservoirs
    )


class LineProfileBySlabs:
    """Lines in each layer and between every two, by what supplies them."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """The faces that components reach.

        Raises:
            InputError: `triple_phase_boundary_profile` refuses the parameters.
        """
        supplied = self._supplied(grid, params)
        if isinstance(supplied, Undefined):
            return Need()
        return Need(reached=frozenset({supplied.wraps}), voxel_bytes=2)

    def leaf(self, slab: Slab, params: Mapping[str, Any]) -> State:
        """Lines by layer and direction."""
        supplied = self._supplied(slab.grid, params)
        if isinstance(supplied, Undefined):
            return {"lines": np.zeros((slab.about.shape[AXES.index(params["axis"])], 3, 3), np.int64)}
        return lines_by_layer(slab, params["axis"], supplied)

    def join(self, first: State, second: State) -> State:
        """Those of two neighbours."""
        return joined(first, second)

    def finish(self, state: State, about: About, params: Mapping[str, Any]) -> dict[str, Value]:
        """The lengths of the parts, per volume of the part."""
        axis, parts, names = params["axis"], params["parts"], ["total", *KINDS]
        supplied = self._supplied(about.grid, params)
        if isinstance(supplied, Undefined):
            return {f"{name}.{axis}{part}": supplied for name in names for part in range(1, parts + 1)}
        index, edges_um = AXES.index(axis), np.array(about.grid.voxel_um)
        per_um2 = edges_um / (np.prod(edges_um) * np.prod(about.shape, dtype=np.float64))
        fed, possible, total = state["lines"].transpose(1, 0, 2)
        kinds = np.stack([total, fed, possible - fed, total - possible], axis=1)  # (N, 4, 3)
        inside = kinds[:, :, index] * per_um2[index]
        between = np.delete(kinds, index, axis=2) @ np.delete(per_um2, index)
        values = dict(named_parts(names, axis, part_densities(layer_shares(inside, between, False), parts)))
        active, reservoirs = params["active"], params["reservoirs"]
        thin = supply_across_one_layer(about.grid, about.shape, supplied.triple, active, reservoirs, WHERE)
        return {key: value if thin is None or key.startswith("total.") else thin for key, value in values.items()}

    def _supplied(self, grid: Grid, params: Mapping[str, Any]) -> Supplied | Undefined:
        triple = triple_labels(grid, params["phase_triple"], WHERE)
        if isinstance(triple, Undefined):
            return triple
        return supplied_lines(grid, triple, params["active"], params["reservoirs"], WHERE)


BY_SLABS = LineProfileBySlabs()
