"""The sections of a report, in their order: a row each. A user's own stands beside them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Section:
    """A section of a report.

    Parameters
    ----------
    key : str
        Name in the JSON, and in the addresses within the page.
    title : str
    compute : callable
        Given the context (see :class:`Report`), returns or yields what the section consists of:
        :class:`Text`, :class:`Numbers`, :class:`Table`, :class:`Picture`. Raises :class:`Missing`
        if it cannot be computed from what is given.

    Examples
    --------
    >>> from skhep_nn.report import SECTIONS, Section, Text
    >>> def count(context):
    ...     yield Text(f"{len(context.part('test'))} test events")
    >>> [section.key for section in (*SECTIONS[:2], Section("count", "Count", count))]
    ['summary', 'data', 'count']
    """

    key: str
    title: str
    compute: Callable


def _late(module, name):
    """A function that is imported when it is called."""

    def compute(context):
        return getattr(importlib.import_module(f"skhep_nn.report._sections.{module}"), name)(
            context
        )

    return compute


SECTIONS = (
    Section("summary", "Summary", _late("_summary", "summary")),
    Section("data", "Events and yields", _late("_event_yields", "events_and_yields")),
    Section("inputs", "Inputs", _late("_variables", "inputs")),
    Section("losses", "Training", _late("_losses", "losses")),
    Section("roc", "ROC", _late("_separation", "roc")),
    Section("scores", "Scores", _late("_separation", "scores")),
    Section("overtraining", "Overtraining", _late("_separation", "overtraining")),
    Section("calibration", "Calibration", _late("_probabilities", "calibration")),
    Section("significance", "Significance", _late("_cuts", "significance")),
    Section("cut_flow", "Cut flow", _late("_cuts", "cut_flow")),
    Section("variations", "Systematic variations", _late("_variations", "variations")),
    Section("sculpting", "Sculpting", _late("_trust", "sculpted")),
    Section("importance", "Importance", _late("_trust", "importance")),
    Section("confusion", "Confusion matrix", _late("_probabilities", "confusion")),
    Section("masses", "Against the mass", _late("_masses", "masses")),
    Section("losses_of_events", "Dropped and clipped", _late("_provenance", "dropped")),
    Section("parameters", "Parameters of every step", _late("_provenance", "parameters")),
    Section("provenance", "Versions and digests", _late("_provenance", "provenance")),
)


def sections_of(given):
    """The sections that `given` names by their keys, or holds; all for None.

    Raises
    ------
    ValueError
        If it is no list, one is neither the key of a section nor a section, or two have the same
        key.
    """
    if given is None:
        return list(SECTIONS)
    if isinstance(given, (str, Section)):
        given = [given]
    known = {section.key: section for section in SECTIONS}
    if not np.iterable(given):
        msg = f"sections={given!r:.60}; it must be a list of Section objects or of {list(known)}"
        raise ValueError(msg)
    sections = [known.get(one, one) if isinstance(one, str) else one for one in given]
    for one in sections:
        if not hasattr(one, "key"):
            msg = f"sections has {one!r:.60}; it must be a Section or one of {list(known)}"
            raise ValueError(msg)
    keys = [section.key for section in sections]
    if len(set(keys)) < len(keys):
        msg = f"sections must be Section objects whose keys differ, got the keys {keys}"
        raise ValueError(msg)
    return sections
