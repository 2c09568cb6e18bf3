"""What the blocks of `EventBlocks` are: guessed, completed with their masks, and checked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from skhep_nn import _choices

KINDS = ("features", "sequence", "tokens", "mask", "lengths", "weight")


@dataclass(frozen=True)
class BlockKind:
    """What a block is, so that a network can be built from the data alone.

    Parameters
    ----------
    name : {"features", "sequence", "tokens", "mask", "lengths", "weight"}
        ``"features"``: numbers per event; ``"sequence"``: a padded list of particles;
        ``"tokens"``: integers 0 ... `vocabulary_size` - 1 for an embedding, 0 being padding;
        ``"mask"``: booleans, True where a sequence has an entry and False in its padding;
        ``"lengths"``: number of entries of each event's sequence, padding behind them;
        ``"weight"``: event weights, never an input of the network.
    features : tuple of str, default=None
        Names along the last axis.
    vocabulary : tuple, default=None
        What each token stands for, in the order of the tokens.
    vocabulary_size : int, default=None
        Number of tokens; of a `vocabulary` its length, or more, where tokens are left free.
    mask : str, default=None
        Name of the block with the mask or the lengths of this sequence.
    of : str, default=None
        Name of the sequence that the tokens describe; its mask is theirs.

    Raises
    ------
    ValueError
        If `name` is none of these, tokens have neither vocabulary nor its size, or the vocabulary
        is larger than its size.

    Examples
    --------
    >>> BlockKind("tokens", vocabulary=("padding", "other", 211)).vocabulary_size
    3
    """

    name: str
    features: tuple | None = None
    vocabulary: tuple | None = None
    vocabulary_size: int | None = None
    mask: str | None = None
    of: str | None = None

    def __post_init__(self):
        if not isinstance(self.name, str) or self.name not in KINDS:
            msg = f"kind of a block: {self.name!r:.60}; it must be one of {KINDS}"
            raise ValueError(msg)
        for field in ("features", "vocabulary"):
            if getattr(self, field) is not None:
                object.__setattr__(self, field, _as_tuple(getattr(self, field), field))
        _check_size(self.vocabulary_size, self.vocabulary)
        if self.vocabulary is not None and self.vocabulary_size is None:
            object.__setattr__(self, "vocabulary_size", len(self.vocabulary))
        if self.name == "tokens" and self.vocabulary_size is None:
            msg = "a block of tokens needs its vocabulary or vocabulary_size"
            raise ValueError(msg)


def _as_tuple(values, field):
    if not np.iterable(values):
        msg = f"kind of a block: {field}={values!r:.60}; it must be a list of names"
        raise ValueError(msg)
    return tuple(values)


def _check_size(size, vocabulary):
    is_number = _choices.is_whole(size)
    if size is not None and not (is_number and size > 0):
        msg = f"kind of a block: vocabulary_size={size!r:.60}; it must be a number of tokens"
        raise ValueError(msg)
    if size is not None and vocabulary is not None and size < len(vocabulary):
        msg = f"kind of a block: vocabulary_size={size}, and the vocabulary has {len(vocabulary)}"
        raise ValueError(msg)


def as_kind(kind, name):
    """A `BlockKind` from itself or its name, for the block `name`.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if isinstance(kind, BlockKind):
        return kind
    if isinstance(kind, str):
        return BlockKind(kind)
    msg = f"kind of block {name!r}: {kind!r:.60}; it must be a BlockKind or one of {KINDS}"
    raise TypeError(msg)


def complete(specs, given, columns):
    """Kinds of all blocks: those given, the others guessed, each with its mask.

    Parameters
    ----------
    specs : dict of str to (shape, dtype)
    given : dict of str to BlockKind
    columns : dict of str to iterable or None
        Names along the last axis, where the data had any.
    """
    out = {name: _complete(name, specs, given, columns.get(name)) for name in specs}
    out = {name: _with_mask_of_sequence(kind, out) for name, kind in out.items()}
    for by in {kind.mask for kind in out.values()} & set(specs) - set(given):
        out[by] = BlockKind("lengths" if len(specs[by][0]) == 1 else "mask")
    return out


def check(specs, kinds):
    """Raise ValueError if a block is not what its kind says."""
    sizes = {}
    for name, kind in kinds.items():
        for rule in (_check_sequence, _check_features, _check_tokens):
            rule(name, *specs[name], kind)
        if kind.mask is not None:
            _check_mask(name, kind.mask, specs, sizes)


def describe(kind):
    """A kind in a few words, e.g. ``tokens (vocabulary 542)``."""
    extras = {"of": kind.of, "vocabulary": kind.vocabulary_size, "mask": kind.mask}
    shown = [f"{key} {value}" for key, value in extras.items() if value is not None]
    return f"{kind.name} ({', '.join(shown)})" if shown else kind.name


def _complete(name, specs, given, columns):
    kind = given[name] if name in given else BlockKind(_guess(name, specs))
    if kind.name in ("sequence", "tokens") and kind.mask is None:
        kind = replace(kind, mask=_mask_beside(name, specs))
    if columns is not None and kind.features is None:
        kind = replace(kind, features=tuple(map(str, columns)))
    return kind


def _guess(name, specs):
    shape = specs[name][0]
    if name == "weight" and len(shape) == 1:
        return "weight"
    return "sequence" if len(shape) == 3 or _mask_beside(name, specs) else "features"


def _mask_beside(name, specs):
    shape = specs[name][0]
    for by in (f"{name}_mask", f"{name}_lengths"):
        if by in specs and _masks(specs[by], shape):
            return by
    return None


def _masks(spec, shape):
    by_shape, by_dtype = spec
    if len(shape) < 2:
        return False
    if np.dtype(by_dtype).kind == "b":
        return by_shape[1:] == shape[1:2]
    return len(by_shape) == 1 and np.dtype(by_dtype).kind in "iu"


def _with_mask_of_sequence(kind, kinds):
    if kind.mask is None and kind.of in kinds:
        return replace(kind, mask=kinds[kind.of].mask)
    return kind


def _check_sequence(name, shape, dtype, kind):
    if kind.name == "sequence" and len(shape) < 2:
        msg = f"block {name!r} is no sequence: it has shape {shape}, not (events, length, ...)"
        raise ValueError(msg)


def _check_features(name, shape, dtype, kind):
    if kind.features is not None and len(kind.features) != shape[-1]:
        msg = f"block {name!r} has {shape[-1]} features, its kind names {len(kind.features)}"
        raise ValueError(msg)


def _check_tokens(name, shape, dtype, kind):
    if kind.name == "tokens" and np.dtype(dtype).kind not in "iu":
        msg = f"block {name!r} holds tokens, which are integers, got {dtype}"
        raise ValueError(msg)


def _check_mask(name, by, specs, sizes):
    if by not in specs:
        msg = f"the mask of block {name!r} is to be {by!r}, and there is no such block"
        raise ValueError(msg)
    shape = specs[name][0]
    if not _masks(specs[by], shape) or sizes.setdefault(by, shape[1]) != shape[1]:
        msg = (
            f"{by!r} is no mask of {name!r}: it has shape {specs[by][0]} of {specs[by][1]}, needed "
            f"are booleans of shape {shape[:2]} or integer lengths of shape {shape[:1]}"
        )
        raise ValueError(msg)
