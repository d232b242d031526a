"""The example trainer as a user runs it: what it leaves behind, that it is reproducible, that a kill costs nothing."""

import json
import runpy
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
import torch
from checkout import EXAMPLES

from examples.wgan_gp.networks import trained_generator
from examples.wgan_gp.settings import load
from examples.wgan_gp.train import main
from porenet import Objective, formats, synthetic
from porenet.generation import read_log as read
from porenet.generation import sampled_labels, write_checkpoint

CHECKPOINT = "checkpoint.pt"
RUNS = EXAMPLES / "wgan_gp"
TINY = (Path(__file__).parent / "tiny.toml").read_text(encoding="utf-8")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")

GRADIENTS = """
import sys

import torch

from examples.wgan_gp import train
from examples.wgan_gp.settings import load
from porenet.generation import launched_fabric, load_structures

settings = load(sys.argv[1])
fabric = launched_fabric(settings.train.device, batch=settings.train.batch)
trainer = train.prepared(settings, fabric, load_structures(settings.data, settings.run))
trainer.networks[0].eval()  # batch norm of a part of a batch is not that of the whole
trainer.step(0)
found = {name: one.grad for network in trainer.networks for name, one in network.named_parameters()}
torch.save(found, f"{sys.argv[2]}/{fabric.world_size}_{fabric.global_rank}.pt")
fabric.barrier()
"""


def weights(folder: Path) -> dict:
    state = torch.load(folder / CHECKPOINT, weights_only=True)
    flat = {f"{part}.{name}": value for part in ("generator", "critic") for name, value in state[part].items()}
    for part in ("of_generator", "of_critic"):
        for number, moments in state[part]["state"].items():
            flat |= {f"{part}.{number}.{name}": value for name, value in moments.items()}
    return flat


def log(folder: Path) -> list:
    return [{key: value for key, value in one.items() if key != "seconds"} for one in read(folder)]


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.fixture
def trained(write_run, tmp_path, capsys):
    """Train in this process; gives the run folder."""

    def run(*arguments, out="out", changes=(), code=0) -> Path:
        folder = tmp_path / out
        assert main([str(write_run(*changes)), "--out", str(folder), *map(str, arguments)]) == code, capsys.readouterr()
        return folder

    return run


@pytest.fixture
def single_thread():
    """Sums in the order of a process that ``start`` starts."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """The tiny run, trained once."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "run.toml").write_text(TINY)
    assert main([str(folder / "run.toml"), "--out", str(folder / "out"), "--seed", "3"]) == 0
    return folder / "out"


@pytest.fixture
def finished(original, tmp_path):
    """A copy of it, where ``trained`` would have put it."""
    return shutil.copytree(original, tmp_path / "out")


def test_a_run_leaves_everything_about_it(finished):
    folder = finished
    assert {one.name for one in folder.iterdir()} == {
        "run.toml", "resolved.json", "audit.json", "log.jsonl", "checkpoint.pt", "curves.png", "samples",
    }  # fmt: skip
    record = json.loads((folder / "resolved.json").read_text())
    assert record["data"]["name"].startswith("synthetic plurigaussian")
    assert len(record["data"]["fingerprint"]) == 64
    assert record["config"]["train"]["gradient_penalty"] == 10
    assert record["config"]["terms"][1]["label"] == "isolation"
    assert record["sessions"][0]["versions"]["torch"] == torch.__version__
    assert [one["label"] for one in json.loads((folder / "audit.json").read_text())["terms"]] == ["vf", "isolation"]
    volume = formats.read(folder / "samples" / "structure_0001.npz")
    assert volume.grid.phases == ("Ni", "YSZ", "pore")
    assert volume.labels.shape == (16, 16, 16)


def test_every_step_is_logged_with_its_terms_and_now_and_then_its_gaps(finished):
    records = read(finished)
    assert [one["step"] for one in records] == list(range(6))
    for one in records:
        assert set(one["terms"]) == {"vf", "isolation"}
        assert {"critic", "gradient_penalty", "distance", "adversarial", "objective", "seconds"} <= set(one)
        assert one["objective"] == pytest.approx(1000 * one["terms"]["vf"] + 50 * one["terms"]["isolation"], rel=1e-4)
    looks = [one["step"] for one in records if "gaps" in one]
    assert looks == [0, 2, 4, 5]
    first = records[0]
    assert first["gaps"]["vf"]["read"] == pytest.approx(first["terms"]["vf"], rel=1e-4)
    assert sum(first["soft"].values()) == pytest.approx(1)
    assert sum(first["hard"].values()) == pytest.approx(1)


def test_the_same_seed_gives_the_same_run_and_another_seed_another(trained, original):
    first, second, other = original, trained("--seed", 3, out="2"), trained("--seed", 1, out="3")
    assert log(first) == log(second)
    assert same(weights(first), weights(second))
    assert log(first) != log(other)


def test_a_killed_run_goes_on_as_if_it_had_not_been(write_run, start, tmp_path, capsys, single_thread):
    run = write_run(("steps = 6", "steps = 40"), ("checkpoint_every = 2", "checkpoint_every = 7"))
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert main([str(run), "--out", str(whole)]) == 0
    broken = start(run, "--out", killed)
    while broken.process.poll() is None and len(read(killed)) < 10:
        time.sleep(0.002)
    broken.process.send_signal(signal.SIGKILL)
    assert broken.ended()[0] == -signal.SIGKILL
    with (killed / "log.jsonl").open("a") as file:
        file.write('{"step": 99, "te')  # a line that the kill tore off
    capsys.readouterr()
    assert main([str(run), "--out", str(killed), "--resume"]) == 0
    assert "resumed at step" in capsys.readouterr().err
    assert same(weights(whole), weights(killed))
    assert log(whole) == log(killed)
    sessions = json.loads((killed / "resolved.json").read_text())["sessions"]
    assert [one["first_step"] % 7 for one in sessions] == [0, 0]
    assert sessions[1]["first_step"] >= 7


def test_a_run_goes_on_to_more_steps_with_a_drawn_relaxation_and_a_critic_of_structures(trained):
    of_structures = ("batch = 4", 'batch = 4\ncritic_reads = "straight_through"')
    changes = [('relax = "soft"', 'relax = "gumbel(0.5)"'), of_structures]
    whole = trained("--steps", 6, out="whole", changes=changes)
    parts = trained("--steps", 3, out="parts", changes=changes)
    trained("--steps", 6, "--resume", out="parts", changes=changes)
    assert same(weights(whole), weights(parts))
    terms = [[one["terms"] for one in log(folder)] for folder in (whole, parts)]
    assert terms[0] == terms[1]


def test_a_run_from_before_a_key_of_the_config_goes_on_with_its_default(trained):
    folder = trained("--steps", 3)
    path = folder / CHECKPOINT
    state = torch.load(path, weights_only=True)
    config = json.loads(state["config"])
    for later in ("hold_vf", "hold_networks"):
        assert config["network"].pop(later) is False
    write_checkpoint(path, state | {"config": json.dumps(config)})
    trained("--steps", 6, "--resume")
    assert [one["step"] for one in read(folder)] == list(range(6))
    trained("--steps", 7, "--resume", changes=[("latent = 3", "latent = 3\nhold_vf = true")], code=2)


def test_networks_that_are_held_from_another_reservoir_are_another_run(trained, capsys):
    from_z = '[grid.reservoirs]\npore = "z_min"\n\n[objective]'
    changes = [("[objective]", from_z), ("latent = 3", "latent = 3\nhold_networks = true")]
    trained("--steps", 2, changes=changes)
    trained("--steps", 3, "--resume", changes=[("[objective]", from_z.replace("z_min", "x_max")), changes[1]], code=2)
    assert "grid.reservoirs.pore was z_min, now x_max" in capsys.readouterr().err


def test_a_run_that_has_no_checkpoint_yet_starts_anew(trained, capsys):
    folder = trained("--resume")
    shown = capsys.readouterr().err
    for word in ("starting at step 0", "data: synthetic plurigaussian", "step 6/6", "isolation"):
        assert word in shown
    trained("--resume")
    assert [one["step"] for one in read(folder)] == list(range(6))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([("batch = 4", "batch = 2")], ["train.batch was 4, now 2", "--out"]),
        ([('loss = "vf"', 'loss = "vf"\nweight = 10')], ["terms.0.weight was 1000, now 10.0"]),
        ([("length_um = 0.3", "length_um = 0.4")], ["data.length_um was 0.3, now 0.4"]),
        ([("steps = 6", "steps = 5")], ["it has done 6 steps"]),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(finished, trained, capsys, changes, words):
    before = weights(finished)
    after = trained("--resume", "--seed", 3, changes=changes, code=2)
    shown = capsys.readouterr().err
    for word in words:
        assert word in shown
    assert same(before, weights(after))


def test_a_checkpoint_of_other_data_is_refused_wherever_they_lie(write_run, tmp_path, capsys):
    def run(place, seed, *options):
        volume, _ = synthetic.plurigaussian(
            (16, 16, 48), voxel_um=(0.1, 0.1, 0.1), length_um=0.3, fractions=[0.36, 0.34, 0.3], seed=seed
        )
        (tmp_path / place).mkdir(exist_ok=True)
        formats.write(volume, tmp_path / place / "volume.npz")
        made = f'source = "volumes"\npath = "{place}/volume.npz"\nguard = 0\n'
        file = write_run(('source = "synthetic"\n', made), ("count = 6\nheld_out = 2\nlength_um = 0.3\n", ""))
        return main([str(file), "--out", str(tmp_path / "out"), *options])

    assert run("here", 0, "--steps", "5") == 0
    assert run("here", 1, "--resume") == 2
    assert "trained on other data: then volume.npz" in capsys.readouterr().err
    assert run("elsewhere", 0, "--resume") == 0
    assert "resumed at step 5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "arguments", "code", "words"),
    [
        ([("steps = 6", "steps = 0")], [], 2, "train.steps"),
        ([("size = 16", "size = 16\nfolder = 1")], [], 2, "data.folder: unknown key"),
        ([], ["--steps", "-3"], 2, "train.steps"),
        ([("learning_rate", "learning_rate"), ("batch = 4", "batch = 4\nlearning_rate = 1e38")], [], 1, "not finite"),
    ],
)
def test_mistakes_end_in_a_message_and_an_exit_code(write_run, tmp_path, capsys, changes, arguments, code, words):
    run = write_run(*[one for one in changes if one[0] != one[1]])
    assert main([str(run), "--out", str(tmp_path / "out"), *arguments]) == code
    shown = capsys.readouterr().err
    assert "error: " in shown
    assert words in shown
    assert "Traceback" not in shown


def test_an_unknown_device_and_a_missing_one_are_refused(write_run, tmp_path, capsys, monkeypatch):
    with pytest.raises(SystemExit) as ended:
        main([str(write_run()), "--device", "tpu"])
    assert ended.value.code == 2
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main([str(write_run()), "--out", str(tmp_path / "out"), "--device", "cuda"]) == 2
    assert "no CUDA device is there" in capsys.readouterr().err


def test_a_folder_with_another_run_in_it_is_refused(finished, trained, write_run, tmp_path, capsys):
    folder = finished
    before = (folder / "log.jsonl").read_bytes()
    trained(code=2)
    assert "holds a run already" in capsys.readouterr().err
    assert (folder / "log.jsonl").read_bytes() == before
    assert main([str(write_run()), "--out", str(tmp_path / "run.toml")]) == 2
    assert "is a file" in capsys.readouterr().err


def test_a_checkpoint_that_holds_code_is_not_run(finished, trained, capsys, tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    folder = finished
    write_checkpoint(folder / CHECKPOINT, {"config": Trap()})
    trained("--resume", code=2)
    assert "is damaged, or no checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "sprung").exists()
    (folder / CHECKPOINT).write_bytes(b"torn")
    trained("--resume", code=2)


def test_an_audit_trains_nothing(trained, capsys):
    folder = trained("--audit", changes=[('loss = "vf"', 'loss = "ssa_severed"')], code=1)
    said = capsys.readouterr()
    assert "ssa_severed is dead" in said.err
    assert "severed_pore" in said.out
    assert not folder.exists()
    trained("--audit")


def test_losses_are_in_float32_under_mixed_precision(trained):
    full, mixed = (
        trained(out="full"),
        trained(out="mixed", changes=[("batch = 4", 'batch = 4\nprecision = "bf16-mixed"')]),
    )
    assert {value.dtype for value in weights(mixed).values() if value.is_floating_point()} == {torch.float32}
    first, second = log(full)[0]["terms"], log(mixed)[0]["terms"]
    # bfloat16 holds 8 bits; the fractions that it computes sum to 1 in float32 all the same
    assert first["isolation"] == pytest.approx(second["isolation"], rel=0.05)
    assert sum(log(mixed)[-1]["soft"].values()) == pytest.approx(1, abs=1e-6)


def test_a_trained_generator_comes_back_from_its_folder(finished):
    folder = finished
    settings, generator, steps = trained_generator(folder)
    assert (steps, settings.train.seed) == (6, 3)
    assert same(generator.state_dict(), torch.load(folder / CHECKPOINT, weights_only=True)["generator"])
    assert sampled_labels(generator, torch.ones(2, 6), (24, 24, 24), seed=0).shape == (2, 24, 24, 24)


@pytest.mark.parametrize("name", ["run_a", "run_b", "run_c", "run_d", "run_d_target", "run_e"])
def test_the_runs_of_the_example_are_sound(name, tmp_path):
    settings = load(RUNS / f"{name}.toml")
    objective = Objective.from_run(settings.run)
    targets = objective.targets_of(torch.randint(3, (2, 8, 8, 8)))
    field = torch.randn(2, 3, 8, 8, 8).softmax(dim=1).requires_grad_()
    total, _ = objective(field, targets)
    total.backward()
    assert field.grad.abs().sum() > 0


def test_the_published_weights_are_those_of_runs_a_and_b():
    terms = {name: load(RUNS / f"run_{name}.toml").run.terms for name in "ab"}
    assert [(one.label, one.weight, one.reads) for one in terms["a"]] == [
        ("vf", 1000, "soft"),
        ("ssa_severed", 1000, "soft"),
    ]
    assert terms["b"][:2] == terms["a"]
    assert [(one.label, one.weight, one.params["phase"]) for one in terms["b"][2:]] == [
        ("isolation", 50, "pore"),
        ("face_hinge", 50, "pore"),
    ]


@pytest.mark.slow
def test_two_processes_train_one_run(write_run, start, tmp_path, capsys):
    run, folder = write_run(("steps = 6", "steps = 2")), tmp_path / "out"
    code, words = start(run, "--out", folder, command=TORCHRUN).ended()
    assert code == 0, words
    assert [one["step"] for one in read(folder)] == [0, 1]
    assert "2 x CPU" in json.loads((folder / "resolved.json").read_text())["sessions"][0]["hardware"]["device"]
    assert main([str(run), "--out", str(folder), "--resume"]) == 2
    words = capsys.readouterr().err
    assert "trained by 2 processes, not by 1" in words


@pytest.mark.slow
def test_two_processes_have_the_gradients_of_one(write_run, start, tmp_path, monkeypatch):
    script = tmp_path / "gradients.py"
    script.write_text(GRADIENTS)
    code, words = start(write_run(), tmp_path, command=TORCHRUN, script=script).ended()
    assert code == 0, words
    monkeypatch.setattr(sys, "argv", [str(script), str(write_run()), str(tmp_path)])
    runpy.run_path(str(script))
    one, first, second = (torch.load(tmp_path / f"{name}.pt", weights_only=True) for name in ("1_0", "2_0", "2_1"))
    assert same(first, second)
    for name, gradient in one.items():
        torch.testing.assert_close(first[name], gradient, rtol=1e-3, atol=1e-4 * float(gradient.abs().max()))


def test_a_batch_that_does_not_part_is_refused(write_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert main([str(write_run()), "--out", str(tmp_path / "out")]) == 2
    assert "a batch of 4 does not part into 3 processes" in capsys.readouterr().err
