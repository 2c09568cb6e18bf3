"""Every block of code on every page runs, on the sample that docs/sample.md defines."""

from __future__ import annotations

import ast
import collections

import pytest
import sklearn
from pages import running, sample
from pages.blocks import ROOT, RUN, blocks, pages

# Blocks that do not run, by page: each says why in a comment before it.
NOT_RUN = {"docs/blocks.md": 1, "docs/dask.md": 14, "docs/deployment.md": 3}


def name_of(page):
    """README.md, docs/io.md, ..."""
    return str(page.relative_to(ROOT))


@pytest.fixture
def reader(monkeypatch, tmp_path):
    """A reader with a folder of their own and a small sample."""
    monkeypatch.chdir(tmp_path)
    running.make_small(monkeypatch)
    with sklearn.config_context():
        yield tmp_path


# of samples so small; and scikit-learn's of frozen estimators
@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not appear:UserWarning")
@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.FoldsDifferWarning")
@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.TemplateNoiseWarning")
@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_the_code_of_a_page_runs_and_prints_what_the_page_says(page, reader):
    running.run([b for b in blocks(page) if b.language in RUN and not b.not_run], reader)


def test_blocks_that_do_not_run_are_counted_and_say_why():
    reasons = [
        (name_of(page), block.not_run)
        for page in pages()
        for block in blocks(page)
        if block.language in RUN and block.not_run
    ]
    assert all(len(reason.split()) > 2 for _, reason in reasons)
    assert collections.Counter(page for page, _ in reasons) == NOT_RUN


def test_every_block_says_in_which_language_it_is():
    known = {"python", "sh", "text", "cpp", "toml", "{toctree}"}
    unknown = [b.where for page in pages() for b in blocks(page) if b.language not in known]
    assert unknown == []


def test_a_block_is_given_what_it_reads_before_it_defines_it_itself():
    code = "model = model.fit(X)\nfor p in [w]:\n    p\n[part for part in data]\nprint(y)\ny = 1"
    assert sample.used(ast.parse(code)) == {"model", "X", "w", "data", "print", "y"}
    assert sample.used(ast.parse("test = 1\nprint(test)\nf = lambda X: X")) == {"print"}


def test_a_block_is_given_nothing_in_place_of_what_the_page_has_defined():
    namespace = {"train": "of the page", "X": [1.0]}
    sample.Sample().give(ast.parse("print(train, X)"), namespace)
    assert namespace == {"train": "of the page", "X": [1.0]}
