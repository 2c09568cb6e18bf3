"""What classes are called: names that a classifier, a picture or a report is given."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _composition, _labels

NAME = "class_names"


def checked(given, classes, where):
    """{label: name} of what a user gives, of every class or of some.

    Parameters
    ----------
    given : dict of label to str, list of str, or None
        A list has a name for each class, in the order of the sorted labels.
    classes : array-like of shape (n_classes,)
        Labels, sorted.
    where : str
        What has these classes, for the error message.

    Raises
    ------
    TypeError
        If it is neither a dict nor a list, or a name is no text.
    ValueError
        If a list has another number of names than there are classes, a dict names what is no class,
        or two classes are called the same.

    Examples
    --------
    >>> checked(["ttbar", "Higgs"], [0, 1], "the model")
    {0: 'ttbar', 1: 'Higgs'}
    """
    classes = np.asarray(classes).tolist()
    named = _by_label(given, classes, where)
    unknown = [label for label in named if label not in classes]
    if unknown:
        msg = (
            f"{NAME} has {unknown[0]!r}, which is not a class of {where}; it has {classes}"
            + _labels.of_numbers([*named], classes, f"give {NAME} as a list of names in that order")
        )
        raise ValueError(msg)
    for label, name in named.items():
        if not isinstance(name, str) or not name.strip():
            msg = f"{NAME} calls class {label!r} {name!r:.60}; a name is a text"
            raise TypeError(msg)
    check_differ({label: str(named.get(label, label)) for label in classes}, named)
    return {label: str(named[label]) for label in classes if label in named}


def check_differ(called, given):
    """Raise if classes are `called` the same, by the names that the user has `given`.

    Raises
    ------
    ValueError
    """
    if given and len(set(called.values())) < len(called):
        msg = f"with {NAME}={given!r:.60} classes are called {called}; each needs a name of its own"
        raise ValueError(msg)


def of_estimator(estimator, classes=None):
    """{label: name} that the classifier in `estimator` was given, empty if it was given none.

    Parameters
    ----------
    estimator : estimator
    classes : array-like, default=None
        Those of an estimator that is not fitted.

    Raises
    ------
    TypeError, ValueError
        As `checked` does.
    """
    given = _composition.class_names(estimator)
    return {} if given is None else _checked_for(estimator, given, classes)


def for_picture(estimator, given, classes=None):
    """Names by label that a picture is given, or else those that the estimator was given.

    Names by label may be those of what is no class, as events in a picture have them.

    Raises
    ------
    TypeError, ValueError
        As `checked` does.
    """
    if given is None:
        return of_estimator(estimator, classes)
    return given if isinstance(given, dict) else _checked_for(estimator, given, classes)


def _checked_for(estimator, given, classes):
    classes = getattr(estimator, "classes_", classes)
    return checked(given, classes, f"the {type(_composition.last_step(estimator)).__name__}")


def _by_label(given, classes, where):
    if given is None or isinstance(given, dict):
        return _choices.names(given, NAME)
    if not _choices.is_several(given) or np.ndim(given) != 1:
        msg = (
            f"{NAME}={given!r:.60}; it must be a dict of label to name, or a list of names in the "
            "order of the sorted labels"
        )
        raise TypeError(msg)
    names = np.asarray(given, dtype=object).tolist()
    if len(names) != len(classes):
        msg = (
            f"{NAME} has {len(names)} names, {names!r:.100}; {where} has {len(classes)} classes, "
            f"{classes!r:.100}, and a list has one for each"
        )
        raise ValueError(msg)
    return dict(zip(classes, names, strict=True))
