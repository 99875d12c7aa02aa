# SPDX-License-Identifier: Apache-2.0
"""A Keras functional model from the very list of nodes that goes into the golden file.

A node is {"name", "class", "args", "inputs"}; {"name", "reuse", "inputs"} calls an earlier layer again;
class "Model" carries a "model" of its own. Lambda bodies are the named functions of LAMBDAS.
"""

import keras
from keras import ops

from .activations import with_functions
from .arrays import array, floatx, wave
from .regularizers import make as make_regularizer

LAMBDAS = {
    "relu_unit1_plus_100": ("relu(0.001 + x[:, 1:2] + 100)", lambda x: ops.relu(0.001 + x[:, 1:2] + 100)),
    "mean_square_rows": ("mean(x * x, last axis, keepdims)", lambda x: ops.mean(x * x, axis=-1, keepdims=True)),
    "squared_distance": ("sum((x[0] - x[1])^2, last axis, keepdims)",
                         lambda x: ops.sum(ops.square(x[0] - x[1]), axis=-1, keepdims=True)),
}


def node(name, class_name, inputs=(), **args):
    return {"name": name, "class": class_name, "args": args, "inputs": list(inputs)}


def reuse(name, layer, inputs):
    return {"name": name, "reuse": layer, "inputs": list(inputs)}


def input_node(name, shape, dtype="f32"):
    return node(name, "Input", shape=list(shape), dtype=dtype)


def lambda_node(name, function, inputs):
    return node(name, "Lambda", inputs, function=function, formula=LAMBDAS[function][0])


def model_node(name, model, inputs):
    return {"name": name, "class": "Model", "model": model, "inputs": list(inputs)}


def make_layer(entry):
    args, name = dict(entry.get("args", {})), entry["name"]
    if entry["class"] == "Model":
        return build(entry["model"], name)
    if entry["class"] == "Lambda":
        return keras.layers.Lambda(LAMBDAS[args["function"]][1], name=name)
    for key in [k for k in args if k.endswith("_regularizer")]:
        args[key] = getattr(keras.regularizers, args[key]["class"])(**args[key]["args"])
    if "layer" in args:
        args["layer"] = make_layer({"name": "wrapped", **args["layer"]})
    return getattr(keras.layers, entry["class"])(name=name, **with_functions(args))


def build(spec, name="model"):
    """spec: {"layers": [nodes], "outputs": [names]}; one input or output is passed unwrapped, as users do."""
    tensors, made = {}, {}
    for entry in spec["layers"]:
        if entry.get("class") == "Input":
            dtype = {"f32": floatx().name, "i32": "int32"}[entry["args"]["dtype"]]
            tensors[entry["name"]] = keras.Input(tuple(entry["args"]["shape"]), dtype=dtype, name=entry["name"])
            continue
        layer = made[entry["reuse"]] if "reuse" in entry else make_layer(entry)
        made[entry["name"]] = layer
        sources = [tensors[i] for i in entry["inputs"]]
        tensors[entry["name"]] = layer(sources[0] if len(sources) == 1 else sources)
    inputs = [tensors[e["name"]] for e in spec["layers"] if e.get("class") == "Input"]
    outputs = [tensors[o] for o in spec["outputs"]]
    return keras.Model(inputs[0] if len(inputs) == 1 else inputs, outputs[0] if len(outputs) == 1 else outputs,
                       name=name)


def owned_weights(model, prefix=""):
    """(layer name, weight name, variable) in creation order, nested models as outer/inner."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from owned_weights(layer, f"{prefix}{layer.name}/")
            continue
        for variable in layer.weights:
            yield prefix + layer.name, variable.name, variable


def set_formula_weights(model, scale=0.4):
    """Moving statistics stay as Keras makes them."""
    for i, (_, _, variable) in enumerate(owned_weights(model)):
        if variable.trainable:
            variable.assign(wave(*variable.shape, scale=scale, phase=float(i)))


def weights_record(model):
    return [{"layer": layer, "name": name, "value": array(ops.convert_to_numpy(variable))}
            for layer, name, variable in owned_weights(model)]


def regularizer_config(name):
    return make_regularizer(name)[1]
