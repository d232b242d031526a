"""Five small electrodes as real structures."""

import pytest
from small_generators import electrode

from porenet.comparison import compare
from porenet.evaluation import RealStructures


@pytest.fixture(scope="module", autouse=True)
def few_permutations():
    """What is tested here is not the statistics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(compare.__kwdefaults__, "n_permutations", 99)
        yield


@pytest.fixture(scope="session")
def real():
    return RealStructures.of([electrode(seed) for seed in range(5)], name="five electrodes")
