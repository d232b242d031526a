"""Round the compilation of a kernel: what is said, what waits, and that all is as before afterwards."""

import gc
import importlib.util
import logging

import numba
import numpy as np
import pytest
from numba.core import event

from porenet import kernels

SOURCE = """
from porenet.kernels import inner, kernel

@inner()
def _twice(number):
    return 2 * number

@kernel()
def four_times(number):
    return _twice(_twice(number))

@kernel()
def wrong(number):
    return number.nothing
"""


@pytest.fixture
def loops(tmp_path, monkeypatch):
    """Kernels of a file that numba has not seen."""
    path = tmp_path / "loops.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("loops", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(kernels._compiling, "_said", False)
    return module


class Watch(event.Listener):
    """What holds while something is compiled."""

    def __init__(self):
        self.levels, self.collects = set(), set()

    def on_start(self, _):
        self.levels.add(int(numba.config.OPT))
        self.collects.add(gc.isenabled())

    def on_end(self, _):
        pass


def test_the_first_kernel_is_announced_and_compiled_faster(loops, caplog):
    caplog.set_level(logging.INFO, "porenet.kernels")
    with event.install_listener("numba:compile", watch := Watch()):
        assert loops.four_times(3) == 12
        assert loops.four_times(3.0) == 12
    assert caplog.messages == [kernels.COMPILING]
    assert (watch.levels, watch.collects) == ({kernels.LEVEL}, {False})
    assert gc.isenabled()
    assert numba.config.OPT == kernels.DEFAULT_LEVEL


def test_a_kernel_that_cannot_be_compiled_leaves_all_as_it_was(loops):
    with pytest.raises(numba.TypingError):
        loops.wrong(3)
    assert gc.isenabled()
    assert numba.config.OPT == kernels.DEFAULT_LEVEL
    assert loops.four_times(3) == 12


@pytest.mark.slow  # LLVM takes seconds for a product of matrices
def test_kernels_of_others_are_compiled_as_they_ask():
    with event.install_listener("numba:compile", watch := Watch()):
        product = numba.njit(lambda a: a @ a)(np.full((3, 3), 2.0))  # BLAS is there although nobody looked for it
    assert (product == 12).all()
    assert watch.levels == {kernels.DEFAULT_LEVEL}


def test_two_processes_that_keep_two_signatures_at_once_never_take_one_for_the_other(loops):
    assert type(loops.four_times._cache._cache_file) is kernels.FilesBySignature
    place = loops.four_times._cache.cache_path, "four_times", "stamp"
    keys = [(f"signature {number}", "machine", ("source", "cells")) for number in range(2)]
    slow, quick = (kernels.FilesBySignature(*place) for _ in range(2))
    read = slow._load_index

    def read_late():
        index = read()
        quick.save(keys[1], "code 1")  # between reading and writing of the index by the slow one
        return index

    slow._load_index = read_late
    slow.save(keys[0], "code 0")
    slow._load_index = read
    kept = [kernels.FilesBySignature(*place).load(key) for key in keys]
    assert kept[0] == "code 0"
    assert kept[1] in ("code 1", None)  # what is lost is compiled again
