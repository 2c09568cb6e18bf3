"""Whether an ONNX file gives the probabilities of the model that it was made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _columns, _floats
from skhep_nn.deploy._onnx._classifier import load_onnx
from skhep_nn.exceptions import DisagreementError

# What rounding in single precision does to a well-scaled feature, and to inputs.
TOLERANCES = {"float64": 1e-6, "float32": 1e-5}


@dataclass(frozen=True)
class Verification:
    """How far a file's probabilities are from those of its model.

    Parameters
    ----------
    largest : float
        Largest difference of any class' probability.
    most : float
        99.9 % of the differences are not larger than this.
    event : int or None
        Where the largest is, None without events.
    column : str or None
        The feature to whose rounding to float32 most of it is owed; None if it is owed to none.
    n_events : int
    tolerance : float
    """

    largest: float
    most: float
    event: int | None
    column: str | None
    n_events: int
    tolerance: float

    def __str__(self):
        where = "" if self.event is None else f" (event {self.event})"
        blame = "" if self.column is None else f", by the rounding of {self.column!r} to float32"
        return (
            f"{self.n_events} events: largest difference {self.largest:.2g}{where}{blame}, "
            f"99.9 % below {self.most:.2g}"
        )


def verify_onnx(path, model, X, *, tolerance=None):
    """Compare the probabilities of an ONNX file with those of the model that it was made from.

    Parameters
    ----------
    path : path, bytes or OnnxClassifier
    model : fitted classifier or Pipeline
    X : DataFrame, array or EventBlocks
        Events, as for ``model.predict_proba``.
    tolerance : float, default=None
        Largest difference that is allowed. None: 1e-5 for files with inputs of float32, 1e-6 for
        those with inputs of float64.

    Returns
    -------
    Verification

    Raises
    ------
    DisagreementError
        If a probability differs by more than `tolerance`, or is NaN.

    Examples
    --------
    >>> from skhep_nn import verify_onnx
    >>> print(verify_onnx("model.onnx", model, X_test))  # doctest: +SKIP
    5000 events: largest difference 1.8e-07 (event 17), 99.9 % below 1.2e-07
    """
    if not hasattr(model, "predict_proba") or isinstance(model, type):
        msg = f"model must be a fitted classifier with predict_proba, got {model!r:.60}"
        raise TypeError(msg)
    if tolerance is not None:
        tolerance = _floats.not_negative(tolerance, "tolerance")
    loaded = path if hasattr(path, "predict_proba") else load_onnx(path)
    found = compare(loaded, model, X, tolerance)
    if not found.largest <= found.tolerance:
        msg = f"the ONNX file differs from the model by more than {found.tolerance:g}: {found}"
        raise DisagreementError(msg + _cure(found))
    return found


def _cure(found):
    """What to do about a disagreement, where it looks like rounding."""
    if found.column is not None:
        return "; give dtype='float64' to export_onnx, or scale the feature before"
    if found.most > found.tolerance:
        return ""
    return (
        "; a step that multiplies rounding does it to few events, such as isotonic calibration or "
        f"quantiles of repeated values: say what you accept, tolerance={2 * found.largest:.1g}"
    )


def compare(loaded, model, X, tolerance=None):
    """As `verify_onnx`, without raising."""
    if tolerance is None:
        tolerance = TOLERANCES[_precision(loaded)]
    wanted = np.asarray(model.predict_proba(X))
    differences = np.abs(loaded.predict_proba(X) - wanted)
    if not len(wanted):
        return Verification(0.0, 0.0, None, None, 0, tolerance)
    per_event = np.nan_to_num(differences.max(axis=1), nan=np.inf)
    event = int(per_event.argmax())
    most = float(np.quantile(per_event, 0.999, method="higher"))
    largest = float(per_event[event])
    column = _blamed(model, X, event, largest) if _precision(loaded) == "float32" else None
    return Verification(largest, most, event, column, len(wanted), tolerance)


def _precision(loaded):
    types = {spec.dtype for spec in loaded.metadata_.inputs}
    return "float32" if "float32" in types else "float64"


def _blamed(model, X, event, largest):
    """The feature whose rounding to float32 moves the event by most of `largest`, or None."""
    if _columns.is_blocks(X) or np.ndim(X) != 2 or largest < TOLERANCES["float64"]:
        return None
    rows = _rounded_one_by_one(X, event)
    if rows is None:
        return None
    out = np.asarray(model.predict_proba(rows))
    moved = np.abs(out[1:] - out[0]).max(axis=1)
    if not len(moved) or moved.max() < largest / 4:
        return None
    at = int(moved.argmax())
    return str(X.columns[at]) if _columns.is_frame(X) else str(at)


def _rounded_one_by_one(X, event):
    """The event as it is, then with one column after the other rounded to float32."""
    n_columns = _columns.n_columns(X)
    numbers = [event] * (n_columns + 1)
    if not _columns.is_frame(X):
        rows = np.array(np.asarray(X)[numbers])
        if rows.dtype != np.float64:
            return None
        at = np.arange(n_columns)
        rows[at + 1, at] = rows[at + 1, at].astype(np.float32)
        return rows
    rows = X.iloc[numbers].copy()
    for at in range(n_columns):
        if rows.dtypes.iloc[at] == np.float64:
            column = rows.iloc[:, at].to_numpy().copy()
            column[at + 1] = np.float32(column[at + 1])
            rows.isetitem(at, column)
    return rows
