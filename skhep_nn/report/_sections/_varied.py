"""The events of systematic variations, read and scored once; and which two are one uncertainty."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

import numpy as np

from skhep_nn import _columns, _composition
from skhep_nn.exceptions import ExtrapolationWarning, TemplateNoiseWarning
from skhep_nn.metrics import _inputs, binned_significance
from skhep_nn.report._contents import Missing
from skhep_nn.report._sections import _shared

NOMINAL = "nominal"
_SIDE = re.compile(r"(?P<stem>.*?)_?(?P<side>[Uu]p|UP|[Dd]own|DOWN)$")
_NEEDS = "a cut, a shape or a template needs a positive sum"


@dataclass(frozen=True)
class Varied:
    """Events of a variation, or the nominal ones.

    Parameters
    ----------
    sample : Sample
    is_signal : ndarray of bool of shape (n_events,)
    X : table
        What the model gets; background has masses where the model needs them.
    """

    sample: object
    is_signal: np.ndarray
    X: object

    def without_sum(self):
        """The side that has no positive sum with that sum, or ""."""
        weights = self.sample.weights
        for side, mask in (("signal", self.is_signal), ("background", ~self.is_signal)):
            total = float(weights[mask].sum())
            if not total > 0:
                return f"{side} sum to {total:.6g}"
        return ""


def varied(context):
    """({name: Varied} with the nominal one first, texts on those that are left out).

    Raises
    ------
    Missing
        If no variation is given, or the nominal events are not there or have no positive sum.
    """
    return context.once("varied", lambda: _read(context))


def _read(context):
    report = context.report
    if not report.variations:
        msg = "It needs systematic variations of the test events."
        raise Missing(
            msg,
            'Give Report(..., variations={"jes_up": (X_up, y), "jes_down": (X_down, y)}).',
        )
    samples = dict(report.variations)
    if NOMINAL not in samples:
        context.part("test")
        samples[NOMINAL] = report.test
    read = {name: _of(context, sample, name) for name, sample in samples.items()}
    bad = {name: one.without_sum() for name, one in read.items() if one.without_sum()}
    texts = {name: f"The weights of the {what} in {_of_what(name)}" for name, what in bad.items()}
    if NOMINAL in bad:
        msg = f"{texts[NOMINAL]}: {_NEEDS}."
        raise Missing(msg, "Give more events, or look at what has the negative weights.")
    good = {name: read[name] for name in (NOMINAL, *report.variations) if name not in bad}
    return good, [f"{text}: {_NEEDS}, so that it is left out." for text in texts.values()]


def _of_what(name):
    return "the nominal events" if name == NOMINAL else f"the variation {name}"


def _of(context, given, name):
    sample = context.read(given, f"variation {name!r}")
    is_signal = _inputs.signal_mask(sample.y, context.signal)
    return Varied(sample, is_signal, context.with_masses(sample, is_signal))


def pairs(names):
    """{uncertainty: (name of its up or None, name of its down or None)}.

    ``jes_up`` and ``jes_down``, or ``jesUp`` and ``jesDown``, are the sides of ``jes``; a name
    without the other side is an uncertainty of one side.
    """
    sides = {}
    for name in names:
        found = _SIDE.match(str(name))
        if found:
            sides.setdefault(found["stem"] or "variation", {})[found["side"].lower()] = name
    paired = {stem: (two["up"], two["down"]) for stem, two in sides.items() if len(two) > 1}
    done = {name for both in paired.values() for name in both}
    alone = {str(name): (name, None) for name in names if name not in done}
    taken = {(f"{stem} (up, down)" if stem in alone else stem): p for stem, p in paired.items()}
    return taken | alone


@dataclass(frozen=True)
class Binned:
    """Significances of the same bins and events.

    Parameters
    ----------
    without, found : BinnedSignificance
        Without the variations, and with them as nuisances.
    texts : list of str
        What there is to say of it.
    """

    without: object
    found: object
    texts: list


def binned(context):
    """The significance with the variations as nuisances, in the bins of the one without."""
    return context.once("binned with variations", lambda: _binned(context))


def _binned(context):
    samples, texts = varied(context)
    if len(samples) < 2:
        msg = "It needs a variation beside the nominal events."
        raise Missing(msg)
    nominal = samples[NOMINAL]
    given = {
        stem: tuple(name and _template(context, samples[name], nominal) for name in names)
        for stem, names in pairs([name for name in samples if name != NOMINAL]).items()
    }
    texts = [*texts, *_of_one_side(given)]
    options = {
        "signal": True,
        "bins": _shared.binned(context).edges,
        "systematic": context.report.systematic,
        "random_state": context.report.random_state,
    }
    events = (nominal.is_signal, _scores(context, nominal), _weights(context, nominal))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TemplateNoiseWarning)
        found = binned_significance(*events, variations=given, **options)
    texts += [str(one.message) for one in caught if one.category is TemplateNoiseWarning]
    return Binned(binned_significance(*events, **options), found, texts)


def _of_one_side(given):
    one_sided = [stem for stem, sides in given.items() if None in sides]
    if one_sided:
        yield f"Of one side, which is mirrored: {', '.join(one_sided)}."


def _template(context, one, nominal):
    """A side as `binned_significance` takes it."""
    side = {"y_score": _scores(context, one), "sample_weight": _weights(context, one)}
    if not _are_same_events(context.report.event_number, one, nominal):
        side["y_true"] = one.is_signal
    return side


def _are_same_events(event_number, one, nominal):
    if not np.array_equal(one.sample.y, nominal.sample.y):
        return False
    return all(
        np.array_equal(*(np.asarray(_columns.take(v.sample.table, column)) for v in (one, nominal)))
        for column in _columns.as_list(event_number)
    )


def _weights(context, one):
    return one.sample.weights * context.luminosity


def _scores(context, one):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExtrapolationWarning)
        return _composition.signal_score(context.model, one.X, context.signal)
