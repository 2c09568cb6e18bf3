"""Splits that keep the yield of every process right."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._event_number_fold": ["EventNumberFold"],
        "._leave_one_mass_out": ["LeaveOneMassOut"],
        "._split": ["train_validation_test_split"],
    },
)
