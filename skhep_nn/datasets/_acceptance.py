"""Particles in a forward spectrometer, with the probability that it sees them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn import _choices
from skhep_nn._shown import shown
from skhep_nn._validation import check_random_state
from skhep_nn.datasets._spectrometer import acceptance_probability

FEATURES = [
    "mc_x",
    "mc_y",
    "mc_z",
    "mc_log10_p",
    "mc_tx",
    "mc_ty",
    "mc_eta",
    "mc_phi",
    "mc_is_e",
    "mc_is_mu",
    "mc_is_h",
    "mc_charge",
]
SPECIES = {"h": 0.6, "mu": 0.2, "e": 0.2}
ETA_RANGE = (1.0, 7.0)
LOWEST_PT = 50.0
# mean of the transverse momentum above the lowest, in MeV; muons come from heavy hadrons, electrons
# often from photons
MEAN_PT = {"h": 600.0, "mu": 1200.0, "e": 500.0}
BEAM_SPOT = {"x": 0.05, "y": 0.05, "z": 50.0}
# share of particles that do not come from the collision, and their mean flight distance in mm
SECONDARY = {"h": 0.2, "mu": 0.5, "e": 0.6}
FLIGHT = {"h": 300.0, "mu": 150.0, "e": 400.0}
PARENT_ANGLE = 0.005


def make_acceptance(n_particles=100_000, *, return_X_y=False, random_state=None):
    """Simulated particles, the probability that a forward spectrometer sees them, and a draw of it.

    The problem of the acceptance model of LHCb's fast simulation (lb-trksim-train, notebooks
    "Acceptance" and "Acceptance-validation"), with the same columns, for a detector in closed form:
    a plane of detectors before and one behind a dipole magnet, each with a hole for the beam pipe,
    edges that multiple scattering softens, a kick of 1.2 GeV in x, which bends slow particles out,
    electrons that radiate part of their momentum before the field, and an efficiency of 94 to 98 %.

    Parameters
    ----------
    n_particles : int, default=100_000
        Two million take about two seconds.
    return_X_y : bool, default=False
        Return ``(X, y)`` instead of one table.
    random_state : int, RandomState or None, default=None
        Seed of the particles and of the draw.

    Returns
    -------
    DataFrame, or (X, y)
        ``mc_x``, ``mc_y``, ``mc_z``, the place of origin in mm, with z along the beam;
        ``mc_log10_p``, of the momentum in MeV; ``mc_tx`` and ``mc_ty``, the slopes dx/dz and dy/dz;
        ``mc_eta`` and ``mc_phi``, pseudorapidity and azimuth of the slopes; ``mc_is_e``,
        ``mc_is_mu``, ``mc_is_h``, of which one is 1 (electron, muon, hadron); ``mc_charge``, 1 or
        -1; ``acc``, 1 for particles in acceptance and 0 for others; ``probability``, the truth:
        `acc` is 1 with this probability, which depends on no other column. Or `X`, a DataFrame of
        the first 12 columns, and `y`, the array `acc`.

    Raises
    ------
    ValueError
        If `n_particles` is not a whole number >= 1.

    Examples
    --------
    >>> from skhep_nn.datasets import make_acceptance
    >>> particles = make_acceptance(10_000, random_state=0)
    >>> particles.shape
    (10000, 14)
    >>> near_the_beam = particles[particles["mc_eta"] > 6]
    >>> float(near_the_beam["probability"].mean()) < 0.01
    True
    """
    return_X_y = _choices.switch(return_X_y, "return_X_y")
    if not _choices.is_whole(n_particles) or n_particles < 1:
        msg = f"n_particles={shown(n_particles)}; it must be a whole number >= 1"
        raise ValueError(msg)
    rng = check_random_state(random_state)
    particles = _particles(int(n_particles), rng)
    probability = acceptance_probability(particles)
    particles["acc"] = (rng.random_sample(n_particles) < probability).astype(np.int8)
    particles["probability"] = probability
    return (particles[FEATURES], particles["acc"].to_numpy()) if return_X_y else particles


def _particles(n, rng):
    """Table of the 12 columns that describe particles."""
    species = rng.choice(len(SPECIES), size=n, p=[*SPECIES.values()])
    eta, phi = rng.uniform(*ETA_RANGE, n), rng.uniform(-np.pi, np.pi, n)
    tangent = 1 / np.sinh(eta)  # of the polar angle
    tx, ty = tangent * np.cos(phi), tangent * np.sin(phi)
    pt = LOWEST_PT + rng.gamma(2.0, _of(MEAN_PT, species) / 2)
    x, y, z = _origins(tx, ty, species, rng)
    columns = {"x": x, "y": y, "z": z, "log10_p": np.log10(pt * np.cosh(eta)), "tx": tx, "ty": ty}
    columns |= {"eta": eta, "phi": phi}
    flags = {f"is_{name}": species == at for at, name in enumerate(SPECIES)}
    flags["charge"] = rng.choice(np.array([-1, 1], dtype=np.int8), size=n)
    columns |= {name: flag.astype(np.int8) for name, flag in flags.items()}
    return pd.DataFrame({f"mc_{name}": values for name, values in columns.items()})[FEATURES]


def _of(table, species):
    return np.array([table[name] for name in SPECIES])[species]


def _origins(tx, ty, species, rng):
    """Places of origin: the beam spot, or where a parent of a similar direction decayed."""
    n = len(tx)
    x, y, z = (rng.normal(0.0, BEAM_SPOT[axis], n) for axis in "xyz")
    is_secondary = rng.random_sample(n) < _of(SECONDARY, species)
    flight = rng.exponential(_of(FLIGHT, species)) * is_secondary
    parent_x, parent_y = (slope + rng.normal(0.0, PARENT_ANGLE, n) for slope in (tx, ty))
    # the flight is along z for a parent at a small angle, less for one at a large angle
    along_z = flight / np.sqrt(1 + parent_x**2 + parent_y**2)
    return x + parent_x * along_z, y + parent_y * along_z, z + along_z
