// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/loss_plot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apps/yolov3/drawing/axis.h"
#include "apps/yolov3/drawing/class_color.h"
#include "core/io/read_file.h"
#include "tests/apps/yolov3/drawing/pictures.h"
#include "tests/core/io/faulty_file_ops.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

using testing::count_color;
using testing::expect_error;
using testing::ScratchFolder;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Axis, ReachesOutToRoundNumbers) {
  const Axis axis = Axis::linear(0.13, 4.4, 6);
  EXPECT_EQ(axis.ticks(), (std::vector<double>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(axis.label(3), "3");
  EXPECT_DOUBLE_EQ(axis.place(2.5), 0.5);
  const Axis small = Axis::linear(-0.02, 0.0301, 5);
  EXPECT_EQ(small.label(small.ticks()[1]), "0.00");
  EXPECT_EQ(small.ticks().size(), 4u);
}

TEST(Axis, HasDecadesWhereItIsLogarithmic) {
  const Axis axis = Axis::logarithmic(0.002, 300, 10);
  EXPECT_EQ(axis.ticks().size(), 7u);
  EXPECT_EQ(axis.label(axis.ticks().front()), "0.001");
  EXPECT_DOUBLE_EQ(axis.place(1), 0.5);
  EXPECT_EQ(Axis::logarithmic(1e-90, 1e90, 7).ticks().size(), 7u);
}

TEST(Axis, CountsEpochsInWholeNumbers) {
  EXPECT_EQ(Axis::of_whole_numbers(0, 3, 10).ticks(), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(Axis::of_whole_numbers(7, 7, 10).ticks(), (std::vector<double>{6, 7, 8}));
  EXPECT_EQ(Axis::of_whole_numbers(0, 299, 5).ticks(), (std::vector<double>{0, 100, 200}));
}

TEST(Axis, IsDefinedForEverySpan) {
  for (const auto& [least, most] : std::vector<std::pair<double, double>>{
           {0, 0}, {5, 5}, {-3, -3}, {1e-300, 1e-300}, {0, 1e-300}, {-1e100, 1e100}, {1e16, 1e16 + 2}, {0, 4e100}, {-1, 1e-12}}) {
    for (const Axis& axis : {Axis::linear(least, most, 6), Axis::of_whole_numbers(least, most, 6)}) {
      EXPECT_LE(axis.ticks().size(), 12u) << least << ", " << most;
      EXPECT_TRUE(std::isfinite(axis.place(least)) && std::isfinite(axis.place(most))) << least << ", " << most;
      for (const double tick : axis.ticks()) EXPECT_TRUE(std::isfinite(tick));
    }
  }
}

class LossPlot : public ::testing::Test {
 protected:
  Picture drawn(const std::vector<Curve>& curves, const PlotOptions& options = {}) const {
    write_plot(folder_ / "p.png", curves, options);
    return testing::read_png(folder_ / "p.png");
  }

  ScratchFolder folder_;
};

Curve rising(const std::string& name, std::vector<double> y) {
  Curve curve{name, {}, std::move(y)};
  for (size_t i = 0; i < curve.y.size(); ++i) curve.x.push_back(static_cast<double>(i));
  return curve;
}

TEST_F(LossPlot, DrawsEachCurveInItsColor) {
  const Picture picture = drawn({rising("loss", {9, 4, 2, 1}), rising("val_loss", {9, 6, 5, 5})}, {.title = "a run"});
  EXPECT_EQ(picture.width, 960);
  EXPECT_EQ(picture.height, 600);
  EXPECT_GT(count_color(picture, class_color(0), 0, 800), 500);
  EXPECT_GT(count_color(picture, class_color(1), 0, 800), 500);
  EXPECT_EQ(count_color(picture, class_color(2)), 0);
}

TEST_F(LossPlot, LeavesAGapForWhatIsNotFinite) {
  const Curve curve = rising("loss", {1, 1, kNan, kInfinity, 1, 1});
  const Picture picture = drawn({curve}), whole = drawn({rising("loss", {1, 1, 1, 1, 1, 1})});
  // Epochs 0 to 5 lie about 170 pixels apart, the first at 75; the legend is at the right.
  EXPECT_EQ(count_color(picture, class_color(0), 270, 730), 0);
  EXPECT_GT(count_color(whole, class_color(0), 270, 730), 300);
  EXPECT_GT(count_color(picture, class_color(0), 80, 240), 100);
}

TEST_F(LossPlot, MarksPointsThatStandAlone) {
  for (const std::vector<double>& values : {std::vector<double>{12.5}, std::vector<double>{kNan, 3, kNan}}) {
    const int64_t dot = count_color(drawn({rising("loss", values)}), class_color(0), 0, 800);
    EXPECT_GT(dot, 15);
    EXPECT_LT(dot, 60);
  }
}

TEST_F(LossPlot, IsDefinedWithoutNumbersAndForLargeOnes) {
  EXPECT_EQ(drawn({}).width, 960);
  EXPECT_EQ(count_color(drawn({rising("loss", {kNan, kInfinity, 1e200})}), class_color(0)), 0);
  EXPECT_GT(count_color(drawn({rising("loss", {1e30, 1, -1e30})}), class_color(0), 0, 800), 100);
}

// On a linear axis all but the first epoch would lie on the ground line.
TEST_F(LossPlot, IsLogarithmicOverALargeRange) {
  const auto height_of_second = [&](const std::vector<double>& values) {
    const Picture picture = drawn({rising("loss", values)});
    for (int64_t y = 0; y < picture.height; ++y) {
      if (testing::is_close(testing::pixel(picture, 520, y), class_color(0))) return y;
    }
    return picture.height;
  };
  EXPECT_LT(height_of_second({1e4, 100, 1}), 350);
  EXPECT_GT(height_of_second({900, 9, 1}), 450);
}

TEST_F(LossPlot, GivesEqualFilesForEqualCurves) {
  const std::vector<Curve> curves = {rising("Verlust — потеря", {3, 2, 1})};
  write_plot(folder_ / "a.png", curves);
  write_plot(folder_ / "b.png", curves);
  EXPECT_EQ(read_file(folder_ / "a.png"), read_file(folder_ / "b.png"));
}

TEST_F(LossPlot, WritesAnSvgWithTheCurves) {
  write_plot(folder_ / "p.svg", std::vector<Curve>{rising("Verlust — потеря", {3, 2, 1})});
  const auto bytes = read_file(folder_ / "p.svg");
  const std::string svg(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_TRUE(svg.starts_with("<?xml"));
  EXPECT_NE(svg.find("stroke-width:2;"), std::string::npos);  // nothing else is drawn that wide
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST_F(LossPlot, KeepsTheOldFileWhereTheDiskIsFull) {
  for (const std::string name : {"p.png", "p.svg"}) {
    write_plot(folder_ / name, std::vector<Curve>{rising("loss", {1, 2})});
    const auto before = read_file(folder_ / name);
    testing::FaultyFileOps files;
    files.fail("write", 1, ENOSPC);
    EXPECT_THROW(write_plot(folder_ / name, std::vector<Curve>{rising("loss", {5})}, {}, files), Error);
    EXPECT_EQ(read_file(folder_ / name), before);
  }
}

TEST_F(LossPlot, RefusesWhatIsNoPlot) {
  const auto plot = [&](const std::string& name, const std::vector<Curve>& curves, const PlotOptions& options = {}) {
    return [=] { write_plot(name, curves, options); };
  };
  expect_error(ErrorKind::usage, "a plot is a .png or .svg file, not \"p.pdf\"", plot("p.pdf", {}));
  expect_error(ErrorKind::usage, "a plot of 199 x 600; a side has 200 to 32767", plot("p.png", {}, {.width = 199}));
  expect_error(ErrorKind::usage, "a plot of 960 x 40000; a side has 200 to 32767", plot("p.svg", {}, {.height = 40'000}));
  expect_error(ErrorKind::usage, "curve 'loss' has 1 x and 2 y", plot("p.png", {{"loss", {0}, {1, 2}}}));
}

TEST(CurvesOf, TakesSeriesOfAHistory) {
  History history;
  Logs first, second;
  first.set("loss", 3);
  second.set("loss", 2);
  second.set("val_loss", 5);
  first.set("val_loss", 6);
  history.append(4, first);
  history.append(5, second);
  const std::vector<Curve> all = curves_of(history);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "loss");
  EXPECT_EQ(all[0].x, (std::vector<double>{4, 5}));
  EXPECT_EQ(all[0].y, (std::vector<double>{3, 2}));
  ASSERT_EQ(curves_of(history, {"val_loss"}).size(), 1u);
  expect_error(ErrorKind::model, "no 'los' in the history (did you mean 'loss'?); there are 'loss', 'val_loss'",
               [&] { curves_of(history, {"los"}); });
  second.set("late", 1);
  history.append(6, second);
  expect_error(ErrorKind::model,
               "series 'late' has 1 numbers for 3 epochs; make a Curve of it with the epochs that it was measured in",
               [&] { curves_of(history); });
}

}  // namespace
}  // namespace lamina::yolov3
