"""Values of a file converted to labels of a volume, by the mapping of the caller and never by guessing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError, Wording
from porenet.formats.interface import StoredArray
from porenet.formats.layer_labels import LayerLabels
from porenet.formats.picture_shape import picture_advice
from porenet.formats.whole_numbers import whole, whole_blocks
from porenet.interface.phase_values import option_text, plain_values
from porenet.interface.value_labels import ValueLabels

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LISTED = 12
_COUNTED = 65536


def labels(stored: StoredArray, phases: Mapping[str, Sequence[int]]) -> NDArray[np.uint8]:
    """Read the values of a file as labels.

    Args:
        stored: array to read, already checked.
        phases: file values of each phase; the first phase gets label 0.

    Returns:
        ``(Z, Y, X)``, of a section ``(Y, X)``, uint8 in C order.

    Raises:
        InputError: the file holds a value without a phase (all values and their shares are listed), or ends early.
    """
    flat = np.empty(stored.size, np.uint8)
    own, done = ValueLabels.of(stored.dtype, labels_by_value(phases)), 0
    if stored.slabs is not None and stored.slabs.read_into is not None and not stored.fortran:
        layers = LayerLabels(stored.slabs, stored.dtype, own)
        if layers.read_into(0, stored.shape[0], flat.reshape(stored.shape)):
            raise without_phase(stored, phases)
        return flat.reshape(stored.shape)
    for block in stored.blocks():
        if done + block.size > flat.size:
            raise InputError(f"holds more than the {flat.size} voxels that its header promises")
        if not own.write(block, flat[done : done + block.size]):
            whole(block, done, stored)
            raise without_phase(stored, phases)
        done += block.size
    if done < flat.size:
        raise InputError(f"ends after {done} of {flat.size} voxels", fix="It is truncated or damaged; copy it again.")
    if stored.fortran:
        return np.ascontiguousarray(flat.reshape(stored.shape[::-1]).transpose())
    return flat.reshape(stored.shape)


def without_phase(stored: StoredArray, phases: Mapping[str, Sequence[int]] | None) -> InputError:
    """The error for values without a phase: lists all values with their shares, and the option to add."""
    counts = _census(whole_blocks(stored))
    total = max(1, sum(counts.values()))
    owners = labels_by_value(phases or {})
    unmapped = sorted(value for value, _ in _common(counts, lambda value: value not in owners))
    if phases is not None and not unmapped:
        return InputError("holds other values when it is read again", fix="Did the file change? Read it anew.")
    values = sorted({*unmapped, *(value for value, _ in _common(counts, lambda value: value in owners))})
    listed = ", ".join(f"{value} ({100 * counts[value] / total:.3g} %)" for value in values)
    more = len(counts) - len(values)
    if more > 0:
        listed += f" and {more if len(counts) < _COUNTED else 'many'} more"
    fix = _advice(stored, phases or {}, unmapped, counts, are_grey=more > 0)
    if phases is None:
        note = f" ({stored.record_note})" if stored.record_note else ""
        return InputError(f"no phase names are given{note}; its values are {listed}", fix=fix)
    single = len(unmapped) == 1
    what = f"the value{'' if single else 's'} {', '.join(map(str, unmapped))} {'has' if single else 'have'} no phase"
    return InputError(f"{what}; its values are {listed}", fix=fix)


def _advice(
    stored: StoredArray,
    phases: Mapping[str, Sequence[int]],
    unmapped: Sequence[int],
    counts: Counter[int],
    *,
    are_grey: bool,
) -> Wording:
    """What to do about values without a phase, for callers and for users of a command."""
    named = _named(stored, phases)
    additions = [(named.get(value, "NAME"), value) for value in sorted({*unmapped, *named})]
    flags = ",".join(filter(None, [option_text(phases), *(f"{name}={value}" for name, value in additions)]))
    arguments = "{'NAME': value, ...}"
    if named.keys() >= set(unmapped):
        arguments = str(plain_values(phases) | dict(additions))
    fix = picture_advice(stored) + ("This looks like grey values: segment it first. " if are_grey else "")
    if named:
        fix += f"The file names {', '.join(f'{value} {name!r}' for value, name in named.items())}. "
    fix += "Name a phase for each value: "
    python = command = ""
    if set(counts) == {0, 127, 255} and not (phases or named):
        python = command = " GAN-PH data sets use Ni=255,YSZ=127,pore=0."
    if phases and len(unmapped) == 1:
        python = f" Or add it to a phase: 'NAME': [value, {unmapped[0]}]."
        command = f" Or add it to a phase: NAME=VALUE+{unmapped[0]}."
    return Wording(f"{fix}phases={arguments}.{python}", f"{fix}--phases {flags}.{command}")


def _named(stored: StoredArray, phases: Mapping[str, Sequence[int]]) -> dict[int, str]:
    """Names that the file gives to values without a phase, if the command line can say them."""
    owners = labels_by_value(phases)
    names = {value: name for name, value in (stored.value_names or {}).items()}
    free = {value: name for value, name in sorted(names.items()) if value not in owners and name not in phases}
    return dict([(value, name) for value, name in free.items() if not set(name) & set(",=")][:_LISTED])


def _common(counts: Counter[int], selects: Callable[[int], bool]) -> list[tuple[int, int]]:
    return Counter({value: count for value, count in counts.items() if selects(value)}).most_common(_LISTED)


def labels_by_value(phases: Mapping[str, Sequence[int]]) -> dict[int, int]:
    """Label of each value, from the values of each phase in label order."""
    return {value: label for label, values in enumerate(phases.values()) for value in values}


def _census(blocks: Iterable[NDArray[Any]]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for block in blocks:
        if block.dtype.kind == "u" and block.itemsize == 1:
            numbers = np.bincount(block)
            values = np.flatnonzero(numbers)
            numbers = numbers[values]
        else:
            values, numbers = np.unique(block, return_counts=True)
        for value, count in zip(values.tolist(), numbers.tolist(), strict=True):
            counts[int(value)] += count
        if len(counts) >= _COUNTED:
            break
    return counts
