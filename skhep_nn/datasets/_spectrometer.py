"""A forward spectrometer in closed form: the probability that it sees a particle.

Lengths are in mm, momenta in MeV, z is along the beam, y along the field of the dipole. A plane of
detectors covers a rectangle without a hole for the beam pipe; a particle crosses it at a place that
multiple scattering smears like a Gaussian, so the probability to be inside has Gaussian edges.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

# the planes before and behind the magnet, from 10 mrad to 300 mrad in x and 250 mrad in y as seen
# from the origin, and the widths of their edges, where some of the stations are hit and some missed
ENTRANCE = {"z": 2500.0, "hole": 25.0, "half_width": 750.0, "half_height": 625.0}
EXIT = {"z": 9400.0, "hole": 94.0, "half_width": 3000.0, "half_height": 2400.0}
ENTRANCE |= {"hole_edge": 8.0, "outer_edge": 60.0}
EXIT |= {"hole_edge": 30.0, "outer_edge": 250.0}
MAGNET_Z = 5000.0
KICK = 1200.0  # 4 Tm change the transverse momentum in x by 1.2 GeV
THRESHOLD = 1500.0  # slower particles do not leave the field
THRESHOLD_WIDTH = 0.3  # of the logarithm of the momentum
VERTEX_DETECTOR_END = 700.0
VERTEX_DETECTOR_EDGE = 60.0
# radiation lengths up to the magnet: those that scatter, and those in which electrons radiate
SCATTERING_MATERIAL = 0.5
RADIATION_MATERIAL = 0.35
EFFICIENCY = {"h": 0.94, "mu": 0.98, "e": 0.95}
# a particle out of acceptance that passes as accepted, for instance by one of its daughters
WRONGLY_MATCHED = 1e-3


def acceptance_probability(particles):
    """Probability that each particle is in acceptance.

    Parameters
    ----------
    particles : DataFrame or dict of arrays
        Columns ``mc_x``, ``mc_y``, ``mc_z``, ``mc_log10_p``, ``mc_tx``, ``mc_ty``, ``mc_is_e``,
        ``mc_is_mu``, ``mc_is_h`` and ``mc_charge`` as `make_acceptance` has them.

    Returns
    -------
    ndarray of shape (n_particles,)
        Between `WRONGLY_MATCHED` and 1. A mirror image in x of the opposite charge, or in y of the
        same charge, has the same probability.
    """
    x, y, z, log10_p, tx, ty = (
        np.asarray(particles[f"mc_{name}"]) for name in ("x", "y", "z", "log10_p", "tx", "ty")
    )
    momentum = 10.0**log10_p
    stretch = np.sqrt(1 + tx**2 + ty**2)  # path per length in z
    after_material = _after_radiation(momentum, stretch, np.asarray(particles["mc_is_e"]))
    # to first order in the bend; the probability is zero where the first order is not enough
    bend = np.asarray(particles["mc_charge"]) * KICK / after_material * stretch
    scattering = _scattering_angle(momentum, stretch)
    to_entrance, to_exit = ENTRANCE["z"] - z, EXIT["z"] - z
    entrance = _inside(ENTRANCE, x + tx * to_entrance, y + ty * to_entrance, scattering)
    x_exit = x + tx * to_exit + bend * (EXIT["z"] - MAGNET_Z)
    exit_ = _inside(EXIT, x_exit, y + ty * to_exit, scattering)
    enough = ndtr(np.log(after_material / THRESHOLD) / THRESHOLD_WIDTH)
    early = ndtr((VERTEX_DETECTOR_END - z) / VERTEX_DETECTOR_EDGE)
    efficiency = sum(EFFICIENCY[s] * np.asarray(particles[f"mc_is_{s}"]) for s in EFFICIENCY)
    accepted = efficiency * entrance * exit_ * enough * early
    return WRONGLY_MATCHED + (1 - WRONGLY_MATCHED) * accepted


def _after_radiation(momentum, stretch, is_electron):
    """Momentum in the field: an electron keeps exp(-X / X0) of it on average."""
    return momentum * np.where(is_electron, np.exp(-RADIATION_MATERIAL * stretch), 1.0)


def _scattering_angle(momentum, stretch):
    """Standard deviation of the angle in a plane (Highland, without its logarithm), in rad."""
    return 13.6 / momentum * np.sqrt(SCATTERING_MATERIAL * stretch)


def _inside(plane, x, y, scattering):
    """Probability to cross `plane` in its rectangle, with the hole cut out of it."""
    shift = scattering * plane["z"]
    hole_edge, outer_edge = (np.hypot(plane[f"{edge}_edge"], shift) for edge in ("hole", "outer"))
    outside_hole = ndtr((np.hypot(x, y) - plane["hole"]) / hole_edge)
    within_x = _between(x, plane["half_width"], outer_edge)
    return outside_hole * within_x * _between(y, plane["half_height"], outer_edge)


def _between(at, half, width):
    """Probability that `at`, smeared by `width`, is between -half and half."""
    return ndtr((half - at) / width) - ndtr((-half - at) / width)
