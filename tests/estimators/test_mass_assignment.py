"""Masses of background: their distributions, that epochs differ, that seeds reproduce them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skhep_nn.estimators._parametric import _assignment as assignment
from skhep_nn.estimators._parametric._assignment import Masses, drawer, oversampled

POINTS = np.array([[500.0], [750.0], [1500.0]])
UNEQUAL = Masses(POINTS, np.array([0.5, 0.3, 0.2]))
PAIRS = Masses(
    np.array([[500.0, 100.0], [500.0, 400.0], [900.0, 100.0]]), np.array([0.2, 0.2, 0.6])
)
SIGNIFICANT = 1e-4


def rng(seed=0, epoch=0):
    return assignment.random(seed, assignment.TRAINING, epoch)


def counts(drawn, values):
    return np.array([(drawn == row).all(axis=1).sum() for row in values])


class TestMassesOfSignal:
    def test_frequencies_are_fractions_of_the_weights(self):
        masses = Masses.of(np.array([[2.0], [1.0], [2.0]]), np.array([1.0, 5.0, 2.0]))
        assert masses.values.tolist() == [[1.0], [2.0]]
        # 5 of 8 and (1 + 2) of 8
        assert masses.frequencies.tolist() == [0.625, 0.375]

    def test_several_parameters_are_whole_rows(self):
        given = np.array([[900.0, 100.0], [500.0, 400.0], [900.0, 100.0], [500.0, 100.0]])
        masses = Masses.of(given, np.ones(4))
        assert masses.values.tolist() == [[500.0, 100.0], [500.0, 400.0], [900.0, 100.0]]
        assert masses.frequencies.tolist() == [0.25, 0.25, 0.5]

    def test_a_mass_whose_weights_sum_to_less_than_nothing_is_never_drawn(self):
        masses = Masses.of(np.array([[1.0], [1.0], [2.0]]), np.array([1.0, -2.0, 4.0]))
        assert masses.frequencies.tolist() == [0.0, 1.0]

    def test_the_scale_of_the_weights_does_not_matter(self):
        points, weights = np.array([[1.0], [2.0]]), np.array([1.0, 3.0])
        frequencies = [Masses.of(points, weights * f).frequencies for f in (1e-6, 1.0, 1e6)]
        assert np.allclose(frequencies, [0.25, 0.75])


class TestIdentical:
    def test_it_has_the_frequencies_of_the_signal(self):
        drawn = drawer("identical", UNEQUAL)(20_000, rng())
        found = counts(drawn, POINTS)
        assert found.sum() == 20_000
        assert stats.chisquare(found, 20_000 * UNEQUAL.frequencies).pvalue > SIGNIFICANT

    def test_equal_frequencies_are_drawn_alike(self):
        masses = Masses(POINTS, np.full(3, 1 / 3))
        found = counts(drawer("identical", masses)(20_000, rng()), POINTS)
        assert stats.chisquare(found).pvalue > SIGNIFICANT

    def test_several_parameters_are_drawn_together(self):
        drawn = drawer("identical", PAIRS)(20_000, rng())
        found = counts(drawn, PAIRS.values)
        # (900, 400), which signal has not, does not come up
        assert found.sum() == 20_000
        assert stats.chisquare(found, 20_000 * PAIRS.frequencies).pvalue > SIGNIFICANT

    def test_a_continuous_mass_has_the_distribution_of_the_signal(self):
        signal = np.random.default_rng(1).exponential(size=(3_000, 1))
        masses = Masses.of(signal, np.ones(3_000))
        drawn = drawer("identical", masses)(3_000, rng())
        assert stats.ks_2samp(drawn[:, 0], signal[:, 0]).pvalue > SIGNIFICANT

    def test_a_mass_of_frequency_zero_does_not_come_up(self):
        masses = Masses(POINTS, np.array([0.0, 1.0, 0.0]))
        assert np.unique(drawer("identical", masses)(1_000, rng())).tolist() == [750.0]


class TestUniform:
    def test_it_is_uniform_over_the_range_of_the_signal(self):
        drawn = drawer("uniform", UNEQUAL)(20_000, rng())[:, 0]
        assert stats.kstest(drawn, stats.uniform(500, 1000).cdf).pvalue > SIGNIFICANT

    def test_a_given_range_stands_above_that_of_the_signal(self):
        drawn = drawer("uniform", UNEQUAL, [(400.0, 2000.0)])(20_000, rng())[:, 0]
        assert stats.kstest(drawn, stats.uniform(400, 1600).cdf).pvalue > SIGNIFICANT

    def test_several_parameters_are_independent(self):
        drawn = drawer("uniform", PAIRS)(20_000, rng())
        for column, (low, high) in enumerate([(500, 900), (100, 400)]):
            cdf = stats.uniform(low, high - low).cdf
            assert stats.kstest(drawn[:, column], cdf).pvalue > SIGNIFICANT
        assert stats.pearsonr(*drawn.T).pvalue > SIGNIFICANT


class TestOversample:
    SIGNAL = np.array([True, False, True, False])

    def test_each_background_event_is_at_every_mass_and_signal_is_there_once(self):
        rows, masses, _ = oversampled(self.SIGNAL, UNEQUAL)
        assert rows.tolist() == [0, 1, 1, 1, 2, 3, 3, 3]
        assert np.isnan(masses[[0, 4], 0]).all()
        assert masses[[1, 2, 3], 0].tolist() == masses[[5, 6, 7], 0].tolist() == [500, 750, 1500]

    def test_the_weight_is_shared_by_the_frequencies_of_the_signal(self):
        rows, _, share = oversampled(self.SIGNAL, UNEQUAL)
        assert share[[1, 2, 3]].tolist() == [0.5, 0.3, 0.2]
        assert np.bincount(rows, weights=share).tolist() == pytest.approx([1, 1, 1, 1])

    def test_masses_of_frequency_zero_are_left_out(self):
        masses = Masses(POINTS, np.array([0.0, 0.5, 0.5]))
        rows, _, _ = oversampled(self.SIGNAL, masses)
        assert len(rows) == 2 + 2 * 2

    @given(st.lists(st.booleans(), min_size=1, max_size=20), st.integers(1, 5))
    def test_no_weight_is_lost(self, signal, n_values):
        masses = Masses(np.arange(n_values, dtype=float)[:, None], np.full(n_values, 1 / n_values))
        rows, _, share = oversampled(np.array(signal), masses)
        assert np.bincount(rows, weights=share) == pytest.approx(np.ones(len(signal)))


@pytest.mark.parametrize("kind", ["identical", "uniform"])
class TestSeeds:
    def test_a_seed_and_epoch_give_the_same_masses_again(self, kind):
        draw = drawer(kind, UNEQUAL)
        assert np.array_equal(draw(500, rng(3, 7)), draw(500, rng(3, 7)))

    def test_epochs_differ(self, kind):
        draw = drawer(kind, UNEQUAL)
        assert not np.array_equal(draw(500, rng(3, 0)), draw(500, rng(3, 1)))

    def test_seeds_differ(self, kind):
        draw = drawer(kind, UNEQUAL)
        assert not np.array_equal(draw(500, rng(3)), draw(500, rng(4)))

    def test_training_and_validation_are_drawn_apart(self, kind):
        draw = drawer(kind, UNEQUAL)
        validation = assignment.random(3, assignment.VALIDATION)
        assert not np.array_equal(draw(500, rng(3)), draw(500, validation))

    def test_epochs_are_independent(self, kind):
        draw = drawer(kind, UNEQUAL)
        one, two = draw(20_000, rng(3, 0))[:, 0], draw(20_000, rng(3, 1))[:, 0]
        assert stats.pearsonr(one, two).pvalue > SIGNIFICANT
