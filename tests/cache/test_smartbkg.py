from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from skhep_nn.cache import open_smartbkg_memmap
from skhep_nn.exceptions import FileFormatError, MissingFileError


class Malicious:
    """Pickled, it is a call of os.mkdir."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def write(folder, values, shape, dtype):
    """The three files, as smartBKG's script writes them."""
    path = folder / "X.memmap"
    values.tofile(path)
    (folder / "X.memmap.shape").write_bytes(pickle.dumps(shape))
    (folder / "X.memmap.dtype").write_bytes(pickle.dumps(dtype))
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_shape_and_type_come_from_the_side_files(tmp_path, protocol):
    X = np.arange(24, dtype="float32").reshape(2, 3, 4)
    path = write(tmp_path, X, (), "")
    (tmp_path / "X.memmap.shape").write_bytes(pickle.dumps(X.shape, protocol))
    (tmp_path / "X.memmap.dtype").write_bytes(pickle.dumps(str(X.dtype), protocol))
    out = open_smartbkg_memmap(path)
    assert isinstance(out, np.memmap)
    assert not out.flags.writeable
    np.testing.assert_array_equal(out, X)


@pytest.mark.parametrize("side", ["shape", "dtype"])
def test_a_malicious_pickle_does_not_run(tmp_path, side):
    target = tmp_path / "made_by_the_pickle"
    content = pickle.dumps(Malicious(target))
    # what the plain unpickler would do
    pickle.loads(content)
    target.rmdir()
    path = write(tmp_path, np.zeros(2, "f4"), (2,), "float32")
    (tmp_path / f"X.memmap.{side}").write_bytes(content)
    with pytest.raises(FileFormatError, match=rf"X.memmap.{side} must hold .*import posix.mkdir"):
        open_smartbkg_memmap(path)
    assert not target.exists()


@pytest.mark.parametrize(
    "shape",
    [
        [2],
        (2.0,),
        (True,),
        (-2,),
        ("2",),
        ((2,),),
        (),
        2,
        None,
        {"a": 1},
        np.int64(2),
        np.dtype("f4"),
        (np.int64(2),),
        complex(1, 2),
    ],
)
def test_a_shape_is_a_tuple_of_whole_numbers_and_nothing_else(tmp_path, shape):
    path = write(tmp_path, np.zeros(2, "f4"), shape, "float32")
    with pytest.raises(FileFormatError, match=r"X.memmap.shape must hold a tuple of whole numbers"):
        open_smartbkg_memmap(path)


@pytest.mark.parametrize("dtype", [4, b"f4", ("f4",), None, np.dtype("f4"), ["f4"]])
def test_a_type_is_a_string_and_nothing_else(tmp_path, dtype):
    path = write(tmp_path, np.zeros(2, "f4"), (2,), dtype)
    with pytest.raises(FileFormatError, match=r"X.memmap.dtype must hold a string"):
        open_smartbkg_memmap(path)


@pytest.mark.parametrize("dtype", ["object", "O", "U4", "i4,f4", "nonsense", "(2,)f4", ""])
def test_a_type_is_one_of_numbers(tmp_path, dtype):
    path = write(tmp_path, np.zeros(2, "f4"), (2,), dtype)
    with pytest.raises(FileFormatError, match="which is no type of numbers"):
        open_smartbkg_memmap(path)


@pytest.mark.parametrize("content", [b"", b"garbage", pickle.dumps((2,))[:-3], b"x" * 5000])
def test_a_damaged_side_file_is_an_error(tmp_path, content):
    path = write(tmp_path, np.zeros(2, "f4"), (2,), "float32")
    (tmp_path / "X.memmap.shape").write_bytes(content)
    with pytest.raises(FileFormatError, match=r"X.memmap.shape"):
        open_smartbkg_memmap(path)


def test_fewer_values_than_the_shape_says_are_an_error(tmp_path):
    path = write(tmp_path, np.zeros(5, "f4"), (2, 3), "float32")
    with pytest.raises(FileFormatError, match=r"20 bytes, but shape \(2, 3\) of float32 takes 24"):
        open_smartbkg_memmap(path)


@pytest.mark.parametrize("missing", ["X.memmap", "X.memmap.shape", "X.memmap.dtype"])
def test_a_missing_file_is_named(tmp_path, missing):
    path = write(tmp_path, np.zeros(2, "f4"), (2,), "float32")
    (tmp_path / missing).unlink()
    with pytest.raises(MissingFileError, match=f"there is no file .*{missing}'"):
        open_smartbkg_memmap(path)
