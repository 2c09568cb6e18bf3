"""Whether the rows of two tables, which are taken to be the same events, are in the same order."""

from __future__ import annotations

from skhep_nn import _columns


def check(table, reference, name, nominal, cure):
    """Raise if the index of two DataFrames of pandas tells that one is a shuffle of the other.

    Parameters
    ----------
    table, reference : table
        What has no index tells nothing.
    name, nominal : str
        What they are called.
    cure : str
        What else to do.

    Raises
    ------
    ValueError
        Naming the first row.
    """
    if not (_columns.is_frame(table) and _columns.is_frame(reference)):
        return
    one, other = table.index, reference.index
    if len(one) != len(other) or one.equals(other) or not (one.is_unique and other.is_unique):
        return
    if one.isin(other).all():
        at = int((one != other).argmax())
        msg = (
            f"row {at} of {name} has the index {one[at]!r}, and in {nominal} {other[at]!r}: the "
            "same rows in another order; bring them into one order (X_up.loc[X.index]), "
            f"reset_index(drop=True) where it is the index that is wrong{cure}"
        )
        raise ValueError(msg)
