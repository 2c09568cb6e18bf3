"""Errors of what a fixed cut achieves cover 68 % in toys, with weights of either sign."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn.metrics import bias_study, significance_scan
from skhep_nn.metrics._cut_errors import efficiency_error, merit_error

N_TOYS, CUT = 500, 0.7
THREE_ERRORS = 3 * np.sqrt(0.683 * 0.317 / N_TOYS)


def sample(seed, mean_events=1500):
    """A random number of events; signal has a score of density 2 x, a tenth negative weights."""
    rng = np.random.default_rng(seed)
    n_events = rng.poisson(mean_events)
    y = (rng.random(n_events) < 0.3).astype(int)
    score = rng.random(n_events) ** np.where(y == 1, 0.5, 1.0)
    weight = rng.uniform(0.5, 1.5, n_events) * np.where(rng.random(n_events) < 0.1, -1, 1)
    return y, score, weight


@pytest.mark.parametrize("kind", ["asimov", "s/sqrt(b)"])
def test_the_error_of_a_figure_of_merit_covers(kind):
    # expected yields: 0.8 of the weights are left, 1 - 0.7^2 of signal and 0.3 of background
    signal, background = 0.8 * 450 * (1 - CUT**2), 0.8 * 1050 * (1 - CUT)
    options = {"kind": kind, "thresholds": [CUT]}
    truth = {
        "asimov": np.sqrt(2 * ((signal + background) * np.log1p(signal / background) - signal)),
        "s/sqrt(b)": signal / np.sqrt(background),
    }[kind]
    inside = []
    for seed in range(N_TOYS):
        scan = significance_scan(*sample(seed), **options)
        inside.append(abs(scan.figure_of_merit[0] - truth) < merit_error(scan)[0])
    assert abs(np.mean(inside) - 0.683) < THREE_ERRORS


def test_the_error_of_an_efficiency_covers():
    inside = []
    for seed in range(N_TOYS):
        y, score, weight = sample(seed)
        w, passed = weight[y == 1], (score >= CUT)[y == 1]
        found = w[passed].sum() / w.sum()
        error = efficiency_error(found, np.sum(w[passed] ** 2), w.sum(), np.sum(w**2))
        inside.append(abs(found - (1 - CUT**2)) < error)
    assert abs(np.mean(inside) - 0.683) < THREE_ERRORS


def test_the_error_of_the_kept_fraction_in_a_bin_covers():
    inside = []
    for seed in range(N_TOYS):
        _, score, weight = sample(seed)
        x = np.random.default_rng(seed + N_TOYS).random(len(score))
        events = pd.DataFrame({"score": score})
        study = bias_study(x < 0.4, events, bins=[0, 0.5, 1], sample_weight=weight)
        found = study.variables["score"]
        inside.append(np.abs(found.fraction - 0.4) < found.error)
    assert np.abs(np.mean(inside, axis=0) - 0.683).max() < THREE_ERRORS
