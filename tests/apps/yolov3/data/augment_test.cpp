// SPDX-License-Identifier: Apache-2.0
// That each drawn quantity has the distribution of keras-yolo3's, and colours against the textbook's HSV.
#include "apps/yolov3/data/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;
using ::testing::ElementsAre;

constexpr int kDraws = 4000;

std::vector<Augmentation> drawn(const AugmentOptions& options, int64_t width, int64_t height) {
  std::vector<Augmentation> all;
  for (int i = 0; i < kDraws; ++i) {
    RandomDraws draws(5, DataUse::augment, 0, i);
    all.push_back(draw_augmentation(draws, options, width, height));
  }
  return all;
}

template <class Measure>
std::vector<double> sorted(const std::vector<Augmentation>& all, const Measure& measure) {
  std::vector<double> values;
  for (const Augmentation& one : all) values.push_back(measure(one));
  std::sort(values.begin(), values.end());
  return values;
}

// The largest gap between the shares of `values` and of the distribution; above 1.63 / sqrt(n) in 1 % of samples.
template <class Cumulative>
double largest_gap(const std::vector<double>& values, const Cumulative& cumulative) {
  double gap = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    gap = std::max(gap, std::abs(cumulative(values[i]) - (static_cast<double>(i) + 0.5) / static_cast<double>(values.size())));
  }
  return gap;
}

constexpr double kMostGap = 0.03;

TEST(Augmentation, HasHuesMirrorsAndFactorsOfKerasYolo3) {
  const std::vector<Augmentation> all = drawn({}, 416, 416);
  EXPECT_LT(largest_gap(sorted(all, [](const Augmentation& a) { return a.color.hue; }), [](double x) { return (x + 0.1) / 0.2; }),
            kMostGap);
  // Half of them uniform in 1 to 1.5, half one over such a number.
  const auto factor = [](double x) { return x >= 1 ? 0.5 + (x - 1) : 0.5 * (1.5 - 1 / x) / 0.5; };
  EXPECT_LT(largest_gap(sorted(all, [](const Augmentation& a) { return a.color.saturation; }), factor), kMostGap);
  EXPECT_LT(largest_gap(sorted(all, [](const Augmentation& a) { return a.color.value; }), factor), kMostGap);
  const auto mirrored = std::count_if(all.begin(), all.end(), [](const Augmentation& a) { return a.placement.mirrored; });
  EXPECT_NEAR(static_cast<double>(mirrored) / kDraws, 0.5, kMostGap);
}

TEST(Augmentation, HasSizesOfKerasYolo3) {
  const std::vector<Augmentation> all = drawn({}, 416, 416);
  const auto longer = [](const Augmentation& a) {
    return static_cast<double>(std::max(a.placement.width, a.placement.height)) / 416;
  };
  EXPECT_LT(largest_gap(sorted(all, longer), [](double x) { return (x - 0.25) / 1.75; }), kMostGap);
  // The quotient of two numbers that are uniform in 0.7 to 1.3.
  const auto quotient = [](double q) {
    double sum = 0;
    for (int i = 0; i < 1000; ++i) sum += std::clamp((q * (0.7 + 0.6 * (i + 0.5) / 1000) - 0.7) / 0.6, 0.0, 1.0);
    return sum / 1000;
  };
  const auto aspect = [](const Augmentation& a) {
    return static_cast<double>(a.placement.width) / static_cast<double>(a.placement.height);
  };
  EXPECT_LT(largest_gap(sorted(all, aspect), quotient), kMostGap);
}

TEST(Augmentation, TakesTheAspectRatioFromTheInput) {
  const std::vector<Augmentation> all = drawn({.jitter = 0, .scale_least = 0.5, .scale_most = 0.5}, 608, 352);
  for (const Augmentation& one : all) {
    ASSERT_EQ(one.placement.width, 304);
    ASSERT_EQ(one.placement.height, 176);
  }
}

TEST(Augmentation, PlacesUniformlyInsideOrAround) {
  const auto left = [](const Augmentation& a) { return static_cast<double>(a.placement.left); };
  const auto small = sorted(drawn({.jitter = 0, .scale_least = 0.5, .scale_most = 0.5}, 416, 416), left);
  EXPECT_LT(largest_gap(small, [](double x) { return (x + 0.5) / 208; }), kMostGap);
  EXPECT_GE(small.front(), 0);
  EXPECT_LE(small.back(), 208);
  const auto large = sorted(drawn({.jitter = 0, .scale_least = 2, .scale_most = 2}, 416, 416), left);
  EXPECT_LT(largest_gap(large, [](double x) { return (x + 416 - 0.5) / 416; }), kMostGap);
  EXPECT_GE(large.front(), -416);
  EXPECT_LE(large.back(), 0);
}

TEST(Augmentation, IsDrawnAnewForEverySampleAndEpoch) {
  const auto hue = [](uint64_t seed, int64_t epoch, int64_t sample) {
    RandomDraws draws(seed, DataUse::augment, epoch, sample);
    return draw_augmentation(draws, {}, 416, 416).color.hue;
  };
  EXPECT_EQ(hue(1, 2, 3), hue(1, 2, 3));
  EXPECT_NE(hue(1, 2, 3), hue(2, 2, 3));
  EXPECT_NE(hue(1, 2, 3), hue(1, 3, 3));
  EXPECT_NE(hue(1, 2, 3), hue(1, 2, 4));
}

TEST(Augmentation, RefusesOptionsOutsideOfTheirRange) {
  const auto refused = [](const std::string& message, const AugmentOptions& options) {
    expect_error(ErrorKind::usage, "augmentation: " + message, [&] { check_augment_options(options); });
  };
  refused("jitter is 1, expected 0 to 0.9", {.jitter = 1});
  refused("scale_least is 0, expected 0.01 to 10", {.scale_least = 0});
  refused("scale_most is 0.1, expected 0.25 to 10", {.scale_most = 0.1});
  refused("mirror is 2, expected 0 to 1", {.mirror = 2});
  refused("hue is nan, expected 0 to 0.5", {.hue = std::nan("")});
  refused("saturation is 0, expected 1 to 100", {.saturation = 0});
  refused("value is 0.5, expected 1 to 100", {.value = 0.5});
}

using Color = std::array<double, 3>;

Color hsv_of(const Color& rgb) {
  const double most = *std::max_element(rgb.begin(), rgb.end()), range = most - *std::min_element(rgb.begin(), rgb.end());
  double hue = 0;
  if (range > 0) {
    const size_t top = static_cast<size_t>(std::max_element(rgb.begin(), rgb.end()) - rgb.begin());
    hue = (rgb[(top + 1) % 3] - rgb[(top + 2) % 3]) / range / 6 + static_cast<double>(top) / 3;
  }
  return {hue - std::floor(hue), most > 0 ? range / most : 0, most};
}

Color rgb_of(const Color& hsv) {
  const double sixths = 6 * hsv[0], part = sixths - std::floor(sixths), v = hsv[2];
  const double p = v * (1 - hsv[1]), q = v * (1 - hsv[1] * part), t = v * (1 - hsv[1] * (1 - part));
  const std::array<Color, 6> sectors = {{{{v, t, p}}, {{q, v, p}}, {{p, v, t}}, {{p, q, v}}, {{t, p, v}}, {{v, p, q}}}};
  return sectors[static_cast<size_t>(sixths) % 6];
}

TEST(ChangeColor, TurnsHuesAndScalesSaturationAndValue) {
  std::vector<float> image;
  for (int r = 0; r <= 8; ++r) {
    for (int g = 0; g <= 8; ++g) {
      for (int b = 0; b <= 8; ++b) {
        for (const int level : {r, g, b}) image.push_back(static_cast<float>(level) / 8);
      }
    }
  }
  for (const ColorChange& change :
       {ColorChange{0, 1, 1}, ColorChange{0.1, 1.5, 0.7}, ColorChange{-0.1, 0.7, 1.5}, ColorChange{0.5, 1, 1}}) {
    std::vector<float> changed = image;
    change_color(change, changed);
    for (size_t i = 0; i < image.size(); i += 3) {
      Color hsv = hsv_of({image[i], image[i + 1], image[i + 2]});
      hsv[0] += change.hue;
      hsv = {hsv[0] - std::floor(hsv[0]), std::min(hsv[1] * change.saturation, 1.0), std::min(hsv[2] * change.value, 1.0)};
      const Color expected = rgb_of(hsv);
      for (size_t c = 0; c < 3; ++c) ASSERT_NEAR(changed[i + c], expected[c], 1e-5) << "colour " << i / 3 << " channel " << c;
    }
  }
}

TEST(BoxesInInput, AreCutAndDroppedAtAPixelOrLess) {
  const std::vector<Box> boxes = {{10, 10, 30, 30, 0}, {90, 40, 100, 60, 1}, {0, 0, 10.5, 30, 2},
                                  {0, 0, 11.5, 30, 3}, {40, 96, 60, 99, 4},  {40, 96, 60, 98, 5}};
  const Placement placement{-10, 0, 100, 50};  // 100 x 100 pixels to 100 x 50
  EXPECT_THAT(boxes_in_input(boxes, 100, 100, placement, 85, 50),
              ElementsAre(Box{0, 5, 20, 15, 0}, Box{80, 20, 85, 30, 1}, Box{0, 0, 1.5, 15, 3}, Box{30, 48, 50, 49.5, 4}));
}

}  // namespace
}  // namespace lamina::yolov3
