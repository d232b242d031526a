import json
import os
import sys
import time

import pytest
import torch
from electrodes import GRID, METRICS, fields, real_table
from torch import nn

import porenet
from porenet.errors import InputError, MeasuringFailed
from porenet.integrations.measuring_plan import MeasuringPlan
from porenet.integrations.structure_jobs import StructureJobs
from porenet.measurement import Request, read_table


@pytest.fixture
def program(monkeypatch):
    """Put another program in place of the one that measures."""

    def put(code: str) -> None:
        monkeypatch.setattr(
            MeasuringPlan, "command", lambda _plan, folder, table, _report: [sys.executable, "-c", code, folder, table]
        )

    return put


def ended(jobs: StructureJobs) -> dict[str, float]:
    return jobs.wait(60)


def test_a_failing_process_is_a_warning_with_its_message(program, tmp_path):
    program("import sys; sys.exit('Error: no space left on device')")
    jobs = StructureJobs(GRID, ["vf"], tmp_path)
    assert jobs.start(fields(2), step=7)
    with pytest.warns(MeasuringFailed, match=r"(?s)step 7 failed \(exit code 1\).*no space left on device"):
        assert ended(jobs) == {}
    assert not jobs.busy
    assert jobs.start(fields(2), step=8)  # the next has its chance
    with pytest.warns(MeasuringFailed, match="step 8"):
        ended(jobs)


def test_a_killed_process_and_a_broken_table_are_warnings(program, tmp_path):
    program("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    jobs = StructureJobs(GRID, ["vf"], tmp_path)
    jobs.start(fields(1), step=1)
    with pytest.warns(MeasuringFailed, match="killed by signal 9"):
        assert ended(jobs) == {}
    program("import sys; open(sys.argv[2], 'w').write('[ {\"metric\"')")
    jobs.start(fields(1), step=2)
    with pytest.warns(MeasuringFailed, match="cannot be read"):
        assert ended(jobs) == {}


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")  # it is left to itself
def test_two_are_never_measured_at_once(program, tmp_path):
    program("import time; time.sleep(60)")
    jobs = StructureJobs(GRID, ["vf"], tmp_path)
    assert jobs.start(fields(1), step=1)
    assert not jobs.start(fields(1), step=2)
    assert jobs.skipped == 1
    assert jobs.values() == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step_00000001", "step_00000001.log"]
    begun = time.monotonic()
    with pytest.warns(MeasuringFailed, match="it goes on, and writes") as caught:
        assert jobs.wait(0.05) == {}
    assert time.monotonic() - begun < 10
    os.kill(int(str(caught[0].message).partition("by process ")[2].partition(";")[0]), 9)


def test_what_the_system_refuses_is_a_warning_and_what_the_user_gets_wrong_is_not(tmp_path):
    (tmp_path / "file").write_text("in the way")
    jobs = StructureJobs(GRID, ["vf"], tmp_path / "file" / "structures")
    with pytest.warns(MeasuringFailed, match="cannot be measured, and the training goes on"):
        assert not jobs.start(fields(1), step=1)
    assert not jobs.busy
    with pytest.raises(InputError, match="an axis of phases"):
        StructureJobs(GRID, ["vf"], tmp_path).start(fields(1)[0], step=1)


def test_a_model_that_breaks_later_does_not_end_the_training(program, tmp_path):
    program("pass")
    jobs = StructureJobs(GRID, ["vf"], tmp_path)
    jobs.draw(nn.Identity(), lambda _, n: fields(n), 2, step=1)
    ended(jobs)
    with pytest.warns(MeasuringFailed, match="step 2 cannot be measured, and the training goes on.*NaN"):
        assert not jobs.draw(nn.Identity(), lambda _, n: fields(n) * float("nan"), 2, step=2)


def test_an_earlier_training_in_the_folder_is_left_alone(program, tmp_path):
    program("pass")
    for place in ("step_00000003", "step_00000003_2"):
        jobs = StructureJobs(GRID, ["vf"], tmp_path)
        jobs.start(fields(12, side=2), step=3)
        assert ended(jobs) == {}
        assert sorted(path.name for path in (tmp_path / place).iterdir())[:2] == ["00.npz", "01.npz"]


@pytest.mark.slow
def test_the_process_measures_on_the_grid_of_the_training(tmp_path, monkeypatch):
    grid = porenet.Grid(("solid", "x = y, z"), (0.1, 0.2, 0.3), (True, False, True))
    labels = torch.randint(2, (3, 6, 7, 8), generator=torch.Generator().manual_seed(0))
    metrics = {"ssa": {"estimator": "faces"}, "percolates": None}
    monkeypatch.chdir(tmp_path)
    jobs = StructureJobs(grid, metrics, "-out put")
    jobs.start(labels, step=0)
    monkeypatch.chdir("/")
    values = ended(jobs)
    rows = [
        row
        for cube in labels
        for row in porenet.measure(
            porenet.Volume(cube.numpy(), grid), [Request(name, params or {}) for name, params in metrics.items()]
        )
    ]
    for row in rows:
        sample = [other["value"] for other in rows if (other["metric"], other["key"]) == (row["metric"], row["key"])]
        assert values[f"structure/{row['metric']}/{row['key']}"] == pytest.approx(sum(sample) / 3)


@pytest.mark.slow
def test_structures_are_measured_and_compared(tmp_path):
    table = real_table(tmp_path / "real.json")
    for reference in (None, table):
        jobs = StructureJobs(GRID, METRICS, tmp_path / "out", reference=reference)
        batch = fields(20, seed=2)
        jobs.start(batch, step=1200)
        values = ended(jobs)
        share = (batch.argmax(dim=1) == 0).double().mean()
        assert values["structure/vf/Ni"] == pytest.approx(float(share))
        assert values["structure/step_of_sample"] == 1200
        assert ("structure/vf/Ni/distance" in values) == (reference is not None)
        assert jobs.values() == {}  # once
    assert sum(values[f"structure/verdicts/{word}"] for word in ("match", "differs", "undecided", "withheld")) == 6
    assert values["structure/verdicts/withheld"] == 0
    report = json.loads((tmp_path / "out" / "step_00001200_2.comparison.json").read_text())
    assert values["structure/ssa/pore/s_value"] in [
        row["value"] for row in report["comparisons"] if (row["metric"], row["score"]) == ("ssa", "s_value")
    ]
    assert len(list(read_table(tmp_path / "out" / "step_00001200.json"))) == 20 * 6
