"""The training parameters that all classifiers share: names, defaults, rules and words, once.

A classifier's constructor states its own parameters and takes these as ``**training``; the
decorator :func:`shares_training_parameters` writes them into its signature and docstring.
"""

from __future__ import annotations

import difflib
import inspect
from dataclasses import dataclass
from inspect import Parameter

from skhep_nn._shared_words import filled
from skhep_nn._validation import HasMethods, Integral, Interval, Options, Real, StrOptions
from skhep_nn._weights import NEGATIVE_WEIGHTS
from skhep_nn.preprocessing._balancing import MODES

POSITIVE = Interval(Integral, 1, None, closed="left")
FRACTION = Interval(Real, 0, 1, closed="neither")
# what single precision has
SINGLE = Interval(Real, -3.4e38, 3.4e38, closed="both")
PENALTY = Interval(Real, 0, 3.4e38, closed="both")
COLUMN = (str, Integral)
# Arguments of Keras' fit, predict and compile that a scikeras user may pass to ours.
FIT = (
    "epochs",
    "batch_size",
    "verbose",
    "shuffle",
    "callbacks",
    "validation_split",
    "class_weight",
)
# Those of Keras' fit that have no meaning here, with what does.
OF_KERAS_ONLY = {
    "initial_epoch": "epochs count from 0 in each fit; warm_start=True trains on",
    "steps_per_epoch": "an epoch is one pass over the events; set batch_size and epochs",
    "validation_steps": "the loss of all validation events is computed",
    "validation_freq": "the validation loss is computed after each epoch",
}
PREDICT = ("batch_size", "verbose", "steps", "callbacks")
COMPILE = ("optimizer", "loss", "metrics", "loss_weights", "weighted_metrics", "run_eagerly")
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
UNNAMED = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Shared:
    """One parameter: its default, what it may be (None: Keras decides), and its words."""

    default: object
    rule: list | None
    text: str


TRAINING = {
    "optimizer": Shared(
        "adamw",
        None,
        """str, keras.optimizers.Optimizer or its class
        ``optimizer__<argument>`` sets its arguments, e.g. ``optimizer__clipnorm=1.``. The name
        ``"adamw"`` stands for AdamW with ``learning_rate=2e-3``, ``weight_decay=0.02`` and
        ``beta_2=0.95`` where the network is the package's own, unless these are given; everything
        else has Keras' defaults.""",
    ),
    "loss": Shared(
        None,
        None,
        """str, keras.losses.Loss or its class, or None
        None is the cross-entropy that fits the outputs. ``loss__<argument>`` sets arguments of a
        class, e.g. ``loss="BinaryCrossentropy", loss__label_smoothing=0.01``.""",
    ),
    "learning_rate": Shared(
        None,
        [Interval(Real, 0, 3.4e38, closed="right"), None],
        """float or None
        The highest, where it changes. None is the optimizer's own. Together with
        ``optimizer__learning_rate`` or an optimizer object it is an error.""",
    ),
    "learning_rate_schedule": Shared(
        "cosine",
        [StrOptions({"constant", "cosine", "inverse_time", "plateau"}), HasMethods("get_config")],
        """{"cosine", "constant", "inverse_time", "plateau"} or Keras schedule
        ``"cosine"`` rises to the learning rate in the first 5 % of the steps that are planned and
        falls as half a cosine to 0 at the end of the last of `epochs`; each phase and each fit has
        its own, ``partial_fit``, whose end nobody knows, has the highest rate throughout, and an
        optimizer object with a schedule of its own keeps that. ``"inverse_time"`` is
        ``learning_rate / (1 + decay * step)``, the `decay` of Keras' legacy optimizers;
        ``"plateau"`` multiplies the rate by `plateau_factor` when the validation loss (without
        validation events: the training loss) has not fallen for `plateau_patience` epochs.""",
    ),
    "weight_decay": Shared(
        None,
        [PENALTY, None],
        """float or None
        Part of each weight that is taken off in a step, times the learning rate (decoupled, as in
        AdamW). None is the optimizer's own. With an optimizer object it is an error.""",
    ),
    "ema": Shared(
        None,
        [FRACTION, None],
        """float or None
        Momentum of an exponential moving average of the weights over the steps, e.g. 0.995. The
        averages are what is validated and kept. None keeps the weights themselves.""",
    ),
    "decay": Shared(
        0.0,
        [PENALTY],
        """float
        Per optimiser step, with ``learning_rate_schedule="inverse_time"``.""",
    ),
    "plateau_factor": Shared(0.1, [FRACTION], "float\n        See `learning_rate_schedule`."),
    "plateau_patience": Shared(5, [POSITIVE], "int\n        See `learning_rate_schedule`."),
    "epochs": Shared(
        "auto",
        [POSITIVE, StrOptions({"auto"})],
        """int or "auto"
        Passes over the training events, at most. ``"auto"``: 20, or as many as 60 steps need
        where there are fewer events.""",
    ),
    "batch_size": Shared(
        "auto",
        [POSITIVE, Options(Integral, {-1}), StrOptions({"auto"}), None],
        """int, "auto" or None
        Events of an optimiser step; -1 is all events, None is 32. ``"auto"``: 256, and less of
        few events, so that a pass has about 60 steps: 128 of 10,000, 64 of 5,000 and fewer; of
        sequences 40 steps, 32 of 1,800 and fewer. It does not matter in prediction.""",
    ),
    "shuffle": Shared(
        True, ["boolean"], "bool\n        Whether each epoch has an order of its own."
    ),
    "batch_sampler": Shared(
        None,
        [StrOptions({"balanced"}), HasMethods("fit_resample"), None],
        """{"balanced"}, imbalanced-learn sampler or None
        ``"balanced"``: equal numbers of events of each class in each batch (`batch_size` is
        rounded down to a multiple of the number of classes), drawn anew each epoch. A sampler
        selects the events of each epoch. Event weights then act within a class only: their mean
        is one in each class, and `balance` has no effect on the shares of the classes.""",
    ),
    "early_stopping": Shared(
        "auto",
        ["boolean", StrOptions({"auto"})],
        """bool or "auto"
        Stop when the weighted validation loss has not fallen for `patience` epochs. Without
        `X_val` a stratified fraction of the events is split off for it. ``"auto"`` with
        ``learning_rate_schedule="cosine"``: never, all events are trained on until the rate is 0.
        ``"auto"`` otherwise: with `X_val`, or from 1,000 events when every class can be split. The
        network of the best epoch is kept in any case where there are validation events.""",
    ),
    "patience": Shared(10, [POSITIVE], "int\n        See `early_stopping`."),
    "validation_fraction": Shared(
        0.2, [FRACTION], "float\n        Fraction split off for validation; see `early_stopping`."
    ),
    "phases": Shared(
        None,
        None,
        """list of dict, or None
        Training in phases, e.g. ``[{"learning_rate": 1e-2, "patience": 3}, {"learning_rate":
        1e-3}]``. Each starts from the best epoch so far, with a new optimizer state. A phase may
        set `learning_rate`, `optimizer`, `loss`, `epochs`, `patience`, `batch_size`, which are
        otherwise those of the classifier, and ``"label_smoothing"`` (0 to 1, of the training and
        the validation loss). None is one phase. ``partial_fit`` has none.""",
    ),
    "balance": Shared(
        None,
        [StrOptions(set(MODES)), HasMethods("balance"), None],
        """str, EventWeightBalancer or None
        Mode of the balancer, or the balancer itself, which scales the weights of the training
        events; the validation weights get the same class shares.""",
    ),
    "negative_weights": Shared(
        "keep",
        [StrOptions(set(NEGATIVE_WEIGHTS))],
        """{"keep", "drop", "abs", "error"}
        What training does with negative event weights, before balancing. Scores, yields and the
        validation loss keep the sign.""",
    ),
    "weight_column": Shared(
        None,
        [*COLUMN, None],
        """str, int or None
        Column of X with the event weights. It is never a feature, and X may lack it in
        prediction. Scale does not matter: weights are divided by their mean.""",
    ),
    "exclude": Shared(
        (),
        ["array-like", *COLUMN],
        """sequence of str or int
        Further columns that are no features, and that X may lack in prediction.""",
    ),
    "class_names": Shared(
        None,
        ["array-like", dict, None],
        """list of str, dict of label to str, or None
        What classes are called in pictures, in a `Report` and in ONNX files: a name for each in
        the order of the sorted labels, or names by label. It changes no number; `predict` gives
        the labels.""",
    ),
    "metrics": Shared(
        None,
        None,
        """list of str or Keras metrics, or None
        Followed in ``history_`` beside the loss, weighted like it.""",
    ),
    "callbacks": Shared(
        None,
        None,
        """Keras callback, its class, list or dict of these, or None
        Those with hooks at batches train with Keras' own, slower loop.""",
    ),
    "jit_compile": Shared(
        "auto",
        [StrOptions({"auto", "epoch", "step"}), Options(bool, {False})],
        """{"auto", "epoch", "step", False}
        What XLA compiles; ``"auto"`` is a fixed rule from the layers, their sizes and the planned
        steps.""",
    ),
    "checkpoint_dir": Shared(
        None,
        None,
        """path-like or None
        Folder for the state of the fit after each epoch. A fit that was killed continues there
        when it is started again with the same parameters and events.""",
    ),
    "warm_start": Shared(
        False, ["boolean"], "bool\n        Whether a further fit starts from the last weights."
    ),
    "random_state": Shared(
        None,
        ["random_state"],
        """int, RandomState or None
        With an int two fits give identical predictions.""",
    ),
    "verbose": Shared(
        "auto",
        [StrOptions({"auto"}), "verbose"],
        """{"auto", 0, 1, 2}
        1 is a progress bar (in a log file one line at the end), 2 a line per epoch, ``"auto"`` a
        bar for fits that last longer than two seconds, in a terminal or notebook.""",
    ),
}

# Of the classifiers whose networks the package builds.
BUILT = {
    "input_scaling": Shared(
        "robust",
        [StrOptions({"robust", "standard"}), None],
        """{"robust", "standard", None}
        Scale inside the network, learnt in fit from the training events with their weights and
        kept in further fits. ``"robust"``: the weighted median and the distance of the quartiles,
        then the smooth clip ``x / sqrt(1 + (x/3)**2)``; few values become steps of one.
        ``"standard"``: weighted mean and standard deviation. None: features come in as they
        are.""",
    ),
    "n_networks": Shared(
        1,
        [POSITIVE],
        """int
        Networks whose probabilities are averaged, each from initial weights and an order of events
        of its own. Where validation events are split off (see `early_stopping`), each has another
        part of the events for validation, so that together they see all of them.""",
    ),
    "feature_scale": Shared(
        True,
        ["boolean"],
        """bool
        Whether each feature is multiplied by a trained factor, which learns six times as fast as
        other weights.""",
    ),
    "feature_bins": Shared(
        16,
        [Interval(Integral, 0, None, closed="left")],
        """int
        Bins of equal numbers of training events in which the network reads each scaled feature
        besides the feature itself (a piecewise linear encoding), so that it sees steps and shapes
        of tails; 0 is none. Fewer where there are many features: together at most 1,024 numbers.
        None with ``input_scaling=None``, of sequences, and of features beside sequences.""",
    ),
    "bn_momentum": Shared(
        0.9,
        [Interval(Real, 0, 1, closed="left")],
        """float
        Of the moving averages in batch normalisation: after n steps ``bn_momentum**n`` of where
        they started is left. Keras' own 0.99 takes some hundred steps.""",
    ),
    "bn_statistics": Shared(
        "precise",
        [StrOptions({"precise", "moving"})],
        """{"precise", "moving"}
        Means and variances of batch normalisation in the network that is kept: re-estimated for it
        on up to 200 batches of training events, or the moving averages. Either way there is a
        warning if the loss of these events is more than twice that in training mode, and above
        0.01.""",
    ),
    "precision": Shared(
        None,
        [StrOptions(set(PRECISIONS)), None],
        """{"float32", "mixed_float16", "mixed_bfloat16"} or None
        What the layers compute in. Mixed: products in 16 bits, which GPUs do faster, while
        weights, scaling of inputs, loss and predictions stay float32. It becomes part of the
        fitted network. None is the dtype policy of Keras at the time of the fit.""",
    ),
}

ATTRIBUTES = """classes_ : ndarray of shape (n_classes,)
    Labels, in the order of the columns of ``predict_proba``.
n_features_in_ : int
    Columns of X in fit, the weight column included.
feature_names_in_ : ndarray of str
    Their names, if X had any.
history_ : dict of str to list of float
    Per epoch: ``"loss"``, ``"val_loss"``, metrics, and with `phases` the number of the
    ``"phase"``, from 1.
best_epoch_ : int
    The epoch, from 1, whose network is kept: the one with the lowest weighted validation loss, or
    the last one where there were no validation events. It counts over all `phases`.
n_epochs_ : int
    Epochs that were run, in all phases.
model_ : keras.Model
    The network.
n_negative_weights_, n_zero_weights_ : int
    Training events with a negative weight, and with none after `negative_weights` was applied; in
    ``partial_fit`` of all calls together.
class_prior_ : ndarray of shape (n_classes,)
    Shares of the classes in the training weights, balanced: the prior of the probabilities. Not
    after ``partial_fit``, or with a sampler other than ``"balanced"``.
balancer_ : EventWeightBalancer or None
    The fitted balancer, whose ``factors_`` tell what `balance` did.
training_loop_ : str
    ``"compiled"``, or ``"keras: ..."`` with the reason.
jit_compile_ : str or False
    What XLA compiled."""
# What docstrings of classifiers share beside the parameters.
WORDS = {
    "attributes": ATTRIBUTES,
    "block_kinds_": """block_kinds_ : dict of str to BlockKind
    What the blocks are that the network reads; only after a fit on `EventBlocks`.""",
    "tokens": """Tokens are embedded and put beside the entries of the sequence that they describe:
that which `of` of their kind names, else the only sequence of X, if they have its entries (as many
places, and the same padding in each of up to 50,000 events that are looked at). ``block_kinds_``
says which. Other tokens are a sequence of their own.""",
    "routed": """**routed
    ``optimizer__<argument>``, ``loss__<argument>``, ``metrics__<argument>``,
    ``callbacks__<argument>``. An unknown one is an error in fit.""",
}


# Defaults of a network of the user's own, whose code is to run unchanged.
OF_SCIKERAS = {
    "optimizer": "rmsprop",
    "learning_rate_schedule": "constant",
    "epochs": 1,
    "batch_size": None,
    "early_stopping": False,
    "verbose": 1,
}


def shares_training_parameters(*, built=True, further=None, **defaults):
    """Class decorator: the shared parameters in signature, rules and docstring of a classifier.

    Parameters
    ----------
    built : bool, default=True
        Whether the package builds its networks, so that it also has the parameters of these.
    further : dict of str to Shared, default=None
        Parameters that some classifiers share, before those of all.
    **defaults
        Defaults that differ in this class.
    """

    every = (further or {}) | (BUILT | TRAINING if built else TRAINING)

    def decorate(cls):
        own = inspect.signature(cls.__init__).parameters
        # what a class states itself is its own
        table = {name: entry for name, entry in every.items() if name not in own}
        named = [p for p in own.values() if p.kind is not Parameter.VAR_KEYWORD]
        # without the shared ones, which are named, what is left is routed
        rest = [p.replace(name="routed") for p in own.values() if p.kind is Parameter.VAR_KEYWORD]
        shared = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=defaults.get(name, entry.default))
            for name, entry in table.items()
        ]
        cls.__init__.__signature__ = inspect.Signature([*named, *shared, *rest])
        rules = {name: entry.rule for name, entry in table.items() if entry.rule is not None}
        cls._parameter_constraints = {**rules, **cls._parameter_constraints}
        cls.__doc__ = filled(cls.__doc__, {"training": _words_of(table, defaults), **WORDS})
        cls._shared_names = frozenset(table)
        return cls

    return decorate


def defaults_of(cls):
    """Default of each named constructor argument of `cls`.

    A user's subclass may state arguments of its own and hand the rest on as ``**kwargs``; those of
    its bases then count too.
    """
    found = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        own = inspect.signature(base.__init__).parameters.values()
        found = {
            p.name: p.default for p in own if p.kind not in UNNAMED and p.name != "self"
        } | found
        states_all = hasattr(base.__init__, "__signature__")
        if states_all or not any(p.kind is Parameter.VAR_KEYWORD for p in own):
            break
    return found


def training_defaults(cls):
    """Default in `cls` of each shared parameter, whether or not its constructor states it."""
    return {n: default for n, default in known_to(cls).items() if n in cls._shared_names}


def known_to(cls):
    """Default in `cls` of each parameter of its own and of the classifier that it derives from.

    A user's subclass may state its own arguments only, as scikit-learn's do.
    """
    stating = (b for b in cls.__mro__ if hasattr(vars(b).get("__init__"), "__signature__"))
    return defaults_of(next(stating)) | defaults_of(cls)


# what other libraries call parameters
ELSEWHERE = {
    "alpha": "l2",
    "class_weight": "balance",
    "hidden_layer_sizes": "units",
    "hidden_units": "units",
    "layers": "units",
    "learning_rate_init": "learning_rate",
    "lr": "learning_rate",
    "max_iter": "epochs",
    "n_iter_no_change": "patience",
    "seed": "random_state",
    "validation_split": "validation_fraction",
}


def nearest(name, candidates, form="{}"):
    """``"; did you mean 'x'?"``, or nothing if no candidate is like `name`."""
    if ELSEWHERE.get(name) in candidates:
        return f"; did you mean {form.format(ELSEWHERE[name])!r}?"
    near = difflib.get_close_matches(name, candidates, n=1)
    return f"; did you mean {form.format(near[0])!r}?" if near else ""


def instead_of(argument, candidates, form="{}"):
    """What to do instead of an argument of a method, or the nearest one, if there is any."""
    if argument in OF_KERAS_ONLY:
        return f"; {OF_KERAS_ONLY[argument]}"
    return nearest(argument, candidates, form)


def routed_arguments(optimizer):
    """What may follow ``fit__``, ``predict__``, ``compile__`` and ``optimizer__``.

    Parameters
    ----------
    optimizer : class or Keras optimizer
        One that is not Keras' own may take any argument.
    """
    known = {"fit": {*FIT}, "predict": {*PREDICT}, "compile": {*COMPILE}}
    if inspect.isclass(optimizer) and optimizer.__module__.startswith("keras."):
        names = inspect.signature(optimizer.__init__).parameters
        known["optimizer"] = {n for n, p in names.items() if p.kind not in UNNAMED} - {"self"}
    return known


def _words_of(table, defaults):
    lines = []
    for name, entry in table.items():
        kind, _, text = entry.text.partition("\n")
        default = defaults.get(name, entry.default)
        lines.append(f"{name} : {kind}, default={default!r}")
        lines += [f"    {line.strip()}" for line in text.splitlines()]
    return "\n".join(lines)
