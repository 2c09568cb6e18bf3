"""Small weighted samples that tests share."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

# shared machines are too noisy for hypothesis' deadlines
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")


def make_events(n_events=600, seed=0, n_negative=0):
    """A table with three features, `weight`, `process` and `is_signal`; the classes overlap."""
    rng = np.random.default_rng(seed)
    process = rng.choice(["signal", "Wjets", "tt"], size=n_events, p=[0.3, 0.5, 0.2])
    is_signal = (process == "signal").astype(int)
    x = rng.normal(size=(n_events, 3)) + 1.2 * is_signal[:, None] * [1, 0.5, 0]
    scale = {"signal": 0.01, "Wjets": 20.0, "tt": 3.0}
    weight = np.array([scale[name] for name in process]) * rng.uniform(0.5, 1.5, n_events)
    weight[:n_negative] *= -1
    return pd.DataFrame(
        {
            "pt": 50 + 20 * x[:, 0],
            "eta": x[:, 1],
            "mt": 80 + 10 * x[:, 2],
            "weight": weight,
            "process": process,
            "is_signal": is_signal,
            "event_number": np.arange(n_events),
        }
    )


@pytest.fixture(scope="session")
def new_events():
    """The function that makes such tables: ``new_events(n_events, seed, n_negative)``."""
    return make_events


@pytest.fixture
def events():
    return make_events()


@pytest.fixture
def table(events):
    """(X, y): features and weight column, label."""
    return events[["pt", "eta", "mt", "weight"]], events["is_signal"].to_numpy()
