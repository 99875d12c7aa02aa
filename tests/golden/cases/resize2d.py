# SPDX-License-Identifier: Apache-2.0
"""resize2d/: pictures resized by TensorFlow, bilinear, without antialias."""

import tensorflow as tf

from .arrays import array, wave

# name: (shape of the pictures, height and width of the result)
SHAPES = {
    "up": ((2, 3, 4, 3), (7, 9)),
    "down": ((1, 9, 11, 3), (4, 5)),
    "up_and_down": ((1, 3, 13, 2), (8, 5)),
    "one_pixel": ((1, 1, 1, 3), (2, 3)),
    "to_one_pixel": ((2, 4, 5, 1), (1, 1)),
}


def half_pixel(x, size):
    return tf.image.resize(x, size, method="bilinear", antialias=False)


def corners(x, size):
    return tf.compat.v1.image.resize_bilinear(x, size, align_corners=True, half_pixel_centers=False)


def record(coordinates, resize, shape, size):
    x = wave(*shape, step=1.7)
    return {"config": {"coordinates": coordinates, "height": size[0], "width": size[1]}, "inputs": {"x": array(x)},
            "expected": {"y": array(resize(x, size).numpy())}}


def cases():
    for coordinates, resize in (("half_pixel", half_pixel), ("corners", corners)):
        for name, (shape, size) in SHAPES.items():
            yield f"{coordinates}_{name}", lambda c=coordinates, r=resize, s=shape, z=size: record(c, r, s, z)
