"""Active double-phase boundary: the interface where both phases are supplied."""

from __future__ import annotations

import itertools
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from porenet_estimators.interfaces import crofton_densities, face_densities, layer_without_area

from porenet.interface import Face, Grid, InputError, Phase, Value, Volume
from porenet.slabs import Slab
from porenet_boundary.activity import KINDS, Active, supply_across_one_layer, supply_of_components

Estimator = Literal["crofton", "faces"]

MOST_PHASES = 255 // len(KINDS)
"""Each phase is counted as three: supplied, perhaps supplied, cut off."""


def active_interface_densities(
    volume: Volume,
    *,
    estimator: Estimator = "crofton",
    active: Active = "spanning",
    reservoirs: dict[Phase, Face | tuple[Face, ...]] | None = None,
) -> dict[str, Value]:
    """Area of the interface between each pair of phases that both phases supply, per total volume.

    Where a mixed conductor meets the pore, as in electrodes of LSCF or ceria, the whole interface reacts, provided that
    electrons and ions come to it and gas does: both phases must be supplied. An interface is active if the voxels on
    both of its sides are supplied, in one of the two meanings of `tpb`: ``spanning``, their component touches both z
    faces; ``reachable``, it touches the face that feeds its phase, or each of several, as a conductor of electrons and
    ions needs: ``reservoirs = {LSCF = ["z_min", "z_max"], pore = "z_min"}``. It is unknown if each side that is not
    supplied touches a side face of the box, beyond which it may join a supplied part, and inactive otherwise. The axes
    of supply are taken as open even where the grid is periodic.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``, of at most 85 phases.
        estimator: ``crofton`` or ``faces``, those of `dpb`.
        active: ``spanning`` or ``reachable``.
        reservoirs: for ``reachable``, the face that feeds each phase, or the faces, all of which it needs; by default
            z_min for Ni and pore, z_max for YSZ.

    Returns:
        ``P-Q.active``, ``P-Q.unknown``, ``P-Q.inactive`` for each pair, in the order of the grid's phases, um^-1. The
        three add up to ``P-Q`` of `dpb`, and are `Undefined` where it is: with ``crofton`` in a single layer; and
        where an axis of supply is one voxel thick.

    Raises:
        InputError: ``reachable`` and the face of a phase is not known, more than 85 phases, or with ``crofton`` one
            voxel edge is more than 1000 times another.
    """
    phases = volume.grid.phases
    if len(phases) > MOST_PHASES:
        raise InputError(f"at most {MOST_PHASES} phases can be divided, not {len(phases)}", where="dpb_active")
    divided = _divided(volume, active, reservoirs)
    densities = (crofton_densities if estimator == "crofton" else face_densities)(divided)
    thin = layer_without_area(Slab.whole(volume).about) if estimator == "crofton" else None
    labels = range(len(phases))
    thin = thin or supply_across_one_layer(volume.grid, volume.labels.shape, labels, active, reservoirs, "dpb_active")
    areas: dict[str, Value] = {}
    for (i, first), (j, second) in itertools.combinations(enumerate(phases), 2):
        between = densities[3 * i : 3 * i + 3, 3 * j : 3 * j + 3]
        for number, kind in enumerate(KINDS):
            # The worse of the two sides decides.
            areas[f"{first}-{second}.{kind}"] = thin or float(
                between[: number + 1, : number + 1].sum() - between[:number, :number].sum()
            )
    return areas


def _divided(volume: Volume, active: Active, reservoirs: dict[Phase, Face | tuple[Face, ...]] | None) -> Volume:
    """The volume with three phases for each: its supplied voxels, those that may be, and the rest."""
    grid = volume.grid
    components, supplied, possible = supply_of_components(
        volume, range(len(grid.phases)), active, reservoirs, "dpb_active"
    )
    kinds: NDArray[np.uint8] = np.where(supplied, 0, np.where(possible, 1, 2)).astype(np.uint8)
    labels = components.spread((3 * components.phases + kinds).astype(np.uint8))
    names = tuple(f"{phase}.{kind}" for phase in grid.phases for kind in KINDS)
    return Volume(labels, Grid(names, grid.voxel_um, grid.periodic))
