"""The column of labels of events from files, where nobody names it."""

from __future__ import annotations

from skhep_nn import _columns


def label_column(model, table, weight_column=None):
    """The one column that holds the classes of `model` and that it was not fitted with.

    Parameters
    ----------
    model : fitted classifier
    table : DataFrame
    weight_column : str, default=None
        A column that is none of labels.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If no column is such a one, or several are.
    """
    fitted = {*getattr(model, "feature_names_in_", ()), weight_column}
    classes = {*model.classes_.tolist()}
    names = [name for name in _columns.names(table) if name not in fitted]
    found = [name for name in names if _holds(table[name], classes)]
    if len(found) == 1:
        return found[0]
    what = f"{found} hold" if found else "no column that the model was not fitted with holds"
    msg = f"{what} the classes {sorted(classes, key=str)}; name the column of labels by --label"
    raise ValueError(msg)


def _holds(column, classes):
    if column.isna().any():
        return False
    try:
        return {*column.unique().tolist()} == classes
    except TypeError:
        # lists are no labels
        return False
