"""The generated parts of the front page: code that is run here, tools that a reader may come from, how to cite."""

from __future__ import annotations

import contextlib
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import yaml
from reference_pages import table
from workspace import Workspace

import porenet
from porenet.synthetic import plurigaussian

DOCS = Path(__file__).resolve().parents[1]
MEASURE = """\
from porenet import formats, measure

phases = {"Ni": 255, "YSZ": 127, "pore": 0}
volume = formats.read("anode.tif", phases=phases, voxel_um=0.1)
rows = measure(volume, ["vf", "tpb"])
"""
TRAIN = """\
objective = porenet.Objective(grid, ["vf", "ssa", "tpb"])
targets = objective.targets_of(real_labels)
probabilities = generator(noise).softmax(dim=1)
loss, terms = objective(probabilities, targets, step)
(adversarial + loss).backward()
"""


def measured() -> str:
    """The code that measures a volume, and the table of what it measured."""
    here = Workspace()
    here.electrodes("anodes", 1, seed=1)
    with _inside(here.path / "anodes"):
        Path("cube_00.tif").rename("anode.tif")
        names: dict[str, Any] = {}
        exec(compile(MEASURE, "front page", "exec"), names)
    rows = [(row["metric"], row["key"], f"{row['value']:.3f}", row["unit"]) for row in names["rows"]]
    return f"```python\n{MEASURE}```\n\n{table(('metric', 'key', 'value', 'unit'), rows)}"


def trained() -> str:
    """The code that adds a loss, after it has given a generator a gradient, and what it called its terms."""
    names = names_of_a_loop()
    exec(compile(TRAIN, "front page", "exec"), names)
    if not all(parameter.grad is not None and parameter.grad.any() for parameter in names["generator"].parameters()):
        raise ValueError("the loss of the front page gives its generator no gradient")
    rows = [(f"`{name}`", f"{value:.2g}") for name, value in names["terms"].items()]
    return f"```python\n{TRAIN}```\n\n{table(('terms', 'value'), rows)}"


def names_of_a_loop() -> dict[str, Any]:
    """What the loop of a GAN has when it comes to the losses."""
    volume, _ = plurigaussian((16,) * 3, voxel_um=0.1, length_um=0.3, fractions=(0.36, 0.34, 0.30), seed=0)
    torch.manual_seed(0)
    return {
        "porenet": porenet,
        "grid": volume.grid,
        "real_labels": torch.tensor(volume.labels)[None],
        "generator": torch.nn.Conv3d(8, 3, 3, padding=1),
        "noise": torch.randn(1, 8, 16, 16, 16),
        "step": 0,
        "adversarial": torch.zeros(()),
    }


def coming_from() -> str:
    """A line of links to the pages for users of other tools."""
    pages = sorted(DOCS.glob("coming-from-*.md"))
    titles = [page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# Coming from ") for page in pages]
    links = [f"[{title}]({page.name})" for title, page in zip(titles, pages, strict=True)]
    return f"Coming from {' · '.join(links)}"


def citation() -> str:
    """An entry of BibTeX made from CITATION.cff."""
    data = yaml.safe_load((DOCS.parent / "CITATION.cff").read_text(encoding="utf-8"))
    fields = {
        "author": " and ".join(_author(person) for person in data["authors"]),
        "title": "{" + data["title"] + "}: " + " ".join(data["abstract"].split()).rstrip("."),
        "version": data["version"],
        **{name: str(data[name]) for name in ("doi", "url") if name in data},
    }
    lines = "\n".join(f"  {name} = {{{value}}}," for name, value in fields.items())
    return f"```bibtex\n@software{{porenet,\n{_folded(lines)}\n}}\n```"


def _author(person: dict[str, str]) -> str:
    return "{" + person["name"] + "}" if "name" in person else f"{person['family-names']}, {person['given-names']}"


def _folded(text: str, width: int = 90) -> str:
    """Lines of at most a width, those that go on indented by four."""
    return "\n".join(
        "\n".join(textwrap.wrap(line, width, initial_indent="  ", subsequent_indent="    "))
        for line in text.splitlines()
    )


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
