"""First passage: number of voxels to convert until a phase crosses, and until all of it is joined to a face."""

from __future__ import annotations

from porenet import flood_fill
from porenet.interface import Face, Undefined, Value, Volume, axis_of, layer_of, one_layer, opposite
from porenet_topology.faces import outlet_of

ABSENT = Undefined("phase absent")


def first_passage(volume: Volume, *, inlet: Face = "z_min", outlet: Face | None = None) -> dict[str, Value]:
    r"""The least number of voxels to convert to each phase before it crosses, and before all of it is joined.

    .. math:: T_c(v) = \min_{w:\, inlet \to v} \; \sum_{u \in w} [\, u \notin c \,]

    A path leads from voxel to voxel across their faces and begins in the layer at the inlet; its cost is the number of
    its voxels of other phases, both ends counted. (First-passage percolation with passage times 0 and 1: Hammersley and
    Welsh 1965, https://doi.org/10.1007/978-3-642-99884-3_7.)

    The axes of both faces are taken as open, the others are periodic where the grid is. So for faces of a periodic axis
    the values depend on where the array is cut.

    Known defects. Voxels are counted, whatever the lengths of their edges, so that the number grows as voxels are
    divided. A bridge of one voxel is as good as a wide one.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        inlet: face of the phase's reservoir, where every path begins.
        outlet: face to be reached; default: the opposite one.

    Returns:
        For each phase P:

        - ``P.through``, dimensionless, 0 to 1: voxels to convert on the cheapest path to the outlet, divided by the
          voxels of the shortest possible path: the number of slices between opposite faces, 1 between faces that share
          an edge of the box. 0 where the phase percolates, 1 where it is absent.
        - ``P.reachable``, voxels: number to convert on the cheapest path to a voxel of the phase, mean over its voxels;
          0 where all of the phase is joined to the inlet, `Undefined` where it is absent. Both are
          `Undefined` where the axis of a face is one voxel thick.

    Raises:
        InputError: inlet and outlet are the same face.
    """
    outlet = outlet_of(inlet, outlet)
    if thin := one_layer(volume, tuple(dict.fromkeys((axis_of(inlet), axis_of(outlet))))):
        return {f"{phase}.{key}": thin for phase in volume.grid.phases for key in ("through", "reachable")}
    grid, labels = volume.grid, volume.labels
    axis, _ = layer_of(inlet)
    slices = labels.shape[axis] if outlet == opposite(inlet) else 1
    values: dict[str, Value] = {}
    for label, phase in enumerate(grid.phases):
        counts = flood_fill.conversions(labels, label, inlet, outlet, periodic=grid.periodic)
        values[f"{phase}.through"] = float(counts.through / slices)
        values[f"{phase}.reachable"] = float(counts.reachable / counts.voxels) if counts.voxels else ABSENT
    return values
