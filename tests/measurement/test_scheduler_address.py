"""Addresses that are not those of a Dask scheduler are refused in a line, and before there is a client."""

import contextlib
import socket

import pytest

from porenet.config import GridFile
from porenet.errors import InputError
from porenet.interface import Grid
from porenet.measurement import Job, measure_all, scheduler_address

pytestmark = pytest.mark.slow  # Dask takes a second to import
NO_ADDRESS = ["", "foo", "http://localhost:8787", "tcp://", "tcp://localhost", "/no/scheduler.json", "tcp://127.0.0.1:x",
              "tcp://127.0.0.1:99999", "nothing://127.0.0.1:8786"]  # fmt: skip


def measured(address, tmp_path):
    job = Job({"v.npy": tmp_path / "v.npy"}, GridFile(Grid(("a", "b"), 0.1), {}, {}), (), {}, {})
    return measure_all(job, tmp_path / "t.json", dask=address)


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_no_address(tmp_path, address):
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match=r"is not an address of a Dask scheduler: .*such as tcp://127\.0\.0\.1:8786"):
        measured(address, tmp_path)
    assert not list(tmp_path.iterdir())  # no journal is begun


def test_what_listens_and_says_nothing_is_no_scheduler(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(scheduler_address, "PATIENCE_S", 0.1)
    with (
        contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent,
        pytest.raises(InputError, match="what answers there is not a Dask scheduler"),
    ):
        measured(f"tcp://127.0.0.1:{silent.getsockname()[1]}", tmp_path)
    assert not list(tmp_path.iterdir())
