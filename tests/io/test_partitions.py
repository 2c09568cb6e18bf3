"""Parts of files that are read by themselves."""

from __future__ import annotations

import pickle

import h5py
import numpy as np
import pandas as pd
import pytest
import uproot

from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io._partitions import Partition, partitions_of
from skhep_nn.io._source import joined_or_divided
from skhep_nn.io._stream import Selection, stream

N_EVENTS = 95
SPLIT = [".parquet", ".feather", ".root", ".h5", ".hdf"]
WHOLE = [".csv", ".npz"]


def write(path):
    events = pd.DataFrame({"pt": np.arange(N_EVENTS) * 1.5, "run": np.arange(N_EVENTS) // 10})
    columns = {name: events[name].to_numpy() for name in events}
    if path.suffix == ".root":
        with uproot.recreate(path) as root:
            root.mktree("Events", {name: values.dtype for name, values in columns.items()})
            for start in range(0, N_EVENTS, 7):
                root["Events"].extend({n: v[start : start + 7] for n, v in columns.items()})
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            for name, values in columns.items():
                file[name] = values
    else:
        made = {
            ".parquet": lambda: events.to_parquet(path, row_group_size=8),
            ".feather": lambda: events.to_feather(path, chunksize=9),
            ".csv": lambda: events.to_csv(path, index=False),
            ".npz": lambda: np.savez(path, **columns),
            ".hdf": lambda: events.to_hdf(path, key="events"),
        }
        made[path.suffix]()
    return path


@pytest.mark.parametrize("suffix", [*SPLIT, *WHOLE])
def test_partitions_one_behind_the_other_are_the_chunks_of_the_file(tmp_path, suffix):
    path = write(tmp_path / f"events{suffix}")
    selection = Selection(cut="pt > 12")
    expected = list(stream(path, selection, 3))
    found = partitions_of(path, selection, 3)
    assert (len(found) > 1) == (suffix in SPLIT)
    got = [piece for partition in found for piece in partition.pieces(selection, 3)]
    assert [piece.n_read for piece in got] == [piece.n_read for piece in expected]
    for one, other in zip(got, expected, strict=True):
        assert {n: v.tolist() for n, v in one.columns.items()} == {
            n: v.tolist() for n, v in other.columns.items()
        }


@pytest.mark.parametrize("suffix", SPLIT)
def test_a_partition_can_be_read_alone(tmp_path, suffix):
    path = write(tmp_path / f"events{suffix}")
    selection = Selection(columns=["run", "pt"])
    *_, last = partitions_of(path, selection, 3)
    read = np.concatenate([piece.columns["pt"] for piece in last.pieces(selection, 3)])
    assert last.stop == N_EVENTS
    assert read.tolist() == [1.5 * event for event in range(last.start, N_EVENTS)]


def test_partitions_of_parquet_are_whole_row_groups(tmp_path):
    path = write(tmp_path / "events.parquet")
    found = [(one.start, one.stop) for one in partitions_of(path, Selection(), 2)]
    assert found == [(0, 24), (24, 48), (48, 72), (72, 95)]


def test_the_shares_of_the_partitions_are_about_the_bytes_of_the_file(tmp_path):
    path = write(tmp_path / "events.feather")
    shares = [one.n_bytes for one in partitions_of(path, Selection(), 2)]
    assert sum(shares) == pytest.approx(path.stat().st_size, abs=len(shares))


def test_a_partition_travels_to_another_process_and_says_what_it_is(tmp_path):
    path = write(tmp_path / "events.feather")
    selection = Selection(cut="run >= 2")
    travelled, one = pickle.loads(pickle.dumps((selection, partitions_of(path, selection, 2)[1])))
    assert str(one) == f"events 20 to 40 of {path}"
    (piece, *_) = one.pieces(travelled, 20)
    assert set(piece.columns["run"].tolist()) == {2, 3}
    assert str(Partition(path, "x.csv", 0, None, 10)) == "x.csv"


def test_a_file_without_the_columns_or_the_tree_is_told_when_it_is_divided(tmp_path):
    path = write(tmp_path / "events.root")
    with pytest.raises(ColumnError, match="has no branch 'eta'"):
        partitions_of(path, Selection(columns="eta"), 10)
    with pytest.raises(ColumnError, match="'eta', which it does not have; it has 'pt', 'run'"):
        partitions_of(path, Selection(cut="eta < 1"), 10)
    with pytest.raises(FileFormatError, match="has no tree 'other'"):
        partitions_of(path, Selection(tree="other"), 10)


@pytest.mark.parametrize(
    ("borders", "expected"),
    [
        ([0, 5, 10, 20, 25], [(0, 10), (10, 20), (20, 25)]),
        ([0, 45, 50, 60], [(0, 22), (22, 45), (45, 60)]),
        ([0, 5, 86, 90], [(0, 5), (5, 32), (32, 59), (59, 86), (86, 90)]),
        ([0, 41], [(0, 20), (20, 41)]),
        ([0, 3], [(0, 3)]),
        ([0], [(0, 0)]),
    ],
)
def test_small_pieces_of_a_file_are_joined_and_large_ones_divided(borders, expected):
    assert joined_or_divided(borders, 1) == expected
