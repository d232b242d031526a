"""Targets that a loss measures on structures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def targets_measured(loss: Any, key: str, field: Tensor) -> dict[str, Tensor] | None:
    """The targets that a field gives, measured by a loss: its ``target_of``, or else its ``descriptor``.

    Args:
        loss: the loss.
        key: the target key that it needs.
        field: ``(B, P, Z, Y, X)``, dimensionless.

    Returns:
        Target key -> ``(B, K)``, the needed one first; None if the loss has neither method.
    """
    describe = getattr(loss, "target_of", None) or getattr(loss, "descriptor", None)
    if describe is None:
        return None
    with torch.no_grad():
        measured = describe(field)
    return dict(measured) if isinstance(measured, Mapping) else {key: measured}


def target_estimators(loss: Any, key: str) -> dict[str, str]:
    """The estimator by which a loss measures each of its targets, where it says so.

    Args:
        loss: the loss.
        key: the target key that it needs.
    """
    declared: Mapping[str, str] | None = getattr(loss, "target_estimators", None)
    if declared is not None:
        return dict(declared)
    estimator = getattr(loss, "twin_params", {}).get("estimator")
    return {} if estimator is None else {key: estimator}
