"""Samples of a reference and of a run as arrays over the same structures."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.comparison.evidence.structures import Blocks
from porenet.comparison.samples import Quantity, Sample
from porenet.errors import InputError
from porenet.interface import Undefined

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """Pooled structures: those of the reference first, each part in the order of the names of its volumes.

    Attributes:
        blocks: independent blocks of the structures.
        values: ``(n + m,)`` values of each quantity that both hold, in sorted order; NaN where undefined or not
            measured; logarithms where transformed.
        measured: ``(n + m,)``, whether the quantity was measured on the structure.
        transforms: "log" for each quantity whose logarithms these are, else empty.
    """

    blocks: Blocks
    values: Mapping[Quantity, Values]
    measured: Mapping[Quantity, NDArray[np.bool_]]
    transforms: Mapping[Quantity, str]


def pool(
    reference: Mapping[Quantity, Sample], run: Mapping[Quantity, Sample], transform: Mapping[Quantity, str], seed: int
) -> Pool:
    """Pool the quantities that both hold.

    A quantity is transformed where all its values allow it: a single 0 has no logarithm, and the values themselves are
    compared.

    Args:
        reference: samples of the reference.
        run: samples of the run.
        transform: "log" for quantities whose logarithms are to be compared.
        seed: seed of all draws.

    Raises:
        InputError: a value is infinite or NaN.
    """
    quantities = sorted(set(reference) & set(run))
    places, blocks = [], []
    for samples in (reference, run):
        block_of = _blocks_of_volumes(samples[quantity] for quantity in quantities)
        names = sorted(block_of)
        places.append({name: place for place, name in enumerate(names)})
        blocks.append([block_of[name] for name in names])
    values, measured, transforms = {}, {}, {}
    for quantity in quantities:
        parts = [_placed(samples[quantity], place) for samples, place in zip((reference, run), places, strict=True)]
        pooled = np.concatenate([part for part, _ in parts])
        measured[quantity] = np.concatenate([mask for _, mask in parts])
        defined = pooled[~np.isnan(pooled)]
        logarithmic = transform.get(quantity, "") == "log" and bool(np.all(defined > 0))
        transforms[quantity] = "log" if logarithmic else ""
        values[quantity] = np.log(pooled) if logarithmic else pooled
    return Pool(Blocks.of(blocks[0], blocks[1], seed), values, measured, transforms)


def _placed(sample: Sample, places: Mapping[str, int]) -> tuple[Values, NDArray[np.bool_]]:
    values, measured = np.full(len(places), np.nan), np.zeros(len(places), bool)
    for name, value in zip(sample.volumes, sample.values, strict=True):
        measured[places[str(name)]] = True
        if not isinstance(value, Undefined):
            if not math.isfinite(value):
                raise InputError(f"a finite value or Undefined was expected, not {value!r}", where=f"volume {name}")
            values[places[str(name)]] = value
    return values, measured


def _blocks_of_volumes(samples: Iterable[Sample]) -> dict[str, Hashable]:
    """Block of each volume of any sample: volumes that share a block in one sample share it in all."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    seen: set[tuple[str, ...]] = set()
    for sample in samples:
        names = tuple(map(str, sample.volumes))
        if names in seen:
            continue
        seen.add(names)
        first: dict[Hashable, str] = {}
        for name, block in zip(names, sample.blocks() or names, strict=True):
            parent.setdefault(name, name)
            parent[root(name)] = root(first.setdefault(block, name))
    return {name: root(name) for name in parent}
