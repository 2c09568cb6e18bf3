"""Columns or blocks in, `EventBlocks` out: a transformer for each block."""

from __future__ import annotations

import copy
import difflib
import functools
import types

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _columns, _composition, _unread, _validation
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import _block_columns as _input
from skhep_nn.preprocessing import _block_join, _merging, _shared_vocabulary
from skhep_nn.preprocessing import _block_parts as _parts
from skhep_nn.preprocessing._merging import check_alike

_OWN = ("transformers", "weight_column", "join")


class _IfPartsCan:
    """A method that is there if every part can do it; the error says which cannot, and why.

    scikit-learn's ``available_if`` says only that the method is not there.
    """

    def __init__(self, method):
        self.method = method
        functools.update_wrapper(self, method)

    def __get__(self, transformer, owner=None):
        if transformer is None:
            return self.method
        parts = getattr(transformer, "transformers_", None) or transformer.transformers
        for name, part, _ in parts:
            why = self.why_not(part)
            if why:
                msg = f"{owner.__name__} has no {self.method.__name__}: block {name!r} {why}"
                raise AttributeError(msg)
        return types.MethodType(self.method, transformer)


class _IfPartsCanStream(_IfPartsCan):
    """If every part can be fitted on portions."""

    @staticmethod
    def why_not(part):
        why = _parts.why_not_streamed(part)
        return why and f"cannot be fitted by partial_fit, only by fit, because {why}"


class _IfPartsCanMerge(_IfPartsCan):
    """If what every part learns can be merged."""

    @staticmethod
    def why_not(part):
        can = isinstance(part, str) or _merging.can_merge(part)
        return "" if can else f"cannot be merged, since {part!r:.60} has no merge"


class BlockTransformer(TransformerMixin, BaseEstimator):
    """Make blocks of a table or of other blocks, each by its own transformer.

    It is scikit-learn's ``ColumnTransformer`` with `EventBlocks` as the outcome: nothing is
    stacked, each part keeps its shape, its mask and its vocabulary.

    Parameters
    ----------
    transformers : list of (name, transformer, columns)
        For each block its name, a transformer, a Pipeline of such, or "passthrough", and the
        columns or blocks that go in: a name, a position, a list of these, a slice of positions, a
        boolean mask, or a callable that gets `X` and returns one of these.
    weight_column : str or int, default=None
        Column or block with the event weights: passes unchanged as a block of kind "weight"
        under its own name ("weight" for a position in an array). At application it may be absent.
    join : dict of str to list of str, default=None
        Blocks that are put side by side, in this order, as one of the name given: features of
        particles that need different transformers. They must have the same entries.

    Attributes
    ----------
    transformers_ : list of (name, fitted transformer, columns)
    named_transformers_ : Bunch
        The fitted transformers by name.
    n_features_in_ : int
        Number of columns or blocks in the data of `fit`.
    feature_names_in_ : ndarray of str
        Only after a fit on a DataFrame.

    Raises
    ------
    ValueError
        If `transformers` is no list of such triples, or a name comes twice; if blocks that are to
        be joined differ in their entries.
    ColumnError
        If a column that a block reads is missing or in another place than in fit, or the weight
        column is an input of a block.

    See Also
    --------
    SequencePadder, PDGTokenizer, PDGOneHotEncoder, DecayStringTokenizer

    Notes
    -----
    **Sequences.** A transformer that knows tables only, such as ``MinMaxScaler`` or
    ``QuantileTransformer``, is fitted on the particles of all events as rows of a table and
    applied to these; the padding is neither seen nor changed by it (where the number of columns
    changes, it is filled with 0). Steps of a Pipeline are treated so one by one, so that
    ``make_pipeline(SequencePadder(20), MinMaxScaler())`` scales the particles only.

    **Other columns.** At application columns that no block reads may be absent, stand anywhere, or
    be new.

    **Streams.** `partial_fit` is there if each part can do it: of its steps one at most learns
    from the data, and has `partial_fit`. `SequencePadder`, an encoder with given categories and
    the like learn nothing.

    **One vocabulary.** Several blocks of a `PDGTokenizer` with the same ``share`` have one.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhep_nn.preprocessing import BlockTransformer, MinMaxScaler, SequencePadder
    >>> events = pd.DataFrame({"met": [10.0, 30.0], "pt": [[5.0, 2.0, 1.0], [3.0]]})
    >>> blocks = BlockTransformer(
    ...     [("event", MinMaxScaler(), ["met"]), ("track", SequencePadder(2), ["pt"])]
    ... ).fit_transform(events)
    >>> blocks
    EventBlocks of 2 events: event (1,) features, track (2, 1) sequence, track_mask (2,) mask
    >>> blocks.mask("track").tolist()
    [[True, True], [True, False]]

    Charges as five columns behind the momentum of each particle:

    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> events = pd.DataFrame({"pt": [[5.0, 2.0], [3.0]], "charge": [[1, 0], [-1]]})
    >>> charges = OneHotEncoder(categories=[[-2, -1, 0, 1, 2]])
    >>> BlockTransformer(
    ...     [
    ...         ("momentum", SequencePadder(2), ["pt"]),
    ...         ("charge", make_pipeline(SequencePadder(2), charges), ["charge"]),
    ...     ],
    ...     join={"particle": ["momentum", "charge"]},
    ... ).fit_transform(events)
    EventBlocks of 2 events: particle (2, 6) sequence, particle_mask (2,) mask
    """

    def __init__(self, transformers, *, weight_column=None, join=None):
        self.transformers = transformers
        self.weight_column = weight_column
        self.join = join

    def get_params(self, deep=True):
        """Parameters, with ``deep`` those of the transformers too, as ``<name>__<parameter>``."""
        out = super().get_params(deep=False)
        if not deep or not _are_triples(self.transformers):
            return out
        for name, transformer, _ in self.transformers:
            out[name] = transformer
            if hasattr(transformer, "get_params"):
                nested = transformer.get_params(deep=True)
                out.update({f"{name}__{key}": value for key, value in nested.items()})
        return out

    def set_params(self, **params):
        """Set parameters, whole transformers (by name) or parameters of these.

        Returns
        -------
        self
        """
        for own in _OWN:
            if own in params:
                setattr(self, own, params.pop(own))
        nested = {}
        for key, value in params.items():
            name, _, parameter = key.partition("__")
            self._check_name(name, key)
            nested.setdefault(name, {})[parameter] = value
        for name, values in nested.items():
            if "" in values:
                self._replace(name, values.pop(""))
            if values:
                {n: t for n, t, _ in self.transformers}[name].set_params(**values)
        return self

    def _check_name(self, name, key):
        known = [n for n, _, _ in self.transformers]
        if name not in known:
            near = difflib.get_close_matches(name, [*known, *_OWN], n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"blocks are {known}"
            msg = f"{key!r} is no parameter of {type(self).__name__}; {hint}"
            raise ValueError(msg)

    def _replace(self, name, transformer):
        self.transformers = [
            (n, transformer if n == name else t, c) for n, t, c in self.transformers
        ]

    def fit(self, X, y=None):
        """Fit all transformers.

        Parameters
        ----------
        X : DataFrame, array, EventBlocks, or awkward array of records
        y : array-like of shape (n_events,), default=None
            Passed on to transformers of events, not to those of particles.

        Returns
        -------
        self
        """
        new, X = copy.copy(self), _input.as_input(X, type(self).__name__)
        new._start(X)
        return self._take_over(new, _parts.fit, X, y)

    @_IfPartsCanStream
    def partial_fit(self, X, y=None):
        """Fit on one more portion of the data.

        Parameters
        ----------
        X : DataFrame, array, EventBlocks, or awkward array of records
        y : ignored

        Returns
        -------
        self
        """
        new, X = copy.copy(self), _input.as_input(X, type(self).__name__)
        if hasattr(self, "transformers_"):
            # together, since they hold the same transformers
            lists = {name: vars(self)[name] for name in ("transformers_", "_resolved")}
            vars(new).update(copy.deepcopy(lists))
        else:
            new._start(X)
        return self._take_over(new, _parts.partial_fit, X, y)

    @_IfPartsCanMerge
    def merge(self, other):
        """Merge each transformer with that of another, fitted on other events.

        Parameters
        ----------
        other : BlockTransformer
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
        for (_, one, _), (_, its, _) in zip(self._resolved, other._resolved, strict=True):
            _merging.merge(one, its)
        _shared_vocabulary.share([(name, step) for name, step, _ in self._resolved])
        return self

    def _take_over(self, new, fit, X, y):
        """Fit the parts of `new`, and have what they learnt: all of it or nothing."""
        X = new._read(X)
        for _, transformer, positions in new._resolved:
            fit(transformer, new._part(X, transformer, positions), y)
        _shared_vocabulary.share([(name, step) for name, step, _ in new._resolved])
        vars(self).update(vars(new))
        return self

    def transform(self, X):
        """Make the blocks.

        Parameters
        ----------
        X : DataFrame, array, EventBlocks, or awkward array of records

        Returns
        -------
        EventBlocks
        """
        check_is_fitted(self)
        X = self._read(X)
        blocks, kinds = {}, {}
        for name, transformer, positions in self._resolved:
            part = _parts.transform(transformer, self._part(X, transformer, positions))
            blocks[name], kinds[name] = _parts.finished(transformer, part)
        blocks, kinds = _block_join.join_blocks(self.join, blocks, kinds)
        present = self._present(X)
        if self._weight in present:
            blocks[self._weight_name] = _columns.take_at(X, present.index(self._weight))
            kinds[self._weight_name] = "weight"
        return EventBlocks(blocks, kinds)

    def _passing(self, X):
        """(name of the block, step, the table that it is given) of every step of every block."""
        X = self._read(X)
        for name, transformer, positions in self._resolved:
            part = self._part(X, transformer, positions)
            for step, data in _parts.passing(transformer, part):
                yield name, step, data

    @property
    def named_transformers_(self):
        check_is_fitted(self)
        return Bunch(**{name: transformer for name, transformer, _ in self.transformers_})

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        if _are_triples(self.transformers):
            tags.input_tags.allow_nan = all(_parts.allows_nan(t) for _, t, _ in self.transformers)
        return tags

    def _start(self, X):
        """Check the parameters, find the columns, copy the transformers."""
        _check_triples(self.transformers)
        _block_join.check(self.join, [name for name, _, _ in self.transformers])
        places = [_input.positions_of(X, columns, name) for name, _, columns in self.transformers]
        self._learn_columns(X, places)
        copies = [_parts.copied(transformer) for _, transformer, _ in self.transformers]
        self.transformers_, self._resolved = [], []
        for (name, _, columns), one, place in zip(self.transformers, copies, places, strict=True):
            self.transformers_.append((name, one, columns))
            self._resolved.append((name, one, place))

    def _learn_columns(self, X, places):
        names, n_columns = _columns.names(X), _columns.n_columns(X)
        self._weight, self._weight_name = None, "weight"
        if self.weight_column is not None:
            self._weight = _columns.position(X, self.weight_column, role="weight_column")
            self._weight_name = "weight" if names is None else str(names[self._weight])
        self._check_weight(places)
        used = _input.with_masks(X, {at for place in places for at in place})
        unused = tuple(at for at in range(n_columns) if at not in used)
        self._fitted_columns = _columns.FittedColumns(names, n_columns, unused)
        taken = {*used, self._weight} - {None}
        self._reads = None if names is None else {names[at] for at in taken}
        self.n_features_in_ = n_columns
        _validation.check_feature_names(self, X, reset=True)

    def _check_weight(self, places):
        for (name, _, _), place in zip(self.transformers, places, strict=True):
            if self._weight in place:
                msg = (
                    f"weight_column={self.weight_column!r} is among the columns of block {name!r}; "
                    "event weights are never a feature"
                )
                raise ColumnError(msg)
            self._check_not_weight(name)
        for name in self.join or ():
            self._check_not_weight(name)

    def _check_not_weight(self, name):
        if self._weight is not None and name == self._weight_name:
            msg = f"block {name!r} would have the name of the block of event weights"
            raise ValueError(msg)

    def _present(self, X):
        """Positions in fit of the columns of `X`."""
        return self._fitted_columns.present(X, type(self).__name__)

    def _read(self, X):
        """The columns that a block reads and the weights, whatever else `X` has."""
        return _unread.only_read(_input.as_input(X, type(self).__name__), self._reads)

    def _part(self, X, transformer, positions):
        """The columns at `positions` (of fit) as a `Part`."""
        present = self._present(X)
        here = [present.index(at) for at in positions]
        first = _composition.transformers(transformer)[:1]
        return _input.part_of(X, here, as_blocks=any(hasattr(s, "_takes_blocks") for s in first))


def _are_triples(transformers):
    try:
        return all(len(entry) == 3 and isinstance(entry[0], str) for entry in transformers)
    except TypeError:
        return False


def _check_triples(transformers):
    if not _are_triples(transformers) or not len(transformers):
        msg = f"transformers must be a list of (name, transformer, columns): {transformers!r:.100}"
        raise ValueError(msg)
    names = [name for name, _, _ in transformers]
    for name, transformer, _ in transformers:
        if "__" in name or name in _OWN or names.count(name) > 1:
            msg = f"{name!r} cannot name a block: names differ, and have no '__' in them"
            raise ValueError(msg)
        if transformer != "passthrough" and not hasattr(transformer, "transform"):
            msg = f"block {name!r} needs a transformer or 'passthrough', got {transformer!r:.100}"
            raise TypeError(msg)
