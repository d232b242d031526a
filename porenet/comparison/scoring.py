"""Scores of plugins, called so that whatever one of them does is named and stays its own."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from porenet.errors import PluginError, PorenetError
from porenet.interface import Similarity, Undefined, Value
from porenet.registry import Misbehaviour, create_score, quarantine

log = logging.getLogger("porenet")


class GuardedScore:
    """A score by name that raises nothing but errors of porenet and returns nothing but valid similarities.

    Args:
        name: as ``porenet list-plugins`` shows it, or ``provider:name``.

    Attributes:
        resampled: only of a score that has it: see `porenet.comparison.resampling`.

    Raises:
        UnknownComponent, ConfigError, PluginError: as for `porenet.create_score`.
    """

    def __init__(self, name: str) -> None:
        score: Any = create_score(name)
        self.name, self._score, self._params = name, score, score.keywords
        resampled = getattr(score.func, "resampled", None)
        if resampled is not None:
            self.resampled = functools.partial(self._resample, resampled)

    def __call__(self, reference: Sequence[Value], generated: Sequence[Value]) -> Similarity:
        """The similarity of two samples.

        Raises:
            PluginError: the score failed, or returned something that is not a valid `Similarity`.
            InputError: the score refuses the samples.
        """
        similarity = self._call(self._score, reference, generated)
        problem = _problem(similarity)
        if problem:
            raise PluginError(f"returned {problem}", where=f"score {self.name}")
        return similarity  # type: ignore[no-any-return]

    def _resample(self, resampled: Callable[..., Any], *samples: Any) -> Any:
        values = np.asarray(self._call(resampled, *samples, **self._params))
        if values.shape != (len(samples[-1]),) or values.dtype.kind != "f" or np.isinf(values).any():
            raise PluginError(
                f"its resampled() returned {values.dtype} {values.shape}, where finite numbers or NaN of shape "
                f"({len(samples[-1])},) were expected",
                where=f"score {self.name}",
            )
        return values

    def _call(self, function: Callable[..., Any], *samples: Any, **params: Any) -> Any:
        try:
            with quarantine(lambda text: log.warning("score %s prints: %.80r", self.name, text)):
                return function(*samples, **params)
        except Misbehaviour as error:
            if isinstance(error.__cause__, PorenetError):
                raise error.__cause__ from None
            raise PluginError(f"failed: {error}", where=f"score {self.name}") from error


def _problem(similarity: object) -> str:
    """What is wrong with what a score returned; empty if nothing is."""
    if not isinstance(similarity, Similarity):
        return f"{similarity!r:.60}, not a porenet.interface.Similarity"
    bounds = similarity.attainable
    if not (isinstance(bounds, tuple) and len(bounds) == 2 and all(map(_is_finite, bounds)) and bounds[0] <= bounds[1]):
        return f"an attainable range of {bounds!r:.60}, not two numbers"
    if not isinstance(similarity.components, Mapping) or not all(
        isinstance(name, str) and _is_finite(part) for name, part in similarity.components.items()
    ):
        return f"components {similarity.components!r:.60}, not names with finite numbers"
    if any(type(count) is not int or count < 0 for count in (similarity.n_valid, similarity.n_total)):
        return f"n_valid = {similarity.n_valid!r:.20} and n_total = {similarity.n_total!r:.20}, not two counts"
    if isinstance(similarity.value, Undefined):
        return ""
    if not _is_finite(similarity.value):
        return f"the value {similarity.value!r:.40}, not a finite number or Undefined(reason)"
    if not bounds[0] - 1e-9 <= similarity.value <= bounds[1] + 1e-9:
        return f"the value {similarity.value:.6g}, outside of its attainable range {bounds[0]:g} to {bounds[1]:g}"
    return ""


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
