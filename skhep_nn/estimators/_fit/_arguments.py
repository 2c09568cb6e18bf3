"""Arguments of a call: those of Keras' fit, and validation events given in one way or another."""

from __future__ import annotations

from skhep_nn.estimators import _parameters


def validation_events(arguments, X_val, y_val, sample_weight_val, owner):
    """The validation events, from the named arguments or from Keras' ``validation_data``.

    Parameters
    ----------
    arguments : dict
        Those of Keras' fit, of which ``validation_data`` is taken out.
    X_val, y_val, sample_weight_val
    owner : str

    Returns
    -------
    tuple of (X_val, y_val, sample_weight_val), or None

    Raises
    ------
    ValueError
        If they are given twice, or without labels.
    """
    data = arguments.pop("validation_data", None)
    if data is not None:
        if X_val is not None:
            msg = f"{owner}.fit got X_val and validation_data; give the validation events one way"
            raise ValueError(msg)
        return (*data, None)[:3]
    given = {"X_val": X_val, "y_val": y_val}
    missing = [name for name, value in given.items() if value is None]
    if missing and (len(missing) == 1 or sample_weight_val is not None):
        msg = f"{owner}.fit needs X_val and y_val together; {' and '.join(missing)} is missing"
        raise ValueError(msg)
    return None if X_val is None else (X_val, y_val, sample_weight_val)


def check_known(arguments, known, method):
    """Raise a TypeError naming an argument that is not known, and the nearest one that is."""
    for name in arguments:
        if name not in known:
            near = _parameters.instead_of(name, known)
            msg = f"{method}() got an unexpected keyword argument {name!r}{near}"
            raise TypeError(msg)
