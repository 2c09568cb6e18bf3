from __future__ import annotations

import inspect
import re

import numpy as np
import pandas as pd
import pytest

from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io import iterate_events, read_events


def flat_events(n_events=23, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "pt": rng.exponential(40, n_events),
            "eta": rng.normal(size=n_events).astype(np.float32),
            "charge": rng.choice([-1, 1], n_events),
            "is_tight": rng.random(n_events) < 0.5,
            "process": rng.choice(["tt", "Wjets"], n_events),
            "event_number": np.arange(n_events, dtype=np.int64) + 2**53 + 1,
        }
    )


def write_root(frame, path):
    uproot = pytest.importorskip("uproot")
    with uproot.recreate(path) as file:
        columns = {name: _root_column(frame[name]) for name in frame}
        types = {name: getattr(column, "dtype", "string") for name, column in columns.items()}
        file.mktree("Events", types)
        file["Events"].extend(columns)


def write_ntuple(frame, path):
    uproot = pytest.importorskip("uproot")
    with uproot.recreate(path) as file:
        make = getattr(file, "mkrntuple", None)
        if make is None or "type_spec_or_data" not in inspect.signature(make).parameters:
            pytest.skip("this version of uproot writes no RNTuple of arrays")
        file.mkrntuple("Events", {name: _root_column(frame[name]) for name in frame})


def _root_column(column):
    # uproot writes text from awkward arrays
    is_number = column.dtype.kind in "biuf"
    return column.to_numpy() if is_number else pytest.importorskip("awkward").Array(column.tolist())


def write_npz(frame, path):
    text = frame["process"].to_numpy().astype("U")
    numbers = {name: frame[name].to_numpy() for name in frame if name != "process"}
    np.savez_compressed(path, **{name: numbers.get(name, text) for name in frame})


def write_h5py(frame, path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for name in frame:
            dtype = h5py.string_dtype() if name == "process" else frame[name].dtype
            file.create_dataset(name, data=frame[name].to_numpy(), dtype=dtype)


# ending: how a test writes such a file
WRITERS = {
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    ".parquet": lambda frame, path: frame.to_parquet(path, row_group_size=7),
    ".feather": lambda frame, path: frame.to_feather(path),
    ".root": write_root,
    ".ntuple.root": write_ntuple,
    ".npz": write_npz,
    ".h5": lambda frame, path: frame.to_hdf(path, key="events", format="table"),
    ".hdf": lambda frame, path: frame.drop(columns="process").to_hdf(path, key="events"),
    ".hdf5": write_h5py,
}


# so are the names written by h5py, and by uproot into an RNTuple
IN_ALPHABETICAL_ORDER = (".hdf5", ".ntuple.root")


@pytest.fixture(params=list(WRITERS))
def written(request, tmp_path):
    """(path, frame): a file of each format and what is in it."""
    frame = flat_events()
    path = tmp_path / f"events{request.param}"
    WRITERS[request.param](frame, path)
    if request.param == ".hdf":
        frame = frame.drop(columns="process")
    in_alphabet = request.param in IN_ALPHABETICAL_ORDER
    return path, frame[sorted(frame)] if in_alphabet else frame


def assert_same(got, expected):
    text = [name for name in expected if name == "process"]
    left, right = got.copy(), expected.copy()
    for name in text:
        left[name], right[name] = left[name].astype(object), right[name].astype(object)
    if "eta" in left and left["eta"].dtype != right["eta"].dtype:
        # CSV has no types: what was written from a float32 is read as the nearest double
        left["eta"] = left["eta"].astype(np.float32)
    pd.testing.assert_frame_equal(left, right)


def test_every_format_gives_back_what_was_written_to_the_last_bit(written):
    path, frame = written
    assert_same(read_events(path), frame)


@pytest.mark.parametrize("chunk_size", [1, 5, 7, 23, 100])
def test_chunks_are_never_larger_than_asked_and_add_up_to_the_whole(written, chunk_size):
    path, frame = written
    chunks = list(iterate_events(path, chunk_size=chunk_size))
    full, rest = divmod(len(frame), chunk_size)
    assert [len(chunk) for chunk in chunks] == [chunk_size] * full + [rest] * bool(rest)
    assert_same(pd.concat(chunks), frame)


def test_columns_come_in_the_order_asked_for(written):
    path, frame = written
    assert_same(read_events(path, columns=["charge", "pt"]), frame[["charge", "pt"]])


def test_a_single_column_may_be_named_without_a_list(written):
    path, _ = written
    assert list(read_events(path, columns="pt").columns) == ["pt"]


def test_a_cut_uses_columns_that_are_not_handed_out(written):
    path, frame = written
    got = read_events(path, columns=["pt"], cut="abs(eta) < 0.5 and charge == 1")
    kept = frame[(frame["eta"].abs() < 0.5) & (frame["charge"] == 1)]
    assert 0 < len(kept) < len(frame)
    assert_same(got, kept[["pt"]].reset_index(drop=True))


def test_a_cut_that_nothing_passes_leaves_a_table_with_columns_and_types(written):
    path, frame = written
    got = read_events(path, cut="pt < -1")
    assert len(got) == 0
    assert list(got.columns) == list(frame.columns)
    assert got["charge"].dtype == np.int64


def test_n_max_counts_events_after_the_cut(written):
    path, frame = written
    passing = frame[frame["pt"] > 20].reset_index(drop=True)
    assert len(passing) > 3
    assert_same(read_events(path, cut="pt > 20", n_max=3), passing[:3])
    pieces = list(iterate_events(path, cut="pt > 20", n_max=3, chunk_size=2))
    assert_same(pd.concat(pieces), passing[:3])


def test_a_missing_column_is_an_error_with_file_and_nearest_names(written):
    path, _ = written
    with pytest.raises(ColumnError, match=rf"{path.name}.* has no \w+ 'event_nmber'; .*'event_num"):
        read_events(path, columns=["pt", "event_nmber"])


def test_all_missing_columns_are_named_at_once(written):
    path, _ = written
    with pytest.raises(ColumnError, match=r"'ptt'.*'etaa'"):
        read_events(path, columns=["ptt", "etaa"])


def test_a_missing_column_in_a_cut_is_an_error_with_the_nearest_name(written):
    path, _ = written
    with pytest.raises(ColumnError, match=rf"{path.name}.*uses 'chrge'.*'charge'"):
        read_events(path, cut="chrge > 0")
    with pytest.raises(ColumnError, match=rf"{path.name}.*uses 'chrge'.*'charge'"):
        read_events(path, columns=["charge"], cut="chrge > 0")


def test_a_file_cut_off_half_way_is_an_error_that_names_it(written):
    path, _ = written
    content = path.read_bytes()
    # a text file is cut inside a line: between lines nobody could tell
    cut = content.rindex(b",") if path.suffix == ".csv" else len(content) // 2
    path.write_bytes(content[:cut])
    with pytest.raises(FileFormatError, match=rf"{path.name} cannot be read; it is cut off"):
        read_events(path)


def test_a_file_of_no_bytes_is_an_error_that_names_it(written):
    path, _ = written
    path.write_bytes(b"")
    with pytest.raises(FileFormatError, match=rf"{path.name} is empty \(0 bytes\)"):
        read_events(path)


def test_a_file_of_another_format_is_an_error_that_names_it(written, tmp_path):
    path, _ = written
    if path.suffix == ".csv":
        pytest.skip("any text is a CSV file")
    path.write_bytes(b"not what the ending says\n" * 40)
    with pytest.raises(FileFormatError, match=rf"{path.name} cannot be read"):
        read_events(path)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".feather", ".npz", ".hdf5"])
def test_a_file_without_events_is_an_error_unless_skipped(tmp_path, suffix):
    frame = flat_events()
    WRITERS[suffix](frame[:0], tmp_path / f"a{suffix}")
    WRITERS[suffix](frame, tmp_path / f"b{suffix}")
    with pytest.raises(FileFormatError, match=rf"a{suffix} is empty: it has no events"):
        read_events(tmp_path / f"*{suffix}")
    assert len(read_events(tmp_path / f"*{suffix}", empty="skip")) == len(frame)
    with pytest.raises(FileFormatError, match="no events in any of the 1 files"):
        read_events(tmp_path / f"a{suffix}", empty="skip")


def test_many_files_follow_in_alphabetical_order_and_are_numbered_through(tmp_path):
    frame = flat_events()
    WRITERS[".parquet"](frame[10:], tmp_path / "b.parquet")
    WRITERS[".csv"](frame[:10], tmp_path / "a.csv")
    got = read_events([tmp_path / "a.csv", str(tmp_path / "*.parquet")])
    assert_same(got, frame.astype({"eta": np.float64}) if got["eta"].dtype == "f8" else frame)
    sizes = [len(chunk) for chunk in iterate_events(tmp_path / "*.*", chunk_size=6)]
    assert sizes == [6, 4, 6, 6, 1]


def test_a_file_with_more_columns_than_the_first_is_an_error(tmp_path):
    frame = flat_events()
    WRITERS[".parquet"](frame[["pt"]], tmp_path / "a.parquet")
    WRITERS[".parquet"](frame[["pt", "eta"]], tmp_path / "b.parquet")
    with pytest.raises(ColumnError, match=r"b.parquet has columns that the first .*\['eta'\]"):
        read_events(tmp_path / "*.parquet")
    assert len(read_events(tmp_path / "*.parquet", columns=["pt"])) == 2 * len(frame)


def test_a_file_with_fewer_columns_than_the_first_is_an_error(tmp_path):
    frame = flat_events()
    WRITERS[".parquet"](frame[["pt", "eta"]], tmp_path / "a.parquet")
    WRITERS[".parquet"](frame[["pt"]], tmp_path / "b.parquet")
    with pytest.raises(ColumnError, match=r"b.parquet has no column 'eta'"):
        read_events(tmp_path / "*.parquet")


def test_a_column_that_turns_to_text_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("pt,eta\n1,2\n3,4\nfour,5\n")
    with pytest.raises(FileFormatError, match=r"events.csv: column 'pt' holds text here and numb"):
        list(iterate_events(path, chunk_size=2))


def test_reading_stops_at_n_max(tmp_path):
    frame = flat_events()
    WRITERS[".csv"](frame, tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("never,looked,at\n")
    assert len(read_events(tmp_path / "*.csv", n_max=len(frame))) == len(frame)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_max": 0}, "n_max must be a whole number of at least 1, got 0"),
        ({"n_max": 2.5}, "n_max must be a whole number of at least 1, got 2.5"),
        ({"empty": "ignore"}, r"empty must be one of \('error', 'skip'\), got 'ignore'"),
        ({"columns": []}, r"columns must name at least one column, and each once, got \[\]"),
        ({"columns": ["pt", "pt"]}, "and each once"),
        ({"tree": "Events"}, "tree='Events': a CSV file has no use for it"),
    ],
)
def test_parameters_that_make_no_sense_are_errors(tmp_path, options, message):
    WRITERS[".csv"](flat_events(), tmp_path / "events.csv")
    with pytest.raises(ValueError, match=message):
        read_events(tmp_path / "events.csv", **options)


def test_iterating_checks_its_arguments_before_the_first_chunk(tmp_path):
    with pytest.raises(ValueError, match="chunk_size must be a whole number"):
        iterate_events(tmp_path / "events.csv", chunk_size=0)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        iterate_events(tmp_path / "events.csv")


def test_the_progress_bar_reaches_the_end_and_is_silent_unless_asked_for(tmp_path, capsys):
    WRITERS[".csv"](flat_events(), tmp_path / "events.csv")
    list(iterate_events(tmp_path / "events.csv"))
    assert capsys.readouterr().err == ""
    list(iterate_events(tmp_path / "events.csv", progress=True, chunk_size=3))
    assert re.fullmatch(r"reading: (\d+) of \1 B in .* s\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"files": None}, "files must be a path, a pattern, or a list of them, got None"),
        ({"files": [3]}, r"files must be a path, .* got \[3\]"),
        ({"tree": 3}, "tree must be the name of a tree, key or group, got 3"),
        ({"names": 3}, "names must be a list of the names of columns, got 3"),
        ({"cut": 3}, "cut must be text such as"),
    ],
)
def test_parameters_of_another_type_are_errors_that_name_them(tmp_path, options, message):
    WRITERS[".csv"](flat_events(), tmp_path / "events.csv")
    with pytest.raises(TypeError, match=message):
        read_events(**{"files": tmp_path / "events.csv", **options})


def test_a_file_of_which_nothing_can_be_read_says_why(tmp_path):
    np.savez(tmp_path / "x.npz", z=np.ones(2, complex))
    with pytest.raises(FileFormatError, match=r"no array that can be read \('z': its type is comp"):
        read_events(tmp_path / "x.npz")
