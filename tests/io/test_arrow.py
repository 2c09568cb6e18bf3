from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn.exceptions import ColumnError
from skhep_nn.io import iterate_events, read_events
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
    assert read_events(path).columns.tolist() == ["pt"]
    with pytest.raises(ColumnError, match="'p4', which cannot be a column: its type is struct"):
        read_events(path, columns=["p4"])


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
