"""Decay trees from codes and mothers to nested strings and tokens, level by level."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

OPEN, CLOSE = "(-->", "<--)"
_CODE = re.compile("0|-?[1-9][0-9]*")
# symbols of a string: a bracket, or the position of a code in a list of codes plus two
OPEN_SYMBOL, CLOSE_SYMBOL, FIRST_CODE = 0, 1, 2


@dataclass(frozen=True)
class Symbols:
    """Decay strings of all events, cut into their parts.

    Parameters
    ----------
    counts : ndarray of int of shape (n_events,)
        Parts of each event's string.
    symbols : ndarray of int of shape (n_parts,)
        0 for ``(-->``, 1 for ``<--)``, else 2 plus the position in `codes`.
    codes : ndarray of int
        The PDG codes that occur.
    """

    counts: np.ndarray
    symbols: np.ndarray
    codes: np.ndarray


def of_tree(counts, pdg, mother, owner):
    """Decay strings of particles given by code and index of the mother.

    Parameters
    ----------
    counts : ndarray of int of shape (n_events,)
    pdg, mother : ndarray of int of shape (n_particles,)
        The mother is a position in the event; negative for none.
    owner : str
        Who asks, for the error message.
    """
    starts = np.cumsum(counts) - counts
    event = np.repeat(np.arange(len(counts)), counts)
    mother = np.where(mother < 0, -1, mother + starts[event])
    levels = _levels(mother, event, owner)
    size = _sizes(mother, levels)
    place = _places(mother, event, size, levels)
    n_parts = np.bincount(event, weights=np.where(mother < 0, size, 0), minlength=len(counts))
    n_parts = n_parts.astype(np.int64)
    place += (np.cumsum(n_parts) - n_parts)[event]
    codes, at = np.unique(pdg, return_inverse=True)
    symbols = np.empty(n_parts.sum(), dtype=np.int32)
    symbols[place] = at + FIRST_CODE
    decays = size > 1
    symbols[place[decays] + 1] = OPEN_SYMBOL
    symbols[place[decays] + size[decays] - 1] = CLOSE_SYMBOL
    return Symbols(n_parts, symbols, codes)


def of_strings(strings, owner):
    """Decay strings as `Symbols`.

    Raises
    ------
    ValueError
        If a part is neither bracket nor integer, or brackets do not match.
    """
    # pandas and NumPy strings alike; a missing one would turn into the text "nan"
    array = pa.array(list(strings), type=pa.large_string())
    if array.null_count:
        msg = f"{owner}: {array.null_count} events have no decay string (null)"
        raise ValueError(msg)
    lists = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(array))
    event = np.repeat(np.arange(len(array)), np.diff(np.asarray(lists.offsets)))
    parts = lists.flatten()
    # an empty string gives one empty part
    filled = pc.greater(pc.utf8_length(parts), 0)
    counts = np.bincount(event[np.asarray(filled)], minlength=len(array))
    parts = parts.filter(filled).dictionary_encode()
    words, of_word = parts.dictionary.to_pylist(), np.asarray(parts.indices)
    event = np.repeat(np.arange(len(counts)), counts)
    codes, symbol = _symbols_of(words, owner)
    symbols = symbol[of_word] if len(of_word) else np.zeros(0, np.int32)
    _check_brackets(symbols, counts, event, owner)
    return Symbols(counts, symbols, codes)


def to_strings(symbols):
    """`Symbols` as an object array of strings, each part behind a blank."""
    words = pa.array([f" {word}" for word in (OPEN, CLOSE, *symbols.codes.tolist())])
    parts = words.take(pa.array(symbols.symbols))
    offsets = pa.array(np.concatenate([[0], np.cumsum(symbols.counts)]).astype(np.int32))
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, parts), "")
    return joined.to_numpy(zero_copy_only=False)


def check_mothers(mother, counts, owner):
    """Raise ValueError if a mother index is beyond the particles of its event."""
    event = np.repeat(np.arange(len(counts)), counts)
    beyond = mother >= counts[event]
    if beyond.any():
        first = int(np.flatnonzero(beyond)[0])
        at = event[first]
        msg = (
            f"{owner}: event {at} has {counts[at]} particles, but a mother index of {mother[first]}"
        )
        raise ValueError(msg)


def _levels(mother, event, owner):
    """Particles of each generation: those without mother, their daughters, and so on."""
    daughters = np.argsort(mother, kind="stable")
    sorted_mothers = mother[daughters]
    levels, here = [], np.flatnonzero(mother < 0)
    reached = 0
    while len(here):
        levels.append(here)
        reached += len(here)
        low = np.searchsorted(sorted_mothers, here, side="left")
        n = np.searchsorted(sorted_mothers, here, side="right") - low
        within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        here = daughters[np.repeat(low, n) + within]
    if reached < len(mother):
        seen = np.zeros(len(mother), dtype=bool)
        seen[np.concatenate(levels or [np.zeros(0, int)])] = True
        bad = event[np.flatnonzero(~seen)[0]]
        msg = f"{owner}: the mother indices of event {bad} go round in a circle"
        raise ValueError(msg)
    return levels


def _sizes(mother, levels):
    """Parts that each particle takes: its code, and brackets around its daughters' parts."""
    size = np.ones(len(mother), dtype=np.int64)
    for here in levels[:0:-1]:
        np.add.at(size, mother[here], size[here])
        size[np.unique(mother[here])] += 2
    return size


def _places(mother, event, size, levels):
    """Position of each particle's code in the string of its event."""
    # siblings stand one behind the other, in the order of the list
    family = np.where(mother < 0, len(mother) + event, mother)
    order = np.argsort(family, kind="stable")
    before = np.cumsum(size[order]) - size[order]
    first = np.flatnonzero(np.diff(family[order], prepend=-1))
    n = np.diff(np.append(first, len(order)))
    place = np.empty(len(mother), dtype=np.int64)
    place[order] = before - np.repeat(before[first], n)
    for here in levels[1:]:
        place[here] += place[mother[here]] + 2
    return place


def _symbols_of(words, owner):
    numbers = [None if word in (OPEN, CLOSE) else _integer(word, owner) for word in words]
    codes = np.unique([number for number in numbers if number is not None]).astype(np.int64)
    brackets = {OPEN: OPEN_SYMBOL, CLOSE: CLOSE_SYMBOL}
    symbol = [
        brackets[word] if number is None else FIRST_CODE + int(np.searchsorted(codes, number))
        for word, number in zip(words, numbers, strict=True)
    ]
    return codes, np.array(symbol, dtype=np.int32)


def _integer(word, owner):
    # int() takes 1_000, +5 and digits of other scripts, which no generator writes
    if not _CODE.fullmatch(word):
        msg = (
            f"{owner}: {word!r:.60} in a decay string is neither a PDG code nor {OPEN!r} nor "
            f"{CLOSE!r}"
        )
        raise ValueError(msg)
    number = int(word) if len(word) < 20 else None
    if number is None or not -(2**63) <= number < 2**63:
        msg = f"{owner}: {word:.60} in a decay string is beyond 64 bits, which no PDG code is"
        raise ValueError(msg)
    return number


def _check_groups(symbols, event, owner):
    """Raise if a group of daughters is empty, or does not stand behind its mother."""
    opens = symbols == OPEN_SYMBOL
    before = np.append(CLOSE_SYMBOL, symbols[:-1])
    before[np.flatnonzero(np.diff(event, prepend=-1))] = CLOSE_SYMBOL
    for bad, what in (
        ((symbols == CLOSE_SYMBOL) & (before == OPEN_SYMBOL), "an empty group of daughters"),
        (opens & (before < FIRST_CODE), "daughters without a mother in front of them"),
    ):
        if bad.any():
            at = event[np.flatnonzero(bad)[0]]
            msg = f"{owner}: the decay string of event {at} has {what}"
            raise ValueError(msg)


def _check_brackets(symbols, counts, event, owner):
    step = (symbols == OPEN_SYMBOL).astype(np.int64) - (symbols == CLOSE_SYMBOL)
    depth = np.cumsum(step)
    ends = np.cumsum(counts)
    at_end = np.append(0, depth)[ends]
    opened = np.append(0, at_end)[:-1]
    bad = at_end != opened
    bad[event[depth < opened[event]]] = True
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        msg = f"{owner}: the brackets in the decay string of event {first} do not match"
        raise ValueError(msg)
    _check_groups(symbols, event, owner)
