"""Statistics of the phases: volume fractions, surface areas, curvature, profiles, chord lengths, lineal paths, S2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec, Witness

if TYPE_CHECKING:
    from porenet.testing import Case

CUT = {
    "flips_change_nothing": "its parts are in the order of the axis, which a flip reverses",
    "rolls_change_nothing": "its parts are cut at fixed places of the array",
}
"""Why profiles break two laws."""


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """Cases for the laws: parameters and phases for each component."""
    from porenet_statistics.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec per component; its module is imported when it is first used."""
    yield Spec(
        api=1,
        kind="loss",
        name="vf",
        dims=(2, 3),
        target=f"{__name__}.losses.vf:VolumeFraction",
        summary="Squared distance of each sample's volume fractions from their targets.",
        source="https://github.com/thermal-eng-lab/GAN-PH",
        unit="1",
        weight=1000,
        needs=("vf",),
        twin="vf",
        tolerance=3e-4,  # three phases off by 0.01 each
        deviations={
            "not_met_by_flat_probabilities": "as published it reads mean probabilities, which a flat field can match "
            "without a voxel of the phase; straight_through shows it the structure"
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="ssa",
        dims=(2, 3),
        target=f"{__name__}.losses.ssa:SurfaceArea",
        summary="Squared relative error of each sample's surface areas per total volume.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
        weight=100,
        needs=("ssa",),
        optional=("ssa.guard",),
        twin="ssa",
        tolerance=2.5e-3,  # every area off by 5 %
        witness=Witness("ssa", {"estimator": "crofton"}, 1.5),
        blind_when={"speckle as fine as a voxel, which has no area for its Gaussian": ("estimator", "tv")},
        dead_states={
            "flat": "a flat field has no surface to move: total variation and |p - q| have their minimum there, and "
            "the product form, where it has a gradient, none at p = 0.5"
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="ssa_severed",
        dims=(2, 3),
        target=f"{__name__}.losses.ssa_severed:SurfaceAreaSevered",
        summary="published, faulty: surface-area loss whose gradient never reached the generator.",
        source="https://github.com/thermal-eng-lab/GAN-PH",
        unit="1",
        weight=1000,
        needs=("ssa",),
        twin="ssa",
        tolerance=2.5e-3,  # as ssa
        deviations={
            "gradient_reaches_logits": "the published bug: the areas are measured on a detached field",
            "gradient_matches_finite_differences": "the published bug: the value changes with the field, but there "
            "is no gradient",
        },
    )
    yield Spec(
        api=1,
        kind="loss",
        name="distribution",
        dims=(2, 3),
        target=f"{__name__}.losses.distribution:Distribution",
        summary="Squared distance between the distributions of a descriptor in a batch and in a reference sample.",
        source="https://doi.org/10.1561/2200000073",
        unit="1",
        weight=10,
        needs=("distribution",),
        batchwise=True,
        tolerance=0.01,  # every value off by a tenth of the reference's standard deviation
        dead_states={"flat": "where its descriptor has no gradient on a flat field, as surface area"},
    )
    yield Spec(
        api=1,
        kind="loss",
        name="s2",
        dims=(2, 3),
        target=f"{__name__}.losses.s2:TwoPointProbability",
        summary="Squared error of each sample's two-point probabilities, every distance with the same weight.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
        weight=10_000,  # ten times that of vf: what reconstructions were tried with
        needs=("s2",),
        twin="s2",
        tolerance=1e-4,  # 1 % of phi (1 - phi) in the root mean square
        witness=Witness("s2", {}, 1.25),
    )
    yield Spec(
        api=1,
        kind="loss",
        name="lineal_path",
        dims=(2, 3),
        target=f"{__name__}.losses.lineal_path:LinealPath",
        summary="Squared error of the probabilities that segments along the axes lie wholly in a phase.",
        source="https://doi.org/10.1103/PhysRevA.45.922",
        unit="1",
        weight=1000,
        needs=("lineal_path",),
        twin="lineal_path",
        tolerance=1e-4,  # 1 % of phi (1 - phi) in the root mean square
        witness=Witness("s2", {}, 1.25),
    )
    yield Spec(
        api=1,
        kind="metric",
        name="vf",
        dims=(2, 3),
        target=f"{__name__}.metrics.vf:volume_fractions",
        streamed=f"{__name__}.metrics.vf:BY_SLABS",
        summary="Volume fraction of each phase.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="ssa",
        dims=(2, 3),
        target=f"{__name__}.metrics.ssa:specific_surface_area",
        streamed=f"{__name__}.metrics.ssa:BY_SLABS",
        summary="Surface area of each phase, per total volume or per volume of the phase.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="um^-1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="vf_profile",
        dims=(2, 3),
        target=f"{__name__}.metrics.vf_profile:volume_fraction_profile",
        streamed=f"{__name__}.metrics.vf_profile:BY_SLABS",
        summary="Volume fraction of each phase in parts of the volume along an axis.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
        deviations=CUT,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="ssa_profile",
        dims=(2, 3),
        target=f"{__name__}.metrics.ssa_profile:surface_area_profile",
        streamed=f"{__name__}.metrics.ssa_profile:BY_SLABS",
        summary="Surface area of each phase per volume, in parts of the volume along an axis.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="um^-1",
        deviations=CUT,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="mean_curvature",
        target=f"{__name__}.metrics.mean_curvature:mean_curvature",
        streamed=f"{__name__}.metrics.mean_curvature:BY_SLABS",
        summary="Integral of the mean curvature of each phase's surface, per total volume.",
        source="https://doi.org/10.5566/ias.v28.p77-92",
        unit="um^-2",
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="s2",
        dims=(2, 3),
        target=f"{__name__}.metrics.s2:two_point_probability",
        streamed=f"{__name__}.metrics.s2:BY_SLABS",
        summary="Probability, for each phase, that two points a lag apart both lie in it.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="lineal_path",
        dims=(2, 3),
        target=f"{__name__}.metrics.lineal_path:lineal_path",
        streamed=f"{__name__}.metrics.lineal_path:BY_SLABS",
        summary="Probability, for each phase, that a segment of a given length along an axis lies wholly in it.",
        source="https://doi.org/10.1103/PhysRevA.45.922",
        unit="1",
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="chord_length",
        dims=(2, 3),
        target=f"{__name__}.metrics.chord_length:chord_lengths",
        streamed=f"{__name__}.metrics.chord_length:BY_SLABS",
        summary="Mean and standard deviation of the chord lengths of each phase along lines of voxels.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="um",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="representative_volume",
        dims=(2, 3),
        target=f"{__name__}.metrics.representative_volume:representativity",
        summary="Whether the volume holds enough features for its volume fractions to be representative.",
        source="https://doi.org/10.1016/S0020-7683(03)00143-4",
        unit="1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="representative_size",
        dims=(2, 3),
        target=f"{__name__}.metrics.representative_size:representative_size",
        summary="Edge of the cube that tells volume fractions and triple lines to a stated error.",
        source="https://doi.org/10.1016/S0020-7683(03)00143-4",
        unit="um",
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="correlation_length",
        dims=(2, 3),
        target=f"{__name__}.metrics.correlation_length:correlation_length",
        summary="Distance at which the autocovariance of each phase has fallen to 1/e.",
        source="https://doi.org/10.1063/1.1722830",
        unit="um",
        on_request=True,
    )
