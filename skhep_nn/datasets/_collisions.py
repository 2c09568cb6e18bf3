"""Top pairs as proton collisions make them: masses, angles, motion along and across the beam.

Curves of one or two numbers each, with the numbers chosen so that the features look like those
of Pythia (``load_resonance``).
"""

from __future__ import annotations

import numpy as np

from skhep_nn.datasets._reconstruction import MASS_TOP
from skhep_nn.datasets._top_pairs import breit_wigner

ENERGY = 8000.0
WIDTH_RESONANCE = 5.0
# the widest masses of two top quarks that _top_pairs draws still fit in
THRESHOLD = 2 * (MASS_TOP + 12.0)
# x f(x) = x^a (1 - x)^b of the gluon, of valence and of sea quarks
GLUON, VALENCE, SEA = (-0.25, 5.0), (0.5, 4.0), (-0.2, 6.5)
# spectrum of the background: (1 - threshold^2 / m^2)^RISE m^-POWER exp(-m / SCALE)
RISE, POWER, SCALE = 0.5, 2.5, 320.0
# initial-state radiation: mean number of jets at a mass of 500 GeV, growth with its logarithm,
# and the spectrum of their pt, 1 / (pt + SOFT)^3 above PT_RADIATED
JETS_RESONANCE, JETS_BACKGROUND, GROWTH = 1.2, 1.3, 0.6
PT_RADIATED, SOFT, ETA_RADIATED, MAX_RADIATED = 10.0, 25.0, 4.0, 8

# cross-sections in pb: top pairs with one lepton as Pythia has them; a common value for X
CROSS_SECTION_BACKGROUND, CROSS_SECTION_RESONANCE = 45.9, 1.0
# of the top quarks, along their momentum: X couples more to left-handed ones
POLARISATION = -0.25

GRID = np.linspace(-1, 1, 81)


def from_grid(grid, density, rng):
    """Draw from densities tabulated on a grid of equal steps, one row for each event."""
    cumulative = np.cumsum(density[:, 1:] + density[:, :-1], axis=1)
    target = rng.random(len(density)) * cumulative[:, -1]
    cell = (cumulative < target[:, np.newaxis]).sum(axis=1)
    return grid[cell] + rng.random(len(density)) * (grid[1] - grid[0])


def background_mass(size, rng):
    """Masses of top pairs of the standard model."""
    m = np.linspace(THRESHOLD, 0.6 * ENERGY, 4001)
    density = (1 - (THRESHOLD / m) ** 2) ** RISE * m**-POWER * np.exp(-m / SCALE)
    cumulative = np.append(0.0, np.cumsum(density[1:] + density[:-1]))
    return np.interp(rng.random(size) * cumulative[-1], cumulative, m)


def resonance_mass(mean, size, rng):
    """Masses of X, a Breit-Wigner curve of WIDTH_RESONANCE, above the threshold."""
    return np.maximum(breit_wigner(mean, WIDTH_RESONANCE, size, rng), THRESHOLD)


def rapidity(pair_mass, partons, rng):
    """Rapidity of the pair for the two kinds of partons that collide, from x1 x2 = m^2 / s."""
    tau = pair_mass[:, np.newaxis] / ENERGY
    y = -np.log(tau) * GRID
    x1, x2 = tau * np.exp(y), tau * np.exp(-y)
    (a1, b1), (a2, b2) = partons
    density = sum(
        p**a1 * np.maximum(1 - p, 0.0) ** b1 * q**a2 * np.maximum(1 - q, 0.0) ** b2
        for p, q in ((x1, x2), (x2, x1))
    )
    return from_grid(GRID, density, rng) * -np.log(tau[:, 0])


def resonance_angle(size, rng):
    """Cosines of the density 1 + cos^2, the decay of a vector to light particles.

    Three parts in four are uniform, one in four is cos^2.
    """
    flat, squared = rng.uniform(-1, 1, size), np.cbrt(rng.uniform(-1, 1, size))
    return np.where(rng.random(size) < 0.75, flat, squared)


def background_angle(pair_mass, rng):
    """Cosines of the density 1 / (1 - beta^2 cos^2), the exchange of a top quark."""
    beta = np.sqrt(1 - (2 * MASS_TOP / pair_mass) ** 2)
    return np.tanh(rng.uniform(-1, 1, len(beta)) * np.arctanh(beta)) / beta


def radiation(pair_mass, mean, rng):
    """Jets of the initial state, (n_events, n, 3): pt, eta, phi; a pt of 0 where there is none."""
    mean = mean * (1 + GROWTH * np.log(pair_mass / 500.0))
    count = np.minimum(rng.poisson(np.maximum(mean, 0.0)), MAX_RADIATED)
    shape = (len(count), MAX_RADIATED)
    # inverse of the cumulative distribution, up to a quarter of the mass of the pair
    low, high = PT_RADIATED + SOFT, 0.25 * pair_mass[:, np.newaxis] + SOFT
    u = rng.random(shape)
    pt = ((1 - u) / low**2 + u / high**2) ** -0.5 - SOFT
    pt = np.where(np.arange(MAX_RADIATED) < count[:, np.newaxis], pt, 0.0)
    eta = rng.normal(0.0, ETA_RADIATED / 2, shape)
    return np.stack([pt, eta, rng.uniform(-np.pi, np.pi, shape)], axis=-1)


def pair_momentum(pair_mass, y, jets):
    """Four-momentum of the pair, which recoils against the jets."""
    px = -(jets[..., 0] * np.cos(jets[..., 2])).sum(axis=1)
    py = -(jets[..., 0] * np.sin(jets[..., 2])).sum(axis=1)
    transverse = np.sqrt(pair_mass**2 + px**2 + py**2)
    return np.column_stack([px, py, transverse * np.sinh(y), transverse * np.cosh(y)])


def collide(mean, size, rng):
    """Four-momenta of pairs, the cosine of their decay, and the jets radiated before.

    Parameters
    ----------
    mean : float or None
        Mass of X in GeV; None for the background.
    size : int
        Number of events.
    rng : numpy.random.Generator
        Where the random numbers come from.
    """
    if mean is None:
        pair_mass = background_mass(size, rng)
        cos_theta, partons = background_angle(pair_mass, rng), (GLUON, GLUON)
    else:
        pair_mass = resonance_mass(mean, size, rng)
        cos_theta, partons = resonance_angle(size, rng), (VALENCE, SEA)
    n_radiated = JETS_BACKGROUND if mean is None else JETS_RESONANCE
    jets = radiation(pair_mass, n_radiated, rng)
    return pair_momentum(pair_mass, rapidity(pair_mass, partons, rng), jets), cos_theta, jets
