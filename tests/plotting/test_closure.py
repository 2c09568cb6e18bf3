from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skhep_nn.exceptions import ColumnError
from skhep_nn.metrics import closure_test
from skhep_nn.plotting import ClosureDisplay

EDGES = np.linspace(0, 1, 11)


@pytest.fixture
def predictions():
    """A draw, the prediction, which is the truth, and a variable on which it depends."""
    rng = np.random.default_rng(0)
    by = rng.random(2000)
    p = 0.2 + 0.5 * by
    return (rng.random(2000) < p).astype(int), p, by


def test_points_are_selected_events_and_the_histogram_is_weighted_by_the_prediction(predictions):
    y, p, by = predictions
    display = ClosureDisplay.from_predictions(y, p, by, bins=EDGES)
    everything, weighted = (patch.get_data() for patch in display.ax_.patches)
    np.testing.assert_array_equal(everything.values, np.histogram(by, EDGES)[0])
    np.testing.assert_allclose(weighted.values, np.histogram(by, EDGES, weights=p)[0])
    points = display.ax_.containers[0]
    selected = np.histogram(by[y == 1], EDGES)[0]
    np.testing.assert_array_equal(points.lines[0].get_ydata(), selected)
    variance = np.histogram(by, EDGES, weights=p * (1 - p))[0]
    ends = np.array([segment[:, 1] for segment in points.lines[2][0].get_segments()])
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 2 * np.sqrt(variance))


def test_pulls_are_those_of_the_test(predictions):
    display = ClosureDisplay.from_predictions(*predictions, bins=EDGES)
    drawn = display.axes_[1].lines[0].get_ydata()
    np.testing.assert_array_equal(drawn, closure_test(*predictions, bins=EDGES).pulls)


def test_pulls_out_of_sight_are_arrows_at_the_edge(predictions):
    y, p, by = predictions
    display = ClosureDisplay.from_predictions(y, np.where(by > 0.5, 0.01, p), by, bins=EDGES)
    inside, above, below = display.axes_[1].lines
    assert len(inside.get_xdata()) == 5
    assert above.get_xdata() == pytest.approx([0.55, 0.65, 0.75, 0.85, 0.95])
    assert above.get_ydata().tolist() == [5.0] * 5
    assert len(below.get_xdata()) == 0


def test_bins_that_are_not_tested_have_no_pull(predictions):
    y, p, by = predictions
    display = ClosureDisplay.from_predictions(y, p, by, bins=[0, 0.005, 1], min_variance=5)
    assert display.axes_[1].lines[0].get_xdata() == pytest.approx([0.5025])


def test_the_legend_has_the_name_and_the_chi_square(predictions):
    display = ClosureDisplay.from_predictions(*predictions, bins=EDGES, name="muons")
    legend = display.ax_.get_legend()
    assert legend.get_title().get_text() == f"muons: χ² = {display.test.chi2:.1f}, 10 bins"
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["all", "weighted by prediction", "selected"]


def test_without_a_legend_it_is_the_title(predictions):
    display = ClosureDisplay.from_predictions(*predictions, bins=1, legend=False, log=True)
    assert display.ax_.get_legend() is None
    assert display.ax_.get_title(loc="left") == f"χ² = {display.test.chi2:.1f}, 1 bin"
    assert display.ax_.get_yscale() == "log"


def test_from_estimator_takes_weight_column_and_the_variable_by_name(scored):
    X, y, model = scored
    display = ClosureDisplay.from_estimator(model, X, y, "score", bins=[0, 0.5, 1])
    # scores 0.1, 0.4 with weights 3, 2; scores 0.6, 0.9 with weights 1, 6
    assert display.test.expected == pytest.approx([0.3 + 0.8, 0.6 + 5.4])
    assert display.test.counts.tolist() == [2.0, 6.0]
    assert display.axes_[1].get_xlabel() == "score"
    with pytest.raises(ColumnError, match="nothing"):
        ClosureDisplay.from_estimator(model, X, y, "nothing")


def test_from_estimator_takes_values_and_weights_as_well(scored):
    X, y, model = scored
    options = {"bins": [0, 1], "sample_weight": 1.0, "variable": "x"}
    display = ClosureDisplay.from_estimator(model, X, y, [0.5] * 4, **options)
    assert display.test.total.tolist() == [4.0]
    assert display.axes_[1].get_xlabel() == "x"


def test_it_takes_the_place_of_given_axes(predictions):
    figure, axes = plt.subplots(1, 2)
    display = ClosureDisplay.from_predictions(*predictions, ax=axes[0])
    assert display.figure_ is figure
    assert len(figure.axes) == 4


def test_the_picture_is_drawn(predictions):
    display = ClosureDisplay.from_predictions(*predictions, variable=r"$\eta$")
    display.figure_.canvas.draw()


def test_a_series_is_called_by_its_name(scored):
    X, y, model = scored
    by = pd.Series(np.linspace(0, 1, len(y)), name="momentum")
    display = ClosureDisplay.from_estimator(model, X, y, by, bins=2)
    assert display.axes_[-1].get_xlabel() == "momentum"
    display = ClosureDisplay.from_estimator(model, X, y, by, bins=2, variable="p [GeV]")
    assert display.axes_[-1].get_xlabel() == "p [GeV]"
    display = ClosureDisplay.from_estimator(model, X, y, by.to_numpy(), bins=2)
    assert display.axes_[-1].get_xlabel() == ""
