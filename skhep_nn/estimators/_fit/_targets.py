"""Labels of any type to what a loss wants, and outputs of a network to class probabilities."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.special import expit, softmax
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from skhep_nn import _labels
from skhep_nn.exceptions import WeightError

# Rounding of float32 in a softmax of many classes.
TOLERANCE = 1e-3
# Distance of the numbers next to one in short floating-point types.
SPACING = {"bfloat16": 2.0**-7, "float16": 2.0**-10}


def labels_of(y, owner, name="y", classes=None):
    """`y`, the argument `name` of `owner`, as a 1-D array of labels.

    Raises
    ------
    ValueError
        If there are none, some are missing, they are not the labels of one classification, or of
        another type than `classes`.
    """
    if y is None:
        msg = (
            f"requires y to be passed, but the target y is None: {owner} learns from labels, "
            "one per event"
        )
        raise ValueError(msg)
    if isinstance(y, str) or hasattr(y, "__next__"):
        raise TypeError(_no_labels(y, owner, name))
    present = _labels.with_plain_numbers(_labels.present(y, name))
    y = check_array(present, ensure_2d=False, dtype=None, input_name=name)
    if y.dtype == object:
        # scikit-learn would sort them
        _labels.check_one_type(y, name)
    check_classification_targets(y)
    labels = _one_per_event(y, owner, name)
    _labels.check_one_type(labels, name)
    if classes is not None:
        _labels.check_type(labels, classes, name)
    return labels


def _no_labels(y, owner, name):
    what, cure = f"the text {y!r:.40}", f"of a column, X[{y!r:.40}] and the features without it"
    if not isinstance(y, str):
        what, cure = f"a {type(y).__name__}", f"list({name})"
    return f"{name} is {what}; {owner} takes labels, one per event: pass {cure}"


def _one_per_event(y, owner, name):
    """`y` with one axis; a column is flattened, with a warning."""
    # it takes two axes, and to ask takes as long as the check before
    if y.ndim > 1 and type_of_target(y).startswith("multilabel"):
        msg = (
            f"{name} has shape {y.shape}; {owner} takes one label per event "
            f"(for one-hot rows pass {name}.argmax(axis=1))"
        )
        raise ValueError(msg)
    if y.ndim == 2 and y.shape[1] == 1:
        warnings.warn(
            f"A column-vector {name} was passed when a 1d array was expected; it is flattened.",
            DataConversionWarning,
            stacklevel=5,
        )
    return column_or_1d(y)


def accuracy(labels, predicted, weights):
    """Weighted share of events that are classified right; `weights` may be None.

    Raises
    ------
    WeightError
        If the weights sum to nothing or less.
    """
    if weights is not None and not weights.sum() > 0:
        msg = f"the event weights sum to {weights.sum():.6g}; a score needs a positive sum"
        raise WeightError(msg)
    return float(np.average(predicted == labels, weights=weights))


def learn_classes(labels, owner):
    """Sorted distinct labels.

    Raises
    ------
    ValueError
        If there are less than two.
    """
    classes = np.unique(labels)
    if len(classes) < 2:
        msg = (
            f"{owner} needs at least two classes; y has only one class, {classes.tolist()[0]!r}; "
            f"{_labels.SORTED}"
        )
        raise ValueError(msg)
    return classes


def attributes(labels, classes):
    """What scikit-learn and a user's function (through ``meta``) know of labels, by attribute."""
    return {
        "classes_": classes,
        "n_classes_": len(classes),
        "n_outputs_": 1,
        "n_outputs_expected_": 1,
        "target_type_": "binary" if len(classes) == 2 else "multiclass",
        "y_dtype_": labels.dtype,
        "y_ndim_": 1,
    }


def encode(labels, classes, name="y"):
    """Class numbers 0 ... n_classes - 1 of `labels`, the argument `name`.

    Raises
    ------
    ValueError
        Naming the labels that are no class.
    """
    _labels.check_type(labels, classes, name)
    codes = np.searchsorted(classes, labels)
    codes = np.minimum(codes, len(classes) - 1)
    unknown = np.unique(labels[classes[codes] != labels])
    if len(unknown):
        msg = (
            f"{name} has the labels {unknown.tolist()[:10]}; the classes are "
            f"{classes.tolist()[:20]}"
        )
        raise ValueError(msg)
    return codes


def check_outputs(n_outputs, classes):
    """Raise if a network with `n_outputs` output nodes cannot tell `classes` apart.

    Raises
    ------
    ValueError
    """
    if n_outputs != len(classes) and (n_outputs, len(classes)) != (1, 2):
        wanted = "1 or 2" if len(classes) == 2 else len(classes)
        msg = (
            f"the network has {n_outputs} output nodes for the {len(classes)} classes "
            f"{classes.tolist()[:20]}; it needs {wanted} (meta['n_classes_'] tells)"
        )
        raise ValueError(msg)


def targets(codes, n_classes, n_outputs, *, one_hot):
    """What the loss compares the outputs with.

    Parameters
    ----------
    codes : ndarray of shape (n_events,)
    n_classes, n_outputs : int
    one_hot : bool
        Whether the loss compares the outputs with one number per class.
    """
    if one_hot:
        return np.eye(n_classes, dtype=float_type())[codes]
    if n_outputs == 1:
        return codes.astype(float_type())[:, None]
    return codes.astype(np.int32)


def probabilities(outputs, *, from_logits=False):
    """Class probabilities of shape (n_events, n_classes) from the outputs of a network.

    Those of short types are checked at their precision and come as float32 that sum to one.

    Parameters
    ----------
    outputs : ndarray of shape (n_events, n_outputs)
    from_logits : bool, default=False
        Whether the loss takes the outputs before sigmoid or softmax.

    Raises
    ------
    ValueError
        If they are not between 0 and 1, or those of an event do not sum to one.
    """
    spacing = SPACING.get(outputs.dtype.name)
    if spacing is not None:
        outputs = outputs.astype(np.float32)
    if from_logits:
        outputs = (softmax(outputs, axis=1) if outputs.shape[1] > 1 else expit(outputs)).astype(
            outputs.dtype
        )
    if outputs.shape[1] == 1:
        outputs = np.concatenate([1 - outputs, outputs], axis=1)
    _check_probabilities(outputs, TOLERANCE + outputs.shape[1] * (spacing or 0.0))
    return outputs if spacing is None else outputs / outputs.sum(axis=1, keepdims=True)


def _check_probabilities(outputs, tolerance):
    """Raise if `outputs` are no probabilities: a network that lacks its last activation."""
    sums = outputs.sum(axis=1)
    if len(outputs) and (outputs.min() < -tolerance or np.abs(sums - 1).max() > tolerance):
        worst = int(np.abs(sums - 1).argmax())
        msg = (
            "the outputs of the network are not probabilities: lowest "
            f"{outputs.min():.6g}, the classes of event {worst} sum to {sums[worst]:.6g}; end the "
            "network with a sigmoid (one node) or softmax (one node per class), or use a loss "
            "with from_logits=True"
        )
        raise ValueError(msg)


def float_type():
    """The float type that Keras computes in."""
    import keras

    return np.dtype(keras.config.floatx())
