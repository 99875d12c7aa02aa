// SPDX-License-Identifier: Apache-2.0
// A data set of labelled pictures: what a folder or a generator offers, before any batch is made of it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "apps/yolov3/data/box.h"

namespace lamina::yolov3 {

// The pictures of one split, in an order that never changes.
class PictureSource {
 public:
  virtual ~PictureSource() = default;
  virtual int64_t count() const = 0;
  virtual const std::vector<Box>& boxes(int64_t index) const = 0;  // in pixels of the picture, inside of it
  virtual std::string name(int64_t index) const = 0;               // for messages: the file, or "shapes 17"
  virtual PictureSize size(int64_t index) const = 0;
  virtual Picture read(int64_t index) const = 0;  // from any thread; throws Error naming it
};

// Pictures that lie in files.
class PictureFiles final : public PictureSource {
 public:
  explicit PictureFiles(std::vector<Sample> samples) : samples_(std::move(samples)) {}

  int64_t count() const override { return static_cast<int64_t>(samples_.size()); }
  const std::vector<Box>& boxes(int64_t index) const override { return sample(index).boxes; }
  std::string name(int64_t index) const override { return sample(index).picture.native(); }
  PictureSize size(int64_t index) const override { return sample(index).size; }
  Picture read(int64_t index) const override;

 private:
  const Sample& sample(int64_t index) const { return samples_[static_cast<size_t>(index)]; }

  std::vector<Sample> samples_;
};

// What a user should know of how the data was read.
struct DataReport {
  std::vector<std::string> skipped;  // a line for each box that was left out
  std::vector<std::string> warnings;
  int64_t clipped = 0;     // boxes that were cut at the edge of their picture
  int64_t duplicates = 0;  // boxes that were there before, with the same label
};

struct DetectionData {
  std::vector<std::string> class_names;
  std::shared_ptr<const PictureSource> train, validation, test;  // never null; validation and test may be empty
  DataReport report;

  // A table of pictures and of boxes by class for each split, then the report.
  void print(std::ostream& out) const;
};

// Boxes by label, 0 to classes - 1.
std::vector<int64_t> boxes_per_class(const PictureSource& pictures, int64_t classes);

}  // namespace lamina::yolov3
