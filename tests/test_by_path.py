"""What lies on memory maps travels to Dask's workers as the path of its file."""

from __future__ import annotations

import mmap
import pickle
import subprocess
import sys
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest

from skhep_nn import _resident
from skhep_nn._dask import _by_path, _worker
from skhep_nn._lazy_rows import memory_map
from skhep_nn._weighted_events import Events
from skhep_nn.exceptions import MissingFileError

pytest.importorskip("distributed")

NAMES = ["pt", "eta", "mt", "m"]


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(3000, 4)).astype("f4")


@pytest.fixture
def mapped(values, tmp_path):
    np.save(tmp_path / "x.npy", values)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


@pytest.fixture
def _registered():
    _by_path.register()


def sent(x):
    """The bytes that Dask sends, and what it makes of them."""
    from distributed.protocol import deserialize, serialize

    header, frames = serialize(x)
    frames = [bytes(memoryview(frame).cast("B")) for frame in frames]
    return sum(map(len, frames)), deserialize(header, frames)


ARRAYS = {
    "all": lambda x: x,
    "as an array": np.asarray,
    "events": lambda x: x[100:2000],
    "every third": lambda x: x[::3],
    "backwards": lambda x: x[::-1],
    "a column": lambda x: x[:, 1],
    "columns": lambda x: x[:, ::2],
    "transposed": lambda x: x.T,
    "other shape": lambda x: x.reshape(1500, 2, 4),
    "other type": lambda x: x.view("u4"),
    "repeated": lambda x: np.broadcast_to(x[:, :1], (3000, 7)),
}


@pytest.mark.usefixtures("_registered")
@pytest.mark.parametrize("part", ARRAYS.values(), ids=ARRAYS)
def test_a_map_and_its_views_are_sent_as_a_path(mapped, part):
    x = part(mapped)
    n_bytes, found = sent(x)
    assert n_bytes < 1000
    assert memory_map(found) is not None
    assert found.dtype == x.dtype
    assert found.strides == x.strides
    np.testing.assert_array_equal(found, x)
    assert not found.flags.writeable
    # again, from worker to worker
    assert sent(found)[0] < 1000


@pytest.mark.usefixtures("_registered")
@pytest.mark.parametrize(
    "part",
    [
        np.array,
        lambda x: x[[1, 2, 5] * 1000],
        lambda x: x[3:5],
        lambda x: np.ma.masked_less(x, 0),
        lambda x: np.memmap(x.filename, "f4", "c", x.offset, x.shape),
    ],
    ids=["copy", "chosen events", "few bytes", "masked", "copy on write"],
)
def test_what_is_no_longer_on_the_map_and_what_is_small_is_sent_by_value(mapped, part):
    x = part(mapped)
    n_bytes, found = sent(x)
    assert n_bytes >= x.nbytes
    assert memory_map(found) is None
    np.testing.assert_array_equal(found, x)


@pytest.mark.usefixtures("_registered")
def test_what_was_written_to_a_map_is_read_by_others_and_they_do_not_write(values, tmp_path):
    open_ = {"filename": tmp_path / "x", "dtype": "f4", "shape": values.shape}
    mine = np.memmap(**open_, mode="w+")
    mine[:] = values
    n_bytes, found = sent(mine)
    assert n_bytes < 1000
    np.testing.assert_array_equal(found, values)
    assert not found.flags.writeable


@pytest.mark.usefixtures("_registered")
def test_a_map_whose_file_is_gone_is_sent_by_value_and_one_that_is_not_there_is_named(
    mapped, tmp_path
):
    state = pickle.dumps(_by_path.described(mapped))
    (tmp_path / "x.npy").unlink()
    n_bytes, found = sent(mapped)
    assert n_bytes >= mapped.nbytes
    np.testing.assert_array_equal(found, mapped)
    with pytest.raises(MissingFileError, match=r"no file '.*x\.npy' here; what is on a memory map"):
        pickle.loads(state)


FRAMES = {
    "one array": lambda x: pd.DataFrame(x, columns=NAMES, copy=False),
    "with an index": lambda x: pd.DataFrame(x, range(5, 3005), columns=NAMES, copy=False),
    "a column more": lambda x: pd.DataFrame(x, columns=NAMES, copy=False).assign(w=1.0),
    "with text": lambda x: pd.DataFrame(x, columns=NAMES, copy=False).assign(t="Wjets", i=2),
    "some columns": lambda x: pd.DataFrame(x, columns=NAMES, copy=False)[["mt", "pt"]],
    "some events": lambda x: pd.DataFrame(x, columns=NAMES, copy=False)[500:2500],
    "columns apart": lambda x: pd.DataFrame({n: x[:, k] for k, n in enumerate(NAMES)}, copy=False),
    "names twice": lambda x: pd.DataFrame(x, columns=["a", "b", "a", "b"], copy=False).assign(w=1),
    "one column": lambda x: pd.Series(x[:, 0], name="pt", copy=False),
}


# what older versions of pandas copy at once
COPIED = ("a column more", "with text", "some columns", "names twice")
COPIES = int(pd.__version__.partition(".")[0]) < 3


@pytest.mark.usefixtures("_registered")
@pytest.mark.parametrize("kind", [kind for kind in FRAMES if not (COPIES and kind in COPIED)])
def test_tables_on_a_map_are_sent_as_its_path_and_what_they_have_besides(mapped, kind):
    frame = FRAMES[kind](mapped)
    n_bytes, found = sent(frame)
    of_its_own = {"a column more": 24_000, "with text": 3000 * 40, "names twice": 24_000}
    assert n_bytes < 3000 + of_its_own.get(kind, 0)
    assert type(found) is type(frame)
    same = pd.testing.assert_series_equal if frame.ndim == 1 else pd.testing.assert_frame_equal
    same(found, frame)
    first = found if frame.ndim == 1 else found.iloc[:, 0]
    assert memory_map(first.to_numpy()) is not None
    if kind in ("one array", "some events"):
        assert found.to_numpy().strides == frame.to_numpy().strides


@pytest.mark.skipif(not COPIES, reason="pandas copies nothing here")
@pytest.mark.usefixtures("_registered")
@pytest.mark.parametrize("kind", COPIED)
def test_tables_that_pandas_copied_are_sent_by_value(mapped, kind):
    frame = FRAMES[kind](mapped)
    n_bytes, found = sent(frame)
    assert n_bytes > frame.memory_usage(index=False).iloc[:2].sum()
    pd.testing.assert_frame_equal(found, frame)


@pytest.mark.usefixtures("_registered")
def test_tables_in_memory_are_sent_as_ever(values):
    frame = pd.DataFrame(values, columns=NAMES).assign(process="Wjets")
    n_bytes, found = sent(frame)
    assert n_bytes > values.nbytes
    pd.testing.assert_frame_equal(found, frame)


@pytest.mark.usefixtures("_registered")
def test_workers_count_what_is_on_a_map_as_a_path_and_joblib_sends_it_once(mapped, values):
    from dask.sizeof import sizeof

    for x in (mapped, mapped[::2], pd.DataFrame(mapped, copy=False)):
        # joblib puts what is smaller than 1000 into each task, by value
        assert 1000 < sizeof(x) <= _by_path.SIZE
    assert sizeof(values) == values.nbytes
    assert sizeof(pd.DataFrame(values)) > values.nbytes


def test_joblib_has_maps_sent_by_their_path_where_dask_is_imported_later():
    program = (
        "import numpy as np, joblib\n"
        "from skhep_nn import MinMaxScaler, _weighted_events\n"
        "import sys; assert not {'distributed', 'tensorflow'} & set(sys.modules)\n"
        "from skhep_nn._dask import _by_path\n"
        "from types import SimpleNamespace\n"
        "try:\n"
        "    joblib.parallel_config('dask', client=SimpleNamespace(loop=None))\n"
        "except Exception: pass\n"
        "assert _by_path._done == [True]\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


KEYS = {
    "numbers": np.array([5, -1, 5, 2000]),
    "numbers and the rest": (np.arange(0, 3000, 2), Ellipsis),
    "mask": np.arange(3000) % 3 == 0,
    "none": np.zeros(0, int),
    "one": 7,
    "slice": slice(5, 9),
    "place": (3, 1),
    "column": (slice(None), 1),
    "numbers and a column": (np.array([1, 2]), 1),
    "numbers in two axes": np.array([[1, 2], [3, 4]]),
    "mask of places": np.arange(12000).reshape(3000, 4) % 5 == 0,
    "list": [3, 1],
    "all": Ellipsis,
}


@pytest.fixture
def read(mapped):
    """The map as a worker has it."""
    return pickle.loads(pickle.dumps(_by_path.described(mapped)))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_map_of_a_worker_is_indexed_as_any(read, mapped, key):
    assert isinstance(read, np.memmap)
    found, expected = read[key], mapped[key]
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype
    on_map = [isinstance(array, np.memmap) for array in (found, expected)]
    assert on_map[0] == on_map[1]


@pytest.mark.parametrize("key", [np.array([3000]), np.ones(5, bool)])
def test_what_is_no_event_of_a_map_is_an_error(read, key):
    with pytest.raises(IndexError):
        read[key]


def test_what_is_computed_of_a_map_of_a_worker_is_in_memory(read, mapped):
    for function in (np.sum, np.sqrt, lambda x: x + 1, lambda x: x.mean(axis=0)):
        with np.errstate(invalid="ignore"):
            found, expected = function(read), function(mapped)
        np.testing.assert_array_equal(found, expected)
        assert memory_map(found) is None
        assert type(found) in (np.ndarray, np.float32)


@pytest.mark.parametrize("first", [0, 700])
def test_pages_of_events_that_a_worker_chooses_are_let_go(read, first, monkeypatch):
    advised, part = [], read[first:]
    monkeypatch.setattr(_resident, "BYTES", 16_000)
    monkeypatch.setattr(_resident, "_let_go", lambda _, *part: advised.append(part))
    part[np.arange(2000)]
    assert advised == []
    worker = SimpleNamespace(state=SimpleNamespace(nthreads=1))
    monkeypatch.setattr(_worker, "_worker", lambda: worker)
    part[np.arange(2000)[::-1]]
    assert len(advised) == 2
    assert all(start % mmap.PAGESIZE == 0 for start, _ in advised)
    # the header of the file is in front of the events
    begin = read.offset + 16 * first
    assert advised[0][0] <= begin
    assert max(start + n_bytes for start, n_bytes in advised) >= begin + 16 * 2000
    assert max(start + n_bytes for start, n_bytes in advised) <= read.offset + read.nbytes


def test_what_a_worker_let_go_is_read_again(read, mapped, monkeypatch):
    worker = SimpleNamespace(state=SimpleNamespace(nthreads=1))
    monkeypatch.setattr(_worker, "_worker", lambda: worker)
    for _ in range(2):
        np.testing.assert_array_equal(read[np.arange(3000)], mapped)


@pytest.mark.parametrize("kind", ["array", "table"])
def test_events_of_several_fits_are_sent_once_and_from_a_map_by_its_path(kind, mapped):
    X = mapped if kind == "array" else pd.DataFrame(mapped, columns=list("abcd"), copy=False)
    events = Events(X, np.arange(3000) % 2, None)
    # joblib has the workers keep what is larger than 1000
    assert sys.getsizeof(events) > 3000 * 8
    pickled = pickle.dumps(events)
    assert len(pickled) < 3000 * 8 + 2000
    found = pickle.loads(pickled)
    assert found.weights is None
    assert found.y.tolist() == events.y.tolist()
    np.testing.assert_array_equal(np.asarray(found.at([5, 2999]).X), mapped[[5, 2999]])


def looked_at(events, rows):
    """What a fit by a worker sees."""
    chosen = events.at(rows)
    return np.asarray(chosen.X).tolist(), chosen.y.tolist()


def test_workers_are_sent_the_events_of_several_fits_and_the_numbers_of_each(client, mapped):
    events, folds = Events(mapped, np.arange(3000) % 2, None), [np.arange(5), np.array([7, 2999])]
    with joblib.parallel_config("dask", client=client):
        found = joblib.Parallel()(joblib.delayed(looked_at)(events, rows) for rows in folds)
    for (x, y), rows in zip(found, folds, strict=True):
        assert x == mapped[rows].tolist()
        assert y == (rows % 2).tolist()
