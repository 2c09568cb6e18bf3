"""A fit that fails leaves nothing behind that could be taken for fitted."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skhep_nn.preprocessing import (
    BlockTransformer,
    DecayStringTokenizer,
    MinMaxScaler,
    PDGOneHotEncoder,
    PDGTokenizer,
    RobustClipScaler,
    SequencePadder,
)

LISTS = pd.DataFrame({"pt": pd.Series([[3.0, 1.0], [2.0]])})
BAD_LISTS = pd.DataFrame({"pt": pd.Series([[3.0, 1.0], ["x"]])})
TABLE = pd.DataFrame({"pt": [1.0, 2.0], "eta": [0.0, 1.0]})
# (transformer, events, events with which its fit fails)
CASES = {
    "scaler": (MinMaxScaler(), TABLE, TABLE.assign(eta=[1.0, np.inf])),
    "clipping scaler": (RobustClipScaler(), TABLE, TABLE.assign(eta=["a", "b"])),
    "tokens": (PDGTokenizer(), [[11, 13]], [[0.5, 13, 22]]),
    "tokens of lists": (PDGTokenizer(), pd.Series([[11], [13, 22]]), pd.Series([[11], [0.5]])),
    "one-hot": (PDGOneHotEncoder(), [[11, 13]], [[11, 13, 0.5]]),
    "decay strings": (DecayStringTokenizer(), ["511 (--> 211 -211 <--)"], ["511 (--> x <--)"]),
    "padder": (SequencePadder(3), LISTS, BAD_LISTS),
    "blocks": (
        BlockTransformer(
            [
                ("n", MinMaxScaler(), ["eta"]),
                ("pt", make_pipeline(SequencePadder(2), RobustClipScaler()), ["pt"]),
            ]
        ),
        LISTS.assign(eta=[1.0, 2.0]),
        BAD_LISTS.assign(eta=[10.0, 20.0]),
    ),
}


def outcome(transformer, events):
    """What `transformer` gives, or that it is not fitted."""
    try:
        found = transformer.transform(events)
    except NotFittedError:
        return None
    parts = [found[name] for name in found.keys()] if hasattr(found, "kinds") else [found]  # noqa: SIM118
    return [repr(np.asarray(part).tolist()) for part in parts]


@pytest.mark.parametrize(("transformer", "good", "bad"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "fit_transform"])
def test_a_transformer_whose_first_fit_failed_is_not_fitted(transformer, good, bad, method):
    transformer = copy.deepcopy(transformer)
    with pytest.raises((ValueError, TypeError)):
        getattr(transformer, method)(bad)
    assert outcome(transformer, good) is None
    expected = copy.deepcopy(transformer).fit(good)
    assert outcome(transformer.partial_fit(good), good) == outcome(expected, good)


@pytest.mark.parametrize(("transformer", "good", "bad"), CASES.values(), ids=CASES)
def test_a_transformer_whose_second_fit_failed_is_that_of_the_first_or_none(transformer, good, bad):
    transformer = copy.deepcopy(transformer).fit(good)
    expected = outcome(transformer, good)
    with pytest.raises((ValueError, TypeError)):
        transformer.partial_fit(bad)
    assert outcome(transformer, good) == expected
    with pytest.raises((ValueError, TypeError)):
        transformer.fit(bad)
    assert outcome(transformer, good) in (None, expected)
    assert outcome(transformer.partial_fit(good), good) == expected


@pytest.mark.parametrize(
    ("transformer", "good", "further"),
    [
        (PDGTokenizer([11, 13], vocabulary_size=3), [[11]], [[13]]),
        (DecayStringTokenizer(9, categories=[511, 211], vocabulary_size=5), ["511"], ["211"]),
    ],
)
def test_a_vocabulary_without_room_is_none(transformer, good, further):
    with pytest.raises(ValueError, match="vocabulary_size"):
        transformer.fit(good)
    assert outcome(transformer, further) is None


def test_a_padder_with_a_field_that_is_not_there_is_not_fitted():
    transformer = SequencePadder(2, sort_by="mass")
    with pytest.raises(ValueError, match="mass"):
        transformer.fit(LISTS)
    assert outcome(transformer, LISTS) is None
