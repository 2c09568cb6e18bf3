"""A resonance that decays to top pairs, at several masses: a sample that ships, and a generator."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pandas as pd

from skhep_nn import _choices, _floats
from skhep_nn._shown import shown
from skhep_nn._validation import check_random_state
from skhep_nn.datasets import _collisions
from skhep_nn.datasets._fragmentation import jets_of, polar
from skhep_nn.datasets._reconstruction import FEATURES
from skhep_nn.datasets._smearing import measure
from skhep_nn.datasets._top_pairs import decay_pair
from skhep_nn.io import read_events

MASSES = (500, 750, 1000, 1250, 1500)
COLUMNS = [*FEATURES, "mass", "is_signal", "weight"]
COUNTS = ["n_jets", *(f"jet{number}_btag" for number in (1, 2, 3, 4))]
# the resonance must be heavier than two top quarks, and light enough for collisions of 8 TeV
LIGHTEST, HEAVIEST = 400.0, 4000.0
MOST_MASSES = 10_000
BATCH = 10_000


def load_resonance(*, return_X_y=False):
    """A resonance X of five masses that decays to top pairs, against top pairs, at 8 TeV.

    The 27 features of HEPMASS, in physical units. Generated with Pythia and a simple smearing by
    ``examples/generate/resonance.py``, where what is simplified is noted; about 3,800 events for
    each mass and 16,000 of background.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(X, y, sample_weight)`` instead of one table.

    Returns
    -------
    DataFrame, or (X, y, sample_weight)
        22 low-level features (``lep_pt``, ``lep_eta``, ``lep_phi``, ``met``, ``met_phi``,
        ``n_jets``, and ``pt``, ``eta``, ``phi``, ``btag`` of ``jet1`` to ``jet4``) and five masses
        (``m_jj``, ``m_jjj``, ``m_lv``, ``m_jlv``, ``m_WWbb``), in GeV and radians; ``mass``, that
        of X in GeV, NaN for background; ``is_signal``, 1 or 0; ``weight`` in pb per event. Or `X`,
        a DataFrame of the 27 features and ``mass``, `y` and `sample_weight`, arrays of shape
        (n_events,).

    See Also
    --------
    make_resonance : More such events, in seconds.

    References
    ----------
    P. Baldi et al., "Parameterized neural networks for high-energy physics", Eur. Phys. J. C 76
    (2016) 235.

    Examples
    --------
    >>> from skhep_nn.datasets import load_resonance
    >>> events = load_resonance()
    >>> sorted(events["mass"].dropna().unique().tolist())
    [500.0, 750.0, 1000.0, 1250.0, 1500.0]
    >>> X, y, sample_weight = load_resonance(return_X_y=True)
    >>> X.shape[1], bool(X.loc[y == 0, "mass"].isna().all())
    (28, True)
    """
    return_X_y = _choices.switch(return_X_y, "return_X_y")
    file = resources.files("skhep_nn.datasets") / "data" / "resonance.parquet"
    with resources.as_file(file) as path:
        events = read_events(path, columns=COLUMNS)
    return _split(events) if return_X_y else events


def make_resonance(
    n_signal=1000, n_background=5000, masses=MASSES, *, random_state=None, return_X_y=False
):
    """Generate events like those of `load_resonance`: any number and masses, without Pythia.

    Parameters
    ----------
    n_signal : int or list of int, default=1000
        Events that pass the selection, for each mass.
    n_background : int, default=5000
        Background events that pass the selection.
    masses : list of float, default=(500, 750, 1000, 1250, 1500)
        Masses of X in GeV, from 400 to 4000.
    random_state : int, RandomState or None, default=None
        Seed. Each sample has its own random numbers: those of a mass do not depend on how many
        others are asked for before it.
    return_X_y : bool, default=False
        Return ``(X, y, sample_weight)`` instead of one table.

    Returns
    -------
    DataFrame, or (X, y, sample_weight)
        The columns of `load_resonance`; background last, not shuffled. ``weight`` is pb per event:
        the cross-section (45.9 for background, as in Pythia; 1 for X of every mass) times the
        acceptance, divided by the number of events.

    Raises
    ------
    ValueError
        If a number of events is negative or not an integer, or a mass is out of range.

    Notes
    -----
    Top quarks and W bosons decay in two bodies with Breit-Wigner masses of 1.4 and 2.1 GeV width, X
    with 5 GeV; the angles are those of leading order, W bosons are polarised. Simplified are:

    - the spectrum of top pairs of the standard model, the number and spectrum of jets of the
      initial state, and the motion along the beam, which follow curves with one or two numbers
      each, chosen so that the features look like those of Pythia;
    - jets, which are quarks that radiate at most two gluons each, merged by the anti-kT algorithm,
      with a spread for what leaves the cone; there are no hadrons;
    - spins: the decays of the two top quarks know nothing of each other.

    The detector, selection and features are those of the shipped sample. Medians and widths of the
    features agree with it to 10 to 20 %; it is for learning and testing, not for physics results.

    Examples
    --------
    >>> from skhep_nn.datasets import make_resonance
    >>> events = make_resonance(100, 300, masses=[600, 800], random_state=0)
    >>> len(events), int(events["is_signal"].sum())
    (500, 200)
    """
    return_X_y = _choices.switch(return_X_y, "return_X_y")
    masses = _check_masses(masses)
    numbers = [*_per_mass(n_signal, masses), _check_count(n_background, "n_background")]
    seed = check_random_state(random_state).randint(2**31 - 1)
    tables = [
        _sample(
            mean, n_events, np.random.default_rng((seed, 0 if mean is None else int(mean * 1e3)))
        )
        for mean, n_events in zip([*masses, None], numbers, strict=True)
    ]
    events = pd.concat(tables, ignore_index=True)
    return _split(events) if return_X_y else events


def _split(events):
    features = events[[*FEATURES, "mass"]]
    return features, events["is_signal"].to_numpy(), events["weight"].to_numpy()


def _check_masses(masses):
    masses = np.atleast_1d(_floats.real(masses, "masses"))
    if masses.ndim != 1 or len(masses) > MOST_MASSES:
        msg = f"masses must be a list of at most {MOST_MASSES} numbers, got shape {masses.shape}"
        raise ValueError(msg)
    for mean in masses:
        if not LIGHTEST <= mean <= HEAVIEST:
            msg = f"masses must be from {LIGHTEST:g} to {HEAVIEST:g} GeV, got {mean:g}"
            raise ValueError(msg)
    return masses.tolist()


def _check_count(count, name):
    if not _choices.is_whole(count) or count < 0:
        msg = f"{name} must be a number of events, 0 or more, got {shown(count)}"
        raise ValueError(msg)
    return int(count)


def _per_mass(n_signal, masses):
    several = _choices.is_several(n_signal)
    counts = list(n_signal) if several else [_check_count(n_signal, "n_signal")] * len(masses)
    if len(counts) != len(masses):
        msg = f"n_signal has {len(counts)} numbers for {len(masses)} masses"
        raise ValueError(msg)
    return [_check_count(count, "n_signal") for count in counts]


def _sample(mean, n_events, rng):
    """Events of X of one mass, or of the background."""
    parts, selected, generated = [np.empty((0, len(FEATURES)))], 0, 0
    while selected < n_events:
        features = _generate(mean, BATCH, rng)
        parts.append(features)
        selected, generated = selected + len(features), generated + BATCH
    is_signal = mean is not None
    events = pd.DataFrame(np.concatenate(parts)[:n_events], columns=FEATURES)
    events = events.astype(np.float32).astype(dict.fromkeys(COUNTS, np.int8))
    events["mass"] = mean if is_signal else np.nan
    events["is_signal"] = np.full(n_events, is_signal, dtype=np.int8)
    events["weight"] = _weight(is_signal, selected, generated, n_events)
    return events


def _generate(mean, n_events, rng):
    """The features of those of `n_events` collisions that pass the selection."""
    pair, cos_theta, radiated = _collisions.collide(mean, n_events, rng)
    polarisation = 0.0 if mean is None else _collisions.POLARISATION
    particles = decay_pair(pair, cos_theta, polarisation, rng)
    jets, flavour = jets_of(particles, radiated, rng)
    return measure(polar(particles["lepton"]), jets, flavour, rng)[0]


def _weight(is_signal, selected, generated, n_events):
    if n_events == 0:
        return 0.0
    section = _collisions.CROSS_SECTION_RESONANCE
    if not is_signal:
        section = _collisions.CROSS_SECTION_BACKGROUND
    return section * selected / generated / n_events
