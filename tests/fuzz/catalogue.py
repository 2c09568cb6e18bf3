"""All calls, by area."""

from __future__ import annotations

from importlib import import_module

AREAS = (
    "metrics",
    "preprocessing",
    "samples",
    "estimators",
    "files",
)
CALLS = [call for area in AREAS for call in import_module(f"fuzz.{area}").CALLS]
