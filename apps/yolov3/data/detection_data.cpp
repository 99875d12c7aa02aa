// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/detection_data.h"

#include <algorithm>
#include <ostream>

#include "apps/yolov3/picture/read_picture.h"
#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

constexpr size_t kLinesShown = 20;

std::string padded(const std::string& cell, size_t width) { return std::string(width - std::min(width, cell.size()), ' ') + cell; }

void print_lines(std::ostream& out, const std::string& head, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out << head << "\n";
  for (size_t i = 0; i < std::min(lines.size(), kLinesShown); ++i) out << "  " << lines[i] << "\n";
  if (lines.size() > kLinesShown) out << "  ... and " << lines.size() - kLinesShown << " more\n";
}

int64_t without_boxes(const PictureSource& pictures) {
  int64_t count = 0;
  for (int64_t i = 0; i < pictures.count(); ++i) count += pictures.boxes(i).empty() ? 1 : 0;
  return count;
}

}  // namespace

Picture PictureFiles::read(int64_t index) const { return read_picture(sample(index).picture); }

std::vector<int64_t> boxes_per_class(const PictureSource& pictures, int64_t classes) {
  std::vector<int64_t> counts(static_cast<size_t>(classes));
  for (int64_t i = 0; i < pictures.count(); ++i) {
    for (const Box& box : pictures.boxes(i)) {
      LAMINA_CHECK(box.label >= 0 && box.label < classes, in_quotes(pictures.name(i)), " has a box of class ", box.label,
                   ", expected 0 to ", classes - 1);
      ++counts[static_cast<size_t>(box.label)];
    }
  }
  return counts;
}

void DetectionData::print(std::ostream& out) const {
  std::vector<std::vector<std::string>> rows = {{"split", "pictures", "without boxes", "boxes"}};
  for (const std::string& name : class_names) rows[0].push_back(printable(name, 40));
  for (const auto& [name, pictures] :
       {std::pair{"train", &train}, std::pair{"validation", &validation}, std::pair{"test", &test}}) {
    const std::vector<int64_t> counts = boxes_per_class(**pictures, static_cast<int64_t>(class_names.size()));
    int64_t boxes = 0;
    for (const int64_t count : counts) boxes += count;
    rows.push_back({name, with_thousands((*pictures)->count()), with_thousands(without_boxes(**pictures)), with_thousands(boxes)});
    for (const int64_t count : counts) rows.back().push_back(with_thousands(count));
  }
  for (const auto& row : rows) {
    out << row[0] << std::string(12 - row[0].size(), ' ');
    for (size_t i = 1; i < row.size(); ++i) out << padded(row[i], std::max<size_t>(rows[0][i].size(), 6) + 2);
    out << "\n";
  }
  if (report.clipped) out << "Boxes cut at the edge of their picture: " << with_thousands(report.clipped) << "\n";
  if (report.duplicates) out << "Boxes that repeat another, which counts once: " << with_thousands(report.duplicates) << "\n";
  print_lines(out, text("Boxes left out: ", with_thousands(std::ssize(report.skipped))), report.skipped);
  print_lines(out, "Warnings", report.warnings);
}

}  // namespace lamina::yolov3
