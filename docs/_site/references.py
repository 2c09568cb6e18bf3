"""References by a longer path, or by the name alone, to what has its page under the shortest."""

from __future__ import annotations

from functools import cache

from _site import names


@cache
def paths():
    """The shortest path of each public name."""
    return {
        name: names.path_of(package, name)
        for package in names.PACKAGES
        for name in names.of_package(package)
    }


def shortest(target):
    """What a reference to `target` means: a public name, or a member of one; None if neither.

    Examples
    --------
    >>> shortest("skhep_nn.metrics.binned_significance")
    'skhep_nn.binned_significance'
    >>> shortest("Templates.limit")
    'skhep_nn.Templates.limit'
    """
    parts = target.split(".")
    for at in (len(parts) - 1, len(parts) - 2):
        if at >= 0 and parts[at] in paths():
            return ".".join([paths()[parts[at]], *parts[at + 1 :]])
    return None


def resolve(app, env, node, content):
    """For Sphinx' ``missing-reference``."""
    target = shortest(node.get("reftarget", "")) if node.get("refdomain") == "py" else None
    if target is None:
        return None
    return env.get_domain("py").resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], target, node, content
    )
