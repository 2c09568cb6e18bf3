"""Transformers fitted on parts of a sample and merged are those of the whole sample."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.preprocessing import (
    BlockTransformer,
    DecayStringTokenizer,
    MinMaxScaler,
    PDGOneHotEncoder,
    PDGTokenizer,
    RobustClipScaler,
    SequencePadder,
)


def numbers(n_events=300, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"pt": rng.exponential(50, n_events), "n": rng.integers(0, 5, n_events)})
    frame.loc[frame.index % 7 == 0, "pt"] = -999
    return frame


def codes(n_events=200):
    return np.random.default_rng(1).choice([211, -211, 321, 22, 0, 13], size=(n_events, 3))


DECAYS = np.array([" 521 (--> -421 211 <--)", " 511 (--> 22 22 <--)", " 521 (--> 13 14 <--)"] * 40)
LISTS = pd.DataFrame({"pt": [[5.0, 2.0, 1.0], [3.0], []] * 30})
CASES = {
    "minmax": (MinMaxScaler(missing_value=-999), numbers()),
    "range given": (MinMaxScaler(data_range={"pt": (0, 500)}), numbers()),
    "robust": (RobustClipScaler(missing_value=-999), numbers()),
    "weighted": (RobustClipScaler(weight_column="n"), numbers().assign(n=lambda x: x["n"] + 1)),
    "one hot": (PDGOneHotEncoder(), codes()),
    "tokens": (PDGTokenizer(antiparticles="merge"), codes()),
    "decays": (DecayStringTokenizer(20), DECAYS),
    "padder": (SequencePadder(2), LISTS),
}


def parts_of(X, cuts):
    edges = [0, *sorted(cuts), len(X)]
    return [X[a:b] for a, b in itertools.pairwise(edges) if b > a]


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=10)
@given(cuts=st.lists(st.integers(1, 89), max_size=3))
def test_merged_parts_transform_as_the_whole(name, cuts):
    transformer, X = CASES[name]
    whole = copy.deepcopy(transformer).fit(X)
    first, *others = [copy.deepcopy(transformer).fit(part) for part in parts_of(X, cuts)]
    for other in others:
        assert first.merge(other) is first
    got, expected = first.transform(X), whole.transform(X)
    np.testing.assert_array_equal(np.ma.filled(got, -1), np.ma.filled(expected, -1))
    for attribute in ("n_missing_", "n_samples_seen_", "categories_"):
        assert getattr(first, attribute, 0) == getattr(whole, attribute, 0)


def test_quantiles_beyond_the_size_of_a_sketch_are_as_precise_as_documented():
    column = np.random.default_rng(0).normal(size=(200_000, 1))
    parts = [RobustClipScaler().fit(part) for part in np.split(column, 10)]
    merged = parts[0]
    for other in parts[1:]:
        merged.merge(other)
    ranks = np.searchsorted(np.sort(column[:, 0]), merged.center_) / len(column)
    np.testing.assert_allclose(ranks, 0.5, atol=10 * 1e-4)


def test_a_part_without_weight_teaches_nothing():
    frame = numbers().assign(weight=lambda x: x["n"] * (x.index >= 100))
    scaler = RobustClipScaler(weight_column="weight")
    with pytest.raises(WeightError, match="every one of the 100 event weights is zero; nothing"):
        copy.deepcopy(scaler).fit(frame[:100])
    whole, stream = copy.deepcopy(scaler).fit(frame), copy.deepcopy(scaler)
    first, other = [copy.deepcopy(scaler).partial_fit(p) for p in (frame[:100], frame[100:])]
    stream.partial_fit(frame[:100]).partial_fit(frame[100:])
    for found in (first.merge(other), stream):
        assert found.center_.tolist() == whole.center_.tolist()
        assert found.scale_.tolist() == whole.scale_.tolist()
        assert found.n_samples_seen_ == 300


def test_blocks_merge_where_each_part_can():
    frame = numbers(60).assign(tracks=LISTS["pt"].head(60), pdg=[[211], [22, 13], []] * 20)
    blocks = BlockTransformer(
        [
            ("event", MinMaxScaler(), ["pt", "n"]),
            ("track", make_pipeline(SequencePadder(2)), ["tracks"]),
            ("pdg", make_pipeline(PDGTokenizer(), SequencePadder(2)), ["pdg"]),
        ]
    )
    whole = copy.deepcopy(blocks).fit(frame)
    # the first part has none of the particles
    first, *others = [copy.deepcopy(blocks).partial_fit(p) for p in parts_of(frame[2:], [1, 20])]
    first_only = copy.deepcopy(blocks).partial_fit(frame[:2])
    for other in (first, *others):
        first_only.merge(other)
    got, expected = first_only.transform(frame), whole.transform(frame)
    for name, values in expected.items():
        np.testing.assert_array_equal(got[name], values)
    assert got.kinds == expected.kinds


def test_a_part_without_merge_is_named():
    blocks = BlockTransformer([("event", StandardScaler(), ["pt"])])
    assert hasattr(blocks, "partial_fit")
    with pytest.raises(
        AttributeError, match=r"no merge: block 'event' cannot be merged, since Sta"
    ):
        blocks.merge(blocks)


def test_what_does_not_fit_together_is_told():
    fitted = MinMaxScaler().fit(numbers())
    with pytest.raises(TypeError, match=r"MinMaxScaler.merge takes another MinMaxScaler, got 3"):
        fitted.merge(3)
    with pytest.raises(NotFittedError):
        fitted.merge(MinMaxScaler())
    with pytest.raises(NotFittedError):
        MinMaxScaler().merge(fitted)
    with pytest.raises(ValueError, match="takes one of the same parameters"):
        fitted.merge(MinMaxScaler(clip=True).fit(numbers()))
    with pytest.raises(ColumnError, match=r"fitted on the columns \['pt', 'n'\] and \['n'\]"):
        fitted.merge(MinMaxScaler().fit(numbers()[["n"]]))
