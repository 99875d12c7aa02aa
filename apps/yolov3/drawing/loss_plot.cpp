// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/loss_plot.h"

#include <algorithm>
#include <cmath>

#include "apps/yolov3/drawing/axis.h"
#include "apps/yolov3/drawing/canvas.h"
#include "apps/yolov3/drawing/class_color.h"
#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

constexpr Color kInk{0.15, 0.16, 0.18};
constexpr Color kGrid{0.88, 0.89, 0.91};
constexpr double kFont = 13;
constexpr double kLargeRange = 1000;  // from here on the y axis is logarithmic
constexpr int64_t kMinSide = 200;
constexpr int64_t kMaxSide = 32767;

// Beyond this the difference of two numbers may not be finite, and no loss is.
bool is_drawn(double value) { return std::abs(value) <= 1e100; }

struct Range {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();

  void take(double value) {
    if (!is_drawn(value)) return;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  bool empty() const { return least > most; }
};

Axis y_axis(const Range& range, int most_ticks) {
  const bool large = range.least > 0 && range.most / range.least >= kLargeRange;
  return large ? Axis::logarithmic(range.least, range.most, most_ticks) : Axis::linear(range.least, range.most, most_ticks);
}

class Plot {
 public:
  Plot(cairo_t* cairo, std::span<const Curve> curves, const PlotOptions& options)
      : cairo_(cairo),
        curves_(curves),
        options_(options),
        width_(static_cast<double>(options.width)),
        height_(static_cast<double>(options.height)) {}

  void draw() {
    set(kWhite);
    cairo_paint(cairo_);
    Range x, y;
    for (const Curve& curve : curves_) {
      for (size_t i = 0; i < curve.x.size(); ++i) {
        if (is_drawn(curve.y[i])) x.take(curve.x[i]);
        y.take(curve.y[i]);
      }
    }
    title();
    if (x.empty() || y.empty()) return nothing_to_draw();
    const Axis of_x = Axis::of_whole_numbers(x.least, x.most, std::max(3, static_cast<int>(width_ / 90)));
    const Axis of_y = y_axis(y, std::max(3, static_cast<int>(height_ / 70)));
    lay_out(of_y);
    axes(of_x, of_y);
    for (size_t i = 0; i < curves_.size(); ++i) draw_curve(curves_[i], class_color(static_cast<int>(i)), of_x, of_y);
    legend();
  }

 private:
  void set(const Color& color, double opacity = 1) const {
    cairo_set_source_rgba(cairo_, color.red, color.green, color.blue, opacity);
  }

  void write(const std::string& words, double x, double y) const {
    cairo_move_to(cairo_, x, y);
    cairo_show_text(cairo_, words.c_str());
  }
  void write_centered(const std::string& words, double x, double y) const { write(words, x - text_width(cairo_, words) / 2, y); }

  void line(double x1, double y1, double x2, double y2) const {
    cairo_move_to(cairo_, x1, y1);
    cairo_line_to(cairo_, x2, y2);
    cairo_stroke(cairo_);
  }

  void title() {
    if (options_.title.empty()) return;
    set(kInk);
    set_font(cairo_, kFont * 1.25, true);
    write_centered(drawable(options_.title), width_ / 2, 28);
    top_ = 44;
  }

  void nothing_to_draw() const {
    set(kInk);
    set_font(cairo_, kFont);
    write_centered("there is no number to draw", width_ / 2, height_ / 2);
  }

  // Room for the widest number at the left.
  void lay_out(const Axis& of_y) {
    set_font(cairo_, kFont);
    double widest = 0;
    for (const double tick : of_y.ticks()) widest = std::max(widest, text_width(cairo_, of_y.label(tick)));
    left_ = 20 + kFont * 1.5 + widest + 8;
    bottom_ = height_ - 20 - 2.6 * kFont;
    right_ = width_ - 24;
  }

  double at_x(const Axis& axis, double value) const { return left_ + axis.place(value) * (right_ - left_); }
  double at_y(const Axis& axis, double value) const { return bottom_ - axis.place(value) * (bottom_ - top_); }

  void axes(const Axis& of_x, const Axis& of_y) const {
    cairo_set_line_width(cairo_, 1);
    for (const double tick : of_y.ticks()) {
      const double y = std::round(at_y(of_y, tick)) + 0.5;
      set(kGrid);
      line(left_, y, right_, y);
      set(kInk);
      const std::string label = of_y.label(tick);
      write(label, left_ - 8 - text_width(cairo_, label), y + kFont * 0.35);
    }
    for (const double tick : of_x.ticks()) {
      const double x = std::round(at_x(of_x, tick)) + 0.5;
      set(kGrid);
      line(x, top_, x, bottom_);
      set(kInk);
      line(x, bottom_, x, bottom_ + 5);
      write_centered(of_x.label(tick), x, bottom_ + 8 + kFont);
    }
    line(left_, std::round(bottom_) + 0.5, right_, std::round(bottom_) + 0.5);
    write_centered(drawable(options_.x_label), (left_ + right_) / 2, height_ - 14);
    cairo_save(cairo_);
    cairo_translate(cairo_, 12 + kFont, (top_ + bottom_) / 2);
    cairo_rotate(cairo_, -std::acos(-1.0) / 2);
    write_centered(drawable(options_.y_label), 0, 0);
    cairo_restore(cairo_);
  }

  // A point that has no neighbour to be joined with is a dot.
  void draw_curve(const Curve& curve, const Color& color, const Axis& of_x, const Axis& of_y) const {
    set(color);
    cairo_set_line_width(cairo_, 2);
    cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
    const auto there = [&](size_t i) { return i < curve.x.size() && is_drawn(curve.x[i]) && is_drawn(curve.y[i]); };
    for (size_t i = 0; i < curve.x.size(); ++i) {
      if (!there(i)) continue;
      const double x = at_x(of_x, curve.x[i]), y = at_y(of_y, curve.y[i]);
      const bool joined = i > 0 && there(i - 1);
      joined ? cairo_line_to(cairo_, x, y) : cairo_move_to(cairo_, x, y);
      if (there(i + 1)) continue;
      if (!joined) {
        cairo_new_path(cairo_);
        cairo_arc(cairo_, x, y, 3.5, 0, 2 * std::acos(-1.0));
        cairo_fill(cairo_);
      }
      cairo_stroke(cairo_);
    }
  }

  // At the top right, where falling losses leave room.
  void legend() const {
    double widest = 0;
    for (const Curve& curve : curves_) widest = std::max(widest, text_width(cairo_, drawable(curve.name)));
    const double row = kFont * 1.5, box_width = widest + 50, box_height = row * static_cast<double>(curves_.size()) + 10;
    const double x = right_ - box_width - 10, y = top_ + 10;
    set(kWhite, 0.88);
    cairo_rectangle(cairo_, x, y, box_width, box_height);
    cairo_fill_preserve(cairo_);
    set(kGrid);
    cairo_set_line_width(cairo_, 1);
    cairo_stroke(cairo_);
    for (size_t i = 0; i < curves_.size(); ++i) {
      const double middle = y + 5 + row * (static_cast<double>(i) + 0.5);
      set(class_color(static_cast<int>(i)));
      cairo_set_line_width(cairo_, 3);
      line(x + 10, middle, x + 32, middle);
      set(kInk);
      write(drawable(curves_[i].name), x + 40, middle + kFont * 0.35);
    }
  }

  cairo_t* cairo_;
  std::span<const Curve> curves_;
  const PlotOptions& options_;
  double width_, height_;
  double left_ = 0, top_ = 20, right_ = 0, bottom_ = 0;  // of the area of the curves
};

void check(const std::filesystem::path& path, std::span<const Curve> curves, const PlotOptions& options) {
  const std::string ending = path.extension().string();
  if (ending != ".png" && ending != ".svg") {
    throw Error(ErrorKind::usage, text("a plot is a .png or .svg file, not ", in_quotes(path.native())));
  }
  if (std::min(options.width, options.height) < kMinSide || std::max(options.width, options.height) > kMaxSide) {
    throw Error(ErrorKind::usage,
                text("a plot of ", options.width, " x ", options.height, "; a side has ", kMinSide, " to ", kMaxSide));
  }
  for (const Curve& curve : curves) {
    if (curve.x.size() == curve.y.size()) continue;
    throw Error(ErrorKind::usage,
                text("curve '", printable(curve.name), "' has ", curve.x.size(), " x and ", curve.y.size(), " y"));
  }
}

}  // namespace

std::vector<Curve> curves_of(const History& history, const std::vector<std::string>& names) {
  const std::vector<double> epochs(history.epochs.begin(), history.epochs.end());
  std::vector<Curve> curves;
  const auto add = [&](const std::string& name, const std::vector<double>& values) {
    LAMINA_CHECK(values.size() == epochs.size(), "series '", name, "' has ", values.size(), " numbers for ", epochs.size(),
                 " epochs; make a Curve of it with the epochs that it was measured in");
    curves.push_back({name, epochs, values});
  };
  for (const std::string& name : names) add(name, history.at(name));
  if (!names.empty()) return curves;
  for (const auto& [name, values] : history.series) add(name, values);
  return curves;
}

void write_plot(const std::filesystem::path& path, std::span<const Curve> curves, const PlotOptions& options, FileOps& files) {
  check(path, curves, options);
  const auto draw = [&](cairo_t* cairo) { Plot(cairo, curves, options).draw(); };
  if (path.extension() == ".svg") return write_svg(path, options.width, options.height, draw, files);
  const Canvas canvas(options.width, options.height, kWhite);
  draw(canvas.cairo());
  canvas.write_png(path, files);
}

}  // namespace lamina::yolov3
