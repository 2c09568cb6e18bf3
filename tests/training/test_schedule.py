from __future__ import annotations

import keras
import pytest

from skhep_nn.training._schedule import Plateau, inverse_time


def test_inverse_time_is_the_decay_of_the_legacy_optimizers():
    schedule = inverse_time(0.1, decay=0.5)
    # 0.1 / (1 + 0.5 * step)
    assert [float(schedule(step)) for step in (0, 1, 2, 6)] == pytest.approx(
        [0.1, 0.1 / 1.5, 0.05, 0.025]
    )


def rates(plateau, losses, start=1.0):
    optimizer = keras.optimizers.SGD(start)
    seen = []
    for loss in losses:
        plateau.update(loss, optimizer)
        seen.append(float(optimizer.learning_rate.numpy()))
    return seen


def test_a_plateau_lowers_the_rate_after_patience_epochs():
    # the best is 1.0; two epochs without a better one lower the rate, and it waits anew
    assert rates(Plateau(0.1, 2), [1.0, 1.1, 1.2, 1.3, 0.9, 1.0, 1.0]) == pytest.approx(
        [1, 1, 0.1, 0.1, 0.1, 0.1, 0.01]
    )


def test_the_state_is_all_that_a_plateau_needs_to_go_on():
    first = Plateau(0.1, 2)
    rates(first, [1.0, 1.1])
    assert rates(Plateau(**first.state()), [1.2]) == pytest.approx([0.1])
