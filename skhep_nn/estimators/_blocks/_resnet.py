"""ResNetClassifier: residual networks on features and on sequences."""

from __future__ import annotations

from skhep_nn._validation import Integral, Interval, Options, Real, StrOptions
from skhep_nn.estimators._blocks._base import features_of, sequences_of
from skhep_nn.estimators._blocks._sequences import (
    LAYERS,
    POOLS,
    SIZES,
    SequenceClassifier,
    arguments_of,
    normalises,
)
from skhep_nn.estimators._parameters import PENALTY, POSITIVE, shares_training_parameters


@shares_training_parameters(further=LAYERS, dense_units=(), feature_bins=0)
class ResNetClassifier(SequenceClassifier):
    """Residual blocks: dense ones on features, convolutions on sequences.

    A block adds what it computes to what came in (arXiv:1512.03385), so that deep networks train.
    On a table each block is dense layers of one width; on a sequence, convolutions along it, pooled
    at the end, where blocks of features join.

    Parameters
    ----------
    n_blocks : int, default=5
    units : int, default=128
        Width of dense blocks.
    filters : int or sequence of int, default=64
        Of the convolutions inside each block.
    kernel_size : int or sequence of int, default=3
        Of the convolutions of each block.
    layers_per_block : int, default=None
        Dense layers of a block (None: 1), or convolutions before its last, plain one (None: 2).
    stem : int or None, default=64
        Features of each entry between convolutional blocks, made by a 1x1 convolution before; None:
        as many as the sequence has.
    block_initializer : str, keras.initializers.Initializer or None, default=None
        Of the last kernel of each block; "zeros" makes each block the identity at the start.
    preactivation : bool, default=False
        Normalisation and activation before the kernels (arXiv:1603.05027) rather than behind them.
    pool : str or sequence of str, default="average"
        "average", "max", "sum" or "flatten": how the entries of a sequence become one vector per
        event; several are put side by side.
    pool_size : int or sequence of int, default=1
        Neighbours that are averaged after each convolutional block.
    dropout : float, default=0.3
        Fraction dropped at the end of each block, before what came in is added. Without it a
        network this deep learns small samples by heart.
    block_l2 : float or None, default=None
        L2 penalty inside the blocks; None is `l2`.
    batch_normalization : {"auto", False, "input", "hidden", "all"}, default="auto"
        Nowhere, on what comes in, before the activations inside, or both; padding does not count.
        "auto" is "hidden" on sequences, nowhere on features.
    output_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        Of the output layer.
    {training}
    {routed}

    Attributes
    ----------
    {attributes}
    {block_kinds_}

    See Also
    --------
    BlockClassifier : Says a network in full.
    skhep_nn.preprocessing.BlockTransformer : Makes blocks with masks of a table with lists.

    Notes
    -----
    {tokens}

    The presets ``LHCB_ACCEPTANCE`` and ``LHCB_EFFICIENCY`` are arguments of this class.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skhep_nn import ResNetClassifier
    >>> X, y = make_classification(200, random_state=0)
    >>> clf = ResNetClassifier(2, units=16, activation="tanh", block_initializer="zeros",
    ...                        learning_rate=0.02, epochs=20, random_state=0)
    >>> clf.fit(X, y).score(X, y) > 0.7
    True
    """

    _kind = "resnet"
    _body = (
        "n_blocks",
        "layers_per_block",
        "block_initializer",
        "preactivation",
        "activation",
        "kernel_initializer",
        "dropout",
        "l2",
        "block_l2",
    )
    _on_features = ("units",)
    _on_sequences = ("filters", "kernel_size", "stem", "pool", "pool_size")
    _parameter_constraints: dict = {  # noqa: RUF012
        "n_blocks": [POSITIVE],
        "units": [POSITIVE],
        "filters": SIZES,
        "kernel_size": SIZES,
        "layers_per_block": [POSITIVE, None],
        "stem": [POSITIVE, None],
        "preactivation": ["boolean"],
        "block_l2": [PENALTY, None],
        "pool": POOLS,
        "pool_size": SIZES,
        "dropout": [Interval(Real, 0, 1, closed="left"), Options(Integral, {0})],
        "batch_normalization": [
            StrOptions({"auto", "input", "hidden", "all"}),
            Options(bool, {False}),
        ],
    }

    def __init__(
        self,
        n_blocks=5,
        *,
        units=128,
        filters=64,
        kernel_size=3,
        layers_per_block=None,
        stem=64,
        block_initializer=None,
        preactivation=False,
        pool="average",
        pool_size=1,
        dropout=0.3,
        block_l2=None,
        batch_normalization="auto",
        output_initializer="glorot_uniform",
        **training,
    ):
        super().__init__(**training)
        self.n_blocks = n_blocks
        self.units = units
        self.filters = filters
        self.kernel_size = kernel_size
        self.layers_per_block = layers_per_block
        self.stem = stem
        self.block_initializer = block_initializer
        self.preactivation = preactivation
        self.pool = pool
        self.pool_size = pool_size
        self.dropout = dropout
        self.block_l2 = block_l2
        self.batch_normalization = batch_normalization
        self.output_initializer = output_initializer

    def _network(self, settings, inputs):
        network = super()._network(settings, inputs)
        network["head"]["output_initializer"] = settings.output_initializer
        return network

    def _branches(self, settings, inputs):
        sequences, features = sequences_of(inputs), features_of(inputs)
        if not sequences:
            return dict.fromkeys(features, self._residual(settings, self._on_features, auto=False))
        passed = {"batch_normalization": "input"} if normalises(settings, "input") else {}
        return {
            **dict.fromkeys(sequences, self._residual(settings, self._on_sequences, auto="hidden")),
            **dict.fromkeys(features, passed),
        }

    def _residual(self, settings, names, *, auto):
        body = {"kind": self._kind, **arguments_of(settings, (*self._body, *names))}
        where = settings.batch_normalization
        body["batch_normalization"] = auto if where == "auto" else where
        if settings.layers_per_block is None:
            del body["layers_per_block"]
        return body
