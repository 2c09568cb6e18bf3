from __future__ import annotations

import contextlib
import os
import pickle
import tracemalloc

import numpy as np
import pytest

from skhep_nn.cache import open_smartbkg_memmap
from skhep_nn.exceptions import FileFormatError, MissingFileError, SkhepNNError


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


BOMBS = {
    # an index of the memo, for which an unpickler makes room
    "memo": b"\x80\x02(r\xff\xff\xff\x0f.",
    "bytes": b"\x80\x04\x8e" + (2**40).to_bytes(8, "little"),
    "text": b"\x80\x04\x8d" + (2**40).to_bytes(8, "little"),
    "number": b"\x80\x02\x8b" + (2**31 - 1).to_bytes(4, "little") + b".",
    # a tuple of twice the same, a thousand times over: it would take for ever to print
    "nested": b"\x80\x02K\x02" + b"2\x86" * 1000 + b".",
    "many digits": b"I" + b"9" * 4000 + b"\n\x85.",
    "axes": b"(" + b"K\x01" * 1000 + b"t.",
    "large": b"(I" + str(2**63).encode() + b"\nt.",
    "zeros": b"(K\x00I" + str(2**62).encode() + b"\nt.",
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_few_bytes_take_no_memory_and_no_time(tmp_path, what):
    path = write(tmp_path, np.zeros(2, "f4"), (2,), "float32")
    (tmp_path / "X.memmap.shape").write_bytes(BOMBS[what])
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match=r"X.memmap"):
            open_smartbkg_memmap(path)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


def test_any_flipped_bit_of_a_side_file_is_an_error_or_another_shape(tmp_path):
    path = write(tmp_path, np.zeros(6, "f4"), (2, 3), "float32")
    for side in ("shape", "dtype"):
        file = tmp_path / f"X.memmap.{side}"
        content = file.read_bytes()
        for at in range(8 * len(content)):
            damaged = bytearray(content)
            damaged[at // 8] ^= 1 << at % 8
            file.write_bytes(damaged)
            with contextlib.suppress(SkhepNNError):
                assert open_smartbkg_memmap(path).nbytes <= 24
        file.write_bytes(content)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
@pytest.mark.parametrize("name", ["X.memmap", "X.memmap.shape", "X.memmap.dtype"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_or_folder_does_not_wait(tmp_path, name, make):
    path = write(tmp_path, np.zeros(2, "f4"), (2,), "float32")
    (tmp_path / name).unlink()
    make(tmp_path / name)
    with pytest.raises(FileFormatError, match=f"{name} is no file, but a folder, pipe or device"):
        open_smartbkg_memmap(path)


@pytest.mark.parametrize("mode", ["w+", "write", 0, None, {}])
def test_no_mode_empties_the_file(tmp_path, mode):
    path = write(tmp_path, np.zeros(2, "f4"), (2,), "float32")
    with pytest.raises(ValueError, match=r"mode=.*; it must be one of \['r', 'r\+', 'c'\]"):
        open_smartbkg_memmap(path, mode=mode)
    assert path.stat().st_size == 8
