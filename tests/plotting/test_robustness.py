from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from skhep_nn.plotting import (
    ImportanceDisplay,
    OvertrainingDisplay,
    SculptingDisplay,
    VariationsDisplay,
)
from skhep_nn.robustness import FeatureImportance


@pytest.fixture
def halves(negative_sample):
    """Training and test events: labels, scores, weights of either sign."""
    y, score, weight = negative_sample
    return tuple(tuple(part[at::2] for part in (y, score, weight)) for at in (0, 1))


def overtraining(train, test, **options):
    return OvertrainingDisplay.from_predictions(
        *train[:2], *test[:2], sample_weight_train=train[2], sample_weight_test=test[2], **options
    )


def test_training_is_drawn_as_lines_and_test_as_points_of_unit_area(halves):
    display = overtraining(*halves, bins=[0.0, 0.4, 1.0])
    y, score, weight = halves[0]
    contents = np.histogram(score[y == 0], [0, 0.4, 1], weights=weight[y == 0])[0]
    drawn = display.ax_.patches[0].get_data().values
    assert drawn == pytest.approx(contents / weight[y == 0].sum() / [0.4, 0.6])
    y, score, weight = halves[1]
    squares = np.histogram(score[y == 0], [0, 0.4, 1], weights=weight[y == 0] ** 2)[0]
    bars = display.ax_.containers[0].lines[2][0].get_segments()
    errors = np.sqrt(squares) / weight[y == 0].sum() / [0.4, 0.6]
    assert [bar[1, 1] - bar[0, 1] for bar in bars] == pytest.approx(2 * errors)


def test_the_verdict_stands_above_with_its_probability(halves):
    display = overtraining(*halves)
    title = display.ax_.get_legend().get_title().get_text().replace("\n", " ")
    assert title == f"{display.test.verdict} (p = {display.test.p_value:.2g})"
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert "background, training" in texts
    assert "signal, test" in texts


def test_an_estimator_is_tested_with_its_own_weights(scored):
    X, y, model = scored
    display = OvertrainingDisplay.from_estimator(model, X, y, X, y, threshold=0.5)
    assert display.test["efficiency", "signal"].train == pytest.approx(6 / 8)
    assert display.test.verdict == "no sign of overtraining"


def test_sculpting_shows_the_shape_of_all_background_and_of_what_passes(negative_sample):
    y, score, weight = negative_sample
    mass = np.linspace(0, 1, len(y))
    display = SculptingDisplay.from_predictions(
        y, score, mass, sample_weight=weight, efficiencies=[0.5], bins=[0, 0.3, 1], variable="m"
    )
    everything, passed = (patch.get_data().values for patch in display.ax_.patches)
    background = y == 0
    contents = np.histogram(mass[background], [0, 0.3, 1], weights=weight[background])[0]
    assert everything == pytest.approx(contents / contents.sum() / [0.3, 0.7])
    kept = background & (score >= display.result.thresholds[0])
    contents = np.histogram(mass[kept], [0, 0.3, 1], weights=weight[kept])[0]
    assert passed == pytest.approx(contents / contents.sum() / [0.3, 0.7])
    points = display.axes_[1].containers[0].lines[0].get_ydata()
    assert points == pytest.approx(display.result.efficiency[0])
    assert display.axes_[1].get_xlabel() == "m"


def test_sculpting_of_an_estimator_takes_a_column_by_name(scored):
    X, y, model = scored
    X["mass"] = [1.0, 2.0, 3.0, 4.0]
    display = SculptingDisplay.from_estimator(model, X, y, "mass", efficiencies=[0.5], bins=1)
    # weights 3 and 1: the cut that keeps nearest to a half keeps one quarter
    assert display.result.background_efficiency.tolist() == [0.25]
    assert display.axes_[1].get_xlabel() == "mass"


def test_a_long_last_bin_is_cut_off_and_an_empty_cut_is_left_out():
    y, mass = np.repeat([0, 1], 50), np.r_[np.arange(49.0), 1e6, np.arange(50.0)]
    options = {"efficiencies": 0.5, "of": "signal", "bins": [0, 10, 20, 1e6]}
    display = SculptingDisplay.from_predictions(y, y + 0.001 * np.arange(100), mass, **options)
    assert display.ax_.get_xlim() == (0, 50)
    assert len(display.ax_.patches) == 1


def test_variations_show_the_ratio_of_the_shapes(scored):
    X, y, model = scored
    up = X.assign(score=np.minimum(X["score"] + 0.2, 1.0))
    display = VariationsDisplay.from_estimator(
        model, {"nominal": X, "up": up}, y, bins=[0, 0.5, 1], threshold=0.5
    )
    signal, background = (ax.patches[0].get_data().values for ax in display.axes_)
    # signal 2 below and 6 above 0.5 becomes 0 and 8; background 3 and 1 stays
    assert signal == pytest.approx([0.0, 8 / 6])
    assert background == pytest.approx([1.0, 1.0])
    (text,) = (text.get_text() for text in display.ax_.get_legend().get_texts())
    assert text.startswith("up, ΔAUC +")
    assert [ax.texts[0].get_text() for ax in display.axes_] == ["signal", "background"]


def test_importance_is_drawn_with_the_greatest_on_top():
    found = FeatureImportance(
        ["a", "b", "c"], np.array([0.1, 0.3, 0.2]), np.array([0.01, 0.03, 0.02]), [], "Loss"
    )
    display = ImportanceDisplay.from_result(found, n_most=2)
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["b", "c"]
    assert [bar.get_width() for bar in display.ax_.patches] == [0.3, 0.2]
    assert display.ax_.yaxis_inverted()
    assert display.ax_.get_xlabel() == "Loss"


def test_importance_of_an_estimator_takes_the_options_of_both(scored):
    X, y, model = scored
    display = ImportanceDisplay.from_estimator(model, X, y, n_repeats=2, n_most=1)
    assert display.result.names == ["score"]


@pytest.mark.parametrize("n_panels", [1, 3])
def test_panels_go_where_they_are_asked_for(halves, n_panels):
    figure, axes = plt.subplots(n_panels)
    if n_panels == 3:
        with pytest.raises(ValueError, match="ax has 3 axes, the picture has 2 panels"):
            overtraining(*halves, ax=axes)
    else:
        assert overtraining(*halves, ax=axes).figure_ is figure
