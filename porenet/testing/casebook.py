"""Cases of installed components: those of their plugins, or their defaults."""

from __future__ import annotations

import dataclasses
import importlib.metadata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from porenet import registry
from porenet.errors import InputError, PorenetError, UnknownComponent, did_you_mean
from porenet.interface import Spec
from porenet.registry import (
    GROUP,
    Component,
    Fault,
    Misbehaviour,
    Provider,
    Registry,
    hook_of,
    import_limit,
    load_plugin,
    normalised,
    parameters_of,
    quarantine,
)
from porenet.testing.case import Case

HOOK = "porenet_cases"


@dataclass(frozen=True)
class Casebook:
    """The cases to try, and what cannot be tried.

    Attributes:
        cases: pairs of a component and one of its cases, in the order of the listing.
        faults: components that cannot be tried, and hooks that do not work.
    """

    cases: tuple[tuple[Component, Case], ...]
    faults: tuple[Fault, ...]


def casebook(name: str, kind: str | None = None) -> Casebook:
    """The cases of a distribution, or of a component.

    Args:
        name: name of an installed distribution, or of a component as ``porenet list-plugins`` shows it, or
            ``provider:name``.
        kind: only components of this kind.

    Raises:
        UnknownComponent: nothing installed has that name.
    """
    known = registry.installed()
    components = _named(known, name, kind)
    offered: dict[Provider, list[Case]] = {}
    faults: list[Fault] = []
    for provider in dict.fromkeys(component.provider for component in components):
        offered[provider], wrong = _offered(provider, known)
        faults += wrong
    broken = {fault.provider for fault in faults}
    cases: list[tuple[Component, Case]] = []
    for component in components:
        own = [case for case in offered[component.provider] if _same(case.spec, component.spec)]
        if not own and component.provider not in broken:
            try:
                own = [_default(component)]
            except PorenetError as error:
                place = f"{component.spec.kind} {component.spec.name}"
                faults.append(Fault(component.provider, place, str(error)))
        cases += [(component, _with_metrics(case, component, known)) for case in own]
    return Casebook(tuple(cases), tuple(faults))


def _named(known: Registry, name: str, kind: str | None) -> list[Component]:
    of_kind = [component for component in known.components if kind in (None, component.spec.kind)]
    components = [component for component in of_kind if component.provider.name == normalised(name)]
    if not components:
        try:
            components = [component for component in known.find_any(name) if component in of_kind]
        except UnknownComponent:
            names = {component.spec.name for component in known.components}
            if ":" in name or name in names:
                raise
            hint = did_you_mean(name, names | {component.provider.name for component in known.components})
            raise UnknownComponent(
                f"no component and no installed plugin is called {name!r}{hint}",
                fix="" if hint else "See porenet list-plugins.",
            ) from None
    if not components:
        raise UnknownComponent(f"no {kind} is called {name!r}", fix="Leave out --kind, or see porenet list-plugins.")
    return components


def _offered(provider: Provider, known: Registry) -> tuple[list[Case], list[Fault]]:
    """The cases that a distribution's hooks yield; whatever goes wrong in a plugin becomes a fault."""
    cases: list[Case] = []
    faults: list[Fault] = []
    limit_s = import_limit()
    for point in _entry_points(provider):
        place = f"entry point {point.name} = {point.value}, {HOOK}"
        try:
            with quarantine(lambda _text: None):
                plugin = load_plugin(point, provider, limit_s)
                if not hasattr(plugin, HOOK):
                    continue
                yielded: Iterable[object] = hook_of(plugin, HOOK)() or ()
                for case in yielded:
                    wrong = _problem(case, provider, known)
                    if wrong:
                        faults.append(Fault(provider, place, wrong))
                    else:
                        cases.append(case)  # type: ignore[arg-type] # `_problem` has checked it
        except Misbehaviour as error:
            faults.append(Fault(provider, place, str(error)))
    return cases, faults


def _entry_points(provider: Provider) -> Iterator[importlib.metadata.EntryPoint]:
    for distribution in importlib.metadata.distributions():
        try:
            if normalised(distribution.metadata["Name"]) != provider.name:
                continue
            points = [point for point in distribution.entry_points if point.group == GROUP]
            yield from sorted(points, key=lambda point: point.name)
        except Exception:  # garbled metadata of some distribution; the listing names those that matter
            continue
        return


def _problem(case: object, provider: Provider, known: Registry) -> str:
    if not isinstance(case, Case):
        return f"yields {type(case).__name__} {case!r:.60}, not a porenet.testing.Case"
    if not any(component.provider == provider and _same(component.spec, case.spec) for component in known.components):
        return f"yields a case of the {case.spec.kind} {case.spec.name!r}, which {provider.name} does not offer"
    return ""


def _same(first: Spec, second: Spec) -> bool:
    return (first.kind, first.name) == (second.kind, second.name)


def _default(component: Component) -> Case:
    """A case for a component that requires no parameter, or only a phase.

    Raises:
        PluginError: its parameters cannot be read.
        InputError: it requires other parameters.
    """
    fields = parameters_of(component).model_fields.values()
    required = [field.alias for field in fields if field.is_required()]
    if required not in ([], ["phase"]):
        raise InputError(
            f"needs values for {', '.join(required)} and its plugin has no case for it",
            fix=f"Add a Case for it to the plugin's hook {HOOK}.",
        )
    case = Case(component.spec)
    return dataclasses.replace(case, params={"phase": case.phases[-1]}) if required else case


def _with_metrics(case: Case, component: Component, known: Registry) -> Case:
    """The case with the Specs of its twin and of its witness."""
    witness = component.spec.witness
    return dataclasses.replace(
        case,
        twin=case.twin or _metric(component.spec.twin, component, known),
        witness=case.witness or _metric(None if witness is None else witness.metric, component, known),
    )


def _metric(name: str | None, component: Component, known: Registry) -> Spec | None:
    """The Spec of a metric: that of the same plugin, otherwise that of any other; None without a name."""
    if name is None:
        return None
    for full in (f"{component.provider.name}:{name}", name):
        try:
            return known.find("metric", full).spec
        except UnknownComponent:
            continue
    return None
