# SPDX-License-Identifier: Apache-2.0
"""layers/: LSTM with every option, and Bidirectional.

Masked inputs hold zeros exactly where the mask is false and nowhere else a whole row, so that a
Masking(0) layer in front gives the same mask and the same gradients.
"""

import keras
import numpy as np
import tensorflow as tf

from .activations import with_functions
from .arrays import array, named_arrays, wave
from .layer_runner import call_and_differentiate, fill_weights, layer_case, weight_name
from .lstm_defaults import DEFAULTS

BATCH, STEPS, FEATURES = 3, 5, 3

MASKS = {
    "right": [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]],
    "middle": [[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 1, 0, 0, 1]],
    "left": [[0, 0, 1, 1, 1], [0, 1, 1, 1, 1], [1, 1, 1, 1, 1]],
    "whole_row": [[1, 1, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1]],
}


def masked_input(mask, batch=BATCH):
    return np.where(mask[..., None], wave(batch, STEPS, FEATURES), 0)


def lstm(x=None, mask=None, initial_state=False, **options):
    args = {**DEFAULTS, **options}
    if x is None:
        x = wave(BATCH, STEPS, FEATURES)
    call = {}
    if mask is not None:
        call["mask"] = np.array(MASKS[mask], dtype=bool)
        x = masked_input(call["mask"])
    if initial_state:
        call["initial_state"] = [wave(x.shape[0], args["units"], scale=0.7, phase=p) for p in (2.5, 5.5)]
    return layer_case(lambda: keras.layers.LSTM(**with_functions(args)), {"class": "LSTM", "args": args}, [x], **call)


def stateful(return_sequences):
    """Two batches that continue each other, a reset, and the first batch again."""
    args = {**DEFAULTS, "stateful": True, "return_sequences": return_sequences}
    layer = keras.layers.LSTM(**with_functions(args))
    batches = [wave(2, 3, FEATURES), wave(2, 3, FEATURES, phase=1.7), wave(2, 3, FEATURES)]
    layer(tf.convert_to_tensor(batches[0]))
    weights = fill_weights(layer)
    steps = []
    for x, reset in zip(batches, (True, False, True)):
        if reset:
            layer.reset_state()
        step = {"reset_before": reset, **call_and_differentiate(layer, [x])}
        step["expected"]["states_after"] = [array(s.numpy()) for s in layer.states]
        steps.append(step)
    names = [weight_name(w) for w in layer.trainable_weights]
    return {"config": {"class": "LSTM", "args": args, "training": False},
            "weights": named_arrays(zip(names, weights)), "steps": steps}


def bidirectional(merge_mode, mask=None, initial_state=False, batch=2, **options):
    args = {**DEFAULTS, "units": 3, **options}
    x = wave(batch, STEPS, FEATURES)
    call = {}
    if mask is not None:
        call["mask"] = np.array(MASKS[mask], dtype=bool)[:batch]
        x = masked_input(call["mask"], batch)
    if initial_state:
        call["initial_state"] = [wave(batch, 3, scale=0.7, phase=p) for p in (2.5, 5.5, 1.0, 4.0)]
    config = {"class": "Bidirectional",
              "args": {"merge_mode": merge_mode, "layer": {"class": "LSTM", "args": args}}}

    def make():
        return keras.layers.Bidirectional(keras.layers.LSTM(**with_functions(args)), merge_mode=merge_mode)

    return layer_case(make, config, [x], **call)


LSTM_CASES = {
    "default": {},
    "return_sequences": {"return_sequences": True},
    "return_state": {"return_state": True},
    "sequences_and_state": {"return_sequences": True, "return_state": True},
    "go_backwards": {"go_backwards": True},
    "go_backwards_sequences": {"go_backwards": True, "return_sequences": True},
    "initial_state": {"initial_state": True},
    "initial_state_sequences_and_state": {"initial_state": True, "return_sequences": True, "return_state": True},
    "mask_right": {"mask": "right"},
    "mask_right_sequences": {"mask": "right", "return_sequences": True},
    "mask_middle": {"mask": "middle"},
    "mask_middle_sequences": {"mask": "middle", "return_sequences": True},
    "mask_left_sequences": {"mask": "left", "return_sequences": True},
    "mask_whole_row_sequences_and_state": {"mask": "whole_row", "return_sequences": True, "return_state": True},
    "mask_go_backwards_sequences": {"mask": "middle", "go_backwards": True, "return_sequences": True},
    "mask_initial_state": {"mask": "middle", "initial_state": True, "return_state": True},
    "zero_output_for_mask": {"mask": "right", "zero_output_for_mask": True},
    "zero_output_for_mask_sequences": {"mask": "middle", "zero_output_for_mask": True, "return_sequences": True,
                                       "return_state": True},
    "hard_sigmoid": {"recurrent_activation": "hard_sigmoid", "return_sequences": True},
    "hard_sigmoid_k2": {"recurrent_activation": "hard_sigmoid_k2", "return_sequences": True},
    "relu": {"activation": "relu", "return_sequences": True},
    "linear_activation": {"activation": "linear"},
    "no_bias": {"use_bias": False},
    "no_bias_mask_sequences": {"use_bias": False, "mask": "middle", "return_sequences": True},
    "no_unit_forget_bias": {"unit_forget_bias": False},
    "dropout_inactive": {"dropout": 0.4, "recurrent_dropout": 0.3, "implementation": 1},
    "implementation_1": {"implementation": 1, "return_sequences": True},
}

BIDIRECTIONAL_CASES = {
    "concat": ("concat", {}),
    "concat_sequences": ("concat", {"return_sequences": True}),
    "sum_sequences": ("sum", {"return_sequences": True}),
    "mul": ("mul", {}),
    "mul_sequences": ("mul", {"return_sequences": True}),
    "ave_sequences": ("ave", {"return_sequences": True}),
    "none": (None, {}),
    "none_sequences": (None, {"return_sequences": True}),
    "concat_state": ("concat", {"return_sequences": True, "return_state": True}),
    "concat_initial_state": ("concat", {"initial_state": True, "return_sequences": True}),
    "mask_right": ("concat", {"mask": "right"}),
    "mask_right_sequences": ("concat", {"mask": "right", "return_sequences": True}),
    "mask_middle_sum_sequences": ("sum", {"mask": "middle", "return_sequences": True}),
}


def cases():
    for name, options in LSTM_CASES.items():
        yield f"lstm_{name}", lambda options=options: lstm(**options)
    yield "lstm_one_step", lambda: lstm(x=wave(2, 1, FEATURES), return_sequences=True)
    yield "lstm_wide_input", lambda: lstm(x=wave(2, 4, 9), units=2, return_sequences=True)
    yield "lstm_stateful", lambda: stateful(False)
    yield "lstm_stateful_sequences", lambda: stateful(True)
    for name, (merge_mode, options) in BIDIRECTIONAL_CASES.items():
        yield f"bidirectional_{name}", lambda m=merge_mode, o=options: bidirectional(m, **o)
