"""What is used of scikeras: the only module that imports it.

scikeras gives parameter routing (``optimizer__clipnorm``), the calling of user functions, compile
arguments, callbacks, and pickling of Keras objects (importing it patches Keras' classes for that).
"""

from __future__ import annotations

from scikeras._utils import (
    accepts_kwargs,
    get_loss_class_function_or_string,
    get_metric_class,
    route_params,
    try_to_convert_strings_to_classes,
    unflatten_params,
)
from scikeras.utils import random_state
from scikeras.wrappers import BaseWrapper

from skhep_nn.estimators._saving import _objects, _states

__all__ = [
    "BaseWrapper",
    "accepts_kwargs",
    "get_loss_class_function_or_string",
    "get_metric_class",
    "random_state",
    "route_params",
    "try_to_convert_strings_to_classes",
    "unflatten_params",
]

if "__sklearn_tags__" not in vars(BaseWrapper):
    # scikeras predates scikit-learn's tags; without the method every subclass fails its check
    BaseWrapper.__sklearn_tags__ = lambda self: super(BaseWrapper, self).__sklearn_tags__()
# after scikeras, which has Keras' objects copied and saved in a way of its own
_objects.install()
_states.install()
