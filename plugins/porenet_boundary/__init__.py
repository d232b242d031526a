"""Boundaries between the phases: the interfaces of two, and the lines where three meet."""

from __future__ import annotations

from collections.abc import Iterator

from porenet.hookspecs import hookimpl
from porenet.interface import Spec


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec a component; their modules are imported when first used."""
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
