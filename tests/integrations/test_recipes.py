"""The recipes of docs/integrations.md run as they stand there, each with its library."""

import re

import pytest
import torch
from checkout import ROOT
from scripts import run_script

PAGE = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
START, *SECTIONS = PAGE.split("\n## ")
RECIPES = {section.partition("\n")[0]: section for section in SECTIONS}
LIBRARIES = {
    "MONAI": "monai", "Lightning": "lightning", "torchmetrics": "torchmetrics", "accelerate": "accelerate",
    "Ignite": "ignite", "Hydra": "hydra",
}  # fmt: skip
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # of the libraries, which are not porenet's to mend
    pytest.mark.filterwarnings("error::porenet.errors.MeasuringFailed", "error::porenet.errors.NoGradient"),
]


def blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a recipe after the start of the page, in an empty folder; returns its names."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)

    def recipe(name: str) -> dict:
        pytest.importorskip(LIBRARIES[name])
        names = {"__name__": "recipe"}
        for text in (*blocks(START), *blocks(RECIPES[name])):
            exec(compile(text, f"docs/integrations.md, {name}", "exec"), names)
        return names

    return recipe


def test_every_recipe_has_its_test():
    assert set(RECIPES) == set(LIBRARIES)


def test_monai(run):
    names = run("MONAI")
    network, objective = names["network"], names["objective"]
    assert any(parameter.grad.abs().max() > 0 for parameter in network.parameters())
    with torch.no_grad():
        direct = objective(names["probabilities"], objective.targets_of(names["real"][:2]))[0]
        assert torch.equal(objective.criterion(names["probabilities"], names["labels"]), direct)


def test_monai_tensors_with_metadata(run):
    names = run("MONAI")
    from monai.data import MetaTensor

    network, criterion = names["network"], names["objective"].criterion
    plain = criterion(network(names["images"]).softmax(dim=1), names["labels"])
    labels = MetaTensor(names["labels"])
    value = criterion(network(MetaTensor(names["images"])).softmax(dim=1), labels)
    value.backward()
    assert value.item() == plain.item()


def test_lightning(run, tmp_path):
    run("Lightning")
    (file,) = tmp_path.glob("runs/**/metrics.csv")
    heading = file.read_text().partition("\n")[0].split(",")
    assert {"vf", "ssa", "structure/vf/Ni", "structure/ssa/pore/std", "structure/step_of_sample"} <= set(heading)
    table = RECIPES["Lightning"].partition("| name | value |")[2].partition("\n\n")[0]
    documented = set(re.findall(r"`(structure/[\w/]+)`", table))
    assert documented - set(heading) == {"structure/vf/Ni/n_undefined"}  # every structure has volume fractions


def test_torchmetrics(run):
    names = run("torchmetrics")
    shares = (names["real"] == 2).double().mean(dim=(1, 2, 3))
    assert float(names["values"]["mean"]) == pytest.approx(float(shares.mean()))
    assert float(names["values"]["n"]) == 8


def test_accelerate_takes_targets_and_an_objective(run):
    names = run("accelerate")
    assert names["terms"].keys() == {"vf", "ssa"}
    assert names["targets"].estimators == names["objective"].targets_of(names["real"]).estimators != {}
    assert names["accelerator"].prepare(names["objective"]) is names["objective"]


def test_ignite(run):
    values = run("Ignite")["logged"][-1]
    assert 0 < values["structure/vf/Ni"] < 1
    assert values["structure/step_of_sample"] in (2, 4)


def test_hydra_from_the_command_line(tmp_path):
    pytest.importorskip("hydra")
    (config,) = re.findall(r'OmegaConf.create\("""\n(.*?)"""\)', RECIPES["Hydra"], re.DOTALL)
    (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
    script = """
        import hydra

        @hydra.main(version_base=None, config_path=".", config_name="config")
        def main(config):
            objective = hydra.utils.instantiate(config.objective)
            print({term.label: term.weight for term in objective.terms}, objective.grid.voxel_um)

        main()
    """
    overrides = re.findall(r"`python train.py (.*?)`", RECIPES["Hydra"])
    (printed,) = run_script(tmp_path / "train.py", script, *overrides, "edge=0.2")
    assert printed == "{'vf': 500.0, 'isolation': 50} (0.2, 0.2, 0.2)\n"


def test_hydra(run):
    objective = run("Hydra")["objective"]
    assert objective.grid.voxel_um == (0.1, 0.1, 0.1)
    assert {term.label: term.weight for term in objective.terms} == {"vf": 1000, "isolation": 50}
