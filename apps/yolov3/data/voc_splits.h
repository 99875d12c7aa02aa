// SPDX-License-Identifier: Apache-2.0
// Which pictures of a VOC folder are for what: by its lists, else drawn.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/yolov3/data/detection_data.h"
#include "apps/yolov3/data/voc_layout.h"

namespace lamina::yolov3 {

struct VocSplits {
  std::vector<size_t> train, validation, test;  // indices into VocLayout::annotations
};

// train.txt, val.txt and test.txt as they are; trainval.txt without val.txt's pictures where there is no train.txt. Without
// any list, `validation_share` of all pictures, drawn by `seed`, are for validation and the others for training. Repeated,
// shared and unlisted pictures become warnings. Throws ErrorKind::model, beginning with "FILE:LINE: ", for a picture that has
// no annotation, and for a list without a picture.
VocSplits split_voc(const VocLayout& layout, uint64_t seed, double validation_share, DataReport& report);

}  // namespace lamina::yolov3
