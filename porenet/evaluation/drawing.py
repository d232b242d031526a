"""Structures drawn from a generator: one per condition and seed, checked and decoded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from porenet.errors import InputError, PorenetError
from porenet.evaluation.conditions import Condition
from porenet.evaluation.grid_words import grid_words
from porenet.evaluation.named_functions import in_words
from porenet.interface import Volume

Generator = Callable[[int, Condition], Any]
"""Called as ``generator(seed, condition)``; see `decoded` for what it returns."""

NOISE, ORDER = range(2)
"""Purposes of a seed."""
SUM_ERROR = 0.01
"""Largest deviation from 1 of the sum of the probabilities of a voxel; bfloat16 rounds by 0.004."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnStructure:
    """A structure that a generator gave.

    Attributes:
        volume: its labels.
        condition: that it was asked to meet.
        seed: that the generator was called with.
        probabilities: mean probability of each phase, dimensionless, where the generator gave probabilities.
        numbers: further numbers of the generator, by name; the name states the unit.
    """

    volume: Volume
    condition: Condition
    seed: int
    probabilities: tuple[float, ...] | None
    numbers: Mapping[str, float]


def structure_seed(seed: int, number: int) -> int:
    """The seed of one structure, 0 to 2^32 - 1.

    Args:
        seed: of the evaluation.
        number: of the structure, from 0; the seed does not depend on how many there are.
    """
    return int(np.random.SeedSequence([seed, number, NOISE]).generate_state(1)[0])


def order_of(count: int, n: int, seed: int) -> list[int]:
    """Which of ``count`` conditions each of ``n`` structures has: none twice while there are others."""
    rounds = [np.random.default_rng([seed, turn, ORDER]).permutation(count) for turn in range(-(-n // count))]
    return [int(place) for place in np.concatenate(rounds)[:n]]


def draw(
    generator: Generator, conditions: Sequence[Condition], *, n: int, seed: int, first: int = 0
) -> Iterator[DrawnStructure]:
    """Structures of a generator, in the order of their numbers.

    Args:
        generator: called as ``generator(seed, condition)``.
        conditions: to choose from, in a seeded order.
        n: number of structures.
        seed: of noise and order, 0 or more.
        first: number of the first structure, from 0: a drawing that was stopped goes on there.

    Yields:
        Structures ``first`` to ``n - 1``, each a function of the seed, its number and the conditions.

    Raises:
        InputError: the generator failed, or what it returned is not a structure for the condition.
    """
    order = order_of(len(conditions), n, seed)
    for number in range(first, n):
        yield drawn(generator, conditions[order[number]], structure_seed(seed, number))


def drawn(generator: Generator, condition: Condition, seed: int) -> DrawnStructure:
    """One structure of a generator.

    Raises:
        InputError: the generator failed, or what it returned is not a structure for the condition.
    """
    where = f"the generator, called with seed {seed} and the condition of {condition.name},"
    try:
        answer = generator(seed, condition)
    except PorenetError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{where} raised {in_words(error)}",
            fix="Mend it, or call it by itself with such a seed; porenet --debug evaluate ... shows where it failed.",
        ) from error
    numbers: Mapping[str, float] = {}
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], Mapping):
        answer, numbers = answer
    try:
        numbers = _finite(numbers)
        volume, probabilities = decoded(answer, condition)
    except InputError as error:
        raise InputError(f"{where} returned what is not a structure: {error.what}", fix=error.fix) from error
    return DrawnStructure(volume, condition, seed, probabilities, numbers)


def decoded(answer: Any, condition: Condition) -> tuple[Volume, tuple[float, ...] | None]:
    """The structure that a generator returned.

    Args:
        answer: of numpy or torch, on any device: labels ``(Z, Y, X)``, whole numbers in the order of
            ``condition.grid.phases``; or probabilities ``(P, Z, Y, X)``, of which each voxel gets the most probable
            phase, the first of equal ones; or a `porenet.Volume`.
        condition: that it was asked to meet.

    Returns:
        The structure; and the mean probability of each phase where the answer was probabilities.

    Raises:
        InputError: another shape or grid, labels without a phase, or probabilities that do not add up to 1.
    """
    grid, shape = condition.grid, condition.shape
    if isinstance(answer, Volume):
        if (answer.grid, answer.shape) != (grid, shape):
            raise InputError(
                f"a volume of shape {answer.shape} with {grid_words(answer.grid)}, "
                f"where {shape} with {grid_words(grid)} was asked for"
            )
        return answer, None
    array = _array(answer)
    if array.shape == (len(grid.phases), *shape) and array.dtype.kind == "f":
        return _most_probable(array, condition)
    if array.shape == (len(grid.phases), *shape):
        raise InputError(
            f"{array.dtype} of shape {array.shape}, and probabilities are floating-point numbers",
            fix="Return the softmax of logits, or their argmax.",
        )
    if array.shape != shape:
        raise InputError(
            f"an array of shape {array.shape}, where labels have {shape} and probabilities "
            f"{(len(grid.phases), *shape)}",
            fix="Return one structure of the shape that the condition states, without an axis of the batch.",
        )
    return _labelled(array, condition), None


def _finite(numbers: Mapping[Any, Any]) -> dict[str, float]:
    """Numbers that a generator returned beside a structure, by name."""
    try:
        values = {str(name): float(value) for name, value in numbers.items()}
        sound = all(map(math.isfinite, values.values()))
    except (TypeError, ValueError):
        sound = False
    if not sound:
        raise InputError(f"values beside it that are not finite numbers: {dict(numbers)!r:.100}", fix="Leave them out.")
    return values


def _array(answer: Any) -> Any:
    if hasattr(answer, "detach") and hasattr(answer, "cpu"):  # torch, which this does not import
        answer = _of_tensor(answer)
    if not hasattr(answer, "__array_interface__"):
        raise InputError(
            f"{type(answer).__name__}, not an array of numpy or torch",
            fix="Return labels (Z, Y, X), or probabilities (P, Z, Y, X).",
        )
    if np.ma.is_masked(answer):
        raise InputError("an array with masked voxels", fix="Give every voxel a phase.")
    return np.asarray(answer)


def _of_tensor(tensor: Any) -> Any:
    try:
        tensor = tensor.detach().cpu()
        return (tensor.float() if tensor.is_floating_point() else tensor).numpy()  # numpy has no bfloat16
    except (TypeError, RuntimeError) as error:  # of the device "meta", sparse, quantised
        raise InputError(
            f"a tensor that cannot become an array: {in_words(error)}", fix="Return a dense tensor that holds numbers."
        ) from error


def _labelled(array: Any, condition: Condition) -> Volume:
    grid = condition.grid
    try:
        return Volume.from_array(
            array, phases=grid.phases, voxel_um=grid.edges_um, periodic=grid.wraps, dims=grid.dims
        )  # fmt: skip
    except InputError as error:
        fix = f"Return whole numbers from 0 to {len(grid.phases) - 1}, in the order of condition.grid.phases."
        raise InputError(error.what, fix=fix) from error


def _most_probable(array: Any, condition: Condition) -> tuple[Volume, tuple[float, ...]]:
    total = array.sum(axis=0, dtype=np.float64)
    if not (array >= 0).all() or not (np.abs(total - 1) <= SUM_ERROR).all():
        raise InputError(
            f"numbers from {array.min():.3g} to {array.max():.3g} that are not probabilities: at least 0, with a sum "
            "of 1 in each voxel",
            fix="Return the softmax of logits, or their argmax.",
        )
    labels = array.argmax(axis=0).astype(np.uint8)
    means = array.mean(axis=tuple(range(1, array.ndim)), dtype=np.float64)
    return Volume(labels, condition.grid), tuple(map(float, means))
