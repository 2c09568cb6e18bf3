from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import roc_auc, roc_curve


def by_pairs(y, score, weight):
    """The definition: every signal event against every background event."""
    y, score, weight = np.asarray(y), np.asarray(score), np.asarray(weight, dtype=float)
    s, b = y == 1, y != 1
    difference = score[s][:, None] - score[b][None, :]
    wins = (difference > 0) + 0.5 * (difference == 0)
    return weight[s] @ wins @ weight[b] / (weight[s].sum() * weight[b].sum())


def sample(n_events=300, seed=0, n_values=20):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_events)
    # few distinct values, so that there are many ties
    score = rng.integers(0, n_values, n_events) / n_values + 0.2 * y
    return y, score, rng.uniform(0.1, 3, n_events)


def test_it_equals_scikit_learn_for_positive_weights_with_ties():
    y, score, weight = sample()
    expected = roc_auc_score(y, score, sample_weight=weight)
    assert roc_auc(y, score, weight) == pytest.approx(expected, rel=1e-13)
    assert roc_auc(y, score) == pytest.approx(roc_auc_score(y, score), rel=1e-13)


def test_negative_weights_follow_the_definition_where_scikit_learn_raises():
    y, score, weight = sample(n_values=1000)
    weight[:30] *= -1
    with pytest.raises(ValueError, match="neither increasing nor decreasing"):
        roc_auc_score(y, score, sample_weight=weight)
    assert roc_auc(y, score, weight) == pytest.approx(by_pairs(y, score, weight), rel=1e-12)


def test_a_hand_calculation_with_a_negative_weight():
    # signal 0.8; background 0.1 (w 1), 0.4 (w 2), 0.9 (w -1): (1 + 2) / (1 + 2 - 1)
    assert roc_auc([0, 0, 0, 1], [0.1, 0.4, 0.9, 0.8], [1, 2, -1, 1]) == 1.5


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(-2, 9)),
        min_size=2,
        max_size=60,
    )
)
def test_it_equals_the_sum_over_all_pairs(rows):
    # one event per class that keeps both sums positive
    rows = [*rows, (0, 3, 200), (1, 3, 200)]
    y, score, weight = (np.array(column) for column in zip(*rows, strict=True))
    assert roc_auc(y, score, weight) == pytest.approx(by_pairs(y, score, weight), abs=1e-12)


def test_a_constant_score_is_one_half():
    assert roc_auc([0, 1, 1, 0], [0.3] * 4, [1, 2, 3, -0.5]) == 0.5


def test_perfect_separation_is_1_and_its_reverse_0():
    assert roc_auc([0, 0, 1], [1, 2, 3]) == 1
    assert roc_auc([1, 1, 0], [1, 2, 3]) == 0


def test_the_scale_of_weights_does_not_matter():
    y, score, weight = sample()
    for factor in (1e-12, 1e12):
        assert roc_auc(y, score, factor * weight) == pytest.approx(
            roc_auc(y, score, weight), rel=1e-12
        )


def test_infinite_scores_are_scores():
    assert roc_auc([0, 1, 1], [-np.inf, 0, np.inf]) == 1


def test_labels_of_any_type():
    score, truth = [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]
    expected = roc_auc_score(truth, score)
    assert roc_auc(["b", "b", "s", "s"], score, signal="s") == expected
    assert roc_auc(pd.Series(["b", "b", "s", "s"]), score, signal="s") == expected
    assert roc_auc([False, False, True, True], score) == expected
    assert roc_auc([-1, -1, 1, 1], score) == expected
    assert roc_auc(["Wjets", "tt", "s1", "s2"], score, signal=["s1", "s2"]) == expected


def test_more_than_two_classes_are_signal_against_the_rest():
    rng = np.random.default_rng(1)
    y, score = rng.integers(0, 3, 200), rng.random(200)
    assert roc_auc(y, score, signal=2) == pytest.approx(roc_auc_score(y == 2, score), rel=1e-13)


def test_roc_curve_is_that_of_scikit_learn():
    y, score, weight = sample()
    background, signal, thresholds = roc_curve(y, score, weight)
    expected = sklearn_roc_curve(y, score, sample_weight=weight, drop_intermediate=False)
    for ours, theirs in zip((background, signal, thresholds), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_roc_curve_ends_at_exactly_1_with_negative_weights():
    y, score, weight = sample()
    weight[:30] *= -1
    background, signal, _ = roc_curve(y, score, weight)
    assert (background[0], signal[0], background[-1], signal[-1]) == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("y", "score", "weight", "message"),
    [
        ([0, 0], [1, 2], None, r"signal=1 is not in y_true; its classes are \[0\]; .*shuffle"),
        ([1, 1], [1, 2], None, "y_true has no background: all 2 events are signal=1"),
        (["a", "b"], [1, 2], None, r"signal=1 is not in y_true; its classes are \['a', 'b'\]"),
        ([0, 1], [np.nan, 2], None, "y_score contains NaN: 1 of 2, the first at event 0"),
        ([0, 1, 1], [1, 2], None, "y_true has 3 events, but y_score has 2"),
        ([0, 1], [1, 2], [1, 2, 3], r"sample_weight.shape == \(3,\), expected \(2,\)"),
        ([0, 1], [1, 2], [1, np.inf], "sample_weight contains infinity"),
        ([0, 1], [[1, 2], [3, 4]], None, "one score per event, got shape"),
        ([], [], None, "at least one event"),
    ],
)
def test_bad_input_is_an_error(y, score, weight, message):
    with pytest.raises(ValueError, match=message):
        roc_auc(y, score, weight)


@pytest.mark.parametrize(
    ("weight", "message"),
    [([1, 0, 0], "the signal sums to 0"), ([-1, 1, 1], "the background sums to -1")],
)
def test_a_class_without_positive_sum_is_an_error(weight, message):
    with pytest.raises(WeightError, match=f"sample_weight of {message}; an efficiency needs"):
        roc_auc([0, 1, 1], [1, 2, 3], weight)


@pytest.mark.parametrize(
    ("labels", "signal"),
    [
        (np.array([b"b", b"s"]), b"s"),
        (np.array([b"b", b"s"], dtype=object), b"s"),
        (np.array(["b", "s"], dtype=object), "s"),
        ([False, True], 1),
    ],
)
def test_labels_of_every_type_are_found(labels, signal):
    assert roc_auc(labels, [0.1, 0.9], signal=signal) == 1.0


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="needs NumPy 2")
def test_labels_of_variable_length_are_found():
    assert roc_auc(np.array(["b", "s"], dtype=np.dtypes.StringDType()), [0.1, 0.9], signal="s") == 1


def test_scores_in_the_place_of_labels_are_not_all_listed():
    scores = np.linspace(0.001, 0.999, 500)
    with pytest.raises(
        ValueError, match=r"500 in all \(labels and scores in the wrong order\?\)"
    ) as e:
        roc_auc(scores, np.arange(500) % 2)
    assert len(str(e.value)) < 200
