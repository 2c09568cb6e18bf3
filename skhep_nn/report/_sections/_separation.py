"""Separation: ROC, scores, and training against test."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn.metrics import roc_auc, roc_auc_error
from skhep_nn.metrics._cut_errors import efficiency_error
from skhep_nn.plotting import OvertrainingDisplay, RocDisplay, ScoreDisplay
from skhep_nn.report._contents import Measured, Numbers, Picture, Table, Text
from skhep_nn.report._sections import _shared, _sums

_EFFICIENCIES = (0.3, 0.5, 0.7, 0.9)


def roc(context):
    """ROC of every part, and the rejection at working points of the best that there is."""
    parts = [
        context.parts[name] for name in ("test", "validation", "train") if name in context.parts
    ]
    without = {one.name: _sums.without_sum(one) for one in parts}
    yield from (Text(text) for text in without.values() if text)
    parts = [one for one in parts if not without[one.name]]
    if without and not parts:
        return
    part = parts[0] if parts else context.part("test")
    area = _shared.auc(part)
    yield Numbers({f"AUC, {one.name}": _shared.auc(one) for one in parts})
    for kind, words in (("efficiency", "ROC"), ("rejection", "Rejection of background")):
        yield Picture(
            _curves(parts, kind),
            f"{words}, with statistical errors",
            f"{words} of {', '.join(one.word for one in parts)} events; AUC {area.value:.4f}",
        )
    yield Table(_working_points(part), f"Working points, {part.word} events")
    if len(context.classes) > 2 and hasattr(context.model, "predict_proba"):
        yield Table(
            _each_class(context, part), f"AUC of each class against the rest, {part.word} events"
        )
        yield from map(Text, _sums.classes_without_sum(context, part).values())


def scores(context):
    """Scores per class, training over test."""
    part = context.any_part("test", "validation", "train")
    train = context.parts.get("train")
    parts = [part] if train in (None, part) else [part, train]
    without = _sums.classes_without_sum(context, *parts)
    yield from map(Text, without.values())
    samples = [_of_classes_but(without, context, one) for one in parts]
    if not len(samples[0][0]):
        return
    (names, found, weights), options = samples[0], {}
    if len(samples) > 1:
        keys = ("y_train", "score_train", "sample_weight_train")
        options = dict(zip(keys, samples[1], strict=True))
    display = ScoreDisplay.from_predictions(names, found, sample_weight=weights, **options)
    over = ", training filled" if options else ""
    yield Picture(
        display.figure_,
        f"Scores of {part.word} events as points{over}; unit area per class",
        f"Histogram of the score per class: {', '.join(map(str, display.test))}",
    )


def overtraining(context):
    """The table, the verdict and the picture of the test."""
    train, test = context.part("train"), context.part("test")
    _sums.with_sums(train, test)
    found = _shared.overtraining(context)
    yield Numbers({"Verdict": found.verdict, "Probability": Measured(found.p_value)})
    display = OvertrainingDisplay.from_predictions(
        train.is_signal, train.scores, test.is_signal, test.scores, signal=True,
        sample_weight_train=train.weights, sample_weight_test=test.weights, test=found,
    )  # fmt: skip
    yield Picture(
        display.figure_,
        "Scores in training and test, and their ratio",
        f"Scores in training and test per class with their ratio below; {found.verdict}",
    )
    table = found.to_frame()
    table = table.rename(columns={"n_bins": "bins", "p_value": "probability"})
    table.index = [f"{test}, {of}" for test, of in table.index]
    yield Table(table, "Training against test")


def _curves(parts, kind):
    ax = None
    for part in parts:
        display = RocDisplay.from_predictions(
            part.is_signal, part.scores, sample_weight=part.weights, signal=True,
            name=part.word, kind=kind, ax=ax,
        )  # fmt: skip
        ax = display.ax_
    return ax.figure


def _working_points(part):
    rows = {}
    for wanted in _EFFICIENCIES:
        cut = _shared.cut_of_signal(part, wanted)
        signal, background = (
            _efficiency(part, mask, cut) for mask in (part.is_signal, ~part.is_signal)
        )
        rows[f"{100 * wanted:g} % of signal"] = {
            "score ≥": cut,
            "signal efficiency": signal,
            "background efficiency": background,
            "background rejection": _inverse(background),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _efficiency(part, mask, cut):
    weights = part.weights[mask]
    kept = weights[part.scores[mask] >= cut]
    value = kept.sum() / weights.sum()
    return Measured(
        value, efficiency_error(value, np.sum(kept**2), weights.sum(), np.sum(weights**2))
    )


def _inverse(measured):
    if not measured.value > 0:
        return Measured(np.nan)
    return Measured(1 / measured.value, measured.error / measured.value**2)


def _each_class(context, part):
    rows = {}
    for at, label in enumerate(context.classes):
        events = (part.y, part.probabilities[:, at], part.weights)
        area = _shared.or_none(_area, *events, label)
        rows[context.name_of(label)] = {"AUC": Measured(np.nan) if area is None else area}
    return pd.DataFrame.from_dict(rows, orient="index")


def _area(y, scores, weights, label):
    return Measured(*(f(y, scores, weights, signal=label) for f in (roc_auc, roc_auc_error)))


def _of_classes_but(without, context, part):
    """(names of classes, scores, weights) of the events of the other classes."""
    names = _sums.names_of(context, part)
    kept = ~np.isin(names, list(without))
    return names[kept], part.scores[kept], part.weights[kept]
