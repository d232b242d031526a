"""Hooks of a plugin: ``porenet_specs`` is required; with ``porenet_cases`` the plugin can be checked by name."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from porenet.interface import Spec

PROJECT = "porenet"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def porenet_specs() -> Iterable[Spec]:  # type: ignore[empty-body]
    """Yield one Spec for each loss, metric, score or format of the plugin.

    Called while porenet lists the installed components, so the module that implements it must be light: it names its
    components by import strings and imports neither torch nor numba.
    """


@hookspec
def porenet_cases() -> Iterable[object]:  # type: ignore[empty-body]
    """Yield the cases of the plugin's components: at least one `porenet.testing.Case` for each.

    Called by ``porenet check`` and by conformance tests only, so the implementation imports the module that holds the
    cases inside the function.
    """
