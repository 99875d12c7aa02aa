// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/detection_data.h"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace lamina::yolov3 {
namespace {

constexpr size_t kShownLines = 10;

void print_lines(const char* title, const std::vector<std::string>& lines, std::ostream& out) {
  if (lines.empty()) return;
  out << title << " (" << lines.size() << "):\n";
  for (size_t i = 0; i < std::min(lines.size(), kShownLines); ++i) out << "  " << lines[i] << "\n";
  if (lines.size() > kShownLines) out << "  ... and " << lines.size() - kShownLines << " more\n";
}

}  // namespace

void print(const DetectionData& data, std::ostream& out) {
  size_t width = std::string("pictures").size();
  for (const std::string& name : data.class_names) width = std::max(width, name.size());
  const PictureSource* const splits[] = {data.train.get(), data.validation.get(), data.test.get()};
  out << data.source << ": " << data.class_names.size() << " classes\n"
      << std::left << std::setw(static_cast<int>(width)) << "" << std::right << "    train    validation    test\n";
  const auto row = [&](const std::string& name, auto count) {
    out << std::left << std::setw(static_cast<int>(width)) << name << std::right << std::setw(9) << count(*splits[0]) << std::setw(14)
        << count(*splits[1]) << std::setw(8) << count(*splits[2]) << "\n";
  };
  row("pictures", [](const PictureSource& split) { return split.count(); });
  for (size_t label = 0; label < data.class_names.size(); ++label) {
    row(data.class_names[label], [&](const PictureSource& split) {
      int64_t boxes = 0;
      for (int64_t i = 0; i < split.count(); ++i) {
        const auto& of_one = split.boxes(i);
        boxes += std::count_if(of_one.begin(), of_one.end(), [&](const Box& box) { return box.label == static_cast<int>(label); });
      }
      return boxes;
    });
  }
  if (data.report.clipped > 0) out << data.report.clipped << " boxes reached over the edge of their picture by less than 2 % and were cut there\n";
  print_lines("boxes left out", data.report.skipped, out);
  print_lines("warnings", data.report.warnings, out);
}

}  // namespace lamina::yolov3
