"""Composites, shortest paths, Euler numbers and necks: what porenet and other tools count, each by its own call."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import porespy
import taufactor
from skimage import measure
from skimage.graph import MCP_Geometric

from benchmarks.other_tool_ways import Mask, Values, Way, of_porenet, per_phase
from porenet.interface import Volume

CONDUCTIVITIES = (1.0, 10.0, 100.0)
"""Of the three phases, in any unit."""


def composites() -> list[Way]:
    """Effective conductivity of all phases together, along the first axis."""
    numbers = dict(zip("abc", CONDUCTIVITIES, strict=True))
    return [
        Way("porenet", "effective_conductivity", "potentials on the outer faces of the box",
            of_porenet("effective_conductivity", "effective", conductivities=numbers, tolerance=1e-5), "1"),
        Way("TauFactor", "MultiPhaseSolver(...).solve(), D_eff",
            "potentials half a voxel beyond the faces, over one voxel more", _taufactor_composite, "1"),
    ]  # fmt: skip


def paths() -> list[Way]:
    """Mean length of the shortest paths along the first axis, over the thickness."""
    return [
        Way("porenet", "geodesic_tortuosity (default)", "steps in 98 directions, that stay in the phase; between the "
            "outer faces", of_porenet("geodesic_tortuosity", "{}.mean"), "1"),
        Way("porenet", "geodesic_tortuosity, neighbours=26", "steps to the 26 neighbours, through faces of the phase",
            of_porenet("geodesic_tortuosity", "{}.mean", neighbours=26), "1"),
        Way("scikit-image", "MCP_Geometric, mean cost at the last layer, over N - 1",
            "steps to the 26 neighbours, also across an edge or a corner where no face joins the voxels",
            per_phase(_cheapest_paths), "1"),
    ]  # fmt: skip


def euler_numbers() -> list[Way]:
    """Euler number per volume."""
    return [
        Way("porenet", "euler_number (default)", "pieces - tunnels + cavities, voxels joined by faces; the box closes "
            "the phase", of_porenet("euler_number"), "um^-3"),
        Way("scikit-image", "euler_number(connectivity=1), over the volume", "the same",
            per_phase(lambda mask, edge_um: _euler(mask, edge_um, 1)), "um^-3"),
        Way("porenet", "euler_number, connectivity=26", "voxels joined by faces, edges and corners",
            of_porenet("euler_number", connectivity=26), "um^-3"),
        Way("scikit-image", "euler_number(connectivity=3), over the volume", "the same",
            per_phase(lambda mask, edge_um: _euler(mask, edge_um, 3)), "um^-3"),
        Way("porenet", "euler_number, edge_correction=True", "that of the material: nothing ends at the box",
            of_porenet("euler_number", edge_correction=True), "um^-3"),
    ]  # fmt: skip


def necks() -> list[Way]:
    """Median diameter of necks, by number."""
    return [
        Way("porenet", "neck_diameter, d50", "largest ball that passes, where the widest way between two particles is "
            "under 0.8 of both", of_porenet("neck_diameter", "{}.d50"), "um"),
        Way("PoreSpy", "networks.snow2, median throat.inscribed_diameter", "largest ball centred on the border of two "
            "basins of a watershed, however wide", per_phase(_throats), "um"),
    ]  # fmt: skip


def _taufactor_composite(volume: Volume) -> Values:
    solver = taufactor.MultiPhaseSolver(
        volume.labels.astype(np.uint8) + 1, cond=dict(enumerate(CONDUCTIVITIES, start=1)), device="cpu"
    )
    solver.solve(verbose=False, conv_crit=1e-3)
    return {"all": float(np.ravel(solver.D_eff)[0])}


def _cheapest_paths(mask: Mask, _edge_um: float) -> float:
    starts = np.argwhere(mask & (np.arange(len(mask)) == 0)[:, None, None])
    lengths, _ = MCP_Geometric(np.where(mask, 1.0, np.inf)).find_costs(starts)
    reached = lengths[-1][np.isfinite(lengths[-1])]
    return float(reached.mean()) / (len(mask) - 1)


def _euler(mask: Mask, edge_um: float, connectivity: int) -> float:
    return float(measure.euler_number(mask, connectivity=connectivity)) / (mask.size * edge_um**3)


def _throats(mask: Mask, edge_um: float) -> float:
    with contextlib.redirect_stdout(io.StringIO()):
        network = porespy.networks.snow2(mask, boundary_width=0).network
    return edge_um * float(np.median(network["throat.inscribed_diameter"]))
