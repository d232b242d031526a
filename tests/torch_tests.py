"""Tests that need torch: marked by what their file imports, and left out where torch is not installed."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from porenet.registry import is_installed

NEEDS_TORCH = re.compile(
    r"torch|lightning_fabric|examples|benchmarks"
    r"|porenet\.(Objective|audit|create_loss|generation|gradient_audit|objective|passage|reconstruct|reconstruction|relaxation)"
    r"|porenet\.(integrations|losses|sharing|slopes|targets|registry\.(build_loss|field_guard|witnesses))"
    r"|porenet\.testing\.(?!bodies|electrodes|exact_bodies|grids|random_electrodes|score_samples|strategies|volumes)\w+"
    r"|porenet_\w+\.losses|porenet_estimators\.(unlike_faces|\w+_fields)"
    r"|porenet_transport\.(conduction|phase_conduction|solver\.batch\w*)"
)
"""What a test file imports, or names as an attribute of porenet, if its tests need torch. It is written out rather than
worked out: what stands here is what must not grow by mistake."""


@functools.cache
def needs_torch(path: Path) -> bool:
    """Whether a test file imports what needs torch, by itself or by a file beside it."""
    names = list(_names(ast.parse(path.read_bytes())))
    beside = {path.with_name(f"{name.partition('.')[0]}.py") for name in names} - {path}
    return any(map(NEEDS_TORCH.match, names)) or any(needs_torch(file) for file in beside if file.exists())


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str() as module, names=aliases):
                yield from (f"{module}.{alias.name}" for alias in aliases)
            case ast.Attribute(value=ast.Name(id="porenet"), attr=name):
                yield f"porenet.{name}"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out a file that cannot even be imported."""
    is_file = collection_path.suffix == ".py" and collection_path.name != "conftest.py"
    return True if is_file and not is_installed("torch") and needs_torch(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of such a file."""
    for item in items:
        if needs_torch(item.path):
            item.add_marker("torch")
