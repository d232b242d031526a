"""Targets from numbers of a file: which were measured elsewhere, by an estimator that must be stated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from porenet.config import Term
from porenet.errors import InputError, did_you_mean
from porenet.interface import Grid
from porenet.objective.targets_of_terms import dims_of_targets, own_name, takes_own
from porenet.targets import Targets, target_estimators


def stated_targets(
    terms: Sequence[Term], losses: Iterable[Any], values: Mapping[str, Any], estimator: Mapping[str, str], grid: Grid
) -> Targets:
    """See `porenet.objective.Objective.targets_from`.

    Args:
        terms: terms of the objective.
        losses: losses of the terms, in the same order.
        values: target key -> numbers.
        estimator: target key -> name of the estimator that measured it.
        grid: of the structures; what terms with planes read was measured on sections of them.
    """
    if not isinstance(values, Mapping) or not isinstance(estimator, Mapping):
        raise InputError("a mapping from target keys was expected, for the values and for estimator", where="targets")
    for key in estimator:
        if key not in values:
            raise InputError(f"no target of that name{did_you_mean(str(key), values)}", where=f"estimator[{key!r}]")
    whole, readers = set(), list[tuple[Term, Any]]()
    for term, loss in zip(terms, losses, strict=True):
        if not term.needs:
            continue
        expected = {key: name for need in term.needs for key, name in target_estimators(loss, need).items()}
        for key in term.target_keys:
            own = takes_own(term, terms) and own_name(term, term.needs[0]) in values
            place = own_name(term, key) if own else key
            if place not in values:
                continue
            readers.append((term, loss))
            _refuse_estimator(place, estimator.get(place), expected.get(key), term)
            if term.component.spec.batchwise:
                whole.add(place)
    tensors = {key: _as_rows(key, value) for key, value in values.items()}
    dims = dims_of_targets([term for term, _ in readers], [loss for _, loss in readers], grid)
    return Targets(tensors, estimator, whole, dims=dims)


def _refuse_estimator(place: str, stated: str | None, expected: str | None, term: Term) -> None:
    if expected is None or stated == expected:
        return
    if stated is None:
        raise InputError(
            f"the estimator that measured it is not stated, and {term.label} measures with {expected!r}: on real "
            "structures two estimators of one quantity differ by half",
            where=f"targets[{place!r}]",
            fix=f"Pass estimator={{{place!r}: ...}}.",
        )
    raise InputError(
        f"measured with the estimator {stated!r}, and {term.label} measures with {expected!r}",
        where=f"targets[{place!r}]",
        fix=f"Measure the target with {expected!r}, or give the loss the estimator {stated!r}.",
    )


def _as_rows(key: str, value: Any) -> Tensor:
    """A value as rows; one that is spread over the voxels of a field, ``(B, K, Z, Y, X)``, once per sample."""
    where = f"targets[{key!r}]"
    try:
        rows = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"numbers were expected: {' '.join(str(error).split()):.200}", where=where) from None
    if rows.is_complex():
        raise InputError(f"real numbers were expected, not {rows.dtype}", where=where)
    rows = rows if rows.is_floating_point() else rows.to(torch.get_default_dtype())
    if rows.ndim <= 2:
        return rows.clone()
    spread = rows.flatten(2)
    if spread.shape[2] == 0 or not torch.equal(spread.nan_to_num(), spread[..., :1].expand_as(spread).nan_to_num()):
        raise InputError(
            f"shape {tuple(rows.shape)}, and the values differ along the axes after the second: a target has one row "
            "per sample",
            where=where,
        )
    return spread[..., 0].clone()
