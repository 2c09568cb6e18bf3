from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from skhep_nn.exceptions import FileFormatError, MissingExtraError, MissingFileError
from skhep_nn.io import read_events
from skhep_nn.io._files import expand, reading


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("tt_1.csv", "tt_2.csv", "deep/wjets.csv", "odd[1].csv"):
        (tmp_path / name).write_text("pt\n1\n")
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_a_path_a_pattern_and_a_list_of_both_are_expanded(folder):
    assert names(expand(folder / "tt_1.csv")) == ["tt_1.csv"]
    assert names(expand(str(folder / "tt_*.csv"))) == ["tt_1.csv", "tt_2.csv"]
    assert names(expand([folder / "deep" / "*.csv", folder / "tt_2.csv"])) == [
        "wjets.csv",
        "tt_2.csv",
    ]
    assert names(expand(folder / "**" / "w*.csv")) == ["wjets.csv"]


def test_a_file_whose_name_looks_like_a_pattern_is_found(folder):
    assert names(expand(folder / "odd[1].csv")) == ["odd[1].csv"]


def test_the_home_folder_may_be_a_tilde(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    assert expand("~/tt_1.csv") == [folder / "tt_1.csv"]


def test_a_file_named_twice_is_an_error_since_its_events_would_count_twice(folder):
    with pytest.raises(ValueError, match=r"tt_1.csv is named twice; its events would count twice"):
        expand([folder / "tt_1.csv", folder / "tt_*.csv"])


def test_a_missing_file_is_an_error_with_the_nearest_names(folder):
    with pytest.raises(MissingFileError, match=r"there is no file .*tt_3.csv.*nearest.*tt_1.csv"):
        read_events(folder / "tt_3.csv")


def test_a_pattern_without_a_match_is_an_error_that_shows_it(folder):
    with pytest.raises(FileNotFoundError, match=r"no file matches .*/zz\*.root"):
        read_events(str(folder / "zz*.root"))


def test_an_empty_list_is_an_error():
    with pytest.raises(ValueError, match="files is an empty list"):
        read_events([])


def test_a_folder_is_an_error_that_suggests_a_pattern(folder):
    with pytest.raises(FileFormatError, match=r"is a folder; name its files with a pattern"):
        read_events(folder)


def test_an_unknown_ending_is_an_error_that_lists_the_known_ones(folder):
    (folder / "events.dat").write_text("1")
    with pytest.raises(FileFormatError, match=r"events.dat: unknown file ending; known.*\.root"):
        read_events(folder / "events.dat")


def test_the_ending_is_read_in_any_case(folder):
    (folder / "EVENTS.CSV").write_text("pt\n1\n")
    assert len(read_events(folder / "EVENTS.CSV")) == 1


def test_an_error_of_files_is_an_oserror_and_one_of_the_package(folder):
    with pytest.raises(OSError, match="is a folder"):
        read_events(Path(folder))


def test_the_tree_in_the_path_is_an_error_that_says_where_it_belongs(folder):
    (folder / "events.root").write_bytes(b"root")
    with pytest.raises(MissingFileError, match=r"events.root:Events'; give the name .* as tree="):
        read_events(f"{folder}/events.root:Events")


@pytest.mark.parametrize(
    "url",
    [
        "root://eos.cern.ch//eos/x.root",
        "https://x.org/a.csv",
        "s3://bucket/a.parquet",
        Path("root://a/b"),
    ],
)
def test_a_remote_file_is_an_error_with_the_line_that_reads_it(url):
    with pytest.raises(FileFormatError, match=r"is remote, .*uproot.open\('.*'\).*fsspec-xrootd"):
        read_events(url)


@pytest.mark.parametrize("begins", ["file:", "file://"])
@pytest.mark.parametrize("name", ["tt_1.csv", "tt_*.csv"])
def test_the_address_of_a_local_file_is_its_path(folder, begins, name):
    for given in (f"{begins}{folder / name}", Path(f"{begins}{folder / name}")):
        assert expand(given) == expand(folder / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
@pytest.mark.parametrize("name", ["pipe.csv", "pip*.csv"])
def test_a_pipe_is_an_error_and_does_not_hang(folder, name):
    os.mkfifo(folder / "pipe.csv")
    with pytest.raises(FileFormatError, match=r"pipe.csv is no regular file but a pipe"):
        read_events(folder / name)


def test_a_broken_link_among_the_files_of_a_pattern_is_an_error(folder):
    (folder / "tt_9.csv").symlink_to(folder / "gone.csv")
    with pytest.raises(FileFormatError, match=r"tt_9.csv is no regular file but .* a broken link"):
        read_events(folder / "tt_*.csv")


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (PermissionError("denied"), FileFormatError, "you have no permission to: denied"),
        (FileNotFoundError("no such"), MissingFileError, "it is gone: no such"),
        (BlockingIOError("locked"), FileFormatError, "another process has it open .*: locked"),
        (ImportError("install\n  pip install x"), MissingExtraError, "install pip install x"),
        (MemoryError(), FileFormatError, "too little memory for .*: MemoryError"),
        (ModuleNotFoundError("install xxhash"), MissingExtraError, "is not installed: install xx"),
        (NotImplementedError("codec"), FileFormatError, "what it holds is not supported: codec"),
        (
            AssertionError(),
            FileFormatError,
            "it is cut off, damaged or of another format: AssertionError",
        ),
    ],
)
def test_only_damage_is_called_damage(error, kind, message):
    with pytest.raises(kind, match=rf"^x.root cannot be read; .*{message}"), reading("x.root"):
        raise error


def test_an_error_of_the_package_within_a_file_names_the_file():
    with pytest.raises(FileFormatError, match=r"^x.npz: version 9"), reading("x.npz"):
        raise FileFormatError("version 9")  # noqa: EM101


def test_a_folder_that_may_not_be_looked_into_is_an_error_that_says_so(folder, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(FileFormatError, match=r"tt_1.csv cannot be read; you have no permission"):
        read_events(folder / "tt_1.csv")


def test_a_file_that_may_not_be_opened_is_an_error_that_says_so(folder, monkeypatch):
    def refuse(self, *_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileFormatError, match=r"tt_1.csv cannot be read; you have no permission"):
        read_events(folder / "tt_1.csv")


@pytest.mark.parametrize("name", ["x" * 5000 + ".csv", "~nobody-has-this-name/x.csv"])
def test_a_name_that_no_file_can_have_is_an_error_of_the_package(name):
    with pytest.raises(MissingFileError, match="there can be no file"):
        read_events(name)


@pytest.mark.parametrize("files", [np.array("a.csv"), 3, None, [3], {"a.csv": 1, 2: 3}])
def test_what_is_no_list_of_paths_is_an_error_that_shows_it(files):
    with pytest.raises(TypeError, match="files must be a path, a pattern, or a list of them, got"):
        expand(files)
