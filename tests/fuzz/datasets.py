"""Calls of what makes and loads samples."""

from __future__ import annotations

import numpy as np

from fuzz import inputs
from fuzz.call import Call
from skhep_nn import datasets

# so many events are what was asked for
FEW = inputs.values.filter(lambda value: not inputs.is_huge(value))
WORDS = ("seed",)


def check_resonance(got, n_signal, n_background, masses, **options):
    of_masses = int(n_signal) * len(np.atleast_1d(masses)) if len(np.atleast_1d(masses)) else 0
    assert len(got) == int(n_background) + of_masses
    assert np.isfinite(got["weight"]).all()


def check_acceptance(got, n_particles, **options):
    assert len(got) == n_particles


CALLS = [
    Call(
        "make_resonance",
        datasets.make_resonance,
        {"n_signal": 2, "n_background": 3, "masses": [500.0], "random_state": 0},
        check_resonance,
        WORDS,
        cost=10,
        odd={"n_signal": FEW, "n_background": FEW, "masses": FEW},
    ),
    Call(
        "make_acceptance",
        datasets.make_acceptance,
        {"n_particles": 10, "random_state": 0},
        check_acceptance,
        WORDS,
        cost=2,
        odd={"n_particles": FEW},
    ),
    Call(
        "load_jets",
        datasets.load_jets,
        {"max_tracks": 3, "return_X_y": True},
        None,
        (),
        cost=20,
        odd={"max_tracks": FEW},
    ),
    Call(
        "load_lepton_jets",
        datasets.load_lepton_jets,
        {"target": "is_signal", "return_X_y": True},
        None,
        (),
        cost=10,
    ),
]
