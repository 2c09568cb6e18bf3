from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import figure_of_merit, significance_scan
from skhep_nn.metrics._tail_sums import interval_counter

LOOSE = {"min_effective_background": 0}


def sample(n_events=3000, seed=0, n_negative=100, decimals=None):
    rng = np.random.default_rng(seed)
    y = (rng.random(n_events) < 0.3).astype(int)
    score = rng.beta(1 + y, 2 - y)
    weight = rng.uniform(0.5, 1.5, n_events)
    weight[:n_negative] *= -1
    return y, score if decimals is None else score.round(decimals), weight


def by_masks(y, score, weight, thresholds):
    """S, B and their sums of squares by selecting events once per threshold."""
    sums = []
    for threshold in thresholds:
        s, b = (weight[(score >= threshold) & (y == label)] for label in (1, 0))
        sums.append([s.sum(), b.sum(), (s**2).sum(), (b**2).sum()])
    return np.transpose(sums)


def check_sums(scan, y, score, weight):
    s, b, s2, b2 = by_masks(y, score, weight, scan.thresholds)
    np.testing.assert_allclose(scan.signal, s, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(scan.background, b, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(scan.signal_error, np.sqrt(s2), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(scan.background_error, np.sqrt(b2), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("decimals", [None, 2])
def test_every_threshold_sums_the_events_at_or_above_it(decimals):
    y, score, weight = sample(decimals=decimals)
    scan = significance_scan(y, score, weight)
    np.testing.assert_array_equal(scan.thresholds, np.unique(score))
    check_sums(scan, y, score, weight)


@pytest.mark.parametrize(
    "thresholds", [2, 200, 5000, [0.9, 0.1, 0.5], [0.3], [0.1, 0.11, 0.8], [-3.0, 7.0]]
)
def test_chosen_thresholds_sum_the_events_at_or_above_them(thresholds):
    y, score, weight = sample()
    scan = significance_scan(y, score, weight, thresholds=thresholds)
    check_sums(scan, y, score, weight)


def test_sums_do_not_depend_on_the_pieces_they_are_taken_in(monkeypatch):
    y, score, weight = sample(decimals=2)
    whole = significance_scan(y, score, weight), significance_scan(y, score, weight, thresholds=7)
    monkeypatch.setattr("skhep_nn.metrics._tail_sums._CHUNK", 64)
    pieces = significance_scan(y, score, weight), significance_scan(y, score, weight, thresholds=7)
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(one.thresholds, other.thresholds)
        np.testing.assert_allclose(one.signal, other.signal, rtol=1e-12)
        np.testing.assert_allclose(one.background_squares, other.background_squares, rtol=1e-12)


@settings(deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(3, 300), st.integers(0, 2**32 - 1))
def test_a_score_at_or_next_to_a_grid_threshold_is_counted_right(low, width, number, seed):
    grid = np.linspace(low, low + width, number)
    rng = np.random.default_rng(seed)
    score = np.concatenate(
        [grid, np.nextafter(grid, -np.inf), np.nextafter(grid, np.inf), rng.normal(low, width, 50)]
    )
    expected = np.searchsorted(grid, score, side="right")
    np.testing.assert_array_equal(interval_counter(grid)(score), expected)


def test_infinite_scores_are_below_or_above_every_threshold():
    count = interval_counter(np.linspace(0, 1, 5))
    assert count(np.array([-np.inf, np.inf, 0.0, 1.0])).tolist() == [0, 5, 1, 5]


def test_regression_upper_edge_a_score_equal_to_the_upper_edge_counts():
    # the five-class script kept score < 1 only, and lost its best signal
    y, score = [0] * 20 + [1] * 5, [0.5] * 20 + [1.0] * 5
    scan = significance_scan(y, score, thresholds=200, score_range=(0.5, 1.0), **LOOSE)
    assert scan.thresholds[-1] == 1.0
    assert scan.signal[-1] == 5
    assert significance_scan(y, score).at(1.0).signal == 5


def test_the_grid_of_the_five_class_script():
    y, score, weight = sample()
    scan = significance_scan(y, score, weight, thresholds=200, score_range=(0.7, 1.0))
    np.testing.assert_array_equal(scan.thresholds, np.linspace(0.7, 1.0, 200))


def test_a_grid_spans_the_scores_by_default():
    y, score, _ = sample()
    scan = significance_scan(y, score, thresholds=50)
    assert (scan.thresholds[0], scan.thresholds[-1]) == (score.min(), score.max())
    assert scan.signal[0] == y.sum()
    assert scan.signal[-1] + scan.background[-1] == 1


def test_efficiencies_refer_to_all_events():
    y, score, weight = sample()
    scan = significance_scan(y, score, weight)
    assert scan.signal_efficiency[0] == pytest.approx(1)
    assert scan.background_efficiency[0] == pytest.approx(1)
    assert scan.total_signal == pytest.approx(weight[y == 1].sum())
    np.testing.assert_allclose(scan.signal_efficiency, scan.signal / weight[y == 1].sum())


@pytest.mark.parametrize("kind", ["asimov", "ams", "s/sqrt(s+b+sigma_b^2)"])
def test_the_figure_of_merit_is_that_of_the_yields(kind):
    y, score, weight = sample()
    scan = significance_scan(y, score, weight, kind=kind, systematic=0.1, b_reg=3, thresholds=20)
    expected = figure_of_merit(scan.signal, scan.background, kind=kind, systematic=0.1, b_reg=3)
    enough = scan.effective_background >= 10
    np.testing.assert_array_equal(scan.figure_of_merit, np.where(enough, expected, np.nan))
    assert scan.best_value == np.nanmax(scan.figure_of_merit)
    assert scan.best_threshold == scan.thresholds[scan.best_index]


def almost_empty_tail():
    """100 + 10 events below, then 3 signal events and one background event of tiny weight."""
    y = np.repeat([0, 1, 0, 1], [100, 10, 1, 3])
    score = np.repeat([0.2, 0.5, 0.9, 0.95], [100, 10, 1, 3])
    return y, score, np.where(score == 0.9, 1e-6, 1.0)


def test_an_empty_tail_never_wins():
    y, score, weight = almost_empty_tail()
    scan = significance_scan(y, score, weight)
    assert scan.best_threshold == 0.2
    # the cut at 0.95 has no background at all, those from 0.5 on one effective event
    assert np.isnan(scan.figure_of_merit[1:]).all()
    assert significance_scan(y, score, weight, **LOOSE).best_threshold == 0.5


def test_a_minimum_in_events_excludes_the_tail_too():
    y, score, weight = almost_empty_tail()
    scan = significance_scan(y, score, weight, min_background=0.5, **LOOSE)
    assert scan.best_threshold == 0.2
    assert significance_scan(y, score, 1.0, min_background=0.5, **LOOSE).best_threshold == 0.5


def test_rounding_does_not_miss_a_minimum_that_is_met():
    # ten times 0.1 sums to less than 1, and to less than 10 effective events
    y, score = [0] * 10 + [1], [0.5] * 11
    scan = significance_scan(y, score, 0.1, min_background=1)
    assert scan.best_index == 0


def test_cancelling_negative_weights_are_few_effective_events():
    # 60 of weight 1 and 59 of weight -1: one expected event, (1)^2 / 119 effective ones
    y, score = np.repeat([0, 0, 0, 1], [100, 60, 59, 5]), np.repeat([0.1, 0.9], [100, 124])
    weight = np.repeat([1.0, 1.0, -1.0, 1.0], [100, 60, 59, 5])
    scan = significance_scan(y, score, weight)
    assert scan.background[1] == 1
    assert scan.effective_background[1] == pytest.approx(1 / 119)
    assert scan.best_threshold == 0.1


def test_a_negative_background_is_never_the_best():
    y, score = np.repeat([0, 0, 1], [100, 20, 5]), np.repeat([0.1, 0.9, 0.9], [100, 20, 5])
    scan = significance_scan(y, score, np.where((score == 0.9) & (y == 0), -1.0, 1.0), **LOOSE)
    assert scan.background[1] == -20
    assert np.isnan(scan.figure_of_merit[1])
    assert scan.best_threshold == 0.1


def test_no_cut_with_enough_background_is_an_error_that_says_how_much_there_is():
    scan = significance_scan([0, 0, 1], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match=r"min_effective_background=10 .* the most are 2 and 2"):
        _ = scan.best_threshold


def test_of_equal_cuts_the_loosest_is_the_best():
    # no event lies between 0.5 and 0.6
    y, score = np.repeat([0, 1], [50, 10]), np.repeat([0.4, 0.7], [50, 10])
    scan = significance_scan(y, score, thresholds=[0.1, 0.2, 0.3])
    assert scan.best_threshold == 0.1


def test_the_test_value_is_read_at_the_validation_cut():
    validation = significance_scan(*sample(seed=1))
    y, score, weight = sample(seed=2)
    point = significance_scan(y, score, weight).at(validation.best_threshold)
    s, b, s2, b2 = by_masks(y, score, weight, [validation.best_threshold])[:, 0]
    expected = (s, b, s2**0.5, b2**0.5, s / weight[y == 1].sum(), b / weight[y == 0].sum())
    assert dataclasses.astuple(point)[1:-1] == pytest.approx(expected)
    assert point.figure_of_merit == pytest.approx(float(figure_of_merit(s, b)))


def test_at_above_the_highest_score_nothing_is_kept():
    point = significance_scan([0, 1], [0.1, 0.2]).at(0.3)
    assert (point.signal, point.background, point.signal_efficiency) == (0, 0, 0)
    assert np.isnan(point.figure_of_merit)


def test_at_between_the_thresholds_of_a_grid_is_an_error():
    scan = significance_scan(*sample(), thresholds=10)
    assert scan.at(scan.best_threshold) == scan.best
    with pytest.raises(ValueError, match=r"threshold=0.123 is not one of the 10 thresholds"):
        scan.at(0.123)


def test_at_nan_is_an_error():
    with pytest.raises(ValueError, match="threshold is NaN"):
        significance_scan(*sample()).at(np.nan)


def test_luminosity_scales_all_yields():
    y, score, weight = sample()
    one, more = (significance_scan(y, score, weight, luminosity=lumi) for lumi in (1, 100))
    np.testing.assert_allclose(more.signal, 100 * one.signal)
    np.testing.assert_allclose(more.background, 100 * one.background)


def test_yields_scale_each_class():
    y, score, weight = sample()
    classes = np.where(y == 1, "S", np.where(np.arange(len(y)) % 2, "tt", "Wjets"))
    yields = {"S": 30.0, "tt": 1000.0, "Wjets": 500.0}
    scan = significance_scan(classes, score, weight, signal="S", yields=yields, luminosity=2)
    assert scan.total_signal == pytest.approx(60)
    assert scan.total_background == pytest.approx(3000)


def multiclass():
    rng = np.random.default_rng(3)
    y = rng.choice(["Other", "Signal", "tt"], 600)
    score = rng.dirichlet([1, 1, 1], 600)
    return y, score, rng.uniform(0.5, 1.5, 600)


def test_a_node_is_a_column_of_the_scores():
    y, score, weight = multiclass()
    scan = significance_scan(y, score, weight, signal="Signal")
    column = significance_scan(y, score[:, 1], weight, signal="Signal")
    np.testing.assert_array_equal(scan.figure_of_merit, column.figure_of_merit)
    other = significance_scan(
        y, score[:, ::-1], weight, signal="Signal", classes=["tt", "Signal", "Other"], node="tt"
    )
    np.testing.assert_array_equal(other.thresholds, np.unique(score[:, 2]))


def test_only_events_whose_highest_score_is_the_node():
    y, score, weight = multiclass()
    scan = significance_scan(y, score, weight, signal="Signal", argmax_only=True, thresholds=30)
    kept = score.argmax(axis=1) == 1
    selected = (y == "Signal") & kept & (score[:, 1] >= scan.thresholds[4])
    assert scan.signal[4] == pytest.approx(weight[selected].sum())
    # the efficiency counts the signal that another node took as lost
    assert scan.signal_efficiency[0] < 0.5
    assert scan.total_signal == pytest.approx(weight[y == "Signal"].sum())


def test_to_frame_has_a_row_per_threshold():
    scan = significance_scan(*sample(), thresholds=10)
    frame = scan.to_frame()
    assert frame.shape == (10, 9)
    np.testing.assert_array_equal(frame["figure_of_merit"], scan.figure_of_merit)


def test_a_scan_can_be_pickled_and_shown():
    scan = significance_scan(*sample())
    assert pickle.loads(pickle.dumps(scan)).best == scan.best
    assert "3000 thresholds" in repr(scan)


def test_float32_scores_keep_their_values_as_thresholds():
    y, score, _ = sample()
    scan = significance_scan(y, score.astype(np.float32))
    assert set(scan.thresholds.astype(np.float32)) == set(score.astype(np.float32))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "S/B"}, "kind='S/B'; it must be one of"),
        ({"systematic": -1}, "systematic=-1; it must be"),
        ({"min_background": -1}, "min_background=-1; it must be a finite number >= 0"),
        ({"min_effective_background": np.nan}, "min_effective_background=nan"),
        ({"thresholds": 1}, "a grid needs at least 2"),
        ({"thresholds": []}, "thresholds must be a number or finite values"),
        ({"thresholds": [0.1, np.nan]}, "thresholds must be a number or finite values"),
        ({"thresholds": 5, "score_range": (1, 0)}, "ascending score_range"),
        ({"score_range": (0, 1)}, "goes with a number of thresholds"),
        ({"luminosity": 0}, "luminosity=0; it must be a positive number"),
        ({"yields": {1: 3}}, r"yields names the classes \[1\], but y_true has \[0, 1\]"),
        ({"yields": {1: 3, 0: -5}}, r"yields\[0\]=-5; a yield must be"),
        ({"argmax_only": True}, "argmax_only needs y_score with one column per class"),
        ({"signal": 7}, r"signal=7 is not in y_true"),
    ],
)
def test_bad_parameters_are_errors(options, message):
    y, score, weight = sample()
    with pytest.raises(ValueError, match=message):
        significance_scan(y, score, weight, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["Signal", "tt"]}, r"3 columns for the 2 classes \['Signal', 'tt'\]"),
        ({"classes": ["Signal", "tt", "tt"]}, "has 'tt' twice"),
        ({"node": "WW"}, "node='WW' is not one of the classes"),
        ({"node": "WW", "classes": ["Signal", "tt", "WW"], "argmax_only": True}, "highest score"),
    ],
)
def test_bad_nodes_are_errors(options, message):
    y, score, weight = multiclass()
    score[:, 2] = 0
    with pytest.raises(ValueError, match=message):
        significance_scan(y, score, weight, signal="Signal", **options)


def test_nan_in_any_column_is_an_error():
    y, score, weight = multiclass()
    score[4, 2] = np.nan
    with pytest.raises(ValueError, match="y_score contains NaN: 1 of 1800, the first at event 4"):
        significance_scan(y, score, weight, signal="Signal")


def test_a_class_without_positive_sum_is_an_error():
    y, score, weight = sample()
    with pytest.raises(WeightError, match="sample_weight of the background sums to -"):
        significance_scan(y, score, np.where(y == 0, -weight, weight))
    with pytest.raises(WeightError, match=r"of class 0 sums to .* cannot be scaled to the yield"):
        significance_scan(y, score, np.where(y == 0, -weight, weight), yields={0: 1, 1: 1})
