"""What `apply` writes: full disks, links, other people's folders, killed runs."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.tree import DecisionTreeClassifier

from skhep_nn import _owner
from skhep_nn.deploy import _dataset, _writer, apply
from skhep_nn.exceptions import FileFormatError, StorageError

READ = {".parquet": pd.read_parquet, ".feather": pd.read_feather, ".csv": pd.read_csv}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a model and events of which the second half has fractions."""
    monkeypatch.chdir(tmp_path)
    n = np.arange(40)
    events = pd.DataFrame({"pt": n * 1.0, "run": n})
    joblib.dump(DecisionTreeClassifier().fit(events[["pt"]], n > 20), "model.joblib")
    events[:20].to_csv("a.csv", index=False)
    events[20:].assign(run=n[20:] + 0.5).to_csv("b.csv", index=False)
    return tmp_path


def run(output, chunk_size=7):
    files = ["a.csv", "b.csv"]
    return apply(
        "model.joblib", files, output, columns="run", chunk_size=chunk_size, progress=False
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


GIVEN = ["a.csv", "b.csv", "model.joblib"]


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


class FullFile:
    """A file on a disk that has room for some bytes."""

    def __init__(self, file, room):
        self._file, self._room = file, room

    def write(self, data):
        size = memoryview(data).nbytes
        self._room -= size
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)

    def __getattr__(self, name):
        return getattr(self._file, name)


@pytest.mark.parametrize("suffix", READ)
@pytest.mark.parametrize("room", [0, 10, 300])
def test_a_full_disk_is_an_error_that_names_the_file_and_leaves_nothing(
    folder, monkeypatch, suffix, room
):
    original = _writer.Writer._new_part

    def on_a_small_disk(self):
        part, file = original(self)
        return part, FullFile(file, room)

    monkeypatch.setattr(_writer.Writer, "_new_part", on_a_small_disk)
    with pytest.raises(StorageError, match=rf"No space left .* the scores s{suffix} could not be"):
        run(f"s{suffix}")
    assert names(folder) == GIVEN


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
def test_whatever_the_disk_refuses_names_the_file_and_keeps_an_older_one(
    folder, monkeypatch, function, number
):
    (folder / "s.csv").write_text("older")
    target = os if function == "fsync" else type(folder)
    monkeypatch.setattr(target, function, failing(number))
    with pytest.raises(StorageError, match=r"the scores s.csv could not be written, and what ther"):
        run("s.csv")
    monkeypatch.undo()
    assert (folder / "s.csv").read_text() == "older"
    assert names(folder) == [*GIVEN, "s.csv"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_of_somebody_else_is_an_error_before_a_file_is_read(folder, monkeypatch, number):
    monkeypatch.setattr(type(folder), "open", failing(number))
    with pytest.raises(StorageError, match=r"you may not write in"):
        _writer.CsvWriter(folder / "s.csv")


def test_a_folder_in_which_one_may_not_look_is_an_error_that_names_the_output(folder, monkeypatch):
    monkeypatch.setattr(type(folder), "is_symlink", failing(errno.EACCES))
    with pytest.raises(StorageError, match=r"Permission denied: the scores s.csv"):
        run("s.csv")


def test_a_limit_on_the_size_of_files_names_the_file(folder):
    resource = pytest.importorskip("resource")
    assert resource
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "from skhep_nn import apply\n"
        "apply('model.joblib', 'a.csv', 's.parquet', progress=False)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "StorageError: [Errno 27] File too large: the scores s.parquet" in done.stderr
    assert names(folder) == GIVEN


def link(target, path):
    path.symlink_to(target)


def hard_link(target, path):
    path.hardlink_to(target)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (link, "is a link, which a file would replace"),
        (lambda _, path: path.symlink_to("nowhere"), "is a link, which a file would replace"),
        (hard_link, "has a second name"),
        (lambda _, path: path.mkdir(), "is a folder; name a file"),
        (lambda _, path: os.mkfifo(path), "is a pipe or device; name a file"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_at_the_output_is_neither_followed_nor_replaced(folder, make, message):
    target, output = folder / "precious.csv", folder / "s.csv"
    target.write_text("precious")
    make(target, output)
    before = os.lstat(output)
    with pytest.raises(FileFormatError, match=message):
        run(output)
    assert target.read_text() == "precious"
    assert os.lstat(output).st_ino == before.st_ino
    assert names(folder) == sorted([*GIVEN, "precious.csv", "s.csv"])


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_that_is_planted_while_events_are_scored_is_not_replaced(folder, monkeypatch):
    target = folder / "precious.csv"
    target.write_text("precious")
    original = _writer.CsvWriter._write

    def plants(self, frame):
        original(self, frame)
        (folder / "s.csv").unlink(missing_ok=True)
        (folder / "s.csv").symlink_to(target)

    monkeypatch.setattr(_writer.CsvWriter, "_write", plants)
    with pytest.raises(FileFormatError, match="is a link"):
        run("s.csv")
    assert target.read_text() == "precious"
    assert names(folder) == sorted([*GIVEN, "precious.csv", "s.csv"])


def test_the_hidden_file_has_a_name_that_nobody_can_guess_and_follows_no_link(folder, monkeypatch):
    monkeypatch.setattr(_writer._storage.secrets, "token_hex", lambda n: "0123")
    planted = folder / f".s.csv.{_owner.me()}.0123.part"
    planted.symlink_to(folder / "victim")
    with pytest.raises(StorageError, match="File exists"):
        run("s.csv")
    assert not (folder / "victim").exists()


@pytest.mark.parametrize("suffix", READ)
def test_what_killed_runs_left_is_removed_and_what_others_write_is_not(folder, suffix):
    command = [sys.executable, "-c", "from skhep_nn import _owner; print(_owner.me())"]
    gone = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    words = {"gone": gone, "running": _owner.me(), "elsewhere": "0123abcd-1-0123abcd"}
    for word in words.values():
        # of this output and of another one
        (folder / f".s{suffix}.{word}.0123.part").write_text("half")
        (folder / f".other.csv.{word}.0123.part").write_text("half")
    (folder / f".mine.{gone}.part").write_text("of somebody else")
    (folder / f".mine.{gone}.0123.part.txt").write_text("of somebody else")
    run(f"s{suffix}")
    for name in ("s", "other"):
        left = {path.name.split(".")[-3] for path in folder.glob(f".{name}*")}
        assert left == {words["running"], words["elsewhere"]}
    assert len(list(folder.glob(".mine*"))) == 2


SCORE = """
from skhep_nn import apply
def run(folder):
    files = [folder + "/a.csv", folder + "/b.csv"]
    apply({model!r}, files, folder + "/s{suffix}", columns="run", chunk_size=7, progress=False)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("suffix", READ)
def test_a_run_killed_at_any_moment_leaves_no_file_or_a_whole_one(folder, killed_at, suffix):
    run(f"whole{suffix}")
    expected = READ[suffix](f"whole{suffix}")
    setup = SCORE.format(model=str(folder / "model.joblib"), suffix=suffix)
    patches = (
        "from skhep_nn.deploy import _writer\n"
        "_writer.Writer.write = touching(_writer.Writer.write)\n"
    )
    found = set()
    with killed_at(setup, patches) as start:
        for number in range(1, 1000):
            place = folder / str(number)
            place.mkdir()
            for name in ("a.csv", "b.csv"):
                (place / name).write_bytes((folder / name).read_bytes())
            if not start(place, number):
                break
            output = place / f"s{suffix}"
            found.add(output.exists())
            if output.exists():
                pd.testing.assert_frame_equal(READ[suffix](output), expected)
            with _writer.open_writer(output) as writer:
                writer.write(expected)
            assert names(place) == ["a.csv", "b.csv", f"s{suffix}"]
    assert found == {True, False}


def test_parquet_keeps_lists_of_distinct_values_for_all_but_fractions(folder):
    run("scores.parquet")
    group = pq.ParquetFile("scores.parquet").metadata.row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]
    found = {one.path_in_schema: one.has_dictionary_page for one in columns}
    assert found == {"run": False, "score": False}
    pd.read_csv("b.csv").assign(run=1).to_csv("b.csv", index=False)
    run("scores.parquet")
    group = pq.ParquetFile("scores.parquet").metadata.row_group(0)
    assert [group.column(at).has_dictionary_page for at in range(2)] == [True, False]


def test_lists_keep_them_too(folder):
    from skhep_nn.deploy._writer import open_writer

    table = pa.table({"pt": pa.array([[1, 2], [3]], pa.large_list(pa.int64()))})
    with open_writer("lists.parquet") as writer:
        writer.write(table.to_pandas(types_mapper=pd.ArrowDtype))
    assert pd.read_parquet("lists.parquet")["pt"].map(list).tolist() == [[1, 2], [3]]


def test_a_task_that_was_given_up_may_rename_its_file_while_a_data_set_is_finished(
    tmp_path, monkeypatch
):
    folder, output, original = tmp_path / "parts", tmp_path / "scores", Path.iterdir
    folder.mkdir()
    pq.write_table(pa.table({"score": [0.5]}), folder / "part-00000.parquet")
    (folder / "part-00000.json").write_text("{}")
    dataset = _dataset._Dataset(output, folder)
    dataset.append(folder / "part-00000.parquet")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", lambda path: [*original(path), path / "of-another-name"])
        dataset.finish()
    assert names(output) == ["part-00000.parquet"]
