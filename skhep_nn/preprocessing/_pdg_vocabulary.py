"""PDG codes: which ones a fit knows, what they are called, and finding them fast."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np

from skhep_nn import _integers

# codes up to here (all hadrons up to exotic ones of six digits) are looked up in a table
SPAN = 1 << 20
# codes per round: temporary arrays stay in the processor's cache
CHUNK = 1 << 16
PADDING = 0


class CodeTable:
    """Integers to small numbers, by a table where they are small and by bisection elsewhere.

    Parameters
    ----------
    codes : array-like of int
        Different from each other.
    values : array-like of int
        Non-negative, one per code.
    unknown : int
        Value of all other codes.
    """

    def __init__(self, codes, values, unknown):
        codes, values = np.asarray(codes, dtype=np.int64), np.asarray(values, dtype=np.int32)
        order = np.argsort(codes)
        self._codes, self._values, self._unknown = codes[order], values[order], int(unknown)
        near = self._codes[_is_near(self._codes)]
        self._low = int(near.min()) if len(near) else 0
        self._size = int(near.max()) - self._low + 1 if len(near) else 1
        self._far = len(near) < len(codes)
        self._table = None

    def _make_table(self):
        near = _is_near(self._codes)
        table = np.full(self._size + 1, self._unknown, dtype=np.int32)
        table[self._codes[near] - self._low] = self._values[near]
        return table

    def find(self, codes):
        """Values of `codes`, integers of any shape, as int32."""
        if self._table is None:
            self._table = self._make_table()
        flat = np.ascontiguousarray(codes).reshape(-1)
        out = np.empty(flat.shape, dtype=np.int32)
        for first in range(0, len(flat), CHUNK):
            here = slice(first, first + CHUNK)
            # below the range wraps to large numbers, so that one comparison is enough
            place = (flat[here].astype(np.int64) - self._low).view(np.uint64)
            np.minimum(place, np.uint64(self._size), out=place)
            np.take(self._table, place.view(np.int64), out=out[here], mode="clip")
            if self._far:
                self._find_far(flat[here], place == self._size, out[here])
        return out.reshape(np.shape(codes))

    def _find_far(self, codes, beyond, out):
        if not beyond.any():
            return
        codes = codes[beyond].astype(np.int64)
        at = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        out[beyond] = np.where(self._codes[at] == codes, self._values[at], self._unknown)

    def __getstate__(self):
        return {**self.__dict__, "_table": None}


def _is_near(codes):
    # not by abs: the lowest integer has no opposite
    return (codes > -SPAN) & (codes < SPAN)


@dataclass(frozen=True)
class Vocabulary:
    """Categories of PDG codes in a fixed order.

    Parameters
    ----------
    categories : tuple
        A code, or the name of a group, per category.
    members : dict of int to int
        Code to position of its category.
    """

    categories: tuple
    members: dict

    @classmethod
    def of(cls, codes, groups, antiparticles):
        """Categories of `codes`; those of `groups` share one.

        Parameters
        ----------
        codes : iterable of int
        groups : dict of str to iterable of int or callable, or None
            A callable, e.g. ``particle.pdgid.is_lepton``, is asked about all `codes` and all
            particles of the PDG table.
        antiparticles : {"separate", "merge"}
        """
        fold = abs if antiparticles == "merge" else int
        positions, members = {}, {}
        for name, group in (groups or {}).items():
            _check_name(name)
            positions[name] = len(positions)
            for code in _group(name, group, codes):
                _add(members, fold(code), positions[name], name)
        for code in map(fold, codes):
            if code not in members and code != PADDING:
                members[code] = positions.setdefault(code, len(positions))
        return cls(tuple(positions), members)

    def table(self, first, unknown):
        """Lookup of the position of a code's category, counted from `first`; 0 is padding."""
        codes = [PADDING, *self.members]
        return CodeTable(codes, [0, *(first + at for at in self.members.values())], unknown)

    def names(self):
        """Name of each category: the group's, the particle's, or the code where it has none.

        Where two have the same name (proton and hydrogen nucleus are both "p"), the later one
        has its code behind it.
        """
        names = {}
        for category in self.categories:
            name = category if isinstance(category, str) else particle_name(category)
            names[f"{name}[{category}]" if name in names else name] = category
        return list(names)


def particle_name(code):
    """Name of a PDG code, as `particle` has it; the code itself if it knows none.

    Examples
    --------
    >>> particle_name(321), particle_name(99999999)
    ('K+', '99999999')
    """
    from particle import Particle, ParticleNotFound
    from particle.particle.particle import InvalidParticle

    try:
        return Particle.from_pdgid(code).name
    except (ParticleNotFound, InvalidParticle):
        return str(code)


def all_codes():
    """Codes of every particle that `particle` knows."""
    from particle import Particle

    return [int(particle.pdgid) for particle in Particle.all()]


def codes_of(categories, seen):
    """Codes that `categories` stands for: those given, all known ones, or those `seen`.

    The order of the last two is by absolute value, particle before antiparticle, so that no
    order of events shows in it.
    """
    if not isinstance(categories, str):
        return tuple(_list_of_codes(categories, "categories"))
    codes = seen if categories == "auto" else all_codes()
    return tuple(sorted(codes, key=lambda code: (abs(code), -code)))


def most_frequent(categories, times, room):
    """`categories` in their order, without the rarest where there are more than `room`.

    Parameters
    ----------
    categories : sequence
    times : dict
        How often each occurs; of equally rare ones the later are left out.
    room : int
    """
    places = sorted(range(len(categories)), key=lambda at: (-times.get(categories[at], 0), at))
    return tuple(categories[at] for at in sorted(places[:room]))


def check_room(n_categories, size, first, owner):
    """Raise a ValueError if a vocabulary of `size` tokens has no room for so many categories."""
    if n_categories > size - first:
        msg = (
            f"{owner}: vocabulary_size={size} has room for {max(size - first, 0)} categories "
            f"beside the {first} tokens that are none, and there are {n_categories}"
        )
        raise ValueError(msg)


def counted(codes):
    """Code to number of times that it occurs, ordered by absolute value; 0 left out."""
    codes = np.ascontiguousarray(codes).reshape(-1)
    found = Counter()
    if len(codes) < CHUNK:
        found.update(_sorted_counts(codes))
    else:
        found.update(_many_counts(codes))
    del found[PADDING]
    return dict(sorted(found.items(), key=lambda item: (abs(item[0]), -item[0])))


def _sorted_counts(codes):
    different, times = np.unique(codes, return_counts=True)
    return dict(zip(different.tolist(), times.tolist(), strict=True))


def _many_counts(codes):
    # a histogram is much faster than sorting; only the few codes beyond it are sorted
    histogram, found = np.zeros(2 * SPAN, dtype=np.int64), Counter()
    for first in range(0, len(codes), 16 * CHUNK):
        part = codes[first : first + 16 * CHUNK].astype(np.int64)
        near = _is_near(part)
        histogram += np.bincount(part[near] + SPAN, minlength=2 * SPAN)
        found.update(_sorted_counts(part[~near]))
    seen = np.flatnonzero(histogram)
    found.update(dict(zip((seen - SPAN).tolist(), histogram[seen].tolist(), strict=True)))
    return found


def invalid(counts):
    """The part of `counts` (code to occurrences) whose codes are no valid PDG ids."""
    from particle.pdgid import is_valid

    return {code: times for code, times in counts.items() if not is_valid(code)}


def warn_invalid(counts, owner):
    """Warn of codes that are no valid PDG ids, with how often they occur."""
    if counts:
        msg = f"{owner}: {len(counts)} of the codes are no valid PDG ids: {occurrences(counts)}"
        warnings.warn(msg, UserWarning, stacklevel=3)


def occurrences(counts):
    """The ten most frequent codes of `counts`, in words."""
    most = sorted(counts.items(), key=lambda item: -item[1])
    shown = [f"{code} ({times} times)" for code, times in most[:10]]
    return ", ".join([*shown, f"and {len(most) - 10} more"] if len(most) > 10 else shown)


def as_codes(values, name, of="event"):
    """`values` as integers, in int64 where they were not integers.

    Raises
    ------
    ValueError, TypeError
        If they are not integers, or may have been rounded; see `skhep_nn._integers.exact`.
    """
    return _integers.exact(values, f"{name}: PDG codes", of=of, signed=True, rule=" are integers")


def _group(name, group, codes):
    if not callable(group):
        return _list_of_codes(group, f"groups[{name!r}]")
    return [code for code in dict.fromkeys([*codes, *all_codes()]) if group(code)]


def _check_name(name):
    if not isinstance(name, str):
        msg = f"groups: the name of a group is text, got {name!r:.60}"
        raise TypeError(msg)


def _list_of_codes(codes, name):
    codes = as_codes(list(codes) if isinstance(codes, (set, frozenset, range)) else codes, name)
    if codes.ndim != 1:
        msg = f"{name} must be a list of PDG codes, got an array of shape {codes.shape}"
        raise ValueError(msg)
    return codes.tolist()


def _add(members, code, position, name):
    if members.setdefault(code, position) != position:
        msg = f"groups: PDG code {code} is in group {name!r} and in one before it"
        raise ValueError(msg)
