"""Ranges of columns that the user knows."""

from __future__ import annotations

import numpy as np

from skhep_nn import _columns, _floats
from skhep_nn.exceptions import ColumnError


def given_ranges(data_range, X, features):
    """(n_scaled, 2) of given ranges, NaN where the range is to be learnt."""
    out = np.full((len(features), 2), np.nan)
    if data_range is None:
        return out
    if not isinstance(data_range, dict):
        return _one_pair_each(data_range, features)
    for column, pair in data_range.items():
        at = _columns.position(X, column, role="data_range")
        if at not in features:
            msg = f"data_range has column {column!r}, which is excluded from scaling"
            raise ColumnError(msg)
        out[features.index(at)] = _checked_pair(column, pair)
    return out


def _one_pair_each(data_range, features):
    if not np.iterable(data_range):
        msg = f"data_range={data_range!r:.60}; it must be a dict, or a (min, max) for each column"
        raise ColumnError(msg)
    if len(data_range) != len(features):
        msg = (
            f"data_range has {len(data_range)} pairs for {len(features)} scaled columns; give one "
            "(min, max) for each, or a dict for some"
        )
        raise ColumnError(msg)
    return np.array([_checked_pair(*each) for each in zip(features, data_range, strict=True)])


def _checked_pair(column, pair):
    values = _floats.real(pair, f"data_range of column {column!r}")
    if values.shape != (2,) or not np.isfinite(values).all() or values[0] >= values[1]:
        msg = f"data_range of column {column!r} is {pair!r}; it must be (min, max) with min < max"
        raise ValueError(msg)
    return values
