from __future__ import annotations

from importlib import resources

import numpy as np
import pandas as pd
import pytest
from particle import PDGID, Particle
from sklearn.metrics import roc_auc_score

from skhep_nn.datasets import load_particle_lists
from skhep_nn.datasets._particle_lists import CODES, FEATURES, PARTICLE
from skhep_nn.io import label_selected
from skhep_nn.preprocessing import DecayStringTokenizer, SequencePadder, decay_strings

PARTICLES = [*CODES, *PARTICLE]
AFTERWARDS = ["n_tracks", "visible_energy", "R2", "missing_mass_squared"]
CANDIDATE = ["D_mass", "D_momentum", "M_bc", "Delta_E"]
UPSILON, BEAM_ENERGY = 300553, 10.5794 / 2
# momenta are rounded to 11 significant bits: half a unit of the last one
ROUNDING = 2.0**-11


@pytest.fixture(scope="module")
def events():
    return load_particle_lists()


@pytest.fixture(scope="module")
def particles(events):
    """One row per particle: its event, and the row of its mother (-1 for none)."""
    counts = events["pdg"].map(len).to_numpy()
    table = {name: np.concatenate(events[name].map(np.asarray).to_list()) for name in PARTICLES}
    table = pd.DataFrame(table).assign(event=np.repeat(np.arange(len(events)), counts))
    start = np.repeat(np.cumsum(counts) - counts, counts)
    none = table["mother_index"] < 0
    return table.assign(mother=np.where(none, -1, table["mother_index"] + start))


@pytest.fixture(scope="module")
def final(particles):
    """The particles that do not decay."""
    return particles[~particles.index.isin(particles["mother"])]


def momenta(particles):
    return particles[["energy", "px", "py", "pz"]].to_numpy(float)


def test_the_table_has_the_promised_columns(events):
    assert events.columns.tolist() == [
        "file",
        "event_number",
        "process",
        "passes_skim",
        *FEATURES,
        *AFTERWARDS,
        *CANDIDATE,
        "simulation_time",
    ]


def test_the_file_is_at_most_two_megabytes():
    file = resources.files("skhep_nn.datasets") / "data" / "particle_lists.parquet"
    with resources.as_file(file) as path:
        assert path.stat().st_size <= 2_000_000


def test_there_are_more_than_two_thousand_events_of_which_a_part_passes(events):
    assert len(events) > 2000
    assert set(events["process"]) == {"mixed", "charged"}
    assert set(events["passes_skim"]) == {0, 1}
    assert events["passes_skim"].dtype == np.int8  # as is_signal of the other samples
    assert 0.1 < events["passes_skim"].mean() < 0.2


def test_file_and_event_number_together_are_unique_and_neither_is_alone(events):
    assert not events.duplicated(["file", "event_number"]).any()
    assert not events["file"].is_unique
    assert not events["event_number"].is_unique


def test_the_list_of_what_passed_gives_the_labels(events):
    skim = events.loc[events["passes_skim"] == 1, ["file", "event_number"]].sample(frac=1)
    labels = label_selected(events, skim)
    assert (labels == events["passes_skim"]).all()


def test_all_lists_of_an_event_have_the_same_length(events):
    lengths = np.array([events[name].map(len) for name in PARTICLES])
    assert (lengths == lengths[0]).all()


def test_every_event_is_an_upsilon_and_two_b_mesons_of_its_process(events, particles):
    first = particles.groupby("event").head(3)
    code = {"mixed": 511, "charged": 521}
    for place, sign in ((0, 0), (1, 1), (2, -1)):
        row = first.iloc[place::3]
        expected = sign * events["process"].map(code) if sign else np.full(len(events), UPSILON)
        assert (row["pdg"].to_numpy() == np.asarray(expected)).all()
        assert (row["mother_index"] == (-1 if place == 0 else 0)).all()


def test_the_code_of_the_mother_is_that_of_the_particle_at_its_index(particles):
    codes = np.append(particles["pdg"], 0)
    assert (codes[particles["mother"]] == particles["mother_pdg"]).all()
    assert (particles["mother_pdg"] == 0).sum() == particles["event"].nunique()


def test_every_decay_conserves_momentum_to_rounding(particles):
    daughters = particles[particles["mother"] >= 0]
    sums = np.zeros((len(particles), 4))
    np.add.at(sums, daughters["mother"], momenta(daughters))
    sizes = np.zeros((len(particles), 4))
    np.add.at(sizes, daughters["mother"], abs(momenta(daughters)))
    decayed = sizes[:, 0] > 0
    own = momenta(particles)
    assert (abs(sums - own) <= ROUNDING * (sizes + abs(own)) + 1e-5)[decayed].all()


def test_every_decay_conserves_charge(particles):
    daughters = particles[particles["mother"] >= 0]
    sums = np.zeros(len(particles), int)
    np.add.at(sums, daughters["mother"], daughters["charge"])
    decayed = particles.index.isin(particles["mother"])
    assert (sums == particles["charge"])[decayed].all()


def test_the_final_state_has_the_momentum_of_the_beams_and_no_charge(final):
    total = final.groupby("event")[["energy", "px", "py", "pz", "charge"]].sum()
    # 7 GeV on 4 GeV: a boost of 3 GeV for a mass of 10.5794
    beams = np.array([np.hypot(10.5794, 3.0), 0.0, 0.0, 3.0])
    assert abs(total[["energy", "px", "py", "pz"]].to_numpy(float) - beams).max() < 0.01
    assert (total["charge"] == 0).all()


@pytest.mark.parametrize("code", [22, 11, 13, 211, 321, 2212, 130, 511, 521])
def test_particles_have_the_mass_of_their_code(particles, code):
    chosen = momenta(particles[abs(particles["pdg"]) == code])
    mass = (Particle.from_pdgid(code).mass or 0.0) / 1000
    energy = np.sqrt((chosen[:, 1:] ** 2).sum(axis=1) + mass**2)
    assert len(chosen) > 10
    assert (abs(chosen[:, 0] - energy) < 2 * ROUNDING * chosen[:, 0] + 1e-3 * mass).all()


def test_charges_are_those_of_the_codes(particles):
    pairs = particles[["pdg", "charge"]].drop_duplicates()
    assert pairs["pdg"].is_unique
    assert [PDGID(code).charge for code in pairs["pdg"]] == pairs["charge"].tolist()


def test_no_quarks_gluons_diquarks_or_strings_are_in_the_lists(particles):
    code = abs(particles["pdg"])
    assert code.min() == 11
    assert not code.between(80, 100).any()
    assert not (code.between(1000, 9999) & (code // 10 % 10 == 0)).any()


def test_decay_strings_are_those_of_the_lists_and_a_tokenizer_reads_both(events):
    strings = decay_strings(events["pdg"], events["mother_index"])
    assert (events["decay_string"] == strings).all()
    from_strings = DecayStringTokenizer().fit_transform(events["decay_string"])
    from_lists = DecayStringTokenizer().fit_transform(events[["pdg", "mother_index"]])
    assert (from_strings == from_lists).all()


def test_b_mesons_fly_as_long_as_they_live(particles):
    # daughters of a B are made where it decays: t / gamma has the mean of 1.52 ps and 1.64 ps
    for code, lifetime in ((511, 1.52e-3), (521, 1.64e-3)):
        mothers = particles[abs(particles["pdg"]) == code]
        daughters = particles[particles["mother"].isin(mothers.index)].drop_duplicates("mother")
        gamma = particles.loc[daughters["mother"], "energy"].to_numpy() / 5.28
        times = daughters["production_time"].to_numpy() / gamma
        # the error of a mean of n exponential times is the mean over sqrt(n)
        assert times.mean() == pytest.approx(lifetime, rel=4 / np.sqrt(len(times)))


def test_events_that_pass_meet_what_the_skim_asks_of_reconstruction(events):
    passed = events[events["passes_skim"] == 1]
    assert passed["n_tracks"].between(4, 12).all()
    assert (passed["visible_energy"] > 4 * (1 - ROUNDING)).all()
    assert passed["D_mass"].between(1.8, 1.93).all()
    failed = events[events["passes_skim"] == 0]
    candidate = failed["D_mass"].notna() & (failed["visible_energy"] > 4.01)
    assert not (candidate & failed["n_tracks"].between(4, 12)).any()


def test_events_that_pass_have_a_d_meson_with_a_decay_of_the_skim(events, particles):
    decays = {
        421: {(211, 321), (111, 211, 321), (211, 211, 211, 321)},
        411: {(211, 211, 321)},
    }
    mesons = particles[abs(particles["pdg"]).isin(decays)]
    daughters = particles[particles["mother"].isin(mesons.index)]
    found = abs(daughters["pdg"]).groupby(daughters["mother"]).agg(lambda c: tuple(sorted(c)))
    good = [codes in decays[abs(mesons.at[at, "pdg"])] for at, codes in found.items()]
    with_decay = mesons.loc[found.index[good], "event"].unique()
    passed = np.flatnonzero(events["passes_skim"] == 1)
    assert np.isin(passed, with_decay).all()
    # the decay is necessary, not sufficient: particles can be lost
    assert len(passed) < len(with_decay) < len(events)


def test_tracks_are_among_the_charged_particles_in_the_detector(events, final):
    pt, p = np.hypot(final["px"], final["py"]), momenta(final)
    theta = np.degrees(np.arctan2(pt, final["pz"]))
    kinds = abs(final["pdg"]).isin([11, 13, 211, 321, 2212])
    inside = final[kinds & theta.between(16.9, 150.1) & (pt > 0.0999)]
    possible = inside.groupby("event").size().reindex(range(len(events)), fill_value=0)
    assert (events["n_tracks"].to_numpy() <= possible.to_numpy()).all()
    # each is found with a probability of 92 %
    n = possible.sum()
    error = np.sqrt(0.92 * 0.08 / n)
    assert events["n_tracks"].sum() / n == pytest.approx(0.92, abs=5 * error)
    assert p.shape[0] > n


def test_variables_are_finite_and_within_their_limits(events):
    assert np.isfinite(events[AFTERWARDS].to_numpy(float)).all()
    assert events["R2"].between(0, 1).all()
    assert (events["visible_energy"] < np.hypot(10.5794, 3.0) * 1.02).all()
    candidates = events.loc[events["D_mass"].notna(), CANDIDATE]
    assert np.isfinite(candidates.to_numpy()).all()
    assert events.loc[events["D_mass"].isna(), CANDIDATE].isna().all(axis=None)
    assert (candidates["M_bc"] <= BEAM_ENERGY * (1 + ROUNDING)).all()
    # a D meson of a B cannot have more than 2.4 GeV or so
    assert (candidates["D_momentum"] < 2.6).all()


def test_simulation_time_is_the_model_of_the_notes(events, final):
    theta = np.degrees(np.arctan2(np.hypot(final["px"], final["py"]), final["pz"]))
    code = abs(final["pdg"])
    inside = theta.between(17, 150) & ~code.isin([12, 14, 16])
    per_gev = np.where(code.isin([11, 22]), 0.12, 0.08)
    seconds = (0.05 * (final["charge"] != 0) + per_gev * final["energy"]).where(inside, 0.0)
    seconds = 0.2 + seconds.groupby(final["event"]).sum().to_numpy()
    # rounding may move a particle over the edge of the detector
    assert np.median(abs(seconds / events["simulation_time"] - 1)) < ROUNDING
    assert seconds.sum() == pytest.approx(events["simulation_time"].sum(), rel=1e-3)


def test_inputs_and_labels_are_columns_of_the_table(events):
    X, y = load_particle_lists(return_X_y=True)
    assert X.columns.tolist() == FEATURES
    assert y.tolist() == events["passes_skim"].tolist()
    assert not set(X) & {*AFTERWARDS, *CANDIDATE, "simulation_time"}


def test_the_lists_are_what_a_padder_takes(events):
    padded = SequencePadder(100).fit_transform(events[PARTICLE][:50])
    assert padded.shape == (50, 100, len(PARTICLE))
    assert padded.data[0, 0, 1] == np.float32(events["energy"][0][0])


def test_number_of_particles_tells_little_of_the_label(events):
    # a network has to look at the decays: list lengths alone give hardly more than chance
    assert roc_auc_score(events["passes_skim"], -events["pdg"].map(len)) < 0.7
