"""Pieces of samples: what is one number per event is worked on a million events at a time.

So that no step of a fit holds another array as long as the events.
"""

from __future__ import annotations

EVENTS = 2**20


def pieces(n_events):
    """Slices that are all events, in order, each of at most `EVENTS`; one if there are none.

    Parameters
    ----------
    n_events : int

    Returns
    -------
    list of slice
    """
    starts = range(0, max(1, n_events), EVENTS)
    return [slice(start, min(start + EVENTS, n_events)) for start in starts]
