from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def names_of_tests(path):
    tree = ast.parse((ROOT / path).read_text())
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name for name in names if name.startswith("test_")} | names_assigned(tree)


def names_assigned(tree):
    targets = [one for node in tree.body if isinstance(node, ast.Assign) for one in node.targets]
    return {target.id for target in targets if isinstance(target, ast.Name)}


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED.findall(PAGE.read_text()))))
def test_each_test_that_a_promise_names_exists(path, name):
    assert (ROOT / path).is_file()
    assert not name or name in names_of_tests(path)


def test_each_promise_names_a_test():
    promises = PAGE.read_text().partition("## What is not promised")[0]
    for promise in re.split(r"^\* ", promises, flags=re.MULTILINE)[1:]:
        assert NAMED.search(promise), promise


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page):
    missing = [to for to in LINK.findall(page.read_text()) if not (page.parent / to).exists()]
    assert missing == []
