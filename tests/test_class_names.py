"""What classes are called: given once on the classifier, found in whatever holds it."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skhep_nn import (
    CalibratedClassifier,
    CrossFitClassifier,
    DenseClassifier,
    EnsembleClassifier,
    EventWeightBalancer,
    IndividualMassClassifier,
    ParametricClassifier,
    _class_names,
    plotting,
)

WORDS = ["ttbar", "Higgs"]
NAMES = dict(enumerate(WORDS))
RNG = np.random.default_rng(0)
Y = np.arange(120) % 2
X = pd.DataFrame({"pt": RNG.normal(Y), "eta": RNG.normal(size=len(Y)), "mass": 500.0 + 250 * Y})
X["mass"] = np.repeat([500.0, 750.0], 60)
SMALL = {"epochs": 1, "random_state": 0, "verbose": 0}


def dense(class_names=WORDS, **options):
    return DenseClassifier((3,), class_names=class_names, **SMALL, **options)


@pytest.fixture(scope="module")
def fitted():
    return dense(NAMES).fit(X, Y)


@pytest.mark.parametrize("given", [WORDS, tuple(WORDS), np.array(WORDS), pd.Series(WORDS), NAMES])
def test_names_are_a_list_in_the_order_of_the_labels_or_by_label(given):
    assert _class_names.checked(given, np.array([0, 1]), "y") == NAMES
    assert all(type(name) is str for name in _class_names.checked(given, [0, 1], "y").values())


def test_some_classes_may_have_no_name():
    assert _class_names.checked({"b": "beauty"}, ["b", "c"], "y") == {"b": "beauty"}
    assert _class_names.checked({}, [0, 1], "y") == {}
    assert _class_names.checked(None, [0, 1], "y") == {}


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        (["top"], ValueError, r"class_names has 1 names, \['top'\]; y of .* 2 classes, \[0, 1\]"),
        (["a", "b", "c"], ValueError, "class_names has 3 names"),
        ([], ValueError, "class_names has 0 names"),
        (["top", "top"], ValueError, "classes are called .* each needs a name of its own"),
        ({0: "1"}, ValueError, "each needs a name of its own"),
        ({2: "charm"}, ValueError, r"class_names has 2, which is not a class of y .* \[0, 1\]"),
        ({"1": "Higgs"}, ValueError, "class_names has '1', which is not a class"),
        ({1: 5}, TypeError, "class_names calls class 1 5; a name is a text"),
        (["ttbar", None], TypeError, "class_names calls class 1 None; a name is a text"),
        (["ttbar", " "], TypeError, "class_names calls class 1 ' '; a name is a text"),
        ("ab", ValueError, "The 'class_names' parameter of DenseClassifier must be"),
        ([["a", "b"], ["c", "d"]], TypeError, "it must be a dict of label to name, or a list"),
        (3, ValueError, "The 'class_names' parameter of DenseClassifier must be"),
    ],
)
def test_names_that_do_not_fit_are_an_error_in_fit(given, error, says):
    clf = dense(given)
    for fit in (clf.fit, clf.partial_fit, clf.initialize):
        with pytest.raises(error, match=says):
            fit(X, Y)
    assert not hasattr(clf, "classes_")


def test_names_change_no_number_and_predictions_are_labels(fitted):
    plain = dense(None).fit(X, Y)
    np.testing.assert_array_equal(fitted.predict_proba(X), plain.predict_proba(X))
    assert set(fitted.predict(X)) <= {0, 1}


def test_a_fit_that_was_killed_goes_on_under_other_names(tmp_path):
    once = dense(None, checkpoint_dir=tmp_path).fit(X, Y)
    again = dense(WORDS, checkpoint_dir=tmp_path).fit(X, Y)
    np.testing.assert_array_equal(once.predict_proba(X), again.predict_proba(X))


@pytest.mark.filterwarnings("ignore:column 'event_number' is used as a feature")
@pytest.mark.parametrize(
    "wrap",
    [
        lambda clf: Pipeline([("scale", StandardScaler()), ("network", clf)]),
        lambda clf: GridSearchCV(clf, {"epochs": [1]}, cv=2),
        lambda clf: CalibratedClassifierCV(clf, cv=2),
        lambda clf: VotingClassifier([("one", clf), ("two", LogisticRegression())], voting="soft"),
        lambda clf: CalibratedClassifier(clf, cv=2),
        lambda clf: EnsembleClassifier(clf, 2, random_state=0),
        lambda clf: CrossFitClassifier(clf, 3, random_state=0),
        IndividualMassClassifier,
        lambda clf: Pipeline([("search", GridSearchCV(clf, {"epochs": [1]}, cv=2))]),
    ],
)
def test_names_are_found_in_whatever_holds_the_classifier(wrap):
    events = X.assign(event_number=np.arange(len(X)))
    model = wrap(dense()).fit(events, Y)
    assert _class_names.of_estimator(model) == NAMES
    assert _class_names.of_estimator(FrozenEstimator(model)) == NAMES


def test_a_classifier_at_one_mass_has_the_names(fitted):
    model = ParametricClassifier("mass", units=(3,), class_names=WORDS, **SMALL).fit(X, Y)
    assert _class_names.of_estimator(model.at(500)) == NAMES
    assert _class_names.of_estimator(LogisticRegression().fit(X, Y)) == {}


def test_in_a_vote_on_texts_a_list_names_classes_and_a_dict_is_told_so():
    texts = np.array(["b", "c"])[Y]

    def vote(member):
        other = LogisticRegression()
        return VotingClassifier([("one", member), ("two", other)], voting="soft").fit(X, texts)

    assert _class_names.of_estimator(vote(dense(WORDS))) == {"b": "ttbar", "c": "Higgs"}
    said = r"'b', which is not a class .* in a VotingClassifier .* as a list of names in that order"
    with pytest.raises(ValueError, match=said):
        vote(dense({"b": "beauty", "c": "charm"}))
    network = ParametricClassifier("mass", signal="c", units=(3,), **SMALL)
    balanced = Pipeline([("balance", EventWeightBalancer(signal="c")), ("network", dense())])
    for member in (network, IndividualMassClassifier(dense(), signal="c"), balanced):
        with pytest.raises(ValueError, match=r"signal='c' .* give the number of the class"):
            vote(member)


def test_a_name_given_after_the_fit_holds(fitted):
    model = dense(None).fit(X, Y)
    model.set_params(class_names={1: "signal"})
    assert _class_names.of_estimator(model) == {1: "signal"}
    model.set_params(class_names=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"has 3 names.*the DenseClassifier has 2 classes"):
        _class_names.of_estimator(model)


def drawn_texts(display):
    """All texts of a picture."""
    found = [text.get_text() for text in display.figure_.findobj(plt.Text)]
    return " | ".join(found)


@pytest.mark.parametrize(
    "name",
    ["Score", "ScorePanels", "ConfusionMatrix", "InputVariables", "RocPairs"],
)
def test_pictures_have_the_names_of_the_classifier_unless_others_are_given(name, fitted):
    make = getattr(plotting, f"{name}Display").from_estimator
    display = make(fitted, X, Y)
    assert "ttbar" in drawn_texts(display)
    assert "Higgs" in drawn_texts(display)
    for given in (["QCD", "stop"], {0: "QCD", 1: "stop"}):
        display = make(fitted, X, Y, class_names=given)
        assert "QCD" in drawn_texts(display)
        assert "ttbar" not in drawn_texts(display)
    # an empty dict: the labels, whatever the classifier was given
    assert "ttbar" not in drawn_texts(make(fitted, X, Y, class_names={}))
    plt.close("all")


def test_the_axis_of_the_score_says_what_the_signal_is_called(fitted):
    display = plotting.ScoreDisplay.from_estimator(fitted, X, Y)
    assert display.ax_.get_xlabel() == "Score of Higgs"
    plt.close("all")


def test_scores_by_mass_have_the_names():
    model = ParametricClassifier("mass", units=(3,), class_names=WORDS, **SMALL).fit(X, Y)
    display = plotting.ScoreByParameterDisplay.from_estimator(model, X, Y)
    assert "Higgs" in drawn_texts(display)
    plt.close("all")


def test_inputs_of_a_classifier_that_is_not_fitted_have_its_names():
    display = plotting.InputVariablesDisplay.from_estimator(dense(), X, Y)
    assert "Higgs" in drawn_texts(display)
    plt.close("all")
