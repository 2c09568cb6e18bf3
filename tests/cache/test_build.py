from __future__ import annotations

import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    Normalizer,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.utils.validation import check_is_fitted

from skhep_nn import MinMaxScaler
from skhep_nn.cache import MemmapCache, append_to_cache, build_cache, open_cache
from skhep_nn.cli import main
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import CacheError, ColumnError, MissingFileError
from skhep_nn.preprocessing import BlockTransformer, SequencePadder

COLUMNS = ["pt", "eta", "weight", "is_signal"]


@pytest.fixture
def files(events, tmp_path, monkeypatch):
    """The working folder has the events in two files."""
    monkeypatch.chdir(tmp_path)
    events[COLUMNS][:400].to_parquet("a.parquet")
    events[COLUMNS][400:].to_parquet("b.parquet")
    return ["a.parquet", "b.parquet"]


def scaler():
    return MinMaxScaler(exclude=["weight", "is_signal"])


def passes(monkeypatch):
    """A list that grows by one with each pass over the files."""
    from skhep_nn.cache import _build

    seen, original = [], _build.iterate_events

    def counted(*args, **kwargs):
        seen.append(kwargs)
        return original(*args, **kwargs)

    monkeypatch.setattr(_build, "iterate_events", counted)
    return seen


def test_the_cache_has_what_the_transformer_makes_of_all_events(files, events, monkeypatch):
    seen = passes(monkeypatch)
    transformer = scaler()
    out = build_cache(files, transformer, "cache", chunk_size=70, progress=False)
    assert len(seen) == 2
    expected = scaler().fit_transform(events[COLUMNS])
    for name in COLUMNS:
        np.testing.assert_allclose(out[name], expected[name], rtol=1e-6)
        assert isinstance(out[name], np.memmap)
    assert out["weight"].dtype == np.float64
    np.testing.assert_array_equal(out["is_signal"], events["is_signal"])
    # the transformer is fitted, for application
    pd.testing.assert_frame_equal(transformer.transform(events[COLUMNS]), expected)


def test_blocks_keep_their_kinds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame(
        {"met": [1.0, 2.0, 3.0], "pt": [[5.0, 2.0, 1.0], [3.0], []], "w": [1.0, 2.0, 3.0]}
    )
    frame.to_parquet("a.parquet")
    transformer = BlockTransformer(
        [("event", StandardScaler(), ["met"]), ("track", SequencePadder(2), ["pt"])],
        weight_column="w",
    )
    out = build_cache("a.parquet", transformer, "cache", chunk_size=2, progress=False)
    assert isinstance(out, EventBlocks)
    assert out.kinds["w"].name == "weight"
    assert out.mask("track").tolist() == [[True, True], [True, False], [False, False]]
    assert out["track"][:, :, 0].tolist() == [[5.0, 2.0], [3.0, 0.0], [0.0, 0.0]]
    # mean 2, deviation sqrt(2/3)
    np.testing.assert_allclose(out["event"][:, 0], np.array([-1, 0, 1]) / (2 / 3) ** 0.5, rtol=1e-6)


def test_asked_again_it_reads_no_event(files, monkeypatch):
    transformer = scaler()
    build_cache(files, transformer, "cache", progress=False)
    seen = passes(monkeypatch)
    # the same object, which is fitted by now; a new one that is not; one from a file
    build_cache(files, transformer, "cache", progress=False, verify=True)
    new = scaler()
    build_cache(files, new, "cache", progress=False)
    build_cache(files, joblib.load("cache/transformer.joblib"), "cache", progress=False)
    assert seen == []
    assert new.data_min_.tolist() == transformer.data_min_.tolist()


@pytest.mark.parametrize("change", ["content", "files", "parameter", "dtype", "cut", "name"])
def test_anything_changed_builds_it_anew(files, events, monkeypatch, change):
    build_cache(files, scaler(), "cache", progress=False)
    seen = passes(monkeypatch)
    transformer, options = scaler(), {}
    if change == "content":
        events[COLUMNS][:400].assign(pt=1.0).to_parquet("a.parquet")
    if change == "files":
        files = files[:1]
    if change == "parameter":
        transformer.set_params(feature_range=(0, 1))
    if change == "dtype":
        options["dtype"] = None
    if change == "cut":
        options["cut"] = "pt > 50"
    if change == "name":
        files = ["c.parquet", "b.parquet"]
        events[COLUMNS][:400].to_parquet("c.parquet")
    build_cache(files, transformer, "cache", progress=False, **options)
    assert len(seen) == 2
    here = [path.name for path in Path().iterdir()]
    assert sorted(set(here) - {"c.parquet"}) == ["a.parquet", "b.parquet", "cache"]


def test_a_fitted_transformer_is_used_as_it_is(files, events, monkeypatch):
    transformer = scaler().fit(events[COLUMNS][:100])
    seen = passes(monkeypatch)
    out = build_cache(files, transformer, "cache", dtype=None, progress=False)
    assert len(seen) == 1
    np.testing.assert_array_equal(out["pt"], transformer.transform(events[COLUMNS])["pt"])


def test_a_pipeline_takes_a_pass_for_each_step_that_learns(files, events, monkeypatch):
    seen = passes(monkeypatch)

    def make():
        keep = FunctionTransformer(_features)
        return make_pipeline(keep, StandardScaler(), "passthrough", MinMaxScaler())

    transformer = make_pipeline(make(), MemmapCache("unused"))
    out = build_cache(files, transformer, "cache", chunk_size=100, progress=False)
    assert len(seen) == 3
    assert isinstance(out, np.memmap)
    np.testing.assert_allclose(out, make().fit_transform(events), atol=1e-6)


@pytest.mark.parametrize("scale", [False, True])
def test_a_step_that_learns_nothing_is_shown_the_names_of_the_columns(files, events, scale):
    def make():
        names = FunctionTransformer(np.tanh, feature_names_out="one-to-one")
        normed = Normalizer().set_output(transform="pandas")
        return make_pipeline(names, *[MinMaxScaler(exclude="weight")] * scale, normed)

    transformer, found = make(), make()
    out = build_cache(files, transformer, "cache", chunk_size=70, progress=False)
    again = build_cache(files, found, "cache", chunk_size=70, progress=False)
    expected = make().fit_transform(events[COLUMNS])
    for name in COLUMNS:
        np.testing.assert_allclose(out[name], expected[name], rtol=1e-6)
        np.testing.assert_array_equal(out[name], again[name])
    for one in (transformer, found):
        pd.testing.assert_frame_equal(one.transform(events[COLUMNS]), expected)


def _features(frame):
    return frame[["pt", "eta"]]


def test_a_step_without_partial_fit_is_named(files):
    with pytest.raises(ValueError, match="QuantileTransformer has no partial_fit, so that it"):
        build_cache(files, make_pipeline(QuantileTransformer()), "cache", progress=False)
    assert not Path("cache").exists()


def test_without_a_transformer_the_columns_are_cached(files, events):
    out = build_cache(files, None, "cache", columns=["pt", "is_signal"], progress=False)
    assert out.keys() == ["pt", "is_signal"]
    np.testing.assert_array_equal(out["pt"], events["pt"].astype("f4"))


def test_the_json_tells_of_files_and_transformer(files):
    build_cache(files, scaler(), "cache", cut="pt > 50", progress=False)
    content = json.loads(Path("cache/cache.json").read_text())
    assert [one["name"] for one in content["source"]["files"]] == files
    assert len(content["source"]["files"][0]["blake2b"]) == 32
    assert content["source"]["reading"]["cut"] == "pt > 50"
    assert content["parameters"]["transformer"].startswith("MinMaxScaler(exclude=")


def test_text_and_events_that_all_fail_the_cut_are_errors(files, events):
    events[["pt", "process"]].to_parquet("text.parquet")
    with pytest.raises(ColumnError, match="column 'process' holds"):
        build_cache("text.parquet", None, "cache", progress=False)
    with pytest.raises(ValueError, match="no event of 2 files passes cut='pt > 1e9'"):
        build_cache(files, scaler(), "cache", cut="pt > 1e9", progress=False)
    with pytest.raises(MissingFileError, match=r"there is no file 'c.parquet'"):
        build_cache("c.parquet", scaler(), "cache", progress=False)
    assert not Path("cache").exists()


def test_a_folder_of_something_else_is_not_overwritten(files, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "thesis.tex").write_text("precious")
    with pytest.raises(CacheError, match="cache is there and is no cache"):
        build_cache(files, scaler(), "cache", progress=False)
    assert (tmp_path / "cache" / "thesis.tex").read_text() == "precious"


def test_a_cache_with_events_appended_is_kept(files, events):
    build_cache(files, None, "cache", columns=["pt"], progress=False)
    append_to_cache("cache", events[["pt"]][:5])
    with pytest.raises(CacheError, match="has events appended to it"):
        build_cache(files, None, "cache", columns=["eta"], progress=False)
    assert len(open_cache("cache", verify=True)) == 605


def test_the_command_builds_a_cache_and_keeps_the_fitted_transformer(files, events, capsys):
    joblib.dump(scaler(), "prep.joblib")
    command = "cache a.parquet b.parquet --transformer prep.joblib --output cache"
    assert main(command.split()) == 0
    out, err = capsys.readouterr()
    # pt and eta of 4 bytes, weight and label of 8, 600 events, four headers of 128 bytes
    assert out == (
        "600 events in 4 blocks, 0.0149 MB, in cache; the fitted transformer is "
        "cache/transformer.joblib\n"
    )
    # nobody looks at a test
    assert err == ""
    np.testing.assert_array_equal(open_cache("cache")["is_signal"], events["is_signal"])
    check_is_fitted(joblib.load("cache/transformer.joblib"))
    with pytest.raises(NotFittedError):
        check_is_fitted(joblib.load("prep.joblib"))
    options = "--columns pt --cut pt>50 --chunk-size 50 --quiet --verify"
    assert main(["cache", "*.parquet", "-o", "other", *options.split()]) == 0
    assert capsys.readouterr() == ("", "")
    assert len(open_cache("other")) == int((events["pt"] > 50).sum())


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("cache no.parquet -o cache", "there is no file 'no.parquet'"),
        ("cache a.parquet -o cache -t no.joblib", "there is no transformer file 'no.joblib'"),
        ("cache a.parquet -o cache -t a.parquet", "a.parquet cannot be read"),
        ("cache a.parquet -o cache -t list.joblib", "list.joblib is no transformer, but list"),
        ("cache a.parquet -o cache -t q.joblib", "QuantileTransformer has no partial_fit"),
        ("cache a.parquet -o a.parquet", "a.parquet is there and is no cache"),
    ],
)
def test_an_error_of_the_command_is_one_line(files, capsys, command, message):
    joblib.dump([], "list.joblib")
    joblib.dump(QuantileTransformer(), "q.joblib")
    assert main([*command.split(), "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert not Path("cache").exists()


@pytest.mark.parametrize(
    "columns",
    [
        np.array(["pt", "eta"]),
        pd.Index(["pt", "eta"]),
        pd.Series(["pt", "eta"]),
        {"pt": 1, "eta": 2},
        ("pt", "eta"),
    ],
    ids=lambda columns: type(columns).__name__,
)
def test_columns_and_numbers_may_be_of_any_type_that_reading_takes(files, columns):
    options = {"n_max": np.int64(5), "progress": False}
    made = build_cache(files, None, "cache", columns=columns, **options)
    assert list(made.keys()) == ["pt", "eta"]
    assert len(made) == 5
    again = build_cache(files, None, "cache", columns=["pt", "eta"], n_max=5, progress=False)
    assert len(again) == 5
    assert len(json.loads(Path("cache/cache.json").read_text())["keys"]) == 1


def test_columns_that_can_be_read_once_only_are_those_of_every_pass(files):
    made = build_cache(files, scaler(), "cache", columns=iter(COLUMNS), progress=False)
    assert list(made.keys()) == COLUMNS


def test_a_csv_file_with_another_separator_can_be_cached(events, tmp_path):
    events[COLUMNS].to_csv(tmp_path / "x.csv", index=False, sep=";")
    made = build_cache(
        tmp_path / "x.csv", None, tmp_path / "made", separator=";", dtype=None, progress=False
    )
    assert made["pt"].tolist() == events["pt"].tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dtype": 0}, "dtype=0 must be a type of floating-point numbers"),
        ({"dtype": {1, 2}}, "dtype={1, 2} must be"),
        ({"dtype": "int8"}, "dtype='int8' must be"),
        ({"columns": slice(2)}, "columns must name"),
        ({"columns": range(3)}, "has no column 0"),
        ({"n_max": 1j}, "n_max must be a whole number"),
        ({"chunk_size": 0}, "chunk_size must be a whole number"),
    ],
)
def test_what_cannot_be_asked_for_is_an_error_before_anything_is_read(files, options, message):
    with pytest.raises((ColumnError, ValueError), match=message):
        build_cache(files, scaler(), "cache", progress=False, **options)
    assert not Path("cache").exists()


@pytest.mark.parametrize("transformer", [pd.DataFrame(), pd.Series([1.0]), MinMaxScaler])
def test_what_has_no_fit_is_no_transformer(files, transformer):
    rule = r"(?s)transformer=.* (has no fit|is a class; pass an object of it)"
    with pytest.raises(TypeError, match=rule):
        build_cache(files, transformer, "cache")
