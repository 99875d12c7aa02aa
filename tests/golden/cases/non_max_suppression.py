# SPDX-License-Identifier: Apache-2.0
"""non_max_suppression/: per class TensorFlow's, of the boxes whose score reaches the threshold, as keras-yolo3 calls it."""

import numpy as np
import tensorflow as tf

from .arrays import array, exact, wave


def record(boxes, scores, score_threshold, iou_threshold, max_per_class):
    batch, _, classes = scores.shape
    indices = np.full((batch, classes, max_per_class), -1, np.int32)
    counts = np.zeros((batch, classes), np.int32)
    for n in range(batch):
        for c in range(classes):
            reached = np.flatnonzero(scores[n, :, c] >= np.float32(score_threshold))
            kept = tf.image.non_max_suppression(np.float32(boxes[n, reached]), np.float32(scores[n, reached, c]),
                                                max_per_class, iou_threshold).numpy()
            indices[n, c, :len(kept)] = reached[kept]
            counts[n, c] = len(kept)
    return {"config": {"score_threshold": score_threshold, "iou_threshold": iou_threshold, "max_per_class": max_per_class},
            "inputs": {"boxes": array(boxes), "scores": array(scores)},
            "expected": {"indices": array(indices), "counts": array(counts)}}


def corners_of(centres, sizes):
    """Rounded again, so that the numbers print short."""
    centres, sizes = np.float64(centres), np.float64(sizes)
    return exact(np.round(np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=-1), 3))


def scattered():
    boxes = corners_of(wave(2, 40, 2, step=2.3), wave(2, 40, 2, step=1.9, scale=0.3, offset=0.6))
    return record(boxes, wave(2, 40, 3, step=3.1, scale=0.5, offset=0.5), 0.3, 0.45, 20)


def few_kept():
    boxes = corners_of(wave(1, 30, 2, step=2.9), wave(1, 30, 2, step=1.3, scale=0.2, offset=0.5))
    return record(boxes, wave(1, 30, 2, step=1.1, scale=0.5, offset=0.5), 0.05, 0.3, 4)


def ties():
    """Scores of 0, a half and 1, and boxes of whole numbers, many of them the same."""
    centres = np.round(wave(1, 30, 2, step=2.1, scale=2.0))
    scores = np.round(wave(1, 30, 2, step=1.3) + 1.0) / 2
    return record(corners_of(centres, np.full_like(centres, 2.0)), scores.astype(centres.dtype), 0.5, 0.25, 10)


def cases():
    yield "scattered", scattered
    yield "few_kept", few_kept
    yield "ties", ties
