"""One vocabulary for the PDG tokenizers of several blocks: that of all their codes."""

from __future__ import annotations

from collections import Counter

from skhep_nn import _composition

# what tokenizers of one vocabulary must agree on
_SETTINGS = ("categories", "groups", "handle_unknown", "antiparticles", "vocabulary_size")


def share(parts):
    """Give the tokenizers of one `share` the vocabulary of all their codes.

    Parameters
    ----------
    parts : list of (name, fitted transformer)
        Blocks of a `BlockTransformer`. The tokenizer of a block takes part in the group of its
        name, with or without a `share` of its own.

    Raises
    ------
    ValueError
        If a tokenizer shares with none, or tokenizers that share differ in a setting.
    """
    tokenizers = {name: found for name, part in parts if (found := _tokenizer(part)) is not None}
    for word in dict.fromkeys(t.share for t in tokenizers.values() if t.share is not None):
        members = {
            n: t for n, t in tokenizers.items() if word == (n if t.share is None else t.share)
        }
        _check(word, members, [name for name, _ in parts])
        _unite([t for t in members.values() if _composition.is_fitted(t)])


def _tokenizer(part):
    steps = _composition.transformers(part)
    return next((step for step in steps if hasattr(step, "_have_seen")), None)


def _unite(members):
    for one in members:
        others = (Counter(other._seen) for other in members if other is not one)
        one._have_seen(sum(others, Counter()))


def _check(word, members, blocks):
    first, *others = members
    if not others:
        msg = (
            f"block {first!r}: share={word!r} is no other block with a PDGTokenizer, and no other "
            f"tokenizer shares by this name; blocks are {blocks}"
        )
        raise ValueError(msg)
    for other in others:
        for setting in _SETTINGS:
            a, b = (_comparable(getattr(members[name], setting)) for name in (first, other))
            if a != b:
                msg = (
                    f"blocks {first!r} and {other!r} share a vocabulary (share={word!r}), but have "
                    f"{setting}={a!r:.60} and {b!r:.60}; give both the same"
                )
                raise ValueError(msg)


def _comparable(value):
    return value if isinstance(value, (str, dict, int, type(None))) else list(value)
