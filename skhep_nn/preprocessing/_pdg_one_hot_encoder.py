"""PDG codes to one-hot columns."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _columns, _frames
from skhep_nn._columns import is_frame
from skhep_nn.preprocessing import _jagged
from skhep_nn.preprocessing._pdg_encoder import PDGEncoder, with_mask


class PDGOneHotEncoder(PDGEncoder):
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
            return with_mask(hot, X)
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


def _hot_lists(particles, hot):
    rows = hot.reshape(len(hot), -1)
    values = [rows[:, at] for at in range(rows.shape[1])]
    if particles.container != "awkward":
        return _jagged.Jagged(particles.counts, values).rebuilt()
    ak = _jagged.require("awkward", "io")
    return ak.unflatten(ak.from_numpy(rows, regulararray=True), particles.counts)
