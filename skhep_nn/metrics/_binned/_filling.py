"""Sums of weights in cells of process and bin, and how well they are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn.metrics._binned import _bins
from skhep_nn.metrics._binned._samples import Sample


@dataclass(frozen=True)
class Cells:
    """Events of a sample as the cell of process and bin that each is in."""

    cells: np.ndarray
    weights: np.ndarray
    is_paired: bool
    shape: tuple

    def sums(self, weights=None):
        """Sum of the weights of every cell."""
        weights = self.weights if weights is None else weights
        n_cells = self.shape[0] * self.shape[1]
        return np.bincount(self.cells, weights, n_cells).reshape(self.shape)

    def squares(self):
        """Sum of squared weights of every cell, the variance of its sum."""
        return self.sums(np.square(self.weights))


def cells_of(sample, edges, n_processes, nominal=None):
    """Cells of a sample; those of the nominal one where the scores are the same.

    Parameters
    ----------
    sample : Sample, number or None
        What is no sample is returned as it is.
    edges : ndarray of shape (n_bins + 1,)
    n_processes : int
    nominal : tuple of Sample and Cells, default=None
    """
    if not isinstance(sample, Sample):
        return sample
    shape = n_processes, len(edges) - 1
    if nominal is not None and sample.is_paired and sample.scores is nominal[0].scores:
        return Cells(nominal[1].cells, sample.weights, True, shape)
    cells = _bins.bin_of(sample.scores, edges)
    if n_processes > 1:
        cells += shape[1] * sample.processes
    return Cells(cells, sample.weights, sample.is_paired, shape)


def noise(nominal, varied):
    """Variance of the difference of a variation and the nominal template, in every cell.

    Where the events are the same, only those count that moved or changed their weight.
    """
    if not varied.is_paired:
        return nominal.squares() + varied.squares()
    changed = np.flatnonzero((nominal.cells != varied.cells) | (nominal.weights != varied.weights))
    before, after = nominal.cells[changed], varied.cells[changed]
    w, v = nominal.weights[changed], varied.weights[changed]
    stayed = before == after
    n_cells = nominal.shape[0] * nominal.shape[1]
    variance = np.bincount(before, np.where(stayed, (v - w) ** 2, w * w), n_cells)
    variance += np.bincount(after, np.where(stayed, 0.0, v * v), n_cells)
    return variance.reshape(nominal.shape)


def completed(nominal, up, down):
    """(up, down) templates where one may be a factor, or None to be mirrored; linear in all."""
    up, down = (nominal * one if isinstance(one, float) else one for one in (up, down))
    if up is None:
        up = 2 * nominal - down
    return up, 2 * nominal - up if down is None else down
