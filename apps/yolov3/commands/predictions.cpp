// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/commands/predictions.h"

#include <algorithm>

#include "apps/yolov3/drawing/canvas.h"
#include "apps/yolov3/drawing/draw_boxes.h"
#include "apps/yolov3/drawing/picture_grid.h"

namespace lamina::yolov3 {

std::vector<std::vector<Detection>> detect_all(Detector& detector, const PictureSource& pictures, int64_t batch_size,
                                               const std::function<void(int64_t)>& progress) {
  std::vector<std::vector<Detection>> found;
  for (int64_t first = 0; first < pictures.count(); first += batch_size) {
    std::vector<Picture> batch;
    for (int64_t i = first; i < std::min(first + batch_size, pictures.count()); ++i) batch.push_back(pictures.read(i));
    for (std::vector<Detection>& of_one : detector.detect(batch)) found.push_back(std::move(of_one));
    if (progress) progress(static_cast<int64_t>(found.size()));
  }
  return found;
}

MeanAveragePrecision evaluate(const PictureSource& pictures, const std::vector<std::vector<Detection>>& found,
                              const std::vector<std::string>& class_names, const AveragePrecisionOptions& options) {
  std::vector<std::vector<Box>> truth;
  for (int64_t i = 0; i < pictures.count(); ++i) truth.push_back(pictures.boxes(i));
  return mean_average_precision(truth, found, class_names, options);
}

void write_prediction_sheet(const std::filesystem::path& file, const PictureSource& pictures,
                            const std::vector<std::vector<Detection>>& found, const std::vector<std::string>& class_names, int64_t count) {
  std::vector<GridCell> cells;
  for (int64_t i = 0; i < std::min<int64_t>(count, static_cast<int64_t>(found.size())); ++i) {
    std::vector<Detection> shown = found[static_cast<size_t>(i)];
    std::erase_if(shown, [](const Detection& one) { return one.score < kShownScore; });
    cells.push_back({draw_boxes(pictures.read(i), shown, class_names), std::filesystem::path(pictures.name(i)).filename().string()});
  }
  if (!cells.empty()) write_png(file, picture_grid(cells));
}

}  // namespace lamina::yolov3
