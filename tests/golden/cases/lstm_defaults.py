# SPDX-License-Identifier: Apache-2.0
"""Every LSTM argument a golden file spells out, with the value it has unless a case says otherwise."""

DEFAULTS = {
    "units": 4, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True,
    "unit_forget_bias": True, "return_sequences": False, "return_state": False, "go_backwards": False,
    "stateful": False, "zero_output_for_mask": False, "dropout": 0.0, "recurrent_dropout": 0.0,
    "implementation": 2,
}
