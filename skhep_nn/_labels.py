"""Class labels of events: one per event, none missing, of one type.

A missing label compares unequal to every class, so that its event would count as background. One
place decides what a label is, for metrics, displays, splits, transformers and classifiers.
"""

from __future__ import annotations

from numbers import Real

import numpy as np

from skhep_nn import _floats, _masks
from skhep_nn._shown import shown

COLLECTIONS = (list, tuple, set, frozenset)
_MOST_NAMED = 20
SORTED = (
    "if these are a fold or another part of sorted events, stratify (StratifiedKFold, stratify=y) "
    "or shuffle (KFold(shuffle=True))"
)
_TYPES = {
    "b": "numbers",
    "i": "numbers",
    "u": "numbers",
    "f": "numbers",
    "U": "text",
    "S": "bytes",
    "T": "text",
}


def check(y, name="y_true"):
    """`y` as a 1-D array of labels, at least one.

    Parameters
    ----------
    y : array-like of shape (n_events,)
        Numbers, booleans, text or bytes; not several of these.
    name : str, default="y_true"
        What they are, for the error message.

    Raises
    ------
    ValueError
        If there are none, they are not one per event, or labels are missing: how many, and the
        first event.

    Examples
    --------
    >>> check(["ttH", "ttbar"]).tolist()
    ['ttH', 'ttbar']
    """
    found = present(y, name)
    if found.ndim != 1 or not len(found):
        msg = f"{name} must be a 1-D array with at least one event, got shape {found.shape}"
        raise ValueError(msg)
    check_one_type(found, name)
    _check_finite(found, name)
    return found


def named(classes):
    """`classes` for an error message: of many the first, and what that may mean.

    Examples
    --------
    >>> named(["b", "s"])
    "['b', 's']"
    >>> named([n / 1000 for n in range(1000)])
    '[0.0, 0.001, 0.002, ...], 1000 in all (labels and scores in the wrong order?)'
    """
    if len(classes) <= _MOST_NAMED:
        return repr(classes)
    first = ", ".join(f"{label!r:.40}" for label in classes[:3])
    swapped = any(isinstance(label, float) for label in classes)
    return f"[{first}, ...], {len(classes)} in all" + (
        " (labels and scores in the wrong order?)" if swapped else ""
    )


def of_sorted_events(classes):
    """What a part of sorted events has to be told, where the part has one class only; or nothing.

    Examples
    --------
    >>> of_sorted_events([0, 1])
    ''
    """
    return f"; {SORTED}" if len(classes) == 1 else ""


def of_numbers(given, classes, cure):
    """What to do where a user gives texts as labels, and the classes are numbers; or nothing.

    Ensembles of scikit-learn's encode the labels before their members see them.

    Examples
    --------
    >>> of_numbers(["b"], ["c", "uds"], "look at y")
    ''
    >>> of_numbers(["b"], [0, 1], "name 0 or 1")[:60]
    '; in a VotingClassifier or StackingClassifier labels are num'
    """
    is_text = all(isinstance(label, str) for label in given)
    if not is_text or list(classes) != [*range(len(classes))]:
        return ""
    return (
        "; in a VotingClassifier or StackingClassifier labels are numbers, from 0 in the order of "
        f"the sorted labels: {cure}"
    )


def present(y, name="y_true"):
    """`y` as an array of any shape in which no label is missing.

    Raises
    ------
    ValueError
        If labels are missing (NaN, None, NA, NaT, masked), numbers and text stand in one list, or
        rows differ in length.
    """
    if y is None:
        # scikit-learn's checks ask for this wording
        msg = f"requires {name} to be passed, but the target {name} is None: a label per event"
        raise ValueError(msg)
    found = _masks.unmasked(_floats.as_array(_masks.unmasked(y, name), name), name)
    untouched = found if isinstance(y, np.ndarray) else _untouched(y, found)
    gone = missing(untouched)
    if gone.any():
        rows = gone.reshape(gone.shape[0] if gone.ndim else 1, -1).any(axis=1)
        msg = (
            f"Input {name} contains NaN: {gone.sum()} of {gone.size} labels are missing (NaN, None "
            f"or NA), the first is that of event {int(np.argmax(rows))}; an event without a label "
            "belongs to no class, drop it"
        )
        raise ValueError(msg)
    if untouched is not found:
        check_one_type(untouched.reshape(-1), name)
    # NumPy's text of variable length is text like other text to what comes after
    return np.array(found.tolist(), dtype=str) if found.dtype.kind == "T" else found


def type_of(labels):
    """``"numbers"``, ``"text"``, ``"bytes"``, several of these, or None for what is no label."""
    if labels.dtype != object:
        return _TYPES.get(labels.dtype.kind)
    found = {type_of_one(label) for label in labels.reshape(-1)}
    return None if None in found or not found else " and ".join(sorted(found))


def of_columns(classes, name="classes"):
    """Labels of the columns of scores, as a list.

    Raises
    ------
    ValueError
        If a label is missing, or stands twice: which of its columns is meant, nobody can say.
    """
    found = check(classes, name).tolist()
    twice = [label for at, label in enumerate(found) if label in found[:at]]
    if twice:
        msg = f"{name}={found} has {twice[0]!r} twice; each column is of a class of its own"
        raise ValueError(msg)
    return found


def listed(signal, name="signal"):
    """A label, or a list of labels, as a list of them, each once.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if isinstance(signal, np.ndarray):
        signal = signal.tolist()
    found = list(signal) if isinstance(signal, COLLECTIONS) else [signal]
    if not found or not all(map(_is_label, found)):
        msg = f"{name}={shown(signal)}; it must be a label, or a list of labels"
        raise ValueError(msg)
    # what stands twice is no more than once
    return list(dict.fromkeys(found))


def one(signal, name="signal"):
    """A single label.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(signal, (*COLLECTIONS, np.ndarray)) or not _is_label(signal):
        msg = f"{name}={shown(signal)}; it must be a label"
        raise ValueError(msg)
    return signal


def _is_label(value):
    # no event has a label that is not finite
    is_infinite = isinstance(value, (float, np.floating)) and not np.isfinite(value)
    return type_of_one(value) is not None and not is_infinite


def check_type(labels, classes, name):
    """Raise unless `labels` are of the type that `classes` are of.

    Raises
    ------
    ValueError
        If one are numbers and the others text: no label would ever be equal to a class.
    """
    given, known = type_of(labels), type_of(np.asarray(classes))
    if len(labels) and given != known:
        msg = (
            f"{name} has labels that are {given}, {_some(labels)}, and the classes are {known}, "
            f"{_some(classes)}; labels must be of the type that they had in fit"
        )
        raise ValueError(msg)


def with_plain_numbers(labels):
    """Numbers that stand in an array of objects, in one of numbers; other labels as they are."""
    is_numbers = labels.dtype == object and type_of(labels) == "numbers"
    return np.asarray(labels.tolist()) if is_numbers else labels


def check_one_type(found, name):
    """Raise unless `found` are numbers, or text, or bytes.

    Raises
    ------
    ValueError
        If some are none of these, or they are several of them.
    """
    kind = type_of(found)
    if kind is None:
        bad = next((v for v in found.tolist() if type_of_one(v) is None), found[0])
        msg = f"{name} must hold labels, which are numbers or text, got {bad!r:.60} ({found.dtype})"
        raise ValueError(msg)
    if " and " in kind:
        msg = f"{name} has labels of several types, {kind}: {_some(found)}; use one of them"
        raise ValueError(msg)


def _check_finite(found, name):
    if found.dtype.kind == "O":
        infinite = np.array([isinstance(v, (float, np.floating)) and np.isinf(v) for v in found])
    else:
        infinite = np.isinf(found) if found.dtype.kind == "f" else np.zeros(0, bool)
    if infinite.any():
        bad = np.flatnonzero(infinite)
        msg = f"{name} contains infinity: {len(bad)} of {len(found)} labels, first event {bad[0]}"
        raise ValueError(msg)


def missing(found):
    """Where an array has NaN, None, NA or NaT."""
    if found.dtype.kind in "fcmM":
        return np.isnan(found)
    if found.dtype.kind not in "OT":
        return np.zeros(found.shape, dtype=bool)
    import pandas as pd

    return np.asarray(pd.isna(found.astype(object)))


def _untouched(y, found):
    """The labels before NumPy made text of a NaN or a number between them."""
    if found.dtype.kind not in "US":
        return found
    return np.asarray(y, dtype=object).reshape(found.shape)


def type_of_one(label):
    """``"numbers"``, ``"text"``, ``"bytes"``, or None for what is no label."""
    if isinstance(label, str):
        return "text"
    if isinstance(label, bytes):
        return "bytes"
    # a time difference of NumPy calls itself an integer
    is_number = isinstance(label, (Real, np.bool_)) and not isinstance(label, np.timedelta64)
    return "numbers" if is_number else None


def _some(labels):
    different = list(dict.fromkeys(np.asarray(labels).tolist()))
    return f"{different[:5]!r:.100}" + (" ..." if len(different) > 5 else "")
