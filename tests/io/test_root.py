from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from skhep_nn.exceptions import ColumnError, FileFormatError, LeftOutWarning
from skhep_nn.io import iterate_events, read_events
from skhep_nn.io._branches import leaves_of_branch
from skhep_nn.io._root import TreeSource

uproot = pytest.importorskip("uproot")
ak = pytest.importorskip("awkward")

NANO = "nano_tt_v15.root"
EDM4HEP = "test_FCC_Winter2023.root"

# of it older versions know nothing, or an RNTuple of before ROOT 6.34
make_ntuple = getattr(uproot.writing.WritableDirectory, "mkrntuple", None)
IS_OLD = make_ntuple is None or "type_spec_or_data" not in inspect.signature(make_ntuple).parameters
# which reads RNTuples of today and pairs in branches
NEWER_UPROOT = pytest.mark.skipif(IS_OLD, reason="an older uproot")

JETS = [[50.5, 30.25], [], [80.0], [45.0, 40.0, 20.0]]


def write_tree(path, **trees):
    """TTrees, as ROOT and older versions of uproot write them."""
    with uproot.recreate(path) as file:
        for name, columns in trees.items():
            file.mktree(name, {key: _type(values) for key, values in columns.items()})
            file[name].extend(columns)


def write_ntuple(path, **trees):
    """RNTuples, which newer versions of uproot write."""
    if IS_OLD:
        pytest.skip("this version of uproot writes no RNTuple of arrays")
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


@pytest.mark.parametrize("with_trees", [True, False])
def test_an_older_version_of_a_tree_is_named_with_its_number(tmp_path, with_trees):
    path = tmp_path / "versions.root"
    with uproot.recreate(path) as file:
        for n_events in (5, 3):
            if with_trees:
                file.mktree("Events", {"pt": "f8"})
                file["Events"].extend({"pt": np.arange(n_events, dtype=float)})
            else:
                file["Events"] = {"pt": np.arange(n_events, dtype=float)}
        file["h"] = np.histogram([1.0])
    assert [len(read_events(path, tree=name)) for name in ("Events;1", "Events;2")] == [5, 3]
    assert len(read_events(path)) == 3
    for wrong in ("Events;3", "h;1"):
        with pytest.raises(FileFormatError, match=f"has no tree '{wrong}'; "):
            read_events(path, tree=wrong)


def test_fields_of_an_ntuple_may_have_dots_in_their_names(tmp_path):
    path = tmp_path / "dots.root"
    lists = ak.Array([[1.0], [], [2.0, 3.0]])
    with uproot.recreate(path) as file:
        file["Events"] = {"jet.pt": np.arange(3.0), "jet.m": lists, "jet": np.ones(3)}
    got = read_events(path, cut="`jet.pt` > 0")
    assert {"jet", "jet.m", "jet.pt"} <= {*got}
    assert got["jet.pt"].tolist() == [1.0, 2.0]
    assert [list(values) for values in got["jet.m"]] == [[], [2.0, 3.0]]


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


def test_nanoaod_is_read_as_uproot_reads_it(data_file):
    file = data_file(NANO)
    columns = ["event", "Jet_pt", "nJet", "GenPart_genPartIdxMother"]
    got = read_events(file, columns=columns)
    tree = uproot.open(file)["Events"]
    assert got["event"].tolist() == tree["event"].array().tolist()
    assert as_lists(got["Jet_pt"]) == tree["Jet_pt"].array().tolist()
    lengths = [len(values) for values in got["GenPart_genPartIdxMother"]]
    assert lengths == tree["nGenPart"].array().tolist()


def test_every_branch_of_nanoaod_can_be_read(data_file):
    file = data_file(NANO)
    assert read_events(file, n_max=5).shape == (5, 2656)


def test_edm4hep_is_read_by_the_short_names_of_its_branches(data_file):
    file = data_file(EDM4HEP)
    columns = ["Particle.PDG", "Particle.momentum.x", "Particle#0.index", "Jet.covMatrix[10]"]
    got = read_events(file, columns=columns)
    tree = uproot.open(file)["events"]
    assert list(got.columns) == columns
    assert as_lists(got["Particle.PDG"]) == tree["Particle/Particle.PDG"].array().tolist()
    assert len(got) == 100


@NEWER_UPROOT
def test_every_branch_of_edm4hep_can_be_read(data_file):
    file = data_file(EDM4HEP)
    assert read_events(file, n_max=2).shape == (2, 270)


def test_a_branch_can_be_named_by_its_path(data_file):
    file = data_file(EDM4HEP)
    columns = ["Particle/Particle.PDG", "Particle.PDG"]
    got = read_events(file, columns=columns, n_max=3)
    assert list(got) == columns
    assert as_lists(got[columns[0]]) == as_lists(got[columns[1]])


def test_a_branch_that_uproot_does_not_know_is_left_out_with_one_warning(data_file):
    path = data_file("uproot-issue-275-split1.root")
    with pytest.warns(LeftOutWarning, match=r"1 of 3 branches .* 'TObject' \(its type in") as told:
        assert list(read_events(path)) == ["a", "b"]
    assert len(told) == 1
    assert list(read_events(path, columns=["b"], cut="a > 10")) == ["b"]
    with pytest.raises(ColumnError, match=r"'TObject', which cannot be a column: its type in ROOT"):
        read_events(path, columns=["TObject"])


def test_the_short_floating_point_numbers_of_root_are_read(data_file):
    got = read_events(data_file("uproot-double32-float16.root"))
    assert got.shape == (17, 12)
    tree = uproot.open(data_file("uproot-double32-float16.root"))["tree"]
    assert got["double32_20"].tolist() == tree["double32_20"].array().tolist()
    assert as_lists(got["array_10"]) == tree["array_10"].array().tolist()


def test_lists_of_lists_of_a_tree_are_lists_of_lists(data_file):
    path = data_file("uproot-vectorVectorDouble.root")
    got = read_events(path)["x"]
    assert got.dtype == pd.ArrowDtype(pa.large_list(pa.large_list(pa.float64())))
    assert got.array.__arrow_array__().to_pylist() == uproot.open(path)["t"]["x"].array().tolist()


def test_containers_of_text_sets_and_maps_are_lists(data_file):
    path = data_file("uproot-stl_containers.root")
    got, tree = read_events(path), uproot.open(path)["tree"]
    for name in ("vector_string", "vector_vector_string", "set_int32", "vector_set_string"):
        assert got[name].array.__arrow_array__().to_pylist() == tree[name].array().tolist()
    keys = [[key for key, _ in event] for event in tree["map_string_int16"].array().tolist()]
    assert as_lists(got["map_string_int16.0"]) == keys


def test_an_ntuple_of_old_is_a_tree(data_file):
    assert read_events(data_file("uproot-hepdata-example.root")).shape == (75000, 5)


@NEWER_UPROOT
def test_a_variant_is_left_out_and_tuples_are_columns(data_file):
    path = data_file("test_stl_containers_rntuple_v1-0-0-0.root")
    with pytest.warns(LeftOutWarning, match=r"2 of 22 branches .* 'variant_int32_string'"):
        got = read_events(path)
    assert as_lists(got["array_lv.pt"])
    assert got["pair_int32_string.1"].tolist()[0] == "one"
    with pytest.raises(ColumnError, match=r"'variant_int32_string', .*std::variant"):
        read_events(path, columns=["variant_int32_string"])


@NEWER_UPROOT
def test_collections_of_a_converted_ntuple_come_once(data_file):
    got = read_events(data_file("Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root"))
    assert sorted(got) == sorted(
        ["Muon_pt", "Muon_eta", "Muon_phi", "Muon_mass", "Muon_charge", "nMuon"]
    )


def branch(interpretation, array=None, name="b", branches=(), error=None):
    """What is asked of a branch of uproot's."""

    def read(**_):
        if error is not None:
            raise error
        return array

    about = {"typename": "T", "name": name, "cache_key": object(), "branches": branches}
    file = SimpleNamespace(file=None)
    return SimpleNamespace(interpretation=interpretation, array=read, file=file, **about)


def as_objects(model):
    return uproot.AsObjects(model, branch=SimpleNamespace(file=None))


AS = uproot.interpretation
F8 = np.dtype(">f8")


@pytest.mark.parametrize(
    ("interpretation", "fields"),
    [
        (uproot.AsDtype(">f4"), [()]),
        (uproot.AsJagged(uproot.AsDtype(">i4")), [()]),
        (AS.numerical.AsDouble32(0.0, 1.0, 8), [()]),
        (AS.numerical.AsFloat16(0.0, 1.0, 8), [()]),
        (uproot.AsJagged(AS.numerical.AsDouble32(0.0, 1.0, 8)), [()]),
        (as_objects(uproot.AsVector(True, uproot.AsVector(False, F8))), [()]),
        (as_objects(uproot.AsVector(True, uproot.AsString(False))), [()]),
        (as_objects(uproot.AsMap(True, np.dtype(">i4"), F8)), [("0",), ("1",)]),
        (uproot.AsDtype([("x", ">f4"), ("n", ">i4")]), [("x",), ("n",)]),
        (uproot.AsJagged(uproot.AsDtype([("x", ">f4"), ("n", ">i4")])), [("x",), ("n",)]),
    ],
)
def test_what_a_branch_holds_says_which_columns_it_gives(interpretation, fields):
    leaves, reason = leaves_of_branch(branch(interpretation))
    assert [leaf.fields for leaf in leaves] == fields
    assert reason is None


def test_a_branch_without_an_interpretation_gives_the_reason():
    unknown = AS.identify.UnknownInterpretation("none of the rules matched", "x.root", "/t")
    leaves, reason = leaves_of_branch(branch(unknown))
    assert leaves == []
    assert reason.startswith("its type in ROOT is T, which uproot cannot read: none of the rules")


@pytest.mark.parametrize("error", [NotImplementedError("memberwise"), TypeError("no form")])
def test_a_branch_whose_bytes_uproot_does_not_know_gives_the_reason(error):
    nested = as_objects(uproot.AsVector(True, uproot.AsVector(False, F8)))
    leaves, reason = leaves_of_branch(branch(nested, error=error))
    assert leaves == []
    assert reason == f"its type in ROOT is T, which uproot cannot read: {error}"


class FakeTree:
    """A tree with two branches of one name, a structure, and one that is not known."""

    num_entries = 2

    def __init__(self):
        unknown = AS.identify.UnknownInterpretation("none", "x.root", "/t")
        point = uproot.AsDtype([("x", ">f4"), ("n", ">i4")])
        group = branch(None, branches=("PT",))
        self.branches = {
            "Jet": group,
            "Jet/PT": branch(uproot.AsDtype(">f8"), ak.Array([1.0, 2.0]), name="PT"),
            "Muon/PT": branch(uproot.AsDtype(">f8"), ak.Array([3.0, 4.0]), name="PT"),
            "Event/p": branch(point, ak.Array([{"x": 5.0, "n": 6}, {"x": 7.0, "n": 8}]), name="p"),
            "Event/refs": branch(unknown, name="refs"),
        }

    def iteritems(self, full_paths):
        return iter(self.branches.items())

    def iterate(self, filter_branch, step_size, library, **rows):
        chosen = [one for one in self.branches.values() if filter_branch(one)]
        yield {one.name: one.array() for one in chosen}


def test_branches_of_one_name_are_named_by_their_paths_and_structures_by_their_fields():
    source = TreeSource(Path("x.root"), {"t": FakeTree()}, "t")
    assert source.names == ["Jet/PT", "Muon/PT", "p.x", "p.n"]
    assert source.left_out == ["refs"]
    (both,) = source.chunks(["Muon/PT", "Jet/PT"], 5)
    assert both["Muon/PT"].tolist() == [3.0, 4.0]
    assert both["Jet/PT"].tolist() == [1.0, 2.0]
    (parts,) = source.chunks(["p.x", "Event/p.n"], 5)
    assert parts["p.x"].tolist() == [5.0, 7.0]
    assert parts["Event/p.n"].tolist() == [6, 8]
    source.check(["Event/p.n"])
    with pytest.raises(ColumnError, match="'p', which cannot be a column: it is a structure of"):
        source.check(["p"])


def test_a_branch_that_cannot_be_read_in_the_middle_is_named(tmp_path):
    tree = FakeTree()
    tree.branches["Muon/PT"] = branch(uproot.AsDtype(">f8"), name="mu", error=ValueError("odd"))
    source = TreeSource(Path("x.root"), {"t": tree}, "t")
    with pytest.raises(FileFormatError, match=r"x.root: tree 't': branch 'mu' of type T .*: odd; "):
        list(source.chunks(["PT", "mu"], 5))


def test_text_and_unsigned_numbers_of_a_tree_come_as_they_are(tmp_path):
    path = tmp_path / "x.root"
    large = np.array([2**64 - 1, 3], np.uint64)
    write_tree(path, Events={"event": large, "tight": np.array([True, False])})
    got = read_events(path, cut="event > 18446744073709551614")
    assert got["event"].tolist() == [2**64 - 1]


def test_a_file_without_a_tree_says_what_it_has(tmp_path):
    with uproot.recreate(tmp_path / "h.root") as file:
        file["h"] = np.histogram([1.0, 2.0])
    with pytest.raises(FileFormatError, match=r"h.root has no tree .*; it has 'h' \(TH1D\)"):
        read_events(tmp_path / "h.root")


def test_a_package_that_is_missing_is_not_called_damage():
    tree = FakeTree()
    missing = ModuleNotFoundError("install the 'xxhash' package")
    tree.branches["Muon/PT"] = branch(uproot.AsDtype(">f8"), name="mu", error=missing)
    source = TreeSource(Path("x.root"), {"t": tree}, "t")
    with pytest.raises(ImportError, match="install the 'xxhash' package"):
        list(source.chunks(["mu"], 5))
