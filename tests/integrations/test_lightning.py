import csv
import importlib.util
import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from electrodes import GRID, METRICS, real_table
from scripts import run_script

from porenet.errors import InputError, UnknownComponent

if not (importlib.util.find_spec("lightning") or importlib.util.find_spec("pytorch_lightning")):
    pytest.skip("neither lightning nor pytorch_lightning is installed", allow_module_level=True)

from porenet.integrations.lightning import StructureCallback, _log_folder

TOY = (Path(__file__).parent / "toy_training.py").read_text(encoding="utf-8")


def trained(folder: Path, mode: str, *, library: str = "lightning", ranks: int = 1) -> list[str]:
    """What a training prints, on each rank."""
    pytest.importorskip(library)
    return run_script(folder / "train.py", TOY, library, folder, mode, ranks=ranks)


def logged(folder: Path) -> list[dict[str, str]]:
    """The rows of the CSV logger that hold values of structures."""
    (file,) = folder.rglob("metrics.csv")
    with file.open() as lines:
        return [row for row in csv.DictReader(lines) if row.get("structure/step_of_sample")]


@pytest.mark.slow
@pytest.mark.parametrize("library", ["lightning", "pytorch_lightning"])
def test_a_plain_script_runs_once_and_its_logger_has_the_structures(tmp_path, library):
    (printed,) = trained(tmp_path, "measured", library=library)
    assert printed.count("the script runs") == 1
    rows = logged(tmp_path)
    assert [float(row["structure/step_of_sample"]) for row in rows] == [2, 4]  # the last model too
    assert {int(row["step"]) for row in rows} <= {2, 3, 4}  # of batches, as Lightning's own rows
    assert all(0 < float(row["structure/vf/Ni"]) < 1 for row in rows)
    shares = [sum(float(row[f"structure/vf/{phase}"]) for phase in GRID.phases) for row in rows]
    assert shares == pytest.approx([1, 1])
    assert len(list(tmp_path.rglob("step_00000004/*.npz"))) == 4


@pytest.mark.slow
def test_a_reference_adds_distances_scores_and_verdicts(tmp_path):
    real_table(tmp_path / "real.json")
    trained(tmp_path, "measured")
    row = logged(tmp_path)[-1]
    assert float(row["structure/ssa/pore/distance"]) >= 0
    assert float(row["structure/vf/Ni/s_value"]) <= 1
    assert float(row["structure/verdicts/withheld"]) == 6  # four structures: a verdict needs twenty


@pytest.mark.slow
def test_the_training_is_the_same_with_and_without_it_and_does_not_fall_with_it(tmp_path):
    weights = []
    for mode in ("plain", "measured", "fails"):
        folder = tmp_path / mode
        folder.mkdir()
        trained(folder, mode)
        weights.append(torch.load(folder / "weights.pt", weights_only=True))
    for other in weights[1:]:
        for name, value in weights[0].items():
            assert torch.equal(value, other[name]), name
    assert logged(tmp_path / "fails") == []
    log = next(iter((tmp_path / "fails").rglob("step_00000002.log")))
    assert "a disk on fire" in log.read_text()


@pytest.mark.slow
def test_of_two_ranks_the_first_measures(tmp_path):
    first, second = trained(tmp_path, "ranks", ranks=2)
    assert first.count("the script runs") == second.count("the script runs") == 1
    rows = logged(tmp_path)
    assert [float(row["structure/step_of_sample"]) for row in rows] == [1, 2]
    assert len(list(tmp_path.rglob("step_00000002/*.npz"))) == 4


def test_wrong_arguments_are_refused_before_the_training(tmp_path):
    def sample(_module, n):
        return torch.rand(n, 3, 8, 8, 8)

    with pytest.raises(UnknownComponent, match="did you mean 'vf'"):
        StructureCallback(sample, GRID, ["vff"])
    with pytest.raises(InputError, match="n: a number, 1 or more"):
        StructureCallback(sample, GRID, METRICS, n=0)
    with pytest.raises(InputError, match="sample: a function"):
        StructureCallback(None, GRID, METRICS)
    with pytest.raises(InputError, match="measured at voxel edges"):
        StructureCallback(sample, GRID, METRICS, real_table(tmp_path / "real.json", count=2, voxel_um=(0.2,) * 3))


def test_a_strategy_that_splits_the_model_is_refused(tmp_path):
    class FSDPStrategy:
        pass

    class Trainer:
        strategy = FSDPStrategy()

    with pytest.raises(InputError, match="FSDPStrategy splits the model over ranks"):
        StructureCallback(max, GRID, METRICS).setup(Trainer(), None, "fit")


@pytest.mark.parametrize(
    ("loggers", "place"),
    [
        ([], "root"),
        ([SimpleNamespace(log_dir="logs/version_0", save_dir="logs")], "logs/version_0"),
        ([SimpleNamespace(save_dir="all", name="gan", version="7f3a")], "all/gan/7f3a"),  # as that of W&B
        ([SimpleNamespace(save_dir=None, name="gan", version=3, log_dir=print)], "root/gan/3"),  # a dummy has any name
    ],
)
def test_every_training_has_a_folder_of_its_own(loggers, place):
    assert _log_folder(SimpleNamespace(default_root_dir="root", loggers=loggers)) == Path(place)


def test_a_callback_is_pickled(tmp_path):
    callback = StructureCallback(max, GRID, METRICS, folder=tmp_path)
    assert vars(pickle.loads(pickle.dumps(callback))) == vars(callback)
