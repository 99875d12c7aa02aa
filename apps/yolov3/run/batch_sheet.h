// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/yolov3/data/detection_dataset.h"

namespace lamina::yolov3 {

// The first batch of epoch 0 as the network will see it, with the boxes that its targets stand for, on one sheet.
void write_batch_sheet(const std::filesystem::path& file, DetectionDataset& dataset, const std::vector<std::string>& class_names,
                       const TargetOptions& targets);

}  // namespace lamina::yolov3
