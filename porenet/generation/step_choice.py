"""The step of a training whose structures are most like the real ones, step 0 among the candidates."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any


class StepChoice:
    """Keeps the state of the best step so far.

    A critic and a generator cycle, and the last step is no better than another; training can even make structures worse
    than they were before it. Score every candidate on the same noise, and the result on other noise, on which the best
    of many was not lucky.

    Args:
        score: gives the score of the generator as it is; larger is better. `porenet.evaluation.Scorer` gives the mean
            of the published S-values.
        every: steps between two candidates, 1 or more.

    Attributes:
        best: ``step``, ``score`` and ``state`` of the best candidate so far; None before the first.
        scores: step -> score, of every candidate.
    """

    def __init__(self, score: Callable[[], float], *, every: int) -> None:
        self.every, self._score = every, score
        self.best: dict[str, Any] | None = None
        self.scores: dict[int, float] = {}

    def look(self, step: int, last: int, state: Callable[[], Mapping[str, Any]]) -> str:
        """Score the generator after so many steps if it is a candidate: every so many, the first and the last.

        Args:
            step: number of steps that are done.
            last: number of steps of the whole training.
            state: gives the state of the generator; a copy is kept of the best. Of equal ones the earlier stays.

        Returns:
            What to say of it; empty if it is not a candidate, or was scored before a kill.
        """
        if step in self.scores or (step % self.every and step != last):
            return ""
        score = self._score()
        self.scores[step] = score
        if self.best is None or score > self.best["score"]:
            self.best = {"step": step, "score": score, "state": copy.deepcopy(dict(state()))}
        return f"step {step}: score {score:.3f}; best {self.best['score']:.3f} at step {self.best['step']}"

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        return {"best": self.best, "scores": dict(self.scores)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.best, self.scores = state["best"], dict(state["scores"])
