from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from skhep_nn.datasets import load_lepton_jets
from skhep_nn.datasets._lepton_jets import FEATURES, PROCESSES


@pytest.fixture(scope="module")
def events():
    return load_lepton_jets()


def test_the_seventeen_variables_have_the_names_of_the_script():
    assert FEATURES == [
        "LepChg",
        "LepPt",
        "LepEta",
        "Dxy",
        "Dz",
        "RelIso",
        "Met",
        "mt",
        "Njet",
        "Jet1Pt",
        "Jet2Pt",
        "HT",
        "NbLoose",
        "JetHBpt",
        "JetHBCSV",
        "JetB2pt",
        "DrJetHBLep",
    ]


def test_the_table_has_the_promised_columns(events):
    assert events.columns.tolist() == [
        *FEATURES,
        "weight",
        "process",
        "is_signal",
        "event_number",
    ]


def test_there_are_at_least_thirty_thousand_events_of_five_processes(events):
    assert len(events) >= 30_000
    assert set(events["process"]) == set(PROCESSES)


def test_every_variable_is_finite_and_none_is_constant(events):
    assert np.isfinite(events[FEATURES].to_numpy(float)).all()
    assert (events[FEATURES].nunique() > 1).all()


def test_weights_are_finite_and_every_process_has_a_positive_yield(events):
    assert np.isfinite(events["weight"]).all()
    assert (events.groupby("process")["weight"].sum() > 0).all()


def test_event_numbers_are_unique(events):
    assert events["event_number"].is_unique


def test_is_signal_says_whether_the_process_is_the_signal(events):
    assert events["is_signal"].dtype == np.int8
    assert (events["is_signal"] == (events["process"] == "signal")).all()


def test_the_file_is_at_most_two_megabytes():
    file = resources.files("skhep_nn.datasets") / "data" / "lepton_jets.parquet"
    with resources.as_file(file) as path:
        assert path.stat().st_size <= 2_000_000


@pytest.mark.parametrize("target", ["is_signal", "process"])
def test_x_y_and_weights_are_variables_target_and_weight_column(events, target):
    X, y, sample_weight = load_lepton_jets(return_X_y=True, target=target)
    assert X.columns.tolist() == FEATURES
    assert y.tolist() == events[target].tolist()
    assert sample_weight.tolist() == events["weight"].tolist()


def test_an_unknown_target_is_an_error():
    with pytest.raises(ValueError, match=r"it must be one of \['is_signal', 'process'\]"):
        load_lepton_jets(target="label")
