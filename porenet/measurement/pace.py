"""How fast a large volume is read, in words."""

from __future__ import annotations

import math
import time

from porenet.errors import counted
from porenet.measurement.slab_plan import size_text
from porenet.slabs import About, Need, Reached
from porenet.slabs.parts import parts_in


class Pace:
    """Clock of the reading of one volume.

    Args:
        about: the volume.
        need: what its metrics need.
        value_bytes: bytes of a value in memory.
        reached: where the reading begins.
    """

    def __init__(self, about: About, need: Need, value_bytes: int, reached: Reached) -> None:
        self._about, self._need, self._bytes = about, need, math.prod(about.shape) * value_bytes
        self._first, self._begun = reached, time.monotonic()

    def words(self, now: Reached) -> str:
        """How far the reading is, such as ``reading: 512 of 2048 layers, 1.2 GB/s, 3 min left``."""
        depth, height, _ = self._about.shape
        share = now.share(self._about, self._need)
        # whether the volume is read twice is known after the first slab only
        first = self._first if self._first.ends else Reached(trails=now.trails)
        done = share - first.share(self._about, self._need)
        seconds = max(time.monotonic() - self._begun, 1e-9)
        if parts := parts_in(now.part_states):
            left = _time_words((1 - share) * seconds / max(done, 1e-9))
            return f"measuring parts: {parts} of {self._need.parts}, {left} left"
        if now.rows:
            place = f"rows again, {now.rows} of {height}"
        elif now.recounted:
            place = f"once more, {now.ends[now.recounted - 1]} of {counted(depth, 'layer')}"
        else:
            place = f"{now.layers} of {counted(depth, 'layer')}"
        speed = done * self._bytes * now.readings(self._need) / seconds
        return f"reading: {place}, {pace_words(speed, (1 - share) * seconds / max(done, 1e-9))}"


def pace_words(bytes_per_s: float, left_s: float) -> str:
    """A speed and a time, such as ``1.2 GB/s, 3 min left``."""
    return f"{size_text(bytes_per_s)}/s, {_time_words(left_s)} left"


def _time_words(seconds: float) -> str:
    for unit, factor in (("h", 3600), ("min", 60)):
        if seconds >= 2 * factor:
            return f"{seconds / factor:.0f} {unit}"
    return f"{seconds:.0f} s"
