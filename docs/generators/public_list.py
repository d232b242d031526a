"""What a plugin may import, as the import contract says."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "A plugin imports the public list and nothing else of porenet"
PREFIX = "** -> "


def public_list() -> list[str]:
    """The modules of porenet that a plugin may import."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = (contract for contract in settings["contracts"] if contract["name"] == CONTRACT)
    return sorted(line.removeprefix(PREFIX) for line in contract["ignore_imports"] if line.startswith(PREFIX))


def table() -> str:
    """Each with the first line of its docstring, as Markdown."""
    rows = [
        f"| `{name}` | {str(importlib.import_module(name).__doc__).partition(chr(10))[0].replace('|', '/')} |"
        for name in public_list()
    ]
    return "\n".join(["| module | what it holds |", "| --- | --- |", *rows])
