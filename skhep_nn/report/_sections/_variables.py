"""Inputs: the distribution of each feature, and training against test."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn import _columns
from skhep_nn.metrics import _shapes
from skhep_nn.metrics._shapes import Counts, chi_square, chi_square_probability
from skhep_nn.plotting import InputVariablesDisplay, _histograms, _style
from skhep_nn.report._contents import Missing, Picture, Table, Text
from skhep_nn.report._sections import _clips, _sums
from skhep_nn.robustness._units import units_of

_MOST = 24


def inputs(context):
    """Distributions per class; the ratio of test to training, with a chi-square each."""
    part = context.any_part("test", "train", "validation")
    table = features_of(context, part)
    clipped = list(_clips.clipped(context))
    yield from clipped
    if clipped and not len(table.columns):
        return
    if not len(table.columns):
        msg = "It needs features with one number per event."
        raise Missing(msg, "Sequences are not drawn.")
    if len(table.columns) > _MOST:
        yield Text(f"The first {_MOST} of {len(table.columns)} features.")
        table = table[table.columns[:_MOST]]
    yield from _drawn(context, part, table)


def _drawn(context, part, table):
    without = _sums.classes_without_sum(context, part)
    yield from map(Text, without.values())
    labels = _sums.names_of(context, part)
    kept = ~np.isin(labels, list(without))
    if not kept.any():
        return
    display = InputVariablesDisplay.from_data(
        table[kept], labels[kept], sample_weight=part.weights[kept], bins=20
    )
    words = ", ".join(table.columns)
    yield Picture(
        display.figure_,
        f"Inputs of {part.word} events, each class normalised to one",
        f"Histograms of {len(table.columns)} features per class: {words}",
    )
    if {"train", "test"} <= context.parts.keys():
        yield from _ratios(context, display)
    else:
        yield Text("The ratio of test to training needs both: Report(..., train=..., test=...).")


def features_of(context, part):
    """The features with one number per event, as a DataFrame."""
    X = part.sample.X
    units = units_of(context.model, X, None, 1.0, context.report.weight_column)
    masses = [str(column) for column in _columns.as_list(context.parameter)]
    found = {}
    for name, places in units.items():
        values = _numbers(X, places)
        if values is not None and name not in masses:
            found[name] = values
    return pd.DataFrame(found)


def _numbers(X, places):
    place = places[0]
    is_blocks = _columns.is_blocks(X)
    values = np.asarray(X[place.column] if is_blocks else _columns.take(X, place.column))
    values = values if place.part is None else values[..., place.part]
    is_number = len(places) == 1 and values.ndim == 1 and values.dtype.kind in "biuf"
    return values.astype(np.float64) if is_number else None


def _ratios(context, display):
    """Test over training per feature and class, in the bins of the picture."""
    parts = [context.part(name) for name in ("train", "test")]
    tables = [features_of(context, part) for part in parts]
    counts = {
        name: {
            label: [
                _counts(context, p, t[name], label, edges)
                for p, t in zip(parts, tables, strict=True)
            ]
            for label in display.classes
        }
        for name, edges in _edges(display).items()
    }
    names = list(counts)
    yield Picture(
        _ratio_figure(display, counts),
        "Inputs, test over training, per class with statistical errors",
        f"Ratio of test to training in bins of {len(names)} features, which is one up to errors",
    )
    yield Table(_probabilities(counts), "Probability of the difference of training and test")


def _edges(display):
    return {
        name: next(iter(by_class.values())).axes[0].edges
        for name, by_class in display.histograms.items()
    }


def _counts(context, part, values, label, edges):
    mask = _sums.names_of(context, part) == label
    mask &= ~np.isnan(values.to_numpy())
    filled = _histograms.filled(values.to_numpy()[mask], part.weights[mask], edges)
    return Counts(filled.values(), filled.variances())


def _ratio_figure(display, counts):
    n_columns = min(4, len(counts))
    with _style.styled() as plt:
        axes = _style.grid(plt, None, len(counts), n_columns, (2.9, 2.2))
        for ax, (name, by_class) in zip(axes, counts.items(), strict=True):
            _draw_ratio(ax, by_class, _edges(display)[name])
            ax.set_xlabel(name, fontsize=10)
            ax.locator_params(axis="x", nbins=4)
        handles, labels = axes[0].get_legend_handles_labels()
        axes[0].figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize=11)
    return axes[0].figure


def _draw_ratio(ax, by_class, edges):
    centers = _shapes.centers(edges)
    for (label, (train, test)), look in zip(
        by_class.items(), _style.looks(len(by_class)), strict=True
    ):
        if not (train.sums.sum() > 0 and test.sums.sum() > 0):
            continue
        there = (train.sums > 0) & (test.sums > 0)
        ratio = test.fractions[there] / train.fractions[there]
        relative = [np.sqrt(c.squares[there]) / c.sums[there] for c in (train, test)]
        points = {"color": look.color, "marker": look.marker, "markersize": 3, "linestyle": "none"}
        ax.errorbar(centers[there], ratio, yerr=ratio * np.hypot(*relative), label=label, **points)
    ax.axhline(1.0, color="0.4", linewidth=1.0, zorder=1)
    ax.set_ylim(0.5, 1.5)
    ax.set_xlim(*edges[[0, -1]])


def _probabilities(counts):
    rows = {
        name: {
            label: chi_square_probability(*chi_square(*both)) if _are_filled(both) else np.nan
            for label, both in by_class.items()
        }
        for name, by_class in counts.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _are_filled(both):
    return all(counts.sums.sum() > 0 for counts in both)
