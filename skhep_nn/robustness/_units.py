"""What is looked at as one: a column, a block, a sequence with its mask, a group of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _columns, _composition, _frames, _unread
from skhep_nn.exceptions import ColumnError

# parameters that name columns which say something of an event, and are no features
_NO_FEATURES = ("weight_column", "process_column", "by", "fold_column")


@dataclass(frozen=True)
class Place:
    """A column of a table or array, or a block, or one column of a block.

    Parameters
    ----------
    column : str or int
        Name or position of a column, or name of a block.
    part : int, default=None
        Position in the block.
    """

    column: object
    part: int | None = None


def units_of(model, X, groups, min_correlation, weight_column):
    """Places of the features of `X` by name of what is looked at as one.

    Parameters
    ----------
    model : fitted classifier
    X : table
    groups : dict of str to list, "correlated", "blocks" or None
    min_correlation : float
    weight_column : str, int or None

    Returns
    -------
    dict of str to list of Place

    Raises
    ------
    ValueError
        If `groups` is none of these.
    ColumnError
        If it names a column that is not there.
    """
    is_blocks = _columns.is_blocks(X)
    if not is_blocks and getattr(X, "ndim", 2) != 2:
        msg = f"X is a {type(X).__name__} of {X.ndim} axes; give a table of (n_events, n_features)"
        raise ValueError(msg)
    units = _of_blocks(X) if is_blocks else _of_columns(model, X, weight_column)
    if groups is None:
        return units
    if isinstance(groups, str) and groups == "blocks":
        return _whole_blocks(units)
    if isinstance(groups, str) and groups == "correlated":
        return _correlated(X, units, min_correlation)
    if not isinstance(groups, Mapping):
        msg = (
            f'groups={groups!r:.60}; it must be a dict of names and lists, "correlated" or "blocks"'
        )
        raise ValueError(msg)
    return _given(units, groups)


def with_others(X, places, order):
    """`X` in which `places` have the values of other events, those at `order`."""
    if _columns.is_blocks(X):
        return X.assign(**_blocks_with_others(X, places, order))
    for place in places:
        X = _columns.replace(X, place.column, _values(X, place.column)[order])
    return X


def _values(X, column):
    X = _frames.as_pandas(X)
    if _columns.is_frame(X):
        return X.iloc[:, _columns.position(X, column)].array
    return _columns.take(X, column)


def _blocks_with_others(X, places, order):
    changed = {}
    for place in places:
        values = changed.get(place.column)
        values = np.array(X[place.column]) if values is None else values
        others = np.asarray(X[place.column])[order]
        if place.part is None:
            values = others
        else:
            values[..., place.part] = others[..., place.part]
        changed[place.column] = values
    return changed


def _of_columns(model, X, weight_column):
    names = _columns.names(X)
    last = _composition.last_step(model)
    no_features = [
        *_columns.as_list(weight_column),
        *_composition.columns_named(model, _NO_FEATURES),
        *_columns.as_list(getattr(last, "exclude", None)),
    ]
    if names is None:
        hidden = {_columns.position(X, c) for c in no_features if _columns.has(X, c)}
        kept = [at for at in range(_columns.n_columns(X)) if at not in hidden]
        return {f"x{at}": [Place(at)] for at in kept}
    hidden = {names[_columns.position(X, c)] for c in no_features if _columns.has(X, c)}
    hidden |= set(_unread.unread(model, names))
    return {str(name): [Place(name)] for name in names if name not in hidden}


def _of_blocks(X):
    """Features one by one; sequences and tokens whole, with what belongs to them."""
    units = {}
    for name, kind in X.kinds.items():
        if kind.name in ("mask", "lengths", "weight") or (kind.of and kind.of in X.kinds):
            continue
        if kind.name != "features" or len(X.event_shape(name)) != 1:
            units[name] = [Place(block) for block in _with_companions(X, name)]
            continue
        for at in range(X.event_shape(name)[0]):
            label = kind.features[at] if kind.features else at
            units[f"{name}[{label}]"] = [Place(name, at)]
    return units


def _with_companions(X, name):
    """A sequence, its mask, and the tokens that describe its entries."""
    kinds = X.kinds
    found = [name, *(other for other, kind in kinds.items() if kind.of == name)]
    masks = [kinds[block].mask for block in found]
    return [*found, *(mask for mask in dict.fromkeys(masks) if mask in kinds)]


def _whole_blocks(units):
    found = {}
    for name, places in units.items():
        block = str(places[0].column) if places[0].part is not None else name
        found.setdefault(block, []).extend(places)
    return found


def _given(units, groups):
    known = {}
    for name, places in units.items():
        known[name] = places
        known.setdefault(places[0].column, []).extend(places)
    found = {}
    for group, members in groups.items():
        found[group] = []
        for member in _columns.as_list(members):
            if not _choices.has_key(known, member) and str(member) not in known:
                msg = f"groups[{group!r}] names {member!r}, which is none of {list(units)[:20]}"
                raise ColumnError(msg)
            found[group] += known.get(member, known.get(str(member)))
    taken = {place for places in found.values() for place in places}
    return found | {n: places for n, places in units.items() if not taken & set(places)}


def _correlated(X, units, min_correlation):
    """Groups of features that are connected by rank correlations of at least `min_correlation`."""
    import pandas as pd
    from scipy.sparse.csgraph import connected_components

    columns = {}
    for name, places in units.items():
        values = _numbers(X, places)
        if values is not None:
            columns[name] = values
    alone = [name for name in units if name not in columns]
    found = {}
    if columns:
        correlations = np.abs(pd.DataFrame(columns).corr(method="spearman").to_numpy())
        _, group_of = connected_components(correlations >= min_correlation, directed=False)
        for group in dict.fromkeys(group_of.tolist()):
            names = [n for n, at in zip(columns, group_of, strict=True) if at == group]
            found[", ".join(names)] = [place for name in names for place in units[name]]
    return found | {name: units[name] for name in alone}


def _numbers(X, places):
    """Values of a feature, or None of what is no number per event."""
    (first, *rest) = places
    if rest:
        return None
    values = X[first.column] if _columns.is_blocks(X) else _columns.take(X, first.column)
    values = np.asarray(values)
    values = values if first.part is None else values[..., first.part]
    is_number = values.ndim == 1 and values.dtype.kind in "biuf"
    return values.astype(np.float64) if is_number else None
