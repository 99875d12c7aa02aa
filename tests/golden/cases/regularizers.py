# SPDX-License-Identifier: Apache-2.0
"""regularizers/: penalties in the loss, value and gradient. l2(c) is c * sum(w^2), without a half."""

import keras
import tensorflow as tf

from .arrays import array, assert_far_from, named_arrays, number, wave
from .layer_runner import fill_weights

REGULARIZERS = {
    "l1": ("L1", {"l1": 0.02}),
    "l2": ("L2", {"l2": 0.03}),
    "l1_l2": ("L1L2", {"l1": 0.02, "l2": 0.03}),
}


def make(name):
    class_name, args = REGULARIZERS[name]
    return getattr(keras.regularizers, class_name)(**args), {"class": class_name, "args": args}


def penalised(layer, config, x, y):
    """loss = mse + penalties; the gradient is that of their sum."""
    layer(x)
    weights = fill_weights(layer)
    for value in weights:
        assert_far_from(value, [0.0])
    with tf.GradientTape() as tape:
        data_loss = keras.losses.MeanSquaredError()(y, layer(x))
        penalty = sum(layer.losses)
        loss = data_loss + penalty
    gradients = tape.gradient(loss, [w.value for w in layer.trainable_weights])
    names = [w.name for w in layer.trainable_weights]
    return {"config": config, "inputs": {"x": array(x), "y": array(y)},
            "weights": named_arrays(zip(names, weights)),
            "expected": {"loss": number(loss.numpy()), "data_loss": number(data_loss.numpy()),
                         "penalty": number(penalty.numpy()),
                         "grad_weights": named_arrays(zip(names, (g.numpy() for g in gradients)))}}


def dense(**regularizers):
    """regularizers: kernel_regularizer and bias_regularizer by name."""
    made = {key: make(name) for key, name in regularizers.items()}
    args = {"units": 2, "activation": "linear", "use_bias": True, **{k: c for k, (_, c) in made.items()}}
    layer = keras.layers.Dense(2, **{k: r for k, (r, _) in made.items()})
    return penalised(layer, {"class": "Dense", "args": args, "loss": "mean_squared_error"},
                     wave(4, 3), wave(4, 2, phase=0.7))


def lstm():
    made = {"kernel_regularizer": make("l2"), "recurrent_regularizer": make("l1_l2"), "bias_regularizer": make("l1")}
    args = {"units": 2, **{k: c for k, (_, c) in made.items()}}
    layer = keras.layers.LSTM(2, **{k: r for k, (r, _) in made.items()})
    return penalised(layer, {"class": "LSTM", "args": args, "loss": "mean_squared_error"},
                     wave(3, 4, 2), wave(3, 2, phase=0.7))


def cases():
    for name in REGULARIZERS:
        yield f"kernel_{name}", lambda name=name: dense(kernel_regularizer=name)
    yield "kernel_l2_bias_l1", lambda: dense(kernel_regularizer="l2", bias_regularizer="l1")
    yield "lstm_all_weights", lstm
