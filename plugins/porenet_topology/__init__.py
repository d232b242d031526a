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
