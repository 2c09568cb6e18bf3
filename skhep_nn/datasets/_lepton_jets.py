"""One lepton, jets and missing momentum: the sample of five processes that ships."""

from __future__ import annotations

from importlib import resources

import numpy as np

from skhep_nn import _choices
from skhep_nn.io import read_events

FEATURES = [
    "LepChg",
    "LepPt",
    "LepEta",
    "Dxy",
    "Dz",
    "RelIso",
    "Met",
    "mt",
    "Njet",
    "Jet1Pt",
    "Jet2Pt",
    "HT",
    "NbLoose",
    "JetHBpt",
    "JetHBCSV",
    "JetB2pt",
    "DrJetHBLep",
]
PROCESSES = ("signal", "Wjets", "tt", "Zjets", "other")
TARGETS = ("is_signal", "process")


def load_lepton_jets(*, return_X_y=False, target="is_signal"):
    """Events with one lepton, jets and missing momentum at 13 TeV: five processes.

    A resonance that decays to a top pair (the signal) against W+jets, tt, Z+jets and other
    processes, with the 17 variables of the CMS tutorial "NN in CMS", multi-class script. Generated
    with Pythia and a simple smearing, by ``examples/generate/lepton_jets.py``, where what is
    simplified is noted; it is for learning and testing, not for physics results.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(X, y, sample_weight)`` instead of one table.
    target : {"is_signal", "process"}, default="is_signal"
        What `y` is: 1 for signal and 0 for the rest, or the name of the process (five classes).

    Returns
    -------
    DataFrame, or (X, y, sample_weight)
        The 17 variables; ``weight``, in pb per event, so that the sum over a process is its
        cross-section after selection; ``process``, one of "signal", "Wjets", "tt", "Zjets",
        "other"; ``is_signal``, 1 or 0; ``event_number``, unique. Or `X`, a DataFrame of the 17
        variables, `y` and `sample_weight`, arrays of shape (n_events,).

    Examples
    --------
    >>> from skhep_nn.datasets import load_lepton_jets
    >>> events = load_lepton_jets()
    >>> sorted(events["process"].unique())
    ['Wjets', 'Zjets', 'other', 'signal', 'tt']
    >>> X, y, sample_weight = load_lepton_jets(return_X_y=True)
    >>> X.shape[1], sorted(set(y.tolist()))
    (17, [0, 1])
    """
    return_X_y = _choices.switch(return_X_y, "return_X_y")
    _choices.one_of(target, TARGETS, "target")
    events = _read()
    if not return_X_y:
        return events
    return events[FEATURES], events[target].to_numpy(), events["weight"].to_numpy()


def _read():
    columns = [*FEATURES, "weight", "process", "event_number"]
    file = resources.files("skhep_nn.datasets") / "data" / "lepton_jets.parquet"
    with resources.as_file(file) as path:
        events = read_events(path, columns=columns)
    is_signal = (events["process"] == "signal").to_numpy().astype(np.int8)
    events.insert(columns.index("event_number"), "is_signal", is_signal)
    return events
