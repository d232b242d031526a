"""The skewed fields of a training: fitted to its structures before the first step, and the same ones ever after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from porenet import formats
from porenet.errors import InputError
from porenet.generation.fields import SkewedFields
from porenet.interface import Grid, Volume
from porenet.synthetic import FittedFields, fit_skewed_fields
from porenet.synthetic.fit_files import FIT, fit_in

FIELDS = "fields.json"
FIT_SEED = 0
"""Of the fit: trainings of several seeds have the same fields."""
STATE = "fields._extra_state"
"""End of the name under which the state of a generator holds its fields."""


def fields_at_start(
    folder: Path,
    grid: Grid,
    training: Iterable[NDArray[Any]],
    *,
    keep: bool = True,
    say: Callable[[str], object] = lambda _: None,
) -> SkewedFields:
    """The fields that a training begins or goes on with: those of ``fields.json`` in its folder, or a fit.

    A fit of another run, or of ``porenet synthesize --fit``, can be laid there before the start. Put
    `SkewedFields.described` into the `porenet.generation.Identity` of the training, and it does not go on with other
    fields.

    Args:
        folder: of the run.
        grid: phases, voxel edges (um), boundaries.
        training: labels ``(Z, Y, X)`` of each training structure.
        keep: whether to write ``fields.json``: the process that leads does.
        say: called with a line about the fields.

    Raises:
        InputError: ``fields.json`` is damaged or of another grid; or the structures cannot be fitted, see
            `porenet.synthetic.fit_skewed_fields`: one phase only, a phase that is absent or too coarse.
    """
    path = folder / FIELDS
    if path.exists():
        fit = _read(path)
    else:
        say("fitting skewed fields to the training structures")
        fit = fit_skewed_fields([Volume(labels, grid) for labels in training], seed=FIT_SEED)
        for note in fit.notes:
            say(f"fields: {note}")
        if keep:
            folder.mkdir(parents=True, exist_ok=True)
            formats.write_whole(path, (json.dumps({FIT: fit.to_dict()}, indent=1) + "\n").encode())
    fields = SkewedFields.of(fit, grid)
    numbers = zip(grid.phases, fields.lengths_um, fields.skews, strict=True)
    say("fields: " + ", ".join(f"{phase} {length:.4g} um, skew {skew:.3g}" for phase, length, skew in numbers))
    return fields


def fields_in(state: Mapping[str, Any], grid: Grid) -> SkewedFields | None:
    """The fields that the state of a generator holds; None where it holds none."""
    stored = next((value for name, value in state.items() if name.endswith(STATE)), None)
    return None if stored is None else SkewedFields(grid, **stored)


def _read(path: Path) -> FittedFields:
    try:
        return fit_in(formats.read_json(path))
    except (TypeError, InputError) as error:
        raise InputError(f"is not a fit of skewed fields: {error}", where=str(path), fix="Remove it.") from error
