from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skhep_nn.metrics import calibration_curve, expected_calibration_error
from skhep_nn.plotting import CalibrationDisplay


@pytest.fixture
def predictions():
    """A draw of a rare signal, the prediction, which is the truth, and weights of either sign."""
    rng = np.random.default_rng(0)
    p = 0.4 * rng.beta(0.5, 3, 4000)
    return (rng.random(4000) < p).astype(int), p, rng.choice([1.0, -0.5], 4000, p=[0.85, 0.15])


def test_points_errors_and_differences_are_those_of_the_curve(predictions):
    y, p, weights = predictions
    display = CalibrationDisplay.from_predictions(y, p, sample_weight=weights, bins=6)
    curve = calibration_curve(y, p, weights, bins=6)
    points, off = (ax.containers[0] for ax in display.axes_)
    np.testing.assert_array_equal(points.lines[0].get_xdata(), curve.probability)
    np.testing.assert_array_equal(points.lines[0].get_ydata(), curve.fraction)
    ends = np.array([segment[:, 1] for segment in points.lines[2][0].get_segments()])
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 2 * curve.error)
    np.testing.assert_allclose(off.lines[0].get_ydata(), curve.fraction - curve.probability)


def test_the_legend_has_the_calibration_error_in_the_same_bins(predictions):
    y, p, weights = predictions
    display = CalibrationDisplay.from_predictions(y, p, sample_weight=weights, bins=6, name="net")
    found = expected_calibration_error(y, p, weights, bins=6)
    assert display.calibration_error == pytest.approx(found)
    text = display.ax_.get_legend().get_texts()[0].get_text()
    assert text.startswith(f"net, ECE = {found.value:.2g} ± {found.error:.1g}, ")


def test_the_axes_reach_beyond_the_highest_point_of_all_curves(predictions):
    y, p, _ = predictions
    one = CalibrationDisplay.from_predictions(y, p)
    assert one.ax_.get_xlim()[1] < 0.3
    CalibrationDisplay.from_predictions(y, 2 * p, ax=one.axes_)
    highest = calibration_curve(y, 2 * p).probability[-1]
    assert one.ax_.get_xlim()[1] == pytest.approx(1.15 * highest)
    CalibrationDisplay.from_predictions(y, p**0.2, ax=one.axes_)
    assert one.ax_.get_xlim() == (0, 1)
    colors = {points.lines[0].get_color() for points in one.ax_.containers}
    assert len(colors) == 3


def test_on_logarithmic_axes_the_lowest_point_is_in_sight(predictions):
    y, p, _ = predictions
    display = CalibrationDisplay.from_predictions(y, p, log=True)
    assert display.ax_.get_xscale() == display.ax_.get_yscale() == "log"
    assert display.axes_[1].get_xscale() == "log"
    assert 0 < display.ax_.get_xlim()[0] < calibration_curve(y, p).probability[0]
    CalibrationDisplay.from_predictions(y, p / 2, ax=display.axes_)
    assert display.ax_.get_xscale() == "log"
    display.figure_.canvas.draw()


def test_from_estimator_takes_the_weight_column_of_the_estimator(scored):
    X, y, model = scored
    display = CalibrationDisplay.from_estimator(model, X, y, bins=[0, 0.5, 1])
    # 0.1 and 0.4 with weights 3 and 2, 0.6 and 0.9 with 1 and 6
    assert display.curve.fraction == pytest.approx([2 / 5, 6 / 7])
    unweighted = CalibrationDisplay.from_estimator(model, X, y, sample_weight=1, bins=[0, 0.5, 1])
    assert unweighted.curve.fraction == pytest.approx([0.5, 0.5])


def test_each_of_several_classes_has_its_curve(three):
    X, y, model = three
    display = CalibrationDisplay.from_estimator(model, X, y, signal="Z", bins=[0, 1])
    assert display.curve.fraction == pytest.approx([0.25])
    assert display.curve.probability == pytest.approx([X["b"].mean()])


def test_a_curve_without_a_calibration_error_has_its_name_only(predictions):
    y, p, _ = predictions
    display = CalibrationDisplay(calibration_curve(y, p), name="network").plot(color="black")
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["network"]
    assert display.ax_.containers[0].lines[0].get_color() == "black"


def test_it_takes_the_place_of_given_axes(predictions):
    y, p, _ = predictions
    figure, axes = plt.subplots(1, 2)
    display = CalibrationDisplay.from_predictions(y, p, ax=axes[0])
    assert display.figure_ is figure
    assert len(figure.axes) == 4
    figure.canvas.draw()


@pytest.mark.parametrize("name", [pd.NA, np.zeros((0, 2)), ["network"], object()])
def test_a_name_that_is_no_text_is_an_error(name):
    y, p = [0, 1, 0, 1], [0.1, 0.8, 0.3, 0.6]
    options = {"bins": 2, "min_effective_events": 1}
    with pytest.raises(TypeError, match=r"name=.*; it must be a text"):
        CalibrationDisplay.from_predictions(y, p, name=name, **options)
