"""Whether components keep the contract: `check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from porenet.commands import listing
from porenet.commands.console import echo_json, echo_table, json_option, progress_bar, table_of
from porenet.errors import InputError, PorenetError
from porenet.interface import Kind
from porenet.registry import Misbehaviour, quarantine

if TYPE_CHECKING:
    from porenet.registry import Component
    from porenet.testing import Case, Check
    from porenet.testing.casebook import Casebook

Result = Literal["holds", "deviates", "broken", "crashes"]
FINE: tuple[Result, ...] = ("holds", "deviates")
SHOWN = 300
"""Characters of what broke a law, among many components; of one component all of it is shown."""


@dataclass(frozen=True)
class Finding:
    """What came of one law on one case."""

    component: Component
    case: Case
    law: str
    statement: str
    result: Result
    words: str

    @property
    def fine(self) -> bool:
        """Whether the component keeps the contract, or says where it does not."""
        return self.result in FINE


@click.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(get_args(Kind)), help="Only this kind.")
@json_option
@click.pass_context
def check(ctx: click.Context, name: str, kind: str | None, as_json: bool) -> None:
    """Try whether components obey the laws of the conformance kit (extra: porenet[testing]).

    NAME is a component as list-plugins shows it, or provider:name, or the name of an installed distribution for all
    that it offers. What each is tried with comes from the plugin's hook porenet_cases; a component without a case is
    tried with its defaults. A deviation that is declared is shown with its reason; once it is none, that is broken
    too. Exit code 1 if a law is broken.

    \b
    porenet check isolation
    porenet check porenet-persistence
    """
    with _kit():
        from porenet.testing.casebook import casebook

        book = casebook(name, kind)
        findings = list(_findings(book))
    if as_json:
        echo_json(_as_data(book, findings))
    else:
        _echo(book, findings)
    ctx.exit(0 if all(one.fine for one in findings) and not book.faults else 1)


@contextmanager
def _kit() -> Iterator[None]:
    """The conformance kit in use: present, and leaving nothing in the working folder."""
    import tempfile

    try:
        from hypothesis.configuration import set_hypothesis_home_dir
    except ModuleNotFoundError as error:
        raise InputError("the laws need hypothesis, which is not installed", fix=_EXTRA) from error
    with tempfile.TemporaryDirectory(prefix="porenet-check-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _findings(book: Casebook) -> Iterator[Finding]:
    from porenet.testing import laws_for

    tried = []
    for component, case in book.cases:
        try:
            tried += [(component, law) for law in laws_for(case, shrink=False).values()]
        except Exception as error:  # its target, or a deviation from a law that there is not
            yield Finding(component, case, "", "It can be tried.", "crashes", _in_words(error))
    with progress_bar("Checking", total=len(tried)) as step:
        for component, law in tried:
            yield _tried(component, law)
            step(str(law.case))


def _tried(component: Component, law: Check) -> Finding:
    def found(result: Result, words: str) -> Finding:
        return Finding(component, law.case, law.name, law.statement, result, words)

    try:
        with quarantine(lambda _printed: None):
            law()
    except Misbehaviour as misbehaviour:
        error = misbehaviour.__cause__
        if isinstance(error, AssertionError):
            return found("broken", str(error).removeprefix(f"{law.case}: "))
        return found("crashes", _in_words(error) if isinstance(error, PorenetError) else str(misbehaviour))
    return found("deviates", law.reason) if law.reason else found("holds", "")


def _echo(book: Casebook, findings: Sequence[Finding]) -> None:
    if len({id(component) for component, _ in book.cases}) == 1:
        _echo_laws(findings)
    else:
        _echo_cases(findings)
    for line in listing.fault_lines(book.faults):
        click.secho(line, fg="red")
    wrong = sum(not one.fine for one in findings)
    cases = len({id(one.case) for one in findings})
    deviations = sum(one.result == "deviates" for one in findings)
    words = f"{cases} case{'s'[: cases != 1]}, {len(findings)} checks: "
    words += f"{wrong} broken" if wrong else "nothing broken"
    if deviations:
        words += f", {deviations} declared deviation{'s'[: deviations != 1]}"
    if book.faults:
        words += f", {len(book.faults)} that could not be tried"
    click.secho(f"\n{words}.", fg="red" if wrong or book.faults else "green")


def _echo_laws(findings: Sequence[Finding]) -> None:
    """Every law of one component."""
    for case, of_case in _by_case(findings):
        click.secho(f"{of_case[0].component.spec.kind} {of_case[0].component.full_name}{_tried_with(case)}", bold=True)
        click.echo()
        echo_table(table_of(("law", "says", "result"), [(one.law, one.statement, _result(one)) for one in of_case]))
        click.echo()


def _echo_cases(findings: Sequence[Finding]) -> None:
    """How each case did, and whatever does not simply hold."""
    rows: list[tuple[str, str, str]] = []
    for case, of_case in _by_case(findings):
        counts = Counter(one.result for one in of_case)
        told = [f"{counts[result]} {'hold' if result == 'holds' else result}" for result in get_args(Result)]
        told = [one for one in told if not one.startswith("0 ")]
        spec = of_case[0].component.spec
        rows.append((spec.kind, f"{spec.name}{_tried_with(case)}", ", ".join(told)))
        rows += [("", f"  {one.law}", f"{_result(one):.{SHOWN}}") for one in of_case if one.result != "holds"]
    if rows:
        echo_table(table_of(("kind", "component", "laws"), rows))


def _by_case(findings: Sequence[Finding]) -> list[tuple[Case, list[Finding]]]:
    groups: dict[int, tuple[Case, list[Finding]]] = {}
    for one in findings:
        groups.setdefault(id(one.case), (one.case, []))[1].append(one)
    return list(groups.values())


def _tried_with(case: Case) -> str:
    """Parameters, and phases unless they are the usual ones."""
    return str(case).partition(":")[2].removeprefix(case.spec.name)


def _result(finding: Finding) -> str:
    result = finding.result if finding.fine else finding.result.upper()
    return f"{result}: {finding.words}" if finding.words else result


def _as_data(book: Casebook, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "checks": [
            {
                "kind": one.component.spec.kind,
                "name": one.component.spec.name,
                "provider": one.component.provider.name,
                "version": one.component.provider.version,
                "params": dict(one.case.params),
                "phases": list(one.case.phases),
                "law": one.law,
                "says": one.statement,
                "result": one.result,
                "words": one.words,
            }
            for one in findings
        ],
        "faults": [
            {"provider": str(fault.provider), "place": fault.place, "cause": fault.cause} for fault in book.faults
        ],
        "broken": sum(not one.fine for one in findings),
    }


def _in_words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, PorenetError) else f"{type(error).__name__}: {text:.300}"


_EXTRA = "Install the extra: porenet[testing]."
