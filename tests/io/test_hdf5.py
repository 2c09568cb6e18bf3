from __future__ import annotations

import contextlib
import pickle
import struct
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, FileFormatError, LeftOutWarning
from skhep_nn.io import iterate_events, read_events

h5py = pytest.importorskip("h5py")
pytest.importorskip("tables")

# of pandas, when it pickles text
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.PerformanceWarning")


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


N_ROWS = 50
ROWS = np.arange(N_ROWS)
FRAME = pd.DataFrame(
    {
        "pt": ROWS * 1.5,
        "eta": (ROWS * 0.1).astype(np.float32),
        "process": np.where(ROWS % 3 == 0, "tté", "W"),
        "time": pd.date_range("2024-01-01", periods=N_ROWS),
        "tight": ROWS % 2 == 0,
        "event": ROWS + 2**53,
    }
)
MISSING = FRAME.assign(process=FRAME["process"].where(ROWS % 2 == 0, None))
TWO_LEVELS = FRAME.set_index(["event", "process"])[["pt", "tight"]]
WRITTEN = {
    "fixed": (FRAME, {}),
    "fixed, compressed": (FRAME, {"complevel": 9}),
    "fixed, text missing": (MISSING, {}),
    "fixed, objects": (MISSING.astype({"process": object}), {}),
    "fixed, index": (FRAME.set_index("process"), {}),
    "fixed, two levels": (TWO_LEVELS, {}),
    "fixed, series": (FRAME["pt"], {}),
    "fixed, series of text": (MISSING["process"], {}),
    "table": (FRAME, {"format": "table"}),
    "table, compressed": (FRAME, {"format": "table", "complevel": 9}),
    "table, blosc": (FRAME, {"format": "table", "complevel": 9, "complib": "blosc"}),
    "table, text missing": (MISSING, {"format": "table"}),
    "table, data columns": (FRAME, {"format": "table", "data_columns": True}),
    "table, index": (FRAME.set_index("event"), {"format": "table"}),
    "table, index of text": (FRAME.set_index("process"), {"format": "table"}),
    "table, two levels": (TWO_LEVELS, {"format": "table"}),
    "table, series": (FRAME["pt"], {"format": "table"}),
}


def flat(written):
    frame = written.to_frame() if isinstance(written, pd.Series) else written
    named = [level for level in frame.index.names if level is not None]
    return frame.reset_index(level=named).reset_index(drop=True)


@pytest.fixture
def no_pickle(monkeypatch):
    """Nothing is unpickled by what could run code."""

    def refuse(*_, **__):
        pytest.fail("something was unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)


@pytest.mark.parametrize("name", WRITTEN)
def test_tables_of_pandas_are_read_as_pandas_reads_them(tmp_path, name):
    written, options = WRITTEN[name]
    written.to_hdf(tmp_path / "x.h5", key="events", **options)
    expected = flat(pd.read_hdf(tmp_path / "x.h5"))
    got = read_events(tmp_path / "x.h5")
    # None or NaN: versions of pandas differ in what they read where text is missing
    same = {"check_dtype": False}
    pd.testing.assert_frame_equal(got.fillna(np.nan), expected.fillna(np.nan), **same)
    chunks = pd.concat(iterate_events(tmp_path / "x.h5", chunk_size=17))
    pd.testing.assert_frame_equal(chunks, got)
    one = expected.columns[-1]
    assert list(read_events(tmp_path / "x.h5", columns=[one])) == [one]


def test_categories_are_their_values(tmp_path):
    frame = FRAME.assign(
        kind=pd.Categorical(np.where(ROWS % 4 == 0, None, "u")), n=pd.Categorical(ROWS % 3)
    )
    frame.to_hdf(tmp_path / "x.h5", key="x", format="table", data_columns=["kind", "n"])
    got = read_events(tmp_path / "x.h5")
    assert got["n"].tolist() == (ROWS % 3).tolist()
    assert got["kind"].isna().tolist() == (ROWS % 4 == 0).tolist()


@pytest.mark.parametrize("others", [{}, {"x": [1.0, 2.0, 3.0]}])
def test_categories_without_a_column_of_their_own_are_their_values_too(tmp_path, others):
    frame = pd.DataFrame({"kind": pd.Categorical(["b", None, "a"]), **others})
    frame.to_hdf(tmp_path / "x.h5", key="x", format="table")
    got = read_events(tmp_path / "x.h5")
    assert got["kind"].fillna("none").tolist() == ["b", "none", "a"]
    assert list(got) == ["kind", *others]


@pytest.mark.parametrize("data_columns", [True, None])
def test_the_word_for_missing_text_is_that_of_the_file(tmp_path, data_columns):
    frame = pd.DataFrame({"s": ["x", None, "nan"]})
    options = {"format": "table", "nan_rep": "-", "data_columns": data_columns}
    frame.to_hdf(tmp_path / "x.h5", key="x", **options)
    assert read_events(tmp_path / "x.h5")["s"].fillna("gone").tolist() == ["x", "gone", "nan"]


@pytest.mark.parametrize("options", [{}, {"format": "table"}])
def test_columns_numbered_by_pandas_have_numbers_as_names(tmp_path, options):
    pd.DataFrame(np.arange(6.0).reshape(2, 3)).to_hdf(tmp_path / "x.h5", key="x", **options)
    assert read_events(tmp_path / "x.h5").columns.tolist() == [0, 1, 2]
    assert read_events(tmp_path / "x.h5", columns=[2], cut="`0` > 1")[2].tolist() == [5.0]
    assert read_events(tmp_path / "x.h5", columns="1")["1"].tolist() == [1.0, 4.0]
    with pytest.raises(ColumnError, match=r"no column 7; it has 0, 1, 2 \(3 columns in all\)"):
        read_events(tmp_path / "x.h5", columns=[7])


@pytest.mark.parametrize("options", [{}, {"format": "table"}])
def test_a_series_without_a_name_is_named_as_its_key(tmp_path, options):
    pd.Series([1.0, 2.0]).to_hdf(tmp_path / "x.h5", key="weight", **options)
    assert read_events(tmp_path / "x.h5").to_dict("list") == {"weight": [1.0, 2.0]}


@pytest.mark.parametrize("frame", [FRAME, FRAME.astype({"process": object})], ids=["", "objects"])
def test_a_table_without_rows_is_empty(tmp_path, frame):
    frame[:0].to_hdf(tmp_path / "x.h5", key="x")
    with pytest.raises(FileFormatError, match=r"key 'x' is empty: it has no events"):
        read_events(tmp_path / "x.h5")


def test_compression_that_h5py_lacks_is_an_error_that_names_it(tmp_path):
    FRAME.to_hdf(tmp_path / "x.h5", key="x", format="table", complevel=9, complib="bzip2")
    with pytest.raises(FileFormatError, match=r"compressed with bzip2, which h5py does not have"):
        read_events(tmp_path / "x.h5")


class Exploit:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("options", [{}, {"format": "table"}])
@pytest.mark.parametrize("by", ["everything", "pandas_type"])
def test_no_attribute_can_run_code(tmp_path, no_pickle, options, by):
    evil = np.bytes_(pickle.dumps(Exploit(tmp_path / "ran"), 0))
    FRAME.to_hdf(tmp_path / "x.h5", key="x", **options)
    with h5py.File(tmp_path / "x.h5", "a") as file:
        nodes = [file, file["x"]]
        file.visititems(lambda _, node: nodes.append(node))
        for node in nodes:
            for name in list(node.attrs) if by == "everything" else ["pandas_type"]:
                node.attrs[name] = evil
    with contextlib.suppress(FileFormatError):
        read_events(tmp_path / "x.h5", tree="x")
    assert not (tmp_path / "ran").exists()


def test_pickled_blocks_cannot_run_code(tmp_path, no_pickle):
    evil = pickle.dumps(Exploit(tmp_path / "ran"))
    MISSING.astype({"process": object}).to_hdf(tmp_path / "x.h5", key="x")
    with h5py.File(tmp_path / "x.h5", "a") as file:
        names = [name for name in file["x"] if "PSEUDOATOM" in file["x"][name].attrs]
        for name in names:
            file["x"][name][0] = np.frombuffer(evil, np.uint8)
    with pytest.raises(FileFormatError, match=r"holds Python objects, which are not unpickled"):
        read_events(tmp_path / "x.h5")
    assert not (tmp_path / "ran").exists()


def test_arrays_of_h5py_with_an_attribute_of_pandas_are_arrays(tmp_path, no_pickle):
    evil = np.bytes_(pickle.dumps(Exploit(tmp_path / "ran"), 0))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["events/pt"] = [1.0, 2.0]
        for node in (file, file["events"], file["events/pt"]):
            node.attrs["pandas_type"] = evil
    assert read_events(tmp_path / "x.h5")["pt"].tolist() == [1.0, 2.0]
    assert not (tmp_path / "ran").exists()


def test_a_group_that_only_says_it_is_of_pandas_is_an_error(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["events/pt"] = [1.0, 2.0]
        file["events"].attrs["pandas_type"] = np.bytes_("frame")
    with pytest.raises(FileFormatError, match=r"key 'events' is not laid out as pandas does it"):
        read_events(tmp_path / "x.h5")


@pytest.mark.parametrize("options", [{}, {"format": "table"}])
def test_damage_anywhere_ends_in_numbers_or_an_error_of_the_package(tmp_path, options):
    MISSING.to_hdf(tmp_path / "x.h5", key="x", **options)
    whole = (tmp_path / "x.h5").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for at in rng.integers(len(whole), size=20):
            damaged[at] = rng.integers(256)
        (tmp_path / "x.h5").write_bytes(bytes(damaged))
        with contextlib.suppress(FileFormatError, ColumnError), warnings.catch_warnings():
            warnings.simplefilter("ignore", LeftOutWarning)
            read_events(tmp_path / "x.h5")


def test_text_of_every_kind_is_text(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["fixed"] = np.array([b"ttH", "Zé".encode()])
        file.create_dataset("vlen", data=["ttH", "Zé"], dtype=h5py.string_dtype())
        file.create_dataset("bytes", data=[b"ttH", b"W"], dtype=h5py.string_dtype("ascii"))
    got = read_events(tmp_path / "x.h5")
    assert got["fixed"].tolist() == got["vlen"].tolist() == ["ttH", "Zé"]
    assert got["bytes"].tolist() == ["ttH", "W"]
    for name in ("fixed", "vlen", "bytes"):
        assert len(read_events(tmp_path / "x.h5", cut=f"{name} == 'ttH'")) == 1


def test_text_in_compound_arrays_is_text(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        kinds = [("pt", ">f4"), ("process", "S4"), ("name", h5py.string_dtype()), ("x", "f4", 2)]
        table = np.zeros(2, kinds)
        table["process"], table["name"] = [b"ttH", b"bkg"], ["a", "b"]
        file["events"] = table
    got = read_events(tmp_path / "x.h5", columns=["pt", "process", "name"], cut="process == 'ttH'")
    assert got.to_dict("list") == {"pt": [0.0], "process": ["ttH"], "name": ["a"]}
    assert read_events(tmp_path / "x.h5", columns=["x", "pt"])["x"].shape == (2, 2)


def test_arrays_of_variable_length_are_lists_beside_others(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        tracks = file.create_dataset("trk", (3,), dtype=h5py.vlen_dtype("f4"))
        tracks[0], tracks[2] = [1, 2], [3]
        file["pt"] = [1.0, 2.0, 3.0]
    got = read_events(tmp_path / "x.h5", cut="pt != 2")
    assert got["trk"].dtype == pd.ArrowDtype(pa.large_list(pa.float32()))
    assert [list(values) for values in got["trk"]] == [[1, 2], [3]]
    assert len(pd.concat(iterate_events(tmp_path / "x.h5", chunk_size=2))) == 3


@pytest.mark.parametrize("kind", [">f4", ">f8", ">i2", ">u8", "<i4", "i1"])
def test_lists_in_any_byte_order_are_made_native(tmp_path, kind):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        lists = file.create_dataset("n", (3,), dtype=h5py.vlen_dtype(kind))
        lists[0], lists[2] = np.array([1, 100], kind), np.array([3], kind)
    got = read_events(tmp_path / "x.h5")["n"]
    assert [list(values) for values in got] == [[1, 100], [], [3]]
    native = pa.from_numpy_dtype(np.dtype(kind).newbyteorder("="))
    assert got.dtype == pd.ArrowDtype(pa.large_list(native))


def test_an_array_with_two_names_is_two_columns(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["g/pt"] = [1.0]
        file["g/also"] = file["g/pt"]
    assert read_events(tmp_path / "x.h5").to_dict("list") == {"also": [1.0], "pt": [1.0]}


def test_what_no_column_can_hold_is_left_out_with_one_warning(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["pt"] = [1.0]
        file["z"] = np.array([1j])
        file.create_dataset("ref", (1,), dtype=h5py.ref_dtype)
    with pytest.warns(LeftOutWarning, match=r"2 of 3 arrays .* 'ref' \(it holds references\)"):
        assert list(read_events(tmp_path / "x.h5")) == ["pt"]
    with pytest.raises(ColumnError, match="its type is complex128"):
        read_events(tmp_path / "x.h5", columns=["z"])


def test_nothing_outside_of_the_file_is_read(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(8))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["pt"] = [1.0]
    layout = h5py.VirtualLayout((1,), "f8")
    layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "pt", (1,))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["own"] = [2.0]
        file["soft"] = h5py.SoftLink("/own")
        file["dangling"] = h5py.SoftLink("/nowhere")
        file["external"] = h5py.ExternalLink(tmp_path / "other.h5", "pt")
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("raw", (1,), "f8", external=[(tmp_path / "secret", 0, 8)])
    with pytest.warns(LeftOutWarning, match="'raw', 'virtual' .its values are in another") as told:
        assert list(read_events(tmp_path / "x.h5")) == ["own"]
    assert "'dangling', 'external', 'soft' (it is a link" in str(told[0].message)
    with pytest.raises(ColumnError, match="'soft', which cannot be a column: it is a link"):
        read_events(tmp_path / "x.h5", columns=["soft"])


def test_big_endian_arrays_are_made_native(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["pt"] = np.arange(3, dtype=">f8")
    assert read_events(tmp_path / "x.h5").iloc[[1]]["pt"].item() == 1.0


def test_an_event_that_unpacks_to_gigabytes_is_an_error(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", (1, 2**30), "f8", chunks=(1, 2**20), compression="gzip")
    with pytest.raises(FileFormatError, match=r"array 'x' .* has 8192 MB per event"):
        read_events(tmp_path / "x.h5")


@pytest.mark.parametrize("size", [0, 8, 2**63, 2**64 - 32])
@pytest.mark.parametrize("kind", ["lists", "text", "pandas"])
def test_damage_among_values_of_variable_length_is_an_error_and_no_endless_loop(
    tmp_path, size, kind
):
    path = tmp_path / "x.h5"
    if kind == "pandas":
        MISSING.astype({"process": object}).to_hdf(path, key="x")
    else:
        dtype = h5py.vlen_dtype("f4") if kind == "lists" else h5py.string_dtype()
        with h5py.File(path, "w") as file:
            file.create_dataset("x", (50,), dtype=dtype)
            for at in range(50):
                file["x"][at] = [at] if kind == "lists" else str(at)
    content = bytearray(path.read_bytes())
    at = content.index(b"GCOL") + 16
    content[at : at + 16] = struct.pack("<HHIQ", 0, 0, 0, size)
    path.write_bytes(bytes(content))
    with pytest.raises(
        FileFormatError, match=r"x.h5 cannot be read; it is damaged where its value"
    ):
        read_events(path)


@pytest.mark.parametrize("kind", ["lists", "text"])
def test_a_value_that_says_it_is_longer_than_the_file_is_an_error(tmp_path, kind):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        dtype = h5py.vlen_dtype("f4") if kind == "lists" else h5py.string_dtype()
        file.create_dataset("x", (50,), dtype=dtype)[3] = [1, 2] if kind == "lists" else "tt"
    with h5py.File(path, "r") as file:
        offset = file["x"].id.get_offset()
    content = bytearray(path.read_bytes())
    content[offset + 20 * 16 : offset + 20 * 16 + 4] = struct.pack("<I", 2**31)
    path.write_bytes(bytes(content))
    with pytest.raises(FileFormatError, match=r"a value of '/x' has 2147483648 entries, more than"):
        read_events(path)
