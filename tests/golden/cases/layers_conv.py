# SPDX-License-Identifier: Apache-2.0
"""layers/: the layers over pictures (batch, height, width, channels)."""

import keras
import numpy as np

from .activations import KINKS
from .arrays import assert_far_from, wave
from .layer_runner import layer_case


def conv2d(x, explicit=None, **options):
    """explicit is [[top, bottom], [left, right]], which Keras spells as a layer of its own before the convolution."""
    args = {"filters": 3, "kernel_size": 3, "strides": 1, "padding": "valid", "dilation_rate": 1, "activation": "linear",
            "use_bias": True, **options}

    def make():
        layer = keras.layers.Conv2D(**args)
        return layer if explicit is None else keras.Sequential([keras.layers.ZeroPadding2D(explicit), layer])

    recorded = args if explicit is None else {**args, "padding": explicit}
    record = layer_case(make, {"class": "Conv2D", "args": recorded}, [x])
    if args["activation"] == "leaky_relu":  # zero where its input is
        assert_far_from(record["expected"]["outputs"][0]["data"], KINKS["leaky_relu"])
    return record


def plain(class_name, x, **args):
    if "Max" in class_name and len(np.unique(x)) < x.size:
        raise AssertionError("two elements are equal: which is the largest would be a matter of taste")
    make = getattr(keras.layers, class_name)
    return layer_case(lambda: make(**args), {"class": class_name, "args": args}, [x])


def convolutions():
    even, odd = wave(2, 6, 8, 2), wave(1, 5, 7, 2, phase=0.4)
    yield "valid", even, {}
    yield "same", even, {"padding": "same"}
    yield "1x1", even, {"kernel_size": 1, "filters": 5}
    yield "kernel_pair", odd, {"kernel_size": [3, 2], "padding": "same"}
    yield "kernel_2_same", even, {"kernel_size": 2, "padding": "same"}
    yield "kernel_of_the_whole_picture", odd, {"kernel_size": [5, 7], "filters": 2}
    yield "no_bias", even, {"use_bias": False}
    yield "stride_2_valid", odd, {"strides": 2}
    yield "stride_2_same_even", even, {"strides": 2, "padding": "same"}
    yield "stride_2_same_odd", odd, {"strides": 2, "padding": "same"}
    yield "stride_2_same_even_and_odd", wave(1, 6, 5, 2), {"strides": 2, "padding": "same"}
    yield "stride_pair", even, {"strides": [1, 2], "padding": "same"}
    yield "stride_3_kernel_2", even, {"strides": 3, "kernel_size": 2}
    yield "1x1_stride_2", odd, {"kernel_size": 1, "strides": 2}
    yield "dilation_2_valid", even, {"dilation_rate": 2}
    yield "dilation_2_same", odd, {"dilation_rate": 2, "padding": "same"}
    yield "dilation_pair", wave(1, 7, 6, 2), {"dilation_rate": [3, 1]}
    yield "1_channel", wave(2, 5, 5, 1), {"filters": 1, "padding": "same"}
    yield "explicit_darknet", even, {"explicit": [[1, 0], [1, 0]], "strides": 2}
    yield "explicit_darknet_odd", odd, {"explicit": [[1, 0], [1, 0]], "strides": 2}
    yield "explicit_uneven", odd, {"explicit": [[0, 2], [1, 0]]}
    yield "explicit_zero", odd, {"explicit": [[0, 0], [0, 1]], "kernel_size": 2}
    for activation in ("tanh", "softmax", "silu"):
        yield activation, odd, {"activation": activation, "padding": "same"}
    yield "leaky_relu", wave(1, 4, 5, 2, phase=0.3), {"activation": "leaky_relu", "padding": "same"}


def pools():
    even, odd = wave(2, 4, 6, 2, decimals=5), wave(1, 5, 7, 2, phase=0.4, decimals=5)
    yield "2x2", even, {"pool_size": 2}
    yield "valid_odd", odd, {"pool_size": 2}
    yield "same_odd", odd, {"pool_size": 2, "padding": "same"}
    yield "stride_1_same", even, {"pool_size": 2, "strides": 1, "padding": "same"}  # tiny YOLO
    yield "3x3_stride_2_same_even", even, {"pool_size": 3, "strides": 2, "padding": "same"}
    yield "3x3_stride_2_same_odd", odd, {"pool_size": 3, "strides": 2, "padding": "same"}
    yield "pairs", odd, {"pool_size": [3, 2], "strides": [1, 3]}
    yield "5x5_same", odd, {"pool_size": 5, "strides": 1, "padding": "same"}


def cases():
    for name, x, options in convolutions():
        yield f"conv2d_{name}", lambda x=x, options=options: conv2d(x, **options)
    yield "max_pooling2d_default", lambda: plain("MaxPooling2D", wave(1, 4, 4, 2))
    for short in ("max", "average"):
        for name, x, args in pools():
            yield f"{short}_pooling2d_{name}", lambda short=short, x=x, args=args: plain(
                f"{short.title()}Pooling2D", x, **args)
        for keepdims in (False, True):
            yield f"global_{short}_pooling2d{'_keepdims' if keepdims else ''}", lambda short=short, keepdims=keepdims: plain(
                f"Global{short.title()}Pooling2D", wave(2, 3, 4, 3, decimals=5), keepdims=keepdims)
    x = wave(2, 3, 2, 3)
    yield "up_sampling2d_default", lambda: plain("UpSampling2D", x)
    yield "up_sampling2d_3", lambda: plain("UpSampling2D", x, size=3)
    yield "up_sampling2d_pair", lambda: plain("UpSampling2D", x, size=[1, 4])
    yield "zero_padding2d_default", lambda: plain("ZeroPadding2D", x)
    yield "zero_padding2d_2", lambda: plain("ZeroPadding2D", x, padding=2)
    yield "zero_padding2d_pair", lambda: plain("ZeroPadding2D", x, padding=[1, 0])
    yield "zero_padding2d_four_sides", lambda: plain("ZeroPadding2D", x, padding=[[1, 0], [2, 3]])
