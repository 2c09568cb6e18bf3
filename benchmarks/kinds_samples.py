"""Samples of sequences, features and tokens, and what boosted trees read of them."""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from benchmarks import kinds_drawn
from skhep_nn import EventBlocks, MinMaxScaler, datasets
from skhep_nn.preprocessing import (
    BlockTransformer,
    DecayStringTokenizer,
    PDGTokenizer,
    SequencePadder,
)

SHARED = Path(__file__).parents[2] / "shared" / "data"
SET2GRAPH = SHARED / "bjet_set2graph_19979.npz"
BELLE = SHARED / "belle_like.npz"
KINEMATICS = ["charge", "energy", "px", "py", "pz"]
PARTICLE = [*KINEMATICS, "production_time", "x", "y", "z"]
MOMENTUM = ["px", "py", "pz", "energy"]
# a skim keeps one event in seven
N_TEST_FILES = 2


@dataclass(frozen=True)
class Sequences:
    """Events of training and test, as blocks for networks and as columns for trees.

    Parameters
    ----------
    train, test : EventBlocks
    y, y_test : ndarray
    columns : dict of str to tuple of ndarray
        Columns of training and test events, by the name of what reads them.
    """

    train: EventBlocks
    test: EventBlocks
    y: np.ndarray
    y_test: np.ndarray
    columns: dict


def particle_lists():
    """Which decays pass a skim: particles with codes, mothers, four-momenta, and decay strings.

    Two of the eight files are the test events, 2,940 events train.
    """
    return _lists(datasets.load_particle_lists(), PARTICLE)


def belle(path=BELLE):
    """The same of a larger sample, padded arrays, which has no times and places of particles."""
    return _lists(_example("selective_simulation").from_npz(path), KINEMATICS)


def _lists(events, particle):
    there = np.isin(events["file"], np.unique(events["file"])[3::4])
    blocks = _transformer(particle).fit(events[~there])
    y = events["passes_skim"].to_numpy()
    counted = {
        "trees, counts": _counts(events, there, ["pdg"]),
        "trees, counts and mothers": _counts(events, there, ["pdg", "mother_pdg"]),
    }
    parts = (blocks.transform(events[part]) for part in (~there, there))
    return Sequences(*parts, y[~there], y[there], counted)


def _transformer(particle):
    padder = SequencePadder(90)
    kinematics = make_pipeline(padder, FunctionTransformer(_with_angles), MinMaxScaler())
    codes = make_pipeline(PDGTokenizer("all", antiparticles="merge"), padder)
    return BlockTransformer(
        [
            ("particle", kinematics, particle),
            ("momentum", padder, MOMENTUM),
            ("pdg", codes, ["pdg"]),
            ("mother_pdg", codes, ["mother_pdg"]),
            ("decay", DecayStringTokenizer(170), ["decay_string"]),
        ]
    )


def _with_angles(particles):
    particles = particles.astype("float64")
    pt, pz = np.hypot(particles["px"], particles["py"]), particles["pz"]
    cos_theta = pz / np.hypot(pt, pz).clip(1e-6)
    return particles.assign(cos_theta=cos_theta, log_pt=np.log10(pt.clip(1e-3)))


def _counts(events, there, columns):
    """How many particles have each combination of codes."""
    lists = events[columns].to_numpy()
    counter = CountVectorizer(analyzer=lambda codes: zip(*codes, strict=True), min_df=20)
    train = counter.fit_transform(lists[~there]).toarray()
    return train, counter.transform(lists[there]).toarray()


def set2graph(path=SET2GRAPH):
    """b, c and light jets of Set2Graph; variables of jet and tracks as in the example."""
    parts = _example("b_tagging").read_set2graph(path)
    return _jets(parts)


def jets():
    """The jets that ship, of four flavours, as in the example."""
    return _jets(_example("b_tagging").load_jets_in_parts())


def _jets(parts):
    """Training and validation jets train; nothing is chosen on the validation jets."""
    (first, y), (second, y_second), (test, y_test) = parts
    train = EventBlocks.concatenate([first, second])
    columns = {"trees, columns": (_as_columns(train), _as_columns(test))}
    return Sequences(train, test, np.append(y, y_second), np.asarray(y_test), columns)


def _as_columns(X):
    """Jet and tracks side by side, with NaN for tracks that are not there."""
    tracks = np.where(X.mask("track")[..., None], X["track"], np.nan)
    return np.hstack([X["jet"], tracks.reshape(len(X), -1)])


def pulses():
    """Pulses of a detector, drawn."""
    return _drawn(*kinds_drawn.pulses())


def prongs():
    """Constituents of jets of one prong and two, drawn."""
    return _drawn(*kinds_drawn.prongs())


def _drawn(x, y, columns):
    parts = slice(kinds_drawn.N_TRAIN), slice(kinds_drawn.N_TRAIN, None)
    train, test = (EventBlocks({"sequence": x[part]}) for part in parts)
    columns = {"trees, columns": tuple(columns[part] for part in parts)}
    return Sequences(train, test, *(y[part] for part in parts), columns)


@functools.cache
def _example(name):
    """The program of that name among the examples."""
    path = Path(__file__).parents[1] / "examples" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLES = {
    "particle lists": particle_lists,
    "belle": belle,
    "jets": jets,
    "set2graph": set2graph,
    "pulses": pulses,
    "prongs": prongs,
}
