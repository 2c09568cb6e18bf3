"""What one process finds while another one works in the same place, step by step."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.validation import check_is_fitted

from skhep_nn import MinMaxScaler
from skhep_nn.cache import MemmapCache, _build, _open, _store, append_to_cache, build_cache
from skhep_nn.cache import open_cache as opened
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import CacheError, FileFormatError


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The working folder has two tables of other numbers."""
    monkeypatch.chdir(tmp_path)
    for name, first in (("a.csv", 0), ("b.csv", 1000)):
        pd.DataFrame({"pt": np.arange(first, first + 10.0)}).to_csv(name, index=False)


def build(name, folder="cache", transformer=None, **options):
    options = {"dtype": None, "progress": False, **options}
    return build_cache(name, transformer, folder, **options)


def test_a_cache_that_another_process_puts_in_place_behind_ours_is_not_taken_for_it(
    files, monkeypatch
):
    build("b.csv", "other")
    original = _store._publish

    def and_the_other(folder, path):
        original(folder, path)
        # what a process that ignores the lock would do
        shutil.rmtree(path)
        shutil.copytree("other", path)

    monkeypatch.setattr(_store, "_publish", and_the_other)
    with pytest.raises(CacheError, match="another process put a cache of other data"):
        build("a.csv")


def test_builds_of_different_files_in_one_place_get_their_own_numbers(files):
    outcomes, barrier = {}, threading.Barrier(4)

    def run(number):
        name = "ab"[number % 2] + ".csv"
        barrier.wait()
        outcomes[number] = [build(name)["pt"][0] for _ in range(10)]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {number: [1000.0 * (number % 2)] * 10 for number in range(4)}
    assert sorted(map(str, Path().iterdir())) == ["a.csv", "b.csv", "cache"]


def test_a_cache_found_without_the_lock_is_checked_again_when_it_is_mapped(files, monkeypatch):
    build("a.csv")
    original, calls = _open._manifest.read, []

    def replaced_meanwhile(folder):
        manifest = original(folder)
        calls.append(folder)
        if len(calls) == 1:
            build("b.csv")
        return manifest

    monkeypatch.setattr(_store._manifest, "read", replaced_meanwhile)
    assert build("a.csv")["pt"][0] == 0.0


def test_a_cache_that_is_replaced_while_it_is_opened_is_opened_anew(files, monkeypatch):
    build("a.csv")
    original, calls = _open.mapped, []

    def replaced_before(folder, manifest):
        calls.append(folder)
        if len(calls) == 1:
            monkeypatch.setattr(_open, "mapped", original)
            build("b.csv")
        return original(folder, manifest)

    monkeypatch.setattr(_open, "mapped", replaced_before)
    assert opened("cache", verify=True)["pt"].tolist() == list(np.arange(1000, 1010.0))


def test_a_cache_that_never_rests_is_an_error(files, monkeypatch):
    build("a.csv")
    states = iter(range(10**6))
    monkeypatch.setattr(_open, "_state", lambda folder: next(states))
    with pytest.raises(CacheError, match="was replaced 100 times while it was opened"):
        opened("cache")


def test_events_are_appended_while_a_cache_is_opened(tmp_path, monkeypatch):
    MemmapCache(tmp_path).fit_transform(np.zeros((3, 2)))
    original = _open.mapped

    def appended_before(folder, manifest):
        monkeypatch.setattr(_open, "mapped", original)
        append_to_cache(tmp_path, np.ones((1, 2)))
        return original(folder, manifest)

    monkeypatch.setattr(_open, "mapped", appended_before)
    assert opened(tmp_path, verify=True).tolist() == [[0, 0]] * 3 + [[1, 1]]


class Stop(BaseException):
    pass


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("n_passes", [1, 2])
def test_a_build_that_ends_half_way_leaves_the_transformer_as_it_was(
    files, monkeypatch, error, n_passes
):
    original, seen = _build.iterate_events, []

    def ends(*args, **options):
        seen.append(1)
        for number, chunk in enumerate(original(*args, **options)):
            if len(seen) == n_passes and number == 1:
                raise error
            yield chunk

    monkeypatch.setattr(_build, "iterate_events", ends)
    scaler = MinMaxScaler()
    for transformer in (scaler, make_pipeline(scaler)):
        seen.clear()
        with pytest.raises(error):
            build(["b.csv", "a.csv"], transformer=transformer, chunk_size=5)
        with pytest.raises(NotFittedError):
            check_is_fitted(scaler)
    monkeypatch.undo()
    assert not Path("cache").exists()


def test_a_bad_file_behind_a_good_one_leaves_the_transformer_as_it_was(files):
    Path("bad.csv").write_text("pt\n1.0\n2.0,3.0\n")
    scaler = MinMaxScaler()
    with pytest.raises(FileFormatError, match=r"bad.csv"):
        build(["b.csv", "bad.csv"], transformer=scaler)
    out = build("a.csv", transformer=scaler)
    assert (out["pt"].min(), out["pt"].max()) == (-1.0, 1.0)


def test_the_steps_that_were_given_are_the_ones_that_are_fitted(files):
    scaler, fitted = MinMaxScaler(), StandardScaler().fit(pd.DataFrame({"pt": [0.0, 2.0]}))
    fitted.set_output(transform="pandas")
    before = fitted.mean_
    pipeline = make_pipeline(fitted, scaler)
    build("a.csv", transformer=pipeline)
    assert scaler.data_max_.tolist() == [8.0]
    assert pipeline[1] is scaler
    assert fitted.mean_ is before
    again = MinMaxScaler()
    build("a.csv", transformer=make_pipeline(fitted, again))
    assert again.data_max_.tolist() == [8.0]


def test_a_transformer_that_cannot_be_saved_is_said_before_the_files_are_read(files, monkeypatch):
    monkeypatch.setattr(_build, "iterate_events", None)
    with pytest.raises(TypeError, match=r"cannot be saved beside the cache .* in a module"):
        build("a.csv", transformer=FunctionTransformer(lambda frame: frame))


@pytest.mark.parametrize("when", [1, 2])
def test_a_source_file_that_changes_between_the_passes_is_noticed(files, monkeypatch, when):
    original, seen = _build.iterate_events, []

    def changes(*args, **options):
        seen.append(1)
        yield from original(*args, **options)
        if len(seen) == when:
            with Path("a.csv").open("a") as file:
                file.write("99.0\n")

    monkeypatch.setattr(_build, "iterate_events", changes)
    scaler = MinMaxScaler()
    with pytest.raises(FileFormatError, match=r"a.csv changed while the cache was made of it"):
        build("a.csv", transformer=scaler)
    with pytest.raises(NotFittedError):
        check_is_fitted(scaler)
    assert not Path("cache").exists()


def test_mapped_events_that_change_while_they_are_cached_are_noticed(tmp_path, monkeypatch):
    events = np.memmap(tmp_path / "x", dtype="f4", mode="w+", shape=(10, 2))
    original = _store.CacheWriter.write

    def changes(self, X, chunk_size):
        original(self, X, chunk_size)
        events[3, 1] = 7.0

    monkeypatch.setattr(_store.CacheWriter, "write", changes)
    with pytest.raises(CacheError, match="the events changed while they were written"):
        MemmapCache(tmp_path / "cache").fit_transform(EventBlocks({"x": events}))
    assert list((tmp_path / "cache").iterdir()) == []
