"""Centre and width of columns, such that tails, missing values and units do not matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn.preprocessing._quantiles import Distinct

# Where the smooth clip bends: no scaled value is beyond it.
BOUND = 3.0
# A column with no more distinct values counts something or names it, if the smallest gap between
# them is not below that part of the mean gap: nothing of it is in a tail.
FEW_VALUES, LEAST_GAP = 10, 0.05
# Of gaps, behind a scaler in single precision.
ROUNDING = 1e-4
# Of sums of weights in another unit.
ROUNDING_OF_SUMS = 1e-9
# One value in so large a part of the events, and so many times as often as any other, stands for
# something else, such as zero or missing; the width is that of the rest.
ATOM_SHARE, ATOM_EXCESS = 0.1, 5.0
# What is as far out is at the bound, and its square would overflow in single precision.
FAR = 1e15
# Of the width, from the inside out: the first pair that differs.
FRACTIONS = ((0.25, 0.75), (0.1, 0.9), (0.0, 1.0))


@dataclass(frozen=True)
class ColumnScale:
    """How columns are scaled: ``t = (x - center) * slope``, then ``t / sqrt(1 + bend * t**2)``.

    Parameters
    ----------
    center, slope, bend : ndarray of shape (n_columns,)
        `slope` is 0 for a column with one value. `bend` is 1 / 9, or 0 for no clip.
    """

    center: np.ndarray
    slope: np.ndarray
    bend: np.ndarray

    @classmethod
    def of(cls, columns):
        """From one (center, slope, bend) per column."""
        return cls(*np.array(columns, dtype=np.float64).reshape(-1, 3).T)

    def __call__(self, x):
        """`x`, whose last axis is the columns, scaled."""
        with np.errstate(over="ignore"):
            t = np.clip((x - self.center) * self.slope, -FAR, FAR)
        return t / np.sqrt(1 + self.bend * t**2)

    def is_beyond(self, x):
        """Which values of `x` would be beyond the bound if their column were not clipped."""
        with np.errstate(over="ignore"):
            t = (x - self.center) * self.slope
        return (np.abs(t) > BOUND) & (self.bend > 0)


def robust_scales(values, weights=None):
    """Robust scales of all columns, the same in any unit and behind any affine scaler.

    Few values become steps of one from the smallest on, which 0 and 1, and counts, are already.

    Parameters
    ----------
    values : ndarray of shape (n_events, n_columns)
        NaN are left out.
    weights : ndarray of shape (n_events,), optional
        Negative ones count by their absolute value: they are events, too, wherever they lie.

    Returns
    -------
    ColumnScale
    """
    columns = [Distinct.of(column, weights) for column in values.T]
    return ColumnScale.of([robust_scale(column, _steps_of_few) for column in columns])


def standard_scales(values, weights=None):
    """Mean and standard deviation of all columns, without a clip.

    Parameters
    ----------
    values, weights
        As of :func:`robust_scales`.
    """
    return ColumnScale.of([standard_scale(Distinct.of(c, weights)) for c in values.T])


SCALES = {"robust": robust_scales, "standard": standard_scales}


def robust_scale(distinct, of_few_values=None):
    """(center, slope, bend) of a column by median and quartiles.

    Parameters
    ----------
    distinct : Distinct
    of_few_values : callable, optional
        Scales up to `FEW_VALUES` values, or returns None. The default leaves small integers alone.
    """
    if len(distinct) < 2:
        return _of_one_value(distinct)
    if len(distinct) <= FEW_VALUES:
        few = (of_few_values or _integers_or_steps)(distinct.values)
        if few is not None:
            return few
    rest = _without_atom(distinct)
    for pair in FRACTIONS:
        low, high = rest.quantiles(pair)
        if high > low:
            break
    return rest.quantiles([0.5])[0], 1 / (high - low), 1 / BOUND**2


def standard_scale(distinct):
    """(center, slope, bend) of a column by mean and standard deviation."""
    if len(distinct) < 2:
        return _of_one_value(distinct)
    # from the middle, so that squares of large values do not cancel
    middle = distinct.quantiles([0.5])[0]
    shares = distinct.weights / distinct.weights.sum()
    mean = shares @ (distinct.values - middle)
    return middle + mean, 1 / np.sqrt(shares @ (distinct.values - middle - mean) ** 2), 0.0


def _of_one_value(distinct):
    """Nothing was learnt about other values: they are the same to the network."""
    return (distinct.values[0] if len(distinct) else 0.0), 0.0, 0.0


def _integers_or_steps(values):
    """Small integers stay what they are; other values become steps of about one. Else None."""
    if np.abs(values).max() <= FEW_VALUES and (values == np.rint(values)).all():
        return 0.0, 1.0, 0.0
    return _steps(values, largest=1)


def _steps_of_few(values):
    """Steps of one between the closest values, if none is further out than small integers are."""
    return _steps(values, largest=FEW_VALUES)


def _steps(values, largest):
    """From the smallest value on; of a mean of one, where they would go on beyond `largest`."""
    span, least = values[-1] - values[0], np.diff(values).min()
    mean = span / (len(values) - 1)
    if least < LEAST_GAP * mean:
        return None
    gap = least if span <= largest * least * (1 + ROUNDING) else mean
    return values[0], 1 / gap, 0.0


def _without_atom(distinct):
    """The other values, where one stands out as if it stood for something else."""
    first = int(np.argmax(distinct.weights))
    others = np.arange(len(distinct)) != first
    rest = distinct[others]
    atom, total = distinct.weights[first], distinct.weights.sum()
    # a tenth is a tenth, and five times no more than that, in any unit of the weights
    large = atom >= ATOM_SHARE * total * (1 - ROUNDING_OF_SUMS)
    stands_out = large and atom > ATOM_EXCESS * rest.weights.max() * (1 + ROUNDING_OF_SUMS)
    return rest if stands_out and len(rest) > 1 else distinct
