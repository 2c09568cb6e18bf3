"""Sequences that are drawn, 8,000 events to train and 4,000 to test: pulses and jets of prongs."""

from __future__ import annotations

import numpy as np

N_EVENTS, N_TRAIN = 12_000, 8_000
N_SAMPLES, N_ENTRIES = 50, 30
# how often a jet of each class has two prongs
PAIRS = {0: 0.3, 1: 1.0}


def pulses(seed=4):
    """One pulse of a detector in noise, or two of which the second is smaller."""
    rng, n = np.random.default_rng(seed), N_EVENTS
    y = rng.integers(0, 2, n)
    height, start, rise = np.exp(rng.normal(1, 0.4, n)), rng.uniform(3, 15, n), rng.uniform(2, 5, n)
    x = height[:, None] * _pulse(start, rise)
    second = height * rng.uniform(0.1, 0.6, n) * y
    x += second[:, None] * _pulse(start + rng.uniform(4, 20, n), rise)
    x += rng.normal(0, 0.25, x.shape)
    return x[..., None].astype("float32"), y, x


def _pulse(start, rise):
    u = np.maximum(np.arange(N_SAMPLES) - start[:, None], 0) / rise[:, None]
    return u * np.exp(1 - u)


def prongs(seed=3):
    """Jets of two prongs that are as heavy as a W, or of one, or two by chance.

    Constituents have log pT, and distances in eta and phi to the jet; trees read NaN for none.
    """
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, N_EVENTS)
    x = np.zeros((N_EVENTS, N_ENTRIES, 3), "float32")
    for event, label in enumerate(y):
        pt, eta, phi = _constituents(rng, label)
        center = np.average(eta, weights=pt)
        x[event, : len(pt)] = np.c_[np.log(pt), eta - center, phi - phi[0]]
    there = (x != 0).any(axis=2, keepdims=True)
    return x, y, np.where(there, x, np.nan).reshape(N_EVENTS, -1)


def _constituents(rng, label):
    """pT, eta and phi of the constituents of a jet, the hardest first."""
    pt = 500 + 100 * rng.random()
    is_pair = rng.random() < PAIRS[label]
    share = rng.beta(2, 2) if label else rng.beta(1, 6)
    apart = 160.8 / pt * (1 + 0.15 * rng.normal()) if label else 0.1 + 0.5 * rng.random()
    angle = rng.uniform(0, 2 * np.pi)
    axes = [(apart * (1 - share), share), (-apart * share, 1 - share)] if is_pair else [(0, 1)]
    prongs_of = [_prong(rng, pt * part, place, angle, part) for place, part in axes]
    found = np.vstack(prongs_of)
    found = found[np.argsort(-found[:, 0])][:N_ENTRIES]
    return found[(found[:, 0] > 0.5) | (np.arange(len(found)) == 0)].T


def _prong(rng, pt, place, angle, part):
    n = 1 + rng.poisson(4 + 9 * part)
    width = 0.06 * np.abs(rng.standard_t(3, n)).clip(0, 5)
    around = rng.uniform(0, 2 * np.pi, n)
    eta = place * np.cos(angle) + width * np.cos(around)
    phi = place * np.sin(angle) + width * np.sin(around)
    return np.c_[rng.dirichlet(np.full(n, 0.6)) * pt, eta, phi]
