// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/run/batch_sheet.h"

#include <algorithm>
#include <cmath>

#include "apps/yolov3/drawing/canvas.h"
#include "apps/yolov3/drawing/draw_boxes.h"
#include "apps/yolov3/drawing/picture_grid.h"
#include "core/base/text.h"

namespace lamina::yolov3 {
namespace {

Picture picture_of(std::span<const float> image, int64_t width, int64_t height) {
  Picture picture{width, height, {}};
  picture.rgb.reserve(image.size());
  for (const float value : image) picture.rgb.push_back(static_cast<uint8_t>(std::lround(std::clamp(value, 0.0f, 1.0f) * 255)));
  return picture;
}

// What the targets of one scale and sample say.
void add_boxes(std::span<const float> truth, const TargetOptions& targets, std::vector<Box>& boxes) {
  const auto width = static_cast<double>(targets.width), height = static_cast<double>(targets.height);
  const auto channels = static_cast<size_t>(5 + targets.classes);
  for (size_t at = 0; at + channels <= truth.size(); at += channels) {
    const std::span<const float> t = truth.subspan(at, channels);
    if (t[4] == 0) continue;
    const auto label = static_cast<int>(std::max_element(t.begin() + 5, t.end()) - (t.begin() + 5));
    boxes.push_back({(t[0] - t[2] / 2) * width, (t[1] - t[3] / 2) * height, (t[0] + t[2] / 2) * width, (t[1] + t[3] / 2) * height, label});
  }
}

}  // namespace

void write_batch_sheet(const std::filesystem::path& file, DetectionDataset& dataset, const std::vector<std::string>& class_names,
                       const TargetOptions& targets) {
  dataset.start_epoch(0);
  const std::optional<Batch> batch = dataset.next();
  if (!batch) return;
  const auto row_of = [&](const HostTensor& tensor, int64_t row) {
    const auto count = static_cast<size_t>(tensor.count() / batch->samples);
    return tensor.as<float>().subspan(static_cast<size_t>(row) * count, count);
  };
  std::vector<GridCell> cells;
  for (int64_t row = 0; row < batch->samples; ++row) {
    std::vector<Box> boxes;
    for (size_t scale = 0; scale < targets.scales.size(); ++scale) add_boxes(row_of(batch->inputs.at(text("y_true_", scale)), row), targets, boxes);
    const Picture picture = picture_of(row_of(batch->inputs.at("image"), row), targets.width, targets.height);
    cells.push_back({draw_boxes(picture, boxes, class_names), text(boxes.size(), " boxes")});
  }
  write_png(file, picture_grid(cells));
}

}  // namespace lamina::yolov3
