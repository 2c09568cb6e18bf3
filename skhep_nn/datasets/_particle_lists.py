"""Particle lists of B mesons with what passes a skim: the sample that ships."""

from __future__ import annotations

from importlib import resources

import pandas as pd

from skhep_nn import _choices
from skhep_nn.io import read_events
from skhep_nn.preprocessing import decay_strings

CODES = ["pdg", "mother_pdg", "mother_index"]
PARTICLE = ["charge", "energy", "px", "py", "pz", "production_time", "x", "y", "z"]
FEATURES = [*CODES, *PARTICLE, "decay_string"]


def load_particle_lists(*, return_X_y=False):
    """Decay trees of B mesons at the Upsilon(4S), and which of these events pass a skim.

    A row is an event as a generator knows it before any detector simulation, and what came of it:
    whether it passed the skim after simulation and reconstruction, which asks for a D meson, 4 to
    12 tracks and energy. About one in seven does. A network that predicts it saves the simulation
    of most others, as smartBKG does for Belle II. Made with Pythia and a simple smearing by
    ``examples/generate/particle_lists.py``, which also writes larger samples in the files that an
    experiment would have; what is simplified is noted beside the data.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(X, y)`` instead of one table.

    Returns
    -------
    DataFrame, or (X, y)
        Per event: ``file`` and ``event_number``, together unique; ``process``, "mixed" (two
        neutral B mesons) or "charged"; ``passes_skim``, 1 or 0, int8 as ``is_signal`` of the
        other samples.

        Lists, one entry per particle of the decay tree, as columns of Arrow lists: ``pdg``,
        ``mother_pdg`` (0 for none), ``mother_index`` (place of the mother in the list, -1 for
        none), ``charge``; ``energy``, ``px``, ``py``, ``pz`` [GeV]; ``production_time`` [ns];
        ``x``, ``y``, ``z`` [cm]. And ``decay_string``, the tree as `DecayStringTokenizer` reads it.

        Known only after simulation and reconstruction, to study biases: ``n_tracks``,
        ``visible_energy``, ``R2``, ``missing_mass_squared``, and of the D candidate ``D_mass``,
        ``D_momentum``, ``M_bc``, ``Delta_E`` [GeV] (NaN where there is none);
        ``simulation_time`` [s] of a simple model of the detector simulation.

        Or `X`, the lists and ``decay_string``, and `y`, ``passes_skim``, of shape (n_events,).

    See Also
    --------
    skhep_nn.io.label_selected : Labels from a list of the events that were selected.

    Examples
    --------
    >>> from skhep_nn.datasets import load_particle_lists
    >>> events = load_particle_lists()
    >>> list(events["pdg"][0][:3]), list(events["mother_index"][0][:3])
    ([300553, 521, -521], [-1, 0, 0])
    >>> events["decay_string"][0][:25]
    ' 300553 (--> 521 (--> -42'
    >>> X, y = load_particle_lists(return_X_y=True)
    >>> X.shape[1], sorted(set(y.tolist()))
    (13, [0, 1])
    """
    return_X_y = _choices.switch(return_X_y, "return_X_y")
    file = resources.files("skhep_nn.datasets") / "data" / "particle_lists.parquet"
    with resources.as_file(file) as path:
        events = read_events(path)
    strings = pd.Series(decay_strings(events["pdg"], events["mother_index"]), events.index)
    events.insert(events.columns.get_loc("z") + 1, "decay_string", strings)
    if not return_X_y:
        return events
    return events[FEATURES], events["passes_skim"].to_numpy()
