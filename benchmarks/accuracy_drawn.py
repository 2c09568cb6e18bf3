"""Samples that are drawn: steps, tails, counts and gaps, that trees are good at, and kinematics.

Each is a function of the number of events to (X, y), the same in each call.
"""

from __future__ import annotations

import numpy as np

MISSING = -999.0


def counts(n_events):
    """Numbers of particles of fifty kinds, whose means differ between the classes and events."""
    rng, n = np.random.default_rng(3), 50
    means = np.exp(rng.normal(-1.2, 1.3, n)).clip(0.01, 12)
    y = rng.integers(0, 2, n_events)
    activity = rng.gamma(4, 0.25, (n_events, 5)) @ rng.dirichlet(np.full(5, 0.5), n).T
    shifts = rng.normal(0, 0.25, n) * (rng.random(n) < 0.5)
    return rng.poisson(means * np.exp(shifts * (y[:, None] - 0.5)) * activity).astype(float), y


def selected_counts(n_events):
    """Numbers of particles of forty kinds, and a selection of what is seen of them."""
    rng, n = np.random.default_rng(4), 40
    means = np.exp(rng.normal(-1.5, 1.3, n)).clip(0.01, 6)
    X = rng.poisson(means * rng.gamma(5, 0.2, (n_events, 1)))
    seen = rng.binomial(X, 0.8)
    n_tracks = seen[:, rng.random(n) < 0.5].sum(axis=1)
    rare = np.argsort(means)[n // 2 - 3 : n // 2 + 1]
    low, high = np.quantile(n_tracks, [0.2, 0.8])
    passes = (n_tracks >= low) & (n_tracks <= high)
    passes &= (seen[:, rare[:3]].sum(axis=1) > 0) & (seen[:, rare[3]] == 0)
    return X.astype(float), (passes ^ (rng.random(n_events) < 0.03)).astype(int)


def steps(n_events):
    """Boxes in up to three of eight features, twelve of them; 17 features are of no use.

    Two features are skewed, one comes twice, one comes again in another unit.
    """
    rng = np.random.default_rng(5)
    X = rng.normal(size=(n_events, 25))
    X[:, 3:5] = np.exp(X[:, 3:5] * [1.5, 2.0])
    logit = np.zeros(n_events)
    for _ in range(12):
        inside = np.ones(n_events, bool)
        for j in rng.choice(8, rng.integers(1, 4), replace=False):
            low, high = np.sort(np.quantile(X[:, j], rng.random(2)))
            inside &= (X[:, j] > low) & ((X[:, j] < high) | (rng.random() < 0.5))
        logit += rng.normal(0, 1.5) * inside
    X[:, 20], X[:, 21] = X[:, 0], 1e6 * X[:, 1]
    return X, _labels(logit - np.median(logit), rng)


def tails(n_events):
    """Twenty features with tails: logarithms, cubes, nearly Cauchy, units far apart, zeros."""
    rng, n = np.random.default_rng(6), 20
    mixing = rng.normal(size=(n, n)) * (rng.random((n, n)) < 0.2) + np.eye(n)
    y = rng.integers(0, 2, n_events)
    Z = rng.standard_t(3, size=(n_events, n)) @ mixing.T
    Z += y[:, None] * rng.normal(0, 0.25, n) * np.sqrt(np.abs(mixing).sum(axis=1))
    Z[:, :6] *= 1 + 0.25 * y[:, None] * rng.random(6)
    X = Z.copy()
    X[:, :8] = np.exp(np.clip(0.8 * Z[:, :8], -40, 40)) * 10 ** rng.uniform(-3, 5, 8)
    X[:, 8:11] = 100 * np.tan(0.97 * np.arctan(Z[:, 8:11]))
    X[:, 11] = Z[:, 11] ** 3
    X[:, 12] = np.where(Z[:, 12] > 0, 1e4 * Z[:, 12], 0)
    return X, y


def missing(n_events):
    """Up to four jets per event, -999 where there are fewer, and where a ratio is unknown."""
    rng = np.random.default_rng(7)
    y = rng.integers(0, 2, n_events)
    n_jets = rng.poisson(1.3 + 0.4 * y)
    leading = np.exp(rng.normal(4 + 0.15 * y, 0.6))
    met = np.exp(rng.normal(3.5, 0.7, n_events)) * (1 + 0.1 * y)
    columns = [n_jets.astype(float), met]
    for k in range(4):
        there = n_jets > k
        shares = rng.beta(3, 1.5 + 0.3 * y[:, None], size=(n_events, k + 1))
        eta = rng.normal(0, 1.6 - 0.2 * y * (k < 2), n_events)
        phi = rng.uniform(-np.pi, np.pi, n_events)
        of_jet = leading * shares.prod(axis=1), eta, phi
        columns += [np.where(there, values, MISSING) for values in of_jet]
    ratio = np.where(rng.random(n_events) < 0.05, MISSING, met / leading)
    return np.column_stack([*columns, ratio]), y


def useless_features(n_events):
    """Friedman's function of five features and a step in a sixth; 24 features are of no use."""
    rng = np.random.default_rng(8)
    X = rng.random((n_events, 30))
    z = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    z += 10 * X[:, 3] + 5 * X[:, 4] + 3 * (X[:, 5] > 0.6)
    return X, _labels(2 * (z - z.mean()) / z.std(), rng)


def two_leptons(n_events):
    """Transverse momenta, pseudorapidities and azimuths of two leptons: only their mass tells."""
    rng = np.random.default_rng(9)
    y = rng.integers(0, 2, n_events)
    mass = np.where(y == 1, rng.normal(91, 6, n_events), 90 * rng.lognormal(0, 0.5, n_events))
    decay = _directions(rng, n_events) * mass.clip(10) / 2
    flight = rng.exponential(0.7, n_events) * _directions(rng, n_events)
    gamma = np.sqrt(1 + (flight**2).sum(axis=0))
    columns = []
    for p in (decay, -decay):
        along = (flight * p).sum(axis=0)
        px, py, pz = p + flight * (along / (1 + gamma) + mass.clip(10) / 2)
        pt = np.hypot(px, py)
        columns += [pt, np.arcsinh(pz / pt), np.arctan2(py, px)]
    return np.column_stack(columns), y


def angles(n_events):
    """Azimuths, pseudorapidities and momenta of four jets: differences of angles tell."""
    rng = np.random.default_rng(10)
    phi = rng.uniform(-np.pi, np.pi, (n_events, 4))
    eta, pt = rng.normal(0, 1.5, (n_events, 4)), rng.lognormal(4, 0.6, (n_events, 4))
    apart = np.arccos(np.cos(phi[:, 2] - phi[:, 3]))
    logit = 1.5 * np.cos(phi[:, 0] - phi[:, 1]) + (apart > 2.5)
    logit += 0.5 * (np.ptp(eta[:, :2], axis=1) < 1) - 0.3
    return np.hstack([phi, eta, pt]), _labels(logit, rng)


def _directions(rng, n):
    z, phi = rng.uniform(-1, 1, n), rng.uniform(-np.pi, np.pi, n)
    return np.stack([np.sqrt(1 - z**2) * np.cos(phi), np.sqrt(1 - z**2) * np.sin(phi), z])


def _labels(logit, rng):
    return (rng.random(len(logit)) < 1 / (1 + np.exp(-logit))).astype(int)


DRAWN = {
    "counts": counts,
    "selected counts": selected_counts,
    "steps": steps,
    "tails": tails,
    "missing": missing,
    "useless features": useless_features,
    "two leptons": two_leptons,
    "angles": angles,
}
