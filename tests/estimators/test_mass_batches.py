"""Batches in which masses and processes weigh the same."""

from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.estimators._fit._order import drawn_by_groups
from skhep_nn.estimators._parametric._batches import group_factors, groups_of
from skhep_nn.exceptions import WeightError

CODES = np.array([0, 0, 0, 0, 1, 1, 1])
MASS_CODES = np.array([0, 1, 1])
PROCESSES = np.array(["tt", "W", "tt", "tt", "x", "x", "x"])


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        ("balanced", [0, 0, 0, 0, 1, 1, 1]),
        ("mass", [0, 0, 0, 0, 1, 2, 2]),
        ("process", [1, 0, 1, 1, 2, 3, 3]),
    ],
)
def test_groups_are_classes_masses_and_processes(sampler, expected):
    assert groups_of(sampler, CODES, 1, MASS_CODES, PROCESSES).tolist() == expected


def test_a_process_of_two_classes_is_two_groups():
    codes, processes = np.array([0, 2, 1]), np.array(["tt", "tt", "tt"])
    groups = groups_of("process", codes, 1, np.array([0]), processes)
    assert len(set(groups.tolist())) == 3


def test_factors_give_each_group_the_mean_weight_one():
    groups, weights = np.array([0, 0, 1]), np.array([1.0, 3.0, 0.5])
    assert group_factors(groups, weights, str).tolist() == [0.5, 2.0]


def test_a_group_whose_weights_sum_to_nothing_is_named():
    with pytest.raises(WeightError, match=r"event weights of group 1 sum to -1; in balanced"):
        group_factors(np.array([0, 1, 1]), np.array([1.0, 1.0, -2.0]), "group {}".format)


class TestDrawing:
    RNG = np.random.default_rng(0)
    # a rare mass and a rare process
    GROUPS = np.repeat([0, 1, 2, 3], [700, 20, 250, 30])
    CODES = np.repeat([0, 0, 1, 1], [700, 20, 250, 30])

    def draw(self, epoch=0, seed=0, batch_size=100):
        return drawn_by_groups(self.CODES, self.GROUPS, batch_size, seed)(epoch)

    def test_every_batch_has_equal_numbers_of_each_class(self):
        batches = self.CODES[self.draw()].reshape(-1, 100)
        assert (batches.sum(axis=1) == 50).all()

    def test_the_groups_of_a_class_come_up_alike(self):
        drawn = np.bincount(self.GROUPS[self.draw()])
        assert drawn.tolist() == [250, 250, 250, 250]

    def test_events_of_a_group_come_up_equally_often_but_for_one(self):
        counts = np.bincount(self.draw(), minlength=1_000)
        for group in range(4):
            assert np.ptp(counts[group == self.GROUPS]) <= 1

    def test_a_group_is_spread_over_the_batches(self):
        batches = self.GROUPS[self.draw()].reshape(-1, 100)
        in_batch = (batches == 3).sum(axis=1)
        # 25 of 50 are expected, with a spread of 3.5
        assert in_batch.min() > 5
        assert in_batch.max() < 45

    def test_an_epoch_has_about_as_many_events_as_there_are(self):
        assert len(self.draw()) == 1_000

    def test_epochs_differ_and_seeds_reproduce(self):
        assert np.array_equal(self.draw(2), self.draw(2))
        assert not np.array_equal(self.draw(2), self.draw(3))
        assert not np.array_equal(self.draw(2), self.draw(2, seed=1))

    def test_more_groups_than_places_in_a_batch(self):
        groups = np.arange(1_000)
        rows = drawn_by_groups(self.CODES, groups, 10, 0)(0)
        assert (self.CODES[rows].reshape(-1, 10).sum(axis=1) == 5).all()
