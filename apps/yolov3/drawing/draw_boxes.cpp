// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/draw_boxes.h"

#include <algorithm>
#include <cmath>

#include "apps/yolov3/drawing/canvas.h"
#include "apps/yolov3/drawing/class_color.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

class BoxPainter {
 public:
  BoxPainter(const Canvas& canvas, const std::vector<std::string>& class_names) : canvas_(canvas), class_names_(class_names) {
    const auto side = static_cast<double>(std::min(canvas.width(), canvas.height()));
    line_ = std::clamp(side / 240, 1.0, 8.0);
    set_font(canvas.cairo(), std::clamp(side / 30, 9.0, 40.0));
    cairo_font_extents(canvas.cairo(), &font_);
  }

  void paint(const Box& box, const std::string& after_name) const {
    LAMINA_CHECK(box.label >= 0 && static_cast<size_t>(box.label) < class_names_.size(), "a box to be drawn has the label ",
                 box.label, "; there are ", class_names_.size(), " class names");
    LAMINA_CHECK(std::isfinite(box.left + box.top + box.right + box.bottom), "a box to be drawn has the edges ", box.left, ", ",
                 box.top, ", ", box.right, ", ", box.bottom, "; they must be finite");
    outline(box);
    label(box, drawable(class_names_[static_cast<size_t>(box.label)]) + after_name);
  }

 private:
  // The line lies inside of the box, and inside of the picture.
  void outline(const Box& box) const {
    cairo_t* cairo = canvas_.cairo();
    const double left = std::clamp(box.left, 0.0, width()) + line_ / 2, right = std::clamp(box.right, 0.0, width()) - line_ / 2;
    const double top = std::clamp(box.top, 0.0, height()) + line_ / 2, bottom = std::clamp(box.bottom, 0.0, height()) - line_ / 2;
    const double dashes[] = {4 * line_, 3 * line_};
    cairo_set_dash(cairo, dashes, box.difficult ? 2 : 0, 0);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_MITER);
    cairo_rectangle(cairo, left, top, std::max(right - left, 0.0), std::max(bottom - top, 0.0));
    canvas_.set_color(kBlack, 0.35);  // a rim, so that the color shows on a ground of its own kind
    cairo_set_line_width(cairo, line_ + 2);
    cairo_stroke_preserve(cairo);
    canvas_.set_color(class_color(box.label));
    cairo_set_line_width(cairo, line_);
    cairo_stroke(cairo);
  }

  void label(const Box& box, const std::string& words) const {
    cairo_t* cairo = canvas_.cairo();
    const double pad = std::round(font_.height * 0.2);
    const double label_width = std::ceil(text_width(cairo, words) + 2 * pad), label_height = std::ceil(font_.height + pad);
    const double x = std::max(0.0, std::min(box.left, width() - label_width));
    const double above = box.top - label_height;
    const double y = std::max(0.0, std::min(above >= 0 ? above : box.top, height() - label_height));
    const Color color = class_color(box.label);
    canvas_.set_color(color, 0.88);
    cairo_rectangle(cairo, std::floor(x), std::floor(y), label_width, label_height);
    cairo_fill(cairo);
    canvas_.set_color(readable_on(color));
    cairo_move_to(cairo, std::floor(x) + pad, std::floor(y) + pad / 2 + font_.ascent);
    cairo_show_text(cairo, words.c_str());
    cairo_new_path(cairo);
  }

  double width() const { return static_cast<double>(canvas_.width()); }
  double height() const { return static_cast<double>(canvas_.height()); }

  const Canvas& canvas_;
  const std::vector<std::string>& class_names_;
  double line_ = 1;
  cairo_font_extents_t font_{};
};

}  // namespace

Picture draw_boxes(const Picture& picture, std::span<const Box> boxes, const std::vector<std::string>& class_names) {
  const Canvas canvas(picture);
  const BoxPainter painter(canvas, class_names);
  for (const Box& box : boxes) painter.paint(box, "");
  return canvas.picture();
}

Picture draw_boxes(const Picture& picture, std::span<const Detection> detections, const std::vector<std::string>& class_names) {
  std::vector<Detection> rising(detections.begin(), detections.end());
  std::stable_sort(rising.begin(), rising.end(), [](const Detection& a, const Detection& b) { return a.score < b.score; });
  const Canvas canvas(picture);
  const BoxPainter painter(canvas, class_names);
  for (const Detection& detection : rising) painter.paint(detection.box, text(" ", std::llround(100 * detection.score), "%"));
  return canvas.picture();
}

}  // namespace lamina::yolov3
