# SPDX-License-Identifier: Apache-2.0
"""batch_normalization/: the layer in training, at inference and frozen, over several steps."""

import numpy as np
import tensorflow as tf
from keras import layers, ops

from .arrays import array, floatx, named_arrays, wave

ARGS = {"momentum": 0.99, "epsilon": 1e-3, "center": True, "scale": True}


def fill(layer):
    """gamma and the moving variance around 1.2, so that they stay positive; beta and the moving mean around 0."""
    offsets = {"gamma": 1.2, "beta": 0.0, "moving_mean": 0.3, "moving_variance": 1.2}
    for i, variable in enumerate(layer.weights):
        variable.assign(wave(*variable.shape, scale=0.5, phase=float(i), offset=offsets[variable.name]))


def run_step(layer, x, training):
    """One call, and the gradients of sum(output * cotangent)."""
    x = tf.convert_to_tensor(x.astype(floatx()))
    parameters = [w for w in layer.weights if w.name in ("gamma", "beta")]
    with tf.GradientTape() as tape:
        tape.watch([x] + [p.value for p in parameters])
        output = layer(x, training=training)
        cotangent = wave(*output.shape, phase=0.5)
        total = tf.reduce_sum(output * cotangent)
    gradients = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(total, [x] + [p.value for p in parameters])]
    return {
        "inputs": [array(x.numpy())],
        "cotangents": [array(cotangent)],
        "expected": {
            "outputs": [array(output.numpy())],
            "grad_inputs": [array(gradients[0])],
            "grad_weights": named_arrays((p.name, g) for p, g in zip(parameters, gradients[1:])),
            "weights_after": named_arrays((w.name, ops.convert_to_numpy(w)) for w in layer.weights),
        },
    }


def case(shape, steps=3, training=True, trainable=True, **args):
    """Each step's numbers lie elsewhere, so that the moving statistics have somewhere to go."""
    args = {**ARGS, **args}
    layer = layers.BatchNormalization(**args)
    layer.build(shape)
    layer.trainable = trainable
    fill(layer)
    record = {"config": {"class": "BatchNormalization", "args": args, "training": training, "trainable": trainable},
              "weights": named_arrays((w.name, np.asarray(ops.convert_to_numpy(w))) for w in layer.weights), "steps": []}
    for i in range(steps):
        x = wave(*shape, scale=1.5, phase=0.7 * i, step=1.3, offset=0.5 * i)
        record["steps"].append(run_step(layer, x, training))
    return record


def cases():
    yield "train_2d", lambda: case((6, 3))
    yield "train_3d", lambda: case((2, 5, 3))
    yield "train_4d", lambda: case((2, 3, 4, 3))
    yield "train_one_channel", lambda: case((2, 3, 4, 1))
    yield "train_momentum_and_epsilon", lambda: case((5, 4), momentum=0.6, epsilon=0.05)
    yield "train_without_center", lambda: case((2, 3, 2, 4), center=False)
    yield "train_without_scale", lambda: case((2, 3, 2, 4), scale=False)
    yield "train_without_either", lambda: case((2, 3, 2, 4), center=False, scale=False)
    yield "inference_2d", lambda: case((6, 3), steps=1, training=False)
    yield "inference_4d", lambda: case((2, 3, 4, 3), steps=1, training=False)
    yield "inference_without_either", lambda: case((6, 3), steps=1, training=False, center=False, scale=False)
    yield "frozen", lambda: case((2, 3, 4, 3), steps=2, trainable=False)
