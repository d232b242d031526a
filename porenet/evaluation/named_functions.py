"""Functions that a text names: ``MODULE:FUNCTION``, ``FILE.py:FUNCTION``, either with ``:ARGUMENT`` behind it."""

from __future__ import annotations

import glob
import hashlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from porenet.errors import InputError, PorenetError, did_you_mean

_WORD = r"[^\W\d]\w*"
_NAME = re.compile(rf"(?P<module>.+?\.py|{_WORD}(?:\.{_WORD})*):(?P<function>{_WORD})(?::(?P<argument>.+))?", re.DOTALL)
LISTED = 12
"""Most functions of a module that a message lists."""
_HOW = "Write MODULE:FUNCTION or FILE.py:FUNCTION, and :ARGUMENT behind it for a function that makes the function."


@dataclass(frozen=True, slots=True)
class NamedFunction:
    """A function, by name.

    Attributes:
        module: dotted name of a module, or path of a file.
        function: name in it.
        argument: text that the function is called with, or None: the function itself is meant.
    """

    module: str
    function: str
    argument: str | None = None

    def __str__(self) -> str:
        return ":".join((self.module, self.function, *([] if self.argument is None else [self.argument])))

    def load(self) -> Any:
        """The function; with an argument, what it returns for it.

        Raises:
            InputError: the module cannot be imported, has no such function, or this raises something.
        """
        function = self._function()
        return function if self.argument is None else self._call(function, self.argument)

    def call(self) -> Any:
        """What the function returns for its argument, or without one where it has none.

        Raises:
            InputError: as for `load`.
        """
        return self._call(self._function(), *([] if self.argument is None else [self.argument]))

    def _function(self) -> Callable[..., Any]:
        module = self._imported()
        function = getattr(module, self.function, None)
        if not callable(function):
            names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
            raise InputError(
                f"{self.module} has no function {self.function}{did_you_mean(self.function, names)}",
                where=str(self),
                fix=f"It has {', '.join(names)}." if 0 < len(names) <= LISTED else "",
            )
        return cast(Callable[..., Any], function)

    def _call(self, function: Callable[..., Any], *arguments: str) -> Any:
        try:
            return function(*arguments)
        except PorenetError:
            raise
        except (Exception, SystemExit) as error:
            raise InputError(f"{self.function} raised {in_words(error)}", where=str(self), fix=_DEBUG) from error

    def _imported(self) -> ModuleType:
        try:
            return _of_file(Path(self.module)) if self.module.endswith(".py") else _of_name(self.module)
        except PorenetError:
            raise
        except (Exception, SystemExit) as error:  # a script without a guard may end the program
            raise InputError(f"cannot be imported: {in_words(error)}", where=str(self), fix=_HOW) from error


_DEBUG = "porenet --debug evaluate ... shows where."


def function_name(text: str) -> NamedFunction | None:
    """The function that a text names, or None where it has another form."""
    match = _NAME.fullmatch(text)
    return NamedFunction(**match.groupdict()) if match else None


def functions_matching(name: NamedFunction) -> list[NamedFunction]:
    """One function per path that the argument matches, in the order of the numbers in them; itself without ``*``.

    Raises:
        InputError: it matches no path.
    """
    if name.argument is None or not glob.has_magic(name.argument) or os.path.exists(name.argument):
        return [name]
    return [NamedFunction(name.module, name.function, path) for path in paths_matching(name.argument)]


def paths_matching(pattern: str) -> list[str]:
    """Paths that match a pattern with ``*``, in the order of the numbers in them.

    Raises:
        InputError: there is none.
    """
    paths = sorted(glob.glob(pattern), key=_in_order)
    if not paths:
        raise InputError("matches no path", where=pattern, fix="Name folders that exist.")
    return paths


def _in_order(path: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path)]


def _of_name(name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as python -m does; the program porenet has its own folder there
    return importlib.import_module(name)


def _of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), fix=_HOW)
    name = f"porenet_evaluated_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError("is not a Python file", where=str(path), fix=_HOW)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def in_words(error: BaseException) -> str:
    """Kind and text of an exception that is not porenet's, in one line."""
    text = " ".join(str(error).split()).replace('"', "'")
    return f'{type(error).__name__}, "{text:.200}"'
