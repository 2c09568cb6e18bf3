from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io import iterate_events, read_events

SAMPLE = Path(__file__).parents[2].parent / "shared" / "data" / "jets_ttbar.npz"

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


@pytest.mark.skipif(not SAMPLE.exists(), reason="the jet sample is not here")
def test_the_jet_sample_is_read_as_numpy_reads_it():
    got = read_events(SAMPLE, cut="label == 0", columns=["trk", "label"])
    with np.load(SAMPLE) as archive:
        np.testing.assert_array_equal(got["trk"], archive["trk"][archive["label"] == 0])
