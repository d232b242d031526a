"""Damage to the bytes of a file."""

NUMBERS = (bytes(4), b"\xff" * 4, b"\xff\xff\xff\x7f", bytes(8), b"\xff" * 8, b"-1", b"9" * 12, b"\n", b" ")


def damaged(data, rng):
    """The bytes with one to three of their parts changed, in the first 600 as often as anywhere; 1 in 10 is also cut.

    A part is a flipped bit, another byte, another number, up to three bytes cut out or put in, or bytes at the end.
    """
    changed = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        if not changed:
            break
        place = int(rng.integers(min(len(changed), 600) if rng.random() < 0.5 else len(changed)))
        _change(changed, place, rng)
    return bytes(changed[: rng.integers(len(changed) + 1)] if rng.random() < 0.1 else changed)


def _change(data, place, rng):
    few = bytes(rng.integers(0, 256, rng.integers(1, 4)).astype("u1"))
    kind = rng.random()
    if kind < 0.35:
        data[place] ^= 1 << int(rng.integers(8))
    elif kind < 0.6:
        data[place] = few[0]
    elif kind < 0.85:
        number = NUMBERS[rng.integers(len(NUMBERS))]
        data[place : place + len(number)] = number[: len(data) - place]
    elif kind < 0.9:
        del data[place : place + len(few)]
    elif kind < 0.95:
        data[place:place] = few
    else:
        data += few
