from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline

from skhep_nn import EventWeightBalancer, MinMaxScaler
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, WeightError

MODES = ["none", "equal", "n_background", "sqrt"]

# 3 signal events of weight 1, 2, 1 (sum 4); 2 of "tt" (sum 36); 5 of "W" (sum 100)
Y = np.array(["sig"] * 3 + ["tt"] * 2 + ["W"] * 5)
W = np.array([1.0, 2.0, 1.0, 16.0, 20.0, 10.0, 20.0, 30.0, 20.0, 20.0])

# what each class sums to, by hand:
# equal: 10 events / 3 classes; n_background: 10 - 3 = 7 events;
# sqrt: 3 signal events x sqrt(sum / 4): sig 3, tt 3 sqrt(9) = 9, W 3 sqrt(25) = 15
TARGETS = {
    "none": {"sig": 4.0, "tt": 36.0, "W": 100.0},
    "equal": {"sig": 10 / 3, "tt": 10 / 3, "W": 10 / 3},
    "n_background": {"sig": 7.0, "tt": 7.0, "W": 7.0},
    "sqrt": {"sig": 3.0, "tt": 9.0, "W": 15.0},
}

# the same events as a binary problem: signal sum 4 (3 events), background sum 136 (7 events)
IS_SIGNAL = (Y == "sig").astype(int)

# class totals as above, shared within the background by tt and W:
# equal: 10 / 2 = 5 for each class, 2.5 for each process
# n_background: 7 for each class, 3.5 for each process
# sqrt: 3 for the signal, 3 sqrt(136 / 4) = 3 sqrt(34) for the background,
#       of it sqrt(36) : sqrt(100) = 6 : 10 to tt and W
PROCESS_TARGETS = {
    "none": {"sig": 4.0, "tt": 36.0, "W": 100.0},
    "equal": {"sig": 5.0, "tt": 2.5, "W": 2.5},
    "n_background": {"sig": 7.0, "tt": 3.5, "W": 3.5},
    "sqrt": {"sig": 3.0, "tt": 3 * 34**0.5 * 6 / 16, "W": 3 * 34**0.5 * 10 / 16},
}


def sums(weights, labels):
    return {name: weights[labels == name].sum() for name in np.unique(labels).tolist()}


@pytest.fixture
def frame():
    return pd.DataFrame({"pt": np.arange(10.0), "weight": W, "process": Y}, index=range(20, 30))


@pytest.mark.parametrize("mode", MODES)
def test_classes_sum_to_the_hand_computed_targets(mode):
    balancer = EventWeightBalancer(mode, signal="sig")
    out = balancer.balance(Y, sample_weight=W)
    assert sums(out, Y) == pytest.approx(TARGETS[mode])
    expected = {name: total / TARGETS["none"][name] for name, total in TARGETS[mode].items()}
    assert balancer.factors_ == pytest.approx(expected)


def test_weights_inside_a_class_keep_their_proportions():
    out = EventWeightBalancer("n_background", signal="sig").balance(Y, sample_weight=W)
    # the signal is multiplied by 7/4
    assert_allclose(out[:3], [1.75, 3.5, 1.75])


def test_binary_script_both_classes_sum_to_the_number_of_background_events():
    out = EventWeightBalancer("n_background").balance(IS_SIGNAL, sample_weight=W)
    assert sums(out, IS_SIGNAL) == pytest.approx({0: 7.0, 1: 7.0})


def test_multiclass_script_formula_event_by_event():
    n_sig, sum_sig = 3, 4.0
    total = {"sig": 4.0, "tt": 36.0, "W": 100.0}
    script = [
        w * (n_sig / total[c]) * (total[c] / sum_sig) ** 0.5 for c, w in zip(Y, W, strict=True)
    ]
    assert_allclose(EventWeightBalancer("sqrt", signal="sig").balance(Y, sample_weight=W), script)


def test_mode_none_changes_no_bit():
    w = np.random.default_rng(0).exponential(size=10)
    assert_array_equal(EventWeightBalancer("none").balance(Y, sample_weight=w), w)
    by_process = EventWeightBalancer("none", process_column="process")
    assert_array_equal(by_process.balance(IS_SIGNAL, sample_weight=w, process=Y), w)


@pytest.mark.parametrize("mode", MODES)
def test_by_process_balances_processes_within_the_classes(mode):
    balancer = EventWeightBalancer(mode, process_column="process")
    out = balancer.balance(IS_SIGNAL, sample_weight=W, process=Y)
    assert sums(out, Y) == pytest.approx(PROCESS_TARGETS[mode])
    by_class = EventWeightBalancer(mode).balance(IS_SIGNAL, sample_weight=W)
    assert sums(out, IS_SIGNAL) == pytest.approx(sums(by_class, IS_SIGNAL))
    assert set(balancer.factors_) == {"sig", "tt", "W"}
    assert balancer.factors_["tt"] == pytest.approx(PROCESS_TARGETS[mode]["tt"] / 36)


def test_a_process_in_two_classes_has_a_factor_in_each():
    # b jets and light jets of the samples tt and QCD
    y = np.array(["b", "b", "light", "light"])
    sample = np.array(["tt", "QCD", "tt", "tt"])
    balancer = EventWeightBalancer(process_column="sample")
    out = balancer.balance(y, sample_weight=[1.0, 4.0, 1.0, 3.0], process=sample)
    # N / 2 = 2 for each class; b: 1 each for tt and QCD; light: tt alone takes 2
    assert_allclose(out, [1, 1, 0.5, 1.5])
    assert balancer.factors_ == pytest.approx({"QCD": 0.25, ("b", "tt"): 1.0, ("light", "tt"): 0.5})


def test_by_process_as_a_pipeline_step_reads_the_column(frame):
    balancer = EventWeightBalancer(weight_column="weight", process_column="process")
    out = balancer.fit_transform(frame, IS_SIGNAL)
    assert sums(out["weight"].to_numpy(), Y) == pytest.approx(PROCESS_TARGETS["equal"])
    assert out["process"].tolist() == Y.tolist()


def test_fit_transform_rescales_only_the_weight_column_of_a_copy(frame):
    before = frame.copy(deep=True)
    balancer = EventWeightBalancer("sqrt", weight_column="weight", signal="sig")
    out = balancer.fit_transform(frame, Y)
    assert sums(out["weight"].to_numpy(), Y) == pytest.approx(TARGETS["sqrt"])
    pd.testing.assert_frame_equal(out.drop(columns="weight"), frame.drop(columns="weight"))
    pd.testing.assert_frame_equal(frame, before)


def test_transform_and_fit_then_transform_pass_events_untouched(frame):
    balancer = EventWeightBalancer(weight_column="weight")
    balancer.fit_transform(frame, Y)
    pd.testing.assert_frame_equal(balancer.transform(frame), frame)
    pd.testing.assert_frame_equal(clone(balancer).fit(frame, Y).transform(frame), frame)


def test_fit_learns_the_factors_of_fit_transform(frame):
    balancer = EventWeightBalancer("n_background", weight_column="weight", signal="W")
    learnt = clone(balancer).fit(frame, Y).factors_
    balancer.fit_transform(frame, Y)
    # 5 events are not W
    assert balancer.factors_ == learnt == pytest.approx({"W": 0.05, "sig": 1.25, "tt": 5 / 36})


@pytest.mark.parametrize("output", ["default", "pandas"])
@pytest.mark.parametrize("absent", [["weight"], ["process"], ["weight", "process"]])
def test_real_data_lack_the_weight_and_by_columns(frame, absent, output):
    balancer = EventWeightBalancer(weight_column="weight", process_column="process")
    balancer.set_output(transform=output).fit_transform(frame, IS_SIGNAL)
    data = frame.drop(columns=absent)
    pd.testing.assert_frame_equal(balancer.transform(data), data)
    assert balancer.get_feature_names_out(list(data)).tolist() == list(data)
    assert balancer.get_feature_names_out().tolist() == list(frame)


def test_any_other_difference_of_columns_is_an_error(frame):
    balancer = EventWeightBalancer(weight_column="weight").fit(frame, Y)
    with pytest.raises(ColumnError, match=r"(?s)now missing.*- pt"):
        balancer.transform(frame.drop(columns="pt"))
    with pytest.raises(ColumnError, match="same order"):
        balancer.transform(frame[["weight", "pt", "process"]])


def test_arrays_with_the_weight_column_by_position():
    X = np.column_stack([np.arange(10.0), W])
    balancer = EventWeightBalancer(weight_column=-1)
    out = balancer.fit_transform(X, Y)
    assert sums(out[:, 1], Y) == pytest.approx(TARGETS["equal"])
    assert_array_equal(X[:, 1], W)
    assert_array_equal(balancer.transform(X[:, :1]), X[:, :1])


@pytest.mark.parametrize(
    ("given_type", "expected"),
    [("float32", "float32"), ("float64", "float64"), ("int64", "float64")],
)
def test_the_type_of_the_weight_column(frame, given_type, expected):
    frame["weight"] = frame["weight"].astype(given_type)
    out = EventWeightBalancer(weight_column="weight").fit_transform(frame, Y)
    assert out["weight"].dtype == expected
    X = frame[["pt", "weight"]].to_numpy(dtype=given_type)
    assert EventWeightBalancer(weight_column=1).fit_transform(X, Y).dtype == expected


def test_named_blocks_are_balanced_too():
    X = EventBlocks({"jet": np.zeros((10, 4, 2)), "weight": W})
    balancer = EventWeightBalancer(weight_column="weight")
    out = balancer.fit_transform(X, Y)
    assert sums(out["weight"], Y) == pytest.approx(TARGETS["equal"])
    assert balancer.transform(X) is X
    assert len(balancer.transform(EventBlocks({"jet": X["jet"]}))) == 10
    with pytest.raises(ColumnError, match=r"(?s)now missing.*- jet"):
        balancer.transform(EventBlocks({"weight": W}))


def test_negative_weights_are_kept_with_their_sign():
    y, w = [1, 1, 1, 0, 0], [2.0, -1.0, 1.0, 3.0, 2.0]
    balancer = EventWeightBalancer("equal")
    # 5 / 2 for each class; the signal sums to 2, the background to 5
    assert_allclose(balancer.balance(y, sample_weight=w), [2.5, -1.25, 1.25, 1.5, 1.0])
    assert (balancer.n_negative_, balancer.n_dropped_) == (1, 0)


def test_dropped_events_have_zero_weight_and_do_not_count_in_n():
    y, w = [1, 1, 1, 0, 0], [2.0, -1.0, 1.0, 3.0, 2.0]
    balancer = EventWeightBalancer("equal", negative_weights="drop")
    # 4 events are left: 2 for each class; the signal sums to 3, the background to 5
    assert_allclose(balancer.balance(y, sample_weight=w), [4 / 3, 0, 2 / 3, 1.2, 0.8])
    assert (balancer.n_negative_, balancer.n_dropped_) == (1, 1)
    # sqrt: 2 signal events are left; 2 sqrt(5 / 3) for the background
    out = EventWeightBalancer("sqrt", negative_weights="drop").balance(y, sample_weight=w)
    assert out[:3].sum() == pytest.approx(2)
    assert out[3:].sum() == pytest.approx(2 * (5 / 3) ** 0.5)


def test_absolute_weights_are_taken_before_balancing():
    y, w = [1, 1, 1, 0, 0], [2.0, -1.0, 1.0, 3.0, 2.0]
    balancer = EventWeightBalancer("equal", negative_weights="abs")
    # 5 / 2 for each class; the signal sums to 4
    assert_allclose(balancer.balance(y, sample_weight=w), [1.25, 0.625, 0.625, 1.5, 1.0])
    assert (balancer.n_negative_, balancer.n_dropped_) == (1, 0)


def test_negative_weights_are_refused_on_request(frame):
    frame.loc[21, "weight"] = -4.0
    balancer = EventWeightBalancer(weight_column="weight", negative_weights="error")
    with pytest.raises(WeightError, match=r"1 of 10 event weights are negative \(lowest -4\)"):
        balancer.fit(frame, Y)


@pytest.mark.parametrize("mode", ["equal", "n_background", "sqrt"])
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_a_factor_of_all_weights_changes_nothing(mode, scale):
    balancer = EventWeightBalancer(mode, signal="sig")
    assert_allclose(
        balancer.balance(Y, sample_weight=scale * W),
        balancer.balance(Y, sample_weight=W),
        rtol=1e-12,
    )


def test_without_weights_every_event_counts_one():
    out = EventWeightBalancer("equal").balance([1, 0, 0, 0])
    assert_allclose(out, [2, 2 / 3, 2 / 3, 2 / 3])


def test_labels_of_any_type():
    for y in (Y == "sig", pd.Series(Y, dtype="category"), list(Y), Y.astype(object)):
        out = EventWeightBalancer("equal").balance(y, sample_weight=W)
        assert out.sum() == pytest.approx(10)
    assert set(EventWeightBalancer("sqrt").fit(W[:, None], Y == "sig").factors_) == {False, True}


@pytest.mark.parametrize("mode", MODES)
def test_a_signal_that_is_no_class_is_an_error_naming_the_classes(mode):
    with pytest.raises(ValueError, match=r"signal='Higgs' is not.*\['W', 'sig', 'tt'\]"):
        EventWeightBalancer(mode, signal="Higgs").balance(Y, sample_weight=W)


@pytest.mark.parametrize("mode", ["n_background", "sqrt"])
def test_the_default_signal_must_be_a_class_in_the_modes_that_need_it(mode):
    with pytest.raises(ValueError, match=r"signal=1 .*\['W', 'sig', 'tt'\]; name it"):
        EventWeightBalancer(mode).balance(Y, sample_weight=W)


@pytest.mark.parametrize("mode", MODES)
def test_a_missing_class_is_an_error(mode):
    with pytest.raises(
        WeightError, match=r"y has one class only, \[1\]; .* at least two; .*shuffle"
    ):
        EventWeightBalancer(mode).balance([1, 1], sample_weight=[1.0, 2.0])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("weights", "total"), [([1.0, 2.0, -5.0], "-3"), ([1.0, 0.0, 0.0], "0")])
def test_a_class_that_sums_to_nothing_is_an_error(mode, weights, total):
    with pytest.raises(WeightError, match=f"sample_weight of class 0 sums to {total};"):
        EventWeightBalancer(mode).balance([1, 0, 0], sample_weight=weights)


def test_a_process_that_sums_to_nothing_is_an_error():
    with pytest.raises(WeightError, match="sample_weight of process 'W' sums to -1;"):
        EventWeightBalancer(process_column="process").balance(
            [1, 0, 0], sample_weight=[1.0, 2.0, -1.0], process=["s", "tt", "W"]
        )


def test_a_process_without_value_is_an_error(frame):
    frame.loc[23, "process"] = None
    balancer = EventWeightBalancer(weight_column="weight", process_column="process")
    with pytest.raises(ColumnError, match=r"column 'process' contains NaN: 1 of 10 .* event 3"):
        balancer.fit(frame, IS_SIGNAL)


def test_wrong_columns_are_errors(frame):
    with pytest.raises(ColumnError, match=r"weight_column='weights'.*did you mean 'weight'"):
        EventWeightBalancer(weight_column="weights").fit(frame, Y)
    with pytest.raises(ColumnError, match="process_column='processes' is not a column"):
        EventWeightBalancer(process_column="processes").fit(frame, Y)
    with pytest.raises(ColumnError, match="weight_column='weight' is a name, but X is an array"):
        EventWeightBalancer(weight_column="weight").fit(frame[["pt", "weight"]].to_numpy(), Y)


def test_a_weight_that_is_no_number_names_the_column(frame):
    frame.loc[24, "weight"] = np.nan
    with pytest.raises(WeightError, match="weight column 'weight' contains NaN: 1 of 10"):
        EventWeightBalancer(weight_column="weight").fit(frame, Y)


def test_processes_belong_to_their_column():
    with pytest.raises(ValueError, match="process_column='process' with process missing"):
        EventWeightBalancer(process_column="process").balance(IS_SIGNAL, sample_weight=W)
    with pytest.raises(ValueError, match="process_column=None with process given"):
        EventWeightBalancer().balance(IS_SIGNAL, sample_weight=W, process=Y)


def test_lengths_that_differ_are_errors(frame):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        EventWeightBalancer().fit(frame, Y[:-1])
    with pytest.raises(WeightError, match=r"sample_weight.shape == \(9,\), expected \(10,\)"):
        EventWeightBalancer().balance(Y, sample_weight=W[:-1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        EventWeightBalancer(process_column="process").balance(
            IS_SIGNAL, sample_weight=W, process=Y[:-1]
        )


def test_a_continuous_y_is_an_error():
    with pytest.raises(ValueError, match="Unknown label type"):
        EventWeightBalancer().balance([0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("parameters", "name"),
    [({"mode": "equla"}, "mode"), ({"negative_weights": "ignore"}, "negative_weights")],
)
def test_unknown_options_are_errors(parameters, name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of EventWeightBalancer must be"):
        EventWeightBalancer(**parameters).balance([0, 1])


def test_a_pipeline_step_without_weight_column_warns_that_it_changes_nothing(frame):
    X = frame[["pt"]]
    with pytest.warns(UserWarning, match="without weight_column changes no weights"):
        out = EventWeightBalancer().fit_transform(X, Y)
    pd.testing.assert_frame_equal(out, X)
    EventWeightBalancer("none").fit_transform(X, Y)


def test_the_balanced_weights_reach_the_next_steps_of_a_pipeline(events):
    X, y = events[["pt", "eta", "weight", "process"]], events["is_signal"].to_numpy()
    balance = EventWeightBalancer(weight_column="weight", process_column="process")
    pipe = Pipeline([("balance", balance), ("scale", MinMaxScaler(exclude=["weight", "process"]))])
    out = pipe.fit_transform(X, y)
    assert sums(out["weight"].to_numpy(), y) == pytest.approx({0: 300.0, 1: 300.0})
    assert sums(out["weight"].to_numpy(), X["process"].to_numpy()) == pytest.approx(
        {"Wjets": 150.0, "signal": 300.0, "tt": 150.0}
    )
    data = X[["pt", "eta"]]
    pd.testing.assert_frame_equal(pipe.transform(data), out[["pt", "eta"]])


def test_the_mode_is_reached_by_grid_search(table):
    X, y = table
    pipe = Pipeline(
        [("balance", EventWeightBalancer(weight_column="weight")), ("nb", GaussianNB())]
    )
    search = GridSearchCV(pipe, {"balance__mode": MODES}, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 4


labels = st.lists(st.integers(0, 3), min_size=2, max_size=40).filter(lambda y: len(set(y)) > 1)


@settings(deadline=None, max_examples=60)
@given(labels, st.data(), st.sampled_from(MODES))
def test_sums_meet_their_targets_for_any_positive_weights(y, data, mode):
    y = np.array(y)
    weight = st.floats(1e-3, 1e3)
    w = np.array(data.draw(st.lists(weight, min_size=len(y), max_size=len(y))))
    signal = int(y[0])
    out = sums(EventWeightBalancer(mode, signal=signal).balance(y, sample_weight=w), y)
    before = sums(w, y)
    n_signal = (y == signal).sum()
    for c in before:
        target = {
            "none": before[c],
            "equal": len(y) / len(before),
            "n_background": len(y) - n_signal,
            "sqrt": n_signal * (before[c] / before[signal]) ** 0.5,
        }[mode]
        assert out[c] == pytest.approx(target, rel=1e-9)
