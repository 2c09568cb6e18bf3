from __future__ import annotations

from importlib import resources

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from skhep_nn.datasets import load_jets
from skhep_nn.datasets._jets import FLAVOURS, JET, TRACK

# numbers are rounded to 10 significant bits: half a unit of the last one
ROUNDING = 2.0**-10


@pytest.fixture(scope="module")
def jets():
    return load_jets()


@pytest.fixture(scope="module")
def tracks(jets):
    """One row per track, with the row of its jet and the flavour."""
    counts = jets["track_pt"].map(len).to_numpy()
    table = {name: np.concatenate(jets[name].map(np.asarray).to_list()) for name in TRACK}
    jet = np.repeat(np.arange(len(jets)), counts)
    return pd.DataFrame(table).assign(jet=jet, flavour=jets["flavour"].to_numpy()[jet])


def auc(jets, variable, signal, background):
    chosen = jets["flavour"].isin([signal, background])
    return roc_auc_score(jets.loc[chosen, "flavour"] == signal, variable[chosen])


def test_the_table_has_the_promised_columns(jets):
    assert jets.columns.tolist() == [*JET, *TRACK, "flavour", "weight", "process", "event_number"]


def test_the_file_is_at_most_two_megabytes():
    file = resources.files("skhep_nn.datasets") / "data" / "jets.parquet"
    with resources.as_file(file) as path:
        assert path.stat().st_size <= 2_000_000


def test_there_are_more_than_six_thousand_jets_as_many_of_each_flavour(jets):
    counts = jets["flavour"].value_counts()
    assert len(jets) > 6000
    assert set(counts.index) == set(FLAVOURS)
    assert counts.nunique() == 1


def test_every_flavour_comes_from_two_processes_or_more(jets):
    n_processes = jets.groupby("flavour")["process"].nunique()
    assert (n_processes >= 2).all()
    assert set(jets["process"]) == {"tt", "bb", "cc", "multijet"}


def test_all_numbers_are_finite_and_none_is_constant(jets, tracks):
    for table, columns in ((jets, [*JET, "weight"]), (tracks, TRACK)):
        assert np.isfinite(table[columns].to_numpy(float)).all()
        assert (table[columns].nunique() > 1).all()


def test_jets_meet_the_selection(jets):
    assert (jets["pt"] >= 30 * (1 - ROUNDING)).all()
    assert (abs(jets["eta"]) <= 2.4 * (1 + ROUNDING)).all()
    assert jets["width"].between(0, 0.5).all()
    assert jets["pt_dispersion"].between(0, 1 + ROUNDING).all()


def test_tracks_meet_the_selection_and_are_in_the_cone_of_the_jet(tracks):
    assert (tracks["track_pt"] >= 0.5 * (1 - ROUNDING)).all()
    assert set(tracks["track_charge"]) == {-1, 1}
    # the radius of 0.4 is in rapidity, from which slow heavy particles differ in pseudorapidity
    distance = np.hypot(tracks["track_deta"], tracks["track_dphi"])
    assert np.quantile(distance, 0.98) < 0.4
    assert distance.max() < 1.5


def test_lists_hold_all_tracks_up_to_fifteen(jets):
    lengths = np.array([jets[name].map(len) for name in TRACK])
    assert (lengths == np.minimum(jets["n_tracks"], 15).to_numpy()).all()
    assert (lengths == 0).any()
    assert (jets["n_tracks"] > 15).any()


def test_tracks_are_in_order_of_their_significance(tracks):
    significance = abs(tracks["track_d0_significance"])
    step = significance.groupby(tracks["jet"]).diff().dropna()
    assert (step <= 0).all()


def test_the_significance_is_the_impact_parameter_over_the_documented_resolution(jets, tracks):
    eta = jets["eta"].to_numpy()[tracks["jet"]] + tracks["track_deta"]
    sin_theta = 1 / np.cosh(eta)
    sigma = np.hypot(0.010, 0.090 / (tracks["track_pt"] * np.sqrt(sin_theta)))
    for name, factor in (("d0", 1.0), ("z0", sin_theta)):
        expected = abs(tracks[f"track_{name}"] * factor / sigma)
        found = abs(tracks[f"track_{name}_significance"])
        np.testing.assert_allclose(found, expected, rtol=8 * ROUNDING)


def test_the_sign_is_that_of_a_crossing_in_front_of_the_collision(tracks):
    # the point of closest approach is d0 (-sin phi, cos phi); along the jet it is -d0 sin(dphi)
    sign = np.sign(-np.sin(tracks["track_dphi"]) * tracks["track_d0"])
    clear = (abs(tracks["track_dphi"]) > 1e-4) & (tracks["track_d0"] != 0)
    assert (np.sign(tracks["track_d0_significance"]) == sign)[clear].all()


def test_fractions_are_momenta_over_that_of_the_jet(jets, tracks):
    fraction = tracks["track_pt"] / jets["pt"].to_numpy()[tracks["jet"]]
    np.testing.assert_allclose(tracks["track_pt_fraction"], fraction, rtol=1e-6)
    sums = tracks.groupby("jet")["track_pt_fraction"].sum().reindex(range(len(jets)), fill_value=0)
    complete = jets["n_tracks"] <= 15
    np.testing.assert_allclose(sums[complete], jets["track_fraction"][complete], rtol=3 * ROUNDING)


def test_tracks_of_b_jets_are_displaced_more_than_of_c_and_these_than_of_light_jets(tracks):
    # per jet the second largest signed significance, which the tagger "track counting" takes
    ordered = tracks.sort_values("track_d0_significance", ascending=False)
    second = ordered.groupby("jet").nth(1)
    medians = second.groupby("flavour")["track_d0_significance"].median()
    assert medians["b"] > 2 * medians["c"]
    assert medians["c"] > 1.3 * medians["uds"]


def test_tracks_of_light_jets_are_as_often_in_front_as_behind(tracks):
    light = tracks[(tracks["flavour"] == "uds") & (tracks["track_d0_significance"] != 0)]
    positive = (light["track_d0_significance"] > 0).mean()
    assert positive == pytest.approx(0.5, abs=0.03)
    displaced = tracks[(tracks["flavour"] == "b") & (abs(tracks["track_d0_significance"]) > 5)]
    assert (displaced["track_d0_significance"] > 0).mean() > 0.8


def test_gluon_jets_have_more_tracks_and_are_wider_than_quark_jets(jets):
    same = jets["pt"].between(50, 100)
    means = jets[same].groupby("flavour")[["n_tracks", "width"]].mean()
    assert means.at["g", "n_tracks"] > means.at["uds", "n_tracks"] + 1
    assert means.at["g", "width"] > 1.1 * means.at["uds", "width"]


def test_weights_sum_to_the_same_for_every_flavour_and_are_one_for_b(jets):
    sums = jets.groupby("flavour")["weight"].sum()
    assert sums.to_numpy(float) == pytest.approx(sums["b"], rel=1e-4)
    assert (jets.loc[jets["flavour"] == "b", "weight"] == 1).all()
    assert (jets["weight"] > 0).all()


def test_weights_make_the_spectra_of_all_flavours_that_of_b_jets(jets):
    edges = [30, 42, 60, 100, np.inf]
    places = np.digitize(jets["pt"], edges)
    spectra = jets.groupby(["flavour", places])["weight"].sum().unstack()
    for flavour in FLAVOURS:
        assert spectra.loc[flavour].to_numpy() == pytest.approx(spectra.loc["b"], rel=0.01)


def test_momentum_alone_does_not_tell_the_flavour_once_weighted(jets):
    quarks = jets[jets["flavour"].isin(["c", "uds"])]
    y = quarks["flavour"] == "uds"
    weighted = roc_auc_score(y, quarks["pt"], sample_weight=quarks["weight"])
    assert abs(weighted - 0.5) < 0.02
    assert roc_auc_score(y, quarks["pt"]) > 0.6


def test_jets_of_a_collision_share_its_number_and_process(jets):
    groups = jets.groupby("event_number")
    assert (groups["process"].nunique() == 1).all()
    assert groups.size().max() > 2


def test_x_has_the_blocks_of_the_table_padded_behind(jets):
    X, y, sample_weight = load_jets(return_X_y=True)
    assert list(X.keys()) == ["jet", "track", "track_mask"]
    assert X["jet"] == pytest.approx(jets[JET].to_numpy(float))
    assert X["track"].shape == (len(jets), 15, len(TRACK))
    assert (X.mask("track").sum(axis=1) == jets["track_pt"].map(len)).all()
    first = np.flatnonzero(jets["n_tracks"] > 0)[0]
    assert X["track"][first, 0].tolist() == [jets[name][first][0] for name in TRACK]
    assert (X["track"][~X.mask("track")] == 0).all()
    assert y.tolist() == jets["flavour"].tolist()
    assert sample_weight.tolist() == jets["weight"].tolist()


def test_kinds_name_the_variables_and_keep_their_types_small():
    X, _, _ = load_jets(return_X_y=True, max_tracks=3)
    assert X.kinds["jet"].features == tuple(JET)
    assert X.kinds["track"].features == tuple(TRACK)
    assert X.kinds["track"].mask == "track_mask"
    assert X["track"].dtype == X["jet"].dtype == np.float32
    assert X["track"].shape[1] == 3


def test_tracks_tell_b_from_light_jets_and_jet_variables_do_not(jets, tracks):
    largest = tracks.groupby("jet")["track_d0_significance"].max()
    largest = largest.reindex(range(len(jets)), fill_value=0.0)
    assert auc(jets, largest, "b", "uds") > 0.85
    assert auc(jets, jets["mass"] / jets["pt"], "b", "uds") < 0.7
