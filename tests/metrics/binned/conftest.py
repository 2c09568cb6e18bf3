"""Scores of signal and background with weights of either sign, and random models of histograms."""

from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.metrics._binned._likelihood import BinnedLikelihood


def make_scored(n_events=4000, seed=0, negative=0.1, scale=(0.02, 0.5)):
    """(y, score, weight), a tenth of the weights negative; the yields are some 20 and 1200."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n_events) < 0.3).astype(int)
    score = rng.beta(1 + 2 * y, 3 - 2 * y)
    weight = rng.uniform(0.5, 1.5, n_events) * np.where(y == 1, *scale)
    return y, score, weight * np.where(rng.random(n_events) < negative, -1, 1)


@pytest.fixture(scope="session")
def new_scored():
    return make_scored


@pytest.fixture
def scored():
    return make_scored()


def make_likelihood(seed, n_bins=None, n_variations=None):
    """A model as an analysis has it, with variations of 1 to 10 % that need not be symmetric."""
    rng = np.random.default_rng(seed)
    n_bins = rng.integers(2, 8) if n_bins is None else n_bins
    n_variations = rng.integers(1, 4) if n_variations is None else n_variations
    background = 10 ** rng.uniform(1, 3, n_bins)
    signal = np.sqrt(background) * rng.uniform(0.1, 1.5, n_bins)
    up = rng.normal(0.0, 0.05, (n_variations, n_bins))
    down = -up + rng.normal(0.0, 0.02, up.shape)
    return BinnedLikelihood(
        signal,
        background,
        rng.uniform(0.01, 0.2, n_bins),
        np.array([-down, up]) * 0.5 * signal,
        np.array([-down, up]) * background,
    )


@pytest.fixture(scope="session")
def new_likelihood():
    return make_likelihood
