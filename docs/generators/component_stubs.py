"""The types of `porenet.losses` and `porenet.metrics`, written from the signatures of porenet's own components.

``python docs/generators/component_stubs.py`` writes both ``__init__.pyi``; with ``--check`` it exits 1 if they differ.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import textwrap
import types
import typing
from pathlib import Path
from typing import Any, Literal

from porenet.interface import Axis, Face, Kind
from porenet.measurement import metric_functions
from porenet.objective import loss_functions
from porenet.registry import OWN, installed

ROOT = Path(__file__).resolve().parents[2]
PLACES: dict[Kind, Path] = {
    "loss": ROOT / "porenet" / "losses" / "__init__.pyi",
    "metric": ROOT / "porenet" / "metrics" / "__init__.pyi",
}
SIGNATURES = {"loss": loss_functions.signature_of, "metric": metric_functions.signature_of}
ALIASES = {Face: "Face", Axis: "Axis"}
HEADS = {
    "loss": """
        from typing import Any, Literal

        from porenet.interface import Axis, Face, Grid
        from porenet.objective.direct_loss import DirectLoss as DirectLoss
        """,
    "metric": """
        from collections.abc import Mapping, Sequence
        from typing import Any, Literal

        from numpy.typing import ArrayLike

        from porenet.interface import Axis, Face, Undefined, Volume
        """,
}
NOTE = "# Generated from the signatures of porenet's own {kinds} by make generate; make lint checks it.\n"


def stub(kind: Kind) -> str:
    """The text of a stub: one function per component of porenet, formatted."""
    components = [
        component
        for component in installed().components
        if component.spec.kind == kind and component.provider.name == OWN
    ]
    functions = [
        _function(component.spec.name, component.spec.summary, SIGNATURES[kind](component)) for component in components
    ]
    listing = f"__all__ = {[component.spec.name for component in components]!r}\n"
    body = "\n".join([NOTE.format(kinds=PLACES[kind].parent.name), textwrap.dedent(HEADS[kind]), listing, *functions])
    return _by_ruff(_by_ruff(body, "check", "--quiet", "--fix", "--select", "F401"), "format")


def _by_ruff(source: str, *command: str) -> str:
    words = [sys.executable, "-m", "ruff", *command, "--stdin-filename", "stub.pyi", "-"]
    return subprocess.run(words, input=source, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def _function(name: str, summary: str, signature: inspect.Signature) -> str:
    first, *keywords = [_parameter(parameter) for parameter in signature.parameters.values()]
    lines = [first, *(["*", *keywords] if keywords else [])]
    document = textwrap.fill(summary, 110, subsequent_indent="    ")
    return (
        f"def {name}({', '.join(lines)},) -> {text(signature.return_annotation)}:\n    {_quoted_document(document)}\n"
    )


def _quoted_document(document: str) -> str:
    return f'"""{document}"""' if "\n" not in document else f'"""{document}\n    """'


def _parameter(parameter: inspect.Parameter) -> str:
    written = f"{parameter.name}: {text(parameter.annotation)}"
    return written if parameter.default is parameter.empty else f"{written} = {_default(parameter.default)}"


def _default(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_default, value))}{',' if len(value) == 1 else ''})"
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    return "..."


def text(annotation: Any) -> str:
    """An annotation as source."""
    if isinstance(annotation, str):
        return annotation
    if annotation in ALIASES:
        return ALIASES[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return f"Literal[{', '.join(map(_default, arguments))}]"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(text(argument) for argument in arguments)
    if annotation is type(None):
        return "None"
    if annotation is Ellipsis:
        return "..."
    name = getattr(origin or annotation, "__name__", None) or str(annotation).rpartition(".")[2]
    return f"{name}[{', '.join(text(argument) for argument in arguments)}]" if arguments else str(name)


def main(words: list[str]) -> int:
    """Write the stubs, or compare them."""
    differing = []
    for kind, place in PLACES.items():
        written = stub(kind)
        if "--check" not in words:
            place.write_text(written, encoding="utf-8")
        elif not place.exists() or place.read_text(encoding="utf-8") != written:
            differing.append(place.relative_to(ROOT))
    for place in differing:
        sys.stderr.write(f"{place} is not what the signatures say: run make generate\n")
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
