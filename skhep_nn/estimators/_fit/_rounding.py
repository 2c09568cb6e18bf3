"""Features whose events differ by less than single precision tells apart."""

from __future__ import annotations

import numpy as np

from skhep_nn import _columns
from skhep_nn._warnings import warn
from skhep_nn.estimators._fit._column_names import named_as_numbers
from skhep_nn.estimators._fit._targets import float_type
from skhep_nn.exceptions import FeatureWarning

# Events that are looked at, from all over the sample: enough for a median.
SEEN = 500
# Of the median distance from the median; the rounding of a time stamp is then a tenth of it.
TOO_COARSE = 0.02
# Of the median: a mass from energy and momentum, or a sum of shares, is constant but for rounding.
CONSTANT = 1e-10
OFFSET = (
    "subtract an offset, or put MinMaxScaler() before the network, which scales in double precision"
)
LOGARITHM = "take its logarithm"
# By what the largest value outgrows the median of what has to be seen by magnitude.
MAGNITUDES = 1e6


def warn_of_rounding(X, fitted):
    """Warn of a feature that rounding to the type of the network leaves little of.

    Columns that stay in files of events are not looked at, since rows from all over them are slow.

    Parameters
    ----------
    X : DataFrame, array-like or EventBlocks
        Of numbers, as the user gave them.
    fitted : FittedColumns
    """
    if _is_read_later(X):
        return
    if not (_columns.is_frame(X) or _columns.is_blocks(X)):
        X = np.asarray(X)
    seen = _columns.rows(X, slice(None, None, max(1, len(X) // SEEN)))
    told_of = named_as_numbers(fitted)
    for at in fitted.required:
        # what a mask covers is padding
        values = np.asarray(np.ma.filled(_columns.take_at(seen, at), 0))
        if _is_wide(values.dtype) and at not in told_of:
            # of an array it is one feature, of entries perhaps; a block has several
            _check(values if _columns.is_blocks(X) else values[..., None], fitted.label(at))


def _check(values, label):
    width = values.shape[-1] if values.ndim > 1 else 1
    # holds whole numbers of 64 bits, where the machine has such a type
    kind = np.longdouble if values.dtype.kind in "iu" else np.float64
    wide = values.reshape(len(values), -1, width).astype(kind)
    narrow = _as_network(wide)
    for column in range(wide.shape[-1]):
        found = wide[..., column], narrow[..., column]
        error, spread, middle = _error_and_spread(*found, exact=values.dtype.kind != "f")
        if error > TOO_COARSE * spread:
            of_block = f", feature {column}" if width > 1 else ""
            warn(
                f"{label}{of_block} is rounded by the {float_type()} in which the network "
                f"computes: half of the events by {error:.1g} and more, around {middle:.3g}, where "
                f"half of them are within {spread:.1g}; {_remedy(wide[..., column], middle)}",
                FeatureWarning,
            )
            return


def _remedy(values, middle):
    tiny = np.finfo(float_type()).tiny
    largest = np.abs(values).max()
    return LOGARITHM if abs(middle) < tiny and largest > MAGNITUDES * abs(middle) else OFFSET


def _as_network(values):
    """Rounded, and numbers below the smallest normal one as 0, as processors take them."""
    kind = float_type()
    with np.errstate(over="ignore", under="ignore"):
        rounded = values.astype(kind)
    return np.where(np.abs(rounded) < np.finfo(kind).tiny, 0, rounded)


def _error_and_spread(wide, narrow, exact):
    """Median rounding error, median distance from the median, the median; padding is no value."""
    real = np.isfinite(narrow) & ((wide != 0) if wide.shape[1] > 1 else True)
    wide, narrow = wide[real], narrow[real]
    if not len(wide):
        return 0.0, 0.0, 0.0
    middle = np.median(wide)
    distances = np.abs(wide - middle)
    spread = np.median(distances) or distances.mean()
    # few values that stand for a missing one say nothing of the others
    nothing = spread == 0 or (not exact and spread <= CONSTANT * abs(middle))
    error = 0.0 if nothing else np.median(np.abs(wide - narrow))
    return float(error), float(spread), float(middle)


def _is_wide(dtype):
    return dtype.kind == "O" or not np.can_cast(dtype, float_type(), "safe")


def _is_read_later(X):
    return _columns.is_blocks(X) and not all(isinstance(x, np.ndarray) for _, x in X.items())
