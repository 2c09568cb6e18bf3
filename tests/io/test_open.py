from __future__ import annotations

import pickle
import sys

import h5py
import numpy as np
import pandas as pd
import pytest
import uproot

from skhep_nn import DenseClassifier, EventBlocks
from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io import _open, open_events, read_events
from skhep_nn.training import _stream

ENDINGS = ("parquet", "feather", "root", "h5", "csv", "npz")


@pytest.fixture(autouse=True)
def small_partitions(monkeypatch):
    monkeypatch.setattr(_open, "PARTITION_BYTES", 2**12)


def events(n_events, label, seed):
    rng = np.random.default_rng(seed)
    number = np.arange(n_events) + 10_000 * seed
    return pd.DataFrame(
        {
            "pt": (rng.exponential(size=n_events) + label).astype("f4"),
            "eta": rng.normal(size=n_events),
            "weight": rng.uniform(0.5, 1.5, n_events),
            "number": number,
            "is_signal": np.full(n_events, label, "i1"),
        }
    )


def write(path, table):
    arrays = {name: table[name].to_numpy() for name in table}
    if path.suffix == ".parquet":
        table.to_parquet(path, row_group_size=100)
    elif path.suffix == ".feather":
        table.to_feather(path)
    elif path.suffix == ".root":
        with uproot.recreate(path) as file:
            file["Events"] = arrays
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array
    elif path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        np.savez(path, **arrays)


@pytest.fixture
def folder(tmp_path):
    """Files of signal and of background, in two formats' worth of types."""

    def of(ending, n_events=700):
        for seed, (name, label) in enumerate([("a_background", 0), ("b_signal", 1)]):
            write(tmp_path / f"{name}.{ending}", events(n_events + seed, label, seed))
        return f"{tmp_path}/*.{ending}"

    return of


@pytest.mark.parametrize("cut", [None, "pt > 1 and eta < 0.5"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_events_are_those_that_read_events_reads(folder, ending, cut):
    files = folder(ending)
    whole, found = read_events(files, cut=cut), open_events(files, cut=cut)
    assert found.keys() == list(whole)
    assert len(found) == len(whole)
    rows = np.random.default_rng(0).integers(0, len(whole), 300)
    for name in whole:
        assert found.dtype(name) == whole[name].dtype
        values = whole[name].to_numpy()
        np.testing.assert_array_equal(np.asarray(found[name]), values)
        np.testing.assert_array_equal(found[name][650:720], values[650:720])
        np.testing.assert_array_equal(found[rows][name], values[rows])


@pytest.fixture
def table(folder, monkeypatch):
    """Files that are read in many buffers, and the same events in memory."""
    monkeypatch.setattr(_stream, "BUFFER_BYTES", 2**12)
    files = folder("parquet")
    return open_events(files), read_events(files)


def network(**parameters):
    given = {"units": (4,), "epochs": 8, "batch_size": 50, "random_state": 0, "verbose": 0}
    roles = {"weight_column": "weight", "exclude": ["number", "is_signal"]}
    return DenseClassifier(**given | roles | parameters)


@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True, "patience": 100}])
def test_a_classifier_trains_from_files_as_from_memory(table, parameters):
    files, memory = table
    from_files = network(**parameters).fit(files, files["is_signal"])
    in_memory = network(**parameters).fit(memory, memory["is_signal"])
    assert from_files.score(files, memory["is_signal"]) == pytest.approx(
        in_memory.score(memory, memory["is_signal"]), abs=0.03
    )
    np.testing.assert_array_equal(from_files.predict_proba(files), from_files.predict_proba(memory))


def test_a_sample_of_one_buffer_gives_the_bits_of_memory(folder):
    files = folder("root")
    opened, memory = open_events(files), read_events(files)
    found, expected = (network(epochs=2).fit(x, x["is_signal"]) for x in (opened, memory))
    assert found.history_ == expected.history_
    np.testing.assert_array_equal(found.predict_proba(memory), expected.predict_proba(memory))


def test_each_event_comes_once_in_an_epoch_and_files_are_mixed(table):
    from skhep_nn.training._mapped import MappedRows

    files, _ = table
    columns = ["number", "is_signal"]
    x = MappedRows([files[name].entry for name in columns], "f8", table=True)
    source = _stream.StreamSource(x, np.zeros(len(files)), np.ones(len(files)))
    blocks = [np.array(b[0]) for b, _ in source.blocks(_stream.shuffled(x, 50, 0)(0), 50)]
    seen = np.concatenate(blocks)[: len(files)]
    first, second = np.arange(700), 10_000 + np.arange(701)
    assert sorted(np.concatenate(blocks)[:, 0])[-1] == second[-1]
    assert {*seen[:, 0]} <= {*first, *second}
    # neither file is read as a whole before the other
    assert 0.2 < seen[: len(seen) // 2, 1].mean() < 0.8


def test_a_partition_is_read_once_in_an_epoch(table, monkeypatch):
    from skhep_nn.io._file_rows import FileTable

    files, _ = table
    read, original = [], FileTable._read

    def watched(self, part, names):
        read.append(part)
        return original(self, part, names)

    monkeypatch.setattr(FileTable, "_read", watched)
    model = network(epochs=1, exclude=["number", "is_signal", "weight"], weight_column=None)
    y = np.asarray(files["is_signal"])
    read.clear()
    model.fit(files, y)
    n_parts = len(files["pt"].entry[0].table.parts)
    few = len(read)
    read.clear()
    model.set_params(epochs=3).fit(files, y)
    # a partition that lies in two buffers may be read for each
    assert 2 * n_parts <= len(read) - few <= 4 * n_parts
    assert n_parts > 4


def test_a_file_is_opened_once_in_an_epoch(folder, monkeypatch):
    from skhep_nn.io import _open_sources
    from skhep_nn.training._mapped import MappedRows

    monkeypatch.setattr(_stream, "BUFFER_BYTES", 2**12)
    files = open_events(folder("root", n_events=7000))
    opened, original = [], _open_sources.open_source
    monkeypatch.setattr(
        _open_sources,
        "open_source",
        lambda path, **options: opened.append(path.name) or original(path, **options),
    )
    x = MappedRows([files[name].entry for name in ["number", "pt"]], "f8", table=True)
    source = _stream.StreamSource(x, np.zeros(len(files)), np.ones(len(files)))
    assert len(list(source.blocks(_stream.shuffled(x, 50, 0)(0), 50))) > 4
    assert sorted(opened) == ["a_background.root", "b_signal.root"]
    assert sum(len(part) for _, part in x.chunks()) == len(files)
    assert len(opened) == 4


def test_of_many_files_the_last_stay_open(tmp_path, monkeypatch):
    from skhep_nn.io import _open_sources

    monkeypatch.setattr(_open_sources, "MOST_OPEN", 2)
    for name in "abc":
        write(tmp_path / f"{name}.parquet", events(10, 0, 0))
    held = _open_sources.OpenSources({})
    paths = [tmp_path / f"{name}.parquet" for name in "abc"]
    first, second = (held.of(path, 0) for path in paths[:2])
    assert held.of(paths[0], 0) is first
    held.of(paths[2], 0)
    assert held.of(paths[0], 0) is first
    assert held.of(paths[1], 0) is not second
    assert held.of(paths[1], 1) is not held.of(paths[1], 0)
    held.close()


def test_partitions_of_trees_end_where_baskets_end(tmp_path):
    table = events(1000, 0, 0)
    ends = [70, 130, 200, 330, 460, 900, 1000]
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mktree("Events", {name: table[name].dtype for name in table})
        for start, stop in zip([0, *ends], ends, strict=False):
            file["Events"].extend({name: table[name][start:stop].to_numpy() for name in table})
    found = open_events(tmp_path / "a.root")
    parts = found["pt"].entry[0].table.parts
    # 4 kB are 140 events of 29 bytes
    assert [part.stop for part in parts] == [200, 460, 900, 1000]
    np.testing.assert_array_equal(np.asarray(found["number"]), table["number"])


def test_open_events_are_pickled_as_their_files(table):
    files, memory = table
    again = pickle.loads(pickle.dumps(files[100:200]))
    assert len(pickle.dumps(files)) < 20_000
    np.testing.assert_array_equal(again["number"][:], memory["number"][100:200])


def test_open_events_count_as_what_is_pickled_of_them(table):
    # by which Dask sends them once, and its workers count what they have
    files, memory = table
    both = EventBlocks.concatenate([files, files])
    chosen = files[np.arange(0, len(memory), 2)]
    for events_ in (files, both, chosen):
        assert len(pickle.dumps(events_)) / 4 < sys.getsizeof(events_) < 20_000
    assert sys.getsizeof(chosen) > sys.getsizeof(files)


def test_files_are_found_from_another_folder(table, tmp_path, monkeypatch):
    _, memory = table
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    opened = open_events("*.parquet")
    monkeypatch.chdir("elsewhere")
    np.testing.assert_array_equal(opened["number"][:], memory["number"])


def test_a_file_that_changes_is_named(table, tmp_path):
    files, _ = table
    write(tmp_path / "b_signal.parquet", events(10, 1, 5))
    with pytest.raises(FileFormatError, match=r"b_signal.parquet changed since it was opened"):
        np.asarray(files["pt"])


def test_what_is_no_number_is_refused(tmp_path):
    table = events(20, 0, 0).assign(process="ttbar")
    write(tmp_path / "a.parquet", table)
    with pytest.raises(ColumnError, match=r"column 'process' is no column of numbers .*leave it o"):
        open_events(tmp_path / "a.parquet")
    assert len(open_events(tmp_path / "a.parquet", columns=["pt"])) == 20
    with pytest.raises(FileFormatError, match=r"no event of 1 files passes cut='pt > 1000'"):
        open_events(tmp_path / "a.parquet", columns=["eta"], cut="pt > 1000")


def test_a_whole_number_that_is_missing_later_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(_open, "FIRST_EVENTS", 5)
    table = events(20, 0, 0)
    table["number"] = table["number"].astype("Int64")
    table.loc[15, "number"] = pd.NA
    table.to_parquet(tmp_path / "a.parquet")
    opened = open_events(tmp_path / "a.parquet")
    with pytest.raises(
        FileFormatError, match=r"column 'number', in events from 0 on, has missing values, and"
    ):
        np.asarray(opened["number"])
    assert np.asarray(opened["pt"]).shape == (20,)


def test_files_of_different_types_have_the_type_that_holds_both(tmp_path):
    write(tmp_path / "a.parquet", events(20, 0, 0))
    write(tmp_path / "b.parquet", events(20, 1, 1).astype({"pt": "f8", "number": "i4"}))
    found = open_events(f"{tmp_path}/*.parquet")
    assert (found.dtype("pt"), found.dtype("number")) == (np.float64, np.int64)
    write(tmp_path / "c.parquet", events(20, 1, 1)[["pt"]])
    with pytest.raises(ColumnError, match="eta"):
        open_events(f"{tmp_path}/*.parquet")


def test_a_file_that_is_read_from_its_beginning_only_must_not_be_large(folder, monkeypatch):
    files = folder("csv")
    monkeypatch.setattr(_open, "LARGEST_PARTITION", 1000)
    with pytest.raises(FileFormatError, match=r"can only be read from the first on; make a cache"):
        open_events(files)


def test_files_without_events_are_passed_over_if_asked(tmp_path):
    write(tmp_path / "a.parquet", events(0, 0, 0))
    write(tmp_path / "b.parquet", events(20, 1, 1))
    files = f"{tmp_path}/*.parquet"
    with pytest.raises(FileFormatError, match=r"a.parquet is empty"):
        open_events(files)
    assert len(open_events(files, empty="skip")) == 20


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("pt,eta\n0.21,2.5\n")
    with pytest.raises(FileFormatError, match=r"a.csv cannot be read"):
        open_events(tmp_path / "a.csv", comment="1")


LATER = {
    "1.5": "has fractions, and int64 where the files begin",
    "": "has missing values",
    "3e300": "has whole numbers that are too large",
    "18446744073709551615": "has whole numbers that are too large",
    "a": "has text",
}


@pytest.mark.filterwarnings("ignore:.*is read as text, since it has 'a' among numbers")
@pytest.mark.parametrize("last", LATER)
def test_what_the_type_of_the_first_events_does_not_hold_is_an_error(tmp_path, last):
    (tmp_path / "a.csv").write_text("n,eta\n" + "1,2.5\n" * 1500 + f"{last},2.5\n")
    column = open_events(tmp_path / "a.csv")["n"]
    with pytest.raises(FileFormatError, match=f"a.csv: column 'n', .*{LATER[last]}"):
        column[:]


OTHERS = {
    "uint64": pd.Series([5, 2**64 - 1], dtype="u8"),
    "float32": pd.Series([5, 0.5], dtype="f4"),
    "with a missing one": pd.Series([5, None], dtype="Int64"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_event_numbers_of_several_types_are_exact_or_an_error(tmp_path, other):
    """A float64 holds the numbers of both files only if they are small."""
    write(
        tmp_path / "b.parquet", pd.DataFrame({"n": other.where(other.isna() | (other < 2**53), 1)})
    )
    for number in (2**53, 2**53 + 1):
        write(tmp_path / "a.parquet", pd.DataFrame({"n": [1, number]}))
        column = open_events(f"{tmp_path}/*.parquet")["n"]
        if number == 2**53:
            assert column[:2].tolist() == [1, number]
            continue
        with pytest.raises(FileFormatError, match=r"a.parquet: column 'n', .*too large, and float"):
            column[:]


def test_large_whole_numbers_of_which_some_are_missing_are_no_column(tmp_path):
    numbers = pd.DataFrame({"n": pd.Series([2**53 + 1, None], dtype="Int64"), "pt": [1.0, 2.0]})
    write(tmp_path / "a.parquet", numbers)
    with pytest.raises(ColumnError, match=r"column 'n' is no column of numbers \(dtype Int64\)"):
        open_events(tmp_path / "a.parquet")
