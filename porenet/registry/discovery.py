"""Find the installed plugins and collect their Specs, each step guarded.

pluggy's bulk loader is not used: a single broken distribution would break every command.
"""

from __future__ import annotations

import functools
import importlib.metadata
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pluggy

from porenet import hookspecs
from porenet.interface import Spec
from porenet.registry import spec_rules
from porenet.registry.component import OWN, Component, Provider
from porenet.registry.misbehaviour import Misbehaviour, in_words, quarantine

GROUP = "porenet"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a plugin.

    Attributes:
        provider: the distribution at fault.
        place: the entry point or component.
        cause: what went wrong.
        level: ``error``: that entry point or component does not work; ``warning``: it works, but needs attention.
    """

    provider: Provider
    place: str
    cause: str
    level: Literal["error", "warning"] = "error"


def discover(
    distributions: Iterable[importlib.metadata.Distribution], allowed: frozenset[str] | None, limit_s: float
) -> tuple[list[Component], list[Fault]]:
    """Load every entry point of the group ``porenet`` and collect the Specs.

    Args:
        distributions: the installed distributions; of several with one name the first counts, as in ``sys.path``.
        allowed: normalised names of the third parties to load; None for all. porenet's own plugins always load.
        limit_s: time for the trial import of another distribution's plugin (`time_limit.import_limit`).

    Returns:
        Components in a stable order (porenet first, then by name) and faults.
    """
    components: list[Component] = []
    faults: list[Fault] = []
    for provider, entry_points, fault in sorted(
        _providers(distributions), key=lambda entry: (entry[0].name != OWN, entry[0].name)
    ):
        if provider.name != OWN and allowed is not None and provider.name not in allowed:
            continue
        if fault:
            faults.append(Fault(provider, "entry_points.txt", fault))
        taken: set[tuple[str, str]] = set()
        for entry_point in sorted(entry_points, key=lambda point: point.name):
            loaded, wrong = _ask(entry_point, provider, taken, limit_s)
            components += loaded
            faults += wrong
    return components, faults


@functools.lru_cache(maxsize=1024)
def normalised(name: str) -> str:
    """A distribution's name as packaging compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _providers(
    distributions: Iterable[importlib.metadata.Distribution],
) -> Iterator[tuple[Provider, list[importlib.metadata.EntryPoint], str]]:
    seen: set[str] = set()
    for distribution in distributions:
        fault, points = "", []
        try:
            points = [point for point in distribution.entry_points if point.group == GROUP]
        except Exception as error:  # a garbled entry_points.txt anywhere would end importlib's own scan
            if f"[{GROUP}]" not in (distribution.read_text("entry_points.txt") or ""):
                continue
            fault = f"cannot be read: {in_words(error)}"
        if not points and not fault:
            continue
        try:
            provider = Provider(normalised(distribution.metadata["Name"]), distribution.version)
        except Exception:  # METADATA absent or without a name
            folder = str(getattr(distribution, "_path", "an unnamed distribution"))
            provider = Provider(re.split(r"[/\\]", folder)[-1], "unknown version")
        if provider.name not in seen:
            seen.add(provider.name)
            yield provider, points, fault


def _ask(
    entry_point: importlib.metadata.EntryPoint, provider: Provider, taken: set[tuple[str, str]], limit_s: float
) -> tuple[list[Component], list[Fault]]:
    components: list[Component] = []
    faults: list[Fault] = []
    place = f"entry point {entry_point.name} = {entry_point.value}"

    def fault(cause: str, level: Literal["error", "warning"] = "error") -> None:
        faults.append(Fault(provider, place, cause, level))

    def printed(text: str) -> None:
        fault(f"prints while it is being listed: {text.splitlines()[0]!r:.80}", "warning")

    try:
        with quarantine(printed):
            implementation = hook_of(load_plugin(entry_point, provider, limit_s), "porenet_specs")
            for spec in implementation() or ():
                wrong = spec_rules.problems(spec)
                if not isinstance(spec, Spec):
                    fault(f"porenet_specs: {'; '.join(wrong)}")
                elif wrong:
                    fault(f"Spec {spec.name!r:.40}: {'; '.join(wrong)}")
                elif (spec.kind, spec.name) in taken:
                    fault(f"{provider.name} offers the {spec.kind} {spec.name!r} twice; the first is used")
                else:
                    taken.add((spec.kind, spec.name))
                    components.append(Component(spec, provider))
    except Misbehaviour as error:
        fault(str(error))
    return components, faults


def load_plugin(entry_point: importlib.metadata.EntryPoint, provider: Provider, limit_s: float) -> object:
    """What an entry point names; another distribution's is tried in a child interpreter first.

    Raises:
        Misbehaviour: its import ends, crashes or hangs a process.
    """
    if provider.name != OWN:
        from porenet.registry.trial_import import ensure_importable  # a listing without strangers has no use for it

        ensure_importable(entry_point, provider, limit_s)
    loaded: object = entry_point.load()
    return loaded


def hook_of(plugin: object, name: str) -> Callable[[], Iterable[object] | None]:
    """A plugin's implementation of a hook; pluggy checks its signature.

    Raises:
        TypeError: the plugin does not implement that hook, or implements a hook that does not exist.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    callers: dict[str, Any] = {caller.name: caller for caller in manager.get_hookcallers(plugin) or []}
    unknown = sorted(known for known, caller in callers.items() if caller.spec is None)
    if unknown:
        raise TypeError(f"no hook is called {', '.join(unknown)}; the hooks are porenet_specs and porenet_cases")
    if name not in callers:
        raise TypeError(
            f"{type(plugin).__name__} {getattr(plugin, '__name__', repr(plugin))!s:.60} implements no hook {name}; "
            f"an entry point names a module with '@hookimpl def {name}()'"
        )
    function: Callable[[], Iterable[object] | None] = callers[name].get_hookimpls()[0].function
    return function
