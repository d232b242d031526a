"""Statistics of the phases: how much of each there is, and how it is distributed."""

from __future__ import annotations

from collections.abc import Iterator

from porenet.hookspecs import hookimpl
from porenet.interface import Spec


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec a component; their modules are imported when first used."""
    yield Spec(
        api=1,
        kind="loss",
        name="vf",
        target=f"{__name__}.losses.vf:VolumeFraction",
        summary="Squared distance of each sample's volume fractions from their targets.",
        source="https://github.com/thermal-eng-lab/GAN-PH",
        unit="1",
        weight=1000,
        needs=("vf",),
        twin="vf",
        tolerance=3e-4,  # three phases off by 0.01 each
    )
    yield Spec(
        api=1,
        kind="metric",
        name="vf",
        target=f"{__name__}.metrics.vf:volume_fractions",
        summary="Volume fraction of each phase.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="ssa",
        target=f"{__name__}.metrics.ssa:specific_surface_area",
        summary="Surface area of each phase, per total volume or per volume of the phase.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="um^-1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="s2",
        target=f"{__name__}.metrics.s2:two_point_probability",
        summary="Probability that two points a lag apart along an axis are both in a phase.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="chord_length",
        target=f"{__name__}.metrics.chord_length:chord_lengths",
        summary="Mean and standard deviation of the unbroken runs of each phase along lines.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="um",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="representative_volume",
        target=f"{__name__}.metrics.representative_volume:representativity",
        summary="Whether the box holds enough features for its volume fractions to mean anything.",
        source="https://doi.org/10.1016/S0020-7683(03)00143-4",
        unit="1",
    )
