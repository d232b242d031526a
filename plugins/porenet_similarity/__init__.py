"""Similarity of two samples of one descriptor: generated structures against training structures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec

if TYPE_CHECKING:
    from porenet.testing import Case


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """Cases for the laws: parameters and phases for each component."""
    from porenet_similarity.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec per component; its module is imported when it is first used."""
    yield Spec(
        api=1,
        kind="score",
        name="s_value",
        target=f"{__name__}.scores.s_value:s_value",
        summary="Published similarity of two samples; depends on the unit, passes collapsed ones.",
        source="https://github.com/thermal-eng-lab/GAN-PH",
        unit="1",
        limits=(0.85, 0.70),  # as published
        deviations={
            "unit_does_not_matter": "f_sigma is in the unit of the values, as published",
            "undefined_values_lower_the_score": "undefined values are dropped, as published",
        },
    )
    yield Spec(
        api=1,
        kind="score",
        name="s_value_scaled",
        target=f"{__name__}.scores.s_value_scaled:s_value_scaled",
        summary="Unit-free similarity of two samples; fails collapsed, disjoint, undefined ones.",
        unit="1",
        limits=(0.85, 0.70),
    )
