from __future__ import annotations

import errno

import numpy as np
import pytest

from skhep_nn.cache import MemmapCache, append_to_cache, open_cache
from skhep_nn.cache._manifest import Manifest
from skhep_nn.events import BlockKind, EventBlocks
from skhep_nn.exceptions import CacheError, ColumnError, FileFormatError

KINDS = {"pdg": BlockKind("tokens", vocabulary=("padding", "other", 211))}


def make_blocks(n_events, seed=0):
    rng = np.random.default_rng(seed)
    arrays = {"jet": rng.normal(size=(n_events, 3)), "pdg": rng.integers(0, 3, (n_events, 4))}
    return EventBlocks({**arrays, "weight": rng.normal(size=n_events)}, KINDS)


@pytest.fixture
def cache(tmp_path):
    """A cache of 20 events, by its own folder."""
    MemmapCache(tmp_path).fit_transform(make_blocks(20))
    (folder,) = tmp_path.iterdir()
    return folder


def test_appended_events_follow_those_that_are_there(cache):
    before = open_cache(cache)
    append_to_cache(cache, make_blocks(7, seed=1), chunk_size=3)
    out = append_to_cache(cache, make_blocks(1, seed=2))
    assert len(out) == 28
    expected = EventBlocks.concatenate([make_blocks(20), make_blocks(7, 1), make_blocks(1, 2)])
    np.testing.assert_array_equal(out["jet"], expected["jet"].astype("f4"))
    np.testing.assert_array_equal(out["pdg"], expected["pdg"])
    np.testing.assert_array_equal(np.load(cache / "weight.npy"), expected["weight"])
    assert out.kinds["pdg"] == KINDS["pdg"]
    assert len(open_cache(cache, verify=True)) == 28
    # maps that were open before see what they saw
    assert len(before) == 20


def test_a_flipped_byte_is_found_in_any_part(cache):
    append_to_cache(cache, make_blocks(7, seed=1))
    file = cache / "jet.npy"
    whole = file.read_bytes()
    for place in (-1, len(whole) - 7 * 12 - 1):
        content = bytearray(whole)
        content[place] ^= 128
        file.write_bytes(content)
        with pytest.raises(FileFormatError, match="block 'jet' of the cache, is not as it was"):
            open_cache(cache, verify=True)


def test_a_run_that_ends_half_way_leaves_the_events_of_before(cache, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Manifest, "write", full)
    with pytest.raises(CacheError, match="No space left on device: the cache"):
        append_to_cache(cache, make_blocks(7, seed=1))
    monkeypatch.undo()
    assert len(open_cache(cache, verify=True)) == 20
    assert np.load(cache / "jet.npy").shape == (20, 3)


def test_what_a_killed_run_wrote_behind_the_events_is_overwritten(cache):
    for file in cache.glob("*.npy"):
        with file.open("ab") as stream:
            stream.write(b"half an event")
    assert len(open_cache(cache, verify=True)) == 20
    out = append_to_cache(cache, make_blocks(7, seed=1))
    np.testing.assert_array_equal(out["pdg"][20:], make_blocks(7, seed=1)["pdg"])
    assert len(open_cache(cache, verify=True)) == 27


def test_a_cache_with_events_appended_is_not_built_anew(cache):
    append_to_cache(cache, make_blocks(7, seed=1))
    with pytest.raises(CacheError, match="has events appended to it, which building it anew would"):
        MemmapCache(cache.parent).fit_transform(make_blocks(20))
    assert len(open_cache(cache)) == 27


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.select(["jet"]), "they must be of the same shapes and kinds"),
        (
            lambda b: b.assign(jet=np.zeros((len(b), 2))),
            "they must be of the same shapes and kinds",
        ),
        (lambda b: b["jet"], "they must be of the same shapes and kinds"),
        (
            lambda b: b.with_kinds(pdg=BlockKind("tokens", vocabulary=("padding", "other", 13))),
            "they must be of the same shapes and kinds",
        ),
        (
            lambda b: EventBlocks({**dict(b.items()), "weight": np.arange(len(b)) + 0j}, b.kinds),
            "column 'weight' holds complex128",
        ),
        (
            lambda b: EventBlocks({**dict(b.items()), "jet": np.full((len(b), 3), 1e200)}, b.kinds),
            r"block 'jet': 1e\+200 does not fit in float32",
        ),
    ],
)
def test_other_blocks_are_refused_and_the_cache_stays(cache, change, message):
    with pytest.raises(ColumnError, match=message):
        append_to_cache(cache, change(make_blocks(7)))
    assert len(open_cache(cache, verify=True)) == 20


def test_an_array_is_appended_to_an_array(tmp_path):
    MemmapCache(tmp_path).fit_transform(np.zeros((2, 3)))
    out = append_to_cache(tmp_path, np.ones((1, 3)))
    assert isinstance(out, np.memmap)
    assert out.tolist() == [[0.0] * 3] * 2 + [[1.0] * 3]


@pytest.mark.parametrize("chunk_size", [0, -1, "all", [1]])
def test_a_chunk_has_at_least_one_event(tmp_path, chunk_size):
    MemmapCache(tmp_path / "cache").fit_transform(np.eye(2))
    with pytest.raises(ValueError, match="chunk_size must be a whole number of at least 1"):
        append_to_cache(tmp_path / "cache", np.eye(2), chunk_size=chunk_size)


@pytest.mark.parametrize("X", ["", "text", 3.0, None, [[1], [1, 2]], object(), np.array(1.0)])
def test_what_is_no_table_is_an_error_and_changes_nothing(cache, X):
    before = len(open_cache(cache))
    with pytest.raises((ColumnError, TypeError, ValueError), match=r"X must be a|X.? holds"):
        append_to_cache(cache, X)
    assert len(open_cache(cache)) == before
