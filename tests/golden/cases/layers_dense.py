# SPDX-License-Identifier: Apache-2.0
"""layers/: Dense with every activation, Embedding, TimeDistributed, Dropout at inference."""

import numpy as np
from keras import layers

from .activations import KINKS, NAMES, function
from .arrays import assert_far_from, tokens, wave
from .layer_runner import layer_case

def dense(name, x, units=5, use_bias=True, weight_scale=0.5):
    def make():
        return layers.Dense(units, activation=function(name), use_bias=use_bias)

    kernel = wave(x.shape[-1], units, scale=weight_scale)
    bias = wave(units, scale=weight_scale, phase=1.0) if use_bias else 0.0
    assert_far_from(x @ kernel + bias, KINKS.get(name, []))
    config = {"class": "Dense", "args": {"units": units, "activation": name, "use_bias": use_bias}}
    return layer_case(make, config, [x], weight_scale=weight_scale)


def embedding(x, vocabulary, dim, mask_zero):
    args = {"input_dim": vocabulary, "output_dim": dim, "mask_zero": mask_zero}
    return layer_case(lambda: layers.Embedding(**args), {"class": "Embedding", "args": args}, [x])


def time_distributed(units, x):
    inner = {"class": "Dense", "args": {"units": units, "activation": "tanh", "use_bias": True}}
    return layer_case(lambda: layers.TimeDistributed(layers.Dense(units, activation="tanh")),
                      {"class": "TimeDistributed", "args": {"layer": inner}}, [x])


def dropout(rate, x):
    return layer_case(lambda: layers.Dropout(rate), {"class": "Dropout", "args": {"rate": rate}}, [x])


def cases():
    x = wave(4, 3, scale=1.5)
    for name in NAMES:
        # hard_sigmoid is flat far out: the wider kernel reaches all three pieces.
        scale = 2.5 if name.startswith("hard_sigmoid") else 0.8
        yield f"dense_{name}", lambda name=name, scale=scale: dense(name, x, weight_scale=scale)
    yield "dense_no_bias", lambda: dense("linear", x, use_bias=False)
    yield "dense_relu_no_bias", lambda: dense("relu", x, units=1, use_bias=False)
    yield "dense_3d_input", lambda: dense("tanh", wave(2, 3, 4), units=3)
    yield "dense_3d_softmax", lambda: dense("softmax", wave(2, 3, 4, scale=2.0), units=3)
    yield "embedding", lambda: embedding(tokens(3, 4, vocabulary=6, stride=4), 6, 3, False)
    yield "embedding_repeated_token", lambda: embedding(np.full((2, 5), 2, dtype=np.int32), 4, 3, False)
    yield "embedding_mask_zero", lambda: embedding(
        np.array([[3, 1, 0, 0], [0, 2, 2, 5], [4, 0, 1, 0]], dtype=np.int32), 6, 3, True)
    yield "time_distributed_dense", lambda: time_distributed(4, wave(2, 3, 5))
    yield "dropout_inference", lambda: dropout(0.5, wave(3, 4))
