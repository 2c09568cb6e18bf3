"""One rule for all: a column that no step reads is not needed, and does no harm.

A step that takes some columns by name and lets the others go has ``_reads``: the names of those
that it takes, which `only_read` selects. `unread` asks a whole model for it, so that nobody has to
have a column for no one.
"""

from __future__ import annotations

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from skhep_nn import _columns


def only_read(X, read):
    """The columns of `X` that are among `read`, in their order in `X`; all if nothing has names.

    Parameters
    ----------
    X : DataFrame, array or blocks
    read : set of str or None
    """
    names = _columns.names(X)
    if names is None or read is None:
        return X
    kept = [at for at, name in enumerate(names) if name in read]
    return X if len(kept) == len(names) else _columns.select(X, kept)


def unread(model, names):
    """Those of `names`, the columns of a fit, that no step of the fitted `model` reads.

    Parameters
    ----------
    model : estimator, Pipeline, or search over such
    names : list of str

    Returns
    -------
    list of str
    """
    read = read_by(model, names)
    return [] if read is None else [name for name in names if name not in read]


def first_step(model):
    """The first step of a Pipeline, or of one inside a search, that does anything; else `model`."""
    for inside in ("best_estimator_", "estimator_"):
        if hasattr(model, inside):
            return first_step(getattr(model, inside))
    if isinstance(model, Pipeline):
        steps = [step for _, step in model.steps if step not in (None, "passthrough")]
        return first_step(steps[0]) if steps else model
    return model


def read_by(model, names):
    """Those of `names`, the columns of a fit, that `model` reads; None for one that reads all."""
    step = first_step(model)
    if isinstance(step, ColumnTransformer):
        return _read_by_columns(step, names)
    return getattr(step, "_reads", None)


def _read_by_columns(model, names):
    places = getattr(model, "_transformer_to_input_indices", None)
    if places is None:
        return None
    dropped = {name for name, transformer, _ in model.transformers_ if transformer == "drop"}
    return {names[at] for name, ats in places.items() if name not in dropped for at in ats}
