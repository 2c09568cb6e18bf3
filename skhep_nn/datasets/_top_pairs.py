"""Kinematics of X -> t tbar -> l nu b, q q' b: decays in two bodies, and boosts.

Four-momenta are (px, py, pz, E) in GeV, one event a row.
"""

from __future__ import annotations

import numpy as np

from skhep_nn.datasets._reconstruction import MASS_TOP, MASS_W, mass

MASS_B = 4.8
WIDTH_TOP, WIDTH_W = 1.4, 2.1
# fraction of longitudinal W bosons in the decay of a top quark; the others are left-handed
LONGITUDINAL = 0.69
QUARKS = ("b_leptonic", "b_hadronic", "up", "down")


def breit_wigner(mean, width, size, rng, *, reach=8):
    """Masses around `mean`, of a Breit-Wigner curve cut off `reach` widths away."""
    limit = np.arctan(2 * reach)
    return mean + width / 2 * np.tan(rng.uniform(-limit, limit, size))


def direction(cos_theta, phi, axis=None):
    """Unit vectors at an angle from `axis` (default the beam), turned by `phi` around it."""
    sin_theta = np.sqrt(1 - cos_theta**2)
    local = np.column_stack([sin_theta * np.cos(phi), sin_theta * np.sin(phi), cos_theta])
    return local if axis is None else _rotate(local, axis)


def _rotate(local, axis):
    """Turn vectors so that their z direction becomes `axis`."""
    z = axis / np.linalg.norm(axis, axis=1, keepdims=True)
    # any vector that is not parallel to the axis
    helper = np.where(np.abs(z[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    x = np.cross(helper, z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return local[:, :1] * x + local[:, 1:2] * np.cross(z, x) + local[:, 2:] * z


def two_body(parent_mass, first_mass, second_mass, towards):
    """The decay products of a particle at rest, the first in the direction `towards`."""
    energy = (parent_mass**2 + first_mass**2 - second_mass**2) / (2 * parent_mass)
    momentum = np.sqrt(np.maximum(energy**2 - first_mass**2, 0.0))
    vector = momentum[:, np.newaxis] * towards
    return np.column_stack([vector, energy]), np.column_stack([-vector, parent_mass - energy])


def boost(p, parent):
    """Momenta of the rest frame of `parent` in the frame in which it has its momentum."""
    parent_mass = mass(parent)
    along = (p[:, :3] * parent[:, :3]).sum(axis=1)
    energy = (p[:, 3] * parent[:, 3] + along) / parent_mass
    factor = (energy + p[:, 3]) / (parent[:, 3] + parent_mass)
    return np.column_stack([p[:, :3] + factor[:, np.newaxis] * parent[:, :3], energy])


def isotropic(size, rng, axis=None):
    """Directions that are uniform on the sphere."""
    return direction(rng.uniform(-1, 1, size), rng.uniform(-np.pi, np.pi, size), axis)


def lepton_angle(size, rng):
    """Cosine of the angle of the (charged) lepton, or down quark, to the W from a top quark.

    Longitudinal W bosons decay as 1 - cos^2, left-handed ones as (1 - cos)^2: (1 - cos) / 2 has
    the distribution Beta(2, 2) or Beta(3, 1).
    """
    longitudinal = rng.random(size) < LONGITUDINAL
    a, b = np.where(longitudinal, 2.0, 3.0), np.where(longitudinal, 2.0, 1.0)
    return 1 - 2 * rng.beta(a, b)


def turn_over(products, axis):
    """Turn decay products by half a circle around a direction across `axis`."""
    around = direction(np.zeros(len(axis)), np.zeros(len(axis)), axis)
    turned = [p.copy() for p in products]
    for new, p in zip(turned, products, strict=True):
        along = (p[:, :3] * around).sum(axis=1, keepdims=True)
        new[:, :3] = 2 * along * around - p[:, :3]
    return turned


def polarise(products, spin_axis, polarisation, rng):
    """Give a decay that is isotropic in the rest frame the density 1 + polarisation cos(theta).

    Theta is the angle of the second product, the lepton, to the axis.
    """
    lepton = products[1][:, :3]
    norm = np.linalg.norm(lepton, axis=1) * np.linalg.norm(spin_axis, axis=1)
    cosine = (lepton * spin_axis).sum(axis=1) / norm
    flip = rng.random(len(cosine)) < (1 - polarisation * cosine) / 2
    turned = turn_over(products, spin_axis)
    return [np.where(flip[:, np.newaxis], *both) for both in zip(turned, products, strict=True)]


def decay_top(top_mass, rng):
    """The b quark, the lepton (or down quark) and the neutrino (or up quark) of a top at rest."""
    n_events = len(top_mass)
    w_mass = breit_wigner(MASS_W, WIDTH_W, n_events, rng)
    w, b = two_body(top_mass, w_mass, MASS_B, isotropic(n_events, rng))
    turn = rng.uniform(-np.pi, np.pi, n_events)
    towards = direction(lepton_angle(n_events, rng), turn, axis=w[:, :3])
    lepton, neutrino = (boost(p, w) for p in two_body(w_mass, 0.0, 0.0, towards))
    return [b, lepton, neutrino]


def decay_pair(pair, cos_theta, polarisation, rng):
    """The final particles of a top pair, one four-momentum per event each.

    Parameters
    ----------
    pair : ndarray of shape (n_events, 4)
        Four-momentum of the pair.
    cos_theta : ndarray of shape (n_events,)
        Of the top quark that decays to the lepton, in the rest frame of the pair.
    polarisation : float
        Of both top quarks along their momentum, as their lepton or down quark shows it.
    rng : numpy.random.Generator
        Where the random numbers come from.

    Returns
    -------
    dict of str to ndarray of shape (n_events, 4)
        ``lepton``, ``neutrino`` and the QUARKS.
    """
    n_events = len(pair)
    masses = [breit_wigner(MASS_TOP, WIDTH_TOP, n_events, rng) for _ in range(2)]
    towards = direction(cos_theta, rng.uniform(-np.pi, np.pi, n_events))
    final = []
    for top in two_body(mass(pair), *masses, towards):
        products = polarise(decay_top(mass(top), rng), top[:, :3], polarisation, rng)
        final += [boost(boost(p, top), pair) for p in products]
    b_leptonic, lepton, neutrino, b_hadronic, down, up = final
    quarks = dict(zip(QUARKS, (b_leptonic, b_hadronic, up, down), strict=True))
    return {"lepton": lepton, "neutrino": neutrino, **quarks}
