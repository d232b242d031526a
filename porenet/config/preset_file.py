"""A preset: a named list of quantities, each a value of a metric with parameters and what it means in a few words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from porenet.config.documents import parse
from porenet.config.tables import Findings, Table
from porenet.errors import InputError, argument, did_you_mean
from porenet.formats import read_text

FOLDER = Path(__file__).parent / "presets"
MARKS = ("{phase}", "{pair}")
"""What stands in a key for each phase, and for each two."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One line of a preset.

    Attributes:
        name: name of the quantity.
        metric: the metric that measures it.
        params: parameters of the metric; a missing one has its default.
        key: key of the value; ``{phase}`` stands for each phase, ``{pair}`` for each two, joined by ``-``.
        meaning: what it means, in a few words; ``{axis}`` stands for the value of the parameter ``axis``.
    """

    name: str
    metric: str
    params: Mapping[str, Any]
    key: str
    meaning: str

    def keys(self, phases: Sequence[str]) -> dict[str, str]:
        """Key of each value: by the phase or the pair of phases that it is of, or by ``""`` for the whole volume."""
        pairs = list(map("-".join, itertools.combinations(phases, 2)))
        for mark, names in zip(MARKS, (phases, pairs), strict=True):
            if mark in self.key:
                return {name: self.key.replace(mark, name) for name in names}
        return {"": self.key}


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset.

    Attributes:
        name: name of a preset of porenet, or path of a file.
        title: what it characterises.
        quantities: in the order of the table.
    """

    name: str
    title: str
    quantities: tuple[Quantity, ...]


class QuantityTable(Table):
    """The table ``[[quantity]]``."""

    name: str = Field(min_length=1)
    metric: str
    key: str
    params: dict[str, Any] = Field(default_factory=dict)
    meaning: str = ""


class PresetTable(Table):
    """A preset file."""

    title: str
    quantity: list[QuantityTable] = Field(min_length=1)


def preset_names() -> list[str]:
    """Names of porenet's own presets."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_preset(name: str) -> Preset:
    """A preset of porenet by its name, or that of a file.

    Args:
        name: one of `preset_names`, or the path of a file that ends in ``.toml``.

    Raises:
        InputError: there is no such preset, or the file cannot be read.
        ConfigError: the file is not a preset; holds every problem.
    """
    if name.endswith(".toml"):
        path = Path(name)
    elif name in preset_names():
        path = FOLDER / f"{name}.toml"
    else:
        raise InputError(
            f"there is no preset {name!r}{did_you_mean(name, preset_names())}",
            where=argument("preset"),
            fix=f"Choose {' or '.join(preset_names())}, or name a file of your own that ends in .toml.",
        )
    text = read_text(path)
    findings = Findings()
    table = findings.table(PresetTable, parse(text, str(path)), "")
    if table is not None:
        for number, names in _repeated(table).items():
            findings.add(f"quantity[{number}].name", f"stands twice: {names!r}")
        for number, quantity in enumerate(table.quantity):
            for message in _faults_of_key(quantity.key):
                findings.add(f"quantity[{number}].key", message)
    if table is None or findings.problems:
        raise findings.refusal(str(path), text)
    return Preset(name, table.title, tuple(Quantity(**dict(quantity)) for quantity in table.quantity))


def _faults_of_key(key: str) -> list[str]:
    """What is wrong with the marks in the key of a quantity."""
    marks = re.findall(r"\{[^}]*\}", key)
    faults = [f"{mark} is neither {{phase}} nor {{pair}}" for mark in marks if mark not in MARKS]
    return faults or (["{phase} and {pair} do not go together"] if len(set(marks)) > 1 else [])


def _repeated(table: PresetTable) -> dict[int, str]:
    """Number and name of each quantity whose name another has before it."""
    seen: set[str] = set()
    return {
        number: quantity.name
        for number, quantity in enumerate(table.quantity)
        if quantity.name in seen or seen.add(quantity.name)  # type: ignore[func-returns-value]
    }
