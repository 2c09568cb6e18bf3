from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhep_nn import DenseClassifier, MinMaxScaler
from skhep_nn.cache import MemmapCache, append_to_cache, open_cache
from skhep_nn.events import BlockKind, EventBlocks
from skhep_nn.exceptions import CacheError, ColumnError, FileFormatError, MissingFileError


@pytest.fixture
def blocks():
    rng = np.random.default_rng(0)
    return EventBlocks(
        {
            "jet": rng.normal(size=(50, 3)),
            "track": rng.normal(size=(50, 4, 2)),
            "track_mask": rng.random((50, 4)) < 0.5,
            "pdg": rng.integers(0, 4, (50, 4)),
            "weight": rng.normal(size=50),
        },
        {"pdg": BlockKind("tokens", vocabulary=("padding", "other", 211, np.int64(-13)))},
    )


def caches(folder):
    return sorted(path.name for path in folder.iterdir())


@parametrize_with_checks([MemmapCache("unset")])
def test_memmap_cache_passes_the_checks_of_scikit_learn(estimator, check, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check(estimator)


def test_blocks_come_back_as_they_were_in_memory_maps(blocks, tmp_path):
    out = MemmapCache(tmp_path, chunk_size=7).fit_transform(blocks)
    assert out.keys() == blocks.keys()
    assert out.kinds == blocks.kinds
    assert out.kinds["pdg"].vocabulary == ("padding", "other", 211, -13)
    for name, array in out.items():
        assert isinstance(array, np.memmap)
        assert not array.flags.writeable
        expected = blocks[name].astype("f4") if name in ("jet", "track") else blocks[name]
        assert array.dtype == expected.dtype
        np.testing.assert_array_equal(array, expected)


def test_an_array_comes_back_as_a_memory_map(tmp_path):
    X = np.arange(24.0).reshape(3, 4, 2)
    out = MemmapCache(tmp_path).fit_transform(X)
    assert isinstance(out, np.memmap)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, X)


def test_the_columns_of_a_frame_become_blocks_by_name(events, tmp_path):
    frame = events[["pt", "eta", "weight", "is_signal"]].convert_dtypes()
    out = MemmapCache(tmp_path).fit_transform(frame)
    assert {name: array.dtype.str for name, array in out.items()} == {
        "pt": "<f4",
        "eta": "<f4",
        "weight": "<f8",
        "is_signal": "<i8",
    }
    np.testing.assert_array_equal(out["weight"], events["weight"])
    assert out.kinds["weight"].name == "weight"


def test_dtype_none_and_excluded_columns_keep_their_types(tmp_path):
    frame = pd.DataFrame({"a": [0.1], "number": [123456789.25]})
    kept = MemmapCache(tmp_path, exclude="number").fit_transform(frame)
    assert kept["a"].dtype == np.float32
    assert kept["number"].tolist() == [123456789.25]
    assert MemmapCache(tmp_path, dtype=None).fit_transform(frame)["a"].tolist() == [0.1]


def test_on_disk_are_plain_npy_files_and_one_json(blocks, tmp_path):
    MemmapCache(tmp_path).fit_transform(blocks)
    (folder,) = tmp_path.iterdir()
    assert caches(folder) == sorted([*(f"{name}.npy" for name, _ in blocks.items()), "cache.json"])
    np.testing.assert_array_equal(np.load(folder / "pdg.npy"), blocks["pdg"])
    content = json.loads((folder / "cache.json").read_text())
    assert content["keys"] == [folder.name]
    assert content["version"]
    assert content["parameters"] == {"dtype": "<f4", "exclude": []}
    block = content["blocks"]["pdg"]
    assert (block["shape"], block["dtype"]) == ([50, 4], "<i8")
    assert block["kind"] == {
        "name": "tokens",
        "vocabulary": ["padding", "other", 211, -13],
    }
    assert len(block["segments"][0]["blake2b"]) == 32


def test_the_same_events_are_mapped_and_not_written_again(blocks, tmp_path, monkeypatch):
    cache = MemmapCache(tmp_path)
    first = cache.fit_transform(blocks)

    def fail(*_, **__):
        pytest.fail("written again")

    monkeypatch.setattr("skhep_nn.cache._store.CacheWriter.write", fail)
    again = MemmapCache(tmp_path, chunk_size=11).fit_transform(blocks[:])
    assert again["jet"].filename == first["jet"].filename


@pytest.mark.parametrize("change", ["value", "name", "kind", "type", "events", "parameter"])
def test_anything_changed_makes_another_cache_beside_the_first(blocks, tmp_path, change):
    arrays = dict(blocks.items())
    kinds = dict(blocks.kinds)
    parameters = {}
    if change == "value":
        arrays["pdg"] = np.where(np.arange(50)[:, None] == 49, 1, arrays["pdg"])
    if change == "name":
        arrays = {("jets" if name == "jet" else name): array for name, array in arrays.items()}
        kinds["jets"] = kinds.pop("jet")
    if change == "kind":
        kinds["pdg"] = BlockKind("tokens", vocabulary=("padding", "other", 211, 13))
    if change == "type":
        arrays["jet"] = arrays["jet"].astype("f4")
    if change == "events":
        arrays = {name: array[:-1] for name, array in arrays.items()}
    if change == "parameter":
        parameters = {"dtype": "float16"}
    first = MemmapCache(tmp_path).fit_transform(blocks)
    other = MemmapCache(tmp_path, **parameters).fit_transform(EventBlocks(arrays, kinds))
    assert len(caches(tmp_path)) == 2
    np.testing.assert_array_equal(first["weight"], blocks["weight"])
    np.testing.assert_array_equal(other["weight"], arrays["weight"])


def test_training_and_validation_events_live_side_by_side(blocks, tmp_path):
    cache = MemmapCache(tmp_path).fit(blocks)
    train, test = cache.transform(blocks[:30]), cache.transform(blocks[30:])
    np.testing.assert_array_equal(train["pdg"], blocks["pdg"][:30])
    np.testing.assert_array_equal(test["pdg"], blocks["pdg"][30:])


@settings(max_examples=25)
@given(
    n_events=st.integers(1, 40),
    chunk_size=st.integers(1, 50),
    dtype=st.sampled_from(["f8", "f4", "i2", "u8", "?", ">f4"]),
    tail=st.lists(st.integers(0, 3), max_size=2),
)
def test_whatever_is_cached_comes_back(tmp_path_factory, n_events, chunk_size, dtype, tail):
    folder = tmp_path_factory.mktemp("cache")
    rng = np.random.default_rng(n_events)
    values = (100 * rng.normal(size=(n_events, *tail))).astype("i2").astype(dtype)
    blocks = EventBlocks({"a": values, "b/ä": np.arange(n_events)}, {"a": "features"})
    out = MemmapCache(folder, dtype=None, chunk_size=chunk_size).fit_transform(blocks)
    np.testing.assert_array_equal(out["a"], values)
    np.testing.assert_array_equal(out["b/ä"], np.arange(n_events))
    assert open_cache(folder, verify=True)["a"].dtype == values.dtype


def test_names_of_blocks_never_leave_the_folder(tmp_path):
    names = ["../up", "a/b", "a:b", "A:B", "", ".hidden", "x" * 300]
    out = MemmapCache(tmp_path).fit_transform(
        EventBlocks({name: np.full(2, n) for n, name in enumerate(names)})
    )
    assert [int(out[name][0]) for name in names] == list(range(len(names)))
    assert len(caches(tmp_path)) == 1


@pytest.mark.parametrize("block", ["jet", "pdg", "track_mask", "weight"])
def test_verify_finds_a_flipped_byte(blocks, tmp_path, block):
    MemmapCache(tmp_path).fit_transform(blocks)
    (file,) = tmp_path.glob(f"*/{block}.npy")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    open_cache(tmp_path)
    with pytest.raises(FileFormatError, match=f"block '{block}' of the cache, is not as it was"):
        open_cache(tmp_path, verify=True)
    with pytest.raises(FileFormatError, match=f"block '{block}' of the cache, is not as it was"):
        MemmapCache(tmp_path, verify=True).fit_transform(blocks)


def test_a_file_that_is_cut_off_or_missing_is_never_mapped(blocks, tmp_path):
    MemmapCache(tmp_path).fit_transform(blocks)
    (file,) = tmp_path.glob("*/jet.npy")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(FileFormatError, match="block 'jet' of the cache, is cut off"):
        MemmapCache(tmp_path).fit_transform(blocks)
    file.unlink()
    with pytest.raises(FileFormatError, match="block 'jet' of the cache, is missing"):
        open_cache(tmp_path)


@pytest.mark.parametrize(
    "damage", [lambda s: s[:-40], lambda s: s.replace("50", "49"), lambda s: "7"]
)
def test_a_damaged_json_is_an_error(blocks, tmp_path, damage):
    MemmapCache(tmp_path).fit_transform(blocks)
    (file,) = tmp_path.glob("*/cache.json")
    file.write_text(damage(file.read_text()))
    with pytest.raises(FileFormatError, match=r"cache.json is damaged; remove the folder"):
        open_cache(file.parent)


def test_a_later_format_is_refused(blocks, tmp_path):
    MemmapCache(tmp_path).fit_transform(blocks)
    (file,) = tmp_path.glob("*/cache.json")
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "format": 99}))
    with pytest.raises(FileFormatError, match="is of format 99, this version"):
        open_cache(file.parent)


def test_opening_says_what_is_there(blocks, tmp_path):
    with pytest.raises(MissingFileError, match=r"there is no cache in .* it has no cache.json"):
        open_cache(tmp_path)
    cache = MemmapCache(tmp_path).fit(blocks)
    cache.transform(blocks)
    cache.transform(blocks[:10])
    with pytest.raises(FileFormatError, match="has 2 caches; open one: "):
        open_cache(tmp_path)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"a": ["x", "y"]}, "column 'a' holds .*, first value 'x', which cannot be mapped"),
        ({"a": [1e300, 1.0]}, r"block 'a': 1e\+300 does not fit in float32 \(1 such values\)"),
    ],
)
def test_columns_that_cannot_be_stored_are_named_and_nothing_is_left(tmp_path, frame, message):
    with pytest.raises(ColumnError, match=message):
        MemmapCache(tmp_path).fit_transform(pd.DataFrame(frame))
    assert caches(tmp_path) == []


def test_infinite_and_missing_values_are_kept(tmp_path):
    X = np.array([[np.inf, np.nan, -np.inf]])
    np.testing.assert_array_equal(MemmapCache(tmp_path).fit_transform(X), X)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dtype": "int32"}, "dtype='int32' must be a type of floating-point numbers, or None"),
        ({"chunk_size": 0}, "'chunk_size' parameter of MemmapCache must be an int"),
    ],
)
def test_bad_parameters_are_named(tmp_path, parameters, message):
    with pytest.raises(ValueError, match=message):
        MemmapCache(tmp_path, **parameters).fit(np.ones((2, 2)))


def test_columns_are_those_of_fit_but_for_the_weights(events, tmp_path):
    frame = events[["pt", "eta", "weight", "event_number"]]
    cache = MemmapCache(tmp_path, exclude=["event_number"]).fit(frame)
    assert cache.transform(frame[["pt", "eta"]]).keys() == ["pt", "eta"]
    with pytest.raises(ColumnError, match="now missing:\n- eta"):
        cache.transform(frame[["pt", "weight"]])


def test_another_file_in_the_place_of_the_cache_is_not_overwritten(blocks, tmp_path):
    cache = MemmapCache(tmp_path)
    cache.fit_transform(blocks)
    (name,) = caches(tmp_path)
    for file in (tmp_path / name).iterdir():
        file.unlink()
    (tmp_path / name / "mine.txt").write_text("precious")
    with pytest.raises(CacheError, match="is there and is no cache; choose another directory"):
        cache.fit_transform(blocks)
    assert (tmp_path / name / "mine.txt").read_text() == "precious"


def test_a_pipeline_with_a_cache_gives_the_numbers_of_one_without(table, tmp_path):
    X, y = table
    network = {"units": (8,), "epochs": 3, "weight_column": "weight", "random_state": 0}
    scaler = MinMaxScaler(exclude="weight")
    plain = make_pipeline(scaler, DenseClassifier(**network)).fit(X, y)
    cached = make_pipeline(scaler, MemmapCache(tmp_path), DenseClassifier(**network)).fit(X, y)
    expected = plain.predict_proba(X)
    np.testing.assert_array_equal(cached.predict_proba(X), expected)
    # real data have no weights; at application the cache may be left out
    without = X.drop(columns="weight")
    np.testing.assert_array_equal(cached.predict_proba(without), expected)
    cached.set_params(memmapcache="passthrough")
    np.testing.assert_array_equal(cached.predict_proba(without), expected)


@pytest.mark.parametrize(
    ("values", "fill"), [([0.0, 1.5, 0.0], 0.0), ([0, 3, 0], 0), ([True, False, False], False)]
)
def test_sparse_columns_are_cached_as_the_numbers_that_they_are(tmp_path, values, fill):
    frame = pd.DataFrame(
        {"a": pd.arrays.SparseArray(values, fill_value=fill), "b": [1.0, 2.0, 3.0]}
    )
    out = MemmapCache(tmp_path, dtype=None).fit_transform(frame)
    assert out["a"].tolist() == values
    assert out["a"].dtype == np.asarray(values).dtype
    (folder,) = tmp_path.iterdir()
    assert append_to_cache(folder, frame)["a"].tolist() == values * 2


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csr_array, sparse.coo_matrix])
def test_a_sparse_matrix_is_refused_with_what_to_do(tmp_path, make):
    with pytest.raises(TypeError, match="toarray"):
        MemmapCache(tmp_path / "a").fit_transform(make(np.eye(3)))
    MemmapCache(tmp_path / "b").fit_transform(np.eye(3))
    with pytest.raises(TypeError, match="a sparse matrix cannot be mapped from disk; pass a dense"):
        append_to_cache(tmp_path / "b", make(np.eye(3)))


def test_columns_of_one_name_are_an_error_that_names_them(tmp_path):
    twice = pd.DataFrame([[1.0, 2.0, 3.0]], columns=["a", "a", "b"])
    once = twice.iloc[:, 1:]
    for fit in (MemmapCache(tmp_path).fit, MemmapCache(tmp_path).fit(once).transform):
        with pytest.raises(ColumnError, match="column 'a' occurs 2 times; names must be unique"):
            fit(twice)
    MemmapCache(tmp_path).fit_transform(once)
    with pytest.raises(ColumnError, match="column 'a' occurs 2 times; names must be unique"):
        append_to_cache(tmp_path, twice)


def test_missing_values_in_columns_without_names_are_an_error_of_ours(tmp_path):
    frame = pd.DataFrame({0: pd.array([1, None], "Int64"), 1: [1.0, 2.0]})
    with pytest.raises(ColumnError, match="which cannot be mapped from disk"):
        MemmapCache(tmp_path).fit_transform(frame)


@pytest.mark.parametrize("value", [2**24 + 1, 2**53 + 1, -(2**24) - 1])
def test_whole_numbers_with_missing_ones_are_exact_or_an_error(tmp_path, value):
    events = pd.DataFrame({"event": pd.array([value, None], dtype="Int64"), "n": [1, 2]})
    with pytest.raises(ColumnError, match="'event' has missing values among whole numbers up to"):
        MemmapCache(tmp_path / "narrow").fit_transform(events)
    wide = MemmapCache(tmp_path / "wide", exclude=["event"])
    if abs(value) > 2**53:
        with pytest.raises(ColumnError, match="float64 does not hold exactly"):
            wide.fit_transform(events)
    else:
        assert wide.fit_transform(events)["event"][0] == value
    filled = MemmapCache(tmp_path / "filled").fit_transform(events.fillna(0))
    assert filled["event"].tolist() == [value, 0]


def test_objects_that_are_no_numbers_are_an_error(tmp_path):
    X = np.array([[1.0], [1j]], dtype=object)
    with pytest.raises(TypeError, match="X holds objects that are no numbers"):
        MemmapCache(tmp_path / "cache").fit_transform(X)


@pytest.mark.parametrize("verify", [None, np.array([1, 2]), "yes"])
def test_verify_is_true_or_false(tmp_path, verify):
    MemmapCache(tmp_path / "cache").fit_transform(np.eye(2))
    with pytest.raises(ValueError, match=r"verify=.*; it must be True or False"):
        open_cache(tmp_path / "cache", verify=verify)
