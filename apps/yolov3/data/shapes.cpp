// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/shapes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/yolov3/data/box_overlap.h"
#include "apps/yolov3/data/random_draws.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

enum Kind : int { kCircle, kSquare, kTriangle, kKinds };

using Color = std::array<uint8_t, 3>;

constexpr std::array<Color, 6> kColors = {
    {{{220, 50, 47}}, {{38, 139, 210}}, {{80, 170, 60}}, {{240, 200, 40}}, {{150, 70, 190}}, {{240, 130, 30}}}};

constexpr int kTriesPerShape = 20;
constexpr double kLeastSide = 0.1, kMostSide = 0.45;  // of the picture's side

struct Shape {
  Box box;
  Color color;
};

// Whether the centre of a pixel, counted from the box's corner, lies in the shape. Sides are odd, so that a triangle's tip
// is a pixel.
bool covers(Kind kind, double x, double y, double side) {
  if (kind == kSquare) return true;
  const double from_middle = std::abs(x - side / 2);
  if (kind == kTriangle) return from_middle <= y / 2;
  return std::hypot(from_middle, y - side / 2) < side / 2;
}

void draw_shape(Picture& picture, const Shape& shape) {
  for (auto y = static_cast<int64_t>(shape.box.top); y < static_cast<int64_t>(shape.box.bottom); ++y) {
    for (auto x = static_cast<int64_t>(shape.box.left); x < static_cast<int64_t>(shape.box.right); ++x) {
      const double column = static_cast<double>(x) + 0.5 - shape.box.left, row = static_cast<double>(y) + 0.5 - shape.box.top;
      if (!covers(static_cast<Kind>(shape.box.label), column, row, shape.box.width())) continue;
      std::copy(shape.color.begin(), shape.color.end(), picture.rgb.begin() + 3 * (y * picture.width + x));
    }
  }
}

// A pale colour with a slope across the picture, waves and grain.
void draw_background(Picture& picture, RandomDraws texture) {
  std::array<double, 3> base, slope;
  for (size_t c = 0; c < 3; ++c) base[c] = texture.uniform(90, 190), slope[c] = texture.uniform(-40, 40);
  const double across = texture.uniform(-0.3, 0.3), down = texture.uniform(-0.3, 0.3), height = texture.uniform(0, 12);
  uint8_t* to = picture.rgb.data();
  for (int64_t y = 0; y < picture.height; ++y) {
    for (int64_t x = 0; x < picture.width; ++x) {
      const auto column = static_cast<double>(x), row = static_cast<double>(y);
      const uint32_t grain = texture.word();
      const double way = (column + row) / static_cast<double>(picture.width + picture.height);
      const double wave = height * std::sin(across * column + down * row);
      for (size_t c = 0; c < 3; ++c) {
        const double noise = static_cast<double>((grain >> (8 * c)) & 31) - 15.5;
        *to++ = static_cast<uint8_t>(std::clamp(base[c] + slope[c] * way + wave + noise, 0.0, 255.0));
      }
    }
  }
}

class ShapePictures final : public PictureSource {
 public:
  // `split` numbers train, validation and test, so that they share no picture.
  ShapePictures(const ShapesOptions& options, int64_t split, int64_t count) : options_(options), split_(split) {
    for (int64_t i = 0; i < count; ++i) {
      shapes_.push_back(choose_shapes(RandomDraws(options.seed, DataUse::shapes, split, i)));
      boxes_.emplace_back();
      for (const Shape& shape : shapes_.back()) boxes_.back().push_back(shape.box);
    }
  }

  int64_t count() const override { return static_cast<int64_t>(boxes_.size()); }
  const std::vector<Box>& boxes(int64_t index) const override { return boxes_[static_cast<size_t>(index)]; }
  std::string name(int64_t index) const override { return text("shapes ", index); }

  PictureSize size(int64_t) const override { return {options_.size, options_.size}; }

  Picture read(int64_t index) const override {
    Picture picture{options_.size, options_.size, std::vector<uint8_t>(static_cast<size_t>(3 * options_.size * options_.size))};
    draw_background(picture, RandomDraws(options_.seed, DataUse::texture, split_, index));
    for (const Shape& shape : shapes_[static_cast<size_t>(index)]) draw_shape(picture, shape);
    return picture;
  }

 private:
  std::vector<Shape> choose_shapes(RandomDraws draws) const {
    const auto size = static_cast<double>(options_.size);
    std::vector<Shape> shapes;
    const int64_t wanted = 1 + draws.below(options_.max_shapes);
    for (int64_t tries = kTriesPerShape * wanted; tries > 0 && std::ssize(shapes) < wanted; --tries) {
      const auto side = static_cast<double>(static_cast<int64_t>(size * draws.uniform(kLeastSide, kMostSide)) | 1);
      const auto room = static_cast<int64_t>(size - side) + 1;
      const auto left = static_cast<double>(draws.below(room)), top = static_cast<double>(draws.below(room));
      const Shape shape{{left, top, left + side, top + side, static_cast<int>(draws.below(kKinds))},
                        kColors[static_cast<size_t>(draws.below(kColors.size()))]};
      const Box around{left - 1, top - 1, left + side + 1, top + side + 1};  // shapes of one colour must not run together
      const bool free = std::none_of(shapes.begin(), shapes.end(), [&](const Shape& s) { return overlap(s.box, around) > 0; });
      if (free) shapes.push_back(shape);
    }
    return shapes;
  }

  ShapesOptions options_;
  int64_t split_;
  std::vector<std::vector<Shape>> shapes_;
  std::vector<std::vector<Box>> boxes_;
};

void check_range(const char* what, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return;
  throw Error(ErrorKind::usage, text("shapes: ", what, " is ", value, ", expected ", least, " to ", most));
}

}  // namespace

DetectionData make_shapes(const ShapesOptions& options) {
  constexpr int64_t kMostPictures = 1 << 24;
  check_range("size", options.size, 32, 4096);
  check_range("train", options.train, 1, kMostPictures);
  check_range("validation", options.validation, 0, kMostPictures);
  check_range("test", options.test, 0, kMostPictures);
  check_range("max_shapes", options.max_shapes, 1, 100);
  DetectionData data;
  data.class_names = {"circle", "square", "triangle"};
  data.train = std::make_shared<ShapePictures>(options, 0, options.train);
  data.validation = std::make_shared<ShapePictures>(options, 1, options.validation);
  data.test = std::make_shared<ShapePictures>(options, 2, options.test);
  return data;
}

}  // namespace lamina::yolov3
