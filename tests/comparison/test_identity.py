"""Files of equal bytes: copies of training volumes, repeats, and the blocks that they share."""

from porenet.comparison import Quantity, Sample, identity_of

VF, SSA = (Quantity(metric, "pore", "{}", "porenet", "1", "null", "null") for metric in ("vf", "ssa"))


def sample(hashes, origins=None, names=None):
    names = names or [f"v{number}" for number in range(len(hashes))]
    origins = origins or [None] * len(hashes)
    return Sample(names, [0.5] * len(hashes), origins, [(8, 8, 8)] * len(hashes), list(hashes))


def at(source, z):
    return {"source": source, "corner": [z, 0, 0]}


def test_copies_and_repeats_are_counted_by_their_bytes():
    real = {VF: sample("abc"), SSA: sample("d", names=["w0"])}
    run = identity_of({VF: sample(["a", "x", "x", None, None, "d"])}, real)
    assert (run.volumes, run.copies, run.repeats) == (6, ("v0", "v5"), ("v2",))
    assert not run.mostly_copies
    assert list(run.texts("a")) == [
        "2 of 6 volumes of a are byte for byte training volumes",
        "1 of 6 volumes of a is a repeat of another of them",
    ]
    assert identity_of({VF: sample("abxx")}, real).mostly_copies
    assert list(identity_of({VF: sample([None, None])}, real).texts("a")) == []
    assert list(identity_of(real).texts("reference")) == []


def test_equal_files_share_a_block_and_so_do_the_blocks_that_they_join():
    assert sample("abcd").blocks() is None
    assert sample(["a", None, None]).blocks() is None
    first, second, third, fourth = sample("abac").blocks()
    assert first == third
    assert len({first, second, fourth}) == 3
    origins = [at("s", 0), at("s", 1), at("t", 0), at("t", 1), at("u", 0)]
    assert len(set(sample("abcde", origins).blocks())) == 3
    joined = sample("abcae", origins).blocks()
    assert joined[0] == joined[1] == joined[2] == joined[3] != joined[4]
    assert len(set(sample("abcaa", origins).blocks())) == 1, "all through one file"
