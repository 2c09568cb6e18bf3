from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.training._best import BestEpoch, assign, values_of


def test_the_lowest_loss_wins_and_the_first_of_equals(compiled):
    model = compiled()
    best = BestEpoch()
    kept = None
    for epoch, loss in enumerate([3.0, 1.0, 2.0, 1.0], start=1):
        assign(model.weights, [np.full(w.shape, epoch) for w in model.weights])
        best.update(epoch, loss, model)
        kept = values_of(model.weights) if epoch == 2 else kept
    assert (best.epoch, best.loss, best.waited) == (2, 1.0, 2)
    best.restore(model)
    for one, other in zip(model.weights, kept, strict=True):
        np.testing.assert_array_equal(one, other)


def test_patience_is_exhausted_after_that_many_epochs(compiled):
    best, model = BestEpoch(patience=2), compiled()
    exhausted = []
    for epoch, loss in enumerate([1.0, 2.0, 0.5, 0.6, 0.7], start=1):
        best.update(epoch, loss, model)
        exhausted.append(best.exhausted)
    assert exhausted == [False, False, False, False, True]


def test_without_patience_nothing_is_exhausted(compiled):
    best, model = BestEpoch(), compiled()
    for epoch in range(1, 100):
        best.update(epoch, epoch, model)
    assert not best.exhausted


def test_nothing_is_restored_where_nothing_was_kept(compiled):
    model = compiled()
    before = values_of(model.weights)
    BestEpoch().restore(model)
    for one, other in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("loss", "beaten"), [(0.4, False), (0.6, True), (np.nan, True)])
def test_a_network_to_start_from_is_one_to_beat(loss, beaten, compiled):
    best = BestEpoch(patience=1)
    best.start(3, loss, compiled())
    assert (best.epoch, best.exhausted) == (3, False)
    best.update(4, 0.5, compiled())
    assert best.epoch == (4 if beaten else 3)
