// SPDX-License-Identifier: Apache-2.0
// A cairo surface that frees itself, and the way from it to a Picture, a PNG and an SVG.
#pragma once

#include <cairo.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "apps/yolov3/picture/picture.h"
#include "core/io/file_ops.h"

namespace lamina::yolov3 {

struct Color {
  double red = 0;  // 0 to 1
  double green = 0;
  double blue = 0;
  friend bool operator==(const Color&, const Color&) = default;
};

inline constexpr Color kBlack{0, 0, 0};
inline constexpr Color kWhite{1, 1, 1};

// Pixels in memory with what draws on them. Everything that cairo reports as failed throws ErrorKind::internal, or
// ErrorKind::device where it had no memory.
class Canvas {
 public:
  // All of one color. Throws ErrorKind::usage for sides below 1 or above 32767, the most that cairo draws.
  Canvas(int64_t width, int64_t height, const Color& background);
  explicit Canvas(const Picture& picture);

  cairo_t* cairo() const { return cairo_.get(); }
  int64_t width() const;
  int64_t height() const;

  void set_color(const Color& color, double opacity = 1) const;
  Picture picture() const;

  // Replaces `path` atomically; throws ErrorKind::io as write_file_atomically does.
  void write_png(const std::filesystem::path& path, FileOps& files = FileOps::system()) const;

 private:
  struct Free {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
  };

  void check() const;

  std::unique_ptr<cairo_surface_t, Free> surface_;
  std::unique_ptr<cairo_t, Free> cairo_;
};

void write_png(const std::filesystem::path& path, const Picture& picture, FileOps& files = FileOps::system());

// What `draw` draws on width x height points, as a vector graphic.
void write_svg(const std::filesystem::path& path, int64_t width, int64_t height, const std::function<void(cairo_t*)>& draw,
               FileOps& files = FileOps::system());

// A name from a file as cairo takes it: UTF-8 without control characters.
std::string drawable(const std::string& name);

// Sans serif, as the words in pictures are; `bold` for headings.
void set_font(cairo_t* cairo, double size, bool bold = false);

// Where the font has them: of a line of text, from its origin on the baseline.
double text_width(cairo_t* cairo, const std::string& words);

}  // namespace lamina::yolov3
