"""Cuts and bins of the score: significance, and what is left of each process."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn.plotting import SignificanceDisplay
from skhep_nn.report._contents import Measured, Missing, Numbers, Picture, Table, Text
from skhep_nn.report._sections import _shared, _sums, _varied

_EFFICIENCIES = (0.9, 0.7, 0.5, 0.3)


def significance(context):
    """The scan of a cut, and bins; both chosen on validation events where there are any."""
    test, chosen = context.part("test"), _shared.chosen_on(context)
    _sums.with_sums(test, chosen)
    if chosen is test:
        yield Text(
            "Cut and bins were chosen on the test events themselves, so that the figures are "
            "optimistic; give Report(..., validation=(X, y)) to choose them on other events."
        )
    scan = _shared.or_none(_shared.scan, context, test)
    best = _shared.or_none(lambda: _shared.scan(context, chosen).best)
    if scan is not None and best is not None:
        yield from _of_cut(scan, best, chosen)
    else:
        least = context.report.min_effective_background
        yield Text(f"No cut keeps {least:g} effective background events: there is none to choose.")
    try:
        binned = _shared.binned(context)
    except ValueError as error:
        yield Text(f"There are no bins: {error}.")
    else:
        yield from _of_bins(binned)
        if context.report.variations:
            yield from _with_variations(context)


def cut_flow(context):
    """Yield of each process behind cuts that are ever tighter."""
    test = context.part("test")
    cuts = {"all": -np.inf}
    without = _sums.without_sum(test)
    if without:
        yield Text(without)
    for efficiency in () if without else _EFFICIENCIES:
        name = f"{100 * efficiency:g} % of signal"
        cuts[name] = _shared.cut_of_signal(test, efficiency)
    best = _shared.or_none(lambda: _shared.scan(context, _shared.chosen_on(context)).best)
    if best is not None:
        cuts["best cut"] = best.threshold
    yields, events = {}, {}
    processes = sorted(set(test.processes.tolist()))
    for name, cut in sorted(cuts.items(), key=lambda pair: pair[1]):
        kept = test.scores >= cut
        row = name if cut == -np.inf else f"{name}, score ≥ {cut:.4g}"
        of_process = {p: kept & (test.processes == p) for p in processes}
        yields[row] = {p: _shared.summed(test.weights[m]) for p, m in of_process.items()}
        events[row] = {p: int(np.count_nonzero(m)) for p, m in of_process.items()}
    yield Table(pd.DataFrame.from_dict(yields, orient="index"), "Yields, test events")
    yield Table(pd.DataFrame.from_dict(events, orient="index"), "Simulated events")


def _of_cut(scan, best, chosen):
    display = SignificanceDisplay.from_scan(scan, cut=best.threshold)
    point = display.cut_
    at = min(np.searchsorted(scan.thresholds, best.threshold), len(scan.thresholds) - 1)
    yield Numbers(
        {
            f"Best cut, chosen on {chosen.word} events": Measured(best.threshold),
            "Significance at it on test events": Measured(
                point.figure_of_merit, float(display.errors_[at])
            ),
            "Signal": Measured(point.signal, float(scan.signal_error[at])),
            "Background": Measured(point.background, float(scan.background_error[at])),
        }
    )
    yield Picture(
        display.figure_,
        "Significance and efficiencies against the cut, test events",
        f"Significance against the cut on the score; {point.figure_of_merit:.4g} at the cut",
    )


def _with_variations(context):
    """The bins with the variations as nuisances."""
    try:
        both = _varied.binned(context)
    except (Missing, ValueError) as error:
        yield Text(f"No significance with the variations as nuisances: {error}")
        return
    yield Numbers(
        {
            "Significance of the bins without the variations": _of(both.without),
            "Significance of the bins with the variations as nuisances": _of(both.found),
        }
    )
    yield from map(Text, both.texts)
    without = both.found.templates.impacts()["significance_without"]
    rows = {
        name: {
            "pull without signal": Measured(pull),
            "significance without it": Measured(without[name]),
        }
        for name, pull in both.found.pulls.items()
    }
    yield Table(pd.DataFrame.from_dict(rows, orient="index"), "Variations as nuisances")


def _of(binned):
    return Measured(binned.significance, binned.standard_error)


def _of_bins(binned):
    yield Numbers(
        {
            f"Significance of {len(binned.edges) - 1} bins": _of(binned),
        }
    )
    yield Picture(
        SignificanceDisplay.from_binned(binned).figure_,
        "Yields and significance per bin of the score, test events",
        f"Signal and background in {len(binned.edges) - 1} bins of the score",
    )
    rows = {}
    for at in range(len(binned.edges) - 1):
        rows[f"{binned.edges[at]:.4g} to {binned.edges[at + 1]:.4g}"] = {
            "signal": Measured(binned.signal[at], binned.signal_error[at]),
            "background": Measured(binned.background[at], binned.background_error[at]),
            "significance": Measured(binned.bin_significance[at]),
        }
    yield Table(pd.DataFrame.from_dict(rows, orient="index"), "Bins, test events")
