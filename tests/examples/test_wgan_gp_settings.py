"""Runs of the example trainer: every mistake is named, with its place and what is right."""

import pytest

from examples.wgan_gp.settings import load, load_trained
from porenet.errors import ConfigError
from porenet.generation import RunFolder, VolumeData

DATA = """[data]
source = "synthetic"
size = 16
count = 6
held_out = 2
length_um = 0.3
"""


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("steps = 6", "steps = 0", "train.steps", "greater than or equal to 1"),
        ("steps = 6", "", "train.steps", "is required"),
        ("batch = 4", "bacth = 4", "train.bacth", "did you mean 'batch'"),
        ("batch = 4", "betas = [0.5, 1.0]", "train.betas[1]", "less than 1"),
        ("batch = 4", 'precision = "16-mixed"', "train.precision", "must be '32-true' or 'bf16-mixed'"),
        ('device = "cpu"', 'device = "gpu"', "train.device", "must be 'auto', 'cpu' or 'cuda'"),
        ("batch = 4", 'critic_reads = "hard"', "train.critic_reads", "must be 'soft' or 'straight_through'"),
        ("latent = 3", 'preset = "publishd"', "network.preset", "did you mean 'published'"),
        ("generator = [6, 4]", "generator = []", "network.generator", "at least 1"),
        ("latent = 3", "hold_networks = true", "network.hold_networks", "name them in [grid.reservoirs]"),
        ("latent = 3", 'hold_vf = true\ncondition = ["ssa"]', "network.hold_vf", "put 'vf' into network.condition"),
        ('source = "synthetic"\n', "", "data.source", "'synthetic' for plurigaussian electrodes"),
        ('source = "synthetic"', 'source = "files"', "data.source", "not 'files'"),
        ('source = "synthetic"', 'source = "volumes"', "data.path", "is required"),
        ("length_um = 0.3", "length_um = 0.3\nfractions = [0.5, 0.4]", "data.fractions", "3 numbers that add up to 1"),
        (DATA, "", "data", "the table [data] is required"),
        ("[network]", "[netwrok]", "netwrok", "unknown table"),
        ('loss = "vf"', 'loss = "vff"', "objective.terms[0].loss", "vf"),
    ],
)
def test_a_mistake_is_named(write_run, old, new, path, words):
    with pytest.raises(ConfigError) as refusal:
        load(write_run((old, new)))
    found = {problem.path: problem.message for problem in refusal.value.problems}
    assert words in found[path]


def test_all_mistakes_come_at_once_with_their_lines(write_run):
    run = write_run(('loss = "vf"', 'loss = "vff"'), ("count = 6", "count = 0"), ("batch = 4", "batch = 0"))
    with pytest.raises(ConfigError) as refusal:
        load(run)
    lines = run.read_text().splitlines()
    shown = {problem.path: lines[problem.line - 1] for problem in refusal.value.problems}
    assert shown == {"objective.terms[0].loss": 'loss = "vff"', "data.count": "count = 0", "train.batch": "batch = 0"}


def test_the_defaults_are_those_of_the_published_run(write_run):
    run = write_run(("batch = 4\n", ""), ("latent = 3\ngenerator = [6, 4]\ncritic = [4, 6]\n", ""))
    found = load(run)
    train = found.train
    assert (train.batch, train.learning_rate, train.betas) == (64, 2e-4, [0.5, 0.999])
    assert (train.gradient_penalty, train.critic_steps) == (10, 1)
    assert found.network.preset == "published"


def test_the_command_line_wins_and_is_checked_alike(write_run):
    found = load(write_run(), {"train": {"seed": 5, "steps": 9}})
    assert (found.train.seed, found.train.steps) == (5, 9)
    with pytest.raises(ConfigError, match=r"train\.steps"):
        load(write_run(), {"train": {"steps": -1}})


def test_a_run_with_a_base_is_one_whole_run_in_its_folder(write_run, tmp_path):
    volumes = write_run((DATA, '[data]\nsource = "volumes"\npath = "cubes"\nsize = 16\n'), name="base.toml")
    for place, name, text in (
        ("deep", "run.toml", 'base = "../base.toml"\n[train]\nbatch = 2\n'),
        ("deep", "run.yaml", "base: ../base.toml\ntrain: {batch: 2}\n"),
    ):
        path = tmp_path / place / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        settings = load(path, {"train": {"seed": 5}})
        assert settings.data.path == [str(tmp_path / "cubes")]
        assert (settings.train.batch, settings.train.steps) == (2, load(volumes).train.steps)
        folder = tmp_path / f"of_{name}"
        record = {"overrides": settings.overrides, "config": settings.resolved()}
        RunFolder(folder).describe(settings.run.document.toml(), record, first=0, device="CPU")
        assert load_trained(folder).resolved() == settings.resolved()


def test_a_path_is_relative_to_the_run_and_absolute_from_then_on(write_run, tmp_path):
    found = load(write_run((DATA, '[data]\nsource = "volumes"\npath = "cubes"\nsize = 16\n')))
    assert isinstance(found.data, VolumeData)
    assert found.data.path == [str(tmp_path / "cubes")]
    assert found.overrides["data"]["path"] == [str(tmp_path / "cubes")]
