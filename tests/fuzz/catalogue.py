"""All calls, by area."""

from __future__ import annotations

from importlib import import_module

AREAS = (
    "metrics",
    "probabilities",
    "templates",
    "robustness",
    "plotting",
    "pictures",
    "reports",
    "datasets",
    "networks",
    "preprocessing",
    "samples",
    "estimators",
    "cross_fit",
    "files",
    "caches",
    "deploy",
)
CALLS = [call for area in AREAS for call in import_module(f"fuzz.{area}").CALLS]
