"""The step of a training that is kept."""

import io

import torch

from porenet.generation import StepChoice

SCORES = {0: 0.5, 40: 0.7, 80: 0.7, 100: 0.6}


class Training:
    """Weights that are the number of the step."""

    def __init__(self):
        self.weights, self.asked = torch.zeros(2), []
        self.choice = StepChoice(self.score, every=40)

    def score(self):
        self.asked.append(int(self.weights[0]))
        return SCORES[self.asked[-1]]

    def run(self, first, last):
        lines = []
        for step in range(first, last + 1):
            self.weights.fill_(step)
            lines.append(self.choice.look(step, 100, lambda: {"weights": self.weights}))
        return [line for line in lines if line]


def test_the_best_of_every_so_many_steps_stays_and_the_earlier_of_equal_ones():
    training = Training()
    lines = training.run(0, 100)
    assert training.asked == [0, 40, 80, 100]  # step 0 and the last are candidates
    assert training.choice.best["step"] == 40
    assert training.choice.best["state"]["weights"].tolist() == [40, 40]  # a copy: training goes on
    assert lines[1:3] == ["step 40: score 0.700; best 0.700 at step 40", "step 80: score 0.700; best 0.700 at step 40"]


def test_a_training_that_makes_it_worse_keeps_step_0():
    training = Training()
    training.score = None
    training.choice = StepChoice(lambda: -float(training.weights[0]), every=40)
    training.run(0, 100)
    assert training.choice.best["step"] == 0


def test_a_resumed_training_scores_nothing_again():
    first = Training()
    first.run(0, 40)
    saved = io.BytesIO()
    torch.save(first.choice.state_dict(), saved)
    saved.seek(0)
    second = Training()
    second.choice.load_state_dict(torch.load(saved, weights_only=True))
    second.run(40, 100)
    assert second.asked == [80, 100]
    assert second.choice.best["step"] == 40
    assert second.choice.scores == SCORES
