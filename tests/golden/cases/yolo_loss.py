# SPDX-License-Identifier: Apache-2.0
"""yolo_loss/: total, terms per scale and gradients by the raw outputs; squared as keras-yolo3, ciou as yolo3-tf2.

y_true has an object at a share of the predictions: its centre in the cell, its sides near the anchor's.
"""

import math

import numpy as np
import tensorflow as tf

from .arrays import array, assert_far_from, exact, number, numbers

EPSILON = 1e-7  # Keras'
CLASSES = 2
ANCHORS = [[(60.0, 44.0), (48.0, 40.0)], [(30.0, 18.0), (26.0, 20.0)], [(12.0, 11.0), (10.0, 12.0)]]
STRIDES = [32, 16, 8]
BALANCE = [0.4, 1.0, 4.0]


def objects(random, batch, rows, columns, anchors, stride, share, empty_pictures):
    """One scale's y_true; pictures whose number is in empty_pictures have no object."""
    shape = (batch, rows, columns, len(anchors))
    cell = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1)[None, :, :, None, :]
    grid = np.array([columns, rows], dtype=np.float64)
    centre = (cell + random.uniform(0.1, 0.9, shape + (2,))) / grid
    sides = np.exp(random.uniform(-0.5, 0.5, shape + (2,))) * np.array(anchors) / (grid * stride)
    there = random.uniform(size=shape + (1,)) < share
    there[list(empty_pictures)] = False
    labels = np.eye(CLASSES)[random.integers(0, CLASSES, shape)]
    return exact(np.round(np.concatenate([centre, sides, there, labels], axis=-1) * there, 4))


def intersection(a, b):
    low = tf.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
    high = tf.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
    return tf.reduce_prod(tf.maximum(high - low, 0), axis=-1)


def area(box):
    return box[..., 2] * box[..., 3]


def best_iou(predicted, y_true):
    """Of each prediction with any object of its picture; 0 where there is none."""
    best = []
    for boxes, truth in zip(predicted, y_true):
        there = tf.boolean_mask(truth[..., :4], truth[..., 4] > 0)
        boxes = boxes[..., None, :]
        shared = intersection(boxes, there)
        iou = shared / (area(boxes) + area(there) - shared)
        best.append(tf.reduce_max(tf.concat([iou, tf.zeros_like(iou[..., :0])], axis=-1), axis=-1)
                    if len(there) else tf.zeros(boxes.shape[:3], boxes.dtype))
    return tf.stack(best)


def ciou(a, b):
    shared = intersection(a, b)
    iou = shared / tf.maximum(area(a) + area(b) - shared, EPSILON)
    high = tf.maximum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
    low = tf.minimum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
    diagonal = tf.reduce_sum(tf.square(tf.maximum(high - low, 0)), axis=-1)
    distance = tf.reduce_sum(tf.square(a[..., :2] - b[..., :2]), axis=-1)
    angles = [tf.math.atan2(box[..., 2], tf.maximum(box[..., 3], EPSILON)) for box in (a, b)]
    v = 4 / math.pi ** 2 * tf.square(angles[0] - angles[1])
    alpha = v / tf.maximum(1 - iou + v, EPSILON)
    return iou - distance / tf.maximum(diagonal, EPSILON) - alpha * v


def bce(logits, target):
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits)


def scale_terms(output, y_true, scale, box, threshold):
    """The four terms of one scale as they enter the total, and what is known of its ignored predictions."""
    dtype = output.dtype
    batch, rows, columns, anchors, channels = y_true.shape
    raw = tf.reshape(output, y_true.shape)
    cell = tf.cast(tf.stack(tf.meshgrid(tf.range(columns), tf.range(rows)), axis=-1)[None, :, :, None, :], dtype)
    grid = tf.constant([columns, rows], dtype)
    sides = tf.constant(ANCHORS[scale], dtype) / (grid * STRIDES[scale])
    predicted = tf.concat([(cell + tf.sigmoid(raw[..., :2])) / grid, tf.exp(raw[..., 2:4]) * sides], axis=-1)
    there = y_true[..., 4:5]
    best = tf.stop_gradient(best_iou(predicted, y_true))
    counts = (1 - there) * tf.cast(best < threshold, dtype)[..., None]
    if box == "squared":
        size = 2 - y_true[..., 2:3] * y_true[..., 3:4]
        target = tf.math.log(tf.where(there > 0, y_true[..., 2:4] / sides, 1))
        xy = tf.reduce_sum(there * size * bce(raw[..., :2], y_true[..., :2] * grid - cell))
        wh = tf.reduce_sum(there * size * 0.5 * tf.square(target - raw[..., 2:4]))
    else:
        xy = tf.reduce_sum(there[..., 0] * (1 - ciou(predicted, y_true[..., :4])))
        wh = tf.zeros((), dtype)
    logit = raw[..., 4:5]
    confidence = tf.reduce_sum(there * bce(logit, tf.ones_like(logit)) + counts * bce(logit, tf.zeros_like(logit)))
    classes = tf.reduce_sum(there * bce(raw[..., 5:], y_true[..., 5:]))
    if box == "squared":
        weights = [1 / batch] * 4
    else:
        found, none = (tf.maximum(tf.reduce_sum(mask), 1) for mask in (there, counts))
        pixels = rows * columns * STRIDES[scale] ** 2
        weights = [0.05 / found, 0, 5 * BALANCE[scale] * pixels / 416 ** 2 / (found + none), CLASSES / 80 / found / CLASSES]
    ignored = tf.reduce_sum((1 - there[..., 0]) * tf.cast(best >= threshold, dtype))
    return [term * weight for term, weight in zip([xy, wh, confidence, classes], weights)], best, float(ignored)


def case(scales, batch, share, box, seed, empty_pictures=(), threshold=0.5, ignores=True):
    random = np.random.default_rng(seed)
    grids = [(2 ** s, 2 * 2 ** s) for s in range(scales)]  # rows, columns
    truths = [objects(random, batch, *grids[s], ANCHORS[s], STRIDES[s], share, empty_pictures) for s in range(scales)]
    reach = [1.5, 1.5, 0.5, 0.5] + [1.5] * (1 + CLASSES)  # sides near the anchor's, so that some IoU are high
    outputs = [exact(np.round(random.uniform(-1, 1, t.shape) * reach, 3)).reshape(*t.shape[:3], -1) for t in truths]
    raws, ignored, terms = [tf.convert_to_tensor(o) for o in outputs], 0.0, []
    with tf.GradientTape() as tape:
        tape.watch(raws)
        for s in range(scales):
            of_scale, best, ignored_here = scale_terms(raws[s], tf.convert_to_tensor(truths[s]), s, box, threshold)
            assert_far_from(np.where(truths[s][..., 4] == 0, best.numpy(), 0), [threshold])
            ignored += ignored_here
            terms.append(of_scale)
        total = tf.add_n([term for of_scale in terms for term in of_scale])
    if (ignored > 0) != ignores:
        raise AssertionError(f"{ignored} predictions are ignored")
    return {"config": {"box": box, "ignore_threshold": threshold, "anchors": [[list(a) for a in ANCHORS[s]] for s in range(scales)],
                       "strides": STRIDES[:scales]},
            "inputs": {"outputs": [array(o) for o in outputs], "y_true": [array(t) for t in truths]},
            "expected": {"total": number(total.numpy()), "terms": [numbers([t.numpy() for t in ts]) for ts in terms],
                         "grad_outputs": [array(g.numpy()) for g in tape.gradient(total, raws)]}}


def cases():
    for box in ("squared", "ciou"):
        yield f"{box}_three_scales", lambda box=box: case(3, 1, 0.2, box, seed=1)
        yield f"{box}_one_picture_empty", lambda box=box: case(2, 2, 0.4, box, seed=2, empty_pictures=[1])
        yield f"{box}_no_object", lambda box=box: case(2, 1, 0.0, box, seed=3, ignores=False)
        yield f"{box}_every_prediction", lambda box=box: case(2, 2, 1.0, box, seed=4, ignores=False)
    yield "squared_low_threshold", lambda: case(2, 1, 0.4, "squared", seed=5, threshold=0.3)
