"""What encoders of PDG codes share: one vocabulary for training and application."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skhep_nn import _floats, _frames, _validation
from skhep_nn._columns import is_frame
from skhep_nn._validation import StrOptions
from skhep_nn.preprocessing import _jagged
from skhep_nn.preprocessing import _pdg_vocabulary as _pdg
from skhep_nn.preprocessing._merging import check_alike


class PDGEncoder(TransformerMixin, BaseEstimator):
    """Vocabulary, counts, all shapes of data."""

    _takes_sequences = True
    _learns = True

    _parameter_constraints: ClassVar[dict] = {
        "categories": [StrOptions({"auto", "all"}), "array-like"],
        "groups": [dict, None],
        "handle_unknown": [StrOptions({"other", "error", "ignore"})],
        "antiparticles": [StrOptions({"separate", "merge"})],
    }

    def __init__(
        self,
        categories="auto",
        *,
        groups=None,
        handle_unknown="other",
        antiparticles="separate",
    ):
        self.categories = categories
        self.groups = groups
        self.handle_unknown = handle_unknown
        self.antiparticles = antiparticles

    def fit(self, X, y=None):
        """Fix the vocabulary.

        Parameters
        ----------
        X : integers of any shape, or lists of integers
        y : ignored

        Returns
        -------
        self
        """
        # a fit that fails leaves nothing that could be taken for fitted
        self._seen = self._also_seen = None
        return self.partial_fit(X)

    def partial_fit(self, X, y=None):
        """Extend the vocabulary by the codes of `X`.

        Parameters
        ----------
        X : integers of any shape, or lists of integers
        y : ignored

        Returns
        -------
        self
        """
        _validation.check_parameters(self)
        first = getattr(self, "_seen", None) is None
        _, codes = self._read(X, reset=first)
        seen = _pdg.counted(codes)
        self._learn({} if first else self._seen, seen, seen)
        _pdg.warn_invalid(self.invalid_codes_, type(self).__name__)
        return self

    def merge(self, other):
        """Extend the vocabulary by the codes that another encoder has seen.

        Parameters
        ----------
        other : encoder of the same class
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
        self._learn(self._seen, other._seen, other._seen_last)
        _pdg.warn_invalid(self.invalid_codes_, type(self).__name__)
        return self

    def _learn(self, before, seen, last):
        total = dict(Counter(before) + Counter(seen))
        self._fix_vocabulary(total, last)
        self._seen = total
        self.invalid_codes_ = _pdg.invalid(total)

    def _fix_vocabulary(self, seen, last):
        self._vocabulary = self._vocabulary_of(seen)
        self._seen_last = last
        self.categories_ = self._vocabulary.categories
        self._lookup = self._vocabulary.table(self._first, self._unknown_value)
        self._unknown = {"codes": self._unknown_codes(self._seen_last)}

    def _vocabulary_of(self, seen):
        known = _pdg.codes_of(self.categories, seen)
        return _pdg.Vocabulary.of(known, self.groups, self.antiparticles)

    @property
    def n_unknown_(self):
        """Codes without a category in the last call, those of padding not counted."""
        check_is_fitted(self)
        return sum(self._unknown["codes"].values())

    @property
    def unknown_codes_(self):
        """Code to occurrences of the unknown ones in the last call."""
        check_is_fitted(self)
        return dict(self._unknown["codes"])

    def _unknown_codes(self, counts):
        known = self._vocabulary.members
        fold = abs if self.antiparticles == "merge" else int
        return {code: n for code, n in counts.items() if fold(code) not in known}

    def _folded(self, codes):
        if self.antiparticles == "separate" or codes.dtype.kind == "u":
            return codes
        # -128 has no opposite among integers of eight bits
        return np.abs(codes, dtype=np.promote_types(codes.dtype, np.int32))

    def _encode(self, codes):
        """Positions in the vocabulary, unknown ones counted and treated."""
        found = self._lookup.find(self._folded(codes))
        unknown = np.asarray(codes)[found == self._unknown_value]
        counts = _pdg.counted(unknown) if unknown.size else {}
        self._unknown["codes"] = counts
        if counts:
            _pdg.warn_invalid(_pdg.invalid(counts), type(self).__name__)
        if counts and self.handle_unknown == "error":
            msg = (
                f"{type(self).__name__}: PDG codes that fit did not see: "
                f'{_pdg.occurrences(counts)}; handle_unknown="other" gives them a category'
            )
            raise ValueError(msg)
        return found

    def _read(self, X, *, reset):
        """(`X` without its container, codes of any shape)."""
        owner, X = type(self).__name__, _frames.as_lists(X)
        if _jagged.is_jagged(X):
            particles = _jagged.flatten(X, owner)
            if reset:
                _validation.check_feature_names(self, X, reset=True)
                self._n_columns = None
            # each by its own type: together, integers and floats would all be floats
            codes = [_pdg.as_codes(values, owner, of="particle") for values in particles.values]
            return particles, np.stack(codes, axis=1)
        masked = np.ma.isMaskedArray(X)
        if not masked:
            X = self._read_array(X, reset)
        elif reset:
            self._n_columns = None
        codes = _pdg.as_codes(np.ma.getdata(X), owner)
        # whatever was written into the padding is no particle
        return X, np.where(np.ma.getmaskarray(X), 0, codes) if masked else codes

    def _read_array(self, X, reset):
        """`X` checked as scikit-learn does, if it is a table or was one in `fit`."""
        owner = type(self).__name__
        n_axes = X.ndim if hasattr(X, "ndim") else _floats.as_array(X, f"{owner}: X").ndim
        if n_axes == 2 and is_frame(X) and not X.shape[1]:
            msg = f"{owner}: 0 feature(s) (shape={X.shape}) while a minimum of 1 is required."
            raise ValueError(msg)
        if reset and n_axes != 2:
            self._n_columns = None
        if n_axes == 2 if reset else n_axes < 3 and self._n_columns is not None:
            X = _exact_columns(X, type(self).__name__) if is_frame(X) else X
            X = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)
        X = np.asarray(X)
        if reset and n_axes == 2:
            self._n_columns = X.shape[1]
        return X

    def __sklearn_is_fitted__(self):
        return getattr(self, "_seen", None) is not None

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.three_d_array = True
        # codes come in, tokens or zeros and ones come out
        tags.transformer_tags.preserves_dtype = []
        return tags


def folded_counts(counts, antiparticles):
    """Counts of the codes, those of antiparticles with their particles if these are merged."""
    out = Counter()
    for code, times in counts.items():
        out[abs(code) if antiparticles == "merge" else code] += times
    return out


def _exact_columns(frame, owner):
    """A frame of codes as integers, each column by its own type: together some would be rounded."""
    if frame.dtypes.nunique() < 2 and isinstance(next(iter(frame.dtypes), None), np.dtype):
        return frame
    columns = {
        at: _pdg.as_codes(_frames.column_values(frame.iloc[:, at]), f"{owner}: column {name!r}")
        for at, name in enumerate(frame.columns)
    }
    return pd.DataFrame(columns, index=frame.index).set_axis(frame.columns, axis=1)


def with_mask(values, X):
    """`values` as a masked array with the padding of `X`, (n, length) or (n, length, fields)."""
    mask = np.ma.getmaskarray(X)
    if values.ndim == 4:
        values = values.reshape(*values.shape[:2], -1)
        mask = mask.all(axis=2)
    if values.ndim > mask.ndim:
        mask = np.broadcast_to(mask[..., None], values.shape)
    return np.ma.MaskedArray(values, mask=mask.copy(), fill_value=0)
