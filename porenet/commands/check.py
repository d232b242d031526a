"""Test components against the laws of the conformance kit: `check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from porenet.commands import listing
from porenet.commands.completion import component_names
from porenet.commands.console import echo, echo_json, echo_table, json_option, progress_bar, secho, table_of
from porenet.errors import InputError, PorenetError
from porenet.interface import Kind
from porenet.registry import Misbehaviour, quarantine

if TYPE_CHECKING:
    from porenet.registry import Component
    from porenet.testing import Case, Check
    from porenet.testing.casebook import Casebook

Result = Literal["holds", "deviates", "broken", "crashes"]
FINE: tuple[Result, ...] = ("holds", "deviates")
EXCERPT = 300
"""Characters of a law's result in the table of many components; for a single component it is printed whole."""


@dataclass(frozen=True)
class Finding:
    """Result of one law on one case."""

    component: Component
    case: Case
    law: str
    statement: str
    result: Result
    words: str

    @property
    def fine(self) -> bool:
        """Whether the component obeys the law, or declares that it does not."""
        return self.result in FINE


@click.command()
@click.argument("name", shell_complete=component_names())
@click.option("--kind", type=click.Choice(get_args(Kind)), help="Only components of this kind.")
@json_option
@click.pass_context
def check(ctx: click.Context, name: str, kind: str | None, as_json: bool) -> None:
    """Test components against the laws of the conformance kit.

    The laws concern shapes, units, gradients and more; they need the extra porenet[testing]. NAME is a component as
    in porenet list-plugins, or provider:name, or an installed distribution, for all its components. The parameters to
    test with come from the plugin's hook porenet_cases; a component without a case is tested with its defaults. A
    declared deviation is shown with its reason; if the component now obeys the law, the declaration itself counts as
    broken. Exit code 1 if a law is broken.

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
    ctx.exit(0 if all(finding.fine for finding in findings) and not book.faults else 1)


@contextmanager
def _kit() -> Iterator[None]:
    """Require hypothesis, and keep its files out of the working folder."""
    import tempfile

    try:
        from hypothesis.configuration import set_hypothesis_home_dir
    except ModuleNotFoundError as error:
        raise InputError(
            "the laws of the conformance kit need hypothesis, which is not installed", fix=_EXTRA
        ) from error
    with tempfile.TemporaryDirectory(prefix="porenet-check-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _findings(book: Casebook) -> Iterator[Finding]:
    from porenet.testing import laws_for

    checks = []
    for component, case in book.cases:
        try:
            checks += [(component, law) for law in laws_for(case, shrink=False).values()]
        except Exception as error:  # its target, or a declared deviation from a law that does not exist
            yield Finding(component, case, "", "The component can be tested.", "crashes", _in_words(error))
    with progress_bar("Checking", total=len(checks)) as step:
        for component, law in checks:
            yield _test(component, law)
            step(str(law.case))


def _test(component: Component, law: Check) -> Finding:
    def finding(result: Result, words: str) -> Finding:
        return Finding(component, law.case, law.name, law.statement, result, words)

    try:
        with quarantine(lambda _printed: None):
            remark = law()
    except Misbehaviour as misbehaviour:
        error = misbehaviour.__cause__
        if isinstance(error, AssertionError):
            return finding("broken", str(error).removeprefix(f"{law.case}: "))
        return finding("crashes", _in_words(error) if isinstance(error, PorenetError) else str(misbehaviour))
    return finding("deviates", law.reason) if law.reason else finding("holds", remark)


def _echo(book: Casebook, findings: Sequence[Finding]) -> None:
    if len({id(component) for component, _ in book.cases}) == 1:
        _echo_laws(findings)
    else:
        _echo_cases(findings)
    for line in listing.fault_lines(book.faults):
        secho(line, fg="red")
    broken = sum(not finding.fine for finding in findings)
    cases = len({id(finding.case) for finding in findings})
    deviations = sum(finding.result == "deviates" for finding in findings)
    words = f"{cases} case{'s'[: cases != 1]}, {len(findings)} checks: "
    words += f"{broken} broken" if broken else "nothing broken"
    if deviations:
        words += f", {deviations} declared deviation{'s'[: deviations != 1]}"
    if book.faults:
        words += f", {len(book.faults)} that could not be tested"
    secho(f"\n{words}.", fg="red" if broken or book.faults else "green")


def _echo_laws(findings: Sequence[Finding]) -> None:
    """Print every law of one component."""
    for case, of_case in _by_case(findings):
        secho(f"{of_case[0].component.spec.kind} {of_case[0].component.full_name}{_setup(case)}", bold=True)
        echo()
        rows = [(finding.law, finding.statement, _result(finding)) for finding in of_case]
        echo_table(table_of(("law", "statement", "result"), rows))
        echo()


def _echo_cases(findings: Sequence[Finding]) -> None:
    """Print one row per case, and one per law that does not simply hold."""
    rows: list[tuple[str, str, str]] = []
    for case, of_case in _by_case(findings):
        counts = Counter(finding.result for finding in of_case)
        totals = [
            f"{counts[result]} {'hold' if result == 'holds' else result}"
            for result in get_args(Result)
            if counts[result]
        ]
        spec = of_case[0].component.spec
        rows.append((spec.kind, f"{spec.name}{_setup(case)}", ", ".join(totals)))
        rows += [
            ("", f"  {finding.law}", f"{_result(finding):.{EXCERPT}}")
            for finding in of_case
            if finding.result != "holds"
        ]
    if rows:
        echo_table(table_of(("kind", "component", "laws"), rows))


def _by_case(findings: Sequence[Finding]) -> list[tuple[Case, list[Finding]]]:
    groups: dict[int, tuple[Case, list[Finding]]] = {}
    for finding in findings:
        groups.setdefault(id(finding.case), (finding.case, []))[1].append(finding)
    return list(groups.values())


def _setup(case: Case) -> str:
    """Parameters of a case, and its phases unless they are the usual ones."""
    return str(case).partition(":")[2].removeprefix(case.spec.name)


def _result(finding: Finding) -> str:
    result = finding.result if finding.fine else finding.result.upper()
    return f"{result}: {finding.words}" if finding.words else result


def _as_data(book: Casebook, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "checks": [
            {
                "kind": finding.component.spec.kind,
                "name": finding.component.spec.name,
                "provider": finding.component.provider.name,
                "version": finding.component.provider.version,
                "params": dict(finding.case.params),
                "phases": list(finding.case.phases),
                "law": finding.law,
                "says": finding.statement,
                "result": finding.result,
                "words": finding.words,
            }
            for finding in findings
        ],
        "faults": [
            {"provider": str(fault.provider), "place": fault.place, "cause": fault.cause} for fault in book.faults
        ],
        "broken": sum(not finding.fine for finding in findings),
    }


def _in_words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, PorenetError) else f"{type(error).__name__}: {text:.300}"


_EXTRA = "Install the extra: porenet[testing]."
