from __future__ import annotations

from importlib import resources

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from skhep_nn.datasets import load_resonance, make_resonance
from skhep_nn.datasets._collisions import (
    background_angle,
    background_mass,
    from_grid,
    pair_momentum,
    radiation,
    resonance_angle,
)
from skhep_nn.datasets._fragmentation import merge, pack, polar
from skhep_nn.datasets._reconstruction import FEATURES, features, four_momentum, mass, neutrino
from skhep_nn.datasets._smearing import BOTTOM, CHARM, LIGHT, jet_resolution, measure
from skhep_nn.datasets._top_pairs import (
    MASS_B,
    QUARKS,
    boost,
    breit_wigner,
    decay_pair,
    decay_top,
    isotropic,
    lepton_angle,
    polarise,
    two_body,
)

COLUMNS = [*FEATURES, "mass", "is_signal", "weight"]


@pytest.fixture(scope="module")
def shipped():
    return load_resonance()


@pytest.fixture(scope="module")
def made():
    return make_resonance(1500, 3000, masses=(500, 1000, 1500), random_state=3)


def rng():
    return np.random.default_rng(11)


# what ships


def test_there_are_27_features_the_low_level_ones_first():
    assert len(FEATURES) == 27
    assert FEATURES[:7] == ["lep_pt", "lep_eta", "lep_phi", "met", "met_phi", "n_jets", "jet1_pt"]
    assert FEATURES[-6:] == ["jet4_btag", "m_jj", "m_jjj", "m_lv", "m_jlv", "m_WWbb"]


def test_the_file_is_at_most_two_megabytes():
    file = resources.files("skhep_nn.datasets") / "data" / "resonance.parquet"
    with resources.as_file(file) as path:
        assert path.stat().st_size <= 2_000_000


@pytest.mark.parametrize("which", ["shipped", "made"])
def test_the_table_has_the_promised_columns_and_types(which, request):
    events = request.getfixturevalue(which)
    assert events.columns.tolist() == COLUMNS
    assert events["n_jets"].dtype == events["jet4_btag"].dtype == np.int8
    assert events["is_signal"].dtype == np.int8
    assert events["m_WWbb"].dtype == np.float32
    assert events["mass"].dtype == np.float64
    assert np.isfinite(events.drop(columns="mass").to_numpy(float)).all()


def test_five_masses_with_thousands_of_events_each_and_background_without_mass(shipped):
    counts = shipped["mass"].value_counts(dropna=False)
    assert counts.min() >= 3_500
    assert sorted(counts.index.dropna().tolist()) == [500, 750, 1000, 1250, 1500]
    assert (shipped["mass"].isna() == (shipped["is_signal"] == 0)).all()
    assert shipped["mass"].isna().sum() >= 16_000


@pytest.mark.parametrize("which", ["shipped", "made"])
def test_every_event_passes_the_selection(which, request):
    events = request.getfixturevalue(which)
    # rounding may move a value onto the cut
    assert events[["lep_pt", "met", "jet4_pt"]].min().min() >= 20
    assert events[["lep_eta", "jet1_eta", "jet4_eta"]].abs().max().max() <= 2.5
    assert events["n_jets"].min() == 4
    pt = events[[f"jet{number}_pt" for number in (1, 2, 3, 4)]].to_numpy()
    assert (np.diff(pt, axis=1) <= 0).all()


@pytest.mark.parametrize("which", ["shipped", "made"])
@pytest.mark.parametrize("mass", [500, 1000, 1500])
def test_m_wwbb_peaks_near_the_mass(which, mass, request):
    events = request.getfixturevalue(which)
    found = events.loc[events["mass"] == mass, "m_WWbb"]
    assert found.median() == pytest.approx(mass, rel=0.1)


@pytest.mark.parametrize("name", ["lep_pt", "met", "jet1_pt", "jet4_pt", "m_jj", "m_lv", "m_WWbb"])
@pytest.mark.parametrize("mass", [500, 1000, 1500, None])
def test_generated_features_look_like_pythias(shipped, made, name, mass):
    def of(events):
        same = events["mass"].isna() if mass is None else events["mass"] == mass
        return np.percentile(events.loc[same, name], [16, 50, 84])

    assert of(made)[1] == pytest.approx(of(shipped)[1], rel=0.18)
    assert np.ptp(of(made)) == pytest.approx(np.ptp(of(shipped)), rel=0.35)


# the generator


def test_the_numbers_of_events_are_those_asked_for():
    events = make_resonance([3, 0, 40], 7, masses=(500, 600, 700), random_state=0)
    assert events["mass"].value_counts().to_dict() == {700.0: 40, 500.0: 3}
    assert events["mass"].isna().sum() == 7


def test_the_same_seed_gives_the_same_events_and_another_others():
    first = make_resonance(20, 20, masses=[800], random_state=1)
    pd.testing.assert_frame_equal(first, make_resonance(20, 20, masses=[800], random_state=1))
    other = make_resonance(20, 20, masses=[800], random_state=2)
    assert not np.isin(first["m_WWbb"], other["m_WWbb"]).any()


def test_the_events_of_a_mass_do_not_depend_on_the_other_masses():
    few = make_resonance(20, 5, masses=[800], random_state=1)
    many = make_resonance(20, 10, masses=[600, 800], random_state=1)
    same = many.loc[many["mass"] == 800, FEATURES].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, few.loc[few["mass"] == 800, FEATURES])


def test_weights_sum_to_cross_section_times_acceptance(made, shipped):
    sums = made.groupby(made["mass"].fillna(0))["weight"].sum()
    # 1 pb of X, of which between 40 and 80 % pass, more of the heavy ones
    assert 0.4 < sums[500] < sums[1000] < 0.8
    expected = shipped.loc[shipped["is_signal"] == 0, "weight"].sum()
    assert sums[0] == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("load", [load_resonance, lambda **o: make_resonance(9, 9, **o)])
def test_x_has_features_and_mass(load):
    X, y, sample_weight = load(return_X_y=True)
    assert X.columns.tolist() == [*FEATURES, "mass"]
    assert X.loc[y == 0, "mass"].isna().all()
    assert len(y) == len(sample_weight) == len(X)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"masses": [300]}, "masses must be from 400 to 4000 GeV, got 300"),
        ({"masses": [np.nan]}, "masses must be from 400 to 4000 GeV, got nan"),
        ({"n_signal": -1}, "n_signal must be a number of events, 0 or more, got -1"),
        ({"n_background": 1.5}, "n_background must be a number of events, 0 or more, got 1.5"),
        ({"n_signal": 1j, "masses": ()}, "n_signal must be a number of events, 0 or more"),
        ({"n_signal": [1, 2]}, "n_signal has 2 numbers for 5 masses"),
        ({"n_signal": [[1], [1, 2]]}, "n_signal has 2 numbers for 5 masses"),
        ({"n_background": np.timedelta64(1, "s")}, "n_background must be a number of events"),
        ({"masses": "500"}, "masses must be numbers, got text"),
        ({"masses": None}, "masses must be from 400 to 4000 GeV, got nan"),
        ({"masses": [[500], [600, 700]]}, "masses must be an array of numbers"),
        ({"masses": [[500.0]]}, "masses must be a list of at most"),
        ({"masses": 500j}, "masses must be numbers, got complex"),
        ({"return_X_y": "yes"}, "return_X_y='yes'; it must be True or False"),
    ],
)
def test_bad_arguments_are_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_resonance(**arguments)


# kinematics


def test_two_body_decays_keep_masses_and_momentum():
    # m = 173, 80.4 and 0: the momentum is (173^2 - 80.4^2) / (2 173) = 67.817
    first, second = two_body(np.full(5, 173.0), np.full(5, 80.4), 0.0, isotropic(5, rng()))
    assert np.linalg.norm(first[:, :3], axis=1) == pytest.approx((173**2 - 80.4**2) / 346)
    assert mass(first) == pytest.approx(80.4)
    assert first + second == pytest.approx(np.tile([0, 0, 0, 173.0], (5, 1)))


def test_a_boost_of_a_particle_at_rest_gives_it_the_momentum():
    parent = np.array([[30.0, -40.0, 120.0, np.sqrt(130**2 + 173**2)]])
    assert boost(np.array([[0, 0, 0, 173.0]]), parent) == pytest.approx(parent)
    assert mass(boost(np.array([[3.0, 4.0, 0, 13.0]]), parent)) == pytest.approx(12.0)


def test_decay_products_sum_to_the_pair_and_lie_on_their_mass_shells():
    random = rng()
    pair = pair_momentum(
        np.full(500, 900.0), random.normal(size=500), radiation(np.full(500, 900.0), 2, random)
    )
    assert mass(pair) == pytest.approx(900)
    particles = decay_pair(pair, resonance_angle(500, random), -0.5, random)
    assert sum(particles.values()) == pytest.approx(pair)
    for name in ("lepton", "neutrino", "up", "down"):
        # a mass of 0 up to the rounding of energies of hundreds of GeV
        assert mass(particles[name]).max() < 1e-3
    for name in QUARKS[:2]:
        assert mass(particles[name]) == pytest.approx(MASS_B, abs=1e-3)
    w = particles["up"] + particles["down"]
    top = w + particles["b_hadronic"]
    assert np.median(mass(w)) == pytest.approx(80.4, abs=0.3)
    assert np.median(mass(top)) == pytest.approx(173, abs=0.3)


def test_breit_wigner_masses_have_the_quartiles_at_half_the_width():
    found = np.percentile(breit_wigner(173.0, 1.4, 100_000, rng(), reach=1e9), [25, 50, 75])
    assert found == pytest.approx([172.3, 173, 173.7], abs=0.02)


def test_the_lepton_has_the_angle_of_longitudinal_and_left_handed_w_bosons():
    cosine = lepton_angle(200_000, rng())
    # mean of 3/8 (1 - c)^2 is -1/2, that of 3/4 (1 - c^2) is 0
    assert cosine.mean() == pytest.approx(-0.5 * 0.31, abs=0.005)
    # mean squares 2/5 and 1/5
    assert (cosine**2).mean() == pytest.approx(0.4 * 0.31 + 0.2 * 0.69, abs=0.005)


@pytest.mark.parametrize("polarisation", [-0.8, 0.0, 1.0])
def test_the_lepton_of_a_polarised_top_quark_has_a_mean_cosine_of_a_third_of_it(polarisation):
    random = rng()
    axis = isotropic(50_000, random)
    at_rest = decay_top(np.full(50_000, 173.0), random)
    products = polarise(at_rest, axis, polarisation, random)
    lepton = products[1]
    cosine = (lepton[:, :3] * axis).sum(axis=1) / lepton[:, 3]
    # the integral of c (1 + P c) / 2 from -1 to 1
    assert cosine.mean() == pytest.approx(polarisation / 3, abs=0.01)
    assert sum(products) == pytest.approx(np.tile([0, 0, 0, 173.0], (50_000, 1)), abs=1e-9)


def test_angles_of_x_and_of_background_have_their_densities():
    resonance = resonance_angle(20_000, rng())
    assert stats.kstest(resonance, lambda c: (4 + 3 * c + c**3) / 8).pvalue > 1e-3
    pair_mass = np.full(20_000, 692.0)
    # beta^2 = 1 - (346 / 692)^2 = 3/4
    beta = np.sqrt(0.75)
    background = background_angle(pair_mass, rng())
    cdf = stats.kstest(background, lambda c: 0.5 + np.arctanh(beta * c) / (2 * np.arctanh(beta)))
    assert cdf.pvalue > 1e-3


def test_drawing_from_a_grid_follows_the_density():
    grid = np.linspace(-1, 1, 81)
    drawn = from_grid(grid, np.tile(1 + grid, (20_000, 1)), rng())
    assert stats.kstest(drawn, lambda c: (1 + c) ** 2 / 4).pvalue > 1e-3


def test_the_background_rises_at_threshold_and_falls():
    found = background_mass(50_000, rng())
    counts = np.histogram(found, [360, 370, 400, 430, 600, 630, 1000, 1030])[0]
    assert found.min() > 2 * 173
    assert counts[0] < counts[2] > counts[4] > counts[6]


# jets


def test_merging_is_that_of_the_anti_kt_algorithm():
    # 100 at 0; 30 within 0.4 of it; 20 within 0.4 of the 30 only; 50 far away
    partons = np.array([[[100, 0, 0], [30, 0.3, 0], [20, 0.6, 0], [50, 0, 2.0], [0, 0, 0]]], float)
    flavour = np.array([[LIGHT, BOTTOM, CHARM, LIGHT, LIGHT]])
    packed, flavour = pack(partons, flavour)
    assert packed[0, :, 0].tolist() == [100, 50, 30, 20]
    before = four_momentum(packed)
    momenta, flavour = merge(before.copy(), flavour)
    assert momenta.sum(axis=1) == pytest.approx(before.sum(axis=1))
    jets = polar(momenta)[0]
    # the 30 goes to the harder one; the jet, at 0.07, does not reach the 20
    assert jets[:, 0] == pytest.approx([130, 50, 0, 20], abs=1e-9)
    assert flavour[0].tolist() == [BOTTOM, LIGHT, BOTTOM, CHARM]


def test_jets_across_the_seam_in_phi_are_merged():
    momenta = four_momentum(np.array([[[50, 0, 3.1], [40, 0, -3.1]]], float))
    merged, _ = merge(momenta, np.zeros((1, 2), int))
    assert (polar(merged)[0, :, 0] > 0).tolist() == [True, False]


def test_the_resolution_of_jets_is_80_percent_over_root_pt_and_5_percent():
    # at 64 GeV: 0.8 / 8 = 0.1
    assert jet_resolution(np.array([64.0, 0.0])) == pytest.approx([np.hypot(0.1, 0.05), 0])


@pytest.mark.parametrize(("flavour", "rate"), [(LIGHT, 0.015), (CHARM, 0.15), (BOTTOM, 0.75)])
def test_jets_are_tagged_at_the_rate_of_their_flavour(flavour, rate):
    lepton = np.tile([60.0, 0, 0], (5000, 1))
    jets = np.array([[200.0, 0.0, 2.0], [150, 1, 0.5], [120, -1, -2], [100, 0.5, -1]])
    measured, passed = measure(
        lepton, np.tile(jets, (5000, 1, 1)), np.full((5000, 4), flavour), rng()
    )
    assert passed.sum() > 2000
    tags = measured[:, [FEATURES.index(f"jet{number}_btag") for number in (1, 2, 3, 4)]]
    error = np.sqrt(rate * (1 - rate) / tags.size)
    assert tags.mean() == pytest.approx(rate, abs=5 * error)


# features


def test_the_neutrino_makes_a_w_on_its_mass_shell():
    particles = decay_pair(np.tile([0, 0, 0, 800.0], (300, 1)), np.zeros(300), 0.0, rng())
    lepton, met = particles["lepton"], particles["neutrino"][:, :2]
    found = neutrino(lepton, met)
    assert mass(found).max() < 1e-3
    # with an exact W of 80.4, the true pz is one of the two solutions
    w_mass = mass(lepton + particles["neutrino"])
    solvable = w_mass < 80.4
    assert mass(lepton + found)[solvable] == pytest.approx(80.4, abs=1e-6)


def reference_features(lepton, met, jets):
    """The five masses of one event, jet by jet, as in a script with loops."""
    momenta = [four_momentum(jet[:3]) for jet in jets]
    pairs = [(a, b) for a in range(4) for b in range(a)]
    tags = jets[:, 3]

    def cost(pair):
        a, b = pair
        return abs(mass(momenta[a] + momenta[b]) - 80.4) + 30 * (tags[a] + tags[b])

    pair = min(pairs, key=cost)
    rest = [jet for jet in range(4) if jet not in pair]
    w = momenta[pair[0]] + momenta[pair[1]]
    top = min(rest, key=lambda jet: abs(mass(w + momenta[jet]) - 173))
    left = next(jet for jet in rest if jet != top)
    leptonic = four_momentum(lepton)
    leptonic = leptonic + neutrino(leptonic[np.newaxis], met[np.newaxis])[0]
    size, angle = np.hypot(*met), lepton[2] - np.arctan2(met[1], met[0])
    return [
        mass(w),
        mass(w + momenta[top]),
        np.sqrt(2 * lepton[0] * size * (1 - np.cos(angle))),
        mass(leptonic + momenta[left]),
        mass(leptonic + sum(momenta)),
    ]


def test_features_agree_with_a_loop_over_events_and_jets(shipped):
    events = shipped[FEATURES].to_numpy(float)[:200]
    lepton, jets = events[:, :3], events[:, 6:22].reshape(-1, 4, 4)
    met = events[:, [3]] * np.column_stack([np.cos(events[:, 4]), np.sin(events[:, 4])])
    # a fifth jet that is too soft, first in the list, changes nothing
    soft = np.tile([15.0, 0, 0, 1], (200, 1, 1))
    found = features(lepton, met, np.concatenate([soft, jets], axis=1))
    assert found[:, :5] == pytest.approx(events[:, :5])
    assert (found[:, 5] == 4).all()
    assert found[:, 6:22] == pytest.approx(events[:, 6:22])
    expected = [reference_features(*event) for event in zip(lepton, met, jets, strict=True)]
    assert found[:, 22:] == pytest.approx(np.array(expected), abs=1e-5)
    # the file is rounded to 3.6 digits
    assert found[:, -1] == pytest.approx(events[:, -1], rel=5e-3)
