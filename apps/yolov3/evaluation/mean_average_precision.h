// SPDX-License-Identifier: Apache-2.0
// Mean average precision as the Pascal VOC development kit defines it. Per class, detections of all pictures go by falling
// score; each looks at the box of its class and picture that it overlaps most. Below the threshold it is a false positive;
// a difficult box makes it count as nothing; a box that is still free makes it a true positive and is taken; a box that is
// taken makes it a false positive. The average precision is the area under the precision, made falling, over the recall.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/yolov3/data/box.h"

namespace lamina::yolov3 {

enum class PrecisionArea {
  all_points,    // the exact area; VOC from 2010 on
  eleven_points  // the mean of the best precision at a recall of at least 0, 0.1, ..., 1; VOC 2007
};

struct AveragePrecisionOptions {
  double iou_threshold = 0.5;
  PrecisionArea area = PrecisionArea::all_points;
  // The kit's boxes end with their last pixel, so that a side is right - left + 1. Ours end behind it: off, unless the numbers
  // in Box are the kit's.
  bool inclusive_edges = false;
};

struct ClassPrecision {
  std::string name;
  int64_t truths = 0;     // boxes to be found; difficult ones apart
  int64_t difficult = 0;  // boxes that do not count
  int64_t true_positives = 0;
  int64_t false_positives = 0;
  int64_t ignored = 0;                      // detections of difficult boxes
  std::optional<double> average_precision;  // none where there are no truths
  // After each detection that counts, by falling score.
  std::vector<double> score, precision, recall;
};

struct MeanAveragePrecision {
  AveragePrecisionOptions options;
  std::vector<ClassPrecision> classes;
  std::optional<double> mean;  // over the classes with truths; none where no class has any

  std::vector<std::string> classes_without_truth() const;  // not in the mean
};

// `truth` and `found` have one entry per picture, in the same order. Detections of equal score keep the order of pictures,
// and of the list. Throws ErrorKind::model, with picture and box, for a label outside of `class_names` and for edges or a score
// that are not finite; ErrorKind::usage for a threshold outside of (0, 1] and lists of different lengths.
MeanAveragePrecision mean_average_precision(std::span<const std::vector<Box>> truth,
                                            std::span<const std::vector<Detection>> found,
                                            const std::vector<std::string>& class_names,
                                            const AveragePrecisionOptions& options = {});

}  // namespace lamina::yolov3
