# SPDX-License-Identifier: Apache-2.0
"""yolo_targets/: the targets of YOLOv3 for random boxes, by keras-yolo3's rule written in numpy.

The rule: among all anchors, centred on the box, the one of the largest intersection over union (the first of
equals); at each scale that has it, in the cell of the box's centre, x, y, w, h relative to the input, 1 for
objectness and 1 for the class. keras-yolo3 rounds the centre down to whole pixels; here it is the true one.
Non-zero rows only are kept: [row, column, anchor, values...].
"""

import numpy as np

ANCHORS = {
    "yolov3": [(10, 13), (16, 30), (33, 23), (30, 61), (62, 45), (59, 119), (116, 90), (156, 198), (373, 326)],
    "tiny": [(10, 14), (23, 27), (37, 58), (81, 82), (135, 169), (344, 319)],
}
SCALES = {"yolov3": [(32, [6, 7, 8]), (16, [3, 4, 5]), (8, [0, 1, 2])], "tiny": [(32, [3, 4, 5]), (16, [1, 2, 3])]}


def random_boxes(generator, count, width, height, classes):
    """Corners in pixels with one binary digit after the point, so that every sum is exact; class last."""
    sizes = np.exp(generator.uniform(np.log(6), np.log([width, height]), (count, 2)))
    places = generator.uniform(0, 1, (count, 2)) * (np.array([width, height]) - sizes)
    corners = np.round(2 * np.concatenate([places, places + sizes], 1)) / 2
    return np.concatenate([corners, generator.integers(0, classes, (count, 1))], 1)


def targets(boxes, anchors, stride, mask, width, height, classes):
    grid = np.zeros((height // stride, width // stride, len(mask), 5 + classes))
    anchors = np.array(anchors, dtype=float)
    for left, top, right, bottom, label in boxes:
        size = np.array([right - left, bottom - top])
        shared = np.minimum(anchors, size).prod(1)
        best = int(np.argmax(shared / (anchors.prod(1) + size.prod() - shared)))
        if best not in mask:
            continue
        x, y = (left + right) / 2, (top + bottom) / 2
        cell = grid[int(y // stride), int(x // stride), mask.index(best)]
        cell[:5] = x / width, y / height, size[0] / width, size[1] / height, 1
        cell[5 + int(label)] = 1
    return grid


def record(kind, seed, count, width, height, classes):
    boxes = random_boxes(np.random.default_rng(seed), count, width, height, classes)
    scales = []
    for stride, mask in SCALES[kind]:
        grid = targets(boxes, ANCHORS[kind], stride, mask, width, height, classes)
        rows = [[*map(int, place), *map(float, grid[tuple(place)])] for place in np.argwhere(grid[..., 4] == 1)]
        scales.append({"stride": stride, "mask": mask, "rows": rows})
    return {"width": width, "height": height, "classes": classes, "anchors": [list(map(float, a)) for a in ANCHORS[kind]],
            "boxes": [list(map(float, box)) for box in boxes], "scales": scales}


def cases():
    yield "yolov3", lambda: record("yolov3", 1, 40, 416, 416, 3)
    yield "yolov3_wide", lambda: record("yolov3", 2, 30, 608, 352, 20)
    yield "tiny", lambda: record("tiny", 3, 30, 416, 416, 2)
    yield "crowded", lambda: record("tiny", 4, 120, 96, 96, 3)
