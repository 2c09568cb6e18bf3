from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.metrics import _by_parameter_points as points
from skhep_nn.metrics import _by_parameter_scores as private
from skhep_nn.metrics import (
    auc_by_parameter,
    auc_by_parameter_from_scores,
    figure_of_merit,
    roc_auc,
    roc_auc_error,
    significance_by_parameter,
    significance_by_parameter_from_scores,
    significance_scan,
)

MASSES = [500.0, 750.0, 1000.0]


def by_hand(X, y, mass, value, weights=None):
    """AUC and its error at one mass, from `value`, the score of all events at that mass."""
    rows = (y == 0) | (X["mass"].to_numpy() == mass)
    w = None if weights is None else np.asarray(weights)[rows]
    arguments = (y[rows], np.asarray(value)[rows], w)
    return roc_auc(*arguments), roc_auc_error(*arguments)


@pytest.fixture(params=["Scanner", "ColumnReader"])
def fitted(request, resonance, stubs):
    """A parametric classifier that scans, and one that only reads the column."""
    return stubs[request.param]().fit(*resonance)


def test_gaussian_scores_have_the_area_of_their_distance():
    # unit Gaussians at a distance d: area Phi(d / sqrt 2)
    rng = np.random.default_rng(0)
    mass = np.repeat([np.nan, 500, 750], [40_000, 20_000, 20_000])
    y = (~np.isnan(mass)).astype(int)
    shift = np.repeat([0, 1.0, 2.0], [40_000, 20_000, 20_000])
    table = auc_by_parameter_from_scores(y, rng.normal(size=80_000) + shift, mass)
    for hypothesis, d in ((500, 1.0), (750, 2.0)):
        row = table.loc[hypothesis]
        assert abs(row["auc"] - (1 + math.erf(d / 2)) / 2) < 3 * row["standard_error"]
        assert 1e-4 < row["standard_error"] < 4e-3


def test_each_mass_is_its_own_signal_against_all_background(fitted, resonance, stubs):
    X, y = resonance
    table = auc_by_parameter(fitted, X, y)
    assert table.index.tolist() == MASSES
    assert table.index.name == "mass"
    for mass in MASSES:
        auc, error = by_hand(X, y, mass, stubs["score"](X, mass))
        assert table.loc[mass, "auc"] == pytest.approx(auc, abs=1e-12)
        assert table.loc[mass, "standard_error"] == pytest.approx(error)
        assert table.loc[mass, "n_signal"] == (X["mass"] == mass).sum()
        assert table.loc[mass, "n_background"] == (y == 0).sum()


def test_background_is_scored_at_the_mass_of_the_signal(fitted, resonance):
    X, y = resonance
    expected = auc_by_parameter(fitted, X, y)
    # whatever stands there for background is not read
    junk = X.assign(mass=X["mass"].fillna(123.0))
    pd.testing.assert_frame_equal(auc_by_parameter(fitted, junk, y), expected)


def test_the_table_of_the_user_is_not_touched(fitted, resonance):
    X, y = resonance
    before = X.copy()
    auc_by_parameter(fitted, X, y)
    pd.testing.assert_frame_equal(X, before)


@pytest.mark.parametrize("negative", [False, True])
def test_weights_of_either_sign_by_column_and_by_argument(fitted, resonance, stubs, negative):
    X, y = resonance
    if negative:
        X = X.assign(weight=X["weight"] * np.where(np.arange(len(X)) % 9 == 0, -1, 1))
    table = auc_by_parameter(fitted, X, y, weight_column="weight")
    for mass in MASSES:
        auc, error = by_hand(X, y, mass, stubs["score"](X, mass), X["weight"])
        assert table.loc[mass, "auc"] == pytest.approx(auc, abs=1e-12)
        assert table.loc[mass, "standard_error"] == pytest.approx(error)
        assert table.loc[mass, "signal"] == pytest.approx(X["weight"][X["mass"] == mass].sum())
    assert table["background"].to_numpy() == pytest.approx(X["weight"][y == 0].sum())
    by_argument = auc_by_parameter(fitted, X, y, sample_weight=X["weight"])
    pd.testing.assert_frame_equal(by_argument, table)
    assert not np.allclose(auc_by_parameter(fitted, X, y)["auc"], table["auc"], atol=1e-6)


def test_the_weight_column_of_the_classifier_is_taken(resonance, stubs):
    X, y = resonance
    model = stubs["Scanner"](weight_column="weight").fit(X, y)
    expected = auc_by_parameter(model, X, y, weight_column="weight")
    pd.testing.assert_frame_equal(auc_by_parameter(model, X, y), expected)
    in_pipeline = make_pipeline(FunctionTransformer(), model)
    pd.testing.assert_frame_equal(auc_by_parameter(in_pipeline, X, y), expected)
    assert auc_by_parameter(model, X, y, sample_weight=1.0)["signal"].tolist() == (
        expected["n_signal"].tolist()
    )


@given(st.integers(0, 2**32 - 1))
def test_regression_weights_and_masses_are_shuffled_with_their_events(seed):
    # a sequence that shuffled its events but not their weights evaluated the wrong ones
    rng = np.random.default_rng(seed)
    mass = rng.choice([np.nan, 500, 750], 60)
    mass[:6] = [np.nan, np.nan, 500, 500, 750, 750]
    y, scores, weights = ~np.isnan(mass), rng.normal(size=(60, 2)), rng.exponential(size=60) + 0.01
    order = rng.permutation(60)
    options = {"signal": True}
    table = auc_by_parameter_from_scores(y, scores, mass, sample_weight=weights, **options)
    shuffled = auc_by_parameter_from_scores(
        y[order], scores[order], mass[order], sample_weight=weights[order], **options
    )
    pd.testing.assert_frame_equal(shuffled, table)


def test_regression_the_order_of_events_does_not_matter_to_an_estimator(fitted, resonance):
    X, y = resonance
    order = np.random.default_rng(3).permutation(len(X))
    expected = auc_by_parameter(fitted, X, y, weight_column="weight")
    shuffled = auc_by_parameter(fitted, X.iloc[order], y[order], weight_column="weight")
    pd.testing.assert_frame_equal(shuffled, expected)


def test_a_scan_shares_the_background_and_gives_signal_its_own_mass_only(resonance, stubs):
    X, y = resonance
    model = stubs["Scanner"]().fit(X, y)
    auc_by_parameter(model, X, y)
    n_signal = [(X["mass"] == mass).sum() for mass in MASSES]
    own = [(n, [mass]) for n, mass in zip(n_signal, MASSES, strict=True)]
    assert model.asked_ == [((y == 0).sum(), MASSES), *own]


def test_a_scan_of_many_masses_is_done_in_parts(resonance, stubs, monkeypatch):
    X, y = resonance
    model = stubs["Scanner"]().fit(X, y)
    expected = auc_by_parameter(model, X, y)
    monkeypatch.setattr(private, "_MOST_VALUES", 4 * int((y == 0).sum()))
    model.asked_ = []
    pd.testing.assert_frame_equal(auc_by_parameter(model, X, y), expected)
    assert [masses for n, masses in model.asked_ if n == (y == 0).sum()] == [MASSES[:2], MASSES[2:]]


def test_a_blind_classifier_does_not_get_the_mass(resonance, stubs):
    X, y = resonance
    model = stubs["Blind"](750.0).fit(X[["a", "b"]], y)
    table = auc_by_parameter(model, X.drop(columns="weight"), y, parameter="mass")
    for mass in MASSES:
        auc, _ = by_hand(X, y, mass, stubs["score"](X, 750.0))
        assert table.loc[mass, "auc"] == pytest.approx(auc, abs=1e-12)


@pytest.mark.parametrize("parameter", ["mass", 3])
def test_networks_with_and_without_mass_and_weights_share_a_table(resonance, stubs, parameter):
    X, y = resonance
    shared = X[["weight", "b", "a", "mass"]]
    table = auc_by_parameter(stubs["Blind"]().fit(X[["b", "a"]], y), shared, y, parameter=parameter)
    auc, _ = by_hand(X, y, 1000.0, stubs["score"](X, 750.0))
    assert table.loc[1000.0, "auc"] == pytest.approx(auc, abs=1e-12)
    assert table.index.name == "mass"
    auc, _ = by_hand(X, y, 1000.0, stubs["score"](X, 1000.0))
    for stub in ("Scanner", "ColumnReader"):
        model = stubs[stub]().fit(X[["a", "mass", "b"]], y)
        table = auc_by_parameter(model, shared, y, parameter=parameter)
        assert table.loc[1000.0, "auc"] == pytest.approx(auc, abs=1e-12)


def test_an_array_has_the_mass_by_position_or_beside_it(resonance):
    X, y = resonance
    values = X[["a", "b", "mass"]].to_numpy()

    class Plain:
        classes_ = (0, 1)
        n_features_in_ = 2

        def predict_proba(self, X):
            assert X.shape[1] == 2
            return np.column_stack([-X[:, 0], X[:, 0]])

    expected = [by_hand(X, y, mass, X["a"])[0] for mass in MASSES]
    by_position = auc_by_parameter(Plain(), values, y, parameter=2)
    assert by_position["auc"].tolist() == pytest.approx(expected)
    assert by_position.index.name == "column 2"
    beside = auc_by_parameter(Plain(), values[:, :2], y, parameter=X["mass"])
    assert beside["auc"].tolist() == pytest.approx(expected)
    assert beside.index.name == "mass"
    as_list = auc_by_parameter(Plain(), values.tolist(), y, parameter=-1)
    assert as_list["auc"].tolist() == pytest.approx(expected)


def test_a_pipeline_transforms_once_and_scans(resonance, stubs):
    X, y = resonance
    calls = []

    def copied(X):
        calls.append(len(X))
        return X.copy()

    model = make_pipeline(FunctionTransformer(copied), "passthrough", stubs["Scanner"]()).fit(X, y)
    calls.clear()
    pd.testing.assert_frame_equal(auc_by_parameter(model, X, y), auc_by_parameter(model[-1], X, y))
    # 16 events at 3 masses that show what the steps do to the mass, and the sample
    assert calls == [48, len(X)]


def test_a_step_that_scales_the_mass_scales_the_hypotheses(resonance, stubs):
    X, y = resonance

    class ScaledScanner(stubs["Scanner"]):
        def _probability(self, X, mass):
            return super()._probability(X, np.asarray(mass) * 1000)

    def in_tev(X):
        return X.assign(mass=X["mass"] / 1000)

    model = make_pipeline(FunctionTransformer(in_tev), ScaledScanner()).fit(X, y)
    expected = auc_by_parameter(stubs["Scanner"]().fit(X, y), X, y)
    pd.testing.assert_frame_equal(auc_by_parameter(model, X, y), expected)
    assert model[-1].asked_[0][1] == [0.5, 0.75, 1.0]


def test_a_step_that_cannot_bear_a_missing_mass_gets_one(resonance, stubs):
    X, y = resonance

    class NoNaN(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            assert not X.isna().any().any()
            return X

    model = make_pipeline(NoNaN(), stubs["Scanner"]()).fit(X.fillna(500.0), y)
    expected = auc_by_parameter(stubs["Scanner"]().fit(X, y), X, y)
    pd.testing.assert_frame_equal(auc_by_parameter(model, X, y), expected)


def test_a_step_that_mixes_the_mass_into_a_feature_is_seen(resonance, stubs):
    X, y = resonance

    def reduced(X):
        # unseen in an event whose first feature is zero
        return X.assign(a=X["a"] * X["mass"] / 500)

    X.loc[0, "a"] = 0.0
    model = make_pipeline(FunctionTransformer(reduced), stubs["Scanner"]()).fit(X, y)
    table = auc_by_parameter(model, X, y)
    assert not hasattr(model[-1], "asked_")
    for mass in MASSES:
        value = stubs["score"](X.assign(a=X["a"] * mass / 500), mass)
        assert table.loc[mass, "auc"] == pytest.approx(by_hand(X, y, mass, value)[0], abs=1e-12)


def test_a_step_that_drops_the_mass_makes_the_rest_blind(resonance, stubs):
    X, y = resonance
    drop = FunctionTransformer(lambda X: X[["a", "b"]])
    model = make_pipeline(drop, StandardScaler().set_output(transform="pandas"), stubs["Blind"]())
    table = auc_by_parameter(model.fit(X, y), X, y, parameter="mass")
    value = stubs["score"](model[:-1].transform(X), 750.0)
    assert table.loc[500.0, "auc"] == pytest.approx(by_hand(X, y, 500.0, value)[0], abs=1e-12)


def test_a_fitted_search_is_its_best_pipeline(resonance, stubs):
    X, y = resonance
    X = X.assign(mass=X["mass"].fillna(500.0))
    model = make_pipeline(FunctionTransformer(), stubs["Scanner"]())
    search = GridSearchCV(model, {"scanner__flip": [False]}, scoring="accuracy", cv=2).fit(X, y)
    expected = auc_by_parameter(stubs["Scanner"]().fit(X, y), X, y)
    pd.testing.assert_frame_equal(auc_by_parameter(search, X, y), expected)
    assert search.best_estimator_[-1].asked_


def test_blocks_hold_the_mass_too(resonance, stubs):
    X, y = resonance
    blocks = EventBlocks({name: X[name].to_numpy() for name in X})

    class OfBlocks(stubs["ColumnReader"]):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

    class ScansBlocks(stubs["Scanner"], OfBlocks):
        pass

    expected = auc_by_parameter(stubs["Scanner"]().fit(X, y), X, y, weight_column="weight")
    for stub in (OfBlocks, ScansBlocks):
        table = auc_by_parameter(stub().fit(blocks, y), blocks, y, weight_column="weight")
        pd.testing.assert_frame_equal(table, expected)


def test_two_parameters_are_a_point():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=200), "m_stop": np.nan, "m_lsp": np.nan})
    X.loc[:99, ["m_stop", "m_lsp"]] = [[550, 520], [550, 400]] * 50
    y = np.repeat([1, 0], 100)

    class TwoParameters:
        parameter = ("m_stop", "m_lsp")
        classes_ = (0, 1)

        def predict_proba_scan(self, X, masses):
            assert masses.shape[1] == 2
            p = np.asarray(X["x"])[:, None] * (1 - 2 * (masses[:, 1] == 400))
            return np.stack([-p, p], axis=2)

    table = auc_by_parameter(TwoParameters(), X, y)
    assert table.index.names == ["m_stop", "m_lsp"]
    assert table.index.tolist() == [(550.0, 400.0), (550.0, 520.0)]
    for point, sign in (((550, 400), -1), ((550, 520), 1)):
        rows = (y == 0) | (X["m_lsp"] == point[1])
        assert table.loc[point, "auc"] == roc_auc(y[rows], sign * X["x"][rows])
    one = auc_by_parameter(TwoParameters(), X, y, hypotheses=[(550, 520)])
    pd.testing.assert_frame_equal(one, table.iloc[[1]])


def test_a_block_of_two_columns_is_two_parameters():
    blocks = EventBlocks({"x": np.arange(6.0), "point": np.full((6, 2), np.nan)})
    points = np.full((6, 2), np.nan)
    points[3:] = [[550, 520], [550, 520], [600, 400]]
    blocks = blocks.assign(point=points)

    class OfBlocks:
        classes_ = (0, 1)

        def predict_proba(self, X):
            assert len(np.unique(np.asarray(X["point"]), axis=0)) == 1
            return np.column_stack([-np.asarray(X["x"])] * 2) * [1, -1]

    table = auc_by_parameter(OfBlocks(), blocks, [0, 0, 0, 1, 1, 1], parameter="point")
    assert table.index.names == ["point_0", "point_1"]
    assert table["n_signal"].tolist() == [2, 1]
    assert table["auc"].tolist() == [1, 1]


def test_hypotheses_select_and_order(fitted, resonance):
    X, y = resonance
    table = auc_by_parameter(fitted, X, y, hypotheses=[1000, 500])
    assert table.index.tolist() == [1000.0, 500.0]
    expected = auc_by_parameter(fitted, X, y).loc[[1000.0, 500.0]]
    pd.testing.assert_frame_equal(table, expected)


@pytest.mark.parametrize("dtype", ["Float64", "Int64", object])
def test_missing_masses_of_any_kind(dtype):
    mass = pd.Series([None, None, 500, 500], dtype=dtype, name="mass")
    y, scores = [0, 0, 1, 1], [0.1, 0.2, 0.3, 0.15]
    table = auc_by_parameter_from_scores(y, scores, mass)
    assert table["auc"].to_dict() == {500.0: 0.75}
    X = pd.DataFrame({"mass": mass})
    values, names = points.values_of(X, "mass")
    np.testing.assert_array_equal(values[:, 0], [np.nan, np.nan, 500, 500])
    assert names == ["mass"]


def test_a_mass_in_single_precision_is_the_same_mass():
    mass = np.array([np.nan, np.nan, 172.76, 172.76], dtype=np.float32)
    table = auc_by_parameter_from_scores(
        [0, 0, 1, 1], [0.1, 0.2, 0.3, 0.15], mass, hypotheses=[172.76]
    )
    assert table["n_signal"].tolist() == [2]
    assert table.index.tolist() == [172.76]


def test_more_than_two_classes_score_the_signal_against_the_rest(resonance, stubs):
    X, y = resonance
    names = np.where(y == 1, "X", np.where(X["a"] > 0, "QCD", "tt"))

    class Three(stubs["ColumnReader"]):
        def _probability(self, X, mass):
            p = super()._probability(X, mass)[..., 1]
            return np.stack([(1 - p) / 2, p, (1 - p) / 2], axis=-1)

    # sorted: "QCD", "X", "tt"
    table = auc_by_parameter(Three().fit(X, names), X, names, signal="X")
    expected = auc_by_parameter(stubs["ColumnReader"]().fit(X, y), X, y)
    np.testing.assert_allclose(table["auc"], expected["auc"], atol=1e-12)


def test_scores_given_once_or_for_each_hypothesis(resonance, stubs):
    X, y = resonance
    each = np.column_stack([stubs["score"](X, mass) for mass in MASSES])
    table = auc_by_parameter_from_scores(y, each, X["mass"], sample_weight=X["weight"])
    expected = auc_by_parameter(stubs["Scanner"]().fit(X, y), X, y, sample_weight=X["weight"])
    pd.testing.assert_frame_equal(table, expected)
    # of signal, the scores at other masses are not read
    each[(X["mass"] == 500).to_numpy(), 1:] = np.nan
    pd.testing.assert_frame_equal(
        auc_by_parameter_from_scores(y, each, X["mass"], sample_weight=X["weight"]), expected
    )
    once = auc_by_parameter_from_scores(y, each[:, 0], X["mass"])
    assert once.loc[500.0, "auc"] == pytest.approx(by_hand(X, y, 500.0, each[:, 0])[0])


def test_the_significance_is_that_of_the_scan_at_each_mass(fitted, resonance, stubs):
    X, y = resonance
    options = {"kind": "asimov", "systematic": 0.1, "min_effective_background": 20}
    table = significance_by_parameter(fitted, X, y, weight_column="weight", **options)
    assert table.index.tolist() == MASSES
    for mass in MASSES:
        rows = (y == 0) | (X["mass"].to_numpy() == mass)
        value = np.asarray(stubs["score"](X, mass))[rows]
        best = significance_scan(y[rows], value, X["weight"][rows], **options).best
        row = table.loc[mass]
        assert row["figure_of_merit"] == pytest.approx(best.figure_of_merit)
        assert row["threshold"] == pytest.approx(best.threshold)
        assert row["signal"] == pytest.approx(best.signal)
        assert row["background_efficiency"] == pytest.approx(best.background_efficiency)
        assert row["n_signal"] == (X["mass"] == mass).sum()


def ratio_by_hand(y, scores, weights, equal_yields):
    """Highest s / sqrt(s + b) / sqrt(s_tot) over all cuts, one by one."""
    total, scale = weights[y == 1].sum(), 1.0
    if equal_yields:
        scale = total / weights[y == 0].sum()
    found = []
    for cut in np.unique(scores):
        kept = scores >= cut
        s, b = (weights[kept & (y == label)].sum() for label in (1, 0))
        if s > 0 and b >= 0:
            found.append((s / np.sqrt(s + scale * b) / np.sqrt(total), cut))
    return max(found)


@pytest.mark.parametrize("equal_yields", [False, True])
def test_the_significance_ratio_is_the_best_over_its_maximum(resonance, stubs, equal_yields):
    X, y = resonance
    X, y = X[:600], y[:600]
    table = significance_by_parameter(
        stubs["Scanner"]().fit(X, y), X, y, weight_column="weight", equal_yields=equal_yields
    )
    for mass in MASSES:
        rows = (y == 0) | (X["mass"].to_numpy() == mass)
        value = np.asarray(stubs["score"](X, mass))[rows]
        ratio, cut = ratio_by_hand(y[rows], value, X["weight"].to_numpy()[rows], equal_yields)
        assert table.loc[mass, "significance_ratio"] == pytest.approx(ratio)
        assert table.loc[mass, "ratio_threshold"] == pytest.approx(cut)


def test_perfect_separation_has_the_significance_ratio_one():
    y, mass = np.repeat([0, 1], 20), np.repeat([np.nan, 500], 20)
    table = significance_by_parameter_from_scores(y, y + 0.0, mass, kind="s/sqrt(s+b)")
    row = table.loc[500.0]
    assert row["significance_ratio"] == 1
    assert row["ratio_threshold"] == 1
    assert row["ratio_error"] == pytest.approx(0, abs=1e-9)
    # the figure of merit needs 10 effective events of background: no cut, 20 / sqrt(40)
    assert row["figure_of_merit"] == pytest.approx(20 / np.sqrt(40))


def test_without_separation_the_ratio_is_that_of_no_cut():
    y, mass = np.repeat([0, 1], [300, 100]), np.repeat([np.nan, 500], [300, 100])
    table = significance_by_parameter_from_scores(y, np.zeros(400), mass)
    # 100 / sqrt(400) / sqrt(100)
    assert table.loc[500.0, "significance_ratio"] == pytest.approx(0.5)
    table = significance_by_parameter_from_scores(y, np.zeros(400), mass, equal_yields=True)
    assert table.loc[500.0, "significance_ratio"] == pytest.approx(np.sqrt(0.5))


def test_a_negative_sum_of_background_is_no_cut_for_the_ratio():
    y, mass = [0, 0, 0, 1, 1], [np.nan] * 3 + [500] * 2
    table = significance_by_parameter_from_scores(
        y,
        [0.1, 0.2, 0.9, 0.5, 0.95],
        mass,
        sample_weight=[4, 4, -1, 1, 1],
        min_effective_background=0,
    )
    # cuts: 0.95: s 1 b 0; 0.9: b -1, none; 0.5: none; 0.2: s 2, b 3; the first has 1 / sqrt 1
    assert table.loc[500.0, "significance_ratio"] == pytest.approx(np.sqrt(0.5))
    assert table.loc[500.0, "ratio_threshold"] == 0.95


def test_yields_and_luminosity_scale_as_in_the_scan():
    rng = np.random.default_rng(0)
    y = np.repeat(["tt", "QCD", "X"], [300, 300, 200])
    mass = np.repeat([np.nan, 500, 750], [600, 100, 100])
    scores = rng.normal(size=800) + (y == "X")
    yields = {"tt": 1000.0, "QCD": 5000.0, "X": 50.0}
    table = significance_by_parameter_from_scores(
        y, scores, mass, signal="X", yields=yields, luminosity=2, thresholds=[-10.0]
    )
    expected = float(figure_of_merit(100, 12000))
    assert table["figure_of_merit"].tolist() == pytest.approx([expected] * 2)
    # no cut keeps all: the error of s and b in the sums of their scaled weights
    s, b = 100, 12000
    assert table["significance_ratio"].tolist() == pytest.approx([np.sqrt(s / (s + b))] * 2)
    squares = 300 * (2000 / 300) ** 2 + 300 * (10000 / 300) ** 2, 100 * 1.0
    up = [float(figure_of_merit(s, b + e)) for e in (1.0, -1.0)]
    up_s = [float(figure_of_merit(s + e, b)) for e in (1.0, -1.0)]
    by_hand = np.hypot(
        (up_s[0] - up_s[1]) / 2 * squares[1] ** 0.5, (up[0] - up[1]) / 2 * squares[0] ** 0.5
    )
    assert table["standard_error"].tolist() == pytest.approx([by_hand] * 2, rel=1e-3)


@pytest.mark.parametrize("equal_yields", [False, True])
def test_errors_at_a_fixed_cut_are_the_spread_of_a_bootstrap(equal_yields):
    rng = np.random.default_rng(0)
    y, mass = np.repeat([0, 1], [800, 300]), np.repeat([np.nan, 500], [800, 300])
    scores = rng.normal(size=1100) + 1.5 * y
    # yields far from equal, so that the two ratios have different errors
    weights = rng.exponential(size=1100) * np.where(y == 1, 1, 50)

    def table(rows):
        return significance_by_parameter_from_scores(
            y[rows],
            scores[rows],
            mass[rows],
            sample_weight=weights[rows],
            kind="s/sqrt(b)",
            thresholds=[0.8],
            equal_yields=equal_yields,
        ).iloc[0]

    trials = []
    for _ in range(300):
        # the number of events fluctuates, as that of a counting experiment does
        trials.append(table(np.repeat(np.arange(1100), rng.poisson(1, 1100))))
    spread, once = pd.DataFrame(trials).std(), table(np.arange(1100))
    assert once["standard_error"] == pytest.approx(spread["figure_of_merit"], rel=0.15)
    assert once["ratio_error"] == pytest.approx(spread["significance_ratio"], rel=0.15)


def test_no_cut_with_enough_background_is_an_error_that_names_the_mass():
    y, mass = [0, 0, 1, 1], [np.nan, np.nan, 500, 750]
    with pytest.raises(ValueError, match=r"at mass=500: no cut keeps min_background=0 events"):
        significance_by_parameter_from_scores(y, [0.1, 0.2, 0.3, 0.4], pd.Series(mass, name="mass"))


def test_a_class_that_sums_to_nothing_at_a_mass_is_an_error_that_names_it():
    y, mass = [0, 0, 1, 1], [np.nan, np.nan, 500, 750]
    with pytest.raises(WeightError, match="at parameter=750: sample_weight of the signal sums to"):
        auc_by_parameter_from_scores(y, [0.1, 0.2, 0.3, 0.4], mass, sample_weight=[1, 1, 1, -1])


def test_a_signal_event_without_mass_is_an_error():
    with pytest.raises(
        ValueError,
        match="mass of 1 of 2 signal events is not finite, the first is "
        "event 3; only background may lack it",
    ):
        auc_by_parameter_from_scores(
            [0, 0, 1, 1], [1, 2, 3, 4], pd.Series([0, 0, 500, np.nan], name="mass")
        )


def test_a_hypothesis_without_signal_is_an_error(fitted, resonance):
    with pytest.raises(ValueError, match="there is no signal of mass=600; it has mass=500; mass=7"):
        auc_by_parameter(fitted, *resonance, hypotheses=[500, 600])


@pytest.mark.parametrize(
    ("hypotheses", "message"),
    [
        (
            [[500, 1]],
            r"hypotheses=\[\[500, 1\]\] must be a sequence of finite numbers",
        ),
        ([], r"hypotheses=\[\] must be a sequence of finite numbers"),
        ([500, 500], r"hypotheses=\[500, 500\] must be different from each other"),
        ([500, np.nan], "must be a sequence of finite numbers"),
    ],
)
def test_hypotheses_that_make_no_sense_are_an_error(fitted, resonance, hypotheses, message):
    with pytest.raises(ValueError, match=message):
        auc_by_parameter(fitted, *resonance, hypotheses=hypotheses)


def test_a_classifier_without_parameter_needs_the_name(resonance, stubs):
    X, y = resonance
    with pytest.raises(ValueError, match="Blind has no parameter of its own; name the column"):
        auc_by_parameter(stubs["Blind"]().fit(X, y), X, y)


def test_a_column_that_is_not_there_is_an_error(fitted, resonance):
    X, y = resonance
    with pytest.raises(ColumnError, match="parameter='mas' is not a column of X; did you mean"):
        auc_by_parameter(fitted, X, y, parameter="mas")
    with pytest.raises(ColumnError, match="parameter='mass' is not a column of X"):
        auc_by_parameter(fitted, X.drop(columns="mass"), y)


def test_no_column_at_all_is_an_error(fitted, resonance):
    with pytest.raises(ValueError, match=r"parameter=\[\] names no column of X"):
        auc_by_parameter(fitted, *resonance, parameter=[])


def test_a_mass_that_is_no_number_is_an_error(fitted, resonance):
    X, y = resonance
    X = X.assign(mass="heavy")
    with pytest.raises(ValueError, match="parameter='mass' must hold numbers"):
        auc_by_parameter(fitted, X, y)


def test_lengths_that_differ_are_an_error(fitted, resonance):
    X, y = resonance
    with pytest.raises(ValueError, match="X has 3000 events, y has 10"):
        auc_by_parameter(fitted, X, y[:10])
    with pytest.raises(ValueError, match="parameter has 5 values for 3000 events"):
        auc_by_parameter(fitted, X, y, parameter=np.ones(5))
    with pytest.raises(ValueError, match=r"parameter has the shape \(2, 2, 2\)"):
        auc_by_parameter_from_scores([0, 1], [0, 1], np.ones((2, 2, 2)))


def test_scores_of_another_shape_are_an_error():
    with pytest.raises(
        ValueError,
        match=r"y_score has the shape \(3, 3\); it must be \(3,\), or "
        r"\(3, 2\) with a column for each hypothesis: parameter=500; parameter=750",
    ):
        auc_by_parameter_from_scores([0, 1, 1], np.ones((3, 3)), [0, 500, 750])


def test_a_score_that_is_nan_is_an_error_that_names_the_event():
    scores = [[0.1, 0.1], [0.2, np.nan], [0.3, np.nan], [0.4, 0.4]]
    with pytest.raises(
        ValueError, match="y_score at parameter=750 contains NaN: 1 of 3, the first at event 1"
    ):
        auc_by_parameter_from_scores([0, 0, 1, 1], scores, [0, 0, 500, 750])


def test_a_continuous_mass_asks_for_hypotheses():
    rng = np.random.default_rng(0)
    y, mass = rng.integers(0, 2, 4000), rng.uniform(size=4000)
    with pytest.raises(ValueError, match=r"values of \['parameter'\].*give those to look at"):
        auc_by_parameter_from_scores(y, mass, mass)


def test_a_sample_without_signal_or_background_is_an_error(fitted, resonance):
    X, y = resonance
    with pytest.raises(ValueError, match="signal=1 is not in y_true"):
        auc_by_parameter(fitted, X[y == 0], y[y == 0])
    with pytest.raises(ValueError, match="y_true has no background"):
        auc_by_parameter(fitted, X[y == 1], y[y == 1])


def test_a_signal_that_is_no_class_of_the_estimator_is_an_error(fitted, resonance):
    X, y = resonance
    with pytest.raises(ValueError, match=r"signal=2 is not a class of the estimator; its classes"):
        auc_by_parameter(fitted, X, 2 * y, signal=2)


def test_weights_given_twice_or_two_weight_columns_are_an_error(fitted, resonance, stubs):
    X, y = resonance
    with pytest.raises(WeightError, match="auc_by_parameter got weight_column='weight' and sample"):
        auc_by_parameter(fitted, X, y, weight_column="weight", sample_weight=X["weight"])

    class Weighted(TransformerMixin, BaseEstimator):
        def __init__(self, weight_column="other"):
            self.weight_column = weight_column

        def fit(self, X, y=None):
            return self

    model = make_pipeline(Weighted(), stubs["Scanner"](weight_column="weight"))
    with pytest.raises(WeightError, match=r"have the weight columns \['other', 'weight'\]"):
        significance_by_parameter(model, X, y)


@pytest.mark.parametrize("y", [range(3), [0, 1], np.array([1])])
def test_labels_of_other_events_are_an_error_that_says_how_many(y):
    X = pd.DataFrame({"x": [0.1, 0.4, 0.6, 0.9], "mass": [np.nan, 1.0, np.nan, 2.0]})
    clf = GaussianNB().fit(X[["x"]], [0, 1, 0, 1])
    with pytest.raises(ValueError, match=f"X has 4 events, y has {len(y)}"):
        auc_by_parameter(clf, X, y, parameter=X["mass"])
