"""The installed formats: porenet's own and those of other plugins, as the registry lists them."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from porenet import registry
from porenet.errors import InputError, PluginError
from porenet.formats.interface import DetachedFormat, Format, LayerWritingFormat, SliceFormat, WritingFormat
from porenet.interface import Storage
from porenet.registry import OWN, Component

Ability = TypeVar("Ability", bound=Format)


@dataclass(frozen=True, slots=True)
class InstalledFormat:
    """A format, whose reader is imported when it is used.

    Attributes:
        component: its Spec and provider.
    """

    component: Component

    @property
    def storage(self) -> Storage:
        """How its files are known."""
        storage = self.component.spec.storage
        assert storage is not None  # the rules of a Spec
        return storage

    @property
    def title(self) -> str:
        """Its name in messages; that of another distribution's names it."""
        provider = self.component.provider
        return self.storage.title if provider.name == OWN else f"{self.storage.title} ({provider})"

    @property
    def reader(self) -> Format:
        """The object that describes its files."""
        return self._able(Format)  # type: ignore[type-abstract]

    @property
    def detached(self) -> DetachedFormat:
        """The same, which also names the files of a volume."""
        return self._able(DetachedFormat)  # type: ignore[type-abstract]

    @property
    def of_slices(self) -> SliceFormat:
        """The same, which also tells slices from volumes."""
        return self._able(SliceFormat)  # type: ignore[type-abstract]

    @property
    def writer(self) -> WritingFormat:
        """The same, which also writes."""
        return self._able(WritingFormat)  # type: ignore[type-abstract]

    @property
    def layer_writer(self) -> LayerWritingFormat | None:
        """The same, which also writes volumes that are not in memory; None where it cannot."""
        writer = self.writer
        return writer if isinstance(writer, LayerWritingFormat) else None

    def _able(self, ability: type[Ability]) -> Ability:
        where = f"format {self.component.full_name}"
        try:
            instance = self.component.load()()
        except (InputError, PluginError):
            raise
        except Exception as error:
            raise PluginError(f"cannot be made: {type(error).__name__}: {error}", where=where) from error
        if not isinstance(instance, ability):
            raise PluginError(f"its target makes a {type(instance).__name__}, not a {ability.__name__}", where=where)
        return instance


@dataclass(frozen=True, slots=True)
class InstalledFormats:
    """The installed formats, porenet's own first.

    Attributes:
        formats: all of them.
        double_suffixes: their suffixes of two dots, such as ``.nii.gz``.
    """

    formats: tuple[InstalledFormat, ...]
    double_suffixes: tuple[str, ...]

    @classmethod
    def now(cls) -> InstalledFormats:
        """Those of this process."""
        return _formats_of(_Components(registry.installed().components))

    @classmethod
    def of(cls, components: Iterable[Component]) -> InstalledFormats:
        """Those among components."""
        chosen = [component for component in components if component.spec.kind == "format"]
        chosen.sort(key=lambda component: component.provider.name != OWN)
        formats = tuple(map(InstalledFormat, chosen))
        suffixes = {suffix for entry in formats for suffix in entry.storage.suffixes}
        return cls(formats, tuple(sorted(suffix for suffix in suffixes if suffix.count(".") > 1)))

    def __iter__(self) -> Iterator[InstalledFormat]:
        return iter(self.formats)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes of files and of folders that are one volume."""
        return tuple(dict.fromkeys(suffix for entry in self for suffix in entry.storage.suffixes))

    @property
    def slice_suffixes(self) -> tuple[str, ...]:
        """Suffixes of slices."""
        return tuple(dict.fromkeys(suffix for entry in self for suffix in entry.storage.slices))

    def suffix_of(self, name: str) -> str:
        """The suffix of a name, lower case, by which its format is known: the longest that a format has."""
        lower = name.lower()
        longest = max((suffix for suffix in self.double_suffixes if lower.endswith(suffix)), key=len, default="")
        return longest or os.path.splitext(lower)[1]

    def with_suffix(self, suffix: str) -> tuple[InstalledFormat, ...]:
        """The formats that have a suffix."""
        return tuple(entry for entry in self if suffix in entry.storage.suffixes)

    def with_mark(self, names: Iterable[str]) -> tuple[InstalledFormat, ...]:
        """The formats of which one of the files of a folder is a mark."""
        present = set(names)
        return tuple(entry for entry in self if not present.isdisjoint(entry.storage.marks))

    def with_slices(self, suffixes: Iterable[str]) -> tuple[InstalledFormat, ...]:
        """The formats that have slices with one of the suffixes."""
        present = set(suffixes)
        return tuple(entry for entry in self if not present.isdisjoint(entry.storage.slices))


class _Components:
    """The components of the registry, which are others only where the tuple of them is another."""

    def __init__(self, components: tuple[Component, ...]) -> None:
        self.components = components

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Components) and self.components is other.components

    def __hash__(self) -> int:
        return id(self.components)


@functools.lru_cache(maxsize=1)
def _formats_of(components: _Components) -> InstalledFormats:
    return InstalledFormats.of(components.components)
