"""The scaling of events by a range that was learnt, in parts that fit in a processor's cache."""

from __future__ import annotations

import numpy as np
from sklearn import preprocessing

from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing._scaled_columns import ScaledColumns


class Scaling(ScaledColumns, preprocessing.MinMaxScaler):
    """What scales, given the columns that are there; scikit-learn wraps this `transform`."""

    def transform(self, X):
        return self._scaled(X)

    def _scale(self, values, missing):
        low, high = self.feature_range
        t = self._position_in_range(values, missing)
        if self.clip:
            np.clip(t, 0.0, 1.0, out=t)
        scaled = low * (1.0 - t) + high * t
        np.copyto(scaled, self._middle, where=missing)
        return scaled

    def _position_in_range(self, values, missing):
        # differences in float64 first: x * scale_ + min_ in float32 cancels for a large offset
        constant = self.data_range_ == 0
        t = values - self.data_min_
        # a value that means missing may be beyond all numbers in units of a tiny range
        np.copyto(t, 0.0, where=missing)
        t /= np.where(constant, 1.0, self.data_range_)
        t[..., constant] = 0.5
        return t

    @property
    def _middle(self):
        return 0.5 * self.feature_range[0] + 0.5 * self.feature_range[1]

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
