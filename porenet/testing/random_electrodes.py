"""A hypothesis strategy for structures with known properties."""

from __future__ import annotations

from typing import Literal

from hypothesis import strategies as st

from porenet.interface import Volume
from porenet.synthetic import PHASES, Truth, packed_spheres, plurigaussian
from porenet.testing.strategies import shapes

ElectrodeKind = Literal["plurigaussian", "packed_spheres"]
KINDS: tuple[ElectrodeKind, ...] = ("plurigaussian", "packed_spheres")

_EDGES = st.sampled_from([1.0, 0.5, 0.1, 0.0368, 2.0])


@st.composite
def electrodes(
    draw: st.DrawFn,
    kinds: tuple[ElectrodeKind, ...] = KINDS,
    *,
    max_side: int = 16,
    phases: tuple[str, ...] = PHASES,
) -> tuple[Volume, Truth]:
    """Small three-phase electrodes with their truth, open or periodic, of any seed.

    Plurigaussian structures have anisotropic voxels, may be one voxel thick, and have features from below a voxel to
    the size of the box; their truth is a mean over seeds, so a single structure obeys its identities, not its values.
    Packed spheres have cubic voxels, at most a few spheres and the truth of that structure.

    Args:
        draw: passed by hypothesis.
        kinds: kinds of electrodes to draw from.
        max_side: longest side, voxels; at least 12.
        phases: names of the three phases.
    """
    periodic = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    seed = draw(st.integers(0, 2**31 - 1))
    if draw(st.sampled_from(kinds)) == "packed_spheres":
        edge, radius = draw(_EDGES), draw(st.floats(1, 2))
        # Of the box, with their gaps: far from the 0.38 at which placing them at random jams.
        most = 0.06 * (radius / (radius + 0.87)) ** 3
        return packed_spheres(
            draw(shapes(12, max_side)),
            voxel_um=(edge, edge, edge),
            radius_um=edge * radius,
            fractions=(draw(st.floats(0, most)), draw(st.floats(0, most))),
            periodic=periodic,
            seed=seed,
            phases=phases,
        )
    shape, voxel_um = draw(shapes(1, max_side)), draw(st.tuples(_EDGES, _EDGES, _EDGES))
    box_um = [size * edge for size, edge in zip(shape, voxel_um, strict=True)]
    longest_um = min([max(box_um), *(edge / 6 for edge, wraps in zip(box_um, periodic, strict=True) if wraps)])
    parts = draw(st.tuples(*[st.integers(1, 10)] * 3))
    return plurigaussian(
        shape,
        voxel_um=voxel_um,
        length_um=longest_um * draw(st.floats(0.05, 1)),
        fractions=[part / sum(parts) for part in parts],
        periodic=periodic,
        seed=seed,
        phases=phases,
    )
