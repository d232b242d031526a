"""Topology of the phases: what is joined to what, and what cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec

if TYPE_CHECKING:
    from porenet.testing import Case


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """What each component is tried with."""
    from porenet_topology.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec a component; their modules are imported when first used."""
    yield Spec(
        api=1,
        kind="loss",
        name="isolation",
        target=f"{__name__}.losses.isolation:Isolation",
        summary="Penalty on a phase whose face neighbours are of another phase.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        weight=50,
        dead_states={
            "half": "where nothing is lost at the outer faces (replicate, or periodic) the gradient is (1 - 2 n6) / N, "
            "and n6 = p = 0.5"
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="face_hinge",
        target=f"{__name__}.losses.face_hinge:FaceHinge",
        summary="Penalty on faces that a phase does not hold, voxel by voxel as published or by area fraction.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        weight=50,
        # By area: a hundredth of the faces short of the target. Voxel by voxel: of a structure, at margin 0.05, less
        # than a hundredth of the faces held by another phase.
        tolerance=0.01,
    )
    yield Spec(
        api=1,
        kind="loss",
        name="slice_floor",
        target=f"{__name__}.losses.slice_floor:SliceFloor",
        summary="Penalty on slices that hold less of a phase than a floor.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        weight=50,
        tolerance=0.01,  # every slice short of the floor by a hundredth of its area
        deviations={
            "not_met_on_the_fixture": "as published it reads the density of a slice, which a probability of 0.3 "
            "everywhere gives without a voxel of the phase; straight_through shows it the structure"
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="connectivity",
        target=f"{__name__}.losses.connectivity:Connectivity",
        summary="Published stand-in for connectivity: isolation of a phase plus its hinge on two faces.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        weight=50,
        dead_states={
            "half": "the hinge is met at 0.5 once no other phase is above 0.45, and isolation with replicate or "
            "periodic boundaries has the gradient (1 - 2 n6) / N with n6 = p = 0.5"
        },
    )
    yield Spec(
        api=1,
        kind="metric",
        name="connectivity",
        target=f"{__name__}.metrics.connectivity:connectivity",
        summary="Share of each phase that spans an axis, that is isolated, or of which the volume shows too little.",
        source="https://github.com/thermal-eng-lab/GAN-PH",
        unit="1",
        deviations={
            "rolls_change_nothing": "an axis is taken as open while it is crossed, for a wrap would join its faces: "
            "the share along a periodic axis depends on where the array is cut"
        },
    )
    yield Spec(
        api=1,
        kind="metric",
        name="percolates",
        target=f"{__name__}.metrics.percolates:percolates",
        summary="Whether each phase crosses the volume along each axis.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
        deviations={
            "rolls_change_nothing": "an axis is taken as open while it is crossed, for a wrap would join its faces: "
            "whether a phase crosses a periodic axis depends on where the array is cut"
        },
    )
    yield Spec(
        api=1,
        kind="metric",
        name="euler_number",
        target=f"{__name__}.metrics.euler_number:euler_number",
        summary="Density of the Euler characteristic of each phase: pieces less tunnels plus cavities.",
        source="https://dlib.si/stream/URN:NBN:SI:DOC-DYM4LQR0/1970d8f1-7635-4205-8a47-ac78ff9ee37c/TEXT",
        unit="um^-3",
    )
