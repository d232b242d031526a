"""Signature and docstring of a component, read from its source: nothing of its package is imported."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from porenet.registry.source_module import SourceFiles, SourceModule, Unreadable


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
    return _stand_in(target, SourceFiles.of(target.partition(":")[0]))


@functools.cache
def _stand_in(target: str, files: SourceFiles) -> Callable[..., Any]:
    """For a target in the state of its files: another state makes another stand-in."""
    module, attributes = files.module, target.partition(":")[2]
    first, *others = attributes.split(".")
    try:
        definition = _Definition(*SourceModule.read(module).definition(first))
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
class _Definition:
    """A class or function in the source of a module."""

    module: SourceModule
    node: ast.ClassDef | ast.FunctionDef

    def member(self, name: str) -> _Definition:
        """A class or function in the body of the class, or of a class above it.

        Raises:
            Unreadable: there is none.
        """
        body = self.node.body if isinstance(self.node, ast.ClassDef) else []
        for statement in reversed(body):  # the last one counts, behind those of `typing.overload`
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
            if self.node.bases or self.node.decorator_list or any(_is_init(statement) for statement in self.node.body):
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
                    yield _Definition(*self.module.definition(base.id))
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
