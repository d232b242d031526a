"""What a plugin may offer. One hook: a plugin that yields Specs needs nothing more."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from porenet.interface import Spec

PROJECT = "porenet"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def porenet_specs() -> Iterable[Spec]:  # type: ignore[empty-body]
    """Yield one Spec for each loss, metric or score of the plugin.

    Called while porenet lists what is installed, so the module that implements it stays light: it names its
    components by import strings and imports neither torch nor numba.
    """
