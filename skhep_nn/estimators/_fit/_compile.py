"""Optimizer, schedule, loss and metrics from the plain parameters of a classifier."""

from __future__ import annotations

import inspect
from numbers import Real

import keras

from skhep_nn._keras_objects import config_of, is_keras_own, rebuilt
from skhep_nn.estimators._fit import _metrics
from skhep_nn.estimators._fit._routing import by_name, made, routed_to
from skhep_nn.training._callbacks import sets_rates
from skhep_nn.training._schedule import Cosine, Plateau, inverse_time

# Schedules that start from a number, which the optimizer has.
FROM_ONE_RATE = ("constant", "cosine", "plateau")
# What the name "adamw" stands for where the network is the package's own.
ADAMW = {"learning_rate": 2e-3, "weight_decay": 0.02, "beta_2": 0.95}

# Losses that take targets of one output, and those that take one target per class.
BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
ONE_HOT = (
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "categorical_generalized_cross_entropy",
)
# Arguments of a compilation that a classifier has as parameters.
COMPILED = ("optimizer", "loss", "metrics", "loss_weights", "weighted_metrics", "run_eagerly")
SPARSE = ("sparse_categorical_crossentropy", "circle")
# Names by which Keras chooses the cross-entropy that fits the targets.
BY_TARGETS = ("crossentropy", "ce")


def check_has_optimizer(settings, optimizer):
    """Raise if a network is to be compiled without an optimizer.

    Raises
    ------
    ValueError
    """
    if optimizer is None:
        msg = (
            f"{settings.owner}.optimizer is None; give an optimizer, or, as model of a "
            "KerasClassifier, a network that comes compiled"
        )
        raise ValueError(msg)


def check_optimizer(settings, routed):
    """Raise where the learning rate or the weight decay is said twice.

    Parameters
    ----------
    settings : Settings
    routed : dict
        Its ``optimizer__`` arguments.

    Raises
    ------
    ValueError
    """
    given = settings.learning_rate
    if given is not None and "learning_rate" in routed:
        msg = (
            f"learning_rate={given} and optimizer__learning_rate={routed['learning_rate']} are "
            "both given; give one of them"
        )
        raise ValueError(msg)
    decay = settings.weight_decay
    if decay is not None and "weight_decay" in routed:
        msg = (
            f"weight_decay={decay} and optimizer__weight_decay={routed['weight_decay']} are both "
            "given; give one of them"
        )
        raise ValueError(msg)
    scheduled = not from_one_rate(settings)
    if isinstance(settings.optimizer, keras.optimizers.Optimizer) and (
        given is not None or scheduled or decay is not None
    ):
        what = f"learning_rate={given}" if given is not None else "learning_rate_schedule"
        what = f"weight_decay={decay}" if decay is not None else what
        its = "weight decay" if decay is not None else "learning rate"
        msg = (
            f"{what} together with the optimizer object {settings.optimizer.name!r}, which has a "
            f"{its} of its own; give the optimizer by name"
        )
        raise ValueError(msg)


def from_one_rate(settings):
    """Whether the optimizer's rate is a number, from which the schedule, if any, starts."""
    schedule = settings.learning_rate_schedule
    return isinstance(schedule, str) and schedule in FROM_ONE_RATE


def learning_rate_of(settings, default):
    """The rate or schedule that the optimizer is given, or None for its own.

    Parameters
    ----------
    settings : Settings
    default : float
        The optimizer's own learning rate.
    """
    schedule, rate = settings.learning_rate_schedule, settings.learning_rate
    if schedule == "inverse_time":
        return inverse_time(default if rate is None else rate, settings.decay)
    return rate if from_one_rate(settings) else schedule


def configured(settings, optimizer, routed):
    """A new optimizer like `optimizer`, with what the classifier asks for.

    New, because an optimizer object serves one network only, and a fit must not change it.

    Parameters
    ----------
    settings : Settings
    optimizer : keras.optimizers.Optimizer
    routed : dict
        Its ``optimizer__`` arguments.
    """
    if optimizer is None:
        return None
    changes = _own_defaults(settings, routed)
    config = config_of(optimizer) | changes
    rate = learning_rate_of(settings, config.get("learning_rate"))
    # Keras takes no other number
    rate = float(rate) if isinstance(rate, Real) else rate
    asked = {"learning_rate": rate, "weight_decay": settings.weight_decay}
    changes |= {name: value for name, value in asked.items() if value is not None}
    if settings.ema is not None:
        changes |= {"use_ema": True, "ema_momentum": settings.ema}
    if not changes and optimizer is not settings.optimizer:
        return optimizer
    return rebuilt(optimizer, **changes)


def _own_defaults(settings, routed):
    name, own = settings.optimizer, settings.own_adamw
    if not own or not isinstance(name, str) or name.lower() != "adamw":
        return {}
    return {key: value for key, value in ADAMW.items() if key not in routed}


def set_learning_rate(settings, optimizer):
    """Give the optimizer of a network that came compiled the rate or schedule, if one is asked for.

    Raises
    ------
    ValueError
        If the optimizer follows a schedule already.
    """
    if settings.learning_rate is None and settings.learning_rate_schedule in (
        "constant",
        "cosine",
    ):
        return
    config = config_of(optimizer)
    if not isinstance(config["learning_rate"], float):
        msg = (
            f"learning_rate={settings.learning_rate}, learning_rate_schedule="
            f"{settings.learning_rate_schedule!r}, but the network came compiled with a schedule "
            "of its own; leave these out, or compile with compile_kwargs['optimizer']"
        )
        raise ValueError(msg)
    rate = learning_rate_of(settings, config["learning_rate"])
    if rate is not None:
        optimizer.learning_rate = rate


def plateau_of(settings):
    """The plateau schedule that the classifier asks for, or None."""
    if settings.learning_rate_schedule != "plateau":
        return None
    return Plateau(settings.plateau_factor, settings.plateau_patience)


def cosine_of(settings, network, epochs, callbacks):
    """The cosine that the classifier asks for; None also if the optimizer has its own schedule.

    Parameters
    ----------
    settings : Settings
    network : PooledNetwork or UserNetwork
    epochs : int
        Over which it falls.
    callbacks : list of keras.callbacks.Callback

    Raises
    ------
    ValueError
        If a callback sets the rate, too.
    """
    if settings.learning_rate_schedule != "cosine" or network.learning_rate is None:
        return None
    others = sets_rates(callbacks)
    if others:
        msg = (
            f'{others[0]} sets the learning rate, and so does learning_rate_schedule="cosine"; '
            'take learning_rate_schedule="constant" with it'
        )
        raise ValueError(msg)
    return Cosine(epochs)


def loss_for(n_outputs):
    """The cross-entropy for a network with `n_outputs` outputs, as a Keras object."""
    if n_outputs == 1:
        return keras.losses.BinaryCrossentropy()
    return keras.losses.SparseCategoricalCrossentropy()


def loss_of(settings, given, n_outputs):
    """The loss `given`, or the one that fits the outputs, with the labels smoothed in a phase.

    Parameters
    ----------
    settings : Settings
    given : keras.losses.Loss, function or None
    n_outputs : int
    """
    loss = loss_for(n_outputs) if given is None else reduced(given)
    return loss if settings.label_smoothing is None else smoothed(loss, settings.label_smoothing)


def smoothed(loss, label_smoothing):
    """`loss` with smoothed labels.

    Parameters
    ----------
    loss : keras.losses.Loss, its name or function
        The sparse categorical cross-entropy, which cannot smooth, becomes the one of one-hot
        targets.
    label_smoothing : float
        As in Keras: ``y * (1 - label_smoothing) + label_smoothing / 2`` for one output,
        ``+ label_smoothing / n_classes`` for several.

    Raises
    ------
    ValueError
        If it has no smoothing.
    """
    kind = _loss_classes().get(loss_name(loss))
    whole = loss if isinstance(loss, keras.losses.Loss) else kind and kind()
    config = config_of(whole) if whole else {}
    if "label_smoothing" in config:
        return rebuilt(whole, label_smoothing=label_smoothing)
    if not label_smoothing:
        return loss
    if type(whole) is keras.losses.SparseCategoricalCrossentropy and not config.get("ignore_class"):
        shared = {name: config[name] for name in ("from_logits", "reduction")}
        return keras.losses.CategoricalCrossentropy(**shared, label_smoothing=label_smoothing)
    msg = (
        f"label_smoothing={label_smoothing} needs a loss that can smooth labels, a cross-entropy; "
        f"the loss is {loss_name(loss)!r}"
    )
    raise ValueError(msg)


def check_free(settings):
    """Raise if a phase sets what a network that came compiled has decided.

    Raises
    ------
    ValueError
    """
    decided = [name for name in ("optimizer", "loss", "label_smoothing") if name in settings]
    if decided:
        msg = (
            f"{decided[0]} is given, but the network came compiled; return it from the function "
            "model without compiling it"
        )
        raise ValueError(msg)


def check_loss(asked_for, compiled):
    """Raise if a network came compiled with another loss than the one that was asked for.

    Raises
    ------
    ValueError
    """
    known = (str, type, keras.losses.Loss)
    if not (isinstance(asked_for, known) and isinstance(compiled, known)):
        return
    if loss_name(asked_for) != loss_name(compiled):
        msg = (
            f"loss={asked_for!r}, but the network came compiled with {compiled!r}; leave one of "
            "them out, or compile with compile_kwargs['loss']"
        )
        raise ValueError(msg)


def compiled(settings):
    """Arguments to compile a network with, all metrics weighted; the loss may be None.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    dict
    """
    routed = routed_to("optimizer", settings.parameters, strict=True)
    check_optimizer(settings, routed)
    arguments = arguments_of(settings)
    arguments["optimizer"] = configured(settings, arguments["optimizer"], routed)
    arguments["loss"] = only_loss(arguments["loss"])
    # metrics see the event weights, as the loss does
    weighted = _metrics.weighted(arguments["metrics"], arguments.get("weighted_metrics"))
    return arguments | {"metrics": None, "weighted_metrics": weighted}


def arguments_of(settings):
    """What the parameters of `settings` say of optimizer, loss and metrics, made with arguments.

    Keras gives functions and objects for names of losses and optimizers, which take no arguments:
    here classes stand for these names.
    """
    parameters = settings.parameters
    arguments = {name: parameters[name] for name in COMPILED if name in parameters}
    arguments |= routed_to("compile", parameters)
    arguments["optimizer"] = optimizer_class(arguments["optimizer"])
    if any(name.startswith("loss__") for name in parameters):
        classes = _loss_classes()
        arguments["loss"] = keras.tree.map_structure(
            lambda loss: classes.get(loss_name(loss), loss) if isinstance(loss, str) else loss,
            arguments["loss"],
        )
    named = {"loss": keras.losses.get, "metrics": _metrics.metric_called}
    for kind in ("optimizer", *named):
        if kind in named:
            arguments[kind] = by_name(arguments[kind], named[kind])
        routed = routed_to(kind, parameters, strict=kind == "optimizer")
        arguments[kind] = made(arguments[kind], routed)
    return arguments


def optimizer_class(optimizer):
    """The class of an optimizer given by Keras' name; anything else as it is."""
    if not isinstance(optimizer, str):
        return optimizer
    classes = {n.lower(): c for n, c in vars(keras.optimizers).items() if inspect.isclass(c)}
    return classes.get(optimizer.lower(), optimizer)


def _loss_classes():
    classes = [c for c in vars(keras.losses).values() if inspect.isclass(c)]
    return {loss_name(c): c for c in classes}


def only_loss(losses):
    """The loss of the one output, which may be in a list or a dict.

    Raises
    ------
    ValueError
        If there are several.
    """
    flat = keras.tree.flatten(losses)
    if len(flat) != 1:
        msg = (
            f"loss={losses!r} has {len(flat)} losses; a classifier takes a network with one output"
        )
        raise ValueError(msg)
    return flat[0]


def reduced(loss):
    """`loss`, with a mean over events where it has a ``__call__`` of its own that takes none."""
    own_call = type(loss).__call__ is not keras.losses.Loss.__call__
    return Reduced(loss) if isinstance(loss, keras.losses.Loss) and own_call else loss


class Reduced(keras.losses.Loss):
    """A loss whose class has its own ``__call__``, which may return one value per event.

    Parameters
    ----------
    loss : keras.losses.Loss
    """

    def __init__(self, loss):
        super().__init__(name=loss_name(loss))
        self.loss = loss

    @property
    def from_logits(self):
        """As of the loss."""
        return getattr(self.loss, "from_logits", False)

    def __call__(self, y_true, y_pred, sample_weight=None):
        value = self.loss(y_true, y_pred, sample_weight=sample_weight)
        return value if not len(value.shape) else super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        return self.loss(y_true, y_pred)

    def get_config(self):
        return {"loss": self.loss}


def check_targets(loss, n_outputs):
    """Raise if a loss of Keras is for another number of outputs.

    Raises
    ------
    ValueError
    """
    kinds = kinds_of(loss)
    for_one, per_class = kinds & set(BINARY), kinds & {*ONE_HOT, *SPARSE}
    if (for_one and n_outputs > 1) or (per_class and n_outputs == 1):
        rule = "one output node" if for_one else "one output node per class"
        msg = (
            f"loss {loss_name(loss)!r} is for {rule}; the network has {n_outputs}. "
            f"{loss_name(loss_for(n_outputs))!r} fits it; loss=None takes it"
        )
        raise ValueError(msg)


def wants_one_hot(loss, n_outputs):
    """Whether a loss compares several outputs with one number per class.

    Keras' own losses do, but for the sparse ones; a loss of a user's own is given class numbers,
    unless it derives from one that does.
    """
    kinds = kinds_of(loss)
    if n_outputs == 1 or kinds & {*SPARSE, *BY_TARGETS}:
        return False
    of_keras = is_keras_own(loss) and not isinstance(loss, keras.losses.Loss)
    return of_keras or bool(kinds & (set(_loss_classes()) - {"loss"}))


def kinds_of(loss):
    """Names of a loss, and of the losses that its class derives from, in snake case."""
    if isinstance(loss, Reduced):
        return kinds_of(loss.loss)
    if isinstance(loss, str) and loss not in BY_TARGETS:
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        return {loss_name(base) for base in type(loss).__mro__}
    return {loss_name(loss)}


def loss_name(loss):
    """Name of a loss in snake case, e.g. ``"binary_crossentropy"``.

    Parameters
    ----------
    loss : str, keras.losses.Loss or callable
    """
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    name = name if isinstance(name, str) else type(loss).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
