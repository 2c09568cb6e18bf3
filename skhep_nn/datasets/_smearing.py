"""A detector in a few lines: resolutions, missing momentum and b tags."""

from __future__ import annotations

import numpy as np

from skhep_nn.datasets._reconstruction import features, passes

LEPTON_RESOLUTION = 0.02
JET_STOCHASTIC, JET_CONSTANT = 0.8, 0.05
MET_NOISE = 8.0
# probability of a b tag for jets with no heavy hadron, with a c hadron, with a b hadron
LIGHT, CHARM, BOTTOM = range(3)
TAG_RATE = np.array([0.015, 0.15, 0.75])


def jet_resolution(pt):
    """Relative resolution of jets: 80 % / sqrt(pt) (+) 5 %; 0 where there is no jet."""
    there = pt > 0
    resolution = np.hypot(JET_STOCHASTIC / np.sqrt(np.where(there, pt, 1.0)), JET_CONSTANT)
    return np.where(there, resolution, 0.0)


def smear(polar, resolution, rng):
    """A copy of (..., pt, eta, phi) with the pt smeared by a Gaussian, not below 0."""
    measured = polar.copy()
    measured[..., 0] *= np.maximum(1 + resolution * rng.normal(size=polar.shape[:-1]), 0.0)
    return measured


def missing_momentum(lepton, jets, rng):
    """(x, y) of the momentum that balances lepton and jets, with noise."""
    seen = np.zeros((len(lepton), 2))
    for at, project in enumerate((np.cos, np.sin)):
        seen[:, at] = lepton[:, 0] * project(lepton[:, 2])
        seen[:, at] += (jets[..., 0] * project(jets[..., 2])).sum(axis=1)
    return rng.normal(0.0, MET_NOISE, size=seen.shape) - seen


def measure(lepton, jets, flavour, rng):
    """The 27 features of the events that pass, and which events these are.

    Parameters
    ----------
    lepton : ndarray of shape (n_events, 3)
        True pt, eta and phi.
    jets : ndarray of shape (n_events, n_jets, 3)
        True pt, eta and phi of all jets, a pt of 0 where there is none.
    flavour : ndarray of shape (n_events, n_jets)
        LIGHT, CHARM or BOTTOM.
    rng : numpy.random.Generator
        Where the random numbers come from.

    Returns
    -------
    features : ndarray of shape (n_passed, 27)
        See ``FEATURES`` of the reconstruction.
    passed : ndarray of shape (n_events,)
        Whether the event passes the selection.
    """
    lepton = smear(lepton, LEPTON_RESOLUTION, rng)
    jets = smear(jets, jet_resolution(jets[..., 0]), rng)
    met = missing_momentum(lepton, jets, rng)
    tags = rng.random(flavour.shape) < TAG_RATE[flavour]
    passed = passes(lepton, met, jets)
    tagged = np.concatenate([jets, tags[..., np.newaxis]], axis=2)
    return features(lepton[passed], met[passed], tagged[passed]), passed
