from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn.exceptions import ColumnError, FileFormatError, LeftOutWarning
from skhep_nn.io import _source, iterate_events, read_events
from skhep_nn.io._arrow import rebatch

WRITE = {".parquet": pq.write_table, ".feather": pyarrow.feather.write_feather}
PDG = [[11, -11], [], [211]]


@pytest.fixture(params=list(WRITE))
def write(request, tmp_path):
    """A function that writes a table and returns the path."""

    def writer(table):
        path = tmp_path / f"events{request.param}"
        WRITE[request.param](table, path)
        return path

    return writer


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list])
def test_list_columns_have_one_type_however_they_were_written(write, kind):
    path = write(pa.table({"pdg": pa.array(PDG, kind(pa.int32())), "n": [2, 0, 1]}))
    got = read_events(path)
    assert got["pdg"].dtype == pd.ArrowDtype(pa.large_list(pa.int32()))
    assert [list(values) for values in got["pdg"]] == PDG
    assert got["n"].tolist() == [2, 0, 1]


def test_lists_of_lists_are_kept(write):
    nested = [[[1, 2], []], [], [[3]]]
    got = read_events(write(pa.table({"x": pa.array(nested, pa.list_(pa.list_(pa.int64())))})))
    assert got["x"].array.__arrow_array__().to_pylist() == nested


def test_dictionaries_are_text_and_missing_values_nan(write):
    table = pa.table(
        {
            "process": pa.array(["tt", "Wjets", "tt"]).dictionary_encode(),
            "n": pa.array([1, None, 3]),
            "flag": pa.array([True, None, False]),
        }
    )
    got = read_events(write(table))
    assert got["process"].tolist() == ["tt", "Wjets", "tt"]
    assert got["n"].fillna(-1).tolist() == [1, -1, 3]
    assert got["flag"].fillna(-1).tolist() == [1, -1, 0]


def test_names_with_dots_are_names(write):
    path = write(pa.table({"Jet.pt": [1.0, 2.0], "Jet": [3, 4], "Jet.pt.x": [5, 6]}))
    assert read_events(path, columns=["Jet.pt"]).to_dict("list") == {"Jet.pt": [1.0, 2.0]}
    assert read_events(path, columns=["Jet"], cut="`Jet.pt` > 1")["Jet"].tolist() == [4]


def test_a_structure_is_left_out_or_refused_by_name(write):
    path = write(pa.table({"pt": [1.0], "p4": pa.array([{"x": 1, "y": 2}])}))
    with pytest.warns(LeftOutWarning, match=r"1 of 2 columns .* left out: 'p4' \(its type is str"):
        assert read_events(path).columns.tolist() == ["pt"]
    assert read_events(path, columns=["pt"]).columns.tolist() == ["pt"]
    with pytest.raises(ColumnError, match="'p4', which cannot be a column: its type is struct"):
        read_events(path, columns=["p4"])


def test_an_index_that_pandas_writes_as_a_range_is_left_out_and_told_of(tmp_path):
    frame = pd.DataFrame({"pt": [1.0, 2.0]}, index=pd.RangeIndex(7, 9, name="event"))
    frame.to_parquet(tmp_path / "events.parquet")
    with pytest.warns(LeftOutWarning, match=r"'event' \(a range of pandas' index"):
        assert read_events(tmp_path / "events.parquet").columns.tolist() == ["pt"]
    with pytest.raises(ColumnError, match=r"'event', which cannot be .*reset_index\(\)"):
        read_events(tmp_path / "events.parquet", columns=["event"])


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_an_index_that_counts_the_events_is_no_loss_but_cannot_be_asked_for(tmp_path, suffix):
    frame = pd.DataFrame({"pt": [1.0, 2.0]}).rename_axis("entry")
    path = tmp_path / f"events{suffix}"
    WRITE[suffix](pa.Table.from_pandas(frame), path)
    # a warning would be an error
    assert read_events(path).columns.tolist() == ["pt"]
    for asked in ({"columns": ["entry"]}, {"cut": "entry > 5"}):
        with pytest.raises(ColumnError, match=r"'entry', which cannot be .*reset_index\(\)"):
            read_events(path, **asked)


@pytest.mark.parametrize(("start", "step"), [(1, 1), (0, 2)])
def test_an_index_that_counts_otherwise_is_told_of(tmp_path, start, step):
    index = pd.RangeIndex(start, start + 2 * step, step, name="entry")
    pd.DataFrame({"pt": [1.0, 2.0]}, index=index).to_parquet(tmp_path / "events.parquet")
    with pytest.warns(LeftOutWarning, match=r"'entry' \(a range of pandas' index"):
        read_events(tmp_path / "events.parquet")


@pytest.mark.parametrize("about", [b"{}", b'{"index_columns": null}', b'{"columns": []}'])
def test_a_file_that_says_nothing_of_its_index_is_read(write, about):
    table = pa.table({"pt": [1.0, 2.0]}).replace_schema_metadata({b"pandas": about})
    assert read_events(write(table)).to_dict("list") == {"pt": [1.0, 2.0]}


def test_the_unnamed_index_of_pandas_is_no_column_and_a_named_one_is(tmp_path):
    frame = pd.DataFrame({"pt": [1.0, 2.0]}, index=[7, 9])
    frame.to_parquet(tmp_path / "unnamed.parquet")
    frame.rename_axis("event").to_parquet(tmp_path / "named.parquet")
    assert read_events(tmp_path / "unnamed.parquet").columns.tolist() == ["pt"]
    assert sorted(read_events(tmp_path / "named.parquet").columns) == ["event", "pt"]


def test_only_the_columns_asked_for_are_read(tmp_path, monkeypatch):
    pq.write_table(pa.table({"a": [1], "b": [2], "c": [3]}), tmp_path / "events.parquet")
    asked = []
    original = pq.ParquetFile.iter_batches

    def spy(self, *args, columns=None, **kwargs):
        asked.append(columns)
        return original(self, *args, columns=columns, **kwargs)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spy)
    read_events(tmp_path / "events.parquet", columns=["c"], cut="a > 0")
    assert asked == [["c", "a"]]


@pytest.mark.parametrize("suffix", list(WRITE))
def test_memory_is_bounded_by_the_chunk_and_not_by_the_file(tmp_path, suffix):
    rng = np.random.default_rng(0)
    table = pa.table({name: rng.random(200_000) for name in "abcdef"})
    path = tmp_path / f"events{suffix}"
    options = {".parquet": {"row_group_size": 10_000}, ".feather": {"chunksize": 10_000}}
    WRITE[suffix](table, path, **options[suffix])
    n_bytes = table.nbytes
    del table
    before = pa.total_allocated_bytes()
    chunks = iterate_events(path, chunk_size=10_000)
    held = max(pa.total_allocated_bytes() - before for _ in chunks)
    # a few chunks of a twentieth each
    assert held < n_bytes / 2


def test_jagged_chunks_of_several_files_join(tmp_path):
    for name in ("a", "b"):
        pq.write_table(pa.table({"pdg": PDG}), tmp_path / f"{name}.parquet")
    got = pd.concat(iterate_events(tmp_path / "*.parquet", chunk_size=2))
    assert [list(values) for values in got["pdg"]] == PDG + PDG


@given(st.lists(st.integers(0, 12), max_size=8), st.integers(1, 9))
def test_rebatching_keeps_the_rows_and_fills_every_table_but_the_last(lengths, size):
    starts = [sum(lengths[:at]) for at in range(len(lengths))]
    batches = [
        pa.record_batch({"x": pa.array(range(start, start + n), pa.int64())})
        for start, n in zip(starts, lengths, strict=True)
    ]
    tables = list(rebatch(batches, size))
    assert [x for table in tables for x in table["x"].to_pylist()] == list(range(sum(lengths)))
    assert all(table.num_rows == size for table in tables[:-1])
    assert all(0 < table.num_rows <= size for table in tables)


def view(values, kind):
    return pa.array(values, kind) if hasattr(pa, "list_view") else pytest.skip("an older pyarrow")


SIMPLE = {
    "bytes": (pa.array([b"ttH", None, b"W"]), ["ttH", None, "W"]),
    "large bytes": (pa.array([b"ttH", None, b"W"], pa.large_binary()), ["ttH", None, "W"]),
    "fixed bytes": (pa.array([b"tt\0", b"ttH"], pa.binary(3)), ["tt", "ttH"]),
    "dictionary of bytes": (pa.array([b"a", b"b", b"a"]).dictionary_encode(), ["a", "b", "a"]),
    "decimal": (pa.array([Decimal("1.50"), None]), [1.5, None]),
    "whole decimal": (pa.array([Decimal(2**53 + 1)], pa.decimal128(20)), [2**53 + 1]),
    "large whole": (pa.array([2**53 + 1, None], pa.int64()), [2**53 + 1, None]),
    "larger whole": (pa.array([2**64 - 1, None], pa.uint64()), [2**64 - 1, None]),
    "nothing": (pa.nulls(2), [None, None]),
    "half": (pa.array(np.array([1.5, 2.5], "f2")), [1.5, 2.5]),
    "runs": (pa.RunEndEncodedArray.from_arrays([2, 3], [1.5, 2.5]), [1.5, 1.5, 2.5]),
    "lists of bytes": (pa.array([[b"a"], None, []]), [["a"], None, []]),
    "runs of categories, a part": (
        pa.RunEndEncodedArray.from_arrays(
            [2, 3, 5], pa.array(["a", None, "b"]).dictionary_encode()
        ).slice(1, 3),
        ["a", None, "b"],
    ),
    "fixed lists": (pa.array([[1, 2], None], pa.list_(pa.int8(), 2)), [[1, 2], None]),
    "lists of dictionaries": (
        pa.ListArray.from_arrays([0, 2, 2], pa.array(["a", "b"]).dictionary_encode()),
        [["a", "b"], []],
    ),
    "lists of lists of bytes": (pa.array([[[b"a"]], []]), [[["a"]], []]),
}


@pytest.mark.parametrize("name", SIMPLE)
def test_every_type_becomes_numbers_text_or_lists_of_these(tmp_path, name):
    column, expected = SIMPLE[name]
    pyarrow.feather.write_feather(pa.table({"x": column}), tmp_path / "x.feather")
    got = read_events(tmp_path / "x.feather")["x"]
    assert pa.Array.from_pandas(got).to_pylist() == expected


def string_views(values):
    try:
        array = pa.array(values, pa.string_view())
        array.cast(pa.large_string())
    except (AttributeError, pa.ArrowNotImplementedError):
        pytest.skip("an older pyarrow")
    return array


ENCODED = {
    "categories": (lambda words, at: pa.DictionaryArray.from_arrays(at, words), ["b", None, "a"]),
    "lists of categories": (
        lambda words, at: pa.ListArray.from_arrays(
            [0, 2, 3], pa.DictionaryArray.from_arrays(at, words)
        ),
        [["b", None], ["a"]],
    ),
    "runs": (lambda words, _: pa.RunEndEncodedArray.from_arrays([2, 3], words), ["a", "a", "b"]),
}


@pytest.mark.parametrize("name", ENCODED)
def test_text_as_polars_writes_it_is_decoded(tmp_path, name):
    encode, expected = ENCODED[name]
    column = encode(string_views(["a", "b"]), pa.array([1, None, 0], pa.uint32()))
    pyarrow.feather.write_feather(pa.table({"x": column}), tmp_path / "x.feather")
    got = read_events(tmp_path / "x.feather")["x"]
    assert pa.Array.from_pandas(got).to_pylist() == expected


def test_times_are_times_and_dates_too(write):
    zoned = pa.array([datetime(2024, 5, 1, 12), None], pa.timestamp("us", "Europe/Zurich"))
    day = pa.array([date(2024, 5, 1), None])
    got = read_events(write(pa.table({"t": zoned, "day": day})), cut="day > '2024-01-01'")
    assert got["t"].tolist() == [pd.Timestamp("2024-05-01 12:00")]
    assert got["day"].tolist() == [pd.Timestamp("2024-05-01")]


def test_list_views_are_lists(tmp_path):
    column = view([[1.0], None, [2.0, 3.0]], pa.list_view(pa.float64()))
    pyarrow.feather.write_feather(pa.table({"x": column}), tmp_path / "x.feather")
    got = read_events(tmp_path / "x.feather")["x"]
    assert got.dtype == pd.ArrowDtype(pa.large_list(pa.float64()))
    assert got.array.__arrow_array__().to_pylist() == [[1.0], None, [2.0, 3.0]]


def test_types_do_not_depend_on_what_is_imported(tmp_path):
    ak = pytest.importorskip("awkward")
    nested = ak.Array([{"x": [[1.0], []], "n": 1}, {"x": [], "n": 2}])
    ak.to_feather(nested, tmp_path / "x.feather")
    ak.to_parquet(nested, tmp_path / "x.parquet")
    for path in (tmp_path / "x.feather", tmp_path / "x.parquet"):
        got = read_events(path)
        assert got["x"].dtype == pd.ArrowDtype(pa.large_list(pa.large_list(pa.float64())))
        assert got["n"].tolist() == [1, 2]


@pytest.mark.parametrize("kind", [pa.string(), pa.list_(pa.string())])
def test_text_that_is_none_is_an_error_when_it_is_read_and_not_later(write, kind):
    is_list = kind != pa.string()
    raw = pa.array([[b"ok", b"\xff"]] if is_list else [b"\xff"])
    # a file may say that bytes are text without looking
    text = pa.Array.from_buffers(
        pa.string(), 2 if is_list else 1, raw.flatten().buffers() if is_list else raw.buffers()
    )
    column = pa.ListArray.from_arrays([0, 2], text) if is_list else text
    with pytest.raises(FileFormatError, match=r"UTF-?8"):
        read_events(write(pa.table({"text": column})))


def test_bytes_that_are_no_text_are_an_error_that_names_the_column(write):
    path = write(pa.table({"pt": [1.0], "blob": [b"\xff\xfe"]}))
    with pytest.raises(FileFormatError, match=r"events.* column 'blob' of type binary cannot be"):
        read_events(path)
    assert read_events(path, columns=["pt"])["pt"].tolist() == [1.0]


def test_a_name_that_stands_twice_is_left_out_or_an_error_when_named(tmp_path):
    table = pa.table([pa.array([1.0]), pa.array([2.0]), pa.array([3])], names=["pt", "pt", "n"])
    pyarrow.feather.write_feather(table, tmp_path / "x.feather")
    with pytest.warns(LeftOutWarning, match=r"'pt' \(the file has 2 of that name\)"):
        assert list(read_events(tmp_path / "x.feather")) == ["n"]
    with pytest.raises(ColumnError, match="the file has 2 of that name"):
        read_events(tmp_path / "x.feather", columns="pt")


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((pa.float32(), pa.float64()), pa.float64()),
        ((pa.int32(), pa.int64()), pa.int64()),
        ((pa.int8(), pa.float32()), pa.float32()),
        ((pa.null(), pa.float32()), pa.float32()),
        ((pa.uint64(), pa.int64()), pa.int64()),
    ],
)
@pytest.mark.parametrize("wrap", [lambda kind: kind, pa.list_])
def test_lists_of_several_types_join(tmp_path, kinds, expected, wrap):
    is_nested = wrap is pa.list_
    rows = [[[1], None], None] if is_nested else [[1, None], None]
    gaps = [[[None]], None] if is_nested else [[None], None]
    for at, kind in enumerate(kinds):
        values = gaps if kind == pa.null() else rows
        column = pa.array(values, pa.list_(wrap(kind)))
        pq.write_table(pa.table({"x": column}), tmp_path / f"{at}.parquet")
    got = read_events(tmp_path / "*.parquet")["x"]
    inner = pa.large_list(expected) if is_nested else expected
    assert got.dtype == pd.ArrowDtype(pa.large_list(inner))
    assert len(got) == 4


def test_lists_that_no_type_holds_exactly_are_an_error(tmp_path):
    for name, values, kind in (("a", [2**64 - 1], pa.uint64()), ("b", [-1], pa.int64())):
        table = pa.table({"x": pa.array([values], pa.list_(kind))})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    with pytest.raises(FileFormatError, match=r"column 'x' .* no one type holds exactly"):
        read_events(tmp_path / "*.parquet")


def test_lists_of_text_and_of_numbers_do_not_join(tmp_path):
    for name, values in (("a", [["x"]]), ("b", [[1]])):
        pq.write_table(pa.table({"x": values}), tmp_path / f"{name}.parquet")
    with pytest.raises(FileFormatError, match=r"column 'x' .* lists of .* and of .* do not join"):
        read_events(tmp_path / "*.parquet")


def test_a_column_of_nothing_but_missing_joins_with_anything(tmp_path):
    columns = {
        "mass": pa.array([500.0]),
        "n": pa.array([7]),
        "process": pa.array(["tt"]),
        "jets": pa.array([[1.5]]),
        "time": pa.array([datetime(2024, 5, 1)]),
    }
    pq.write_table(pa.table(columns), tmp_path / "signal.parquet")
    nothing = pa.table({name: pa.nulls(2) for name in columns})
    pq.write_table(nothing, tmp_path / "background.parquet")
    for files in (["background", "signal"], ["signal", "background"]):
        got = read_events([tmp_path / f"{name}.parquet" for name in files])
        assert got.isna().sum().tolist() == [2] * 5
        first = got.dropna().iloc[0]
        assert (first["mass"], first["n"], first["process"]) == (500.0, 7, "tt")
        assert list(first["jets"]) == [1.5]
        assert first["time"] == pd.Timestamp("2024-05-01")


def test_pages_whose_checksum_is_wrong_are_an_error(tmp_path):
    path = tmp_path / "x.parquet"
    values = np.random.default_rng(0).random(1000)
    options = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    pq.write_table(pa.table({"x": values}), path, **options)
    content = bytearray(path.read_bytes())
    at = content.index(values[500].tobytes())
    content[at] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(FileFormatError, match=r"x.parquet cannot be read"):
        read_events(path)


def test_a_damaged_list_column_in_feather_is_an_error_and_no_crash(tmp_path):
    path = tmp_path / "x.feather"
    offsets = np.arange(0, 3003, 3, dtype=np.int32)
    column = pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.arange(3000.0)))
    pyarrow.feather.write_feather(pa.table({"x": column}), path, compression="uncompressed")
    content = path.read_bytes()
    at = content.index(offsets[100:110].tobytes())
    for bad in (2**31 - 1, -5, 7):
        damaged = content[:at] + np.int32(bad).tobytes() + content[at + 4 :]
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError, match=r"x.feather cannot be read"):
            read_events(path)


def test_an_event_that_unpacks_to_gigabytes_is_an_error_before_it_is_unpacked(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(_source, "BYTES_OF_EVENT", 2**20)
    zeros = pa.LargeListArray.from_arrays(pa.array([0, 2**18]), pa.array(np.zeros(2**18)))
    pq.write_table(pa.table({"x": zeros, "pt": [1.0]}), tmp_path / "bomb.parquet")
    assert (tmp_path / "bomb.parquet").stat().st_size < 2**14
    with pytest.raises(
        FileFormatError, match=r"array 'x.\S+' of shape \(1, 262144\) has 2 MB per ev"
    ):
        read_events(tmp_path / "bomb.parquet", columns=["x"])
    assert read_events(tmp_path / "bomb.parquet", columns=["pt"])["pt"].tolist() == [1.0]


@pytest.mark.parametrize(("given", "threads"), [("1", False), ("4", True)])
def test_row_groups_are_decoded_in_the_threads_that_the_process_was_given(
    tmp_path, monkeypatch, given, threads
):
    pq.write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "events.parquet")
    asked, original = [], pq.ParquetFile.iter_batches

    def spy(self, *args, use_threads=True, **kwargs):
        asked.append(use_threads)
        return original(self, *args, use_threads=use_threads, **kwargs)

    monkeypatch.setenv("OMP_NUM_THREADS", given)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spy)
    read_events(tmp_path / "events.parquet")
    assert asked == [threads]
