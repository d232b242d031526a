"""The diffusion example: it trains with the objective of its run, the same each time, and refuses a wrong run."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest
import torch
from checkout import EXAMPLES

from porenet.errors import ConfigError

SCRIPT = EXAMPLES / "diffusion.py"
SMALL = (
    ("count = 128", "count = 4"),
    ("size = 16", "size = 8"),
    ("batch = 16", "batch = 3"),
    ("width = 16", "width = 4"),
    ("levels = 20", "levels = 4"),
    ("samples = 48", "samples = 2"),
)


@pytest.fixture(scope="module")
def diffusion():
    """The script as a module."""
    found = importlib.util.spec_from_file_location("diffusion", SCRIPT)
    module = importlib.util.module_from_spec(found)
    sys.modules["diffusion"] = module  # where pydantic looks up annotations
    found.loader.exec_module(module)
    yield module
    del sys.modules["diffusion"]


@pytest.fixture
def write(tmp_path):
    """Writes the run of the example, made small and with more of its text replaced; gives its path."""

    def write(*replacements):
        text = SCRIPT.with_suffix(".toml").read_text(encoding="utf-8")
        for old, new in (*SMALL, *replacements):
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "run.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def started(*arguments):
    """The script, as a user starts it."""
    words = [sys.executable, str(SCRIPT), *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(words, capture_output=True, text=True, env=environment, check=False, timeout=300)


@pytest.fixture
def again(diffusion, monkeypatch, capsys):
    """Runs the script in this process, on one thread as ``started`` does; gives its output."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)

    def output(*arguments):
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
        assert diffusion.main() == 0
        return capsys.readouterr().out

    yield output
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_it_trains_and_compares_and_does_so_again(write, again):
    run = write()
    options = ("--steps", 3, "--seed", 5)
    first = started(run, *options)
    assert first.returncode == 0, first.stderr
    steps = re.findall(r"step +(\d+)  denoising [\d.]+  vf [\d.]+ \(gap \S+\)  ssa .* \(gap \S+\)  tpb", first.stdout)
    assert steps == ["0", "1", "2"]
    for row in ("4 training", "2 generated", "vf pore (1)", "percolates Ni.z (1)", "connectivity YSZ (1)", "ssa pore"):
        assert row in first.stdout
    assert again(run, *options) == first.stdout
    before, after = (text.splitlines() for text in (first.stdout, again(run, *options, "--plain")))
    assert before[0] == after[0]  # the same weights, noise and structures
    assert before[2] != after[2]  # and another loss


def test_a_wrong_key_ends_in_words(write):
    done = started(write(("learning_rate = ", "learnin_rate = ")))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "train.learnin_rate: unknown key; did you mean 'learning_rate'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("steps = 120", "steps = 0", "train.steps", "greater than or equal to 1"),
        ("seed = 0", "", "train.seed", "is required"),
        ("size = 8", "size = 9", "data.size", "multiple of 2"),
        ("[data]", "[dta]", "dta", "did you mean 'data'"),
        ("[train]", "[[train]]", "train", "must be a table"),
        ('loss = "vf"', 'loss = "vff"', "objective.terms[0].loss", "did you mean 'vf'"),
    ],
)
def test_a_mistake_is_named(diffusion, write, old, new, path, words):
    with pytest.raises(ConfigError) as refusal:
        diffusion.load(write((old, new)), {})
    found = {problem.path: problem.message for problem in refusal.value.problems}
    assert words in found[path]


def test_the_command_line_is_checked_like_the_file(diffusion, write):
    assert diffusion.load(write(), {"steps": 7, "seed": None})[1].train.steps == 7
    with pytest.raises(ConfigError, match=r"train\.steps"):
        diffusion.load(write(), {"steps": 0})


def test_noise_takes_over_from_the_signal(diffusion):
    signal = diffusion.signal_at(torch.linspace(0, 1, 11))
    assert signal[0] == 1
    assert signal[-1] == pytest.approx(0, abs=1e-12)
    assert (signal.diff() < 0).all()
    # tan(pi / 4) = 1: signal 0.3^2 against noise 1
    assert diffusion.signal_at(torch.tensor(0.5)) == pytest.approx(0.09 / 1.09, rel=1e-6)


def test_a_voxel_without_neighbours_is_judged_by_bayes(diffusion):
    network = diffusion.Denoiser(3, 2)
    torch.nn.init.zeros_(network.leave[-1].weight)
    torch.nn.init.zeros_(network.leave[-1].bias)
    signal, noisy = torch.tensor([0.2]), torch.randn(1, 3, 8, 8, 8, generator=torch.manual_seed(0))
    wanted = torch.stack(
        [
            -((noisy - 0.2**0.5 * (2 * torch.eye(3)[phase].view(3, 1, 1, 1) - 1)) ** 2).sum(1) / 1.6
            for phase in range(3)
        ],
        dim=1,
    ).softmax(dim=1)
    torch.testing.assert_close(network(noisy, signal).softmax(dim=1), wanted)
