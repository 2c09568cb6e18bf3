"""Trees of ROOT files (TTree and RNTuple), with jagged branches, through uproot."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from skhep_nn._extras import require
from skhep_nn.io._arrow import to_column
from skhep_nn.io._source import Source, pick_tree

FORMAT = "a ROOT file"
TAKES = ("tree",)

# uproot's ways of reading a branch that give numbers, text, or lists of numbers
READABLE = ("AsDtype", "AsJagged", "AsStrings")


def open_file(path, tree=None):
    """Open the tree `tree`, or the only one."""
    file = require("uproot", "io").open(path)
    require("awkward", "io")
    try:
        return _open(path, file, tree)
    except BaseException:
        file.close()
        raise


class RootSource(Source):
    """What a tree of either kind has in common.

    Parameters
    ----------
    path : Path
    file : uproot.ReadOnlyDirectory
    name : str
        Of the tree.
    """

    def __init__(self, path, file, name):
        self._file, self._tree = file, file[name]
        self._branches, refused = self._find()
        about = {"where": f"tree {name!r}", "kind": "branch", "refused": refused}
        super().__init__(path, list(self._branches), self._tree.num_entries, **about)

    def close(self):
        self._file.close()

    def _find(self):
        """{name: branch} of those that can be columns, and {name: reason} of the others."""
        raise NotImplementedError


class TreeSource(RootSource):
    """Branches of a TTree: what NanoAOD and EDM4hep are made of."""

    def chunks(self, columns, size):
        wanted = {self._branches[name].cache_key for name in columns}
        for events in self._tree.iterate(
            filter_branch=lambda branch: branch.cache_key in wanted, step_size=size, library="ak"
        ):
            yield {name: _column(events[name]) for name in columns}

    def _find(self):
        leaves = [branch for branch in self._tree.values() if not branch.branches]
        count = Counter(branch.name for branch in leaves)
        reasons = {branch.name: _why_not(branch, count[branch.name]) for branch in leaves}
        found = {branch.name: branch for branch in leaves if not reasons[branch.name]}
        return found, {name: reason for name, reason in reasons.items() if reason}


class NTupleSource(RootSource):
    """Fields of an RNTuple, which uproot's newer versions write when they are given arrays."""

    def chunks(self, columns, size):
        for start in range(0, self.n_events, size):
            rows = {"entry_start": start, "entry_stop": min(start + size, self.n_events)}
            yield {name: _column(self._branches[name].array(**rows)) for name in columns}

    def _find(self):
        top = {field.path: field for field in self._tree.fields}
        paths = self._tree.keys()
        fields = {path: top[path] if path in top else self._tree[path] for path in paths}
        found = {path: field for path, field in fields.items() if not field.fields}
        refused = {
            path: f"it is a structure of {[part.path for part in field.fields]}"
            for path, field in fields.items()
            if field.fields
        }
        return found, refused


SOURCES = {"TTree": TreeSource, "ROOT::RNTuple": NTupleSource}


def _open(path, file, tree):
    n_bytes, n_written = path.stat().st_size, int(file.file.fEND)
    # uproot reads on as long as the parts it asks for are there
    if n_bytes < n_written:
        msg = f"the file has {n_bytes} of the {n_written} bytes that were written"
        raise EOFError(msg)
    kinds = file.classnames(cycle=False)
    found = [name for name, kind in kinds.items() if kind in SOURCES]
    name = pick_tree(path, tree, found, "tree")
    return SOURCES[kinds[name]](path, file, name)


def _column(array):
    arrow = require("awkward", "io").to_arrow(array, extensionarray=False)
    return to_column(pa.chunked_array([arrow]))


def _why_not(branch, n_of_that_name):
    if n_of_that_name > 1:
        return f"the tree has {n_of_that_name} of that name"
    kind = branch.interpretation
    dtype = getattr(getattr(kind, "content", kind), "to_dtype", None)
    if type(kind).__name__ in READABLE and getattr(dtype, "names", None) is None:
        return None
    return f"its type in ROOT is {branch.typename}"
