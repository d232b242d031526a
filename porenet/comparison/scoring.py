"""Scores of plugins, called so that whatever one of them does is named and stays its own."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from porenet import registry
from porenet.errors import PluginError, PorenetError, counted
from porenet.interface import Similarity, Undefined, Value
from porenet.registry import Misbehaviour, create_score, quarantine

log = logging.getLogger("porenet")


class GuardedScore:
    """A score by name that raises nothing but errors of porenet and returns nothing but valid similarities.

    Args:
        name: as ``porenet list-plugins`` shows it, or ``provider:name``.

    Attributes:
        limits: from which value it reads OK and from which Marginal; None: it is a number without a verdict.
        resampled: only of a score that has it: see `porenet.comparison.resampling`.

    Raises:
        UnknownComponent, ConfigError, PluginError: as for `porenet.create_score`.
    """

    def __init__(self, name: str) -> None:
        score: Any = create_score(name)
        self.limits = registry.installed().find("score", name).spec.limits
        self.name, self._score, self._params = name, score, score.keywords
        resampled = getattr(score.func, "resampled", None)
        if resampled is not None:
            self.resampled = functools.partial(self._resample, resampled)

    def __call__(self, reference: Sequence[Value], generated: Sequence[Value]) -> Similarity:
        """The similarity of two samples.

        Raises:
            PluginError: the score failed, or gave something that is not a valid `Similarity` of these samples.
            InputError: the score refuses the samples.
        """
        return self._call(self._checked, list(reference), list(generated))  # type: ignore[no-any-return]

    def _checked(self, reference: list[Value], generated: list[Value]) -> Similarity:
        size = len(reference) + len(generated)
        return _plain(self._score(reference, generated), size)  # looking at what it gave may run its code too

    def _resample(self, resampled: Callable[..., Any], *samples: Any) -> Any:
        values = self._call(lambda: np.asarray(resampled(*samples, **self._params)))
        if values.shape != (len(samples[-1]),) or values.dtype.kind != "f" or np.isinf(values).any():
            raise PluginError(
                f"gave resamples of type {values.dtype} and shape {values.shape}, where finite numbers or NaN "
                f"of shape ({len(samples[-1])},) were expected",
                where=f"score {self.name}",
            )
        return values

    def _call(self, function: Callable[..., Any], *samples: Any) -> Any:
        try:
            with quarantine(lambda text: log.warning("score %s prints: %.80r", self.name, text)):
                return function(*samples)
        except Misbehaviour as error:
            if isinstance(error.__cause__, _Wrong):
                raise PluginError(f"gave {error.__cause__}", where=f"score {self.name}") from None
            if isinstance(error.__cause__, PorenetError):
                raise error.original() from None
            raise PluginError(f"failed: {error}", where=f"score {self.name}") from error


class _Wrong(Exception):
    """What is wrong with what a score gave."""


def _plain(similarity: object, size: int) -> Similarity:
    """The similarity in plain numbers, if it is one of samples of ``size`` values together."""
    if not isinstance(similarity, Similarity):
        raise _Wrong(f"{similarity!r:.60}, not a porenet.interface.Similarity")
    value, bounds, parts = similarity.value, similarity.attainable, similarity.components
    counts = similarity.n_valid, similarity.n_total
    if not (isinstance(bounds, tuple) and len(bounds) == 2 and all(map(_is_finite, bounds))):
        raise _Wrong(f"an attainable range of {bounds!r:.60}, not two numbers")
    low, high = map(float, bounds)
    if not 0 <= low <= high <= 1:
        raise _Wrong(f"an attainable range of {low:g} to {high:g}, not within 0 to 1")
    if not isinstance(parts, Mapping) or not all(
        isinstance(name, str) and _is_finite(part) for name, part in parts.items()
    ):
        raise _Wrong(f"components {parts!r:.60}, not names with finite numbers")
    if any(type(count) is not int for count in counts) or not 0 <= counts[0] <= counts[1]:
        raise _Wrong(f"n_valid = {counts[0]!r:.20} and n_total = {counts[1]!r:.20}, not two counts")
    if counts[1] != size:
        raise _Wrong(f"n_total = {counts[1]} for samples of {counted(size, 'value')} together")
    if isinstance(value, Undefined):
        if not isinstance(value.reason, str):
            raise _Wrong(f"Undefined with the reason {value.reason!r:.40}, not a text")
    elif not _is_finite(value):
        raise _Wrong(f"the value {value!r:.40}, not a finite number or Undefined(reason)")
    elif not low - 1e-9 <= value <= high + 1e-9:
        raise _Wrong(f"the value {value:.6g}, outside of its attainable range {low:g} to {high:g}")
    else:
        value = float(value)
    components = {str(name): float(part) for name, part in parts.items()}
    return Similarity(value, components, *counts, (low, high))


def _is_finite(value: object) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond the range of a float
        return False
