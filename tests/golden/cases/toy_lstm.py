# SPDX-License-Identifier: Apache-2.0
"""toy_lstm/: the toy example with formula weights, written out in numpy float64, with no framework.

Embedding(10, 128) -> LSTM(64) -> Dense(64) -> relu(0.001 + unit 1 + 100), whose mean is the loss. All
ten tokens make one batch, token i repeated T times; ten Adam steps. n runs 1, 2, ... row-major.
"""

import numpy as np

from .arrays import array

TOKENS, DIM, UNITS, STEPS = 10, 128, 64, 10
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7

# Known for T = 4, from an implementation other than this one.
KNOWN_LOSSES = [100.001115, 99.991249, 99.98026, 99.967629, 99.953073, 99.936312, 99.917051, 99.894975, 99.869753,
                99.84105]
KNOWN_PREDICTION = 99.851613
KNOWN_NORMS = {"embedding": 0.10955951, "kernel": 0.01939676, "recurrent_kernel": 0.00093712, "bias": 0.57750501,
               "dense_kernel": 0.00283163, "dense_bias": 1.0}


def formula(function, scale, *shape):
    return (scale * function(np.arange(1, np.prod(shape) + 1, dtype=np.float64))).reshape(shape)


def initial_weights():
    bias = np.zeros(4 * UNITS)
    bias[UNITS: 2 * UNITS] = 1.0
    return {"embedding": formula(np.sin, 0.05, TOKENS, DIM), "kernel": formula(np.sin, 0.1, DIM, 4 * UNITS),
            "recurrent_kernel": formula(np.cos, 0.1, UNITS, 4 * UNITS), "bias": bias,
            "dense_kernel": formula(np.sin, 0.15, UNITS, UNITS), "dense_bias": np.zeros(UNITS)}


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def forward(w, ids, timesteps):
    """Outputs (N,) and what the backward pass needs of each step."""
    x = w["embedding"][ids]
    h, c = np.zeros((len(ids), UNITS)), np.zeros((len(ids), UNITS))
    tape = []
    for _ in range(timesteps):
        z = x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"]
        i, f, g, o = (sigmoid(z[:, :UNITS]), sigmoid(z[:, UNITS:2 * UNITS]), np.tanh(z[:, 2 * UNITS:3 * UNITS]),
                      sigmoid(z[:, 3 * UNITS:]))
        before = h, c
        c = f * c + i * g
        h = o * np.tanh(c)
        tape.append((before, i, f, g, o, c))
    unit = h @ w["dense_kernel"][:, 1] + w["dense_bias"][1]
    return np.maximum(0.001 + unit + 100.0, 0.0), (x, h, tape)


def backward(w, ids, outputs, saved):
    """Gradient of mean(outputs)."""
    x, last_h, tape = saved
    d_unit = np.where(outputs > 0, 1.0 / len(ids), 0.0)
    grad = {name: np.zeros_like(value) for name, value in w.items()}
    grad["dense_kernel"][:, 1] = last_h.T @ d_unit
    grad["dense_bias"][1] = d_unit.sum()
    dh, dc = np.outer(d_unit, w["dense_kernel"][:, 1]), np.zeros((len(ids), UNITS))
    dx = np.zeros_like(x)
    for (h, c_before), i, f, g, o, c in reversed(tape):
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        dz = np.concatenate([dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g ** 2),
                             dh * np.tanh(c) * o * (1 - o)], axis=1)
        grad["kernel"] += x.T @ dz
        grad["recurrent_kernel"] += h.T @ dz
        grad["bias"] += dz.sum(axis=0)
        dx += dz @ w["kernel"].T
        dh, dc = dz @ w["recurrent_kernel"].T, dc * f
    np.add.at(grad["embedding"], ids, dx)
    return grad


def adam(w, grad, moments, step):
    rate = LEARNING_RATE * np.sqrt(1 - BETA_2 ** step) / (1 - BETA_1 ** step)
    for name in w:
        m, v = moments[name]
        m += (1 - BETA_1) * (grad[name] - m)
        v += (1 - BETA_2) * (grad[name] ** 2 - v)
        w[name] -= rate * m / (np.sqrt(v) + EPSILON)


def train(timesteps):
    w = initial_weights()
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in w.items()}
    ids = np.arange(TOKENS)
    losses, norms = [], None
    for step in range(1, STEPS + 1):
        outputs, saved = forward(w, ids, timesteps)
        losses.append(outputs.mean())
        grad = backward(w, ids, outputs, saved)
        norms = norms or {name: float(np.sqrt((g ** 2).sum())) for name, g in grad.items()}
        adam(w, grad, moments, step)
    return losses, forward(w, np.array([5]), timesteps)[0], norms


def assert_known(losses, prediction, norms):
    np.testing.assert_allclose(losses, KNOWN_LOSSES, rtol=0, atol=6e-7)
    np.testing.assert_allclose(prediction, [KNOWN_PREDICTION], rtol=0, atol=6e-7)
    for name, known in KNOWN_NORMS.items():
        np.testing.assert_allclose(norms[name], known, rtol=0, atol=6e-9)


def toy(timesteps):
    losses, prediction, norms = train(timesteps)
    if timesteps == 4:
        assert_known(losses, prediction, norms)
    return {"config": {"timesteps": timesteps, "steps": STEPS, "batch": TOKENS, "vocabulary": TOKENS,
                       "embedding_dim": DIM, "units": UNITS, "dense_units": UNITS, "predict_token": 5,
                       "optimizer": {"class": "Adam", "args": {"learning_rate": LEARNING_RATE, "beta_1": BETA_1,
                                                               "beta_2": BETA_2, "epsilon": EPSILON}},
                       "weights": {"embedding": "0.05 sin n", "kernel": "0.1 sin n", "recurrent_kernel": "0.1 cos n",
                                   "bias": "0, forget gate 1", "dense_kernel": "0.15 sin n", "dense_bias": "0"}},
            "expected": {"losses": array(losses, digits=12), "predict": array(prediction, digits=12),
                         "first_gradient_norms": {k: float(f"{v:.9g}") for k, v in norms.items()}}}


def cases():
    for timesteps in (1, 2, 4, 10):
        yield f"timesteps_{timesteps}", lambda t=timesteps: toy(t)
