"""Every error that porenet raises on purpose. Each message says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class Wording(str):
    """A text for callers of the library that has another wording for users of a command.

    It is written where a text names an argument of Python, for which the command has an option.

    Args:
        python: the text itself.
        command: what a command prints instead.
    """

    command: str

    def __new__(cls, python: str, command: str) -> Wording:
        """A text in both wordings."""
        text = super().__new__(cls, python)
        text.command = command
        return text

    def __reduce__(self) -> tuple[object, ...]:  # for the way home from a worker process
        return Wording, (str(self), self.command)

    def after(self, prefix: str) -> Wording:
        """Both wordings, behind the same prefix."""
        return Wording(prefix + self, prefix + self.command)


def command_wording(text: str) -> str:
    """What a command prints for a text."""
    return text.command if isinstance(text, Wording) else text


def argument(name: str, *, of: str = "") -> Wording:
    """An argument as the place of an error; a command names its option of the same name.

    Args:
        name: name of the argument.
        of: what takes it, such as ``Grid``.
    """
    return Wording(f"{of}.{name}" if of else name, "--" + name.replace("_", "-"))


class PorenetError(Exception):
    """Base class of the errors of porenet.

    Args:
        what: what is wrong, in a user's words.
        where: the place (file and key path, component, argument); may be empty.
        fix: what to do about it; may be empty.

    Each of them may be a `Wording`.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.fix = what, where, fix

    def __str__(self) -> str:
        return _message(self.where, self.what, self.fix)

    def __repr__(self) -> str:  # with place and advice: hydra shows the errors of what it builds in this form alone
        return f"{type(self).__name__}({str(self)!r})"

    @property
    def wording(self) -> Wording:
        """The whole message, for callers of the library and for users of a command."""
        return Wording(str(self), _message(*map(command_wording, (self.where, self.what, self.fix))))


class InputError(PorenetError, ValueError):
    """An array, value or argument passed to the library is not valid. Plugins may raise it."""


class UnknownComponent(PorenetError, LookupError):
    """No installed component of the kind has that name, or several third-party plugins use it."""


class PluginError(PorenetError):
    """A plugin breaks the contract: by its import target, its signature, or what it returns."""


class MissingExtra(PorenetError, ImportError):
    """A library that an extra of porenet installs is missing, or is there and cannot be imported."""


class NonFiniteTerm(PorenetError, ArithmeticError):
    """A term of an objective became NaN or infinite."""


class FooledTerm(UserWarning):
    """A term of an objective is met on the probabilities, but not on the structure decoded from them."""


class BlindTerm(UserWarning):
    """A term of an objective is met by a structure that its witness, a metric with another filter, calls wrong."""


class AssumedTarget(UserWarning):
    """A part of a target is missing, and the loss assumes a value for it."""


class NoGradient(UserWarning):
    """The field given to an objective in training carries no gradient, so that its terms train nothing."""


class DoubtfulTarget(UserWarning):
    """A target differs so much from what the field has that its unit is in doubt."""


class MeasuringFailed(UserWarning):
    """Structures of a training could not be measured, or not in time; the training goes on without their values."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a configuration.

    Attributes:
        path: key path such as ``objective.terms[1].params.phase``.
        message: what is wrong and what would be right.
        line: 1-based line in the file, or None where it is not known.
        source: the file in which it stands, where that is another one than was asked for: a base of it.
    """

    path: str
    message: str
    line: int | None = None
    source: str = ""


class ConfigError(PorenetError, ValueError):
    """A configuration or a set of parameters is wrong; holds every problem at once.

    Args:
        problems: what is wrong.
        source: the file, or another name for what was checked.
        broken_plugin: whether one of the problems is a plugin's fault and not the user's.
    """

    def __init__(self, problems: Sequence[Problem], *, source: str = "", broken_plugin: bool = False) -> None:
        self.problems = tuple(problems)
        self.broken_plugin = broken_plugin
        self.source = source
        count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
        super().__init__(count, where=source)

    @property
    def wording(self) -> Wording:
        """The whole message, which names key paths and is the same for all readers."""
        return Wording(str(self), str(self))

    def __reduce__(self) -> tuple[object, ...]:  # keyword-only arguments do not survive pickling otherwise
        return _rebuild_config_error, (self.problems, self.source, self.broken_plugin)

    def __str__(self) -> str:
        rows = []
        for problem in self.problems:
            line = f"line {problem.line}, " if problem.line else ""
            file = f"{problem.source}, " if problem.source else ""
            rows.append(f"{file}{line}{problem.path}: {problem.message}")
        if len(rows) == 1:
            return f"{self.source}: {rows[0]}" if self.source else rows[0]
        head = f"{self.source}: {self.what}" if self.source else self.what
        return "\n".join([head, *(f"  - {row}" for row in rows)])


def _message(where: str, what: str, fix: str) -> str:
    # A file may have a line break in its name, and a message is one line.
    place = where.replace("\n", "\\n").replace("\r", "\\r")
    located = f"{place}: {what}" if place else what
    if not fix:
        return located
    return f"{located} {fix}" if located.endswith(("?", "!")) else f"{located.rstrip('.')}. {fix}"


def _rebuild_config_error(problems: tuple[Problem, ...], source: str, broken_plugin: bool) -> ConfigError:
    return ConfigError(problems, source=source, broken_plugin=broken_plugin)


def did_you_mean(typed: str, known: Iterable[str], prefix: str = "") -> str:
    """``; did you mean '...'?`` with the closest known words, to end a message; empty if none is close.

    Args:
        typed: the word that the user wrote.
        known: the words that are allowed.
        prefix: text before each suggested word.
    """
    import difflib  # costs 4 ms, needed only once something is misspelt

    folded = {word.casefold(): word for word in known}
    close = difflib.get_close_matches(typed.casefold(), folded, n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(prefix + folded[word]) for word in close)}?" if close else ""


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 volume``, ``2 volumes``, ``0 volumes``.

    Args:
        count: how many.
        noun: in the singular, words before it included.
        plural: where it is not the singular with an s.
    """
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"
