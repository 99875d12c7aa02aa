# SPDX-License-Identifier: Apache-2.0
"""callbacks/: what each decides when fed a given sequence of a monitored value.

Before epoch e ends the harness sets the model's single weight to e + 1, so that a restored or saved
weight tells its epoch. Epochs are counted from 0, as callbacks see them.
"""

import contextlib
import io
import pathlib
import tempfile

import keras
import numpy as np
from keras import ops

from .arrays import array, exact, floatx, number, wave

INITIAL_RATE = 0.1


def one_weight_model():
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(INITIAL_RATE), loss="mse", run_eagerly=True)
    return model


def feed(callback, monitor, values, after_epoch=lambda epoch, model: None):
    """Drives the hooks as fit() does; returns the model and the number of epochs that ran."""
    model = one_weight_model()
    callback.set_model(model)
    callback.on_train_begin({})
    model.stop_training = False
    ran = 0
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch, {})
        model.set_weights([exact([[epoch + 1]])])
        logs = {} if value is None else {monitor: value}
        callback.on_epoch_end(epoch, logs)
        after_epoch(epoch, model)
        ran = epoch + 1
        if model.stop_training:
            break
    callback.on_train_end({})
    return model, ran


def rate(model):
    return number(ops.convert_to_numpy(model.optimizer.learning_rate))


def record(name, args, monitor, values, expected):
    return {"config": {"callback": name, "args": args, "initial_learning_rate": INITIAL_RATE},
            "feed": {"monitor": monitor, "values": values}, "expected": expected}


def early_stopping(values, monitor="val_loss", **args):
    args = {"monitor": monitor, "mode": "auto", "min_delta": 0.0, "patience": 0, "baseline": None,
            "restore_best_weights": False, "start_from_epoch": 0, **args}
    callback = keras.callbacks.EarlyStopping(**args)
    model, ran = feed(callback, monitor, values)
    stopped = bool(model.stop_training)
    return record("EarlyStopping", args, monitor, values,
                  {"epochs_run": ran, "stopped": stopped, "stopped_epoch": callback.stopped_epoch if stopped else None,
                   "best_epoch": callback.best_epoch, "best": callback.best,
                   "weights_are_of_epoch": int(model.get_weights()[0][0, 0]) - 1})


def reduce_lr(values, monitor="val_loss", **args):
    args = {"monitor": monitor, "mode": "auto", "factor": 0.1, "patience": 10, "min_delta": 1e-4, "cooldown": 0,
            "min_lr": 0.0, **args}
    rates = []
    feed(keras.callbacks.ReduceLROnPlateau(**args), monitor, values, lambda epoch, model: rates.append(rate(model)))
    return record("ReduceLROnPlateau", args, monitor, values, {"learning_rate_after_epoch": rates})


def scheduler(formula, schedule, epochs=6):
    rates = []
    feed(keras.callbacks.LearningRateScheduler(schedule), "loss", [1.0] * epochs,
         lambda epoch, model: rates.append(rate(model)))
    return record("LearningRateScheduler", {"schedule": formula}, "loss", [1.0] * epochs,
                  {"learning_rate_of_epoch": rates})


def checkpoint(values, monitor="val_loss", file="ckpt-{epoch:02d}", **args):
    """saved_epochs: each epoch whose end wrote a file; files: what lies there in the end, with its weight's epoch."""
    args = {"monitor": monitor, "mode": "auto", "save_best_only": False, "initial_value_threshold": None, **args}
    with tempfile.TemporaryDirectory() as folder:
        root, seen, saved = pathlib.Path(folder), {}, []

        def look(epoch, model):
            now = {p.name: p.read_bytes() for p in root.iterdir()}
            if now != seen:
                saved.append(epoch)
            seen.clear()
            seen.update(now)

        callback = keras.callbacks.ModelCheckpoint(str(root / f"{file}.weights.h5"), save_weights_only=True, **args)
        feed(callback, monitor, values, look)
        files = []
        for path in sorted(root.iterdir()):
            model = one_weight_model()
            model.load_weights(str(path))
            files.append({"name": path.name.removesuffix(".weights.h5"),
                          "epoch": int(model.get_weights()[0][0, 0]) - 1})
    return record("ModelCheckpoint", {"filepath": file, **args}, monitor, values,
                  {"saved_epochs": saved, "files": files})


def tiny_fit(callbacks, epochs=3, validation=True, **fit_args):
    x, y = wave(6, 2, scale=1.2), wave(6, 1, phase=0.6)
    held = (wave(3, 2, phase=2.0), wave(3, 1, phase=1.0))
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, name="out")])
    kernel, bias = wave(2, 1, scale=0.5), wave(1, scale=0.3, phase=1.0)
    model.set_weights([kernel, bias])
    model.compile(keras.optimizers.SGD(INITIAL_RATE), loss="mse", metrics=["mae"], run_eagerly=True)
    model.fit(x, y, epochs=epochs, batch_size=4, shuffle=False, verbose=0, callbacks=callbacks,
              validation_data=held if validation else None, **fit_args)
    config = {"model": "Dense(1, linear)", "optimizer": {"class": "SGD", "args": {"learning_rate": INITIAL_RATE}},
              "loss": "mse", "metrics": ["mae"],
              "fit": {"epochs": epochs, "batch_size": 4, "shuffle": False, **fit_args}}
    data = {"x": array(x), "y": array(y)}
    if validation:
        data["validation"] = {"x": array(held[0]), "y": array(held[1])}
    return {"config": config, "data": data,
            "weights": [{"name": "kernel", "value": array(kernel)}, {"name": "bias", "value": array(bias)}]}


def csv_logger(separator):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "log.csv"
        result = tiny_fit([keras.callbacks.CSVLogger(str(path), separator=separator)])
        lines = path.read_text().splitlines()
    rows = [[number(np.asarray(float(cell), dtype=floatx())) for cell in line.split(separator)] for line in lines[1:]]
    result["config"].update({"callback": "CSVLogger", "args": {"separator": separator, "append": False}})
    return {**result, "expected": {"header": lines[0], "columns": lines[0].split(separator), "rows": rows}}


class HookLog(keras.callbacks.Callback):
    """Writes down each hook with its index and the sorted keys of its logs."""

    def __init__(self):
        super().__init__()
        self.calls = []
        for hook in ("train", "test", "predict"):
            for edge in ("begin", "end"):
                self._watch(f"on_{hook}_{edge}", indexed=False)
                self._watch(f"on_{hook}_batch_{edge}", indexed=True)
        for edge in ("begin", "end"):
            self._watch(f"on_epoch_{edge}", indexed=True)

    def _watch(self, hook, indexed):
        def write(*args, **kwargs):
            logs = kwargs.get("logs", args[1 if indexed else 0] if len(args) > (1 if indexed else 0) else None)
            self.calls.append({"hook": hook, "index": int(args[0]) if indexed else None,
                               "keys": sorted(logs or {})})

        setattr(self, hook, write)


def hook_order(**fit_args):
    log = HookLog()
    result = tiny_fit([log], **fit_args)
    result["config"].update({"callback": "user", "args": {}})
    return {**result, "expected": {"calls": log.calls}}


def terminate_on_nan():
    """Rows 4 and 5 of y are NaN: the third batch of two ends the run."""
    model = one_weight_model()
    model.set_weights([exact([[0.5]])])
    x, y = wave(8, 1), wave(8, 1, phase=0.6)
    y[4:6] = np.nan
    batches = []
    log = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append(batch))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        history = model.fit(x, y, epochs=3, batch_size=2, shuffle=False, verbose=0,
                            callbacks=[keras.callbacks.TerminateOnNaN(), log]).history
    return {"config": {"callback": "TerminateOnNaN", "args": {}, "nan_rows_of_y": [4, 5],
                       "fit": {"epochs": 3, "batch_size": 2, "rows": 8, "shuffle": False}},
            "expected": {"last_batch": batches[-1], "batches_run": len(batches), "epochs_run": len(history["loss"]),
                         "printed": printed.getvalue().strip()}}


def cases():
    plateau = [1.0, 0.8, 0.9, 0.85, 0.7, 0.75, 0.71, 0.72, 0.6, 0.65]
    rising = [0.5, 0.6, 0.55, 0.7, 0.65, 0.69, 0.4]
    yield "early_stopping", lambda: early_stopping(plateau, patience=2)
    yield "early_stopping_no_patience", lambda: early_stopping(plateau)
    yield "early_stopping_worse_from_start", lambda: early_stopping([1.0, 1.1, 1.2, 1.3], patience=1)
    yield "early_stopping_min_delta", lambda: early_stopping(plateau, patience=3, min_delta=0.15)
    yield "early_stopping_max", lambda: early_stopping(rising, "val_accuracy", mode="max", patience=3)
    yield "early_stopping_restore_best", lambda: early_stopping(plateau, patience=3, restore_best_weights=True)
    yield "early_stopping_baseline", lambda: early_stopping(plateau, patience=3, baseline=0.75)
    yield "early_stopping_start_from_epoch", lambda: early_stopping(plateau, patience=2, start_from_epoch=3)
    yield "early_stopping_never", lambda: early_stopping([1.0, 0.9, 0.8, 0.7], patience=1)
    yield "reduce_lr", lambda: reduce_lr(plateau, patience=2, factor=0.5)
    yield "reduce_lr_cooldown", lambda: reduce_lr([1.0] * 10, patience=2, factor=0.5, cooldown=2)
    yield "reduce_lr_min_lr", lambda: reduce_lr([1.0] * 8, patience=1, factor=0.3, min_lr=0.005)
    yield "reduce_lr_default_min_delta", lambda: reduce_lr([1.0, 0.99995, 0.99992, 0.9998, 0.5, 0.49995], patience=2)
    yield "reduce_lr_max", lambda: reduce_lr(rising, "val_accuracy", mode="max", patience=2, factor=0.5)
    yield "scheduler_by_epoch", lambda: scheduler("0.1 / (epoch + 1)", lambda epoch, lr: 0.1 / (epoch + 1))
    yield "scheduler_by_rate", lambda: scheduler("lr * 0.5 if epoch % 2 == 1 else lr",
                                                 lambda epoch, lr: lr * 0.5 if epoch % 2 == 1 else lr)
    yield "checkpoint_every_epoch", lambda: checkpoint(plateau[:4])
    yield "checkpoint_best_only", lambda: checkpoint(plateau, save_best_only=True, file="best")
    yield "checkpoint_best_only_named", lambda: checkpoint(plateau, save_best_only=True,
                                                           file="e{epoch:03d}-{val_loss:.2f}")
    yield "checkpoint_best_only_max", lambda: checkpoint(rising, "val_accuracy", save_best_only=True, mode="max")
    yield "checkpoint_threshold", lambda: checkpoint(plateau, save_best_only=True, initial_value_threshold=0.75)
    yield "csv_logger", lambda: csv_logger(",")
    yield "csv_logger_separator", lambda: csv_logger(";")
    yield "hook_order", hook_order
    yield "hook_order_initial_epoch", lambda: hook_order(epochs=3, validation=False, initial_epoch=2)
    yield "terminate_on_nan", terminate_on_nan
