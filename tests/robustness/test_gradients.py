from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from skhep_nn import (
    BlockClassifier,
    DenseClassifier,
    EventBlocks,
    MinMaxScaler,
    ParametricClassifier,
    gradient_importance,
)
from skhep_nn.events import BlockKind
from skhep_nn.robustness._gradients import _mean

FAST = {"epochs": 2, "random_state": 0, "batch_size": 128}


@pytest.fixture(scope="module")
def dense(new_events):
    events = new_events(400)
    # finite differences see the edges of bins, gradients do not
    network = DenseClassifier(units=(6,), feature_bins=0, weight_column="weight", **FAST)
    model = Pipeline([("scale", MinMaxScaler(exclude=["weight"])), ("network", network)])
    return events, model.fit(events[["pt", "eta", "mt", "weight"]], events["is_signal"])


def test_it_is_the_mean_of_the_absolute_gradient_times_the_distance_from_the_mean(dense):
    events, model = dense
    found = gradient_importance(model, events, "is_signal")
    X = model[0].transform(events[["pt", "eta", "mt", "weight"]])
    step, y = 1e-2, events["is_signal"].to_numpy()
    up, down = X.copy(), X.copy()
    up["eta"] += step
    down["eta"] -= step
    slope = (model[1].predict_proba(up) - model[1].predict_proba(down))[:, 1] / (2 * step)
    w = events["weight"].to_numpy()
    w = w / (2 * np.where(y == 1, w[y == 1].sum(), w[y == 0].sum()))
    moves = slope * (X["eta"] - w @ X["eta"])
    assert found.names == ["pt", "eta", "mt"]
    assert found.importance[1] == pytest.approx(w @ np.abs(moves), rel=0.02)


def test_the_unit_and_the_offset_of_an_input_do_not_matter(dense):
    events = dense[0]
    X, y = events[["pt", "eta", "mt"]], events["is_signal"]
    network = DenseClassifier(units=(6,), **FAST)
    one = gradient_importance(network.fit(X, y), X, y)
    scaled = X * [1e3, 1, 1] + [0, 50, 0]
    other = gradient_importance(network.fit(scaled, y), scaled, y)
    assert other.importance == pytest.approx(one.importance, rel=0.02)


def test_the_error_is_that_of_a_mean_and_falls_with_the_events(dense, new_events):
    model = dense[1]
    few, many = (gradient_importance(model, new_events(n, 3), "is_signal") for n in (500, 8000))
    assert few.error / many.error == pytest.approx(np.full(3, 4), rel=0.35)
    some = gradient_importance(model, new_events(8000, 3), "is_signal", max_events=500)
    assert (some.error > 2 * many.error).all()


def test_the_error_covers_where_the_network_moves_more_for_one_class():
    n_toys, inside = 500, []
    for seed in range(n_toys):
        rng = np.random.default_rng(seed)
        mask = rng.random(rng.poisson(300)) < 0.3
        weights = np.where(rng.random(len(mask)) < 0.1, -1.0, 1.0)
        for side in (mask, ~mask):
            weights[side] /= 2 * weights[side].sum()
        mean, error = _mean(rng.normal(np.where(mask, 3.0, -1.0), 0.1), weights, mask)
        inside.append(abs(mean - 2.0) < error)
    assert abs(np.mean(inside) - 0.683) < 3 * np.sqrt(0.683 * 0.317 / n_toys)


def test_either_class_may_be_the_signal(dense):
    events, model = dense
    one, other = (gradient_importance(model, events, "is_signal", signal=s) for s in (0, 1))
    assert one.importance == pytest.approx(other.importance)
    with pytest.raises(ValueError, match="signal=5 is not"):
        gradient_importance(model, events, "is_signal", signal=5)


def test_a_sequence_is_looked_at_whole_and_tokens_have_no_gradient():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    X = EventBlocks(
        {
            "jet": rng.normal(y[:, None], size=(200, 2)).astype(np.float32),
            "track": rng.normal(size=(200, 3, 2)).astype(np.float32),
            "pdg": rng.integers(1, 4, (200, 3)),
        },
        kinds={"pdg": BlockKind("tokens", vocabulary_size=4)},
    )
    model = BlockClassifier(n_networks=2, **FAST).fit(X, y)
    found = gradient_importance(model, X, y)
    assert sorted(found.names) == ["jet[0]", "jet[1]", "track"]
    assert found.passed_over == ("pdg",)
    assert (found.importance > 0).all()


def test_a_parametric_network_is_looked_at_at_one_mass(new_events):
    events = new_events(300)
    mass = np.where(events["is_signal"] == 1, 500.0 + 100 * (events.index % 2), np.nan)
    X, y = events[["pt", "eta", "weight"]].assign(mass=mass), events["is_signal"]
    model = ParametricClassifier(units=(6,), weight_column="weight", **FAST).fit(X, y)
    found = gradient_importance(model.at(500), X, y)
    assert found.names == ["pt", "eta"]
    assert (found.importance > 0).all()


def test_what_is_no_network_of_the_package_is_an_error(table):
    model = LogisticRegression(max_iter=1000).fit(*table)
    with pytest.raises(TypeError, match="LogisticRegression is no network of the package"):
        gradient_importance(model, *table)


def test_weights_of_any_size_give_the_same_importance(dense, new_events):
    _, model = dense
    events = new_events(200)
    heavy = np.full(len(events), 8e305)
    one, same = (
        gradient_importance(model, events, "is_signal", sample_weight=w) for w in (1.0, heavy)
    )
    np.testing.assert_allclose(same.importance, one.importance, rtol=1e-6)
