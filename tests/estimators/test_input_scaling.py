"""Inputs inside the network: units, offsets and scalers before it do not matter."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhep_nn import (
    BlockClassifier,
    CNNClassifier,
    DenseClassifier,
    EventBlocks,
    LSTMClassifier,
    MinMaxScaler,
    ParametricClassifier,
    ResNetClassifier,
)
from skhep_nn.estimators._fit import _input_scaling
from skhep_nn.metrics import roc_auc
from skhep_nn.networks._feature_bins import FeatureBins
from skhep_nn.networks._input_scaling import InputScaling
from skhep_nn.training._pool import POOL

FAST = {"epochs": 3, "batch_size": 64, "random_state": 0, "verbose": 0}
RNG = np.random.default_rng(0)
N = 400


def table(n_events=N):
    """Features with heavy tails, a count, an indicator, many zeros, a constant; GeV."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, n_events)
    pt = 20 + rng.pareto(2, n_events) * 30 * (1 + y)
    X = np.column_stack(
        [
            pt,
            91 + rng.normal(0, 4, n_events) * (2 - y),
            rng.integers(0, 5, n_events) + y,
            rng.random(n_events) < 0.2 + 0.3 * y,
            np.where(rng.random(n_events) < 0.6, 0, pt * rng.random(n_events)),
            np.full(n_events, 13.0),
        ]
    )
    return X, y


def constants(clf, block="features"):
    layer = clf.model_.get_layer(f"{block}_scaling")
    return [np.array(getattr(layer, name)) for name in InputScaling.CONSTANTS]


def bins(clf, block="features"):
    layer = clf.model_.get_layer(f"{block}_bins")
    return [np.array(getattr(layer, name)) for name in FeatureBins.CONSTANTS]


UNITS = {
    "GeV": lambda: DenseClassifier((32,), **FAST | {"epochs": 30}),
    "MeV": lambda: DenseClassifier((32,), **FAST | {"epochs": 30}),
    "MinMaxScaler": lambda: make_pipeline(MinMaxScaler(), UNITS["GeV"]()),
    "StandardScaler": lambda: make_pipeline(StandardScaler(), UNITS["GeV"]()),
}


def test_units_and_scalers_before_the_network_do_not_matter():
    X, y = table(2_000)
    factor = {"MeV": np.array([1e3, 1e3, 1, 1, 1e3, 1e3])}
    aucs = {}
    for name, make in UNITS.items():
        x = X * factor.get(name, 1.0)
        aucs[name] = roc_auc(y[1000:], make().fit(x[:1000], y[:1000]).predict_proba(x[1000:])[:, 1])
    assert min(aucs.values()) > 0.75
    assert np.ptp([*aucs.values()]) < 0.002, aucs


def test_medians_and_quartiles_are_those_of_the_training_events_with_their_weights():
    X, y = table()
    weights = RNG.uniform(0.1, 3, N)
    clf = DenseClassifier((4,), **FAST).fit(X, y, sample_weight=weights)
    center, slope, bend = constants(clf)
    inside = weights[X[:, 1] < center[1]].sum() / weights.sum()
    assert inside == pytest.approx(0.5, abs=0.01)
    low, high = center[1] - 0.5 / slope[1], center[1] + 0.5 / slope[1]
    assert weights[(low < X[:, 1]) & (X[:, 1] < high)].sum() / weights.sum() > 0.4
    # the number of jets and the indicator keep their values; the constant is the same for all
    assert (center[2:4].tolist(), slope[2:4].tolist()) == ([0, 0], [1, 1])
    assert slope[5] == 0
    np.testing.assert_allclose(bend, [1 / 9, 1 / 9, 0, 0, 1 / 9, 0])


def test_validation_events_are_not_looked_at():
    X, y = table()
    shifted = DenseClassifier((4,), **FAST).fit(X, y, X_val=X + 1e6, y_val=y)
    plain = DenseClassifier((4,), **FAST).fit(X, y)
    for one, other in zip(constants(shifted), constants(plain), strict=True):
        np.testing.assert_array_equal(one, other)


def test_negative_weights_count_by_their_size():
    X, y = table()
    signs = np.where(RNG.random(N) < 0.2, -1.0, 1.0)
    found = constants(DenseClassifier((4,), **FAST).fit(X, y, sample_weight=signs))
    expected = constants(DenseClassifier((4,), **FAST).fit(X, y))
    np.testing.assert_allclose(found[0], expected[0])


def test_standard_is_mean_and_deviation_without_a_clip():
    X, y = table()
    clf = DenseClassifier((4,), input_scaling="standard", **FAST).fit(X, y)
    center, slope, bend = constants(clf)
    np.testing.assert_allclose(center[:5], X.mean(axis=0)[:5], rtol=1e-5)
    np.testing.assert_allclose(1 / slope[:5], X.std(axis=0)[:5], rtol=1e-5)
    assert not bend.any()


def test_none_leaves_the_features_as_they_are():
    X, y = table()
    clf = DenseClassifier((4,), input_scaling=None, feature_scale=False, **FAST).fit(X, y)
    names = [layer.name for layer in clf.model_.layers]
    assert not [name for name in names if name.endswith(("_scaling", "_factor", "_bins"))]


def test_bins_hold_equal_numbers_of_training_events_by_their_weights():
    X, y = table()
    weights = RNG.uniform(0.1, 3, N)
    clf = DenseClassifier((4,), feature_bins=4, **FAST).fit(X, y, sample_weight=weights)
    center, slope, bend = constants(clf)
    t = (X - center) * slope
    scaled = t / np.sqrt(1 + bend * t**2)
    low, inverse = bins(clf)
    for column in (0, 1):
        edges = [*low[column], low[column][-1] + 1 / inverse[column][-1]]
        shares = np.histogram(scaled[:, column], edges, weights=weights)[0] / weights.sum()
        np.testing.assert_allclose(shares, 0.25, atol=0.02)
    # the constant has none
    assert not inverse[5].any()


def test_no_bins_are_made_where_none_are_wanted():
    X, y = table()
    clf = DenseClassifier((4,), feature_bins=0, **FAST).fit(X, y)
    assert not [layer for layer in clf.model_.layers if isinstance(layer, FeatureBins)]
    with pytest.raises(ValueError, match="feature_bins"):
        DenseClassifier((4,), feature_bins=-1, **FAST).fit(X, y)


def test_a_network_with_bins_learns_steps_that_one_without_does_not():
    rng = np.random.default_rng(3)
    X = np.exp(2 * rng.normal(size=(3000, 6)))
    y = ((X[:, 0] > 0.5) & (X[:, 0] < 0.7)) | ((X[:, 1] > 2) & (X[:, 1] < 2.6))
    arguments = FAST | {"epochs": 25}
    aucs = [
        roc_auc(y[1500:], clf.fit(X[:1500], y[:1500]).predict_proba(X[1500:])[:, 1])
        for clf in (DenseClassifier((32,), feature_bins=n, **arguments) for n in (0, 16))
    ]
    assert aucs[1] > aucs[0] + 0.1


def test_joblib_keeps_the_constants(tmp_path):
    X, y = table()
    clf = DenseClassifier((4,), **FAST).fit(X, y)
    joblib.dump(clf, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    assert np.array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    assert np.array_equal(constants(loaded)[0], constants(clf)[0])
    np.testing.assert_array_equal(bins(loaded), bins(clf))


def test_further_fits_keep_the_constants_of_the_first():
    X, y = table()
    warm = DenseClassifier((4,), warm_start=True, **FAST).fit(X, y)
    before, edges = constants(warm), bins(warm)
    np.testing.assert_array_equal(constants(warm.fit(X * 2 + 1, y)), before)
    np.testing.assert_array_equal(bins(warm), edges)
    stream = DenseClassifier((4,), **FAST).partial_fit(X, y)
    np.testing.assert_array_equal(constants(stream), before)
    np.testing.assert_array_equal(constants(stream.partial_fit(X * 2 + 1, y)), before)
    np.testing.assert_array_equal(bins(stream), edges)
    assert not np.array_equal(constants(clone(warm).fit(X * 2 + 1, y)), before)


def test_one_compiled_engine_serves_fits_on_different_events():
    X, y = table()
    POOL.clear()
    clf = DenseClassifier((4,), **FAST)
    fits = [clone(clf).fit(X[rows], y[rows]) for rows in (slice(0, 300), slice(100, 400))]
    assert len(POOL) == 1
    assert not np.array_equal(constants(fits[0]), constants(fits[1]))
    again = clone(clf).fit(X[:300], y[:300])
    np.testing.assert_array_equal(again.predict_proba(X), fits[0].predict_proba(X))


def test_a_network_that_is_not_trained_has_the_constants_of_its_events():
    X, y = table()
    np.testing.assert_array_equal(
        constants(DenseClassifier((4,), **FAST).initialize(X, y)),
        constants(DenseClassifier((4,), **FAST).fit(X, y)),
    )


def test_memory_maps_have_the_constants_of_the_events_in_memory(tmp_path, monkeypatch):
    X, y = table(3_000)
    np.save(tmp_path / "x.npy", X.astype("float32"))
    for sample in (50_000, 500):
        monkeypatch.setattr(_input_scaling, "SAMPLE_EVENTS", sample)
        mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
        found, inside = (
            DenseClassifier((4,), **FAST | {"epochs": 1}).fit(x, y) for x in (mapped, X)
        )
        np.testing.assert_array_equal(constants(found), constants(inside))
        np.testing.assert_array_equal(bins(found), bins(inside))


def test_a_sample_of_many_events_comes_from_everywhere():
    rows = _input_scaling.sampled_rows(10_000_019)
    assert 45_000 < len(rows) <= 50_000
    assert np.histogram(rows, bins=20, range=(0, 10_000_019))[0].min() > 1_500
    assert len(np.unique(rows)) == len(rows)
    assert rows.max() < 10_000_019
    assert _input_scaling.sampled_rows(100, 10**6).tolist() != []


def tracks(mask_value=0.0):
    """Features of a jet, and a padded sequence with long tails and its mask."""
    rng = np.random.default_rng(2)
    real = np.arange(6) < rng.integers(0, 7, N)[:, None]
    values = np.where(real[..., None], 50 + 9 * rng.standard_cauchy((N, 6, 2)), mask_value)
    jet = rng.pareto(2, size=(N, 3))
    return jet, values, real, rng.integers(0, 2, N)


@pytest.mark.parametrize("with_mask", [True, False])
def test_sequences_are_scaled_over_their_real_entries(with_mask):
    jet, track, real, y = tracks()
    blocks = {"jet": jet, "track": track} | ({"track_mask": real} if with_mask else {})
    clf = CNNClassifier((4,), dense_units=(4,), **FAST).fit(EventBlocks(blocks), y)
    center, slope, _ = constants(clf, "track")
    entries = track[real]
    np.testing.assert_allclose(center, np.median(entries, axis=0), rtol=1e-2)
    width = np.subtract(*np.quantile(entries, [0.75, 0.25], axis=0))
    np.testing.assert_allclose(1 / slope, width, rtol=0.05)
    np.testing.assert_allclose(constants(clf, "jet")[0], np.median(jet, axis=0), rtol=0.05)


@pytest.mark.parametrize(
    "make",
    [
        lambda **p: CNNClassifier((4,), dense_units=(4,), **p),
        lambda **p: LSTMClassifier(4, dense_units=(4,), **p),
        lambda **p: ResNetClassifier(1, filters=4, stem=4, **p),
        lambda **p: BlockClassifier(head={"units": (4,)}, **p),
    ],
    ids=["CNN", "LSTM", "ResNet", "Block"],
)
def test_units_of_sequences_do_not_matter(make):
    jet, track, real, y = tracks()
    x = [EventBlocks({"jet": jet * f, "track": track * f, "track_mask": real}) for f in (1.0, 1e3)]
    found = [make(**FAST).fit(blocks, y).predict_proba(blocks) for blocks in x]
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)


@pytest.mark.parametrize("make", [ResNetClassifier, BlockClassifier])
def test_tables_of_other_networks_are_scaled_alike(make):
    X, y = table()
    arguments = {"units": 8} if make is ResNetClassifier else {"head": {"units": (8,)}}
    clf = make(**arguments, feature_bins=16, **FAST).fit(X, y)
    np.testing.assert_array_equal(
        constants(clf), constants(DenseClassifier((4,), **FAST).fit(X, y))
    )
    np.testing.assert_array_equal(bins(clf), bins(DenseClassifier((4,), **FAST).fit(X, y)))


def test_the_mass_of_a_parametric_network_keeps_its_own_scale():
    X, y = table()
    mass = np.where(y == 1, RNG.choice([500.0, 1000.0], N), np.nan)
    frame = pd.DataFrame(X, columns=list("abcdef")).assign(mass=mass)
    clf = ParametricClassifier(units=(4,), **FAST).fit(frame, y)
    assert len(constants(clf)[0]) == 6
    mev = frame * [1e3, 1e3, 1, 1, 1e3, 1e3, 1e3]
    other = ParametricClassifier(units=(4,), **FAST).fit(mev, y)
    np.testing.assert_allclose(
        other.at(mass=750e3).predict_proba(mev), clf.at(mass=750.0).predict_proba(frame), atol=1e-3
    )


def test_the_factor_of_a_feature_is_trained_from_one():
    X, y = table()
    arguments = FAST | {"epochs": 20}
    trained = DenseClassifier((4,), **arguments).fit(X, y).model_.get_layer("features_dense")
    fresh = DenseClassifier((4,), **arguments).initialize(X, y).model_.get_layer("features_dense")
    for name in ("q", "q_bins"):
        assert not np.array(getattr(fresh, name)).any()
        assert np.abs(np.array(getattr(trained, name))[:4]).min() > 0


def test_missing_values_stay_an_error():
    X, y = table()
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        DenseClassifier((4,), **FAST).fit(X, y)
