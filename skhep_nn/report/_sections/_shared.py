"""What several sections need: cuts, bins, tests, computed once."""

from __future__ import annotations

import numpy as np

from skhep_nn.metrics import (
    binned_significance,
    optimise_binning,
    overtraining_test,
    roc_auc,
    roc_auc_error,
    significance_scan,
)
from skhep_nn.report._common_events import n_common
from skhep_nn.report._contents import Measured, Missing

# of the test events, which may be training events before the two are compared in vain
_FEW = 0.01


def auc(part):
    """The AUC of a part, with its error."""
    area = roc_auc(part.is_signal, part.scores, part.weights, signal=True)
    return Measured(area, roc_auc_error(part.is_signal, part.scores, part.weights, signal=True))


def overtraining(context):
    """The test of training against test events."""

    def test():
        train, test = context.part("train"), context.part("test")
        common = n_common(context, "test", "train")
        if common > _FEW * len(test):
            msg = f"It needs other test than training events: {common} of {len(test)} are in both."
            raise Missing(msg, "Give Report(..., test=) events that did not train the model.")
        return overtraining_test(
            train.is_signal,
            train.scores,
            test.is_signal,
            test.scores,
            sample_weight_train=train.weights,
            sample_weight_test=test.weights,
            signal=True,
            random_state=context.report.random_state,
        )

    return context.once("overtraining", test)


def chosen_on(context):
    """The part on which cuts and bins are chosen: validation events, else test events."""
    return context.any_part("validation", "test")


def scan(context, part):
    """The scan of the cut on a part."""
    report = context.report
    return context.once(
        ("scan", part.name),
        lambda: significance_scan(
            part.is_signal,
            part.scores,
            part.weights,
            signal=True,
            systematic=report.systematic,
            min_effective_background=report.min_effective_background,
        ),
    )


def binned(context):
    """The significance of bins on test events, which were chosen on validation events."""

    def significance():
        test, chosen, report = context.part("test"), chosen_on(context), context.report
        edges = optimise_binning(
            chosen.is_signal,
            chosen.scores,
            chosen.weights,
            signal=True,
            systematic=report.systematic,
            min_effective_background=report.min_effective_background,
        )
        return binned_significance(
            test.is_signal,
            test.scores,
            test.weights,
            signal=True,
            bins=edges,
            systematic=report.systematic,
            random_state=report.random_state,
        )

    return context.once("binned", significance)


def or_none(function, *arguments):
    """What a function gives, or None where it cannot be computed."""
    try:
        return function(*arguments)
    except (Missing, ValueError):
        return None


def cut_of_signal(part, efficiency):
    """The cut that keeps this part of the signal."""
    from skhep_nn.metrics._cut_errors import cut_of_efficiency

    mask = part.is_signal
    return cut_of_efficiency(part.scores[mask], part.weights[mask], efficiency)


def summed(weights):
    """A sum of weights with its error."""
    return Measured(float(weights.sum()), float(np.sqrt(np.sum(weights**2))))
