"""The reference: every public name once, with its arguments; samples with columns and units."""

from __future__ import annotations

import collections
import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest

import skhep_nn
from skhep_nn import datasets

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "docs"))

from _site import arguments, names, pages, references, samples  # noqa: E402 - beside the pages

DIRECTIVE = re.compile(r"^\.\. (?:auto\w+|py:data):: (\S+)", re.MULTILINE)


def public_objects():
    """Every public object by a path that an import finds, whatever the reference says."""
    found = {}
    public = [n for n in skhep_nn.__all__ if inspect.ismodule(getattr(skhep_nn, n))]
    for package in [*public, "networks", "training"]:
        module = importlib.import_module(f"skhep_nn.{package}")
        for name in module.__all__:
            found[package, name] = getattr(module, name)
    return found


@pytest.fixture(scope="module")
def written():
    return dict(pages.pages())


def test_every_package_that_is_public_has_its_place():
    assert set(names.PACKAGES) == names.public_packages()


def test_every_public_name_is_in_the_reference_exactly_once(written):
    said = [name for text in written.values() for name in DIRECTIVE.findall(text)]
    presets = {n for (_, n), value in public_objects().items() if isinstance(value, dict)}
    expected = {n for _, n in public_objects()} - presets
    assert collections.Counter(name.rpartition(".")[2] for name in said) == dict.fromkeys(
        expected, 1
    )


def test_names_of_the_top_level_are_said_by_their_short_path(written):
    assert "skhep_nn.DenseClassifier.rst" in written
    assert "skhep_nn.metrics.roc_auc.rst" in written


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("skhep_nn.metrics.binned_significance", "skhep_nn.binned_significance"),
        ("binned_significance", "skhep_nn.binned_significance"),
        ("roc_auc", "skhep_nn.metrics.roc_auc"),
        ("skhep_nn.metrics.Templates.limit", "skhep_nn.Templates.limit"),
        ("numpy.ndarray", None),
    ],
)
def test_a_reference_by_another_path_goes_to_the_page_of_the_name(said, meant):
    assert references.shortest(said) == meant


def test_an_argument_stands_with_its_default_and_what_it_takes():
    rows = {row[0]: row[1:] for row in arguments.table_of(skhep_nn.DenseClassifier)}
    assert rows["``dropout``"] == ("``'auto'``", '``float, sequence of float or "auto"``')
    shared = rows[":ref:`batch_size <training-parameter-batch-size>`"]
    assert (
        shared[0]
        == f"``{inspect.signature(skhep_nn.DenseClassifier).parameters['batch_size'].default!r}``"
    )


def test_shared_arguments_are_said_once_and_their_words_leave_the_page_of_a_classifier():
    text = arguments.shared_page()
    for name in arguments.shared_names(skhep_nn.DenseClassifier):
        assert text.count(f".. _{arguments.anchor(name)}:") == 1
    lines = inspect.cleandoc(skhep_nn.DenseClassifier.__doc__).splitlines()
    pages.without_shared_parameters(None, "class", "", skhep_nn.DenseClassifier, None, lines)
    said = "\n".join(lines)
    assert "dropout : float" in said
    assert "batch_size : " not in said
    assert "training_parameters" in said


@pytest.mark.parametrize("name", samples.LOADERS)
def test_each_column_of_a_sample_has_its_meaning_and_unit(name):
    text = (samples.DATA / f"{name}.md").read_text()
    rows = [row for found in samples.TABLE.findall(text) for row in samples.rows(found)]
    assert all(len(row) == 3 and all(row) for row in rows)
    said = " ".join(row[0] for row in rows if row[0] != "column")
    columns = getattr(datasets, samples.LOADERS[name])().columns
    # of jets the first stands for the four
    first = [re.sub(r"^jet[234]_", "jet1_", column) for column in columns]
    assert [column for column in first if f"`{column}`" not in said] == []


def test_presets_of_the_reference_have_networks_to_be_drawn_from():
    from _site import presets

    found = {n for (_, n), value in public_objects().items() if isinstance(value, dict)}
    assert set(presets.INPUTS) == found
    model = presets.network(skhep_nn.estimators.CMS_BINARY, *presets.INPUTS["CMS_BINARY"])
    assert model.count_params() == 3_251
