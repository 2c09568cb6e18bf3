"""Dask: the connection to its workers, and tasks whose failures are named."""

from __future__ import annotations
