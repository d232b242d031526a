"""How one metric is measured by slabs, held to its contract: where it fails, that costs no other metric."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from porenet.errors import PluginError, PorenetError
from porenet.interface import Grid, Value
from porenet.registry import Component, Misbehaviour, quarantine
from porenet.slabs import About, Need
from porenet.slabs.failure import failed_state, has_failed

log = logging.getLogger("porenet")


class GuardedStream:
    """The stream of a metric; see `porenet.slabs.Stream`.

    Whatever its ``leaf``, ``join``, ``rows``, ``part`` or ``finish`` raise, or return beside their contract, becomes a
    state that says so (`porenet.slabs.failure`), and that is what they return from there on. What ``need`` and
    ``parts`` raise is raised: it is known before anything is read.

    Args:
        component: the metric.
        stream: what its ``Spec.streamed`` names.
    """

    def __init__(self, component: Component, stream: Any) -> None:
        self._component, self._stream = component, stream
        self._where = f"metric {component.full_name}"
        self._printed = False

    def __getattr__(self, name: str) -> Callable[..., Any]:  # a metric has those it needs; see has_own_state
        method, check = getattr(self._stream, name), _CHECKS.get(name)
        if check is None:
            raise AttributeError(name)
        return partial(self._state_of, method, check)

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """What it needs of each slab.

        Raises:
            InputError: with these parameters the metric needs the whole volume in memory.
            PluginError: it failed.
        """
        need: Need = self._guarded(lambda: _checked_need(self._stream.need(grid, shape, params)))
        return need

    def finish(self, state: Any, about: About, params: Mapping[str, Any]) -> Mapping[str, Value]:
        """Values from the state of the whole box."""
        values: Mapping[str, Value] = self._state_of(self._stream.finish, _checked_values, state, about, params)
        return values

    @property
    def parts(self) -> Callable[..., Sequence[Any]]:
        """Where its parts lie; only of a metric that has parts.

        Raises:
            PluginError: it failed.
        """
        method = self._stream.parts
        return lambda *args: self._guarded(lambda: list(method(*args)))

    def _state_of(self, method: Callable[..., Any], check: Callable[[Any], Any], *args: Any) -> Any:
        failed = next(filter(has_failed, args), None)
        if failed is not None:
            return failed
        try:
            return self._guarded(lambda: check(method(*args)))
        except PorenetError as error:
            return failed_state(error)

    def _guarded(self, step: Callable[[], Any]) -> Any:
        try:
            with quarantine(self._print):
                return step()
        except Misbehaviour as error:
            if isinstance(error.__cause__, _Unfit):
                raise PluginError(str(error.__cause__), where=self._where) from None
            if isinstance(error.__cause__, PorenetError):
                raise error.original() from None
            raise PluginError(f"failed: {error}", where=self._where) from None

    def _print(self, text: str) -> None:
        if not self._printed:  # once, and not once per slab
            log.warning("%s prints: %.80r", self._where, text)
        self._printed = True


class _Unfit(Exception):
    """What a method returned is not what its contract says."""


def _checked_need(need: Any) -> Any:
    if not isinstance(need, Need):
        raise _Unfit(f"its need is {need!r:.60}, not a Need")
    return need


def _checked_state(state: Any) -> Any:
    if not (isinstance(state, Mapping) and all(isinstance(name, str) for name in state)):
        raise _Unfit(f"its state is {state!r:.60}, not arrays and numbers by name")
    for name, value in state.items():
        if np.asarray(value).dtype.hasobject:
            raise _Unfit(f"its state has {name} = {value!r:.60}, which is neither an array of numbers nor a number")
    return state


def _checked_values(values: Any) -> Any:
    if not isinstance(values, Mapping) or not values:
        raise _Unfit(f"returned {values!r:.60}, not a mapping with values")
    return values


_CHECKS = {"leaf": _checked_state, "join": _checked_state, "rows": _checked_state, "part": _checked_state}
