"""Signature and docstring of a component, read from its source: nothing of its package is imported."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from porenet.registry.module_files import located

LIGHT = frozenset(sys.stdlib_module_names | {"annotated_types", "pydantic", "typing_extensions"})
"""Packages from which annotations and defaults are imported; all others are read."""
LIGHT_MODULES = frozenset({"porenet.errors", "porenet.interface"})


class Unreadable(LookupError):
    """The source does not say what an import would."""


@functools.cache
def stand_in(target: str) -> Callable[..., Any]:
    """A function with the signature and the docstring of a component that cannot be imported here.

    Args:
        target: import string ``package.module:attribute``.

    Returns:
        A function that does nothing; what `inspect` tells of it is what it tells of the component. An annotation that
        cannot be worked out is ``Any`` with its text as description, and the default beside it is its text.

    Raises:
        Unreadable: there is no source, or it does not define the attribute as a class or function.
    """
    module, _, attributes = target.partition(":")
    first, *others = attributes.split(".")
    try:
        definition = _Module.read(module).definition(first)
        for name in others:
            definition = definition.member(name)
        parameters = list(definition.parameters())
    except RecursionError as error:
        raise Unreadable(f"{target} is defined by itself") from error

    def component(*_positional: object, **_named: object) -> None:
        raise NotImplementedError(f"{target} is known by its source alone")

    component.__module__, component.__qualname__, component.__name__ = module, attributes, attributes.split(".")[-1]
    component.__doc__ = definition.docstring()
    component.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(component)["__signature__"] = inspect.Signature(parameters)
    return component


@dataclass(frozen=True)
class _Import:
    """A name that another module binds; the module itself where `name` is empty."""

    module: str
    name: str


class _Module(Mapping[str, Any]):
    """What a module binds, as a namespace in which the expressions of its source are worked out."""

    def __init__(self, name: str, tree: ast.Module, is_package: bool) -> None:
        self.name = name
        self._package = name.split(".") if is_package else name.split(".")[:-1]
        self._bound = dict(self._bindings(tree.body))

    @classmethod
    @functools.cache
    def read(cls, name: str) -> _Module:
        """The module of that name.

        Raises:
            Unreadable: it is not there, or is no Python source.
        """
        spec = located(name)
        if spec is None or not spec.origin or not spec.origin.endswith(".py"):
            raise Unreadable(f"no source of the module {name!r} was found")
        path = Path(spec.origin)
        sources = [path, *([path.with_suffix(".pyi")] if path.with_suffix(".pyi").exists() else [])]
        try:
            body = [statement for source in reversed(sources) for statement in ast.parse(source.read_bytes()).body]
        except (OSError, SyntaxError, ValueError) as error:
            raise Unreadable(f"the source of the module {name!r} cannot be read: {error}") from error
        return cls(name, ast.Module(body, []), spec.submodule_search_locations is not None)

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

    def definition(self, name: str) -> _Definition:
        """The class or function that a name means, in this module or the one it is imported from.

        Raises:
            Unreadable: it means something else.
        """
        bound = self._bound.get(name)
        if isinstance(bound, _Import) and bound.name:
            return _Module.read(bound.module).definition(bound.name)
        if isinstance(bound, ast.Name):
            return self.definition(bound.id)
        if isinstance(bound, ast.ClassDef | ast.FunctionDef):
            return _Definition(self, bound)
        raise Unreadable(f"the module {self.name!r} defines no class or function {name!r}")

    def _imported(self, bound: _Import) -> Any:
        if bound.module in LIGHT_MODULES or bound.module.partition(".")[0] in LIGHT:
            module = importlib.import_module(bound.module)
            return getattr(module, bound.name) if bound.name else module
        if not bound.name:
            raise Unreadable(f"the module {bound.module!r} is not imported")
        return _Module.read(bound.module)[bound.name]

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


@dataclass(frozen=True)
class _Definition:
    """A class or function in the source of a module."""

    module: _Module
    node: ast.ClassDef | ast.FunctionDef

    def member(self, name: str) -> _Definition:
        """A class or function in the body of the class, or of a class above it.

        Raises:
            Unreadable: there is none.
        """
        for statement in self.node.body if isinstance(self.node, ast.ClassDef) else ():
            if isinstance(statement, ast.ClassDef | ast.FunctionDef) and statement.name == name:
                return _Definition(self.module, statement)
        for base in self._bases():
            try:
                return base.member(name)
            except Unreadable:
                continue
        raise Unreadable(f"{self.module.name}.{self.node.name} defines no {name!r}")

    def docstring(self) -> str | None:
        """Docstring, for a class without one that of a class above it."""
        text = ast.get_docstring(self.node)
        return text or next(filter(None, (base.docstring() for base in self._bases())), None)

    def parameters(self) -> Iterator[inspect.Parameter]:
        """Parameters of a function, or of the class's ``__init__`` after ``self``.

        Raises:
            Unreadable: the source holds no ``__init__``.
        """
        if isinstance(self.node, ast.ClassDef):
            if self.node.bases or any(_is_init(statement) for statement in self.node.body):
                _, *parameters = self.member("__init__").parameters()
                yield from parameters
            return
        arguments, kind = self.node.args, inspect.Parameter
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults
        for number, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
            only = number < len(arguments.posonlyargs)
            yield self._parameter(argument, default, kind.POSITIONAL_ONLY if only else kind.POSITIONAL_OR_KEYWORD)
        if arguments.vararg:
            yield self._parameter(arguments.vararg, None, kind.VAR_POSITIONAL)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            yield self._parameter(argument, default, kind.KEYWORD_ONLY)
        if arguments.kwarg:
            yield self._parameter(arguments.kwarg, None, kind.VAR_KEYWORD)

    def _parameter(self, argument: ast.arg, default: ast.expr | None, kind: Any) -> inspect.Parameter:
        empty: Any = inspect.Parameter.empty
        try:
            hint = self._annotation(argument.annotation) if argument.annotation else empty
            value = self.module.value(default) if default else empty
        except (Unreadable, SyntaxError):
            hint = _text_as_hint(argument.annotation)
            value = ast.unparse(default) if default else empty
        return inspect.Parameter(argument.arg, kind, annotation=hint, default=value)

    def _annotation(self, written: ast.expr) -> Any:
        if isinstance(written, ast.Constant) and isinstance(written.value, str):
            written = ast.parse(written.value, mode="eval").body
        return self.module.value(written)

    def _bases(self) -> Iterator[_Definition]:
        for base in self.node.bases if isinstance(self.node, ast.ClassDef) else ():
            if isinstance(base, ast.Name):
                try:
                    yield self.module.definition(base.id)
                except Unreadable:
                    continue


def _is_init(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef) and statement.name == "__init__"


def _text_as_hint(written: ast.expr | None) -> Any:
    return Annotated[Any, _InJson(ast.unparse(written) if written else "any")]


@dataclass(frozen=True)
class _InJson:
    """JSON schema of a parameter of which only the text of its annotation is known."""

    text: str

    def __get_pydantic_json_schema__(self, _core: object, _handler: object) -> dict[str, str]:
        return {"description": self.text}
