// SPDX-License-Identifier: Apache-2.0
// A detector over a split of a data set: what it finds, how good that is, and pictures of it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "apps/yolov3/data/detection_data.h"
#include "apps/yolov3/evaluation/mean_average_precision.h"
#include "apps/yolov3/network/detector.h"

namespace lamina::yolov3 {

// By picture. `progress` is called with the number of pictures done.
std::vector<std::vector<Detection>> detect_all(Detector& detector, const PictureSource& pictures, int64_t batch_size,
                                               const std::function<void(int64_t)>& progress = {});

MeanAveragePrecision evaluate(const PictureSource& pictures, const std::vector<std::vector<Detection>>& found,
                              const std::vector<std::string>& class_names, const AveragePrecisionOptions& options = {});

inline constexpr double kEvaluationScore = 0.01;  // lower scores hardly move the area under the curve
inline constexpr double kShownScore = 0.3;        // on pictures

// The first `count` pictures with what was found at kShownScore or more, on one sheet.
void write_prediction_sheet(const std::filesystem::path& file, const PictureSource& pictures,
                            const std::vector<std::vector<Detection>>& found, const std::vector<std::string>& class_names, int64_t count);

}  // namespace lamina::yolov3
