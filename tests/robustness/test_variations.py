from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skhep_nn import evaluate_variations
from skhep_nn.exceptions import ColumnError
from skhep_nn.metrics import roc_auc, roc_auc_error


def make(seed, n_events=1500, negative=0.15):
    """A table of events with labels, weights of either sign and event numbers."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_events)
    table = pd.DataFrame({"a": rng.normal(y), "b": rng.normal(0.5 * y), "is_signal": y})
    sign = np.where(rng.random(n_events) < negative, -1, 1)
    table["weight"] = rng.exponential(size=n_events) * sign
    table["event"] = np.arange(n_events)
    return table


def scaled(table, by=1.2, shift=0.1):
    return table.assign(a=by * table["a"] + shift)


@pytest.fixture(scope="module")
def model():
    table = make(99, 5000, 0)
    return LogisticRegression().fit(table[["a", "b"]], table["is_signal"])


@pytest.fixture
def evaluated(model):
    table = make(0)
    return table, evaluate_variations(
        model,
        {"nominal": table, "up": scaled(table)},
        "is_signal",
        weight_column="weight",
        threshold=0.6,
        bins=[0.0, 0.3, 0.6, 1.0],
    )


def test_the_columns_of_a_table_may_be_in_any_order(model, evaluated):
    table, found = evaluated
    turned = table[[*reversed(table.columns)]]
    options = {"weight_column": "weight", "threshold": 0.6}
    again = evaluate_variations(
        model, {"nominal": turned, "up": scaled(turned)}, "is_signal", **options
    )
    assert again["up"].auc == found["up"].auc


def test_each_number_is_that_of_its_own_events(model, evaluated):
    table, found = evaluated
    X, y, w = scaled(table)[["a", "b"]], table["is_signal"].to_numpy(), table["weight"].to_numpy()
    score = model.predict_proba(X)[:, 1]
    up = found["up"]
    assert up.auc == roc_auc(y, score, w)
    assert up.auc_error == pytest.approx(roc_auc_error(y, score, w), rel=2e-3)
    assert up.auc_difference == pytest.approx(up.auc - found["nominal"].auc)
    of = {"signal": y == 1, "background": y == 0}
    for name, mask in of.items():
        passed = mask & (score >= 0.6)
        assert up.efficiency[name] == pytest.approx(w[passed].sum() / w[mask].sum())
        fractions = np.histogram(score[mask], [0, 0.3, 0.6, 1], weights=w[mask])[0] / w[mask].sum()
        assert up.shape[name] == pytest.approx(fractions)
        assert up.shape_ratio[name] == pytest.approx(fractions / found["nominal"].shape[name])
        assert up.yield_ratio[name] == 1.0


def test_errors_of_differences_are_the_limit_of_a_bootstrap_of_the_same_events(model, evaluated):
    table, found = evaluated
    rng = np.random.default_rng(0)
    y, w = table["is_signal"].to_numpy(), table["weight"].to_numpy()
    scores = [model.predict_proba(t[["a", "b"]])[:, 1] for t in (table, scaled(table))]
    trials = []
    for _ in range(600):
        drawn = w * rng.poisson(size=len(w))
        areas = [roc_auc(y, score, drawn) for score in scores]
        parts = [drawn[(y == 1) & (s >= 0.6)].sum() / drawn[y == 1].sum() for s in scores]
        bins = [drawn[(y == 0) & (s < 0.3)].sum() / drawn[y == 0].sum() for s in scores]
        trials.append([areas[1] - areas[0], parts[1] - parts[0], bins[1] / bins[0]])
    up = found["up"]
    expected = np.std(trials, axis=0)
    got = [
        up.auc_difference_error,
        up.efficiency_difference_error["signal"],
        up.shape_ratio_error["background"][0],
    ]
    # 600 trials know a spread to 3 %
    assert got == pytest.approx(expected, rel=0.12)


def test_errors_are_smaller_than_those_of_independent_samples(model, evaluated):
    table, found = evaluated
    independent = evaluate_variations(
        model,
        {"nominal": table, "up": scaled(table)},
        "is_signal",
        weight_column="weight",
        threshold=0.6,
        paired=False,
    )["up"]
    up = found["up"]
    both = np.hypot(up.auc_error, found["nominal"].auc_error)
    assert independent.auc_difference_error == pytest.approx(both)
    assert up.auc_difference_error < 0.5 * both


def test_the_same_events_in_another_order_are_found_by_their_numbers(model, evaluated):
    table, found = evaluated
    mixed = scaled(table).sample(frac=1, random_state=1)
    given = {"nominal": table, "up": mixed}
    options = {"weight_column": "weight", "threshold": 0.6, "event_number": "event"}
    other = evaluate_variations(model, given, "is_signal", **options)["up"]
    assert other.auc_difference_error == pytest.approx(found["up"].auc_difference_error)
    assert other.efficiency_difference_error == pytest.approx(
        found["up"].efficiency_difference_error
    )


def test_events_that_enter_and_leave_count_on_one_side(model):
    table = make(0, 400)
    up = table[table["event"] >= 40]
    options = {"weight_column": "weight", "event_number": ["event"], "threshold": 0.5}
    found = evaluate_variations(model, {"nominal": table, "up": up}, "is_signal", **options)["up"]
    y, w = table["is_signal"].to_numpy(), table["weight"].to_numpy()
    lost = (y == 1) & (table["event"].to_numpy() < 40)
    ratio = 1 - w[lost].sum() / w[y == 1].sum()
    assert found.yield_ratio["signal"] == pytest.approx(ratio)
    stays = (y == 1) & ~lost
    total = w[y == 1].sum()
    # d ln ratio by an event: 1 / kept - 1 / all if it stays, - 1 / all if it leaves
    by = np.where(stays, 1 / w[stays].sum() - 1 / total, -1 / total) * (y == 1)
    expected = ratio * np.sqrt(np.sum((w * by) ** 2))
    assert found.yield_ratio_error["signal"] == pytest.approx(expected)


def test_the_nominal_sample_does_not_differ_from_itself(evaluated):
    one = evaluated[1]["nominal"]
    assert one.auc_difference == one.auc_difference_error == 0.0
    assert one.shape_ratio["signal"] == pytest.approx(np.ones(3))
    assert one.shape_ratio_error["signal"] == pytest.approx(np.zeros(3))


def test_without_a_threshold_the_cut_keeps_the_efficiency_of_the_nominal_signal(model):
    table = make(1, negative=0)
    given = {"up": scaled(table), "central": table}
    found = evaluate_variations(
        model, given, "is_signal", weight_column="weight", nominal="central", efficiency=0.3
    )
    assert found.nominal == "central"
    assert found["central"].efficiency["signal"] == pytest.approx(0.3, abs=0.005)


def test_a_variation_of_the_weights_is_one(model):
    table = make(2)
    weights = table["weight"] * np.where(table["is_signal"] == 1, 1.1, 1.0)
    X, y = table[["a", "b"]], table["is_signal"]
    found = evaluate_variations(
        model, {"nominal": (X, y, table["weight"]), "xsec": (X, y, weights)}
    )["xsec"]
    assert found.auc_difference == pytest.approx(0)
    assert found.yield_ratio["signal"] == pytest.approx(1.1)
    assert found.yield_ratio_error["signal"] == pytest.approx(0, abs=1e-12)


def test_the_table_has_a_row_per_variation(evaluated):
    found = evaluated[1]
    table = found.to_frame()
    assert table.index.tolist() == ["nominal", "up"]
    assert table.loc["up", "signal_efficiency"] == found["up"].efficiency["signal"]
    assert table.loc["up", "auc_difference"] == found["up"].auc_difference
    assert len(found) == 2
    assert "up" in repr(found)


@pytest.mark.parametrize("given", [{}, [1, 2], None])
def test_variations_that_are_no_dict_are_an_error(model, given):
    with pytest.raises(ValueError, match="it must be a dict of names and samples"):
        evaluate_variations(model, given, "is_signal")


def test_samples_of_other_lengths_or_labels_are_an_error_that_says_what_to_do(model):
    table = make(0, 50)
    with pytest.raises(ValueError, match=r"'up' has 49 events and 'nominal' has 50.*event_number"):
        evaluate_variations(model, {"nominal": table, "up": table[1:]}, "is_signal")
    mixed = table[::-1]
    with pytest.raises(ValueError, match=r"row 1 of .*'up' is of class 0, and in 'nominal' of 1,"):
        evaluate_variations(model, {"nominal": table, "up": mixed}, "is_signal")


def test_missing_labels_and_columns_are_errors(model):
    table = make(0, 50)
    with pytest.raises(ValueError, match="variation 'nominal' has no labels: give"):
        evaluate_variations(model, {"nominal": table})
    with pytest.raises(ColumnError, match="y='label' is not a column of X"):
        evaluate_variations(model, {"nominal": table}, "label")
    with pytest.raises(ValueError, match="nominal='central' is not among the variations"):
        evaluate_variations(model, {"up": table}, "is_signal", nominal="central")
    with pytest.raises(ValueError, match="variation 'up': signal=2 is not a class"):
        evaluate_variations(model, {"up": table}, "is_signal", signal=2)


@pytest.mark.slow
def test_errors_of_differences_cover_the_truth(model):
    n_toys, inside = 300, []

    def evaluated(table):
        found = evaluate_variations(
            model,
            {"nominal": table, "up": scaled(table)},
            "is_signal",
            weight_column="weight",
            threshold=0.6,
            bins=[0.0, 0.3, 0.6, 1.0],
        )["up"]
        values = [
            (found.auc, found.auc_error),
            (found.auc_difference, found.auc_difference_error),
            (
                found.efficiency_difference["signal"],
                found.efficiency_difference_error["signal"],
            ),
            (found.shape_ratio["background"][2], found.shape_ratio_error["background"][2]),
        ]
        return np.array(values).T

    truth = evaluated(make(10**6, 1_000_000, 0))[0]
    for seed in range(n_toys):
        values, errors = evaluated(make(seed, 1500))
        inside.append(np.abs(values - truth) < errors)
    covered = np.mean(inside, axis=0)
    assert np.abs(covered - 0.683).max() < 3 * np.sqrt(0.683 * 0.317 / n_toys)


def test_rows_in_another_order_are_refused_unless_their_events_are_known(model):
    table = make(3)
    shuffled = scaled(table).sample(frac=1, random_state=0)
    samples = {"nominal": table, "up": shuffled}
    with pytest.raises(ValueError, match=r"row 0 of variation 'up' has the index .* same rows"):
        evaluate_variations(model, samples, table["is_signal"])
    in_order = evaluate_variations(model, {"nominal": table, "up": scaled(table)}, "is_signal")
    for cure in ({"event_number": "event"}, {"paired": False}):
        found = evaluate_variations(model, samples, "is_signal", **cure)
        assert found["up"].auc_difference == pytest.approx(in_order["up"].auc_difference)
    back = {"nominal": table, "up": shuffled.loc[table.index]}
    found = evaluate_variations(model, back, table["is_signal"])
    assert found["up"].auc_difference == pytest.approx(in_order["up"].auc_difference)


def test_rows_with_another_index_are_taken_in_their_order(model):
    table = make(3)
    other = scaled(table).set_index(np.arange(len(table)) + 7)
    found = evaluate_variations(model, {"nominal": table, "up": other}, table["is_signal"])
    expected = evaluate_variations(model, {"nominal": table, "up": scaled(table)}, "is_signal")
    assert found["up"].auc_difference == expected["up"].auc_difference
