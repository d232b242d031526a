"""The reference of every porenet component and of the laws, for the generated parts of the docs (cog)."""

import importlib.util
import inspect
import re
from collections.abc import Iterable
from typing import get_args

from porenet import listing
from porenet.interface import Kind
from porenet.registry import Component, Registry

SECTION = re.compile(r"^(Args|Attributes|Example|Examples|Raises|Returns|Yields):\n", re.MULTILINE)
ARGUMENT = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
MATHS = re.compile(r"^\.\. math:: (.+)$", re.MULTILINE)


def components() -> str:
    """One section a component of porenet's own, in the order of the listing."""
    own = Registry.installed(environ={"PORENET_PLUGINS": ""})
    return "\n\n".join(_section(component) for component in own.components)


def laws() -> str:
    """For each kind of component, one line a law: its name and the first line of its docstring."""
    parts = []
    for kind in get_args(Kind):
        name = f"porenet.testing.{kind}_laws"
        if importlib.util.find_spec(name) is None:
            parts.append(f"There are no laws for a {kind} yet.")
            continue
        found = importlib.import_module(name).LAWS
        firsts = {law.__name__: _one_line((inspect.getdoc(law) or "").partition("\n")[0]) for law in found}
        lines = (f"- `{law}`: {first}" for law, first in firsts.items())
        parts.append("\n".join((f"Of every {kind}:\n", *lines)))
    return "\n\n".join(parts)


def _section(component: Component) -> str:
    data = listing.detailed(component)
    body, sections = _split(data["docstring"])
    heading, summary = f"## {data['kind']} `{data['name']}`", data["summary"]
    told = body.startswith(summary)
    parts = [heading, "" if told else summary, body, _facts(data), _parameters(data["parameters"], sections)]
    if data["kind"] == "metric" and "Returns" in sections:
        parts.append(f"Returns {_one_line(sections['Returns'])}")
    return "\n\n".join(part for part in parts if part)


def _facts(data: dict) -> str:
    unit = data["unit"]
    rows = {
        "unit": f"`{unit}`" if isinstance(unit, str) else ", ".join(f"{key}: `{one}`" for key, one in unit.items()),
        "source": f"<{data['source']}>" if data["source"] else "none given",
        "import string": f"`{data['target']}`",
    }
    if data["kind"] == "loss":
        tolerance, weight = data["tolerance"], data["weight"]
        rows |= {
            "default weight": "none: a run must choose" if weight is None else f"{weight:g}",
            "needs the targets": ", ".join(f"`{key}`" for key in data["needs"]) or "none",
            "reads": "the field as the run relaxes it" if data["reads"] == "run" else f"the {data['reads']} field",
            "values": "one a batch" if data["batchwise"] else "one a sample",
            "twin": f"the metric `{data['twin']}`" if data["twin"] else "none",
            "counts as met at": "no tolerance declared" if tolerance is None else f"{tolerance:g} or less",
        }
    return _table(("", ""), rows.items())


def _parameters(schema: dict, sections: dict[str, str]) -> str:
    meanings = {name: _one_line(text) for name, text in ARGUMENT.findall(sections.get("Args", ""))}
    required = schema.get("required", [])
    rows = [
        (
            f"`{name}`",
            f"`{listing.in_words(one)}`",
            "required" if name in required else f"`{one.get('default')!r}`",
            meanings.get(name, ""),
        )
        for name, one in schema.get("properties", {}).items()
    ]
    return _table(("parameter", "type", "default", "meaning"), rows) if rows else "It has no parameters."


def _split(docstring: str) -> tuple[str, dict[str, str]]:
    """A docstring as Markdown up to its first section, and the sections by name."""
    body, *rest = SECTION.split(docstring)
    markdown = MATHS.sub(r"```math\n\1\n```", body.strip().replace("``", "`"))
    return markdown, dict(zip(rest[::2], rest[1::2], strict=True))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *map(list, rows)]
    text = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]
    return "\n".join([text[0], "|" + " --- |" * len(lines[0]), *text[1:]])


def _one_line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())
