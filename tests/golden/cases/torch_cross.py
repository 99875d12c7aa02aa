# SPDX-License-Identifier: Apache-2.0
"""torch/: the same sums from PyTorch, a second opinion on Keras.

Each file has the form of the group it checks (its "form" says which), so the same reader runs it. Where
Keras computed the very same case, "twin" names it and generate.py holds the two together.
"""

import numpy as np
import torch

from .arrays import array, exact, floatx, named_arrays, number, tokens, wave
from .lstm_defaults import DEFAULTS

torch.set_num_threads(1)


def leaf(values):
    return torch.tensor(np.asarray(values, dtype=floatx()), requires_grad=True)


def plain(values):
    return torch.tensor(np.asarray(values, dtype=floatx()))


def gradients(outputs, cotangents, sources):
    total = sum((o * plain(c)).sum() for o, c in zip(outputs, cotangents))
    return [g.numpy() for g in torch.autograd.grad(total, sources)]


def layer_record(config, x, weights, outputs, sources, extra_inputs=None):
    """sources: x, then extra (initial state), then one tensor per weight, laid out as Keras has it."""
    cotangents = [wave(*o.shape, phase=0.5 + i) for i, o in enumerate(outputs)]
    found = gradients(outputs, cotangents, sources)
    extra = len(extra_inputs or [])
    record = {"form": "layers", "config": {**config, "training": False}, "weights": named_arrays(weights),
              "inputs": [array(x)], "cotangents": [array(c) for c in cotangents],
              "expected": {"outputs": [array(o.detach().numpy()) for o in outputs], "output_mask": None,
                           "grad_inputs": [array(found[0])],
                           "grad_weights": named_arrays(
                               (name, g) for (name, _), g in zip(weights, found[1 + extra:]))}}
    if extra:
        record["initial_state"] = [array(s) for s in extra_inputs]
        record["expected"]["grad_initial_state"] = [array(g) for g in found[1: 1 + extra]]
    return record


def run_torch_lstm(x, kernel, recurrent, bias, h=None, c=None, bidirectional=False, other=()):
    """Gates i, f, g, o in both libraries; torch's matrices are transposed and it has a second bias, zero here."""
    units = recurrent.shape[0]
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    values = [kernel.T, recurrent.T, bias, torch.zeros_like(bias)]
    if bidirectional:
        back = other[0].T, other[1].T, other[2], torch.zeros_like(other[2])
        names += [f"{n}_reverse" for n in names]
        values += back
    module = torch.nn.LSTM(x.shape[-1], units, batch_first=True, bidirectional=bidirectional).to(x.dtype)
    state = None if h is None else (h[None], c[None])
    return torch.func.functional_call(module, dict(zip(names, values)), (x, state) if state else (x,))


def lstm(initial_state):
    x = wave(3, 5, 3)
    weights = [("kernel", wave(3, 16, scale=0.5)), ("recurrent_kernel", wave(4, 16, scale=0.5, phase=1.0)),
               ("bias", wave(16, scale=0.5, phase=2.0))]
    states = [wave(3, 4, scale=0.7, phase=p) for p in (2.5, 5.5)] if initial_state else []
    sources = [leaf(v) for v in [x, *states, *(w for _, w in weights)]]
    kernel, recurrent, bias = sources[-3:]
    h, c = sources[1:3] if initial_state else (None, None)
    sequence, (last_h, last_c) = run_torch_lstm(sources[0], kernel, recurrent, bias, h, c)
    args = {**DEFAULTS, "return_sequences": True, "return_state": True}
    return layer_record({"class": "LSTM", "args": args}, x, weights, [sequence, last_h[0], last_c[0]], sources, states)


def bidirectional():
    x = wave(2, 5, 3)
    shapes = [("kernel", (3, 12)), ("recurrent_kernel", (3, 12)), ("bias", (12,))]
    weights = [(f"{side}/{name}", wave(*shape, scale=0.5, phase=float(i + 3 * s)))
               for s, side in enumerate(("forward", "backward")) for i, (name, shape) in enumerate(shapes)]
    sources = [leaf(v) for v in [x, *(w for _, w in weights)]]
    sequence, _ = run_torch_lstm(*sources[:4], bidirectional=True, other=sources[4:])
    inner = {"class": "LSTM", "args": {**DEFAULTS, "units": 3, "return_sequences": True}}
    return layer_record({"class": "Bidirectional", "args": {"merge_mode": "concat", "layer": inner}},
                        x, weights, [sequence], sources)


def dense(activation, function):
    x = wave(4, 3, scale=1.5)
    weights = [("kernel", wave(3, 5, scale=0.8)), ("bias", wave(5, scale=0.8, phase=1.0))]
    sources = [leaf(v) for v in [x, *(w for _, w in weights)]]
    outputs = [function(sources[0] @ sources[1] + sources[2])]
    args = {"units": 5, "activation": activation, "use_bias": True}
    return layer_record({"class": "Dense", "args": args}, x, weights, outputs, sources)


def embedding():
    ids = np.array([[1, 3, 3], [0, 3, 1]], dtype=np.int32)
    table = leaf(wave(4, 3, scale=0.5))
    output = torch.nn.functional.embedding(torch.tensor(ids, dtype=torch.long), table)
    cotangent = wave(2, 3, 3, phase=0.5)
    (gradient,) = gradients([output], [cotangent], [table])
    return {"form": "layers", "config": {"class": "Embedding", "training": False,
                                         "args": {"input_dim": 4, "output_dim": 3, "mask_zero": False}},
            "weights": named_arrays([("embeddings", table.detach().numpy())]), "inputs": [array(ids)],
            "cotangents": [array(cotangent)],
            "expected": {"outputs": [array(output.detach().numpy())], "output_mask": None, "grad_inputs": [None],
                         "grad_weights": named_arrays([("embeddings", gradient)])}}


def loss_record(loss, args, y_true, y_pred, function):
    prediction = leaf(y_pred)
    values = function(prediction)
    (gradient,) = torch.autograd.grad(values.mean(), [prediction])
    return {"form": "losses", "config": {"loss": loss, "args": args},
            "inputs": {"y_true": array(y_true), "y_pred": array(y_pred)},
            "expected": {"value": number(values.mean().detach().numpy()),
                         "per_sample": array(values.detach().numpy()), "grad_y_pred": array(gradient.numpy())}}


def losses():
    functional = torch.nn.functional
    logits, labels = wave(4, 3, scale=2.0), tokens(4, vocabulary=3, stride=2, start=1)
    classes = torch.tensor(labels, dtype=torch.long)
    onehot = exact(np.eye(3)[labels])
    yield "sparse_categorical_crossentropy_logits", lambda: loss_record(
        "sparse_categorical_crossentropy", {"from_logits": True}, labels, logits,
        lambda p: functional.cross_entropy(p, classes, reduction="none"))
    yield "categorical_crossentropy_logits_smooth", lambda: loss_record(
        "categorical_crossentropy", {"from_logits": True, "label_smoothing": 0.1}, onehot, logits,
        lambda p: functional.cross_entropy(p, classes, reduction="none", label_smoothing=0.1))
    bits = exact([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 1]])
    yield "binary_crossentropy_logits", lambda: loss_record(
        "binary_crossentropy", {"from_logits": True, "label_smoothing": 0.0}, bits, logits,
        lambda p: functional.binary_cross_entropy_with_logits(p, plain(bits), reduction="none").mean(-1))
    y_true, y_pred = wave(4, 3, scale=1.5), wave(4, 3, scale=1.5, phase=0.7)
    yield "huber_half", lambda: loss_record(
        "huber", {"delta": 0.5}, y_true, y_pred,
        lambda p: functional.huber_loss(p, plain(y_true), delta=0.5, reduction="none").mean(-1))


def matmul(shape_a, shape_b, transpose_a, transpose_b):
    a, b = leaf(wave(*shape_a)), leaf(wave(*shape_b, phase=1.3))
    output = torch.matmul(a.mT if transpose_a else a, b.mT if transpose_b else b)
    cotangent = wave(*output.shape, phase=0.5)
    grad_a, grad_b = gradients([output], [cotangent], [a, b])
    return {"form": "matmul", "config": {"transpose_a": transpose_a, "transpose_b": transpose_b},
            "inputs": {"a": array(a.detach().numpy()), "b": array(b.detach().numpy())},
            "cotangent": array(cotangent),
            "expected": {"output": array(output.detach().numpy()), "grad_a": array(grad_a), "grad_b": array(grad_b)}}


def optimizer(class_name, args, make):
    """With a constant rate torch's SGD velocities equal Keras' up to the factor -lr."""
    x, y = wave(5, 3, scale=1.2), wave(5, 2, scale=1.5, phase=0.6)
    kernel, bias = leaf(wave(3, 2, scale=0.5)), leaf(wave(2, scale=0.3, phase=1.0))
    initial = named_arrays([("kernel", kernel.detach().numpy()), ("bias", bias.detach().numpy())])
    made = make([kernel, bias])
    losses_seen, after = [], []
    for _ in range(6):
        made.zero_grad()
        loss = torch.nn.functional.mse_loss(plain(x) @ kernel + bias, plain(y))
        loss.backward()
        made.step()
        losses_seen.append(number(loss.detach().numpy()))
        after.append([array(w.detach().numpy().copy()) for w in (kernel, bias)])
    return {"form": "optimizers",
            "config": {"optimizer": {"class": class_name, "args": args}, "steps": 6,
                       "model": "Dense(2, linear), loss mean_squared_error"},
            "inputs": {"x": array(x), "y": array(y)}, "weights": initial,
            "expected": {"learning_rates": [args["learning_rate"]] * 6, "losses": losses_seen,
                         "weights_after_step": after}}


def sgd(nesterov):
    return optimizer("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": nesterov},
                     lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=nesterov))


def with_twin(twin, run):
    return lambda: {"twin": twin, **run()}


def cases():
    functional = torch.nn.functional
    yield "lstm", with_twin("layers/lstm_sequences_and_state", lambda: lstm(False))
    yield "lstm_initial_state", with_twin("layers/lstm_initial_state_sequences_and_state", lambda: lstm(True))
    yield "bidirectional", with_twin("layers/bidirectional_concat_sequences", bidirectional)
    yield "embedding", embedding
    for name, function in (("gelu", functional.gelu), ("silu", functional.silu), ("elu", functional.elu),
                           ("gelu_tanh", lambda z: functional.gelu(z, approximate="tanh")),
                           ("softplus", functional.softplus), ("softmax", lambda z: torch.softmax(z, -1))):
        yield f"dense_{name}", with_twin(f"layers/dense_{name}", lambda n=name, f=function: dense(n, f))
    for name, run in losses():
        yield name, with_twin(f"losses/{name}", run)
    yield "matmul", lambda: matmul((3, 4), (4, 5), False, False)
    yield "matmul_transpose_a", lambda: matmul((4, 3), (4, 5), True, False)
    yield "matmul_transpose_b", lambda: matmul((3, 4), (5, 4), False, True)
    yield "matmul_batched", lambda: matmul((2, 3, 4), (2, 4, 5), False, False)
    yield "matmul_batched_transposes", lambda: matmul((2, 4, 3), (2, 5, 4), True, True)
    yield "matmul_broadcast_batch", lambda: matmul((2, 3, 4), (4, 5), False, False)
    yield "sgd_momentum", with_twin("optimizers/sgd_momentum", lambda: sgd(False))
    yield "sgd_nesterov", with_twin("optimizers/sgd_nesterov", lambda: sgd(True))
