from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn.datasets import fetch_hepmass
from skhep_nn.datasets._hepmass import FEATURES
from skhep_nn.exceptions import ColumnError, FileFormatError, MissingFileError

FILE_MASSES = [499.99, 499.9999961853027, 750.0, 1000.0, 1250.0, 1500.0]
CLEAN_MASSES = [500.0, 500.0, 750.0, 1000.0, 1250.0, 1500.0]


def events_like_the_file(n_events=60, label="# label", masses=FILE_MASSES, seed=5):
    """The layout of the UCI files: label, 27 features, mass, also for background."""
    rng = np.random.default_rng(seed)
    events = pd.DataFrame(rng.normal(size=(n_events, 27)), columns=FEATURES)
    events.insert(0, label, np.arange(n_events) % 2.0)
    if masses is not None:
        events["mass"] = np.resize(np.repeat(masses, 2), n_events)
    return events


def write(events, path):
    # as in the published files: 1.000000000000000000e+00
    events.to_csv(path, index=False, float_format="%.18e")
    return path


@pytest.mark.parametrize("name", ["all_test.csv.gz", "all_test.csv"])
def test_features_label_and_mass_come_back_clean(tmp_path, name):
    written = events_like_the_file()
    path = write(written, tmp_path / name)
    assert path.name.endswith("gz") or path.read_text().startswith("# label,f0,f1,")
    events = fetch_hepmass(path)
    assert events.columns.tolist() == [*FEATURES, "mass", "is_signal"]
    assert (events[FEATURES] == written[FEATURES].astype(np.float32)).all(axis=None)
    assert events["is_signal"].tolist() == written["# label"].astype(int).tolist()
    assert events["is_signal"].dtype == np.int8
    signal = events["is_signal"] == 1
    assert events.loc[signal, "mass"].tolist() == CLEAN_MASSES * 5
    assert events.loc[~signal, "mass"].isna().all()


def test_the_mass_of_background_can_be_kept_and_is_cleaned_as_well(tmp_path):
    path = write(events_like_the_file(), tmp_path / "all_test.csv")
    kept = fetch_hepmass(path, background_mass="keep")
    assert kept.loc[kept["is_signal"] == 0, "mass"].tolist() == CLEAN_MASSES * 5


def test_x_has_the_mass_and_y_the_label(tmp_path):
    path = write(events_like_the_file(), tmp_path / "all_test.csv")
    X, y = fetch_hepmass(path, return_X_y=True)
    assert X.columns.tolist() == [*FEATURES, "mass"]
    assert y.tolist() == [0, 1] * 30


def test_a_folder_is_searched_for_the_published_names(tmp_path):
    write(events_like_the_file(10), tmp_path / "all_train.csv.gz")
    write(events_like_the_file(6), tmp_path / "all_test.csv")
    write(events_like_the_file(4), tmp_path / "not1000_train.csv.gz")
    assert len(fetch_hepmass(tmp_path)) == 16
    assert len(fetch_hepmass(tmp_path, subset="train")) == 10
    assert len(fetch_hepmass(tmp_path, subset="test")) == 6
    assert len(fetch_hepmass(tmp_path, sample="not1000", subset="train")) == 4


def test_without_a_path_the_data_home_is_searched(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    (tmp_path / "skhep_nn").mkdir()
    write(events_like_the_file(8), tmp_path / "skhep_nn" / "all_test.csv.gz")
    assert len(fetch_hepmass(subset="test")) == 8


def test_signal_of_the_files_without_mass_has_1000(tmp_path):
    write(events_like_the_file(masses=None), tmp_path / "1000_test.csv.gz")
    events = fetch_hepmass(tmp_path, sample="1000", subset="test", background_mass="keep")
    assert events.loc[events["is_signal"] == 1, "mass"].unique().tolist() == [1000.0]
    assert events.loc[events["is_signal"] == 0, "mass"].isna().all()


def imbalanced(folder):
    events = events_like_the_file(label="type")
    names = np.where(np.arange(60) % 4 == 0, "A", "B")
    events["name"] = np.where(events["type"] == 1, "signal", names)
    for kind, label in (("signal", 1), ("background", 0)):
        write(events[events["type"] == label], folder / f"imbalanced_{kind}.csv")
    return events


def test_the_imbalanced_files_keep_the_process(tmp_path):
    written = imbalanced(tmp_path)
    events = fetch_hepmass(tmp_path, sample="imbalanced")
    assert events.columns.tolist() == [*FEATURES, "mass", "is_signal", "process"]
    assert events["is_signal"].tolist() == [1] * 30 + [0] * 30
    background = written.loc[written["type"] == 0, "name"].tolist()
    assert events["process"].tolist() == ["signal"] * 30 + background
    one_file = fetch_hepmass(tmp_path / "imbalanced_background.csv")
    assert one_file["process"].tolist() == background


def test_at_most_n_max_events_are_read_of_each_file(tmp_path):
    path = write(events_like_the_file(), tmp_path / "all_test.csv")
    pd.testing.assert_frame_equal(fetch_hepmass(path, n_max=7), fetch_hepmass(path)[:7])


def test_an_absent_file_is_an_error_that_says_what_to_download(tmp_path):
    with pytest.raises(MissingFileError, match=r"there is no file .*mine.csv.*UCI machine learn"):
        fetch_hepmass(tmp_path / "mine.csv")
    with pytest.raises(MissingFileError, match=r"neither all_test.csv.gz nor all_test.csv is in"):
        fetch_hepmass(tmp_path, subset="test")
    with pytest.raises(MissingFileError, match=r"imbalanced_signal.csv is in .*Zenodo record 645"):
        fetch_hepmass(tmp_path, sample="imbalanced")


def test_another_layout_is_an_error_that_names_the_column(tmp_path):
    events = events_like_the_file()
    path = write(events.drop(columns="f26"), tmp_path / "a.csv")
    with pytest.raises(ColumnError, match=r"a.csv has no column 'f26'; HEPMASS has the features"):
        fetch_hepmass(path)
    path = write(events.drop(columns="# label"), tmp_path / "b.csv")
    with pytest.raises(ColumnError, match=r"b.csv has no column of labels, called one of"):
        fetch_hepmass(path)


def test_wrong_labels_and_signal_without_mass_are_errors(tmp_path):
    events = events_like_the_file()
    path = write(events.assign(**{"# label": 2.0}), tmp_path / "a.csv")
    with pytest.raises(FileFormatError, match=r"'label' must hold 1 for signal or 0.*\[2"):
        fetch_hepmass(path)
    path = write(events.assign(mass=np.nan), tmp_path / "b.csv")
    with pytest.raises(FileFormatError, match="column 'mass' is empty for a signal event"):
        fetch_hepmass(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample": "some"}, r"sample='some'; it must be one of \['all', '1000', "),
        ({"subset": "valid"}, r"subset='valid'; it must be one of .*'train', 'test'\]"),
        ({"background_mass": 3}, r"background_mass=3; it must be one of \['drop', 'keep'\]"),
        ({"subset": "train"}, r"subset='train' chooses among the files of a folder, but .* is one"),
    ],
)
def test_unknown_options_are_errors(tmp_path, options, message):
    path = write(events_like_the_file(4), tmp_path / "all_test.csv")
    with pytest.raises(ValueError, match=message):
        fetch_hepmass(path, **options)


def test_the_imbalanced_files_have_no_subsets(tmp_path):
    with pytest.raises(ValueError, match="HEPMASS-IMB has no files of subset='test'"):
        fetch_hepmass(tmp_path, sample="imbalanced", subset="test")
