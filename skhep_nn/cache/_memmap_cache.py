"""MemmapCache: the end of a preprocessing pipeline whose outcome goes to disk once."""

from __future__ import annotations

import errno
from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _columns, _validation
from skhep_nn.cache import _digest, _layout, _manifest, _store
from skhep_nn.exceptions import CacheError
from skhep_nn.preprocessing._optional_columns import as_table


class MemmapCache(TransformerMixin, BaseEstimator):
    """Write events to disk once, and give them back as memory maps.

    It stands at the end of a preprocessing Pipeline, before a classifier, which then trains from
    disk. The same events (by their digest) are not written again but mapped; others, or other
    parameters, make another cache in the same directory: those of training and validation events
    live side by side, and nothing is overwritten.

    Parameters
    ----------
    directory : path
        Each cache is a folder in it, named by its digest: a ``.npy`` file for each block, and a
        ``cache.json``.
    dtype : dtype or None, default="float32"
        Type in which features that are no whole numbers are stored. Whole numbers, booleans and
        event weights (a column or block "weight", or a block of that kind) keep their type; with
        None all do.
    chunk_size : int, default=100_000
        Events that are read, converted and written at a time.
    exclude : str or sequence of str, default=()
        Columns or blocks that keep their type and may be absent at application, such as event
        weights of another name; a column or block "weight" need not be named.
    verify : bool, default=False
        When a cache is there already, read all of it and compare with its digests.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only after a fit on a DataFrame.

    Raises
    ------
    CacheError
        If the disk is full. Nothing is left then.
    ColumnError
        If a column is no number, does not fit in `dtype`, or differs from those of fit.
    FileFormatError
        If a cache that is there was damaged.

    See Also
    --------
    build_cache : For events that do not fit in memory before they are cached.
    open_cache : A cache by its directory.

    Notes
    -----
    An array comes back as a `numpy.memmap`, read-only. `EventBlocks` come back as such. A
    DataFrame comes back as `EventBlocks` with a block for each column: all classifiers of the
    package take these as the columns of a table, by the same names, weight column included.

    At application to small samples the step only costs time and disk space; leave it out with
    ``pipeline.set_params(<name of the step>="passthrough")``.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from skhep_nn.cache import MemmapCache
    >>> events = pd.DataFrame({"pt": [20.0, 60.0], "weight": [0.1, 0.3]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     blocks = MemmapCache(folder).fit_transform(events)
    >>> blocks
    EventBlocks of 2 events: pt () features, weight () weight
    >>> blocks["pt"].dtype, blocks["weight"].dtype
    (dtype('float32'), dtype('float64'))
    """

    _parameter_constraints: ClassVar[dict] = {
        "chunk_size": [_validation.Interval(Integral, 1, None, closed="left")],
        "exclude": ["array-like", str],
        "verify": ["boolean"],
    }

    _keeps_columns = True

    def __init__(self, directory, *, dtype="float32", chunk_size=100_000, exclude=(), verify=False):
        self.directory = directory
        self.dtype = dtype
        self.chunk_size = chunk_size
        self.exclude = exclude
        self.verify = verify

    def fit(self, X, y=None):
        """Remember the columns; nothing is written.

        Parameters
        ----------
        X : EventBlocks, DataFrame, or array of shape (n_events, ..., n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._check_parameters()
        X = as_table(X, min_events=1)
        _layout.as_blocks(X, self.dtype, _columns.as_list(self.exclude))
        _validation.check_feature_names(self, X, reset=True)
        optional = [name for name in _columns.names(X) or () if self._may_be_absent(X, name)]
        self._fitted = _columns.FittedColumns.of(X, optional)
        self.n_features_in_ = self._fitted.n_columns
        return self

    def transform(self, X):
        """The events of `X` as memory maps, written if they are not there.

        Parameters
        ----------
        X : EventBlocks, DataFrame, or array of shape (n_events, ..., n_features)
            With the columns of fit, in their order.

        Returns
        -------
        EventBlocks or numpy.memmap
        """
        check_is_fitted(self)
        self._check_parameters()
        X = as_table(X, min_events=1)
        if (self._fitted.names is None) != (_columns.names(X) is None):
            _validation.check_feature_names(self, X, reset=False)
        self._fitted.present(X, type(self).__name__)
        return self._mapped(*_layout.as_blocks(X, self.dtype, _columns.as_list(self.exclude)))

    def _mapped(self, layout, blocks):
        parameters = self._described()
        digest = _digest.of_blocks(blocks, self.chunk_size)
        key = _manifest.digest([layout, digest, parameters])
        directory = _store.resolved(self.directory)
        if directory.is_dir():
            _store.sweep(directory)

        def write(folder):
            self._write(folder, layout, blocks, digest, key)

        return _store.ensure(directory / key, [key], write, verify=self.verify)[1]

    def _write(self, folder, layout, blocks, digest, key):
        parameters = self._described()
        writer = _store.CacheWriter(folder, self.dtype, parameters["exclude"])
        try:
            writer.write(blocks["X"] if layout == _layout.ARRAY else blocks, self.chunk_size)
            if _digest.of_blocks(blocks, self.chunk_size) != digest:
                msg = "the events changed while they were written to the cache; transform again"
                raise CacheError(errno.EBUSY, msg)
            writer.finish(keys=[key], source={"blake2b": digest}, parameters=parameters)
        finally:
            writer.close()

    def _described(self):
        dtype = None if self.dtype is None else np.dtype(self.dtype).str
        return {"dtype": dtype, "exclude": sorted(_columns.as_list(self.exclude), key=str)}

    def _may_be_absent(self, X, name):
        if name in _columns.as_list(self.exclude) or name == "weight":
            return True
        return _columns.is_blocks(X) and X.kinds[name].name == "weight"

    def _check_parameters(self):
        _validation.check_parameters(self)
        _layout.type_of(self.dtype)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags
