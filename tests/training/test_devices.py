from __future__ import annotations

import importlib
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from skhep_nn.networks import dense
from skhep_nn.training import _devices
from skhep_nn.training._engine import Engine

# What has to go to the host and back in the middle of an epoch, or waits for it.
HOST = ("PyFunc", "Iterator", "Dataset", "Host", "Send", "Recv", "Infeed", "Outfeed", "Print")
HOST += ("Assert", "WriteSummary", "Queue", "ReadFile")

ON_TWO_DEVICES = """
import contextlib, json
import tensorflow as tf

[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

import numpy as np
from skhep_nn import DenseClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(330, 4)).astype("f4")
y, weights = (X[:, 0] > 0).astype(int), rng.uniform(0.5, 1.5, 330)
shared = {"units": (8,), "dropout": 0.0, "epochs": 3, "random_state": 0, "verbose": 0}

strategies = {n: tf.distribute.MirroredStrategy([f"CPU:{k}" for k in range(n)]) for n in (1, 2)}

def fit(devices, **parameters):
    with strategies[devices].scope() if devices else contextlib.nullcontext():
        return DenseClassifier(**shared, **parameters).fit(X, y, weights)

out = []
# the last batch of an epoch has 10 events; 65 have no half
for parameters in (
    {"batch_size": 64, "l2": 0.01},
    {"batch_size": 65},
    {"batch_size": 64, "early_stopping": True, "jit_compile": "epoch"},
):
    # 0: outside of any scope
    fits = [fit(devices, **parameters) for devices in (0, 1, 2)]
    proba = [fitted.predict_proba(X)[:, 1] for fitted in fits]
    out.append({
        "losses": [fitted.history_ for fitted in fits],
        "difference": float(np.ptp(proba, axis=0).max()),
        "jit": fits[2].jit_compile_,
    })

from skhep_nn.networks._dropout import Dropout

strategy = strategies[2]
with strategy.scope():
    layer = Dropout(0.5, seed=1)
    layer.build((1000, 1))
run = tf.function(lambda: strategy.run(lambda: layer(tf.ones((1000, 1)), training=True)))
masks = [mask.numpy() > 0 for mask in strategy.experimental_local_results(run())]
same = float((masks[0] == masks[1]).mean())

# in the end: nothing of this process works on two devices then
message = "none"
try:
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        DenseClassifier(**shared | {"units": (5,)}).fit(X, y)
except Exception as error:
    message = f"{type(error).__name__}: {error}"
print(json.dumps({"fits": out, "same masks": same, "second strategy": message}))
"""


@pytest.fixture(scope="module")
def found():
    """Fits on one device and on two logical ones, in a process in which there are two; masks."""
    # devices that wait for each other would do so for ever
    done = subprocess.run(
        [sys.executable, "-c", ON_TWO_DEVICES],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert not done.returncode, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(
    not hasattr(importlib.import_module("keras.src.losses.loss"), "unscale_loss_for_distribution"),
    reason="this Keras shows the loss of one device times their number",
)
def test_two_devices_train_the_network_of_one(found):
    for fits in found["fits"]:
        expected, *others = fits["losses"]
        for losses in others:
            assert losses.keys() == expected.keys()
            for name, values in expected.items():
                np.testing.assert_allclose(losses[name], values, rtol=1e-4)
        assert fits["difference"] < 1e-4


def test_a_second_strategy_for_the_same_devices_is_told_what_to_do(found):
    assert found["second strategy"].startswith("TrainingError: a strategy was made before")
    assert "make one tf.distribute strategy" in found["second strategy"]


def test_each_device_drops_others(found):
    # of two independent masks of a half, half of the places are the same
    assert found["same masks"] == pytest.approx(0.5, abs=0.1)


def test_no_program_of_xla_spans_devices(found):
    assert [fits["jit"] for fits in found["fits"]] == [False] * 3


def test_one_device_has_no_copies():
    assert _devices.scope() == 0
    assert _devices.Replicas.now() is None


def engine(jit):
    model = dense((3,), 1, units=(4, 4), dropout=0.1)
    model.compile(keras.optimizers.AdamW(1e-3), "binary_crossentropy")
    data = np.ones((64, 3), "f4"), np.ones((64, 1), "f4"), np.ones(64, "f4")
    out, data = Engine(model, jit), tuple(map(tf.convert_to_tensor, data))
    out.build(*data)
    return out, data


def operations(function):
    """Types of all operations of a compiled function, and of those that it calls."""
    [concrete] = function._list_all_concrete_functions()
    definition = concrete.graph.as_graph_def()
    nodes = [*definition.node, *(n for f in definition.library.function for n in f.node_def)]
    return {node.op for node in nodes}


@pytest.mark.parametrize("rates", [None, np.linspace(1e-3, 1e-4, 8)])
@pytest.mark.parametrize("jit", ["epoch", "step", False])
def test_nothing_in_an_epoch_goes_to_the_host(jit, rates):
    made, data = engine(jit)
    list(made.train_steps(data, 8, 8, rates))
    [train] = [f for key, f in made._functions.items() if key[0] == ("train", 8)]
    found = operations(train)
    assert "While" in found or "StatelessWhile" in found
    assert not [name for name in found if any(word in name for word in HOST)]


def test_an_operation_on_the_host_would_be_seen():
    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def asks_python(x):
        return tf.py_function(lambda value: value, [x], tf.float32)

    asks_python.get_concrete_function()
    assert any("PyFunc" in name for name in operations(asks_python))


def test_memory_of_gpus_grows_with_need(monkeypatch):
    grown = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [f"{kind}:0", f"{kind}:1"])
    monkeypatch.setattr(
        tf.config.experimental, "set_memory_growth", lambda *given: grown.append(given)
    )
    _devices.grow_memory()
    assert grown == [("GPU:0", True), ("GPU:1", True)]


def test_gpus_that_work_already_are_left_alone(monkeypatch):
    def too_late(device, grows):
        raise RuntimeError

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [f"{kind}:0"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", too_late)
    _devices.grow_memory()
