"""Register a component in this process, without a distribution: for notebooks and scripts."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from porenet.errors import InputError
from porenet.interface import API, Spec
from porenet.registry import registry


def register(component: Spec | Callable[..., Any] | None = None, /, **fields: Any) -> Any:
    """Register a component in this process, as a plugin would: ``create_loss`` and runs find it by name.

    Args:
        component: a Spec with an import string, or a class (loss) or function (metric) together with the fields of
            its Spec as keywords: ``unit`` is required; name, kind and summary default to those of the class or
            function. Without it, returns a decorator.
        **fields: fields of the Spec.

    Returns:
        The component, unchanged, so that ``register`` serves as a decorator.

    Raises:
        InputError: the fields do not make a valid Spec.
    """
    if component is None:
        return lambda decorated: register(decorated, **fields)
    if isinstance(component, Spec):
        if fields:
            raise InputError("a Spec takes no further fields", where="porenet.register")
        registry.installed().add(component)
        return component
    if not callable(component):
        raise InputError(f"a Spec, class or function was expected, not {component!r:.60}", where="porenet.register")
    name = getattr(component, "__name__", "component")
    document = (inspect.getdoc(component) or name).splitlines()[0]
    values: dict[str, Any] = {
        "name": re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower(),
        "kind": "loss" if isinstance(component, type) else "metric",
        "target": re.sub("[<>]", "", f"{component.__module__}:{component.__qualname__}"),
        "summary": document,
        "api": API,
    } | fields
    try:
        spec = Spec(**values)
    except TypeError as error:
        reason = str(error).replace("Spec.__init__() ", "")
        raise InputError(reason, where="porenet.register", fix="State at least unit='1' (or 'um^-1', ...).") from error
    registry.installed().add(spec, component)
    return component
