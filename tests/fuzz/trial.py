"""Many calls with odd arguments, and their faults counted."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from fuzz import inputs, judge

SEED = int(os.environ.get("FUZZ_SEED", "20260726"))
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
# of what trains or draws
FEWEST = 10


def attempts(call):
    """Raise AssertionError with a table of faults if a call with odd arguments has one."""
    of_valid = judge.fault(call, call.valid, [])
    assert of_valid is None, f"{call} with valid arguments: {of_valid}"
    faults = []

    @seed(SEED)
    @settings(
        max_examples=max(FEWEST, EXAMPLES // call.cost),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(arguments(call))
    def attempt(drawn):
        changed, given_arguments = drawn
        what = judge.fault(call, given_arguments, changed)
        if what is not None:
            shown = {name: given_arguments[name] for name in changed}
            faults.append((what, changed, f"{shown!r:.200}"))

    with warnings.catch_warnings():
        # NumPy's, about masked values in the making of odd ones
        warnings.simplefilter("ignore")
        attempt()
    assert not faults, f"{call}, seed {SEED}: {judge.report(faults)}"


@st.composite
def arguments(draw, call):
    """(names of odd arguments, all arguments): one or two of the valid ones replaced."""
    free = [name for name in call.valid if name not in call.fixed]
    some = st.lists(st.sampled_from(free), min_size=1, max_size=2, unique=True)
    changed = free if call.together else draw(some)
    odd = {name: draw(call.odd.get(name, inputs.odd(call.valid[name]))) for name in changed}
    return changed, {**call.valid, **odd}


def unlabelled_arguments(calls):
    """Each call with the label of event 1 missing, in each way in which it can be."""
    found = []
    for call in calls:
        for name in call.labels:
            for way, form in MISSING.items():
                given_arguments = {**call.valid, name: form(np.asarray(call.valid[name]))}
                found.append(_case(call, given_arguments, f"{call}-{name}-{way}"))
    return found


def masked_arguments(calls):
    """Each call with one value masked, in each argument that may have no mask."""
    return [
        _case(call, {**call.valid, name: _masked(call.valid[name])}, f"{call}-{name}")
        for call in calls
        for name in call.masked
    ]


def _case(call, given_arguments, name):
    import pytest

    return pytest.param(call, given_arguments, id=name)


def _masked(values):
    values = np.atleast_1d(np.asarray(values))
    mask = np.zeros(values.shape, bool)
    mask.flat[1 % values.size] = True
    return np.ma.MaskedArray(values, mask=mask)


def _with(value):
    def put(labels):
        out = labels.astype(object)
        out[1] = value
        return out

    return put


MISSING = {
    "NaN": lambda labels: np.where(np.arange(len(labels)) == 1, np.nan, labels.astype(float)),
    "None": _with(None),
    "NA": _with(pd.NA),
    "NaT": _with(pd.NaT),
    "nullable": lambda labels: pd.Series(labels).astype("Int64").where(np.arange(len(labels)) != 1),
    "list": lambda labels: _with(None)(labels).tolist(),
}
