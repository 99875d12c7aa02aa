# SPDX-License-Identifier: Apache-2.0
"""layers/: convolutions, pools and what changes the size of pictures, forward and backward."""

import keras

from .arrays import wave
from .layer_runner import layer_case


def conv(x, filters=3, kernel_size=(3, 3), strides=(1, 1), padding="valid", dilation_rate=(1, 1), activation="linear", use_bias=True):
    args = {"filters": filters, "kernel_size": list(kernel_size), "strides": list(strides), "padding": padding,
            "dilation_rate": list(dilation_rate), "activation": activation, "use_bias": use_bias}
    return layer_case(lambda: keras.layers.Conv2D(**args), {"class": "Conv2D", "args": args}, [x])


def pool(name, x, pool_size=(2, 2), strides=(2, 2), padding="valid"):
    args = {"pool_size": list(pool_size), "strides": list(strides), "padding": padding}
    return layer_case(lambda: getattr(keras.layers, name)(**args), {"class": name, "args": args}, [x])


def simple(name, x, **args):
    return layer_case(lambda: getattr(keras.layers, name)(**args), {"class": name, "args": args}, [x])


def cases():
    even, odd = wave(2, 6, 8, 2), wave(2, 5, 7, 2)
    for name, x in (("even", even), ("odd", odd)):
        for padding in ("valid", "same"):
            for stride in (1, 2):
                yield f"conv2d_{name}_{padding}_stride_{stride}", lambda x=x, padding=padding, stride=stride: conv(
                    x, strides=(stride, stride), padding=padding)
    yield "conv2d_1x1", lambda: conv(odd, filters=4, kernel_size=(1, 1))
    yield "conv2d_no_bias", lambda: conv(odd, use_bias=False, padding="same")
    yield "conv2d_tanh", lambda: conv(odd, activation="tanh", padding="same")
    yield "conv2d_uneven_kernel", lambda: conv(even, kernel_size=(2, 3), padding="same")
    yield "conv2d_uneven_strides", lambda: conv(even, kernel_size=(3, 2), strides=(1, 2))
    yield "conv2d_dilated", lambda: conv(even, dilation_rate=(2, 2))
    yield "conv2d_dilated_same", lambda: conv(odd, dilation_rate=(2, 1), padding="same")
    yield "conv2d_one_channel", lambda: conv(wave(1, 4, 5, 1), filters=1)
    for pooled in ("MaxPooling2D", "AveragePooling2D"):
        short = "max" if pooled.startswith("Max") else "average"
        yield f"{short}_pool_even", lambda pooled=pooled: pool(pooled, even)
        yield f"{short}_pool_odd", lambda pooled=pooled: pool(pooled, odd)
        yield f"{short}_pool_odd_same", lambda pooled=pooled: pool(pooled, odd, padding="same")
        yield f"{short}_pool_stride_1_same", lambda pooled=pooled: pool(pooled, odd, strides=(1, 1), padding="same")
        yield f"{short}_pool_3x2", lambda pooled=pooled: pool(pooled, even, pool_size=(3, 2), strides=(2, 1), padding="same")
    for pooled in ("GlobalMaxPooling2D", "GlobalAveragePooling2D"):
        short = "global_max" if "Max" in pooled else "global_average"
        yield short, lambda pooled=pooled: simple(pooled, odd, keepdims=False)
        yield f"{short}_keepdims", lambda pooled=pooled: simple(pooled, odd, keepdims=True)
    yield "upsampling_2", lambda: simple("UpSampling2D", odd, size=[2, 2])
    yield "upsampling_uneven", lambda: simple("UpSampling2D", odd, size=[3, 1])
    yield "zero_padding_darknet", lambda: simple("ZeroPadding2D", odd, padding=[[1, 0], [1, 0]])
    yield "zero_padding_uneven", lambda: simple("ZeroPadding2D", even, padding=[[0, 2], [3, 1]])
