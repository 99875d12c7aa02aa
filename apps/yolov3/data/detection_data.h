// SPDX-License-Identifier: Apache-2.0
// A data set for detection: class names, and pictures with boxes in three splits, wherever they come from.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/yolov3/data/box.h"
#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3 {

// The pictures of one split. All calls may come from several threads at once.
class PictureSource {
 public:
  virtual ~PictureSource() = default;
  virtual int64_t count() const = 0;
  virtual const std::vector<Box>& boxes(int64_t index) const = 0;
  virtual std::string name(int64_t index) const = 0;  // the file, or "train shape 17"
  virtual Picture read(int64_t index) const = 0;      // throws, naming the file
};

// What the user should know of the data before anything is trained on it.
struct DataReport {
  std::vector<std::string> skipped;   // a line per box that was left out: where it stands, and why
  std::vector<std::string> warnings;
  int64_t clipped = 0;                // boxes that reached over the edge a little and were cut there
};

struct DetectionData {
  std::string source;  // "VOC folder PATH", "shapes, seed 0"
  std::vector<std::string> class_names;
  std::shared_ptr<const PictureSource> train, validation, test;  // never null; validation and test may be empty
  DataReport report;
};

// Pictures and boxes per class of each split, then what the report says.
void print(const DetectionData& data, std::ostream& out);

}  // namespace lamina::yolov3
