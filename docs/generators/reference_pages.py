"""Tables and descriptions of porenet's components and of the laws, for the generated parts of the docs."""

import importlib.util
import inspect
import re
from collections.abc import Iterable
from typing import Any, get_args

from component_cases import params_of

from porenet.commands import listing
from porenet.formats.installed_formats import InstalledFormats
from porenet.interface import Kind
from porenet.registry import Registry
from porenet.synthetic import plurigaussian

SECTION = re.compile(r"^(Args|Attributes|Example|Examples|Raises|Returns|Yields):\n", re.MULTILINE)
ARGUMENT = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
MATHS = re.compile(r"^\.\. math::(?: (.+)|\n\n?( {4}.+(?:\n {4}.+)*))$", re.MULTILINE)
INLINE_MATHS = re.compile(r":math:`([^`]+)`")


def metrics() -> str:
    """One row a metric of porenet's own: unit, keys, and the parameters that change what is counted."""
    own = Registry.installed(environ={"PORENET_PLUGINS": ""})
    volume, _ = plurigaussian((12, 12, 12), voxel_um=(0.1,) * 3, length_um=0.2, fractions=(0.4, 0.3, 0.3), seed=0)
    rows = []
    for component in own.components:
        data = listing.full_data(component)
        if data["kind"] != "metric":
            continue
        unit = data["unit"] if isinstance(data["unit"], str) else ", ".join(sorted(set(data["unit"].values())))
        schema = data["parameters"]
        values = component.load()(volume, **params_of(component))
        keys = dict.fromkeys(_in_general(key, volume.grid.phases) for key in values)
        described = [
            f"`{name}={one['default']}`{_choices(one)}" if "default" in one else f"`{name}`, required{_choices(one)}"
            for name, one in schema.get("properties", {}).items()
        ]
        rows.append(
            (f"`{data['name']}`", f"`{unit}`", ", ".join(f"`{key}`" for key in keys), "; ".join(described) or "none")
        )
    return table(("metric", "unit", "keys", "parameters with their defaults"), rows)


def formats() -> str:
    """One row a family of formats."""
    rows = [
        (
            f"`{entry.component.spec.name}`: {storage.title}",
            " ".join(f"`{suffix}`" for suffix in storage.suffixes) or "folders",
            " ".join(f"`{suffix}`" if suffix else "folder" for suffix in storage.writes) or "no",
            storage.slabs,
            storage.voxel_um,
            storage.names,
            storage.checksums,
            f"extra `{storage.extra}`; {storage.remarks}" if storage.extra else storage.remarks,
        )
        for entry in InstalledFormats.of(Registry.installed(environ={"PORENET_PLUGINS": ""}).components)
        for storage in [entry.storage]
    ]
    heads = ("format", "suffixes", "written", "by slab", "voxel size", "names of phases", "checksums", "besides")
    return table(heads, rows)


def laws() -> str:
    """For each kind of component, one line a law: its name and the first line of its docstring."""
    parts = []
    for kind in get_args(Kind):
        name = f"porenet.testing.laws.{kind}"
        if importlib.util.find_spec(name) is None:
            parts.append(f"There are no laws for a {kind} yet.")
            continue
        found = importlib.import_module(name).LAWS
        firsts = {law.__name__: _one_line((inspect.getdoc(law) or "").partition("\n")[0]) for law in found}
        lines = (f"- `{law}`: {first}" for law, first in firsts.items())
        parts.append("\n".join((f"Of every {kind}:\n", *lines)))
    return "\n\n".join(parts)


def _in_general(key: str, phases: Iterable[str]) -> str:
    """A result key with the first phase in it called P, the next one Q, a lag L, and the part of a profile N."""
    letters: dict[str, str] = {}

    def letter(found: re.Match[str]) -> str:
        return letters.setdefault(found[0], "PQR"[len(letters)])

    named = re.sub("|".join(map(re.escape, phases)), letter, key)
    return re.sub(r"\.([zyx])\d+$", r".\1N", re.sub(r"@[\d.]+um", "@Lum", named))


def _choices(schema: dict) -> str:
    """What else than its default a parameter with named choices may be; all choices if it has none."""
    named = [one for part in (schema, *schema.get("anyOf", ())) for one in part.get("enum", ())]
    if "default" not in schema:
        return f": {', '.join(f'`{one}`' for one in named)}" if named else ""
    others = [f"`{one}`" for one in named if one != schema["default"]]
    return f" or {', '.join(others)}" if others else ""


def description(data: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    """A component's docstring as Markdown, in parts.

    Args:
        data: from `listing.full_data`.

    Returns:
        What it is, without a first line that only repeats the summary; its known defects, or nothing; and the
        sections of the docstring by name.
    """
    body, sections = _split(data["docstring"])
    paragraphs = body.removeprefix(data["summary"]).strip().split("\n\n")
    first = next((n for n, text in enumerate(paragraphs) if text.startswith("Known defect")), len(paragraphs))
    return "\n\n".join(paragraphs[:first]), "\n\n".join(paragraphs[first:]), sections


def returns(sections: dict[str, str]) -> str:
    """What a metric returns, or nothing."""
    return f"Returns {_one_line(sections['Returns'])}" if "Returns" in sections else ""


def facts(data: dict[str, Any]) -> str:
    """A table of what the Spec of a component states."""
    unit = data["unit"]
    rows = {}
    if unit:
        per_key = [] if isinstance(unit, str) else [f"{key}: `{one}`" for key, one in unit.items()]
        rows["unit"] = ", ".join(per_key) or f"`{unit}`"
    rows |= {
        "source": f"<{data['source']}>" if data["source"] else "porenet's own definition",
        "import string": f"`{data['target']}`",
    }
    if data["kind"] == "loss":
        tolerance, weight = data["tolerance"], data["weight"]
        rows |= {
            "default weight": "none: a run must choose" if weight is None else f"{weight:g}",
            "needs the targets": ", ".join(f"`{key}`" for key in data["needs"]) or "none",
            "reads": "the field as the run shows it" if data["reads"] == "run" else f"the {data['reads']} field",
            "values": "one per batch" if data["batchwise"] else "one per sample",
            "twin": f"the metric `{data['twin']}`" if data["twin"] else "none",
            "counts as met at": "no tolerance declared" if tolerance is None else f"{tolerance:g} or less",
        }
    rows |= {f"deviates from `{law}`": reason for law, reason in data["deviations"].items()}
    rows |= {f"no gradient where the field is {state}": reason for state, reason in data["dead_states"].items()}
    return table(("", ""), rows.items())


def parameters(schema: dict[str, Any], sections: dict[str, str]) -> str:
    """A table of parameters: types and defaults of the schema, meanings of the docstring."""
    meanings = {name: _one_line(text) for name, text in ARGUMENT.findall(sections.get("Args", ""))}
    required = schema.get("required", [])
    rows = [
        (
            f"`{name}`",
            f"`{listing.parameter_type(one)}`",
            "required" if name in required else f"`{one.get('default')!r}`",
            meanings.get(name, ""),
        )
        for name, one in schema.get("properties", {}).items()
    ]
    return table(("parameter", "type", "default", "meaning"), rows) if rows else "It has no parameters."


def _split(docstring: str) -> tuple[str, dict[str, str]]:
    """A docstring as Markdown up to its first section, and the sections by name."""
    body, *rest = SECTION.split(docstring)
    markdown = INLINE_MATHS.sub(r"$\1$", body.strip().replace("``", "`"))
    markdown = MATHS.sub(lambda found: f"```math\n{inspect.cleandoc(found[1] or found[2])}\n```", markdown)
    return markdown, dict(zip(rest[::2], rest[1::2], strict=True))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown."""
    lines = [list(head), *map(list, rows)]
    text = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]
    return "\n".join([text[0], "|" + " --- |" * len(lines[0]), *text[1:]])


def _one_line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())
