"""Values that a step or the network clips are counted per feature and part."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MinMaxScaler as PlainMinMaxScaler
from sklearn.preprocessing import StandardScaler

from skhep_nn import DenseClassifier, MinMaxScaler, Report
from skhep_nn.preprocessing import BlockTransformer, RobustClipScaler
from skhep_nn.report._sections._clips import _of_model

RNG = np.random.default_rng(0)
TRAIN = pd.DataFrame({"pt": np.linspace(0.0, 10.0, 60), "eta": RNG.normal(size=60)})
Y = np.arange(60) % 2
# three values of pt, none of eta are out of the range of training
TEST = TRAIN.assign(pt=np.r_[-1.0, 11.0, 12.0, np.full(57, 5.0)])


def tables(model, **parts):
    """{caption: {feature: {part: number}}} of the section."""
    section = json.loads(Report(model, sections=["inputs"], **parts).to_json())["sections"][
        "inputs"
    ]
    return {
        one["table"]: {row.pop("row"): row for row in one["rows"]}
        for one in section["contents"]
        if "table" in one and "clip" in one["table"]
    }


def fitted(*steps):
    return make_pipeline(*steps, LogisticRegression()).fit(TRAIN, Y)


@pytest.mark.parametrize("scaler", [MinMaxScaler(clip=True), PlainMinMaxScaler(clip=True)])
def test_values_at_the_edges_are_counted_per_feature_and_part(scaler):
    (found,) = tables(fitted(scaler), train=(TRAIN, Y), test=(TEST, Y)).values()
    assert found == {"pt": {"training": 0, "test": 3}, "eta": {"training": 0, "test": 0}}


@pytest.mark.parametrize("scaler", [MinMaxScaler(), PlainMinMaxScaler(), StandardScaler()])
def test_a_step_that_clips_nothing_has_no_table(scaler):
    assert tables(fitted(scaler), test=(TEST, Y)) == {}


def test_a_step_is_counted_on_what_the_steps_before_make_of_the_events():
    model = fitted(StandardScaler(), MinMaxScaler(clip=True))
    ((caption, found),) = tables(model, test=(TEST, Y)).items()
    assert caption.startswith("step 2, MinMaxScaler: values out of the range")
    assert [row["test"] for row in found.values()] == [3, 0]


@pytest.mark.parametrize(
    "step",
    [
        ColumnTransformer([("a", MinMaxScaler(clip=True), ["pt"]), ("b", "drop", ["eta"])]),
        ColumnTransformer(
            [("a", make_pipeline(StandardScaler(), PlainMinMaxScaler(clip=True)), [0])],
            remainder="passthrough",
        ),
        FeatureUnion([("a", MinMaxScaler(clip=True)), ("b", StandardScaler())]),
    ],
)
def test_scalers_inside_of_transformers_are_found(step):
    ((caption, found),) = tables(fitted(step), test=(TEST, Y)).items()
    assert caption.startswith("step 1, a, ")
    assert next(iter(found.values())) == {"test": 3}


def test_scalers_of_blocks_are_found():
    blocks = BlockTransformer([("jet", MinMaxScaler(clip=True), ["pt", "eta"])]).fit(TRAIN)
    model = make_pipeline(blocks, _Reads())
    ((name, _, counts),) = _of_model(model, TEST)
    assert name == "step 1, jet, MinMaxScaler"
    assert counts == {"pt": 3, "eta": 0}


class _Reads(LogisticRegression):
    """A classifier behind blocks; it is not asked."""


def test_values_that_the_smooth_clip_pulls_in_are_counted():
    scaler = RobustClipScaler().fit(TRAIN)
    far = TRAIN.assign(pt=np.r_[100.0, -100.0, np.full(58, 5.0)])
    low, middle, high = np.quantile(TRAIN["pt"], [0.25, 0.5, 0.75])
    t = (far["pt"] - middle) / (high - low)
    assert scaler.count_clipped(far)["pt"] == np.count_nonzero(np.abs(t) > 3) == 2
    (found,) = tables(fitted(RobustClipScaler()), test=(far, Y)).values()
    assert found["pt"] == {"test": 2}


def test_a_column_of_few_values_is_not_clipped_and_missing_values_are_not_counted():
    X = pd.DataFrame({"n": np.arange(60.0) % 3, "pt": TRAIN["pt"]})
    scaler = RobustClipScaler(missing_value=-999).fit(X)
    given = X.assign(n=50.0, pt=np.r_[-999.0, np.nan, 1e300, np.full(57, 5.0)])
    assert scaler.count_clipped(given) == {"n": 0, "pt": 1}


def test_what_the_clip_of_the_network_pulls_in_is_counted():
    model = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        DenseClassifier(units=(2,), epochs=1, random_state=0, batch_size=60),
    ).fit(TRAIN, Y)
    far = TRAIN.assign(pt=np.r_[100.0, -100.0, np.full(58, 5.0)])
    ((caption, found),) = tables(model, test=(far, Y)).items()
    assert caption.startswith("DenseClassifier: values more than 3 quartile distances")
    outside = RobustClipScaler().fit(TRAIN).count_clipped(far)
    assert {name: row["test"] for name, row in found.items()} == outside


def test_a_network_without_a_clip_has_no_table():
    model = DenseClassifier(
        units=(2,), epochs=1, random_state=0, batch_size=60, input_scaling="standard"
    ).fit(TRAIN, Y)
    assert tables(model, test=(TEST, Y)) == {}
