"""Lists of particles to rectangular sequences with a mask."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skhep_nn import _columns, _floats, _frames, _integers, _masks, _validation
from skhep_nn._shown import shown
from skhep_nn._validation import Interval, StrOptions
from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import _jagged
from skhep_nn.preprocessing._merging import check_alike
from skhep_nn.preprocessing._particles import of_rectangle

# longer sequences are a mistake, and memory for them is not there
LONGEST = 10_000_000
# above it a rectangle of all events would be mostly padding
LONG = 500


class SequencePadder(TransformerMixin, BaseEstimator):
    """Cut and fill up lists of particles to one length, with a mask.

    Parameters
    ----------
    max_length : int
        Length of the sequences that come out.
    truncate : {"tail", "head"}, default="tail"
        The end at which a longer list is cut.
    sort_by : str or int, default=None
        Field (name or position) by which the particles of an event are sorted first, the
        largest in front, e.g. a track's significance or momentum. None keeps their order.
    pad_value : float, default=0.0
        Value behind the last particle.

    Attributes
    ----------
    n_truncated_ : int
        Particles that were cut in the last `fit` or `transform`.
    n_truncated_events_ : int
        Events that lost them.
    fields_ : tuple of str or None
        Names of the fields, where the data have any.
    n_features_in_ : int
        Number of fields; for a 2-D array of numbers its columns.
    feature_names_in_ : ndarray of str
        Only after a fit on a DataFrame.

    Raises
    ------
    ValueError
        If fields of an event have different lengths, or values are missing, NaN or infinite.
    ColumnError
        If `sort_by` is no field, or the fields are not those of fit.

    See Also
    --------
    BlockTransformer : Uses the mask in the steps that follow.

    Notes
    -----
    Data may be an awkward array (records of lists or lists of records), a DataFrame or Series
    with list columns (Python objects or Arrow), an Arrow list array or table, an object array of
    lists, or an array that is rectangular already: 3-D, or 2-D with one field, where the columns
    are the entries of the sequence.

    `transform` returns a `numpy.ma.MaskedArray` of shape (n_events, max_length, n_fields) whose
    data hold `pad_value` in the padding, where its mask is True. `EventBlocks` and
    `BlockTransformer` make two blocks of it, values and mask.

    Examples
    --------
    >>> import numpy as np
    >>> tracks = np.array([[1.0, 2.0, 3.0], [4.0], []], dtype=object)
    >>> padder = SequencePadder(2).fit(tracks)
    >>> padded = padder.transform(tracks)
    >>> padded.shape, padded.data[..., 0].tolist()
    ((3, 2, 1), [[1.0, 2.0], [4.0, 0.0], [0.0, 0.0]])
    >>> padder.n_truncated_
    1
    """

    _takes_sequences = True
    _learns = False

    _parameter_constraints: ClassVar[dict] = {
        "max_length": [Interval(Integral, 1, LONGEST, closed="both")],
        "truncate": [StrOptions({"tail", "head"})],
        "sort_by": [str, Integral, None],
        "pad_value": [Real],
    }

    def __init__(self, max_length, *, truncate="tail", sort_by=None, pad_value=0.0):
        self.max_length = max_length
        self.truncate = truncate
        self.sort_by = sort_by
        self.pad_value = pad_value

    def fit(self, X, y=None):
        """Learn the fields, and count what `max_length` cuts.

        Parameters
        ----------
        X : lists of particles, see Notes
        y : ignored

        Returns
        -------
        self
        """
        _validation.check_parameters(self)
        # a fit that fails leaves nothing that could be taken for fitted
        vars(self).pop("_counts", None)
        particles = self._read(X, reset=True)
        self.fields_ = particles.names
        self._n_fields = len(particles.values)
        self._sort_field(particles)
        self._counts = {}
        self._count(particles.counts)
        return self

    def partial_fit(self, X, y=None):
        """As `fit` at the first call; later ones check the fields only."""
        if not hasattr(self, "_counts"):
            return self.fit(X)
        self._count(self._read(X, reset=False).counts)
        return self

    def merge(self, other):
        """Have the counts of another padder, of events that came later.

        Parameters
        ----------
        other : SequencePadder
            Of the same parameters, fitted on the same columns of other events.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError, ColumnError
            If `other` is none.
        """
        check_alike(self, other)
        self._counts.update(other._counts)
        return self

    def transform(self, X):
        """Pad.

        Parameters
        ----------
        X : lists of particles, see Notes

        Returns
        -------
        MaskedArray of shape (n_events, max_length, n_fields)
        """
        check_is_fitted(self)
        particles = self._read(X, reset=False)
        self._check_fields(particles)
        particles = _sorted(particles, self._sort_field(particles))
        self._count(particles.counts)
        return pad(particles, self.max_length, self.truncate, self.pad_value)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_counts")

    @property
    def n_truncated_(self):
        check_is_fitted(self)
        return self._counts["particles"]

    @property
    def n_truncated_events_(self):
        check_is_fitted(self)
        return self._counts["events"]

    def _count(self, counts):
        surplus = counts - self.max_length
        # a dict that stays the same object: transform changes no attribute of the estimator
        self._counts["particles"] = int(surplus[surplus > 0].sum())
        self._counts["events"] = int((surplus > 0).sum())

    def _read(self, X, *, reset):
        owner, X = type(self).__name__, _frames.as_lists(X)
        if _jagged.is_jagged(X):
            particles = _jagged.flatten(X, owner)
            if reset:
                self.n_features_in_, self._by_columns = len(particles.values), False
                _validation.check_feature_names(self, X, reset=True)
        else:
            particles = self._read_rectangular(X, reset)
        _check_finite(particles, owner)
        return particles

    def _read_rectangular(self, X, reset):
        owner = type(self).__name__
        if getattr(X, "ndim", 2) > 2 or (np.ma.isMaskedArray(X) and X.ndim != 2):
            particles = of_rectangle(X, owner)
            if reset:
                self.n_features_in_, self._by_columns = X.shape[2], False
            return particles
        by_columns = reset or self._by_columns
        if by_columns and not np.ma.isMaskedArray(X):
            X = _masks.unmasked(X, f"{owner}: X")
            if _columns.is_frame(X) and not X.shape[1]:
                msg = f"{owner}: 0 feature(s) (shape={X.shape}) while a minimum of 1 is required."
                raise ValueError(msg)
            if not (_columns.is_frame(X) or issparse(X)):
                X = _floats.plain_objects(_floats.as_array(X, "X"), f"{owner}: X")
                if X.ndim > 2:
                    return self._read_rectangular(X, reset)
            X = validate_data(self, X, reset=reset, ensure_min_features=1)
        if reset:
            self.n_features_in_, self._by_columns = np.shape(X)[1], True
        return of_rectangle(X if np.ma.isMaskedArray(X) else np.asarray(X), owner)

    def _check_fields(self, particles):
        names, n_fields = particles.names, len(particles.values)
        renamed = None not in (names, self.fields_) and names != self.fields_
        if n_fields != self._n_fields or renamed:
            msg = (
                f"{type(self).__name__} was fitted on {self._n_fields} fields {self.fields_ or ''},"
                f" got {n_fields} {names or ''}"
            )
            raise ColumnError(msg)

    def _sort_field(self, particles):
        if self.sort_by is None:
            return None
        names = list(particles.names or self.fields_ or [])
        if self.sort_by in names:
            return particles.values[names.index(self.sort_by)]
        n_fields = len(particles.values)
        if _columns.is_position(self.sort_by) and -n_fields <= self.sort_by < n_fields:
            return particles.values[self.sort_by]
        known = names or f"positions 0 to {len(particles.values) - 1}"
        msg = f"sort_by={self.sort_by!r} is not a field of the particles; there are {known}"
        raise ColumnError(msg)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def pad(particles, length, truncate="tail", pad_value=0.0):
    """Particles as a masked array of shape (n_events, length, n_fields).

    Parameters
    ----------
    particles : Jagged
    length : int
    truncate : {"tail", "head"}, default="tail"
    pad_value : float, default=0.0
    """
    counts = np.minimum(particles.counts, length)
    entries = np.arange(length) < counts[:, None]
    kept = _kept(particles.counts, length, truncate)
    dtype = _dtype(particles.values, pad_value)
    out = np.full((*entries.shape, len(particles.values)), pad_value, dtype)
    for field, values in enumerate(particles.values):
        # a boolean mask on a view is several times faster than mask and position together
        out[..., field][entries] = values if kept is None else values[kept]
    mask = np.broadcast_to(~entries[..., None], out.shape).copy()
    return np.ma.MaskedArray(out, mask=mask, copy=False, fill_value=pad_value)


def _kept(counts, length, truncate):
    """Which particles stay, or None if all do."""
    if len(counts) == 0 or counts.max() <= length:
        return None
    starts = np.cumsum(counts) - counts
    if truncate == "head":
        starts = starts + np.maximum(counts - length, 0)
    place = np.arange(counts.sum()) - np.repeat(starts, counts)
    return (place >= 0) & (place < length)


def _dtype(values, pad_value):
    dtype = np.result_type(*values)
    if dtype.kind == "b":
        dtype = np.dtype(np.int8)
    if dtype.kind != "f" and not _floats.one(pad_value, "pad_value").is_integer():
        dtype = np.result_type(dtype, np.float32)
    _check_pad_value(pad_value, dtype)
    _check_exact(values, dtype)
    return dtype


def _check_pad_value(pad_value, dtype):
    pad_value = _floats.one(pad_value, "pad_value")
    limits = (np.finfo if dtype.kind == "f" else np.iinfo)(dtype)
    if limits.min > pad_value or pad_value > limits.max:
        msg = (
            f"pad_value={shown(pad_value)} is beyond {dtype}, the type of the particles, which "
            f"goes from {limits.min} to {limits.max}"
        )
        raise ValueError(msg)


def _check_exact(values, dtype):
    """Raise if whole numbers are not the same in the type that all fields get."""
    if dtype.kind != "f":
        return
    limit = _integers.limit(dtype)
    for at, field in enumerate(values):
        if (
            field.dtype.kind in "iu"
            and field.size
            and max(-int(field.min()), int(field.max())) >= limit
        ):
            worst = max(field.min(), field.max(), key=lambda value: abs(int(value)))
            msg = (
                f"field {at} holds the whole number {worst}, which is not exact in {dtype}, the "
                "type that all fields of a sequence share; pad it alone"
            )
            raise ValueError(msg)


def _sorted(particles, by):
    if by is None:
        return particles
    # the complement of an integer falls as it rises, and exists for the lowest one too
    by = -by if by.dtype.kind == "f" else ~(by.astype(np.int8) if by.dtype == bool else by)
    order = _order(particles.counts, by)
    return particles.with_values([values[order] for values in particles.values])


def _order(counts, by, chunk=1 << 14):
    """Positions of the particles, each event's sorted by rising `by`, ties in their order."""
    starts = np.cumsum(counts) - counts
    if len(counts) == 0 or counts.max() > LONG:
        return np.lexsort((by, np.repeat(np.arange(len(counts)), counts)))
    order = np.empty(len(by), dtype=np.intp)
    for first in range(0, len(counts), chunk):
        n, at = counts[first : first + chunk], starts[first : first + chunk]
        here = slice(at[0], at[-1] + n[-1])
        entries = np.arange(n.max()) < n[:, None]
        # the fill is never smaller than a value, and stable sorting leaves it behind equal ones
        rows = np.full(
            entries.shape, np.inf if by.dtype.kind == "f" else np.iinfo(by.dtype).max, by.dtype
        )
        rows[entries] = by[here]
        order[here] = (np.argsort(rows, axis=1, kind="stable") + at[:, None])[entries]
    return order


def _check_finite(particles, owner):
    for at, values in enumerate(particles.values):
        bad = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(0, dtype=bool)
        if bad.any():
            name = particles.names[at] if particles.names else at
            first = int(np.flatnonzero(bad)[0])
            event = int(np.searchsorted(np.cumsum(particles.counts), first, side="right"))
            kind = "NaN" if np.isnan(values[first]) else "infinity"
            msg = (
                f"{owner}: field {name!r} contains {kind}: {bad.sum()} of {len(values)} values are "
                f"not finite, the first in event {event}"
            )
            raise ValueError(msg)
