"""Calls of the report: what it is given is odd, its sections are tested elsewhere."""

from __future__ import annotations

from fuzz.call import TABLE, WEIGHT, Call, Y
from fuzz.models import Known
from skhep_nn import Report
from skhep_nn.report import SECTIONS

# a section that needs the test events only
FEW = tuple(section for section in SECTIONS if section.key in ("summary", "data", "scores"))
TEST = (TABLE, Y, WEIGHT)


def written(**options):
    return Report(**{"model": Known(), "test": TEST, "sections": FEW, **options}).to_html()


def tested(X, y, sample_weight):
    return Report(Known(), test=(X, y, sample_weight), sections=FEW).to_html()


WORDS = (
    "test",
    "column",
    "events",
    "label",
    "class ",
    "background",
    "seed",
    "weight",
    "variation",
    "section",
    "estimator",
    "X",
)
CALLS = [
    Call(
        "Report",
        written,
        {
            "model": Known(),
            "train": None,
            "validation": None,
            "test": TEST,
            "variations": None,
            "luminosity": None,
            "y": None,
            "weight_column": None,
            "process_column": None,
            "signal": None,
            "class_names": None,
            "systematic": 0.0,
            "min_effective_background": 1.0,
            "sculpting": (),
            "event_number": None,
            "max_events": 10,
            "title": None,
            "sections": FEW,
            "random_state": 0,
        },
        None,
        WORDS,
        cost=20,
    ),
    Call(
        "Report of events",
        tested,
        {"X": TABLE, "y": Y, "sample_weight": WEIGHT},
        None,
        WORDS,
        labels=("y",),
        masked=("y", "sample_weight"),
        cost=20,
    ),
]
