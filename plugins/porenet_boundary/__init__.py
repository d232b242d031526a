"""Boundaries between the phases: the interfaces of two, and the lines where three meet."""

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
    from porenet_boundary.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec a component; their modules are imported when first used."""
    yield Spec(
        api=1,
        kind="loss",
        name="dpb",
        target=f"{__name__}.losses.dpb:InterfaceAreas",
        summary="Squared relative error of each sample's interface areas between pairs of phases.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
        weight=200,
        needs=("dpb",),
        twin="dpb",
        tolerance=2.5e-3,  # every area off by 5 %
        dead_states={"half": "two phases at 0.5 everywhere have the largest area that a flat field can have"},
    )
    yield Spec(
        api=1,
        kind="loss",
        name="tpb",
        target=f"{__name__}.losses.tpb:TriplePhaseBoundary",
        summary="Squared relative error of each sample's length of triple-phase boundary.",
        unit="1",
        weight=200,
        needs=("tpb",),
        reads="straight_through",
        twin="tpb",
        tolerance=2.5e-3,  # a length off by 5 %
        dead_states={
            "flat": "without slopes no small change makes a line",
            "one_hot": "where one of the three phases is absent, or all interfaces are parallel, no small change "
            "makes a line",
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="tpb_active",
        target=f"{__name__}.losses.tpb_active:ActiveTriplePhaseBoundary",
        summary="Squared relative error of each sample's length of triple-phase boundary that all three phases supply.",
        unit="1",
        weight=200,
        needs=("tpb_active",),
        reads="straight_through",
        twin="tpb",
        tolerance=2.5e-3,  # a length off by 5 %
        dead_states={
            "flat": "without slopes no small change makes a line",
            "one_hot": "where one of the three phases is absent, or all interfaces are parallel, no small change "
            "makes a line",
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="tpb_proxy",
        target=f"{__name__}.losses.tpb_proxy:TriplePhaseProxy",
        summary="The published hinge on the mean product of three phases, which is 0 on every structure.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        reads="soft",
        tolerance=0.0,
        deviations={
            "not_met_by_flat_probabilities": "the product is largest where nothing is decided: 0.0367 of at most "
            "0.0370 there"
        },
        dead_states={"one_hot": "the product and its slopes are 0 on every structure, as published"},
    )
    yield Spec(
        api=1,
        kind="metric",
        name="dpb",
        target=f"{__name__}.metrics.dpb:interface_densities",
        summary="Area of the interface between each two phases, per total volume.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="um^-1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="tpb",
        target=f"{__name__}.metrics.tpb:triple_phase_boundary",
        summary="Length of the lines where three phases meet: total, active, unknown and inactive.",
        unit="um^-2",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="tpb_voxel_count",
        target=f"{__name__}.metrics.tpb_voxel_count:tpb_voxel_count",
        summary="GAN-PH's count of voxels beside three phases, for comparison with published numbers.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="um^-1",  # printed as um^-2 where it was published
    )
