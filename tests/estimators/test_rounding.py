"""Features that single precision cannot tell apart are told of, with what to do."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from skhep_nn import BlockClassifier, DenseClassifier, EventBlocks, MinMaxScaler
from skhep_nn._columns import FittedColumns
from skhep_nn.estimators._fit._rounding import warn_of_rounding
from skhep_nn.exceptions import FeatureWarning

N = 300
RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=N)
COUNTS = RNG.integers(0, 9, N)


NEEDS_64_BITS = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 63, reason="no floating-point type of this machine has 64 bits"
)


def told(X):
    """The warnings of `X`."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_rounding(X, FittedColumns.of(X))
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize(
    "column",
    [
        1.7e9 + NORMAL,
        1e-300 * NORMAL,
        1e-42 * NORMAL,
        2**40 + (100 * NORMAL).astype(int),
        pytest.param(2**62 + COUNTS, marks=NEEDS_64_BITS),
        pytest.param(np.uint64(2**63) + COUNTS.astype(np.uint64), marks=NEEDS_64_BITS),
        np.array([2**40 + int(n) for n in COUNTS], dtype=object),
        pd.array(2**40 + COUNTS, dtype="Int64"),
    ],
    ids=["time", "1e-300", "subnormal", "2**40", "2**62", "2**63", "objects", "nullable"],
)
def test_a_column_that_is_nearly_constant_when_rounded_is_named(column):
    (message,) = told(pd.DataFrame({"pt": NORMAL, "time": column}))
    assert message.startswith("column 'time' is rounded by the float32 in which the network")
    assert "MinMaxScaler()" in message


@pytest.mark.parametrize(
    "column",
    [
        NORMAL,
        1e30 * NORMAL,
        1e-30 * NORMAL,
        np.full(N, 1.7e9 + 0.3),
        1.7e9 + 3e7 * NORMAL,
        RNG.integers(0, 2**63, N, dtype=np.uint64),
        355_000 + 100 * COUNTS,
        2**24 + 2 * COUNTS,
        (1e9 + NORMAL).astype(np.float32),
        COUNTS > 4,
        np.where(COUNTS > 2, -999.0, NORMAL),
        np.where(np.arange(N) % 10, COUNTS, 2**31 - 1),
        np.where(np.arange(N) % 100, NORMAL, -1e30),
        np.where(np.arange(N) % 100, NORMAL, 1e12 + 1),
        0.1056583745 * (1 + 1e-12 * NORMAL),
    ],
)
def test_a_column_that_keeps_its_differences_is_not(column):
    assert not told(pd.DataFrame({"x": column}))


def test_small_numbers_of_all_magnitudes_want_a_logarithm():
    (message,) = told(pd.DataFrame({"p": np.exp(-100 + 30 * NORMAL)}))
    assert message.endswith("take its logarithm")


def test_what_a_mask_covers_is_padding():
    covered = np.zeros((N, 3, 2), dtype=bool)
    covered[:, 1:] = True
    entries = np.where(covered, 1e20 + 1e14 * NORMAL[:, None, None], NORMAL[:, None, None])
    assert not told(EventBlocks({"track": np.ma.masked_array(entries, covered)}))


@pytest.mark.parametrize(
    "X",
    [
        np.column_stack([NORMAL, 1e9 + NORMAL]),
        np.column_stack([NORMAL, 1e9 + NORMAL]).tolist(),
        np.stack([NORMAL, 1e9 + NORMAL], axis=1)[:, None].repeat(3, axis=1),
    ],
    ids=["array", "lists", "sequence"],
)
def test_a_column_without_a_name_is_called_by_its_place(X):
    (message,) = told(X)
    assert message.startswith("column 1 is rounded")


def test_padding_hides_no_rounding():
    entries = np.stack([NORMAL, 1e9 + NORMAL], axis=1)[:, None].repeat(5, axis=1)
    entries[:, 2:] = 0
    (message,) = told(EventBlocks({"track": entries}))
    assert message.startswith("column 'track', feature 1 is rounded")


def test_fit_tells_of_it_and_a_scaler_in_front_helps():
    X = pd.DataFrame({"time": 1e9 + NORMAL})
    y = NORMAL > 0
    network = DenseClassifier(units=8, epochs=30, feature_bins=0, random_state=0)
    with pytest.warns(FeatureWarning, match="column 'time' is rounded"):
        network.fit(X, y)
    scaled = MinMaxScaler().fit_transform(X)
    assert network.fit(scaled, y).score(scaled, y) > 0.95


def test_numbers_that_processors_take_for_zero_are_a_constant_and_no_failure():
    X = pd.DataFrame({"section": 1e-42 * NORMAL, "pt": NORMAL})
    network = DenseClassifier(units=4, epochs=1, random_state=0)
    with pytest.warns(FeatureWarning, match="column 'section' is rounded"):
        network.fit(X, NORMAL > 0)
    other = X.assign(section=0.0)
    assert (network.predict_proba(X) == network.predict_proba(other)).all()


def test_a_sequence_of_a_network_is_told_of():
    X = np.stack([NORMAL, 1e9 + NORMAL], axis=1)[:, None].repeat(2, axis=1)
    network = BlockClassifier(branches={"sequence": {"kind": "deepsets"}}, epochs=1)
    with pytest.warns(FeatureWarning, match="column 1 is rounded"):
        network.fit(X, NORMAL > 0)
