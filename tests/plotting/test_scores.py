from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import weighted_ks
from skhep_nn.plotting import ScoreDisplay

Y, SCORE, WEIGHT = [0, 0, 1, 1], [0.1, 0.6, 0.4, 1.0], [3.0, 1.0, 2.0, 6.0]


def split(y, score, weight):
    half = len(y) // 2
    test = {"y_true": y[:half], "y_score": score[:half], "sample_weight": weight[:half]}
    train = {"y_train": y[half:], "score_train": score[half:]}
    return {**test, **train, "sample_weight_train": weight[half:]}


def points(display, at):
    """(x, y, error) of the points of a class."""
    line, _, bars = display.ax_.containers[at]
    segments = np.array(bars[0].get_segments())
    return line.get_xdata(), line.get_ydata(), (segments[:, 1, 1] - segments[:, 0, 1]) / 2


def test_points_have_unit_area_and_the_error_of_the_squared_weights():
    display = ScoreDisplay.from_predictions(Y, SCORE, sample_weight=[3.0, 1.0, 2.0, 6.0], bins=2)
    x, y, error = points(display, 0)
    # 3 and 1 of 4 in bins of width 1/2
    assert x.tolist() == [0.25, 0.75]
    assert y == pytest.approx([1.5, 0.5])
    assert error == pytest.approx([1.5, 0.5])


def test_the_legend_has_the_yield_of_the_test_events():
    display = ScoreDisplay.from_predictions(
        Y, SCORE, sample_weight=[3.5, -1.0, 2.0, 6e4], bins=2, class_names={1: "signal"}
    )
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["0, yield 2.5", "signal, yield 60,002"]


def test_several_events_in_a_bin_add_their_squares():
    display = ScoreDisplay.from_predictions(
        [0, 0, 0, 1], [0.1, 0.2, 0.9, 0.5], sample_weight=[3.0, 4.0, 3.0, 1.0], bins=2
    )
    _, y, error = points(display, 0)
    assert y == pytest.approx([2 * 7 / 10, 2 * 3 / 10])
    assert error == pytest.approx([2 * 5 / 10, 2 * 3 / 10])


def test_without_weights_every_event_counts_once():
    display = ScoreDisplay.from_predictions(Y, SCORE, bins=2)
    assert points(display, 0)[1] == pytest.approx([1, 1])


def test_a_score_of_one_is_in_the_last_bin():
    display = ScoreDisplay.from_predictions(Y, SCORE, bins=4)
    assert display.test[1].values().tolist() == [0, 1, 0, 1]


def test_scores_outside_zero_to_one_are_all_shown():
    display = ScoreDisplay.from_predictions(Y, [-3.0, 0.0, 2.0, 5.0], bins=2)
    assert display.ax_.get_xlim() == (-3, 5)


def test_training_and_test_are_compared_by_the_weighted_test_of_the_unbinned_scores(sample):
    y, score, weight = sample
    display = ScoreDisplay.from_predictions(**split(y, score, weight), class_names={1: "signal"})
    half = len(y) // 2
    for label in (0, 1):
        test, train = y[:half] == label, y[half:] == label
        expected = weighted_ks(
            score[:half][test], score[half:][train], weight[:half][test], weight[half:][train]
        ).pvalue
        assert display.p_values[label] == expected
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    signal = weight[:half][y[:half] == 1].sum()
    assert texts[1] == f"signal, yield {signal:.4g} (KS p = {display.p_values[1]:.2g})"
    assert texts[2:] == ["training", "test"]


def test_training_is_filled_and_hatched_apart_for_two_classes(sample):
    display = ScoreDisplay.from_predictions(**split(*sample))
    filled = [patch for patch in display.ax_.patches if patch.get_fill()]
    assert len(filled) == 2
    assert filled[0].get_hatch() != filled[1].get_hatch()
    expected = display.train[0].values() / display.train[0].values().sum() * 40
    assert filled[0].get_data().values == pytest.approx(expected)


def test_more_classes_are_drawn_as_lines():
    rng = np.random.default_rng(0)
    y, score = rng.integers(0, 3, 300), rng.random(300)
    display = ScoreDisplay.from_predictions(**split(y, score, np.ones(300)))
    assert not any(patch.get_fill() for patch in display.ax_.patches)
    assert len(display.ax_.containers) >= 3


def test_negative_contents_are_on_the_picture():
    display = ScoreDisplay.from_predictions(
        [0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], sample_weight=[3.0, -1.0, 1.0, 1.0], bins=2
    )
    assert points(display, 0)[1] == pytest.approx([3, -1])
    # the bar of the point at -1 reaches to -2
    assert display.ax_.get_ylim()[0] < -2


def test_a_logarithmic_axis(sample):
    display = ScoreDisplay.from_predictions(**split(*sample), log=True)
    assert display.ax_.get_yscale() == "log"


def test_from_estimator_takes_weights_and_names_the_score(scored, three):
    X, y, model = scored
    display = ScoreDisplay.from_estimator(model, X, y, X_train=X, y_train=y, bins=2)
    assert display.test[1].values().tolist() == [2.0, 6.0]
    assert display.train[1].values().tolist() == [2.0, 6.0]
    assert display.p_values == {0: 1.0, 1: 1.0}
    assert display.ax_.get_xlabel() == "Score"
    X, y, model = three
    assert ScoreDisplay.from_estimator(model, X, y, signal="W").score_name == "Score of W"


def test_training_weights_can_be_given_apart(scored):
    X, y, model = scored
    display = ScoreDisplay.from_estimator(
        model, X, y, X_train=X, y_train=y, sample_weight_train=1.0, bins=2
    )
    assert display.train[1].values().tolist() == [1.0, 1.0]
    assert display.test[1].values().tolist() == [2.0, 6.0]


def test_half_a_training_sample_is_an_error(scored):
    X, y, model = scored
    with pytest.raises(ValueError, match="X_train and y_train must be given both"):
        ScoreDisplay.from_estimator(model, X, y, X_train=X)
    with pytest.raises(ValueError, match="y_train and score_train must be given both"):
        ScoreDisplay.from_predictions(Y, SCORE, y_train=Y)


def test_a_class_without_training_events_is_an_error():
    with pytest.raises(ValueError, match="y_train has no event of class 1; it has"):
        ScoreDisplay.from_predictions(Y, SCORE, y_train=[0, 0], score_train=[0.1, 0.2])


def test_training_weights_of_another_length_are_an_error():
    with pytest.raises(WeightError, match=r"sample_weight_train.shape == \(3,\), expected \(4,\)"):
        ScoreDisplay.from_predictions(
            Y, SCORE, y_train=Y, score_train=SCORE, sample_weight_train=[1, 1, 1]
        )
