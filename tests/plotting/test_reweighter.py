from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB

from skhep_nn import LikelihoodRatio
from skhep_nn.metrics import reweighting_test
from skhep_nn.plotting import ReweighterDisplay


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    source, target = rng.normal(0.0, 1.0, 2000), rng.normal(0.5, 1.0, 1000)
    weights = rng.choice([1.0, -0.5], 2000, p=[0.8, 0.2])
    return source, target, weights * np.exp(0.5 * source - 0.125), weights


def test_shapes_ratios_and_chi_squares_are_those_of_the_test(samples):
    source, target, after, before = samples
    display = ReweighterDisplay.from_weights(
        source, target, after, weights_before=before, bins=8, variable="mass"
    )
    test = reweighting_test(source, target, after, weights_before=before, bins=8)
    drawn = [patch.get_data() for patch in display.ax_.patches]
    widths = np.diff(test.edges)
    np.testing.assert_allclose(drawn[0].values, test.before / widths)
    np.testing.assert_allclose(drawn[1].values, test.after / widths)
    points = display.ax_.containers[0].lines[0].get_ydata()
    np.testing.assert_allclose(points, test.target / widths)
    ratios = [points.lines[0].get_ydata() for points in display.axes_[1].containers]
    np.testing.assert_allclose(ratios[1], test.after / test.target)
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts[1] == f"after, χ² / bin = {test.chi2_per_bin_after:.3g}"
    assert display.axes_[1].get_xlabel() == "mass"
    display.figure_.canvas.draw()


def test_from_estimator_reweights_the_source_with_its_weights():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 4000)
    X = pd.DataFrame({"x": rng.normal(0.5 * y, 1.0)})
    weights = np.where(y == 1, 2.0, rng.choice([1.0, -0.5], 4000, p=[0.8, 0.2]))
    ratio = LikelihoodRatio(GaussianNB().fit(X[:2000], y[:2000]))
    test_events, y, weights = X[2000:], y[2000:], weights[2000:]
    display = ReweighterDisplay.from_estimator(
        ratio, test_events, y, "x", sample_weight=weights, bins=5
    )
    x = test_events["x"].to_numpy()
    after = ratio.predict_weights(test_events[y == 0], sample_weight=weights[y == 0])
    expected = reweighting_test(
        x[y == 0], x[y == 1], after, weights_before=weights[y == 0], weights_target=2.0, bins=5
    )
    assert display.test.chi2_after == pytest.approx(expected.chi2_after)
    assert display.test.chi2_per_bin_after < 3 < display.test.chi2_per_bin_before
    assert display.variable == "x"


def test_it_takes_the_place_of_given_axes(samples):
    figure, axes = plt.subplots(1, 2)
    display = ReweighterDisplay.from_weights(*samples[:3], ax=axes[0], log=True)
    assert display.figure_ is figure
    assert len(figure.axes) == 4
    assert display.ax_.get_yscale() == "log"
    figure.canvas.draw()


@pytest.mark.parametrize("by", [np.nan, [[]], np.zeros(3), np.zeros((2, 2, 2)), np.zeros((40, 2))])
def test_a_variable_that_has_not_one_value_per_event_is_an_error(by):
    X, y = np.arange(40.0)[:, None], np.arange(40) % 2
    ratio = LikelihoodRatio(GaussianNB().fit(X, y))
    with pytest.raises(ValueError, match=r"by must have the shape \(40,\), one value per event"):
        ReweighterDisplay.from_estimator(ratio, X, y, by=by)


def test_missing_values_and_events_without_a_label_are_named_as_they_were_given():
    X, y = np.arange(40.0)[:, None], np.arange(40) % 2
    ratio = LikelihoodRatio(GaussianNB().fit(X, y))
    with pytest.raises(ValueError, match=r"by must be finite numbers, .* 1 that are"):
        ReweighterDisplay.from_estimator(ratio, X, y, by=[np.nan, *range(39)])
    with pytest.raises(ValueError, match=r"y must have the shape \(40,\), .* got \(39,\)"):
        ReweighterDisplay.from_estimator(ratio, X, y[:39], by=np.arange(40.0))
