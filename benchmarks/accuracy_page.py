"""The page of all results: ``ACCURACY.md``."""

from __future__ import annotations

import numpy as np

from benchmarks import accuracy_results, accuracy_samples, accuracy_sides

HEAD = """\
# Accuracy

Written by `python -m benchmarks accuracy` from `ACCURACY.jsonl`, which keeps each fit: classifiers
as they come, on the same events. A sample is cut into five folds, four of which are trained on
(`events`) and one is scored. The figure is the mean over folds and seeds of the (weighted) area
under the ROC curve, with its spread between seeds; of `acceptance` it is the log loss, of which
less is better. Differences are in the direction of better, over the folds that both have, with the
error of paired bootstrap samples of the test events: it holds for these training events. Seconds
are the median of a fit on one or two cores that other jobs shared.
"""
DRAWN = """
## Samples that are drawn

Made for this page, to see where the defaults lose: see `benchmarks/accuracy_drawn.py`.
"""
SMALL = """
## Few events
"""
VARIANTS = """
## Variants of the recipe

What defaults were chosen by: the network with other parameters against the one as it comes, and
against the one that drops 0.3 behind each layer.
"""
CELLS = ("sample", "events", "classifier", "folds x seeds", "figure")
REFERENCES = ("trees", "searched trees", "ours")
BEFORE = ("ours", "ours, dropout=0.3")


def page(results):
    """All results as Markdown."""
    groups = _groups(results)
    text = HEAD
    for heading, kind in (("", "whole"), (DRAWN, "drawn"), (SMALL, "small")):
        rows = [key for key in groups if _kind(key) == kind]
        if rows:
            text += heading + _table(rows, groups, REFERENCES)
    rows = [key for key in groups if _kind(key) == "variant"]
    return text + (VARIANTS + _table(rows, groups, BEFORE) if rows else "")


def _groups(results):
    """Results of each sample and side, in the order of the samples and sides."""
    groups = {}
    for result in results:
        groups.setdefault((result.sample, result.side), []).append(result)
    samples, sides = [*accuracy_samples.SAMPLES], [*accuracy_sides.SIDES]

    def place(key):
        sample, side = key
        at = samples.index(sample) if sample in samples else len(samples)
        return at, sides.index(side) if side in sides else len(sides), side

    return {key: groups[key] for key in sorted(groups, key=place)}


def _kind(key):
    sample, side = key
    if side not in accuracy_sides.SIDES:
        return "variant"
    return accuracy_samples.KINDS.get(sample, "whole")


def _table(rows, groups, references):
    heads = [*CELLS, *(f"better than {name}" for name in references), "seconds"]
    lines = ["", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join(lines + [_row(key, groups, references) for key in rows]) + "\n"


def _row(key, groups, references):
    sample, side = key
    results = groups[key]
    value, spread = accuracy_results.mean(results)
    figure = f"{value:.4f}" + (f" +- {spread:.4f}" if spread else "")
    figure += "".join(f"; {name} {_mean_of(results, name):.2f}" for name in results[0].more)
    counts = f"{len({r.fold for r in results})} x {len({r.seed for r in results})}"
    events = f"{round(np.mean([r.events for r in results])):,}"
    paired = [
        _difference(sample, results, groups.get((sample, name)) if side != name else None)
        for name in references
    ]
    seconds = f"{np.median([r.seconds for r in results]):.1f}"
    return f"| {' | '.join([sample, events, side, counts, figure, *paired, seconds])} |"


def _mean_of(results, name):
    return np.mean([r.more[name] for r in results])


def _difference(sample, results, reference):
    found = reference and accuracy_results.difference(results, reference)
    if not found:
        return ""
    sign = -1 if sample in accuracy_samples.LESS_IS_BETTER else 1
    return f"{sign * found[0]:+.4f} +- {found[1]:.4f}"
