# SPDX-License-Identifier: Apache-2.0
"""trainer/: two outputs: forms of loss and loss_weights, weights per output, and the functional guide's model.

Dicts name every output: there Keras 2 and Keras 3 agree.
"""

import numpy as np

from .arrays import exact, tokens, wave
from .model_spec import input_node, lambda_node, node
from .trainer_runner import trainer_case
from .trainer_single import ADAM, RMSPROP, SGD, config, fit


def two_outputs(loss, fit_args=None, optimizer=SGD, **compile_args):
    """x(3) -> hidden -> main(2) and aux(1)."""
    layers = [input_node("x", [3]),
              node("hidden", "Dense", ["x"], units=4, activation="tanh", use_bias=True),
              node("main", "Dense", ["hidden"], units=2, activation="linear", use_bias=True),
              node("aux", "Dense", ["hidden"], units=1, activation="sigmoid", use_bias=True)]
    return config(layers, ["main", "aux"], fit_args or fit(batch_size=3), optimizer, loss, **compile_args)


def targets(rows):
    return {"main": wave(rows, 2, phase=0.6), "aux": exact(tokens(rows, 1, vocabulary=2, stride=3))}


def form_cases():
    x, y = wave(8, 3, scale=1.2), targets(8)
    ys = [y["main"], y["aux"]]
    losses = {"main": "mse", "aux": "binary_crossentropy"}
    yield "two_outputs_one_loss", lambda: trainer_case(two_outputs("mse"), x, ys)
    yield "two_outputs_loss_list", lambda: trainer_case(two_outputs(list(losses.values())), x, ys)
    yield "two_outputs_loss_dict", lambda: trainer_case(two_outputs(losses), x, y)
    yield "two_outputs_weights_list", lambda: trainer_case(
        two_outputs(list(losses.values()), loss_weights=[1.0, 0.2]), x, ys)
    yield "two_outputs_weights_dict", lambda: trainer_case(
        two_outputs(losses, loss_weights={"main": 1.0, "aux": 0.2}), x, y)
    yield "two_outputs_no_loss_for_aux_list", lambda: trainer_case(two_outputs(["mse", None]), x, ys)
    yield "two_outputs_no_loss_for_aux_dict", lambda: trainer_case(two_outputs({"main": "mse", "aux": None}), x, y)
    yield "two_outputs_metrics_dict", lambda: trainer_case(
        two_outputs(losses, metrics={"main": ["mae"], "aux": ["accuracy", "mse"]}), x, y)
    yield "two_outputs_metrics_list", lambda: trainer_case(
        two_outputs(losses, metrics=[["mae", "mse"], ["accuracy"]]), x, y)


def weighting_cases():
    x, y = wave(8, 3, scale=1.2), targets(8)
    ys = [y["main"], y["aux"]]
    first = exact([1.0, 0.0, 2.0, 0.5, 1.5, 0.25, 3.0, 1.0])
    second = exact([0.5, 1.0, 0.0, 2.0, 1.0, 1.0, 0.75, 0.0])
    losses = ["mse", "binary_crossentropy"]
    yield "two_outputs_sample_weight_list", lambda: trainer_case(
        two_outputs(losses, loss_weights=[1.0, 0.5]), x, ys, sample_weight=[first, second])
    yield "two_outputs_sample_weight_shared", lambda: trainer_case(two_outputs(losses), x, ys, sample_weight=first)
    yield "two_outputs_weighted_metrics", lambda: trainer_case(
        two_outputs(losses, metrics=[["mae"], ["mae"]], weighted_metrics=[["mae"], ["accuracy"]]),
        x, ys, sample_weight=[first, second])


def validation_cases():
    x, y = wave(10, 3, scale=1.2), targets(10)
    ys = [y["main"], y["aux"]]
    losses = ["mse", "binary_crossentropy"]
    held = (wave(4, 3, scale=1.2, phase=2.0), [wave(4, 2, phase=1.0), exact([[1], [0], [0], [1]])])
    yield "two_outputs_validation_split", lambda: trainer_case(
        two_outputs(losses, fit(validation_split=0.3), loss_weights=[1.0, 0.2]), x, ys)
    yield "two_outputs_validation_data", lambda: trainer_case(
        two_outputs(losses, fit(), ADAM, metrics=[["mae"], ["accuracy"]]), x, ys, validation=held)


def identity_beside_mse():
    """An output trained by its own value next to an ordinary one."""
    layers = [input_node("x", [3]),
              node("hidden", "Dense", ["x"], units=4, activation="tanh", use_bias=True),
              node("main", "Dense", ["hidden"], units=2, activation="linear", use_bias=True),
              lambda_node("penalty", "mean_square_rows", ["hidden"])]
    y = {"main": wave(8, 2, phase=0.6), "penalty": np.zeros((8, 1), dtype=np.float32)}
    return trainer_case(config(layers, ["main", "penalty"], fit(batch_size=3), SGD,
                               {"main": "mse", "penalty": "identity"},
                               loss_weights={"main": 1.0, "penalty": 0.3}), wave(8, 3, scale=1.2), y)


def guide(as_dict):
    """The two-input two-output model of the Keras 2 functional guide, small: vocabulary 50, LSTM 6, Dense 8."""
    lstm = {"units": 6, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True,
            "return_sequences": False}
    layers = [input_node("main_input", [10], "i32"),
              node("embedding", "Embedding", ["main_input"], input_dim=50, output_dim=8, mask_zero=False),
              node("lstm", "LSTM", ["embedding"], **lstm),
              node("aux_output", "Dense", ["lstm"], units=1, activation="sigmoid", use_bias=True),
              input_node("aux_input", [5]),
              node("concatenate", "Concatenate", ["lstm", "aux_input"], axis=-1),
              *(node(f"dense_{i}", "Dense", [f"dense_{i - 1}" if i > 1 else "concatenate"], units=8,
                     activation="relu", use_bias=True) for i in (1, 2, 3)),
              node("main_output", "Dense", ["dense_3"], units=1, activation="sigmoid", use_bias=True)]
    x = {"main_input": tokens(12, 10, vocabulary=50, stride=7, start=3), "aux_input": wave(12, 5)}
    y = {"main_output": exact(tokens(12, 1, vocabulary=2, stride=3)),
         "aux_output": exact(tokens(12, 1, vocabulary=2, stride=3, start=1))}
    loss = {"main_output": "binary_crossentropy", "aux_output": "binary_crossentropy"}
    weights = {"main_output": 1.0, "aux_output": 0.2}
    if not as_dict:
        x, y, loss, weights = (list(form.values()) for form in (x, y, loss, weights))
    return trainer_case(config(layers, ["main_output", "aux_output"], fit(batch_size=5), RMSPROP, loss,
                               loss_weights=weights), x, y)


def cases():
    yield from form_cases()
    yield from weighting_cases()
    yield from validation_cases()
    yield "two_outputs_identity_beside_mse", identity_beside_mse
    yield "functional_guide_dict", lambda: guide(True)
    yield "functional_guide_list", lambda: guide(False)
