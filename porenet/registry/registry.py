"""The installed plugins and their components, which are imported only when used."""

from __future__ import annotations

import functools
import importlib.metadata
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from porenet.errors import InputError, UnknownComponent, did_you_mean
from porenet.interface import Kind, Spec
from porenet.registry import import_strings, spec_rules
from porenet.registry.component import OWN, REGISTERED, Component
from porenet.registry.discovery import Fault, discover, normalised
from porenet.registry.synonyms import meant
from porenet.registry.time_limit import import_limit

SWITCH = "PORENET_PLUGINS"
"""Environment variable: unset loads every plugin, empty no third party, a comma-separated list only those."""


class Registry:
    """An immutable view of the installed plugins, plus the components registered in this process."""

    def __init__(self, components: Iterable[Component] = (), faults: Iterable[Fault] = ()) -> None:
        self._put(components)
        self._faults = list(faults)

    @classmethod
    def installed(
        cls,
        distributions: Iterable[importlib.metadata.Distribution] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Registry:
        """The registry of the installed distributions, or of the given ones.

        Raises:
            InputError: PORENET_IMPORT_LIMIT is not a number of seconds.
        """
        switch = environ.get(SWITCH)
        allowed = None
        if switch is not None:
            allowed = frozenset(normalised(name.strip()) for name in switch.split(",") if name.strip())
        if distributions is None:
            distributions = importlib.metadata.distributions()
        return cls(*discover(distributions, allowed, import_limit(environ)))

    @property
    def components(self) -> tuple[Component, ...]:
        """Every valid component, in the order of kind, then name, porenet's own first."""
        return self._components

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Faults found while plugins were loaded, and every clash of names."""
        return (*self._faults, *self._clashes())

    def dead_targets(self) -> tuple[Fault, ...]:
        """One fault per component whose target does not exist; imports no component."""
        faults = []
        for component in self.components:
            cause = import_strings.missing(component.spec.target) if component.is_installed else None
            if cause:
                place = f"{component.spec.kind} {component.spec.name}, target {component.spec.target}"
                faults.append(Fault(component.provider, place, cause))
        return tuple(faults)

    def find(self, kind: Kind, name: str) -> Component:
        """The component that a name means.

        Args:
            kind: ``loss``, ``metric`` or ``score``.
            name: bare (porenet's own where it has one) or ``provider:name``.

        Raises:
            UnknownComponent: no provider offers it, or several do and none of them is porenet.
        """
        named = self._named(kind, name)
        if len(named) == 1 or (named and named[0].provider.name == OWN):
            return named[0]
        if named:
            raise UnknownComponent(
                f"several plugins offer a {kind} {name!r}",
                fix=f"Write {' or '.join(component.full_name for component in named)}.",
            )
        raise UnknownComponent(self._unknown(kind, name))

    def find_any(self, name: str) -> tuple[Component, ...]:
        """The component of each kind that a name means.

        Raises:
            UnknownComponent: no kind has it, or several providers offer it and none of them is porenet.
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
            InputError: the Spec is not valid.
        """
        wrong = spec_rules.problems(spec)
        if wrong:
            raise InputError("; ".join(wrong), where="porenet.register")
        replaced = (REGISTERED, spec.kind, spec.name)
        others = [
            component
            for component in self._components
            if (component.provider, component.spec.kind, component.spec.name) != replaced
        ]
        component = Component(spec, REGISTERED, target)
        self._put([*others, component])
        return component

    def _put(self, components: Iterable[Component]) -> None:
        """Store components in the order of kind, then name, porenet's own first."""
        kinds = get_args(Kind)

        def place(component: Component) -> tuple[int, str, bool, str]:
            spec, provider = component.spec, component.provider
            return kinds.index(spec.kind), spec.name, provider.name != OWN, provider.name

        self._components = tuple(sorted(components, key=place))
        self._by_name: dict[tuple[str, str], list[Component]] = {}
        self._by_any_name: dict[tuple[str, str], list[Component]] = {}
        for component in self._components:
            self._by_name.setdefault((component.spec.kind, component.spec.name), []).append(component)

    def _named(self, kind: str, name: str) -> list[Component]:
        if (kind, name) not in self._by_any_name:
            self._by_any_name[kind, name] = self._with_name(kind, name)
        return self._by_any_name[kind, name]

    def _with_name(self, kind: str, name: str) -> list[Component]:
        provider, _, bare = name.rpartition(":")
        wanted = normalised(provider)
        candidates = self._by_name.get((kind, bare), ())
        return [component for component in candidates if wanted in ("", component.provider.name)]

    def _unknown(self, kind: str, name: str) -> str:
        provider, _, bare = name.rpartition(":")
        wanted = normalised(provider)
        pool = [component for component in self.components if wanted in ("", component.provider.name)]
        if wanted and not pool:
            elsewhere = [component.full_name for component in self._named(kind, bare)]
            hint = f"; {bare!r} is offered as {', '.join(elsewhere)}" if elsewhere else ""
            return f"no {kind} is called {name!r}; no plugin is called {provider!r}{hint}"
        of_kind = [component for component in pool if kind in ("component", component.spec.kind)]
        other = sorted({component.spec.kind for component in pool if component.spec.name == bare} - {kind})
        text = f"no {kind} is called {name!r}"
        if other:
            text += f" (there is a {' and a '.join(other)} of that name)"
        prefix = f"{wanted}:" if wanted else ""
        known = sorted({component.spec.name for component in of_kind})
        listing = ", ".join(prefix + other_name for other_name in known) or "none"
        synonyms = " or ".join(repr(prefix + component) for component in meant(bare, known))
        hint = f"; did you mean {synonyms}?" if synonyms else did_you_mean(bare, known, prefix)
        text += hint or f"; installed: {listing}"
        broken = sorted({str(fault.provider) for fault in self._faults if fault.level == "error"})
        if broken:
            text += f". It may belong to a plugin that is broken ({', '.join(broken)}): see porenet list-plugins"
        return text

    def _clashes(self) -> Iterable[Fault]:
        groups: dict[tuple[str, str], list[Component]] = {}
        for component in self.components:
            groups.setdefault((component.spec.kind, component.spec.name), []).append(component)
        for (kind, name), group in groups.items():
            for component in group[1:] if group[0].provider.name == OWN else group if len(group) > 1 else ():
                rivals = ", ".join(str(rival.provider) for rival in group if rival is not component)
                meaning = "means porenet's own" if group[0].provider.name == OWN else "is ambiguous"
                cause = f"{rivals} also offers the {kind} {name!r}; the bare name {meaning}, write "
                yield Fault(component.provider, f"{kind} {name}", f"{cause}{component.full_name}", "warning")


@functools.cache
def installed() -> Registry:
    """The registry of this process; the only global state of porenet."""
    return Registry.installed()
