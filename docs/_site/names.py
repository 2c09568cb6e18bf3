"""The public names, each once, under the shortest path by which it is imported."""

from __future__ import annotations

import importlib
import inspect

PACKAGE = "skhep_nn"
# In the order of an analysis.
PACKAGES = {
    "io": "Reading files",
    "datasets": "Samples",
    "preprocessing": "Preprocessing",
    "events": "Blocks",
    "cache": "Caches",
    "estimators": "Classifiers",
    "model_selection": "Splits",
    "metrics": "Metrics and scorers",
    "robustness": "Robustness",
    "plotting": "Pictures",
    "report": "Report",
    "deploy": "Deployment",
    "networks": "Networks",
    "training": "Training",
    "exceptions": "Errors and warnings",
}


def public_packages():
    """Names of the packages and modules that are public, found as an import finds them."""
    top = importlib.import_module(PACKAGE)
    found = {name for name in top.__all__ if inspect.ismodule(getattr(top, name))}
    return found | {"networks", "training"}


def of_package(package):
    """Public names of a package, classes first."""
    module = importlib.import_module(f"{PACKAGE}.{package}")
    names = getattr(module, "__all__", None) or dir(module)
    values = {name: getattr(module, name) for name in names if not name.startswith("_")}
    return {n: v for n, v in sorted(values.items(), key=_order) if not inspect.ismodule(v)}


def _order(pair):
    name, value = pair
    return not inspect.isclass(value), name.lower()


def path_of(package, name):
    """The shortest path: ``skhep_nn.DenseClassifier``, ``skhep_nn.metrics.roc_auc``."""
    top = importlib.import_module(PACKAGE)
    return f"{PACKAGE}.{name}" if name in top.__all__ else f"{PACKAGE}.{package}.{name}"


def summary(value):
    """First line of a docstring."""
    return inspect.cleandoc(value.__doc__ or "").partition("\n")[0]


def is_preset(value):
    """Whether a public name is a dict of constructor arguments."""
    return isinstance(value, dict)
