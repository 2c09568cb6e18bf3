"""Running the blocks of a page as a reader would: one after the other, in a folder of their own."""

from __future__ import annotations

import ast
import contextlib
import doctest
import functools
import glob
import io
import re
import shlex

from matplotlib import pyplot
from pages import sample

from skhep_nn import datasets
from skhep_nn.cli import main

# Every how many events of a sample are taken, and the epochs of a fit.
EVERY = {"load_lepton_jets": 20, "load_jets": 20, "load_particle_lists": 20, "load_resonance": 40}
EPOCHS = 2
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*(e[-+]?\d+)?")


def make_small(monkeypatch):
    """Take a part of each sample that ships, weights scaled, and train for a few epochs."""
    from skhep_nn.estimators._fit import _plan

    for name, every in EVERY.items():
        monkeypatch.setattr(datasets, name, _part_of(getattr(datasets, name), every))
    plan = _plan.Plan
    short = lambda *, epochs, **rest: plan(epochs=min(epochs, EPOCHS), **rest)  # noqa: E731
    monkeypatch.setattr(_plan, "Plan", short)


def _part_of(load, every):
    @functools.wraps(load)
    def part(*args, return_X_y=False, **kwargs):
        if return_X_y:
            return tuple(p[::every] for p in load(*args, return_X_y=True, **kwargs))
        events = load(*args, **kwargs).iloc[::every].reset_index(drop=True)
        if "weight" in events:
            events["weight"] *= every
        return events

    return part


class Reader:
    """Somebody who follows a page: what they have defined, their sample, their folder.

    Who follows a guide has no sample and no files but those that the guide makes.
    """

    def __init__(self, folder):
        self.namespace = {"__name__": "__main__"}
        self.sample = sample.Sample()
        self.folder = folder

    def prepare(self, block, tree):
        """Give what the code of a block needs and the page does not say."""
        if block.page.parent.name != "guides":
            self.sample.give(tree, self.namespace)
            sample.files(sample.constants(tree), self.folder)


def run(blocks, folder):
    """Run blocks of a page, and compare what they print; commands of others print nothing here.

    Parameters
    ----------
    blocks : list of Block
    folder : Path
        Which is the current one.

    Raises
    ------
    AssertionError
        If something else is printed than the page says.
    """
    reader = Reader(folder)
    for block in blocks:
        printed = HOW[block.language](block, reader)
        pyplot.close("all")
        if block.printed is not None and printed is not None:
            _compare(block, printed)


def _compare(block, printed):
    expected = block.printed
    if block.blank:
        expected, printed = (NUMBER.sub("#", text) for text in (expected, printed))
    same = is_as_printed(expected, printed)
    assert same, f"{block.where} printed\n{printed}\nand the page says\n{block.printed}"


def is_as_printed(expected, printed):
    """Whether a page says what is printed, but for white space and where it has ``...``."""
    return doctest.OutputChecker().check_output(expected, printed, OPTIONS)


def _python(block, reader):
    # as many lines before it as in the page, so that a traceback shows the line of the page
    tree = ast.parse("\n" * (block.line - 1) + _without_prompts(block.code))
    for part in (ast.parse(block.before), tree):
        reader.prepare(block, part)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            if part is tree and ">>>" in block.code:
                _doctest(block, reader.namespace)
            else:
                exec(compile(part, block.page, "exec"), reader.namespace)
    return printed.getvalue()


def _without_prompts(code):
    """The code of a block that has prompts and what is printed, for the names in it."""
    if ">>>" not in code:
        return code
    return "".join(example.source for example in doctest.DocTestParser().get_examples(code))


def _doctest(block, namespace):
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=OPTIONS)
    test = parser.get_doctest(block.code, namespace, block.where, str(block.page), block.line - 1)
    problems = io.StringIO()
    failed = runner.run(test, out=problems.write, clear_globs=False).failed
    namespace |= test.globs
    assert not failed, problems.getvalue()


def _commands(block, reader):
    """Run the lines of the package's own command; those of others are not ours to test."""
    lines = block.code.replace("\\\n", " ").splitlines()
    commands = [shlex.split(line, comments=True) for line in lines]
    ours = [words for words in commands if words[:1] == ["skhep-nn"]]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for words in ours:
            sample.files(words, reader.folder)
            arguments = [w for word in words[1:] for w in _expanded(word)]
            assert main(arguments) == 0, f"{block.where}: {shlex.join(words)}"
    return printed.getvalue() if ours else None


def _expanded(word):
    return sorted(glob.glob(word)) or [word] if "*" in word else [word]  # noqa: PTH207


HOW = {"python": _python, "sh": _commands}
