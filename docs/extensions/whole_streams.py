"""What a cell prints, in one piece: a command's output comes in parts of 100 characters that end anywhere.

MyST-NB 1.4 ends each part with a line break when it merges them, which tears lines.
"""

from __future__ import annotations

from typing import Any

from myst_nb.core import render, utils
from nbformat import NotebookNode
from sphinx.application import Sphinx


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """All that went to stdout as the first of its parts, then what went to stderr; other outputs as they are."""
    first: dict[str, NotebookNode] = {}
    others = []
    for output in outputs:
        if output["output_type"] != "stream":
            others.append(output)
        elif output["name"] in first:
            first[output["name"]]["text"] += output["text"]
        else:
            first[output["name"]] = output
    streams = [first[name] for name in ("stdout", "stderr") if name in first]
    return [*streams, *others]


def setup(app: Sphinx) -> dict[str, Any]:
    """Take the place of MyST-NB's function."""
    for module in (render, utils):
        if hasattr(module, "coalesce_streams"):
            module.coalesce_streams = joined  # type: ignore[attr-defined]
    return {"parallel_read_safe": True}
