"""The loss: from the plain parameters of a classifier, and what targets it takes."""

from __future__ import annotations

import inspect

import keras
import numpy as np

from skhep_nn._keras_objects import config_of, is_keras_own, rebuilt

# Losses that take targets of one output, and those that take one target per class.
BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
ONE_HOT = (
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
)
# in spite of its name, the last takes class numbers
SPARSE = (
    "sparse_categorical_crossentropy",
    "circle",
    "categorical_generalized_cross_entropy",
)
# Names by which Keras chooses the cross-entropy that fits the targets.
BY_TARGETS = ("crossentropy", "ce")


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
    kind = loss_classes().get(loss_name(loss))
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
    """Raise if a loss of Keras is for another number of outputs, or gives no single number.

    Raises
    ------
    ValueError
    """
    _check_reduction(loss)
    kinds = kinds_of(loss)
    for_one, per_class = kinds & set(BINARY), kinds & {*ONE_HOT, *SPARSE}
    if (for_one and n_outputs > 1) or (per_class and n_outputs == 1):
        rule = "one output node" if for_one else "one output node per class"
        msg = (
            f"loss {loss_name(loss)!r} is for {rule}; the network has {n_outputs}. "
            f"{loss_name(loss_for(n_outputs))!r} fits it; loss=None takes it"
        )
        raise ValueError(msg)


def _check_reduction(loss):
    reduction = getattr(loss, "reduction", "sum") if isinstance(loss, keras.losses.Loss) else "sum"
    if reduction in (None, "none"):
        msg = (
            f"loss {loss_name(loss)!r} has reduction={reduction!r}, which leaves one value per "
            "event where training needs one number; leave reduction= out"
        )
        raise ValueError(msg)


def check_per_event(loss, y, n_outputs, weights):
    """Raise if weights cannot act on a loss because it has not one value per event.

    Parameters
    ----------
    loss : str, keras.losses.Loss or callable
    y : ndarray
        Targets of a few events, more than there are outputs, as the loss takes them.
    n_outputs : int
    weights : ndarray of shape (n_events,)

    Raises
    ------
    ValueError
    """
    shape = _shape_of_value(loss, y, n_outputs)
    if shape is None or shape[:1] == y.shape[:1]:
        return
    # what is the same for all events is the same for their mean
    alike = (weights == weights[:1]).all()
    if not alike or (shape and n_outputs > 1):
        msg = (
            f"loss {loss_name(loss)!r} gives values of shape {shape} for {len(y)} events, so "
            "that event weights cannot act; a loss must give one value per event (axis=-1)"
        )
        raise ValueError(msg)


def _shape_of_value(loss, y, n_outputs):
    """Shape of what a loss gives for a few events; None if it is one of Keras' as they come."""
    of_keras = isinstance(loss, str) or is_keras_own(loss)
    with_call = isinstance(loss, keras.losses.Loss)
    plain = of_keras and (not with_call or _axis_of(loss) == -1)
    if plain or isinstance(loss, Reduced) or not callable(loss):
        return None
    p = np.full((len(y), n_outputs), 1.0 / max(n_outputs, 2), keras.config.floatx())
    tensors = [keras.ops.convert_to_tensor(one) for one in (y, p)]
    try:
        return tuple((loss.call if with_call else loss)(*tensors).shape)
    # what goes wrong in a loss of the user's is told of in training
    except Exception:
        return None


def _axis_of(loss):
    """The axis of the classes; Keras' configurations do not have that of all losses."""
    return vars(loss).get("axis", vars(loss).get("_fn_kwargs", {}).get("axis", -1))


def wants_one_hot(loss, n_outputs):
    """Whether a loss compares several outputs with one number per class.

    Keras' own losses do, but for the sparse ones; a loss of a user's own is given class numbers,
    unless it derives from one that does.
    """
    kinds = kinds_of(loss)
    if n_outputs == 1 or kinds & {*SPARSE, *BY_TARGETS}:
        return False
    of_keras = is_keras_own(loss) and not isinstance(loss, keras.losses.Loss)
    return of_keras or bool(kinds & (set(loss_classes()) - {"loss"}))


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


def loss_class(name):
    """Keras' class of a loss, or the name itself if there is none."""
    return loss_classes().get(loss_name(name), name)


def loss_classes():
    classes = [c for c in vars(keras.losses).values() if inspect.isclass(c)]
    return {loss_name(c): c for c in classes}
