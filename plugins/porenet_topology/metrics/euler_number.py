"""Euler number: pieces minus tunnels plus cavities, per volume."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from porenet_estimators.configurations import ConfigurationCounts, euler_weights, without_cells

from porenet.contacts import Part, euler_numbers
from porenet.interface import Grid, InputError, Value, Volume
from porenet.slabs import About, Need, Slab, in_memory


def euler_number(
    volume: Volume, *, connectivity: Literal[6, 14, 26] = 6, edge_correction: bool = False
) -> dict[str, Value]:
    r"""Euler characteristic of each phase per volume: (pieces - tunnels + cavities) / volume.

    .. math:: \chi_V = \frac{n_0 - n_1 + n_2 - n_3}{V}

    The phase is taken as a complex of cells, whose numbers alternate: vertices - edges + faces - solids. With 26
    neighbours these are the closed voxels with all their sides. With 6 they are the dual: a vertex in each voxel, an
    edge where two voxels of the phase share a face, a face where four share an edge, a cube where eight share a corner.
    The two are complementary: where a phase has 6 neighbours, the other phases together have 26. With 14 both have the
    same: each cube of eight voxels is divided into six tetrahedra round one of its diagonals, and voxels that meet at
    an edge or a corner are joined along one diagonal of each square and of the cube, and not along the others. The
    number is the mean over the four ways to do so, so that a mirror changes nothing; for a body it need not be whole.

    Outside an open face nothing counts as the phase, so the faces of the box close it: a phase that fills the volume
    has the Euler characteristic of a ball, 1, and each place where the phase is cut by a face changes the number.
    ``edge_correction`` gives the density of the material that the volume was cut from without bias, whatever the size
    of the box: only cells inside the box count, the outermost once and a half, so that their weights add up to the
    volume. A body two voxels or more from the faces keeps its number, and a phase that fills the box, or does not
    change along an axis, has 0. A periodic axis has no such faces; a phase that fills a volume with three periodic axes
    is a 3-torus, with 0.

    Of a section it is pieces minus holes per area, um^-2: with 6 neighbours pixels are joined by their 4 sides, with
    26 by their 8 neighbours, and with 14 by the sides and one of the two diagonals, the mean over both.

    Source: J. Ohser, W. Nagel, K. Schladitz, Image Anal. Stereol. 22 (2003) 11,
    https://doi.org/10.5566/ias.v22.p11-19, where cubes are divided into tetrahedra for 14 neighbours. Edge correction:
    D. Legland, K. Kieu, M.-F. Devaux, Image Anal. Stereol. 26 (2007) 83, https://doi.org/10.5566/ias.v26.p83-92.

    Known defects. Without ``edge_correction`` the value of a small volume differs from the density of its material.
    With 6 and with 14 neighbours the density of a random structure of overlapping bodies diverges as the voxels shrink,
    and with 26 it does not (Ohser, Nagel and Schladitz): compare values at one voxel size only, for every connectivity.
    On smooth surfaces that the voxels resolve all three agree. Speckle of single voxels outweighs the network: each
    counts as a piece.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        connectivity: neighbours of a voxel of the phase: 6, as in the other metrics, 14 or 26.
        edge_correction: read the box as a window of a structure that goes on beyond its open faces.

    Returns:
        Phase name -> Euler characteristic per total volume, um^-3, or per area, um^-2; 0 for an absent phase. With
        ``edge_correction`` `Undefined` where the box is one voxel thick along an open axis.

    Raises:
        InputError: the connectivity is none of 6, 14 and 26.
    """
    if connectivity not in (6, 14, 26):
        raise InputError(f"6, 14 or 26 was expected, not {connectivity!r}", where="euler_number.connectivity")
    return in_memory(BY_SLABS, volume, connectivity=connectivity, edge_correction=edge_correction)


class EulerNumberBySlabs(ConfigurationCounts):
    """Euler numbers, counted at once where that can be, otherwise from the configurations of cells."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """Nothing but its own counts."""
        return Need()

    def is_closed(self, params: Mapping[str, Any]) -> bool:
        """Whether the faces of the box close the phase."""
        return not params["edge_correction"]

    def leaf(self, slab: Slab, params: Mapping[str, Any]) -> dict[str, NDArray[np.int64]]:
        """``numbers``: Euler numbers of one slab; or ``cells``, see `configuration_counts`."""
        if params["edge_correction"] or params["connectivity"] == 14:
            return super().leaf(slab, params)
        _, wraps_y, wraps_x = slab.grid.periodic
        numbers = euler_numbers(
            slab.labels,
            len(slab.grid.phases),
            params["connectivity"],
            periodic=(False, wraps_y, wraps_x),
            part=Part(slab.shared, *slab.open_ends),
        )
        return {"numbers": numbers}

    def join(
        self, first: Mapping[str, NDArray[np.int64]], second: Mapping[str, NDArray[np.int64]]
    ) -> dict[str, NDArray[np.int64]]:
        """Those of two neighbours."""
        return {name: counts + second[name] for name, counts in first.items()}

    def finish(
        self, state: Mapping[str, NDArray[np.int64]], about: About, params: Mapping[str, Any]
    ) -> dict[str, Value]:
        """The Euler numbers per volume."""
        undefined = without_cells(about) if params["edge_correction"] else None
        if undefined:
            return dict.fromkeys(about.grid.phases, undefined)
        total = math.prod(about.shape) * math.prod(about.grid.edges_um)  # um^3, of a section um^2
        if "numbers" in state:
            shares = 256 * state["numbers"]
        else:
            shares = state["cells"] @ euler_weights(params["connectivity"])  # counts in eighths, weights in 32nds
        return {phase: share / (256 * total) for phase, share in zip(about.grid.phases, shares.tolist(), strict=True)}


BY_SLABS = EulerNumberBySlabs()
