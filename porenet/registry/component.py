"""A component: its Spec, who offers it and, once used, the object behind it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from porenet.errors import PluginError
from porenet.interface import Spec
from porenet.registry.misbehaviour import Misbehaviour, quarantine

log = logging.getLogger("porenet")


@dataclass(frozen=True, slots=True)
class Provider:
    """Who offers a component.

    Attributes:
        name: normalised name of the distribution, or ``registered`` for ``porenet.register``.
        version: its version as installed.
    """

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


REGISTERED = Provider("registered", "in this process")
"""Who offers what `porenet.register` was given."""


@dataclass(slots=True)
class Component:
    """A Spec, its provider and, once used, the object behind it.

    Attributes:
        spec: what the plugin says of it.
        provider: who offers it.
    """

    spec: Spec
    provider: Provider
    _object: Callable[..., Any] | None = field(default=None, repr=False)

    @property
    def full_name(self) -> str:
        """``provider:name``, which picks this one whoever else uses the name."""
        return f"{self.provider.name}:{self.spec.name}"

    @property
    def is_installed(self) -> bool:
        """Whether a distribution offers it, rather than this process."""
        return self.provider != REGISTERED

    def load(self) -> Callable[..., Any]:
        """The class or function behind the Spec, imported at first use.

        Raises:
            PluginError: the target cannot be imported or is not callable.
        """
        if self._object is None:
            where = f"{self.spec.kind} {self.full_name} ({self.provider}, target {self.spec.target})"
            try:
                with quarantine(lambda text: log.warning("%s prints at import: %.80s", where, text)):
                    found = self.spec.resolve()
            except Misbehaviour as error:
                raise PluginError(
                    str(error), where=where, fix="Tell its author, or install what is missing."
                ) from error
            if not callable(found):
                raise PluginError(f"the target is {found!r:.60}, not a class or function", where=where)
            self._object = found
        return self._object
