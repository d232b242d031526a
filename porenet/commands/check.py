"""Test components against the laws of the conformance kit: `check`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, get_args

import click

from porenet.commands.check_findings import Finding, Result
from porenet.commands.check_report import as_data, echo_findings
from porenet.commands.completion import component_names
from porenet.commands.console import echo_json, json_option, progress_bar
from porenet.errors import InputError, PorenetError, did_you_mean
from porenet.interface import Kind
from porenet.registry import Misbehaviour, quarantine, require

if TYPE_CHECKING:
    from porenet.registry import Component
    from porenet.testing import Check
    from porenet.testing.casebook import Casebook


@click.command()
@click.argument("name", shell_complete=component_names())
@click.option("--kind", type=click.Choice(get_args(Kind)), help="Only components of this kind.")
@click.option("--law", metavar="NAME", help="Only this law.")
@json_option
@click.pass_context
def check(ctx: click.Context, name: str, kind: str | None, law: str | None, as_json: bool) -> None:
    """Test components against the laws of the conformance kit.

    The laws concern shapes, units, gradients and more; they need the extra porenet[testing]. NAME is a component as
    in porenet list-plugins, or provider:name, or an installed distribution, for all its components. The parameters to
    test with come from the plugin's hook porenet_cases; a component without a case is tested with its defaults. A
    declared deviation is shown with its reason; if the component now obeys the law, the declaration itself counts as
    broken. Exit code 1 if a law is broken.

    Of several broken laws the first cause stands first, and those that may be broken for the same reason are named
    below it; with --json, and with --law for one of them, each is shown in full.

    \b
    porenet check isolation
    porenet check isolation --law gradient_reaches_logits
    porenet check porenet-persistence
    """
    with _kit():
        from porenet.testing.casebook import casebook

        book = casebook(name, kind)
        findings = list(_findings(book, law))
        if law and not findings and not book.faults:
            raise InputError(f"the law {law} does not apply to {name}", fix="Without --law those that do are tried.")
    if as_json:
        echo_json(as_data(book, findings))
    else:
        echo_findings(book, findings)
    ctx.exit(0 if all(finding.fine for finding in findings) and not book.faults else 1)


@contextmanager
def _kit() -> Iterator[None]:
    """Require hypothesis and torch, and keep the files of hypothesis out of the working folder."""
    import tempfile

    for library in ("torch", "hypothesis"):
        require(library, "porenet check", extra="testing")
    from hypothesis.configuration import set_hypothesis_home_dir

    with tempfile.TemporaryDirectory(prefix="porenet-check-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _findings(book: Casebook, only: str | None = None) -> Iterator[Finding]:
    from porenet.testing.checks import law_names, laws_for

    if only is not None and only not in law_names():
        hint = did_you_mean(only, law_names()) or f"; the laws are {', '.join(law_names())}"
        raise InputError(f"no law is called {only!r}{hint}", where="--law")
    checks = []
    for component, case in book.cases:
        try:
            laws = laws_for(case, shrink=False).values()
            checks += [(component, law) for law in laws if only in (None, law.name)]
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


def _in_words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, PorenetError) else f"{type(error).__name__}: {text:.300}"
