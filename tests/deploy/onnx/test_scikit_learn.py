from __future__ import annotations

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from skhep_nn.deploy._onnx import _convert  # noqa: F401  (it fills the tables)
from skhep_nn.deploy._onnx._classifiers import transformed
from skhep_nn.deploy._onnx._graph import Graph
from skhep_nn.deploy._onnx._values import Column, Features
from skhep_nn.exceptions import ExportError

RNG = np.random.default_rng(6)
N_EVENTS = 300
PLAIN = np.stack(
    [RNG.exponential(50, N_EVENTS), RNG.normal(size=N_EVENTS), RNG.uniform(1, 2, N_EVENTS)], axis=1
)
# half of the values are one and the same
TIES = np.where(RNG.random(PLAIN.shape) < 0.5, 0.1, np.round(PLAIN, 1))
MISSING = np.where(RNG.random(PLAIN.shape) < 0.2, np.nan, PLAIN)
SENTINEL = np.where(np.isnan(MISSING), -999.9, PLAIN)
CATEGORIES = RNG.choice([-1.5, 0.1, 3.0], PLAIN.shape)
CATEGORIES[:, 1] = RNG.integers(0, 2, N_EVENTS)


def in_graph(step, X, dtype):
    """What a graph of a fitted transformer gives."""
    graph = Graph()
    graph.input("features", dtype, [X.shape[1]])
    columns = tuple(Column(None, at, raw=True) for at in range(X.shape[1]))
    out = transformed(graph, step, Features("features", columns))
    graph.output("probabilities", graph.cast(out.value, np.float64), [len(out.columns)])
    session = onnxruntime.InferenceSession(
        graph.model({}).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"features": X.astype(dtype)})[0]


def of(step, X, y=None):
    return step.fit(X, y).transform(X)


def bins(**options):
    method = {"quantile_method": "averaged_inverted_cdf"}
    if "quantile_method" not in KBinsDiscretizer().get_params():
        method = {}
    return KBinsDiscretizer(**options, **method)


CASES = {
    "standard": (StandardScaler(), PLAIN),
    "standard, mean only": (StandardScaler(with_std=False), MISSING),
    "min max": (MinMaxScaler((-1, 1)), MISSING),
    "min max, clipped": (MinMaxScaler(clip=True), PLAIN),
    "largest": (MaxAbsScaler(), PLAIN),
    "robust": (RobustScaler(), PLAIN),
    "robust, scale only": (RobustScaler(with_centering=False, unit_variance=True), PLAIN),
    "uniform": (QuantileTransformer(n_quantiles=50), PLAIN),
    "uniform, many": (QuantileTransformer(n_quantiles=250), PLAIN),
    "uniform, ties": (QuantileTransformer(n_quantiles=40), TIES),
    "normal": (QuantileTransformer(n_quantiles=100, output_distribution="normal"), PLAIN),
    "normal, ties": (QuantileTransformer(n_quantiles=200, output_distribution="normal"), TIES),
    "normal, missing": (QuantileTransformer(n_quantiles=20, output_distribution="normal"), MISSING),
    "one quantile": (QuantileTransformer(n_quantiles=1), PLAIN),
    "yeo-johnson": (PowerTransformer(), MISSING),
    "box-cox": (PowerTransformer("box-cox", standardize=False), PLAIN + 5),
    "imputer": (SimpleImputer(), MISSING),
    "imputer, indicator": (SimpleImputer(strategy="median", add_indicator=True), MISSING),
    "imputer, sentinel": (SimpleImputer(missing_values=-999.9, add_indicator=True), SENTINEL),
    "imputer, constant": (SimpleImputer(strategy="constant", fill_value=-7.0), MISSING),
    "indicator": (MissingIndicator(), MISSING),
    "indicator, all": (MissingIndicator(features="all", missing_values=-999.9), SENTINEL),
    "one-hot": (OneHotEncoder(sparse_output=False), CATEGORIES),
    "one-hot, sparse": (OneHotEncoder(drop="if_binary"), CATEGORIES),
    "one-hot, first dropped": (OneHotEncoder(drop="first", sparse_output=False), CATEGORIES),
    "ordinal": (OrdinalEncoder(), CATEGORIES),
    "bins": (bins(n_bins=4, encode="ordinal"), PLAIN),
    "bins, one-hot": (bins(n_bins=[2, 3, 4], encode="onehot-dense", strategy="uniform"), PLAIN),
    "polynomial": (PolynomialFeatures(3), PLAIN / 50),
    "interactions": (PolynomialFeatures(2, interaction_only=True, include_bias=False), PLAIN / 50),
    "principal components": (PCA(2), PLAIN),
    "principal components, whitened": (PCA(whiten=True), PLAIN),
    "variance": (VarianceThreshold(0.5), PLAIN),
    "identity": (FunctionTransformer(), PLAIN),
    **{
        f"numpy.{f.__name__}": (FunctionTransformer(f), PLAIN[:, :1] / 100 + 0.1)
        for f in (np.log, np.log1p, np.log10, np.sqrt, np.abs, np.exp, np.tanh, np.square, np.sign)
    },
    "columns": (
        ColumnTransformer(
            [
                ("log", FunctionTransformer(np.log1p), [0]),
                ("scale", StandardScaler(), [2, 1]),
                ("gone", "drop", [1]),
            ],
            remainder="passthrough",
        ),
        PLAIN,
    ),
    "columns, rest dropped": (ColumnTransformer([("as is", "passthrough", [2, 0])]), PLAIN),
    "union": (
        FeatureUnion(
            [("pca", PCA(2)), ("scale", StandardScaler()), ("as is", "passthrough")],
            transformer_weights={"pca": 0.5},
        ),
        PLAIN,
    ),
    "nested": (
        make_pipeline(
            make_union(SimpleImputer(), MissingIndicator()), RobustScaler(), PolynomialFeatures(2)
        ),
        MISSING / 100,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_transformer_agrees_in_double_precision(name):
    step, X = CASES[name]
    wanted = of(step, X)
    wanted = wanted.toarray() if hasattr(wanted, "toarray") else wanted
    got = in_graph(step, X, np.float64)
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [n for n in CASES if "box-cox" not in n])
def test_a_transformer_agrees_in_single_precision(name):
    step, X = CASES[name]
    wanted = of(step, X)
    wanted = wanted.toarray() if hasattr(wanted, "toarray") else wanted
    got = in_graph(step, X, np.float32)
    np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=2e-5)


def test_values_beyond_those_of_the_fit():
    far = np.concatenate([PLAIN - 1e3, PLAIN + 1e3, PLAIN[:3]])
    for name in ("uniform", "normal", "min max, clipped", "bins", "yeo-johnson"):
        step = CASES[name][0].fit(PLAIN)
        got = in_graph(step, far, np.float64)
        np.testing.assert_allclose(got, step.transform(far), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("unknown", ["ignore", "infrequent_if_exist"])
def test_unknown_categories_are_zeros_or_a_number(unknown):
    X = np.where(RNG.random(CATEGORIES.shape) < 0.3, 77.0, CATEGORIES)
    hot = OneHotEncoder(handle_unknown=unknown, sparse_output=False).fit(CATEGORIES)
    np.testing.assert_array_equal(in_graph(hot, X, np.float64), hot.transform(X))
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-5).fit(CATEGORIES)
    np.testing.assert_array_equal(in_graph(ordinal, X, np.float64), ordinal.transform(X))


def test_a_missing_value_as_a_category():
    X = np.where(RNG.random(CATEGORIES.shape) < 0.3, np.nan, CATEGORIES)
    for step in (OneHotEncoder(sparse_output=False), OrdinalEncoder(encoded_missing_value=-2)):
        np.testing.assert_array_equal(in_graph(step.fit(X), X, np.float32), step.transform(X))
    nan = OrdinalEncoder().fit(X)
    np.testing.assert_array_equal(in_graph(nan, X, np.float64), nan.transform(X))


def test_selection_by_labels():
    step = SelectKBest(k=2).fit(PLAIN, PLAIN[:, 1] > 0)
    np.testing.assert_array_equal(in_graph(step, PLAIN, np.float64), step.transform(PLAIN))


def doubled(X):
    return 2 * X


@pytest.mark.parametrize(
    ("step", "X", "reason"),
    [
        (FunctionTransformer(doubled), PLAIN, "the function 'doubled' cannot be written"),
        (FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 1}), PLAIN, "'clip' cannot"),
        (OneHotEncoder(max_categories=2), CATEGORIES, "infrequent categories"),
        (OneHotEncoder(), np.array([["e"], ["mu"]] * 9), "categories of column 0 are text, as 'e'"),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_cannot_go_says_why(step, X, reason):
    with pytest.raises(ExportError, match=reason):
        in_graph(step.fit(X), X, np.float64)


def test_steps_of_other_packages_are_errors():
    class Own(StandardScaler):
        def transform(self, X, copy=None):
            return super().transform(X) + 1

    with pytest.raises(ExportError, match="Own is no transformer that can be written"):
        in_graph(Own().fit(PLAIN), PLAIN, np.float64)


def test_columns_by_name_with_weights_left_out(exported, largest_difference):
    from skhep_nn import DenseClassifier, MinMaxScaler

    X = pd.DataFrame(PLAIN, columns=["pt", "eta", "charge"]).assign(weight=1.0)
    X["charge"] = np.round(X["charge"] * 2)
    log = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
    columns = ColumnTransformer(
        [
            ("log", make_pipeline(log, StandardScaler()), ["pt"]),
            ("hot", OneHotEncoder(sparse_output=False), ["charge"]),
            ("weight", "passthrough", ["weight"]),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    network = DenseClassifier(
        units=(4,), weight_column="weight", epochs=1, batch_size=64, random_state=0, verbose=0
    )
    model = make_pipeline(columns, MinMaxScaler(exclude="weight"), network)
    model.fit(X, PLAIN[:, 1] > 0)
    loaded = exported(model, check=X)
    # what no step reads is not needed
    assert loaded.feature_names_in_.tolist() == ["pt", "charge"]
    assert largest_difference(loaded, model, X) < 1e-6
    with pytest.raises(ValueError, match="not known in training"):
        loaded.predict_proba(X.assign(charge=77.0))
