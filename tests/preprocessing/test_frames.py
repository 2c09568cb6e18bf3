"""Transformers of frames that are not of pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import (
    BlockTransformer,
    DecayStringTokenizer,
    EventWeightBalancer,
    MinMaxScaler,
    PDGOneHotEncoder,
    PDGTokenizer,
    RobustClipScaler,
    SequencePadder,
)

CONVERT = {"polars": pl.from_pandas, "pyarrow": pa.Table.from_pandas}


@pytest.fixture(params=CONVERT)
def convert(request):
    return CONVERT[request.param]


@pytest.fixture
def events():
    X = pd.DataFrame({"pt": [1.0, 2.0, np.nan, 4.0], "eta": np.array([0, 1, 2, 3], "f4")})
    return X.assign(process=["tt", "ww", "tt", "ww"], weight=[1.0, 2.0, 3.0, 4.0])


def _same(found, expected):
    for name in expected:
        np.testing.assert_array_equal(np.asarray(found[name]), expected[name].to_numpy())


def test_a_scaled_frame_is_of_the_library_that_it_came_in(events, convert):
    scaler = MinMaxScaler(exclude=["process", "weight"], add_indicator=True)
    expected = scaler.fit(events).transform(events)
    native = convert(events)
    out = scaler.fit(native).transform(native)
    assert type(out) is type(native)
    assert scaler.n_missing_ == {"pt": 1, "eta": 0}
    _same(out, expected)
    back = scaler.inverse_transform(out)
    assert type(back) is type(native)
    np.testing.assert_allclose(np.asarray(back["eta"]), events["eta"])
    assert scaler.count_outside(native) == {"pt": 0, "eta": 0}


@pytest.mark.parametrize(("output", "kind"), [("polars", pl.DataFrame), ("pandas", pd.DataFrame)])
def test_set_output_says_of_which_library_the_outcome_is(events, convert, output, kind):
    scaler = MinMaxScaler(exclude=["process", "weight"])
    expected = scaler.fit_transform(events)
    balancer = EventWeightBalancer(weight_column="weight")
    y = [0, 1, 0, 1]
    balanced = balancer.fit_transform(events, y)
    for native in (events, convert(events)):
        found = scaler.set_output(transform=output).fit(native).transform(native)
        assert isinstance(found, kind)
        _same(found, expected)
        found = balancer.set_output(transform=output).fit_transform(native, y)
        assert isinstance(found, kind)
        _same(found, balanced)


def test_balanced_weights_are_those_of_pandas(events, convert):
    balancer = EventWeightBalancer(weight_column="weight", process_column="process")
    y = pd.Series([0, 1, 0, 1])
    expected = balancer.fit_transform(events, y)
    native = convert(events)
    out = balancer.fit_transform(native, pa.array(y))
    assert type(out) is type(native)
    _same(out, expected)
    assert type(balancer.transform(native)) is type(native)
    np.testing.assert_array_equal(
        balancer.balance(
            pl.Series(y),
            sample_weight=pa.array(events["weight"]),
            process=pl.Series(events["process"]),
        ),
        expected["weight"],
    )


def test_a_scaler_wants_the_order_of_fit(events, convert):
    fitted = MinMaxScaler(exclude=["process", "weight"]).fit(convert(events))
    moved = convert(events).select(["eta", "pt", "process", "weight"])
    for use in (fitted.transform, fitted.inverse_transform, fitted.count_missing):
        with pytest.raises(ColumnError, match="same order"):
            use(moved)
    assert fitted.transform(convert(events).select(["pt", "eta"])).shape == (4, 2)


def test_blocks_of_columns_are_those_of_pandas(events, convert):
    blocks = BlockTransformer(
        [
            ("event", StandardScaler(), ["eta"]),
            ("process", OrdinalEncoder(), ["process"]),
            ("raw", "passthrough", ["pt"]),
        ],
        weight_column="weight",
    )
    expected = blocks.fit(events).transform(events)
    found = blocks.fit(convert(events)).transform(convert(events))
    assert found.keys() == expected.keys()
    for name in expected.keys():  # noqa: SIM118
        np.testing.assert_array_equal(found[name], expected[name])


def test_blocks_of_nullable_numbers_are_numbers():
    events = pd.DataFrame({"n": pd.array([1, None], "Int64"), "x": pd.array([1, 2], "Int32")})
    out = BlockTransformer([("event", "passthrough", ["n", "x"])]).fit_transform(events)
    np.testing.assert_array_equal(out["event"], [[1.0, 1.0], [np.nan, 2.0]])


LISTS = pa.table({"pdg": [[211, -321], [11]], "pt": [[1.0, 2.0], [3.0]]})
MAKE = {
    "polars": pl.from_arrow,
    "pyarrow": lambda table: table,
}


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_lists_of_particles_are_read(make):
    table = make(LISTS)
    padded = SequencePadder(2).fit_transform(table)
    assert padded.filled(0).tolist() == [[[211, 1], [-321, 2]], [[11, 3], [0, 0]]]
    codes = table.select(["pdg"])
    tokens = PDGTokenizer(categories=[211, -321, 11]).fit(codes).transform(codes)
    assert [len(row) for row in tokens["pdg"]] == [2, 1]
    hot = PDGOneHotEncoder(categories=[211, -321, 11]).fit(codes).transform(codes)
    assert len(hot) == 2


def test_a_series_of_lists_is_read():
    lists = pl.Series([[1.0, 2.0], [3.0]])
    assert SequencePadder(2).fit_transform(lists).filled(0)[..., 0].tolist() == [[1, 2], [3, 0]]


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_decay_strings_and_their_columns_are_read(make):
    strings = [" 521 (--> -421 211 <--)", " 11"]
    tokenizer = DecayStringTokenizer(max_length=6)
    expected = tokenizer.fit_transform(strings)
    found = tokenizer.fit_transform(make(pa.table({"decay": strings})))
    np.testing.assert_array_equal(found, expected)
    columns = pa.table({"pdg": [[521, -421, 211], [11]], "mother_index": [[-1, 0, 0], [-1]]})
    tokenizer.set_params(pdg="pdg", mother_index="mother_index")
    np.testing.assert_array_equal(tokenizer.fit_transform(make(columns)), expected)


def test_a_robust_scaler_is_that_of_pandas_and_misses_its_weights(events, convert):
    scaler = RobustClipScaler(exclude="process", weight_column="weight")
    expected = scaler.fit(events).transform(events)
    out = scaler.fit(convert(events)).transform(convert(events))
    assert type(out) is type(convert(events))
    _same(out, expected)
    assert type(scaler.inverse_transform(out)) is type(out)
    X = events[["weight", "eta", "pt"]].fillna(1.0).to_numpy()
    with pytest.raises(ColumnError, match=r"weight_column=0 .* which has 2 columns; .* were 3"):
        RobustClipScaler(weight_column=0).partial_fit(X).partial_fit(X[:, 1:])


def test_a_lazy_frame_is_an_error(events):
    lazy = pl.from_pandas(events).lazy()
    for transformer in (MinMaxScaler(), BlockTransformer([("x", "passthrough", ["pt"])])):
        with pytest.raises(TypeError, match=r"pass X.collect\(\)"):
            transformer.fit(lazy)


@pytest.mark.parametrize("scaler", [MinMaxScaler(), RobustClipScaler()])
@pytest.mark.parametrize("fill", [np.nan, 0.0])
def test_sparse_columns_are_columns(scaler, fill):
    values = np.array([1.0, np.nan, 3.0, 0.0])
    sparse = pd.DataFrame({"a": pd.arrays.SparseArray(values, fill_value=fill), "b": values})
    dense = pd.DataFrame({"a": values, "b": values})
    expected = clone(scaler).fit_transform(dense)
    np.testing.assert_array_equal(clone(scaler).fit_transform(sparse), expected)
    alone = clone(scaler).fit_transform(sparse[["a"]])
    np.testing.assert_array_equal(alone, expected[["a"]])


@pytest.mark.parametrize("names", [3, "a", None, [1.5], [["a"]], slice(2)])
@pytest.mark.parametrize("transformer", [MinMaxScaler(), RobustClipScaler(), PDGOneHotEncoder()])
def test_names_of_columns_are_a_list_of_names(transformer, names):
    fitted = clone(transformer).fit(pd.DataFrame({"a": [211, 22]}))
    if names is None:
        assert len(fitted.get_feature_names_out(names))
        return
    with pytest.raises(ColumnError, match="input_features must be a list of the names"):
        fitted.get_feature_names_out(names)
