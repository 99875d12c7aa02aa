# SPDX-License-Identifier: Apache-2.0
"""voc_map/: mean average precision of made-up detections.

Three opinions: object-detection-metrics (sides are right - left), mean-average-precision (the VOC kit's sides of
right - left + 1), and kit() below, written from the definition in the VOC kit's documentation. kit() must agree with the
tools wherever they can speak; alone it stands for difficult boxes, which the first does not know and the second counts
among the boxes to be found.
"""

import importlib.metadata

import numpy as np
from mean_average_precision import MetricBuilder
from podm.metrics import BoundingBox, MethodAveragePrecision, get_pascal_voc_metrics

CLASSES = ["cat", "dog", "bird", "never found", "never there"]
PICTURES = 12
AGREE = 1e-6  # mean-average-precision rounds to float32


def noise(n):
    """A number in [0, 1) that looks random, from a formula."""
    return float(np.round(np.sin(12.9898 * (n + 1)) * 43758.5453 % 1, 6))


def scene(difficult):
    """Per picture {truth: [left, top, right, bottom, label, difficult], found: [..., label, score]}, whole pixels."""
    draws = iter(range(1, 1_000_000))
    pictures, score = [], 0

    def pick(least, most):
        return int(least + noise(next(draws)) * (most - least))

    for picture in range(PICTURES):
        truth, found = [], []
        for _ in range(pick(2, 8)):
            label = pick(0, 4)
            left, top, width, height = pick(0, 300), pick(0, 200), pick(20, 120), pick(20, 120)
            truth.append([left, top, left + width, top + height, label, int(difficult and pick(0, 4) == 0)])
            for _ in range(pick(0, 4) if label < 3 else 0):  # some boxes are found several times, some not at all
                shift, off = max(2, width // 4), pick(0, 10) == 0
                box = [left + pick(-shift, shift), top + pick(-shift, shift),
                       left + width + pick(-shift, shift), top + height + pick(-shift, shift)]
                found.append([*box, (label + 1) % 3 if off else label])
        for _ in range(pick(0, 3)):
            left, top = pick(0, 300), pick(0, 200)
            found.append([left, top, left + pick(10, 90), top + pick(10, 90), [0, 1, 2, 4][pick(0, 4)]])
        for box in found:
            score += 1
            box.append(round((noise(next(draws)) * 9000 + 1000) / 10000 + score * 1e-7, 7))  # no two are equal
        pictures.append({"truth": truth, "found": found})
    return pictures


def iou(a, b, one):
    width = min(a[2], b[2]) - max(a[0], b[0]) + one
    height = min(a[3], b[3]) - max(a[1], b[1]) + one
    if width <= 0 or height <= 0:
        return 0.0
    area = [(r - l + one) * (b - t + one) for l, t, r, b in (a[:4], b[:4])]
    return width * height / (sum(area) - width * height)


def kit(pictures, label, threshold, eleven, one):
    """(average precision or None, true positives, false positives) by the definition."""
    truths = [[t for t in p["truth"] if t[4] == label] for p in pictures]
    positives = sum(not t[5] for of_picture in truths for t in of_picture)
    found = sorted(((d[5], i, d) for i, p in enumerate(pictures) for d in p["found"] if d[4] == label), reverse=True)
    taken, hits = set(), []
    for _, picture, box in found:
        overlaps = [iou(box, t, one) for t in truths[picture]]
        best = int(np.argmax(overlaps)) if overlaps else -1
        if best < 0 or overlaps[best] < threshold:
            hits.append(0)
        elif not truths[picture][best][5]:
            hits.append(int((picture, best) not in taken))
            taken.add((picture, best))
    hits = np.array(hits, dtype=float)
    if positives == 0:
        return None, 0, len(hits)
    recall, precision = np.cumsum(hits) / positives, np.cumsum(hits) / np.arange(1, len(hits) + 1)
    if eleven:
        area = np.mean([max(precision[recall >= t], default=0.0) for t in np.arange(11) / 10])
    else:
        points = np.concatenate([[0.0], recall, [1.0]])
        best = np.maximum.accumulate(np.concatenate([[0.0], precision, [0.0]])[::-1])[::-1]
        area = np.sum(np.diff(points) * best[1:])
    return float(area), int(hits.sum()), int(len(hits) - hits.sum())


def by_object_detection_metrics(pictures, threshold, eleven):
    truth = [BoundingBox.of_bbox(i, t[4], *t[:4]) for i, p in enumerate(pictures) for t in p["truth"]]
    found = [BoundingBox.of_bbox(i, d[4], *d[:4], d[5]) for i, p in enumerate(pictures) for d in p["found"]]
    method = MethodAveragePrecision.ElevenPointsInterpolation if eleven else MethodAveragePrecision.AllPointsInterpolation
    found_classes = get_pascal_voc_metrics(truth, found, threshold, method)
    return [(float(m.ap) if m.num_groundtruth else None, int(m.tp), int(m.fp))
            for m in (found_classes[label] for label in range(len(CLASSES)))]


def by_mean_average_precision(pictures, threshold):
    metric = MetricBuilder.build_evaluation_metric("map_2d", async_mode=False, num_classes=len(CLASSES))
    for p in pictures:
        metric.add(np.array([d for d in p["found"]], dtype=float).reshape(-1, 6),
                   np.array([[*t, 0] for t in p["truth"]], dtype=float).reshape(-1, 7))
    value = metric.value(iou_thresholds=threshold)[threshold]
    return [float(value[label]["ap"]) for label in range(len(CLASSES))]


def check(name, kits, others):
    for label, (mine, other) in enumerate(zip(kits, others)):
        if mine is not None and abs(mine - other) > AGREE:
            raise AssertionError(f"{name}, class {CLASSES[label]}: {mine} by the definition, {other} by the tool")


def run(name, threshold=0.5, eleven=False, one=0, difficult=False):
    pictures = scene(difficult)
    classes = [kit(pictures, label, threshold, eleven, one) for label in range(len(CLASSES))]
    if one and classes == [kit(pictures, label, threshold, eleven, 0) for label in range(len(CLASSES))]:
        raise AssertionError(f"{name} does not tell inclusive edges from others")
    tool = "kit() of tests/golden/cases/voc_map.py"
    if not difficult and not one:
        tool = "object-detection-metrics"
        theirs = by_object_detection_metrics(pictures, threshold, eleven)
        check(name, [c[0] for c in classes], [t[0] for t in theirs])
        classes = theirs
    elif not difficult:
        tool = "mean-average-precision"
        theirs = by_mean_average_precision(pictures, threshold)
        check(name, [c[0] for c in classes], theirs)
        classes = [(None if mine[0] is None else ap, *mine[1:]) for mine, ap in zip(classes, theirs)]
    counted = [ap for ap, _, _ in classes if ap is not None]
    expected = [{"average_precision": ap, "true_positives": tp, "false_positives": fp} for ap, tp, fp in classes]
    version = "" if tool.startswith("kit") else " " + importlib.metadata.version(tool)
    return {"config": {"tool": tool + version, "iou_threshold": threshold, "eleven_points": eleven,
                       "inclusive_edges": bool(one), "classes": CLASSES},
            "inputs": pictures, "expected": {"mean": float(np.mean(counted)), "classes": expected}}


def cases():
    for name, options in {"all_points": {}, "all_points_iou_75": {"threshold": 0.75}, "eleven_points": {"eleven": True},
                          "inclusive_edges": {"one": 1, "threshold": 0.65}, "difficult": {"difficult": True},
                          "difficult_eleven_points": {"difficult": True, "eleven": True},
                          "difficult_inclusive_edges": {"difficult": True, "one": 1, "threshold": 0.65}}.items():
        yield name, lambda name=name, options=options: run(name, **options)
