"""Which sequence a block of tokens describes, where its kind does not say so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.estimators._fit._input_scaling import read, real_entries, sampled_rows


def with_described(kinds, x, mask_value):
    """Kinds in which tokens that go with the only sequence say so: `of` is its name.

    They go with it if they have its entries: as many places per event, and of up to 50,000 events
    that are looked at, the same padding in each.

    Parameters
    ----------
    kinds : dict of str to BlockKind
    x : dict of str to ndarray or MappedRows
    mask_value : float or None
        Of padding, where a sequence has no mask.

    Returns
    -------
    dict of str to BlockKind
    """
    sequences = [name for name in x if kinds[name].name == "sequence"]
    free = [name for name in x if kinds[name].name == "tokens" and kinds[name].of is None]
    if len(sequences) != 1 or not free:
        return kinds
    [of] = sequences
    rows = sampled_rows(len(x[of]), int(np.prod(x[of].shape[1:], dtype=int)))
    entries = _entries(of, kinds, x, mask_value, rows)
    same = [n for n in free if np.array_equal(_entries(n, kinds, x, 0, rows), entries)]
    return kinds | {name: replace(kinds[name], of=of) for name in same}


def _entries(name, kinds, x, mask_value, rows):
    """Which places of the events `rows` are no padding, of shape (n_rows, n_places)."""
    n_places = x[name].shape[1]
    values = read(x, name, rows).reshape(len(rows) * n_places, -1)
    mask = {} if kinds[name].mask is None else {"mask": kinds[name].mask}
    return real_entries(x, mask, values, rows, mask_value).reshape(len(rows), n_places)
