# SPDX-License-Identifier: Apache-2.0
"""metrics/: the running value after each of two batches of unequal size."""

import keras
import numpy as np
from keras import ops
from keras.src.trainers.compile_utils import get_metric

from .arrays import array, exact, number, tokens, wave


def metric_case(metric, args, batches, weighted=False):
    """metric is a name for compile(metrics=[...]) or, with a capital, the class keras.metrics.<metric>.

    weighted: the metric stands in weighted_metrics, so it sees the sample weights.
    """
    y_true, y_pred = batches[0][0], batches[0][1]
    made = getattr(keras.metrics, metric)(**args) if metric[0].isupper() else get_metric(metric, y_true, y_pred)
    record, results = [], []
    for batch in batches:
        y_true, y_pred = batch[0], batch[1]
        entry = {"y_true": array(y_true), "y_pred": array(y_pred)}
        if weighted:
            entry["sample_weight"] = array(batch[2])
        made.update_state(y_true, y_pred, sample_weight=batch[2] if weighted else None)
        record.append(entry)
        results.append(number(ops.convert_to_numpy(made.result())))
    resolved = made._fn.__name__ if hasattr(made, "_fn") else type(made).__name__
    return {"config": {"metric": metric, "args": args, "resolved": resolved, "weighted": weighted},
            "batches": record, "expected": {"results": results}}


WEIGHTS = (exact([1.0, 0.0, 2.5, 0.5]), exact([0.25, 3.0, 1.0]))


def two_batches(y_true, y_pred):
    """Rows 0-3 and 4-6 of seven."""
    return [(y_true[:4], y_pred[:4], WEIGHTS[0]), (y_true[4:], y_pred[4:], WEIGHTS[1])]


def probabilities(logits):
    e = np.exp(logits.astype(np.float64))
    return exact(np.round(e / e.sum(axis=-1, keepdims=True), 4))


def both(name, metric, args, batches):
    yield name, lambda: metric_case(metric, args, batches)
    yield f"{name}_weighted", lambda: metric_case(metric, args, batches, weighted=True)


def accuracies():
    bits = exact(tokens(7, 1, vocabulary=2, stride=3))
    scores = wave(7, 1, scale=0.45, offset=0.5)
    binary = two_batches(bits, scores)
    labels = tokens(7, vocabulary=4, stride=3)
    probs = probabilities(wave(7, 4, scale=2.0))
    onehot = exact(np.eye(4)[labels])
    sparse, column = two_batches(labels, probs), two_batches(labels[:, None], probs)
    categorical = two_batches(onehot, probs)
    yield from both("accuracy_binary", "accuracy", {}, binary)
    yield from both("accuracy_categorical", "accuracy", {}, categorical)
    yield from both("accuracy_sparse", "accuracy", {}, sparse)
    yield "accuracy_sparse_column", lambda: metric_case("acc", {}, column)
    yield "accuracy_sparse_sequence", lambda: metric_case("accuracy", {}, two_batches(
        tokens(7, 2, vocabulary=3, stride=2), probabilities(wave(7, 2, 3, scale=2.0))))
    yield "accuracy_binary_many", lambda: metric_case("BinaryAccuracy", {"threshold": 0.5}, two_batches(
        exact(tokens(7, 3, vocabulary=2, stride=3)), wave(7, 3, scale=0.45, offset=0.5)))
    yield from both("binary_accuracy_threshold", "BinaryAccuracy", {"threshold": 0.7}, binary)
    yield from both("categorical_accuracy", "categorical_accuracy", {}, categorical)
    yield from both("sparse_categorical_accuracy", "sparse_categorical_accuracy", {}, sparse)
    yield from both("top_2_categorical_accuracy", "TopKCategoricalAccuracy", {"k": 2}, categorical)
    yield from both("sparse_top_2_categorical_accuracy", "SparseTopKCategoricalAccuracy", {"k": 2}, sparse)


def loss_forms():
    pairs = two_batches(wave(7, 2, scale=1.5), wave(7, 2, scale=1.5, phase=0.7))
    positive = two_batches(wave(7, 2, offset=1.5), wave(7, 2, offset=1.5, phase=0.7))
    for name in ("mse", "mae", "mape"):
        yield from both(name, name, {}, pairs)
    yield from both("msle", "msle", {}, positive)
    yield "rmse", lambda: metric_case("RootMeanSquaredError", {}, pairs)
    yield "log_cosh", lambda: metric_case("LogCoshError", {}, pairs)
    # As a metric the cosine has no minus sign, unlike the loss of the same name.
    yield "cosine_similarity_class", lambda: metric_case("CosineSimilarity", {"axis": -1}, pairs)
    probs = probabilities(wave(7, 3, scale=2.0))
    labels = tokens(7, vocabulary=3, stride=2)
    yield from both("categorical_crossentropy", "categorical_crossentropy", {},
                    two_batches(exact(np.eye(3)[labels]), probs))
    yield from both("sparse_categorical_crossentropy", "sparse_categorical_crossentropy", {},
                    two_batches(labels, probs))
    yield from both("binary_crossentropy", "binary_crossentropy", {}, two_batches(
        exact(tokens(7, 1, vocabulary=2, stride=3)), wave(7, 1, scale=0.45, offset=0.5)))
    yield "kl_divergence", lambda: metric_case("kl_divergence", {}, two_batches(
        probabilities(wave(7, 3, phase=0.4)), probs))


def cases():
    yield from accuracies()
    yield from loss_forms()
