"""Decay trees as nested strings, and these as tokens for an embedding."""

from __future__ import annotations

from collections import Counter
from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _floats, _frames, _labels, _masks, _validation
from skhep_nn._columns import is_blocks, is_frame, names
from skhep_nn._validation import Interval, StrOptions
from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import _decay_string_tree as _tree
from skhep_nn.preprocessing import _jagged
from skhep_nn.preprocessing import _pdg_vocabulary as _pdg
from skhep_nn.preprocessing._merging import check_alike
from skhep_nn.preprocessing._padder import LONGEST, pad

# padding, other and two brackets
_N_FIXED = 4


def decay_strings(pdg, mother_index):
    """Decay strings of events: ``' 521 (--> -421 211 <--)'``.

    Each particle is ``' {PDG}'``; where it has daughters, ``' (-->'``, the daughters and
    ``' <--)'`` follow, nested to any depth (the format of smartBKG).

    Parameters
    ----------
    pdg : array of int of shape (n_events, length), or lists of particles
        PDG codes; 0 is padding in a rectangular array. Lists as for `SequencePadder`.
    mother_index : array of int of shape (n_events, length), or lists of particles
        Position of each particle's mother in its event; negative for none.

    Returns
    -------
    ndarray of str (object) of shape (n_events,)

    Raises
    ------
    ValueError
        If a mother index is beyond the event, or mothers go round in a circle.

    Examples
    --------
    >>> decay_strings([[521, -421, 211, 0]], [[-1, 0, 0, -1]]).tolist()
    [' 521 (--> -421 211 <--)']
    """
    return _tree.to_strings(_symbols_of_arrays(pdg, mother_index, "decay_strings"))


class DecayStringTokenizer(TransformerMixin, BaseEstimator):
    """Decay strings to tokens, one row of `max_length` per event, padding behind.

    Parameters
    ----------
    max_length : int, default=150
        Tokens per event; the tail of a longer string is cut.
    categories : {"auto", "all"} or list of int, default="auto"
        The PDG codes that get a token: those that `fit` saw, every particle that `particle`
        knows, or these in this order.
    handle_unknown : {"other", "error"}, default="other"
        Whether other codes get token 1 or are an error. None is left out.
    pdg, mother_index : str, default="pdg", "mother_index"
        Names of the columns or blocks with PDG codes and indices of mothers.
    vocabulary_size : int, default=None
        Number of tokens whatever codes there are, as of `PDGTokenizer`.

    Attributes
    ----------
    vocabulary_ : tuple
        What each token stands for: "padding", "other", "(-->", "<--)", then `categories_`.
    categories_ : tuple of int
        PDG codes of the tokens from 4 on.
    n_truncated_ : int
        Tokens that were cut in the last `fit` or `transform`.
    n_truncated_events_ : int
        Events that lost them.
    n_unknown_ : int
        Particles without a token of their own in the last `fit` or `transform`.
    unknown_codes_ : dict of int to int
        Their codes, and how often.
    invalid_codes_ : dict of int to int
        Codes in the data of `fit` that are no valid PDG ids, and how often; a warning names them.

    Raises
    ------
    ValueError
        If a string has parts that are neither PDG code nor bracket, or brackets that do not match;
        if mother indices make no tree; if a code is unknown while ``handle_unknown="error"``; if
        `vocabulary_size` has no room for the codes given as `categories`.

    See Also
    --------
    decay_strings : The strings themselves.

    Notes
    -----
    Data are strings (a list, an array, a Series, or a table of one column), or a DataFrame with
    list columns, `EventBlocks` or an awkward array with the fields `pdg` and `mother_index`, or an
    array of shape (n_events, length, 2) with the two; in rectangular ones a code of 0 is padding.

    Examples
    --------
    >>> tokenizer = DecayStringTokenizer(max_length=6)
    >>> tokenizer.fit_transform([" 521 (--> -421 211 <--)", " 22"]).tolist()
    [[7, 2, 6, 5, 3, 0], [4, 0, 0, 0, 0, 0]]
    >>> tokenizer.vocabulary_
    ('padding', 'other', '(-->', '<--)', 22, 211, -421, 521)
    """

    _takes_sequences = True
    _takes_blocks = True
    _learns = True

    _parameter_constraints: ClassVar[dict] = {
        "max_length": [Interval(Integral, 1, LONGEST, closed="both")],
        "categories": [StrOptions({"auto", "all"}), "array-like"],
        "handle_unknown": [StrOptions({"other", "error"})],
        "pdg": [str],
        "mother_index": [str],
        "vocabulary_size": [Interval(Integral, 1, LONGEST, closed="both"), None],
    }

    def __init__(
        self,
        max_length=150,
        *,
        categories="auto",
        handle_unknown="other",
        pdg="pdg",
        mother_index="mother_index",
        vocabulary_size=None,
    ):
        self.max_length = max_length
        self.categories = categories
        self.handle_unknown = handle_unknown
        self.pdg = pdg
        self.mother_index = mother_index
        self.vocabulary_size = vocabulary_size

    def fit(self, X, y=None):
        """Fix the vocabulary.

        Parameters
        ----------
        X : decay strings, or particles with mothers, see Notes
        y : ignored

        Returns
        -------
        self
        """
        # a fit that fails leaves nothing that could be taken for fitted
        self._seen = None
        return self.partial_fit(X)

    def partial_fit(self, X, y=None):
        """Extend the vocabulary by the codes of `X`.

        Parameters
        ----------
        X : decay strings, or particles with mothers, see Notes
        y : ignored

        Returns
        -------
        self
        """
        _validation.check_parameters(self)
        symbols = self._symbols(X)
        seen = _counts_of(symbols)
        self._learn(getattr(self, "_seen", None) or {}, seen)
        _pdg.warn_invalid(self.invalid_codes_, type(self).__name__)
        self._counts = {}
        self._count(symbols, seen)
        return self

    def merge(self, other):
        """Extend the vocabulary by the codes that another tokenizer has seen.

        Parameters
        ----------
        other : DecayStringTokenizer
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
        self._learn(self._seen, other._seen)
        _pdg.warn_invalid(self.invalid_codes_, type(self).__name__)
        self._counts = dict(other._counts)
        return self

    def _learn(self, before, seen):
        total = dict(Counter(before) + Counter(seen))
        self.categories_ = self._categories(total)
        self._seen = total
        self.invalid_codes_ = _pdg.invalid({c: n for c, n in total.items() if c != 0})
        first = len(self.vocabulary_) - len(self.categories_)
        tokens = range(first, len(self.vocabulary_))
        self._lookup = _pdg.CodeTable(self.categories_, tokens, unknown=1)

    def transform(self, X):
        """Tokenise.

        Parameters
        ----------
        X : decay strings, or particles with mothers, see Notes

        Returns
        -------
        ndarray of int32 of shape (n_events, max_length)
        """
        check_is_fitted(self)
        symbols = self._symbols(X)
        self._count(symbols, _counts_of(symbols))
        unknown = self._counts["unknown"]
        if unknown and self.handle_unknown == "error":
            msg = f"{type(self).__name__}: unknown PDG codes: {_pdg.occurrences(unknown)}"
            raise ValueError(msg)
        token_of = np.concatenate([[2, 3], self._lookup.find(symbols.codes)]).astype(np.int32)
        tokens = token_of[symbols.symbols]
        padded = pad(_jagged.Jagged(symbols.counts, [tokens]), self.max_length)
        return padded.data[..., 0]

    def __sklearn_is_fitted__(self):
        return getattr(self, "_seen", None) is not None

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags

    @property
    def vocabulary_(self):
        check_is_fitted(self, "categories_")
        return ("padding", "other", _tree.OPEN, _tree.CLOSE, *self.categories_)

    @property
    def n_truncated_(self):
        check_is_fitted(self)
        return self._counts["tokens"]

    @property
    def n_truncated_events_(self):
        check_is_fitted(self)
        return self._counts["events"]

    @property
    def n_unknown_(self):
        check_is_fitted(self)
        return sum(self._counts["unknown"].values())

    @property
    def unknown_codes_(self):
        check_is_fitted(self)
        return dict(self._counts["unknown"])

    def _categories(self, seen):
        codes = _pdg.codes_of(self.categories, seen)
        if self.vocabulary_size is None:
            return codes
        is_auto = isinstance(self.categories, str) and self.categories == "auto"
        room = max(0, self.vocabulary_size - _N_FIXED)
        codes = _pdg.most_frequent(codes, seen, room) if is_auto else codes
        _pdg.check_room(len(codes), self.vocabulary_size, _N_FIXED, type(self).__name__)
        return codes

    def _count(self, symbols, seen):
        surplus = symbols.counts - self.max_length
        self._counts["tokens"] = int(surplus[surplus > 0].sum())
        self._counts["events"] = int((surplus > 0).sum())
        known = set(self.categories_)
        self._counts["unknown"] = {code: n for code, n in seen.items() if code not in known}

    def _check_fields(self, X):
        missing = [name for name in (self.pdg, self.mother_index) if name not in X.fields]
        if missing:
            msg = f"{type(self).__name__}: X has no field {missing[0]!r}; it has {X.fields}"
            raise ColumnError(msg)

    def _symbols(self, X):
        owner = type(self).__name__
        if _floats.is_awkward(X):
            self._check_fields(X)
            return _symbols_of_arrays(X[self.pdg], X[self.mother_index], owner)
        X = _frames.as_lists(X)
        if (is_frame(X) or is_blocks(X)) and {self.pdg, self.mother_index} <= set(names(X)):
            arrays = [_array_of(X, name) for name in (self.pdg, self.mother_index)]
            return _symbols_of_arrays(*arrays, owner)
        if is_blocks(X) or (is_frame(X) and X.shape[1] != 1):
            msg = (
                f"{owner}: needs decay strings or the columns {self.pdg!r} and "
                f"{self.mother_index!r} (other names: pdg=, mother_index=), X has {names(X)}"
            )
            raise ColumnError(msg)
        if getattr(X, "ndim", 1) == 3:
            if X.shape[2] != 2:
                msg = (
                    f"{owner}: X has shape {X.shape}, needed is (n_events, length, 2) with PDG "
                    "codes and mother indices"
                )
                raise ValueError(msg)
            return _symbols_of_arrays(X[..., 0], X[..., 1], owner)
        return _tree.of_strings(_strings(X, owner), owner)


def _counts_of(symbols):
    times = np.bincount(symbols.symbols, minlength=len(symbols.codes) + _tree.FIRST_CODE)
    return dict(zip(symbols.codes.tolist(), times[_tree.FIRST_CODE :].tolist(), strict=True))


def _strings(X, owner):
    strings = _floats.as_array(np.asarray(_masks.unmasked(X, owner), dtype=object), owner)
    if strings.ndim == 2 and strings.shape[1] == 1:
        strings = strings[:, 0]
    missing = _labels.missing(strings)
    if strings.ndim != 1 or not all(isinstance(s, str) for s in strings[~missing]):
        odd = next((s for s in strings.reshape(-1) if not isinstance(s, str)), None)
        msg = (
            f"{owner}: expected decay strings, one per event, got an array of shape "
            f"{strings.shape} of {type(odd).__name__}"
        )
        raise ValueError(msg)
    if missing.any():
        first = int(np.argmax(missing))
        msg = (
            f"{owner}: {missing.sum()} events have no decay string (null), the first is event "
            f"{first}"
        )
        raise ValueError(msg)
    return strings


def _symbols_of_arrays(pdg, mother_index, owner):
    counts, codes, entries = _flat(pdg, owner)
    mother_counts, mothers, _ = _flat(mother_index, owner)
    if not np.array_equal(counts, mother_counts):
        where = "the number of events"
        if len(counts) == len(mother_counts):
            where = f"event {int(np.flatnonzero(counts != mother_counts)[0])}"
        msg = f"{owner}: PDG codes and mother indices differ in length in {where}"
        raise ValueError(msg)
    _check_same_padding(pdg, mother_index, owner)
    _tree.check_mothers(mothers, counts, owner)
    if entries is not None and not entries.all():
        counts, codes, mothers = _without_padding(counts, codes, mothers, entries, owner)
    return _tree.of_tree(counts, codes, mothers, owner)


def _check_same_padding(pdg, mother_index, owner):
    """Raise if a mother index is masked whose particle is not."""
    if not np.ma.is_masked(mother_index):
        return
    bad = np.ma.getmaskarray(mother_index) & ~np.ma.getmaskarray(pdg)
    bad &= np.ma.getdata(pdg) != 0
    if bad.any():
        msg = (
            f"{owner}: {bad.sum()} mother indices are masked and their particles are not, the "
            f"first in event {int(np.argwhere(bad)[0][0])}"
        )
        raise ValueError(msg)


def _flat(X, owner):
    """Counts, values, and in rectangular arrays which values are particles (else None)."""
    if _jagged.is_jagged(X):
        particles = _jagged.flatten(X, owner)
        return particles.counts, _integers(particles.values[0], owner, of="particle"), None
    values = _integers(np.ma.getdata(X), owner)
    if values.ndim != 2:
        msg = f"{owner}: needs arrays of shape (n_events, length), got {values.shape}"
        raise ValueError(msg)
    masked = np.ma.getmaskarray(X).reshape(-1)
    flat = values.reshape(-1)
    return np.full(len(values), values.shape[1]), flat, (flat != 0) & ~masked


def _integers(values, owner, of="event"):
    return _pdg.as_codes(values, owner, of).astype(np.int64)


def _without_padding(counts, codes, mothers, entries, owner):
    """Particles only, with mothers counted among them."""
    starts = np.cumsum(counts) - counts
    event = np.repeat(np.arange(len(counts)), counts)
    place = np.cumsum(entries) - 1
    place -= (np.cumsum(entries) - entries)[starts][event] if len(event) else 0
    has_mother = entries & (mothers >= 0)
    target = (starts[event] + mothers)[has_mother]
    if not entries[target].all():
        first = event[has_mother][np.flatnonzero(~entries[target])[0]]
        msg = f"{owner}: event {first} has a mother index that points to padding (PDG code 0)"
        raise ValueError(msg)
    mothers = np.where(mothers < 0, -1, mothers)
    mothers[has_mother] = place[target]
    n_particles = np.bincount(event[entries], minlength=len(counts))
    return n_particles, codes[entries], mothers[entries]


def _array_of(X, name):
    """A column of a table, or a block with its mask."""
    if not is_blocks(X) or getattr(X, "mask", None) is None or X.mask(name) is None:
        return X[name]
    return np.ma.MaskedArray(np.asarray(X[name]), mask=~np.asarray(X.mask(name)))
