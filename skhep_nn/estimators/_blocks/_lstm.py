"""LSTMClassifier: recurrent networks along sequences of particles or tracks."""

from __future__ import annotations

from skhep_nn._validation import StrOptions
from skhep_nn.estimators._blocks._sequences import LAYERS, SIZES, SequenceClassifier
from skhep_nn.estimators._parameters import shares_training_parameters


@shares_training_parameters(further=LAYERS)
class LSTMClassifier(SequenceClassifier):
    """An LSTM or GRU along the particles or tracks of an event, and a dense network behind.

    Padding is passed over: more of it changes nothing.

    Parameters
    ----------
    units : int or sequence of int, default=64
        Size of the state of each recurrent layer.
    cell : {"lstm", "gru"}, default="lstm"
    bidirectional : bool, default=False
        Read in both directions.
    go_backwards : bool, default=False
        Read from the last entry to the first, so that the first is fresh in the state at the end:
        for tracks ordered by falling significance. Not together with `bidirectional`.
    convolutions_first : int or sequence of int, default=()
        Filters of convolutions before, each for itself or, with `kernel_size`, its neighbours.
    kernel_size : int or sequence of int, default=1
        Of these convolutions.
    pool_size : int or sequence of int, default=1
        Neighbours that are averaged after each of them.
    {training}
    {routed}

    Attributes
    ----------
    {attributes}
    {block_kinds_}

    Raises
    ------
    ValueError
        If X has no sequence.

    See Also
    --------
    BlockClassifier : Says a network in full.
    skhep_nn.preprocessing.BlockTransformer : Makes blocks with masks of a table with lists.

    Notes
    -----
    {tokens}

    The preset ``INFN_LSTM`` is arguments of this class.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn import LSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 5, 3))
    >>> y = (X[:, :, 0].sum(axis=1) > 0).astype(int)
    >>> clf = LSTMClassifier(8, dense_units=(), learning_rate=0.05, epochs=15, random_state=0)
    >>> clf.fit(X, y).score(X, y) > 0.8
    True
    """

    _kind = "lstm"
    _body = (
        "units",
        "cell",
        "bidirectional",
        "go_backwards",
        "convolutions_first",
        "kernel_size",
        "pool_size",
        "activation",
        "kernel_initializer",
        "dropout",
        "l2",
        "batch_normalization",
    )
    _parameter_constraints: dict = {  # noqa: RUF012
        "units": SIZES,
        "cell": [StrOptions({"lstm", "gru"})],
        "bidirectional": ["boolean"],
        "go_backwards": ["boolean"],
        "convolutions_first": SIZES,
        "kernel_size": SIZES,
        "pool_size": SIZES,
    }

    def __init__(
        self,
        units=64,
        *,
        cell="lstm",
        bidirectional=False,
        go_backwards=False,
        convolutions_first=(),
        kernel_size=1,
        pool_size=1,
        **training,
    ):
        super().__init__(**training)
        self.units = units
        self.cell = cell
        self.bidirectional = bidirectional
        self.go_backwards = go_backwards
        self.convolutions_first = convolutions_first
        self.kernel_size = kernel_size
        self.pool_size = pool_size

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags
