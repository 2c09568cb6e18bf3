"""Lepton, missing momentum and four jets: the selection and the 27 features of HEPMASS.

Momenta are arrays with the components on the last axis. What the detector measures is (pt, eta,
phi) without mass; four-momenta are (px, py, pz, E).
"""

from __future__ import annotations

import itertools

import numpy as np

LOW_LEVEL = [
    *("lep_pt", "lep_eta", "lep_phi", "met", "met_phi", "n_jets"),
    *(f"jet{jet}_{of}" for jet in (1, 2, 3, 4) for of in ("pt", "eta", "phi", "btag")),
]
HIGH_LEVEL = ["m_jj", "m_jjj", "m_lv", "m_jlv", "m_WWbb"]
FEATURES = [*LOW_LEVEL, *HIGH_LEVEL]

PT_LEPTON, PT_JET, MET, ETA = 20.0, 20.0, 20.0, 2.5
N_JETS = 4
MASS_W, MASS_TOP = 80.4, 173.0
# what a b tag costs a pair of jets that would be the W, in GeV of distance from its mass
TAG_PENALTY = 30.0

PAIRS = np.array(list(itertools.combinations(range(N_JETS), 2)))
OTHERS = np.array([[jet for jet in range(N_JETS) if jet not in pair] for pair in PAIRS])


def accepted(jets):
    """Which jets count. `jets` is (..., pt, eta, phi), with a pt of 0 where there is none."""
    return (jets[..., 0] > PT_JET) & (np.abs(jets[..., 1]) < ETA)


def passes(lepton, met, jets):
    """Whether events pass: one lepton, four jets, missing momentum (x, y). One bool per event."""
    good_lepton = (lepton[:, 0] > PT_LEPTON) & (np.abs(lepton[:, 1]) < ETA)
    return good_lepton & (accepted(jets).sum(axis=1) >= N_JETS) & (np.hypot(*met.T) > MET)


def four_momentum(polar):
    """Four-momenta (px, py, pz, E) of massless (pt, eta, phi)."""
    pt, eta, phi = np.moveaxis(polar, -1, 0)[:3]
    parts = (pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta))
    return np.stack(parts, axis=-1)


def mass(p):
    """Invariant mass of four-momenta; 0 where rounding makes its square negative."""
    squared = p[..., 3] ** 2 - (p[..., :3] ** 2).sum(axis=-1)
    return np.sqrt(np.maximum(squared, 0.0))


def neutrino(lepton, met):
    """Four-momentum of the neutrino that makes, with the lepton, a W on its mass shell.

    Of the two solutions of the quadratic equation for pz the one of smaller size; where there is
    none, the discriminant is set to 0.
    """
    size = np.hypot(*met.T)
    half = MASS_W**2 / 2 + (lepton[:, :2] * met).sum(axis=1)
    pt_squared = lepton[:, 3] ** 2 - lepton[:, 2] ** 2
    root = half**2 * lepton[:, 2] ** 2 - pt_squared * (lepton[:, 3] ** 2 * size**2 - half**2)
    root = np.sqrt(np.maximum(root, 0.0))
    solutions = (half * lepton[:, 2] + [[1], [-1]] * root) / pt_squared
    pz = np.where(np.abs(solutions[0]) < np.abs(solutions[1]), *solutions)
    return np.column_stack([met, pz, np.hypot(size, pz)])


def assign(momenta, tags):
    """Which two of four jets are the W, which third makes the top, which one is left.

    The pair nearest to the mass of the W, tagged jets at a handicap, then the jet with which it is
    nearest to the mass of the top. Arrays of shape (n_events, 2), (n_events,), (n_events,).
    """
    pair_mass = mass(momenta[:, PAIRS].sum(axis=2))
    cost = np.abs(pair_mass - MASS_W) + TAG_PENALTY * tags[:, PAIRS].sum(axis=2)
    best = cost.argmin(axis=1)
    pair, others = PAIRS[best], OTHERS[best]
    w = np.take_along_axis(momenta, pair[..., np.newaxis], axis=1).sum(axis=1)
    third = np.take_along_axis(momenta, others[..., np.newaxis], axis=1) + w[:, np.newaxis]
    nearest = np.abs(mass(third) - MASS_TOP).argmin(axis=1)
    rows = np.arange(len(momenta))
    return pair, others[rows, nearest], others[rows, 1 - nearest]


def high_level(lepton, met, jets):
    """The five masses. `jets` is (n_events, 4, 4): pt, eta, phi and b tag, the hardest first."""
    momenta, rows = four_momentum(jets), np.arange(len(jets))
    pair, top, left = assign(momenta, jets[..., 3])
    w_jets = momenta[rows, pair[:, 0]] + momenta[rows, pair[:, 1]]
    lepton_momentum = four_momentum(lepton)
    w_lepton = lepton_momentum + neutrino(lepton_momentum, met)
    angle = lepton[:, 2] - np.arctan2(met[:, 1], met[:, 0])
    transverse = 2 * lepton[:, 0] * np.hypot(*met.T) * (1 - np.cos(angle))
    return [
        mass(w_jets),
        mass(w_jets + momenta[rows, top]),
        np.sqrt(np.maximum(transverse, 0.0)),
        mass(w_lepton + momenta[rows, left]),
        mass(w_lepton + momenta.sum(axis=1)),
    ]


def features(lepton, met, jets):
    """The 27 features of events that pass, of shape (n_events, 27), in the order of FEATURES.

    `jets` is (n_events, n, 4): pt, eta, phi and b tag; those that do not count are left out.
    """
    keep = accepted(jets)
    order = np.argsort(np.where(keep, -jets[..., 0], 0.0), axis=1)[:, :N_JETS]
    hardest = np.take_along_axis(jets, order[..., np.newaxis], axis=1)
    low_level = [
        *lepton.T,
        np.hypot(*met.T),
        np.arctan2(met[:, 1], met[:, 0]),
        keep.sum(axis=1),
        *hardest.reshape(len(jets), -1).T,
    ]
    return np.column_stack([*low_level, *high_level(lepton, met, hardest)])
