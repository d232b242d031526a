"""Profile of the specific surface area: that of parts of the volume along an axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from porenet_estimators.interfaces import areas_of, layer_without_area
from porenet_estimators.layer_profiles import joined, named_parts, part_densities, surfaces_by_layer
from porenet_estimators.turned_slab import State, pairs_by_layer

from porenet.interface import Axis, Grid, Value, Volume
from porenet.slabs import About, Need, Slab, in_memory


def surface_area_profile(
    volume: Volume,
    *,
    axis: Axis,
    parts: Annotated[int, Ge(1), Le(10_000)] = 4,
    estimator: Literal["crofton", "faces"] = "crofton",
) -> dict[str, Value]:
    r"""Surface area of each phase per volume, in parts of equal thickness along an axis.

    .. math:: S_{V,i} = \frac{1}{V_i} \int_{\partial c \, \cap \, V_i} dA, \qquad S_V = \frac{1}{n} \sum_{i=1}^n S_{V,i}

    The mean of the n parts is `ssa` per total volume, of the same estimator. What lies between two layers of voxels
    belongs to both, half and half; a cut that falls inside a layer divides what the layer has in proportion. So any
    number of parts has an answer, on volumes of any size, and as many parts as layers give each layer. Definition of
    the density: S. Torquato, Random Heterogeneous Materials (2002), https://doi.org/10.1007/978-1-4757-6355-3.

    Known defects. Those of `ssa`. A thin part holds few features: what differs between parts of one layer is mostly
    scatter.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: along which the volume is cut. Without it, as in `porenet measure` without ``-m``, no profile is measured.
        parts: how many parts.
        estimator: ``crofton`` or ``faces``, those of `ssa`.

    Returns:
        ``"<phase>.<axis><part>"``, ``pore.z1`` next to the face ``z_min`` -> um^-1, per volume of the part; 0 where a
        phase is absent; `Undefined` with ``crofton`` in a single layer, or line of pixels.

    Raises:
        InputError: with ``crofton``, one voxel edge is more than 1000 times another.
    """
    return in_memory(BY_SLABS, volume, axis=axis, parts=parts, estimator=estimator)


class SurfaceProfileBySlabs:
    """Surface areas from the unlike pairs of voxels in each layer and between every two."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """Nothing but its own counts.

        Raises:
            InputError: with ``crofton``, one voxel edge is more than 1000 times another.
        """
        areas_of(params["estimator"], grid, shape)
        return Need(voxel_bytes=1)

    def leaf(self, slab: Slab, params: Mapping[str, Any]) -> State:
        """Pairs by layer and direction."""
        return pairs_by_layer(slab, params["axis"], params["estimator"])

    def join(self, first: State, second: State) -> State:
        """Those of two neighbours."""
        return joined(first, second)

    def finish(self, state: State, about: About, params: Mapping[str, Any]) -> dict[str, Value]:
        """The surfaces of the parts, per volume of the part."""
        axis, parts, estimator = params["axis"], params["parts"], params["estimator"]
        thin = layer_without_area(about) if estimator == "crofton" else None
        if thin:
            return {f"{phase}.{axis}{part}": thin for phase in about.grid.phases for part in range(1, parts + 1)}
        densities = part_densities(surfaces_by_layer(state, about, axis, estimator), parts)
        return dict(named_parts(list(about.grid.phases), axis, densities))


BY_SLABS = SurfaceProfileBySlabs()
