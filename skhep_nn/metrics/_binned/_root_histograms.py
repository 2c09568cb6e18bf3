"""Templates as ROOT histograms, named as Combine and cabinetry look for them."""

from __future__ import annotations

import numpy as np

from skhep_nn import _extras, _storage
from skhep_nn._paths import user_path
from skhep_nn.metrics import _shapes

DATA = "data_obs"
_SIDES = ("Up", "Down")
# of folders and cycles
_MARKS = ("/", ";")


def histograms(templates, observed):
    """(contents, variances) of every histogram by its name.

    Parameters
    ----------
    templates : Templates
    observed : ndarray of shape (n_bins,) or None
        None: the expected data, signal included.

    Returns
    -------
    dict of str to tuple of ndarray

    Raises
    ------
    ValueError
        If two would have one name, or a name stands for a folder.
    """
    found = {}
    for name, histogram in _named(templates, observed):
        _check_name(name, found)
        found[name] = histogram
    return found


def _named(templates, observed):
    data = templates.signal + templates.background if observed is None else observed
    yield DATA, (np.asarray(data, dtype=float), np.abs(data))
    for at, process in enumerate(templates.processes):
        nominal, squares = templates.nominal[at], templates.squares[at]
        yield process, (nominal, squares)
        for variation, pair in templates.variations.items():
            for side, values in zip(_SIDES, pair, strict=True):
                yield f"{process}_{variation}{side}", (values[at], squares)
        if not templates.is_signal[at]:
            yield from _of_systematic(templates, process, nominal, squares)


def _check_name(name, others):
    if not name or any(mark in name for mark in _MARKS):
        msg = (
            f"a histogram would be named {name!r}; a name in a ROOT file is not empty and has none "
            f"of {_MARKS}; rename the process or variation"
        )
        raise ValueError(msg)
    if name in others:
        msg = (
            f"two histograms would be named {name!r}; rename the process or variation ({DATA!r} "
            "holds the observed events)"
        )
        raise ValueError(msg)


def write(templates, path, observed):
    """Write the histograms into a new ROOT file."""
    uproot = _extras.require("uproot", "io")
    path = user_path(path, "path")
    with _storage.explained(path, "the histograms", "nothing is written"):
        part = _storage.temporary_name(path)
        try:
            # uproot would make folders
            part.open("xb").close()
            with uproot.recreate(part) as file:
                for name, (contents, variances) in histograms(templates, observed).items():
                    file[name] = _th1(uproot, name, contents, variances, templates.edges)
            _storage.publish(part, path)
        finally:
            part.unlink(missing_ok=True)


def _of_systematic(templates, process, nominal, squares):
    """One bin up and down at a time, since these uncertainties are independent."""
    for at in np.flatnonzero(templates.systematic):
        for side, sign in zip(_SIDES, (1, -1), strict=True):
            shifted = nominal.copy()
            shifted[at] *= 1 + sign * templates.systematic[at]
            yield f"{process}_systematic_bin{at}{side}", (shifted, squares)


def _th1(uproot, name, contents, variances, edges):
    identify = uproot.writing.identify
    axis = identify.to_TAxis(
        "xaxis", "score", len(contents), edges[0], edges[-1], fXbins=np.asarray(edges)
    )
    centres = _shapes.centers(edges)

    def padded(values):
        return np.concatenate([[0.0], values, [0.0]])

    return identify.to_TH1x(
        name,
        name,
        padded(contents),
        float(len(contents)),
        contents.sum(),
        variances.sum(),
        (contents * centres).sum(),
        (contents * centres**2).sum(),
        padded(variances),
        axis,
    )
