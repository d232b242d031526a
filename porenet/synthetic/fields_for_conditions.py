"""Fitted fields as a generator: a structure for each condition, to set beside those of trained ones."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from porenet.errors import InputError, argument
from porenet.interface import Grid, Volume
from porenet.synthetic.fit_files import candidates_in, fit_in
from porenet.synthetic.fitted_fields import FittedFields, drawable


class Asked(Protocol):
    """What a structure is asked for: a `porenet.evaluation.Condition`, or anything with these attributes."""

    @property
    def grid(self) -> Grid:
        """Phases and voxel edges (um) of the fit; boundaries of the structure."""

    @property
    def shape(self) -> tuple[int, ...]:
        """``(Z, Y, X)``, voxels."""

    @property
    def vf(self) -> Mapping[str, float]:
        """Volume fraction of each phase."""

    @property
    def ssa(self) -> Mapping[str, float]:
        """Surface area of each phase by voxel faces, um^-1."""


SUM_ERROR = 0.01
"""By which the fractions that are asked for may miss 1: those of a table may be rounded."""
CANDIDATES = 8
"""Structures drawn for one unless another number is stated."""


def field_generator(fit: FittedFields, candidates: int = CANDIDATES) -> Callable[[int, Asked], Volume]:
    """Structures of a fit as `porenet.evaluation.evaluate` asks for them: the row "fields, untrained".

    A trained generator whose structures score below these has learned nothing that the scores see.

    Args:
        fit: of `fit_skewed_fields`, to what the trained generators were trained on.
        candidates: structures drawn for one, of which the one nearest to the surface areas of the condition stays; 1:
            it is asked for volume fractions alone.

    Returns:
        A function of a seed, 0 or more, and a condition; the same two give the same structure. Its attribute ``about``
        holds the fit, the number of candidates, and a fingerprint of both.

    Raises:
        InputError: the number of candidates is not a whole number above 0.
    """
    if type(candidates) is not int or candidates < 1:
        raise InputError(
            f"a whole number above 0 was expected, not {candidates!r}",
            where=argument("candidates", of="synthetic.field_generator"),
        )

    def generate(seed: int, condition: Asked) -> Volume:
        """A new structure for a condition.

        Raises:
            InputError: the condition is of other phases or voxel edges than the fit, or no structure can meet it.
        """
        grid = condition.grid
        if (grid.phases, grid.edges_um) != (fit.phases, fit.voxel_um):
            raise InputError(
                f"the fields were fitted to {', '.join(fit.phases)} in voxels of {_edges(fit.voxel_um)} um, and a "
                f"structure of {', '.join(grid.phases)} in voxels of {_edges(grid.edges_um)} um is asked for",
                fix="Fit fields to structures of that grid.",
            )
        vf = dict(condition.vf)
        total = sum(vf.get(phase, math.nan) for phase in fit.phases)
        if not all(0 <= fraction <= 1 for fraction in vf.values()) or not abs(total - 1) <= SUM_ERROR:
            raise InputError(
                f"volume fractions of {', '.join(fit.phases)} that add up to 1 were expected in the condition, "
                f"not {vf}",
                fix="Ask for the fractions of a structure.",
            )
        present = {phase: area for phase, area in condition.ssa.items() if area > 0} if candidates > 1 else None
        return fit.draw(
            seed,
            shape=condition.shape,
            fractions=drawable([vf[phase] for phase in fit.phases]),
            surfaces=present,
            candidates=candidates,
            periodic=grid.periodic,
        )

    about = {"fields": fit.to_dict(), "candidates": candidates}
    vars(generate)["about"] = about | {"fingerprint": hashlib.sha256(json.dumps(about).encode()).hexdigest()}
    return generate


def stored_fields(path: str | Path) -> Callable[[int, Asked], Volume]:
    """The generator of a ``fields.json``: of ``porenet synthesize --fit``, or of the folder of a training.

    On the command line: ``porenet evaluate real/ fields=porenet.synthetic:stored_fields:alike/fields.json``. The number
    of candidates is the one that the file states under ``request``, as ``porenet synthesize`` writes it; else 8.

    Raises:
        InputError: the file cannot be read, or holds no fit.
    """
    fix = "Name a fields.json of porenet synthesize --fit, or of a training that begins with fields."
    try:
        written = json.loads(Path(path).read_text(encoding="utf-8"))
        fit, candidates = fit_in(written), candidates_in(written, CANDIDATES)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), fix=fix) from error
    except (ValueError, LookupError, TypeError, InputError) as error:
        raise InputError(f"holds no whole fit of fields ({error})", where=str(path), fix=fix) from error
    try:
        return field_generator(fit, candidates)
    except InputError as error:
        raise InputError(f"candidates: {error.what}", where=str(path), fix=fix) from error


def _edges(edges_um: tuple[float, ...]) -> str:
    return " x ".join(f"{edge:g}" for edge in edges_um)
