"""What a module binds, read from its source: nothing of its package is imported."""

from __future__ import annotations

import ast
import functools
import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porenet.registry.module_files import located

LIGHT = frozenset(sys.stdlib_module_names | {"annotated_types", "pydantic", "typing_extensions"})
"""Packages from which annotations and defaults are imported; all others are read."""
LIGHT_MODULES = frozenset({"porenet.errors", "porenet.interface"})


class Unreadable(LookupError):
    """The source does not say what an import would."""


@dataclass(frozen=True)
class _Import:
    """A name that another module binds; the module itself where `name` is empty."""

    module: str
    name: str


@dataclass(frozen=True)
class SourceFiles:
    """The files that say what a module binds, in the state in which they are: a changed file is another one.

    Attributes:
        module: full name of the module.
        paths: the stub, where there is one, then the source.
        states: time of change in ns and size in bytes of each.
        is_package: whether the module is the face of a package.
    """

    module: str
    paths: tuple[Path, ...]
    states: tuple[tuple[int, int], ...]
    is_package: bool

    @classmethod
    def of(cls, module: str) -> SourceFiles:
        """The files of the module of that name.

        Raises:
            Unreadable: it is missing, or not Python source.
        """
        spec = located(module)
        if spec is None or not spec.origin or not spec.origin.endswith(".py"):
            raise Unreadable(f"no source of the module {module!r} was found")
        source = Path(spec.origin)
        paths = [path for path in (source.with_suffix(".pyi"), source) if path == source or path.exists()]
        try:
            states = [path.stat() for path in paths]
        except OSError as error:
            raise Unreadable(f"the source of the module {module!r} cannot be read: {error}") from error
        changes = tuple((state.st_mtime_ns, state.st_size) for state in states)
        return cls(module, tuple(paths), changes, spec.submodule_search_locations is not None)


class SourceModule(Mapping[str, Any]):
    """What a module binds, as a namespace in which the expressions of its source are worked out."""

    def __init__(self, name: str, tree: ast.Module, is_package: bool) -> None:
        self.name = name
        self._package = name.split(".") if is_package else name.split(".")[:-1]
        self._bound = dict(self._bindings(tree.body))

    @classmethod
    def read(cls, name: str) -> SourceModule:
        """The module of that name, as its files are now.

        Raises:
            Unreadable: it is missing, or not Python source.
        """
        return cls._parsed(SourceFiles.of(name))

    @classmethod
    @functools.cache
    def _parsed(cls, files: SourceFiles) -> SourceModule:
        try:
            body = [statement for path in files.paths for statement in ast.parse(path.read_bytes()).body]
        except (OSError, SyntaxError, ValueError) as error:
            raise Unreadable(f"the source of the module {files.module!r} cannot be read: {error}") from error
        return cls(files.module, ast.Module(body, []), files.is_package)

    def __getitem__(self, name: str) -> Any:
        """Value of a name; KeyError lets the evaluation go on to the builtins."""
        bound = self._bound[name]
        if isinstance(bound, _Import):
            return self._imported(bound)
        if isinstance(bound, ast.expr):
            return self.value(bound)
        raise Unreadable(f"{self.name}.{name} is defined by a statement")

    def __iter__(self) -> Iterator[str]:
        return iter(self._bound)

    def __len__(self) -> int:
        return len(self._bound)

    def value(self, expression: ast.expr) -> Any:
        """Value of an expression of this module.

        Raises:
            Unreadable: it needs what the source does not say.
        """
        code = compile(ast.fix_missing_locations(ast.Expression(expression)), self.name, "eval")
        try:
            return eval(code, {}, self)  # the text that an import would run, and no more of it
        except Exception as error:
            raise Unreadable(f"{ast.unparse(expression)}: {error}") from error

    def definition(self, name: str) -> tuple[SourceModule, ast.ClassDef | ast.FunctionDef]:
        """The class or function that a name means, and its module: this one or the one it is imported from.

        Raises:
            Unreadable: it means something else.
        """
        bound = self._bound.get(name)
        if isinstance(bound, _Import) and bound.name:
            return SourceModule.read(bound.module).definition(bound.name)
        if isinstance(bound, ast.Name):
            return self.definition(bound.id)
        if isinstance(bound, ast.ClassDef | ast.FunctionDef):
            return self, bound
        raise Unreadable(f"the module {self.name!r} defines no class or function {name!r}")

    def _imported(self, bound: _Import) -> Any:
        if bound.module in LIGHT_MODULES or bound.module.partition(".")[0] in LIGHT:
            module = importlib.import_module(bound.module)
            return getattr(module, bound.name) if bound.name else module
        if not bound.name:
            raise Unreadable(f"the module {bound.module!r} is not imported")
        return SourceModule.read(bound.module)[bound.name]

    def _bindings(self, statements: list[ast.stmt]) -> Iterator[tuple[str, Any]]:
        for statement in statements:
            match statement:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                    yield name, statement
                case ast.Assign(targets=targets, value=value):
                    yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    yield name, value
                case ast.Import(names=aliases):
                    for alias in aliases:
                        whole = alias.name if alias.asname else alias.name.partition(".")[0]
                        yield alias.asname or whole, _Import(whole, "")
                case ast.ImportFrom(names=aliases, level=level):
                    module = ".".join([*self._package[: len(self._package) - level + 1]] if level else [])
                    module = ".".join(filter(None, [module, statement.module]))
                    yield from ((alias.asname or alias.name, _Import(module, alias.name)) for alias in aliases)
                case ast.If(body=body, orelse=other) | ast.Try(body=body, orelse=other):
                    yield from self._bindings([*other, *body])
