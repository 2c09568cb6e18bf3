"""What a fit is asked to do: the parameters of a classifier, read once and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from skhep_nn.estimators import _parameters

# Prefixes under which scikeras' users may give the same parameter.
PREFIXES = ("fit", "compile")


@dataclass(frozen=True)
class Settings:
    """The parameters of a classifier as they hold in one call and phase.

    Each is an attribute: ``settings.epochs`` is ``fit__epochs`` where that is given. What a call or
    a phase asks for makes new settings; the classifier, which callbacks and other threads see,
    keeps the parameters that the user set.

    Parameters
    ----------
    owner : str
        Name of the classifier's class.
    parameters : Mapping of str to object
        As ``get_params(deep=False)`` has them, routed ones by their whole names.
    inside : Mapping of str to object
        Those of parameters that have parameters themselves, as ``"balance__mode"``.
    built : bool
        Whether the package builds the network: names are then Keras', ``"adamw"`` stands for the
        package's own recipe, and each fit has copies of the callbacks.
    label_smoothing : float or None
        Of a phase; None leaves the loss as it is.
    """

    owner: str
    parameters: Mapping
    inside: Mapping
    built: bool = False
    label_smoothing: float | None = None

    @classmethod
    def of(cls, classifier, own, every, *, built):
        """Those of `classifier` as it is now.

        Parameters
        ----------
        classifier : BaseClassifier
        own, every : dict
            Its parameters, without and with those inside of them.
        built : bool
        """
        # what a user's subclass does not state are parameters, too
        names = {*_parameters.known_to(type(classifier)), *_parameters.FIT, *_parameters.COMPILE}
        known = {n: getattr(classifier, n) for n in names if hasattr(classifier, n)}
        inside = {n: v for n, v in every.items() if n not in own}
        owner = type(classifier).__name__
        return cls(owner, MappingProxyType(known | own), MappingProxyType(inside), built)

    @property
    def every(self):
        """All parameters, those inside others included."""
        return {**self.inside, **self.parameters}

    def changed(self, arguments):
        """These settings, but for `arguments`, by their plain names.

        Parameters
        ----------
        arguments : dict
            Also ``"label_smoothing"``.
        """
        arguments = dict(arguments)
        smoothing = arguments.pop("label_smoothing", self.label_smoothing)
        routed = {self.routed(name): value for name, value in arguments.items()}
        parameters = MappingProxyType({**self.parameters, **routed})
        return replace(self, parameters=parameters, label_smoothing=smoothing)

    def routed(self, name):
        """The name under which a parameter is given, e.g. ``"fit__epochs"``."""
        names = (f"{prefix}__{name}" for prefix in PREFIXES)
        return next((n for n in names if n in self.parameters), name)

    def get(self, name, default=None):
        """A parameter that not every classifier has."""
        return self.parameters.get(self.routed(name), default)

    def __getattr__(self, name):
        parameters = vars(self).get("parameters", {})
        if name in parameters:
            return parameters[self.routed(name)]
        msg = f"{vars(self).get('owner')} has no parameter {name!r}"
        raise AttributeError(msg)
