// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/canvas.h"

#include <cairo-svg.h>

#include <exception>

#include "core/base/check.h"
#include "core/io/atomic_file.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

constexpr int64_t kMaxSide = 32767;

void check_status(cairo_status_t status) {
  if (status == CAIRO_STATUS_SUCCESS) return;
  const bool no_memory = status == CAIRO_STATUS_NO_MEMORY;
  throw Error(no_memory ? ErrorKind::device : ErrorKind::internal, text("drawing failed: ", cairo_status_to_string(status)));
}

cairo_surface_t* new_surface(int64_t width, int64_t height) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    throw Error(ErrorKind::usage, text("cannot draw ", width, " x ", height, " pixels; a side has 1 to ", kMaxSide));
  }
  return cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height));
}

// RGB24 is a native 32-bit word per pixel, 0x00RRGGBB.
uint32_t* row_of(cairo_surface_t* surface, int64_t row) {
  return reinterpret_cast<uint32_t*>(cairo_image_surface_get_data(surface) + row * cairo_image_surface_get_stride(surface));
}

// No exception may pass through cairo, which is C.
cairo_status_t append(void* sink, const unsigned char* data, unsigned int bytes) {
  try {
    static_cast<MemorySink*>(sink)->write(data, bytes);
    return CAIRO_STATUS_SUCCESS;
  } catch (const std::exception&) {
    return CAIRO_STATUS_NO_MEMORY;
  }
}

void write_file(const std::filesystem::path& path, const MemorySink& drawn, FileOps& files) {
  write_file_atomically(
      path, [&](ByteSink& sink) { sink.write(drawn.bytes().data(), drawn.bytes().size()); }, files);
}

}  // namespace

Canvas::Canvas(int64_t width, int64_t height, const Color& background)
    : surface_(new_surface(width, height)), cairo_(cairo_create(surface_.get())) {
  set_color(background);
  cairo_paint(cairo());
  check();
}

Canvas::Canvas(const Picture& picture) : Canvas(picture.width, picture.height, kBlack) {
  LAMINA_ASSERT(static_cast<int64_t>(picture.rgb.size()) == picture.width * picture.height * 3);
  cairo_surface_flush(surface_.get());
  const uint8_t* from = picture.rgb.data();
  for (int64_t y = 0; y < picture.height; ++y) {
    uint32_t* row = row_of(surface_.get(), y);
    for (int64_t x = 0; x < picture.width; ++x, from += 3) {
      row[x] = uint32_t{from[0]} << 16 | uint32_t{from[1]} << 8 | uint32_t{from[2]};
    }
  }
  cairo_surface_mark_dirty(surface_.get());
}

int64_t Canvas::width() const { return cairo_image_surface_get_width(surface_.get()); }
int64_t Canvas::height() const { return cairo_image_surface_get_height(surface_.get()); }

void Canvas::check() const {
  check_status(cairo_surface_status(surface_.get()));
  check_status(cairo_status(cairo()));
}

void Canvas::set_color(const Color& color, double opacity) const {
  cairo_set_source_rgba(cairo(), color.red, color.green, color.blue, opacity);
}

Picture Canvas::picture() const {
  check();
  cairo_surface_flush(surface_.get());
  Picture picture{width(), height(), {}};
  picture.rgb.reserve(static_cast<size_t>(picture.width * picture.height * 3));
  for (int64_t y = 0; y < picture.height; ++y) {
    const uint32_t* row = row_of(surface_.get(), y);
    for (int64_t x = 0; x < picture.width; ++x) {
      for (const int shift : {16, 8, 0}) picture.rgb.push_back(static_cast<uint8_t>(row[x] >> shift));
    }
  }
  return picture;
}

void Canvas::write_png(const std::filesystem::path& path, FileOps& files) const {
  check();
  MemorySink drawn;
  check_status(cairo_surface_write_to_png_stream(surface_.get(), append, &drawn));
  write_file(path, drawn, files);
}

void write_png(const std::filesystem::path& path, const Picture& picture, FileOps& files) {
  Canvas(picture).write_png(path, files);
}

void write_svg(const std::filesystem::path& path, int64_t width, int64_t height, const std::function<void(cairo_t*)>& draw,
               FileOps& files) {
  MemorySink drawn;
  const std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface(
      cairo_svg_surface_create_for_stream(append, &drawn, static_cast<double>(width), static_cast<double>(height)),
      cairo_surface_destroy);
  const std::unique_ptr<cairo_t, void (*)(cairo_t*)> cairo(cairo_create(surface.get()), cairo_destroy);
  draw(cairo.get());
  check_status(cairo_status(cairo.get()));
  cairo_surface_finish(surface.get());
  check_status(cairo_surface_status(surface.get()));
  write_file(path, drawn, files);
}

std::string drawable(const std::string& name) { return printable(name); }

void set_font(cairo_t* cairo, double size, bool bold) {
  cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo, size);
}

double text_width(cairo_t* cairo, const std::string& words) {
  cairo_text_extents_t extents;
  cairo_text_extents(cairo, words.c_str(), &extents);
  return extents.x_advance;
}

}  // namespace lamina::yolov3
