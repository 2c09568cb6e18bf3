"""From quarks to jets: a gluon radiated by each quark, energy out of the cone, anti-kT merging."""

from __future__ import annotations

import numpy as np

from skhep_nn.datasets._reconstruction import MASS_TOP, MASS_W, four_momentum
from skhep_nn.datasets._smearing import BOTTOM, CHARM, LIGHT
from skhep_nn.datasets._top_pairs import QUARKS

RADIUS = 0.4
PT_CLUSTERED = 12.0
# a quark radiates at angles up to three times (mass of its mother) / pt, at most WIDEST
MOTHER = 3 * np.array([MASS_TOP, MASS_TOP, MASS_W, MASS_W])
WIDEST = 1.6
# gluons per unit of ln z and ln R; how often a quark may radiate
COUPLING, PT_GLUON, RADIATIONS = 0.11, 6.0, 2
# energy out of the cone, GeV, and the relative spread of what is left
OUT_OF_CONE, SPREAD = 0.6, 0.11
# heavy hadrons that decay to a neutrino, and the share that it takes on average
TO_NEUTRINO, NEUTRINO_SHARE = np.array([0.0, 0.18, 0.40]), 0.15
# b quarks whose hadron is in the core of the jet
HADRON_IN_JET = 0.93
# W -> c s is half of the hadronic decays; gluons that split to heavy quarks
CHARMED, GLUON_TO_CHARM, GLUON_TO_BOTTOM = 0.5, 0.04, 0.01


def polar(p):
    """(pt, eta, phi) of four-momenta."""
    pt = np.hypot(p[..., 0], p[..., 1])
    there = pt > 0
    eta = np.arcsinh(p[..., 2] / np.where(there, pt, 1.0))
    return np.stack([pt, np.where(there, eta, 0.0), np.arctan2(p[..., 1], p[..., 0])], axis=-1)


def radiate(quarks, rng):
    """Quarks after, and gluons from, at most one radiation: arrays of (pt, eta, phi).

    Angle and share of the energy are uniform in their logarithms. The pair keeps pt, and, to first
    order, direction.
    """
    pt = np.maximum(quarks[..., 0], 1.0)
    reach = np.log(np.maximum(np.minimum(MOTHER / pt, WIDEST) / RADIUS, 1.0))
    depth = np.log(np.maximum(0.5 * pt / PT_GLUON, 1.0))
    happens = rng.random(pt.shape) < COUPLING * reach * depth
    share = np.where(happens, 0.5 * np.exp(-rng.random(pt.shape) * depth), 0.0)
    angle = RADIUS * np.exp(rng.random(pt.shape) * reach)
    turn = rng.uniform(-np.pi, np.pi, pt.shape)
    offset = angle[..., np.newaxis] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    quark, gluon = quarks.copy(), quarks.copy()
    quark[..., 0], gluon[..., 0] = (1 - share) * quarks[..., 0], share * quarks[..., 0]
    quark[..., 1:] -= share[..., np.newaxis] * offset
    gluon[..., 1:] += (1 - share)[..., np.newaxis] * offset
    return quark, gluon


def lose(jets, flavour, rng):
    """Take away what leaves the cone, and neutrinos of heavy hadrons."""
    out = rng.exponential(OUT_OF_CONE, flavour.shape)
    to_neutrino = rng.random(flavour.shape) < TO_NEUTRINO[flavour]
    share = np.minimum(rng.exponential(NEUTRINO_SHARE, flavour.shape), 0.8) * to_neutrino
    lost = jets.copy()
    spread = np.maximum(rng.normal(1.0, SPREAD, flavour.shape), 0.0)
    lost[..., 0] = np.maximum((1 - share) * spread * jets[..., 0] - out, 0.0)
    return lost


def pack(partons, flavour):
    """Partons in descending order of pt, without the places that no event fills."""
    size = max(1, int((partons[..., 0] > 0).sum(axis=1).max()))
    order = np.argsort(-partons[..., 0], axis=1)[:, :size]
    packed = np.take_along_axis(partons, order[..., np.newaxis], axis=1)
    return packed, np.take_along_axis(flavour, order, axis=1)


def merge(momenta, flavour):
    """Anti-kT clustering of few particles in all events at once, in place.

    In each round every event merges its pair of the smallest distance, as long as that is within
    the radius: then it is smaller than the distance to the beam of the harder one. The sum
    goes to the first of the two places, the other becomes 0; the heavier flavour stays.
    """
    open_events = np.arange(len(momenta))
    first, second = np.triu_indices(momenta.shape[1], k=1)
    while len(open_events):
        jets = polar(momenta[open_events])
        pt = np.minimum(jets[:, first, 0], jets[:, second, 0])
        deta = jets[:, first, 1] - jets[:, second, 1]
        dphi = (jets[:, first, 2] - jets[:, second, 2] + np.pi) % (2 * np.pi) - np.pi
        squared = np.where(pt > 0, deta**2 + dphi**2, np.inf)
        hardest = np.maximum(jets[:, first, 0], jets[:, second, 0])
        distance = np.where(squared < RADIUS**2, squared / np.maximum(hardest, 1e-9) ** 2, np.inf)
        best = distance.argmin(axis=1)
        found = np.isfinite(distance[np.arange(len(best)), best])
        open_events, best = open_events[found], best[found]
        _join(momenta, flavour, open_events, first[best], second[best])
    return momenta, flavour


def _join(momenta, flavour, events, into, out):
    momenta[events, into] += momenta[events, out]
    momenta[events, out] = 0.0
    flavour[events, into] = np.maximum(flavour[events, into], flavour[events, out])


def gluon_flavour(shape, rng):
    """Flavour of jets that start as gluons."""
    u = rng.random(shape)
    heavy = np.where(u < GLUON_TO_BOTTOM + GLUON_TO_CHARM, CHARM, LIGHT)
    return np.where(u < GLUON_TO_BOTTOM, BOTTOM, heavy)


def jets_of(particles, radiated, rng):
    """True jets of an event: pt, eta, phi of shape (n_events, n, 3), and their flavours."""
    quarks = polar(np.stack([particles[name] for name in QUARKS], axis=1))
    n_events = len(quarks)
    charmed = np.where(rng.random(n_events) < CHARMED, CHARM, LIGHT)
    bottom = np.where(rng.random((n_events, 2)) < HADRON_IN_JET, BOTTOM, LIGHT)
    quark_flavour = np.column_stack([bottom, charmed, np.full(n_events, LIGHT)])
    others = [radiated]
    for _ in range(RADIATIONS):
        quarks, gluons = radiate(quarks, rng)
        others.append(gluons)
    others = np.concatenate(others, axis=1)
    flavour = np.concatenate([quark_flavour, gluon_flavour(others.shape[:2], rng)], axis=1)
    partons = lose(np.concatenate([quarks, others], axis=1), flavour, rng)
    partons, flavour = pack(partons, flavour)
    momenta, flavour = merge(four_momentum(partons), flavour)
    jets = polar(momenta)
    jets[jets[..., 0] < PT_CLUSTERED] = 0.0
    return jets, flavour
