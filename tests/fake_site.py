"""Fake distributions, installed for a test: what the tests of the core run on, whatever else is installed."""

from __future__ import annotations

import importlib.metadata
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from porenet import registry
from porenet.formats.installed_formats import InstalledFormats
from porenet.registry import Registry

HOOK = """
from porenet.hookspecs import hookimpl
from porenet.interface import Spec

def spec(name, kind="loss", **fields):
    usual = {"loss": "fake_components:Mean", "metric": "fake_measures:voxels", "score": "fake_measures:same"}
    target = fields.pop("target", usual[kind])
    return Spec(name=name, kind=kind, target=target, summary=f"The fake {name}.", unit="1", api=1, **fields)
"""
"""Start of a fake plugin's module."""

COMPONENTS = '''
from typing import Annotated, Literal

import torch
from annotated_types import Ge

from porenet.interface import Face, Phase


class Mean(torch.nn.Module):
    """Mean probability of a phase, to a power."""

    def __init__(self, grid, *, phase: Phase = "pore", power: Annotated[int, Ge(1)] = 1,
                 mode: Literal["plain", "fancy"] = "plain", faces: tuple[Face, ...] = ("z_min",)):
        super().__init__()
        self.channel, self.power = grid.index(phase), power

    def forward(self, probabilities, targets):
        return probabilities[:, self.channel].mean(dim=(1, 2, 3)) ** self.power


class Squared(torch.nn.Module):
    """Squared distance of the first phase from the target 'level'."""

    def __init__(self, grid):
        super().__init__()

    def forward(self, probabilities, targets):
        return (probabilities[:, 0].mean(dim=(1, 2, 3)) - targets["level"]) ** 2


class Averaged(Mean):
    """Wrong: averages over the batch by itself."""

    def forward(self, probabilities, targets):
        return super().forward(probabilities, targets).mean()


class Broken(Mean):
    """Wrong: not finite."""

    def forward(self, probabilities, targets):
        return super().forward(probabilities, targets) * float("nan")
'''
"""The module ``fake_components``, to which every fake loss points unless it says otherwise."""

MEASURES = '''
from porenet.interface import Similarity


def voxels(volume, *, scale: float = 1.0):
    """Number of voxels, scaled."""
    return {"voxels": volume.labels.size * scale}


def same(reference, generated):
    """1 where the samples are equal."""
    total = len(reference) + len(generated)
    return Similarity(float(reference == generated), {}, total, total, (0.0, 1.0))
'''
"""The module ``fake_measures``, to which every fake metric and score points unless it says otherwise."""


class FakeSite:
    """A folder on ``sys.path`` that holds fake distributions, as site-packages does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "fake_components.py").write_text(COMPONENTS)
        (folder / "fake_measures.py").write_text(MEASURES)

    def add(
        self, name: str, source: str, *, version: str = "1.0", entry_points: str | None = None, metadata: bool = True
    ) -> str:
        """Install a distribution whose plugin module has the given source; returns the module's name."""
        module = name.replace("-", "_").replace(".", "_") + "_plugin"
        (self.folder / f"{module}.py").write_text(HOOK + textwrap.dedent(source))
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        if metadata:
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        points = f"[porenet]\nplugin = {module}\n" if entry_points is None else entry_points
        (info / "entry_points.txt").write_text(points)
        return module

    def registry(self, **environ: str) -> Registry:
        """What porenet finds there; plugins are imported without a trial unless an import limit is given."""
        environ = {"PORENET_IMPORT_LIMIT": "0"} | environ
        return Registry.installed(importlib.metadata.distributions(path=[str(self.folder)]), environ)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSite]:
    """An empty fake site-packages, first on ``sys.path``."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield FakeSite(folder)
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Registry], Registry]:
    """Make a registry the one of the process, so that nothing installed is seen; porenet's formats still read files."""
    own = [component for component in registry.installed().components if component.spec.kind == "format"]

    def replace(found: Registry) -> Registry:
        formats = InstalledFormats.of([*own, *found.components])
        monkeypatch.setattr(InstalledFormats, "now", classmethod(lambda _cls: formats))
        for module in (registry, registry.registry):  # the face of the folder, and where the function lives
            monkeypatch.setattr(module, "installed", lambda: found)
        return found

    return replace


@pytest.fixture
def fakes(site: FakeSite, use: Callable[[Registry], Registry]) -> Registry:
    """A process in which one sound plugin is installed, under porenet's own name."""
    site.add(
        "porenet",
        """
        @hookimpl
        def porenet_specs():
            yield spec("mean", weight=2.0)
            yield spec("squared", target="fake_components:Squared", needs=("level",), weight=3.0)
            yield spec("soft_only", reads="soft")
            yield spec("averaged", target="fake_components:Averaged", weight=1.0)
            yield spec("broken", target="fake_components:Broken", weight=1.0)
            yield spec("mean", kind="metric", target="fake_measures:voxels", transform="log", resolution=2)
            yield spec("voxels", kind="metric")
            yield spec("same", kind="score", limits=(0.9, 0.5))
        """,
    )
    return use(site.registry())
