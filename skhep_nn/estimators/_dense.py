"""DenseClassifier: a dense network on tables of features."""

from __future__ import annotations

from skhep_nn._validation import HasMethods, Interval, Options, Real, StrOptions
from skhep_nn.estimators._built import BuiltClassifier
from skhep_nn.estimators._parameters import PENALTY, POSITIVE, shares_training_parameters


@shares_training_parameters()
class DenseClassifier(BuiltClassifier):
    """A dense network that separates classes of events.

    Two classes have one sigmoid output, more a softmax; labels are of any type. Event weights act
    in the training loss, in the validation loss that picks the best epoch, and in ``score``.

    Parameters
    ----------
    units : int or sequence of int, default=(256, 256, 256)
        Width of each hidden layer; an int is one layer.
    activation : str or callable, default="mish"
        Of the hidden layers.
    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        Of the hidden layers.
    dropout : float, sequence of float or "auto", default="auto"
        Fraction dropped after each hidden layer. ``"auto"`` falls evenly from 0.5 after the first
        to none after the last: 0.5, 0.25 and 0 of three; 0.25 of one.
    l2 : float, default=0.
        L2 penalty on the kernels of the hidden layers.
    batch_normalization : {False, "input", "hidden", "all"}, default=False
        Nowhere, on the features, before the activation of each hidden layer, or both.
    {training}
    {routed}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    KerasClassifier : Any Keras network of your own.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skhep_nn import DenseClassifier
    >>> X, y = make_classification(200, random_state=0)
    >>> clf = DenseClassifier(random_state=0)
    >>> clf.fit(X, y).predict_proba(X).shape, clf.score(X, y) > 0.7
    ((200, 2), True)
    """

    _builder = "dense"
    _network_parameters = (
        "units",
        "activation",
        "kernel_initializer",
        "dropout",
        "l2",
        "batch_normalization",
    )
    _allow_nd = False
    _parameter_constraints: dict = {  # noqa: RUF012
        "units": ["array-like", POSITIVE],
        "dropout": [Interval(Real, 0, 1, closed="left"), "array-like", StrOptions({"auto"})],
        "l2": [PENALTY],
        "batch_normalization": [StrOptions({"input", "hidden", "all"}), Options(bool, {False})],
        "activation": [str, callable, HasMethods("get_config")],
    }

    def __init__(
        self,
        units=(256, 256, 256),
        *,
        activation="mish",
        kernel_initializer="glorot_uniform",
        dropout="auto",
        l2=0.0,
        batch_normalization=False,
        **training,
    ):
        super().__init__(**training)
        self.units = units
        self.activation = activation
        self.kernel_initializer = kernel_initializer
        self.dropout = dropout
        self.l2 = l2
        self.batch_normalization = batch_normalization
