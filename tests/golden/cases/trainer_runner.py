# SPDX-License-Identifier: Apache-2.0
"""Runs compile, fit, evaluate and predict as one trainer/ file says, and records all of it."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from .arrays import array, floatx, number
from .losses import Identity
from .model_spec import build, set_formula_weights, weights_record


def make_optimizer(config):
    """With TensorFlow, Keras gives Adam and RMSprop one gradient per token of a batch, and a token that stands there twice
    is squared apart. The JAX and PyTorch backends add up first, which is what the papers say: so it is here."""
    optimizer = getattr(keras.optimizers, config["class"])(**config["args"])
    apply = optimizer.apply

    def apply_dense(grads, trainable_variables=None):
        return apply([None if g is None else tf.convert_to_tensor(g) for g in grads], trainable_variables)

    optimizer.apply = apply_dense
    return optimizer


def make_loss(entry):
    """A name, None, {"class", "args"} for a loss object, or a list or dict of these by output."""
    if isinstance(entry, list):
        return [make_loss(e) for e in entry]
    if isinstance(entry, dict):
        if "class" in entry:
            return getattr(keras.losses, entry["class"])(**entry["args"])
        return {k: make_loss(v) for k, v in entry.items()}
    return Identity() if entry == "identity" else entry


def encode(data):
    """Arrays, or a list or dict of them, into the form of the file."""
    if data is None:
        return None
    if isinstance(data, dict):
        return {k: encode(v) for k, v in data.items()}
    if isinstance(data, list):
        return [encode(v) for v in data]
    return array(data)


def as_logs(logs):
    return {k: number(np.asarray(v, dtype=floatx())) for k, v in logs.items()}


def prepared(config):
    model = build(config["model"])
    set_formula_weights(model)
    compiled = dict(config["compile"])
    model.compile(optimizer=make_optimizer(compiled.pop("optimizer")), loss=make_loss(compiled.pop("loss")),
                  run_eagerly=True, **compiled)
    return model


def for_keras(fit):
    """JSON keys are strings, class indices are not."""
    fit = dict(fit)
    if "class_weight" in fit:
        fit["class_weight"] = {int(k): v for k, v in fit["class_weight"].items()}
    return fit


def trainer_case(config, x, y, sample_weight=None, validation=None):
    """config: model, compile, fit. validation: (x, y) or (x, y, sample_weight)."""
    model = prepared(config)
    record = {"config": config, "data": {"x": encode(x), "y": encode(y)}, "weights": weights_record(model)}
    if sample_weight is not None:
        record["data"]["sample_weight"] = encode(sample_weight)
    if validation is not None:
        record["data"]["validation"] = {k: encode(v) for k, v in zip(("x", "y", "sample_weight"), validation)}
    history = model.fit(x, y, sample_weight=sample_weight, validation_data=validation, verbose=0,
                        **for_keras(config["fit"])).history
    batch = config["fit"]["batch_size"]
    evaluated = model.evaluate(x, y, sample_weight=sample_weight, batch_size=batch, verbose=0, return_dict=True)
    predicted = model.predict(x, batch_size=batch, verbose=0)
    record["expected"] = {
        "history": {k: [number(np.asarray(v, dtype=floatx())) for v in values] for k, values in history.items()},
        "evaluate": as_logs(evaluated),
        "predict": [array(p) for p in (predicted if isinstance(predicted, list) else [predicted])],
        "final_weights": weights_record(model),
    }
    return record


def batch_sequence_case(config, batches):
    """train_on_batch for each batch, then test_on_batch on the first. Metrics start anew with each call."""
    model = prepared(config)
    record = {"config": config, "weights": weights_record(model), "batches": []}
    logs = []
    for batch in batches:
        record["batches"].append({k: encode(v) for k, v in batch.items()})
        logs.append(as_logs(model.train_on_batch(**batch, return_dict=True)))
    model.reset_metrics()
    record["expected"] = {"train_on_batch": logs,
                          "test_on_batch_0": as_logs(model.test_on_batch(**batches[0], return_dict=True)),
                          "predict_on_batch_0": array(ops.convert_to_numpy(model.predict_on_batch(batches[0]["x"]))),
                          "final_weights": weights_record(model)}
    return record
