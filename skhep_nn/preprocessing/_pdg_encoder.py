"""PDG codes to one-hot columns or to tokens, with one vocabulary for training and application."""

from __future__ import annotations

from collections import Counter
from numbers import Integral
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skhep_nn import _columns, _floats, _frames, _validation
from skhep_nn._columns import is_frame
from skhep_nn._validation import Interval, StrOptions
from skhep_nn.preprocessing import _jagged
from skhep_nn.preprocessing import _pdg_vocabulary as _pdg
from skhep_nn.preprocessing._merging import check_alike


class _PDGEncoder(TransformerMixin, BaseEstimator):
    """What the encoders of PDG codes share: vocabulary, counts, all shapes of data."""

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


class PDGOneHotEncoder(_PDGEncoder):
    """PDG codes to one-hot columns.

    Parameters
    ----------
    categories : {"auto", "all"} or list of int, default="auto"
        The PDG codes that get a column: those that `fit` saw, every particle that `particle`
        knows, or these in this order.
    groups : dict of str to list of int or callable, default=None
        Codes that share a column, by its name. A callable is asked about each code, e.g.
        ``particle.pdgid.is_lepton``. Groups come first.
    handle_unknown : {"other", "error", "ignore"}, default="other"
        What other codes get in `transform`: a column of their own at the end, an error, or zeros.
    antiparticles : {"separate", "merge"}, default="separate"
        Whether an antiparticle has a column of its own or that of its particle.

    Attributes
    ----------
    categories_ : tuple of int or str
        Code or name of the group of each column.
    n_unknown_ : int
        Codes without a category in the last `fit` or `transform`; 0, the padding, is not one.
    unknown_codes_ : dict of int to int
        Which they were, and how often.
    invalid_codes_ : dict of int to int
        Codes in the data of `fit` that are no valid PDG ids, and how often they occur; a warning
        names them. With ``categories="auto"`` they have a column like the others.

    Raises
    ------
    ValueError
        If codes are no integers, or unknown while ``handle_unknown="error"``.

    Notes
    -----
    Arrays of any shape ``(...)`` become ``(..., n_categories)``, the columns of a DataFrame become
    columns of a 2-D array, and lists of codes become lists of rows. Code 0 is padding: zeros in
    all columns. Names are those of the scikit-hep package `particle`.

    Examples
    --------
    >>> encoder = PDGOneHotEncoder().fit([[321, -211], [22, 0]])
    >>> encoder.get_feature_names_out().tolist()
    ['pdg_gamma', 'pdg_pi-', 'pdg_K+', 'pdg_other']
    >>> encoder.transform([[-211, 0], [13, 0]])[:, 0].tolist()
    [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    >>> encoder.n_unknown_, encoder.unknown_codes_
    (1, {13: 1})
    """

    _first = 1

    @property
    def _unknown_value(self):
        return 1 + len(self._vocabulary.categories)

    def transform(self, X):
        """One-hot encode.

        Parameters
        ----------
        X : integers of any shape, or lists of integers

        Returns
        -------
        ndarray of float32 of shape (..., n_categories), or lists of such rows
        """
        check_is_fitted(self)
        X = _frames.as_lists(X)
        source, codes = self._read(X, reset=False)
        hot = self._rows()[self._encode(codes)]
        if isinstance(source, _jagged.Jagged):
            return _hot_lists(source, hot)
        if is_frame(X):
            return hot.reshape(len(hot), -1)
        if np.ma.isMaskedArray(X):
            return _with_mask(hot, X)
        return hot

    def _rows(self):
        """Row 0 for padding, one per category, the last for unknown codes."""
        n_columns = len(self.categories_) + (self.handle_unknown == "other")
        return np.eye(len(self.categories_) + 2, n_columns, k=-1, dtype=np.float32)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns, ``pdg_K+`` or, in a DataFrame, ``<column>_K+``.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; only those of fit will do.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        prefixes = self._prefixes(input_features)
        names = self._vocabulary.names() + ["other"] * (self.handle_unknown == "other")
        return np.array([f"{prefix}_{name}" for prefix in prefixes for name in names], dtype=object)

    def _prefixes(self, input_features):
        fitted = getattr(self, "feature_names_in_", None)
        if input_features is None:
            return ["pdg"] if fitted is None else fitted
        input_features = _columns.input_features(input_features)
        if fitted is not None and input_features != list(fitted):
            msg = f"input_features is not equal to feature_names_in_ {list(fitted)}"
            raise ValueError(msg)
        return input_features


class PDGTokenizer(OneToOneFeatureMixin, _PDGEncoder):
    """PDG codes to dense integers for an embedding: 0 is padding, 1 an unknown code.

    Parameters
    ----------
    categories : {"auto", "all"} or list of int, default="auto"
        The PDG codes that get a token: those that `fit` saw, every particle that `particle`
        knows, or these in this order.
    groups : dict of str to list of int or callable, default=None
        Codes that share a token, by its name. A callable is asked about each code, e.g.
        ``particle.pdgid.is_lepton``. Groups come first.
    handle_unknown : {"other", "error", "ignore"}, default="other"
        What other codes get in `transform`: token 1, an error, or token 0 as if not there.
    antiparticles : {"separate", "merge"}, default="separate"
        Whether an antiparticle has a token of its own or that of its particle.
    share : str, default=None
        Tokenizers in one `BlockTransformer` with the same `share`, and that of the block of this
        name, have one vocabulary, that of all their codes, as an embedding that they share needs.
        Elsewhere it does nothing.
    vocabulary_size : int, default=None
        Number of tokens whatever codes there are: tokens of no code are left free, and of too many
        codes the rarest are unknown. A network then has the same shape with whatever files it is
        trained. None is as many as there are codes.

    Attributes
    ----------
    categories_ : tuple of int or str
        Code or name of the group of the tokens from 2 on.
    vocabulary_ : tuple
        What each token stands for: "padding", "other", then `categories_`.
    n_unknown_ : int
        Codes without a category in the last `fit` or `transform`; 0, the padding, is not one.
    unknown_codes_ : dict of int to int
        Which they were, and how often.
    invalid_codes_ : dict of int to int
        Codes in the data of `fit` that are no valid PDG ids, and how often they occur; a warning
        names them. With ``categories="auto"`` they have a token like the others.

    Raises
    ------
    ValueError
        If codes are no integers, or unknown while ``handle_unknown="error"``; if `vocabulary_size`
        has no room for the codes given as `categories`, or for the groups.

    Examples
    --------
    >>> tokenizer = PDGTokenizer().fit([211, -211, 22, 0])
    >>> tokenizer.vocabulary_
    ('padding', 'other', 22, 211, -211)
    >>> tokenizer.transform([[211, 0], [321, 22]]).tolist()
    [[3, 0], [1, 2]]
    """

    _first = 2
    _unknown_value = 1

    _parameter_constraints: ClassVar[dict] = {
        **_PDGEncoder._parameter_constraints,
        "share": [str, None],
        "vocabulary_size": [Interval(Integral, 1, 2**31 - 1, closed="both"), None],
    }

    def __init__(
        self,
        categories="auto",
        *,
        groups=None,
        handle_unknown="other",
        antiparticles="separate",
        share=None,
        vocabulary_size=None,
    ):
        super().__init__(
            categories, groups=groups, handle_unknown=handle_unknown, antiparticles=antiparticles
        )
        self.share = share
        self.vocabulary_size = vocabulary_size

    def _have_seen(self, counts):
        """Have a vocabulary with the codes of tokenizers of other blocks, too."""
        self._also_seen = dict(counts)
        self._fix_vocabulary(self._seen, self._seen_last)

    def _vocabulary_of(self, seen):
        seen = dict(Counter(seen) + Counter(getattr(self, "_also_seen", None) or {}))
        vocabulary, size = super()._vocabulary_of(seen), self.vocabulary_size
        if size is None or len(vocabulary.categories) <= size - self._first:
            return vocabulary
        n_groups = len(self.groups or {})
        room = max(size - self._first, n_groups) - n_groups
        if isinstance(self.categories, str) and self.categories == "auto":
            codes = vocabulary.categories[n_groups:]
            codes = _pdg.most_frequent(codes, _folded_counts(seen, self.antiparticles), room)
            vocabulary = _pdg.Vocabulary.of(codes, self.groups, self.antiparticles)
        _pdg.check_room(len(vocabulary.categories), size, self._first, type(self).__name__)
        return vocabulary

    @property
    def vocabulary_(self):
        check_is_fitted(self)
        return ("padding", "other", *self.categories_)

    def transform(self, X):
        """Look the tokens up.

        Parameters
        ----------
        X : integers of any shape, or lists of integers

        Returns
        -------
        ndarray of int32 of the shape of `X`, or lists of tokens in the container of `X`
        """
        check_is_fitted(self)
        X = _frames.as_lists(X)
        source, codes = self._read(X, reset=False)
        tokens = self._encode(codes)
        if self.handle_unknown == "ignore":
            tokens[tokens == self._unknown_value] = 0
        if isinstance(source, _jagged.Jagged):
            return source.with_values(list(tokens.T)).rebuilt()
        return _with_mask(tokens, X) if np.ma.isMaskedArray(X) else tokens


def _folded_counts(counts, antiparticles):
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


def _with_mask(values, X):
    """`values` as a masked array with the padding of `X`, (n, length) or (n, length, fields)."""
    mask = np.ma.getmaskarray(X)
    if values.ndim == 4:
        values = values.reshape(*values.shape[:2], -1)
        mask = mask.all(axis=2)
    if values.ndim > mask.ndim:
        mask = np.broadcast_to(mask[..., None], values.shape)
    return np.ma.MaskedArray(values, mask=mask.copy(), fill_value=0)


def _hot_lists(particles, hot):
    rows = hot.reshape(len(hot), -1)
    values = [rows[:, at] for at in range(rows.shape[1])]
    if particles.container != "awkward":
        return _jagged.Jagged(particles.counts, values).rebuilt()
    ak = _jagged.require("awkward", "io")
    return ak.unflatten(ak.from_numpy(rows, regulararray=True), particles.counts)
