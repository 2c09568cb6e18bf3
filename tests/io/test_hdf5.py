from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io import iterate_events, read_events

h5py = pytest.importorskip("h5py")
pytest.importorskip("tables")


@pytest.fixture
def smartbkg(tmp_path):
    """A file laid out as smartBKG's data producer writes it: two keys, a MultiIndex."""
    particles = pd.DataFrame(
        {
            "label": [1, 1, 0, 0, 0],
            "evtNum": [7, 7, 8, 8, 8],
            "arrayIndex": [0, 1, 0, 1, 2],
            "PDG": [300553, 511, 300553, 521, -521],
            "energy": [11.0, 5.5, 11.0, 5.25, 5.75],
        }
    ).set_index(["label", "evtNum", "arrayIndex"])
    strings = pd.DataFrame({"label": [1, 0], "decay_str": ["300553 (--> 511 <--)", "300553"]})
    path = tmp_path / "mc.h5"
    particles.to_hdf(path, key="train_events", format="table")
    strings.set_index(pd.Index([7, 8], name="evtNum")).to_hdf(path, key="decay_strings")
    return path


def test_the_levels_of_a_multiindex_are_columns(smartbkg):
    got = read_events(smartbkg, tree="train_events")
    assert sorted(got.columns) == ["PDG", "arrayIndex", "energy", "evtNum", "label"]
    assert got["evtNum"].tolist() == [7, 7, 8, 8, 8]
    assert got["PDG"].tolist() == [300553, 511, 300553, 521, -521]


def test_index_levels_can_be_chosen_cut_on_and_read_in_chunks(smartbkg):
    options = {"tree": "/train_events", "columns": ["PDG", "evtNum"], "cut": "label == 0"}
    chunks = list(iterate_events(smartbkg, chunk_size=2, **options))
    got = pd.concat(chunks)
    assert got.to_dict("list") == {"PDG": [300553, 521, -521], "evtNum": [8, 8, 8]}
    assert read_events(smartbkg, **options).equals(got)


def test_text_of_a_fixed_table_is_read(smartbkg):
    got = read_events(smartbkg, tree="decay_strings")
    assert got["decay_str"].tolist() == ["300553 (--> 511 <--)", "300553"]
    assert got["evtNum"].tolist() == [7, 8]


def test_with_several_keys_one_must_be_chosen(smartbkg):
    with pytest.raises(FileFormatError, match=r"2 keys; choose.*decay_strings, train_events"):
        read_events(smartbkg)
    with pytest.raises(FileFormatError, match=r"no key 'train_event'; .*'train_events'"):
        read_events(smartbkg, tree="train_event")


def test_a_missing_column_names_file_and_key(smartbkg):
    with pytest.raises(ColumnError, match=r"mc.h5: key 'train_events' has no column 'enrgy'; .*"):
        read_events(smartbkg, tree="train_events", columns="enrgy")


@pytest.fixture
def arrays(tmp_path):
    path = tmp_path / "arrays.h5"
    with h5py.File(path, "w") as file:
        file["jets/pt"] = np.arange(5.0)
        file["jets/flavour"] = np.array([5, 4, 0, 5, 0], np.int8)
        file["jets/tracks"] = np.arange(30.0).reshape(5, 3, 2)
        file["muons/pt"] = np.arange(2.0)
        file["lumi"] = 3.5
    return path


def test_groups_of_one_dimensional_arrays_are_tables(arrays):
    assert read_events(arrays, tree="muons").to_dict("list") == {"pt": [0.0, 1.0]}
    got = read_events(arrays, tree="jets", columns=["flavour", "pt"], cut="flavour == 5")
    assert got.to_dict("list") == {"flavour": [5, 5], "pt": [0.0, 3.0]}
    assert got["flavour"].dtype == np.int8


def test_arrays_with_more_axes_come_as_blocks(arrays):
    got = read_events(arrays, tree="jets", cut="flavour == 5")
    assert isinstance(got, EventBlocks)
    assert np.asarray(got["tracks"]).tolist() == [
        [[0, 1], [2, 3], [4, 5]],
        [[18, 19], [20, 21], [22, 23]],
    ]
    assert np.asarray(got["pt"]).tolist() == [0.0, 3.0]
    chunks = list(iterate_events(arrays, tree="jets", chunk_size=2))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]


def test_with_several_groups_one_must_be_chosen(arrays):
    with pytest.raises(FileFormatError, match=r"2 groups; choose one.*: jets, muons"):
        read_events(arrays)


def test_the_fields_of_a_compound_array_are_columns(tmp_path):
    table = np.zeros(4, dtype=[("pt", "f4"), ("run", "i8")])
    table["pt"], table["run"] = [1, 2, 3, 4], [7, 7, 8, 8]
    with h5py.File(tmp_path / "jets.h5", "w") as file:
        file["jets"] = table
    got = read_events(tmp_path / "jets.h5", columns=["run", "pt"])
    assert got.to_dict("list") == {"run": [7, 7, 8, 8], "pt": [1.0, 2.0, 3.0, 4.0]}


def test_arrays_at_the_top_need_no_tree_and_must_have_one_length(tmp_path):
    with h5py.File(tmp_path / "flat.h5", "w") as file:
        file["a"], file["b"] = np.arange(3), np.arange(4)
    with pytest.raises(FileFormatError, match=r"flat.h5: the arrays differ in length: 'a' \(3\), "):
        read_events(tmp_path / "flat.h5")
    assert read_events(tmp_path / "flat.h5", columns="b")["b"].tolist() == [0, 1, 2, 3]
