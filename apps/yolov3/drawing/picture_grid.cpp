// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/picture_grid.h"

#include <algorithm>
#include <cmath>

#include "apps/yolov3/drawing/canvas.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

constexpr int64_t kGap = 12;  // pixels between cells and around them
constexpr int64_t kCaptionHeight = 24;
constexpr double kFontSize = 13;
constexpr int64_t kMinCellSide = 32;
constexpr Color kSheet{0.95, 0.95, 0.96};
constexpr Color kMat{0.86, 0.87, 0.89};
constexpr Color kInk{0.15, 0.16, 0.18};

// The beginning of `caption` that is not wider than `width`, with a mark where it was cut.
std::string fitted(cairo_t* cairo, std::string caption, double width) {
  if (text_width(cairo, caption) <= width) return caption;
  while (!caption.empty() && text_width(cairo, caption + "…") > width) {
    while (!caption.empty() && (caption.back() & 0xc0) == 0x80) caption.pop_back();  // all bytes of a character
    if (!caption.empty()) caption.pop_back();
  }
  return caption + "…";
}

void draw_picture(const Canvas& sheet, const Picture& picture, double x, double y, double side) {
  cairo_t* cairo = sheet.cairo();
  sheet.set_color(kMat);
  cairo_rectangle(cairo, x, y, side, side);
  cairo_fill(cairo);
  const auto width = static_cast<double>(picture.width), height = static_cast<double>(picture.height);
  const double scale = std::min(side / width, side / height);
  const Canvas source(picture);
  cairo_save(cairo);
  cairo_translate(cairo, std::round(x + (side - width * scale) / 2), std::round(y + (side - height * scale) / 2));
  cairo_rectangle(cairo, 0, 0, width * scale, height * scale);
  cairo_clip(cairo);
  cairo_scale(cairo, scale, scale);
  cairo_set_source_surface(cairo, cairo_get_target(source.cairo()), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD);  // no seam where the edge is scaled
  cairo_paint(cairo);
  cairo_restore(cairo);
}

void draw_caption(const Canvas& sheet, const std::string& caption, double x, double y, double width) {
  cairo_t* cairo = sheet.cairo();
  sheet.set_color(kInk);
  cairo_move_to(cairo, x, y);
  cairo_show_text(cairo, fitted(cairo, drawable(caption), width).c_str());
}

}  // namespace

Picture picture_grid(std::span<const GridCell> cells, const GridOptions& options) {
  const auto count = static_cast<int64_t>(cells.size());
  if (count == 0) throw Error(ErrorKind::usage, "a grid of no pictures");
  if (options.columns < 0) throw Error(ErrorKind::usage, text("a grid of ", options.columns, " columns"));
  if (options.cell_side < kMinCellSide) {
    throw Error(ErrorKind::usage,
                text("a grid of cells of ", options.cell_side, " pixels; they have ", kMinCellSide, " or more"));
  }
  const auto about_square = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const int64_t columns = std::min(count, options.columns > 0 ? options.columns : about_square);
  const int64_t rows = (count + columns - 1) / columns;
  const int64_t step_x = options.cell_side + kGap, step_y = options.cell_side + kCaptionHeight + kGap;
  const Canvas sheet(checked_multiply(columns, step_x, "width of a grid") + kGap,
                     checked_multiply(rows, step_y, "height of a grid") + kGap, kSheet);
  set_font(sheet.cairo(), kFontSize);
  for (int64_t i = 0; i < count; ++i) {
    const auto x = static_cast<double>(kGap + i % columns * step_x), y = static_cast<double>(kGap + i / columns * step_y);
    const auto side = static_cast<double>(options.cell_side);
    const GridCell& cell = cells[static_cast<size_t>(i)];
    draw_picture(sheet, cell.picture, x, y, side);
    draw_caption(sheet, cell.caption, x, y + side + kFontSize + 4, side);
  }
  return sheet.picture();
}

}  // namespace lamina::yolov3
