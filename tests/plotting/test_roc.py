from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import roc_auc
from skhep_nn.plotting import RocDisplay

Y, SCORE, WEIGHT = [0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], [3.0, 1.0, 2.0, 6.0]


def test_the_curve_is_that_of_the_weights():
    display = RocDisplay.from_predictions(Y, SCORE, sample_weight=WEIGHT)
    # cuts 0.9, 0.6, 0.4, 0.1
    assert display.line_.get_xdata() == pytest.approx([0, 0, 1 / 4, 1 / 4, 1])
    assert display.line_.get_ydata() == pytest.approx([0, 6 / 8, 6 / 8, 1, 1])
    # 1 - (pair of 0.4 below 0.6) = 1 - 2 * 1 / (8 * 4)
    assert display.auc == pytest.approx(1 - 2 / 32)


def test_without_weights_the_area_is_another():
    assert RocDisplay.from_predictions(Y, SCORE).auc == pytest.approx(3 / 4)


def test_the_curve_is_scikit_learns_for_positive_weights(sample):
    y, score, weight = sample
    display = RocDisplay.from_predictions(y, score, sample_weight=weight)
    background, signal, _ = metrics.roc_curve(
        y, score, sample_weight=weight, drop_intermediate=False
    )
    assert display.background_efficiency == pytest.approx(background)
    assert display.signal_efficiency == pytest.approx(signal)


def test_the_legend_has_the_name_and_the_weighted_area(sample):
    y, score, weight = sample
    display = RocDisplay.from_predictions(y, score, sample_weight=weight, name="network")
    text = display.ax_.get_legend().get_texts()[0].get_text()
    assert text == f"network, AUC = {roc_auc(y, score, weight):.4f}"
    assert RocDisplay.from_predictions(Y, SCORE).line_.get_label() == "AUC = 0.7500"


def test_the_band_is_the_error_of_the_weighted_efficiency():
    display = RocDisplay.from_predictions(Y, SCORE, sample_weight=WEIGHT)
    # signal 6 passes, 2 fails: sqrt(2^2 6^2 + 6^2 2^2) / 8^2
    assert display.signal_error[1] == pytest.approx(np.sqrt(2 * 144) / 64)
    # background 1 passes, 3 fails
    assert display.background_error[2] == pytest.approx(np.sqrt(9 + 9) / 16)
    assert display.signal_error[[0, -1]].tolist() == [0, 0]


def test_negative_weights_are_drawn_as_they_are(negative_sample):
    y, score, weight = negative_sample
    display = RocDisplay.from_predictions(y, score, sample_weight=weight)
    assert display.auc == roc_auc(y, score, weight)
    assert (np.diff(display.background_efficiency) < 0).any()


def test_the_rejection_is_the_inverse_of_the_background_efficiency():
    display = RocDisplay.from_predictions(Y, SCORE, sample_weight=WEIGHT, kind="rejection")
    assert display.ax_.get_yscale() == "log"
    assert display.line_.get_xdata() == pytest.approx([0, 6 / 8, 6 / 8, 1, 1])
    # no background passes the first two cuts: nothing is drawn
    assert display.line_.get_ydata() == pytest.approx([np.nan, np.nan, 4, 4, 1], nan_ok=True)
    assert display.ax_.get_ylim() == (1, 8)


def test_one_minus_the_background_efficiency():
    display = RocDisplay.from_predictions(Y, SCORE, sample_weight=WEIGHT, kind="1-efficiency")
    assert display.line_.get_ydata() == pytest.approx([1, 1, 3 / 4, 3 / 4, 0])
    assert display.ax_.get_xlabel() == "Signal efficiency"


def test_several_curves_share_axes_and_differ_in_look(sample):
    y, score, weight = sample
    first = RocDisplay.from_predictions(y, score, sample_weight=weight, kind="rejection")
    top = first.ax_.get_ylim()[1]
    second = RocDisplay.from_predictions(y, -score, name="bad", kind="rejection", ax=first.ax_)
    assert second.ax_ is first.ax_
    assert first.line_.get_color() != second.line_.get_color()
    assert first.line_.get_linestyle() != second.line_.get_linestyle()
    assert len(first.ax_.get_legend().get_texts()) == 2
    assert first.ax_.get_ylim()[1] >= top
    assert sum(line.get_gid() == "chance" for line in first.ax_.lines) == 1


def test_a_line_can_be_styled_and_the_band_left_out():
    display = RocDisplay.from_predictions(Y, SCORE, color="black", linewidth=3, band=False)
    assert display.line_.get_color() == "black"
    assert display.line_.get_linewidth() == 3
    assert display.band_ is None


def test_a_long_curve_is_thinned_where_many_events_pass_but_not_in_its_tail():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 50_000)
    display = RocDisplay.from_predictions(y, rng.normal(size=50_000) + y)
    drawn = display.line_.get_xdata()
    assert len(drawn) <= 4000
    assert drawn[:50].tolist() == display.background_efficiency[:50].tolist()
    assert drawn[-1] == 1
    assert len(display.background_efficiency) == 50_001


def test_from_estimator_takes_the_weight_column_of_the_classifier(scored):
    X, y, model = scored
    assert RocDisplay.from_estimator(model, X, y).auc == pytest.approx(1 - 2 / 32)
    assert RocDisplay.from_estimator(model, X, y, sample_weight=1.0).auc == 0.75
    assert RocDisplay.from_estimator(model, X, y, signal=0).auc == pytest.approx(1 - 2 / 32)


def test_one_node_of_several_against_the_rest(three):
    X, y, model = three
    display = RocDisplay.from_estimator(model, X, y, signal="Z")
    assert display.auc == pytest.approx(roc_auc(y == "Z", X["b"], signal=True))


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match=r"kind='log'; it must be one of \['efficiency'"):
        RocDisplay.from_predictions(Y, SCORE, kind="log")


def test_a_signal_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match=r"signal='s' is not in y_true; its classes are \[0, 1\]"):
        RocDisplay.from_predictions(Y, SCORE, signal="s")


def test_a_class_that_sums_to_nothing_is_an_error():
    with pytest.raises(WeightError, match="sample_weight of the background sums to -2"):
        RocDisplay.from_predictions(Y, SCORE, sample_weight=[1, -3, 1, 1])


def test_a_background_too_small_for_an_inverse_has_no_rejection():
    weights = np.array([1.0, 1.0, 1e-310, 1.0])
    display = RocDisplay.from_predictions([1, 1, 0, 0], [0.9, 0.4, 0.8, 0.1], sample_weight=weights)
    display.plot(kind="rejection")
    assert np.isfinite(display.ax_.get_ylim()).all()
