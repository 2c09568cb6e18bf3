"""The check whether the mass alone separates signal from background."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from skhep_nn.estimators._parametric._assignment import Masses, drawer, oversampled
from skhep_nn.estimators._parametric._leak import _auc, _bins, mass_leak

FIVE = np.array([500.0, 750.0, 1000.0, 1250.0, 1500.0])


def sample(kind, n_events, seed, points=FIVE, frequencies=None, weighted=False):
    """(masses, is_signal, weights): signal at `points`, background as `kind` assigns it."""
    rng = np.random.default_rng(seed)
    is_signal = np.arange(n_events) % 2 == 0
    masses = np.empty((n_events, 1))
    masses[is_signal, 0] = rng.choice(points, is_signal.sum(), p=frequencies)
    weights = rng.exponential(size=n_events) if weighted else np.ones(n_events)
    known = Masses.of(masses[is_signal], weights[is_signal])
    masses[~is_signal] = drawer(kind, known)(int((~is_signal).sum()), rng)
    return masses, is_signal, weights


def test_a_uniform_background_against_five_masses_is_a_leak_that_the_auc_of_the_mass_misses():
    masses, is_signal, weights = sample("uniform", 4_000, seed=0)
    plain = roc_auc_score(is_signal, masses[:, 0])
    assert abs(plain - 0.5) < 0.03
    leak = mass_leak(masses, is_signal, weights)
    assert leak.found
    assert leak.auc > 0.99


@pytest.mark.parametrize("n_events", [100, 300, 1_000])
@pytest.mark.parametrize("weighted", [False, True])
def test_uniform_against_a_handful_of_masses_is_found_at_few_events(n_events, weighted):
    found = [mass_leak(*sample("uniform", n_events, s, weighted=weighted)).found for s in range(20)]
    assert all(found)


@pytest.mark.parametrize("n_events", [60, 200, 400, 2_000])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("frequencies", [None, [0.6, 0.2, 0.1, 0.06, 0.04]])
def test_identical_masses_are_no_leak_for_any_seed(n_events, weighted, frequencies):
    samples = (
        sample("identical", n_events, seed, weighted=weighted, frequencies=frequencies)
        for seed in range(60)
    )
    assert not any(mass_leak(*s).found for s in samples)


@pytest.mark.parametrize("kind", ["identical", "uniform"])
def test_a_continuous_uniform_mass_of_the_signal_is_no_leak(kind):
    points = np.random.default_rng(5).uniform(500, 1500, 100_000)
    for seed in range(20):
        assert not mass_leak(*sample(kind, 1_000, seed, points=points)).found


def test_a_falling_mass_of_the_signal_against_a_uniform_one_is_a_leak():
    points = 500 + np.random.default_rng(5).exponential(200, 100_000)
    assert mass_leak(*sample("uniform", 2_000, 0, points=points)).found


def test_oversampled_background_is_no_leak():
    masses, is_signal, weights = sample(
        "identical", 600, 0, frequencies=[0.6, 0.2, 0.1, 0.06, 0.04]
    )
    known = Masses.of(masses[is_signal], weights[is_signal])
    rows, assigned, share = oversampled(is_signal, known)
    assigned = np.where(np.isnan(assigned), masses[rows], assigned)
    assert not mass_leak(assigned, is_signal[rows], weights[rows] * share).found


def test_masses_with_other_frequencies_than_those_of_the_signal_are_a_leak():
    masses, is_signal, weights = sample("identical", 2_000, 0)
    background = ~is_signal
    masses[background, 0] = np.random.default_rng(1).choice(
        FIVE, background.sum(), p=[0.02, 0.06, 0.12, 0.3, 0.5]
    )
    leak = mass_leak(masses, is_signal, weights)
    assert leak.found
    assert 0.6 < leak.auc < 0.9


def test_weights_that_undo_the_frequencies_undo_the_leak():
    masses, is_signal, weights = sample("identical", 4_000, 0)
    p = dict(zip(FIVE, [0.02, 0.06, 0.12, 0.3, 0.5], strict=True))
    background = np.flatnonzero(~is_signal)
    chosen = np.random.default_rng(1).choice(FIVE, len(background), p=list(p.values()))
    masses[background, 0] = chosen
    weights[background] = [0.2 / p[m] for m in chosen]
    assert not mass_leak(masses, is_signal, weights).found


class TestSeveralParameters:
    PAIRS = np.array([[500.0, 100.0], [500.0, 400.0], [900.0, 100.0], [900.0, 400.0]])

    def sample(self, background, n_events=600, frequencies=None):
        rng = np.random.default_rng(0)
        is_signal = np.arange(n_events) % 2 == 0
        masses = np.empty((n_events, 2))
        rows = rng.choice(4, n_events, p=frequencies)
        masses[is_signal] = self.PAIRS[rows[is_signal]]
        masses[~is_signal] = background(rng, int((~is_signal).sum()))
        return masses, is_signal, np.ones(n_events)

    def test_uniform_parameters_against_points_are_a_leak(self):
        leak = mass_leak(*self.sample(lambda rng, n: rng.uniform([500, 100], [900, 400], (n, 2))))
        assert leak.found
        assert leak.auc > 0.99

    def test_points_drawn_together_are_no_leak(self):
        assert not mass_leak(*self.sample(lambda rng, n: self.PAIRS[rng.choice(4, n)])).found

    def test_parameters_drawn_one_by_one_are_a_leak_that_each_alone_does_not_show(self):
        # signal on the diagonal only: each parameter by itself is alike in signal and background
        diagonal = [0.5, 0.0, 0.0, 0.5]
        masses, is_signal, weights = self.sample(
            lambda rng, n: np.stack(
                [rng.choice([500.0, 900.0], n), rng.choice([100.0, 400.0], n)], 1
            ),
            n_events=2_000,
            frequencies=diagonal,
        )
        for column in (0, 1):
            assert not mass_leak(masses[:, [column]], is_signal, weights).found
        assert mass_leak(masses, is_signal, weights).found


class TestContinuousParameters:
    """Several parameters whose values are different in every event of the signal."""

    @staticmethod
    def plane(rng, n):
        """m_lsp close below m_stop, a band of the plane."""
        stop = rng.uniform(500, 1500, n)
        return np.stack([stop, stop - rng.uniform(50, 100, n)], axis=1)

    def sample(self, kind, n_events, seed, weighted=False):
        rng = np.random.default_rng(seed)
        is_signal = np.arange(n_events) % 2 == 1
        masses = self.plane(rng, n_events)
        weights = rng.exponential(size=n_events) if weighted else np.ones(n_events)
        known = Masses.of(masses[is_signal], weights[is_signal])
        masses[~is_signal] = drawer(kind, known)(int((~is_signal).sum()), rng)
        return masses, is_signal, weights

    @pytest.mark.parametrize("n_events", [400, 4_000])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_a_band_against_its_bounding_box_is_a_leak(self, n_events, weighted):
        for seed in range(10):
            masses, is_signal, weights = self.sample("uniform", n_events, seed, weighted)
            leak = mass_leak(masses, is_signal, weights)
            assert leak.found
            assert leak.auc > 0.7
            # the first parameter by itself is uniform in both
            assert not mass_leak(masses[:, [0]], is_signal, weights).found

    @pytest.mark.parametrize("n_events", [40, 100, 300, 1_000, 4_000])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_identical_masses_are_no_leak_for_any_seed(self, n_events, weighted):
        for seed in range(60):
            assert not mass_leak(*self.sample("identical", n_events, seed, weighted)).found

    @pytest.mark.parametrize("n_events", [100, 1_000])
    def test_so_are_masses_drawn_anew_from_the_plane(self, n_events):
        for seed in range(60):
            rng = np.random.default_rng(seed)
            is_signal = np.arange(n_events) % 2 == 1
            assert not mass_leak(self.plane(rng, n_events), is_signal, np.ones(n_events)).found

    def test_three_parameters(self):
        rng = np.random.default_rng(0)
        is_signal = np.arange(4_000) % 2 == 1
        masses = rng.uniform(size=(4_000, 3))
        # signal in two of the four quarters of a plane
        masses[is_signal, 1] = (masses[is_signal, 0] + rng.uniform(0, 0.3, 2_000)) % 1
        assert mass_leak(masses, is_signal, np.ones(4_000)).found


class TestCancellingWeights:
    """45 % of the weights negative: the effective number of events is a few."""

    def sample(self, kind, seed, n_events=600):
        rng = np.random.default_rng(seed)
        is_signal = np.arange(n_events) % 2 == 0
        masses = np.empty((n_events, 1))
        masses[is_signal, 0] = rng.choice(FIVE[:3], is_signal.sum())
        weights = np.where(np.arange(n_events) % 20 < 9, -1.0, 1.0)
        weights[:] = rng.permutation(weights)
        known = Masses.of(masses[is_signal], weights[is_signal])
        masses[~is_signal] = drawer(kind, known)(int((~is_signal).sum()), rng)
        return masses, is_signal, weights

    def test_no_threshold_is_out_of_reach(self):
        for seed in range(20):
            leak = mass_leak(*self.sample("uniform", seed))
            assert leak.threshold <= 0.95
            assert leak.found

    def test_identical_masses_are_no_leak(self):
        assert not any(mass_leak(*self.sample("identical", seed)).found for seed in range(100))


def test_the_threshold_is_four_standard_errors_above_a_half():
    # 50 and 150 events: 4 sqrt((1/50 + 1/150) / 12) = 0.18856
    is_signal = np.arange(200) < 50
    masses = np.ones((200, 1))
    assert mass_leak(masses, is_signal, np.ones(200)).threshold == pytest.approx(0.688562, abs=1e-6)


def test_the_threshold_is_at_least_0_52():
    is_signal = np.arange(100_000) % 2 == 0
    leak = mass_leak(np.ones((100_000, 1)), is_signal, np.ones(100_000))
    assert (leak.threshold, leak.auc) == (0.52, 0.5)


def test_bins_are_the_distinct_values_and_the_gaps_between():
    masses = np.array([[500.0], [500.0], [1000.0], [1000.0], [400.0], [700.0], [800.0], [1100.0]])
    is_signal = np.array([True] * 4 + [False] * 4)
    bins = _bins(masses, is_signal, np.ones(8))
    assert bins[0] == bins[1] != bins[2] == bins[3]
    # 700 and 800 are in one gap; below, between and above are three
    assert bins[5] == bins[6]
    assert len(set(bins.tolist())) == 2 + 3


def test_the_auc_of_bins_is_that_of_events():
    ratio = np.array([0.5, 2.0, 1.0, 2.0])
    signal, background = np.array([1.0, 4.0, 2.0, 3.0]), np.array([5.0, 1.0, 2.0, 1.0])
    y = np.repeat([1, 0], 4)
    scores = np.tile(ratio, 2)
    weights = np.concatenate([signal, background])
    assert _auc(signal, background, ratio) == pytest.approx(
        roc_auc_score(y, scores, sample_weight=weights)
    )
