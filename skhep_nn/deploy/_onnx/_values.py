"""What flows through the graph: tables of features, sequences, blocks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from skhep_nn.deploy._onnx._registry import NeededColumnError
from skhep_nn.exceptions import ExportError


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name : str or None
    source : int or None
        Position among the columns of X that its values stand in, None if it is made of several.
    raw : bool
        Whether the values are still those of X.
    absent : bool
        Whether the column is no input: event weights and the like, which data do not have.
    """

    name: object = None
    source: int | None = None
    raw: bool = False
    absent: bool = False


@dataclass(frozen=True)
class Features:
    """A table, or sequences of features: values along the last axis.

    Parameters
    ----------
    value : str
        In the graph, of shape (n, n_present) or (n, length, n_present).
    columns : tuple of Column
        All columns of the fit, those that are absent too.
    inner : tuple
        Axes between events and columns: none for a table, the length for sequences (None if it
        is not known).
    mask : str, default=None
        In the graph, booleans of shape (n, length): True for an entry. None: no padding.
    packed : bool
        Whether the entries stand in front of the padding.
    lengths : str, default=None
        In the graph, number of entries of lists that are not made rectangular yet.
    facts : dict of int to dict
        What is known of each column of X: ``"range"`` in training, ``"missing_value"`` and what it
        is ``"filled_with"``; shared by all tables.
    vocabulary : tuple, default=None
        Of tokens.
    """

    value: str
    columns: tuple
    inner: tuple = ()
    mask: str | None = None
    packed: bool = False
    lengths: str | None = None
    facts: dict = field(default_factory=dict)
    vocabulary: tuple | None = None

    @property
    def present(self):
        """Positions of the columns that are there."""
        return [at for at, column in enumerate(self.columns) if not column.absent]

    def need(self, positions):
        """Raise `NeededColumnError` if one of the columns at `positions` is absent."""
        for at in positions:
            if self.columns[at].absent:
                raise NeededColumnError(self.columns[at].source)

    def taken(self, graph, positions):
        """The columns at `positions`, absent ones too."""
        place = {at: k for k, at in enumerate(self.present)}
        here = [place[at] for at in positions if at in place]
        value = self.value
        if here != list(range(len(place))):
            value = graph.take(self.value, here)
        return replace(self, value=value, columns=tuple(self.columns[at] for at in positions))

    def check_width(self, n_columns):
        """Raise if these are not the columns of a fit on `n_columns`."""
        if len(self.columns) != n_columns:
            msg = f"it was fitted on {n_columns} columns, and {len(self.columns)} come in"
            raise ExportError(msg)

    def learn(self, key, values, *, raw=False):
        """Note a fact about each column of X that stands behind a column, the first wins."""
        for column, value in zip(self.columns, values, strict=True):
            known = value is not None or key in ("filled_with", "missing_value")
            if known and column.source is not None and (column.raw or not raw):
                self.facts.setdefault(column.source, {}).setdefault(key, value)

    def lie_around(self, centre, width):
        """Note where raw columns lie, whose ranges nobody knows: about one width around a centre.

        For made-up events; it does not go into the file.
        """
        if centre is None or width is None:
            return
        ends = np.stack([centre - 2 * width, centre + 2 * width], axis=1)
        self.learn("around", ends.tolist(), raw=True)

    def learn_one(self, at, key, value):
        """Note a fact about the column of X that stands behind one column."""
        if self.columns[at].raw:
            self.facts.setdefault(self.columns[at].source, {}).setdefault(key, value)

    def with_value(self, value, *, raw=False):
        """The same columns with other values."""
        columns = self.columns if raw else tuple(replace(c, raw=False) for c in self.columns)
        return replace(self, value=value, columns=columns)

    def made(self, value, names):
        """New columns, made of all those before."""
        return replace(self, value=value, columns=tuple(Column(name) for name in names))

    def per_column(self, values):
        """Those of `values`, one per column, that are of columns which are there."""
        return np.asarray(values)[self.present]


@dataclass(frozen=True)
class Block:
    """A named block.

    Parameters
    ----------
    value : str
    shape : tuple
        Of an event.
    packed : bool
        Of a mask, as of `Features`.
    """

    value: str
    shape: tuple
    packed: bool = False


@dataclass(frozen=True)
class Tensor:
    """A value inside a network.

    Parameters
    ----------
    value : str
    shape : tuple
        Without the axis of events; None for a length that is not known.
    mask : Tensor, default=None
        Keras' implicit mask, from a layer ``Masking`` or ``Embedding(mask_zero=True)``.
    packed : bool
        Of a mask: whether the entries stand in front of the padding.
    """

    value: str
    shape: tuple
    mask: object = None
    packed: bool = False

    @property
    def rank(self):
        """Number of axes with that of events."""
        return len(self.shape) + 1
