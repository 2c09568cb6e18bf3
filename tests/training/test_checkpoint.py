from __future__ import annotations

import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from skhep_nn import DenseClassifier, KerasClassifier
from skhep_nn.exceptions import TrainingInterruptedWarning
from skhep_nn.training import _order as order
from skhep_nn.training._checkpoint import Checkpoint, digest
from skhep_nn.training._schedule import Plateau


class KilledError(Exception):
    """Stands for the end of the process."""


def ends_at(draw, last):
    """The order `draw`, with the end of the process in epoch number `last`."""

    def order_of(epoch):
        if epoch == last:
            raise KilledError
        return draw(epoch)

    return order_of


def averaging():
    return keras.optimizers.Adam(0.05, use_ema=True, amsgrad=True, gradient_accumulation_steps=2)


@pytest.fixture
def fit(make_data, compiled, run, tmp_path):
    """A function that runs, or continues, the same fit; it may be killed."""
    data, validation = make_data(), make_data(70, seed=5)

    def fit(*, killed_at=None, checkpoint=True, seed=1, **plan):
        model = compiled("dropout", seed, optimizer=averaging)
        keep = Checkpoint(tmp_path / "state", "key")
        keep.agree_on_seed(7)
        draw = order.shuffled(150, keep.seed)
        outcome, _ = run(
            model,
            data,
            validation,
            epochs=8,
            order=draw if killed_at is None else ends_at(draw, killed_at),
            plateau=Plateau(0.5, 1),
            checkpoint=keep if checkpoint else None,
            **plan,
        )
        return outcome, model

    return fit


@pytest.mark.parametrize("kills", [[1], [7], [2, 5]])
def test_a_killed_fit_continues_as_if_nothing_had_happened(fit, kills, tmp_path):
    expected, model = fit(checkpoint=False)
    for killed_at in kills:
        with pytest.raises(KilledError):
            # other initial weights and random numbers, which must not matter
            fit(killed_at=killed_at, seed=1 if killed_at == kills[0] else 99)
        assert (tmp_path / "state" / "fit-key.npz").exists()
    outcome, continued = fit(seed=99)
    assert outcome == expected
    for one, other in zip(continued.variables, model.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    assert list((tmp_path / "state").iterdir()) == []


def test_patience_is_remembered(fit):
    expected, _ = fit(checkpoint=False, patience=1)
    with pytest.raises(KilledError):
        fit(killed_at=expected.n_epochs - 1, patience=1)
    assert fit(seed=99, patience=1)[0] == expected


def test_an_interrupted_fit_can_be_continued_too(fit, tmp_path):
    expected, _ = fit(checkpoint=False)

    def interrupt(epoch, logs):
        if epoch == 3:
            raise KeyboardInterrupt

    with pytest.warns(TrainingInterruptedWarning):
        fit(callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=interrupt)])
    assert (tmp_path / "state" / "fit-key.npz").exists()
    assert fit(seed=99)[0] == expected


def cut_off(content):
    return content[: len(content) // 2]


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes(64) + content[middle + 64 :]


DAMAGE = {
    "cut off": cut_off,
    "overwritten": flipped,
    "empty": lambda _: b"",
    "text": lambda _: b"x",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_ignored_with_a_warning(fit, damage, tmp_path):
    expected, _ = fit(checkpoint=False)
    with pytest.raises(KilledError):
        fit(killed_at=3)
    file = tmp_path / "state" / "fit-key.npz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.warns(UserWarning, match=r"fit-key\.npz cannot be read .*starts from its first"):
        outcome, _ = fit()
    assert outcome == expected


def test_the_state_of_another_network_is_ignored_with_a_warning(
    fit, make_data, compiled, run, tmp_path
):
    with pytest.raises(KilledError):
        fit(killed_at=3)
    model = compiled("dense")
    with pytest.warns(UserWarning, match="its network variables are not those of this network"):
        outcome, _ = run(model, make_data(), checkpoint=Checkpoint(tmp_path / "state", "key"))
    assert outcome.n_epochs == 3


def test_a_file_that_is_not_finished_is_never_seen(fit, tmp_path, monkeypatch):
    with pytest.raises(KilledError):
        fit(killed_at=3)
    file = tmp_path / "state" / "fit-key.npz"
    before = file.read_bytes()

    def dies(descriptor):
        raise KilledError

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(KilledError):
        fit()
    assert file.read_bytes() == before


PARAMETERS = {"a": 1, "b": (2.0, "x"), "f": digest}


def test_a_digest_tells_parameters_and_events_apart():
    x = np.arange(10.0)
    same = digest(dict(PARAMETERS), x.copy())
    assert digest(PARAMETERS, x) == same
    assert digest(PARAMETERS | {"a": 2}, x) != same
    assert digest(PARAMETERS, x + 1e-9) != same
    assert digest(PARAMETERS, x.astype(np.float32)) != same


def test_a_digest_reads_functions_by_their_source_and_keras_objects_by_their_settings():
    def adds(number):
        return lambda a: a + number

    assert digest(adds(1)) == digest(adds(1)) != digest(adds(2))
    assert digest(lambda a: a + 1) != digest(lambda a: a + 2)
    adam = keras.optimizers.Adam
    assert digest(adam(0.1)) == digest(adam(0.1)) != digest(adam(0.2))


def classifier(folder, **changed):
    parameters = {"units": (8,), "dropout": 0.2, "epochs": 6, "batch_size": 32, "verbose": 0}
    parameters |= {"learning_rate_schedule": "plateau", "plateau_patience": 1}
    parameters |= {"early_stopping": True, "random_state": 3, "checkpoint_dir": folder}
    return DenseClassifier(**parameters | changed)


def table(n=300):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=n)
    return rng.normal(size=(n, 4)) + 0.5 * y[:, None], y


@pytest.fixture
def dies_after(monkeypatch):
    """A function: the process 'dies' when so many epochs have been written."""
    save = Checkpoint.save

    def arrange(n):
        def save_and_die(self, loop):
            save(self, loop)
            if loop.n_epochs == n:
                raise KilledError

        monkeypatch.setattr(Checkpoint, "save", save if n is None else save_and_die)

    return arrange


def test_a_classifier_without_random_state_continues_with_the_seed_on_disk(tmp_path, dies_after):
    X, y = table()
    dies_after(3)
    with pytest.raises(KilledError):
        classifier(tmp_path, random_state=None).fit(X, y)
    (file,) = tmp_path.iterdir()
    seed = Checkpoint(tmp_path, file.stem.removeprefix("fit-")).agree_on_seed(None)
    dies_after(None)
    continued = classifier(tmp_path, random_state=None).fit(X, y)
    whole = classifier(None, random_state=seed).fit(X, y)
    assert continued.history_ == whole.history_
    np.testing.assert_array_equal(continued.predict_proba(X), whole.predict_proba(X))
    assert list(tmp_path.iterdir()) == []


def network(meta):
    return keras.Sequential(
        [
            keras.layers.Input((meta["n_features_in_"],)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def test_a_network_of_the_users_own_continues_too(tmp_path, dies_after):
    X, y = table()
    parameters = {"epochs": 5, "random_state": 3, "verbose": 0, "checkpoint_dir": tmp_path}
    dies_after(2)
    with pytest.raises(KilledError):
        KerasClassifier(network, **parameters).fit(X, y)
    dies_after(None)
    continued = KerasClassifier(network, **parameters).fit(X, y)
    whole = KerasClassifier(network, **parameters | {"checkpoint_dir": None}).fit(X, y)
    np.testing.assert_array_equal(continued.predict_proba(X), whole.predict_proba(X))


CHANGED = {
    "parameter": ({"dropout": 0.1}, lambda X, y: (X, y)),
    "seed": ({"random_state": 4}, lambda X, y: (X, y)),
    "features": ({}, lambda X, y: (X + 1e-3, y)),
    "labels": ({}, lambda X, y: (X, 1 - y)),
}


@pytest.mark.parametrize("what", CHANGED)
def test_other_parameters_or_events_start_anew(what, tmp_path, dies_after):
    X, y = table()
    dies_after(3)
    with pytest.raises(KilledError):
        classifier(tmp_path).fit(X, y)
    dies_after(None)
    parameters, change = CHANGED[what]
    X, y = change(X, y)
    changed = classifier(tmp_path, **parameters).fit(X, y)
    whole = classifier(None, **parameters).fit(X, y)
    assert changed.history_ == whole.history_
    # that of the first fit is still there
    assert len(list(tmp_path.iterdir())) == 1


def test_a_second_fit_that_continues_a_network_is_no_first_one(tmp_path, dies_after):
    X, y = table()
    first = classifier(tmp_path, warm_start=True).fit(X, y)
    dies_after(3)
    with pytest.raises(KilledError):
        first.fit(X, y)
    dies_after(None)
    anew = classifier(tmp_path, warm_start=True).fit(X, y)
    np.testing.assert_array_equal(
        anew.predict_proba(X), classifier(None).fit(X, y).predict_proba(X)
    )


def test_partial_fit_keeps_no_state_on_disk(tmp_path):
    X, y = table()
    classifier(tmp_path, early_stopping=False).partial_fit(X, y)
    assert list(tmp_path.iterdir()) == []


SCRIPT = """
import os, signal, sys
import numpy as np
from skhep_nn import DenseClassifier

folder, result, left = sys.argv[1], sys.argv[2], int(sys.argv[3])

def touch(event, args):
    global left
    if event in ("open", "os.rename", "os.remove") and folder in str(args[0]):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(touch)
rng = np.random.default_rng(0)
y = rng.integers(2, size=300)
X = rng.normal(size=(300, 4)) + 0.5 * y[:, None]
network = DenseClassifier(
    (8,), dropout=0.2, epochs=12, batch_size=32, verbose=0, learning_rate_schedule="plateau",
    plateau_patience=1, early_stopping=True, patience=30, random_state=3, checkpoint_dir=folder,
)
network.fit(X, y)
np.savez(result, *network.model_.get_weights(), scores=network.predict_proba(X))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_fit_killed_half_way_ends_with_the_same_bits(tmp_path):
    folder, whole = tmp_path / "state", tmp_path / "whole.npz"
    script = tmp_path / "fit.py"
    script.write_text(SCRIPT)
    run = [sys.executable, script]
    subprocess.run([*run, tmp_path / "other", whole, "0"], check=True)
    # at touches of the disk: behind some epochs, in different places of writing the state
    for touches in ("13", "16"):
        done = subprocess.run([*run, folder, tmp_path / "killed.npz", touches], check=False)
        assert done.returncode == -signal.SIGKILL
        assert list(folder.glob("fit-*.npz"))
    subprocess.run([*run, folder, tmp_path / "continued.npz", "0"], check=True)
    expected, continued = np.load(whole), np.load(tmp_path / "continued.npz")
    assert expected.files == continued.files
    for name in expected.files:
        np.testing.assert_array_equal(continued[name], expected[name])
    assert not (tmp_path / "killed.npz").exists()
    assert list(folder.iterdir()) == []
