"""Who is installed and what they offer. Components are imported only when used."""

from __future__ import annotations

import functools
import importlib.metadata
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from porenet.errors import InputError, UnknownComponent, did_you_mean
from porenet.interface import Kind, Spec
from porenet.registry import import_strings, spec_rules
from porenet.registry.component import REGISTERED, Component
from porenet.registry.discovery import OWN, Fault, discover, normalised

SWITCH = "PORENET_PLUGINS"
"""Environment variable: unset loads every plugin, empty no third party, a comma-separated list only those."""


class Registry:
    """An immutable view of the installed plugins, plus what this process registered by hand."""

    def __init__(self, components: Iterable[Component] = (), faults: Iterable[Fault] = ()) -> None:
        self._put(components)
        self._faults = list(faults)

    @classmethod
    def installed(
        cls,
        distributions: Iterable[importlib.metadata.Distribution] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Registry:
        """What is installed, or what the given distributions hold."""
        switch = environ.get(SWITCH)
        allowed = None
        if switch is not None:
            allowed = frozenset(normalised(name.strip()) for name in switch.split(",") if name.strip())
        found = importlib.metadata.distributions() if distributions is None else distributions
        return cls(*discover(found, allowed))

    @property
    def components(self) -> tuple[Component, ...]:
        """Every sound component, in the order of kind, then name, porenet's own first."""
        return self._components

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What went wrong while plugins were loaded, and every clash of names."""
        return (*self._faults, *self._clashes())

    def dead_targets(self) -> tuple[Fault, ...]:
        """Components whose target does not exist; found without importing any."""
        faults = []
        for one in self.components:
            cause = import_strings.missing(one.spec.target) if one.is_installed else None
            if cause:
                place = f"{one.spec.kind} {one.spec.name}, target {one.spec.target}"
                faults.append(Fault(one.provider, place, cause))
        return tuple(faults)

    def find(self, kind: Kind, name: str) -> Component:
        """The component that a name means.

        Args:
            kind: ``loss``, ``metric`` or ``score``.
            name: bare (porenet's own where it has one) or ``provider:name``.

        Raises:
            UnknownComponent: nobody offers it, or several strangers do.
        """
        named = self._named(kind, name)
        if len(named) == 1 or (named and named[0].provider.name == OWN):
            return named[0]
        if named:
            raise UnknownComponent(
                f"several plugins offer a {kind} {name!r}",
                fix=f"Write {' or '.join(one.full_name for one in named)}.",
            )
        raise UnknownComponent(self._unknown(kind, name))

    def find_any(self, name: str) -> tuple[Component, ...]:
        """The component of each kind that a name means.

        Raises:
            UnknownComponent: no kind has it, or several strangers do.
        """
        kinds = [kind for kind in get_args(Kind) if self._named(kind, name)]
        if not kinds:
            raise UnknownComponent(self._unknown("component", name))
        return tuple(self.find(kind, name) for kind in kinds)

    def is_default(self, component: Component) -> bool:
        """Whether the bare name means this component."""
        try:
            return self.find(component.spec.kind, component.spec.name) is component
        except UnknownComponent:
            return False

    def add(self, spec: Spec, target: Callable[..., Any] | None = None) -> Component:
        """Register a component for this process; the same kind and name again replaces it.

        Raises:
            InputError: the Spec is not sound.
        """
        wrong = spec_rules.problems(spec)
        if wrong:
            raise InputError("; ".join(wrong), where="porenet.register")
        component = Component(spec, REGISTERED, target)
        others = [
            one
            for one in self._components
            if (one.provider, one.spec.kind, one.spec.name) != (REGISTERED, spec.kind, spec.name)
        ]
        self._put([*others, component])
        return component

    def _put(self, components: Iterable[Component]) -> None:
        """Keep components in the order of kind, then name, porenet's own first."""
        kinds = get_args(Kind)

        def place(one: Component) -> tuple[int, str, bool, str]:
            return kinds.index(one.spec.kind), one.spec.name, one.provider.name != OWN, one.provider.name

        self._components = tuple(sorted(components, key=place))
        self._of_a_name: dict[tuple[str, str], list[Component]] = {}
        for one in self._components:
            self._of_a_name.setdefault((one.spec.kind, one.spec.name), []).append(one)

    def _named(self, kind: str, name: str) -> list[Component]:
        provider, _, bare = name.rpartition(":")
        wanted = normalised(provider)
        return [one for one in self._of_a_name.get((kind, bare), ()) if wanted in ("", one.provider.name)]

    def _unknown(self, kind: str, name: str) -> str:
        provider, _, bare = name.rpartition(":")
        wanted = normalised(provider)
        pool = [one for one in self.components if wanted in ("", one.provider.name)]
        if wanted and not pool:
            elsewhere = [one.full_name for one in self._named(kind, bare)]
            hint = f"; {bare!r} is offered as {', '.join(elsewhere)}" if elsewhere else ""
            return f"no {kind} is called {name!r}; no plugin is called {provider!r}{hint}"
        of_kind = [one for one in pool if kind in ("component", one.spec.kind)]
        other = sorted({one.spec.kind for one in pool if one.spec.name == bare} - {kind})
        text = f"no {kind} is called {name!r}"
        if other:
            text += f" (there is a {' and a '.join(other)} of that name)"
        prefix = f"{wanted}:" if wanted else ""
        known = sorted({one.spec.name for one in of_kind})
        text += (
            did_you_mean(bare, known, prefix) or f"; installed: {', '.join(prefix + one for one in known) or 'none'}"
        )
        broken = sorted({str(fault.provider) for fault in self._faults if fault.level == "error"})
        if broken:
            text += f". It may belong to a plugin that is broken ({', '.join(broken)}): see porenet list-plugins"
        return text

    def _clashes(self) -> Iterable[Fault]:
        groups: dict[tuple[str, str], list[Component]] = {}
        for one in self.components:
            groups.setdefault((one.spec.kind, one.spec.name), []).append(one)
        for (kind, name), group in groups.items():
            for one in group[1:] if group[0].provider.name == OWN else group if len(group) > 1 else ():
                rivals = ", ".join(str(rival.provider) for rival in group if rival is not one)
                meaning = "means porenet's own" if group[0].provider.name == OWN else "is ambiguous"
                cause = f"{rivals} also offers the {kind} {name!r}; the bare name {meaning}, write {one.full_name}"
                yield Fault(one.provider, f"{kind} {name}", cause, "warning")


@functools.cache
def installed() -> Registry:
    """The registry of this process; the only global state of porenet."""
    return Registry.installed()
