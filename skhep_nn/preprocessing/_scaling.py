"""The scaling of events by a range that was learnt, in parts that fit in a processor's cache."""

from __future__ import annotations

import numpy as np
from sklearn import preprocessing

from skhep_nn import _columns
from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import _numbers


class Scaling(preprocessing.MinMaxScaler):
    """What scales, given the columns that are there; scikit-learn wraps this `transform`."""

    def transform(self, X):
        values = _numbers.read(X, self._fitted.required)
        flagged = self._indicated
        scaled = np.empty(values.shape, dtype=values.dtype)
        indicators = np.empty((*values.shape[:-1], len(flagged)), dtype=bool)
        for part, chunk, missing in self._chunks(X, values):
            self._check_scalable(chunk, missing, part.start)
            scaled[part] = self._scale(chunk, missing)
            indicators[part] = missing[..., flagged]
        return self._with_indicators(X, scaled, indicators)

    def _scale(self, values, missing):
        low, high = self.feature_range
        t = self._position_in_range(values)
        if self.clip:
            np.clip(t, 0.0, 1.0, out=t)
        scaled = low * (1.0 - t) + high * t
        np.copyto(scaled, self._middle, where=missing)
        return scaled

    def _position_in_range(self, values):
        # differences in float64 first: x * scale_ + min_ in float32 cancels for a large offset
        constant = self.data_range_ == 0
        t = values - self.data_min_
        t /= np.where(constant, 1.0, self.data_range_)
        t[..., constant] = 0.5
        return t

    def _with_indicators(self, X, scaled, indicators):
        at = self._fitted.required
        types = _numbers.dtypes(X, [at[k] for k in self._indicated])
        names = self._added_names(_columns.names(X) or [f"x{k}" for k in range(X.shape[-1])])
        return _numbers.write(X, at, scaled, indicators, names, types)

    def _added_names(self, names):
        at = self._fitted.required
        return [f"missingindicator_{names[at[k]]}" for k in self._indicated]

    @property
    def _indicated(self):
        if not self.add_indicator:
            return []
        return [k for k, name in enumerate(self.scaled_columns_) if self.n_missing_[name]]

    @property
    def _middle(self):
        return 0.5 * self.feature_range[0] + 0.5 * self.feature_range[1]

    def _chunks(self, X, values):
        """(slice, values in float64, whether they are missing) of the events, part by part."""
        sentinels = self._sentinels(_numbers.dtypes(X, self._fitted.required))
        for part in _numbers.slices(values):
            chunk = values[part].astype(np.float64)
            missing = np.isnan(chunk)
            missing |= chunk == sentinels
            self._check_finite(chunk, missing, part.start)
            yield part, chunk, missing

    def _sentinels(self, types):
        # -999.9 read from a file of float32 is not the float64 number -999.9
        value = np.nan if self.missing_value is None else self.missing_value
        with np.errstate(over="ignore"):
            return np.array([dtype.type(value) for dtype in types], dtype=np.float64)

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

    def _check_scalable(self, values, missing, start):
        bad = np.isnan(self.data_min_) & ~missing
        if bad.any():
            first = tuple(np.argwhere(bad)[0])
            msg = (
                f"column {self.scaled_columns_[first[-1]]!r} had no value in fit, all were "
                f"missing, so {values[first]:.6g} of event {start + first[0]} cannot be scaled; "
                "give its data_range, or drop the column"
            )
            raise ColumnError(msg)
