from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import roc_auc
from skhep_nn.plotting import RocPairsDisplay, ScorePanelsDisplay

RNG = np.random.default_rng(0)
CLASSES = np.array(["b", "c", "uds"])
Y = CLASSES[RNG.integers(0, 3, 600)]
P = RNG.dirichlet([1, 1, 1], 600) + 0.5 * (Y[:, None] == CLASSES)
P /= P.sum(axis=1, keepdims=True)
W = RNG.uniform(0.5, 2, 600)


def test_each_curve_is_that_of_two_classes_by_the_ratio_of_their_probabilities():
    display = RocPairsDisplay.from_predictions(Y, P, sample_weight=W)
    assert [*display.axes_] == ["b", "c", "uds"]
    two = np.isin(Y, ["b", "uds"])
    ratio = P[two, 0] / (P[two, 0] + P[two, 2])
    expected = roc_auc(Y[two], ratio, W[two], signal="b")
    assert display.curves["b"]["uds"].auc == pytest.approx(expected)
    assert display.auc().loc["b", "uds"] == display.curves["b"]["uds"].auc
    # the ratio is the same from either side
    assert display.auc().loc["uds", "b"] == pytest.approx(expected)
    assert np.isnan(display.auc().loc["b", "b"])


def test_the_rejection_has_a_logarithmic_axis():
    display = RocPairsDisplay.from_predictions(Y, P, class_names={"uds": "light"})
    assert display.ax_.get_yscale() == "log"
    texts = [text.get_text() for text in display.ax_.get_legend().texts]
    assert texts[1].startswith("against light, AUC = ")
    assert display.axes_["uds"].get_title(loc="left") == "Signal: light"
    assert display.plot(kind="efficiency").ax_.get_yscale() == "linear"


def test_one_signal_class_may_be_asked_for_and_the_probability_itself():
    display = RocPairsDisplay.from_predictions(Y, P, signals="c", score="probability")
    assert [*display.axes_] == ["c"]
    two = np.isin(Y, ["b", "c"])
    assert display.curves["c"]["b"].auc == pytest.approx(roc_auc(Y[two], P[two, 1], signal="c"))


def test_an_estimator_gives_its_classes(three):
    X, y, model = three
    display = RocPairsDisplay.from_estimator(model, X, y)
    assert [*display.axes_] == ["W", "Z", "tt"]
    panels = ScorePanelsDisplay.from_estimator(model, X, y)
    assert [*panels.axes_] == ["W", "Z", "tt"]


@pytest.mark.parametrize("display", [RocPairsDisplay, ScorePanelsDisplay])
def test_what_are_no_probabilities_of_the_classes_is_an_error(display):
    with pytest.raises(ValueError, match=r"must have the shape \(600, 3\), a column for each"):
        display.from_predictions(Y, P[:, :2])
    with pytest.raises(ValueError, match=r"classes=.* has 'b' twice"):
        display.from_predictions(Y, P, classes=["b", "c", "b"])
    for other in (np.where(Y == "b", "g", Y), np.arange(len(Y)) % 3):
        with pytest.raises(ValueError, match=r"y_true has the label ('g'|0), which is not one of"):
            display.from_predictions(other, P, classes=["b", "c", "uds"])
    with pytest.raises(ValueError, match="y_score of 600 events is no probability"):
        display.from_predictions(Y, -P)
    with pytest.raises(WeightError, match="class 'b'"):
        display.from_predictions(Y, P, sample_weight=np.where(Y == "b", -1.0, 1.0))
    name = "signals" if display is RocPairsDisplay else "nodes"
    with pytest.raises(ValueError, match="'t' is not a class of y_score"):
        display.from_predictions(Y, P, **{name: "t"})


def test_a_pair_without_either_probability_scores_in_the_middle():
    p = np.where((Y == "b")[:, None], [0.0, 1.0, 0.0], P)
    assert np.isfinite(RocPairsDisplay.from_predictions(Y, p).auc().loc["b", "uds"])


def test_panels_of_nodes_have_the_events_of_every_class():
    display = ScorePanelsDisplay.from_predictions(Y, P, sample_weight=W, bins=5)
    assert display.ax_.get_yscale() == "log"
    histogram = display.displays["c"].test["uds"]
    expected = np.histogram(P[Y == "uds", 1], np.linspace(0, 1, 6), weights=W[Y == "uds"])[0]
    np.testing.assert_allclose(histogram.values(), expected)
    assert display.axes_["c"].get_xlabel() == "Score of c"
    texts = [text.get_text() for text in display.figure_.legends[0].texts]
    assert texts == [f"{label}, yield {W[label == Y].sum():.4g}" for label in ("b", "c", "uds")]
    assert display.plot(log=False).ax_.get_yscale() == "linear"
    assert [*ScorePanelsDisplay.from_predictions(Y, P, nodes=["b", "c"]).axes_] == ["b", "c"]


@pytest.mark.parametrize("display", [RocPairsDisplay, ScorePanelsDisplay])
@pytest.mark.parametrize("value", [1.5, -0.1, 100.0, np.inf])
def test_what_is_no_probability_is_an_error_that_says_which_event(display, value):
    p = P.copy()
    p[7, 1] = value
    with pytest.raises(ValueError, match=r"y_score of 1 events is no probability.* event 7"):
        display.from_predictions(Y, p)


def test_float32_may_be_off_by_its_rounding():
    p = P.copy()
    p[0] = [1 + 1e-7, 0, 0]
    assert RocPairsDisplay.from_predictions(Y, p).auc().shape == (3, 3)
