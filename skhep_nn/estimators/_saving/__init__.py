"""How Keras objects are copied and saved, and the versions that a file tells."""

from __future__ import annotations


def install():
    """Have Keras' objects copied and saved by this package, where they are not already.

    Other packages change the same methods when they are imported, scikeras among them.
    """
    from skhep_nn.estimators._saving import _objects, _states

    if not _objects.is_installed():
        _objects.install()
        _states.install()
