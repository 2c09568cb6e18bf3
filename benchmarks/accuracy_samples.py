"""The samples on which classifiers are compared, as tables of features."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from skhep_nn import datasets
from skhep_nn.datasets import fetch_higgs_ml
from skhep_nn.exceptions import FileFormatError
from skhep_nn.metrics import roc_auc

MASSES = (500, 1000, 1500)
# Kinds of particles whose numbers are the features of an event of the particle lists.
FREQUENT = 60


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
    """

    X: pd.DataFrame
    y: np.ndarray
    weights: np.ndarray | None
    figure: object


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
    return float(log_loss(y, p.astype(float), sample_weight=sample_weight))


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


def acceptance():
    """Whether a particle is seen; the probability itself matters."""
    X, y = datasets.make_acceptance(100_000, return_X_y=True, random_state=0)
    return Sample(pd.DataFrame(X), np.asarray(y).astype(int), None, loss)


SAMPLES = {
    "atlas": atlas,
    "lepton jets": lepton_jets,
    "lepton jets, five classes": lambda: lepton_jets("process"),
    "make_resonance": lambda: resonance(
        datasets.make_resonance(2000, 10_000, MASSES, random_state=0)
    ),
    "load_resonance": lambda: resonance(datasets.load_resonance()),
    "jets": jets,
    "particle lists": particle_lists,
    "acceptance": acceptance,
}
