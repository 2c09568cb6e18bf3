from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io import iterate_events, read_events

uproot = pytest.importorskip("uproot")
ak = pytest.importorskip("awkward")

SAMPLES = Path(__file__).parents[2].parent / "shared" / "data"
NANO = SAMPLES / "nano_tt_v15.root"
EDM4HEP = SAMPLES / "test_FCC_Winter2023.root"

JETS = [[50.5, 30.25], [], [80.0], [45.0, 40.0, 20.0]]


def write_tree(path, **trees):
    """TTrees, as ROOT and older versions of uproot write them."""
    with uproot.recreate(path) as file:
        for name, columns in trees.items():
            file.mktree(name, {key: _type(values) for key, values in columns.items()})
            file[name].extend(columns)


def write_ntuple(path, **trees):
    """RNTuples, which newer versions of uproot write."""
    if not hasattr(uproot.writing.WritableDirectory, "mkrntuple"):
        pytest.skip("this version of uproot writes no RNTuple")
    with uproot.recreate(path) as file:
        for name, columns in trees.items():
            file.mkrntuple(name, columns)


def _type(values):
    if isinstance(values, np.ndarray):
        return np.dtype((values.dtype, values.shape[1:]))
    return values.type.content


@pytest.fixture(params=[write_tree, write_ntuple])
def path(request, tmp_path):
    path = tmp_path / "events.root"
    events = {
        "run": np.array([1, 1, 2, 2], np.int32),
        "met": np.array([10.0, 20.0, 30.0, 40.0]),
        "Jet_pt": ak.Array(JETS),
        "cov": np.arange(8, dtype=np.float32).reshape(4, 2),
    }
    request.param(path, Events=events)
    return path


def as_lists(column):
    return [list(values) for values in column]


def test_jagged_branches_become_columns_of_arrow_lists(path):
    got = read_events(path, columns=["run", "Jet_pt"])
    assert got["Jet_pt"].dtype == pd.ArrowDtype(pa.large_list(pa.float64()))
    assert as_lists(got["Jet_pt"]) == JETS
    assert got["run"].tolist() == [1, 1, 2, 2]
    assert got["run"].dtype == np.int32


def test_a_branch_of_fixed_length_becomes_lists_too(path):
    assert as_lists(read_events(path)["cov"]) == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_jagged_columns_go_back_to_awkward_without_a_loop(path):
    column = read_events(path)["Jet_pt"]
    back = ak.from_arrow(pa.chunked_array(column.array.__arrow_array__()))
    assert ak.num(back).tolist() == [2, 0, 1, 3]
    assert back.tolist() == JETS


def test_jagged_columns_follow_cuts_chunks_and_pandas_selections(path):
    got = read_events(path, columns=["Jet_pt"], cut="met > 15")
    assert as_lists(got["Jet_pt"]) == JETS[1:]
    chunks = list(iterate_events(path, chunk_size=3))
    assert as_lists(pd.concat(chunks)["Jet_pt"]) == JETS
    assert pd.concat(chunks)["Jet_pt"].dtype == chunks[0]["Jet_pt"].dtype
    assert as_lists(got.iloc[[2, 0]]["Jet_pt"]) == [JETS[3], JETS[1]]


def test_a_cut_on_a_jagged_branch_is_an_error_that_says_why(path):
    with pytest.raises(ColumnError, match=r"events.root.*'Jet_pt', which has several values per"):
        read_events(path, cut="Jet_pt > 30")


def test_a_missing_branch_is_an_error_with_file_tree_and_nearest_names(path):
    with pytest.raises(ColumnError, match=r"events.root: tree 'Events' has no branch 'Jet_Pt'; .*"):
        read_events(path, columns=["Jet_Pt"])


@pytest.fixture(params=[write_tree, write_ntuple])
def two_trees(request, tmp_path):
    path = tmp_path / "two.root"
    request.param(path, Events={"pt": np.arange(3.0)}, Runs={"run": np.arange(2)})
    return path


def test_with_several_trees_one_must_be_chosen(two_trees):
    with pytest.raises(FileFormatError, match=r"has 2 trees; choose one.*Events, Runs"):
        read_events(two_trees)
    assert len(read_events(two_trees, tree="Events")) == 3
    assert len(read_events(two_trees, tree="Runs")) == 2


def test_an_unknown_tree_is_an_error_with_the_nearest_name(two_trees):
    with pytest.raises(FileFormatError, match=r"two.root has no tree 'events'; .*'Events'"):
        read_events(two_trees, tree="events")


def test_a_tree_in_a_folder_is_named_by_its_path(tmp_path):
    path = tmp_path / "deep.root"
    with uproot.recreate(path) as file:
        file.mktree("analysis/Events", {"pt": "f8"})
        file["analysis/Events"].extend({"pt": np.arange(3.0)})
    assert read_events(path, tree="analysis/Events")["pt"].tolist() == [0.0, 1.0, 2.0]


def test_the_members_of_a_structure_are_columns_by_their_path(tmp_path):
    particles = ak.Array([[{"pdg": 11, "pt": 2.0}], [], [{"pdg": 13, "pt": 1.0}] * 2])
    write_ntuple(tmp_path / "p.root", Events={"Particle": particles, "run": np.arange(3)})
    got = read_events(tmp_path / "p.root", columns=["Particle.pdg"])
    assert as_lists(got["Particle.pdg"]) == [[11], [], [13, 13]]
    with pytest.raises(ColumnError, match=r"'Particle', which cannot be a column: it is a stru"):
        read_events(tmp_path / "p.root", columns=["Particle"])


def test_a_file_without_a_tree_is_an_error(tmp_path):
    with uproot.recreate(tmp_path / "hist.root") as file:
        file["h"] = np.histogram([1.0, 2.0])
    with pytest.raises(FileFormatError, match=r"hist.root has no tree"):
        read_events(tmp_path / "hist.root")


def test_a_tree_without_entries_is_an_error_unless_skipped(path, tmp_path):
    with uproot.recreate(tmp_path / "none.root") as file:
        file.mktree("Events", {"met": "f8"})
    with pytest.raises(FileFormatError, match=r"none.root: tree 'Events' is empty: it has no ev"):
        read_events([path, tmp_path / "none.root"], columns=["met"])
    got = read_events([path, tmp_path / "none.root"], columns=["met"], empty="skip")
    assert got["met"].tolist() == [10.0, 20.0, 30.0, 40.0]


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.95])
def test_a_file_cut_off_anywhere_is_an_error_that_names_it(path, part):
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(FileFormatError, match=r"events.root cannot be read; it is cut off"):
        read_events(path)


@pytest.mark.skipif(not NANO.exists(), reason="the NanoAOD sample is not here")
def test_nanoaod_is_read_as_uproot_reads_it():
    columns = ["event", "Jet_pt", "nJet", "GenPart_genPartIdxMother"]
    got = read_events(NANO, columns=columns)
    tree = uproot.open(NANO)["Events"]
    assert got["event"].tolist() == tree["event"].array().tolist()
    assert as_lists(got["Jet_pt"]) == tree["Jet_pt"].array().tolist()
    lengths = [len(values) for values in got["GenPart_genPartIdxMother"]]
    assert lengths == tree["nGenPart"].array().tolist()


@pytest.mark.skipif(not NANO.exists(), reason="the NanoAOD sample is not here")
def test_every_branch_of_nanoaod_can_be_read():
    assert read_events(NANO, n_max=5).shape == (5, 2656)


@pytest.mark.skipif(not EDM4HEP.exists(), reason="the EDM4hep sample is not here")
def test_edm4hep_is_read_by_the_short_names_of_its_branches():
    columns = ["Particle.PDG", "Particle.momentum.x", "Particle#0.index", "Jet.covMatrix[10]"]
    got = read_events(EDM4HEP, columns=columns)
    tree = uproot.open(EDM4HEP)["events"]
    assert list(got.columns) == columns
    assert as_lists(got["Particle.PDG"]) == tree["Particle/Particle.PDG"].array().tolist()
    assert len(got) == 100


@pytest.mark.skipif(not EDM4HEP.exists(), reason="the EDM4hep sample is not here")
def test_a_branch_that_no_column_can_hold_is_left_out_or_refused_by_name():
    assert "_intMap.first" not in read_events(EDM4HEP, n_max=2).columns
    with pytest.raises(ColumnError, match=r"'_intMap.first', which cannot be a column: its type"):
        read_events(EDM4HEP, columns=["_intMap.first"])
