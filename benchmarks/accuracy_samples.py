"""The samples on which classifiers are compared, as tables of features."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from benchmarks.accuracy_drawn import DRAWN
from skhep_nn import datasets
from skhep_nn.datasets import fetch_higgs_ml
from skhep_nn.datasets._higgs_ml import data_homes
from skhep_nn.exceptions import FileFormatError
from skhep_nn.metrics import closure_test, roc_auc

MASSES = (500, 1000, 1500)
# Kinds of particles whose numbers are the features of an event of the particle lists.
FREQUENT = 60
# Jets of arXiv:2008.02831 (Zenodo 4044628) as arrays, beside the file of the ATLAS challenge.
SET2GRAPH = "set2graph_jets.npz"
# Of a sample that is drawn; and what its classifiers, and those of few events, are trained on.
DRAWN_EVENTS, DRAWN_TRAIN = 40_000, 3000
FEW = (1000, 3000)


@dataclass(frozen=True)
class Sample:
    """Events with labels from 0 on.

    Parameters
    ----------
    X : DataFrame
    y : ndarray of int
    weights : ndarray or None
    figure : callable
        ``figure(y, probabilities, sample_weight)``.
    n_train : int or None
        So many events at most are trained on.
    more : dict of str to callable
        Further figures.
    """

    X: pd.DataFrame
    y: np.ndarray
    weights: np.ndarray | None
    figure: object
    n_train: int | None = None
    more: dict = field(default_factory=dict)

    def rows(self, at):
        """Features, labels and weights of some events."""
        return self.X.iloc[at], self.y[at], None if self.weights is None else self.weights[at]


def few(rows, y, n_events):
    """That many of the rows, of each class in proportion; all if there is no number."""
    if n_events is None or n_events >= len(rows):
        return rows
    return np.sort(train_test_split(rows, train_size=n_events, stratify=y[rows], random_state=0)[0])


@functools.lru_cache(maxsize=2)
def load(name):
    """The sample of that name; None, said aloud, if its file is not there."""
    try:
        return SAMPLES[name]()
    except (OSError, FileFormatError) as error:
        print(f"{name} is left out: {error}", flush=True)
        return None


def area(y, p, sample_weight=None):
    """Area under the ROC curve, of several classes the mean of each against the rest."""
    if p.shape[1] == 2:
        return roc_auc(y, p[:, 1], sample_weight)
    return float(np.mean([roc_auc(y == c, p[:, c], sample_weight) for c in np.unique(y)]))


def loss(y, p, sample_weight=None):
    """Cross-entropy."""
    p = p.astype(float)
    # of single precision they sum to one to seven digits
    return float(log_loss(y, p / p.sum(axis=1, keepdims=True), sample_weight=sample_weight))


def atlas():
    """The ATLAS challenge, or the part of it that is at hand."""
    X, y, w = fetch_higgs_ml(official_yields=True, return_X_y=True)
    return Sample(X, np.asarray(y), np.asarray(w), area)


def lepton_jets(target="is_signal"):
    """A resonance, or each process, in events with one lepton and jets."""
    events = datasets.load_lepton_jets()
    X = events.drop(columns=["weight", "process", "is_signal", "event_number"])
    y = np.unique(events[target].to_numpy().astype(str), return_inverse=True)[1]
    return Sample(X, y, events["weight"].to_numpy(), area)


def resonance(events):
    """A resonance against top pairs, of several masses, which the classifier is not told."""
    X = events.drop(
        columns=["weight", "mass", "is_signal", "process", "event_number"], errors="ignore"
    )
    return Sample(X, events["is_signal"].to_numpy().astype(int), events["weight"].to_numpy(), area)


def jets():
    """Flavours of jets by what describes the jet as a whole."""
    events = datasets.load_jets()
    X = events.select_dtypes("number").drop(columns=["weight", "event_number"])
    y = np.unique(events["flavour"].to_numpy().astype(str), return_inverse=True)[1]
    return Sample(X, y, None, area)


def particle_lists():
    """Which decays pass a skim, by the numbers of the most frequent particles."""
    events = datasets.load_particle_lists()
    counts = [Counter(np.abs(codes).tolist()) for codes in events["pdg"].map(np.asarray)]
    common = [code for code, _ in sum(counts, Counter()).most_common(FREQUENT)]
    X = pd.DataFrame([[c[code] for code in common] for c in counts], columns=map(str, common))
    return Sample(X.astype(float), events["passes_skim"].to_numpy().astype(int), None, area)


def set2graph():
    """Flavours of jets by what describes the jet as a whole, of a published sample."""
    path = next((p / SET2GRAPH for p in data_homes() if (p / SET2GRAPH).exists()), None)
    if path is None:
        msg = f"{SET2GRAPH} is not in {data_homes()[0]}"
        raise OSError(msg)
    with np.load(path) as file:
        X, y = (
            np.concatenate([file[f"{part}_{name}"] for part in ("train", "valid", "test")])
            for name in ("jet", "flav")
        )
    return Sample(pd.DataFrame(X.astype(float)), np.unique(y, return_inverse=True)[1], None, area)


def acceptance():
    """Whether a particle is seen; the probability itself matters."""
    X, y = datasets.make_acceptance(100_000, return_X_y=True, random_state=0)
    more = {"chi-square per bin": chi_square}
    return Sample(pd.DataFrame(X), np.asarray(y).astype(int), None, loss, more=more)


def chi_square(y, p, sample_weight=None):
    """Per bin of the probability: those who are seen against the sum of their probabilities."""
    return closure_test(y, p[:, 1], p[:, 1], sample_weight=sample_weight).chi2_per_bin


def drawn(name):
    """A sample of :mod:`benchmarks.accuracy_drawn`."""
    X, y = DRAWN[name](DRAWN_EVENTS)
    table = pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])])
    return Sample(table, y, None, area, DRAWN_TRAIN)


def atlas_sentinels():
    """The ATLAS challenge with -999 where a value is missing."""
    sample = atlas()
    return replace(sample, X=sample.X.fillna(-999.0))


def with_few(name, n_events):
    """A sample of which few events are trained on."""
    return replace(WHOLE[name](), n_train=n_events)


WHOLE = {
    "atlas": atlas,
    "lepton jets": lepton_jets,
    "lepton jets, five classes": lambda: lepton_jets("process"),
    "make_resonance": lambda: resonance(
        datasets.make_resonance(2000, 10_000, MASSES, random_state=0)
    ),
    "make_resonance, 64,000 events": lambda: resonance(
        datasets.make_resonance(10_000, 50_000, MASSES, random_state=0)
    ),
    "load_resonance": lambda: resonance(datasets.load_resonance()),
    "jets": jets,
    "set2graph": set2graph,
    "particle lists": particle_lists,
    "acceptance": acceptance,
    "atlas, missing -999": atlas_sentinels,
}
SMALL = {
    f"{name}, {n:,} events": functools.partial(with_few, name, n)
    for name in ("atlas", "lepton jets", "make_resonance")
    for n in FEW
}
SAMPLES = WHOLE | {name: functools.partial(drawn, name) for name in DRAWN} | SMALL
KINDS = dict.fromkeys(DRAWN, "drawn") | dict.fromkeys(SMALL, "small")
LESS_IS_BETTER = {"acceptance"}
