// SPDX-License-Identifier: Apache-2.0
// Boxes with the names of their classes on a picture.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/yolov3/data/box.h"
#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

// Labelled boxes: the name alone, a dashed line where they are difficult. Lines and letters grow with the picture; a label
// stands above its box, or wherever there is room for it inside the picture. A box beyond an edge is cut there. Letters that
// the sans serif font of the system lacks become small squares. Throws
// ErrorKind::model for a label outside of `class_names` and for edges that are not finite.
Picture draw_boxes(const Picture& picture, std::span<const Box> boxes, const std::vector<std::string>& class_names);

// Detections: name and score in percent, those of the highest score on top.
Picture draw_boxes(const Picture& picture, std::span<const Detection> detections, const std::vector<std::string>& class_names);

}  // namespace lamina::yolov3
