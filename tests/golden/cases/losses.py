# SPDX-License-Identifier: Apache-2.0
"""losses/: value, unreduced values and gradient with respect to y_pred, each plain and weighted."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from keras.src.backend import set_keras_mask

from .arrays import array, assert_far_from, exact, number, tokens, wave


class Identity(keras.losses.Loss):
    """loss = y_pred; the target is not read. What a lambda (y_true, y_pred): y_pred becomes in compile()."""

    def call(self, y_true, y_pred):
        return y_pred


CLASSES = {
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "mean_absolute_percentage_error": keras.losses.MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": keras.losses.MeanSquaredLogarithmicError,
    "huber": keras.losses.Huber,
    "log_cosh": keras.losses.LogCosh,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
    "kl_divergence": keras.losses.KLDivergence,
    "cosine_similarity": keras.losses.CosineSimilarity,
    "identity": Identity,
}


def loss_case(name, args, y_true, y_pred, sample_weight=None, mask=None):
    """value is reduced as compile() does it; per_sample is the same call with reduction none and no weight."""
    prediction = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(prediction)
        scored = tf.identity(prediction)
        if mask is not None:
            set_keras_mask(scored, tf.convert_to_tensor(mask))
        value = CLASSES[name](**args)(y_true, scored, sample_weight)
    gradient = tape.gradient(value, prediction)
    per_sample = CLASSES[name](**args, reduction="none")(y_true, prediction)
    inputs = {"y_true": array(y_true), "y_pred": array(y_pred)}
    if sample_weight is not None:
        inputs["sample_weight"] = array(sample_weight)
    if mask is not None:
        inputs["mask"] = array(mask)
    return {"config": {"loss": name, "args": args}, "inputs": inputs,
            "expected": {"value": number(ops.convert_to_numpy(value)),
                         "per_sample": array(ops.convert_to_numpy(per_sample)),
                         "grad_y_pred": array(gradient.numpy())}}


def softmax(logits):
    """Rounded class probabilities: they sum to 1 only to 4 digits, as a real softmax does only to 7."""
    e = np.exp(logits.astype(np.float64))
    return exact(np.round(e / e.sum(axis=-1, keepdims=True), 4))


def one_hot(labels, classes):
    return exact(np.eye(classes)[labels])


def plain_and_weighted(name, loss, args, y_true, y_pred):
    yield name, lambda: loss_case(loss, args, y_true, y_pred)
    weight = exact([1.0, 0.0, 2.5, 0.5, 1.25, 3.0][: y_pred.shape[0]])
    yield f"{name}_weighted", lambda: loss_case(loss, args, y_true, y_pred, sample_weight=weight)


def regression():
    y_true, y_pred = wave(4, 3, scale=1.5), wave(4, 3, scale=1.5, phase=0.7)
    positive_true, positive_pred = wave(4, 3, offset=1.5), wave(4, 3, offset=1.5, phase=0.7)
    assert_far_from(np.abs(y_true - y_pred), [0.0, 0.5, 1.0])
    yield from plain_and_weighted("mse", "mean_squared_error", {}, y_true, y_pred)
    yield from plain_and_weighted("mae", "mean_absolute_error", {}, y_true, y_pred)
    yield from plain_and_weighted("mape", "mean_absolute_percentage_error", {}, y_true, y_pred)
    yield from plain_and_weighted("msle", "mean_squared_logarithmic_error", {}, positive_true, positive_pred)
    yield from plain_and_weighted("huber", "huber", {"delta": 1.0}, y_true, y_pred)
    yield from plain_and_weighted("huber_half", "huber", {"delta": 0.5}, y_true, y_pred)
    yield from plain_and_weighted("log_cosh", "log_cosh", {}, y_true, y_pred)
    yield from plain_and_weighted("cosine_similarity", "cosine_similarity", {"axis": -1}, y_true, y_pred)
    cube_true, cube_pred = wave(2, 3, 4), wave(2, 3, 4, phase=0.7)
    yield "cosine_similarity_axis_1", lambda: loss_case("cosine_similarity", {"axis": 1}, cube_true, cube_pred)
    yield "msle_negative_is_clamped", lambda: loss_case(
        "mean_squared_logarithmic_error", {}, positive_true, wave(4, 3, offset=0.3, phase=0.7))


def crossentropies():
    labels, logits = tokens(4, vocabulary=3, stride=2, start=1), wave(4, 3, scale=2.0)
    onehot, probabilities = one_hot(labels, 3), softmax(logits)
    bits, odds = exact([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 1]]), wave(4, 3, scale=0.4, offset=0.5)
    for smoothing, suffix in ((0.0, ""), (0.1, "_smooth")):
        for logit_form, y_bits, y_probs in ((False, odds, probabilities), (True, logits, logits)):
            form = ("_logits" if logit_form else "") + suffix
            args = {"from_logits": logit_form, "label_smoothing": smoothing}
            yield from plain_and_weighted("binary_crossentropy" + form, "binary_crossentropy", args, bits, y_bits)
            yield from plain_and_weighted("categorical_crossentropy" + form, "categorical_crossentropy", args,
                                          onehot, y_probs)
    for logit_form, y in ((False, probabilities), (True, logits)):
        form = "_logits" if logit_form else ""
        yield from plain_and_weighted("sparse_categorical_crossentropy" + form, "sparse_categorical_crossentropy",
                                      {"from_logits": logit_form}, labels, y)
    yield from plain_and_weighted("kl_divergence", "kl_divergence", {}, softmax(wave(4, 3, phase=0.4)), probabilities)
    yield "sparse_categorical_crossentropy_column", lambda: loss_case(
        "sparse_categorical_crossentropy", {"from_logits": True}, labels[:, None], logits)
    yield "sparse_categorical_crossentropy_sequence", lambda: loss_case(
        "sparse_categorical_crossentropy", {"from_logits": True}, tokens(2, 3, vocabulary=4, stride=3),
        wave(2, 3, 4, scale=2.0))
    # A prediction at 0 or 1 is clipped to 1e-7 from it and passes no gradient. (A 1 where 0 was true is left
    # out: float32 rounds 1 - 1e-7, so its loss says more about the type than about the formula.)
    yield "binary_crossentropy_clipped", lambda: loss_case(
        "binary_crossentropy", {"from_logits": False, "label_smoothing": 0.0},
        exact([[1], [0], [1], [1]]), exact([[0], [0], [0.25], [1]]))


def identities():
    yield "identity", lambda: loss_case("identity", {}, np.zeros((3, 1), np.float32), wave(3, 1))
    yield "identity_vector", lambda: loss_case("identity", {}, np.zeros((3,), np.float32), wave(3, 4))
    yield "identity_weighted", lambda: loss_case("identity", {}, np.zeros((4,), np.float32), wave(4, 1),
                                                 sample_weight=exact([1.0, 0.0, 2.5, 0.5]))
    yield "identity_scalar", lambda: loss_case("identity", {}, np.zeros((3,), np.float32), exact(0.625))


def shapes_and_weights():
    """Ranks that differ by a trailing 1, and weights and masks of a sequence output."""
    n, column = wave(4, phase=0.7), wave(4, 1)
    mse = "mean_squared_error"
    yield "rank_target_vector", lambda: loss_case(mse, {}, n, column)
    yield "rank_prediction_vector", lambda: loss_case(mse, {}, column, n)
    yield "rank_target_vector_mae", lambda: loss_case("mean_absolute_error", {}, n, column)
    yield "rank_target_vector_weighted", lambda: loss_case(mse, {}, n, column,
                                                           sample_weight=exact([1.0, 0.0, 2.5, 0.5]))
    yield "rank_target_matrix", lambda: loss_case(mse, {}, wave(2, 3, phase=0.7), wave(2, 3, 1))
    y_true, y_pred = wave(2, 3, 2), wave(2, 3, 2, phase=0.7)
    by_step = exact([[1.0, 0.5, 0.0], [2.0, 1.0, 3.0]])
    mask = np.array([[1, 1, 0], [1, 0, 0]], dtype=bool)
    yield "mse_sequence", lambda: loss_case(mse, {}, y_true, y_pred)
    yield "mse_sequence_weighted_by_sample", lambda: loss_case(mse, {}, y_true, y_pred,
                                                               sample_weight=exact([[0.5], [2.0]]))
    yield "mse_sequence_weighted_by_step", lambda: loss_case(mse, {}, y_true, y_pred, sample_weight=by_step)
    yield "mse_sequence_masked", lambda: loss_case(mse, {}, y_true, y_pred, mask=mask)
    yield "mse_sequence_masked_and_weighted", lambda: loss_case(mse, {}, y_true, y_pred, sample_weight=by_step,
                                                                mask=mask)
    yield "mse_known_weights", lambda: loss_case(mse, {}, exact([[0], [0], [0]]), exact([[1], [1.5], [2.5]]),
                                                 sample_weight=exact([1.0, 0.0, 2.0]))


def cases():
    yield from regression()
    yield from crossentropies()
    yield from identities()
    yield from shapes_and_weights()
