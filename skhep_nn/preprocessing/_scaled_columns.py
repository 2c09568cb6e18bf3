"""Columns that are scaled, with missing values and indicators: what the scalers share."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _columns, _floats
from skhep_nn._weight_names import warn_of_weights
from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import _table_numbers
from skhep_nn.preprocessing._optional_columns import as_table

_SCALED = (
    "column {name!r} is scaled like a feature; if it holds event weights, "
    "exclude=[{name!r}] leaves them as they are"
)


class ScaledColumns:
    """Mixin of scalers: the numbers of their columns part by part, and indicators behind.

    A subclass has `missing_value`, `add_indicator`, `scaled_columns_`, `n_missing_`, `_fitted` and
    `_scale(values, missing)`.
    """

    def _remember_scaled(self, X, optional, meant=()):
        """The columns of `X` that are scaled: not `optional` ones; the user has named `meant`."""
        if _columns.is_blocks(X):
            msg = f"{type(self).__name__} scales a DataFrame or an array; X holds named blocks"
            raise TypeError(msg)
        self._remember_columns(X, optional)
        names, at = _columns.names(X), self._fitted.required
        self.scaled_columns_ = [names[k] for k in at] if names else at
        self.n_missing_ = dict.fromkeys(self.scaled_columns_, 0)
        # weights that are shifted are wrong, and often still positive
        warn_of_weights(self._fitted, _SCALED, meant=meant)
        return at

    def _scaled(self, X):
        """`X` with scaled columns, and the indicators."""
        values = _table_numbers.read(X, self._fitted.required)
        flagged = self._indicated
        scaled = np.empty(values.shape, dtype=values.dtype)
        indicators = np.empty((*values.shape[:-1], len(flagged)), dtype=bool)
        for part, chunk, missing in self._chunks(X, values):
            self._check_scalable(chunk, missing, part.start)
            scaled[part] = self._scale(chunk, missing)
            indicators[part] = missing[..., flagged]
        return self._with_indicators(X, scaled, indicators)

    def _check_scalable(self, values, missing, start):
        """Raise if there is a value of which nothing was learnt; for subclasses."""

    def _with_indicators(self, X, scaled, indicators):
        at = self._fitted.required
        types = _table_numbers.dtypes(X, [at[k] for k in self._indicated])
        names = self._added_names(_columns.names(X) or [f"x{k}" for k in range(X.shape[-1])])
        return _table_numbers.write(X, at, scaled, indicators, names, types)

    def _added_names(self, names):
        at = self._fitted.required
        return [f"missingindicator_{names[at[k]]}" for k in self._indicated]

    def _count(self, X, condition):
        """{column: number of values}: those for which ``condition(values, missing)`` holds."""
        check_is_fitted(self)
        X = as_table(X)
        known = self._with_columns_of(X)
        values = _table_numbers.read(X, known._fitted.required)
        parts = [per_column(condition(*part[1:])) for part in known._chunks(X, values)]
        counts = np.sum(parts, axis=0, dtype=int) if parts else [0] * values.shape[-1]
        return dict(zip(self.scaled_columns_, map(int, counts), strict=True))

    @property
    def _indicated(self):
        if not self.add_indicator:
            return []
        return [k for k, name in enumerate(self.scaled_columns_) if self.n_missing_[name]]

    def _chunks(self, X, values):
        """(slice, values in float64, whether they are missing) of the events, part by part."""
        sentinels = self._sentinels(_table_numbers.dtypes(X, self._fitted.required))
        for part in _table_numbers.slices(values):
            chunk = values[part].astype(np.float64)
            missing = np.isnan(chunk)
            missing |= chunk == sentinels
            self._check_finite(chunk, missing, part.start)
            yield part, chunk, missing

    def _sentinels(self, types):
        # -999.9 read from a file of float32 is not the float64 number -999.9
        value = np.nan if self.missing_value is None else self.missing_value
        with np.errstate(over="ignore"):
            value = _floats.one(value, "missing_value")
            return np.array([dtype.type(value) for dtype in types], dtype=np.float64)

    def _checked_width(self, lowest, highest):
        """Highest minus lowest value of each column."""
        with np.errstate(over="ignore"):
            width = highest - lowest
        beyond = np.flatnonzero(np.isinf(width))
        if len(beyond):
            k = int(beyond[0])
            msg = (
                f"column {self.scaled_columns_[k]!r} goes from {lowest[k]:.6g} to "
                f"{highest[k]:.6g}, a width that no number holds; is one of them a "
                "missing_value?"
            )
            raise ColumnError(msg)
        return width

    def _check_finite(self, values, missing, start):
        bad = np.isinf(values) & ~missing
        if bad.any():
            first = tuple(np.argwhere(bad)[0])
            msg = (
                f"column {self.scaled_columns_[first[-1]]!r} contains infinity, first in event "
                f"{start + first[0]} ({values[first]}); only finite numbers can be scaled, NaN and "
                "missing_value count as missing"
            )
            raise ColumnError(msg)


def per_column(chosen):
    """Number of values that are chosen in each column."""
    return np.count_nonzero(chosen, axis=tuple(range(chosen.ndim - 1)))
