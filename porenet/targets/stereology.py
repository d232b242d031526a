"""Stereology: what a quantity of sections says of the volume, by the factor that belongs to its estimator.

A face between voxels lies in sections of two of the three families, and a voxel edge in those of one, so that for
counts the mean over all sections of the three families times 3/2, or 3, is that of the volume, whatever the structure.
True lengths and areas need isotropy: S_V = 4 / pi L_A and L_V = 2 P_A (E. E. Underwood, Quantitative Stereology, 1970);
the estimators behind a Gaussian read them where features are some voxels wide.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from porenet.errors import InputError

ASSUMPTION = "same in z, y and x"
"""What a conversion assumes of the structure; stated by whoever converts."""
LEAST_CHORD = 5.0
"""Mean chord of a phase, voxels, from which the estimators behind a Gaussian convert. On an electrode with finer
features total variation read 0.99 to 1.04 of the volume's area where 0.79 is right, coarea 0.70 of its lines where 0.5
is."""
COUNTS: Mapping[str, float] = {"faces": 3 / 2, "edges": 3.0}
BEHIND_A_GAUSSIAN: Mapping[str, float] = {"tv": 4 / math.pi, "heat": 4 / math.pi, "coarea": 2.0, "triple": 2.0}
ALIKE = ("radial", "radial/all", "axes")
"""Two-point statistics that read the same in a section; those of a ball have other lags in three dimensions."""
FACTORS: Mapping[str, float] = {**COUNTS, **BEHIND_A_GAUSSIAN, **dict.fromkeys(ALIKE, 1.0)}
"""The volume's value per that of its sections, by the estimator's name without its width."""
WITHOUT_ESTIMATOR = ("vf", "lineal_path")
BY_ESTIMATOR = ("ssa", "dpb", "tpb", "s2")
CHORD = "chord_voxels"
"""Key under which targets of sections hold the mean chord of each phase, voxels."""
PARTS = "section_parts"
"""Key under which they hold the number of tiles or sections of their standard errors."""


def factor_of(key: str, estimator: str | None) -> float:
    """The volume's value per that of its sections.

    Args:
        key: of the target.
        estimator: by which it was measured, ``heat_2``; None if it has none.

    Raises:
        InputError: a section does not show the quantity, or no factor is known.
    """
    if estimator is None and key in WITHOUT_ESTIMATOR:
        return 1.0
    stem = "" if estimator is None else estimator.split("_")[0]
    if key.startswith("tpb_active"):
        stem = ""  # what supplies a line is joined in the third dimension
    factor = FACTORS.get(stem)
    if factor is None and estimator is None and key in BY_ESTIMATOR:
        raise InputError(
            "by which estimator it was measured is not known, and the factor is that of the estimator",
            where=f"targets[{key!r}]",
            fix=f"Say it: porenet.targets.Targets(values, {{{key!r}: 'faces'}}, dims=2), or whichever it was.",
        )
    if factor is None:
        by = "" if estimator is None else f" by {estimator!r}"
        raise InputError(
            f"a section does not show it{by}: no factor turns it into that of a volume",
            where=f"targets[{key!r}]",
            fix="vf, lineal_path, ssa, dpb, tpb, and s2 by 'radial' or 'axes' can be converted.",
        )
    return factor


def refuse_fine(keys: Mapping[str, str | None], chords_voxels: Iterable[float] | None) -> None:
    """Check that features are wide enough for the estimators behind a Gaussian.

    Args:
        keys: target key -> estimator.
        chords_voxels: mean chord of each phase, NaN where it is absent; None if unknown.

    Raises:
        InputError: a mean chord is below 5 voxels, or not known.
    """
    blurred = [key for key, name in keys.items() if name is not None and name.split("_")[0] in BEHIND_A_GAUSSIAN]
    if not blurred:
        return
    where, fix = f"targets[{blurred[0]!r}]", "Measure with 'faces' and 'edges', whose factors hold for every structure."
    if chords_voxels is None:
        raise InputError(
            f"the factor of {keys[blurred[0]]!r} holds for mean chords of {LEAST_CHORD:g} voxels or more, and these "
            "targets do not hold the mean chord",
            where=where,
            fix=f"Measure them with porenet.objective.targets_of_sections. {fix}",
        )
    least = min((chord for chord in chords_voxels if not math.isnan(chord)), default=math.inf)
    if least < LEAST_CHORD:
        raise InputError(
            f"the factor of {keys[blurred[0]]!r} holds for mean chords of {LEAST_CHORD:g} voxels or more, and that of "
            f"the finest phase is {least:.3g}",
            where=where,
            fix=fix,
        )


def refuse_assumption(assume: object) -> None:
    """Check that the assumption of a conversion is stated.

    Raises:
        InputError: in other words.
    """
    if assume != ASSUMPTION:
        raise InputError(
            f"{ASSUMPTION!r} was expected, not {assume!r}: one section says nothing of the other directions",
            where="assume",
        )
