"""CNNClassifier: convolutions along sequences of particles or tracks."""

from __future__ import annotations

from skhep_nn.estimators._blocks._sequences import LAYERS, POOLS, SIZES, SequenceClassifier
from skhep_nn.estimators._parameters import shares_training_parameters


@shares_training_parameters(further=LAYERS, dropout=0.2, dense_dropout=0.3)
class CNNClassifier(SequenceClassifier):
    """Convolutions along the particles or tracks of an event, and a dense network behind.

    Kernels see neighbours. With ``kernel_size=1`` each particle goes through the same small
    network, and the outcomes are pooled (as in DeepJet, arXiv:2008.10519): the order of the
    particles does not matter then. ``filters=64, kernel_size=(4, 5, 6, 7, 8, 9)`` are layers side
    by side, which find words of these lengths in decay strings.

    Parameters
    ----------
    filters : int or sequence of int, default=(64, 64)
        Of each layer; an int is one layer.
    kernel_size : int or sequence of int, default=3
        Entries that a kernel sees; 1 treats each entry for itself. One per layer; where `filters`
        is an int, several are layers side by side.
    pool : str or sequence of str, default=("average", "max")
        "average", "max", "sum" or "flatten": how the entries become one vector per event; several
        are put side by side.
    pool_size : int or sequence of int, default=1
        Neighbours that are averaged after each layer.
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
    Padding is 0 for every kernel and counts in no average, so that more of it changes nothing,
    except with ``pool="flatten"``, where each entry has weights of its own.

    {tokens}

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn import CNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 6, 4))
    >>> y = (X[:, :, 0].max(axis=1) > 1.2).astype(int)
    >>> clf = CNNClassifier((16,), pool="max", dense_units=(16,), learning_rate=0.02, epochs=20,
    ...                     batch_size=64, random_state=0)
    >>> clf.fit(X, y).score(X, y) > 0.8
    True
    """

    _kind = "cnn"
    _body = (
        "filters",
        "kernel_size",
        "pool",
        "pool_size",
        "activation",
        "kernel_initializer",
        "dropout",
        "l2",
        "batch_normalization",
    )
    _parameter_constraints: dict = {  # noqa: RUF012
        "filters": SIZES,
        "kernel_size": SIZES,
        "pool": POOLS,
        "pool_size": SIZES,
    }

    def __init__(
        self,
        filters=(64, 64),
        kernel_size=3,
        pool=("average", "max"),
        *,
        pool_size=1,
        **training,
    ):
        super().__init__(**training)
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool = pool
        self.pool_size = pool_size

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags
