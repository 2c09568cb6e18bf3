"""HEPMASS and HEPMASS-IMB, from local copies of the published files."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn import _choices, _paths
from skhep_nn.datasets._higgs_ml import data_homes
from skhep_nn.exceptions import ColumnError, FileFormatError, MissingFileError
from skhep_nn.io import iterate_events

FEATURES = [f"f{number}" for number in range(27)]
# the header of the UCI files is a comment, "# label,f0,f1, ..."
LABELS = ("label", "type")
MASS, PROCESS = "mass", "name"
SAMPLES = ("all", "1000", "not1000", "imbalanced")
SUBSETS = ("train", "test")
BACKGROUND_MASS = ("drop", "keep")
ONLY_MASS = 1000.0
# 499.99 stands for 500 in the files
TOLERANCE = 0.02
DOWNLOAD = (
    "download the HEPMASS files (all_train.csv.gz, all_test.csv.gz) from the UCI machine learning "
    "repository, or HEPMASS-IMB (imbalanced_signal.csv, imbalanced_background.csv) from Zenodo "
    "record 6453048"
)


def fetch_hepmass(
    path=None,
    *,
    sample="all",
    subset=None,
    background_mass="drop",
    n_max=None,
    return_X_y=False,
):
    """HEPMASS: a resonance at five masses against top pairs, 27 features; or HEPMASS-IMB.

    Nothing is downloaded: the files must be there, plain or gzipped, under their published names
    or others. HEPMASS-IMB, where masses and background processes are not equally frequent, is
    recognised by its column ``name``.

    Parameters
    ----------
    path : path, default=None
        One file, or a folder that holds files under their published names. None: the folder
        ``skhep_nn`` in scikit-learn's data home, or the data home itself
        (``$SCIKIT_LEARN_DATA``, or ``~/scikit_learn_data``).
    sample : {"all", "1000", "not1000", "imbalanced"}, default="all"
        Which files of a folder: HEPMASS with all five masses, with 1000 GeV only, with the other
        four, or HEPMASS-IMB. Not used for the path of a file.
    subset : {"train", "test"}, default=None
        Which file of a folder, e.g. ``all_train.csv.gz``; None takes both. HEPMASS-IMB is not
        divided.
    background_mass : {"drop", "keep"}, default="drop"
        The files give background events a mass: drawn from the signal's in HEPMASS, with
        frequencies other than the signal's in HEPMASS-IMB, where it gives the label away. "drop"
        makes it NaN, to be assigned in training; "keep" returns what is in the file.
    n_max : int, default=None
        At most so many events from the beginning of each file.
    return_X_y : bool, default=False
        Return ``(X, y)`` instead of one table.

    Returns
    -------
    DataFrame, or (X, y)
        ``f0`` to ``f26``, standardised, in single precision and in the order of the features of
        `load_resonance`; ``mass`` in GeV, 500 where the file has 499.99, and 1000 for the signal of
        files without masses; ``is_signal``, 1 or 0; for HEPMASS-IMB ``process``. Or `X`, a
        DataFrame of the features and ``mass``, and `y`, the array ``is_signal``.

    Raises
    ------
    MissingFileError
        If a file is not there; it says what to download and where to put it.
    ColumnError
        If a feature or the label is missing.
    FileFormatError
        If a label is neither 1 nor 0, or a signal event has no mass.

    See Also
    --------
    load_resonance : Similar events, which ship with the package.

    References
    ----------
    P. Baldi et al., "Parameterized neural networks for high-energy physics", Eur. Phys. J. C 76
    (2016) 235. L. Anzalone, T. Diotalevi and D. Bonacorsi, "Improving parametric neural networks
    for high-energy physics (and beyond)", Mach. Learn.: Sci. Technol. 3 (2022) 035017.

    Examples
    --------
    >>> from skhep_nn.datasets import fetch_hepmass
    >>> fetch_hepmass("no_such_folder/all_train.csv.gz")
    Traceback (most recent call last):
    ...
    skhep_nn.exceptions.MissingFileError: there is no file ...
    """
    _choices.one_of(sample, SAMPLES, "sample")
    _choices.one_of(subset, (None, *SUBSETS), "subset")
    _choices.one_of(background_mass, BACKGROUND_MASS, "background_mass")
    return_X_y = _choices.switch(return_X_y, "return_X_y")
    tables = [_read(file, n_max) for file in _find(path, sample, subset)]
    events = pd.concat(tables, ignore_index=True)
    if background_mass == "drop":
        events.loc[events["is_signal"] == 0, MASS] = np.nan
    if not return_X_y:
        return events
    return events[[*FEATURES, MASS]], events["is_signal"].to_numpy()


def _find(path, sample, subset):
    if path is None:
        return _in_folders(data_homes(), sample, subset)
    path = _paths.user_path(path, "path")
    if path.is_dir():
        return _in_folders([path], sample, subset)
    if not path.is_file():
        msg = f"there is no file {str(path)!r}; {DOWNLOAD}"
        raise MissingFileError(msg)
    if subset is not None:
        msg = f"subset={subset!r} chooses among the files of a folder, but {path} is one file"
        raise ValueError(msg)
    return [path]


def _in_folders(folders, sample, subset):
    if sample == "imbalanced":
        if subset is not None:
            msg = f"HEPMASS-IMB has no files of subset={subset!r}; leave subset=None and split"
            raise ValueError(msg)
        names = ["imbalanced_signal.csv", "imbalanced_background.csv"]
    else:
        names = [f"{sample}_{one}.csv" for one in ([subset] if subset else SUBSETS)]
    return [_in_first(folders, name) for name in names]


def _in_first(folders, name):
    for folder in folders:
        for candidate in (folder / f"{name}.gz", folder / name):
            if candidate.is_file():
                return candidate
    where = " or ".join(map(str, folders))
    msg = f"neither {name}.gz nor {name} is in {where}; {DOWNLOAD} and put it there"
    raise MissingFileError(msg)


def _read(path, n_max):
    """The events of a file, chunk by chunk in single precision: a file has up to 7 million."""
    chunks = iterate_events(path, n_max=n_max, comment="#")
    return pd.concat([_clean(chunk, path) for chunk in chunks], ignore_index=True)


def _clean(chunk, path):
    """The columns promised, whatever the file calls them."""
    is_signal = _is_signal(chunk, path)
    missing = [name for name in FEATURES if name not in chunk]
    if missing:
        msg = f"{path} has no column {missing[0]!r}; HEPMASS has the features f0 to f26"
        raise ColumnError(msg)
    events = chunk[FEATURES].astype(np.float32)
    events[MASS] = _masses(chunk, is_signal, path)
    events["is_signal"] = is_signal.astype(np.int8)
    if PROCESS in chunk:
        events["process"] = chunk[PROCESS]
    return events


def _is_signal(chunk, path):
    name = next((label for label in LABELS if label in chunk), None)
    if name is None:
        msg = f"{path} has no column of labels, called one of {LABELS}"
        raise ColumnError(msg)
    unknown = sorted(set(chunk[name].unique().tolist()) - {0, 1})
    if unknown:
        msg = f"{path}: column {name!r} must hold 1 for signal or 0, it also holds {unknown[:5]}"
        raise FileFormatError(msg)
    return chunk[name].to_numpy() == 1


def _masses(chunk, is_signal, path):
    if MASS not in chunk:
        return np.where(is_signal, ONLY_MASS, np.nan)
    masses = chunk[MASS].to_numpy(float)
    rounded = np.round(masses)
    masses = np.where(np.abs(masses - rounded) < TOLERANCE, rounded, masses)
    if np.isnan(masses[is_signal]).any():
        msg = f"{path}: column 'mass' is empty for a signal event"
        raise FileFormatError(msg)
    return masses
