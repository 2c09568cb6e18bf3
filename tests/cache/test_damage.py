"""Files of a cache that are damaged, hand-made, or no files."""

from __future__ import annotations

import copy
import json
import os

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skhep_nn import MinMaxScaler
from skhep_nn.cache import MemmapCache, _manifest, append_to_cache, build_cache, open_cache
from skhep_nn.events import BlockKind, EventBlocks
from skhep_nn.exceptions import FileFormatError, SkhepNNError


@pytest.fixture
def built(tmp_path):
    """(folder, function that builds again with a scaler that is not fitted)."""
    pd.DataFrame({"pt": [1.0, 3.0, 5.0], "n": [1, 2, 3]}).to_csv(tmp_path / "a.csv", index=False)

    def build(verify=False):
        scaler = MinMaxScaler(exclude="n")
        folder = tmp_path / "cache"
        out = build_cache(tmp_path / "a.csv", scaler, folder, verify=verify, progress=False)
        return scaler, out

    build()
    return tmp_path / "cache", build


def test_every_flipped_bit_of_every_file_is_found(built):
    folder, build = built
    files = [path for path in sorted(folder.iterdir()) if path.name != "cache.json"]
    assert [path.name for path in files] == ["n.npy", "pt.npy", "transformer.joblib"]
    for path in [*files, folder / "cache.json"]:
        content = path.read_bytes()
        for at in range(len(content)):
            damaged = bytearray(content)
            damaged[at] ^= 1 << at % 8
            path.write_bytes(damaged)
            with pytest.raises(FileFormatError, match=path.name):
                open_cache(folder, verify=True)
        path.write_bytes(content)
    build(verify=True)


def test_a_transformer_that_is_not_the_one_of_the_cache_is_never_loaded(built):
    folder, build = built
    file = folder / "transformer.joblib"
    content = file.read_bytes()

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(folder / "made_by_the_pickle"),)

    joblib.dump(Bomb(), file)
    with pytest.raises(FileFormatError, match=r"transformer.joblib of the cache is not as it was"):
        build()
    assert not (folder / "made_by_the_pickle").exists()
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        file.write_bytes(damaged)
        with pytest.raises(FileFormatError, match=r"transformer.joblib of the cache is not as it"):
            build()
    file.unlink()
    with pytest.raises(FileFormatError, match=r"transformer.joblib of the cache is missing"):
        build()
    file.write_bytes(content)
    check_is_fitted(build()[0])


def test_a_transformer_with_a_right_digest_and_another_state_is_refused(built):
    folder, _ = built
    # somebody who can write the folder can write digests too, not those of the events
    joblib.dump(MinMaxScaler().fit(np.ones((2, 2))), folder / "transformer.joblib")
    content = (folder / "transformer.joblib").read_bytes()
    known = {"size": len(content), "blake2b": _manifest_digest(content)}
    rewrite(folder, lambda c: c["files"].update({"transformer.joblib": known}))
    scaler = MinMaxScaler(exclude="n")
    with pytest.raises(FileFormatError, match="is not the transformer that the cache was made"):
        build_cache(folder.parent / "a.csv", scaler, folder, progress=False)
    with pytest.raises(NotFittedError):
        check_is_fitted(scaler)


def test_a_transformer_that_the_json_does_not_know_is_not_loaded(built):
    folder, build = built
    rewrite(folder, lambda c: c["files"].clear())
    with pytest.raises(FileFormatError, match=r"transformer.joblib is no file of the cache"):
        build()


def _manifest_digest(content):
    from skhep_nn.cache._npy import digest_of

    return digest_of(content)


def rewrite(folder, change):
    """Write ``cache.json`` changed, with a checksum that is right."""
    path = folder / "cache.json"
    content = json.loads(path.read_text())
    del content["checksum"]
    changed = copy.deepcopy(content)
    out = change(changed)
    changed = out if isinstance(out, dict) and "format" in out else changed
    changed["checksum"] = _manifest.digest(changed)
    path.write_text(json.dumps(changed))
    return content


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A cache of several kinds of blocks, and its ``cache.json``."""
    folder = tmp_path_factory.mktemp("made")
    kinds = {"pdg": BlockKind("tokens", vocabulary=("padding", 211))}
    arrays = {"jet": np.ones((6, 2)), "pdg": np.ones((6, 3), int), "weight": np.ones(6)}
    tracks = np.ma.MaskedArray(np.ones((6, 2, 1)), mask=np.zeros((6, 2, 1), bool))
    MemmapCache(folder).fit_transform(EventBlocks({**arrays, "track": tracks}, kinds))
    (cache,) = folder.iterdir()
    return cache, (cache / "cache.json").read_text()


HUGE = 10**30
WRONG = [None, True, -1, 1.5, HUGE, "x", "", [], {}, [[]], [None], {"a": {}}, 1e999]


def paths_of(value, above=()):
    """Where there is a value in the content of a ``cache.json``."""
    if above:
        yield above
    if isinstance(value, dict):
        for key in value:
            yield from paths_of(value[key], (*above, key))
    elif isinstance(value, list):
        for at in range(len(value)):
            yield from paths_of(value[at], (*above, at))


def replaced(content, path, value):
    content = copy.deepcopy(content)
    at = content
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return content


def outcome(folder):
    """The values, or the error of ours that opening raises; any other error is passed on."""
    try:
        out = open_cache(folder, verify=True)
    except SkhepNNError as error:
        return str(error)
    return {name: np.array(array).tolist() for name, array in out.items()}


def test_any_value_of_the_json_replaced_is_an_error_or_changes_nothing(made):
    folder, text = made
    content = json.loads(text)
    del content["checksum"]
    right = outcome(folder)
    assert isinstance(right, dict)
    # what is there to be read by people, and what names another key or class of kind
    free = ("source", "parameters", "version", "keys")
    n_errors = 0
    try:
        for path in paths_of(content):
            for value in WRONG:
                rewrite(folder, lambda _, p=path, v=value: replaced(content, p, v))
                out = outcome(folder)
                if isinstance(out, str):
                    n_errors += 1
                    assert str(folder) in out, (path, value, out)
                else:
                    same = replaced(content, path, value) == content
                    assert same or path[0] in free or "kind" in path, (path, value)
                    assert out == right
    finally:
        (folder / "cache.json").write_text(text)
    assert n_errors > 500


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["blocks"]["jet"].update(dtype="|O"), "'dtype' of block 'jet' must be a type"),
        (lambda c: c["blocks"]["jet"].update(dtype="<U4"), "'dtype' of block 'jet' must be a"),
        (lambda c: c["blocks"]["jet"].update(dtype="<M8"), "'dtype' of block 'jet' must be a"),
        (lambda c: c["blocks"]["jet"].update(dtype="|V8"), "'dtype' of block 'jet' must be a"),
        (lambda c: c["blocks"]["jet"].update(dtype="f4,f4"), "'dtype' of block 'jet' must be a"),
        (lambda c: c["blocks"]["jet"].update(shape=[6, 2**62]), "'shape' of block 'jet' must be"),
        (lambda c: c["blocks"]["jet"].update(shape=[6, -2]), "'shape' of block 'jet' must be a"),
        (lambda c: c["blocks"]["jet"].update(shape=[5, 2]), "must be one of 6 events"),
        (lambda c: c["blocks"]["jet"].update(file="../../etc/passwd"), "plain name of a file"),
        (lambda c: c["blocks"]["jet"].update(file="/etc/passwd"), "plain name of a file"),
        (lambda c: c["blocks"]["jet"].update(file="pdg.npy"), "must be different ones"),
        (lambda c: c["blocks"]["jet"].update(offset=0), "'offset' of block 'jet' must be 128"),
        (lambda c: c["blocks"]["jet"].update(more=0), "the fields of block 'jet' must be"),
        (lambda c: c["blocks"]["jet"].pop("kind"), "the fields of block 'jet' must be"),
        (
            lambda c: c["blocks"]["jet"]["kind"].update(name="tokens"),
            "kinds of blocks must be",
        ),
        (lambda c: c["blocks"]["track"]["kind"].update(mask="no"), "kinds of blocks must be"),
        (lambda c: c["blocks"]["jet"]["segments"].append({}), "the fields of a segment"),
        (lambda c: c.update(layout="array"), "'blocks' of an array must be one called 'X'"),
        (lambda c: c.update(blocks={}), "'blocks' of cache.json must be an object with a block"),
        (lambda c: c.update(n_events=7, headers=[7]), "must be one of 7 events"),
        (lambda c: c.update(n_appended=1), "must be 2 segments with 6 events together"),
        (lambda c: c.pop("source"), "the fields of cache.json must be"),
        (lambda c: c.update(extra=1), "the fields of cache.json must be"),
        (lambda c: c.update(format=2.0), "'format' of cache.json must be a whole number"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_rule(made, change, message):
    folder, text = made
    try:
        rewrite(folder, change)
        with pytest.raises(FileFormatError, match=message):
            open_cache(folder)
    finally:
        (folder / "cache.json").write_text(text)


@pytest.mark.parametrize(
    "text",
    [b"[1]", b"null", b"[" * 100_000, b"\xff\xfe", b"", b'{"checksum": 1' + b"0" * 5000 + b"}"],
)
def test_what_is_no_json_of_a_cache_is_damaged(made, text):
    folder, whole = made
    try:
        (folder / "cache.json").write_bytes(text)
        with pytest.raises(FileFormatError, match=r"cache.json is"):
            open_cache(folder)
    finally:
        (folder / "cache.json").write_text(whole)


def test_a_json_larger_than_any_cache_is_not_read(made, monkeypatch):
    folder, _ = made
    monkeypatch.setattr(_manifest, "MAX_BYTES", 100)
    with pytest.raises(FileFormatError, match=r"cache.json is damaged"):
        open_cache(folder)


def pipe(path):
    os.mkfifo(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
@pytest.mark.parametrize("make", [pipe, os.mkdir])
@pytest.mark.parametrize("name", ["cache.json", "pt.npy", "transformer.joblib"])
def test_a_pipe_or_folder_in_place_of_a_file_does_not_wait(built, make, name):
    folder, build = built
    (folder / name).unlink()
    make(folder / name)
    with pytest.raises(FileFormatError, match=f"{name} is no file, but a folder, pipe or device"):
        open_cache(folder, verify=True)
    with pytest.raises(FileFormatError, match=f"{name} is no file, but a folder, pipe or device"):
        build()
    if name != "transformer.joblib":
        with pytest.raises(FileFormatError, match=f"{name} is no file, but a folder, pipe or"):
            append_to_cache(folder, pd.DataFrame({"pt": [1.0], "n": [1]}))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_as_a_source_file_does_not_wait(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(FileFormatError, match=r"a.csv is no (file|regular file)"):
        build_cache(tmp_path / "a.csv", None, tmp_path / "cache", progress=False)
