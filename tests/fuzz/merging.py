"""Calls of `merge`: with what was fitted on odd events, and with what was never fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fuzz import preprocessing
from fuzz.call import TABLE, Call
from fuzz.preprocessing import CODES, EVENT_WORDS, FEATURES, LISTS, STRINGS
from skhep_nn import preprocessing as pre

PARTS = [("event", pre.MinMaxScaler(), ["pt", "eta"])]
# how each is made, and events that it learns from
KINDS = {
    "MinMaxScaler": (pre.MinMaxScaler, FEATURES),
    "RobustClipScaler": (pre.RobustClipScaler, FEATURES),
    "SequencePadder": (lambda: pre.SequencePadder(max_length=2), LISTS),
    "PDGTokenizer": (pre.PDGTokenizer, CODES),
    "PDGOneHotEncoder": (pre.PDGOneHotEncoder, CODES),
    "DecayStringTokenizer": (lambda: pre.DecayStringTokenizer(max_length=8), STRINGS),
    "BlockTransformer": (lambda: pre.BlockTransformer(PARTS, weight_column="weight"), TABLE),
}


def merged_with(kind):
    """Merge what another one learnt of X into one that knows the events, and ask for both."""
    make, events = KINDS[kind]

    def merged(X):
        one = make().fit(events).merge(make().fit(X))
        return one.transform(events), one.transform(X)

    return merged


def merged_into(kind):
    make, events = KINDS[kind]

    def merged(other):
        return make().fit(events).merge(other).transform(events)

    return merged


def check_ranges(got, X):
    """The ranges are those of all events: the least of any is -1, the largest 1."""
    both = np.concatenate([np.reshape(np.asarray(part, dtype=float), (-1, 2)) for part in got])
    assert np.abs(both).max() <= 1 + 1e-6
    pairs = zip(preprocessing.columns_of(FEATURES), preprocessing.columns_of(X), strict=True)
    for column, (here, there) in zip(both.T, pairs, strict=True):
        values = pd.Series([*here, *there]).dropna()
        if values.min() < values.max():
            np.testing.assert_allclose([column.min(), column.max()], [-1, 1], atol=1e-3)


CHECKS = {"MinMaxScaler": check_ranges}
CALLS = [
    call
    for kind, (make, events) in KINDS.items()
    for call in (
        Call(
            f"{kind}.merge",
            merged_with(kind),
            {"X": events},
            CHECKS.get(kind),
            (kind, *EVENT_WORDS),
            cost=3,
        ),
        Call(
            f"{kind}.merge of others",
            merged_into(kind),
            {"other": make().fit(events)},
            None,
            (kind, *EVENT_WORDS),
            cost=3,
        ),
    )
]
