"""Files that ask for more memory than there is: an error before it is taken."""

from __future__ import annotations

import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io import _arrow, _ipc, _memory, iterate_events, open_events, read_events
from skhep_nn.io._source import Source

N = 5000


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    lists = [list(range(n % 4)) for n in range(N)]
    return pa.table(
        {
            "pt": rng.normal(size=N),
            "n": np.arange(N),
            "passes": np.arange(N) % 2 == 0,
            "process": pa.array(["tt", None] * (N // 2)).dictionary_encode(),
            "hits": pa.array(lists, pa.large_list(pa.float32())),
        }
    )


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
@pytest.mark.parametrize("chunk_size", [700, N])
def test_a_batch_says_how_many_events_and_bytes_it_has(tmp_path, table, compression, chunk_size):
    path = str(tmp_path / "x.feather")
    feather.write_feather(table, path, compression=compression, chunksize=chunk_size)
    with pa.memory_map(path) as file:
        batches, dictionaries = _ipc.batches_of(file)
        reader = pa.ipc.open_file(file)
        whole = [reader.get_batch(at) for at in range(reader.num_record_batches)]
    assert [batch.n_events for batch in batches] == [batch.num_rows for batch in whole]
    for batch, of_arrow in zip(batches, whole, strict=True):
        # of a dictionary Arrow counts the entries, and buffers are padded to 64 bytes
        own = of_arrow.nbytes - of_arrow.column("process").dictionary.nbytes
        assert abs(batch.n_bytes - own) < 2000
    assert [batch.n_events for batch in dictionaries] == [1]
    assert len(read_events(path)) == N


def test_a_file_without_batches_has_none(tmp_path, table):
    path = str(tmp_path / "x.feather")
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema):
        pass
    with pa.memory_map(path) as file:
        assert _ipc.batches_of(file)[0] == []


def test_a_batch_that_unpacks_to_more_than_is_read_at_once_is_an_error(
    tmp_path, table, monkeypatch
):
    path = tmp_path / "zeros.feather"
    zeros = pa.table({"x": np.zeros(2**18)})
    feather.write_feather(zeros, str(path), compression="zstd", chunksize=2**18)
    assert path.stat().st_size < 2**16
    monkeypatch.setattr(_arrow, "BYTES_OF_ARRAY", 2**20)
    with pytest.raises(FileFormatError, match=r"zeros.feather.* a record batch has .* at once"):
        read_events(path)
    monkeypatch.setattr(_arrow, "BYTES_OF_ARRAY", 2**21)
    assert len(read_events(path)) == 2**18


@pytest.mark.parametrize("cut", [1, 5, 20, 300])
def test_a_feather_file_that_is_cut_off_is_damaged(tmp_path, table, cut):
    path = tmp_path / "x.feather"
    feather.write_feather(table, str(path))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(FileFormatError, match=r"x\.feather"):
        read_events(path)


def test_a_footer_that_points_anywhere_is_damaged(tmp_path, table):
    path = tmp_path / "x.feather"
    feather.write_feather(table, str(path))
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for at in rng.integers(len(content) - 600, len(content), 40):
        changed = bytearray(content)
        changed[at] ^= 0xFF
        path.write_bytes(changed)
        told = told_of(path)
        assert told is None or "x.feather" in told


def told_of(path):
    """What the error says; None if the file can be read."""
    try:
        read_events(path)
    except FileFormatError as error:
        return str(error)
    return None


@pytest.fixture
def many_rows(tmp_path):
    """1000 rows of 8 kB, which are nothing in an archive."""
    path = tmp_path / "rows.npz"
    np.savez_compressed(path, x=np.zeros((1000, 1000)))
    return path


def test_events_for_which_there_is_no_memory_are_an_error_that_says_what_to_do(
    many_rows, monkeypatch
):
    monkeypatch.setattr(_memory, "available", lambda: 10_000_000)
    message = r"rows.npz: .* GB of events are read.*iterate_events.*n_max="
    with pytest.raises(FileFormatError, match=message):
        read_events(many_rows)
    assert len(read_events(many_rows, n_max=10)) == 10
    assert sum(map(len, iterate_events(many_rows, chunk_size=100))) == 1000
    monkeypatch.setattr(_memory, "available", lambda: 20_000_000)
    assert len(read_events(many_rows)) == 1000


def test_lists_count_with_their_entries(tmp_path, monkeypatch):
    frame = pd.DataFrame({"hits": [np.zeros(1000)] * 100})
    frame.to_parquet(tmp_path / "x.parquet")
    monkeypatch.setattr(_memory, "available", lambda: 1_000_000)
    with pytest.raises(FileFormatError, match=r"x\.parquet"):
        read_events(tmp_path / "x.parquet")


def test_what_the_system_says_of_its_memory(tmp_path, monkeypatch):
    about = tmp_path / "meminfo"
    about.write_text("MemTotal: 8 kB\nMemAvailable:  4 kB\nSwapFree: 1 kB\n")
    monkeypatch.setattr(_memory, "MEMINFO", about)
    monkeypatch.setattr(_memory, "LIMITS", (tmp_path / "none", tmp_path / "limit"))
    assert _memory.available() == 5 * 1024
    (tmp_path / "limit").write_text("max\n")
    assert _memory.available() == 5 * 1024
    (tmp_path / "limit").write_text("3000\n")
    assert _memory.available() == 3000


def test_a_system_that_does_not_say_has_no_bound(tmp_path, monkeypatch, many_rows):
    monkeypatch.setattr(_memory, "MEMINFO", tmp_path / "none")
    assert _memory.available() is None
    assert len(read_events(many_rows)) == 1000


@pytest.mark.parametrize("read", [read_events, open_events])
@pytest.mark.parametrize("n_events", [-1, 2**31, 2**59])
def test_more_events_than_a_batch_can_hold_are_an_error_and_not_counted_out(
    tmp_path, read, n_events
):
    path = tmp_path / "x.feather"
    feather.write_feather(pa.table({"pt": np.arange(271.0)}), path, compression="uncompressed")
    content = path.read_bytes()
    stated = struct.pack("<q", 271)
    assert content.count(stated) == 2  # of the batch, and of its column
    path.write_bytes(content.replace(stated, struct.pack("<q", n_events), 1))
    with pytest.raises(FileFormatError, match=r"x.feather.* says that it has -?\d+ events"):
        read(path)


def test_more_events_than_any_file_has_are_an_error_in_every_format(tmp_path):
    class Damaged(Source):
        def chunks(self, columns, size, start=0, stop=None):
            raise NotImplementedError

    with pytest.raises(FileFormatError, match=r"x.root is damaged: .* it has 576460752303423488"):
        Damaged(tmp_path / "x.root", ["pt"], 2**59)
