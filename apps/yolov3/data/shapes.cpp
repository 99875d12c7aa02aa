// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/shapes.h"

#include <algorithm>
#include <cmath>

#include "apps/yolov3/data/box_overlap.h"
#include "core/base/check.h"
#include "core/base/philox.h"

namespace lamina::yolov3 {
namespace {

enum Label { kDisc, kSquare, kTriangle };

constexpr int kMaxShapes = 6;
constexpr int kTries = 8;             // places that are tried for a shape before it is given up
constexpr double kMaxOverlap = 0.15;  // of two boxes

struct Colour {
  double red, green, blue;
};

struct Shape {
  Box box;
  Colour colour;
};

// The numbers of one picture, one after the other.
class Draws {
 public:
  explicit Draws(RandomKey key) : key_(key) {}
  double uniform(double low, double high) { return low + (high - low) * static_cast<double>(key_.uniform(next_++)); }
  int below(int count) { return std::min(static_cast<int>(uniform(0, count)), count - 1); }
  Colour colour(double low, double high) { return {uniform(low, high), uniform(low, high), uniform(low, high)}; }

 private:
  RandomKey key_;
  uint64_t next_ = 0;
};

struct Scene {
  Colour ground;
  double slope_x, slope_y, wave;  // of the ground's brightness
  std::vector<Shape> shapes;
};

// Far enough from the ground to be seen: the brightest channel of one is the darkest of the other.
Colour against(const Colour& ground, Draws& draws) {
  Colour colour = draws.colour(40, 255);
  const double difference = std::abs(colour.red - ground.red) + std::abs(colour.green - ground.green) + std::abs(colour.blue - ground.blue);
  if (difference < 160) colour = {255 - ground.red, 255 - ground.green, draws.uniform(0, 80)};
  return colour;
}

Scene make_scene(const RandomKey& key, double size) {
  Draws draws(key);
  Scene scene{draws.colour(40, 200), draws.uniform(-40, 40), draws.uniform(-40, 40), draws.uniform(0.02, 0.2), {}};
  const int wanted = 1 + draws.below(kMaxShapes);
  for (int i = 0; i < wanted; ++i) {
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const double side = size * draws.uniform(0.12, 0.4);
      const double left = std::floor(draws.uniform(0, size - side)), top = std::floor(draws.uniform(0, size - side));
      const Box box{left, top, left + std::floor(side), top + std::floor(side), draws.below(3)};
      const bool apart = std::none_of(scene.shapes.begin(), scene.shapes.end(), [&](const Shape& other) { return overlap(box, other.box) > kMaxOverlap; });
      if (!apart) continue;
      scene.shapes.push_back({box, against(scene.ground, draws)});
      break;
    }
  }
  return scene;
}

// Whether the point lies in the shape: its box holds it exactly.
bool covers(const Box& box, double x, double y) {
  if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) return false;
  const double across = (x - box.left) / box.width(), down = (y - box.top) / box.height();  // 0 to 1
  switch (box.label) {
    case kDisc: return (across - 0.5) * (across - 0.5) + (down - 0.5) * (down - 0.5) <= 0.25;
    case kTriangle: return std::abs(across - 0.5) <= down / 2;  // the point is up
    default: return true;
  }
}

Picture draw(const Scene& scene, int64_t size, const RandomKey& grain) {
  Picture picture{size, size, {}};
  picture.rgb.resize(static_cast<size_t>(size * size) * 3);
  for (int64_t row = 0; row < size; ++row) {
    for (int64_t column = 0; column < size; ++column) {
      const double x = static_cast<double>(column) + 0.5, y = static_cast<double>(row) + 0.5, whole = static_cast<double>(size);
      const double light = scene.slope_x * (x / whole - 0.5) + scene.slope_y * (y / whole - 0.5) + 12 * std::sin(scene.wave * (x + y)) +
                           16 * (static_cast<double>(grain.uniform(static_cast<uint64_t>(row * size + column))) - 0.5);
      Colour colour{scene.ground.red + light, scene.ground.green + light, scene.ground.blue + light};
      for (const Shape& shape : scene.shapes) {
        if (covers(shape.box, x, y)) colour = {shape.colour.red + light / 3, shape.colour.green + light / 3, shape.colour.blue + light / 3};
      }
      const double channels[] = {colour.red, colour.green, colour.blue};
      for (size_t channel = 0; channel < 3; ++channel) {
        picture.rgb[static_cast<size_t>(row * size + column) * 3 + channel] = static_cast<uint8_t>(std::clamp(channels[channel], 0.0, 255.0));
      }
    }
  }
  return picture;
}

class Shapes final : public PictureSource {
 public:
  Shapes(const char* split, uint32_t stream, int64_t count, const ShapesOptions& options) : split_(split), stream_(stream), options_(options) {
    for (int64_t i = 0; i < count; ++i) {
      const Scene scene = make_scene(key(i, 0), static_cast<double>(options.size));
      std::vector<Box>& boxes = boxes_.emplace_back();
      for (const Shape& shape : scene.shapes) boxes.push_back(shape.box);
    }
  }
  int64_t count() const override { return static_cast<int64_t>(boxes_.size()); }
  const std::vector<Box>& boxes(int64_t index) const override { return boxes_.at(static_cast<size_t>(index)); }
  std::string name(int64_t index) const override { return text(split_, " shape picture ", index); }
  Picture read(int64_t index) const override {
    return draw(make_scene(key(index, 0), static_cast<double>(options_.size)), options_.size, key(index, 1));
  }

 private:
  // `part`: 0 for the scene, 1 for the grain of the ground.
  RandomKey key(int64_t index, uint32_t part) const {
    return {options_.seed, RandomPurpose::shapes, 2 * stream_ + part, static_cast<uint32_t>(index)};
  }

  const char* split_;
  uint32_t stream_;
  ShapesOptions options_;
  std::vector<std::vector<Box>> boxes_;
};

}  // namespace

DetectionData make_shapes(const ShapesOptions& options) {
  LAMINA_CHECK(options.size >= 32 && options.size <= 4096 && options.train > 0 && options.validation >= 0 && options.test >= 0,
               "shapes are drawn at 32 to 4096 pixels, with one training picture or more; got size ", options.size, " and ", options.train,
               " training pictures");
  DetectionData data;
  data.source = text("shapes, seed ", options.seed);
  data.class_names = {"disc", "square", "triangle"};
  data.train = std::make_shared<Shapes>("train", 0, options.train, options);
  data.validation = std::make_shared<Shapes>("validation", 1, options.validation, options);
  data.test = std::make_shared<Shapes>("test", 2, options.test, options);
  return data;
}

}  // namespace lamina::yolov3
