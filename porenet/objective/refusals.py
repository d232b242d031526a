"""Checks of the fields given to an objective, and of the values that its losses return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.utils.checkpoint import _StopRecomputationError

from porenet.config import Term
from porenet.errors import InputError, NonFiniteTerm, PluginError, PorenetError

OTHER_STRUCTURES = (
    "Pass those of the batch, targets.rows(index). nn.DataParallel splits fields and not targets: use "
    "DistributedDataParallel."
)


def refuse_shape(term: Term, values: object, batch: int) -> None:
    """Check that a loss returned one value per sample, or one per batch if its Spec says ``batchwise``.

    Raises:
        PluginError: another type or shape; names the term.
    """
    expected = (1,) if term.component.spec.batchwise else (batch,)
    if not isinstance(values, Tensor) or tuple(values.shape) != expected:
        got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise PluginError(
            f"the loss returned {got} where {expected} was expected",
            where=_place(term),
            fix="A loss returns one value per sample and leaves the averaging to the objective.",
        )
    if not values.is_floating_point():
        raise PluginError(f"the loss returned {values.dtype}, where real numbers were expected", where=_place(term))


def refuse_unsound(term: Term, field: Tensor, error: InputError) -> None:
    """After a loss refused a field, check whether the field is finite.

    Raises:
        NonFiniteTerm: the field is not finite; names the term.
    """
    if not field.isfinite().all():
        raise NonFiniteTerm(
            f"not finite: the probabilities themselves, which {term.label} refuses",
            where="objective",
            fix="Check the learning rate first.",
        ) from error


@contextmanager
def evaluating(term: Term, field: Tensor, targets: Mapping[str, Tensor]) -> Iterator[None]:
    """Evaluate a loss inside the block: what it raises is named with its term, and what it writes into is noticed.

    Args:
        term: the term of the loss.
        field: that the loss reads.
        targets: as the term sees them.

    Raises:
        PluginError: the loss raised something else than an error of porenet, or wrote into the field or a target.
        NonFiniteTerm: it refused a field that is not finite.
    """
    before = _versions(field, targets)
    try:
        yield
    except InputError as error:
        refuse_unsound(term, field, error)
        if _of_other_structures(error, field, targets):
            raise InputError(error.what, where=error.where, fix=OTHER_STRUCTURES) from error
        raise
    except (PorenetError, torch.OutOfMemoryError, _StopRecomputationError):
        raise
    except Exception as error:
        raise PluginError(f"the loss failed: {type(error).__name__}: {error}", where=_place(term)) from error
    after = _versions(field, targets)
    changed = [name for name in before if after[name] != before[name]]
    if changed:
        raise PluginError(
            f"the loss wrote into {', '.join(changed)}, which other terms read too",
            where=_place(term),
            fix="A loss works on copies: tensor.clone() before an operation in place.",
        )


def _of_other_structures(error: InputError, field: Tensor, targets: Mapping[str, Tensor]) -> bool:
    """Whether a target was refused that has rows of another number of structures."""
    counts = {len(value) for value in targets.values() if value.ndim == 2}
    return not error.fix and error.where.startswith("targets[") and not counts <= {1, len(field)}


def _versions(field: Tensor, targets: Mapping[str, Tensor]) -> dict[str, int]:
    """How often each tensor was written in place; nothing where torch does not count (inference mode, compilation)."""
    if torch.compiler.is_compiling():
        return {}
    tensors = {"the field": field} | {f"targets[{key!r}]": value for key, value in targets.items()}
    return {name: tensor._version for name, tensor in tensors.items() if not tensor.is_inference()}


def _place(term: Term) -> str:
    return f"term {term.label} ({term.component.full_name})"
