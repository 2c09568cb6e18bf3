"""The sections that every report has: functions of a context, a module for each theme."""

from __future__ import annotations
