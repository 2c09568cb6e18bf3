from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import roc_curve, significance_scan, threshold_at

Y = np.array([0, 0, 0, 0, 1, 1, 1, 1])
SCORE = np.array([0.1, 0.2, 0.3, 0.6, 0.3, 0.4, 0.7, 0.9])


@pytest.mark.parametrize(
    ("efficiency", "expected"),
    [(0.25, 0.9), (0.26, 0.7), (0.5, 0.7), (0.75, 0.4), (0.751, 0.3), (1.0, 0.3), (1e-9, 0.9)],
)
def test_at_least_so_much_signal_is_kept_by_the_highest_cut(efficiency, expected):
    assert threshold_at(Y, SCORE, efficiency=efficiency) == expected


@pytest.mark.parametrize(
    ("efficiency", "expected"),
    # at 0.3 a background event is kept too, so that no more than 1/4 means 0.4
    [(0.0, 0.7), (0.2, 0.7), (0.25, 0.4), (0.49, 0.4), (0.5, 0.3), (0.75, 0.2), (1.0, 0.1)],
)
def test_at_most_so_much_background_is_kept_by_the_lowest_cut(efficiency, expected):
    assert threshold_at(Y, SCORE, background_efficiency=efficiency) == expected


def test_several_efficiencies_give_several_cuts():
    found = threshold_at(Y, SCORE, efficiency=[0.25, 0.75])
    assert found.tolist() == [0.9, 0.4]
    assert isinstance(threshold_at(Y, SCORE, efficiency=0.25), float)


def test_weights_count():
    weights = [1, 1, 1, 5, 1, 1, 1, 7]
    assert threshold_at(Y, SCORE, weights, efficiency=0.7) == 0.9
    assert threshold_at(Y, SCORE, weights, background_efficiency=0.3) == 0.7


def test_equal_scores_pass_together():
    y, score = np.repeat([0, 1], 10), np.repeat([0.5, 0.5], 10)
    assert threshold_at(y, score, efficiency=0.1) == 0.5
    with pytest.raises(ValueError, match=r"0\.3: the highest score, 0\.5, alone keeps 1 of the"):
        threshold_at(y, score, background_efficiency=0.3)


def test_with_negative_weights_the_cut_is_lowered_until_enough_is_kept():
    y, score = [1, 1, 1, 0], [0.9, 0.8, 0.7, 0.1]
    # kept from above: 1.5, 0.5, 1
    weights = [1.5, -1.0, 0.5, 1.0]
    assert threshold_at(y, score, weights, efficiency=1.0) == 0.9
    labels = [0, 0, 0, 1]
    weights = [0.2, 1.0, -0.2, 1.0]
    assert threshold_at(labels, score, weights, background_efficiency=0.5) == 0.9
    # 1.2 of 1 in between is more than all
    assert threshold_at(labels, score, weights, background_efficiency=1.0) == 0.9


def test_of_several_classes_the_columns_of_the_signal_are_summed():
    y = np.array(["b", "c", "uds", "b", "c", "uds"])
    p = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.4, 0.5, 0.1], [0.3, 0.3, 0.4]]
    p = np.array([*p, [0.0, 0.1, 0.9]])
    heavy = threshold_at(y, p, efficiency=0.75, signal=["b", "c"])
    assert heavy == p[:, :2].sum(axis=1)[[0, 1, 3]].min()
    assert threshold_at(y, p, efficiency=1.0, signal="b") == 0.4
    flipped = threshold_at(y, p[:, ::-1], efficiency=1.0, signal="b", classes=["uds", "c", "b"])
    assert flipped == 0.4
    with pytest.raises(ValueError, match=r"3 columns for the 2 classes"):
        threshold_at(y, p, efficiency=1.0, signal="b", classes=["b", "c"])
    with pytest.raises(ValueError, match=r"signal='t' is not one of the classes"):
        threshold_at(y, p, efficiency=1.0, signal="t")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give one of efficiency"),
        ({"efficiency": 0.5, "background_efficiency": 0.5}, "give one of efficiency"),
        ({"efficiency": 0.0}, r"in \(0, 1\]"),
        ({"efficiency": 70}, r"efficiency=70; .*in \(0, 1\]"),
        ({"background_efficiency": -0.1}, r"in \[0, 1\]"),
        ({"efficiency": []}, "in"),
        ({"efficiency": np.nan}, "in"),
        ({"efficiency": "70 %"}, "efficiency"),
    ],
)
def test_efficiencies_that_are_none_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        threshold_at(Y, SCORE, **options)


def test_a_side_of_no_weight_is_refused():
    with pytest.raises(WeightError, match="sample_weight of the background sums to -1"):
        threshold_at([0, 1], [0.1, 0.2], [-1.0, 1.0], efficiency=0.5)


def test_a_class_with_two_columns_is_refused():
    with pytest.raises(ValueError, match=r"classes=\[1, 1\] has 1 twice"):
        threshold_at([0, 1], [[0.6, 0.4], [0.2, 0.8]], efficiency=1.0, classes=[1, 1])


def test_a_class_that_is_named_twice_counts_once_as_signal():
    y, p = [0, 1, 1, 0], np.array([[0.6, 0.4], [0.2, 0.8], [0.3, 0.7], [0.9, 0.1]])
    assert threshold_at(y, p, efficiency=1.0, signal=[1, 1]) == 0.7


EVENTS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 6), st.integers(1, 5)), min_size=2, max_size=30
).filter(lambda events: {e[0] for e in events} == {True, False})


@settings(max_examples=60, deadline=None)
@given(events=EVENTS, part=st.integers(1, 10))
def test_the_cut_is_that_of_a_slow_search(events, part):
    y, score, weights = (np.array(column) for column in zip(*events, strict=True))
    wanted = part / 10

    def kept(cut, side):
        return weights[(y == side) & (score >= cut)].sum() * 10 >= part * weights[y == side].sum()

    cuts = np.unique(score)
    expected = max(cut for cut in cuts if kept(cut, True))
    assert threshold_at(y, score, weights, efficiency=wanted, signal=True) == expected
    total = weights[~y].sum()
    low = [c for c in cuts if weights[~y & (score >= c)].sum() * 10 <= part * total]
    if low:
        options = {"background_efficiency": wanted, "signal": True}
        assert threshold_at(y, score, weights, **options) == min(low)


def test_the_cut_is_one_of_the_scan_and_of_the_roc_curve():
    rng = np.random.default_rng(0)
    y, weights = np.repeat([0, 1], 500), rng.uniform(-0.2, 1, 1000)
    score = rng.normal(y)
    cut = threshold_at(y, score, weights, efficiency=0.7)
    point = significance_scan(y, score, weights).at(cut)
    assert point.signal_efficiency == pytest.approx(0.7, abs=0.01)
    background, _, cuts = roc_curve(y, score, weights)
    assert background[cuts == cut] == pytest.approx(point.background_efficiency)


@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_score_that_is_missing_in_any_column_is_an_error(column):
    y, scores = np.arange(12) % 3, np.full((12, 3), 1 / 3)
    scores[5, column] = np.nan
    with pytest.raises(ValueError, match="y_score contains NaN: 1 of 36, the first at event 5"):
        threshold_at(y, scores, efficiency=0.5)
