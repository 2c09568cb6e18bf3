"""Sides and classes whose weights have no positive sum: what is said of them, what goes on."""

from __future__ import annotations

import numpy as np

from skhep_nn.report._contents import Missing

_HOW = "Give more events, or look at what has the negative weights."


def without_sum(part):
    """What there is to say of a part whose signal or background has no positive sum, or ""."""
    sides = {"signal": part.is_signal, "background": ~part.is_signal}
    sums = {name: float(part.weights[mask].sum()) for name, mask in sides.items()}
    bad = [f"of the {name} sum to {total:.6g}" for name, total in sums.items() if not total > 0]
    if not bad:
        return ""
    return (
        f"The weights {' and those '.join(bad)} in {part.word} events: an efficiency, and what "
        "follows from it, needs a positive sum."
    )


def with_sums(*parts):
    """Raise `Missing` if one of the parts has a side without a positive sum."""
    for part in parts:
        text = without_sum(part)
        if text:
            raise Missing(text, _HOW)


def first_with_sums(context, *names):
    """(the first of these parts that has both sides, texts on those that were passed over).

    Raises
    ------
    Missing
        If none of them is given, or has both sides.
    """
    context.any_part(*names)
    texts = []
    for part in (context.parts[name] for name in names if name in context.parts):
        text = without_sum(part)
        if not text:
            return part, texts
        texts.append(text)
    raise Missing(" ".join(texts), _HOW)


def classes_without_sum(context, *parts):
    """{class: what there is to say of it} of those that have no positive sum in one of the parts.

    A class is what the report calls it. One that a part has no event of has the sum zero there.
    """
    names = [names_of(context, part) for part in parts]
    found = {}
    for name in sorted({name for of_part in names for name in of_part.tolist()}):
        for part, of_part in zip(parts, names, strict=True):
            total = float(part.weights[of_part == name].sum())
            if not total > 0:
                found[name] = (
                    f"The weights of the class {name} sum to {total:.6g} in {part.word} events: a "
                    "distribution, or an efficiency, needs a positive sum, so that the class is "
                    "left out."
                )
    return found


def names_of(context, part):
    """What the class of each event is called."""
    return np.array([context.name_of(label) for label in part.y.tolist()])
