# SPDX-License-Identifier: Apache-2.0
"""initializers/: what each initialiser must draw, as bounds and moments rather than as numbers.

No random stream is shared with Keras, so the file holds the formula's results, and Keras' own draws
are held to them here, before they are written.
"""

import math

import keras
import numpy as np
from keras import ops

from .arrays import array, exact

# Standard deviation of a unit normal cut at two standard deviations.
TRUNCATED_STDDEV = 0.87962566103423978

SHAPES = [[200, 300], [3, 3, 32, 64]]

SCALING = {"glorot": (1.0, "fan_avg"), "he": (2.0, "fan_in"), "lecun": (1.0, "fan_in")}


def fans(shape):
    receptive = math.prod(shape[:-2])
    return receptive * shape[-2], receptive * shape[-1]


def scaled(name, shape):
    family, distribution = name.split("_")
    scale, mode = SCALING[family]
    fan_in, fan_out = fans(shape)
    variance = scale / (fan_in if mode == "fan_in" else (fan_in + fan_out) / 2)
    # The normal forms draw from a wider normal so that the cut one has the wanted variance.
    limit = math.sqrt(3 * variance) if distribution == "uniform" else 2 * math.sqrt(variance) / TRUNCATED_STDDEV
    return {"initializer": name, "args": {}, "shape": shape, "fan_in": fan_in, "fan_out": fan_out,
            "scale": scale, "mode": mode, "distribution": "uniform" if distribution == "uniform" else
            "truncated_normal", "mean": 0.0, "stddev": math.sqrt(variance), "min": -limit, "max": limit}


def plain():
    shape = SHAPES[0]
    uniform = {"minval": -0.05, "maxval": 0.05}
    normal = {"mean": 0.0, "stddev": 0.05}
    return [
        {"initializer": "random_uniform", "args": uniform, "shape": shape, "distribution": "uniform", "mean": 0.0,
         "stddev": 0.1 / math.sqrt(12), "min": -0.05, "max": 0.05},
        {"initializer": "random_normal", "args": normal, "shape": shape, "distribution": "normal", "mean": 0.0,
         "stddev": 0.05, "min": None, "max": None},
        {"initializer": "truncated_normal", "args": normal, "shape": shape, "distribution": "truncated_normal",
         "mean": 0.0, "stddev": 0.05 * TRUNCATED_STDDEV, "min": -0.1, "max": 0.1},
    ]


def hold_keras_to(entry):
    config = {"class_name": entry["initializer"], "config": {**entry["args"], "seed": 11}}
    drawn = ops.convert_to_numpy(keras.initializers.get(config)(entry["shape"])).astype(np.float64)
    standard_error = entry["stddev"] / math.sqrt(drawn.size)
    assert abs(drawn.mean() - entry["mean"]) < 5 * standard_error, entry
    assert abs(drawn.std() / entry["stddev"] - 1) < 0.02, (entry, drawn.std())
    if entry["max"] is not None:
        tolerance = 1e-6 * entry["max"]
        assert entry["min"] - tolerance <= drawn.min() and drawn.max() <= entry["max"] + tolerance, entry
        assert drawn.max() > 0.98 * entry["max"], entry


def rounded(entry):
    return {k: float(f"{v:.9g}") if isinstance(v, float) else v for k, v in entry.items()}


def statistics():
    entries = [scaled(f"{family}_{kind}", shape) for family in SCALING for kind in ("uniform", "normal")
               for shape in SHAPES] + plain()
    for entry in entries:
        hold_keras_to(entry)
    return {"config": {"statistics": "of draws over the whole shape; stddev after any truncation"},
            "expected": {"entries": [rounded(e) for e in entries]}}


def orthogonal():
    """q q^T = gain^2 I over the shorter side of the matrix (all leading axes flattened)."""
    entries = []
    for shape, gain in (([8, 20], 1.0), ([20, 8], 1.0), ([6, 6], 0.5), ([3, 4, 5], 1.0)):
        q = ops.convert_to_numpy(keras.initializers.Orthogonal(gain=gain, seed=3)(shape)).astype(np.float64)
        q = q.reshape(-1, shape[-1])
        rows = q.shape[0] <= q.shape[1]
        gram = q @ q.T if rows else q.T @ q
        assert np.abs(gram - gain**2 * np.eye(len(gram))).max() < 1e-5
        entries.append({"shape": shape, "gain": gain, "orthonormal": "rows" if rows else "columns",
                        "gram_size": len(gram), "gram_diagonal": gain**2, "gram_tolerance": 1e-5})
    return {"config": {"initializer": "orthogonal"}, "expected": {"entries": entries}}


def exact_values():
    entries = []
    for name, args, shape in (("zeros", {}, [2, 3]), ("ones", {}, [2, 3]), ("constant", {"value": 0.03}, [4]),
                              ("identity", {"gain": 2.0}, [3, 3])):
        made = keras.initializers.get({"class_name": name, "config": args})(shape)
        entries.append({"initializer": name, "args": args, "value": array(ops.convert_to_numpy(made))})
    for forget in (True, False):
        layer = keras.layers.LSTM(2, unit_forget_bias=forget, bias_initializer=keras.initializers.Constant(0.03))
        layer(exact(np.zeros((1, 1, 1))))
        entries.append({"initializer": "lstm_bias", "args": {"bias_initializer": 0.03, "units": 2,
                                                             "unit_forget_bias": forget},
                        "value": array(ops.convert_to_numpy(layer.cell.bias))})
    return {"config": {}, "expected": {"entries": entries}}


def cases():
    yield "statistics", statistics
    yield "orthogonal", orthogonal
    yield "exact", exact_values
