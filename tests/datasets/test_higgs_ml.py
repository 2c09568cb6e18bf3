from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn.datasets import fetch_higgs_ml
from skhep_nn.datasets._higgs_ml import COLUMNS, FEATURES
from skhep_nn.exceptions import ColumnError, FileFormatError, MissingFileError

NAME = "atlas-higgs-challenge-2014-v2.csv"


def official_events(n_events=40):
    rng = np.random.default_rng(3)
    events = pd.DataFrame(rng.uniform(1, 99, (n_events, 30)).round(3), columns=FEATURES)
    events["PRI_jet_num"] = rng.integers(0, 4, n_events)
    few_jets = events["PRI_jet_num"] < 2
    events.loc[few_jets, ["DER_deltaeta_jet_jet", "PRI_jet_subleading_pt"]] = -999.0
    events.insert(0, "EventId", 100_000 + np.arange(n_events))
    events["Weight"] = rng.uniform(0.001, 2, n_events)
    events["Label"] = np.where(np.arange(n_events) % 3 == 0, "s", "b")
    events["KaggleSet"] = rng.choice(list("tbvu"), n_events)
    events["KaggleWeight"] = events["Weight"] * 3
    return events[COLUMNS]


@pytest.fixture
def written():
    return official_events()


@pytest.fixture(params=[NAME, f"{NAME}.gz"])
def path(request, tmp_path, written):
    """The official layout, plain and gzipped."""
    path = tmp_path / request.param
    written.to_csv(path, index=False)
    return path


def test_the_official_columns_come_back_with_nan_where_the_file_has_minus_999(path, written):
    got = fetch_higgs_ml(path)
    assert got.columns.tolist() == COLUMNS
    expected = written.replace(-999.0, np.nan)
    pd.testing.assert_frame_equal(got, expected, check_dtype=False)
    assert got["PRI_jet_num"].dtype == np.int64
    assert got["DER_deltaeta_jet_jet"].isna().sum() == (written["PRI_jet_num"] < 2).sum() > 0


def test_the_sentinel_of_the_file_can_be_kept_or_be_another(path, written):
    pd.testing.assert_frame_equal(
        fetch_higgs_ml(path, missing=-999)[FEATURES], written[FEATURES], check_dtype=False
    )
    other = fetch_higgs_ml(path, missing=-1.0)
    assert (other["DER_deltaeta_jet_jet"] == -1).sum() == (written["PRI_jet_num"] < 2).sum()


def test_x_y_and_weights_are_features_labels_and_the_weight_column(path, written):
    X, y, sample_weight = fetch_higgs_ml(path, return_X_y=True)
    assert X.columns.tolist() == FEATURES
    assert y.tolist() == (written["Label"] == "s").astype(int).tolist()
    assert sample_weight.tolist() == written["Weight"].tolist()


def test_official_yields_are_those_of_the_challenge(path, written):
    got = fetch_higgs_ml(path, official_yields=True)
    sums = got.groupby("Label")["Weight"].sum()
    assert sums["s"] == pytest.approx(691.9886, rel=1e-12)
    assert sums["b"] == pytest.approx(410_999.847, rel=1e-12)
    # within a class the weights keep their ratios
    signal = (written["Label"] == "s").to_numpy()
    ratio = got["Weight"][signal] / written["Weight"][signal]
    assert ratio.to_numpy() == pytest.approx(691.9886 / written["Weight"][signal].sum())
    assert got["KaggleWeight"].tolist() == written["KaggleWeight"].tolist()


def test_kaggle_sets_are_selected_before_the_yields_are_made_official(path, written):
    got = fetch_higgs_ml(path, kaggle_set="bv", official_yields=True)
    expected = written[written["KaggleSet"].isin(["b", "v"])]
    assert got["EventId"].tolist() == expected["EventId"].tolist()
    assert got.index.tolist() == list(range(len(expected)))
    assert got["Weight"].sum() == pytest.approx(691.9886 + 410_999.847, rel=1e-12)


def test_without_a_path_the_data_home_is_searched(path, tmp_path, monkeypatch, written):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    assert len(fetch_higgs_ml()) == len(written)
    (tmp_path / "skhep_nn").mkdir()
    written[:7].to_csv(tmp_path / "skhep_nn" / path.name, index=False)
    assert len(fetch_higgs_ml()) == 7


def test_the_data_home_is_below_the_home_folder(path, tmp_path, monkeypatch, written):
    home = tmp_path / "home" / "scikit_learn_data"
    home.mkdir(parents=True)
    path.rename(home / path.name)
    monkeypatch.delenv("SCIKIT_LEARN_DATA", raising=False)
    monkeypatch.setenv("HOME", str(home.parent))
    assert len(fetch_higgs_ml()) == len(written)


def test_a_folder_is_searched_for_the_official_name(path, tmp_path, written):
    assert len(fetch_higgs_ml(tmp_path)) == len(written)


def test_an_absent_file_is_an_error_that_says_what_to_download_and_where_to(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "none"))
    place = tmp_path / "none" / "skhep_nn" / f"{NAME}.gz"
    with pytest.raises(MissingFileError, match="CERN Open Data record 328") as error:
        fetch_higgs_ml()
    assert f"download {NAME}.gz" in str(error.value)
    assert str(place) in str(error.value)
    # looking does not make the folder
    assert not (tmp_path / "none").exists()
    with pytest.raises(FileNotFoundError, match=r"there is no file .*mine.csv.*record 328"):
        fetch_higgs_ml(tmp_path / "mine.csv")


def test_another_layout_is_an_error_that_names_the_column(tmp_path, written):
    written.rename(columns={"Weight": "weight"}).to_csv(tmp_path / "h.csv", index=False)
    with pytest.raises(ColumnError, match=r"h.csv has no column 'Weight'; the nearest.*'weight'"):
        fetch_higgs_ml(tmp_path / "h.csv")


def test_unknown_labels_and_sets_are_errors(tmp_path, written):
    written.assign(Label="q").to_csv(tmp_path / "q.csv", index=False)
    with pytest.raises(FileFormatError, match=r"q.csv: column 'Label' must hold 's' or 'b'.*'q'"):
        fetch_higgs_ml(tmp_path / "q.csv")
    written.assign(KaggleSet="t").to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ValueError, match=r"kaggle_set='x': 'x' is not one of"):
        fetch_higgs_ml(tmp_path / "t.csv", kaggle_set="x")
    with pytest.raises(FileFormatError, match=r"no events of kaggle_set='v', only of \['t'\]"):
        fetch_higgs_ml(tmp_path / "t.csv", kaggle_set="v")


def test_a_class_without_weight_cannot_be_scaled(tmp_path, written):
    written[written["Label"] == "b"].to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(FileFormatError, match=r"weights of class 's' sum to 0; a class needs"):
        fetch_higgs_ml(tmp_path / "b.csv", official_yields=True)


def test_the_atlas_sample_has_the_official_yields(data_file):
    file = data_file("higgsml_atlas2014_9998.csv.gz")
    X, y, sample_weight = fetch_higgs_ml(file, return_X_y=True, official_yields=True)
    assert X.shape == (9998, 30)
    assert y.sum() == 4999
    assert sample_weight[y == 1].sum() == pytest.approx(691.9886)
    assert sample_weight[y == 0].sum() == pytest.approx(410_999.847)
    assert X["DER_mass_MMC"].isna().any()
    assert X.min().min() > -999
