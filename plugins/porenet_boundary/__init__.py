"""Boundaries between the phases: interfaces of two phases, and lines where three phases meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec, Witness

if TYPE_CHECKING:
    from porenet.testing import Case


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """Cases for the laws: parameters and phases for each component."""
    from porenet_boundary.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec per component; its module is imported when it is first used."""
    yield Spec(
        api=1,
        kind="loss",
        name="dpb",
        dims=(2, 3),
        target=f"{__name__}.losses.dpb:InterfaceAreas",
        summary="Squared relative error of each sample's interface areas between pairs of phases.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
        weight=100,
        needs=("dpb",),
        twin="dpb",
        tolerance=2.5e-3,  # every area off by 5 %
        witness=Witness("dpb", {"estimator": "crofton"}, 1.5),
        dead_states={"half": "two phases at 0.5 everywhere have the largest area that a flat field can have"},
    )
    yield Spec(
        api=1,
        kind="loss",
        name="tpb",
        dims=(2, 3),
        target=f"{__name__}.losses.tpb:TriplePhaseBoundary",
        summary="Squared relative error of each sample's length of triple-phase boundary.",
        source="https://doi.org/10.1038/nmat1668",
        unit="1",
        weight=100,
        needs=("tpb",),
        reads="straight_through",
        twin="tpb",
        tolerance=2.5e-3,  # a length off by 5 %
        witness=Witness("tpb", {"estimator": "edges"}, 2),
        blind_when={"speckle as fine as a voxel, which has few lines for its Gaussians": ("estimator", "coarea")},
        dead_states={
            "flat": "where the three phases are equal their product is at its largest, and by coarea no flat field has "
            "slopes",
            "one_hot": "where one of the three phases is absent, or by coarea all interfaces are parallel, no small "
            "change creates a line",
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="tpb_active",
        target=f"{__name__}.losses.tpb_active:ActiveTriplePhaseBoundary",
        summary="Squared relative error of each sample's length of active triple-phase boundary (all phases supplied).",
        source="https://doi.org/10.1038/nmat1668",
        unit="1",
        weight=100,
        needs=("tpb_active",),
        optional=("tpb_active.guard",),
        reads="straight_through",
        twin="tpb",
        tolerance=2.5e-3,  # a length off by 5 %
        witness=Witness("tpb", {"estimator": "edges"}, 2),
        blind_when={"speckle as fine as a voxel, which has few lines for its Gaussians": ("estimator", "coarea")},
        dead_states={
            "flat": "where the three phases are equal their product is at its largest, and by coarea no flat field has "
            "slopes",
            "one_hot": "where one of the three phases is absent, or by coarea all interfaces are parallel, no small "
            "change creates a line",
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="tpb_proxy",
        dims=(2, 3),
        target=f"{__name__}.losses.tpb_proxy:TriplePhaseProxy",
        summary="published, faulty: hinge on the mean product of three probabilities, 0 on every decoded structure.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        reads="soft",
        tolerance=0.0,
        deviations={
            "not_met_by_flat_probabilities": "the product is largest on undecided fields: 0.0367, where 0.0370 is the "
            "maximum"
        },
        dead_states={"one_hot": "the product and its gradient are 0 on every decoded structure, as published"},
    )
    yield Spec(
        api=1,
        kind="metric",
        name="dpb",
        dims=(2, 3),
        target=f"{__name__}.metrics.dpb:interface_densities",
        streamed=f"{__name__}.metrics.dpb:BY_SLABS",
        summary="Area of the interface between each pair of phases, per total volume.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="um^-1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="dpb_active",
        target=f"{__name__}.metrics.dpb_active:active_interface_densities",
        streamed=f"{__name__}.metrics.dpb_active:BY_SLABS",
        summary="Area of the interface between each pair of phases that both supply: active, unknown and inactive.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="um^-1",
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="tpb",
        dims=(2, 3),
        target=f"{__name__}.metrics.tpb:triple_phase_boundary",
        streamed=f"{__name__}.metrics.tpb:BY_SLABS",
        summary="Length of the lines where three phases meet: total, active, unknown and inactive.",
        source="https://doi.org/10.1038/nmat1668",
        unit="um^-2",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="tpb_active_share",
        target=f"{__name__}.metrics.tpb_active_share:active_share",
        streamed=f"{__name__}.metrics.tpb_active_share:BY_SLABS",
        summary="Shares of the triple-phase boundary that are active, unknown and inactive.",
        source="https://doi.org/10.1038/nmat1668",
        unit="1",
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="tpb_profile",
        target=f"{__name__}.metrics.tpb_profile:triple_phase_boundary_profile",
        streamed=f"{__name__}.metrics.tpb_profile:BY_SLABS",
        summary="Length of triple line, total, active, unknown and inactive, in parts of the volume along an axis.",
        source="https://doi.org/10.1038/nmat1668",
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
