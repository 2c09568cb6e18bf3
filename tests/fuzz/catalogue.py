"""All calls, by area."""

from __future__ import annotations

from importlib import import_module

AREAS = (
    "metrics",
    "probabilities",
    "templates",
    "robustness",
    "studies",
    "plotting",
    "pictures",
    "panels",
    "reports",
    "datasets",
    "networks",
    "preprocessing",
    "merging",
    "samples",
    "estimators",
    "cross_fit",
    "files",
    "caches",
    "deploy",
)
CALLS = [call for area in AREAS for call in import_module(f"fuzz.{area}").CALLS]
