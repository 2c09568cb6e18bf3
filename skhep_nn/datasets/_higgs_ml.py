"""The ATLAS Higgs machine-learning challenge of 2014, from a local copy of the official file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from skhep_nn import _choices, _floats, _paths
from skhep_nn.exceptions import FileFormatError, MissingFileError
from skhep_nn.io import read_events

FEATURES = [
    "DER_mass_MMC",
    "DER_mass_transverse_met_lep",
    "DER_mass_vis",
    "DER_pt_h",
    "DER_deltaeta_jet_jet",
    "DER_mass_jet_jet",
    "DER_prodeta_jet_jet",
    "DER_deltar_tau_lep",
    "DER_pt_tot",
    "DER_sum_pt",
    "DER_pt_ratio_lep_tau",
    "DER_met_phi_centrality",
    "DER_lep_eta_centrality",
    "PRI_tau_pt",
    "PRI_tau_eta",
    "PRI_tau_phi",
    "PRI_lep_pt",
    "PRI_lep_eta",
    "PRI_lep_phi",
    "PRI_met",
    "PRI_met_phi",
    "PRI_met_sumet",
    "PRI_jet_num",
    "PRI_jet_leading_pt",
    "PRI_jet_leading_eta",
    "PRI_jet_leading_phi",
    "PRI_jet_subleading_pt",
    "PRI_jet_subleading_eta",
    "PRI_jet_subleading_phi",
    "PRI_jet_all_pt",
]
COLUMNS = ["EventId", *FEATURES, "Weight", "Label", "KaggleSet", "KaggleWeight"]
SENTINEL = -999.0
OFFICIAL_YIELDS = {"s": 691.9886, "b": 410_999.847}
KAGGLE_SETS = ("t", "b", "v", "u")

FILE = "atlas-higgs-challenge-2014-v2.csv"
FILES = (f"{FILE}.gz", FILE)
DOWNLOAD = "download atlas-higgs-challenge-2014-v2.csv.gz from CERN Open Data record 328"


def fetch_higgs_ml(
    path=None, *, return_X_y=False, official_yields=False, kaggle_set=None, missing=np.nan
):
    """The ATLAS Higgs challenge: H to tau tau against background, full simulation, 2012.

    Nothing is downloaded: the file, ``atlas-higgs-challenge-2014-v2.csv.gz`` of CERN Open Data
    record 328 (818,238 events) or one of the same layout, must be there.

    Parameters
    ----------
    path : path, default=None
        The file, plain or gzipped, or the folder that holds it under its official name. None:
        the folder ``skhep_nn`` in scikit-learn's data home, or the data home itself
        (``$SCIKIT_LEARN_DATA``, or ``~/scikit_learn_data``).
    return_X_y : bool, default=False
        Return ``(X, y, sample_weight)`` instead of one table.
    official_yields : bool, default=False
        Scale ``Weight`` per class so that the events returned sum to the yields of the
        challenge, 691.9886 for signal and 410,999.847 for background; needed for a significance
        from a part of the events.
    kaggle_set : str, default=None
        Only events of these sets: "t" training, "b" public and "v" private leaderboard, "u"
        unused; ``"bv"`` takes two. None takes all.
    missing : float, default=NaN
        What stands for a missing value in the features, which the file writes as -999;
        ``missing=-999`` keeps it.

    Returns
    -------
    DataFrame of 35 columns, or (X, y, sample_weight)
        The official columns: ``EventId``, 30 features (GeV and radians; ``DER_`` derived, ``PRI_``
        primitive), ``Weight``, ``Label`` ("s" or "b"), ``KaggleSet``, ``KaggleWeight``. Or `X`,
        a DataFrame of the 30 features, `y`, 1 for signal and 0 for background, and
        `sample_weight`, the column ``Weight``; arrays of shape (n_events,).

    Raises
    ------
    MissingFileError
        If the file is not there; it says what to download and where to put it.
    ColumnError
        If a column of the official layout is missing.
    FileFormatError
        If a label is not "s" or "b", or no events are left.

    References
    ----------
    C. Adam-Bourdarios et al., "The Higgs boson machine learning challenge", JMLR Workshop and
    Conference Proceedings 42 (2015) 19.

    Examples
    --------
    >>> from skhep_nn.datasets import fetch_higgs_ml
    >>> fetch_higgs_ml("no_such_folder/higgs.csv.gz")
    Traceback (most recent call last):
    ...
    skhep_nn.exceptions.MissingFileError: there is no file ...
    """
    return_X_y = _choices.switch(return_X_y, "return_X_y")
    official_yields = _choices.switch(official_yields, "official_yields")
    missing, sets = _floats.one(missing, "missing"), _choices.text(kaggle_set, "kaggle_set")
    path = _find(path)
    events = read_events(path, columns=COLUMNS)
    events = _of_sets(_check_labels(events, path), sets, path)
    events[FEATURES] = _mark_missing(events[FEATURES], missing)
    if official_yields:
        events["Weight"] = _rescaled(events, path)
    if not return_X_y:
        return events
    is_signal = (events["Label"] == "s").to_numpy().astype(np.int8)
    return events[FEATURES], is_signal, events["Weight"].to_numpy()


def data_homes():
    """The folders in which the file is looked for, first choice first."""
    home = Path(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")).expanduser()
    return [home / "skhep_nn", home]


def _find(path):
    path = None if path is None else _paths.user_path(path, "path")
    if path is not None and not path.is_dir():
        return _existing([path], f"there is no file {str(path)!r}", path)
    folders = data_homes() if path is None else [path]
    candidates = [folder / name for folder in folders for name in FILES]
    what = f"{FILES[0]} is not in {' or '.join(map(str, folders))}"
    return _existing(candidates, what, folders[0] / FILES[0])


def _existing(candidates, what, place):
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    msg = f"{what}; {DOWNLOAD} and put it there ({place}), or give its path"
    raise MissingFileError(msg)


def _check_labels(events, path):
    unknown = sorted(set(events["Label"].astype(str)) - set(OFFICIAL_YIELDS))
    if unknown:
        msg = f"{path}: column 'Label' must hold 's' or 'b', it also holds {unknown[:5]}"
        raise FileFormatError(msg)
    return events


def _of_sets(events, sets, path):
    if not sets:
        return events
    unknown = [one for one in sets if one not in KAGGLE_SETS]
    if unknown:
        msg = f"kaggle_set={sets!r}: {unknown[0]!r} is not one of {KAGGLE_SETS}"
        raise ValueError(msg)
    kept = events[events["KaggleSet"].isin(list(sets))].reset_index(drop=True)
    if kept.empty:
        found = sorted(events["KaggleSet"].unique())
        msg = f"{path} has no events of kaggle_set={sets!r}, only of {found}"
        raise FileFormatError(msg)
    return kept


def _mark_missing(features, missing):
    if missing == SENTINEL:
        return features
    return features.mask(features == SENTINEL, missing)


def _rescaled(events, path):
    factors = {}
    for label, official in OFFICIAL_YIELDS.items():
        total = events.loc[events["Label"] == label, "Weight"].sum()
        if not total > 0:
            msg = (
                f"{path}: the weights of class {label!r} sum to {total:g}; a class needs a "
                "positive sum to be scaled to its official yield"
            )
            raise FileFormatError(msg)
        factors[label] = official / total
    return events["Weight"] * events["Label"].map(factors).astype(float)
