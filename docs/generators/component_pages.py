"""The pages of porenet's losses, metrics and scores, docs/components/KIND-NAME.md, and the index of them.

``python docs/generators/component_pages.py`` writes the pages; with ``--check`` it exits 1 if they differ.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from component_examples import example
from reference_pages import description, facts, parameters, returns, table

from porenet.commands import listing
from porenet.registry import Component, Registry

DOCS = Path(__file__).resolve().parents[1]
PAGES = DOCS / "components"
KINDS = {
    "loss": "In training: [an objective in your own loop](../your-own-loop.md).",
    "metric": "On files and folders: [`porenet measure`](../measure.md).",
    "score": "On two sets of structures: [`porenet compare`](../compare.md).",
}
TITLES = {"loss": "Losses", "metric": "Metrics", "score": "Scores"}
PICTURE = {
    "loss": "Its value at five structures, with the first as the target where it has one, and below where its gradient "
    "is. Every structure differs from the first in one way: what leaves the value as it is, the loss does not see.",
    "metric": "Its value for five structures. Every structure differs from the first in one way: what leaves the value "
    "as it is, the metric does not see.",
    "score": "Its value for five pairs of samples of 50 values.",
}
NAMED = re.compile(r"`+(?:[\w.:]*[.:])?(\w+)`+")


def components() -> list[Component]:
    """Every loss, metric and score of porenet's own, as ``list-plugins`` lists them."""
    own = Registry.installed(environ={"PORENET_PLUGINS": ""})
    return [component for component in listing.in_order(own) if component.spec.kind in TITLES]


def index() -> str:
    """One table per kind: name, unit, one line; and the pages as the children of this one."""
    parts = []
    for kind, title in TITLES.items():
        of_kind = [component for component in components() if component.spec.kind == kind]
        rows = [
            (f"[`{part.spec.name}`](components/{_name(part)}.md)", f"`{_unit(part)}`", part.spec.summary)
            for part in of_kind
        ]
        pages = "\n".join(f"components/{_name(component)}" for component in of_kind)
        parts.append(f"## {title}\n\n{table(('name', 'unit', 'what it is'), rows)}")
        parts.append(f"```{{toctree}}\n:hidden:\n\n{pages}\n```")
    return "\n\n".join(parts)


def page(component: Component) -> str:
    """The page of a component."""
    data, kind = listing.full_data(component), component.spec.kind
    text, defects, sections = description(data)
    alike = "\n".join(f"- {line}" for line in _to_compare_with(component, data["docstring"]))
    parts = [
        f"# The {kind} `{component.spec.name}`",
        component.spec.summary,
        f"![{component.spec.name}: {PICTURE[kind].partition('.')[0]}](../pictures/components/{_name(component)}.svg)",
        PICTURE[kind],
        f"## Example\n\n{example(component)}\n\n{KINDS[kind]}",
        f"## Definition\n\n{text}" if text else "",
        f"## Defects\n\n{defects}" if defects else "",
        f"## Parameters\n\n{parameters(data['parameters'], sections)}",
        returns(sections) if kind == "metric" else "",
        f"## Facts\n\n{facts(data)}",
        f"## Compare with\n\n{alike}" if alike else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _to_compare_with(component: Component, docstring: str) -> list[str]:
    """Twin, those of the same name, those that the docstring names, and what other tools count."""
    spec = component.spec
    words = {*NAMED.findall(docstring), spec.name, spec.twin}
    words |= {part.spec.name for part in components() if part.spec.twin == spec.name}
    lines = [
        f"[the {part.spec.kind} `{part.spec.name}`]({_name(part)}.md): {part.spec.summary}"
        for part in components()
        if part.spec.name in words and part is not component and _name(part) != _name(component)
    ]
    tools = (DOCS / "what-does-my-other-tool-count.md").read_text(encoding="utf-8")
    if f"`{spec.name}`" in tools or re.search(rf"\b{spec.name}\b", tools):
        lines.append("other tools: [What does my other tool count?](../what-does-my-other-tool-count.md)")
    return lines


def _name(component: Component) -> str:
    return f"{component.spec.kind}-{component.spec.name}"


def _unit(component: Component) -> str:
    unit = component.spec.unit
    return unit if isinstance(unit, str) else ", ".join(dict.fromkeys(unit.values()))


def main(options: Sequence[str]) -> int:
    """Write the pages, or compare them with what is there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        texts = {PAGES / f"{_name(component)}.md": page(component) for component in components()}
    stale = {path for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text}
    left = {path for path in PAGES.glob("*.md") if path not in texts}
    if "--check" in options:
        for path in sorted(stale | left):
            sys.stderr.write(f"{path.relative_to(DOCS.parent)} is not what the components give: run make generate\n")
        return 1 if stale | left else 0
    PAGES.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(texts[path], encoding="utf-8")
    for path in left:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
