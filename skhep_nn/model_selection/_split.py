"""Training, validation and test events with the full yield of every process in each part."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from skhep_nn import _columns, _floats, _frames, _integers, _labels, _masks, _weights
from skhep_nn._validation import check_random_state
from skhep_nn.exceptions import WeightError

PARTS = ("training", "validation", "test")


def train_validation_test_split(
    events,
    fractions=(0.5, 0.25, 0.25),
    *,
    process_column="process",
    weight_column="weight",
    event_number=None,
    random_state=None,
):
    """Split events into three parts, each scaled to the full yield of every process.

    Parameters
    ----------
    events : DataFrame, EventBlocks or array of shape (n_events, n_columns)
        Not changed.
    fractions : tuple of three floats, default=(0.5, 0.25, 0.25)
        Part of the events for training, validation and test; they sum to 1.
    process_column : str, int, array-like of shape (n_events,) or None, default="process"
        Column with the process of each event, or the processes themselves. Each process is split
        by `fractions` and keeps its yield. None treats all events as one process.
    weight_column : str, int or None, default="weight"
        Column of event weights, of either sign. In each part, the weights of each process are
        multiplied by (sum over all events) / (sum over the part): about 1 / fraction, but exact
        for the events that the part really has. None scales nothing.
    event_number : str, int or list, default=None
        Column or columns, e.g. ``["run", "event"]``, that identify an event. Rows of the same
        event then stay together in one part.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    training, validation, test
        Of the type of `events`, in its order.

    Raises
    ------
    ColumnError
        If `events` has no such column.
    ValueError
        If `fractions` are not three positive numbers that sum to 1, or a process has too few
        events to be in every part.
    WeightError
        If weights are not finite, or those of a process sum to zero or less in a part.

    Notes
    -----
    Cross sections and luminosity stay in the weights, so that the expected yield of any cut can
    be read from any part. Writing the factors by hand goes wrong easily: the five-class script of
    the CMS tutorial "NN in CMS" has 2 instead of 4 for one process.

    With `event_number`, events are stratified by the set of processes among their rows, so that
    the parts hold each process in the wanted fractions as well as whole events can.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhep_nn.model_selection import train_validation_test_split
    >>> events = pd.DataFrame({"process": ["tt", "Wjets"] * 50, "weight": [0.1, 3.0] * 50})
    >>> parts = train_validation_test_split(events, random_state=0)
    >>> [len(part) for part in parts]
    [50, 24, 26]
    >>> [round(float(part.weight[part.process == "tt"].sum()), 9) for part in parts]
    [5.0, 5.0, 5.0]
    """
    _check_fractions(fractions)
    native, events = events, _columns.table(_masks.unmasked(events, "events"))
    n_events = _weights.len_of(events)
    if not n_events:
        msg = "there are no events to split"
        raise ValueError(msg)
    process, names = _processes(events, process_column, n_events)
    group = _groups(events, event_number, n_events)
    part = _assign(group, process, len(names), fractions, check_random_state(random_state))[group]
    _check_parts(part, process, names)
    if weight_column is None:
        return tuple(
            _frames.like(native, _columns.rows(events, np.flatnonzero(part == at)))
            for at in range(len(PARTS))
        )
    weights = _weights.resolve(events, None, weight_column, "train_validation_test_split")
    scaled = weights * _factors(weights, process, part, names)[part, process]
    scaled = _columns.replace(events, weight_column, scaled, role="weight_column")
    return tuple(
        _frames.like(native, _columns.rows(scaled, np.flatnonzero(part == at)))
        for at in range(len(PARTS))
    )


def _check_fractions(fractions):
    values = _floats.real(fractions, "fractions")
    if values.shape != (len(PARTS),) or not (values > 0).all() or not np.isclose(values.sum(), 1):
        msg = (
            f"fractions={fractions!r:.60}; they must be three positive numbers, for training, "
            f"validation and test, that sum to 1 (now {values.sum():.6g}); labels are a column of "
            "events, and process_column says which"
        )
        raise ValueError(msg)


def _processes(events, process_column, n_events):
    """Process of each event as a number, and the names of the processes."""
    if process_column is None:
        return np.zeros(n_events, dtype=np.intp), ["all events"]
    if isinstance(process_column, (str, Integral)):
        process_column = _columns.take(events, process_column, role="process_column")
    values = _labels.present(process_column, "process_column")
    if values.shape != (n_events,):
        expected = f"expected one process per event, {(n_events,)}"
        msg = f"process_column has shape {values.shape}, {expected}"
        raise ValueError(msg)
    codes, names = _factorize(_labels.check(values, "process_column"))
    return codes, names.tolist()


def _groups(events, event_number, n_events):
    """Number of the event that each row belongs to; rows of one event stay together."""
    group = np.zeros(n_events, dtype=np.intp)
    columns = _columns.as_list(event_number)
    for column in columns:
        codes, names = _factorize(_numbering(events, column))
        # renumbered after each column, so that no product overflows
        group = np.unique(group * max(len(names), 1) + codes, return_inverse=True)[1]
    return group if columns else np.arange(n_events)


def _numbering(events, column):
    """A column that identifies events: text, or whole numbers that are exact."""
    values = _columns.take(events, column, role="event_number")
    name = f"event_number={column!r}"
    missing = _labels.missing(values)
    if missing.any():
        first = np.flatnonzero(missing)[0]
        msg = (
            f"{name} is missing for {missing.sum()} of {len(values)} rows, the first is row {first}"
        )
        raise ValueError(msg)
    if _labels.type_of(values) == "numbers":
        return _integers.exact(values, name, of="row")
    return _labels.check(values, name)


def _factorize(values):
    import pandas as pd

    codes, names = pd.factorize(values)
    return codes, np.asarray(names)


def _assign(group, process, n_processes, fractions, random):
    """Part of each group: shuffled, and cut at `fractions` within groups of the same processes."""
    sizes = np.bincount(group)
    stratum = _strata(group, process, n_processes, len(sizes))
    shuffled = random.permutation(len(sizes))
    shuffled = shuffled[np.argsort(stratum[shuffled], kind="stable")]
    borders = np.cumsum(fractions)[:-1]
    part = np.empty(len(sizes), dtype=np.intp)
    for members in np.split(shuffled, np.cumsum(np.bincount(stratum))[:-1]):
        rows = np.cumsum(sizes[members])
        # a group goes where its middle row lies
        middle = (rows - sizes[members] / 2) / rows[-1]
        part[members] = np.searchsorted(borders, middle, side="right")
    return part


def _strata(group, process, n_processes, n_groups):
    """Number of the set of processes in each group."""
    stratum = np.zeros(n_groups, dtype=np.intp)
    for code in range(n_processes):
        present = np.zeros(n_groups, dtype=np.intp)
        present[group[process == code]] = 1
        stratum = np.unique(2 * stratum + present, return_inverse=True)[1]
    return stratum


def _check_parts(part, process, names):
    counts = np.zeros((len(PARTS), len(names)), dtype=np.intp)
    np.add.at(counts, (part, process), 1)
    for at in np.flatnonzero(counts.min(axis=0) == 0):
        msg = (
            f"process {names[at]!r} is too small to be in every part: its {counts[:, at].sum()} "
            f"events split as {dict(zip(PARTS, counts[:, at].tolist(), strict=True))}"
        )
        raise ValueError(msg)


def _factors(weights, process, part, names):
    """Factor (n_parts, n_processes) that gives each part the full yield of each process."""
    n = len(names)
    sums = np.bincount(part * n + process, weights=weights, minlength=len(PARTS) * n)
    sums = sums.reshape(len(PARTS), n)
    total = np.bincount(process, weights=weights, minlength=n)
    for at, process_at in np.argwhere(~((sums > 0) & (total > 0))):
        msg = (
            f"weight of process {names[process_at]!r} sums to {sums[at, process_at]:.6g} in the "
            f"{PARTS[at]} part and to {total[process_at]:.6g} in all events; both must be "
            "positive to keep its yield (too few events, or too many negative weights)"
        )
        raise WeightError(msg)
    return total / sums
