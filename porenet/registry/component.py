"""A component: its Spec, its provider and, once used, the object behind it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from porenet.errors import MissingExtra, PluginError
from porenet.interface import Spec
from porenet.registry import extras, source_signature
from porenet.registry.misbehaviour import Misbehaviour, quarantine

log = logging.getLogger("porenet")


@dataclass(frozen=True, slots=True)
class Provider:
    """The distribution that provides a component.

    Attributes:
        name: normalised name of the distribution, or ``registered`` for ``porenet.register``.
        version: installed version of the distribution.
    """

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


OWN = "porenet"
"""Distribution whose components take precedence under a bare name."""
REGISTERED = Provider("registered", "in this process")
"""Provider of the components registered with `porenet.register`."""


@dataclass(slots=True)
class Component:
    """A Spec, its provider and, once used, the object behind it.

    Attributes:
        spec: description of the component by its plugin.
        provider: distribution that provides it.
    """

    spec: Spec
    provider: Provider
    _object: Callable[..., Any] | None = field(default=None, repr=False)
    _stream: Any = field(default=None, repr=False, compare=False)

    @property
    def full_name(self) -> str:
        """``provider:name``, unambiguous even if other providers use the same name."""
        return f"{self.provider.name}:{self.spec.name}"

    @property
    def is_installed(self) -> bool:
        """Whether a distribution provides it, rather than `porenet.register`."""
        return self.provider != REGISTERED

    @property
    def missing(self) -> str | None:
        """The library that it needs and that is not installed; None if it can be used, as far as its kind tells."""
        return "torch" if self.spec.kind == "loss" and not extras.is_installed("torch") else None

    def load(self) -> Callable[..., Any]:
        """The class or function behind the Spec, imported at first use.

        Raises:
            MissingExtra: it needs torch, which is missing.
            PluginError: the target cannot be imported or is not callable.
        """
        if self._object is None:
            if self.spec.kind == "loss":
                extras.require_torch(f"the loss {self.spec.name}")
            where = self._place(self.spec.target)
            target = self._imported(self.spec.resolve, where)
            if not callable(target):
                raise PluginError(f"the target is {target!r:.60}, not a class or function", where=where)
            self._object = target
        return self._object

    def described(self) -> Callable[..., Any]:
        """What has the signature and the docstring of the component: itself, or its stand-in.

        The stand-in comes from the source. It serves where torch is missing, and for porenet's own components that were
        not used yet: to import torch takes two seconds. A stranger's component is imported, so that one that cannot be
        is known for it.

        Raises:
            MissingExtra: it needs torch, which is missing, and its source does not tell.
            PluginError: as for `load`.
        """
        if self._object is None and self.provider.name == OWN:
            with suppress(Misbehaviour):
                return self._stand_in()
        try:
            return self.load()
        except MissingExtra as missing:
            try:
                return self._stand_in()
            except Misbehaviour:
                raise missing from None

    def _stand_in(self) -> Callable[..., Any]:
        with quarantine(lambda _printed: None):  # a default is an expression of the plugin's
            return source_signature.stand_in(self.spec.target)

    def load_stream(self) -> Any:
        """The object by which the metric is measured slab by slab; None if it needs the whole volume.

        Raises:
            PluginError: it cannot be imported, or lacks ``need`` or ``finish``.
        """
        if not self.spec.streamed or self._stream is not None:
            return self._stream
        where = self._place(self.spec.streamed)
        stream = self._imported(self.spec.resolve_stream, where)
        if not (hasattr(stream, "need") and hasattr(stream, "finish")):
            raise PluginError(f"streamed is {stream!r:.60}, which lacks need or finish", where=where)
        self._stream = stream
        return stream

    def imported_stream(self) -> Any:
        """What `load_stream` returns, unless its module has not been imported: then None, and nothing is imported.

        Raises:
            PluginError: as for `load_stream`.
        """
        if self._stream is None and self.spec.streamed.partition(":")[0] in sys.modules:
            self.load_stream()
        return self._stream

    def _place(self, target: str) -> str:
        return f"{self.spec.kind} {self.full_name} ({self.provider}, target {target})"

    def _imported(self, resolve: Callable[[], Any], where: str) -> Any:
        """What an import string names; whatever goes wrong with it becomes an error that names the component."""
        try:
            with quarantine(lambda text: log.warning("%s prints at import: %.80r", where, text)):
                return resolve()
        except Misbehaviour as error:
            if isinstance(error.__cause__, ModuleNotFoundError) and error.__cause__.name == "torch":
                extras.require_torch(f"the {self.spec.kind} {self.spec.name}")
            raise PluginError(
                str(error), where=where, fix="Install what is missing, or report it to its author."
            ) from error
