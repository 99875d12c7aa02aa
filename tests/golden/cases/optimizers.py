# SPDX-License-Identifier: Apache-2.0
"""optimizers/: six steps of a Dense layer under mse, and learning rate schedules by themselves.

Every clipping limit used here bites in some steps and not in all.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from .arrays import array, floatx, number, wave

STEPS = 6

SCHEDULES = {
    "exponential_decay": ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.8,
                                               "staircase": False}),
    "exponential_decay_staircase": ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4,
                                                         "decay_rate": 0.8, "staircase": True}),
    "piecewise_constant": ("PiecewiseConstantDecay", {"boundaries": [3, 7], "values": [0.1, 0.05, 0.01]}),
    "cosine_decay": ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 12, "alpha": 0.1,
                                     "warmup_target": None, "warmup_steps": 0}),
    "cosine_decay_warmup": ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "alpha": 0.05,
                                            "warmup_target": 0.2, "warmup_steps": 4}),
    "polynomial_decay": ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10,
                                             "end_learning_rate": 0.01, "power": 2.0, "cycle": False}),
    "polynomial_decay_cycle": ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4,
                                                   "end_learning_rate": 0.01, "power": 1.0, "cycle": True}),
    "inverse_time_decay": ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5,
                                                "staircase": False}),
    "inverse_time_decay_staircase": ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3,
                                                          "decay_rate": 0.5, "staircase": True}),
}

ADAM = {"learning_rate": 0.05, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}
RMSPROP = {"learning_rate": 0.05, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False}

RUNS = {
    "sgd": ("SGD", {"learning_rate": 0.1}),
    "sgd_momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": False}),
    "sgd_nesterov": ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    "sgd_weight_decay": ("SGD", {"learning_rate": 0.1, "weight_decay": 0.05}),
    "adam": ("Adam", ADAM),
    "adam_default_rate": ("Adam", {**ADAM, "learning_rate": 0.001}),
    "adam_odd_betas": ("Adam", {**ADAM, "beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-3}),
    "adamw": ("AdamW", {**ADAM, "weight_decay": 0.05}),
    "adamw_exclude_bias": ("AdamW", {**ADAM, "weight_decay": 0.05}),
    "rmsprop": ("RMSprop", RMSPROP),
    "rmsprop_centered": ("RMSprop", {**RMSPROP, "centered": True}),
    "rmsprop_momentum": ("RMSprop", {**RMSPROP, "momentum": 0.8, "rho": 0.8}),
    "rmsprop_centered_momentum": ("RMSprop", {**RMSPROP, "centered": True, "momentum": 0.5}),
    "sgd_clipnorm": ("SGD", {"learning_rate": 0.2, "clipnorm": 0.35}),
    "sgd_clipvalue": ("SGD", {"learning_rate": 0.2, "clipvalue": 0.2}),
    "sgd_global_clipnorm": ("SGD", {"learning_rate": 0.2, "global_clipnorm": 0.4}),
    "adam_clipnorm": ("Adam", {**ADAM, "clipnorm": 0.35}),
    "rmsprop_global_clipnorm": ("RMSprop", {**RMSPROP, "global_clipnorm": 0.4}),
    "sgd_exponential_decay": ("SGD", {"learning_rate": "exponential_decay_staircase"}),
    "adam_cosine_warmup": ("Adam", {**ADAM, "learning_rate": "cosine_decay_warmup"}),
    "adamw_polynomial": ("AdamW", {**ADAM, "learning_rate": "polynomial_decay", "weight_decay": 0.05}),
}


def schedule(name):
    class_name, args = SCHEDULES[name]
    return getattr(keras.optimizers.schedules, class_name)(**args), {"class": class_name, "args": args}


def schedule_case(name):
    made, config = schedule(name)
    steps = list(range(16))
    values = [number(ops.convert_to_numpy(ops.cast(made(s), floatx().name))) for s in steps]
    return {"config": {"schedule": config}, "steps": steps, "expected": {"values": values}}


def clipping_bites(args, model, x, y):
    """Whether this step's gradient exceeds the limit in args; None where there is none."""
    limits = {"clipnorm": lambda g: max(np.linalg.norm(v) for v in g),
              "clipvalue": lambda g: max(np.abs(v).max() for v in g),
              "global_clipnorm": lambda g: np.sqrt(sum((v ** 2).sum() for v in g))}
    for key, size in limits.items():
        if key in args:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x) - y) ** 2)
            gradient = tape.gradient(loss, [w.value for w in model.trainable_weights])
            return bool(size([g.numpy() for g in gradient]) > args[key])
    return None


def run_case(name):
    """loss = mean over all elements of (x kernel + bias - y)^2, one batch repeated STEPS times."""
    class_name, args = RUNS[name]
    args, config_args = dict(args), dict(args)
    if isinstance(args["learning_rate"], str):
        args["learning_rate"], config_args["learning_rate"] = schedule(args["learning_rate"])
    optimizer = getattr(keras.optimizers, class_name)(**args)
    config = {"optimizer": {"class": class_name, "args": config_args},
              "model": "Dense(2, linear), loss mean_squared_error", "steps": STEPS}
    if name == "adamw_exclude_bias":
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        config["exclude_from_weight_decay"] = ["bias"]

    x, y = wave(5, 3, scale=1.2), wave(5, 2, scale=1.5, phase=0.6)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    kernel, bias = wave(3, 2, scale=0.5), wave(2, scale=0.3, phase=1.0)
    model.set_weights([kernel, bias])
    model.compile(optimizer, loss="mean_squared_error", run_eagerly=True)
    rates, losses, after, bites = [], [], [], []
    for _ in range(STEPS):
        bites.append(clipping_bites(args, model, x, y))
        rates.append(number(ops.convert_to_numpy(optimizer.learning_rate)))
        losses.append(number(np.asarray(model.train_on_batch(x, y), dtype=floatx())))
        after.append([array(w) for w in model.get_weights()])
    assert None in bites or (True in bites and False in bites), f"{name}: the limit bites in {bites}"
    return {"config": config, "inputs": {"x": array(x), "y": array(y)},
            "weights": [{"name": "kernel", "value": array(kernel)}, {"name": "bias", "value": array(bias)}],
            "expected": {"learning_rates": rates, "losses": losses, "weights_after_step": after}}


def cases():
    for name in RUNS:
        yield name, lambda name=name: run_case(name)
    for name in SCHEDULES:
        yield f"schedule_{name}", lambda name=name: schedule_case(name)
