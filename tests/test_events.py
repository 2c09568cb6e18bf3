from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.utils import _safe_indexing, resample, shuffle

from skhep_nn._lazy_rows import memory_map
from skhep_nn.events import BlockKind, EventBlocks
from skhep_nn.exceptions import ColumnError


def make_arrays(n_events=60, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "jet": rng.normal(size=(n_events, 3)).astype("float32"),
        "track": rng.normal(size=(n_events, 4, 2)).astype("float32"),
        "track_lengths": rng.integers(0, 5, n_events),
        "pdg": rng.integers(0, 9, (n_events, 4)),
        "weight": rng.uniform(0.5, 1.5, n_events),
    }


KINDS = {"pdg": BlockKind("tokens", vocabulary_size=9, of="track")}


@pytest.fixture
def arrays():
    return make_arrays()


@pytest.fixture
def blocks(arrays):
    return EventBlocks(arrays, KINDS)


@pytest.fixture
def mapped(arrays, tmp_path):
    """The same blocks as memory maps."""
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    maps = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in arrays}
    return EventBlocks(maps, KINDS)


class CutClassifier(ClassifierMixin, BaseEstimator):
    """Cuts on one feature of a block; it remembers the events that it was given."""

    def __init__(self, feature=0):
        self.feature = feature

    def fit(self, X, y):
        assert isinstance(X, EventBlocks)
        self.classes_ = np.unique(y)
        values = np.asarray(X["jet"])[:, self.feature]
        self.cut_ = (values[y == 1].mean() + values[y == 0].mean()) / 2
        self.n_events_ = len(X)
        return self

    def predict(self, X):
        return (np.asarray(X["jet"])[:, self.feature] > self.cut_).astype(int)


def same(blocks, arrays):
    """Whether `blocks` hold `arrays`, value by value."""
    assert blocks.keys() == list(arrays)
    return all(np.array_equal(np.asarray(blocks[name]), arrays[name]) for name in arrays)


# what it is


def test_length_shape_and_names(blocks):
    assert len(blocks) == 60
    assert blocks.shape == (60,)
    assert blocks.keys() == ["jet", "track", "track_lengths", "pdg", "weight"]
    assert "jet" in blocks
    assert "muon" not in blocks
    assert [name for name, _ in blocks.items()] == blocks.keys()


def test_it_is_no_mapping_and_not_iterable(blocks):
    assert not isinstance(blocks, Mapping)
    with pytest.raises(TypeError, match="not iterable"):
        iter(blocks)


def test_it_turns_into_no_single_array(blocks):
    with pytest.raises(
        TypeError, match=r"are several arrays, not one; take one \(blocks\[name\]\)"
    ):
        np.asarray(blocks)


def test_kinds_are_guessed_where_they_can_be(blocks):
    kinds = {name: kind.name for name, kind in blocks.kinds.items()}
    assert kinds == {
        "jet": "features",
        "track": "sequence",
        "track_lengths": "lengths",
        "pdg": "tokens",
        "weight": "weight",
    }
    assert blocks.kinds["track"].mask == "track_lengths"


def test_tokens_of_a_sequence_have_its_mask(blocks):
    assert blocks.kinds["pdg"].mask == "track_lengths"
    assert np.array_equal(blocks.mask("pdg"), blocks.mask("track"))


def test_a_mask_block_beside_its_sequence_is_found():
    mask = np.array([[True, False], [True, True]])
    blocks = EventBlocks({"track": np.zeros((2, 2, 3)), "track_mask": mask})
    assert blocks.kinds["track_mask"].name == "mask"
    assert np.array_equal(blocks.mask("track"), mask)


def test_integers_are_not_taken_for_tokens():
    blocks = EventBlocks({"n_jets": np.ones((3, 2), int)})
    assert blocks.kinds["n_jets"].name == "features"


def test_a_masked_array_brings_its_mask():
    values = np.ma.MaskedArray(np.zeros((2, 2, 1)), mask=[[[0], [1]], [[0], [0]]])
    blocks = EventBlocks({"track": values})
    assert blocks.keys() == ["track", "track_mask"]
    assert blocks.mask("track").tolist() == [[True, False], [True, True]]


def test_a_half_masked_particle_is_an_error():
    values = np.ma.MaskedArray(np.zeros((1, 1, 2)), mask=[[[0, 1]]])
    with pytest.raises(ValueError, match="'track': some features of a particle are masked"):
        EventBlocks({"track": values})


def test_a_masked_array_beside_a_mask_is_an_error():
    values = np.ma.MaskedArray(np.zeros((1, 2, 1)))
    with pytest.raises(ValueError, match="'track' has a mask of its own, and there is a block 'tr"):
        EventBlocks({"track": values, "track_mask": np.ones((1, 2), bool)})


def test_lengths_become_a_mask_in_batches():
    blocks = EventBlocks({"track": np.zeros((2, 3, 1)), "track_lengths": [2, 0]})
    assert blocks.rows()["track_lengths"].tolist() == [[True, True, False], [False] * 3]
    assert blocks.event_shape("track_lengths") == (3,)
    assert blocks.dtype("track_lengths").kind == "b"
    assert blocks["track_lengths"].tolist() == [2, 0]


def test_a_frame_gives_its_column_names():
    blocks = EventBlocks({"jet": pd.DataFrame({"pt": [1.0], "eta": [0.0]})})
    assert blocks.kinds["jet"].features == ("pt", "eta")


def test_shape_per_event_and_type_need_no_reading(mapped):
    part = mapped[[3, 1]]
    assert part.event_shape("track") == (4, 2)
    assert part.dtype("track") == np.float32


# selecting events


KEYS = [
    slice(3, 20),
    slice(None, None, 7),
    slice(20, 3, -2),
    np.array([5, 1, 1, -1]),
    [4, 2],
    np.arange(60) % 2 == 0,
    pd.Series([3, 9]),
]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
@pytest.mark.parametrize("kind", ["blocks", "mapped"])
def test_every_index_selects_events(kind, key, arrays, request):
    blocks = request.getfixturevalue(kind)
    plain = {
        name: array[np.asarray(key) if not isinstance(key, slice) else key]
        for name, array in arrays.items()
    }
    assert same(blocks[key], plain)
    assert same(blocks[key, ...], plain)
    assert len(blocks[key]) == len(plain["jet"])
    assert blocks[key].kinds == blocks.kinds


def test_an_integer_selects_one_event(blocks, arrays):
    assert same(blocks[-1], {name: array[-1:] for name, array in arrays.items()})


keys = st.one_of(
    st.slices(40),
    st.lists(st.integers(-40, 39), max_size=8),
    st.lists(st.booleans(), min_size=40, max_size=40).map(np.array),
)


@given(first=keys, seconds=st.lists(st.slices(40), max_size=3), data=st.data())
@settings(deadline=None, max_examples=60)
def test_chains_of_selections_are_numpys(first, seconds, data):
    arrays = make_arrays(40)
    blocks, plain = EventBlocks(arrays, KINDS), arrays
    blocks = EventBlocks.concatenate([blocks[:15], blocks[15:]])
    for key in [first, *seconds]:
        numpys = np.array(key, dtype=int) if isinstance(key, list) else key
        blocks = blocks[key]
        plain = {name: array[numpys] for name, array in plain.items()}
        assert same(blocks, plain)
    if len(blocks):
        rows = data.draw(st.lists(st.integers(0, len(blocks) - 1), min_size=1, max_size=5))
        assert np.array_equal(blocks.rows(rows)["jet"], plain["jet"][rows])
        assert np.array_equal(blocks.take("pdg", rows), plain["pdg"][rows])


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (np.array([0, 60]), IndexError, "event 60 is out of range for 60 events"),
        ([-61], IndexError, "event -61 is out of range"),
        (np.ones(59, bool), IndexError, "got 59 for 60 events"),
        ((slice(2), 1), IndexError, "indexed by events only"),
        ([1.5], TypeError, "selected by a slice, integers or booleans"),
        ([[1, 2]], TypeError, "selected by a slice, integers or booleans"),
    ],
)
def test_wrong_indices_are_errors(blocks, key, error, message):
    with pytest.raises(error, match=message):
        blocks[key]


def test_an_unknown_block_names_the_nearest(blocks):
    with pytest.raises(ColumnError, match="no block 'tracks'; did you mean 'track'"):
        blocks["tracks"]


# making others of it


def test_select_brings_the_mask_along(blocks):
    assert blocks.select(["track"]).keys() == ["track", "track_lengths"]
    assert blocks.select("pdg").mask("pdg").shape == (60, 4)
    assert blocks.select(["weight", "jet"]).keys() == ["weight", "jet"]


def test_assign_replaces_in_a_copy_and_keeps_the_kind(blocks):
    new = blocks.assign(pdg=np.zeros((60, 4), int), met=np.ones(60))
    assert new.kinds["pdg"] == blocks.kinds["pdg"]
    assert new.kinds["met"].name == "features"
    assert "met" not in blocks
    assert blocks["pdg"].any()


def test_assign_needs_as_many_events(blocks):
    with pytest.raises(ValueError, match="'met' has 59; the other blocks have 60 events"):
        blocks.assign(met=np.ones(59))


def test_with_kinds_changes_a_kind(blocks):
    assert blocks.with_kinds(jet="weight").kinds["jet"].name == "weight"
    assert blocks.kinds["jet"].name == "features"


@pytest.mark.parametrize("kind", ["blocks", "mapped"])
def test_concatenate_joins_events(kind, arrays, request):
    blocks = request.getfixturevalue(kind)
    joined = EventBlocks.concatenate([blocks[:10], blocks[[50, 2]], blocks])
    plain = {n: np.concatenate([a[:10], a[[50, 2]], a]) for n, a in arrays.items()}
    assert same(joined, plain)
    assert same(joined[5:30:3][[2, 0]], {n: a[5:30:3][[2, 0]] for n, a in plain.items()})
    assert joined.kinds == blocks.kinds


def test_concatenate_refuses_other_blocks_shapes_and_vocabularies(blocks):
    with pytest.raises(ValueError, match=r"part 1 has blocks \['jet'\]"):
        EventBlocks.concatenate([blocks, blocks.select("jet")])
    wider = EventBlocks({"jet": np.zeros((2, 5))})
    with pytest.raises(
        ValueError, match=r"'jet': part 1 has shape \(5,\) per event, part 0 has \(3,\)"
    ):
        EventBlocks.concatenate([blocks.select("jet"), wider])
    other = blocks.with_kinds(pdg=BlockKind("tokens", vocabulary_size=12))
    with pytest.raises(ValueError, match="'pdg': part 1 is of another kind"):
        EventBlocks.concatenate([blocks, other])


# what cannot be


@pytest.mark.parametrize(
    ("arrays", "kinds", "message"),
    [
        ({"jet": np.ones(3), "pdg": np.ones(4)}, None, "'jet' has 3, 'pdg' has 4"),
        ({}, None, "at least one block"),
        ({"jet": 3.0}, None, "'jet' is a single value"),
        ({"jet": [[1], [1, 2]]}, None, r"'jet' is ragged; .* SequencePadder"),
        ({"pdg": np.ones((2, 3))}, {"pdg": BlockKind("tokens", vocabulary_size=3)}, "are integers"),
        ({"pdg": np.ones(2)}, {"pdg": "sequence"}, "'pdg' is no sequence"),
        ({"x": np.ones((2, 3))}, {"x": BlockKind("features", features="ab")}, "has 3 features"),
        ({"t": np.ones((2, 3, 1))}, {"t": BlockKind("sequence", mask="m")}, "no such block"),
        (
            {"t": np.ones((2, 3, 1)), "m": np.ones((2, 4), bool)},
            {"t": BlockKind("sequence", mask="m")},
            r"'m' is no mask of 't': it has shape \(2, 4\)",
        ),
    ],
)
def test_what_cannot_be_is_an_error(arrays, kinds, message):
    with pytest.raises(ValueError, match=message):
        EventBlocks(arrays, kinds)


def test_one_array_of_lengths_cannot_serve_sequences_of_two_lengths():
    arrays = {"a": np.ones((2, 3, 1)), "b": np.ones((2, 4, 1)), "n": np.array([1, 2])}
    kinds = {name: BlockKind("sequence", mask="n") for name in "ab"}
    with pytest.raises(ValueError, match="'n' is no mask of 'b'"):
        EventBlocks(arrays, kinds)


def test_names_are_strings():
    with pytest.raises(TypeError, match="names of blocks are strings, got 0"):
        EventBlocks({0: np.ones(2)})


def test_a_kind_for_no_block_is_an_error():
    with pytest.raises(ColumnError, match="no block 'jets'; did you mean 'jet'"):
        EventBlocks({"jet": np.ones(2)}, {"jets": "features"})


def test_kinds_are_checked():
    with pytest.raises(ValueError, match="'image'; it must be one of"):
        BlockKind("image")
    with pytest.raises(ValueError, match="needs its vocabulary"):
        BlockKind("tokens")


def test_awkward_arrays_are_sent_to_the_padder():
    ak = pytest.importorskip("awkward")
    with pytest.raises(TypeError, match=r"'jet' is an awkward array; .* SequencePadder"):
        EventBlocks({"jet": ak.Array([[1], [1, 2]])})


# everything in scikit-learn that splits X


@pytest.fixture
def labels(blocks):
    return (np.asarray(blocks["jet"])[:, 1] > 0).astype(int)


@pytest.mark.parametrize("kind", ["blocks", "mapped"])
@pytest.mark.parametrize("splitter", [KFold(3), StratifiedKFold(3), GroupKFold(3)], ids=repr)
def test_splitters_split_it(kind, splitter, labels, arrays, request):
    blocks = request.getfixturevalue(kind)
    groups = np.arange(60) % 7 if isinstance(splitter, GroupKFold) else None
    for train, test in splitter.split(blocks, labels, groups):
        part = _safe_indexing(blocks, test)
        assert same(part, {name: array[test] for name, array in arrays.items()})
        assert len(blocks[train]) + len(part) == 60


@pytest.mark.parametrize("kind", ["blocks", "mapped"])
def test_train_test_split_keeps_events_together(kind, labels, request):
    blocks = request.getfixturevalue(kind).assign(number=np.arange(60))
    train, test, y_train, y_test = train_test_split(blocks, labels, stratify=labels, random_state=0)
    assert isinstance(train, EventBlocks)
    assert set(train["number"]) | set(test["number"]) == set(range(60))
    assert np.array_equal(labels[train["number"]], y_train)
    assert np.array_equal(labels[test["number"]], y_test)


def test_shuffle_and_resample_work(blocks):
    numbered = blocks.assign(number=np.arange(60))
    assert sorted(shuffle(numbered, random_state=0)["number"]) == list(range(60))
    assert len(resample(numbered, n_samples=20, random_state=0)) == 20


@pytest.mark.parametrize("kind", ["blocks", "mapped"])
def test_cross_validation_is_that_of_the_table(kind, labels, request):
    blocks = request.getfixturevalue(kind)
    scores = cross_val_score(CutClassifier(1), blocks, labels, cv=3)
    by_hand = [
        CutClassifier(1).fit(blocks[train], labels[train]).score(blocks[test], labels[test])
        for train, test in StratifiedKFold(3).split(np.zeros(60), labels)
    ]
    assert scores.tolist() == by_hand
    assert len(cross_val_predict(CutClassifier(1), blocks, labels, cv=3)) == 60


@pytest.mark.parametrize("kind", ["blocks", "mapped"])
def test_grid_search_in_two_processes(kind, labels, request):
    blocks = request.getfixturevalue(kind)
    search = GridSearchCV(CutClassifier(), {"feature": [0, 1, 2]}, cv=3, n_jobs=2)
    search.fit(blocks, labels)
    assert search.best_params_ == {"feature": 1}
    assert search.best_estimator_.n_events_ == 60


def test_it_is_a_parameter_that_clone_copies(blocks):
    class Holder(BaseEstimator):
        def __init__(self, blocks=None):
            self.blocks = blocks

    copied = clone(Holder(blocks)).blocks
    assert same(copied, {name: np.asarray(array) for name, array in blocks.items()})


# memory maps


def test_slices_of_a_map_are_views_of_it(mapped):
    part = mapped[10:50][5:]["track"]
    assert isinstance(part, np.memmap)
    assert np.shares_memory(part, mapped["track"])


def test_rows_of_a_map_are_read_when_they_are_needed(mapped, arrays):
    part = mapped[[9, 3, 4]]["track"]
    assert not isinstance(part, np.ndarray)
    assert part.shape == (3, 4, 2)
    assert part.dtype == np.float32
    assert len(part) == 3
    expected = arrays["track"][[9, 3, 4]]
    assert np.array_equal(np.asarray(part), expected)
    assert np.array_equal(part[1:, 0], expected[1:, 0])
    assert np.array_equal(part[..., 1], expected[..., 1])
    assert np.array_equal(part[2, 1], expected[2, 1])
    assert np.array_equal(part * 2, expected * 2)
    assert part.mean() == expected.mean()
    assert "not read yet" in repr(part)
    assert not hasattr(part, "iloc")


def test_batches_of_a_map_are_in_memory(mapped, arrays):
    for key in (slice(3, 9), [7, 1]):
        batch = mapped[5:].rows(key)["track"]
        assert type(batch) is np.ndarray
        assert memory_map(batch) is None
        assert np.array_equal(batch, arrays["track"][5:][key])


READ_NOTHING = """
import pickle, sys
import numpy as np
from sklearn.model_selection import train_test_split
from skhep_nn._lazy_rows import memory_map
from skhep_nn.events import EventBlocks

array = np.lib.format.open_memmap(sys.argv[1], "w+", "float32", (10**6, 100))
blocks = EventBlocks({"x": np.load(sys.argv[1], mmap_mode="r")})
with open(sys.argv[1], "r+b") as file:
    file.truncate(128)
train, test = train_test_split(blocks, random_state=0)
part = EventBlocks.concatenate([train[::2], test[test.shape[0] // 2 :]])
assert len(pickle.dumps(part)) < 20_000_000
assert part["x"].shape == (500_000, 100)
print(part, part._repr_html_(), part["x"])
"""


def test_splitting_a_map_reads_nothing(tmp_path):
    # with the file cut off, reading a single event would end the process (SIGBUS)
    command = [sys.executable, "-c", READ_NOTHING, str(tmp_path / "x.npy")]
    subprocess.run(command, check=True, timeout=120, capture_output=True)


@pytest.mark.parametrize("dump", [pickle.dumps, copy.copy], ids=["pickle", "copy"])
@pytest.mark.parametrize("key", [slice(None), slice(7, 30), slice(50, 2, -3), [4, 1, 1]])
def test_pickles_of_maps_are_maps_again(mapped, arrays, key, dump):
    pickled = dump(mapped[key])
    loaded = pickle.loads(pickled) if isinstance(pickled, bytes) else pickled
    assert same(loaded, {name: array[key] for name, array in arrays.items()})
    assert loaded.kinds == mapped.kinds


def test_a_pickle_of_a_map_holds_no_content(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(5000, 40)))
    blocks = EventBlocks({"x": np.load(tmp_path / "x.npy", mmap_mode="r")})
    for part in (blocks, blocks[10:400], blocks[[1, 2, 3]], EventBlocks.concatenate([blocks] * 2)):
        assert len(pickle.dumps(part)) < 2000
        joblib.dump(part, tmp_path / "part.joblib")
        assert (tmp_path / "part.joblib").stat().st_size < 2000
        assert np.array_equal(joblib.load(tmp_path / "part.joblib")["x"][:], np.asarray(part["x"]))


def test_a_pickle_in_memory_holds_the_selected_events_only(blocks):
    big = EventBlocks({"x": np.zeros((10_000, 10))})
    assert len(pickle.dumps(big[[1, 2]])) < 2000


def test_changes_of_a_writable_map_are_in_the_pickle(tmp_path):
    array = np.memmap(tmp_path / "x.dat", "float64", "w+", shape=(5,))
    blocks = EventBlocks({"x": array})
    array[3] = 7.0
    loaded = pickle.loads(pickle.dumps(blocks))
    assert loaded["x"][3] == 7.0
    assert loaded["x"].mode == "r+"


def test_changes_of_a_copy_on_write_map_are_in_the_pickle(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(5))
    array = np.load(tmp_path / "x.npy", mmap_mode="c")
    array[3] = 7.0
    assert pickle.loads(pickle.dumps(EventBlocks({"x": array})))["x"][3] == 7.0


def test_joblibs_hash_follows_the_content_of_the_file(tmp_path):
    array = np.memmap(tmp_path / "x.dat", "float64", "w+", shape=(5,))
    blocks = EventBlocks({"x": array})
    before = joblib.hash(blocks)
    assert joblib.hash(blocks) == before
    array[0] = 1.0
    array.flush()
    os.utime(tmp_path / "x.dat", ns=(0, 10**18))
    assert joblib.hash(blocks) != before


def test_a_map_whose_file_is_gone_is_pickled_by_value(mapped, arrays, tmp_path):
    blocks = mapped[[3, 1]]
    for name in arrays:
        (tmp_path / f"{name}.npy").unlink()
    loaded = pickle.loads(pickle.dumps(blocks))
    assert same(loaded, {name: array[[3, 1]] for name, array in arrays.items()})
    assert isinstance(loaded["track"], np.ndarray)


def returned(blocks, events):
    return blocks[events]


def test_blocks_come_back_from_joblibs_processes_whole():
    big = EventBlocks({"x": np.arange(300_000.0).reshape(-1, 3)})
    parts = joblib.Parallel(n_jobs=2, backend="loky")(
        joblib.delayed(returned)(big, [k, 5]) for k in range(3)
    )
    again = [pickle.loads(pickle.dumps(part)) for part in parts]
    assert [part["x"][0, 0] for part in again] == [0, 3, 6]


def test_a_pickle_whose_file_is_gone_names_it(mapped, tmp_path):
    pickled = pickle.dumps(mapped)
    (tmp_path / "jet.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"jet\.npy"):
        pickle.loads(pickled)


# how it shows itself


def test_repr_is_short(blocks):
    assert repr(blocks) == (
        "EventBlocks of 60 events: jet (3,) features, track (4, 2) sequence, "
        "track_lengths () lengths, pdg (4,) tokens, weight () weight"
    )
    many = EventBlocks({f"x{k}": np.zeros(2) for k in range(30)})
    assert repr(many).endswith("x6 () features, ... 23 more")


def test_notebook_table(blocks):
    html = blocks[:1000]._repr_html_()
    for cell in ("track", "(60, 4, 2)", "float32", "1.92 kB", "tokens (of track, vocabulary 9"):
        assert cell in html
    assert "&lt;b&gt;" in EventBlocks({"<b>": np.ones(2)})._repr_html_()


@pytest.mark.parametrize("name", [[], np.array("a"), {"a": 1}, slice(2), None, 3])
@pytest.mark.parametrize("method", ["mask", "dtype", "event_shape", "take", "select"])
def test_what_is_no_name_of_a_block_is_an_error(method, name):
    blocks = EventBlocks({"jet": np.zeros((2, 3))})
    name = [name] if method == "select" else name
    with pytest.raises(ColumnError, match="no block"):
        getattr(blocks, method)(name)


@pytest.mark.parametrize("parts", [[], [None], 3, None, "ab", [[1], [2]]])
def test_parts_that_are_no_blocks_are_an_error(parts):
    with pytest.raises(TypeError, match="parts must be a list of EventBlocks"):
        EventBlocks.concatenate(parts)
