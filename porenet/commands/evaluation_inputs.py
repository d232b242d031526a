"""Arguments of `evaluate`: real structures, generators and conditions, from files or from functions."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porenet.commands.measurement import named_volumes
from porenet.commands.volume_options import grid_of
from porenet.errors import InputError

if TYPE_CHECKING:
    from porenet.evaluation import Condition, NamedFunction, RealStructures

_FORMS = "Name a folder or a volume that exists, or MODULE:FUNCTION."
_VOLUMES = ("grid", "phases", "voxel_um", "file_format", "dataset", "pattern", "dtype")
"""Options that say how volumes are read."""


class NamedGenerator:
    """A generator with what is known of it: its name, and what its attribute ``about`` says.

    Args:
        name: of the function.

    Raises:
        InputError: there is no such function.
    """

    def __init__(self, name: NamedFunction) -> None:
        from porenet.evaluation.runs_of_generators import stated_about

        self._function = name.load()
        if not callable(self._function):
            raise InputError(
                f"gives {type(self._function).__name__}, not a function of seed and condition",
                where=str(name),
                fix="Return the function that is called with seed and condition for each structure.",
            )
        self.about = {"function": str(name)} | stated_about(self._function)

    def __call__(self, seed: int, condition: Condition) -> Any:
        """A structure, as the function gives it."""
        return self._function(seed, condition)


def real_structures(
    written: str, options: dict[str, Any], cut: Sequence[int] | None, stride: Sequence[int] | None
) -> RealStructures:
    """The real structures that an argument names.

    Raises:
        InputError, UsageError: there are none, or they cannot be read.
    """
    from porenet import evaluation

    name = None if Path(written).exists() else evaluation.function_name(written)
    if name is None:
        path = Path(written)
        if not written or not path.exists():
            raise InputError("does not exist", where=written or "REAL", fix=_FORMS)
        files, *_ = named_volumes((path,))
        grid, reading = grid_of(options, list(files.values()))
        real = evaluation.read_structures(files, grid, roots=[path], reading=reading)
    else:
        stray = [f"--{option.replace('_', '-').removeprefix('file-')}" for option in _VOLUMES if options.get(option)]
        if stray:
            raise click.UsageError(f"{', '.join(stray)} says how volumes are read, and {name} is a function.")
        real = name.call()
        if not isinstance(real, evaluation.RealStructures):
            raise InputError(f"gives {type(real).__name__}, not real structures", where=written, fix=_GIVE)
    return evaluation.cut_boxes(real, cut, stride) if cut else real


_GIVE = "Let the function return a porenet.evaluation.RealStructures."


def sources_of(written: Sequence[str]) -> dict[str, Any]:
    """The generators that the arguments name: name -> a function, a folder, or several of them.

    Raises:
        InputError, UsageError: one is neither a folder nor a function, or a name is written twice.
    """
    sources: dict[str, Any] = {}
    for argument in written:
        name, several = _named(argument)
        if name in sources:
            raise click.UsageError(f"two generators are named {name}: write NAME=GENERATOR, each with its own name.")
        sources[name] = several[0] if len(several) == 1 else several
    return sources


def conditions_in(path: Path, real: RealStructures, shape: Sequence[int] | None) -> tuple[Condition, ...]:
    """The conditions of a table."""
    from porenet.evaluation import read_conditions

    return read_conditions(path, real.grid, shape)


def _named(argument: str) -> tuple[str, list[Any]]:
    """Name and sources of an argument ``[NAME=]GENERATOR``."""
    from porenet.evaluation import function_name
    from porenet.evaluation.named_functions import functions_matching, paths_matching

    stated, equals, rest = argument.partition("=")
    is_path = ":" in stated or Path(argument).exists() or glob.glob(argument)  # runs/lr=0.1 is not named runs/lr
    written = rest if equals and not is_path else argument
    named = stated if written == rest and equals else ""
    if "*" in written and ":" not in written:
        paths = [Path(path) for path in paths_matching(written)]
        return named or _stem(written.replace("*", "")), list(paths)
    if written.endswith(".py") and Path(written).is_file():
        raise InputError("names no function", where=written, fix=f"Write {written}:FUNCTION.")
    if written and Path(written).exists():
        return named or _stem(written), [Path(written)]
    function = function_name(written)
    if function is None:
        raise InputError("is neither a folder that exists nor MODULE:FUNCTION", where=written or argument, fix=_FORMS)
    generators = [NamedGenerator(each) for each in functions_matching(function)]
    return named or _stem((function.argument or function.function).replace("*", "")), generators


def _stem(written: str) -> str:
    """A name for what is written as a path: its last part, without a suffix and signs that no name can hold."""
    path = Path(written)
    last = path.stem if path.is_file() else path.resolve().name
    return "".join(letter if letter.isalnum() or letter in "-_+" else "_" for letter in last).strip("_-") or "generator"
