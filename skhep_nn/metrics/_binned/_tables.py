"""Scores and weights of nominal and varied tables of events."""

from __future__ import annotations

from collections.abc import Mapping

from skhep_nn import _composition, _frames, _row_order
from skhep_nn.metrics._binned._samples import SIDES

NOMINAL = "nominal"


def scored(estimator, tables, sample_weight, weight_column, signal):
    """(nominal, variations) as dicts of scores and weights.

    Parameters
    ----------
    estimator : fitted classifier
    tables : dict of "nominal" and (name, side) to table
    sample_weight, weight_column
        As in `skhep_nn._composition.weights_of`.
    signal : label or list of labels

    Returns
    -------
    nominal : dict
    variations : dict of str to tuple of dict or None

    Raises
    ------
    ValueError
        If there is no nominal table, a key names no side, or a table is a shuffle of the nominal
        one.
    """
    sides = _sides(tables)

    def one(table):
        weights = _composition.weights_of(
            estimator, table, sample_weight, weight_column, "Templates.from_estimator"
        )
        scores = _composition.signal_score(estimator, table, signal)
        return {"y_score": scores, "sample_weight": weights}

    names = dict.fromkeys(name for name, _ in sides)
    nominal = one(tables[NOMINAL])
    return nominal, {
        name: tuple(
            one(tables[sides[name, side]]) if (name, side) in sides else None for side in SIDES
        )
        for name in names
    }


def _sides(tables):
    """The key of each (name, side), whose tables may have the rows of the nominal one."""
    if not isinstance(tables, Mapping) or NOMINAL not in tables:
        what = list(tables) if isinstance(tables, Mapping) else type(tables).__name__
        msg = (
            f"tables has {what}; it must be a dict of 'nominal', ('name', 'up'), ('name', 'down'), "
            "... to events"
        )
        raise ValueError(msg)
    sides = {_side(key): key for key in tables if key != NOMINAL}
    nominal = _frames.as_pandas(tables[NOMINAL])
    for key in sides.values():
        table = _frames.as_pandas(tables[key])
        _row_order.check(table, nominal, f"variation {key!r}", repr(NOMINAL), "")
    return sides


def _side(key):
    """(name, side) of a key, a pair or text that ends in the side."""
    pair = key.rpartition("_")[::2] if isinstance(key, str) else key
    good = isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(k, str) for k in pair)
    if not good or pair[1] not in SIDES or not pair[0]:
        msg = f"tables has the key {key!r}; a variation is ('name', 'up') or ('name', 'down')"
        raise ValueError(msg)
    return pair
