"""Topology of the phases: which voxels are connected, and which of them no reservoir reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec

if TYPE_CHECKING:
    from porenet.testing import Case

FROM_A_FACE = {
    "flips_change_nothing": "the inlet is at one end of its axis, which a flip exchanges for the other",
    "rolls_change_nothing": "the axis of the inlet counts as open, because a wrap would lead around the inlet: what is "
    "entered along a periodic axis depends on where the array is cut",
}
"""Why metrics of what enters through a face break two laws."""
IN_PLANE = "in-plane; a section does not show what is joined in 3-D"


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """Cases for the laws: parameters and phases for each component."""
    from porenet_topology.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec per component; its module is imported when it is first used."""
    yield Spec(
        api=1,
        kind="loss",
        name="isolation",
        dims=(2, 3),
        target=f"{__name__}.losses.isolation:Isolation",
        summary="Penalty on voxels of a phase whose face neighbours belong to other phases.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        weight=50,
        dead_states={
            "half": "where the outer faces cost nothing (replicate, or periodic) the gradient is (1 - 2 n6) / N, "
            "and n6 = p = 0.5"
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="face_hinge",
        dims=(2, 3),
        target=f"{__name__}.losses.face_hinge:FaceHinge",
        summary="Penalty on faces of the box that a phase does not fill, per voxel as published or by area fraction.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        weight=50,
        # By area: the faces fall short of the target by 0.01. Voxel by voxel, in a structure at margin 0.05: other
        # phases hold less than 0.01 of the faces.
        tolerance=0.01,
    )
    yield Spec(
        api=1,
        kind="loss",
        name="slice_floor",
        dims=(2, 3),
        target=f"{__name__}.losses.slice_floor:SliceFloor",
        summary="Penalty on slices in which the area fraction of a phase is below a floor.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        weight=50,
        tolerance=0.01,  # every slice short of the floor by a hundredth of its area
        deviations={
            "not_met_by_flat_probabilities": "as published it reads the mean probability of a slice, which is 0.3 "
            "where every voxel has 0.3 and none decodes to the phase; straight_through shows it the structure"
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="connectivity",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.losses.connectivity:Connectivity",
        summary="Published substitute for connectivity: isolation of a phase plus its hinge on two faces.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        weight=50,
        dead_states={
            "half": "the hinge is 0 at 0.5 if no other phase is above 0.45, and isolation with replicate or "
            "periodic boundaries has the gradient (1 - 2 n6) / N with n6 = p = 0.5"
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="first_passage",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.losses.first_passage:FirstPassage",
        summary="Number of voxels to convert until a phase crosses, and until all of it is joined to its reservoir.",
        source="https://doi.org/10.1007/978-3-642-99884-3_7",
        unit="1",
        weight=100,  # in a structure with a network, 3 to 15 % of the voxels are still to be joined
        needs=("first_passage",),
        needs_when={"first_passage": ("target", "structures")},
        reads="soft",
        twin="first_passage",
        # A voxel of another phase costs at least margin / (1 + margin), over the slices on the way: 0.0014 at 64.
        tolerance=1e-6,
    )
    yield Spec(
        api=1,
        kind="loss",
        name="maximin",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.losses.maximin:Maximin",
        summary="Hinge on the largest margin at which a phase joins two faces of the box.",
        source="https://arxiv.org/abs/0911.5372",
        unit="1",
        weight=20,
        needs=("maximin",),
        needs_when={"maximin": ("target", "structures")},
        reads="soft",
        tolerance=1e-6,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="connectivity",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.connectivity:connectivity",
        streamed=f"{__name__}.metrics.connectivity:BY_SLABS",
        summary="Shares of each phase that span an axis, are isolated, or may be joined outside the volume.",
        source="https://github.com/thermal-eng-lab/GAN-PH",
        unit="1",
        resolution=0.01,  # shares at 0 or 1 have no spread to be measured against
        deviations={
            "rolls_change_nothing": "an axis counts as open while it is crossed, because a wrap would join its faces: "
            "the share along a periodic axis depends on where the array is cut"
        },
    )
    yield Spec(
        api=1,
        kind="metric",
        name="percolates",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.percolates:percolates",
        streamed=f"{__name__}.metrics.percolates:BY_SLABS",
        summary="Whether each phase crosses the volume along each axis.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
        resolution=0.01,
        deviations={
            "rolls_change_nothing": "an axis counts as open while it is crossed, because a wrap would join its faces: "
            "whether a phase crosses a periodic axis depends on where the array is cut"
        },
    )
    yield Spec(
        api=1,
        kind="metric",
        name="breakthrough_diameter",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.breakthrough_diameter:breakthrough_diameter",
        summary="Diameter of the largest ball that passes through each phase from face to face.",
        source="https://geodict-userguide.math2market.de/2025/porodict_path.html",
        unit="um",
        deviations={
            "rolls_change_nothing": "an axis counts as open while it is crossed, because a wrap would join its faces: "
            "what passes along a periodic axis depends on where the array is cut"
        },
    )
    yield Spec(
        api=1,
        kind="metric",
        name="first_passage",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.first_passage:first_passage",
        summary="Number of voxels to convert until each phase crosses, and until all of it is joined to its reservoir.",
        source="https://doi.org/10.1007/978-3-642-99884-3_7",
        unit="1",
        deviations={
            "flips_change_nothing": "the reservoir is at one end of its axis, which a flip exchanges for the other",
            "rolls_change_nothing": "an axis counts as open while it is crossed, because a wrap would join its faces: "
            "what is joined along a periodic axis depends on where the array is cut",
        },
    )
    yield Spec(
        api=1,
        kind="metric",
        name="euler_number",
        dims=(2, 3),
        unit_2d="um^-2",
        target=f"{__name__}.metrics.euler_number:euler_number",
        streamed=f"{__name__}.metrics.euler_number:BY_SLABS",
        summary="Euler characteristic of each phase per volume: pieces minus tunnels plus cavities.",
        source="https://dlib.si/stream/URN:NBN:SI:DOC-DYM4LQR0/1970d8f1-7635-4205-8a47-ac78ff9ee37c/TEXT",
        unit="um^-3",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="phase_size",
        dims=(2, 3),
        target=f"{__name__}.metrics.phase_size:phase_size",
        summary="Continuous size distribution of each phase (local thickness): d10, d50, d90 of covering balls.",
        source="https://doi.org/10.1111/j.1551-2916.2008.02736.x",
        unit="um",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="intrusion_size",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.intrusion_size:intrusion_size",
        summary="Size distribution of each phase by porosimetry from a face: d10, d50, d90 of balls that enter.",
        source="https://doi.org/10.1111/j.1551-2916.2008.02736.x",
        unit="um",
        deviations=FROM_A_FACE,
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="constrictivity",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.constrictivity:constrictivity",
        summary="Squared ratio of bottleneck to bulge of each phase: median intrusion size to median phase size.",
        source="https://doi.org/10.1007/s10853-012-6968-z",
        unit="1",
        deviations=FROM_A_FACE,
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="neck_diameter",
        dims=(2, 3),
        target=f"{__name__}.metrics.neck_diameter:neck_diameter",
        summary="Diameters of the necks between the particles of each phase: d10, d50, d90 by number.",
        unit="um",
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="neck_density",
        dims=(2, 3),
        unit_2d="um^-2",
        target=f"{__name__}.metrics.neck_density:neck_density",
        summary="Number of necks between the particles of each phase, per total volume.",
        unit="um^-3",
        on_request=True,
    )
