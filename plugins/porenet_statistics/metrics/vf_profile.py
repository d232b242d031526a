"""Profile of the volume fractions: those of parts of the volume along an axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from annotated_types import Ge, Le
from porenet_estimators.layer_profiles import joined, named_parts, part_densities
from porenet_estimators.turned_slab import State, voxels_by_layer

from porenet.interface import Axis, Grid, Volume
from porenet.slabs import About, Need, Slab, in_memory


def volume_fraction_profile(
    volume: Volume, *, axis: Axis, parts: Annotated[int, Ge(1), Le(10_000)] = 4
) -> dict[str, float]:
    r"""Volume fraction of each phase in parts of equal thickness along an axis.

    .. math:: \phi_{c,i} = N_{c,i} / N_i, \qquad \phi_c = \frac{1}{n} \sum_{i=1}^n \phi_{c,i}

    The mean of the n parts is `vf`. A cut that falls inside a layer divides its voxels in proportion: any number of
    parts has an answer, on volumes of any size, and as many parts as layers give each layer. Definition of the
    fraction: S. Torquato, Random Heterogeneous Materials (2002), https://doi.org/10.1007/978-1-4757-6355-3.

    Known defects. Those of `vf`. A thin part holds few features: what differs between parts of one layer is mostly
    scatter.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: along which the volume is cut. Without it, as in `porenet measure` without ``-m``, no profile is measured.
        parts: how many parts.

    Returns:
        ``"<phase>.<axis><part>"``, ``pore.z1`` next to the face ``z_min`` -> fraction, dimensionless; 0 where a phase
        is absent.
    """
    return in_memory(BY_SLABS, volume, axis=axis, parts=parts)  # type: ignore[return-value]


class FractionProfileBySlabs:
    """Volume fractions from the voxels of each phase in each layer."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """Nothing but its own counts."""
        return Need(voxel_bytes=1)

    def leaf(self, slab: Slab, params: Mapping[str, Any]) -> State:
        """Voxels by layer and phase."""
        return voxels_by_layer(slab, params["axis"])

    def join(self, first: State, second: State) -> State:
        """Those of two neighbours."""
        return joined(first, second)

    def finish(self, state: State, about: About, params: Mapping[str, Any]) -> dict[str, float]:
        """The fractions of the parts."""
        fractions = part_densities(state["voxels"] / math.prod(about.shape), params["parts"])
        return named_parts(list(about.grid.phases), params["axis"], fractions)


BY_SLABS = FractionProfileBySlabs()
