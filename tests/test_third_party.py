"""The outsider's path: wheels built, installed into a fresh environment, used by name from there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import venv
import zipfile
from pathlib import Path
from typing import get_args

import pytest
from checkout import ROOT

from porenet.interface import Kind

# One worker builds the wheels and the environment, and runs all that need them.
pytestmark = pytest.mark.xdist_group("wheels")

PERSISTENCE = ROOT / "examples" / "third_party" / "porenet-persistence"

RUN = """
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]

[objective]
relax = "straight_through"

[[objective.terms]]
loss = "vf"

[[objective.terms]]
loss = "persistence"
weight = 10
params = { phase = "pore", keep = 1 }
"""

BACKWARD = """
import torch, porenet
from porenet.config import load_run

run = load_run("run.toml")
objective = porenet.Objective.from_run(run)
generator = torch.Generator().manual_seed(0)
logits = torch.randn(2, 3, 10, 10, 10, generator=generator).requires_grad_()
targets = {"vf": torch.tensor([[0.36, 0.34, 0.30]]).expand(2, 3)}
total, terms = objective(logits.softmax(1), targets)
total.backward()
alone = porenet.Objective(run.grid, [{"loss": "porenet-persistence:persistence", "params": {"phase": "pore"}}])
other = logits.detach().clone().requires_grad_()
alone(other.softmax(1), {})[0].backward()
reached = other.grad.count_nonzero().item()
assert "persistence" in dir(porenet.losses), "a stranger's loss is a function of its name too"
direct = porenet.losses.persistence(run.grid, phase="pore")(other.softmax(1))
assert torch.equal(direct, alone(other.softmax(1), {})[1]["persistence"])
print(sorted(terms), terms["persistence"].item() > 0, bool(logits.grad.isfinite().all()), reached)
print(porenet.__file__)
"""


class Environment:
    """A virtual environment of its own, with porenet from a wheel."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.purelib = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))

    def install(self, *what: object) -> None:
        """Let pip install into it."""
        run(sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet", *what)

    def __call__(self, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run the environment's Python."""
        return run(self.python, *arguments, cwd=cwd)


def run(*command: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PORENET"))}
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def build(source: Path, into: Path) -> Path:
    """The wheel of a source tree, built as a user would."""
    tree = into / f"source-{source.name}"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "_build", "dist", "build")
    shutil.copytree(source, tree, ignore=ignored)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", into / source.name, tree)
    (wheel,) = (into / source.name).glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The two wheels: porenet, porenet-persistence."""
    folder = tmp_path_factory.mktemp("wheels")
    return build(ROOT, folder), build(PERSISTENCE, folder)


@pytest.fixture(scope="session")
def layered(tmp_path_factory: pytest.TempPathFactory, wheels: tuple[Path, Path]) -> Environment:
    """A fresh environment that takes torch and the rest from this one, but porenet from its wheel."""
    environment = Environment(tmp_path_factory.mktemp("layered"))
    venv.create(environment.folder)
    # Paths in a .pth file are not themselves searched for .pth files, so an editable porenet does not shine through.
    (environment.purelib / "below.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment.install("--no-deps", "--no-index", *wheels)
    return environment


def use_it(environment: Environment, folder: Path) -> None:
    """List, show, compose by name in a TOML, one backward pass."""
    porenet = ("-m", "porenet")
    data = json.loads(environment(*porenet, "list-plugins", "--json", cwd=folder).stdout)
    providers = {(one["name"], one["provider"], one["version"]) for one in data["components"] if one["kind"] == "loss"}
    assert ("persistence", "porenet-persistence", "0.1.0") in providers
    assert ("isolation", "porenet", "0.1.0") in providers
    assert data["faults"] == []

    shown = environment(*porenet, "show", "persistence", cwd=folder).stdout
    for words in ("porenet-persistence 0.1.0", "a phase of the grid", "keep"):
        assert words in shown

    (folder / "run.toml").write_text(RUN)
    assert "porenet-persistence:persistence" in environment(*porenet, "validate", "run.toml", cwd=folder).stdout

    terms, file = environment("-c", BACKWARD, cwd=folder).stdout.splitlines()
    assert terms.startswith("['persistence', 'vf'] True True ")
    assert int(terms.rpartition(" ")[2]) > 0, "the persistence gradient must reach some logits"
    assert str(environment.folder) in file, "porenet must come from the wheel"


def test_a_wheel_of_porenet_holds_what_it_needs_and_nothing_else(wheels):
    archive = zipfile.ZipFile(wheels[0])
    names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    plugins = {path.name for path in (ROOT / "plugins").iterdir() if (path / "__init__.py").exists()}
    assert tops == {"porenet", "porenet-0.1.0.dist-info"} | plugins
    for needed in (
        "porenet/py.typed",
        "porenet/formats/sofc_superres_62.npz",
        "porenet/formats/sofc_superres_62.md",
        "porenet/losses/__init__.pyi",
        "porenet/metrics/__init__.pyi",
        "porenet/registry/__init__.pyi",
        "porenet/commands/templates/run.toml",
        "porenet/commands/templates/new_plugin/metric/component.py.tmpl",
    ):
        assert needed in names
    metadata = archive.read("porenet-0.1.0.dist-info/METADATA").decode("utf-8")
    assert "](docs/" not in metadata
    assert "/raw/v0.1.0/docs/pictures/demo.png)" in metadata
    assert "[[[cog" not in metadata


def test_a_strangers_wheel_is_used_by_name(layered, tmp_path):
    use_it(layered, tmp_path)


@pytest.mark.slow
def test_a_strangers_components_are_checked_by_name(layered, tmp_path):
    code = """
        from porenet.cli import main
        main(["check", "porenet-persistence", "--json"], standalone_mode=False)
        print("and by the name of the loss:")
        main(["check", "persistence"])
    """
    as_json, _, by_name = layered("-c", textwrap.dedent(code), cwd=tmp_path).stdout.partition("and by the name")
    data = json.loads(as_json)
    assert (data["broken"], data["faults"]) == (0, [])
    assert {one["provider"] for one in data["checks"]} == {"porenet-persistence"}
    assert {"holds", "deviates"} == {one["result"] for one in data["checks"]}
    assert "nothing broken" in by_name
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_strangers_own_tests_pass_against_the_wheels(layered, tmp_path):
    shutil.copytree(PERSISTENCE / "tests", tmp_path / "tests")
    done = layered("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tmp_path)
    assert " passed" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_new_plugin_passes_its_own_tests_as_written(layered, tmp_path, kind):
    layered("-m", "porenet", "new-plugin", "porenet-corners", "--kind", kind, cwd=tmp_path)
    wheel = build(tmp_path / "porenet-corners", tmp_path)
    target = tmp_path / "installed"
    layered.install("--no-deps", "--no-index", "--target", target, wheel)
    code = f"import sys; sys.path.insert(0, {str(target)!r}); "
    done = layered(
        "-c",
        code + "import pytest; sys.exit(pytest.main(['-q', '-W', 'error', '-p', 'no:cacheprovider', 'tests']))",
        cwd=tmp_path / "porenet-corners",
    )
    assert " passed" in done.stdout
    code += "from porenet.cli import main; main(['list-plugins'], standalone_mode=False); main(['check', 'corners'])"
    output = layered("-c", code, cwd=tmp_path).stdout
    assert "porenet-corners 0.1.0" in output
    assert output.startswith("kind")
    assert "nothing broken." in output


@pytest.mark.slow
def test_everything_installs_into_an_environment_that_has_nothing(tmp_path, wheels):
    environment = Environment(tmp_path / "pristine")
    venv.create(environment.folder)
    environment.install("--constraint", ROOT / "constraints.txt", *wheels)
    use_it(environment, tmp_path)
