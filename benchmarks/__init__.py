"""Suites that compare the package with its peers, both sides in one run: ``make bench``."""

from __future__ import annotations
