"""What a network starts with follows from a seed alone, and no global generator is asked."""

from __future__ import annotations

import random
import threading

import keras
import numpy as np
import pytest
from every_kind import NETWORKS, build

from skhep_nn import networks
from skhep_nn.networks._initial import Start, compact
from skhep_nn.networks._seeds import fresh, layer_seed, numbered

NAMES = [*NETWORKS, "parametric"]


def differing(one, other):
    """The places of arrays that differ."""
    return {n for n, pair in enumerate(zip(one, other, strict=True)) if (pair[0] != pair[1]).any()}


def values(model):
    return [variable.numpy() for variable in model.variables]


def dense(**arguments):
    with numbered():
        return networks.dense((4,), 1, units=(5, 5), **arguments)


@pytest.mark.parametrize("name", NAMES)
def test_no_layer_reads_the_generator_that_all_threads_share(name):
    before = random.getstate()
    with numbered():
        build(name)
    assert random.getstate() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_decides_all_that_keras_would_draw_and_nothing_else(name):
    drawn = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        drawn.append(values(build(name)))
    with numbered():
        start = Start.of(build(name))
    one, again, other = start.at(1), start.at(1), start.at(2)
    assert differing(one, again) == set()
    assert differing(one, other) == differing(*drawn)
    same = set(range(len(one))) - differing(*drawn)
    assert all((one[place] == drawn[0][place]).all() for place in same)
    assert [(a.shape, a.dtype) for a in one] == [(a.shape, a.dtype) for a in drawn[0]]


def test_no_two_variables_of_one_network_start_alike():
    with numbered():
        start = Start.of(build("lstm in both directions"))
    drawn = [start.at(3)[place] for place in start.drawn]
    assert len({array.tobytes() for array in drawn}) == len(drawn) > 4


def test_values_have_the_distribution_of_their_initializer():
    with numbered():
        model = networks.dense((400,), 1, units=(300,), kernel_initializer="he_normal")
    kernel = Start.of(model).at(0)[0]
    # variance 2 / fan in (He et al., arXiv:1502.01852); 120,000 values: 0.2% on the deviation
    assert kernel.std() == pytest.approx(np.sqrt(2 / 400), rel=0.02)
    assert abs(kernel.mean()) < 0.001


def test_the_values_do_not_depend_on_what_was_built_before():
    first = Start.of(dense()).at(5)
    with numbered():
        networks.dense((9,), 1, units=(2, 3, 4))
    keras.utils.set_random_seed(99)
    assert differing(first, Start.of(dense()).at(5)) == set()


def test_an_initializer_with_a_seed_of_the_users_keeps_it():
    given = keras.initializers.HeNormal(seed=7)
    start = Start.of(dense(kernel_initializer=given))
    one, other = start.at(1), start.at(2)
    assert (one[0] == other[0]).all()
    np.testing.assert_array_equal(one[0], keras.ops.convert_to_numpy(given((4, 5))))
    # the output layer has an initializer of its own
    assert (one[4] != other[4]).any()


@pytest.mark.parametrize(
    "initializer",
    [
        "he_normal",
        "HeNormal",
        keras.initializers.HeNormal,
        keras.initializers.HeNormal(),
        {"class_name": "HeNormal", "config": {}},
        {"class_name": "HeNormal", "config": {"seed": None}},
        keras.saving.serialize_keras_object(keras.initializers.HeNormal()),
    ],
    ids=["name", "class name", "class", "object", "description", "no seed", "serialised"],
)
def test_an_initializer_without_a_seed_is_drawn_however_it_is_given(initializer):
    before = random.getstate()
    start = Start.of(dense(kernel_initializer=initializer))
    assert random.getstate() == before
    expected = Start.of(dense(kernel_initializer="he_normal")).at(1)
    assert differing(start.at(1), expected) == set()


@pytest.mark.parametrize("initializer", ["zeros", keras.initializers.Ones(), "identity"])
def test_an_initializer_that_draws_nothing_stays(initializer):
    kind = type(keras.initializers.get(initializer))
    with numbered():
        assert type(fresh(initializer)) is kind
    assert type(fresh(initializer)) is kind


def test_outside_of_the_package_layers_draw_as_keras_does():
    assert layer_seed() is None
    kernels = [values(networks.dense((4,), 1, units=(5,)))[0] for _ in range(2)]
    assert (kernels[0] != kernels[1]).any()


def test_numbers_are_those_of_one_thread():
    found = []
    with numbered():
        thread = threading.Thread(target=lambda: found.append(layer_seed()))
        thread.start()
        thread.join()
        assert layer_seed() == 1
    assert found == [None]


def test_constant_arrays_take_no_memory():
    view = compact(np.full((1000, 1000), 3.0))
    assert view.strides == (0, 0)
    assert (np.array(view) == 3.0).all()
    assert (compact(np.arange(3.0)) == np.arange(3.0)).all()
