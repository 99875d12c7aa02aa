# SPDX-License-Identifier: Apache-2.0
"""Numbers in and out: formula-filled arrays, and their form in a golden file.

Inputs are rounded to few decimals before they become float32, so that they print short and do not
depend on the last bit of a libm's sin(). No framework is imported here: the torch group runs in a
process without TensorFlow.
"""

import numpy as np

_float = np.dtype("float32")


def floatx():
    """float32, or float64 while generate.py --audit runs."""
    return _float


def set_floatx(name):
    global _float
    _float = np.dtype(name)


def exact(values):
    """Rounded decimals -> float32 values, kept bit for bit when the audit computes in float64."""
    return np.asarray(values, dtype=np.float32).astype(floatx())


def wave(*shape, scale=1.0, phase=0.0, step=1.0, offset=0.0, decimals=3):
    """offset + scale * sin(step * n + phase), n = 1, 2, ... row-major, rounded."""
    n = np.arange(1, int(np.prod(shape)) + 1, dtype=np.float64)
    return exact(np.round(offset + scale * np.sin(step * n + phase), decimals).reshape(shape))


def tokens(*shape, vocabulary, stride=7, start=0):
    """(start + stride * n) mod vocabulary, int32."""
    n = np.arange(int(np.prod(shape)), dtype=np.int64)
    return ((start + stride * n) % vocabulary).astype(np.int32).reshape(shape)


def number(value):
    """A scalar with the digits its type carries: 9 for float32 (shortest form that reads back equal)."""
    value = np.asarray(value)
    if value.dtype == np.float32:
        return float(str(value[()]))
    if value.dtype.kind == "f":
        return float(f"{float(value):.9g}")
    return int(value)


def numbers(values):
    return [number(v) for v in values]


def array(values, digits=None):
    """{"shape", "dtype", "data"}; digits asks for "f64" data with that many significant digits."""
    values = np.asarray(values)
    if digits is not None:
        kind, data = "f64", [float(f"{float(v):.{digits}g}") for v in values.ravel()]
    elif values.dtype.kind == "f":
        kind, data = "f32", numbers(values.ravel())
    elif values.dtype.kind == "b":
        kind, data = "bool", [int(v) for v in values.ravel()]
    elif values.dtype.kind in "iu":
        kind, data = "i32", [int(v) for v in values.ravel()]
    else:
        raise TypeError(f"no golden form for dtype {values.dtype}")
    return {"shape": list(values.shape), "dtype": kind, "data": data}


def named_arrays(pairs):
    return [{"name": name, "value": array(value)} for name, value in pairs]


def assert_far_from(values, kinks, margin=1e-3):
    """A golden must not sit on a kink: the last bit would decide its gradient."""
    for kink in kinks:
        nearest = float(np.min(np.abs(np.asarray(values, dtype=np.float64) - kink)))
        if nearest < margin:
            raise AssertionError(f"an input lies {nearest:g} from the kink at {kink}; move the formula")
