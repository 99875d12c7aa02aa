# SPDX-License-Identifier: Apache-2.0
"""Runs one Keras layer and differentiates sum(output * cotangent): the form of every layers/ file."""

import numpy as np
import tensorflow as tf
from keras import ops
from keras.src.backend import get_keras_mask

from .arrays import array, floatx, named_arrays, wave


def weight_name(variable):
    """kernel, or forward/kernel inside a Bidirectional: Keras' own paths hold automatic layer names."""
    for side in ("forward", "backward"):
        if f"/{side}_" in variable.path or variable.path.startswith(f"{side}_"):
            return f"{side}/{variable.name}"
    return variable.name


def fill_weights(layer, scale=0.5):
    """Weight i gets wave(shape, phase=i): every weight of every case is known from its shape."""
    values = [wave(*w.shape, scale=scale, phase=float(i)) for i, w in enumerate(layer.trainable_weights)]
    for variable, value in zip(layer.trainable_weights, values):
        variable.assign(value)
    return values


def is_float(values):
    return np.asarray(values).dtype.kind == "f"


def flat(outputs):
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def call_and_differentiate(layer, inputs, mask=None, initial_state=None, cotangent_phase=0.5):
    """One call in inference mode: the per-call part of a layers/ file."""
    xs = [tf.convert_to_tensor(x) for x in inputs]
    states = [tf.convert_to_tensor(s) for s in initial_state or []]
    kwargs = {}
    if mask is not None:
        kwargs["mask"] = tf.convert_to_tensor(mask)
    if states:
        kwargs["initial_state"] = states
    argument = xs[0] if len(xs) == 1 else xs
    float_xs = [x for x in xs if x.dtype.is_floating]
    with tf.GradientTape() as tape:
        for tensor in float_xs + states:
            tape.watch(tensor)
        outputs = flat(layer(argument, training=False, **kwargs) if layer._call_has_training_arg
                       else layer(argument, **kwargs))
        cotangents = [wave(*o.shape, phase=cotangent_phase + i) for i, o in enumerate(outputs)]
        total = sum(tf.reduce_sum(o * c) for o, c in zip(outputs, cotangents))
    sources = float_xs + states + [w.value for w in layer.trainable_weights]
    gradients = tape.gradient(total, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    gradients = [tf.convert_to_tensor(g).numpy() for g in gradients]
    input_gradients = iter(gradients[: len(float_xs)])
    state_gradients = gradients[len(float_xs): len(float_xs) + len(states)]
    weight_gradients = gradients[len(float_xs) + len(states):]

    record = {"inputs": [array(x) for x in inputs]}
    if mask is not None:
        record["mask"] = array(mask)
    if states:
        record["initial_state"] = [array(s) for s in initial_state]
    record["cotangents"] = [array(c) for c in cotangents]
    record["expected"] = {
        "outputs": [array(ops.convert_to_numpy(o)) for o in outputs],
        "output_mask": output_mask(outputs[0]),
        "grad_inputs": [array(next(input_gradients)) if is_float(x) else None for x in inputs],
        "grad_weights": named_arrays(
            (weight_name(w), g) for w, g in zip(layer.trainable_weights, weight_gradients)),
    }
    if states:
        record["expected"]["grad_initial_state"] = [array(g) for g in state_gradients]
    return record


def output_mask(output):
    """The mask Keras attached to an output, or null."""
    mask = get_keras_mask(output)
    return None if mask is None else array(ops.convert_to_numpy(mask))


def layer_case(make, config, inputs, weight_scale=0.5, **call):
    """A whole layers/ file. make() returns a fresh layer; config is what it was made from."""
    layer = make()
    inputs = [x.astype(floatx()) if is_float(x) else x for x in inputs]
    warm_up = {"initial_state": [tf.convert_to_tensor(s) for s in call["initial_state"]]} \
        if call.get("initial_state") else {}
    layer(inputs[0] if len(inputs) == 1 else inputs, **warm_up)
    weights = fill_weights(layer, weight_scale)
    names = [weight_name(w) for w in layer.trainable_weights]
    record = {"config": {**config, "training": False}, "weights": named_arrays(zip(names, weights))}
    record.update(call_and_differentiate(layer, inputs, **call))
    return record
