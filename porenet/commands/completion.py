"""Names that a shell completes after Tab: components by kind, from their entry points. Imports no component."""

from __future__ import annotations

from collections.abc import Callable

import click

from porenet import registry
from porenet.errors import PorenetError

Completion = Callable[[click.Context, click.Parameter, str], list[str]]


def component_names(*kinds: str) -> Completion:
    """Completion of one name: bare names, or ``provider:name`` once a colon is written.

    Args:
        kinds: of the components; none for all.
    """

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        return [name for name in _names(kinds, ":" in incomplete) if name.startswith(incomplete)]

    return complete


def several_names(*kinds: str) -> Completion:
    """Completion of the last of several names with commas between them; those already written are not offered."""
    of_one = component_names(*kinds)

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        *written, last = incomplete.split(",")
        before = "".join(f"{name}," for name in written)
        return [f"{before}{name}" for name in of_one(ctx, param, last) if name not in written]

    return complete


def metric_parameters(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Completion of the metric in ``METRIC.NAME=VALUE``."""
    return [] if "." in incomplete else [f"{name}." for name in component_names("metric")(ctx, param, incomplete)]


def _names(kinds: tuple[str, ...], full: bool) -> list[str]:
    try:
        components = registry.installed().components
    except PorenetError:  # a shell cannot show what is wrong; the command itself will
        return []
    return sorted(
        {
            component.full_name if full else component.spec.name
            for component in components
            if not kinds or component.spec.kind in kinds
        }
    )
