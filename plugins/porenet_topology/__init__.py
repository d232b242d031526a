"""Topology of the phases: what is joined to what, and what cannot be reached."""

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
        name="isolation",
        target=f"{__name__}.losses.isolation:Isolation",
        summary="Penalty on a phase whose face neighbours are of another phase.",
        source="https://github.com/Fangedan/GAN-PH",
        unit="1",
        weight=50,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="connectivity",
        target=f"{__name__}.metrics.connectivity:connectivity",
        summary="Share of each phase that spans an axis, that is isolated, or of which the volume shows too little.",
        source="https://github.com/thermal-eng-lab/GAN-PH",
        unit="1",
    )
    yield Spec(
        api=1,
        kind="metric",
        name="percolates",
        target=f"{__name__}.metrics.percolates:percolates",
        summary="Whether each phase crosses the volume along each axis.",
        source="https://doi.org/10.1007/978-1-4757-6355-3",
        unit="1",
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
