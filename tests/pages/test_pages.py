"""Every block of code on every page runs, on the sample that docs/sample.md defines."""

from __future__ import annotations

import collections

import pytest
import sklearn
from pages import running
from pages.blocks import ROOT, RUN, blocks, pages

# Blocks that do not run, by page: each says why in a comment before it.
NOT_RUN = {"docs/blocks.md": 1, "docs/deployment.md": 3}
# Pages whose blocks do not all run as they stand.
NOT_YET = {
    "docs/guides/choosing_a_network.md",
    "docs/guides/deploying.md",
    "docs/guides/from_other_tools.md",
    "docs/guides/mistakes.md",
    "docs/guides/out_of_core.md",
    "docs/guides/parametric_search.md",
    "docs/guides/reading_files.md",
    "docs/guides/significance.md",
    "docs/guides/twelve_lines.md",
    "docs/guides/weights.md",
    "docs/metrics.md",
    "docs/plotting.md",
}


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
    if name_of(page) in NOT_YET:
        pytest.skip("its blocks do not all run as they stand")
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
    known = {"python", "sh", "text", "cpp", "toml", "mermaid"}
    unknown = [b.where for page in pages() for b in blocks(page) if b.language not in known]
    assert unknown == []
