from __future__ import annotations

import warnings
import zipfile

import numpy as np
import pytest

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, FileFormatError, LeftOutWarning
from skhep_nn.io import _npz, _source, iterate_events, read_events

TRACKS = np.arange(60.0).reshape(5, 3, 4)


@pytest.fixture(params=[np.savez, np.savez_compressed])
def path(request, tmp_path):
    path = tmp_path / "jets.npz"
    weight = np.array([1.0, -1.0, 2.0, 0.5, 1.5])
    request.param(path, tracks=TRACKS, weight=weight, lumi=139.0)
    return path


def test_arrays_with_more_axes_come_as_blocks_and_single_numbers_stay_behind(path):
    got = read_events(path)
    assert isinstance(got, EventBlocks)
    assert list(got.keys()) == ["tracks", "weight"]
    np.testing.assert_array_equal(got["tracks"], TRACKS)


def test_one_dimensional_arrays_alone_are_a_table(path):
    assert read_events(path, columns=["weight"])["weight"].tolist() == [1.0, -1.0, 2.0, 0.5, 1.5]


def test_blocks_are_read_in_chunks_and_cut(path):
    chunks = list(iterate_events(path, chunk_size=2, cut="weight > 0.7"))
    assert [len(chunk) for chunk in chunks] == [1, 1, 1]
    joined = np.concatenate([chunk["tracks"] for chunk in chunks])
    np.testing.assert_array_equal(joined, TRACKS[[0, 2, 4]])


def test_n_max_limits_blocks(path):
    np.testing.assert_array_equal(read_events(path, n_max=3)["tracks"], TRACKS[:3])


def test_an_array_written_column_by_column_is_read_right(tmp_path):
    np.savez(tmp_path / "f.npz", x=np.asfortranarray(TRACKS))
    joined = np.concatenate(
        [chunk["x"] for chunk in iterate_events(tmp_path / "f.npz", chunk_size=2)]
    )
    np.testing.assert_array_equal(joined, TRACKS)


def test_pickled_objects_are_refused(tmp_path):
    np.savez(tmp_path / "o.npz", x=np.array([{}, []], object), pt=np.arange(2.0))
    with pytest.warns(LeftOutWarning, match=r"1 of 2 arrays .* left out: 'x' \(it holds pickled"):
        assert read_events(tmp_path / "o.npz").columns.tolist() == ["pt"]
    with pytest.raises(ColumnError, match=r"o.npz has array 'x', .*pickled Python objects"):
        read_events(tmp_path / "o.npz", columns="x")


def test_arrays_of_different_lengths_are_an_error_that_names_them(tmp_path):
    np.savez(tmp_path / "d.npz", a=np.arange(2), b=np.arange(3))
    with pytest.raises(
        FileFormatError, match=r"d.npz: the arrays differ in length: 'a' \(2\), 'b'"
    ):
        read_events(tmp_path / "d.npz")


def test_blocks_of_several_files_join(path, tmp_path):
    np.savez(tmp_path / "more.npz", tracks=TRACKS[:2], weight=np.ones(2))
    got = read_events([path, tmp_path / "more.npz"])
    assert len(got) == 7


def test_blocks_of_another_shape_are_an_error(path, tmp_path):
    np.savez(tmp_path / "more.npz", tracks=TRACKS[:2, :2], weight=np.ones(2))
    with pytest.raises(FileFormatError, match=r"more.npz: column 'tracks' holds arrays of shape"):
        read_events([path, tmp_path / "more.npz"])


def test_the_jet_sample_is_read_as_numpy_reads_it(data_file):
    file = data_file("jets_ttbar.npz")
    got = read_events(file, cut="label == 0", columns=["trk", "label"])
    with np.load(file) as archive:
        np.testing.assert_array_equal(got["trk"], archive["trk"][archive["label"] == 0])


def npy(shape, dtype="<f8", content=b"", order=False):
    """The bytes of an array whose header says what one likes."""
    header = repr({"descr": dtype, "fortran_order": order, "shape": shape}).encode()
    header += b" " * (53 - len(header) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


def write_members(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


@pytest.mark.parametrize("kind", [">f8", ">f4", ">i4", ">u2"])
def test_big_endian_arrays_are_made_native(tmp_path, kind):
    np.savez(tmp_path / "x.npz", pt=np.arange(3, dtype=kind), two=np.ones((3, 2), kind))
    got = read_events(tmp_path / "x.npz")
    assert all(np.asarray(got[name]).dtype.isnative for name in ("pt", "two"))
    assert read_events(tmp_path / "x.npz", columns="pt", cut="pt > 0").iloc[[1]]["pt"].item() == 2


def test_bytes_are_text(tmp_path):
    process = np.array([b"ttH", "Zé".encode(), b""])
    np.savez(tmp_path / "x.npz", process=process)
    assert read_events(tmp_path / "x.npz")["process"].tolist() == ["ttH", "Zé", ""]
    assert len(read_events(tmp_path / "x.npz", cut="process == 'ttH'")) == 1


def test_bytes_that_are_no_text_are_an_error_that_names_the_array(tmp_path):
    np.savez(tmp_path / "x.npz", blob=np.array([b"\xff\xfe"]))
    with pytest.raises(FileFormatError, match=r"x.npz: column 'blob' holds bytes that are no text"):
        read_events(tmp_path / "x.npz")


@pytest.mark.parametrize(
    "values", [np.ones(2, complex), np.ones(2, np.longdouble), np.zeros(2, "V3")]
)
def test_types_that_are_neither_numbers_nor_text_are_refused_by_name(tmp_path, values):
    np.savez(tmp_path / "x.npz", x=values, pt=np.ones(2))
    with pytest.raises(ColumnError, match=r"x.npz has array 'x', .*: its type is"):
        read_events(tmp_path / "x.npz", columns="x")


def test_an_event_that_unpacks_to_gigabytes_is_an_error_before_it_is_unpacked(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(_source, "BYTES_OF_EVENT", 2**20)
    np.savez_compressed(tmp_path / "bomb.npz", x=np.zeros((1, 2**20)))
    with pytest.raises(FileFormatError, match=r"array 'x' of shape \(1, 1048576\) has 8 MB per ev"):
        read_events(tmp_path / "bomb.npz")


def test_an_array_in_columns_that_unpacks_to_gigabytes_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(_npz, "BYTES_OF_ARRAY", 2**20)
    np.savez_compressed(tmp_path / "bomb.npz", x=np.asfortranarray(np.zeros((1024, 1024))))
    with pytest.raises(FileFormatError, match=r"array 'x' was written column by column"):
        read_events(tmp_path / "bomb.npz")


def test_chunks_of_wide_events_are_bounded_in_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(_npz, "BYTES_OF_CHUNK", 200)
    np.savez(tmp_path / "x.npz", x=np.arange(50.0).reshape(5, 10))
    chunks = list(iterate_events(tmp_path / "x.npz"))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    np.testing.assert_array_equal(read_events(tmp_path / "x.npz")["x"].ravel(), np.arange(50.0))


@pytest.mark.parametrize(
    "content",
    [
        npy((-1,)),
        npy((3, -1), content=bytes(24)),
        npy((10**15,), content=bytes(24)),
        npy((2,), content=bytes(24)),
        npy((2,), dtype="<q9", content=bytes(16)),
        npy("__import__('os')"),
        b"no array at all",
        b"",
    ],
)
def test_a_header_that_cannot_be_true_is_an_error(tmp_path, content):
    write_members(tmp_path / "x.npz", x=content)
    with pytest.raises(FileFormatError, match=r"x.npz"):
        read_events(tmp_path / "x.npz")


def test_an_array_that_is_there_twice_is_an_error(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", npy((1,), content=bytes(8)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            archive.writestr("x.npy", npy((1,), content=bytes(8)))
    with pytest.raises(FileFormatError, match=r"x.npz: the archive has more than one 'x.npy'"):
        read_events(tmp_path / "x.npz")


def test_a_member_whose_name_was_damaged_is_counted(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("pt.npy", npy((1,), content=bytes(8)))
        archive.writestr("eta.npz", npy((1,), content=bytes(8)))
    with pytest.warns(LeftOutWarning, match=r"1 of 2 arrays .* 'eta.npz' \(it is no array"):
        read_events(tmp_path / "x.npz")
    with pytest.raises(ColumnError, match=r"no array 'eta'; it has 'pt' \(1 arrays in all\)"):
        read_events(tmp_path / "x.npz", columns=["pt", "eta"])


def test_a_flipped_bit_in_the_content_is_an_error(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.arange(1000.0))
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[content.index(np.float64(500).tobytes())] ^= 1
    (tmp_path / "x.npz").write_bytes(bytes(content))
    with pytest.raises(FileFormatError, match=r"x.npz cannot be read; it is cut off, damaged"):
        read_events(tmp_path / "x.npz")
