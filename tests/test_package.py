"""The package as a whole: what importing it loads, and which part knows which."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import skhep_nn

ROOT = Path(skhep_nn.__file__).parent
HEAVY = {"tensorflow", "keras", "scikeras", "matplotlib", "uproot", "awkward", "h5py", "tables"}
LIGHT_PACKAGES = [
    "cache", "datasets", "deploy", "estimators", "events", "exceptions", "io", "metrics",
    "model_selection", "networks", "plotting", "preprocessing", "report", "robustness", "training",
]  # fmt: skip
USE_OF_LIGHT_PACKAGES = """
import sys
from collections import Counter
import skhep_nn
from skhep_nn import EventWeightBalancer, MinMaxScaler, make_auc_scorer, make_fom_scorer
from skhep_nn import train_validation_test_split
from skhep_nn.metrics import figure_of_merit, roc_auc, significance_scan
from skhep_nn.events import EventBlocks
MinMaxScaler().fit_transform([[0.0], [1.0]])
EventWeightBalancer("equal").balance([0, 1], sample_weight=[1.0, 2.0])
roc_auc([0, 1], [0.1, 0.9])
"""


def modules_loaded_by(program):
    """Top-level modules that a new process has loaded after `program`."""
    program += (
        "\nimport sys; sys.stdout.write(' '.join({m.partition('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_the_package_loads_neither_tensorflow_nor_keras():
    assert not modules_loaded_by("import skhep_nn") & HEAVY


def test_importing_its_parts_loads_neither_tensorflow_nor_keras():
    program = "import " + ", ".join(f"skhep_nn.{name}" for name in LIGHT_PACKAGES)
    assert not modules_loaded_by(program) & HEAVY


def test_using_what_needs_no_network_loads_neither_tensorflow_nor_keras():
    assert not modules_loaded_by(USE_OF_LIGHT_PACKAGES) & HEAVY


def test_every_public_name_is_there():
    for name in skhep_nn.__all__:
        assert getattr(skhep_nn, name) is not None
    assert set(skhep_nn.__all__) <= set(dir(skhep_nn))
    with pytest.raises(AttributeError, match="module 'skhep_nn' has no attribute 'nothing'"):
        _ = skhep_nn.nothing


def imports_of(path):
    """Dotted names of the modules that a source file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers_of(*modules, within="."):
    """Source files below `within` that import one of `modules`."""
    files = sorted((ROOT / within).rglob("*.py"))
    assert files
    return {
        path.relative_to(ROOT).as_posix()
        for path in files
        for name in imports_of(path)
        if any(f"{name}.".startswith(f"{module}.") for module in modules)
    }


def test_only_one_module_imports_scikeras():
    assert importers_of("scikeras") == {"estimators/_keras/_scikeras.py"}


def modules():
    """Source file of every module by its dotted name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        *folders, name = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(folders if name == "__init__" else [*folders, name])] = path
    return found


def statements(body):
    """Statements that run when a module is imported, those under ``if`` and ``try`` included."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            yield from statements(ast.iter_child_nodes(node))


def import_graph(*, inside_functions):
    """Modules of the package that each of its modules imports."""
    known, graph = modules(), {}
    for module, path in known.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree) if inside_functions else statements(tree.body))
        names = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                whole = [f"{node.module}.{alias.name}" for alias in node.names]
                names += [name if name in known else node.module for name in whole]
        graph[module] = {name for name in names if name in known}
    return graph


def in_circles(graph):
    """Modules that import each other in circles, and those that such a circle imports from."""
    left = dict(graph)
    while True:
        free = {module for module, imported in left.items() if not imported & left.keys()}
        if not free:
            return set(left)
        left = {module: imported for module, imported in left.items() if module not in free}


def test_the_search_for_circles_finds_one():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}
    assert in_circles(graph) == {"a", "b", "c"}


def test_no_modules_import_each_other_in_a_circle():
    graph = import_graph(inside_functions=False)
    assert graph["skhep_nn.estimators._dense"] >= {"skhep_nn.estimators._built"}
    assert not in_circles(graph)


def reached_from(module, graph):
    """Modules that importing `module` imports, itself included."""
    found, waiting = set(), [module]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += graph[at]
    return found


def test_only_the_adapter_descends_from_scikeras():
    graph = import_graph(inside_functions=True)
    adapter = "skhep_nn.estimators._keras._scikeras"
    assert adapter in reached_from("skhep_nn.estimators._keras._classifier", graph)
    for module in ("_dense", "_blocks._classifier", "_blocks._resnet", "_parametric._classifier"):
        assert adapter not in reached_from(f"skhep_nn.estimators.{module}", graph)


def test_in_estimators_and_training_no_circle_hides_inside_functions():
    graph = import_graph(inside_functions=True)
    parts = ("skhep_nn.estimators", "skhep_nn.training", "skhep_nn.networks")
    assert not in_circles({m: i for m, i in graph.items() if m.startswith(parts)})


def test_only_one_module_imports_private_helpers_of_scikit_learn():
    private = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        for name in imports_of(path)
        if name.startswith("sklearn.") and any(part.startswith("_") for part in name.split("."))
    }
    assert private == {"_validation.py"}


def test_networks_know_nothing_of_scikit_learn():
    assert not importers_of("sklearn", "skhep_nn.estimators", within="networks")


@pytest.mark.parametrize(
    "package", ["preprocessing", "metrics", "model_selection", "io", "datasets"]
)
def test_what_works_on_tables_knows_nothing_of_keras(package):
    assert not importers_of("keras", "tensorflow", "scikeras", within=package)
    assert not importers_of("skhep_nn.estimators", "skhep_nn.networks", within=package)


@pytest.mark.parametrize("package", ["networks", "training", "preprocessing", "metrics", "cache"])
def test_nothing_below_the_estimators_imports_them(package):
    assert not importers_of("skhep_nn.estimators", within=package)


def test_no_module_is_longer_than_500_lines():
    lengths = {path.name: len(path.read_text().splitlines()) for path in ROOT.rglob("*.py")}
    assert max(lengths.values()) <= 500, max(lengths, key=lengths.get)


# Files that share a name, each in a folder that says what differs.
SAME_NAMES = {
    "_attention_layers.py": "layers, and their nodes in an ONNX graph",
    "_base.py": "of classifiers of blocks, and of what has members",
    "_bins.py": "their edges, and their display",
    "_block_inputs.py": "of a fit, and of an ONNX graph",
    "_bootstrap.py": "of members, and of binned significances",
    "_branches.py": "of a ROOT tree, and of a network",
    "_by_parameter.py": "the metrics, and their displays",
    "_calibration.py": "its nodes in an ONNX graph, and its display",
    "_callbacks.py": "those of a fit, and what the training loop asks of them",
    "_classifier.py": "of blocks, of hypotheses, of an ONNX file",
    "_columns.py": "of any table; of a hypothesis, of members; of an ONNX graph",
    "_command.py": "of caches, and of ONNX files",
    "_dense.py": "the network, and the classifier",
    "_ensemble.py": "networks of one fit, and estimators as members",
    "_events.py": "of a fit, of binned metrics, of a display",
    "_importance.py": "of features, and its display",
    "_initial.py": "of a fit, and of a network",
    "_input_scaling.py": "what a fit learns for it, and the layers of a network",
    "_inputs.py": "of a fit, and of a metric",
    "_masses.py": "of background, and in a report",
    "_model.py": "that is applied, and of binned counts",
    "_overtraining.py": "the test, and its display",
    "_open.py": "a cache, and files that stay files of events",
    "_order.py": "which events come in an epoch, as a fit is asked for and as it is drawn",
    "_partitions.py": "of files, and what becomes of them in a cache",
    "_plan.py": "made of the settings of a fit, and what training is told",
    "_probabilities.py": "what follows from them, and in a report",
    "_quantiles.py": "of a column, and of transformers in an ONNX graph",
    "_root.py": "trees that are read, and histograms that are written",
    "_run.py": "of a fit, and of the fits of members",
    "_samples.py": "for the test of an ONNX file, and of binned metrics",
    "_scaling.py": "of events, and its nodes in an ONNX graph",
    "_scores.py": "in the output of a model, and their display",
    "_sculpting.py": "the metric, and its display",
    "_seeds.py": "of a fit, and of the layers of a network",
    "_sequences.py": "short forms of classifiers, and transformers in an ONNX graph",
    "_settings.py": "of a fit, and of members",
    "_significance.py": "binned, and its display",
    "_source.py": "of events in a file, and of batches",
    "_split.py": "of the events of one fit, and into samples",
    "_stream.py": "from files, and from memory maps to batches",
    "_templates.py": "of a score, and their display",
    "_values.py": "of columns in files, and in an ONNX graph",
    "_variations.py": "of inputs, and their display",
    "_verify.py": "of a cache, and of an ONNX file",
}


def test_files_have_names_of_their_own_or_a_folder_that_says_what_differs():
    names = Counter(path.name for path in ROOT.rglob("*.py") if not path.name.startswith("__"))
    assert {name for name, count in names.items() if count > 1} <= SAME_NAMES.keys()


def test_helpers_say_of_what_they_make_a_plain_or_joined_one():
    for path in ROOT.rglob("*.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        found = {node.name.strip("_") for node in body if isinstance(node, ast.FunctionDef)}
        assert not found & {"plain", "is_plain", "as_plain", "joined"}, path
