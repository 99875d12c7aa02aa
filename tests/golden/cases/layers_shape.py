# SPDX-License-Identifier: Apache-2.0
"""layers/: activations as layers, merges, and the layers that only move numbers."""

import keras
import numpy as np

from .arrays import assert_far_from, wave
from .layer_runner import layer_case


def single(class_name, x, **args):
    make = getattr(keras.layers, class_name)
    return layer_case(lambda: make(**args), {"class": class_name, "args": args}, [x])


def merge(class_name, *xs, **args):
    make = getattr(keras.layers, class_name)
    return layer_case(lambda: make(**args), {"class": class_name, "args": args}, list(xs))


def leaky_relu(slope):
    x = wave(3, 5, scale=2.0)
    assert_far_from(x, [0.0])
    return single("LeakyReLU", x, negative_slope=slope)


def masking(mask_value):
    """Row (0, 2) and (1, 0) are all mask_value; (1, 3) only in part, which does not mask it."""
    x = wave(2, 4, 3)
    x[0, 2, :] = mask_value
    x[1, 0, :] = mask_value
    x[1, 3, 1] = mask_value
    return single("Masking", x, mask_value=mask_value)


def cases():
    flat, cube = wave(3, 5, scale=2.0), wave(2, 3, 4)
    yield "masking", lambda: masking(0.0)
    yield "masking_value", lambda: masking(-1.5)
    for name in ["relu", "tanh", "hard_sigmoid", "softmax"]:
        yield f"activation_{name}", lambda name=name: single("Activation", flat, activation=name)
    yield "leaky_relu_default", lambda: leaky_relu(0.3)
    yield "leaky_relu_tenth", lambda: leaky_relu(0.1)
    yield "softmax_last_axis", lambda: single("Softmax", cube, axis=-1)
    yield "softmax_axis_1", lambda: single("Softmax", cube, axis=1)

    a, b, c = (wave(2, 3, 4, phase=p) for p in (0.0, 0.9, 2.1))
    yield "concatenate_last_axis", lambda: merge("Concatenate", a, wave(2, 3, 2, phase=4.0), c, axis=-1)
    yield "concatenate_axis_1", lambda: merge("Concatenate", a, wave(2, 1, 4, phase=4.0), axis=1)
    yield "add_three", lambda: merge("Add", a, b, c)
    yield "add_broadcast", lambda: merge("Add", a, wave(2, 1, 4, phase=1.3))
    yield "subtract", lambda: merge("Subtract", a, b)
    yield "multiply_two", lambda: merge("Multiply", a, b)
    yield "multiply_three", lambda: merge("Multiply", a, b, c)
    yield "multiply_broadcast", lambda: merge("Multiply", a, wave(2, 3, 1, phase=1.3))
    yield "average_two", lambda: merge("Average", a, b)
    yield "average_three", lambda: merge("Average", a, b, c)

    yield "flatten", lambda: single("Flatten", wave(2, 3, 2, 2))
    yield "flatten_vector", lambda: single("Flatten", np.asarray(wave(4, 3)))
    yield "reshape", lambda: single("Reshape", cube, target_shape=[6, 2])
    yield "reshape_inferred", lambda: single("Reshape", cube, target_shape=[2, -1, 2])
    yield "permute", lambda: single("Permute", wave(2, 3, 2, 4), dims=[3, 1, 2])
    yield "repeat_vector", lambda: single("RepeatVector", wave(3, 4), n=3)
