"""Trees of ROOT files (TTree and RNTuple), with jagged branches, through uproot."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from skhep_nn._cores import cores
from skhep_nn._extras import require
from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._arrow import of_awkward
from skhep_nn.io._branches import DottedField, Leaf, leaves_of_branch, why_not_field
from skhep_nn.io._source import Source, equal_partitions, joined_or_divided, pick_tree

FORMAT = "a ROOT file"
TAKES = ("tree",)
# What is done between baskets has one core: more threads would wait for it.
MOST_THREADS = 4


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
        self._file, self._tree, self._pool = file, file[name], None
        self._leaves, left_out, structures = self._find()
        aliases = self._other_names()
        about = {"where": f"tree {name!r}", "kind": "branch", "aliases": aliases}
        refused = {"refused": {**left_out, **structures}, "aside": structures}
        super().__init__(path, list(self._leaves), self._tree.num_entries, **about, **refused)
        self._leaves.update(aliases)

    def chunks(self, columns, size, start=0, stop=None):
        stop = self.n_events if stop is None else stop
        for at in range(start, stop, size):
            rows = {"entry_start": at, "entry_stop": min(at + size, stop)}
            yield {name: self._one(name, rows) for name in columns}

    def partitions(self, columns, size):
        del columns
        return equal_partitions(self.n_events, size)

    def close(self):
        if self._pool is not None:
            self._pool.shutdown()
        self._file.close()

    def _threads(self):
        """Those that decompress baskets, of all columns at a time; None on one core."""
        if self._pool is None and cores() > 1:
            self._pool = ThreadPoolExecutor(min(cores(), MOST_THREADS), "skhep_nn-baskets")
        return self._pool

    def _one(self, name, rows):
        leaf = self._leaves[name]
        try:
            return of_awkward(leaf.of(leaf.branch.array(**rows, library="ak")))
        except (MemoryError, ImportError):
            raise
        except Exception as error:
            what = str(error).strip().partition("\n")[0] or type(error).__name__
            msg = (
                f"{self}: branch {name!r} of type {leaf.branch.typename} cannot be read, as it "
                f"is cut off, damaged or of a kind that is not known: {what}; leave it out with "
                "columns="
            )
            raise FileFormatError(msg) from error

    @abstractmethod
    def _find(self):
        """{name: Leaf} of the columns; {name: reason} of the others, and of structures of them."""

    def _other_names(self):
        """{name: Leaf} of further names by which they can be asked for."""
        return {}


class TreeSource(RootSource):
    """Branches of a TTree: what NanoAOD and EDM4hep are made of."""

    def chunks(self, columns, size, start=0, stop=None):
        branches = {self._leaves[name].branch.cache_key: name for name in columns}
        # uproot keeps what it read by name, so that of two one would be lost
        names = Counter(self._leaves[name].branch.name for name in branches.values())
        if max(names.values()) > 1:
            yield from super().chunks(columns, size, start, stop)
            return
        baskets = self._tree.iterate(
            filter_branch=lambda branch: branch.cache_key in branches,
            step_size=size,
            entry_start=start,
            entry_stop=stop,
            library="ak",
            decompression_executor=self._threads(),
        )
        while (events := self._next(baskets, columns, start, size)) is not None:
            yield {name: of_awkward(self._leaves[name].within(events)) for name in columns}
            start += size

    def partitions_as_stored(self, columns, size):
        """Up to where baskets of all `columns` end: each basket is decompressed once."""
        branches = [self._leaves[name].branch for name in columns]
        common = set.intersection(*(set(map(int, one.entry_offsets)) for one in branches))
        return joined_or_divided(sorted(common | {0, self.n_events}), size)

    def _next(self, baskets, columns, start, size):
        try:
            return next(baskets, None)
        except (MemoryError, ImportError):
            raise
        except Exception:
            rows = {"entry_start": start, "entry_stop": min(start + size, self.n_events)}
            for name in columns:
                self._one(name, rows)
            raise

    def _find(self):
        branches = dict(self._tree.iteritems(full_paths=True))
        paths = {path: branch for path, branch in branches.items() if not branch.branches}
        count = Counter(branch.name for branch in paths.values())
        found, left_out, structures = {}, {}, {}
        for path, branch in paths.items():
            name = branch.name if count[branch.name] == 1 else path
            leaves, reason = leaves_of_branch(branch)
            found.update({".".join((name, *leaf.fields)): leaf for leaf in leaves})
            if reason:
                left_out[name] = reason
            elif leaves[0].fields:
                structures[name] = f"it is a structure of {[leaf.fields for leaf in leaves]}"
        return found, left_out, structures

    def _other_names(self):
        paths = {id(branch): path for path, branch in self._tree.iteritems(full_paths=True)}
        return {
            ".".join((paths[id(leaf.branch)], *leaf.fields)): leaf
            for leaf in self._leaves.values()
            if id(leaf.branch) in paths
        }


class NTupleSource(RootSource):
    """Fields of an RNTuple, which uproot's newer versions write when they are given arrays."""

    def _find(self):
        top = {field.path: field for field in self._tree.fields}
        found, left_out, structures = {}, {}, {}
        for path in list(self._tree.keys()):
            field = top[path] if path in top else self._tree[path]
            if "." in field.name:
                field = DottedField(field, self._tree)
            if field.fields:
                parts = [part.path for part in field.fields]
                structures[path] = f"it is a structure of {parts}"
            elif path.startswith("_collection") and path.rpartition(".")[2] in top:
                # of converted files; the same numbers come under the names that they had
                structures[path] = f"it is {path.rpartition('.')[2]!r} once more"
            else:
                reason = why_not_field(field)
                (left_out if reason else found)[path] = reason or Leaf(field)
        return found, left_out, structures


TREES = dict.fromkeys(("TTree", "TNtuple", "TNtupleD", "TChain"), TreeSource)
SOURCES = {**TREES, "ROOT::RNTuple": NTupleSource}


def _open(path, file, tree):
    n_bytes, n_written = path.stat().st_size, int(file.file.fEND)
    # uproot reads on as long as the parts it asks for are there
    if n_bytes < n_written:
        msg = f"the file has {n_bytes} of the {n_written} bytes that were written"
        raise EOFError(msg)
    kinds = file.classnames(cycle=False)
    found = [name for name, kind in kinds.items() if kind in SOURCES]
    if not found and kinds:
        others = ", ".join(f"{name!r} ({kind})" for name, kind in list(kinds.items())[:5])
        msg = f"{path} has no tree (TTree, TNtuple or RNTuple); it has {others}"
        raise FileFormatError(msg)
    # an older version of a tree has its number behind it, as uproot lists them: "Events;1"
    kinds = {**file.classnames(), **kinds}
    is_version = ";" in str(tree) and kinds.get(tree) in SOURCES
    name = tree if is_version else pick_tree(path, tree, found, "tree")
    return SOURCES[kinds[name]](path, file, name)
