"""The components of a kind as functions of a module: ``porenet.losses.ssa``, ``porenet.metrics.tpb``."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from porenet.errors import PorenetError, UnknownComponent
from porenet.interface import Kind
from porenet.registry import registry
from porenet.registry.component import Component
from porenet.registry.extras import require_torch


class ComponentFunctions:
    """Attributes of a module, one function per component that a bare name means; nothing is imported before its use.

    Args:
        kind: of the components.
        module: name of the module.
        call: what a function does; called with the component and the arguments.
        signature: signature of the function of a component.
        others: further attributes of the module, which `names` leaves out and need torch -> where they are defined.
    """

    def __init__(
        self,
        kind: Kind,
        module: str,
        call: Callable[..., Any],
        signature: Callable[[Component], inspect.Signature],
        others: Mapping[str, str],
    ) -> None:
        self.kind, self.module, self.call, self.signature, self.others = kind, module, call, signature, others
        self._functions: dict[str, tuple[Component, Callable[..., Any]]] = {}

    def names(self) -> list[str]:
        """The bare names of all components of the kind; imports none of them."""
        plugins = registry.installed()
        of_kind = (component for component in plugins.components if component.spec.kind == self.kind)
        return [component.spec.name for component in of_kind if plugins.is_default(component)]

    def attribute(self, name: str) -> Any:
        """The attribute of a name; the same function each time.

        Raises:
            AttributeError: no component has that name, or several and none of them is porenet's.
            MissingExtra: one of ``others``, without torch.
        """
        if name == "__all__":
            return self.names()
        if name in self.others:
            require_torch(f"{self.module}.{name}")
            return getattr(importlib.import_module(self.others[name]), name)
        if name.startswith("_"):
            raise AttributeError(f"module {self.module!r} has no attribute {name!r}")
        try:
            component = registry.installed().find(self.kind, name)
        except UnknownComponent as error:
            raise AttributeError(f"module {self.module!r}: {error}", name=name) from None
        known, function = self._functions.get(name, (None, None))
        if known is not component or function is None:
            function = self._function(component)
            self._functions[name] = component, function
        return function

    def _function(self, component: Component) -> Callable[..., Any]:
        name, document, signature = component.spec.name, component.spec.summary, None
        try:
            document = inspect.getdoc(component.described()) or document
            signature = self.signature(component)
        except PorenetError as error:
            # The name can be listed and completed all the same; the call says what is wrong.
            document = f"{document}\n\nIt cannot be used: {error}"

        def function(*positional: Any, **named: Any) -> Any:
            if signature is not None:
                _refuse_places(signature, positional, named, f"{self.module}.{name}")
            return self.call(component, *positional, **named)

        function.__name__ = function.__qualname__ = name
        function.__module__, function.__doc__ = self.module, document
        if signature is not None:
            vars(function)["__signature__"] = signature
        return function


def _refuse_places(
    signature: inspect.Signature, positional: tuple[Any, ...], named: Mapping[str, Any], where: str
) -> None:
    """Check what is passed by place; keywords are checked, and explained, by the schema of the component.

    Raises:
        TypeError: too many such arguments, or the first is missing.
    """
    first = next(iter(signature.parameters))
    try:
        bound = signature.bind_partial(*positional, **{first: named[first]} if first in named else {})
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None
    if first not in bound.arguments:
        raise TypeError(f"{where}: missing a required argument: {first!r}")
