from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skhep_nn import apply, load_onnx
from skhep_nn._paths import user_path
from skhep_nn.cache import MemmapCache, append_to_cache, build_cache, open_cache
from skhep_nn.cache import open_smartbkg_memmap as open_smartbkg
from skhep_nn.exceptions import MissingFileError
from skhep_nn.io import read_events
from skhep_nn.training._checkpoint import Checkpoint

X = np.eye(2)
IMPOSSIBLE = ["x" * 5000, "a\0b", "~nobody-has-this-name/x"]
# {place where users name files: what takes the name}
TAKES = {
    "files": read_events,
    "open_cache": open_cache,
    "append_to_cache": lambda name: append_to_cache(name, X),
    "build_cache": lambda name: build_cache("events.csv", None, name, progress=False),
    "MemmapCache": lambda name: MemmapCache(name).fit_transform(X),
    "smartBKG": open_smartbkg,
    "output": lambda name: apply(fitted(), "events.csv", name, progress=False),
    "model": lambda name: apply(name, "events.csv", "scores.csv", progress=False),
    "load_onnx": load_onnx,
    "checkpoint_dir": lambda name: Checkpoint(name, "key"),
}


def fitted():
    return LogisticRegression().fit(X, [0, 1])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("events.csv").write_text("a,b\n1,2\n")


@pytest.mark.parametrize("name", IMPOSSIBLE)
@pytest.mark.parametrize("place", TAKES)
def test_a_name_that_no_file_can_have_is_an_error_of_ours(place, name):
    name = f"{name}.csv" if place == "output" else name
    with pytest.raises(MissingFileError, match="there can be no file"):
        TAKES[place](name)


@pytest.mark.parametrize("value", [None, 5, b"x", ["a"]])
@pytest.mark.parametrize(
    "place", [place for place in TAKES if place not in ("files", "model", "load_onnx")]
)
def test_what_is_no_path_is_an_error_that_names_the_parameter(place, value):
    with pytest.raises(TypeError, match="must be a path, got"):
        TAKES[place](value)


def test_a_home_is_written_out_and_what_is_not_there_stays(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert user_path("~/x.csv", "files") == Path("/somewhere/x.csv")
    assert user_path(Path("events.csv/x"), "files") == Path("events.csv/x")


def test_a_smartbkg_file_below_a_file_or_without_a_name_is_missing():
    for name in ("events.csv/x", ""):
        with pytest.raises(MissingFileError, match="there is no file"):
            open_smartbkg(name)
