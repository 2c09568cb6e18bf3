"""What a page may assume: the names of docs/sample.md, and the files that its blocks read."""

from __future__ import annotations

import ast
import fnmatch
import pickle
from functools import cache

import joblib
import numpy as np
from pages.blocks import ROOT, blocks

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
SAMPLE = ROOT / "docs" / "sample.md"


@cache
def _sample():
    """Trees of the blocks of the sample, each with the names that it defines."""
    trees = [ast.parse(block.code) for block in blocks(SAMPLE) if block.language == "python"]
    return [(tree, defined(tree)) for tree in trees]


def defined(tree):
    """Names that a block defines, without those inside of comprehensions and functions."""
    found, nodes = _imported(tree), [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and _is_stored(node):
            found.add(node.id)
        elif not isinstance(node, COMPREHENSIONS):
            nodes += ast.iter_child_nodes(node)
    return found


def _is_stored(node):
    return isinstance(node.ctx, ast.Store)


def _imported(tree):
    imports = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    return {(a.asname or a.name).partition(".")[0] for n in imports for a in n.names}


def used(tree):
    """Names that a block reads before it defines them itself."""
    found, known = set(), set()
    for statement in tree.body:
        found |= _read(statement) - _bound(statement) - known
        known |= defined(statement)
    return found


def _read(tree):
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not _is_stored(n)}


def _bound(tree):
    """Names of loops, comprehensions and parameters within a statement."""
    found = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    loops = [n.target for n in ast.walk(tree) if isinstance(n, (ast.For, ast.comprehension))]
    return found | {n.id for to in loops for n in ast.walk(to) if isinstance(n, ast.Name)}


def needed(tree, given=()):
    """Indices of the blocks of the sample that `tree` needs beside the names that are `given`.

    Those that these blocks need are included.
    """
    found, open_names = set(), used(tree) - set(given)
    while open_names:
        name = open_names.pop()
        for n, (block, names) in enumerate(_sample()):
            if name in names - _imported(block) and n not in found:
                found.add(n)
                open_names |= used(block)
    return sorted(found)


class Sample:
    """The sample of one page: what the page itself calls by the same names leaves it alone."""

    def __init__(self):
        self._names = {}

    def give(self, tree, namespace):
        """Define in `namespace` what a block needs of the sample and no earlier block defined."""
        for n in needed(tree, namespace):
            block, names = _sample()[n]
            if not names <= self._names.keys():
                exec(compile(block, SAMPLE, "exec"), self._names)
            for name in names - _imported(block):
                namespace.setdefault(name, self._names[name])


def files(texts, folder):
    """Write to `folder` the files that are named in `texts` and not there.

    Parameters
    ----------
    texts : iterable of str
        Words of a command, or constants of a block.
    folder : Path
    """
    for text in texts:
        for pattern, make in FILES.items():
            if fnmatch.fnmatchcase(text, pattern) and not [*folder.glob(text)]:
                path = folder / text.replace("*", "1")
                path.parent.mkdir(parents=True, exist_ok=True)
                make(path)


def constants(tree):
    """Texts in a block."""
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    return [n.value for n in nodes if isinstance(n.value, str)]


@cache
def _value(name):
    """One name of the sample; each file is made of the same ones."""
    namespace = {}
    Sample().give(ast.parse(name), namespace)
    return namespace[name]


def _table(name):
    return lambda path: _value(name).to_parquet(path)


def _ntuple(path):
    import awkward as ak
    import uproot

    events = _value("events")
    n_jets = events["Njet"].to_numpy()
    jets = ak.unflatten(np.linspace(30, 90, n_jets.sum()).astype("float32"), n_jets)
    names = ["LepPt", "Met", "HT", "Njet", "Jet1Pt", "mt", "weight", "is_signal"]
    columns = {name: events[name].to_numpy() for name in names}
    columns |= {"met": columns["Met"], "run": n_jets, "event": events["event_number"].to_numpy()}
    with uproot.recreate(path) as file:
        file.mktree("Events", {**{n: c.dtype for n, c in columns.items()}, "Jet_pt": jets.type})
        file["Events"].extend({**columns, "Jet_pt": jets})


def _onnx(path):
    from skhep_nn import export_onnx

    export_onnx(_value("model"), path)


def _skim(path):
    from skhep_nn.datasets import load_particle_lists

    events = load_particle_lists()
    events.loc[events["passes_skim"] == 1, ["file", "event_number"]].to_csv(path, index=False)


def _generated(path):
    from skhep_nn.datasets import load_particle_lists

    load_particle_lists().drop(columns="passes_skim").to_parquet(path)


def _memmap(path):
    # as smartBKG writes them
    values = np.zeros((5, 4, 3), "float32")
    values.tofile(path)
    for side, said in (("shape", values.shape), ("dtype", "float32")):
        path.with_name(f"{path.name}.{side}").write_bytes(pickle.dumps(said))


# Files that pages name, and what is in them.
FILES = {
    "events.parquet": _table("events"),
    "train.parquet": _table("train"),
    "validation.parquet": _table("validation"),
    "test.parquet": _table("test"),
    "up.parquet": _table("test_up"),
    "data.parquet": _table("data"),
    "data.root": _ntuple,
    "data/*.root": _ntuple,
    "ntuples/*.root": _ntuple,
    "model.joblib": lambda path: joblib.dump(_value("model"), path),
    "prep.joblib": lambda path: joblib.dump(_value("scaler"), path),
    "model.onnx": _onnx,
    "skim.csv": _skim,
    "generated/*.parquet": _generated,
    "*_input.memmap": _memmap,
}
