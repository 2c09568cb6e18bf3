"""What a fit learns of its events, by the names of the attributes that a fitted classifier has."""

from __future__ import annotations

from types import SimpleNamespace

# What is learnt in some fits and not in others.
OPTIONAL = (
    "feature_names_in_",
    "block_kinds_",
    "block_shapes_",
    "class_prior_",
    "members_",
    "best_epochs_",
)


class Learnt(SimpleNamespace):
    """Values by name, as attributes; never changed, a stage that learns more makes another.

    A fitted classifier has the same attributes, so that what reads a fit's `Learnt` (the columns,
    the classes) reads a classifier as well.
    """

    def also(self, **more):
        """These values and `more`, which replace those of the same name."""
        return Learnt(**{**vars(self), **more})

    def without(self, *names):
        """These values but for some, whether or not they are there."""
        return Learnt(**{name: value for name, value in vars(self).items() if name not in names})
