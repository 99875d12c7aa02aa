# SPDX-License-Identifier: Apache-2.0
"""trainer/: one output: batches, weights of samples and classes, validation, metrics, penalties, masks."""

import numpy as np

from .arrays import exact, tokens, wave
from .model_spec import input_node, lambda_node, model_node, node, regularizer_config, reuse
from .trainer_runner import batch_sequence_case, trainer_case

SGD = {"class": "SGD", "args": {"learning_rate": 0.1}}
MOMENTUM = {"class": "SGD", "args": {"learning_rate": 0.05, "momentum": 0.9}}
ADAM = {"class": "Adam", "args": {"learning_rate": 0.01}}
RMSPROP = {"class": "RMSprop", "args": {"learning_rate": 0.01}}


def fit(epochs=3, batch_size=4, **more):
    return {"epochs": epochs, "batch_size": batch_size, "shuffle": False, **more}


def config(layers, outputs, fit_args, optimizer, loss, **compile_args):
    return {"model": {"layers": layers, "outputs": outputs},
            "compile": {"optimizer": optimizer, "loss": loss, **compile_args}, "fit": fit_args}


def mlp(fit_args, optimizer=SGD, loss="mse", units=2, activation="linear", regularizers=None, **compile_args):
    """3 -> 4 tanh -> units."""
    extra = {k: regularizer_config(v) for k, v in (regularizers or {}).items()}
    layers = [input_node("x", [3]),
              node("hidden", "Dense", ["x"], units=4, activation="tanh", use_bias=True, **extra),
              node("out", "Dense", ["hidden"], units=units, activation=activation, use_bias=True)]
    return config(layers, ["out"], fit_args, optimizer, loss, **compile_args)


def regression(rows=8, phase=0.0):
    return wave(rows, 3, scale=1.2, phase=phase), wave(rows, 2, phase=phase + 0.6)


def labels(rows, classes, stride=2):
    return tokens(rows, vocabulary=classes, stride=stride)


def plain_cases():
    x, y = regression()
    yield "single_output", lambda: trainer_case(mlp(fit()), x, y)
    yield "single_output_momentum", lambda: trainer_case(mlp(fit(epochs=4), MOMENTUM), x, y)
    yield "single_output_adam", lambda: trainer_case(mlp(fit(epochs=4), ADAM), x, y)
    yield "whole_set_in_one_batch", lambda: trainer_case(mlp(fit(batch_size=32)), x, y)
    yield "last_short_batch", lambda: trainer_case(mlp(fit(batch_size=3)), *regression(10))
    yield "initial_epoch", lambda: trainer_case(mlp(fit(epochs=5, initial_epoch=3)), x, y)
    yield "metrics", lambda: trainer_case(mlp(fit(batch_size=3), metrics=["mae", "mse"]), *regression(7))
    yield "huber_object", lambda: trainer_case(mlp(fit(), loss={"class": "Huber", "args": {"delta": 0.3}}), x, y)
    yield "global_clipnorm", lambda: trainer_case(
        mlp(fit(), {"class": "SGD", "args": {"learning_rate": 0.3, "global_clipnorm": 0.5}}), x, y)


def weighting_cases():
    x, y = regression()
    weight = exact([1.0, 0.0, 2.0, 0.5, 1.5, 0.25, 3.0, 1.0])
    yield "sample_weight", lambda: trainer_case(mlp(fit(batch_size=3)), x, y, sample_weight=weight)
    yield "sample_weight_metrics", lambda: trainer_case(
        mlp(fit(batch_size=3), metrics=["mae"], weighted_metrics=["mse"]), x, y, sample_weight=weight)
    yield "weighted_metric_clash", lambda: trainer_case(
        mlp(fit(batch_size=3), metrics=["mae"], weighted_metrics=["mae"]), x, y, sample_weight=weight)
    yield "class_weight_sparse", lambda: trainer_case(
        mlp(fit(batch_size=3, class_weight={"0": 1.0, "1": 2.5, "2": 0.4}), ADAM, "sparse_categorical_crossentropy",
            3, "softmax", metrics=["accuracy"]), x, labels(8, 3))
    yield "class_weight_one_hot", lambda: trainer_case(
        mlp(fit(batch_size=3, class_weight={"0": 1.0, "1": 2.5, "2": 0.4}), ADAM, "categorical_crossentropy",
            3, "softmax"), x, exact(np.eye(3)[labels(8, 3)]))
    yield "class_weight_binary", lambda: trainer_case(
        mlp(fit(batch_size=3, class_weight={"0": 0.5, "1": 2.0}), SGD, "binary_crossentropy", 1, "sigmoid"),
        x, exact(labels(8, 2, stride=3)[:, None]))


def validation_cases():
    x, y = regression(10)
    held_x, held_y = regression(5, phase=2.0)
    held_weight = exact([1.0, 2.0, 0.0, 0.5, 1.5])
    yield "validation_split", lambda: trainer_case(mlp(fit(validation_split=0.3), metrics=["mae"]), x, y)
    yield "validation_split_rounding", lambda: trainer_case(mlp(fit(validation_split=0.25)), x, y)
    yield "validation_data", lambda: trainer_case(mlp(fit(), metrics=["mae"]), x, y, validation=(held_x, held_y))
    yield "validation_data_weighted", lambda: trainer_case(
        mlp(fit()), x, y, validation=(held_x, held_y, held_weight))


def accuracy_cases():
    x = wave(9, 3, scale=1.2)
    yield "accuracy_binary", lambda: trainer_case(
        mlp(fit(), ADAM, "binary_crossentropy", 1, "sigmoid", metrics=["accuracy"]),
        x, exact(labels(9, 2, stride=3)[:, None]))
    yield "accuracy_categorical", lambda: trainer_case(
        mlp(fit(), ADAM, "categorical_crossentropy", 3, "softmax", metrics=["accuracy"]),
        x, exact(np.eye(3)[labels(9, 3)]))
    yield "accuracy_sparse", lambda: trainer_case(
        mlp(fit(), ADAM, "sparse_categorical_crossentropy", 3, "softmax", metrics=["accuracy"]), x, labels(9, 3))
    yield "crossentropy_chosen_by_shape", lambda: trainer_case(
        mlp(fit(), ADAM, "crossentropy", 3, "softmax", metrics=["acc"]), x, labels(9, 3))


def penalty_cases():
    x, y = regression()
    yield "regularized_l2", lambda: trainer_case(
        mlp(fit(), regularizers={"kernel_regularizer": "l2"}), x, y)
    yield "regularized_l1_l2_and_bias", lambda: trainer_case(
        mlp(fit(batch_size=3), MOMENTUM, regularizers={"kernel_regularizer": "l1_l2", "bias_regularizer": "l2"},
            metrics=["mse"]), x, y)


def sequence_cases():
    """Token 0 is masked; the loss divides by the number of steps that count."""
    tokens_in = np.array([[3, 1, 4, 0, 0], [2, 5, 0, 0, 0], [1, 2, 3, 4, 5], [5, 4, 0, 0, 0], [2, 2, 2, 0, 0],
                          [4, 3, 2, 1, 0]], dtype=np.int32)
    head = [input_node("tokens", [5], "i32"),
            node("embedding", "Embedding", ["tokens"], input_dim=6, output_dim=3, mask_zero=True)]
    lstm = {"units": 4, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True}
    yield "masked_lstm_last", lambda: trainer_case(config(
        [*head, node("lstm", "LSTM", ["embedding"], **lstm, return_sequences=False),
         node("out", "Dense", ["lstm"], units=1, activation="sigmoid", use_bias=True)],
        ["out"], fit(), ADAM, "binary_crossentropy"), tokens_in, exact(labels(6, 2, stride=3)[:, None]))
    stepwise = [*head, node("lstm", "LSTM", ["embedding"], **lstm, return_sequences=True),
                node("out", "TimeDistributed", ["lstm"],
                     layer={"class": "Dense", "args": {"units": 2, "activation": "linear", "use_bias": True}})]
    yield "masked_loss", lambda: trainer_case(
        config(stepwise, ["out"], fit(), SGD, "mse"), tokens_in, wave(6, 5, 2))
    yield "masked_loss_two_lstms", lambda: trainer_case(config(
        [*head, node("first", "LSTM", ["embedding"], **lstm, return_sequences=True),
         node("second", "LSTM", ["first"], **{**lstm, "units": 2}, return_sequences=True)],
        ["second"], fit(), RMSPROP, "mae"), tokens_in, wave(6, 5, 2))
    x = wave(6, 4, 2)
    x[1, 2:] = 0.0
    x[4, 1] = 0.0
    yield "masking_layer", lambda: trainer_case(config(
        [input_node("x", [4, 2]), node("masking", "Masking", ["x"], mask_value=0.0),
         node("lstm", "LSTM", ["masking"], **{**lstm, "units": 3}, return_sequences=False)],
        ["lstm"], fit(), SGD, "mse"), x, wave(6, 3))
    yield "bidirectional", lambda: trainer_case(config(
        [input_node("x", [4, 2]),
         node("both", "Bidirectional", ["x"], merge_mode="concat",
              layer={"class": "LSTM", "args": {**lstm, "units": 2, "return_sequences": False}}),
         node("out", "Dense", ["both"], units=1, activation="linear", use_bias=True)],
        ["out"], fit(), RMSPROP, "mse"), wave(6, 4, 2), wave(6, 1, phase=0.5))


def structure_cases():
    """Identity loss through a Lambda, a layer used twice, a model used as a layer."""
    x, y = regression()
    body = [input_node("x", [3]), node("dense", "Dense", ["x"], units=3, activation="tanh", use_bias=True)]
    nothing = np.zeros((8, 1), dtype=np.float32)
    yield "identity_loss", lambda: trainer_case(config(
        [*body, lambda_node("test_loss", "relu_unit1_plus_100", ["dense"])],
        ["test_loss"], fit(), ADAM, {"test_loss": "identity"}), x, nothing)
    yield "identity_loss_callable", lambda: trainer_case(config(
        [*body, lambda_node("penalty", "mean_square_rows", ["dense"])],
        ["penalty"], fit(batch_size=3), SGD, "identity"), x, nothing)
    two = [input_node("a", [3]), input_node("b", [3]),
           node("shared", "Dense", ["a"], units=4, activation="tanh", use_bias=True),
           reuse("shared_b", "shared", ["b"])]
    pair = {"a": x, "b": wave(8, 3, scale=1.2, phase=1.4)}
    yield "shared_layer", lambda: trainer_case(config(
        [*two, node("joined", "Concatenate", ["shared", "shared_b"], axis=-1),
         node("out", "Dense", ["joined"], units=2, activation="linear", use_bias=True)],
        ["out"], fit(), MOMENTUM, "mse"), pair, y)
    yield "shared_layer_distance", lambda: trainer_case(config(
        [*two, lambda_node("distance", "squared_distance", ["shared", "shared_b"])],
        ["distance"], fit(), SGD, "mse"), pair, wave(8, 1, offset=1.0))
    inner = {"layers": [input_node("inner_x", [3]),
                        node("inner_hidden", "Dense", ["inner_x"], units=4, activation="relu", use_bias=True),
                        node("inner_out", "Dense", ["inner_hidden"], units=3, activation="tanh", use_bias=False)],
             "outputs": ["inner_out"]}
    yield "nested_model", lambda: trainer_case(config(
        [input_node("x", [3]), model_node("body", inner, ["x"]),
         node("out", "Dense", ["body"], units=2, activation="linear", use_bias=True)],
        ["out"], fit(), ADAM, "mse"), x, y)


def normalization_cases():
    """Moving statistics over a training, by which evaluate and predict normalise; of a layer that is called twice, too."""
    x, y = regression()
    norm = {"momentum": 0.8, "epsilon": 1e-3, "center": True, "scale": True}
    yield "batch_normalization", lambda: trainer_case(config(
        [input_node("x", [3]), node("hidden", "Dense", ["x"], units=4, activation="linear", use_bias=False),
         node("norm", "BatchNormalization", ["hidden"], **norm),
         node("out", "Dense", ["norm"], units=2, activation="linear", use_bias=True)],
        ["out"], fit(batch_size=3), MOMENTUM, "mse"), x, y, validation=regression(5, phase=2.0))
    yield "batch_normalization_shared", lambda: trainer_case(config(
        [input_node("a", [3]), input_node("b", [3]), node("norm", "BatchNormalization", ["a"], **norm),
         reuse("norm_b", "norm", ["b"]), node("joined", "Concatenate", ["norm", "norm_b"], axis=-1),
         node("out", "Dense", ["joined"], units=2, activation="linear", use_bias=True)],
        ["out"], fit(), SGD, "mse"), {"a": x, "b": wave(8, 3, scale=0.6, phase=1.4, offset=1.0)}, y)


def batch_cases():
    batches = [dict(zip("xy", regression(rows, phase))) for rows, phase in ((4, 0.0), (2, 1.0), (4, 2.0), (3, 3.0))]
    step = mlp({}, MOMENTUM, metrics=["mae"])
    yield "train_on_batch", lambda: batch_sequence_case(step, batches)
    weighted = [{**b, "sample_weight": exact([0.5, 2.0, 0.0, 1.0][: len(b["x"])])} for b in batches]
    yield "train_on_batch_weighted", lambda: batch_sequence_case(mlp({}, ADAM), weighted)
    classes = [{"x": b["x"], "y": labels(len(b["x"]), 3)} for b in batches]
    yield "train_on_batch_class_loss", lambda: batch_sequence_case(
        mlp({}, ADAM, "sparse_categorical_crossentropy", 3, "softmax", metrics=["accuracy"]), classes)


def cases():
    for family in (plain_cases, weighting_cases, validation_cases, accuracy_cases, penalty_cases, sequence_cases,
                   structure_cases, normalization_cases, batch_cases):
        yield from family()
