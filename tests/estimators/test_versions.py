"""Files of classifiers: of every version that is promised, and errors for all others."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from importlib import metadata
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import ClassifierMixin, clone
from sklearn.exceptions import InconsistentVersionWarning

import skhep_nn
from skhep_nn import DenseClassifier, EnsembleClassifier, estimators
from skhep_nn.estimators._saving import _versions
from skhep_nn.exceptions import VersionError

FILES = sorted((Path(__file__).parents[1] / "data").glob("*.joblib"))
HERE = skhep_nn.__version__


def numbers(version):
    return [int(part) for part in version.split(".")[:2]]


def load(path):
    with warnings.catch_warnings():
        # files hold objects of scikit-learn's too, of the version that wrote them
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        return joblib.load(path)


def test_there_is_a_file_of_every_classifier():
    public = [getattr(estimators, name) for name in dir(estimators)]
    classes = [value for value in public if inspect.isclass(value)]
    classifiers = {value.__name__ for value in classes if issubclass(value, ClassifierMixin)}
    assert {path.name.partition("-")[0] for path in FILES} == classifiers
    assert all(path.stat().st_size < 20_000 for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_gives_the_predictions_that_it_gave_when_it_was_written(path):
    content = load(path)
    assert {"skhep_nn", "keras", "scikit-learn"} <= content["versions"].keys()
    if numbers(metadata.version("keras")) < numbers(content["versions"]["keras"]):
        pytest.skip("promised for the Keras that wrote it and newer ones")
    assert type(content["classifier"]).__name__ == path.name.partition("-")[0]
    found = content["classifier"].predict_proba(content["X"])
    np.testing.assert_allclose(found, content["probability"], rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def fitted():
    X = np.random.default_rng(0).normal(size=(60, 2))
    return DenseClassifier((3,), epochs=1, random_state=0).fit(X, X[:, 0] > 0), X


@pytest.mark.parametrize("version", ["0.0.9", "9.0.0", "first"])
@pytest.mark.parametrize("make", [lambda clf: clf, EnsembleClassifier])
def test_a_file_of_a_version_that_cannot_be_read_names_both_versions(make, version, fitted):
    content = pickle.dumps(make(fitted[0])).replace(*swapped(version))
    message = rf"written by skhep_nn {version} and cannot be read by skhep_nn {HERE}, which reads"
    with pytest.raises(VersionError, match=message):
        pickle.loads(content)


def swapped(version):
    """Bytes of this version in a pickle, and of another one, equally long, in its place."""
    assert len(HERE) == len(version)
    return tuple(b"\x8c" + bytes([len(v)]) + v.encode() for v in (HERE, version))


def test_the_version_is_told_before_what_that_version_put_elsewhere_is_missed(fitted):
    content = pickle.dumps(fitted[0]).replace(*swapped("0.0.9"))
    content = content.replace(b"_pooled_network", b"_Pooled_network")
    with pytest.raises(VersionError, match=r"written by skhep_nn 0\.0\.9"):
        pickle.loads(content)


@pytest.mark.parametrize("version", [HERE, f"{HERE}.dev3", f"{HERE}9"])
def test_files_of_this_minor_version_are_read(version):
    _versions.check(version)


def test_a_state_without_a_version_says_so(fitted):
    state = fitted[0].__getstate__()
    del state[_versions.KEY]
    message = f"DenseClassifier was written by a version of skhep_nn that it does not name.*{HERE}"
    with pytest.raises(VersionError, match=message):
        DenseClassifier().__setstate__(state)


@pytest.mark.parametrize("name", ["network_", "columns_", "units", "loss"])
def test_what_a_file_lacks_is_named_with_the_versions(name, fitted):
    state = fitted[0].__getstate__()
    del state[name]
    if name == "network_":
        # as of a fit that was broken off: nothing is missing
        DenseClassifier().__setstate__(state)
        return
    empty = DenseClassifier.__new__(DenseClassifier)
    message = rf"DenseClassifier lacks {name} in a file that was written by skhep_nn {HERE}, keras"
    with pytest.raises(VersionError, match=message):
        empty.__setstate__(state)


@pytest.mark.parametrize("name", ["class_names", "precision"])
def test_a_file_that_was_written_before_a_parameter_came_is_read_with_what_it_stood_for(
    fitted, name
):
    clf, X = fitted
    state = clf.__getstate__()
    del state[name]
    read = DenseClassifier.__new__(DenseClassifier)
    read.__setstate__(state)
    assert getattr(read, name) is None
    np.testing.assert_array_equal(read.predict_proba(X), clf.predict_proba(X))


def test_copies_and_clones_hold_no_versions(fitted):
    clf, X = fitted
    for other in (copy.copy(clf), copy.deepcopy(clf), pickle.loads(pickle.dumps(clf))):
        assert vars(other).keys() == vars(clf).keys()
        np.testing.assert_array_equal(other.predict_proba(X), clf.predict_proba(X))
    assert _versions.KEY not in vars(clone(clf))


class Own(DenseClassifier):
    """A user's classifier."""


def test_a_subclass_of_the_users_is_written_by_its_own_path():
    again = pickle.loads(pickle.dumps(Own((3,))))
    assert type(again) is Own
    assert again.units == (3,)
