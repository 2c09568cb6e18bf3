"""Jets of four flavours with their tracks: the sample that ships."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pandas as pd
import pyarrow as pa

from skhep_nn import _choices
from skhep_nn.events import BlockKind, EventBlocks
from skhep_nn.io import read_events
from skhep_nn.preprocessing import SequencePadder

FLAVOURS = ("b", "c", "uds", "g")
JET = ["pt", "eta", "mass", "width", "pt_dispersion", "n_tracks", "track_fraction"]
TRACK = [
    "track_pt",
    "track_pt_fraction",
    "track_deta",
    "track_dphi",
    "track_d0",
    "track_z0",
    "track_d0_significance",
    "track_z0_significance",
    "track_charge",
]


def load_jets(*, return_X_y=False, max_tracks=15):
    """Jets of b, c and light quarks and of gluons at 13 TeV, with up to 15 tracks each.

    Equal numbers of jets of four flavours, from top pairs to hadrons, bb, cc and multijet events.
    Jet variables know little of the flavour: that is in the tracks, above all in the significance
    of their impact parameters. Generated with Pythia and a simple smearing by
    ``examples/generate/jets.py``; what is simplified is noted beside the data.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(X, y, sample_weight)`` with padded tracks instead of one table.
    max_tracks : int, default=15
        Tracks per jet in `X`: those with the largest absolute ``track_d0_significance``.

    Returns
    -------
    DataFrame, or (X, y, sample_weight)
        Per jet: ``pt``, ``mass`` [GeV], ``eta``; ``width``, mean distance of its particles to the
        axis; ``pt_dispersion``; ``n_tracks``, of all its tracks; ``track_fraction``, the part of
        `pt` that they carry. ``flavour``, one of "b", "c", "uds", "g"; ``weight``, which gives
        every flavour the spectrum of pT and absolute eta of b jets, and the same sum (no
        cross-section); ``process``; ``event_number``, shared by the jets of a collision: split by
        it, e.g. with ``GroupShuffleSplit``.

        Lists, one entry per track, the most displaced in front, as columns of Arrow lists:
        ``track_pt`` [GeV], ``track_pt_fraction`` (of the jet's), ``track_deta``, ``track_dphi``
        (from the jet's axis), ``track_d0``, ``track_z0`` [mm], ``track_d0_significance``,
        ``track_z0_significance`` (with the lifetime sign), ``track_charge``.

        Or `X`, an `EventBlocks` with ``jet`` of shape (n_jets, 7), ``track`` of shape (n_jets,
        max_tracks, 9) and its mask; `y`, the flavours; and `sample_weight`, of shape (n_jets,).

    Examples
    --------
    >>> from skhep_nn.datasets import load_jets
    >>> jets = load_jets()
    >>> jets["flavour"].value_counts().sort_index().index.tolist()
    ['b', 'c', 'g', 'uds']
    >>> X, y, sample_weight = load_jets(return_X_y=True, max_tracks=10)
    >>> X["jet"].shape[1:], X["track"].shape[1:], X.kinds["track"].features[6]
    ((7,), (10, 9), 'track_d0_significance')
    """
    return_X_y = _choices.switch(return_X_y, "return_X_y")
    max_tracks = _choices.count(max_tracks, "max_tracks")
    jets = _read()
    if not return_X_y:
        return jets
    features = jets[JET].to_numpy(np.float32)
    tracks = SequencePadder(max_tracks).fit_transform(jets[TRACK])
    kinds = {
        "jet": BlockKind("features", features=tuple(JET)),
        "track": BlockKind("sequence", features=tuple(TRACK)),
    }
    X = EventBlocks({"jet": features, "track": tracks}, kinds)
    return X, jets["flavour"].to_numpy(object), jets["weight"].to_numpy()


def _read():
    file = resources.files("skhep_nn.datasets") / "data" / "jets.parquet"
    with resources.as_file(file) as path:
        jets = read_events(path)
    fractions = _fractions(jets["track_pt"], jets["pt"].to_numpy())
    jets.insert(jets.columns.get_loc("track_pt") + 1, "track_pt_fraction", fractions)
    return jets


def _fractions(track_pt, jet_pt):
    """Momenta of tracks over that of their jet, as a column of lists."""
    lists = pa.chunked_array(track_pt.array.__arrow_array__()).combine_chunks()
    counts = np.diff(np.asarray(lists.offsets))
    values = lists.flatten().to_numpy() / np.repeat(jet_pt, counts)
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int64())
    arrow = pa.LargeListArray.from_arrays(offsets, pa.array(values.astype(np.float32)))
    return pd.Series(arrow, index=track_pt.index, dtype=track_pt.dtype)
