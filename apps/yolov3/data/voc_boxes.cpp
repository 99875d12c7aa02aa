// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/voc_boxes.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

constexpr double kOverhang = 0.02;  // of the picture's side

int label_of(const VocObject& object, const std::vector<std::string>& class_names, const std::string& at) {
  const auto found = std::find(class_names.begin(), class_names.end(), object.name);
  LAMINA_CHECK(found != class_names.end(), at, "the class ", in_quotes(object.name), " is none of the ", class_names.size(),
               " given", did_you_mean(object.name, class_names), "; add it to them or remove the object");
  return static_cast<int>(found - class_names.begin());
}

// Cuts [low, high] to [0, side]; true if that changed anything.
bool cut(double& low, double& high, double side) {
  const double before_low = low, before_high = high;
  low = std::clamp(low, 0.0, side);
  high = std::clamp(high, 0.0, side);
  return low != before_low || high != before_high;
}

bool far_beyond(double low, double high, double side) { return low <= -kOverhang * side || high >= (1 + kOverhang) * side; }

}  // namespace

std::vector<Box> boxes_of(const VocAnnotation& annotation, const std::filesystem::path& file, PictureSize size,
                          const std::vector<std::string>& class_names, DataReport& report) {
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  std::vector<Box> boxes;
  for (const VocObject& object : annotation.objects) {
    const std::string at = text(printable(file.native(), 4096), ":", object.line, ": ");
    const std::string edges = text("the box x ", object.xmin, " to ", object.xmax, ", y ", object.ymin, " to ", object.ymax);
    Box box{object.xmin, object.ymin, object.xmax, object.ymax, label_of(object, class_names, at), object.difficult};
    LAMINA_CHECK(box.right >= box.left && box.bottom >= box.top, at, edges, " has its maximum before its minimum; exchange them");
    LAMINA_CHECK(!far_beyond(box.left, box.right, width) && !far_beyond(box.top, box.bottom, height), at, edges,
                 " lies beyond its picture of ", size.width, " x ", size.height, " pixels; correct it or remove the object");
    const bool cut_across = cut(box.left, box.right, width), cut_down = cut(box.top, box.bottom, height);
    if (!(box.width() > 0 && box.height() > 0)) {
      report.skipped.push_back(text(at, edges, " has no area (", in_quotes(object.name), ")"));
    } else if (std::find(boxes.begin(), boxes.end(), box) != boxes.end()) {
      ++report.duplicates;
    } else {
      report.clipped += cut_across || cut_down ? 1 : 0;
      boxes.push_back(box);
    }
  }
  return boxes;
}

}  // namespace lamina::yolov3
