"""Engines of search: Optuna with pruning, successive halving over epochs."""

from __future__ import annotations

import pickle
import warnings

import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

from skhep_nn import DenseClassifier
from skhep_nn.exceptions import TrainingError
from skhep_nn.training import PruningCallback


@pytest.fixture
def optuna():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def make_model(**options):
    defaults = {"units": (4,), "batch_size": 200, "epochs": 4, "random_state": 0, "verbose": 0}
    defaults["early_stopping"] = True
    return DenseClassifier(weight_column="weight", **{**defaults, **options})


class PruneFrom:
    """A pruner that ends trials from the second on at a step, and remembers the reports."""

    def __init__(self, step):
        self.step = step

    def prune(self, study, trial):
        return trial.number > 0 and trial.last_step >= self.step


def test_an_objective_function_is_pruned_by_the_validation_loss(optuna, table):
    study = optuna.create_study(pruner=PruneFrom(1))

    def objective(trial):
        model = make_model(callbacks=[PruningCallback(trial)]).fit(*table)
        # of the same epochs and numbers
        reported = study.get_trials()[trial.number].intermediate_values
        assert reported == dict(enumerate(model.history_["val_loss"]))
        return min(model.history_["val_loss"])

    study.optimize(objective, n_trials=3)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED", "PRUNED"]
    assert [len(trial.intermediate_values) for trial in study.trials] == [4, 2, 2]


# Optuna 4.2 with scikit-learn 1.6
@pytest.mark.filterwarnings("ignore:The OptunaSearchCV or classes:FutureWarning")
def test_a_search_of_optuna_is_pruned_by_its_study(optuna, table):
    integration = pytest.importorskip("optuna_integration")
    # the second fold: its first epoch is the fifth step
    study = optuna.create_study(direction="maximize", pruner=PruneFrom(4))
    model = make_model(callbacks=[PruningCallback(study)])
    space = {"learning_rate": optuna.distributions.FloatDistribution(1e-3, 1e-1, log=True)}
    with warnings.catch_warnings():
        # it is experimental, and calls what Optuna has deprecated
        warnings.simplefilter("ignore")
        search = integration.OptunaSearchCV(
            model, space, study=study, n_trials=2, cv=2, error_score="raise", random_state=0
        ).fit(*table)
    assert [trial.state.name for trial in search.trials_] == ["COMPLETE", "PRUNED"]
    assert [len(trial.intermediate_values) for trial in search.trials_] == [8, 5]
    # of a study that maximises, the loss counts negative
    assert all(value < 0 for value in search.trials_[0].intermediate_values.values())
    assert len(search.best_estimator_.history_["val_loss"]) == 4
    pickle.loads(pickle.dumps(search.best_estimator_)).predict(table[0])


def test_what_is_not_there_at_the_end_of_an_epoch_is_named(optuna, table):
    study = optuna.create_study()
    trial = study.ask()
    model = make_model(callbacks=[PruningCallback(trial, "val_auc", "max")])
    with pytest.raises(TrainingError, match=r"no 'val_auc' at the end of epoch 0; there are \['lo"):
        model.fit(*table)
    study.tell(trial, 0.0)
    # outside of a trial nothing is done
    model.fit(*table)


def test_two_trials_at_a_time_are_an_error(optuna, table):
    study = optuna.create_study()
    study.ask(), study.ask()
    with pytest.raises(TrainingError, match="2 trials of the study run at a time"):
        make_model(callbacks=[PruningCallback(study)]).fit(*table)


def test_a_mode_that_is_none():
    with pytest.raises(ValueError, match=r"mode='auto'; it must be one of \['min', 'max'\]"):
        PruningCallback(None, mode="auto")


def test_successive_halving_over_epochs(table):
    grid = {"learning_rate": [0.003, 0.01, 0.03, 0.1]}
    options = {"resource": "epochs", "min_resources": 1, "max_resources": 4, "factor": 2, "cv": 2}
    model = make_model(early_stopping=False)
    search = HalvingGridSearchCV(model, grid, **options, random_state=0).fit(*table)
    assert search.n_resources_ == [1, 2, 4]
    assert search.n_candidates_ == [4, 2, 1]
    assert len(search.best_estimator_.history_["loss"]) == 4
