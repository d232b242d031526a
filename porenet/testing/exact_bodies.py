"""Structures small enough to be measured by hand, and their exact values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from porenet.interface import Grid, Volume

PHASES = ("Ni", "YSZ", "pore")
NI, YSZ, PORE = range(3)

SUPPLIES = ("spanning", "reachable")

CUBIC = (0.5, 0.5, 0.5)
BRICKS = (0.5, 0.25, 1.0)


@dataclass(frozen=True)
class Answer:
    """The exact values of one metric.

    Attributes:
        metric: name of the metric.
        values: result key -> exact value, in the metric's unit; keys that are left out are not compared.
        params: parameters of the metric; all others have their defaults.
    """

    metric: str
    values: Mapping[str, float]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Body:
    """A structure and its exact answers.

    Attributes:
        name: what the structure is.
        volume: Ni, YSZ and pore in an open box.
        answers: one or more per metric; areas and lengths are those of voxel faces and edges.
    """

    name: str
    volume: Volume
    answers: tuple[Answer, ...]

    def __str__(self) -> str:
        return f"{self.name} of voxels {' x '.join(f'{edge:g}' for edge in self.volume.grid.voxel_um)} um"


def bodies(voxel_um: tuple[float, float, float] = BRICKS) -> tuple[Body, ...]:
    """Every body, of voxels with the given edges (z, y, x), um."""
    shapes = (slab, cube, prisms_on_a_line, checkerboard, straight_channels, severed_channel)
    return tuple(body(voxel_um) for body in shapes)


def slab(voxel_um: tuple[float, float, float] = BRICKS) -> Body:
    """YSZ across the z axis, pore on both sides: 2 of 6 layers.

    Each of its two faces is as large as the section of the box, so YSZ and pore have a surface of 2 / Lz per volume.
    No phase percolates along z, since the slab divides the pore; along y and x both do. Topologically the slab is one
    ball and the pore two.
    """
    labels = np.full((6, 5, 4), PORE, np.uint8)
    labels[2:4] = YSZ
    volume = _volume(labels, voxel_um)
    (depth, _, _), box_um3 = _box(volume)
    answers = (
        *_contents(Ni=0.0, YSZ=1 / 3, pore=2 / 3),
        *_interfaces(ni_ysz=0.0, ni_pore=0.0, ysz_pore=2 / depth),
        Answer("tpb", {"total": 0.0}),
        Answer("connectivity", {"Ni": 0.0, "YSZ": 0.0, "pore": 0.0}),
        Answer("percolates", {"YSZ.z": 0.0, "YSZ.y": 1.0, "YSZ.x": 1.0, "pore.z": 0.0, "pore.y": 1.0, "pore.x": 1.0}),
        # Pore: 2 slices to convert of 6, for the half behind them. YSZ: 2 above it, and 2 more below.
        Answer("first_passage", {"Ni.through": 1.0, "pore.through": 2 / 6, "pore.reachable": 1.0}),
        Answer("first_passage", {"YSZ.through": 4 / 6, "YSZ.reachable": 2.0}),
        Answer("first_passage", {"YSZ.through": 0.0, "pore.through": 0.0}, {"inlet": "x_max", "outlet": "y_min"}),
        Answer("euler_number", {"Ni": 0.0, "YSZ": 1 / box_um3, "pore": 2 / box_um3}),
        Answer("tortuosity", {"YSZ.relative_diffusivity": 0.0, "pore.relative_diffusivity": 0.0}),
        Answer("chord_length", {"YSZ.mean": depth / 3, "YSZ.std": 0.0}, {"axis": "z"}),
        # Balls in the pore are centred on the open face: two layers in radius. From z_min they enter half of it.
        Answer("phase_size", _sizes("YSZ", depth / 3) | _sizes("pore", 2 * depth / 3)),
        Answer("intrusion_size", _sizes("YSZ", 0.0) | {"pore.d10": 0.0, "pore.d50": 0.0, "pore.d90": 2 * depth / 3}),
        Answer("constrictivity", {"YSZ": 0.0, "pore": 0.0}),
        Answer("neck_density", {"Ni": 0.0, "YSZ": 0.0, "pore": 0.0}),
    )
    return Body("slab", volume, answers)


def cube(voxel_um: tuple[float, float, float] = BRICKS) -> Body:
    """A block of Ni, 2 x 2 x 2 voxels with edges a, b, c, inside pore, 6 x 6 x 6.

    Its surface is 2 (ab + bc + ca). It touches no face of the box, so none of it spans and all of it is isolated, and
    all of the pore spans. Its Euler characteristic is that of a ball, 1, and that of the pore that of a shell, 2.
    """
    labels = np.full((6, 6, 6), PORE, np.uint8)
    labels[2:4, 2:4, 2:4] = NI
    volume = _volume(labels, voxel_um)
    _, box_um3 = _box(volume)
    a, b, c = (2 * edge for edge in voxel_um)
    answers = (
        *_contents(Ni=1 / 27, YSZ=0.0, pore=26 / 27),
        *_interfaces(ni_ysz=0.0, ni_pore=2 * (a * b + b * c + c * a) / box_um3, ysz_pore=0.0),
        Answer("tpb", {"total": 0.0}),
        Answer("connectivity", {"Ni": 0.0, "Ni.isolated": 1.0, "YSZ": 0.0, "pore": 1.0, "pore.isolated": 0.0}),
        Answer("percolates", {"Ni.z": 0.0, "Ni.y": 0.0, "Ni.x": 0.0, "pore.z": 1.0, "pore.y": 1.0, "pore.x": 1.0}),
        Answer("euler_number", {"Ni": 1 / box_um3, "YSZ": 0.0, "pore": 2 / box_um3}),
        Answer("tortuosity", {"Ni.relative_diffusivity": 0.0}),
        Answer("chord_length", {"Ni.mean": b, "Ni.std": 0.0}, {"axis": "y"}),
        Answer("phase_size", _sizes("Ni", min(a, b, c))),
        Answer("intrusion_size", _sizes("Ni", 0.0)),
        Answer("constrictivity", {"Ni": 0.0}),
    )
    return Body("cube", volume, answers)


def prisms_on_a_line(voxel_um: tuple[float, float, float] = BRICKS) -> Body:
    """Three prisms along z: Ni fills one half of the section, YSZ and pore a quarter each; they meet on one line.

    The line is as long as the box, so its length per volume is 1 / (Ly Lx), and since every phase touches both z faces
    it is active by either definition. Ni meets YSZ and pore on half of its flank each, 1 / (2 Ly); the two others meet
    on 1 / (2 Lx). A structure that does not change along z conducts as straight channels do: tau is 1 and D_eff the
    fraction.
    """
    labels = np.full((3, 4, 4), NI, np.uint8)
    labels[:, 2:, :2], labels[:, 2:, 2:] = YSZ, PORE
    volume = _volume(labels, voxel_um)
    (_, height, width), _ = _box(volume)
    line = 1 / (height * width)
    lengths = {"total": line, "active": line, "unknown": 0.0, "inactive": 0.0}
    flank, between = 1 / (2 * height), 1 / (2 * width)
    answers = (
        *_contents(Ni=0.5, YSZ=0.25, pore=0.25),
        *_interfaces(ni_ysz=flank, ni_pore=flank, ysz_pore=between),
        Answer("tpb", lengths),
        Answer("tpb", lengths, {"active": "reachable"}),
        Answer("tpb_active_share", {"active": 1.0, "unknown": 0.0, "inactive": 0.0}),
        *(Answer("dpb_active", _active(flank, between), {"estimator": "faces", "active": kind}) for kind in SUPPLIES),
        Answer("connectivity", {"Ni": 1.0, "YSZ": 1.0, "pore": 1.0}),
        Answer("percolates", {"Ni.z": 1.0, "Ni.x": 1.0, "Ni.y": 0.0, "YSZ.x": 0.0, "pore.z": 1.0}),
        Answer("tortuosity", _straight(Ni=0.5, YSZ=0.25, pore=0.25)),
        Answer("phase_size", _sizes("Ni", height)),  # half a ball, centred on the open face
        Answer("constrictivity", {"Ni": 1.0, "YSZ": 1.0, "pore": 1.0}),
    )
    return Body("three prisms on a line", volume, answers)


def checkerboard(voxel_um: tuple[float, float, float] = BRICKS) -> Body:
    """Ni and pore in turn along every axis, 4 x 4 x 4.

    Every inner face separates Ni and pore, n - 1 per row of n voxels, so the surface per volume is the sum over the
    axes of (n - 1) / (n h). No two voxels of a phase share a face: nothing spans, and each of the 32 voxels of a phase
    is a separate component.
    """
    labels = np.where(np.indices((4, 4, 4)).sum(axis=0) % 2, PORE, NI).astype(np.uint8)
    volume = _volume(labels, voxel_um)
    _, box_um3 = _box(volume)
    answers = (
        *_contents(Ni=0.5, YSZ=0.0, pore=0.5),
        *_interfaces(ni_ysz=0.0, ni_pore=sum(3 / (4 * edge) for edge in voxel_um), ysz_pore=0.0),
        Answer("tpb", {"total": 0.0}),
        Answer("connectivity", {"Ni": 0.0, "pore": 0.0}),
        Answer("percolates", {"Ni.z": 0.0, "Ni.y": 0.0, "Ni.x": 0.0, "pore.z": 0.0, "pore.y": 0.0, "pore.x": 0.0}),
        # Every second voxel is to convert: 0, 1, 1 and 2 before the four slices.
        Answer("first_passage", {"Ni.through": 2 / 4, "Ni.reachable": 1.0, "pore.through": 2 / 4}),
        Answer("euler_number", {"Ni": 32 / box_um3, "pore": 32 / box_um3}),
        Answer("tortuosity", {"Ni.relative_diffusivity": 0.0, "pore.relative_diffusivity": 0.0}),
    )
    return Body("checkerboard", volume, answers)


def straight_channels(voxel_um: tuple[float, float, float] = BRICKS) -> Body:
    """Channels of pore along z through YSZ, one voxel wide, on every second place of a 4 x 6 section.

    Each of the 3 columns with channels has 3 pore-YSZ faces across y, and each of the 2 rows 5 across x, along the
    whole box. Nothing changes along z, so tau is 1 for both phases. Six channels are six components.
    """
    labels = np.full((5, 4, 6), YSZ, np.uint8)
    labels[:, ::2, ::2] = PORE
    volume = _volume(labels, voxel_um)
    (_, height, width), box_um3 = _box(volume)
    _, dy, dx = voxel_um
    answers = (
        *_contents(Ni=0.0, YSZ=0.75, pore=0.25),
        *_interfaces(ni_ysz=0.0, ni_pore=0.0, ysz_pore=(9 * dx + 10 * dy) / (height * width)),
        Answer("tpb", {"total": 0.0}),
        Answer("connectivity", {"Ni": 0.0, "YSZ": 1.0, "pore": 1.0}),
        Answer("percolates", {"YSZ.z": 1.0, "pore.z": 1.0, "pore.y": 0.0, "pore.x": 0.0}),
        Answer("first_passage", {"pore.through": 0.0, "pore.reachable": 0.0, "YSZ.through": 0.0}),
        Answer("breakthrough_diameter", {"Ni.breakthrough_diameter": 0.0, "pore.breakthrough_diameter": min(dy, dx)}),
        Answer("euler_number", {"pore": 6 / box_um3}),
        # Of the channel in the corner of the box a quarter is seen: its ball is centred on the edge.
        Answer("phase_size", {"pore.d10": min(dy, dx), "pore.d50": min(dy, dx), "pore.d90": 2 * min(dy, dx)}),
        Answer("intrusion_size", {"pore.d10": min(dy, dx), "pore.d50": min(dy, dx), "pore.d90": 2 * min(dy, dx)}),
        Answer("constrictivity", {"pore": 1.0}),
        Answer("tortuosity", _straight(YSZ=0.75, pore=0.25)),
    )
    return Body("straight channels", volume, answers)


def severed_channel(voxel_um: tuple[float, float, float] = BRICKS) -> Body:
    """A channel of pore along z through YSZ, 7 voxels long, of which the middle one is YSZ.

    All but 1 of 63 voxels is as in an open channel, and nothing passes: connectivity and D_eff of the pore are 0. The
    pore consists of two components, with 6 voxels of flank and two inner ends.
    """
    labels = np.full((7, 3, 3), YSZ, np.uint8)
    labels[:, 1, 1] = PORE
    labels[3, 1, 1] = YSZ
    volume = _volume(labels, voxel_um)
    _, box_um3 = _box(volume)
    dz, dy, dx = voxel_um
    area = 6 * 2 * (dz * dx + dz * dy) + 2 * dy * dx
    answers = (
        *_contents(Ni=0.0, YSZ=57 / 63, pore=6 / 63),
        *_interfaces(ni_ysz=0.0, ni_pore=0.0, ysz_pore=area / box_um3),
        Answer("tpb", {"total": 0.0}),
        Answer("connectivity", {"YSZ": 1.0, "pore": 0.0, "pore.isolated": 0.0, "pore.unknown": 1.0}),
        Answer("percolates", {"YSZ.z": 1.0, "pore.z": 0.0}),
        Answer("first_passage", {"pore.through": 1 / 7, "pore.reachable": 0.5, "YSZ.reachable": 0.0}),
        Answer("euler_number", {"pore": 2 / box_um3}),
        Answer("tortuosity", {"pore.relative_diffusivity": 0.0}),
        Answer("phase_size", _sizes("pore", min(dy, dx))),
        Answer("intrusion_size", {"pore.d10": 0.0, "pore.d50": 0.0, "pore.d90": min(dy, dx)}),
    )
    return Body("severed channel", volume, answers)


def _volume(labels: np.ndarray[Any, np.dtype[np.uint8]], voxel_um: tuple[float, float, float]) -> Volume:
    return Volume(labels, Grid(PHASES, voxel_um))


def _box(volume: Volume) -> tuple[tuple[float, ...], float]:
    """Edges (z, y, x) of the box, um, and its volume, um^3."""
    edges = tuple(size * edge for size, edge in zip(volume.labels.shape, volume.grid.voxel_um, strict=True))
    return edges, edges[0] * edges[1] * edges[2]


def _contents(**fractions: float) -> tuple[Answer, ...]:
    return (Answer("vf", fractions),)


def _interfaces(*, ni_ysz: float, ni_pore: float, ysz_pore: float) -> tuple[Answer, ...]:
    """Areas of unlike faces per volume, um^-1, and with them the surface of each phase."""
    faces = {"estimator": "faces"}
    surfaces = {"Ni": ni_ysz + ni_pore, "YSZ": ni_ysz + ysz_pore, "pore": ni_pore + ysz_pore}
    between = {"Ni-YSZ": ni_ysz, "Ni-pore": ni_pore, "YSZ-pore": ysz_pore}
    return Answer("ssa", surfaces, faces), Answer("dpb", between, faces)


def _active(flank: float, between: float) -> dict[str, float]:
    """Interface densities of prisms that are all supplied."""
    areas = {"Ni-YSZ": flank, "Ni-pore": flank, "YSZ-pore": between}
    return {
        f"{pair}.{kind}": area * (kind == "active") for pair, area in areas.items() for kind in ("active", "inactive")
    }


def _sizes(phase: str, size: float) -> dict[str, float]:
    """A phase of one size, um."""
    return {f"{phase}.{name}": size for name in ("d10", "d50", "d90")}


def _straight(**fractions: float) -> dict[str, float]:
    """Transport values of phases that do not change along z."""
    return {
        f"{phase}.{name}": value
        for phase, fraction in fractions.items()
        for name, value in (
            ("tortuosity_factor", 1.0),
            ("relative_diffusivity", fraction),
            ("formation_factor", 1 / fraction),
        )
    }
