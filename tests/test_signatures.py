"""What every public signature has in common: one word, and one place, for each thing."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import skhep_nn

# the order of scikit-learn, with the classes before the weights
PARTIAL_FIT = "partial_fit"
# of two samples that are compared
PAIRS = {"skhep_nn.metrics.weighted_ks": ["weights_a", "weights_b"]}
# labels, scores, and a variable against which they are looked at
WITH_VARIABLE = {"skhep_nn.metrics.sculpting": ["y_true", "y_score", "by", "sample_weight"]}


def packages():
    """The modules whose names are public."""
    named = {m.name for m in pkgutil.iter_modules(skhep_nn.__path__) if not m.name.startswith("_")}
    return [importlib.import_module(f"skhep_nn.{name}") for name in sorted(named - {"cli"})]


def public_functions():
    """(dotted name, function) of every public function, constructor and method."""
    for package in packages():
        names = getattr(package, "__all__", None) or vars(package)
        for name in (n for n in names if not n.startswith("_")):
            value = getattr(package, name)
            if inspect.isfunction(value):
                yield f"{package.__name__}.{name}", value
            elif inspect.isclass(value) and value.__module__.startswith("skhep_nn"):
                yield f"{package.__name__}.{name}", value
                for method, _ in inspect.getmembers(value, inspect.isroutine):
                    if not method.startswith("_"):
                        yield f"{package.__name__}.{name}.{method}", getattr(value, method)


def signatures():
    """{dotted name: parameters without ``self``} of what is ours."""
    found = {}
    for name, function in public_functions():
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            continue
        found[name] = [p for p in parameters if p.name not in ("self", "cls")]
    return found


SIGNATURES = signatures()
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def positional(name):
    return [p.name for p in SIGNATURES[name] if p.kind in POSITIONAL]


def holds_weights(name):
    return name in ("weight", "weights") or name.startswith(("sample_weight", "weights_"))


def test_signatures_of_every_kind_are_looked_at():
    assert {
        "skhep_nn.metrics.roc_auc",
        "skhep_nn.plotting.RocDisplay.from_estimator",
        "skhep_nn.estimators.DenseClassifier.fit",
        "skhep_nn.preprocessing.EventWeightBalancer",
        "skhep_nn.model_selection.train_validation_test_split",
    } <= SIGNATURES.keys()


@pytest.mark.parametrize(
    "name", [n for n in SIGNATURES if any(holds_weights(p.name) for p in SIGNATURES[n])]
)
def test_weights_are_the_third_argument_or_by_keyword(name):
    given = positional(name)
    places = [at for at, argument in enumerate(given) if holds_weights(argument)]
    if name in PAIRS:
        assert [given[at] for at in places] == PAIRS[name]
        assert places[0] == 2
    elif name in WITH_VARIABLE:
        assert given == WITH_VARIABLE[name]
    elif name.endswith(f".{PARTIAL_FIT}") and "classes" in given:
        assert given == ["X", "y", "classes", "sample_weight"]
    else:
        assert places in ([], [2])


@pytest.mark.parametrize("name", SIGNATURES)
def test_each_thing_has_one_word(name):
    arguments = {p.name for p in SIGNATURES[name]}
    words = {a for a in arguments if "process" in a}
    assert words <= {"process_column", "process", "processes"}
    others = {"stratify", "by_process", "weight_col", "weight_name", "weights_column", "masses"}
    if name == "skhep_nn.datasets.make_resonance":
        # those of the particles that it makes
        others.remove("masses")
    assert not arguments & others


@pytest.mark.parametrize("name", SIGNATURES)
def test_columns_of_weights_and_processes_are_named_by_keyword(name):
    assert not {"weight_column", "process_column"} & set(positional(name))


# What displays share: its default and whether it has a place of its own.
NEEDED, KEYWORD = inspect.Parameter.empty, inspect.Parameter.KEYWORD_ONLY
SHARED_BY_DISPLAYS = {
    "sample_weight": (None, KEYWORD),
    "weight_column": (None, KEYWORD),
    "hypotheses": (None, KEYWORD),
    "signal": (1, KEYWORD),
    "ax": (None, KEYWORD),
    "class_names": (None, KEYWORD),
    "estimator": (NEEDED, POSITIONAL[1]),
    "y_true": (NEEDED, POSITIONAL[1]),
    "X": (NEEDED, POSITIONAL[1]),
}
MAKERS = [n for n in SIGNATURES if n.startswith("skhep_nn.plotting.") and ".from_" in n]


@pytest.mark.parametrize("name", MAKERS)
def test_displays_are_made_alike(name):
    for parameter in SIGNATURES[name]:
        if parameter.name in SHARED_BY_DISPLAYS:
            found = parameter.default, parameter.kind
            assert found == SHARED_BY_DISPLAYS[parameter.name], parameter.name
