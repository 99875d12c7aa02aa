# SPDX-License-Identifier: Apache-2.0
"""Activation names of the golden files, two of which Keras 3 has no string for."""

import keras
from keras import ops

NAMES = ["linear", "relu", "sigmoid", "hard_sigmoid", "hard_sigmoid_k2", "tanh", "elu", "softplus", "gelu",
         "gelu_tanh", "silu", "leaky_relu", "softmax"]

# Where a derivative jumps; a golden keeps its distance.
KINKS = {"relu": [0.0], "leaky_relu": [0.0], "hard_sigmoid": [-3.0, 3.0], "hard_sigmoid_k2": [-2.5, 2.5]}


def function(name):
    """The callable for a name: gelu_tanh is gelu(approximate=True), hard_sigmoid_k2 is that of Keras 2."""
    if name == "gelu_tanh":
        return lambda x: keras.activations.gelu(x, approximate=True)
    if name == "hard_sigmoid_k2":
        return lambda x: ops.clip(0.2 * x + 0.5, 0.0, 1.0)
    return keras.activations.get(name)


def with_functions(args):
    """Layer arguments with their activation names resolved."""
    return {k: function(v) if k in ("activation", "recurrent_activation") else v for k, v in args.items()}
