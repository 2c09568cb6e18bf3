from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from skhep_nn.datasets import make_acceptance
from skhep_nn.datasets._acceptance import FEATURES
from skhep_nn.datasets._spectrometer import acceptance_probability

FLAGS = ["mc_is_e", "mc_is_mu", "mc_is_h"]


@pytest.fixture(scope="module")
def particles():
    return make_acceptance(60_000, random_state=0)


def one(species="h", **columns):
    """Probability of a particle from the origin, 10 GeV at 50 mrad in y, with changes."""
    values = {"x": 0.0, "y": 0.0, "z": 0.0, "log10_p": 4.0, "tx": 0.0, "ty": 0.05, "charge": 1}
    values |= columns | {f"is_{name}": int(name == species) for name in ("e", "mu", "h")}
    table = {f"mc_{name}": np.array([value]) for name, value in values.items()}
    return float(acceptance_probability(table)[0])


def test_the_table_has_the_columns_of_the_reference_then_the_draw_and_the_truth(particles):
    assert particles.columns.tolist() == [*FEATURES, "acc", "probability"]
    assert FEATURES[:8] == [
        *["mc_x", "mc_y", "mc_z", "mc_log10_p", "mc_tx", "mc_ty", "mc_eta", "mc_phi"]
    ]
    assert FEATURES[8:] == [*FLAGS, "mc_charge"]


def test_every_particle_is_of_one_species_and_has_a_charge(particles):
    assert (particles[FLAGS].sum(axis=1) == 1).all()
    assert (particles[FLAGS].sum() > 10_000).all()
    assert set(particles["mc_charge"]) == {-1, 1}


def test_every_value_is_finite_and_probabilities_are_between_0_and_1(particles):
    assert np.isfinite(particles.to_numpy(float)).all()
    assert ((particles["probability"] > 0) & (particles["probability"] < 1)).all()
    assert set(particles["acc"]) == {0, 1}


def test_eta_and_phi_are_those_of_the_slopes(particles):
    theta = np.arctan(np.hypot(particles["mc_tx"], particles["mc_ty"]))
    np.testing.assert_allclose(particles["mc_eta"], -np.log(np.tan(theta / 2)), rtol=1e-9)
    phi = np.arctan2(particles["mc_ty"], particles["mc_tx"])
    np.testing.assert_allclose(particles["mc_phi"], phi, rtol=1e-9, atol=1e-9)


def test_no_transverse_momentum_is_below_the_lowest_and_their_mean_is_that_of_the_species(
    particles,
):
    pt = 10 ** particles["mc_log10_p"] / np.cosh(particles["mc_eta"])
    assert pt.min() >= 50 - 1e-9
    # of a gamma distribution of shape 2 and mean m: standard deviation m / sqrt(2)
    for species, mean in (("h", 600), ("mu", 1200), ("e", 500)):
        of_species = pt[particles[f"mc_is_{species}"] == 1]
        error = mean / np.sqrt(2 * len(of_species))
        assert abs(of_species.mean() - 50 - mean) < 4 * error


def test_the_truth_is_a_function_of_the_columns(particles):
    expected = acceptance_probability(particles[FEATURES])
    np.testing.assert_array_equal(particles["probability"], expected)


@pytest.mark.parametrize("by", ["mc_eta", "mc_phi", "mc_log10_p", "probability"])
def test_the_draw_agrees_with_the_truth_in_bins(particles, by):
    p = particles["probability"]
    table = particles.assign(variance=p * (1 - p))[["acc", "probability", "variance"]]
    # 50 bins of 1200 particles by rank
    sums = table.groupby(particles[by].rank(method="first").sub(1) // 1200).sum()
    chi2 = ((sums["acc"] - sums["probability"]) ** 2 / sums["variance"]).sum()
    assert len(sums) == 50
    assert 0.001 < stats.chi2.sf(chi2, 50) < 0.999


def test_the_mirror_image_in_x_of_the_opposite_charge_has_the_same_probability(particles):
    mirrored = particles[FEATURES].copy()
    mirrored[["mc_x", "mc_tx", "mc_charge"]] *= -1
    assert not mirrored.equals(particles[FEATURES])
    np.testing.assert_allclose(
        acceptance_probability(mirrored), particles["probability"], rtol=1e-9, atol=1e-12
    )


def test_the_mirror_image_in_y_has_the_same_probability(particles):
    mirrored = particles[FEATURES].copy()
    mirrored[["mc_y", "mc_ty"]] *= -1
    np.testing.assert_allclose(
        acceptance_probability(mirrored), particles["probability"], rtol=1e-9, atol=1e-12
    )


def test_charge_alone_changes_the_probability(particles):
    other = particles[FEATURES].assign(mc_charge=-particles["mc_charge"])
    difference = np.abs(acceptance_probability(other) - particles["probability"])
    assert (difference > 0.1).mean() > 0.02


def test_in_the_middle_of_the_detector_the_probability_is_the_efficiency():
    # all edges and the threshold are many standard deviations away; 0.001 is wrongly matched
    for species, efficiency in (("h", 0.94), ("mu", 0.98), ("e", 0.95)):
        expected = 0.001 + 0.999 * efficiency
        assert one(species) == pytest.approx(expected, abs=1e-4)


def test_on_the_edge_of_the_hole_half_of_the_particles_are_seen():
    # 10 mrad are the radius of the hole in both planes; the exit plane is behind the magnet, where
    # a particle of 1 TeV has moved by 1.2 * 4400 / 1000 = 5.3 mm in x: sqrt(94**2 + 5.3**2) = 94.1
    half = one(log10_p=6.0, ty=0.01)
    assert half == pytest.approx(0.001 + 0.999 * 0.94 * 0.25, abs=0.01)


def test_beyond_300_mrad_in_x_or_250_in_y_and_in_the_beam_pipe_hardly_any_particle_is_seen():
    for slopes in ({"tx": 0.4, "ty": 0.0}, {"ty": 0.35}, {"tx": 0.0, "ty": 0.0}):
        assert one(log10_p=6.0, **slopes) == pytest.approx(0.001, abs=1e-4)


def test_slow_particles_are_bent_out_on_the_side_to_which_they_are_bent():
    # at x = 9400 * 0.2 = 1880 mm, and 4400 * 1.2 / 3 * stretch(1.02) = 1.8 m further or back
    slow = {"log10_p": np.log10(3000.0), "tx": 0.2, "ty": 0.02}
    assert one(charge=1, **slow) < 0.01
    assert one(charge=-1, **slow) > 0.9
    assert one(charge=1, **{**slow, "log10_p": 4.5}) > 0.9


def test_particles_below_the_threshold_are_not_seen_whatever_their_charge():
    for charge in (-1, 1):
        for tx in (-0.2, 0.0, 0.2):
            assert one(log10_p=2.7, tx=tx, charge=charge) < 0.002


def test_half_of_the_muons_at_the_threshold_pass_it():
    # bent to the other side of the plane behind the magnet: 9400 * -0.2 + 4400 * 0.8 * 1.02 = 1.7 m
    passed = one("mu", log10_p=np.log10(1500.0), tx=-0.2)
    assert passed == pytest.approx(0.001 + 0.999 * 0.98 / 2, abs=0.001)


def test_an_electron_is_bent_as_a_muon_of_the_momentum_that_it_keeps():
    # exp(-0.35 * stretch) of it; the edges are far, so scattering does not matter
    slopes = {"tx": -0.2, "ty": 0.05}
    kept = np.exp(-0.35 * np.sqrt(1 + 0.2**2 + 0.05**2))
    electron = one("e", log10_p=np.log10(2200.0), **slopes)
    muon = one("mu", log10_p=np.log10(2200.0 * kept), **slopes)
    assert 0.1 < electron < 0.8
    assert (electron - 0.001) / 0.95 == pytest.approx((muon - 0.001) / 0.98, rel=1e-3)


def test_a_particle_from_behind_the_vertex_detector_is_not_seen():
    assert one(z=400.0) == pytest.approx(one(), abs=1e-4)
    assert one(z=700.0) == pytest.approx((one() + 0.001) / 2, abs=1e-3)
    assert one(z=1000.0) == pytest.approx(0.001, abs=1e-4)


def test_scattering_softens_the_edges_for_slow_particles():
    # 13 mrad in y: 32.5 mm from the beam in the entrance plane, whose hole is 25 mm +- 8 mm
    seen = {p: one("mu", log10_p=np.log10(p), ty=0.013) for p in (1e5, 3e3)}
    phi = stats.norm.cdf
    # bent by 4400 * 1.2 / 100 = 52.8 mm behind the magnet, where the hole is 94 mm +- 30 mm
    fast = phi(7.5 / 8) * phi((np.hypot(0.013 * 9400, 52.8) - 94) / 30)
    # bent far from the hole, and 13.6 / 3000 * sqrt(0.5) = 3.206 mrad add 8.01 mm in squares
    slow = phi(7.5 / np.hypot(8, 8.014)) * phi(np.log(2) / 0.3)
    assert seen[1e5] == pytest.approx(0.001 + 0.999 * 0.98 * fast, abs=3e-4)
    assert seen[3e3] == pytest.approx(0.001 + 0.999 * 0.98 * slow, abs=3e-4)


def test_the_same_seed_gives_the_same_particles_and_another_one_others():
    first = make_acceptance(1000, random_state=3)
    pd.testing.assert_frame_equal(first, make_acceptance(1000, random_state=3))
    state = np.random.RandomState(3)
    pd.testing.assert_frame_equal(first, make_acceptance(1000, random_state=state))
    assert not first.equals(make_acceptance(1000, random_state=4))


def test_x_and_y_are_the_features_and_the_draw():
    table = make_acceptance(500, random_state=1)
    X, y = make_acceptance(500, return_X_y=True, random_state=1)
    pd.testing.assert_frame_equal(X, table[FEATURES])
    assert y.tolist() == table["acc"].tolist()


@pytest.mark.parametrize("n", [0, -5, 10.0, True, "many"])
def test_a_number_of_particles_that_is_none_is_an_error(n):
    with pytest.raises(ValueError, match=r"n_particles=.*; it must be a whole number >= 1"):
        make_acceptance(n)
