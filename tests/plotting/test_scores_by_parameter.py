from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import auc_by_parameter_from_scores
from skhep_nn.plotting import ScoreByParameterDisplay


@pytest.fixture
def events():
    """Labels, scores at 500 and at 750, masses and weights."""
    rng = np.random.default_rng(0)
    mass = pd.Series(rng.choice([np.nan, 500, 750], 600), name="mass")
    y = mass.notna().to_numpy().astype(int)
    scores = rng.uniform(size=(600, 2)) ** (1 / (1 + y[:, None]))
    return y, scores, mass, rng.exponential(size=600)


def test_each_panel_has_the_signal_of_its_mass_and_all_background(events):
    y, scores, mass, weights = events
    display = ScoreByParameterDisplay.from_predictions(
        y, scores, mass, sample_weight=weights, bins=4
    )
    assert list(display.histograms) == ["mass=500", "mass=750"]
    for at, (value, panel) in enumerate(zip((500, 750), display.histograms.values(), strict=True)):
        for label, mask in ((0, y == 0), (1, (mass == value).to_numpy())):
            expected, edges = np.histogram(
                scores[mask, at], np.linspace(0, 1, 5), weights=weights[mask]
            )
            assert panel[label].values() == pytest.approx(expected)
            squares, _ = np.histogram(scores[mask, at], edges, weights=weights[mask] ** 2)
            assert panel[label].variances() == pytest.approx(squares)


def test_a_panel_says_its_mass_and_area(events):
    y, scores, mass, weights = events
    display = ScoreByParameterDisplay.from_predictions(y, scores, mass, sample_weight=weights)
    table = auc_by_parameter_from_scores(y, scores, mass, sample_weight=weights)
    assert list(display.auc.values()) == table["auc"].tolist()
    titles = [ax.get_title(loc="left") for ax in display.axes_]
    assert titles == [f"mass={value:g}, AUC = {auc:.3f}" for value, auc in table["auc"].items()]


def test_contents_have_unit_area_and_signal_has_errors(events):
    y, scores, mass, weights = events
    display = ScoreByParameterDisplay.from_predictions(
        y, scores, mass, sample_weight=weights, bins=5, class_names={0: "QCD", 1: "stop"}
    )
    histogram = display.histograms["mass=500"][1]
    (container,) = display.ax_.containers
    heights = container.lines[0].get_ydata()
    assert heights.sum() / 5 == pytest.approx(1)
    ends = np.array(container.lines[2][0].get_segments())[:, :, 1]
    expected = np.sqrt(histogram.variances()) / histogram.values().sum() * 5
    assert (ends[:, 1] - ends[:, 0]) / 2 == pytest.approx(expected)
    assert display.ax_.patches[0].get_data().values.sum() / 5 == pytest.approx(1)
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["QCD", "stop"]


def test_several_backgrounds_are_drawn_apart_and_signal_last(events):
    y, scores, mass, _ = events
    names = np.where(y == 1, "X", np.where(np.arange(600) % 2, "tt", "a QCD"))
    display = ScoreByParameterDisplay.from_predictions(names, scores, mass, signal="X")
    assert list(display.histograms["mass=750"]) == ["a QCD", "tt", "X"]
    assert len(display.ax_.get_legend().get_texts()) == 3


def test_from_estimator_scores_background_at_each_mass(events):
    y, scores, mass, weights = events
    X = pd.DataFrame({"a": scores[:, 0], "b": scores[:, 1], "mass": mass, "weight": weights})

    class Scanner:
        parameter = "mass"
        classes_ = (0, 1)

        def predict_proba_scan(self, X, masses):
            p = np.stack([X["a"] if mass == 500 else X["b"] for mass in masses], axis=1)
            return np.stack([1 - p, p], axis=2)

    display = ScoreByParameterDisplay.from_estimator(Scanner(), X, y, weight_column="weight")
    expected = ScoreByParameterDisplay.from_predictions(y, scores, mass, sample_weight=weights)
    assert display.auc == expected.auc
    for label, panel in expected.histograms.items():
        for name, histogram in panel.items():
            assert (display.histograms[label][name].values() == histogram.values()).all()


def test_panels_are_laid_out_in_columns(events):
    y, scores, mass, _ = events
    display = ScoreByParameterDisplay.from_predictions(y, scores, mass, n_columns=1, log=True)
    places = [ax.get_subplotspec().rowspan.start for ax in display.axes_]
    assert places == [0, 1]
    assert [ax.get_xlabel() for ax in display.axes_] == ["", "Score"]
    assert display.ax_.get_yscale() == "log"


def test_axes_may_be_given(events):
    y, scores, mass, _ = events
    _, axes = plt.subplots(1, 2)
    display = ScoreByParameterDisplay.from_predictions(y, scores, mass, ax=axes)
    assert display.axes_ == list(axes)
    with pytest.raises(ValueError, match="ax has 2 axes, the picture has 1 panels"):
        ScoreByParameterDisplay.from_predictions(y, scores[:, 1], mass, hypotheses=[750], ax=axes)


def test_a_background_class_that_sums_to_nothing_is_an_error_that_names_the_mass():
    with pytest.raises(WeightError, match="at parameter=500: sample_weight of class 2 in y_true"):
        ScoreByParameterDisplay.from_predictions(
            [0, 1, 2], [0.1, 0.2, 0.3], [0, 500, 0], sample_weight=[1, 1, -0.5]
        )


def test_bins_that_make_no_sense_are_an_error(events):
    y, scores, mass, _ = events
    with pytest.raises(ValueError, match="bins=0; it must be a number >= 1 or increasing edges"):
        ScoreByParameterDisplay.from_predictions(y, scores, mass, bins=0)
