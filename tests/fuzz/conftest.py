"""The seed of the odd inputs, printed with each run."""

from __future__ import annotations

from fuzz.trial import EXAMPLES, SEED


def pytest_report_header():
    return f"odd inputs: FUZZ_SEED={SEED}, FUZZ_EXAMPLES={EXAMPLES} for each public function"
