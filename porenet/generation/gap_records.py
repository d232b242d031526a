"""The soft-hard gaps of an objective for the log of a training."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from porenet.errors import BlindTerm, FooledTerm
from porenet.generation.structures import one_hot
from porenet.objective import Gap, Objective


def gap_record(
    objective: Objective, field: Tensor, targets: Mapping[str, Tensor], say: Callable[[str], object]
) -> dict[str, Any]:
    """The soft-hard gap of every term, and the volume fractions on both sides of it.

    Args:
        objective: of the training.
        field: probabilities ``(B, P, Z, Y, X)``, detached.
        targets: of the batch.
        say: called with each warning: a term that is fooled, or blind.

    Returns:
        JSON-ready: ``gaps``, label -> fields of `porenet.objective.Gap`; ``soft`` and ``hard``, phase -> volume
        fraction of the probabilities and of their argmax.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FooledTerm)
        warnings.simplefilter("always", BlindTerm)
        gaps = objective.gaps(field, targets)
    for warning in caught:
        say(str(warning.message))
    phases = objective.grid.phases
    decoded = one_hot(field.argmax(dim=1).byte(), len(phases))
    soft, hard = (probabilities.mean(dim=(0, 2, 3, 4)).tolist() for probabilities in (field, decoded))
    return {
        "gaps": {label: _plain(gap) for label, gap in gaps.items()},
        "soft": dict(zip(phases, soft, strict=True)),
        "hard": dict(zip(phases, hard, strict=True)),
    }


def _plain(gap: Gap) -> dict[str, Any]:
    """A gap for JSON, which knows no infinity: the ratio to structures that have nothing of the witness is None."""
    data = dataclasses.asdict(gap)
    if data["witness"] is not None and not math.isfinite(data["witness"]):
        data["witness"] = None
    return data
