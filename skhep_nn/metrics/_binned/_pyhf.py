"""Templates as a HistFactory workspace in JSON, as pyhf, cabinetry and Combine read it."""

from __future__ import annotations

import json

import numpy as np

from skhep_nn import _storage
from skhep_nn._paths import user_path

STRENGTH = "mu"
MEASUREMENT = "measurement"
_VERSION = "1.0.0"


def workspace(templates, observed, channel):
    """The workspace as a dict.

    Parameters
    ----------
    templates : Templates
    observed : ndarray of shape (n_bins,) or None
        None: the expected data, signal included.
    channel : str

    Raises
    ------
    ValueError
        If a variation has the name of another parameter.
    """
    _check_names(templates, channel)
    used = templates._used
    data = templates.signal + templates.background if observed is None else observed
    samples = [
        {
            "name": name,
            "data": templates.nominal[at, used].tolist(),
            "modifiers": [*_own(templates, at, channel), *_histosys(templates, at)],
        }
        for at, name in enumerate(templates.processes)
    ]
    parameter = {"name": STRENGTH, "inits": [1.0], "bounds": [[0.0, _upper(templates)]]}
    return {
        "channels": [{"name": channel, "samples": samples}],
        "measurements": [
            {"name": MEASUREMENT, "config": {"poi": STRENGTH, "parameters": [parameter]}}
        ],
        "observations": [{"name": channel, "data": np.asarray(data)[used].tolist()}],
        "version": _VERSION,
    }


def _check_names(templates, channel):
    if not isinstance(channel, str):
        msg = f"channel={channel!r:.60}; it must be a text"
        raise TypeError(msg)
    taken = {STRENGTH, _bins_name(channel)} & set(templates.variations)
    if taken:
        msg = f"variation {taken.pop()!r} has the name of a parameter of the workspace; rename it"
        raise ValueError(msg)


def write(found, path):
    """Write a workspace as a JSON file."""
    path = user_path(path, "path")
    text = json.dumps(found, indent=1)
    with (
        _storage.explained(path, "the workspace", "nothing is written"),
        _storage.whole_file(path) as file,
    ):
        file.write(text.encode())


def _bins_name(channel):
    return f"staterror_{channel}"


def _upper(templates):
    """A bound of the signal strength that is far beyond limit and measurement."""
    strength = templates.significance()
    return float(max(10.0, 50.0 / strength)) if strength > 0 else 1e3


def _own(templates, at, channel):
    """Signal has its strength; background the uncertainties of its bins."""
    if templates.is_signal[at]:
        return [{"name": STRENGTH, "type": "normfactor", "data": None}]
    error = bin_errors(templates)[at, templates._used]
    if not templates.likelihood.relative_error.any():
        return []
    return [{"name": _bins_name(channel), "type": "staterror", "data": error.tolist()}]


def bin_errors(templates):
    """Error of each background process, whose squares add to that of all background."""
    background = ~templates.is_signal
    nominal = np.abs(templates.nominal) * background[:, None]
    total = np.maximum(nominal.sum(axis=0), np.finfo(float).tiny)
    variance = (templates.systematic * templates.background) ** 2 * nominal / total
    if templates.simulation_error:
        variance += templates.squares * background[:, None]
    return np.sqrt(variance)


def _histosys(templates, at):
    for name, (up, down) in templates.variations.items():
        data = {"hi_data": up, "lo_data": down}
        data = {key: values[at, templates._used].tolist() for key, values in data.items()}
        yield {"name": name, "type": "histosys", "data": data}
