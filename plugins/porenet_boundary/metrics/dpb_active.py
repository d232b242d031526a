"""Active double-phase boundary: the interface where both phases are supplied."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from porenet_estimators.interfaces import areas_of, layer_without_area, steps_of

from porenet.contacts import part_counts
from porenet.interface import FACES, Face, Grid, InputError, Phase, Value, Volume
from porenet.slabs import About, Need, Slab, in_memory
from porenet_boundary.activity import KINDS, Active, FacesOfSupply, supply_across_one_layer, supply_by_faces

Estimator = Literal["crofton", "faces"]
State = Mapping[str, NDArray[np.int64]]
WHERE = "dpb_active"

MOST_PHASES = 255 // len(KINDS)
"""Each phase is counted as three: supplied, perhaps supplied, cut off."""


def active_interface_densities(
    volume: Volume,
    *,
    estimator: Estimator = "crofton",
    active: Active = "spanning",
    reservoirs: dict[Phase, Face | tuple[Face, ...]] | None = None,
) -> dict[str, Value]:
    r"""Area of the interface between each pair of phases that both phases supply, per total volume.

    .. math:: S_{ab}^{active} = \frac{1}{V} \int_{a \cap b} s_a \, s_b \, dA

    with s_a 1 where the voxel of phase a on that side is supplied, and 0 elsewhere. Where a mixed conductor meets the
    pore, as in electrodes of LSCF or ceria, the whole interface reacts, provided that electrons and ions come to it and
    gas does: both phases must be supplied. An interface is active if the voxels on both of its sides are supplied, in
    one of the two meanings of `tpb`: ``spanning``, their component touches both z faces; ``reachable``, it touches the
    face that feeds its phase, or each of several, as a conductor of electrons and ions needs: ``reservoirs = {LSCF =
    ["z_min", "z_max"], pore = "z_min"}``. It is unknown if each side that is not supplied touches a side face of the
    box, beyond which it may join a supplied part, and inactive otherwise. The axes of supply are taken as open even
    where the grid is periodic.

    Areas are those of the metric `dpb`, of the same estimator (S. Torquato, Random Heterogeneous Materials (2002),
    https://doi.org/10.1007/978-1-4757-6355-3).

    Known defects. The areas have the defects of `dpb`. Supply is yes or no: a phase that one voxel joins to its face
    feeds all of its interface.

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
    return in_memory(BY_SLABS, volume, estimator=estimator, active=active, reservoirs=reservoirs)


class ActiveAreasBySlabs:
    """Areas from pairs of voxels, of which each phase is divided by the faces that its components reach."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """The faces that components reach.

        Raises:
            InputError: `active_interface_densities` refuses the grid or the parameters.
        """
        if len(grid.phases) > MOST_PHASES:
            raise InputError(f"at most {MOST_PHASES} phases can be divided, not {len(grid.phases)}", where=WHERE)
        areas_of(params["estimator"], grid, shape)
        return Need(reached=frozenset({self._supply(grid, params).wraps}), voxel_bytes=2)

    def leaf(self, slab: Slab, params: Mapping[str, Any]) -> State:
        """``eighths``: unlike pairs of the divided phases by direction, ``(D, 3 P, 3 P)``."""
        supply = self._supply(slab.grid, params)
        labels = _divided(slab.labels, slab.reached(supply.wraps), supply)
        steps, extended = steps_of(params["estimator"])
        pairs, phases = [(step, extended) for step in steps], len(KINDS) * len(slab.grid.phases)
        _, *around = slab.grid.periodic
        periodic = (False, around[0], around[1])
        return {"eighths": part_counts(labels, phases, pairs, [], periodic=periodic, part=slab.part)[1]}

    def join(self, first: State, second: State) -> State:
        """Those of two neighbours."""
        return {"eighths": first["eighths"] + second["eighths"]}

    def finish(self, state: State, about: About, params: Mapping[str, Any]) -> dict[str, Value]:
        """The areas per volume."""
        areas = areas_of(params["estimator"], about.grid, about.shape)
        densities = np.tensordot(areas, state["eighths"] / 8, 1)
        thin = layer_without_area(about) if params["estimator"] == "crofton" else None
        labels, active, reservoirs = range(len(about.grid.phases)), params["active"], params["reservoirs"]
        thin = thin or supply_across_one_layer(about.grid, about.shape, labels, active, reservoirs, WHERE)
        values: dict[str, Value] = {}
        for (i, first), (j, second) in itertools.combinations(enumerate(about.grid.phases), 2):
            between = densities[3 * i : 3 * i + 3, 3 * j : 3 * j + 3]
            for number, kind in enumerate(KINDS):
                # The worse of the two sides decides.
                values[f"{first}-{second}.{kind}"] = thin or float(
                    between[: number + 1, : number + 1].sum() - between[:number, :number].sum()
                )
        return values

    def _supply(self, grid: Grid, params: Mapping[str, Any]) -> FacesOfSupply:
        return supply_by_faces(grid, range(len(grid.phases)), params["active"], params["reservoirs"], WHERE)


BY_SLABS = ActiveAreasBySlabs()


def _divided(labels: NDArray[np.uint8], reached: NDArray[np.uint8], supply: FacesOfSupply) -> NDArray[np.uint8]:
    """The labels with three for each phase: of supplied voxels, of those that may be, and of the rest."""
    faces = np.arange(1 << len(FACES))
    supplied = (faces & np.array(supply.supplied)[:, None]) == np.array(supply.supplied)[:, None]
    kinds = np.where(supplied, 0, np.where(faces & supply.possible, 1, 2))
    table = (len(KINDS) * np.arange(len(supply.supplied))[:, None] + kinds).astype(np.uint8).ravel()
    divided = np.empty_like(labels)
    for layer, own, touched in zip(divided, labels, reached, strict=True):  # an index takes 8 bytes per voxel
        np.take(table, own.astype(np.intp) * len(faces) + touched, out=layer, mode="clip")
    return divided
