"""Public names that load on first use, so that importing the package stays fast."""

from __future__ import annotations

import importlib


def attach(package, table):
    """Module-level ``__getattr__``, ``__dir__`` and ``__all__`` for `package`.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    table : dict of str to list of str
        Submodule (relative, e.g. ``"._balancer"``) to the public names that it holds. A submodule
        without a leading underscore is public itself.
    """
    home = {name: module for module, public in table.items() for name in public}
    modules = {module[1:]: module for module in table if not module.startswith("._")}

    def getter(name):
        if name in home:
            return getattr(importlib.import_module(home[name], package), name)
        if name in modules:
            return importlib.import_module(modules[name], package)
        msg = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(msg)

    public = sorted([*home, *modules])
    return getter, lambda: public, public
